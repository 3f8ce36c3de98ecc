"""transformers: `param_needs_quantization` of its torchao quantizer, with the skip list that it makes of a model."""

import json
from random import Random

import torch
import transformers
from torchao.core.config import config_to_dict
from torchao.quantization import Int8WeightOnlyConfig, IntxWeightOnlyConfig, PerGroup
from transformers.quantizers.quantizer_torchao import TorchAoHfQuantizer

from foreign.compare import Case, weights
from foreign.models import Model, random_model
from foreign.patterns import random_pattern

FORMAT = "transformers"
CONFIGS = (
    (Int8WeightOnlyConfig(version=2), weights("int8", {"by": "channel"})),
    (IntxWeightOnlyConfig(torch.int4, PerGroup(32)), weights("int4", {"by": "group", "size": 32})),
)


def cases(seed: int, count: int) -> list[Case]:
    made = []
    for number in range(count):
        random = Random(f"{seed} {number}")
        model = random_model(random)
        made.append(_case(f"recipe {seed} {number}", random, model))
    return made


def _case(label: str, random: Random, model: Model) -> Case:
    config, scheme = random.choice(CONFIGS)
    skips = None if random.random() < 0.1 else [_skip(random, model) for _ in range(random.randint(0, 3))]
    if skips and any(skip.startswith("(?") and skip[2] in "is" for skip in skips):
        # Alone, for transformers reaches what it cannot use only with names that no entry before it skips.
        skips = [next(skip for skip in skips if skip.startswith("(?"))]
    embeddings = random.random() < 0.15
    text = json.dumps(
        {
            "quantization_config": {
                "quant_method": "torchao",
                "quant_type": {"default": config_to_dict(config)},
                "modules_to_not_convert": skips,
                "include_input_output_embeddings": embeddings,
            }
        }
    )
    try:
        wanted = _quantized(model, config, skips, embeddings)
    except Exception as error:  # noqa: BLE001
        return Case(label, FORMAT, text, model.parameters(), None, f"{type(error).__name__}: {error}")
    return Case(label, FORMAT, text, model.parameters(), {name: {"weights": scheme, "activations": None} for name in wanted})


def _skip(random: Random, model: Model) -> str:
    names = list(model.kinds)
    name = random.choice(names)
    if random.random() < 0.4:
        return random_pattern(random, names)
    some = (name, f"{name}.weight", name[:-1], name.rpartition(".")[2], f"{name.rpartition('.')[2]}.weight", "lm_head", ".*q_proj")
    return random.choice((*some, name.rpartition(".")[0] or name, "model.layers.1", "layers.1", "ght", "."))


def _quantized(model: Model, config: object, skips: list[str] | None, embeddings: bool) -> list[str]:
    root = model.root
    outputs = root.get_submodule("lm_head")
    (inputs,) = (root.get_submodule(name) for name, kind in model.kinds.items() if kind == "embedding")
    # What the quantizer asks a model about.
    root.get_output_embeddings = lambda: outputs
    root.get_input_embeddings = lambda: inputs
    root.all_tied_weights_keys = {}
    quantizer = TorchAoHfQuantizer(
        transformers.TorchAoConfig(config, modules_to_not_convert=skips, include_input_output_embeddings=embeddings),
        pre_quantized=False,
    )
    quantizer._process_model_before_weight_loading(root)
    return [name for name, _ in root.named_parameters() if quantizer.param_needs_quantization(root, name)]
