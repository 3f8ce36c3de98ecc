"""
GPTQModel: `filter_not_quantize_module` and `clone_gptq_config_for_module`, which the quantizing loop asks for every layer; and of
some families its own definition, which says what a block has.
"""

import importlib
import json
import tempfile
from pathlib import Path
from random import Random
from types import SimpleNamespace

import transformers

from check_dialects import _header
from dialect_models import save_family
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
    return [*_families(seed, tool), *made]


# By our names of families, and by GPTQModel's of their definitions.
DEFINITIONS = {
    "llama": ("llama", "LlamaQModel"),
    "qwen2": ("qwen2", "Qwen2QModel"),
    "deepseek v3": ("deepseek_v3", "DeepSeekV3QModel"),
}
RECIPES_A_FAMILY = 4


def _families(seed: int, tool: SimpleNamespace) -> list[Case]:
    """The weights of real families' checkpoints, and the modules that the definition has, where the checkpoint has them too."""
    made = []
    for family, (module, name) in DEFINITIONS.items():
        definition = getattr(importlib.import_module(f"gptqmodel.models.definitions.{module}"), name)
        with tempfile.TemporaryDirectory() as folder:
            save_family(family, Path(folder))
            rows = _header(Path(folder))
            hf = transformers.AutoConfig.from_pretrained(folder)
        parameters = [_parameter(row) for row in rows]
        names = [row["module"] for row in parameters if row["parameter"] == "weight"]
        for number in range(RECIPES_A_FAMILY):
            random = Random(f"{seed} {family} {number}")
            dynamic = {} if number == 0 else {f"{random.choice(('-:', '+:'))}{random_pattern(random, names)}": {"bits": 8}}
            recipe = {"quant_method": "gptq", "bits": 4, "group_size": 32, "dynamic": dynamic}
            config = tool.config.QuantizeConfig.from_quant_config(json.loads(json.dumps(recipe)))
            inner = {each for block in definition.simple_layer_modules(hf, config) for each in block}
            wanted = {}
            for path in names:
                stem, found, own = path.partition(".layers.")
                layer, _, own = own.partition(".")
                if found and own in inner:
                    wanted[f"{path}.weight"] = _scheme(tool.processor.clone_gptq_config_for_module(config, path))
            given = {path: scheme for path, scheme in wanted.items() if scheme}
            made.append(Case(f"{family} {seed} {number}", FORMAT, json.dumps(recipe), parameters, given))
    return made


def _parameter(row: dict) -> dict:
    module, _, parameter = row["name"].rpartition(".")
    kind = "linear" if len(row["shape"]) == 2 else "norm"
    if module.endswith("embed_tokens"):
        kind = "embedding"
    if module.endswith((".gate", ".router")):
        kind = "other"
    return {**row, "module": module, "parameter": parameter, "kind": kind}


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
