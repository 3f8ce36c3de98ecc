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


# Findings that say that a pattern, or what it was tried on, is not the same without the model.
SAID = (
    "loss pattern-unsaid", "loss kind-unchecked", "loss embeddings", "loss class-unknown", "loss name-or-part", "loss shape-unchecked",
)  # fmt: skip


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
    plain = _differing(case, answer, "plain")
    if plain and not any(finding in SAID for finding in answer["plain"]["findings"]):
        return f"the converted recipe gives {plain}, and of that is said only {answer['plain']['findings']}"
    counts["converted alike without the model"] += not plain
    counts["differing and said without the model"] += bool(plain)
    checked = _differing(case, answer, "checked")
    if bool(checked) != (answer["checked"]["differing"] > 0):
        return f"converted with the model it gives {checked}, {answer['checked']['differing']} said to differ"
    counts["differing and said with the model"] += bool(checked)
    return None


def _differing(case: Case, answer: dict, conversion: str) -> str | None:
    """The first parameter that the converted recipe treats otherwise."""
    schemes, places = answer["schemes"], answer[conversion]["schemes"]
    for parameter, place, wanted in zip(case.parameters, places, answer["adapted"], strict=True):
        if place != wanted:
            return f"{parameter['name']} {schemes[place]} instead of {schemes[wanted]}"
    return None


def weights(numbers: str, sharing: dict, symmetric: bool = True, scales: str = "float", **more: object) -> dict:
    return {"numbers": numbers, "sharing": sharing, "symmetric": symmetric, "scales": scales, **more}
