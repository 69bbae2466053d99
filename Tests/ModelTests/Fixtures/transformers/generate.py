"""Writes the transformers beside this script, and what onnxruntime computes of them.

Needs torch, transformers, onnx, onnxruntime, onnxscript and numpy. Weights are random. Each model has three samples; where it
has a mask, the first two differ in it alone; "unseen" is what some compute where it leaves out all words. Names as arguments
write these models only.
"""

import io
import pathlib
import sys
import tempfile
import zipfile

import numpy as np
import onnx
import onnxruntime
import torch
import transformers
from onnx import TensorProto, helper, numpy_helper
from torch import nn
from torch.nn import functional

here = pathlib.Path(__file__).parent
wanted = sys.argv[1:]
random = np.random.default_rng(16)
torch.backends.mha.set_fastpath_enabled(False)
vocabulary, width, heads, length, count = 32, 16, 2, 8, 3
expected = {}
unseen = ["bert", "bert_dynamo", "distilbert", "t5"]


def ids(high=vocabulary, shape=(length,)):
    values = random.integers(1, high, (count, *shape))
    values[1] = values[0]
    return values.astype(np.int64)


def floats(*shape):
    values = random.standard_normal((count, *shape)).astype(np.float32)
    values[1] = values[0]
    return values


def padding(left=False, type=np.int64, first=True):
    """1 for words: all of the first sample, some of the others."""
    mask = np.ones((count, length), type)
    for sample, padded in [(1, 3), (2, 2)]:
        mask[sample, :padded] = 0 if left else mask[sample, :padded]
        if not left:
            mask[sample, length - padded:] = 0
    return mask


def finish(name, proto, inputs, batch=0, rows=None, compare=None):
    """Saves a model with its inputs and outputs, samples first.

    batch: the batch axis of inputs and outputs; None to run sample by sample.
    rows: 1 where outputs are compared.
    """
    data = proto if isinstance(proto, bytes) else proto.SerializeToString()
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    feeds = {port.name: inputs[port.name] for port in session.get_inputs()}
    if batch is None:
        runs = [session.run(None, {key: value[i:i + 1] for key, value in feeds.items()}) for i in range(count)]
        outputs = [np.concatenate(parts) for parts in zip(*runs)]
    else:
        outputs = session.run(None, {key: np.moveaxis(value, 0, batch) for key, value in feeds.items()})
        outputs = [np.moveaxis(value, batch, 0) for value in outputs]
    (here / f"{name}.onnx").write_bytes(data)
    for key, value in feeds.items():
        expected[f"{name}/in/{key}"] = value
    for port, value in zip(session.get_outputs(), outputs):
        assert np.isfinite(value).all() or rows is not None, name
        expected[f"{name}/out/{port.name}"] = np.nan_to_num(value.astype(np.float32))
    if rows is not None:
        expected[f"{name}/rows"] = rows
    if name in unseen:
        values = session.run(None, {**feeds, "attention_mask": np.zeros_like(feeds["attention_mask"])})
        expected[f"{name}/unseen"] = values[0]


def slim(data):
    """Without what only documents a model."""
    model = onnx.load_from_string(data)
    del model.graph.value_info[:]
    del model.metadata_props[:]
    for node in model.graph.node:
        node.doc_string = ""
        del node.metadata_props[:]
    return model.SerializeToString()


