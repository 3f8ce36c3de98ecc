"""Checks the oracle itself where torchao on a CPU cannot run: our stand-ins for mslk's functions, by known bytes."""

from pathlib import Path

import torch
from torchao.quantization import Int4WeightOnlyConfig

import oracle
from report import Report

KNOWN = {
    torch.float32: (
        "feb27009e3826e0fa17feadb827efdc3b53120f785312ed7111eea85201dd7e4",
        "2222ea3e9a99093f1111f13eabaa023f",
        "00de5dbc303373bf22228e3fb0aa823e",
    ),
    torch.bfloat16: (
        "feb27009e3826e0fa17feadb827efdc3b53120f785312ed7111eea85201dd7e4",
        "ea3e0a3ff13e033f",
        "5ebc73bf8e3f833e",
    ),
}
"""qdata, scale and zero point of a 2 x 32 weight in groups of 16, made apart from this code."""


def check(report: Report, scratch: Path) -> None:
    values = [((i * 37) % 101 - 50) / 16 * (1 + i % 7) / 4 for i in range(64)]
    for dtype, known in KNOWN.items():
        weight = torch.tensor(values, dtype=torch.float32).reshape(2, 32).to(dtype)
        config = oracle.exact_recipe({"m.weight": Int4WeightOnlyConfig(group_size=16)})
        stored = oracle.quantized_file({"m.weight": weight}, {"m.weight": "linear"}, config)
        for component, expected in zip(("qdata", "scale", "zero_point"), known, strict=True):
            seen = bytes(stored.tensors[f"m._weight_{component}"].bytes).hex()
            report.check(seen == expected, f"{dtype} {component}: {seen}, expected {expected}")
