"""GPTQModel: `simple_layer_modules` and `clone_gptq_config_for_module`, which the quantizing loop asks for every layer."""

import importlib
import json
from random import Random
from types import SimpleNamespace

from foreign.compare import Case, Scheme, weights
from foreign.models import Model, random_model
from foreign.patterns import random_pattern

FORMAT = "gptqmodel"
BITS = (2, 3, 4, 8)


def cases(seed: int, count: int) -> list[Case]:
    tool = SimpleNamespace(
        config=importlib.import_module("gptqmodel.quantization.config"),
        base=importlib.import_module("gptqmodel.models.base"),
        processor=importlib.import_module("gptqmodel.looper.gptq_processor"),
    )
    made = []
    for number in range(count):
        random = Random(f"{seed} {number}")
        model = random_model(random, vision=random.random() < 0.1)
        made.append(_case(f"recipe {seed} {number}", _recipe(random, model), model, tool))
    return made


def _recipe(random: Random, model: Model) -> dict:
    dynamic = {}
    for _ in range(random.randint(0, 4)):
        sign = random.choice(("+:", "-:", "-:", ""))
        dynamic[f"{sign}{_pattern(random, model)}"] = {} if sign == "-:" else _fields(random, 0.5)
    return {"quant_method": "gptq", **_fields(random, 0.8), "lm_head": random.random() < 0.3, "dynamic": dynamic}


def _pattern(random: Random, model: Model) -> str:
    if random.random() < 0.2:
        name = random.choice(list(model.kinds))
        return f"^{name.replace('.', chr(92) + '.')}$"
    return random_pattern(random, list(model.kinds))


def _fields(random: Random, share: float) -> dict:
    fields = {"bits": random.choice(BITS), "group_size": random.choice((-1, 32, 128)), "sym": random.random() < 0.7}
    return {name: value for name, value in fields.items() if random.random() < share}


def _case(label: str, recipe: dict, model: Model, tool: SimpleNamespace) -> Case:
    text = json.dumps(recipe)
    try:
        config = tool.config.QuantizeConfig.from_quant_config(json.loads(text))
        wanted = {}
        for stem, names in _blocks(model).items():
            # The definition of an architecture lists the linears of its blocks; here every one there is.
            (kept,) = tool.base.BaseQModel.filter_not_quantize_module([names], config) or ([],)
            for name in kept:
                wanted[f"{stem}.{name}.weight"] = _scheme(tool.processor.clone_gptq_config_for_module(config, f"{stem}.{name}"))
        if config.lm_head:
            wanted["lm_head.weight"] = _scheme(tool.processor.clone_gptq_config_for_module(config, "lm_head"))
    except Exception as error:  # noqa: BLE001
        return Case(label, FORMAT, text, model.parameters(), None, f"{type(error).__name__}: {error}")
    return Case(label, FORMAT, text, model.parameters(), {name: scheme for name, scheme in wanted.items() if scheme})


def _blocks(model: Model) -> dict[str, list[str]]:
    """The linears of each of the decoder's blocks, by their names in it."""
    blocks: dict[str, list[str]] = {}
    for name in model.linears():
        parts = name.split(".")
        place = next((place for place, part in enumerate(parts) if part.isdigit()), None)
        if place is not None and "visual" not in parts:
            blocks.setdefault(".".join(parts[: place + 1]), []).append(".".join(parts[place + 1 :]))
    return blocks


def _scheme(config: object | None) -> Scheme:
    if config is None:
        return None
    sharing = {"by": "channel"} if config.group_size == -1 else {"by": "group", "size": config.group_size}
    return {"weights": weights(f"int{int(config.bits)}", sharing, config.sym), "activations": None}
