# Labels: ArgMax and TopK inside networks, and what exporters put around labels.

learned_labels = {"ai.onnx.ml": 3}
# What computes with an index.
operator("ArgMax_inside", [node("ArgMax", ["x"], ["a"], axis=1), node("Cast", ["a"], ["f"], to=FLOAT), node("Mul", ["f", "x"], ["y"])])
operator("ArgMax_inside_dropped", [node("ArgMax", ["x"], ["a"], axis=1, keepdims=0), node("Cast", ["a"], ["f"], to=FLOAT),
                                   node("Mul", ["f", "c"], ["y"])], {"c": np.float32(0.7123456)}, {"x": [5, 3]})
operator("TopK_inside", [node("TopK", ["x", "k"], ["v", "j"], axis=1), node("Gather", ["t", "j"], ["y"], axis=0)], {"k": i(2), "t": f(0.5, -1, 0.7123456, 2)})
# The label of a classifier as an output.
chain = [node("Neg", ["x"], ["s"]), node("ArgMax", ["s"], ["a"], axis=1), node("ArrayFeatureExtractor", ["classes", "a"], ["r"], domain="ai.onnx.ml"),
         node("Cast", ["r"], ["c"], to=FLOAT), node("Reshape", ["c", "shape"], ["d"]), node("Cast", ["d"], ["label"], to=INT64)]
operator("ArrayFeatureExtractor_label", chain, {"classes": i(0, 1, 2, 3), "shape": i(-1)}, outputs=("label",), domains=learned_labels)
# The same label where something computes with it.
operator("ArrayFeatureExtractor_number", chain[:4] + [node("Reshape", ["c", "shape"], ["d"]), node("Mul", ["d", "d"], ["y"])],
         {"classes": i(3, -1, 5, 2), "shape": i(-1, 1)}, domains=learned_labels)
operator("ArrayFeatureExtractor_ids", [node("TopK", ["x", "k"], ["v", "j"], axis=1), node("ArrayFeatureExtractor", ["t", "j"], ["r"], domain="ai.onnx.ml"),
                                       node("Reshape", ["r", "shape"], ["y"])], {"k": i(2), "t": f(0.5, -1, 0.7123456, 2), "shape": i(-1, 2)}, domains=learned_labels)
operator("Imputer_number", [node("Relu", ["x"], ["r"]), node("Imputer", ["r"], ["y"], domain="ai.onnx.ml", imputed_value_floats=[1.5, -2, 0.7123456, 3],
                                                             replaced_value_float=0.0)], domains=learned_labels)
operator("Normalizer_shares", [node("Softmax", ["x"], ["s"], axis=1), node("Normalizer", ["s"], ["n"], domain="ai.onnx.ml", norm="L1"), node("Neg", ["n"], ["y"])],
         domains=learned_labels)
operator("Concat_batch", [node("Neg", ["x"], ["m"]), node("Concat", ["x", "m"], ["j"], axis=0), node("Reshape", ["j", "shape"], ["r"]),
                          node("Transpose", ["r"], ["y"], perm=[1, 0, 2])], {"shape": i(2, -1, 4)})
