"""What torchao's configs do with tensors that they cannot take, and with tensors that are quantized already: every shape,
dtype and pair of configs, by one key or two on a module with one parameter. A dialect knows the class of the exception.
"""

from itertools import product
from pathlib import Path

import torch
from torch import nn

from check_dialects import Case, compare_cases, run_torchao
from dialect_models import DTYPES, Bare, RandomModel
from dialect_recipes import SOME
from report import Report

SHAPES = (
    (), (1,), (32,), (30,), (0,), (64, 64), (64, 32), (64, 30), (30, 1), (1, 1), (1, 32), (64, 0), (0, 64), (3, 64, 64),
    (3, 64, 30), (3, 64, 1), (8, 32, 3, 3), (8, 30, 3, 3), (8, 32, 1, 1), (2, 3, 4, 4, 32),
)  # fmt: skip
TWICE = ((64, 64), (64, 32), (3, 64, 64), (64,), (64, 30), (8, 32, 3, 3))


def check(report: Report, scratch: Path) -> None:
    torch.manual_seed(1)
    cases: list[Case] = []
    for shape, dtype in product(SHAPES, DTYPES):
        model = _model(shape, dtype)
        cases += [run_torchao(f"{shape} {dtype}", model, {"m.weight": config}) for config in SOME]
    for shape in TWICE:
        model = _model(shape, torch.bfloat16)
        for first, second in product(SOME, SOME):
            recipe = {"m.weight": first, r"re:m\.weight": second}
            cases.append(run_torchao(f"{shape} twice", model, recipe))
    compare_cases(report, cases)


def _model(shape: tuple[int, ...], dtype: torch.dtype) -> RandomModel:
    weight = torch.randn(shape).to(dtype) if dtype.is_floating_point else torch.ones(shape, dtype=dtype)
    # As a linear layer without a bias has it.
    module = Bare(weight=nn.Parameter(weight, requires_grad=False), bias=None)
    root = Bare()
    root.add_module("m", module)
    return RandomModel(root, {"m": "linear"})
