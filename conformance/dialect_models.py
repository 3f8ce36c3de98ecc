"""Models for the dialects: random trees of every kind of module, and small ones of real families from transformers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import torch
import transformers
from torch import nn

DTYPES = {torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16", torch.float64: "F64", torch.int64: "I64"}


class Bare(nn.Module):
    """Holds parameters and modules under any names."""

    def __init__(self, **parameters: nn.Parameter | None):
        super().__init__()
        for name, parameter in parameters.items():
            self.register_parameter(name, parameter)


@dataclass(frozen=True)
class RandomModel:
    root: nn.Module
    kinds: dict[str, str]
    """Of each module that owns something, by what it was made as."""

    def parameters(self) -> list[dict]:
        """In the order of registration, a shared tensor under each of its names."""
        return [
            {"name": name, "dtype": DTYPES[value.dtype], "shape": list(value.shape), "kind": self.kind(name)}
            for name, value in self.root.named_parameters(remove_duplicate=False)
        ]

    def kind(self, name: str) -> str:
        return self.kinds.get(name.rpartition(".")[0], "other")

    def modules(self) -> list[str]:
        return [name for name, _ in self.root.named_modules()]


def random_model(random: Random) -> RandomModel:
    """Some ten modules, nested up to three deep."""
    kinds: dict[str, str] = {}
    dtype = random.choice((torch.bfloat16, torch.bfloat16, torch.float32, torch.float16))
    names = ["embed", "layers", "mlp", "attn", "q_proj", "k_proj", "head", "norm", "experts", "block", "linear1", "linear2"]

    def fill(module: nn.Module, fqn: str, depth: int) -> None:
        for name in random.sample(names, random.randint(1, 4)):
            path = f"{fqn}.{name}" if fqn else name
            if depth < 3 and random.random() < 0.35:
                if random.random() < 0.4:
                    child: nn.Module = nn.ModuleList([Bare() for _ in range(random.choice((2, 2, 11)))])
                    for index, inner in enumerate(child):
                        fill(inner, f"{path}.{index}", 3 if len(child) > 2 else depth + 1)
                else:
                    child = Bare()
                    fill(child, path, depth + 1)
            else:
                child, kinds[path] = _leaf(random)
            module.add_module(name, child)

    root = Bare()
    if random.random() < 0.15:
        root.register_parameter("scale", nn.Parameter(torch.randn(64)))
        kinds[""] = "other"
    fill(root, "", 0)
    _tie(random, root, kinds)
    root.to(dtype).requires_grad_(False)
    return RandomModel(root, kinds)


def _leaf(random: Random) -> tuple[nn.Module, str]:
    width = random.choice((64, 64, 64, 32, 48, 30))
    rows = random.choice((64, 32, 8))
    makers: tuple[Callable[[], tuple[nn.Module, str]], ...] = (
        lambda: (nn.Linear(width, rows, bias=True), "linear"),
        lambda: (nn.Linear(width, rows, bias=True), "linear"),
        lambda: (nn.Linear(width, rows, bias=False), "linear"),
        lambda: (nn.Embedding(rows, width), "embedding"),
        lambda: (nn.LayerNorm(width), "norm"),
        lambda: (Bare(weight=_parameter(width)), "norm"),
        lambda: (transformers.pytorch_utils.Conv1D(rows, width), "conv1d"),
        lambda: (nn.Conv2d(32, 8, random.choice((1, 3)), bias=True), "conv"),
        lambda: (Bare(gate_up_proj=_parameter(3, 64, width), down_proj=_parameter(3, width, 32)), "experts"),
        lambda: (
            Bare(gate_up_proj=_parameter(3, width, 64), gate_up_proj_bias=_parameter(3, 64), down_proj=_parameter(3, 32, width)),
            "experts",
        ),
        lambda: (Bare(weight=_parameter(rows, width)), "other"),
        lambda: (Bare(a=_parameter(rows, width), b=_parameter(width), c=_parameter(rows, 64)), "other"),
        lambda: (nn.ParameterList([_parameter(rows, width), _parameter(width)]), "other"),
        lambda: (_with_extra(nn.Linear(64, rows), _parameter(rows, 64)), "linear"),
        lambda: (nn.SiLU(), "other"),
    )
    return random.choice(makers)()


def _with_extra(linear: nn.Linear, parameter: nn.Parameter) -> nn.Linear:
    linear.register_parameter("weight2", parameter)
    return linear


def _parameter(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.randn(shape))


def _tie(random: Random, root: nn.Module, kinds: dict[str, str]) -> None:
    """Shares an embedding's weight with a head, as models do, in about half of the models that have an embedding."""
    embeddings = [path for path, kind in kinds.items() if kind == "embedding"]
    if not embeddings or random.random() < 0.5:
        return
    embedding = root.get_submodule(random.choice(embeddings))
    rows, columns = embedding.weight.shape
    head = nn.Linear(columns, rows, bias=False)
    head.weight = embedding.weight
    root.add_module("lm_head", head)
    kinds["lm_head"] = "linear"


