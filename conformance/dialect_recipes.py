"""Random recipes that meet every corner of how torchao and transformers read keys."""

import re
from random import Random

import torch
from torchao.quantization import (
    Int4WeightOnlyConfig,
    Int8DynamicActivationIntxWeightConfig,
    Int8WeightOnlyConfig,
    IntxWeightOnlyConfig,
    PerGroup,
    PerRow,
)
from torchao.quantization.quant_primitives import MappingType

from random_recipes import CONFIGS

SOME = (
    *CONFIGS,
    Int8WeightOnlyConfig(granularity=PerRow(0)),
    Int8WeightOnlyConfig(granularity=PerGroup(64)),
    IntxWeightOnlyConfig(torch.int4, PerGroup(32), intx_choose_qparams_algorithm="hqq_scale_only"),
    Int8DynamicActivationIntxWeightConfig(torch.int4, PerGroup(32), act_mapping_type=MappingType.SYMMETRIC),
    Int4WeightOnlyConfig(group_size=16),
    Int4WeightOnlyConfig(group_size=32, int4_choose_qparams_algorithm="hqq"),
)

ANYWHERE = (
    "re:.*", "re:.+", "re:.*weight", "re:.*bias", r"re:.*\.bias", "re:.*norm.*", r"re:.*_proj", r"re:.*_proj\.weight",
    r"re:(?!lm_head).*\.weight", r"re:.*\.[qkv]_proj\.(weight|bias)", r"re:(?i).*MLP.*", r"re:.*embed.*", r"re:.*mlp\..*",
    r"re:.*experts\.\d+\.(gate|up|down)_proj", r"re:.*experts\.(gate_up|down)_proj", r"re:.*experts", r"re:.*experts.*",
    r"re:.*\.(a|b|c)", r"re:.*\.[0-9]+", r"re:\w+(\.\w+){3,}", r"re:.*linear\d", r"re:.*linear.*", "re:q_proj", "re:", "",
    "re:.*head.*", "lm_head", "lm_head.weight", "model.embed_tokens", "self_attn.q_proj", "encoder.*", r"re:.*attn.*",
    r"re:.*\.weight2?", r"re:.*_bias", "re:.*gate", r"re:.*layers\.0\..*",
)  # fmt: skip
BROKEN = ("re:(", "re:[z-a]", "re:*x")


def random_recipe(random: Random, modules: dict[str, list[str]]) -> dict[str, object]:
    """
    Keys and configs in order. `modules`: the parameters' own names by module, containers included. Half of the recipes
    speak of few modules, so that several keys meet in one.
    """
    focus = random.sample(sorted(modules), min(len(modules), 2)) if random.random() < 0.5 else sorted(modules)
    nulls = random.choice((0.1, 0.3, 0.6))
    recipe: dict[str, object] = {}
    for _ in range(random.randint(1, 6)):
        recipe[_key(random, modules, focus)] = _value(random, nulls)
    if random.random() < 0.4:
        recipe["_default"] = _value(random, 0.1)
        if random.random() < 0.5:  # Its place among the keys means nothing.
            recipe = {"_default": recipe.pop("_default"), **recipe}
    if random.random() < 0.02:
        recipe[random.choice(BROKEN)] = _value(random, 0.1)
    return recipe


def _value(random: Random, nulls: float) -> object:
    if random.random() < nulls:
        return None
    # Most often one that takes nearly everything, so that recipes go through.
    return SOME[0] if random.random() < 0.3 else random.choice(SOME)


def _key(random: Random, modules: dict[str, list[str]], focus: list[str]) -> str:
    module = random.choice(focus)
    parameters = modules[module]
    leaf = module.rpartition(".")[2]
    escaped = re.escape(module)
    keys = [module, f"re:{escaped}", f"re:{module}", f"re:.*{leaf}", rf"re:.*\.(0|2|10)\..*{leaf}", random.choice(ANYWHERE)]
    if parameters:
        parameter = random.choice(parameters)
        name = f"{module}.{parameter}" if module else parameter
        keys += [name, name, name, f"re:{re.escape(name)}", rf"re:{escaped}\..*", rf"re:.*\.{leaf}\.{parameter}"]
        keys += [rf"re:.*\.{parameter}", f"re:.*{leaf}.*"]
    return random.choice(keys)
