"""Writes the fixtures beside this script. Needs onnx, onnxruntime and numpy."""

import io
import json
import os
import pathlib
import zipfile

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

here = pathlib.Path(__file__).parent
random = np.random.default_rng(1)
FLOAT = TensorProto.FLOAT


def array(*shape):
    return random.standard_normal(shape).astype(np.float32)


def constant(name, values):
    return numpy_helper.from_array(np.asarray(values), name)


def model(nodes, initializers, input_shape, output_shape, opset=17, **options):
    inputs = options.get("inputs") or [helper.make_tensor_value_info("x", options.get("input_type", FLOAT), input_shape)]
    outputs = options.get("outputs") or [helper.make_tensor_value_info("y", FLOAT, output_shape)]
    graph = helper.make_graph(nodes, options.get("name", "fixture"), inputs, outputs, initializers)
    opsets = [helper.make_opsetid("", opset)] + options.get("opsets", [])
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


saved = set()


def save(folder, name, proto):
    path = here / folder / f"{name}.onnx"
    assert path not in saved, f"two fixtures are called {name}"
    saved.add(path)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(proto.SerializeToString())
    return path


expected = {}


def accepted(name, proto, batch):
    """A model with inputs and onnxruntime's outputs."""
    onnx.checker.check_model(proto)
    path = save("accepted", name, proto)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    shape = [batch] + [d.dim_value for d in proto.graph.input[0].type.tensor_type.shape.dim][1:]
    x = array(*shape)
    y = session.run(None, {"x": x})[0]
    expected[f"{name}/x"] = x
    expected[f"{name}/y"] = y


def refused(name, proto):
    save("refused", name, proto)


node = helper.make_node

# Accepted: every operator, every way to store a tensor.

accepted("gemm_scaled", model(
    [node("Gemm", ["x", "w", "c"], ["y"], alpha=0.5, beta=3.0)],
    [constant("w", array(5, 3)), constant("c", array(1, 3))], ["n", 5], ["n", 3]), 4)

accepted("gemm_scalar_bias", model(
    [node("Gemm", ["x", "w", "c"], ["y"], transB=1)],
    [constant("w", array(3, 5)), constant("c", np.float32(0.25))], [1, 5], [1, 3]), 1)

accepted("gemm_without_bias", model(
    [node("Gemm", ["x", "w"], ["y"], transB=1)], [constant("w", array(3, 5))], [1, 5], [1, 3]), 1)

accepted("matmul_add", model(
    [node("MatMul", ["x", "w"], ["m"]), node("Identity", ["m"], ["i"]), node("Add", ["b", "i"], ["a"]),
     node("Relu", ["a"], ["r"]), node("MatMul", ["r", "v"], ["n"]), node("Add", ["n", "c"], ["y"])],
    [constant("w", array(6, 4)), constant("b", array(4)), constant("v", array(4, 2)), constant("c", array(1, 2))],
    ["n", 6], ["n", 2]), 3)

accepted("shapes", model(
    [node("Flatten", ["x"], ["f"]), node("Reshape", ["f", "s1"], ["g"], name="reshape"),
     node("Constant", [], ["s2"], value_ints=[0, -1]), node("Reshape", ["g", "s2"], ["h"]),
     node("Flatten", ["h"], ["k"], axis=-1), node("Identity", ["w"], ["w2"]),
     node("Dropout", ["k", "ratio"], ["d"]), node("Gemm", ["d", "w2"], ["z"], transB=1),
     node("Reshape", ["z", "s3"], ["y"])],
    [constant("s1", np.int64([-1, 3, 4])), constant("s3", np.int64([0, 1, 2, 1])), constant("w", array(2, 12)),
     constant("ratio", np.float32(0.5))], ["n", 3, 2, 2], ["n", 1, 2, 1]), 2)

typed = helper.make_tensor("w", FLOAT, [3, 2], array(6).tolist())
shape = helper.make_tensor("s", TensorProto.INT64, [2], [1, 3])
accepted("typed_fields", model(
    [node("Constant", [], ["s0"], value=shape), node("Reshape", ["x", "s0"], ["r"]), node("MatMul", ["r", "w"], ["y"])],
    [typed], [1, 3, 1], [1, 2]), 1)

accepted("unused_nodes", model(
    [node("Relu", ["x"], ["dead"]), node("Gemm", ["x", "w"], ["y"], transB=1), node("Relu", ["y"], ["dead2"])],
    [constant("w", array(2, 3))], [1, 3], [1, 2]), 1)

functions = model([node("F", ["x"], ["r"], domain="com.example"), node("Neg", ["r"], ["y"])], [], [1, 3], [1, 3],
                  opsets=[helper.make_opsetid("com.example", 1)])
functions.functions.append(helper.make_function("com.example", "F", ["a"], ["b"], [node("Relu", ["a"], ["b"])], [helper.make_opsetid("", 17)]))
accepted("local_functions", functions, 1)

np.savez(here / "accepted" / "expected.npz", **expected)

# Refused: by node, or as a whole.

w = constant("w", array(3, 4))
gemm = node("Gemm", ["x", "w"], ["y"], transB=1, name="fc")


def one(nodes, initializers=(w,), input_shape=(1, 4), output_shape=(1, 3), **options):
    return model(nodes, list(initializers), list(input_shape), list(output_shape), **options)


refused("unsupported_operators", one(
    [node("Det", ["x"], ["c"], name="det"), node("Relu", ["c"], ["r"], name="relu"), node("Sigmoid", ["x"], ["g"]),
     node("Bernoulli", ["g"], ["b"], name="bernoulli"), node("Add", ["r", "b"], ["y"], name="sum")]))
refused("transposed_input", one([node("Gemm", ["x", "w"], ["y"], transA=1, name="fc")]))
refused("computed_weights", one([node("Gemm", ["x", "x"], ["y"], transB=1, name="fc")]))
refused("constant_input", one([node("Gemm", ["w", "w"], ["y"], transB=1, name="fc")]))
refused("integer_weights", one([gemm], [constant("w", np.ones((3, 4), np.int64))]))
refused("infinite_weights", one([gemm], [constant("w", np.full((3, 4), np.inf, np.float32))]))
refused("overflowing_weights", one(
    [node("Gemm", ["x", "w"], ["y"], transB=1, alpha=1e38, name="fc")], [constant("w", np.full((3, 4), 1e3, np.float32))]))
refused("misfit_weights", one([gemm], [constant("w", array(3, 5))]))
refused("weights_of_rank_3", one([node("MatMul", ["x", "w"], ["y"], name="fc")], [constant("w", array(1, 4, 3))]))
refused("misfit_bias", one([node("Gemm", ["x", "w", "c"], ["y"], transB=1, name="fc")], [w, constant("c", array(2))]))
refused("bias_of_rank_3", one(
    [node("MatMul", ["x", "w"], ["m"]), node("Add", ["m", "c"], ["y"], name="bias")],
    [constant("w", array(4, 3)), constant("c", array(1, 1, 3))]))
