#!/usr/bin/env python3
"""Measures the networks of the ladder with .build/release/zkml: `bench.py models`, `batch`, `estimates`, `hiding`,
`vgg16`, `transformers`, `families`, `curves` or `threads`.

Writes docs/NAME.json and docs/NAME.svg, and prints tables. Files go to out/bench. Needs nothing but Python; onnxruntime is
timed where it is installed. `models` also takes the networks of the folder ZKML_MODELS (../shared/models), `estimates` and `hiding`
those that scripts/tools/generate-dense writes (needs numpy and onnx). `transformers` takes MiniLM from the folder ZKML_MINILM,
which scripts/tools/minilm writes; it and `families` compare with the tool ZKML_BASE, which an older commit built. `families` needs what
scripts/tools/generate-lstm and generate-trees name.
"""

import ast
import functools
import importlib.util
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import zipfile

import chart

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "out" / "bench"
TOOL = ROOT / ".build" / "release" / "zkml"
HAS_ONNXRUNTIME = importlib.util.find_spec("onnxruntime") is not None


class Refused(Exception):
    """The tool's own line about why it does not go on."""


def zkml(*arguments, tool=TOOL):
    done = subprocess.run([tool, *map(str, arguments), "--json"], capture_output=True, text=True)
    if done.returncode:
        lines = done.stderr.split("\n")
        raise Refused(next((line for line in lines if line.startswith("zkml: ")), lines[0]).removeprefix("zkml: "))
    return json.loads(done.stdout)


def npy_parts(archive, key):
    """Header fields and data of an array of an .npz."""
    data = zipfile.ZipFile(archive).read(key + ".npy")
    start = 12 if data[6] > 1 else 10
    end = start + int.from_bytes(data[8:start], "little")
    return ast.literal_eval(data[start:end].decode()), data[end:]


def is_integer(archive, key):
    return npy_parts(archive, key)[0]["descr"][1] in "iu"


def batch_file(archive, key, count):
    """The first `count` samples of an array as an .npy file, from the start again when there are not so many."""
    header, data = npy_parts(archive, key)
    have, *rest = header["shape"]
    size = len(data) // have
    samples = b"".join(data[i % have * size : (i % have + 1) * size] for i in range(count))
    text = str({**header, "shape": (count, *rest)}).encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    path = OUT / f"{pathlib.Path(archive).parent.name}-{count}.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + samples)
    return path


class Model:
    """An ONNX file, data to calibrate with, and one array of inputs; of texts several."""

    def __init__(self, name, path, calibration, data, key, options=(), tool=TOOL):
        self.name, self.path, self.calibration, self.data, self.key = name, path, calibration, data, key
        self.net = OUT / "keys" / name / "net"
        self.options, self.tool = options, tool

    @property
    def scale(self):
        return ["--input-scale", "1/255"] if isinstance(self.key, str) and is_integer(self.data, self.key) else []

    def compile(self, *options):
        """Into a fresh folder: setup replaces no key."""
        shutil.rmtree(self.net.parent, ignore_errors=True)
        self.net.parent.mkdir(parents=True)
        files = [self.path, "--calibrate", self.calibration, "-o", self.net]
        self.compiled = zkml("compile", *files, *self.scale, *self.options, tool=self.tool)
        self.setup = zkml("setup", self.net, *options, tool=self.tool)

    def input(self, batch):
        """A file of the first samples."""
        if isinstance(self.key, str):
            return batch_file(self.data, self.key, batch)
        path = OUT / f"{self.name}-{batch}.npz"
        with zipfile.ZipFile(path, "w") as archive:
            for key in self.key:
                archive.write(batch_file(self.data, key, batch), key + ".npy")
        return path

    def estimate(self, batch, threads):
        return zkml(
            "compile", self.path, "--calibrate", self.calibration, "--dry-run", "--batch", batch,
            "--threads", threads, *self.scale)["estimate"]  # fmt: skip

    def measure(self, batch, repeat, *options, onnx=False):
        runtime = ["--onnxruntime", self.path] if onnx and HAS_ONNXRUNTIME else []
        return zkml("measure", self.net, "--input", self.input(batch), "--repeat", repeat, *runtime, *options, tool=self.tool)


def own_models():
    """The networks of images: those of text have inputs of other names."""
    for folder in sorted((ROOT / "circuits").iterdir()):
        data = folder / "test.npz"
        if data.exists() and "input.npy" in zipfile.ZipFile(data).namelist():
            calibration = f"{folder / 'calibration.npz'}"
            yield Model(folder.name, folder / "model.onnx", calibration, folder / "test.npz", "input")


