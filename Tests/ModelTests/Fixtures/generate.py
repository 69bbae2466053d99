"""Writes the fixtures beside this script. Needs onnx, onnxruntime and numpy."""

import io
import json
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


def save(folder, name, proto):
    path = here / folder / f"{name}.onnx"
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

np.savez(here / "accepted" / "expected.npz", **expected)

# Refused: by node, or as a whole.

w = constant("w", array(3, 4))
gemm = node("Gemm", ["x", "w"], ["y"], transB=1, name="fc")


def one(nodes, initializers=(w,), input_shape=(1, 4), output_shape=(1, 3), **options):
    return model(nodes, list(initializers), list(input_shape), list(output_shape), **options)


refused("unsupported_operators", one(
    [node("Conv", ["x", "k"], ["c"], name="conv"), node("Relu", ["c"], ["r"], name="relu"),
     node("Softmax", ["r"], ["s"], name="softmax"), node("Sigmoid", ["x"], ["g"]),
     node("Gemm", ["s", "w"], ["y"], name="fc", transA=1)], [w, constant("k", array(1, 1, 1, 1))]))
refused("transposed_input", one([node("Gemm", ["x", "w"], ["y"], transA=1, name="fc")]))
refused("computed_weights", one([node("Gemm", ["x", "x"], ["y"], transB=1, name="fc")]))
refused("constant_input", one([node("Gemm", ["w", "w"], ["y"], transB=1, name="fc")]))
refused("integer_weights", one([gemm], [constant("w", np.ones((3, 4), np.int64))]))
refused("double_weights", one([gemm], [constant("w", np.ones((3, 4)))]))
refused("half_weights", one([gemm], [constant("w", np.ones((3, 4), np.float16))]))
refused("infinite_weights", one([gemm], [constant("w", np.full((3, 4), np.inf, np.float32))]))
refused("overflowing_weights", one(
    [node("Gemm", ["x", "w"], ["y"], transB=1, alpha=1e38, name="fc")], [constant("w", np.full((3, 4), 1e3, np.float32))]))
refused("misfit_weights", one([gemm], [constant("w", array(3, 5))]))
refused("weights_of_rank_3", one([node("MatMul", ["x", "w"], ["y"], name="fc")], [constant("w", array(1, 4, 3))]))
refused("input_of_rank_3", one(
    [node("MatMul", ["x", "w"], ["y"], name="fc")], [constant("w", array(4, 3))], (1, 2, 4), (1, 2, 3)))
refused("misfit_bias", one([node("Gemm", ["x", "w", "c"], ["y"], transB=1, name="fc")], [w, constant("c", array(2))]))
refused("bias_of_rank_3", one(
    [node("MatMul", ["x", "w"], ["m"]), node("Add", ["m", "c"], ["y"], name="bias")],
    [constant("w", array(4, 3)), constant("c", array(1, 1, 3))]))
refused("residual_add", one([gemm, node("Add", ["y", "y"], ["z"], name="residual")], outputs=[
    helper.make_tensor_value_info("z", FLOAT, [1, 3])]))
refused("add_after_relu", one(
    [node("Gemm", ["x", "w"], ["g"], transB=1), node("Relu", ["g"], ["r"]), node("Add", ["r", "c"], ["y"], name="bias")],
    [w, constant("c", array(3))]))
refused("add_to_shared", one(
    [node("Gemm", ["x", "w"], ["g"], transB=1), node("Add", ["g", "c"], ["y"], name="bias"), node("Relu", ["g"], ["r"])],
    [w, constant("c", array(3))]))
refused("missing_initializer", one([gemm], []))
refused("later_operand", one([node("Relu", ["g"], ["y"], name="relu"), node("Gemm", ["x", "w"], ["g"], transB=1)]))
refused("redefined_name", one([gemm, node("Relu", ["y"], ["y"], name="again")]))
refused("no_output_name", one([gemm, node("Relu", ["y"], [], name="silent")]))
refused("foreign_domain", one(
    [node("Gemm", ["x", "w"], ["y"], name="fc", domain="com.example")], opsets=[helper.make_opsetid("com.example", 1)]))
refused("attribute_type", one([node("Gemm", ["x", "w"], ["y"], transB=1, alpha=2, name="fc")]))
refused("flatten_batch", one([node("Flatten", ["x"], ["f"], axis=0, name="flat"), gemm]))
refused("dropout_mask", one(
    [node("Dropout", ["x"], ["d", "mask"], name="drop"), node("Relu", ["mask"], ["r"]), gemm]))
refused("dropout_training", one(
    [node("Dropout", ["x", "p", "t"], ["d"], name="drop"), gemm],
    [w, constant("p", np.float32(0.5)), constant("t", np.bool_(True))]))