refused("missing_initializer", one([gemm], []))
refused("later_operand", one([node("Relu", ["g"], ["y"], name="relu"), node("Gemm", ["x", "w"], ["g"], transB=1)]))
refused("redefined_name", one([gemm, node("Relu", ["y"], ["y"], name="again")]))
refused("no_output_name", one([gemm, node("Relu", ["y"], [], name="silent")]))
refused("foreign_domain", one(
    [node("Gemm", ["x", "w"], ["y"], name="fc", domain="com.example")], opsets=[helper.make_opsetid("com.example", 1)]))
refused("attribute_type", one([node("Gemm", ["x", "w"], ["y"], transB=1, alpha=2, name="fc")]))
refused("dropout_training", one(
    [node("Dropout", ["x", "p", "t"], ["d"], name="drop"), node("Gemm", ["d", "w"], ["y"], transB=1, name="fc")],
    [w, constant("p", np.float32(0.5)), constant("t", np.bool_(True))]))
refused("string_constant", one([node("Constant", [], ["c"], value_string="text", name="text"), node("Mul", ["x", "c"], ["y"])]))
refused("computed_shape", one(
    [node("Gemm", ["x", "w"], ["g"], transB=1), node("Reshape", ["g", "x"], ["y"], name="reshape")]))

for name, target, symbolic in [
    ("reshape_without_batch", [4], False), ("reshape_fixed_batch", [1, 4], True), ("reshape_into_batch", [2, 2], False),
    ("reshape_elements", [1, 5], False), ("reshape_two_unknown", [-1, -1], False), ("reshape_negative", [0, -4], False),
    ("reshape_missing_axis", [0, 2, 2, 0], False), ("reshape_huge", [0, 2**62, 2**62], False), ("reshape_empty", [], False),
]:
    refused(name, model(
        [node("Reshape", ["x", "s"], ["r"], name="reshape"), node("Gemm", ["r", "w"], ["y"], transB=1)],
        [w, constant("s", np.int64(target))], ["n" if symbolic else 1, 4], [1, 3]))

external = constant("w", array(3, 4))
onnx.external_data_helper.set_external_data(external, "weights.bin")
external.ClearField("raw_data")
refused("external_data", one([gemm], [external]))

short = constant("w", array(3, 4))
short.raw_data = short.raw_data[:-1]
refused("short_data", one([gemm], [short]))

negative = constant("w", array(3, 4))
negative.dims[0] = -3
refused("negative_shape", one([gemm], [negative]))

huge = constant("w", array(3, 4))
huge.dims[:] = [2**32, 2**32]
refused("huge_shape", one([gemm], [huge]))

both = constant("w", array(3, 4))
both.float_data.extend([0.0] * 12)
refused("data_twice", one([gemm], [both]))

segmented = constant("w", array(3, 4))
segmented.segment.begin = 0
refused("segmented_data", one([gemm], [segmented]))

refused("duplicate_initializer", one([gemm], [w, w]))
refused("old_operator_set", one([gemm], opset=6))
refused("future_operator_set", one([gemm], opset=1000))
refused("symbolic_features", one([gemm], input_shape=(1, "d")))
refused("batch_only", one([gemm], input_shape=(1,)))
refused("scalar_input", one([gemm], input_shape=()))
refused("wrong_output_shape", one([gemm], output_shape=(1, 4)))
refused("huge_input", one([gemm], input_shape=(1, 2**20, 2**20)))
refused("long_input_name", one(
    [node("Gemm", ["x" * 300, "w"], ["y"], transB=1, name="fc")],
    inputs=[helper.make_tensor_value_info("x" * 300, FLOAT, [1, 4])]))
refused("long_output_name", one(
    [node("Gemm", ["x", "w"], ["y" * 300], transB=1, name="fc")],
    outputs=[helper.make_tensor_value_info("y" * 300, FLOAT, [1, 3])]))
refused("missing_operand", one([node("Gemm", ["x"], ["y"], transB=1, name="fc")]))
refused("left_out_operand", one([node("Relu", [""], ["y"], name="relu")]))
refused("constant_with_two_values", one(
    [node("Constant", [], ["c"], value_int=1, value_float=1.0, name="both"), node("Mul", ["x", "c"], ["y"])]))
refused("float_shape", one(
    [node("Gemm", ["x", "w"], ["g"], transB=1), node("Reshape", ["g", "s"], ["y"], name="reshape")],
    [w, constant("s", np.float32([1, 3]))]))
refused("integer_bias", one(
    [node("Gemm", ["x", "w", "c"], ["y"], transB=1, name="fc")], [w, constant("c", np.int64([1, 2, 3]))]))
refused("empty_weights", one([gemm], [constant("w", np.zeros((0, 4), np.float32))]))
refused("unknown_output", one([gemm], outputs=[helper.make_tensor_value_info("q", FLOAT, [1, 4])]))

no_opset = one([gemm])
del no_opset.opset_import[:]
refused("no_operator_set", no_opset)

no_graph = onnx.ModelProto()
no_graph.ir_version = 8
refused("no_graph", no_graph)

sparse = one([gemm])
sparse.graph.sparse_initializer.append(helper.make_sparse_tensor(
    helper.make_tensor("v", FLOAT, [1], [1.0]), helper.make_tensor("i", TensorProto.INT64, [1], [0]), [4]))
refused("sparse_initializer", sparse)

# Arrays: one value list in every encoding.

data = here / "data"
data.mkdir(exist_ok=True)
values = np.array([[0, 1, 2], [3, 100, 127]])
for name in ["float32", "float64", "int8", "int16", "int32", "int64", "uint8"]:
    np.save(data / f"{name}.npy", values.astype(name))
np.save(data / "vector.npy", np.arange(3.0))
np.save(data / "scalar.npy", np.float32(2.5))
np.save(data / "empty.npy", np.zeros((0, 4), np.float32))
np.save(data / "fortran.npy", np.asfortranarray(values.astype(np.float32)))
np.save(data / "half.npy", values.astype(np.float16))
np.save(data / "uint64.npy", values.astype(np.uint64))
np.save(data / "refused_uint64.npy", np.uint64([1 << 63]))
np.save(data / "refused_big_endian.npy", values.astype(">f4"))
np.save(data / "refused_complex.npy", values.astype(np.complex64))
np.save(data / "refused_text.npy", np.array(["a", "b"]))
np.save(data / "refused_record.npy", np.zeros(2, [("a", np.float32)]))
np.save(data / "refused_nan.npy", np.array([1.0, np.nan]))
np.savez(data / "stored.npz", values=values.astype(np.float32), **{"in0/x": np.float32([[1, 2]])})
np.savez_compressed(data / "deflated.npz", values=values.astype(np.float32), labels=np.int64([1, 2]))
np.savez_compressed(data / "single.npz", whatever=values.astype(np.uint8))

limit, zipfile.ZIP64_LIMIT = zipfile.ZIP64_LIMIT, 10
buffer = io.BytesIO()
np.save(buffer, values.astype(np.float32))
with zipfile.ZipFile(data / "zip64.npz", "w") as archive:
    archive.writestr(zipfile.ZipInfo("values.npy"), buffer.getvalue())
zipfile.ZIP64_LIMIT = limit
with zipfile.ZipFile(data / "refused_bzip2.npz", "w") as archive:
    archive.writestr(zipfile.ZipInfo("values.npy"), buffer.getvalue(), zipfile.ZIP_BZIP2)

