"""`fewbit inspect` on checkpoints that the tools wrote: what each says of itself, tensor by tensor, and the bytes in the files."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import fewbit
from foreign.written import Written, stored_bytes
from report import Report


def check(report: Report, scratch: Path, write: Callable[[Path], Iterator[Written]]) -> None:
    for written in write(scratch):
        outcome = fewbit.run_kept(["inspect", str(written.folder), "--json"])
        said = json.loads(outcome.out)
        report.check(outcome.code == 0, f"{written.label}: exit code {outcome.code}, {said.get('findings') or said.get('error')}")
        if "totals" in said:
            for message in _problems(written, said):
                report.fail(f"{written.label}: {message}")
            report.passed += len(written.shapes)


def _problems(written: Written, said: dict) -> Iterator[str]:
    totals, tensors = said["totals"], {row["name"]: row for row in said["tensors"]}
    parameters = sum(_product(shape) for shape in written.shapes.values())
    if totals["parameters"] != parameters:
        yield f"{totals['parameters']} parameters, really {parameters}"
    size = sum(stored_bytes(written.folder).values())
    if abs(totals["bitsPerWeight"] - size * 8 / parameters) > 1e-9:
        yield f"{totals['bitsPerWeight']} bits per weight, really {size * 8 / parameters}"
    for name, shape in written.shapes.items():
        row = tensors.get(name)
        if row is None or row["shape"] != shape:
            yield f"{name} is {row and row['shape']}, really {shape}"
        elif (row["scheme"] is not None) != (name in written.quantized):
            yield f"{name} {'is' if name in written.quantized else 'is not'} quantized, ours says {row['scheme']}"
        elif row["scheme"] is not None and not row["scheme"]["words"].startswith(written.words):
            yield f"{name} is {row['scheme']['words']!r}, really {written.words!r}"
    method = said["quantizationConfig"] and said["quantizationConfig"]["method"]
    if method != written.method:
        yield f"the method is {method}, really {written.method}"
    if said["findings"]:
        yield f"findings {said['findings'][:2]}"
    of_weights = sum(row["bytes"] for row in said["tensors"])
    if of_weights != size:
        yield f"components of {of_weights} bytes, really {size}"


def _product(shape: list[int]) -> int:
    product = 1
    for extent in shape:
        product *= extent
    return product
