# Functions, integers, reductions, linear operators of values, classes, norms, subgraphs.

for op in ["Atan", "Sinh", "Cosh", "Asinh", "Round"]:
    unary(op)
for op in ["Asin", "Acos", "Atanh"]:
    unary(op, low=-0.9, high=0.9)
unary("Tan", low=-1.2, high=1.2)
unary("Acosh", low=1.1, high=4)
unary("Shrink")
unary("Shrink_constants", "Shrink", lambd=0.75, bias=0.25)
operator("Clip_values", [node("Squeeze", ["z"], ["h"]), node("Clip", ["x", "l", "h"], ["y"])], {"l": np.float32(-1)}, {"x": [4], "z": [1]}, low=0, batch=1)

# Integers are made of floats by Cast.
halves = [node("Cast", ["x"], ["i"], to=INT64)]
operator("Div_integers", halves + [node("Div", ["i", "c"], ["q"]), node("Cast", ["q"], ["y"], to=FLOAT)], {"c": i(3, -2, 5, 1)}, low=-9, high=9)
operator("Mod_integers", halves + [node("Mod", ["i", "c"], ["q"]), node("Cast", ["q"], ["y"], to=FLOAT)], {"c": i(3, -2, 5, 1)}, low=-9, high=9)
operator("Mod_sign", [node("Mod", ["x", "c"], ["y"], fmod=1)], {"c": f(0.75, 1.5, -0.5, 3)})
operator("Mod_constants", [node("Mod", ["k", "c"], ["r"]), node("Cast", ["r"], ["f"], to=FLOAT), node("Mul", ["x", "f"], ["y"])],
         {"k": i(7, -7, 7, -7), "c": i(3, 3, -3, -3)})
operator("Pow_several", [node("Pow", ["x", "c"], ["y"])], {"c": f(1, 2, 3, 2)})
operator("Pow_exponents", [node("Pow", ["x", "z"], ["y"])], {}, {"x": [4], "z": [4]}, low=0.5)
operator("Pow_base", [node("Pow", ["c", "x"], ["y"])], {"c": f(0.5, 2, 3, 1.5)})
for op in ["BitwiseAnd", "BitwiseOr", "BitwiseXor"]:
    operator(op, [node(op, ["k", "c"], ["r"]), node("Cast", ["r"], ["f"], to=FLOAT), node("Mul", ["x", "f"], ["y"])],
             {"k": i(7, -7, 12, 1), "c": i(3, 3, -3, 10)})
operator("BitwiseNot", [node("BitwiseNot", ["k"], ["r"]), node("Cast", ["r"], ["f"], to=FLOAT), node("Mul", ["x", "f"], ["y"])],
         {"k": np.uint8([7, 0, 255, 1])})
for direction in ["LEFT", "RIGHT"]:
    operator(f"BitShift_{direction.lower()}", [node("BitShift", ["k", "c"], ["r"], direction=direction), node("Cast", ["r"], ["f"], to=FLOAT),
                                               node("Mul", ["x", "f"], ["y"])], {"k": np.uint8([7, 200, 255, 1]), "c": np.uint8([1, 2, 3, 0])})
operator("CastLike", [node("CastLike", ["k", "x"], ["f"]), node("Mul", ["x", "f"], ["y"])], {"k": i(1, 2, 3, 4)})
operator("CastLike_value", [node("CastLike", ["x", "k"], ["i"]), node("Cast", ["i"], ["y"], to=FLOAT)], {"k": i(1)}, low=-5, high=5)

for op, low in [("ReduceMin", -2), ("ReduceProd", -2), ("ReduceL1", -2), ("ReduceLogSum", 0.5), ("ReduceLogSumExp", -2)]:
    operator(op, [node(op, ["x", "a"], ["y"])], {"a": i(-1)}, {"x": [2, 5]}, low=low)
    operator(f"{op}_axes", [node(op, ["x", "a"], ["y"], keepdims=0)], {"a": i(1, 3)}, {"x": [2, 3, 2]}, low=low)

square = {"x": [3, 4], "z": [4, 3]}
operator("Gemm_values", [node("Squeeze", ["x", "a"], ["p"]), node("Squeeze", ["z", "a"], ["q"]), node("Gemm", ["p", "q"], ["y"], alpha=0.5)],
         {"a": i(0)}, square, batch=1)
operator("Gemm_transposed", [node("Squeeze", ["x", "a"], ["p"]), node("Gemm", ["p", "w", "c"], ["y"], transA=1, transB=1, beta=0.5)],
         {"a": i(0), "w": array(2, 3), "c": f(1, 2)}, {"x": [3, 4]}, batch=1)