(data / "nested.json").write_text(json.dumps(values.tolist()) + "\n")
(data / "named.json").write_text(json.dumps({"values": values.tolist(), "labels": [1, 2], "deep": [[[1e-2], [-2.5]]]}) + "\n")

# Operators: for each a model, inputs, and onnxruntime's outputs. The name begins with that of the operator.

random = np.random.default_rng(2)
INT64 = TensorProto.INT64
expected = {}
exact = onnxruntime.SessionOptions()
exact.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
(here / "operators").mkdir(exist_ok=True)
for path in (here / "operators").glob("*.onnx"):
    path.unlink()


def operator(name, nodes, constants=None, inputs=None, outputs=("y",), opset=21, batch="n", low=-2.0, high=2.0, type=FLOAT,
             output_type=FLOAT, domains=None, runtime=None):
    """`runtime` runs the file at a path: onnxruntime where nothing else is said."""
    inputs = inputs or {"x": [4]}
    graph = helper.make_graph(
        nodes, "graph", [helper.make_tensor_value_info(n, type, [batch] + s) for n, s in inputs.items()],
        [helper.make_tensor_value_info(n, INT64 if n == "label" else output_type, None) for n in outputs],
        [v if isinstance(v, onnx.TensorProto) else constant(n, v) for n, v in (constants or {}).items()])
    versions = [helper.make_opsetid(*v) for v in ({"": opset} | (domains or {})).items()]
    proto = helper.make_model(graph, opset_imports=versions, ir_version=8 if opset < 21 else 10)
    path = save("operators", name, proto)
    session = runtime(str(path)) if runtime else onnxruntime.InferenceSession(str(path), exact, providers=["CPUExecutionProvider"])
    count = 1 if batch == 1 else 3
    feed = {n: random.uniform(low, high, [count] + s).astype(helper.tensor_dtype_to_np_dtype(type)) for n, s in inputs.items()}
    for n, v in feed.items():
        expected[f"{name}/{n}"] = v.astype(np.float32)
    for n, v in zip(outputs, session.run(None, feed)):
        expected[f"{name}/{n}"] = v.astype(np.int64 if v.dtype.kind in "iu" else np.float32)


def unary(name, op=None, constants=None, opset=21, low=-2.0, high=2.0, **attributes):
    operator(name, [node(op or name, ["x"] + list(constants or {}), ["y"], **attributes)], constants, opset=opset, low=low, high=high)


def f(*values):
    return np.float32(values)


def i(*values):
    return np.int64(values)


for op in ["Abs", "Erf", "Exp", "Neg", "Relu", "Sigmoid", "Tanh", "Softplus", "Softsign", "HardSwish", "Mish", "Elu", "Selu", "Celu",
           "LeakyRelu", "HardSigmoid", "Gelu"]:
    unary(op, low=-5, high=5)
for op in ["Log", "Sqrt", "Reciprocal"]:
    unary(op, low=0.5, high=4)
unary("Softplus_large", "Softplus", low=-800, high=800)
unary("Elu_alpha", "Elu", alpha=0.5)
unary("Celu_alpha", "Celu", alpha=2.5)
unary("Selu_constants", "Selu", alpha=1.5, gamma=2.0)
unary("LeakyRelu_alpha", "LeakyRelu", alpha=0.3)
unary("HardSigmoid_constants", "HardSigmoid", alpha=0.5, beta=0.25)
unary("Gelu_tanh", "Gelu", approximate="tanh")
unary("Clip", constants={"lo": np.float32(-1), "hi": np.float32(0.5)})
unary("Clip_low", "Clip", {"lo": np.float32(-1)})
operator("Clip_high", [node("Clip", ["x", "", "hi"], ["y"])], {"hi": np.float32(0.5)})
operator("Clip_none", [node("Clip", ["x"], ["r"]), node("Neg", ["r"], ["y"])])
unary("Clip_attributes", "Clip", opset=7, min=-0.5, max=1.0)
unary("Clip_attribute", "Clip", opset=10, max=1.0)
unary("Pow", constants={"e": np.float32(3)})
unary("Pow_integer", "Pow", {"e": np.int64([2])})
unary("Pow_root", "Pow", {"e": np.float32(0.5)}, low=0.1)
unary("PRelu", constants={"slope": f(0.2)})
operator("Identity", [node("Identity", ["x"], ["i"]), node("Neg", ["i"], ["y"])])
operator("Dropout_inference", [node("Dropout", ["x", "ratio", "training"], ["d"]), node("Neg", ["d"], ["y"])],
         {"ratio": np.float32(0.3), "training": np.bool_(False)})
operator("Dropout_old", [node("Dropout", ["x"], ["d", "mask"], ratio=0.3), node("Neg", ["d"], ["y"])], opset=7)
operator("Cast", [node("Cast", ["x"], ["h"], to=TensorProto.DOUBLE), node("Cast", ["h"], ["f"], to=FLOAT), node("Neg", ["f"], ["y"])])

binary = {"Add": f(1, 2, 3, 4), "Sub": f(1, 2, 3, 4), "Mul": f(1, -2, 0, 4), "Div": f(1, -2, 3, 4)}
for op, vector in binary.items():
    operator(f"{op}_vector", [node(op, ["x", "c"], ["y"])], {"c": vector})
    operator(f"{op}_scalar", [node(op, ["x", "c"], ["y"])], {"c": np.float32(2.5)})
    operator(f"{op}_reversed", [node(op, ["c", "x"], ["y"])], {"c": vector}, low=0.5)
    operator(f"{op}_reversed_scalar", [node(op, ["c", "x"], ["y"])], {"c": np.float32([[2.5]])}, low=0.5)
    operator(f"{op}_leading_one", [node(op, ["x", "c"], ["y"])], {"c": vector.reshape(1, 4, 1)}, {"x": [4, 2]})
    operator(f"{op}_widening", [node(op, ["x", "c"], ["y"])], {"c": vector.reshape(4, 1) + np.float32([0, 0.5])}, {"x": [1, 2]})
    if op != "Div":
        operator(f"{op}_values", [node(op, ["x", "z"], ["y"])], {}, {"x": [4], "z": [4]})
        operator(f"{op}_broadcast", [node(op, ["x", "z"], ["y"])], {}, {"x": [2, 1], "z": [1, 3]})
operator("Sum", [node("Sum", ["x", "z", "c", "x"], ["y"])], {"c": f(1, 2, 3, 4)}, {"x": [4], "z": [1]})
operator("Mean", [node("Mean", ["x", "z", "c"], ["y"])], {"c": f(1, 2, 3, 4)}, {"x": [4], "z": [4]})
operator("Min", [node("Min", ["x", "c"], ["y"])], {"c": np.float32(0.5)})
operator("Max", [node("Max", ["c", "x", "d"], ["y"])], {"c": np.float32(0.5), "d": f(1)})

