# Operators that onnxruntime does not have yet: the ONNX package's own evaluator says what they give.

from onnx.reference import ReferenceEvaluator


def preview(name, nodes, constants, inputs, version):
    operator(name, nodes, constants, inputs, opset=26 if version is None else version, runtime=ReferenceEvaluator,
             domains={} if version else {"ai.onnx.preview": 1})


def modifier(name, operation, number):
    shape = ["n", 2, 3, 3]
    return helper.make_graph(
        [node(operation, ["s", "c"], ["m"])], name, [helper.make_tensor_value_info("s", FLOAT, shape)],
        [helper.make_tensor_value_info("m", FLOAT, shape)], [constant("c", np.float32(number))])


heads = {n: [2, 3, 4] for n in ["q", "k", "v"]}
preview("FlexAttention", [node("FlexAttention", ["q", "k", "v"], ["y"], domain="ai.onnx.preview", scale=0.5)], {}, heads, None)
preview("FlexAttention_modified", [node("FlexAttention", ["q", "k", "v"], ["y"], domain="ai.onnx.preview", score_mod=modifier("scores", "Mul", 0.5),
        prob_mod=modifier("shares", "Add", 0.25))], {}, heads, None)
channels = {"w": array(2, 1, 3), "b": array(2)}
preview("CausalConvWithState", [node("CausalConvWithState", ["x", "w", "b"], ["y", "state"], activation="silu")], channels, {"x": [2, 5]}, 27)
preview("CausalConvWithState_continued", [node("CausalConvWithState", ["x", "w", "", "past"], ["y", "state"])], channels,
        {"x": [2, 5], "past": [2, 2]}, 27)
