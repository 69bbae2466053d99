# Quantized operators, with steps that are powers of two; operators of classical machine learning.

fused = {"com.microsoft": 1}
learned = {"ai.onnx.ml": 3}


def steps(type, *parts):
    """Scales and zero points of the names: (name, scale, zero point)."""
    values = {}
    for part, scale, zero in parts:
        values |= {f"{part}s": np.float32(scale), f"{part}z": type(zero)}
    return values


def quantized(name, nodes, constants, inputs=None, domains=None):
    """x, quantized with xs and xz, through the operator, whose result r has the steps ys and yz."""
    operator(name, [node("QuantizeLinear", ["x", "xs", "xz"], ["q"])] + nodes + [node("DequantizeLinear", ["r", "ys", "yz"], ["y"])],
             constants, inputs or {"x": [4]}, domains=domains)


xy = steps(np.uint8, ("x", 1 / 32, 100), ("y", 1 / 8, 120))
w = {"w": np.int8([[1, -128, 127], [4, 5, 6], [-7, 8, 9], [0, 1, 2]]), "ws": np.float32(1 / 64), "wz": np.int8(3)}
operands = ["q", "xs", "xz", "w", "ws", "wz"]
quantized("QLinearMatMul", [node("QLinearMatMul", operands + ["ys", "yz"], ["r"])], xy | w)
quantized("QLinearMatMul_columns", [node("QLinearMatMul", operands + ["ys", "yz"], ["r"])],
          xy | w | {"ws": f(1 / 64, 1 / 32, 1 / 128), "wz": np.int8([3, 0, -5])})
kernel = {"w": np.int8(np.arange(24).reshape(3, 2, 2, 2) * 7 % 25 - 12), "ws": np.float32(1 / 64), "wz": np.int8(2)}
image = {"x": [2, 4, 5]}
quantized("QLinearConv", [node("QLinearConv", operands + ["ys", "yz"], ["r"])], xy | kernel, image)
quantized("QLinearConv_channels", [node("QLinearConv", operands + ["ys", "yz", "b"], ["r"], pads=[1, 0, 0, 1], strides=[2, 1])],
          xy | kernel | {"ws": f(1 / 64, 1 / 32, 1 / 128), "wz": np.int8([0, 0, 0]), "b": np.int32([300, -1000, 7])}, image)
for op, extra in [("QLinearSigmoid", {}), ("QLinearLeakyRelu", {"alpha": 0.25})]:
    quantized(op, [node(op, ["q", "xs", "xz", "ys", "yz"], ["r"], domain="com.microsoft", **extra)], xy | {"ys": np.float32(1 / 64), "yz": np.uint8(64)},
              domains=fused)
for op in ["QLinearAdd", "QLinearMul"]:
    quantized(op, [node(op, ["q", "xs", "xz", "q", "xs", "xz", "ys", "yz"], ["r"], domain="com.microsoft")], xy, domains=fused)
    quantized(f"{op}_constant", [node(op, ["q", "xs", "xz", "c", "cs", "cz", "ys", "yz"], ["r"], domain="com.microsoft")],
              xy | {"c": np.uint8([1, 50, 128, 255]), "cs": np.float32(1 / 128), "cz": np.uint8(128)}, domains=fused)
quantized("QLinearGlobalAveragePool", [node("QLinearGlobalAveragePool", ["q", "xs", "xz", "ys", "yz"], ["r"], domain="com.microsoft")],
          xy | {"ys": np.float32(1 / 64)}, {"x": [3, 4, 4]}, fused)
quantized("QLinearAveragePool", [node("QLinearAveragePool", ["q", "xs", "xz", "ys", "yz"], ["r"], domain="com.microsoft", kernel_shape=[2, 2])],
          xy, {"x": [3, 4, 4]}, fused)
quantized("QLinearConcat", [node("Neg", ["x"], ["n"]), node("QuantizeLinear", ["n", "xs", "xz"], ["o"]),
                               node("QLinearConcat", ["ys", "yz", "q", "xs", "xz", "o", "xs", "xz"], ["r"], domain="com.microsoft", axis=1)], xy, {"x": [2, 3]}, fused)
quantized("QLinearSoftmax", [node("QLinearSoftmax", ["q", "xs", "xz", "ys", "yz"], ["r"], domain="com.microsoft", axis=-1, opset=13)],
          xy | {"ys": np.float32(1 / 256), "yz": np.uint8(0)}, domains=fused)
# Not rounded, unlike onnxruntime's.
dynamic = [node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]), node("MatMulInteger", ["q", "w", "z", "wz"], ["r"]),
           node("Cast", ["r"], ["f"], to=FLOAT), node("Mul", ["s", "ws"], ["t"]), node("Mul", ["f", "t"], ["y"])]
