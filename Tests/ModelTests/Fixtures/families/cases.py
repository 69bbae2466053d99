"""Models as people export them, whose operators do not fit each other at first sight; ModelCaseTests proves them too."""
row = {"x": [8]}
operator("Squeeze_regression", [node("Gemm", ["x", "w"], ["g"]), node("Squeeze", ["g", "a"], ["y"])], {"w": array(8, 1), "a": i(1)}, row)
operator("ReduceMean_centred", [node("ReduceMean", ["x", "a"], ["m"]), node("Sub", ["x", "m"], ["y"])], {"a": i(1)}, row)
operator("Transpose_batch_and_back", [node("Transpose", ["x"], ["t"], perm=[1, 0, 2]), node("MatMul", ["t", "w"], ["m"]),
                                      node("Transpose", ["m"], ["y"], perm=[1, 0, 2])], {"w": array(4, 3)}, {"x": [5, 4]})
# Embeddings of length 1.
embedding = node("Gemm", ["x", "w"], ["e"], transB=1)
operator("Div_length", [embedding, node("ReduceL2", ["e"], ["n"], axes=[1]), node("Clip", ["n", "least"], ["c"]), node("Expand", ["c", "s"], ["d"]),
                        node("Div", ["e", "d"], ["y"])], {"w": array(6, 8), "least": np.float32(1e-12), "s": i(1, 6)}, row, opset=17)
squares = [embedding, node("Mul", ["e", "e"], ["q"]), node("ReduceSum", ["q", "a"], ["s"])]
operator("Div_length_written", squares + [node("Sqrt", ["s"], ["n"]), node("Max", ["n", "least"], ["c"]), node("Div", ["e", "c"], ["y"])],
         {"w": array(6, 8), "least": np.float32(1e-3), "a": i(1)}, row)
operator("Pow_length", squares + [node("Pow", ["s", "half"], ["n"]), node("Mul", ["e", "n"], ["y"])],
         {"w": array(6, 8), "half": np.float32(-0.5), "a": i(1)}, row)
# A size that is computed from the shape of a value, with any number of samples.
operator("Resize_to_another", [node("Shape", ["x"], ["s"]), node("Slice", ["s", "zero", "two"], ["lead"]), node("Concat", ["lead", "rest"], ["z"], axis=0),
                               node("Resize", ["x", "", "", "z"], ["r"], mode="linear"), node("Add", ["r", "v"], ["y"])],
         {"zero": i(0), "two": i(2), "rest": i(6, 6)}, {"x": [2, 3, 3], "v": [2, 6, 6]})


def heads(name, size, strides, channels, last, constants):
    """Convolutions of these strides, whose places follow one another."""
    nodes, weights = [], {"shape": i(0, channels, -1)}
    for number, stride in enumerate(strides):
        nodes += [node("Conv", ["x", f"w{number}"], [f"c{number}"], strides=[stride, stride]), node("Reshape", [f"c{number}", "shape"], [f"r{number}"])]
        weights[f"w{number}"] = array(channels, 2, stride, stride) / stride
    nodes.append(node("Concat", [f"r{number}" for number in range(len(strides))], ["joined"], axis=2))
    operator(name, nodes + last, weights | constants, {"x": [2, size, size]})


turned = node("Transpose", ["joined"], ["y"], perm=[0, 2, 1])
cut = [node("Slice", ["joined", "zero", "two", "one"], ["boxes"]), node("Slice", ["joined", "two", "five", "one"], ["scores"]),
       node("Sigmoid", ["scores"], ["shares"]), node("Concat", ["boxes", "shares"], ["y"], axis=1)]
ends = {"zero": i(0), "one": i(1), "two": i(2), "five": i(5)}
heads("Concat_heads", 12, [2, 3, 6], 5, [turned], {})
heads("Concat_heads_cut", 12, [2, 4], 5, cut, ends)
heads("Concat_heads_cut_of_powers", 16, [2, 4], 5, cut, ends)
operator("Concat_late", [node("Conv", ["x", "k"], ["c"]), node("Relu", ["c"], ["r"]), node("Flatten", ["r"], ["f"]), node("Concat", ["f", "v"], ["j"], axis=1),
                         node("Gemm", ["j", "w"], ["y"])], {"k": array(3, 1, 3, 3), "w": array(35, 4)}, {"x": [1, 5, 5], "v": [8]})
operator("Concat_branches", [node("Conv", ["x", "k"], ["c"]), node("Conv", ["x", "l"], ["d"]), node("Flatten", ["c"], ["f"]), node("Flatten", ["d"], ["g"]),
                             node("Concat", ["f", "g"], ["j"], axis=1), node("Gemm", ["j", "w"], ["y"])],
         {"k": array(3, 1, 3, 3), "l": array(2, 1, 4, 4), "w": array(35, 4)}, {"x": [1, 5, 5]})
# Measurements of which the first ones are an image.
operator("Slice_observation", [node("Slice", ["x", "zero", "first", "one"], ["p"]), node("Slice", ["x", "first", "all", "one"], ["q"]),
                               node("Reshape", ["p", "shape"], ["i"]), node("Conv", ["i", "k"], ["c"]), node("GlobalAveragePool", ["c"], ["m"]),
                               node("Flatten", ["m"], ["f"]), node("Concat", ["f", "q"], ["y"], axis=1)],
         {"zero": i(0), "one": i(1), "first": i(25), "all": i(34), "shape": i(0, 1, 5, 5), "k": array(3, 1, 3, 3)}, {"x": [34]})
operator("ArgMax_of_places", [node("Conv", ["x", "w"], ["c"]), node("ArgMax", ["c"], ["label"], axis=1, keepdims=0)], {"w": array(3, 2, 1, 1)},
         {"x": [2, 4, 4]}, outputs=("label",))
operator("QuantizeLinear_probabilities", [node("Gemm", ["x", "w"], ["g"]), node("Softmax", ["g"], ["p"]), node("QuantizeLinear", ["p", "s", "z"], ["q"]),
                                          node("DequantizeLinear", ["q", "s", "z"], ["y"])],
         {"w": array(8, 4), "s": np.float32(1 / 256), "z": np.uint8(0)}, row)
