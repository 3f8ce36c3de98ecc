"""What we write, loaded by transformers: the logits and the text of a model that torchao quantized in memory."""

import json
from pathlib import Path

import torch
from torchao.quantization import (
    FqnToConfig,
    Int8DynamicActivationInt8WeightConfig,
    Int8DynamicActivationIntxWeightConfig,
    Int8WeightOnlyConfig,
    IntxWeightOnlyConfig,
    PerGroup,
    PerTensor,
    quantize_,
)
from torchao.quantization.quant_primitives import MappingType
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM
from transformers.utils import logging

import fewbit
from report import Report

PROMPT = "It was "
NEW_BYTES = 48
LAYERS = r"re:model\.layers\.\d+\."

INT4_GROUPS = IntxWeightOnlyConfig(torch.int4, PerGroup(32))
RECIPES = {
    "int8 weight only": {"_default": Int8WeightOnlyConfig()},
    "int8 weight only, whole tensors": {"_default": Int8WeightOnlyConfig(granularity=PerTensor()), "lm_head": None},
    "int8 dynamic": {"_default": Int8DynamicActivationInt8WeightConfig()},
    "int8 dynamic, asymmetric": {
        "_default": Int8DynamicActivationInt8WeightConfig(act_mapping_type=MappingType.ASYMMETRIC)
    },
    "int4 in groups": {"_default": INT4_GROUPS},
    "int8 dynamic, int4 in groups": {
        "_default": Int8DynamicActivationIntxWeightConfig(torch.int4, PerGroup(32)),
        "lm_head": None,
    },
    "mixed": {
        "model.embed_tokens": IntxWeightOnlyConfig(torch.int8),
        "lm_head": Int8DynamicActivationInt8WeightConfig(),
        LAYERS + r"mlp\..*_proj": INT4_GROUPS,
        LAYERS + r"self_attn\.[qk]_proj": Int8WeightOnlyConfig(granularity=PerGroup(32)),
        "_default": Int8WeightOnlyConfig(),
    },
}


def check(report: Report, scratch: Path, model: Path) -> None:
    """`model` is the folder of a byte-level Llama."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    if not (model / "config.json").exists():
        raise FileNotFoundError(f"no model in {model}")
    for name, recipe in RECIPES.items():
        text = _check_recipe(report, model, scratch / name.replace(" ", "_").replace(",", ""), name, recipe)
    shards = scratch / "shards"
    _check_recipe(report, model, shards, "mixed, in shards", RECIPES["mixed"], "--max-shard-size", "400KB")
    files = len(list(shards.glob("*.safetensors")))
    report.check(files > 2, f"{files} files for shards of 400 KB")
    report.note(f"{len(RECIPES)} recipes, {files} shards, the last one writes {PROMPT + text!r}")


def check_tied(report: Report, scratch: Path) -> None:
    """A model whose lm_head is its embeddings: the checkpoint holds them once, and quantizing them needs two."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    model = random_model(scratch / "tied")
    layers = {LAYERS + r".*_proj": Int8WeightOnlyConfig()}
    embeddings = {"model.embed_tokens": IntxWeightOnlyConfig(torch.int8)}
    head = {"lm_head": Int8WeightOnlyConfig()}
    _check_recipe(report, model, scratch / "layers", "tied, layers", layers)
    for name, recipe in {
        "default": {"_default": Int8WeightOnlyConfig()},
        "embeddings": {**layers, **embeddings},
        "head": head,
        "both": {**embeddings, **head},
    }.items():
        out = scratch / name
        _check_recipe(report, model, out, f"untied, {name}", recipe, "--untie")
        tied = json.loads((out / "config.json").read_text())["tie_word_embeddings"]
        report.check(tied is False, f"untied, {name}: tie_word_embeddings is {tied}")
    try:
        fewbit.quantize(model, FqnToConfig(dict(embeddings)), scratch / "refused")
        report.fail("quantizing tied embeddings without --untie was not refused")
    except fewbit.FewbitFailed as error:
        report.check(error.code == 2, f"quantizing tied embeddings without --untie: {error}")


def _check_recipe(report: Report, model: Path, out: Path, name: str, recipe: dict, *options: str) -> str:
    fewbit.quantize(model, FqnToConfig(dict(recipe)), out, *options, runner=fewbit.run_apart)
    ours, loading = AutoModelForCausalLM.from_pretrained(out, output_loading_info=True)
    for what in ("missing_keys", "unexpected_keys", "mismatched_keys"):
        report.check(not loading[what], f"{name}: {what}: {sorted(loading[what])[:3]}")

    theirs = AutoModelForCausalLM.from_pretrained(model)
    quantize_(theirs, FqnToConfig(dict(recipe)), filter_fn=None)

    ids = torch.tensor([list(PROMPT.encode())])
    with torch.no_grad():
        mine, other = ours.eval()(ids).logits, theirs.eval()(ids).logits
    report.check(torch.equal(mine, other), f"{name}: logits differ by up to {(mine - other).abs().max():.3g}")
    written = [
        module.generate(ids, max_new_tokens=NEW_BYTES, do_sample=False, pad_token_id=0)[0, ids.shape[1] :].tolist()
        for module in (ours, theirs)
    ]
    report.check(len(written[0]) == NEW_BYTES, f"{name}: wrote {len(written[0])} bytes of {NEW_BYTES}")
    report.check(written[0] == written[1], f"{name}: another text than torchao's")
    return bytes(written[0]).decode(errors="replace")


def random_model(folder: Path) -> Path:
    """A byte-level Llama with random weights and tied embeddings, saved by transformers."""
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=256,
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=None,
    )
    LlamaForCausalLM(config).to(torch.bfloat16).save_pretrained(folder)
    return folder