operator("DynamicQuantizeLinear", dynamic, {k: w[k] for k in ["w", "ws", "wz"]})
operator("DynamicQuantizeMatMul", [node("DynamicQuantizeMatMul", ["x", "w", "ws", "wz"], ["y"], domain="com.microsoft")],
         {k: w[k] for k in ["w", "ws", "wz"]}, domains=fused)
quantized("QGemm", [node("QGemm", operands + ["b", "ys", "yz"], ["r"], domain="com.microsoft")],
          xy | w | {"b": np.int32([300, -1000, 7])}, domains=fused)
operator("QGemm_floats", [node("QuantizeLinear", ["x", "xs", "xz"], ["q"]), node("QGemm", operands, ["y"], domain="com.microsoft", transB=1, alpha=0.5)],
         xy | w | {"w": np.int8(w["w"].T.copy())}, domains=fused)
# What quantized numbers become integers for.
operator("MatMulInteger", [node("QuantizeLinear", ["x", "xs", "xz"], ["q"]), node("MatMulInteger", ["q", "w", "xz", "wz"], ["r"]),
                           node("Cast", ["r"], ["f"], to=FLOAT), node("Mul", ["f", "ws"], ["y"])], xy | w)
operator("MatMulInteger_columns", [node("QuantizeLinear", ["x", "xs", "xz"], ["q"]), node("MatMulInteger", ["q", "w", "xz", "wz"], ["r"]),
                                   node("Cast", ["r"], ["f"], to=FLOAT), node("Mul", ["f", "ws"], ["y"])], xy | w | {"wz": np.int8([3, 0, -5])})
operator("ConvInteger", [node("QuantizeLinear", ["x", "xs", "xz"], ["q"]), node("ConvInteger", ["q", "w", "xz"], ["r"], pads=[1, 1, 1, 1]),
                         node("Cast", ["r"], ["f"], to=FLOAT), node("Mul", ["f", "ws"], ["y"])],
         xy | kernel | {"w": np.uint8(np.arange(24).reshape(3, 2, 2, 2) * 7 % 25)}, image)
operator("MatMulIntegerToFloat", [node("QuantizeLinear", ["x", "xs", "xz"], ["q"]),
                                  node("MatMulIntegerToFloat", ["q", "w", "xs", "ws", "xz", "wz", "b"], ["y"], domain="com.microsoft")],
         xy | w | {"b": f(1, -2, 0.5)}, domains=fused)
operator("QuantizeLinear_moved", [node("QuantizeLinear", ["x", "xs", "xz"], ["q"]), node("Reshape", ["q", "s"], ["r"]), node("MaxPool", ["r"], ["p"], kernel_shape=[2]),
                                  node("DequantizeLinear", ["p", "xs", "xz"], ["y"])], xy | {"s": i(0, 2, 4)}, {"x": [8]})
operator("QuantizeLinear_axis", [node("QuantizeLinear", ["x", "s", "z"], ["q"], axis=1), node("DequantizeLinear", ["q", "s", "z"], ["y"], axis=1)],
         {"s": f(1 / 64, 1 / 32, 1 / 128), "z": np.uint8([128, 100, 4])}, {"x": [3, 2]})
operator("DequantizeLinear_other", [node("QuantizeLinear", ["x", "xs", "xz"], ["q"]), node("DequantizeLinear", ["q", "ys", "yz"], ["y"])], xy)
operator("DequantizeLinear_blocks", [node("DequantizeLinear", ["q", "s", "z"], ["w"], axis=0, block_size=2), node("MatMul", ["x", "w"], ["y"])],
         {"q": w["w"], "s": f(0.25, 0.5, 1, 2, 0.125, 1).reshape(2, 3), "z": np.int8([[1, 2, 3], [4, 5, 6]])})
operator("DequantizeLinear_input", [node("DequantizeLinear", ["x", "s", "z"], ["y"], axis=1)], {"s": f(0.25, 0.1, 3), "z": np.int8([3, 0, -5])}, {"x": [3, 2]},
         type=TensorProto.INT8, low=-128, high=127)


def learner(name, op, inputs=None, outputs=("y",), **attributes):
    operator(name, [node(op, list(inputs or {"x": [4]}), list(outputs), domain="ai.onnx.ml", **attributes)], {}, inputs, outputs, domains=learned)


learner("Scaler", "Scaler", offset=[0.5, -1, 0.7123456, 2], scale=[2, 0.1, 1, -0.3])
learner("Scaler_one", "Scaler", offset=[0.5], scale=[0.7123456])
learner("Binarizer", "Binarizer", threshold=0.25)
for norm in ["MAX", "L1", "L2"]:
    learner(f"Normalizer_{norm}", "Normalizer", norm=norm)