m = array(4, 3)
operator("Gemm", [node("Gemm", ["x", "w", "c"], ["y"], alpha=0.5, beta=2.0)], {"w": m, "c": f(1, 2, 3)})
operator("MatMul", [node("MatMul", ["x", "w"], ["y"])], {"w": m})
operator("MatMul_axes", [node("MatMul", ["x", "w"], ["y"])], {"w": m}, {"x": [2, 5, 4]})
operator("MatMul_leading_one", [node("MatMul", ["x", "w"], ["y"])], {"w": m[None]}, {"x": [5, 4]})
operator("MatMul_vector", [node("MatMul", ["x", "w"], ["y"])], {"w": m[:, 0]}, {"x": [5, 4]})
operator("MatMul_left", [node("MatMul", ["w", "x"], ["y"])], {"w": m}, {"x": [3, 5]})
operator("MatMul_left_axes", [node("MatMul", ["w", "x"], ["y"])], {"w": m[None]}, {"x": [2, 3, 5]})
operator("MatMul_transposed_weights", [node("Transpose", ["w"], ["t"]), node("MatMul", ["x", "t"], ["y"])], {"w": array(3, 4)})
operator("Gemm_half", [node("Cast", ["w"], ["v"], to=FLOAT), node("Gemm", ["x", "v"], ["y"])], {"w": m.astype(np.float16)})
operator("Gemm_half_input", [node("Gemm", ["x", "w", "c"], ["y"])], {"w": m.astype(np.float16), "c": np.float16([1, 2, 3])},
         type=TensorProto.FLOAT16, output_type=TensorProto.FLOAT16)
operator("Gemm_double", [node("Gemm", ["x", "w"], ["y"])], {"w": m.astype(np.float64)}, type=TensorProto.DOUBLE,
         output_type=TensorProto.DOUBLE)
for name, shape, opset in [("BatchNormalization", [3], 21), ("BatchNormalization_image", [3, 2, 2], 15), ("BatchNormalization_old", [3, 2], 7)]:
    operator(name, [node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y"], epsilon=0.01)],
             {"s": f(1, -2, 3), "b": f(0.5, 0, -1), "m": f(0.1, 0.2, 0.3), "v": f(1, 0.5, 2)}, {"x": shape}, opset=opset)
for op, since in [("ReduceMean", 18), ("ReduceSum", 13)]:
    operator(op, [node(op, ["x", "a"], ["y"])], {"a": i(-1)}, {"x": [2, 4]})
    operator(f"{op}_dropped", [node(op, ["x", "a"], ["y"], keepdims=0)], {"a": i(2, 3)}, {"x": [5, 2, 4]})
    operator(f"{op}_attribute", [node(op, ["x"], ["y"], axes=[2])], {}, {"x": [2, 4]}, opset=11)

image = {"x": [2, 3, 4]}
operator("Flatten", [node("Flatten", ["x"], ["f"]), node("Neg", ["f"], ["y"])], {}, image)
operator("Flatten_later", [node("Flatten", ["x"], ["f"], axis=2), node("Neg", ["f"], ["y"])], {}, {"x": [1, 3, 4]})
operator("Reshape", [node("Reshape", ["x", "s"], ["y"])], {"s": i(0, -1, 6)}, image)
operator("Reshape_one", [node("Reshape", ["x", "s"], ["y"])], {"s": i(1, -1, 6)}, image, batch=1)
operator("Squeeze", [node("Squeeze", ["x", "a"], ["y"])], {"a": i(1, -1)}, {"x": [1, 3, 1]})
operator("Squeeze_attribute", [node("Squeeze", ["x"], ["y"], axes=[1])], {}, {"x": [1, 3, 1]}, opset=11)
operator("Unsqueeze", [node("Unsqueeze", ["x", "a"], ["y"])], {"a": i(1, -1)})
operator("Unsqueeze_attribute", [node("Unsqueeze", ["x"], ["y"], axes=[2])], opset=7)
operator("Transpose", [node("Transpose", ["x"], ["y"], perm=[0, 3, 1, 2])], {}, image)
operator("Transpose_twice", [node("Transpose", ["x"], ["t"], perm=[0, 3, 1, 2]), node("Transpose", ["t"], ["y"], perm=[0, 2, 1, 3])], {}, image)
operator("Expand", [node("Expand", ["x", "s"], ["y"])], {"s": i(1, 2, 3, 4)}, {"x": [2, 1, 4]})
operator("Slice", [node("Slice", ["x", "a", "b", "c", "d"], ["y"])], {"a": i(-1, 0), "b": i(-9, 3), "c": i(3, 1), "d": i(-2, 2)}, {"x": [4, 2, 5]})
operator("Slice_batch", [node("Slice", ["x", "a", "b"], ["y"])], {"a": i(0, 1), "b": i(2**63 - 1, 2**31)})
operator("Slice_attributes", [node("Slice", ["x"], ["y"], starts=[1, -3], ends=[2, 9], axes=[1, 3])], {}, image, opset=9)
operator("Gather", [node("Gather", ["x", "k"], ["y"], axis=1)], {"k": np.int64(-1)}, image)
operator("Gather_kept", [node("Gather", ["x", "k"], ["y"], axis=2)], {"k": i(1)}, image)
parts = ["y", "z"]
operator("Split", [node("Split", ["x", "s"], parts, axis=-1)], {"s": i(1, 3)}, outputs=parts)
operator("Split_count", [node("Split", ["x"], parts, axis=2, num_outputs=2)], {}, {"x": [2, 5]}, parts)
operator("Split_equal", [node("Split", ["x"], parts, axis=1)], outputs=parts, opset=13)
operator("Split_attribute", [node("Split", ["x"], parts, axis=1, split=[3, 1])], outputs=parts, opset=11)
operator("Concat", [node("Concat", ["x", "z", "x"], ["y"], axis=2)], {}, {"x": [2, 3], "z": [2, 1]})
operator("Concat_negative", [node("Concat", ["x", "z"], ["y"], axis=-2)], {}, {"x": [2, 3], "z": [1, 3]})

# Shapes as exporters compute them.
operator("Shape", [node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["b"]), node("Unsqueeze", ["b", "first"], ["u"]),
                   node("Concat", ["u", "rest"], ["t"], axis=0), node("Reshape", ["x", "t"], ["y"])],
         {"zero": np.int64(0), "first": i(0), "rest": i(-1)}, image)
operator("Shape_product", [node("Shape", ["x"], ["s"], start=1), node("Gather", ["s", "k0"], ["a"]), node("Gather", ["s", "k1"], ["b"]),
                           node("Mul", ["a", "b"], ["c"]), node("Unsqueeze", ["c", "first"], ["u"]), node("Concat", ["lead", "u", "rest"], ["t"], axis=0),
                           node("Reshape", ["x", "t"], ["y"])],
         {"k0": np.int64(0), "k1": np.int64(1), "first": i(0), "rest": i(4), "lead": i(0)}, image)
operator("Shape_slice", [node("Shape", ["x"], ["s"]), node("Slice", ["s", "a", "b"], ["c"]), node("Cast", ["c"], ["d"], to=INT64),
                         node("Concat", ["d", "rest"], ["t"], axis=0), node("Reshape", ["x", "t"], ["y"])],
         {"a": i(0), "b": i(1), "rest": i(24)}, image, batch=1)
operator("ConstantOfShape", [node("ConstantOfShape", ["s"], ["c"], value=helper.make_tensor("v", FLOAT, [1], [1.5])), node("Add", ["x", "c"], ["y"])],
         {"s": i(4)})