def other_models():
    base = pathlib.Path(os.environ.get("ZKML_MODELS", ROOT.parent / "shared" / "models"))
    if not base.is_dir():
        print(f"skipped the models of {base.name}: the folder is missing; ZKML_MODELS names another")
        return
    data = {"digits": ("digits_all", "digits_all"), "fmnist": ("fmnist_calibration200", "fmnist_test2000")}
    for folder in sorted(f for f in base.iterdir() if f.is_dir()):
        family = folder.name.split("_")[0]
        if family in data:
            calibration, test = (base / f"{name}.npz" for name in data[family])
            key = "images"
        else:
            calibration = test = folder / "samples.npz"
            key = "in0/input"
        for file, suffix in [("model.onnx", ""), ("model_int8_qdq.onnx", "-qdq")]:
            if (folder / file).exists():
                name = folder.name.replace("_", "-") + suffix
                yield Model(name, folder / file, f"{calibration}:{key}", test, key)


def dense_models():
    subprocess.run([ROOT / "scripts/tools/generate-dense", OUT], check=True)
    folders = sorted(OUT.glob("dense-*M"))
    return [Model(f.name + "-net", f / "model.onnx", f / "data.npz", f / "data.npz", "input") for f in folders]


def ladder():
    known = {}
    for model in [*own_models(), *other_models()]:
        known.setdefault(model.name, model)
    return known.values()


def milliseconds(seconds):
    if seconds is None:
        return "–"
    return f"{1000 * seconds:,.0f}" if seconds >= 1 else f"{1000 * seconds:.3g}"


def print_table(head, rows):
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(map(str, row)) + " |")


def write(name, content, svg):
    (ROOT / "docs" / f"{name}.json").write_text(json.dumps(content, indent=1) + "\n")
    (ROOT / "docs" / f"{name}.svg").write_text(svg)
    print(f"wrote docs/{name}.json and docs/{name}.svg")


def bench_models(repeat):
    figures, refused = {}, {}
    for model in ladder():
        print(f"{model.name} …", file=sys.stderr)
        try:
            model.compile()
            figures[model.name] = {
                **model.measure(1, repeat, onnx=True), "parameters": model.compiled["parameters"],
                "macs": model.compiled["macs"], "setup_s": model.setup["setup_s"],
            }  # fmt: skip
        except Refused as reason:
            refused[model.name] = str(reason).replace(f"{model.path}: ", "")
    columns = ["plain_s", "onnxruntime_s", "prove_s", "verify_s"]
    times = [f"{c.removesuffix('_s')}, ms" for c in columns]
    head = ["model", "parameters", *times, "proof, bytes", "memory, MB", "prove / plain", "prove / onnxruntime"]
    rows = []
    for name, f in figures.items():
        overheads = ["–" if f[k] is None else f"{f[k]:.0f}" for k in ["overhead_plain", "overhead_onnxruntime"]]
        sizes = [f"{f['proof_bytes']:,}", f"{f['peak_rss_bytes'] / 1e6:.0f}"]
        rows.append([name, f"{f['parameters']:,}", *[milliseconds(f[c]) for c in columns], *sizes, *overheads])
    print_table(head, rows)
    for name, reason in refused.items():
        print(f"{name}: {reason}")
    table = [(name, [None if f[c] is None else 1000 * f[c] for c in columns]) for name, f in figures.items()]
    names = ["plain", "onnxruntime", "prove", "verify"]
    write("bench", {"models": figures, "refused": refused}, chart.rows("One inference", "milliseconds", names, table))


def bench_batch(repeat):
    largest = {"fmnist-mlp": 256, "lenet5": 64}
    for model in own_models():
        if model.name in largest:
            bench_batches(model, [1 << i for i in range(largest[model.name].bit_length())], repeat)


