# Recurrent layers. Inputs are batch × steps × numbers, and so are results; onnxruntime has the steps first.


def layer(name, op, hidden=3, *, steps=4, width=2, directions=1, bias=True, lengths=None, states=None, peepholes=False, outputs=("y", "h"),
          inputs=None, opset=22, batch="n", constants=None, before=(), names=None, layout=0, **attributes):
    gates = {"RNN": 1, "GRU": 3, "LSTM": 4}[op]
    weights = {"w": array(directions, gates * hidden, width), "r": array(directions, gates * hidden, hidden)}
    if bias:
        weights["b"] = array(directions, 2 * gates * hidden)
    if lengths is not None:
        weights["l"] = np.int32(lengths)
    if states == "constant":
        weights["h0"] = array(directions, 1, hidden)
        if op == "LSTM":
            weights["c0"] = array(directions, 1, hidden)
    if peepholes:
        weights["p"] = array(directions, 3 * hidden)
    weights |= constants or {}
    operands = names or ["t", "w", "r", "b" if bias else "", "l" if lengths is not None else "", "h0" if states else "",
                         "c0" if states and op == "LSTM" else "", "p" if peepholes else ""]
    while not operands[-1]:
        operands.pop()
    if directions == 2:
        attributes["direction"] = "bidirectional"
    results = [o if o in outputs else "" for o in ["y", "h", "c"][:3 if op == "LSTM" else 2]]
    while not results[-1]:
        results.pop()
    own = [r + "t" if r else "" for r in results]
    nodes = [node("Transpose", ["x"], ["t"], perm=[1, 0, 2]), *before, node(op, operands, own, hidden_size=hidden, **attributes)]
    orders = {"y": [2, 0, 1, 3], "h": [1, 0, 2], "c": [1, 0, 2]}
    nodes += [node("Transpose", [o + "t"], [o], perm=orders[o]) for o in outputs]
    inputs = {"x": [steps, width]} | (inputs or {})
    operator(name, nodes, weights, inputs, outputs, opset=opset, batch=batch, low=-1.0, high=1.0)
    if layout:
        # onnxruntime takes steps first alone: only the model that is saved has them second.
        graph = helper.make_graph(
            [node(op, ["x"] + operands[1:], results, hidden_size=hidden, layout=1, **attributes)], "graph",
            [helper.make_tensor_value_info(n, FLOAT, [batch] + s) for n, s in inputs.items()],
            [helper.make_tensor_value_info(n, FLOAT, None) for n in outputs],
            [constant(n, np.transpose(v, [1, 0, 2]) if n in ("h0", "c0") else v) for n, v in weights.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
        (here / "operators" / f"{name}.onnx").write_bytes(model.SerializeToString())


for op in ["LSTM", "GRU", "RNN"]:
    layer(op, op)
    layer(f"{op}_old", op, opset=14)
    layer(f"{op}_seven", op, opset=7)
    layer(f"{op}_reverse", op, direction="reverse", outputs=("y", "h", "c") if op == "LSTM" else ("y", "h"))
    layer(f"{op}_bidirectional", op, directions=2, outputs=("h", "y"))
    layer(f"{op}_only_last", op, directions=2, outputs=("h",))
    layer(f"{op}_only_steps", op, bias=False, outputs=("y",))
    layer(f"{op}_one_step", op, steps=1)
    layer(f"{op}_initial", op, states="constant", batch=1)
    layer(f"{op}_layout", op, directions=2, layout=1)
    layer(f"{op}_layout_initial", op, directions=2, states="constant", batch=1, layout=1)
    layer(f"{op}_length", op, lengths=[3], batch=1, directions=2)
    layer(f"{op}_whole_length", op, lengths=[4], batch=1)
    layer(f"{op}_clip", op, clip=0.4)
    # A state for each sample, as an input and from the size of the batch.
    first = {"h0": [2, 3]} | ({"c0": [2, 3]} if op == "LSTM" else {})
    moved = ["h1", "c1"][:len(first)]
    turned = [node("Transpose", [n], [m], perm=[1, 0, 2]) for n, m in zip(first, moved)]
    operands = ["t", "w", "r", "b", "", *moved]
    layer(f"{op}_states", op, directions=2, inputs=first, before=turned, names=operands)
    zeros = [node("Shape", ["x"], ["s"], start=0, end=1), node("Concat", ["one", "s", "size"], ["z"], axis=0), node("ConstantOfShape", ["z"], ["h0"])]
    layer(f"{op}_zeros", op, before=zeros, constants={"one": i(1), "size": i(3)}, names=["t", "w", "r", "b", "", *["h0"] * len(first)])

layer("LSTM_peepholes", "LSTM", peepholes=True, outputs=("y", "h", "c"))
layer("LSTM_peepholes_initial", "LSTM", peepholes=True, states="constant", batch=1, directions=2, clip=0.5)
layer("LSTM_coupled", "LSTM", input_forget=1, outputs=("y", "c"))
layer("LSTM_coupled_peepholes", "LSTM", input_forget=1, peepholes=True, states="constant", batch=1)
layer("LSTM_only_cell", "LSTM", outputs=("c",))
layer("LSTM_activations", "LSTM", activations=["HardSigmoid", "ScaledTanh", "Softsign"], activation_alpha=[0.3, 0.8], activation_beta=[0.4, 0.7])
layer("LSTM_activations_reverse", "LSTM", directions=2, activations=["Sigmoid", "Relu", "Elu", "HardSigmoid", "Softplus", "Tanh"],
      activation_alpha=[0.5], outputs=("y", "h", "c"))
layer("GRU_linear", "GRU", linear_before_reset=1, directions=2)
layer("GRU_linear_initial", "GRU", linear_before_reset=1, states="constant", batch=1)
layer("GRU_linear_without_bias", "GRU", linear_before_reset=1, bias=False)
layer("GRU_activations", "GRU", activations=["HardSigmoid", "LeakyRelu"], activation_alpha=[0.25, 0.125], activation_beta=[0.4])
for function, numbers in {"Affine": ([0.5], [0.25]), "ThresholdedRelu": ([0.125], []), "LeakyRelu": ([], []), "Elu": ([0.5], []), "Relu": ([], []),
                          "ScaledTanh": ([0.75], [0.5]), "HardSigmoid": ([], []), "Softsign": ([], []), "Softplus": ([], [])}.items():
    given = {k: v for k, v in zip(["activation_alpha", "activation_beta"], numbers) if v}
    layer(f"RNN_{function}", "RNN", activations=[function], **given)

# The first step of a cell that is written out, from a state of the size of the batch.
operator("Gemm_constant_state",
         [node("Shape", ["x"], ["s"], start=0, end=1), node("Concat", ["s", "size"], ["z"], axis=0),
          node("ConstantOfShape", ["z"], ["h"], value=helper.make_tensor("v", FLOAT, [1], [0.5])), node("Gemm", ["h", "r", "b"], ["g"], transB=1),
          node("Gemm", ["x", "w"], ["k"]), node("Add", ["g", "k"], ["y"])],
         {"size": i(3), "r": array(5, 3), "b": array(5), "w": array(4, 5)})

# A cell in a loop of its own, as exporters write those that are no operator's.
gates = [node("Concat", ["xt", "h"], ["xh"], axis=1), node("Gemm", ["xh", "k", "b"], ["g"]), node("Split", ["g"], ["gi", "gf", "gc", "go"], axis=1, num_outputs=4),
         node("Sigmoid", ["gi"], ["i"]), node("Sigmoid", ["gf"], ["f"]), node("Tanh", ["gc"], ["u"]), node("Sigmoid", ["go"], ["o"]),
         node("Mul", ["f", "c"], ["fc"]), node("Mul", ["i", "u"], ["iu"]), node("Add", ["fc", "iu"], ["c2"]), node("Tanh", ["c2"], ["a"]),
         node("Mul", ["o", "a"], ["h2"]), node("Identity", ["h2"], ["yt"])]
cell = helper.make_graph(gates, "cell", [helper.make_tensor_value_info(n, FLOAT, None) for n in ["h", "c", "xt"]],
                         [helper.make_tensor_value_info(n, FLOAT, None) for n in ["h2", "c2", "yt"]])
operator("Scan_cell",
         [node("Transpose", ["x"], ["t"], perm=[1, 0, 2]), node("Shape", ["x"], ["s"], start=0, end=1), node("Concat", ["s", "size"], ["z"], axis=0),
          node("ConstantOfShape", ["z"], ["zeros"]), node("Scan", ["zeros", "zeros", "t"], ["h_last", "c_last", "ys"], body=cell, num_scan_inputs=1),
          node("Transpose", ["ys"], ["y"], perm=[1, 0, 2])],
         {"size": i(3), "k": array(5, 12), "b": array(12)}, {"x": [4, 2]}, ("y", "h_last", "c_last"))
