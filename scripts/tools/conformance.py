"""Runs the node tests of the installed ONNX package against the tool that ZKML names; scripts/conformance says how to call it.

A test passes when its model compiles with 16 bits, runs, and is proved and verified, and each output is within the error that
compile states, with the tolerance of the test itself, and 1 % of the largest value. The inputs of the test are inputs of the network; where that is refused, integers and
booleans but the first are constants; where that is refused too, all but the first are. Nothing may be wrong in any of the three.
"""
import collections, concurrent.futures, json, os, re, shutil, subprocess, sys, tempfile, warnings

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.loader import load_model_tests
from onnx.reference import ReferenceEvaluator

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
TABLE = os.path.join(ROOT, "docs/conformance.md")
PASSES = os.path.join(ROOT, "Tests/Conformance/passes.txt")
WRONG_ONES = os.path.join(ROOT, "Tests/Conformance/wrong.txt")
OPERATORS = os.path.join(ROOT, "docs/operators.md")
TOOL = os.path.abspath(os.environ["ZKML"])
SAMPLE_STEP = 8
# Seconds for one command.
TIMEOUT = 120

PASSED, REFUSED, WRONG, CRASHED, LEFT_OUT = "passed", "refused", "wrong", "crashed", "left out"
FLOATS = {TensorProto.FLOAT, TensorProto.DOUBLE, TensorProto.FLOAT16, TensorProto.BFLOAT16}
TYPES = FLOATS | {TensorProto.BOOL} | {getattr(TensorProto, s + "INT" + b) for s in ["", "U"] for b in ["8", "16", "32", "64"]}
TYPE_ATTRIBUTES = {"to", "output_dtype", "dtype"}
# How the inputs of a test are given.
AS_INPUTS, FLOATS_AS_INPUTS, FIRST_AS_INPUT = "all inputs", "integers and booleans but the first as constants", "all but the first as constants"

Result = collections.namedtuple("Result", ["kind", "reason"])


def call(*arguments):
    """Status, standard output and standard error of one command of the tool."""
    process = subprocess.run([TOOL, *arguments, "--threads", "1"], capture_output=True, text=True, timeout=TIMEOUT)
    return process.returncode, process.stdout, process.stderr.strip()


def left_out(model):
    """Why a test is not one of this tool's; None when it is."""
    graph = model.graph
    values = [*graph.input, *graph.output]
    if any(not value.type.HasField("tensor_type") for value in values):
        return "sequences, optionals and maps"
    types = {value.type.tensor_type.elem_type for value in values} | {tensor.data_type for tensor in graph.initializer}
    for node in graph.node:
        if node.domain == "ai.onnx.preview.training" or node.op_type in {"Gradient"}:
            return "training"
        for attribute in node.attribute:
            if attribute.name in TYPE_ATTRIBUTES and attribute.type == onnx.AttributeProto.INT and attribute.i:
                types.add(attribute.i)
            types |= {attribute.t.data_type} - {0}
    if TensorProto.STRING in types:
        return "strings"
    if types - TYPES:
        return "element types other than floats of at least 16 bits, integers of at least 8 and booleans"
    if any(node.op_type == "BatchNormalization" and len(node.output) > 1 for node in graph.node):
        return "training"
    return None


def array(value):
    """Data of a test, of which some are given as they stand in files."""
    return numpy_helper.to_array(value) if isinstance(value, TensorProto) else np.asarray(value)


def variants(test):
    """The model of a test and arrays for its inputs, given in each way that differs from those before."""
    inputs = test.model.graph.input
    types = [helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type) for value in inputs]
    arrays = [array(value).astype(kind) for value, kind in zip(test.data_sets[0][0], types)]
    seen = set()
    for way in [AS_INPUTS, FLOATS_AS_INPUTS, FIRST_AS_INPUT]:
        moved = [
            index for index, value in enumerate(inputs) if index > 0 and way != AS_INPUTS
            and (way == FIRST_AS_INPUT or value.type.tensor_type.elem_type not in FLOATS)]
        if tuple(moved) in seen:
            continue
        seen.add(tuple(moved))
        model = onnx.ModelProto()
        model.CopyFrom(test.model)
        kept = [value for index, value in enumerate(inputs) if index not in moved]
        del model.graph.input[:]
        model.graph.input.extend(kept)
        model.graph.initializer.extend(numpy_helper.from_array(arrays[index], inputs[index].name) for index in moved)
        yield way, model, {inputs[index].name: values for index, values in enumerate(arrays) if index not in moved}


def batch_axis(value):
    """The axis that the tool takes for the batch's; None when it has none."""
    axes = value.type.tensor_type.shape.dim
    if len(axes) > 0 and (axes[0].dim_value == 1 or not axes[0].HasField("dim_value")):
        return 0
    return 1 if len(axes) > 2 and axes[1].dim_value == 1 else None


def batches(model, arrays):
    """The arrays as one sample each, the batch first."""
    axes = {value.name: batch_axis(value) for value in model.graph.input}
    isolated = None in axes.values()
    result = {}
    for name, values in arrays.items():
        values = values.astype(np.float32) if values.dtype.name == "bfloat16" else values
        result[name] = values[None] if isolated else np.moveaxis(values, axes[name], 0)
    return result