def bench_batches(model, batches, repeat):
    """One network's hiding proofs for batches of these sizes: docs/batch-NAME.json and .svg."""
    model.compile()
    figures = []
    for batch in batches:
        print(f"{model.name}, batch {batch} …", file=sys.stderr)
        figures.append(model.measure(batch, repeat, onnx=True))
    each = lambda key: [1000 * f[key] / f["batch"] for f in figures if f[key]]
    rows = [
        [b, f"{t:.3g}", f"{f['proof_bytes']:,}", milliseconds(f["verify_s"]), f"{f['peak_rss_bytes'] / 1e6:.0f}"]
        for b, t, f in zip(batches, each("prove_s"), figures)
    ]
    print(f"\n{model.name}:\n")
    print_table(["batch", "prove, ms an image", "proof, bytes", "verify, ms", "memory, MB"], rows)
    series = [(n, each(k)) for n, k in [("prove", "prove_s"), ("plain", "plain_s"), ("onnxruntime", "onnxruntime_s")]]
    series = [(n, values) for n, values in series if values]
    charts = [
        ("milliseconds an image", [n for n, _ in series], [values for _, values in series], True),
        ("proof, kB", ["proof"], [[f["proof_bytes"] / 1000 for f in figures]], False),
        ("verify, ms", ["verify"], [[1000 * f["verify_s"] for f in figures]], False),
    ]
    svg = chart.panels(f"One proof for a batch, {model.name}", "images in a batch", batches, charts)
    write(f"batch-{model.name}", {"model": model.name, "batches": figures}, svg)


def estimate_runs(repeat):
    """For each network, batch and number of threads a measurement, and the mean of predictions just before and after it."""
    for model in [*own_models(), *dense_models()]:
        model.compile()
        for batch in (1, 16, 64):
            path = batch_file(model.data, model.key, batch)
            proved = zkml("prove", model.net, "--input", path, "-o", OUT / "p.proof")
            for threads in (1, 2):
                print(f"{model.name}, batch {batch}, {threads} threads …", file=sys.stderr)
                predicted = model.estimate(batch, threads)
                measured = model.measure(batch, repeat, "--threads", threads)
                after = model.estimate(batch, threads)
                for key in ("prove_s", "slowness"):
                    predicted[key] = (predicted[key] + after[key]) / 2
                yield {
                    "model": model.name.removesuffix("-net"), "batch": batch, "threads": threads,
                    "predicted": predicted, "memory_bytes": proved["peak_rss_bytes"], "measured": measured,
                }  # fmt: skip


def bench_estimates(repeat):
    runs = list(estimate_runs(repeat))
    (OUT / "estimates.json").write_text(json.dumps(runs, indent=1) + "\n")
    rows = []
    for run in runs:
        predicted, measured = run["predicted"], run["measured"]
        pairs = [
            (predicted["proof_bytes"], measured["proof_bytes"], "{:,}"),
            (1000 * predicted["prove_s"], 1000 * measured["prove_s"], "{:.3g}"),
            (predicted["memory_bytes"] / 1e6, run["memory_bytes"] / 1e6, "{:.0f}"),
        ]
        cells = [f"{form.format(p)} / {form.format(m)} = {p / m:.2f}" for p, m, form in pairs]
        rows.append([run["model"], run["batch"], run["threads"], *cells])
    print_table(["model", "batch", "threads", "proof, bytes", "prove, ms", "memory, MB"], rows)


def bench_hiding(repeat):
    """What hiding costs by number of proofs, each beside a key that hides nothing, measured just before."""
    names = ["digits-mlp", "fmnist-mlp", "dense-4M-net"]
    columns = [("prove_s", milliseconds), ("verify_s", milliseconds), ("proof_bytes", "{:,}".format)]
    rows = []
    for model in (m for m in [*own_models(), *dense_models()] if m.name in names):
        shown = Model(model.name + "-transparent", model.path, model.calibration, model.data, model.key)
        shown.compile("--transparent")
        for options in (["--transparent"], ["--proofs", 1], ["--proofs", 16], ["--proofs", 256], []):
            model.compile(*options)
            base = shown.measure(1, repeat, "--transparent")
            figures = model.measure(1, repeat, *(options if "--transparent" in options else []))
            cells = [f"{form(figures[c])} = {figures[c] / base[c]:.2f} ×" for c, form in columns]
            count = f"{model.setup['proofs']}{'' if options else ' (default)'}"
            rows.append([model.name.removesuffix("-net"), count, *cells, f"{figures['proving_key_bytes']:,}"])
    print_table(["model", "proofs", "prove, ms", "verify, ms", "proof, bytes", "proving key, bytes"], rows)


@functools.cache
def vgg16_folder():
    """Float and quantized network and data, written once a run."""
    subprocess.run([ROOT / "scripts/tools/generate-vgg", OUT], check=True, stderr=subprocess.DEVNULL)
    return OUT / "vgg16"


def vgg16(file="model"):
    """The shape of VGG-16 for 32 × 32 images."""
    folder = vgg16_folder()
    return Model(f"{file.replace('model', 'vgg16')}-net", folder / f"{file}.onnx", folder / "data.npz", folder / "data.npz", "input")


