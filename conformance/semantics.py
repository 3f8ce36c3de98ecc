"""Which config a parameter gets: as torchao documents it, and as torchao's code does it. Both written independently of
our matcher, with Python's own `re`.

A model here is `{module: {parameter: shape}}` in the order of its modules, with the set of its linear modules.
"""

import re
from dataclasses import dataclass

WEIGHT = "weight"


@dataclass(frozen=True)
class Model:
    modules: dict[str, dict[str, tuple[int, ...]]]
    linear: frozenset[str]


@dataclass(frozen=True)
class Verdict:
    """`key` decided at `tier`; `config` is what the parameter gets, None where it stays as it is."""

    tier: str
    key: str | None
    config: object


def documented(recipe: dict, module: str, parameter: str, linear: bool) -> Verdict:
    """Exact parameter, exact module, first pattern on the parameter, first pattern on the module, `_default`."""
    fqn = f"{module}.{parameter}"
    patterns = [key for key in recipe if key.startswith("re:")]
    key_of_tier = {
        "parameter": fqn if fqn in recipe else None,
        "module": module if module in recipe else None,
        "parameter-regex": next((key for key in patterns if re.fullmatch(key[3:], fqn)), None),
        "module-regex": next((key for key in patterns if re.fullmatch(key[3:], module)), None),
        "default": "_default" if "_default" in recipe and linear and parameter == WEIGHT else None,
    }
    for tier, key in key_of_tier.items():
        if key is not None:
            speaks = tier in ("parameter", "parameter-regex") or parameter == WEIGHT
            return Verdict(tier, key, recipe[key] if speaks else None)
    return Verdict("none", None, None)


class AsCodedFails(Exception):
    """torchao's code raises on this recipe and model, whatever the configs."""


def as_coded(recipe: dict, model: Model) -> dict[str, object]:
    """The config that each parameter gets from torchao 0.18.0's code, None where it stays as it is.

    Raises AsCodedFails where the code pops past the end of a list (two nulls in one module), quantizes a quantized
    parameter again, or gives a module without a `weight` to a config.
    """
    result: dict[str, object] = {}
    for module, parameters in model.modules.items():
        result.update(dict.fromkeys((f"{module}.{parameter}" for parameter in parameters)))
    # The containers are modules too, without parameters of their own.
    containers = {"": {}}
    for module in model.modules:
        steps = module.split(".")
        containers.update({".".join(steps[:end]): {} for end in range(1, len(steps))})
    for module, parameters in {**containers, **model.modules}.items():
        _handle_module(recipe, module, list(parameters), module in model.linear, result)
    return result


def _handle_module(recipe: dict, module: str, parameters: list[str], linear: bool, result: dict[str, object]) -> None:
    def apply(parameter: str, config: object) -> None:
        name = f"{module}.{parameter}"
        if parameter not in parameters or result[name] is not None:
            raise AsCodedFails(name)
        result[name] = config

    patterns = [key for key in recipe if key.startswith("re:")]
    fqns = {parameter: f"{module}.{parameter}" for parameter in parameters}
    remaining = list(parameters)
    found = False
    for at, parameter in enumerate(parameters):
        if fqns[parameter] in recipe:
            found = True
            config = recipe[fqns[parameter]]
            if config is not None:
                apply(parameter, config)
            elif at < len(remaining):
                remaining.pop(at)
            else:
                raise AsCodedFails(fqns[parameter])
    if not found and module in recipe:
        if recipe[module] is not None:
            apply(WEIGHT, recipe[module])
        return
    for parameter in remaining:
        for key in patterns:
            if re.fullmatch(key[3:], fqns[parameter]):
                found = True
                if recipe[key] is not None:
                    apply(parameter, recipe[key])
    if found:
        return
    for key in patterns:
        if re.fullmatch(key[3:], module):
            if recipe[key] is not None:
                apply(WEIGHT, recipe[key])
            return
    if linear and recipe.get("_default") is not None:
        apply(WEIGHT, recipe["_default"])
