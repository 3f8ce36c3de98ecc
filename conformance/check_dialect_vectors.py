"""The vectors of packages/dialects/test/vectors.json through the real torchao and transformers. What a dialect says about
them is tested there, without Python.
"""

import json
from pathlib import Path

import torch
from torch import nn
from torchao.core.config import config_from_dict
from torchao.prototype.mx_formats import NVFP4WeightOnlyConfig
from torchao.quantization import FqnToConfig, quantize_
from transformers import PretrainedConfig, PreTrainedModel, TorchAoConfig
from transformers.utils import logging

import fewbit
import oracle
from check_dialects import class_of, loading_state, place_of
from report import Report

FILE = fewbit.ROOT / "packages" / "dialects" / "test" / "vectors.json"


def check(report: Report, scratch: Path) -> None:
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    read = json.loads(FILE.read_text())
    configs = {name: config_from_dict(config) for name, config in read["configs"].items()}
    decoder = scratch / "decoder"
    torch.manual_seed(1)
    Decoder(PretrainedConfig(tie_word_embeddings=False)).to(torch.bfloat16).save_pretrained(decoder)
    counts = {"torchao": 0, "transformers": 0}
    for vector in read["vectors"]:
        recipe = {key: name and configs[name] for key, name in vector["recipe"].items()}
        for dialect, run in (
            ("torchao", lambda: _torchao(read["models"][vector["model"]], recipe)),
            ("transformers", lambda: _transformers(decoder, recipe, vector.get("options", {}))),
        ):
            if dialect in vector:
                expected = vector[dialect]
                # Which key it was is for the random recipes to tell, by bytes.
                wanted = expected if "error" in expected else {"quantized": sorted(expected["quantized"])}
                seen = run()
                report.check(seen == wanted, f"{dialect}, {vector['name']}: {seen}, expected {wanted}")
                counts[dialect] += 1
    _check_modules_only(report)
    report.note(", ".join(f"{count} for {dialect}" for dialect, count in counts.items()))


def _torchao(parameters: list[dict], recipe: dict) -> dict:
    tensors = {row["name"]: torch.randn(row["shape"]).bfloat16() for row in parameters}
    root = oracle.module_tree(tensors, {row["name"]: row["kind"] for row in parameters})
    try:
        quantize_(root, FqnToConfig(dict(recipe)), filter_fn=None)
    except Exception as error:  # noqa: BLE001 - torchao raises errors of every class
        return {"error": class_of(error), "at": place_of(error)}
    return {"quantized": _quantized(root)}


def _transformers(folder: Path, recipe: dict, options: dict) -> dict:
    try:
        model = Decoder.from_pretrained(folder, quantization_config=TorchAoConfig(FqnToConfig(dict(recipe)), **options))
    except Exception as error:  # noqa: BLE001
        return {"error": class_of(error), "at": loading_state(error)[1]}
    return {"quantized": _quantized(model)}


def _quantized(root: nn.Module) -> list[str]:
    names = root.named_parameters(remove_duplicate=False)
    return sorted(name for name, parameter in names if type(parameter.data) is not torch.Tensor)


def _check_modules_only(report: Report) -> None:
    """A config whose handler takes modules only; packages/dialects/test/torchao has the same with a config of its own."""
    for key, expected in (
        ("0", {"quantized": ["0.weight"]}),
        ("0.weight", {"error": "NotImplementedError", "at": "0.weight"}),
        ("re:0.weight", {"error": "NotImplementedError", "at": "0.weight"}),
    ):
        seen = _torchao([{"name": "0.weight", "shape": [64, 64], "kind": "linear"}], {key: NVFP4WeightOnlyConfig()})
        report.check(seen == expected, f"a config for modules only, {key}: {seen}, expected {expected}")


class Decoder(PreTrainedModel):
    """The model "decoder" of the vectors."""

    config_class = PretrainedConfig

    def __init__(self, config: PretrainedConfig):
        super().__init__(config)
        layer = nn.Module()
        layer.self_attn = nn.Module()
        layer.self_attn.q_proj = nn.Linear(64, 64)
        layer.self_attn.k_proj = nn.Linear(64, 64, bias=False)
        layer.mlp = nn.Module()
        layer.mlp.experts = nn.Module()
        layer.mlp.experts.gate_up_proj = nn.Parameter(torch.randn(4, 64, 64))
        layer.mlp.experts.down_proj = nn.Parameter(torch.randn(4, 64, 32))
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(64, 64)
        self.model.layers = nn.ModuleList([layer])
        self.model.norm = nn.LayerNorm(64)
        self.lm_head = nn.Linear(64, 64, bias=False)
        self.post_init()

    def get_input_embeddings(self) -> nn.Module:
        return self.model.embed_tokens