learner("FeatureVectorizer", "FeatureVectorizer", {"x": [4], "z": [2]}, inputdimensions=[4, 2])
operator("ArrayFeatureExtractor", [node("ArrayFeatureExtractor", ["x", "k"], ["y"], domain="ai.onnx.ml")], {"k": i(2, 0)}, domains=learned)
learner("Imputer", "Imputer", imputed_value_floats=[1.5], replaced_value_float=float("nan"))
operator("OneHotEncoder", [node("OneHotEncoder", ["x"], ["y"], domain="ai.onnx.ml", cats_int64s=[-3, 0, 5, 2])], domains=learned, type=INT64, low=-4, high=7)
for name, values, type, other in [("floats", [0.5, -1.5, 0.7123456], FLOAT, {"default_float": 0.25}), ("integers", [5, -1, 70], INT64, {"default_int64": 3})]:
    values = {f"values_{'floats' if type == FLOAT else 'int64s'}": values}
    operator(f"LabelEncoder_{name}", [node("LabelEncoder", ["x"], ["y"], domain="ai.onnx.ml", keys_int64s=[1, 0, 3], **values, **other)], domains=learned,
             type=INT64, output_type=type, low=-2, high=5)
coefficients = [0.5, -1, 0.7123456, 2, 0.1, 0.2, 0.3, -0.4, 1, 1, -1, 0.25]
learner("LinearRegressor", "LinearRegressor", coefficients=coefficients, intercepts=[0.5, 0, -1], targets=3)
both = ("label", "y")
for transform in ["NONE", "LOGISTIC"]:
    learner(f"LinearClassifier_{transform}", "LinearClassifier", None, both, coefficients=coefficients, intercepts=[0.5, 0, -1],
            classlabels_ints=[0, 1, 2], post_transform=transform)
    learner(f"LinearClassifier_two_{transform}", "LinearClassifier", None, both, coefficients=coefficients[:4], intercepts=[0.5],
            classlabels_ints=[0, 1], post_transform=transform)
    learner(f"LinearClassifier_rows_{transform}", "LinearClassifier", None, both, coefficients=coefficients[:8], intercepts=[0.5, -0.25],
            classlabels_ints=[0, 1], post_transform=transform)
kernels = {"LINEAR": [0, 0, 0], "RBF": [0.3, 0, 0], "POLY": [0.3, 0.5, 3], "SIGMOID": [0.2, -0.5, 0]}
vectors = [float(v) for v in array(20)]
for kind, parameters in kernels.items():
    learner(f"SVMRegressor_{kind}", "SVMRegressor", coefficients=[0.5, -1, 0.25, 2, -0.75], kernel_params=[float(p) for p in parameters], kernel_type=kind,
            n_supports=5, rho=[0.125], support_vectors=vectors)
    learner(f"SVMClassifier_{kind}", "SVMClassifier", None, both, coefficients=[float(v) for v in array(10)], kernel_params=[float(p) for p in parameters],
            kernel_type=kind, rho=[0.125, -0.25, 0.5], support_vectors=vectors, vectors_per_class=[2, 1, 2], classlabels_ints=[0, 1, 2])
learner("SVMRegressor_direct", "SVMRegressor", coefficients=coefficients[:4], kernel_params=[0.0, 0, 0], kernel_type="LINEAR", rho=[0.125])
learner("SVMClassifier_two", "SVMClassifier", None, both, coefficients=[0.5, -1, 0.25, 2, -0.75], kernel_params=[0.3, 0, 0], kernel_type="RBF",
        rho=[0.125], support_vectors=vectors, vectors_per_class=[3, 2], classlabels_ints=[0, 1])
learner("SVMClassifier_probabilities", "SVMClassifier", None, both, coefficients=[0.5, -1, 0.25, 2, -0.75], kernel_params=[0.3, 0, 0], kernel_type="RBF",
        rho=[0.125], support_vectors=vectors, vectors_per_class=[3, 2], classlabels_ints=[0, 1], prob_a=[-1.5], prob_b=[0.25])

# A tree of two levels, one of one, and a leaf alone.
shape = {"nodes_treeids": [0] * 5 + [1] * 3 + [2], "nodes_nodeids": [0, 1, 2, 3, 4, 0, 1, 2, 0], "nodes_featureids": [0, 2, 0, 0, 0, 3, 0, 0, 0],
         "nodes_truenodeids": [1, 3, 0, 0, 0, 1, 0, 0, 0], "nodes_falsenodeids": [2, 4, 0, 0, 0, 2, 0, 0, 0],
         "nodes_values": [0.25, -0.5, 0, 0, 0, 0.7123456, 0, 0, 0]}


def modes(mode):
    return [mode, mode, "LEAF", "LEAF", "LEAF", mode, "LEAF", "LEAF", "LEAF"]