refused("string_constant", one([node("Constant", [], ["c"], value_string="text", name="text"), gemm]))
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
refused("batch_of_4", one([gemm], input_shape=(4, 4)))
refused("batch_only", one([gemm], input_shape=(1,)))
refused("scalar_input", one([gemm], input_shape=()))
refused("double_input", one([gemm], input_type=TensorProto.DOUBLE))
refused("wrong_output_shape", one([gemm], output_shape=(1, 4)))
refused("two_inputs", one([gemm], inputs=[helper.make_tensor_value_info(n, FLOAT, [1, 4]) for n in ("x", "z")]))
refused("two_outputs", one(
    [gemm, node("Relu", ["y"], ["z"])], outputs=[helper.make_tensor_value_info(n, FLOAT, [1, 3]) for n in ("y", "z")]))
refused("huge_input", one([gemm], input_shape=(1, 2**20, 2**20)))
refused("long_input_name", one(
    [node("Gemm", ["x" * 300, "w"], ["y"], transB=1, name="fc")],
    inputs=[helper.make_tensor_value_info("x" * 300, FLOAT, [1, 4])]))
refused("long_output_name", one(
    [node("Gemm", ["x", "w"], ["y" * 300], transB=1, name="fc")],
    outputs=[helper.make_tensor_value_info("y" * 300, FLOAT, [1, 3])]))
refused("missing_operand", one([node("Gemm", ["x"], ["y"], transB=1, name="fc")]))
refused("left_out_operand", one([node("Relu", [""], ["y"], name="relu")]))
refused("constant_with_two_values", one([node("Constant", [], ["c"], value_int=1, value_float=1.0, name="both"), gemm]))
refused("float_shape", one(
    [node("Gemm", ["x", "w"], ["g"], transB=1), node("Reshape", ["g", "s"], ["y"], name="reshape")],
    [w, constant("s", np.float32([1, 3]))]))
refused("integer_bias", one(
    [node("Gemm", ["x", "w", "c"], ["y"], transB=1, name="fc")], [w, constant("c", np.int64([1, 2, 3]))]))
refused("empty_weights", one([gemm], [constant("w", np.zeros((0, 4), np.float32))]))
refused("output_is_input", one([gemm], outputs=[helper.make_tensor_value_info("x", FLOAT, [1, 4])]))
refused("unknown_output", one([gemm], outputs=[helper.make_tensor_value_info("q", FLOAT, [1, 4])]))

no_opset = one([gemm])
del no_opset.opset_import[:]
refused("no_operator_set", no_opset)

no_graph = onnx.ModelProto()
no_graph.ir_version = 8
refused("no_graph", no_graph)

functions = one([gemm])
functions.functions.append(helper.make_function("com.example", "F", ["a"], ["b"], [node("Relu", ["a"], ["b"])], [
    helper.make_opsetid("", 17)]))
refused("local_functions", functions)

sparse = one([gemm])
sparse.graph.sparse_initializer.append(helper.make_sparse_tensor(
    helper.make_tensor("v", FLOAT, [1], [1.0]), helper.make_tensor("i", TensorProto.INT64, [1], [0]), [4]))
refused("sparse_initializer", sparse)

# Imported, but without an integer form.

for name, nodes in {
    "final_relu": [node("Gemm", ["x", "w"], ["g"], transB=1), node("Relu", ["g"], ["y"], name="relu")],
    "first_relu": [node("Relu", ["x"], ["r"], name="relu"), node("Gemm", ["r", "w"], ["y"], transB=1)],
}.items():
    save("unquantizable", name, one(nodes))
save("unquantizable", "no_layer", one(
    [node("Reshape", ["x", "s"], ["y"], name="reshape")], [constant("s", np.int64([1, 2, 2]))], (1, 4), (1, 2, 2)))
save("unquantizable", "large_final_weights", one([gemm], [constant("w", np.full((3, 4), 1e5, np.float32))]))
save("unquantizable", "large_hidden_bias", one(
    [node("Gemm", ["x", "w", "c"], ["g"], transB=1, name="hidden"), node("Relu", ["g"], ["r"]),
     node("Gemm", ["r", "v"], ["y"])],
    [constant("w", np.full((3, 4), 1e-3, np.float32)), constant("c", np.full(3, -1e6, np.float32)),
     constant("v", array(3, 3))]))

# Arrays: one value list in every encoding.

data = here / "data"
data.mkdir(exist_ok=True)
values = np.array([[0, 1, 2], [3, 100, 127]])
for name in ["float32", "float64", "int8", "int16", "int32", "int64", "uint8"]:
    np.save(data / f"{name}.npy", values.astype(name))
np.save(data / "vector.npy", np.arange(3.0))
np.save(data / "scalar.npy", np.float32(2.5))
np.save(data / "empty.npy", np.zeros((0, 4), np.float32))
np.save(data / "refused_fortran.npy", np.asfortranarray(values.astype(np.float32)))
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