def bench_vgg16(repeat):
    """VGG-16, hiding at the default number of proofs, and transparent; and its quantized network, where there is one."""
    columns = ["plain_s", "onnxruntime_s", "prove_s", "verify_s"]
    rows = []
    for file, modes in (("model", ([], ["--transparent"])), ("model-qdq", ([],))):
        model = vgg16(file)
        if not model.path.exists():
            continue
        model.compile()
        for options in modes:
            f = model.measure(1, repeat, *options, onnx=True)
            sizes = [f"{f['proof_bytes']:,}", f"{f['proving_key_bytes']:,}", f"{f['peak_rss_bytes'] / 1e6:.0f}"]
            phases = ", ".join(f"{name} {milliseconds(seconds)}" for name, seconds in f["phases"].items())
            mode = ("8 bits, " if file == "model-qdq" else "") + ("transparent" if options else "hiding")
            ratio = "–" if f["overhead_onnxruntime"] is None else f"{f['overhead_onnxruntime']:.0f}"
            rows.append([mode, *[milliseconds(f[c]) for c in columns], ratio, *sizes, phases])
    times = [f"{c.removesuffix('_s')}, ms" for c in columns]
    print_table(["mode", *times, "prove / onnxruntime", "proof, bytes", "proving key, bytes", "memory, MB", "phases, ms"], rows)


def transformers():
    gpt = ROOT / "circuits" / "nanogpt"
    yield Model("nanogpt", gpt / "model.onnx", gpt / "calibration.npz", gpt / "test.npz", ["ids"], ["--classes", "1"])
    folder = os.environ.get("ZKML_MINILM")
    if folder is None:
        print("skipped MiniLM: ZKML_MINILM names no folder of scripts/tools/minilm")
        return
    folder, keys = pathlib.Path(folder), ["input_ids", "attention_mask"]
    for suffix in ["", "-128"]:
        calibration, test = (folder / f"{name}{suffix}.npz" for name in ("calibration", "test"))
        yield Model(f"minilm{suffix or '-64'}", folder / "model.onnx", calibration, test, keys)


def bench_transformers(repeat):
    """Transformers and images beside VGG-16, and beside images by the tool ZKML_BASE."""
    images = [vgg16(), *(m for m in other_models() if m.name == "efficientnet-lite0")]
    beside_vgg16([*images, *transformers()], repeat, others=images[1:])


def bench_families(repeat):
    """A recurrent network and trees beside VGG-16."""
    for script in ("generate-lstm", "generate-trees"):
        subprocess.run([ROOT / "scripts" / "tools" / script, OUT], check=True)
    lstm, forest, boosted = OUT / "lstm", OUT / "forest", OUT / "xgboost"
    models = [Model("lstm-net", lstm / "model.onnx", lstm / "data.npz", lstm / "data.npz", "input", ["--bits", "12"])]
    for folder in (forest, boosted):
        options = ["--outputs", "label"]
        models.append(Model(f"{folder.name}-net", folder / "model.onnx", folder / "calibration.npz", folder / "data.npz", "input", options))
    beside_vgg16(models, repeat)
    for model in models[1:]:
        judged = zkml("evaluate", model.net, "--data", f"{model.data}:{model.key}", "--labels", "classes")
        print(f"{model.name}: onnxruntime's class for {100 * judged['integer_accuracy']:.1f} % of {judged['rows']} samples")


def beside_vgg16(models, repeat, others=()):
    """Networks beside VGG-16 by the tool ZKML_BASE, or by this one: each `repeat` times in turn, medians of medians.

    `others` are measured with that tool too.
    """
    base = os.environ.get("ZKML_BASE", TOOL)
    others = [Model(f"{m.name}-base", m.path, m.calibration, m.data, m.key, tool=base) for m in [vgg16(), *others]]
    models = [*others, *models]
    for model in models:
        model.compile()
    runs = {model.name: [] for model in models}
    for _ in range(repeat):
        for model in models:
            runs[model.name].append(model.measure(1, 9, "--threads", 2, onnx=model.tool == TOOL))
    own = runs[others[0].name]

    def median(name, column):
        return statistics.median(run[column] for run in runs[name])

    print(f"V: {milliseconds(median(others[0].name, 'prove_s'))} ms, verified in {milliseconds(median(others[0].name, 'verify_s'))} ms")
    rows = []
    for name, measured in runs.items():
        first = measured[0]
        times = [statistics.median(run[c] / v[c] for run, v in zip(measured, own)) for c in ("prove_s", "verify_s")]
        runtime = "–" if first["overhead_onnxruntime"] is None else f"{median(name, 'overhead_onnxruntime'):.0f}"
        sizes = [f"{first[c]:,}" for c in ("proof_bytes", "proving_key_bytes", "lookups", "columns")]
        phases = ", ".join(f"{p} {milliseconds(statistics.median(r['phases'][p] for r in measured))}" for p in first["phases"])
        rows.append([name, *[f"{t:.2f}" for t in times], runtime, f"{first['peak_rss_bytes'] / 1e6:.0f}", *sizes, phases])
    print_table(["network", "prove / V", "verify / V's", "prove / onnxruntime", "memory, MB", "proof, bytes", "proving key, bytes",
                 "lookups", "columns", "phases, ms"], rows)  # fmt: skip