def leaves(of, ids):
    return {f"{of}_treeids": [0, 0, 0, 1, 1, 2], f"{of}_nodeids": [2, 3, 4, 1, 2, 0], f"{of}_ids": ids, f"{of}_weights": [0.5, -1, 0.7123456, 2, 0.25, 0.125]}


for mode in ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"]:
    learner(f"TreeEnsembleRegressor_{mode}", "TreeEnsembleRegressor", nodes_modes=modes(mode), n_targets=2, **shape, **leaves("target", [0, 1, 0, 1, 1, 0]))
learner("TreeEnsembleRegressor_mean", "TreeEnsembleRegressor", nodes_modes=modes("BRANCH_LEQ"), n_targets=1, aggregate_function="AVERAGE", base_values=[0.5],
        **shape, **leaves("target", [0] * 6))
for transform in ["NONE", "LOGISTIC"]:
    learner(f"TreeEnsembleClassifier_{transform}", "TreeEnsembleClassifier", None, both, nodes_modes=modes("BRANCH_LEQ"), post_transform=transform,
            classlabels_int64s=[0, 1, 2], base_values=[0.5, 0.0, -0.25], **shape, **leaves("class", [0, 1, 2, 1, 2, 0]))
    learner(f"TreeEnsembleClassifier_two_{transform}", "TreeEnsembleClassifier", None, both, nodes_modes=modes("BRANCH_LEQ"), post_transform=transform,
            classlabels_int64s=[0, 1], base_values=[0.5], **shape, **leaves("class", [0] * 6))
    learner(f"TreeEnsembleClassifier_positive_{transform}", "TreeEnsembleClassifier", None, both, nodes_modes=modes("BRANCH_LEQ"), post_transform=transform,
            classlabels_int64s=[0, 1], **shape, **(leaves("class", [0] * 6) | {"class_weights": [0.5, 0.125, 0.25, 0.0, 0.25, 0.0625]}))
    learner(f"TreeEnsembleClassifier_second_{transform}", "TreeEnsembleClassifier", None, both, nodes_modes=modes("BRANCH_LEQ"), post_transform=transform,
            classlabels_int64s=[0, 1], **shape, **leaves("class", [1] * 6))
tensor = lambda name, type, values: helper.make_tensor(name, type, [len(values)], values)
for mode, code in [("LEQ", 0), ("LT", 1), ("GTE", 2), ("GT", 3)]:
    operator(f"TreeEnsemble_{mode}", [node(
        "TreeEnsemble", ["x"], ["y"], domain="ai.onnx.ml", n_targets=2, aggregate_function=1, post_transform=0, tree_roots=[0, 2],
        nodes_featureids=[0, 2, 3], nodes_modes=tensor("modes", TensorProto.UINT8, [code] * 3), nodes_splits=tensor("splits", FLOAT, [0.25, -0.5, 0.7123456]),
        nodes_truenodeids=[1, 1, 3], nodes_trueleafs=[0, 1, 1], nodes_falsenodeids=[0, 2, 4], nodes_falseleafs=[1, 1, 1],
        leaf_targetids=[0, 1, 0, 1, 1], leaf_weights=tensor("weights", FLOAT, [0.5, -1, 0.7123456, 2, 0.25]))], domains={"ai.onnx.ml": 5})

# The power transform of Yeo and Johnson as converters write it: 1 is x / x, 0 is x − x, and what is not a number is replaced.
sides = [node("Div", ["x", "x"], ["one"]), node("Sub", ["x", "x"], ["zero"]), node("Less", ["x", "zero"], ["below"]),
         node("Cast", ["below"], ["isBelow"], to=FLOAT), node("Not", ["below"], ["above"]), node("Cast", ["above"], ["isAbove"], to=FLOAT)]
for side, operation, power in [("Above", ["x", "one"], "p"), ("Below", ["one", "x"], "q")]:
    sides += [
        node("Add" if side == "Above" else "Sub", operation, [f"base{side}"]), node("Pow", [f"base{side}", power], [f"power{side}"]),
        node("Sub", [f"power{side}", "one"] if side == "Above" else ["one", f"power{side}"], [f"less{side}"]),
        node("Div", [f"less{side}", power], [f"quotient{side}"]),
        node("Imputer", [f"quotient{side}"], [f"finite{side}"], domain="ai.onnx.ml", imputed_value_floats=[0.0], replaced_value_float=float("nan")),
        node("Mul", [f"finite{side}", f"is{side}"], [f"own{side}"])]
operator("Imputer_power", sides + [node("Add", ["ownAbove", "ownBelow"], ["y"])], {"p": f(0.5, 1.5, -0.75, 2.25), "q": f(1.5, 0.5, 2.75, -0.25)},
         {"x": [4]}, domains=learned)
