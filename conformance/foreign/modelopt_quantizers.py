"""ModelOpt: `set_quantizer_by_cfg` on a model whose modules it has replaced."""

import contextlib
import copy
import io
import json
from random import Random

from modelopt.torch.quantization.conversion import replace_quant_module, set_quantizer_by_cfg
from modelopt.torch.quantization.nn import SequentialQuantizer, TensorQuantizer

from foreign.compare import Case, Scheme, weights
from foreign.models import Model, random_model

FORMAT = "modelopt"
GLOBS = (
    "*", "*weight_quantizer", "*input_quantizer", "*lm_head*", "*mlp*weight_quantizer", "*.[0-4].*", "*.[!0-4].*", "*layers.1?.*",
    "*quantizer", "*proj.*_quantizer", "*q_proj.w*", "*weight*", "model.*gate*", "*.1.*", "*[[]*", "*embed*", "*output_quantizer",
    "*layers.[1-9].*weight_quantizer", "*GATE*", "*?_proj.*", "weight_quantizer", "*norm*",
)  # fmt: skip
CFGS = (
    {"num_bits": 8, "axis": 0},
    {"num_bits": 8, "axis": None},
    {"num_bits": 4, "block_sizes": {"-1": 128}},
    {"num_bits": 8, "block_sizes": {"-1": None, "type": "dynamic"}},
    {"num_bits": [4, 3]},
    {"num_bits": [2, 1], "block_sizes": {"-1": 16, "type": "dynamic", "scale_bits": [4, 3]}},
    {"num_bits": 8, "type": "dynamic"},
)


def cases(seed: int, count: int) -> list[Case]:
    made = []
    for number in range(count):
        random = Random(f"{seed} {number}")
        model = random_model(random)
        made.append(_case(f"recipe {seed} {number}", _recipe(random, model), model))
    return made


def _recipe(random: Random, model: Model) -> dict:
    entries = [_entry(random, model) for _ in range(random.randint(0, 5))]
    if random.random() < 0.5:
        entries.insert(0, {"quantizer_name": "*", "enable": False})
    return {"quant_cfg": entries}


def _entry(random: Random, model: Model) -> dict:
    entry = {"quantizer_name": _glob(random, model)}
    if random.random() < 0.7:
        entry["cfg"] = random.choice(CFGS)
    if "cfg" not in entry or random.random() < 0.3:
        entry["enable"] = random.random() < 0.6
    if random.random() < 0.2:
        entry["parent_class"] = random.choice(("nn.Linear", "nn.Linear", "nn.Conv2d", "nn.Embedding"))
    return entry


def _glob(random: Random, model: Model) -> str:
    if random.random() < 0.6:
        return random.choice(GLOBS)
    name = random.choice(list(model.kinds))
    end = random.choice((".weight_quantizer", ".*", ".input_quantizer", "*", "*weight_quantizer"))
    return random.choice(("", "", "*")) + name[random.choice((0, 0, random.randrange(len(name)))) :] + end


def _case(label: str, recipe: dict, model: Model) -> Case:
    root = copy.deepcopy(model.root)
    text = json.dumps(recipe)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            replace_quant_module(root)
        set_quantizer_by_cfg(root, [_python(entry) for entry in recipe["quant_cfg"]])
    except Exception as error:  # noqa: BLE001
        return Case(label, FORMAT, text, model.parameters(), None, f"{type(error).__name__}: {error}")
    wanted = {f"{name}.weight": _scheme(root.get_submodule(name)) for name, kind in model.kinds.items() if kind != "norm"}
    return Case(label, FORMAT, text, model.parameters(), {name: scheme for name, scheme in wanted.items() if scheme})


def _python(entry: dict) -> dict:
    """JSON has no numbers as keys and no tuples."""
    if "cfg" not in entry:
        return entry
    cfg = copy.deepcopy(entry["cfg"])
    if "block_sizes" in cfg:
        sizes = {int(key) if key.lstrip("-").isdigit() else key: value for key, value in cfg["block_sizes"].items()}
        cfg["block_sizes"] = {key: tuple(value) if isinstance(value, list) else value for key, value in sizes.items()}
    if isinstance(cfg["num_bits"], list):
        cfg["num_bits"] = tuple(cfg["num_bits"])
    return {**entry, "cfg": cfg}


def _scheme(module: object) -> Scheme:
    state = _state(module.weight_quantizer)
    if state is None:
        return None
    inputs = _state(module.input_quantizer)
    state.pop("dynamic")
    return {"weights": state, "activations": inputs}


def _state(quantizer: TensorQuantizer | SequentialQuantizer) -> dict | None:
    if not quantizer.is_enabled:
        return None
    bits, sizes = quantizer.num_bits, quantizer.block_sizes
    numbers = f"int{bits}" if isinstance(bits, int) else {(4, 3): "float8_e4m3", (2, 1): "float4_e2m1"}[tuple(bits)]
    scales, dynamic = "float", quantizer._dynamic
    if sizes:
        size = sizes[-1]
        sharing = {"by": "token"} if size is None else {"by": "group", "size": size}
        scales = "float8" if sizes.get("scale_bits") == (4, 3) else "float"
        dynamic = dynamic or sizes.get("type") == "dynamic"
    else:
        sharing = {None: {"by": "tensor"}, 0: {"by": "channel"}, -1: {"by": "token"}}[quantizer.axis]
    return weights(numbers, sharing, True, scales, dynamic=dynamic)
