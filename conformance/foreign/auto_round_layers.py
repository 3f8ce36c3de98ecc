"""AutoRound: `resolve_layer_config`, which expands `layer_config` and `ignore_layers` over a model."""

import copy
import json
from dataclasses import asdict
from random import Random
from types import SimpleNamespace

from auto_round.compressors.config_resolution.resolve import resolve_scheme_value
from auto_round.compressors.layer_config_resolver import resolve_layer_config
from auto_round.schemes import PRESET_SCHEMES

from foreign.compare import Case, Scheme, weights
from foreign.models import Model, random_model
from foreign.patterns import random_pattern

FORMAT = "auto-round"
SCHEMES = ("W4A16", "W8A16", "BF16", "INT8", "NVFP4", "MXFP4", "FP8_STATIC")

# Mixed schemes and scales that nobody else has are refused by name. For GGUF AutoRound asks a hub about the model.
NOT_KNOWN = [name for name in PRESET_SCHEMES if name.startswith("GGUF:")] + ["W4A16_MIXED", "MXINT4", "NVFP4_E5M3"]


def cases(seed: int, count: int) -> list[Case]:
    presets = [name for name in PRESET_SCHEMES if name not in NOT_KNOWN]
    made = [_case(f"preset {name}", {"scheme": name}, random_model(Random(name))) for name in presets]
    for number in range(count):
        random = Random(f"{seed} {number}")
        model = random_model(random, vision=random.random() < 0.2)
        made.append(_case(f"recipe {seed} {number}", _recipe(random, model), model))
    return made


def _recipe(random: Random, model: Model) -> dict:
    recipe: dict = {}
    if random.random() < 0.7:
        recipe["scheme"] = random.choice(SCHEMES) if random.random() < 0.6 else _fields(random)
    recipe["layer_config"] = {
        _key(random, model): random.choice(SCHEMES) if random.random() < 0.4 else _fields(random)
        for _ in range(random.randint(0, 4))
    }
    if random.random() < 0.4:
        recipe["ignore_layers"] = ", ".join(_ignored(random, model) for _ in range(random.randint(1, 2)))
    if random.random() < 0.3:
        recipe["quant_lm_head"] = random.random() < 0.7
    return recipe


def _fields(random: Random) -> dict:
    # The type and its bits always: AutoRound fills in what is missing from the scheme, and does not ask whether that fits. No
    # 8 bits with zero points, which it takes for some formats only.
    fields = {"data_type": "int", "bits": random.choice((2, 4, 8, 16))}
    if random.random() < 0.6:
        fields["group_size"] = random.choice((-1, 0, 32, 128))
    if random.random() < 0.6:
        fields["sym"] = random.random() < 0.5 or fields["bits"] == 8
    return fields


def _key(random: Random, model: Model) -> str:
    names = list(model.kinds)
    if random.random() < 0.5:
        # As people write them: AutoRound escapes dots itself.
        pattern = random_pattern(random, names)
        return pattern.replace("\\.", ".") if random.random() < 0.8 else pattern
    name = random.choice(names)
    return random.choice((name, name, name.rpartition(".")[0] or name, name.rpartition(".")[2], "lm_head", "layers.1"))


def _ignored(random: Random, model: Model) -> str:
    name = random.choice(list(model.kinds))
    return random.choice((name, name.rpartition(".")[2], name.rpartition(".")[0] or name, "lm_head", "layers.1", ".*proj"))


def _case(label: str, recipe: dict, model: Model) -> Case:
    root = copy.deepcopy(model.root)
    text = json.dumps(recipe)
    try:
        scheme = recipe.get("scheme", "W4A16")
        base = {"scheme": "W4A16", **scheme} if isinstance(scheme, dict) else {"scheme": scheme}
        resolved = resolve_scheme_value(base.pop("scheme"), base)
        config = resolve_layer_config(
            model=root,
            scheme=resolved,
            layer_config=recipe.get("layer_config"),
            ignore_layers=recipe.get("ignore_layers", ""),
            quant_lm_head=recipe.get("quant_lm_head", False),
        )
        wanted = {f"{name}.weight": _scheme(SimpleNamespace(**fields)) for name, fields in config.items() if name in model.kinds}
    except Exception as error:  # noqa: BLE001
        return Case(label, FORMAT, text, model.parameters(), None, f"{type(error).__name__}: {error}")
    return Case(label, FORMAT, text, model.parameters(), wanted)


def _scheme(fields: SimpleNamespace) -> Scheme:
    if fields.bits >= 16:
        return None
    inputs = None
    if (fields.act_bits or 16) < 16:
        inputs = {
            **_tensor(fields.act_data_type or fields.data_type, fields.act_bits, _or(fields.act_group_size, fields.group_size),
                      _or(fields.act_sym, fields.sym)),
            "dynamic": fields.act_dynamic is not False,
        }  # fmt: skip
        if inputs["sharing"]["by"] == "channel":
            inputs["sharing"] = {"by": "token"}
    return {"weights": _tensor(fields.data_type, fields.bits, fields.group_size, fields.sym), "activations": inputs}


def _or(value: object, other: object) -> object:
    return other if value is None else value


def _tensor(kind: str, bits: int, size: object, symmetric: bool | None) -> dict:
    if kind == "int":
        numbers = f"int{bits}"
    else:
        numbers = {8: "float8_e4m3", 6: "float6_e2m3", 4: "float4_e2m1"}[bits]
    if isinstance(size, (list, tuple)):
        sharing = {"by": "block", "rows": size[0], "columns": size[1]}
    else:
        sharing = {-1: {"by": "channel"}, 0: {"by": "tensor"}}.get(size, {"by": "group", "size": size})
    scales = "power-of-two" if kind.startswith("mx") else "float8" if kind.startswith("nv") else "float"
    return weights(numbers, sharing, symmetric is not False if kind == "int" else True, scales)
