"""llama.cpp: `llama_model_quantize` of its library, with the overrides that `llama-quantize` makes of `--tensor-type-file`."""

import contextlib
import ctypes
import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import gguf
import numpy as np

from foreign.compare import Case, Scheme, weights

FORMAT = "llama.cpp"
# The type of what no pattern matches: one that no pattern asks for here. With F16 the library asks no patterns at all.
MOSTLY_Q6_K = 18
HIDDEN, ROWS, LAYERS = 256, 32, 12
# The library asks for columns that blocks divide, and takes any number of rows.
PARTS = {
    **{
        part: (ROWS, HIDDEN)
        for part in (
            "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj",
            "mlp.down_proj",
        )
    },
    "input_layernorm": (HIDDEN,),
    "post_attention_layernorm": (HIDDEN,),
}  # fmt: skip
ENDS = {"model.embed_tokens": (64, HIDDEN), "model.norm": (HIDDEN,), "lm_head": (64, HIDDEN)}

SCHEMES: dict[str, Scheme] = {
    **{
        name: {"weights": weights(f"int{bits}", {"by": "group", "size": 32}, symmetric), "activations": None}
        for name, bits, symmetric in (("q4_0", 4, True), ("q4_1", 4, False), ("q5_0", 5, True), ("q5_1", 5, False), ("q8_0", 8, True))
    },
    "f16": None,
    "f32": None,
    "bf16": None,
}

PIECES = (
    "blk", r"\.", ".", r"\d+", "(0|1)", "[0-9]", "1", "ffn_", "ffn_(up|down)", "attn", "attn_q", "attn_[kv]", "_output", "output",
    ".*", ".+", "weight", "norm", "token_embd", "^", "$", "^blk", "gate", "(?!.*down)", r"\b", r"\w+", "FFN_up", "d{1,2}", "(?:q|k)",
)  # fmt: skip


class _Override(ctypes.Structure):
    _fields_ = (("pattern", ctypes.c_char_p), ("type", ctypes.c_int))


class _Params(ctypes.Structure):
    _fields_ = (
        ("nthread", ctypes.c_int32), ("ftype", ctypes.c_int), ("output_tensor_type", ctypes.c_int),
        ("token_embedding_type", ctypes.c_int), ("allow_requantize", ctypes.c_bool), ("quantize_output_tensor", ctypes.c_bool),
        ("only_copy", ctypes.c_bool), ("pure", ctypes.c_bool), ("keep_split", ctypes.c_bool), ("dry_run", ctypes.c_bool),
        ("imatrix", ctypes.c_void_p), ("kv_overrides", ctypes.c_void_p), ("tt_overrides", ctypes.POINTER(_Override)),
        ("prune_layers", ctypes.c_void_p),
    )  # fmt: skip


def cases(seed: int, count: int, libraries: Path, scratch: Path) -> list[Case]:
    library = _library(libraries)
    model = scratch / "model.gguf"
    names = _write_model(model)
    parameters = [
        {"name": f"{module}.weight", "module": module, "parameter": "weight", "kind": _kind(module), "dtype": "F32", "shape": list(shape)}
        for module, shape in _shapes().items()
    ]
    made = []
    for number in range(count):
        random = Random(f"{seed} {number}")
        text = _recipe(random, list(names.values()))
        types = _quantized_types(library, model, scratch / "out.gguf", text)
        wanted = None
        if types is not None:
            wanted = {f"{module}.weight": SCHEMES.get(types[name]) for module, name in names.items()}
        made.append(Case(f"recipe {seed} {number}", FORMAT, text, parameters, wanted and _given(wanted), "it ends with an error"))
    return made


def _given(wanted: dict[str, Scheme]) -> dict[str, Scheme]:
    return {name: scheme for name, scheme in wanted.items() if scheme is not None}


def _shapes() -> dict[str, tuple[int, ...]]:
    blocks = {f"model.layers.{layer}.{part}": shape for layer in range(LAYERS) for part, shape in PARTS.items()}
    return {**ENDS, **blocks}


def _kind(module: str) -> str:
    return "norm" if "norm" in module else "embedding" if module.endswith("embed_tokens") else "linear"


def _recipe(random: Random, names: list[str]) -> str:
    lines = []
    for _ in range(random.randint(1, 4)):
        lines.append(f"{_pattern(random, names)}={random.choice(sorted(SCHEMES))}")
    return random.choice((" ", "\n")).join(lines)


def _pattern(random: Random, names: list[str]) -> str:
    if random.random() < 0.3:
        name = random.choice(names)
        return random.choice((name, name.replace(".", r"\."), name.removesuffix(".weight"), name.split(".")[-2]))
    return "".join(random.choice(PIECES) for _ in range(random.randint(1, 4)))


def _write_model(file: Path) -> dict[str, str]:
    """GGUF's names of the weights, by their modules."""
    mapping = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, LAYERS)
    writer = gguf.GGUFWriter(file, "llama")
    writer.add_block_count(LAYERS)
    writer.add_context_length(64)
    writer.add_embedding_length(HIDDEN)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(64)
    names = {}
    values = np.random.default_rng(0)
    for module, shape in _shapes().items():
        names[module] = mapping.get_name(f"{module}.weight", try_suffixes=(".weight",))
        writer.add_tensor(names[module], values.standard_normal(shape, dtype=np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return names


_LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
_quiet = _LOG(lambda level, text, data: None)


def _library(folder: Path) -> ctypes.CDLL:
    for name in ("libggml-base*.so", "libggml.*so", "libggml.so"):
        for file in sorted(folder.glob(name)):
            ctypes.CDLL(str(file), mode=ctypes.RTLD_GLOBAL)
    (file,) = folder.glob("libllama.*so")
    library = ctypes.CDLL(str(file), mode=ctypes.RTLD_GLOBAL)
    library.llama_model_quantize_default_params.restype = _Params
    library.llama_model_quantize.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(_Params))
    library.llama_log_set(_quiet, None)
    library.llama_backend_init()
    return library


def _quantized_types(library: ctypes.CDLL, model: Path, out: Path, text: str) -> dict[str, str] | None:
    """The types of the tensors that come out, by GGUF's names; None when the library refuses."""
    items = [item.partition("=") for item in text.split()]
    # llama-quantize puts patterns into lower case before it hands them over.
    overrides = [_Override(pattern.lower().encode(), int(gguf.GGMLQuantizationType[kind.upper()])) for pattern, _, kind in items]
    params = library.llama_model_quantize_default_params()
    params.nthread, params.ftype = 1, MOSTLY_Q6_K
    params.tt_overrides = (_Override * (len(overrides) + 1))(*overrides, _Override(None, 0))
    out.unlink(missing_ok=True)
    with _without_stderr():
        code = library.llama_model_quantize(str(model).encode(), str(out).encode(), ctypes.byref(params))
    if code != 0:
        return None
    return {tensor.name: tensor.tensor_type.name.lower() for tensor in gguf.GGUFReader(out).tensors}


@contextlib.contextmanager
def _without_stderr() -> Iterator[None]:
    saved, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(null)
