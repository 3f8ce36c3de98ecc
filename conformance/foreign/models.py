"""Small models without weights, with the names of real ones and names that differ from them in little."""

from random import Random

from types import SimpleNamespace

import torch
from torch import nn

PARTS = (
    "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "self_attn.qk", "mlp.up_proj", "mlp.gate",
    "mlp.gate_proj", "mlp.down_proj", "w.weight_proj", "ght", "fc1", "fc10", "mlp.experts.0.up_proj", "mlp.experts.1.up_proj",
)  # fmt: skip
STEMS = ("model.layers", "layers", "transformer.h")


class Node(nn.Module):
    """Holds modules under any names, and has the config that tools ask for."""

    config = None
    _keep_in_fp32_modules = None


class Norm(nn.Module):
    def __init__(self, width: int):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width, device="meta"))


class Model:
    """A tree of modules, and its parameters as a checkpoint has them."""

    def __init__(self, root: nn.Module, kinds: dict[str, str]):
        self.root = root
        self.kinds = kinds

    def linears(self) -> list[str]:
        return [name for name, kind in self.kinds.items() if kind == "linear"]

    def parameters(self) -> list[dict]:
        return [
            {
                "name": name,
                "module": name.rpartition(".")[0],
                "parameter": name.rpartition(".")[2],
                "kind": self.kinds[name.rpartition(".")[0]],
                "dtype": "BF16",
                "shape": list(value.shape),
            }
            for name, value in self.root.named_parameters()
        ]


def random_model(random: Random, vision: bool = False) -> Model:
    kinds: dict[str, str] = {}
    root = Node()
    root.config = SimpleNamespace(model_type=None, name_or_path="", tie_word_embeddings=False)
    if vision:
        root.config.vision_config = SimpleNamespace()
    root.name_or_path = "tiny"
    stem = random.choice(STEMS)
    prefix = stem.rpartition(".")[0]
    _put(root, f"{prefix}.embed_tokens".lstrip("."), nn.Embedding(128, 64, device="meta"), "embedding", kinds)
    layers = random.choice((2, 3, 12))
    parts = random.sample(PARTS, random.randint(2, 5))
    odd = random.choice(parts) if random.random() < 0.2 else None
    for layer in range(layers):
        _put(root, f"{stem}.{layer}.input_layernorm", Norm(64), "norm", kinds)
        for part in parts:
            columns = 48 if part == odd else 64
            linear = nn.Linear(columns, 64, bias=random.random() < 0.2, device="meta")
            _put(root, f"{stem}.{layer}.{part}", linear, "linear", kinds)
    if vision:
        for layer in range(2):
            _put(root, f"model.visual.blocks.{layer}.mlp.up_proj", nn.Linear(64, 64, device="meta"), "linear", kinds)
        _put(root, "model.visual.merger.proj", nn.Linear(64, 64, device="meta"), "linear", kinds)
    _put(root, f"{prefix}.norm".lstrip("."), Norm(64), "norm", kinds)
    _put(root, "lm_head", nn.Linear(64, 128, bias=False, device="meta"), "linear", kinds)
    return Model(root, kinds)


def _put(root: nn.Module, path: str, module: nn.Module, kind: str, kinds: dict[str, str]) -> None:
    at = root
    *above, leaf = path.split(".")
    for place, name in enumerate(above):
        if name not in at._modules:
            numbered = (above[place + 1 :] + [leaf])[0].isdigit()
            at.add_module(name, nn.ModuleList() if numbered else Node())
        at = at._modules[name]
    at.add_module(leaf, module)
    kinds[path] = kind