def operand(test, name):
    """What the test's last Softmax or LogSoftmax of this output is taken of: the tool shows that in its place."""
    model = onnx.ModelProto()
    model.CopyFrom(test.model)
    node = next(node for node in model.graph.node if name in node.output)
    del model.graph.output[:]
    model.graph.output.append(onnx.ValueInfoProto(name=node.input[0]))
    inputs = {value.name: array(data) for value, data in zip(model.graph.input, test.data_sets[0][0])}
    return ReferenceEvaluator(model).run(None, inputs)[0]


def difference(test, value, shown, wanted, report):
    """Why an output is wrong; None when it is right."""
    if any("left out" in notice for notice in report["notices"]):
        wanted = operand(test, value.name)
    # How well the expected values are known.
    rounding = {TensorProto.FLOAT16: 2**-11, TensorProto.BFLOAT16: 2**-8}.get(value.type.tensor_type.elem_type, 0)
    wanted = array(wanted).astype(np.float64)
    if "classes" in shown:
        classes = np.array(shown["classes"])
        if classes.size != wanted.size:
            return f"{classes.size} classes, not {wanted.size}"
        # TopK shows them in the order of their indices.
        order = np.sort if any(node.op_type == "TopK" for node in test.model.graph.node) else np.asarray
        equal = np.array_equal(order(classes.reshape(wanted.shape)), order(wanted))
        return None if equal else "other classes"
    values = np.array(shown["values"], dtype=np.float64)
    if values.size != wanted.size or [s for s in wanted.shape if s != 1] != [s for s in shown["shape"] if s != 1]:
        return f"shape {shown['shape']}, not {list(wanted.shape)}"
    values, stated = values.reshape(wanted.shape), report["max_error"]
    if not np.isfinite(wanted).all():
        return "the expected values are not all finite"
    error, largest = np.abs(values - wanted).max(initial=0), np.abs(wanted).max(initial=0)
    if error > stated + (test.rtol + rounding) * largest + test.atol:
        return f"error {error:.2g} of {largest:.2g}; compile states {stated:.2g}"
    if error > 0.01 * largest + test.atol:
        return f"error {error:.2g} of {largest:.2g}"
    return None


def outcome(test, model, arrays, folder):
    """The result of one model in files of the folder."""
    path, data, network = (os.path.join(folder, name) for name in ["model.onnx", "inputs.npz", "net"])
    onnx.save(model, path)
    np.savez(data, **batches(model, arrays))

    def step(*arguments):
        status, output, error = call(*arguments, "--json")
        if status in {0, 2}:
            return status, output, error
        raise ChildProcessError(f"{arguments[0]} ends with status {status}: {error[-200:]}")

    try:
        status, output, error = step("compile", path, "--calibrate", data, "-o", network, "--bits", "16")
        if status:
            return Result(REFUSED, refusal(error, folder))
        report = json.loads(output)
        status, output, error = step("run", network, "--input", data)
        if status:
            return Result(WRONG, f"compiles, but run says: {error}")
        shown = json.loads(output)["outputs"]
        for value, wanted in zip(model.graph.output, test.data_sets[0][1]):
            problem = difference(test, value, shown[value.name], wanted, report)
            if problem:
                return Result(WRONG, problem)
        for arguments in [
            ("setup", network), ("prove", network, "--input", data, "-o", network + ".proof"),
            ("verify", "--key", network + ".vk", network + ".proof", "--input", data),
        ]:
            status, _, error = step(*arguments)
            if status:
                return Result(WRONG, f"compiles, but {arguments[0]} says: {error}")
        return Result(PASSED, "")
    except ChildProcessError as error:
        return Result(CRASHED, str(error))
    except subprocess.TimeoutExpired as error:
        return Result(CRASHED, f"{error.cmd[1]} takes longer than {TIMEOUT} s")


def refusal(text, folder):
    """The reason of the first node that is refused, with its operator, or of the model as a whole."""
    lines = text.split("\n")
    node = re.match(r"\s+.* \((\w+)\): (.*)", lines[1]) if len(lines) > 1 else None
    if node:
        return f"{node[1]}: {node[2]}"
    return re.sub(r"^(zkml|error): ", "", lines[0]).replace(folder + "/", "")


