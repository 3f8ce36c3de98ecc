"""Holds what a tool does with every parameter of a model against what we make of the same recipe."""

import json
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import fewbit
from report import Report

SCRIPT = Path(__file__).resolve().parent / "foreign.mjs"
Scheme = dict | None
"""As `@fewbit/dialects` says it: numbers, sharing, symmetric, scales of the weights and of the activations."""


@dataclass(frozen=True)
class Case:
    label: str
    format: str
    text: str
    parameters: list[dict]
    wanted: dict[str, Scheme] | None
    """What the tool gives to each parameter that it quantizes, by name; None when it refuses the recipe."""
    refusal: str = ""


def compare(report: Report, cases: list[Case]) -> None:
    """
    A recipe that the tool takes: our reader selects the same, parameter by parameter; the converted recipe too, unless its
    report says that something could not be carried over; and so it does with the model at hand.
    """
    counts = Counter()
    for case, answer in zip(cases, _ask(cases), strict=True):
        problem = _problem(case, answer, counts)
        report.check(problem is None, f"{case.label}: {problem}; {case.text}")
    report.note(f"{sum(len(case.parameters) for case in cases)} parameters")
    report.note(", ".join(f"{count} {what}" for what, count in sorted(counts.items())))


def _ask(cases: list[Case]) -> list[dict]:
    lines = "".join(
        json.dumps({"format": case.format, "text": case.text, "parameters": case.parameters}) + "\n" for case in cases
    )
    done = subprocess.run(fewbit.command(SCRIPT), cwd=fewbit.ROOT, input=lines, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return [json.loads(line) for line in done.stdout.splitlines()]


# Findings that say that linear modules may be selected otherwise, and those that speak of other modules only.
OF_LINEAR = {"loss pattern-unsaid", "loss class-unknown", "loss name-or-part", "loss shape-unchecked"}
OF_OTHERS = {"loss kind-unchecked", "loss embeddings"}


def _problem(case: Case, answer: dict, counts: Counter) -> str | None:
    if case.wanted is None:
        counts["refused by both" if "error" in answer else "refused by the tool"] += 1
        return None if "error" in answer else f"the tool refuses it: {case.refusal}"
    if "error" in answer:
        return f"ours refuses it: {answer['error']}"
    schemes = answer["schemes"]
    for parameter, place in zip(case.parameters, answer["select"], strict=True):
        wanted, ours = case.wanted.get(parameter["name"]), schemes[place]
        if wanted != ours:
            return f"{parameter['name']} gets {wanted}, ours {ours}"
    counts["compared"] += 1
    plain, checked = _differing(case, answer, "plain"), _differing(case, answer, "checked")
    said = set(answer["plain"]["findings"])
    for kind, text in plain:
        if not said & (OF_LINEAR if kind == "linear" else OF_LINEAR | OF_OTHERS):
            return f"the converted recipe gives {text}, and of that is said only {sorted(said)}"
    if bool(checked) != (answer["checked"]["differing"] > 0):
        return f"converted with the model it gives {checked[:1]}, {answer['checked']['differing']} said to differ"
    linear = any(kind == "linear" for kind, _ in plain)
    counts["converted alike without the model" if not plain else "there with a reported difference in "
           + ("linear modules" if linear else "other modules only")] += 1  # fmt: skip
    counts["with the model with a reported difference"] += bool(checked)
    return None


def _differing(case: Case, answer: dict, conversion: str) -> list[tuple[str, str]]:
    """The parameters that the converted recipe treats otherwise, with the kinds of their modules."""
    schemes, places = answer["schemes"], answer[conversion]["schemes"]
    return [
        (parameter["kind"], f"{parameter['name']} {schemes[place]} instead of {schemes[wanted]}")
        for parameter, place, wanted in zip(case.parameters, places, answer["adapted"], strict=True)
        if place != wanted
    ]


def weights(numbers: str, sharing: dict, symmetric: bool = True, scales: str = "float", **more: object) -> dict:
    return {"numbers": numbers, "sharing": sharing, "symmetric": symmetric, "scales": scales, **more}