numbered = [node("Cast", ["k"], ["y"], to=FLOAT)]
operator("ArgMin", [node("ArgMin", ["x"], ["label"], axis=1, keepdims=0)], outputs=["label"])
operator("ArgMax_axis", [node("ArgMax", ["x"], ["k"], axis=1, keepdims=0)] + numbered, {}, {"x": [3, 4]})
operator("ArgMin_axis", [node("ArgMin", ["x"], ["k"], axis=1, keepdims=1)] + numbered, {}, {"x": [3, 4]})
operator("Hardmax", [node("Hardmax", ["x"], ["y"])], {}, {"x": [3, 4]})
operator("Hardmax_axis", [node("Hardmax", ["x"], ["y"], axis=1)], {}, {"x": [3, 4]})
operator("TopK_values", [node("TopK", ["x", "k"], ["y", "n"])], {"k": i(2)}, {"x": [3, 4]})
operator("TopK_smallest", [node("TopK", ["x", "k"], ["y", "n"], largest=0, axis=1)], {"k": i(2)}, {"x": [3, 4]})
for name, attributes in [("reverse", {"reverse": 1}), ("exclusive", {"exclusive": 1}), ("both", {"reverse": 1, "exclusive": 1})]:
    operator(f"CumSum_{name}", [node("CumSum", ["x", "a"], ["y"], **attributes)], {"a": np.int64(2)}, {"x": [3, 4]})

operator("LpNormalization", [node("LpNormalization", ["x"], ["y"])], {}, {"x": [3, 4]}, low=0.5)
operator("LpNormalization_absolute", [node("LpNormalization", ["x"], ["y"], p=1, axis=1)], {}, {"x": [3, 4]}, low=0.5)
operator("MeanVarianceNormalization", [node("MeanVarianceNormalization", ["x"], ["y"], axes=[2, 3])], {}, {"x": [2, 3, 4]})
operator("LayerNormalization_parts", [node("LayerNormalization", ["x", "g"], ["y", "m", "d"])], {"g": f(1, 2, 3, 0.5)}, {"x": [3, 4]},
         outputs=["y", "m", "d"])

# Subgraphs.
def body(name, nodes, inputs, outputs, constants=None):
    return helper.make_graph(nodes, name, [helper.make_tensor_value_info(n, t, s) for n, t, s in inputs],
                             [helper.make_tensor_value_info(n, t, s) for n, t, s in outputs],
                             [constant(n, v) for n, v in (constants or {}).items()])


then = body("then", [node("Add", ["x", "c"], ["t"])], [], [("t", FLOAT, None)], {"c": f(1, 2, 3, 4)})
other = body("other", [node("Neg", ["x"], ["u"])], [], [("u", FLOAT, None)])
operator("If", [node("If", ["p"], ["y"], then_branch=then, else_branch=other)], {"p": np.bool_(True)})
operator("If_not", [node("If", ["p"], ["y"], then_branch=then, else_branch=other)], {"p": np.bool_(False)})
step = body("step", [node("Identity", ["go"], ["on"]), node("Cast", ["n"], ["k"], to=FLOAT), node("Add", ["s", "x"], ["t"]),
                     node("Mul", ["t", "k"], ["u"]), node("Identity", ["t"], ["v"])],
            [("n", INT64, []), ("go", TensorProto.BOOL, []), ("s", FLOAT, None)],
            [("on", TensorProto.BOOL, []), ("u", FLOAT, None), ("v", FLOAT, None)])
operator("Loop", [node("Loop", ["m", "p", "x"], ["y", "s"], body=step), node("Transpose", ["s"], ["z"], perm=[1, 0, 2])], {"m": np.int64(3), "p": np.bool_(True)}, outputs=["y", "z"])
scanned = body("scanned", [node("Add", ["s", "e"], ["t"]), node("Identity", ["t"], ["o"])], [("s", FLOAT, None), ("e", FLOAT, None)],
               [("t", FLOAT, None), ("o", FLOAT, None)])
operator("Scan", [node("Transpose", ["x"], ["r"], perm=[1, 0, 2]), node("Scan", ["z", "r"], ["y", "o"], body=scanned, num_scan_inputs=1),
                  node("Transpose", ["o"], ["w"], perm=[1, 0, 2])], {}, {"x": [3, 4], "z": [4]}, outputs=["y", "w"])
