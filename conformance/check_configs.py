"""Which configs we take and refuse, and torchao: each as JSON, applied to one tensor."""

import json
from pathlib import Path

import torch
from torchao.core.config import config_from_dict

import fewbit
import models
import oracle
from compare import compare
from config_cases import cases
from report import Report
from stored import read_folder
from weights import weights

SHAPE = (6, 256)


def check(report: Report, scratch: Path) -> None:
    envelopes = {f"case{at}.weight": case for at, case in enumerate(cases())}
    tensors = {
        name: weights("normal", SHAPE, torch.bfloat16, seed) for seed, name in enumerate(envelopes)
    }
    kinds = dict.fromkeys(tensors, "linear")
    models.save(tensors, scratch / "in")

    states = {name: _torchao(name, tensors[name], envelope) for name, (_, envelope) in envelopes.items()}
    refusals = _our_refusals(scratch, {name: envelope for name, (_, envelope) in envelopes.items()})
    for name, (what, _) in envelopes.items():
        ours, theirs = name in refusals, states[name] is None
        report.check(ours == theirs, f"{what}: we {_word(ours)}, torchao {_word(theirs)}. {refusals.get(name, '')}")

    taken = {name: envelope for name, (_, envelope) in envelopes.items() if name not in refusals}
    fewbit.quantize(scratch / "in", _recipe(taken), scratch / "out")
    state = {name: states[name] if name in taken and states[name] is not None else tensors[name] for name in tensors}
    comparison = compare(read_folder(scratch / "out")[0], oracle.flattened_file(state))
    for problem in comparison.problems:
        report.fail(problem)
    report.passed += comparison.equal
    report.note(comparison.summary())
    report.note(f"{len(envelopes)} configs, {len(taken)} taken")


def _word(refused: bool) -> str:
    return "refuse" if refused else "take it"


def _torchao(name: str, tensor: torch.Tensor, envelope: dict) -> torch.Tensor | None:
    """The tensor after torchao, None where it raises, be it in reading the config or in applying it."""
    try:
        config = config_from_dict(json.loads(json.dumps(envelope)))
        return oracle.quantized_state({name: tensor}, {name: "linear"}, oracle.exact_recipe({name: config}))[name]
    except Exception:  # noqa: BLE001 - torchao raises errors of every class
        return None


def _our_refusals(scratch: Path, envelopes: dict[str, dict]) -> dict[str, str]:
    """By tensor, our reason: those refused while reading the recipe, then those refused for their tensor."""
    refused: dict[str, str] = {}
    while True:
        rest = {name: envelope for name, envelope in envelopes.items() if name not in refused}
        try:
            rows = fewbit.explain(scratch / "in", _recipe(rest), scratch / "explained")["tensors"]
        except fewbit.FewbitFailed as error:
            # A message lists the first problems only.
            lines = [(name, line) for line in str(error).splitlines() for name in rest if f'key "{name}"' in line]
            if not lines:
                raise
            refused |= dict(lines)
        else:
            return refused | {row["name"]: row["reason"] for row in rows if row["refused"]}


def _recipe(envelopes: dict[str, dict]) -> dict:
    return {"_type": "FqnToConfig", "_version": 1, "_data": {"fqn_to_config": envelopes}}