def export(name, module, inputs, dynamic=("batch",), dynamo=False, opset=17, batch=0, rows=None, outputs=("y",)):
    """dynamic: names of the leading axes of all inputs that are symbolic."""
    torch.manual_seed(len(name))
    for parameter in module.parameters():
        with torch.no_grad():
            parameter.copy_(torch.randn_like(parameter) * 0.3 + (1 if parameter.dim() == 1 else 0))
    module = module.eval()
    names = list(inputs)
    example = tuple(torch.from_numpy(value[:1] if batch is None or not dynamic else np.moveaxis(value[:2], 0, batch)) for value in inputs.values())
    axes = {i: axis for i, axis in enumerate(dynamic) if axis} if batch is not None else {}
    with tempfile.TemporaryDirectory() as folder, torch.no_grad():
        path = pathlib.Path(folder) / "model.onnx"
        if dynamo:
            shapes = tuple({i: torch.export.Dim.AUTO for i in axes} for _ in names) if axes else None
            dynamic = (shapes,) if shapes and isinstance(module, Call) else shapes
            torch.onnx.export(
                module, example, path, input_names=names, output_names=list(outputs), opset_version=max(opset, 18), dynamo=True,
                external_data=False, dynamic_shapes=dynamic, verbose=False)
        else:
            torch.onnx.export(
                module, example, path, input_names=names, output_names=list(outputs), opset_version=opset, dynamo=False,
                dynamic_axes={key: axes for key in (*names, *outputs)} if axes else None)
        finish(name, slim(path.read_bytes()), inputs, batch, rows)


class Call(nn.Module):
    """A Hugging Face model of positional inputs, and one of its results."""

    def __init__(self, model, names, result="last_hidden_state"):
        super().__init__()
        self.model, self.names, self.result = model, names, result

    def forward(self, *inputs):
        options = {} if "vit" in type(self.model).__name__.lower() else {"use_cache": False}
        if not hasattr(self.model.config, "use_cache"):
            options = {}
        return self.model(**dict(zip(self.names, inputs)), **options)[self.result]


def hugging_face(name, model, config, inputs, result="last_hidden_state", attention="eager", **options):
    model = model._from_config(config, attn_implementation=attention)
    export(name, Call(model, list(inputs), result), inputs, outputs=(result,), **options)


sizes = dict(hidden_size=width, num_hidden_layers=1, num_attention_heads=heads, intermediate_size=24, vocab_size=vocabulary,
             max_position_embeddings=16)
models = {}


def fixture(function):
    models[function.__name__] = function


@fixture
def bert():
    config = transformers.BertConfig(**sizes)
    inputs = {"input_ids": ids(), "attention_mask": padding(), "token_type_ids": ids(2)}
    hugging_face("bert", transformers.BertModel, config, inputs)


@fixture
def bert_dynamo():
    config = transformers.BertConfig(**sizes)
    inputs = {"input_ids": ids(), "attention_mask": padding(), "token_type_ids": ids(2)}
    hugging_face("bert_dynamo", transformers.BertModel, config, inputs, attention="sdpa", dynamo=True)


@fixture
def minilm():
    """Symbolic batch and length, two layers, means of words."""

    class Sentence(nn.Module):
        def __init__(self):
            super().__init__()
            config = transformers.BertConfig(**{**sizes, "num_hidden_layers": 2})
            self.model = transformers.BertModel._from_config(config, attn_implementation="eager")

        def forward(self, input_ids, attention_mask):
            states = self.model(input_ids, attention_mask=attention_mask).last_hidden_state
            mask = attention_mask.unsqueeze(-1).expand(states.size()).float()
            return (states * mask).sum(1) / mask.sum(1).clamp(min=1e-9)

    export("minilm", Sentence(), {"input_ids": ids(), "attention_mask": padding()}, dynamic=("batch", "sequence"))


@fixture
def distilbert():
    config = transformers.DistilBertConfig(
        vocab_size=vocabulary, dim=width, n_layers=1, n_heads=heads, hidden_dim=24, max_position_embeddings=16)
    hugging_face("distilbert", transformers.DistilBertModel, config, {"input_ids": ids(), "attention_mask": padding()},
                 dynamic=("batch", "sequence"))


@fixture
def gpt2():
    config = transformers.GPT2Config(vocab_size=vocabulary, n_embd=width, n_layer=1, n_head=heads, n_positions=16)
    hugging_face("gpt2", transformers.GPT2LMHeadModel, config, {"input_ids": ids(), "attention_mask": padding()}, result="logits")