SMALL = {
    "vocab_size": 64,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": None,
}
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "head_dim": 16}

FAMILIES: dict[str, Callable[[], transformers.PreTrainedModel]] = {
    "llama": lambda: transformers.LlamaForCausalLM(transformers.LlamaConfig(**SMALL, tie_word_embeddings=False)),
    "llama tied": lambda: transformers.LlamaForCausalLM(transformers.LlamaConfig(**SMALL, tie_word_embeddings=True)),
    "qwen2": lambda: transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**SMALL, tie_word_embeddings=False)),
    "qwen2 tied": lambda: transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**SMALL, tie_word_embeddings=True)),
    "qwen3 moe": lambda: transformers.Qwen3MoeForCausalLM(
        transformers.Qwen3MoeConfig(
            **SMALL, **EXPERTS, decoder_sparse_step=1, mlp_only_layers=[0], tie_word_embeddings=False
        )
    ),
    "mixtral": lambda: transformers.MixtralForCausalLM(
        transformers.MixtralConfig(**SMALL, num_local_experts=4, num_experts_per_tok=2, tie_word_embeddings=False)
    ),
    "gpt2": lambda: transformers.GPT2LMHeadModel(
        transformers.GPT2Config(
            vocab_size=64, n_positions=32, n_embd=64, n_layer=2, n_head=4, bos_token_id=None, eos_token_id=None
        )
    ),
    "gpt neox": lambda: transformers.GPTNeoXForCausalLM(
        transformers.GPTNeoXConfig(
            **{name: value for name, value in SMALL.items() if name != "num_key_value_heads"}, tie_word_embeddings=False
        )
    ),
    "opt": lambda: transformers.OPTForCausalLM(
        transformers.OPTConfig(
            vocab_size=64, hidden_size=64, ffn_dim=96, num_hidden_layers=2, num_attention_heads=4,
            max_position_embeddings=32, word_embed_proj_dim=64, bos_token_id=None, eos_token_id=None, pad_token_id=None,
        )
    ),
    "deepseek v3": lambda: transformers.DeepseekV3ForCausalLM(
        transformers.DeepseekV3Config(
            **{**SMALL, "num_key_value_heads": 4}, moe_intermediate_size=32, n_routed_experts=4, n_shared_experts=1,
            num_experts_per_tok=2, n_group=2, topk_group=1, first_k_dense_replace=1, kv_lora_rank=32, q_lora_rank=32,
            qk_rope_head_dim=16, qk_nope_head_dim=16, v_head_dim=16, tie_word_embeddings=False,
        )
    ),
    "gpt oss": lambda: transformers.GptOssForCausalLM(
        transformers.GptOssConfig(
            **SMALL, head_dim=16, num_local_experts=4, num_experts_per_tok=2, tie_word_embeddings=False,
            layer_types=["full_attention", "full_attention"],
        )
    ),
}


def save_family(name: str, folder: Path) -> None:
    torch.manual_seed(len(name))
    FAMILIES[name]().to(torch.bfloat16).save_pretrained(folder)