operator("Constant", [node("Constant", [], ["c"], value_floats=[1.0, 2.0, 3.0, 4.0]), node("Mul", ["c", "c"], ["d"]), node("Sqrt", ["d"], ["e"]),
                      node("Add", ["x", "e"], ["y"])])

# Quantized weights and values. The steps are powers of two, so that rounding is the same everywhere.
q = np.int8([[1, -128, 127], [4, 5, 6], [-7, 8, 9], [0, 1, 2]])
operator("DequantizeLinear", [node("DequantizeLinear", ["q", "s", "z"], ["w"]), node("MatMul", ["x", "w"], ["y"])],
         {"q": q, "s": np.float32(0.25), "z": np.int8(3)})
operator("DequantizeLinear_channels", [node("DequantizeLinear", ["q", "s", "z"], ["w"], axis=1), node("MatMul", ["x", "w"], ["y"])],
         {"q": q, "s": f(0.25, 0.1, 3), "z": np.int8([3, 0, -5])})
operator("DequantizeLinear_bias", [node("DequantizeLinear", ["b", "s"], ["c"]), node("Gemm", ["x", "w", "c"], ["y"])],
         {"w": m, "b": np.int32([100000, -5, 7]), "s": np.float32(1e-3)})
operator("QuantizeLinear_weights", [node("QuantizeLinear", ["w", "s", "z"], ["q"], axis=1), node("DequantizeLinear", ["q", "s", "z"], ["v"], axis=1),
                                    node("MatMul", ["x", "v"], ["y"])],
         {"w": m, "s": f(0.25, 0.1, 0.01), "z": np.uint8([128, 100, 7])})
operator("DequantizeLinear_typed_fields", [node("DequantizeLinear", ["q", "s", "z"], ["w"]), node("Gemm", ["x", "w", "c"], ["y"])],
         {"q": helper.make_tensor("q", TensorProto.UINT8, [4, 3], list(range(0, 240, 20))), "s": helper.make_tensor("s", FLOAT, [], [0.5]),
          "z": helper.make_tensor("z", TensorProto.UINT8, [], [130]), "c": f(1, 2, 3)})
operator("Gemm_typed_fields", [node("Cast", ["v"], ["w"], to=FLOAT), node("Cast", ["b"], ["c"], to=FLOAT), node("Gemm", ["x", "w", "c"], ["y"])],
         {"v": helper.make_tensor("v", TensorProto.FLOAT16, [4, 3], np.arange(12) / 8), "b": helper.make_tensor("b", TensorProto.DOUBLE, [3], [0.1, -2, 3])})
for name, zero in [("QuantizeLinear", np.int8(-3)), ("QuantizeLinear_unsigned", np.uint8(130)), ("QuantizeLinear_16", np.uint16(32768))]:
    operator(name, [node("QuantizeLinear", ["x", "s", "z"], ["q"]), node("DequantizeLinear", ["q", "s", "z"], ["y"])],
             {"s": np.float32(2.0**-6), "z": zero}, low=-5, high=5)
operator("QuantizeLinear_default", [node("QuantizeLinear", ["x", "s"], ["q"]), node("DequantizeLinear", ["q", "s"], ["y"])],
         {"s": np.float32(2.0**-6)}, low=-5, high=5)

# Classes.
for name, attributes in [("ArgMax", {"axis": 1}), ("ArgMax_dropped", {"axis": -1, "keepdims": 0})]:
    operator(name, [node("ArgMax", ["r"], ["y"], **attributes), node("Neg", ["x"], ["r"])][::-1], output_type=INT64)
operator("ArgMax_softmax", [node("Neg", ["x"], ["r"]), node("Softmax", ["r"], ["s"]), node("ArgMax", ["s"], ["y"], axis=2)], {}, {"x": [2, 5]},
         output_type=INT64)
operator("TopK", [node("Neg", ["x"], ["r"]), node("TopK", ["r", "k"], ["v", "y"])], {"k": i(1)}, output_type=INT64)
operator("TopK_attribute", [node("Neg", ["x"], ["r"]), node("TopK", ["r"], ["v", "y"], k=1)], opset=9, output_type=INT64)

# Windows.
def windows(name, shape, weights=None, bias=True, op=None, opset=21, **attributes):
    op = op or name.split("_")[0]
    outputs = weights and (weights[1] * attributes.get("group", 1) if op == "ConvTranspose" else weights[0])
    constants = {} if weights is None else {"w": array(*weights)} | ({"c": array(outputs)} if bias else {})
    operator(name, [node(op, ["x"] + list(constants), ["y"], **attributes)], constants, {"x": shape}, opset=opset)


windows("Conv", [3, 5, 6], [4, 3, 3, 2])
windows("Conv_padded", [2, 5, 6], [3, 2, 3, 3], strides=[2, 1], pads=[1, 0, 2, 1], dilations=[1, 2])
windows("Conv_groups", [4, 5, 5], [6, 2, 3, 3], group=2, bias=False)
windows("Conv_depthwise", [3, 6, 5], [3, 1, 3, 3], group=3, pads=[1, 1, 1, 1], strides=[2, 2])
windows("Conv_upper", [2, 6, 5], [3, 2, 4, 2], auto_pad="SAME_UPPER", strides=[2, 1])
windows("Conv_lower", [2, 6, 5], [3, 2, 4, 2], auto_pad="SAME_LOWER", strides=[1, 3])
windows("Conv_valid", [2, 6, 5], [3, 2, 2, 2], auto_pad="VALID")
windows("Conv_lines", [3, 8], [2, 3, 3], pads=[1, 2], strides=[2])
windows("Conv_points", [3, 4, 5], [2, 3, 1, 1])
operator("Conv_normalized", [node("Conv", ["x", "w"], ["h"], pads=[1, 1, 1, 1]), node("BatchNormalization", ["h", "s", "b", "m", "v"], ["y"])],
         {"w": array(3, 2, 3, 3), "s": f(1, -2, 3), "b": f(0.5, 0, -1), "m": f(0.1, 0.2, 0.3), "v": f(1, 0.5, 2)}, {"x": [2, 4, 4]})
operator("Conv_scaled_input", [node("Mul", ["x", "s"], ["h"]), node("Conv", ["h", "w"], ["y"], pads=[1, 1, 1, 1])],
         {"w": array(3, 2, 3, 3), "s": f(2, -3).reshape(2, 1, 1)}, {"x": [2, 4, 4]})
operator("Conv_shifted_input", [node("Add", ["x", "s"], ["h"]), node("Conv", ["h", "w"], ["y"], pads=[1, 1, 1, 1])],
         {"w": array(3, 2, 3, 3), "s": f(2, -3).reshape(2, 1, 1)}, {"x": [2, 4, 4]})
operator("Conv_shifted_inside", [node("Add", ["x", "s"], ["h"]), node("Conv", ["h", "w"], ["y"])],
         {"w": array(3, 2, 3, 3), "s": f(2, -3).reshape(2, 1, 1)}, {"x": [2, 4, 4]})
