"""The dialects `torchao` and `transformers` against the real ones, which quantize: for every parameter the config that it
got, by the bytes that this config makes of it; for recipes that fail, the class of the exception and where it came up.
"""

import copy
import json
import linecache
import re
import subprocess
import traceback
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import torch
from safetensors import safe_open
from torch import nn
from torchao.core.config import config_to_dict
from torchao.quantization import FqnToConfig, quantize_
from transformers import AutoModelForCausalLM, TorchAoConfig
from transformers.utils import logging

import fewbit
from dialect_models import FAMILIES, RandomModel, random_model, save_family
from dialect_recipes import random_recipe
from report import Report

SCRIPT = Path(__file__).resolve().parent / "dialects.mjs"
RECIPES_A_MODEL = 10


@dataclass
class Case:
    """What is asked, and what the real one did."""

    label: str
    question: dict
    recipe: dict[str, object]
    state: dict[str, torch.Tensor]
    """After quantizing, or up to the exception, by name in memory."""
    original: dict[str, torch.Tensor]
    failure: tuple[str, str] | None
    compared: list[str]
    """The parameters whose state means something, by name in memory."""
    names: dict[str, str] = field(default_factory=dict)
    """From checkpoint to memory, where they differ."""
    forward: str | None = None
    """The class of what the forward pass raised; '' when it went through; None when it was not run."""


def check_torchao(report: Report, scratch: Path, seed: int, count: int) -> None:
    cases: list[Case] = []
    model = None
    for number in range(count):
        random = Random(f"{seed} {number}")
        if number % RECIPES_A_MODEL == 0:
            torch.manual_seed(seed + number)
            model = random_model(random)
        cases.append(run_torchao(f"recipe {seed} {number}", model, random_recipe(random, _modules_of(model.root))))
    compare_cases(report, cases)


def _modules_of(root: nn.Module) -> dict[str, list[str]]:
    return {name: list(module._parameters) for name, module in root.named_modules()}


def run_torchao(label: str, model: RandomModel, recipe: dict) -> Case:
    root = copy.deepcopy(model.root)
    failure, at = None, None
    try:
        quantize_(root, FqnToConfig(dict(recipe)), filter_fn=None)
    except Exception as error:  # noqa: BLE001 - torchao raises errors of every class
        failure, at = (class_of(error), place_of(error)), _module_of(error)
    names = model.modules()
    # Where it failed, the modules before are done, the ones after untouched, and the one itself in between.
    done = names if at is None else names[: names.index(at)]
    question = {
        "dialect": "torchao",
        "recipe": json.dumps(config_to_dict(FqnToConfig(dict(recipe)))),
        "config": None,
        "parameters": model.parameters(),
        "modules": names,
    }
    return Case(
        label,
        question,
        recipe,
        dict(root.named_parameters(remove_duplicate=False)),
        dict(model.root.named_parameters(remove_duplicate=False)),
        failure,
        [name for name, _ in model.root.named_parameters(remove_duplicate=False) if name.rpartition(".")[0] in set(done)],
    )


