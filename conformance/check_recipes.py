"""Random recipes on random models: who decides for each tensor, and the bytes that follow.

torchao's code departs from torchao's documentation, and ours follows the documentation. So verdicts are checked against
`semantics.documented`, and the bytes against real torchao given the same verdicts as exact parameter keys. Where the
code and the documentation agree on a recipe, real torchao also gets the recipe as it was written.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Lock

from torchao.quantization import FqnToConfig

import fewbit
import models
import oracle
from compare import Comparison, compare
from random_recipes import random_recipe
from report import Report
from semantics import AsCodedFails, Verdict, as_coded, documented
from stored import StoredFile, read_folder

PROCESSES = 2
_ORACLE = Lock()


@dataclass
class _Result:
    right: int = 0
    refused: int = 0
    as_written: bool = False
    problems: list[str] = field(default_factory=list)
    comparison: Comparison = field(default_factory=Comparison)


def check(report: Report, scratch: Path, seed: int, count: int) -> None:
    total = Comparison()
    as_written = refused = 0
    with ThreadPoolExecutor(PROCESSES) as pool:
        seeds = range(seed, seed + count)
        for number, result in zip(seeds, pool.map(lambda n: _run(scratch / f"recipe{n}", n), seeds), strict=True):
            for problem in result.problems + result.comparison.problems:
                report.fail(f"recipe {number}: {problem}")
            report.passed += result.right + result.comparison.equal
            as_written += result.as_written
            refused += result.refused > 0
            total.add(result.comparison)
    report.note(f"{count} recipes, {as_written} of them compared also as written, {refused} with refused tensors")
    report.note(total.summary())


def _run(folder: Path, seed: int) -> _Result:
    random = Random(seed)
    checkpoint = random.choice(models.FAMILIES)(random)
    recipe = random_recipe(random, checkpoint.model)
    models.save(checkpoint.tensors, folder / "in", shards=random.choice((1, 1, 2, 3)))
    result = _Result()
    try:
        _check(result, folder, checkpoint, recipe)
    except fewbit.FewbitFailed as error:
        result.problems.append(f"{error}; recipe {list(recipe)}")
    return result


def _check(result: _Result, folder: Path, checkpoint: models.Checkpoint, recipe: dict) -> None:
    verdicts = _documented(recipe, checkpoint)
    with _ORACLE:
        refused = {name for name, verdict in verdicts.items() if _refuses(checkpoint, name, verdict.config)}
    rows = fewbit.explain(folder / "in", FqnToConfig(dict(recipe)), folder / "explained")["tensors"]
    if {row["name"] for row in rows} != set(checkpoint.tensors):
        result.problems.append("explain does not list every tensor once")
    for row in rows:
        problem = _problem_of(row, verdicts[row["name"]], row["name"] in refused, checkpoint.kinds[row["name"]])
        if problem is None:
            result.right += 1
        else:
            result.problems.append(f"{row['name']}: {problem}; recipe {list(recipe)}")
    result.refused = len(refused)

    # A plan with refused tensors is no plan: leave them alone by keys of the highest tier.
    recipe = {**recipe, **dict.fromkeys(refused)}
    fewbit.quantize(folder / "in", FqnToConfig(dict(recipe)), folder / "out")
    ours = read_folder(folder / "out")[0]
    result.comparison = _compare(ours, checkpoint, recipe, result)


def _compare(ours: StoredFile, checkpoint: models.Checkpoint, recipe: dict, result: _Result) -> Comparison:
    configs = {name: verdict.config for name, verdict in _documented(recipe, checkpoint).items()}
    with _ORACLE:
        theirs = oracle.quantized_file(checkpoint.tensors, checkpoint.kinds, oracle.exact_recipe(configs))
        if all(json.loads(theirs.metadata[name]) == {"_type": "Tensor"} for name in checkpoint.tensors):
            # Where nothing is quantized we write a plain checkpoint, torchao its metadata too. See DIFFERENCES.md.
            theirs = StoredFile(theirs.tensors, {})
        comparison = compare(ours, theirs)
        try:
            result.as_written = as_coded(recipe, checkpoint.model) == configs
        except AsCodedFails:
            return comparison
        if result.as_written:
            as_written = oracle.quantized_file(checkpoint.tensors, checkpoint.kinds, FqnToConfig(dict(recipe)))
            comparison.add(compare(ours, StoredFile(as_written.tensors, as_written.metadata if theirs.metadata else {})))
    return comparison


def _documented(recipe: dict, checkpoint: models.Checkpoint) -> dict[str, Verdict]:
    return {
        f"{module}.{parameter}": documented(recipe, module, parameter, module in checkpoint.model.linear)
        for module, parameters in checkpoint.model.modules.items()
        for parameter in parameters
    }


def _refuses(checkpoint: models.Checkpoint, name: str, config: object) -> bool:
    if config is None:
        return False
    try:
        tensors = {name: checkpoint.tensors[name]}
        oracle.quantized_state(tensors, checkpoint.kinds, oracle.exact_recipe({name: config}))
    except Exception:  # noqa: BLE001 - torchao raises errors of every class
        return True
    return False


def _problem_of(row: dict, verdict: Verdict, refused: bool, kind: str) -> str | None:
    if row["kind"] != kind:
        return f"kind {row['kind']}, is {kind}"
    if (row["tier"], row["key"]) != (verdict.tier, verdict.key):
        return f"decided by {row['tier']} {row['key']!r}, documented {verdict.tier} {verdict.key!r}"
    if row["refused"] != refused:
        return f"{'refused' if row['refused'] else 'taken'} ({row['reason']}), torchao: {verdict.config}"
    expected = None if verdict.config is None or refused else type(verdict.config).__name__
    # A config that leaves a tensor as it is shows no config but a reason.
    if row["config"] != expected and not (row["config"] is None and row["reason"] and _may_leave(verdict)):
        return f"config {row['config']}, documented {expected}"
    return None


def _may_leave(verdict: Verdict) -> bool:
    return type(verdict.config).__name__ == "Int4WeightOnlyConfig"