windows("AveragePool", [2, 6, 5], kernel_shape=[2, 2], strides=[2, 2])
windows("AveragePool_excluded", [2, 6, 5], kernel_shape=[3, 2], pads=[1, 1, 1, 0], strides=[2, 1])
windows("AveragePool_included", [2, 6, 5], kernel_shape=[3, 2], pads=[1, 1, 1, 0], strides=[2, 1], count_include_pad=1)
windows("AveragePool_lines", [2, 7], kernel_shape=[3], pads=[1, 1])
windows("AveragePool_ceiling", [2, 6, 5], kernel_shape=[2, 2], strides=[3, 2], ceil_mode=1)
windows("AveragePool_upper", [2, 6, 5], kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER")
windows("MaxPool", [2, 6, 5], kernel_shape=[2, 2], strides=[2, 2])
windows("MaxPool_padded", [2, 6, 5], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
windows("MaxPool_strided", [2, 7, 7], kernel_shape=[3, 3], pads=[1, 0, 0, 1], strides=[2, 2])
windows("MaxPool_dilated", [2, 7, 6], kernel_shape=[2, 3], dilations=[3, 2])
windows("MaxPool_ceiling", [2, 6, 5], kernel_shape=[3, 2], strides=[2, 2], ceil_mode=1)
windows("MaxPool_lines", [2, 7], kernel_shape=[3], strides=[2])
operator("MaxPool_bent", [node("MaxPool", ["x"], ["h"], kernel_shape=[2, 2], strides=[1, 2]), node("Tanh", ["h"], ["y"])], {}, {"x": [2, 3, 4]})
windows("GlobalAveragePool", [3, 4, 5])
windows("GlobalAveragePool_lines", [3, 5])
windows("GlobalMaxPool", [3, 4, 5])
operator("ReduceMax", [node("ReduceMax", ["x", "a"], ["y"])], {"a": i(-1)}, {"x": [2, 4]})
operator("ReduceMax_dropped", [node("ReduceMax", ["x", "a"], ["y"], keepdims=0)], {"a": i(1, 2)}, {"x": [3, 2, 4]})
operator("ReduceMax_attribute", [node("ReduceMax", ["x"], ["y"], axes=[2])], {}, {"x": [2, 3, 2]}, opset=11)
operator("ReduceMean_inside", [node("ReduceMean", ["x", "a"], ["y"])], {"a": i(1, 3)}, {"x": [2, 3, 4]})

# Zeros around, and samples of, an image.
operator("PRelu_channels", [node("PRelu", ["x", "c"], ["y"])], {"c": f(0.2, -0.5).reshape(2, 1, 1)}, {"x": [2, 3, 4]})
operator("Pad", [node("Pad", ["x", "p", "", "a"], ["y"])], {"p": i(1, 0, 2, 3), "a": i(2, -1)}, {"x": [2, 3, 4]})
operator("Pad_channels", [node("Pad", ["x", "p"], ["y"])], {"p": i(0, 1, 0, 0, 0, 2, 0, 0)}, {"x": [2, 3, 4]}, opset=13)
operator("Pad_attribute", [node("Pad", ["x"], ["y"], pads=[0, 1, 0, 2])], {}, {"x": [3]}, opset=10)
operator("Pad_before_window", [node("Pad", ["x", "p"], ["h"]), node("Conv", ["h", "w"], ["y"], strides=[2, 2])],
         {"p": i(0, 0, 1, 0, 0, 0, 2, 1), "w": array(3, 2, 3, 3)}, {"x": [2, 5, 4]}, opset=13)
grid = {"x": [2, 3, 4]}
operator("Resize", [node("Resize", ["x", "", "s"], ["y"])], {"s": f(1, 1, 2, 2)}, grid)
operator("Resize_floor", [node("Resize", ["x", "", "s"], ["y"], coordinate_transformation_mode="asymmetric", nearest_mode="floor")],
         {"s": f(1, 1, 3, 2)}, grid)
operator("Resize_sizes", [node("Resize", ["x", "", "", "s"], ["y"], mode="linear")], {"s": i(1, 2, 5, 7)}, grid, batch=1)
operator("Resize_corners", [node("Resize", ["x", "", "s"], ["y"], mode="linear", coordinate_transformation_mode="align_corners")],
         {"s": f(1, 1, 2, 1.5)}, grid)
operator("Resize_old", [node("Resize", ["x", "s"], ["y"])], {"s": f(1, 1, 2, 2)}, grid, opset=10)
operator("Upsample", [node("Upsample", ["x", "s"], ["y"])], {"s": f(1, 1, 2, 3)}, grid, opset=9)
operator("HardSwish_parts", [node("Add", ["x", "three"], ["a"]), node("Clip", ["a", "zero", "six"], ["b"]), node("Mul", ["x", "b"], ["c"]),
                             node("Div", ["c", "six"], ["y"])], {"three": np.float32(3), "zero": np.float32(0), "six": np.float32(6)}, grid)

# Transposed convolutions: weights of inputs × outputs of a group × kernel.
windows("ConvTranspose", [3, 4, 5], [3, 2, 3, 2])
windows("ConvTranspose_strided", [2, 3, 4], [2, 3, 3, 4], strides=[2, 3], pads=[1, 0, 0, 2])
windows("ConvTranspose_dilated", [2, 3, 4], [2, 3, 2, 3], dilations=[3, 2], strides=[2, 1], pads=[2, 3, 1, 0])
windows("ConvTranspose_longer", [2, 3, 4], [2, 3, 2, 3], strides=[3, 2], output_padding=[2, 1], pads=[0, 2, 0, 2])
windows("ConvTranspose_sparse", [2, 3, 4], [2, 3, 1, 2], strides=[2, 3])
windows("ConvTranspose_groups", [4, 3, 3], [4, 3, 2, 3], group=2, strides=[2, 2], bias=False)
windows("ConvTranspose_lines", [3, 5], [3, 2, 4], strides=[2], pads=[1, 1])
windows("ConvTranspose_upper", [2, 3, 4], [2, 3, 3, 4], strides=[2, 1], auto_pad="SAME_UPPER", output_padding=[1, 0])
windows("ConvTranspose_lower", [2, 3, 4], [2, 3, 3, 4], strides=[2, 1], auto_pad="SAME_LOWER")
windows("ConvTranspose_valid", [2, 3, 4], [2, 3, 3, 4], strides=[2, 1], auto_pad="VALID")
windows("ConvTranspose_short", [2, 3, 4], [2, 3, 1, 1], strides=[3, 2], auto_pad="SAME_UPPER")
operator("Conv_large", [node("Conv", ["x", "w"], ["y"], strides=[4, 4], pads=[2, 3, 2, 2])],
         {"w": array(2, 1, 11, 11) / 64}, {"x": [1, 12, 13]})
windows("ConvTranspose_shape", [2, 3, 4], [2, 3, 3, 4], strides=[2, 2], output_shape=[6, 7])
windows("ConvTranspose_shape_upper", [2, 3, 4], [2, 3, 3, 4], strides=[2, 2], output_shape=[6, 7], auto_pad="SAME_UPPER")
operator("Sigmoid_times_argument", [node("Sigmoid", ["x"], ["s"]), node("Mul", ["x", "s"], ["y"])], {}, grid)
unary("ThresholdedRelu", low=-5, high=5)
unary("ThresholdedRelu_alpha", "ThresholdedRelu", alpha=0.3)
unary("ThresholdedRelu_negative", "ThresholdedRelu", alpha=-0.7)
# Multiples of a quarter, the threshold among them.
operator("ThresholdedRelu_jump", [node("QuantizeLinear", ["x", "s"], ["q"]), node("DequantizeLinear", ["q", "s"], ["d"]),
                                  node("ThresholdedRelu", ["d"], ["y"], alpha=0.5)], {"s": np.float32(0.25)}, {"x": [64]})
# Products by the names of axes, of matrices in stacks, and of vectors.
def einsum(name, equation, inputs, constants=None):
    operator(name, [node("Einsum", [*inputs, *(constants or {})], ["y"], equation=equation)], constants, inputs, opset=17)


einsum("Einsum", "bi,oi->bo", {"x": [4]}, {"w": array(3, 4)})
einsum("Einsum_scores", "bthc, bjhc -> bhtj", {"x": [3, 2, 4], "z": [5, 2, 4]})
einsum("Einsum_context", "bhtj,bjhc->bthc", {"x": [2, 3, 5], "z": [5, 2, 4]})
einsum("Einsum_heads", "btd,dhc->bthc", {"x": [3, 4]}, {"w": array(4, 2, 3)})
einsum("Einsum_implied", "bij,jk", {"x": [2, 3]}, {"w": array(3, 4)})
einsum("Einsum_sum", "bijk->bki", {"x": [2, 3, 4]})
einsum("Einsum_three", "bi,bj,ij->bij", {"x": [2], "z": [3]}, {"w": array(2, 3)})
operator("MatMul_stack", [node("MatMul", ["x", "w"], ["y"])], {"w": array(2, 4, 5)}, {"x": [2, 3, 4]})
operator("MatMul_stack_broadcast", [node("MatMul", ["x", "w"], ["y"])], {"w": array(2, 4, 5)}, {"x": [1, 3, 4]})
operator("MatMul_stack_left", [node("MatMul", ["w", "x"], ["y"])], {"w": array(1, 2, 5, 3)}, {"x": [2, 3, 4]})
operator("MatMul_vector_left", [node("MatMul", ["w", "x"], ["y"])], {"w": array(3)}, {"x": [3, 5]})

# Windows over three axes, and maxima along axes that are not neighbours.
windows("Conv_volume", [4, 3, 4, 5], [6, 2, 2, 3, 2], group=2, strides=[1, 2, 2], pads=[1, 0, 1, 0, 1, 0], dilations=[1, 1, 2])
windows("ConvTranspose_volume", [2, 2, 3, 2], [2, 3, 2, 2, 3], strides=[2, 1, 2], pads=[0, 1, 0, 1, 0, 1])
operator("MaxPool_volume", [node("MaxPool", ["x"], ["y"], kernel_shape=[2, 3, 2], strides=[1, 2, 2], pads=[1, 1, 0, 0, 1, 1])], {},
         {"x": [2, 3, 5, 4]})
operator("AveragePool_volume", [node("AveragePool", ["x"], ["y"], kernel_shape=[2, 2, 3], strides=[2, 1, 1], pads=[1, 0, 1, 0, 1, 1])], {},
         {"x": [2, 3, 4, 4]})
operator("ReduceMax_apart", [node("ReduceMax", ["x", "axes"], ["y"], keepdims=0)], {"axes": i(1, 3)}, {"x": [3, 2, 4]})

# Masks and sizes of constants.
def logic(name, nodes, constants):
    """What the nodes make, as floats, added to x."""
    operator(name, nodes + [node("Cast", ["m"], ["c"], to=1), node("Add", ["x", "c"], ["y"])], constants, {"x": [3, 4]}, opset=18)


ramp = np.arange(12).reshape(3, 4).astype(np.int64)
for name in ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"]:
    logic(name, [node(name, ["a", "b"], ["m"])], {"a": ramp, "b": i(3, 5, 6, 7)})
for name in ["And", "Or", "Xor"]:
    logic(name, [node(name, ["a", "b"], ["m"])], {"a": ramp % 2 == 0, "b": np.array([[True], [False], [True]])})
logic("Not", [node("Not", ["a"], ["m"])], {"a": ramp % 3 == 0})
logic("Where", [node("Where", ["a", "b", "d"], ["m"])], {"a": ramp % 3 == 0, "b": np.float32(2.5), "d": f(1, 2, 3, 4)})
operator("Where_values", [node("Where", ["a", "x", "d"], ["y"])], {"a": ramp % 3 == 0, "d": f(1, 2, 3, 4)}, {"x": [3, 4]})
logic("Trilu", [node("Trilu", ["a"], ["m"])], {"a": ramp})
logic("Trilu_lower", [node("Trilu", ["a", "k"], ["m"], upper=0)], {"a": ramp, "k": np.int64(1)})
logic("Range", [node("Range", ["a", "b", "d"], ["m"])], {"a": np.int64(7), "b": np.int64(-4), "d": np.int64(-3)})
logic("CumSum", [node("CumSum", ["a", "d"], ["m"])], {"a": ramp, "d": np.int64(1)})
# A causal mask as exporters write it, from the shape of a value.
operator("Trilu_causal", [
    node("Shape", ["x"], ["s"], start=1, end=2), node("Squeeze", ["s"], ["n"]), node("Range", ["zero", "n", "one"], ["r"]),
    node("Unsqueeze", ["r", "zero1"], ["row"]), node("Unsqueeze", ["r", "one1"], ["column"]), node("LessOrEqual", ["row", "column"], ["may"]),
    node("Cast", ["may"], ["m"], to=1), node("Mul", ["x", "m"], ["y"])],
    {"zero": np.int64(0), "one": np.int64(1), "zero1": i(0), "one1": i(1)}, {"x": [4, 4]}, opset=18)

# Weights in another file, one after the other, and at places that are not theirs.
operator("MatMul_external", [node("MatMul", ["x", "w"], ["a"]), node("Add", ["a", "b"], ["y"])], {"w": array(4, 300), "b": array(300)})
(here / "operators" / "MatMul_external.weights").unlink(missing_ok=True)
onnx.save_model(onnx.load(here / "operators" / "MatMul_external.onnx"), here / "operators" / "MatMul_external.onnx",
                save_as_external_data=True, location="MatMul_external.weights", size_threshold=0)


def external(name, location, **fields):
    tensor = constant("w", np.ones((3, 4), np.float32))
    onnx.external_data_helper.set_external_data(tensor, location, **fields)
    tensor.ClearField("raw_data")
    refused(f"external_{name}", one([gemm], [tensor]))


external("outside", "../operators/MatMul_external.weights")
external("absolute", "/etc/hostname")
external("long", "external_outside.onnx", offset=200)
external("short", "external_outside.onnx", length=47)
external("negative", "external_outside.onnx", offset=-8)

# What depends on the input where once only constants were: masks, quotients, batches that move.
for op in ["Cos", "Sin", "Ceil", "Floor", "Sign"]:
    unary(op)
for name, spec in {"ReduceSumSquare": {}, "ReduceL2": {"keepdims": 0}}.items():
    operator(name, [node(name, ["x", "axes"], ["y"], **spec)], {"axes": i(-1)}, {"x": [3, 4]})
operator("Div_values", [node("Exp", ["b"], ["e"]), node("Div", ["a", "e"], ["y"])], {}, {"a": [3, 4], "b": [3, 1]})
operator("Softmax_inside", [node("Softmax", ["x"], ["s"], axis=1), node("Mul", ["s", "c"], ["y"])], {"c": array(2, 3, 4)}, {"x": [2, 3, 4]})
operator("Softmax_old", [node("Softmax", ["x"], ["s"], axis=2), node("Mul", ["s", "c"], ["y"])], {"c": f(3)}, {"x": [2, 3, 4]}, opset=11)
operator("LogSoftmax_inside", [node("LogSoftmax", ["x"], ["s"], axis=-1), node("Relu", ["s"], ["r"]), node("Sub", ["r", "s"], ["y"])],
         {}, {"x": [2, 5]})
operator("LayerNormalization", [node("LayerNormalization", ["x", "g", "b"], ["y"], axis=1)], {"g": array(3, 4), "b": array(3, 4)},
         {"x": [3, 4]}, opset=17)
operator("InstanceNormalization", [node("InstanceNormalization", ["x", "g", "b"], ["y"])], {"g": array(3), "b": array(3)},
         {"x": [3, 4, 2]}, batch=1)
for name in ["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"]:
    operator(f"{name}_values", [node("Relu", ["x"], ["r"]), node(name, ["r", "d"], ["m"]), node("Cast", ["m"], ["y"], to=1)],
             {"d": f(0, 1, 0.5, 0)}, {"x": [3, 4]})
for name in ["And", "Or", "Xor"]:
    operator(f"{name}_values", [node("Cast", ["a"], ["p"], to=9), node("Relu", ["b"], ["r"]), node("Cast", ["r"], ["q"], to=9),
                                node("Not", ["p"], ["n"]), node(name, ["n", "q"], ["m"]), node("Cast", ["m"], ["y"], to=1)],
             {}, {"a": [1, 4], "b": [3, 4]})
operator("Where_condition", [node("Greater", ["x", "zero"], ["m"]), node("Exp", ["x"], ["e"]), node("Where", ["m", "x", "e"], ["y"])],
         {"zero": f(0)}, {"x": [3, 4]})
operator("Where_numbers", [node("Greater", ["x", "zero"], ["m"]), node("Where", ["m", "d", "zero"], ["y"])],
         {"zero": f(0), "d": f(1, 2, 3, 4)}, {"x": [3, 4]})
operator("IsNaN", [node("IsNaN", ["x"], ["m"]), node("Where", ["m", "zero", "x"], ["y"])], {"zero": f(0)}, {"x": [3, 4]})
operator("Cast_truncated", [node("Cast", ["x"], ["k"], to=7), node("Cast", ["k"], ["y"], to=1)], {}, {"x": [3, 4]}, low=-9, high=9)
operator("CumSum_values", [node("CumSum", ["x", "d"], ["y"])], {"d": np.int64(-2)}, {"x": [3, 4]})
logic("Mod", [node("Mod", ["a", "b"], ["m"])], {"a": ramp - 5, "b": i(3, 4, -3, 7)})
operator("Tile", [node("Tile", ["x", "k"], ["y"])], {"k": i(1, 2, 3)}, {"x": [2, 3]}, batch=1)
operator("Gather_several", [node("Gather", ["x", "k"], ["y"], axis=1)], {"k": np.array([[2, 0], [1, -1]])}, {"x": [4, 3]})
operator("Gather_batch_moved", [node("Transpose", ["x"], ["t"], perm=[1, 0, 2]), node("Gather", ["t", "k"], ["y"])], {"k": np.int64(2)},
         {"x": [4, 3]})
operator("GatherND", [node("GatherND", ["x", "k"], ["y"])], {"k": np.array([[[0, 0, 1], [0, 1, 2]]])}, {"x": [2, 3]}, batch=1)
logic("GatherElements", [node("GatherElements", ["a", "k"], ["m"], axis=1)], {"a": ramp, "k": np.array([[3, 2, 1, 0]] * 3)})
operator("GatherElements_values", [node("GatherElements", ["x", "k"], ["y"], axis=1)], {"k": np.array([[[2, 0], [1, 1], [0, 2]]])},
         {"x": [3, 2]}, batch=1)
logic("ScatterND", [node("ScatterND", ["a", "k", "u"], ["m"])], {"a": ramp, "k": i(2, 0).reshape(2, 1), "u": ramp[:2] * 3})
operator("Concat_constant", [node("Concat", ["c", "x", "c"], ["y"], axis=1)], {"c": array(1, 2, 3)}, {"x": [4, 3]}, batch=1)
operator("Reshape_folded", [node("Shape", ["x"], ["s"]), node("Reshape", ["x", "flat"], ["f"]), node("MatMul", ["f", "w"], ["m"]),
                            node("Slice", ["s", "zero", "two"], ["lead"]), node("Concat", ["lead", "five"], ["t"], axis=0),
                            node("Reshape", ["m", "t"], ["y"])],
         {"flat": i(-1, 4), "w": array(4, 5), "zero": i(0), "two": i(2), "five": i(5)}, {"x": [3, 4]})
for op in ["Min", "Max"]:
    operator(f"{op}_values", [node(op, ["x", "z"], ["y"])], {}, {"x": [4], "z": [4]})
    operator(f"{op}_broadcast", [node(op, ["x", "z", "c"], ["y"])], {"c": np.float32(0.25)}, {"x": [2, 1], "z": [1, 3]})

# What sums over axes of one operand is no copy of it.
operator("Einsum_rows", [node("Einsum", ["x"], ["y"], equation="bij->bi")], {}, {"x": [3, 4]})
operator("Einsum_columns", [node("Einsum", ["x"], ["y"], equation="bij->bj")], {}, {"x": [3, 4]})

# Each family of operators draws random numbers of its own, so that a new fixture changes those of its family alone.
for path in sorted((here / "families").glob("*.py")):
    random = np.random.default_rng(list(path.stem.encode()))
    exec(compile(path.read_text(), str(path), "exec"))

np.savez_compressed(here / "operators" / "expected.npz", **expected)

# What onnxruntime makes of the trained quantized models, when they are on this machine. Not optimized: its fused kernels
# saturate sums of two products at 16 bits on processors without VNNI and are many steps off there.
trained = pathlib.Path(os.environ.get("ZKML_MODELS", here / "../../../../shared/models"))
if trained.exists():
    outputs = {}
    for name in ["digits_mlp", "fmnist_mlp", "digits_cnn", "fmnist_lenet5", "fmnist_cnn"]:
        session = onnxruntime.InferenceSession(str(trained / name / "model_int8_qdq.onnx"), exact, providers=["CPUExecutionProvider"])
        samples = np.load(trained / name / "samples.npz")
        for index in range(5):
            outputs[f"{name}/{index}"] = session.run(None, {"input": samples[f"in{index}/input"]})[0]
    np.savez(here / "qdq.npz", **outputs)