def line(points):
    """a and b of t = a + b·n with the least squares of relative errors, and the largest of those."""
    weights = [1 / t**2 for _, t in points]
    s0, s1, s2 = (sum(w * n**k for w, (n, _) in zip(weights, points)) for k in range(3))
    t0, t1 = (sum(w * t * n**k for w, (n, t) in zip(weights, points)) for k in range(2))
    b = (s0 * t1 - s1 * t0) / (s0 * s2 - s1**2)
    a = (t0 - b * s1) / s0
    return a, b, max(abs(a + b * n - t) / t for n, t in points)


def bench_curves(repeat):
    """Proving time against weights (dense networks) and against activations (a convolutional network, by batch)."""
    subprocess.run([ROOT / "scripts/tools/generate-dense", OUT, "--curve"], check=True)
    curves = {"weights": [], "activations": []}
    for folder in sorted(OUT.glob("curve-*/"), key=lambda f: int(f.name.split("-")[1])):
        model = Model(folder.name + "-net", folder / "model.onnx", folder / "data.npz", folder / "data.npz", "input")
        model.compile()
        curves["weights"].append((model.compiled["parameters"], model.measure(1, repeat)["prove_s"]))
    model = next(m for m in own_models() if m.name == "digits-cnn")
    model.compile()
    advice = zkml("inspect", f"{model.net}.circuit")["advice_elements"]
    for batch in (4, 8, 16, 32, 64, 128, 256, 512):
        curves["activations"].append((advice * batch, model.measure(batch, repeat)["prove_s"]))
    for name, points in curves.items():
        a, b, error = line(points)
        print_table([name, "prove, ms", "line, ms"], [[f"{n:,}", milliseconds(t), milliseconds(a + b * n)] for n, t in points])
        print(f"{milliseconds(a)} ms + {1e9 * b:.3g} ns for each; at most {100 * error:.0f} % beside the line\n")


def bench_threads(repeat):
    """What a second thread brings proofs, and a loop of multiplications in the same run."""
    models = [next(m for m in other_models() if m.name == "fmnist-cnn"), vgg16()]
    for model in models:
        model.compile()
    kernels = [ROOT / ".build/release/Benchmarks", "kernels", "F multiply, 8 lanes"]

    rows = []
    for _ in range(3):
        for model in models:
            output = subprocess.run(kernels, capture_output=True, text=True, check=True).stdout
            one, two = map(float, output.split("lanes")[1].split()[:2])
            proofs = [model.measure(1, repeat, "--threads", threads)["prove_s"] for threads in (1, 2)]
            ratios = one / two, proofs[0] / proofs[1]
            rows.append([f"{one:.2f} / {two:.2f} = {ratios[0]:.2f}", model.name,
                         f"{milliseconds(proofs[0])} / {milliseconds(proofs[1])} = {ratios[1]:.2f}",
                         f"{ratios[0] / ratios[1]:.2f}"])  # fmt: skip
    print_table(["multiply, ns on 1 / 2 threads", "model", "prove, ms on 1 / 2 threads", "loop / proof"], rows)


if __name__ == "__main__":
    OUT.mkdir(parents=True, exist_ok=True)
    kind = sys.argv[1] if len(sys.argv) > 1 else "models"
    kinds = {"models": bench_models, "batch": bench_batch, "estimates": bench_estimates, "hiding": bench_hiding,
             "vgg16": bench_vgg16, "transformers": bench_transformers, "families": bench_families, "curves": bench_curves,
             "threads": bench_threads}  # fmt: skip
    if kind not in kinds:
        sys.exit("usage: bench.py models | batch | estimates | hiding | vgg16 | transformers | families | curves | threads [repeat]")
    kinds[kind](int(sys.argv[2]) if len(sys.argv) > 2 else 9)
