"""Our bytes and refusals against torchao's over the grid of `grid.py`."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import torch

import fewbit
import models
import oracle
from compare import Comparison, compare
from grid import Chunk
from report import Report
from stored import read_folder

PROCESSES = 2
_ORACLE = Lock()
"""torchao sets global options while it quantizes, so one chunk at a time."""


def check(report: Report, scratch: Path, chunks: Iterable[Chunk], workers: int = 1) -> None:
    total = Comparison()
    refused = left = stricter = 0
    with ThreadPoolExecutor(PROCESSES) as pool:
        jobs = pool.map(lambda job: (job[1], _run(scratch / f"grid{job[0]}", job[1], workers)), enumerate(chunks))
        for chunk, result in jobs:
            for problem in result.problems + result.comparison.problems:
                report.fail(f"{chunk.label}: {problem}")
            report.passed += result.right + result.comparison.equal
            total.add(result.comparison)
            refused += result.refused
            left += result.left
            stricter += result.stricter
    report.note(f"{refused} refused and {left} left alone as torchao does")
    if stricter:
        report.note(f"{stricter} empty or scalar tensors refused that torchao takes")
    report.note(total.summary())


class _Result:
    def __init__(self) -> None:
        self.right = 0
        """Tensors whose verdict is torchao's."""
        self.refused = 0
        self.left = 0
        self.stricter = 0
        self.problems: list[str] = []
        self.comparison = Comparison()


def _run(folder: Path, chunk: Chunk, workers: int) -> _Result:
    result = _Result()
    checkpoint = folder / "in"
    models.save(chunk.tensors, checkpoint)
    recipe = oracle.exact_recipe(chunk.configs)
    rows = {row["name"]: row for row in fewbit.explain(checkpoint, recipe, folder / "explained")["tensors"]}
    kinds = {name: row["kind"] for name, row in rows.items()}

    state: dict[str, torch.Tensor] = {}
    taken: dict[str, object] = {}
    with _ORACLE:
        for name, tensor in chunk.tensors.items():
            config = chunk.configs[name]
            verdict, state[name] = _torchao(name, tensor, kinds[name], config)
            ours = _ours(rows[name])
            if ours == "refuses" and verdict != "refuses" and _empty_or_scalar(tensor):
                result.stricter += 1
                state[name] = tensor
                continue
            if ours != verdict:
                what, reason = f"{name} {tuple(tensor.shape)} {config}", rows[name]["reason"]
                result.problems.append(f"{what}: we {ours} ({reason}), torchao {verdict}")
                # Left out of both, so that the rest of the chunk is still compared.
                state[name] = tensor
                continue
            result.right += 1
            result.refused += verdict == "refuses"
            result.left += verdict == "leaves it"
            if verdict != "refuses":
                taken[name] = config
        theirs = oracle.flattened_file(state)
    fewbit.quantize(checkpoint, oracle.exact_recipe(taken), folder / "out", "--workers", str(workers))
    result.comparison = compare(read_folder(folder / "out")[0], theirs)
    for stored in result.comparison.differing:
        module = stored.rpartition(".")[0]
        result.problems.append(f"{stored} was made by {chunk.configs.get(f'{module}.weight')}")
    return result


def _torchao(name: str, tensor: torch.Tensor, kind: str, config: object) -> tuple[str, torch.Tensor]:
    try:
        after = oracle.quantized_state({name: tensor}, {name: kind}, oracle.exact_recipe({name: config}))[name]
    except Exception:  # noqa: BLE001 - torchao raises errors of every class
        return "refuses", tensor
    return ("leaves it", after) if type(after) is torch.Tensor else (type(after).__name__, after)


def _empty_or_scalar(tensor: torch.Tensor) -> bool:
    """torchao takes some of these where its arithmetic happens to work; we refuse all of them. See DIFFERENCES.md."""
    return tensor.dim() == 0 or tensor.numel() == 0


def _ours(row: dict) -> str:
    if row["refused"]:
        return "refuses"
    return row["tensorClass"] or "leaves it"