@fixture
def gpt2_left():
    config = transformers.GPT2Config(vocab_size=vocabulary, n_embd=width, n_layer=1, n_head=heads, n_positions=16)
    mask = padding(left=True)
    inputs = {"input_ids": ids(), "attention_mask": mask, "position_ids": np.maximum(np.cumsum(mask, 1) - 1, 0)}
    hugging_face("gpt2_left", transformers.GPT2LMHeadModel, config, inputs, result="logits", rows=mask)


@fixture
def gpt2_dynamo():
    config = transformers.GPT2Config(vocab_size=vocabulary, n_embd=width, n_layer=1, n_head=heads, n_positions=16)
    hugging_face("gpt2_dynamo", transformers.GPT2LMHeadModel, config, {"input_ids": ids(), "attention_mask": padding()},
                 result="logits", attention="sdpa", dynamo=True)


@fixture
def opt():
    config = transformers.OPTConfig(
        vocab_size=vocabulary, hidden_size=width, num_hidden_layers=1, num_attention_heads=heads, ffn_dim=24,
        max_position_embeddings=16, word_embed_proj_dim=width)
    hugging_face("opt", transformers.OPTForCausalLM, config, {"input_ids": ids(), "attention_mask": padding()}, result="logits")


llama_sizes = {**sizes, "num_attention_heads": 4, "num_key_value_heads": 2}


@fixture
def llama():
    hugging_face("llama", transformers.LlamaForCausalLM, transformers.LlamaConfig(**llama_sizes),
                 {"input_ids": ids(), "attention_mask": padding()}, result="logits")


@fixture
def llama_dynamo():
    hugging_face("llama_dynamo", transformers.LlamaForCausalLM, transformers.LlamaConfig(**llama_sizes),
                 {"input_ids": ids()}, result="logits", attention="sdpa", dynamo=True)


@fixture
def qwen2_left():
    mask = padding(left=True)
    hugging_face("qwen2_left", transformers.Qwen2ForCausalLM, transformers.Qwen2Config(**llama_sizes),
                 {"input_ids": ids(), "attention_mask": mask}, result="logits", rows=mask, dynamic=("batch", "sequence"))


@fixture
def t5():
    config = transformers.T5Config(
        vocab_size=vocabulary, d_model=width, d_kv=8, d_ff=24, num_layers=1, num_heads=heads, relative_attention_num_buckets=8)
    hugging_face("t5", transformers.T5EncoderModel, config, {"input_ids": ids(), "attention_mask": padding()})


@fixture
def vit():
    config = transformers.ViTConfig(
        hidden_size=width, num_hidden_layers=1, num_attention_heads=heads, intermediate_size=24, image_size=8, patch_size=4,
        num_channels=1)
    hugging_face("vit", transformers.ViTModel, config, {"pixel_values": floats(1, 8, 8)})


@fixture
def vit_dynamo():
    config = transformers.ViTConfig(
        hidden_size=width, num_hidden_layers=1, num_attention_heads=heads, intermediate_size=24, image_size=8, patch_size=4,
        num_channels=1, num_labels=5)
    hugging_face("vit_dynamo", transformers.ViTForImageClassification, config, {"pixel_values": floats(1, 8, 8)},
                 result="logits", attention="sdpa", dynamo=True)


class Encoder(nn.Module):
    """nn.TransformerEncoder, whose padding mask says True for what is not a word."""

    def __init__(self, **options):
        super().__init__()
        layer = nn.TransformerEncoderLayer(width, heads, 24, **options)
        self.encoder = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)

    def forward(self, x, mask=None):
        return self.encoder(x, src_key_padding_mask=mask)


@fixture
def torch_encoder():
    inputs = {"x": floats(length, width), "mask": padding(type=np.int64) == 0}
    export("torch_encoder", Encoder(batch_first=True, activation="gelu"), inputs)


@fixture
def torch_encoder_second():
    export("torch_encoder_second", Encoder(norm_first=True), {"x": floats(length, width)}, dynamic=(None, "batch"), batch=1)


