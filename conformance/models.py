"""Small checkpoints with the names of real model families, and what each of their modules is."""

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
from safetensors.torch import save_file

from semantics import Model
from weights import DTYPES, weights

HIDDEN, INTERMEDIATE, VOCABULARY = 64, 96, 40


@dataclass(frozen=True)
class Checkpoint:
    model: Model
    kinds: dict[str, str]
    """Of each tensor, as `fewbit explain` names them; written here from what the family is, not from its output."""
    tensors: dict[str, torch.Tensor]


class _Builder:
    def __init__(self, random: Random):
        self.random = random
        self.modules: dict[str, dict[str, tuple[int, ...]]] = {}
        self.kinds: dict[str, str] = {}

    def add(self, module: str, kind: str, **parameters: tuple[int, ...]) -> None:
        self.modules[module] = parameters
        for parameter in parameters:
            self.kinds[f"{module}.{parameter}"] = kind

    def linear(self, module: str, rows: int, columns: int, bias: bool = False) -> None:
        self.add(module, "linear", weight=(rows, columns), **({"bias": (rows,)} if bias else {}))

    def norm(self, module: str, bias: bool = False) -> None:
        self.add(module, "norm", weight=(HIDDEN,), **({"bias": (HIDDEN,)} if bias else {}))

    def done(self) -> Checkpoint:
        dtype = self.random.choice(list(DTYPES.values()))
        linear = frozenset(name for name in self.modules if self.kinds.get(f"{name}.weight") == "linear")
        seed = self.random.randrange(2**31)
        tensors: dict[str, torch.Tensor] = {}
        for module, parameters in self.modules.items():
            for parameter, shape in parameters.items():
                pattern = self.random.choice(("normal", "normal", "outliers", "zero_rows"))
                tensors[f"{module}.{parameter}"] = weights(pattern, shape, dtype, seed + len(tensors))
        return Checkpoint(Model(self.modules, linear), self.kinds, tensors)


def llama(random: Random) -> Checkpoint:
    build = _Builder(random)
    bias = random.random() < 0.5
    build.add("model.embed_tokens", "embedding", weight=(VOCABULARY, HIDDEN))
    for layer in range(2):
        at = f"model.layers.{layer}"
        for name, rows in (("q_proj", HIDDEN), ("k_proj", 32), ("v_proj", 32)):
            build.linear(f"{at}.self_attn.{name}", rows, HIDDEN, bias)
        build.linear(f"{at}.self_attn.o_proj", HIDDEN, HIDDEN)
        build.linear(f"{at}.mlp.gate_proj", INTERMEDIATE, HIDDEN)
        build.linear(f"{at}.mlp.up_proj", INTERMEDIATE, HIDDEN)
        build.linear(f"{at}.mlp.down_proj", HIDDEN, INTERMEDIATE)
        build.norm(f"{at}.input_layernorm")
        build.norm(f"{at}.post_attention_layernorm")
    build.norm("model.norm")
    build.linear("lm_head", VOCABULARY, HIDDEN)
    return build.done()


def mixture(random: Random) -> Checkpoint:
    """Experts one by one in one layer, stacked in the other."""
    build = _Builder(random)
    build.add("model.embed_tokens", "embedding", weight=(VOCABULARY, HIDDEN))
    for layer in range(2):
        at = f"model.layers.{layer}"
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            build.linear(f"{at}.self_attn.{name}", HIDDEN, HIDDEN)
        build.norm(f"{at}.input_layernorm")
    for expert in range(3):
        at = f"model.layers.0.mlp.experts.{expert}"
        build.linear(f"{at}.gate_proj", 32, HIDDEN)
        build.linear(f"{at}.up_proj", 32, HIDDEN)
        build.linear(f"{at}.down_proj", HIDDEN, 32)
    build.add("model.layers.1.mlp.experts", "experts", gate_up_proj=(3, 64, HIDDEN), down_proj=(3, HIDDEN, 32))
    build.linear("lm_head", VOCABULARY, HIDDEN)
    return build.done()


def gpt2(random: Random) -> Checkpoint:
    """Transposed linears, which torchao does not count as linear; every layer has a bias."""
    build = _Builder(random)
    build.add("transformer.wte", "embedding", weight=(VOCABULARY, HIDDEN))
    build.add("transformer.wpe", "embedding", weight=(16, HIDDEN))
    for layer in range(2):
        at = f"transformer.h.{layer}"
        build.norm(f"{at}.ln_1", bias=True)
        build.add(f"{at}.attn.c_attn", "conv1d", weight=(HIDDEN, 3 * HIDDEN), bias=(3 * HIDDEN,))
        build.add(f"{at}.mlp.c_fc", "conv1d", weight=(HIDDEN, INTERMEDIATE), bias=(INTERMEDIATE,))
    build.linear("lm_head", VOCABULARY, HIDDEN)
    return build.done()


def vision(random: Random) -> Checkpoint:
    build = _Builder(random)
    build.add("vit.embeddings.patch_embeddings.projection", "conv", weight=(HIDDEN, 32, 4, 4), bias=(HIDDEN,))
    for layer in range(2):
        at = f"vit.encoder.layer.{layer}"
        for name in ("query", "key", "value"):
            build.linear(f"{at}.attention.attention.{name}", HIDDEN, HIDDEN, bias=True)
        build.linear(f"{at}.intermediate.dense", INTERMEDIATE, HIDDEN, bias=True)
        build.linear(f"{at}.output.dense", HIDDEN, INTERMEDIATE, bias=True)
        build.norm(f"{at}.layernorm_before", bias=True)
    build.linear("classifier", 10, HIDDEN, bias=True)
    return build.done()


FAMILIES = (llama, llama, mixture, gpt2, vision)


def save(tensors: dict[str, torch.Tensor], folder: Path, shards: int = 1) -> None:
    """Writes a checkpoint as transformers does: one file, or several with an index."""
    folder.mkdir(parents=True, exist_ok=True)
    if shards == 1:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        return
    names = list(tensors)
    weight_map: dict[str, str] = {}
    for shard in range(shards):
        part = names[shard * len(names) // shards : (shard + 1) * len(names) // shards]
        file = f"model-{shard + 1:05d}-of-{shards:05d}.safetensors"
        save_file({name: tensors[name] for name in part}, folder / file, metadata={"format": "pt"})
        weight_map.update(dict.fromkeys(part, file))
    total = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2))
