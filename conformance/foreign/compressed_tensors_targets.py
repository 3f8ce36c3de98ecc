"""compressed-tensors: `apply_quantization_config` on models whose weights are nowhere."""

import copy
import json
from random import Random
from unittest.mock import patch

from compressed_tensors.quantization import QuantizationArgs, QuantizationConfig, apply_quantization_config
from compressed_tensors.quantization.lifecycle import apply
from compressed_tensors.quantization.quant_scheme import PRESET_SCHEMES

from foreign.compare import Case, Scheme, weights
from foreign.models import Model, random_model
from foreign.patterns import random_pattern

FORMAT = "compressed-tensors"
WEIGHTS = (
    {"num_bits": 4, "strategy": "group", "group_size": 32},
    {"num_bits": 8, "strategy": "channel"},
    {"num_bits": 4, "strategy": "channel", "symmetric": False},
    {"num_bits": 8, "type": "float", "strategy": "tensor"},
    {"num_bits": 8},
)
INPUTS = (None, None, None, {"num_bits": 8, "strategy": "token", "dynamic": True})
CLASSES = ("Linear", "Linear", "Linear", "Module", "Embedding")


def cases(seed: int, count: int) -> list[Case]:
    presets = [_case(f"preset {name}", {"config_groups": {name: ["Linear"]}, "ignore": []}, random_model(Random(name))) for name in PRESET_SCHEMES]
    made = []
    for number in range(count):
        random = Random(f"{seed} {number}")
        model = random_model(random)
        made.append(_case(f"recipe {seed} {number}", _recipe(random, model), model))
    return presets + made


def _recipe(random: Random, model: Model) -> dict:
    groups = {
        f"group_{number}": {
            "targets": [_target(random, model) for _ in range(random.randint(1, 3))],
            "weights": random.choice(WEIGHTS),
            "input_activations": random.choice(INPUTS),
        }
        for number in range(random.randint(1, 3))
    }
    return {"config_groups": groups, "ignore": [_target(random, model) for _ in range(random.choice((0, 0, 1, 2)))]}


def _target(random: Random, model: Model) -> str:
    names = list(model.kinds)
    kind = random.random()
    if kind < 0.6:
        return f"re:{random_pattern(random, names)}"
    if kind < 0.85:
        name = random.choice(names)
        return random.choice((name, name, f"{name}.weight", name.rpartition(".")[2]))
    return random.choice(CLASSES)


def _case(label: str, recipe: dict, model: Model) -> Case:
    root = copy.deepcopy(model.root)
    text = json.dumps({"quant_method": "compressed-tensors", **recipe})
    try:
        config = QuantizationConfig(**json.loads(text))
        # Which modules get which scheme is asked, not their scales.
        with patch.object(apply, "initialize_module_for_quantization"):
            apply_quantization_config(root, config, show_progress=False)
    except Exception as error:  # noqa: BLE001 - refused is refused
        return Case(label, FORMAT, text, model.parameters(), None, f"{type(error).__name__}: {error}")
    wanted = {
        f"{name}.weight": _scheme(module.quantization_scheme)
        for name, module in root.named_modules()
        if getattr(module, "quantization_scheme", None) is not None and module.quantization_scheme.weights is not None
    }
    return Case(label, FORMAT, text, model.parameters(), wanted)


def _scheme(scheme: object) -> Scheme:
    inputs = scheme.input_activations
    return {
        "weights": _args(scheme.weights),
        "activations": inputs and {**_args(inputs), "dynamic": bool(inputs.dynamic)},
    }


def _args(args: QuantizationArgs) -> dict:
    numbers = f"int{args.num_bits}" if args.type == "int" else {8: "float8_e4m3", 6: "float6_e2m3", 4: "float4_e2m1"}[args.num_bits]
    by = {"tensor_group": "group"}.get(args.strategy, str(getattr(args.strategy, "value", args.strategy)))
    sharing = {"by": by}
    if by == "group":
        sharing["size"] = args.group_size
    if by == "block":
        sharing["rows"], sharing["columns"] = args.block_structure
    scale = str(args.scale_dtype)
    scales = "float8" if args.strategy == "tensor_group" else "power-of-two" if scale == "torch.uint8" else "float"
    return weights(numbers, sharing, args.symmetric, scales)