@fixture
def torch_encoder_dynamo():
    inputs = {"x": floats(length, width), "mask": padding(type=np.int64) == 0}
    export("torch_encoder_dynamo", Encoder(batch_first=True, norm_first=True), inputs, dynamo=True, batch=None)


@fixture
def torch_attention():
    """nn.MultiheadAttention with its weights shown and a causal mask."""

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
            self.register_buffer("mask", torch.triu(torch.ones(length, length, dtype=torch.bool), 1))

        def forward(self, x):
            return self.attention(x, x, x, attn_mask=self.mask)

    export("torch_attention", Attention(), {"x": floats(length, width)}, outputs=("y", "weights"))


@fixture
def torch_attention_second():
    """Keys and values of another length, batch second."""

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.attention = nn.MultiheadAttention(width, heads, add_bias_kv=False)

        def forward(self, x, memory):
            return self.attention(x, memory, memory, need_weights=False)[0]

    export("torch_attention_second", Attention(), {"x": floats(length, width), "memory": floats(5, width)},
           dynamic=(None, "batch"), batch=1)


class Rotary(nn.Module):
    """Pairs of neighbours turned by angles of constant positions."""

    def forward(self, x):
        size = x.shape[-1]
        angles = torch.outer(torch.arange(x.shape[-2]).float(), 100 ** (-torch.arange(0, size, 2).float() / size))
        cosine, sine = angles.cos(), angles.sin()
        even, odd = x[..., 0::2], x[..., 1::2]
        return torch.stack([even * cosine - odd * sine, even * sine + odd * cosine], -1).flatten(-2)


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * self.gain


