"""The dialect `vllm` against vLLM's own TorchAOConfig, asked by the layers of vLLM's own models."""

import json
import os
from collections import Counter
from pathlib import Path
from random import Random

import regex
import torch
import transformers
from torch import nn
from torchao.core.config import config_to_dict
from torchao.quantization import FqnToConfig, Int8WeightOnlyConfig

from check_dialects import _ask, _header
from dialect_recipes import random_recipe
from foreign import vllm_models
from report import Report

# Takes every weight, so that nothing but keys decides.
CONFIG = Int8WeightOnlyConfig(version=2)


def sources() -> Path | None:
    """A folder with vLLM's sources, as its source distribution unpacks."""
    given = os.environ.get("VLLM_SOURCES")
    return Path(given) if given else None


def check(report: Report, scratch: Path, seed: int, count: int) -> None:
    folder = sources()
    if folder is None:
        report.not_run("VLLM_SOURCES names no folder with vLLM's sources; see README.md")
        return
    vllm_models.start(folder)
    from vllm.model_executor.layers.linear import LinearBase
    from vllm.model_executor.layers.quantization.torchao import TorchAOConfig, TorchAOLinearMethod

    outcomes = Counter()
    for family in vllm_models.FAMILIES:
        asked, hf = vllm_models.build(family)
        linear = {name: layer for name, layer in asked.items() if isinstance(layer, LinearBase)}
        parameters = _checkpoint(family, hf, scratch / family)
        config = json.loads(hf.to_json_string())
        modules = {name: ["weight"] for name in linear} | {row["name"].rpartition(".")[0]: ["weight"] for row in parameters}
        recipes = [({"_default": CONFIG}, [])]
        for number in range(count // len(vllm_models.FAMILIES)):
            random = Random(f"{seed} {family} {number}")
            recipe = {key: value and CONFIG for key, value in random_recipe(random, modules).items()}
            recipes.append((recipe, _skips(random, modules)))
        answers = _ask([_question(recipe, skips, config, parameters) for recipe, skips in recipes])
        for number, ((recipe, skips), answer) in enumerate(zip(recipes, answers, strict=True)):
            ours = _ours(recipe, answer, parameters)
            real = _real(recipe, skips, linear, TorchAOConfig, TorchAOLinearMethod)
            keys = [(key, value is not None) for key, value in recipe.items()]
            report.check(ours == real, f"{family}, recipe {seed} {number}: {_difference(ours, real)}; {keys} {skips}")
            outcomes["error" if real is None else "no error"] += 1
    report.note(f"{len(vllm_models.FAMILIES)} families")
    report.note(", ".join(f"{outcome} {number}" for outcome, number in outcomes.most_common()))


def _checkpoint(family: str, hf: transformers.PretrainedConfig, folder: Path) -> list[dict]:
    torch.manual_seed(0)
    getattr(transformers, vllm_models.FAMILIES[family][0])(hf).to(torch.bfloat16).save_pretrained(folder)
    return _header(folder)


def _skips(random: Random, modules: dict[str, list[str]]) -> list[str]:
    if random.random() < 0.6:
        return []
    name = random.choice(sorted(modules))
    some = (name, name.rpartition(".")[2], ".".join(name.split(".")[1:3]), name[:-1], "layers.1", "re:.*o_proj", "lm_head")
    return random.sample(some, random.randint(1, 2))


def _question(recipe: dict, skips: list[str], config: dict, parameters: list[dict]) -> dict:
    text = json.dumps(config_to_dict(FqnToConfig(dict(recipe))))
    return {"dialect": "vllm", "options": {"modulesToNotConvert": skips}, "recipe": text, "config": config, "parameters": parameters}


def _ours(recipe: dict, answer: dict, parameters: list[dict]) -> dict[str, str] | None:
    """The key that decides, by the module of vLLM; None for an error."""
    if answer["failure"]:
        return None
    keys = list(recipe)
    return {
        name.removesuffix(".weight"): keys[entry]
        for name, (outcome, entry, _) in zip(answer["names"], answer["verdicts"], strict=True)
        if outcome == "config"
    }


def _real(recipe: dict, skips: list[str], linear: dict[str, nn.Module], config_class: type, method: type) -> dict[str, str] | None:
    quant_type = {"default": config_to_dict(FqnToConfig(dict(recipe)))}
    config = config_class.from_config(
        {"quant_method": "torchao", "quant_type": quant_type, "modules_to_not_convert": list(skips)}
    )
    by_config = {id(value): key for key, value in config.torchao_config.module_fqn_to_config.items() if value is not None}
    decided = {}
    try:
        for name, layer in linear.items():
            found = config.get_quant_method(layer, name)
            if isinstance(found, method):
                decided[name] = by_config[id(found.quant_config.torchao_config)]
    except regex.error:
        return None
    return decided


def _difference(ours: dict | None, real: dict | None) -> str:
    if ours is None or real is None:
        return f"ours {'fails' if ours is None else 'passes'}, vLLM {'fails' if real is None else 'passes'}"
    names = sorted({*ours, *real}, key=lambda name: (ours.get(name) == real.get(name), name))
    return ", ".join(f"{name}: ours {ours.get(name)!r}, vLLM {real.get(name)!r}" for name in names[:3])
