"""Blocks of models as people write them."""
# Grids that depend on the input.
image = {"x": [2, 5, 6], "g": [3, 4, 2]}
for mode, padding in [("linear", "zeros"), ("linear", "border"), ("linear", "reflection"), ("nearest", "zeros"), ("nearest", "border"),
                      ("nearest", "reflection"), ("cubic", "zeros")]:
    for aligned in [0, 1]:
        operator(f"GridSample_computed_{mode}_{padding}_{aligned}",
                 [node("GridSample", ["x", "g"], ["y"], mode=mode, padding_mode=padding, align_corners=aligned)], {}, image)
operator("GridSample_computed_volume", [node("GridSample", ["x", "g"], ["y"])], {}, {"x": [2, 3, 2, 4], "g": [2, 3, 2, 3]})
operator("GridSample_computed_line", [node("GridSample", ["x", "g"], ["y"], padding_mode="border")], {}, {"x": [2, 1, 5], "g": [3, 4, 2]})
operator("GridSample_transformer", [node("Reshape", ["t", "m"], ["a"]), node("AffineGrid", ["a", "s"], ["g"]), node("GridSample", ["x", "g"], ["y"])],
         {"m": i(-1, 2, 3), "s": i(1, 2, 5, 6)}, {"x": [2, 5, 6], "t": [6]}, batch=1)

# Probabilities whose values are asked for.
operator("TopK_probabilities", [node("Softmax", ["x"], ["p"]), node("TopK", ["p", "k"], ["y", "label"])], {"k": i(2)}, {"x": [3, 4]}, outputs=("y", "label"))
operator("Softmax_largest", [node("Softmax", ["x"], ["p"]), node("ReduceMax", ["p", "a"], ["y"], keepdims=0)], {"a": i(-1)}, {"x": [3, 4]})
# The largest of all elements of one sample.
operator("ArgMax_flat", [node("Reshape", ["x", "s"], ["f"]), node("ArgMax", ["f"], ["label"], keepdims=0)], {"s": i(-1)}, {"x": [3, 4]}, outputs=("label",), batch=1)
# All of the batch, as some exporters write it.
operator("Slice_batch_far", [node("Slice", ["x", "a", "b", "c"], ["y"])], {"a": i(0, 1), "b": i(1000000000, 3), "c": i(0, 1)}, {"x": [4]})

# What JAX puts before an exponential, and least numbers where they change nothing.
operator("Max_least", [node("Max", ["c", "x"], ["y"])], {"c": f(-np.inf)})
operator("Min_greatest", [node("Min", ["x", "c"], ["y"])], {"c": f(np.inf, np.inf, np.inf, np.inf)})
# A long axis is padded at its ends alone.
for mode in ["reflect", "edge"]:
    operator(f"Pad_{mode}_long", [node("Pad", ["x", "p"], ["y"], mode=mode)], {"p": i(0, 0, 3, 0, 0, 5)}, {"x": [1, 4200]})
operator("Pad_wrap_long_before", [node("Pad", ["x", "p"], ["y"], mode="wrap")], {"p": i(0, 0, 2, 0, 0, 0)}, {"x": [1, 4200]}, opset=19)
# An output that no input changes, beside one of the batch.
operator("Expand_shown", [node("Relu", ["x"], ["y"]), node("Shape", ["x"], ["s"]), node("Gather", ["s", "o"], ["n"]), node("Concat", ["n", "w"], ["t"], axis=0),
                          node("Expand", ["c", "t"], ["z"])], {"o": i(0), "w": i(3), "c": f(1.5, -2, 0.25)}, outputs=("y", "z"))

# A branch that cannot be computed is left out.
sample = helper.make_graph([node("ReduceSum", ["x", "a"], ["p"], keepdims=0)], "then", [], [helper.make_tensor_value_info("p", FLOAT, None)])
other = helper.make_graph([node("Det", ["x"], ["q"])], "else", [], [helper.make_tensor_value_info("q", FLOAT, None)])
operator("If_branch", [node("ReduceMax", ["x"], ["m"], keepdims=0), node("Greater", ["m", "l"], ["b"]), node("If", ["b"], ["y"], then_branch=sample, else_branch=other)],
         {"a": i(1, 2), "l": np.float32(-100)}, {"x": [3, 3]}, batch=1)


class UnroundedLSTM:
    """A DynamicQuantizeLSTM that rounds neither its sequence nor its states."""

    def __init__(self, path):
        proto = onnx.load(path)
        constants = {t.name: onnx.numpy_helper.to_array(t) for t in proto.graph.initializer}
        place, fused = next((i, n) for i, n in enumerate(proto.graph.node) if n.op_type == "DynamicQuantizeLSTM")
        weights = {}
        for name, step, zero in [("w", "ws", "wz"), ("r", "rs", "rz")]:
            steps, zeros = (constants[n].astype(np.float32).reshape(constants[n].shape[0], 1, -1) for n in (step, zero))
            weights[name] = ((constants[name] - zeros) * steps).transpose(0, 2, 1).astype(np.float32)
        plain = node("LSTM", [fused.input[0], "w", "r", "b"], [fused.output[0]])
        plain.attribute.extend(fused.attribute)
        nodes = list(proto.graph.node)
        nodes[place] = plain
        graph = helper.make_graph(nodes, "plain", proto.graph.input, proto.graph.output,
                                  [constant("w", weights["w"]), constant("r", weights["r"]), constant("b", constants["b"])])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
        self.session = onnxruntime.InferenceSession(model.SerializeToString(), exact, providers=["CPUExecutionProvider"])

    def run(self, names, feed):
        return self.session.run(names, feed)