class Block(nn.Module):
    """Rotary positions, grouped queries, RMSNorm, SwiGLU, tied embeddings."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(vocabulary, width)
        self.query = nn.Linear(width, width, bias=False)
        self.key, self.value = nn.Linear(width, width // 2, bias=False), nn.Linear(width, width // 2, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.gate, self.up, self.down = nn.Linear(width, 24), nn.Linear(width, 24), nn.Linear(24, width)
        self.norms = nn.ModuleList([Norm(), Norm(), Norm()])
        self.rotary = Rotary()

    def forward(self, ids):
        x = self.table(ids)
        h = self.norms[0](x)
        q = self.rotary(self.query(h).unflatten(-1, (4, 4)).transpose(1, 2))
        k = self.rotary(self.key(h).unflatten(-1, (2, 4)).transpose(1, 2)).repeat_interleave(2, 1)
        v = self.value(h).unflatten(-1, (2, 4)).transpose(1, 2).repeat_interleave(2, 1)
        scores = q @ k.transpose(-1, -2) / 2
        allowed = torch.tril(torch.ones(ids.shape[1], ids.shape[1], dtype=torch.bool))
        weights = scores.masked_fill(~allowed, float("-inf")).softmax(-1)
        x = x + self.out((weights @ v).transpose(1, 2).flatten(2))
        h = self.norms[1](x)
        x = x + self.down(functional.silu(self.gate(h)) * self.up(h))
        return self.norms[2](x) @ self.table.weight.t()


@fixture
def rotary():
    export("rotary", Block(), {"ids": ids()})


@fixture
def rotary_dynamo():
    export("rotary_dynamo", Block(), {"ids": ids()}, dynamo=True)


@fixture
def class_token():
    """Patches with a token for the class before them; the folded batch of a linear layer."""

    class Patches(nn.Module):
        def __init__(self):
            super().__init__()
            self.token, self.places = nn.Parameter(torch.zeros(1, 1, width)), nn.Parameter(torch.zeros(1, length + 1, width))
            self.layer = nn.TransformerEncoderLayer(width, heads, 24, batch_first=True, activation="gelu")
            self.head = nn.Linear(width, 5)

        def forward(self, x):
            x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.places
            x = self.layer(x)
            return self.head(x.reshape(-1, width)).reshape(x.shape[0], -1, 5).log_softmax(-1)[:, 0]

    export("class_token", Patches(), {"x": floats(length, width)})


def constant(name, values, type=np.float32):
    return numpy_helper.from_array(np.asarray(values, type), name)


def weights(name, *shape):
    return constant(name, random.standard_normal(shape) * 0.4)


def graph(name, nodes, inputs, outputs, initializers, opset=23, rows=None, domains=()):
    """inputs, outputs: name to samples, name to number of axes."""
    types = {np.dtype(np.int64): TensorProto.INT64, np.dtype(np.float32): TensorProto.FLOAT, np.dtype(bool): TensorProto.BOOL,
             np.dtype(np.int32): TensorProto.INT32}
    ports = [helper.make_tensor_value_info(key, types[value.dtype], ["batch", *value.shape[1:]]) for key, value in inputs.items()]
    results = [helper.make_tensor_value_info(key, TensorProto.FLOAT, [None] * rank) for key, rank in outputs.items()]
    opsets = [helper.make_opsetid("", opset)] + [helper.make_opsetid(domain, 1) for domain in domains]
    model = helper.make_model(helper.make_graph(nodes, name, ports, results, initializers), opset_imports=opsets, ir_version=10)
    finish(name, model, inputs, rows=rows)


node = helper.make_node


@fixture
def opset23():
    """Attention, RMSNormalization and RotaryEmbedding."""
    nodes = [
        node("Gather", ["table", "ids"], ["x"]),
        node("RMSNormalization", ["x", "gain"], ["h"], axis=-1, epsilon=1e-5),
        node("MatMul", ["h", "wq"], ["q0"]), node("MatMul", ["h", "wk"], ["k0"]), node("MatMul", ["h", "wv"], ["v"]),
        node("RotaryEmbedding", ["q0", "cos", "sin", "places"], ["q"], num_heads=4),
        node("RotaryEmbedding", ["k0", "cos", "sin", "places"], ["k"], num_heads=2),
        node("Attention", ["q", "k", "v"], ["a"], q_num_heads=4, kv_num_heads=2, is_causal=1),
        node("MatMul", ["a", "wo"], ["o"]), node("Add", ["x", "o"], ["r"]),
        node("RMSNormalization", ["r", "gain"], ["n"]), node("MatMul", ["n", "wg"], ["z"]),
        node("Gelu", ["z"], ["g"], approximate="tanh"), node("MatMul", ["g", "head"], ["y"]),
    ]
    angles = np.outer(np.arange(16), 10.0 ** -np.arange(2))
    places = np.tile(np.arange(length), (count, 1))
    graph("opset23", nodes, {"ids": ids(), "places": places}, {"y": 3}, [
        weights("table", vocabulary, width), weights("gain", width), weights("wq", width, 16), weights("wk", width, 8),
        weights("wv", width, 8), weights("wo", 16, width), weights("wg", width, 24), weights("head", 24, 5),
        constant("cos", np.cos(angles)), constant("sin", np.sin(angles))])


@fixture
def attention23():
    """Attention of four axes with a mask of booleans."""
    nodes = [
        node("Unsqueeze", ["mask", "axes"], ["m0"]), node("Expand", ["m0", "size"], ["m"]),
        node("Attention", ["q", "k", "v", "m"], ["a"], scale=0.4), node("Add", ["a", "c"], ["y"]),
    ]
    graph("attention23", nodes, {
        "q": floats(2, length, 4), "k": floats(2, length, 4), "v": floats(2, length, 4), "mask": padding(type=bool)}, {"y": 4},
        [constant("axes", [1, 2], np.int64), constant("size", [1, 1, length, 1], np.int64), constant("c", [0.5])])


@fixture
def written_out():
    """LayerNormalization, Softmax, Gelu and RMSNorm of single operators."""
    nodes = [
        node("ReduceMean", ["x", "last"], ["mean"]), node("Sub", ["x", "mean"], ["u"]), node("Mul", ["u", "u"], ["uu"]),
        node("ReduceMean", ["uu", "last"], ["v"]), node("Add", ["v", "eps"], ["ve"]), node("Sqrt", ["ve"], ["s"]),
        node("Reciprocal", ["s"], ["r"]), node("Mul", ["u", "r"], ["n"]), node("Mul", ["n", "gain"], ["ng"]),
        node("Add", ["ng", "shift"], ["h"]),
        node("MatMul", ["h", "w"], ["z"]), node("ReduceMax", ["z", "last"], ["top"]), node("Sub", ["z", "top"], ["d"]),
        node("Exp", ["d"], ["e"]), node("ReduceSum", ["e", "last"], ["total"]), node("Div", ["e", "total"], ["p"]),
        node("Div", ["p", "root"], ["g0"]), node("Erf", ["g0"], ["g1"]), node("Add", ["g1", "one"], ["g2"]),
        node("Mul", ["p", "g2"], ["g3"]), node("Mul", ["g3", "half"], ["g"]),
        node("Pow", ["g", "two"], ["gg"]), node("ReduceMean", ["gg", "last"], ["gv"]), node("Add", ["gv", "eps"], ["ge"]),
        node("Pow", ["ge", "negative"], ["gr"]), node("Mul", ["g", "gr"], ["y"]),
    ]
    graph("written_out", nodes, {"x": floats(length, width)}, {"y": 3}, [
        constant("last", [-1], np.int64), constant("eps", 1e-5), weights("gain", width), weights("shift", width),
        weights("w", width, 6), constant("root", 2 ** 0.5), constant("one", 1), constant("half", 0.5), constant("two", 2),
        constant("negative", -0.5)], opset=18)


@fixture
def fused():
    """Operators that onnxruntime's optimizer writes."""
    ms = dict(domain="com.microsoft")
    nodes = [
        node("Gather", ["table", "ids"], ["x"]), node("Gather", ["table", "others"], ["x2"]),
        node("SkipLayerNormalization", ["x", "x2", "gain", "shift", "bias"], ["h", "", "", "sum"], epsilon=1e-5, **ms),
        node("BiasGelu", ["h", "bias"], ["g"], **ms), node("FastGelu", ["g", "bias"], ["f"], **ms),
        node("QuickGelu", ["f"], ["k"], alpha=1.702, **ms), node("Gelu", ["k"], ["l"], **ms),
        node("SkipSimplifiedLayerNormalization", ["l", "sum", "gain"], ["s"], epsilon=1e-5, **ms),
        node("SimplifiedLayerNormalization", ["s", "gain"], ["t"], axis=-1, epsilon=1e-5),
        node("LayerNormalization", ["t", "gain", "shift"], ["y"]),
    ]
    graph("fused", nodes, {"ids": ids(), "others": -ids().astype(np.int32)}, {"y": 3}, [
        weights("table", vocabulary, width), weights("gain", width), weights("shift", width), weights("bias", width)],
        opset=17, domains=["com.microsoft"])


