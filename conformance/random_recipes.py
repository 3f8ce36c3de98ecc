"""Random recipes for random models: keys of every kind, overlapping, misspelt, with nulls between them."""

from random import Random

import torch
from torchao.quantization import (
    Int4WeightOnlyConfig,
    Int8DynamicActivationInt8WeightConfig,
    Int8DynamicActivationIntxWeightConfig,
    Int8WeightOnlyConfig,
    IntxWeightOnlyConfig,
    PerGroup,
    PerRow,
    PerTensor,
)
from torchao.quantization.quant_primitives import MappingType

from semantics import Model

CONFIGS = (
    Int8WeightOnlyConfig(),
    Int8WeightOnlyConfig(granularity=PerTensor()),
    Int8WeightOnlyConfig(granularity=PerGroup(32)),
    Int8DynamicActivationInt8WeightConfig(),
    Int8DynamicActivationInt8WeightConfig(act_mapping_type=MappingType.ASYMMETRIC, granularity=[PerRow(), PerTensor()]),
    IntxWeightOnlyConfig(torch.int4, PerGroup(32)),
    IntxWeightOnlyConfig(torch.int8),
    IntxWeightOnlyConfig(torch.int2, PerGroup(16), MappingType.ASYMMETRIC, torch.float32),
    Int8DynamicActivationIntxWeightConfig(torch.int4, PerGroup(32)),
    Int4WeightOnlyConfig(group_size=32),
    Int4WeightOnlyConfig(group_size=64),
)

ANYWHERE = (
    "re:.*",
    "re:.*weight",
    "re:.*bias",
    r"re:.*\.bias",
    "re:.*norm.*",
    r"re:.*_proj",
    r"re:.*_proj\.weight",
    r"re:(?!lm_head).*\.weight",
    r"re:.*\.(q|k|v)_proj",
    r"re:.*\.[qkv]_proj\.(weight|bias)",
    r"re:(?P<root>model|transformer)\..*",
    r"re:(?i).*MLP.*",
    r"re:.*embed.*",
    r"re:.*\b\d\b.*proj.*",
    r"re:.*experts\.\d+\.(gate|up|down)_proj",
    r"re:.*experts\.(gate_up|down)_proj",
    r"re:\w+(\.\w+){3,}",
    "re:q_proj",
    "re:",
    "model.layers.0.self_attn",
    "self_attn.q_proj",
    "lm_head.weights",
    "encoder.*",
)


def random_recipe(random: Random, model: Model) -> dict[str, object]:
    """Ordered keys and configs; about a quarter of the values are null."""
    recipe: dict[str, object] = {}
    for _ in range(random.randint(1, 7)):
        recipe[_key(random, model)] = _value(random)
    if random.random() < 0.5:
        recipe["_default"] = _value(random)
        if random.random() < 0.5:  # Its place among the keys means nothing.
            recipe = {"_default": recipe.pop("_default"), **recipe}
    return recipe


def _value(random: Random) -> object:
    return None if random.random() < 0.25 else random.choice(CONFIGS)


def _key(random: Random, model: Model) -> str:
    module = random.choice(list(model.modules))
    parameter = random.choice(list(model.modules[module]))
    leaf = module.rpartition(".")[2]
    escaped = module.replace(".", r"\.")
    return random.choice(
        (
            module,
            f"{module}.{parameter}",
            f"re:{escaped}",
            rf"re:{escaped}\.{parameter}",
            rf"re:{escaped}\..*",
            f"re:{module}",
            f"re:.*{leaf}",
            rf"re:.*\.{leaf}\.weight",
            rf"re:.*\.(0|2)\..*{leaf}",
            random.choice(ANYWHERE),
            random.choice(ANYWHERE),
        )
    )