for name, shape in [("", [2]), ("_gates", [2, 12])]:
    operator(f"DynamicQuantizeLSTM{name}",
             [node("Transpose", ["x"], ["t"], perm=[1, 0, 2]), node("DynamicQuantizeLSTM", ["t", "w", "r", "b", "", "", "", "", "ws", "wz", "rs", "rz"], ["h"], domain="com.microsoft",
                   direction="bidirectional", hidden_size=3), node("Transpose", ["h"], ["y"], perm=[2, 0, 1, 3])],
             {"w": random.integers(-128, 128, [2, 4, 12]).astype(np.int8), "r": random.integers(0, 256, [2, 3, 12]).astype(np.uint8),
              "b": array(2, 24), "ws": random.uniform(0.002, 0.008, shape).astype(np.float32), "wz": np.zeros(shape, np.int8),
              "rs": random.uniform(0.002, 0.008, shape).astype(np.float32), "rz": random.integers(100, 150, shape).astype(np.uint8)},
             {"x": [5, 4]}, opset=14, domains={"com.microsoft": 1}, runtime=UnroundedLSTM)
# No number is infinite, so the largest numbers are in no place.
operator("IsInf_replaced", [node("IsInf", ["x"], ["i"]), node("Greater", ["x", "o"], ["g"]), node("And", ["i", "g"], ["b"]), node("Where", ["b", "c", "x"], ["y"])],
         {"o": np.float32(0), "c": np.float32(3.4e38)})
operator("Or_decided", [node("IsNaN", ["x"], ["i"]), node("Not", ["i"], ["t"]), node("Greater", ["x", "o"], ["g"]), node("Or", ["g", "t"], ["b"]), node("Cast", ["b"], ["y"], to=FLOAT)],
         {"o": np.float32(0)})

# What onnxruntime's optimizer and quantizer write.
fused = dict(opset=17, domains={"com.microsoft": 1})
filters = {"w": array(3, 2, 3, 3), "b": array(3)}
for activation, numbers in [("Relu", []), ("LeakyRelu", [0.2]), ("Clip", [-0.5, 1.25]), ("HardSigmoid", [0.3, 0.4]), ("Tanh", [])]:
    stated = {"activation_params": numbers} if numbers else {}
    operator(f"FusedConv_{activation}", [node("FusedConv", ["x", "w", "b"], ["y"], domain="com.microsoft", activation=activation, kernel_shape=[3, 3],
                                               pads=[1, 1, 1, 1], **stated)], filters, {"x": [2, 4, 4]}, **fused)
operator("FusedConv_sum", [node("FusedConv", ["x", "w", "b", "z"], ["y"], domain="com.microsoft", activation="Relu", kernel_shape=[3, 3])],
         filters, {"x": [2, 4, 4], "z": [3, 2, 2]}, **fused)
operator("FusedGemm", [node("FusedGemm", ["x", "w", "b"], ["y"], domain="com.microsoft", activation="LeakyRelu", activation_alpha=0.3, transB=1)],
         {"w": array(3, 4), "b": array(3)}, **fused)
operator("FusedMatMul_transposed", [node("FusedMatMul", ["x", "z"], ["y"], domain="com.microsoft", alpha=0.5, transB=1)], {}, {"x": [3, 4], "z": [2, 4]}, **fused)
operator("FusedMatMul_first", [node("FusedMatMul", ["x", "w"], ["y"], domain="com.microsoft", transA=1)], {"w": array(3, 2)}, {"x": [3, 4]}, **fused)
operator("FusedMatMul_batch", [node("FusedMatMul", ["x", "w"], ["m"], domain="com.microsoft", transBatchA=1), node("Transpose", ["m"], ["y"], perm=[1, 0, 2])],
         {"w": array(3, 4, 2)}, {"x": [3, 4]}, **fused)
operator("FusedMatMul_batches", [node("FusedMatMul", ["x", "z"], ["y"], domain="com.microsoft", transBatchA=1, transBatchB=1, transB=1, alpha=0.25)],
         {}, {"x": [2, 3, 4], "z": [2, 3, 4]}, batch=1, **fused)
steps = {"s": np.float32(1 / 8192), "z": np.uint16(32768)}
operator("QuantizeLinear_fused", [node("QuantizeLinear", ["x", "s", "z"], ["q"], domain="com.microsoft"), node("DequantizeLinear", ["q", "s", "z"], ["y"], domain="com.microsoft")],
         steps, **fused)
# Integers that are padded by an integer, as quantizers write it.
around = {"s": np.float32(1 / 32), "z": np.uint8(100), "p": i(0, 0, 1, 0, 0, 2)}
for mode, value in [("constant", 100), ("constant", 132), ("reflect", 100)]:
    operator(f"Pad_quantized_{mode}_{value}", [node("QuantizeLinear", ["x", "s", "z"], ["q"]), node("Pad", ["q", "p", "v"], ["r"], mode=mode),
                                               node("DequantizeLinear", ["r", "s", "z"], ["y"])], around | {"v": np.uint8(value)}, {"x": [2, 4]})