@fixture
def embedded():
    """EmbedLayerNormalization and MultiHeadAttention, with what is added to scores: slopes that are no mask, and one that is."""
    ms = dict(domain="com.microsoft")
    nodes = [
        node("EmbedLayerNormalization", ["ids", "segments", "table", "places", "kinds", "gain", "shift"], ["x", ""], **ms),
        node("MatMul", ["x", "wq"], ["q"]), node("MatMul", ["x", "wk"], ["k"]), node("MatMul", ["x", "wv"], ["v"]),
        node("ScatterND", ["slopes", "where", "never"], ["added"]),
        node("MultiHeadAttention", ["q", "k", "v", "bias", "", "added"], ["a"], num_heads=heads, **ms),
        node("Add", ["a", "x"], ["y"]),
    ]
    distance = np.arange(length)[None, :] - np.arange(length)[:, None]
    slopes = -np.abs(distance)[None, None] * np.array([0.5, 6]).reshape(1, heads, 1, 1)
    where = np.argwhere(np.broadcast_to(distance > 0, slopes.shape))
    graph("embedded", nodes, {"ids": ids().astype(np.int32), "segments": ids(2).astype(np.int32)}, {"y": 3}, [
        weights("table", vocabulary, width), weights("places", 16, width), weights("kinds", 2, width), weights("gain", width),
        weights("shift", width), weights("wq", width, width), weights("wk", width, width), weights("wv", width, width),
        weights("bias", 3 * width), constant("slopes", slopes), constant("where", where, np.int64),
        constant("never", np.full(len(where), -np.inf))], opset=18, domains=["com.microsoft"])