def run(test):
    """The result of a test, and how its inputs were given."""
    reason = left_out(test.model)
    if reason:
        return Result(LEFT_OUT, reason), None
    first = None
    for way, model, arrays in variants(test):
        folder = tempfile.mkdtemp(prefix="conformance")
        try:
            result = outcome(test, model, arrays, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        if result.kind != REFUSED:
            return result, way
        first = first or result
    return first, None


def name(test):
    return test.name.removeprefix("test_")


def operator(node):
    return f"{node.domain}.{node.op_type}" if node.domain not in {"", "ai.onnx"} else node.op_type


def subjects(tests):
    """By test, the operator that it is about: of an expanded function the function."""
    own = {name(test): operator(test.model.graph.node[-1]) for test in tests}
    return {key: own.get(key.split("_expanded")[0], subject) for key, subject in own.items()}


def listing(counter):
    """Reasons, most frequent first, in a cell of a table."""
    parts = [f"{count} × {reason}" if count > 1 else reason for reason, count in sorted(counter.items(), key=lambda item: (-item[1], item[0]))]
    return "; ".join(parts).replace("|", "\\|")


def document(tests, results):
    """The text of docs/conformance.md."""
    with open(OPERATORS) as file:
        documented = set(re.findall(r"^\| (\S+) \| \d", file.read(), re.MULTILINE))
    by_kind = collections.Counter(result.kind for result, _ in results.values())
    taken = [test for test in tests if results[name(test)][0].kind != LEFT_OUT]
    listed = [test for test in taken if all(operator(node) in documented for node in test.model.graph.node)]

    def share(tests):
        passed = sum(results[name(test)][0].kind == PASSED for test in tests)
        return f"{passed:,} of {len(tests):,} ({100 * passed / max(len(tests), 1):.1f} %)"

    ways = collections.Counter(way for result, way in results.values() if result.kind == PASSED)
    omitted = collections.Counter(result.reason for result, _ in results.values() if result.kind == LEFT_OUT)
    rows = collections.defaultdict(list)
    for key, subject in subjects(taken).items():
        rows[subject].append(results[key][0])
    lines = []
    for subject in sorted(rows, key=str.lower):
        kinds = collections.Counter(result.kind for result in rows[subject])
        reasons = collections.Counter(
            result.reason if result.kind == REFUSED else f"{result.kind}: {result.reason}" for result in rows[subject] if result.kind != PASSED)
        lines.append(f"| {subject} | {len(rows[subject])} | {kinds[PASSED]} | {kinds[REFUSED]} | {listing(reasons)} |\n")
    return f"""# Conformance

The node tests of onnx {onnx.__version__}, run by `scripts/conformance`, which writes this file. A test passes when its model compiles with 16
bits, runs, and is proved and verified, and each output is within the error that compile states and 1 % of the largest value. The
inputs of a test are inputs of the network; where that is refused, integers and booleans but the first are constants; where that
is refused too, all but the first are. `scripts/conformance check` fails when a test of [the list of
passes](../Tests/Conformance/passes.txt) does not pass, or when anything is wrong or crashes that is not in [the list of what is
wrong](../Tests/Conformance/wrong.txt).

| tests | |
|---|---|
| all | {len(tests):,} |
{"".join(f"| left out: {reason} | {count:,} |{chr(10)}" for reason, count in sorted(omitted.items()))}| passed | {by_kind[PASSED]:,} |
{"".join(f"| – {way} | {ways[way]:,} |{chr(10)}" for way in [AS_INPUTS, FLOATS_AS_INPUTS, FIRST_AS_INPUT])}| refused | {by_kind[REFUSED]:,} |
| wrong | {by_kind[WRONG]:,} |
| crashed | {by_kind[CRASHED]:,} |

Passed of those that are not left out: {share(taken)}. Of those whose operators are all in [operators.md](operators.md): {share(listed)}.

Tests of a function that ONNX expands into other operators count for the function; a reason names the operator that is refused.

| operator | tests | passed | refused | reasons |
|---|---|---|---|---|
{"".join(lines)}"""


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


def main(arguments):
    warnings.simplefilter("ignore")
    tests = load_model_tests(kind="node")
    checks = arguments in (["check"], ["sample"])
    chosen = tests
    if arguments == ["sample"]:
        chosen = [test for test in tests if left_out(test.model) is None][::SAMPLE_STEP]
    elif arguments and not checks:
        chosen = [test for test in tests if any(re.search(pattern, name(test)) for pattern in arguments)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = dict(zip(map(name, chosen), pool.map(run, chosen)))
    for key, (result, way) in results.items():
        if result.kind in {WRONG, CRASHED} or arguments and not checks:
            print(f"{key}: {result.kind}{f' with {way}' if way else ''}{f': {result.reason}' if result.reason else ''}")
    counts = collections.Counter(result.kind for result, _ in results.values())
    print(", ".join(f"{counts[kind]} {kind}" for kind in [PASSED, REFUSED, WRONG, CRASHED, LEFT_OUT]))
    if not arguments:
        write(TABLE, document(tests, results))
        write(PASSES, "".join(f"{key}\n" for key, (result, _) in results.items() if result.kind == PASSED))
        write(WRONG_ONES, "".join(f"{key}\n" for key, (result, _) in results.items() if result.kind in {WRONG, CRASHED}))
    with open(WRONG_ONES) as file:
        known_wrong = file.read().split()
    lost = [key for key, (result, _) in results.items() if result.kind in {WRONG, CRASHED} and key not in known_wrong]
    if checks:
        with open(PASSES) as file:
            listed = file.read().split()
        known = {name(test) for test in tests}
        passes = [key for key in listed if key not in known or key in results and results[key][0].kind != PASSED]
        lost += passes
        for key in passes:
            print(f"{key}: passed once; now {': '.join(results[key][0]) if key in results else 'there is no such test'}")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