def check_checkpoints(report: Report, scratch: Path, seed: int, count: int) -> None:
    """torchao on models in memory, and ours on their checkpoints alone: kinds, modules and their order are derived."""
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    cases = []
    families = [family for family in FAMILIES if family not in STACKED]
    for family in families:
        folder = scratch / family.replace(" ", "-")
        save_family(family, folder)
        plain = AutoModelForCausalLM.from_pretrained(folder)
        parameters = _header(folder)
        for number in range(count // len(families)):
            random = Random(f"{seed} {number}")
            case = run_torchao(
                f"{family} as checkpoint, recipe {seed} {number}", RandomModel(plain, {}), random_recipe(random, _modules_of(plain))
            )
            stored = {row["name"] for row in parameters}
            case.compared = [name for name in case.compared if name in stored]
            case.question.pop("modules")
            case.question.update(parameters=parameters, config=json.loads((folder / "config.json").read_text()))
            cases.append(case)
    compare_cases(report, cases)


# Their checkpoints have names that torchao does not meet in the model.
STACKED = ("qwen3 moe", "mixtral", "deepseek v3", "gpt neox")


def check_transformers(report: Report, scratch: Path, seed: int, count: int) -> None:
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    families = list(FAMILIES)
    loaded: dict[str, tuple[Path, nn.Module]] = {}
    for family in families:
        folder = scratch / family.replace(" ", "-")
        save_family(family, folder)
        loaded[family] = folder, AutoModelForCausalLM.from_pretrained(folder)
    cases = []
    for number in range(count):
        random = Random(f"{seed} {number}")
        family = families[number % len(families)]
        folder, plain = loaded[family]
        recipe = random_recipe(random, _modules_of(plain))
        cases.append(_run_transformers(f"{family}, recipe {seed} {number}", folder, plain, recipe, _options(random, plain)))
    compare_cases(report, cases)


def _options(random: Random, plain: nn.Module) -> dict:
    modules = [name for name, _ in plain.named_modules() if name]
    skips = None
    if random.random() < 0.4:
        name = random.choice(modules)
        some = [name, name.rpartition(".")[2], f".*{name.rpartition('.')[2]}", f"{name}.weight", name[:-1], "lm_head", r".*\.1\."]
        # transformers makes a set of them: beside others, when a broken one is reached depends on the run.
        skips = ["("] if random.random() < 0.05 else random.sample(some, random.randint(0, 3))
    return {
        "modules_to_not_convert": skips,
        "include_input_output_embeddings": random.random() < 0.25,
        "untie_embedding_weights": random.random() < 0.1,
    }


def _run_transformers(label: str, folder: Path, plain: nn.Module, recipe: dict, options: dict) -> Case:
    failure, forward = None, None
    try:
        model = AutoModelForCausalLM.from_pretrained(
            folder, quantization_config=TorchAoConfig(FqnToConfig(dict(recipe)), **options)
        )
        forward = _forward(model)
    except Exception as error:  # noqa: BLE001
        model, at = loading_state(error)
        failure = (class_of(error), at)
    names = _in_memory_names(folder)
    config = json.loads((folder / "config.json").read_text())
    question = {
        "dialect": "transformers",
        "options": {
            "modulesToNotConvert": options["modules_to_not_convert"],
            "includeInputOutputEmbeddings": options["include_input_output_embeddings"],
            "untieEmbeddingWeights": options["untie_embedding_weights"],
            "names": names,
        },
        "recipe": json.dumps(config_to_dict(FqnToConfig(dict(recipe)))),
        "config": config,
        "parameters": _header(folder),
    }
    original = {**dict(plain.named_parameters(remove_duplicate=False)), **dict(plain.named_buffers())}
    state = {} if model is None else {**dict(model.named_buffers()), **dict(model.named_parameters(remove_duplicate=False))}
    stored = {names.get(row["name"], row["name"]) for row in question["parameters"]}
    return Case(label, question, recipe, state, original, failure, sorted(stored) if state else [], names, forward)


def _forward(model: nn.Module) -> str:
    try:
        with torch.no_grad():
            model.eval()(torch.tensor([[1, 2, 3]]))
        return ""
    except Exception as error:  # noqa: BLE001
        return type(error).__name__


def _header(folder: Path) -> list[dict]:
    """Names, dtypes and shapes, in the order of the file."""
    (file,) = folder.glob("*.safetensors")
    size = int.from_bytes(file.read_bytes()[:8], "little")
    header = json.loads(file.read_bytes()[8 : 8 + size])
    header.pop("__metadata__", None)
    rows = sorted(header.items(), key=lambda item: item[1]["data_offsets"])
    return [{"name": name, "dtype": row["dtype"], "shape": row["shape"]} for name, row in rows]


def _in_memory_names(folder: Path) -> dict[str, str]:
    """transformers stacks experts; Mixtral's have names of their own, and so have its router and the head of GPT-NeoX."""
    names = {}
    with safe_open(next(folder.glob("*.safetensors")), framework="pt") as file:
        for name in file.keys():  # noqa: SIM118 - no mapping
            renamed = re.sub(r"block_sparse_moe\.", "mlp.", name)
            renamed = re.sub(r"^embed_out\.", "lm_head.", renamed)
            renamed = re.sub(r"experts\.\d+\.(gate_proj|up_proj|w1|w3)\.weight$", "experts.gate_up_proj", renamed)
            renamed = re.sub(r"experts\.\d+\.(down_proj|w2)\.weight$", "experts.down_proj", renamed)
            if renamed != name:
                names[name] = renamed
    return names


def class_of(error: BaseException) -> str:
    return "re.error" if isinstance(error, re.error) else type(error).__name__


def _frames(error: BaseException) -> list:
    return [frame for frame, _ in traceback.walk_tb(error.__traceback__)]


def place_of(error: BaseException) -> str:
    """The parameter or module that torchao's code was at."""
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        local = frame.f_locals
        if frame.f_code.co_name == "fqn_matches_fqn_config":
            return local["fqn"]
        if frame.f_code.co_name == "_fqn_to_config_handler":
            # A parameter's pattern may raise before any parameter was found.
            asks_parameter = "parameter_fqn" in linecache.getline(frame.f_code.co_filename, line)
            return local["parameter_fqn"] if local["parameter_config_found"] or asks_parameter else local["fqn"]
    return "?"


def _module_of(error: BaseException) -> str:
    return next(frame.f_locals["module_fqn"] for frame in _frames(error) if frame.f_code.co_name == "quantize_")


def loading_state(error: BaseException) -> tuple[nn.Module | None, str]:
    """The model as far as it came, and where the error is from."""
    for frame in reversed(_frames(error)):
        local = frame.f_locals
        match frame.f_code.co_name:
            case "log_state_dict_report":
                return local["model"], next(iter(local["loading_info"].conversion_errors), "?")
            case "tie_weights":
                return local["self"], local["target_param_name"]
            case "set_param_for_module":
                return None, local["target_name"]
            case "fqn_matches_fqn_config":
                return None, local["fqn"]
            case "should_convert_module":
                return None, local["full_name"]
    return None, "?"


def compare_cases(report: Report, cases: list[Case]) -> None:
    answers = _ask([case.question for case in cases])
    outcomes = Counter()
    parameters = 0
    made = _Made()
    for case, answer in zip(cases, answers, strict=True):
        problem = _problem_of(case, answer, made)
        keys = [(key, type(value).__name__) for key, value in case.recipe.items()]
        options = {name: value for name, value in case.question.get("options", {}).items() if name != "names"}
        report.check(problem is None, f"{case.label}: {problem}; {keys} {options}")
        outcomes[case.failure[0] if case.failure else "no error"] += 1
        parameters += len(case.compared)
    report.note(f"{parameters} parameters")
    report.note(", ".join(f"{error} {count}" for error, count in outcomes.most_common()))


def _ask(questions: list[dict]) -> list[dict]:
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    done = subprocess.run(
        fewbit.command(SCRIPT), cwd=fewbit.ROOT, input=lines, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return [json.loads(line) for line in done.stdout.splitlines()]


def _problem_of(case: Case, answer: dict, made: "_Made") -> str | None:
    failure = answer["failure"] and (answer["failure"]["error"], answer["failure"]["at"])
    if failure != case.failure:
        return f"failure {failure}, really {case.failure}"
    configs = list(case.recipe.values())
    verdicts = {}
    for row, verdict in zip(case.question["parameters"], answer["verdicts"], strict=True):
        verdicts[case.names.get(row["name"], row["name"])] = verdict
    for name in case.compared:
        outcome, entry, because = verdicts[name]
        config = configs[entry] if outcome == "config" else None
        seen, original = case.state[name], case.original[name]
        if not _same(seen, made.by(config, original)):
            return f"{name} is {type(seen.data).__name__}, ours {outcome} of entry {entry}, since {because}"
    if case.forward is not None and not _runs_elsewhere(case.state):
        broken = [hazard for hazard in answer["hazards"] if hazard["id"].endswith("-quantized") and "tied" not in hazard["id"]]
        if bool(broken) != bool(case.forward):
            return f"forward {case.forward!r}, ours {broken[:2]}"
    return None


def _runs_elsewhere(state: dict[str, torch.Tensor]) -> bool:
    """Kernels for Int4 tensors are for GPUs only, and how a router multiplies is up to the family."""
    return any(
        type(seen).__name__ == "Int4Tensor" or (name.endswith("mlp.gate.weight") and type(seen.data) is not torch.Tensor)
        for name, seen in state.items()
    )


class _Made:
    """What each config makes of each tensor by itself."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, int], tuple[object, torch.Tensor]] = {}

    def by(self, config: object, tensor: torch.Tensor) -> torch.Tensor | None:
        """None for no config."""
        if config is None:
            return None
        at = id(config), id(tensor)
        if at not in self.known:
            module = nn.Module()
            module.register_parameter("bias", None)
            module.register_parameter("it", nn.Parameter(tensor.detach().clone(), requires_grad=False))
            quantize_(module, FqnToConfig({"it": config}), filter_fn=None)
            # Keeps the tensor, so that no other one gets its id.
            self.known[at] = tensor, module.it
        return self.known[at][1]


def _same(seen: torch.Tensor, expected: torch.Tensor | None) -> bool:
    if expected is None:
        return type(seen.data) is torch.Tensor
    if type(seen) is not type(expected):
        return False
    attributes = [name for name in expected.tensor_attribute_names if name != "dtype"]
    return all(str(getattr(seen, name)) == str(getattr(expected, name)) for name in attributes) and all(
        torch.equal(getattr(seen, name), getattr(expected, name))
        for name in expected.tensor_data_names
        if getattr(expected, name) is not None
    )