@fixture
def fused_attention():
    """Attention and MultiHeadAttention of onnxruntime, with masks of two axes."""
    ms = dict(domain="com.microsoft")
    nodes = [
        node("Attention", ["x", "w", "b", "mask"], ["a"], num_heads=heads, **ms),
        node("Attention", ["a", "w", "b"], ["c"], num_heads=heads, unidirectional=1, **ms),
        node("MultiHeadAttention", ["c", "x", "a", "b", "mask"], ["y"], num_heads=heads, **ms),
    ]
    graph("fused_attention", nodes, {"x": floats(length, width), "mask": padding(type=np.int32)}, {"y": 3}, [
        weights("w", width, 3 * width), weights("b", 3 * width)], opset=18, domains=["com.microsoft"])


@fixture
def grouped_query():
    """GroupQueryAttention of onnxruntime: parts, then packed ones that it turns itself."""
    ms = dict(domain="com.microsoft")
    size, shared = 16, 1
    packed = (heads + 2 * shared) * size
    nodes = [
        node("Shape", ["x"], ["batch"], end=1), node("Expand", ["length", "batch"], ["last"]),
        node("MatMul", ["x", "wq"], ["q"]), node("MatMul", ["x", "wk"], ["k"]), node("MatMul", ["x", "wv"], ["v"]),
        node("GroupQueryAttention", ["q", "k", "v", "", "", "last", "total"], ["a", "k1", "v1"], num_heads=heads, kv_num_heads=shared, **ms),
        node("MatMul", ["a", "wp"], ["p"]),
        node("GroupQueryAttention", ["p", "", "", "", "", "last", "total", "cosines", "sines"], ["y", "k2", "v2"], num_heads=heads,
             kv_num_heads=shared, do_rotary=1, **ms),
    ]
    angles = np.arange(2 * length)[:, None] / 10 ** np.arange(size // 2)
    graph("grouped_query", nodes, {"x": floats(length, width)}, {"y": 3}, [
        weights("wq", width, heads * size), weights("wk", width, shared * size), weights("wv", width, shared * size),
        weights("wp", heads * size, packed), constant("length", [length - 1], np.int32), constant("total", [length], np.int32),
        constant("cosines", np.cos(angles)), constant("sines", np.sin(angles))], opset=18, domains=["com.microsoft"])


@fixture
def groups():
    """InstanceNormalization and GroupNormalization."""
    nodes = [
        node("InstanceNormalization", ["x", "scale", "bias"], ["i"]),
        node("GroupNormalization", ["i", "scale", "bias"], ["y"], num_groups=2),
    ]
    graph("groups", nodes, {"x": floats(4, 3, 3)}, {"y": 4}, [weights("scale", 4), weights("bias", 4)], opset=21)


def save(path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for key, values in expected.items():
            content = io.BytesIO()
            np.save(content, values)
            archive.writestr(zipfile.ZipInfo(key + ".npy", (1980, 1, 1, 0, 0, 0)), content.getvalue(), zipfile.ZIP_DEFLATED)


if wanted:
    expected.update(np.load(here / "expected.npz") if (here / "expected.npz").exists() else {})
for name, make in models.items():
    if not wanted or name in wanted:
        for key in [key for key in expected if key.startswith(name + "/")]:
            del expected[key]
        random = np.random.default_rng(len(name))
        make()
save(here / "expected.npz")
