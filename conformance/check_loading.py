"""What we write, read by torchao: `unflatten_tensor_state_dict` by shard and at once, and its `dequantize`."""

import math
from pathlib import Path
from random import Random

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torchao.prototype.safetensors.safetensors_support import unflatten_tensor_state_dict
from torchao.quantization import Int4Tensor

import fewbit
import models
import oracle
from random_recipes import CONFIGS
from report import Report

COMPONENTS = ("qdata", "scale", "zero_point")
ATTRIBUTES = (
    "block_size",
    "dtype",
    "shape",
    "act_quant_kwargs",
    "reduce_range",
    "target_dtype",
    "activation_quantization",
    "activation_dtype",
)


def check(report: Report, scratch: Path, seed: int) -> None:
    for turn, family in enumerate((models.llama, models.mixture, models.vision)):
        random = Random(seed + turn)
        checkpoint = family(random)
        configs = _configs(checkpoint, random)
        source = scratch / family.__name__ / "in"
        models.save(checkpoint.tensors, source)
        recipe = oracle.exact_recipe(configs)
        theirs = oracle.quantized_state(checkpoint.tensors, checkpoint.kinds, recipe)
        for shard_size in (None, "40KB"):
            out = source.with_name(f"out{shard_size}")
            options = ("--max-shard-size", shard_size) if shard_size else ()
            fewbit.quantize(source, recipe, out, *options, runner=fewbit.run_apart)
            shards = len(list(out.glob("*.safetensors")))
            as_asked = shards == 1 if shard_size is None else shards > 1
            report.check(as_asked, f"{shards} files for shards of {shard_size}")
            _check_folder(report, out, theirs)
            _check_verify(report, source, out, checkpoint.tensors, theirs)


def _configs(checkpoint: models.Checkpoint, random: Random) -> dict[str, object]:
    """A random config for every tensor whose rank and width all of them take."""
    return {
        name: random.choice(CONFIGS)
        for name, tensor in checkpoint.tensors.items()
        if checkpoint.kinds[name] == "linear" and tensor.dim() == 2
    }


def _check_folder(report: Report, out: Path, theirs: dict[str, torch.Tensor]) -> None:
    by_shard = _load_by_shard(report, out)
    merged_tensors: dict[str, torch.Tensor] = {}
    merged_metadata: dict[str, str] = {}
    for file in sorted(out.glob("*.safetensors")):
        merged_tensors |= load_file(file)
        merged_metadata |= _metadata(file)
    at_once, leftover = unflatten_tensor_state_dict(merged_tensors, merged_metadata)
    report.check(not leftover, f"{out.name}: left over at once: {sorted(leftover)[:3]}")
    for how, state in (("by shard", by_shard), ("at once", at_once)):
        report.check(state.keys() == theirs.keys(), f"{out.name} {how}: {sorted(state.keys() ^ theirs.keys())[:3]}")
        for name, expected in theirs.items():
            if name in state:
                problem = difference(state[name], expected)
                report.check(problem is None, f"{out.name} {how}: {name}: {problem}")


def _load_by_shard(report: Report, out: Path) -> dict[str, torch.Tensor]:
    """As torchao documents it: what a shard leaves over waits for the next one."""
    state: dict[str, torch.Tensor] = {}
    leftover: dict[str, torch.Tensor] = {}
    for file in sorted(out.glob("*.safetensors")):
        loaded, leftover = unflatten_tensor_state_dict({**leftover, **load_file(file)}, _metadata(file))
        state |= loaded
    report.check(not leftover, f"{out.name}: left over after the last shard: {sorted(leftover)[:3]}")
    return state


def _metadata(file: Path) -> dict[str, str]:
    with safe_open(file, framework="pt") as opened:
        return opened.metadata()


def difference(ours: torch.Tensor, theirs: torch.Tensor) -> str | None:
    """How two tensors differ in class, attributes, components or values; None where they do not."""
    if type(ours) is not type(theirs):
        return f"{type(ours).__name__}, torchao {type(theirs).__name__}"
    if type(ours) is torch.Tensor:
        same = ours.dtype == theirs.dtype and torch.equal(ours, theirs)
        return None if same else "plain values differ"
    for attribute in ATTRIBUTES:
        mine, other = getattr(ours, attribute, None), getattr(theirs, attribute, None)
        if (list(mine) != list(other)) if isinstance(other, (list, tuple)) else (mine != other):
            return f"{attribute} {mine}, torchao {other}"
    for component in COMPONENTS:
        mine, other = getattr(ours, component), getattr(theirs, component)
        if mine.dtype != other.dtype or not torch.equal(mine, other):
            return f"{component} differs"
    # Int4Tensor has no dequantize, only kernels of a GPU.
    if not isinstance(theirs, Int4Tensor) and not torch.equal(ours.dequantize(), theirs.dequantize()):
        return "dequantized values differ"
    return None


def _check_verify(
    report: Report, source: Path, out: Path, originals: dict[str, torch.Tensor], theirs: dict[str, torch.Tensor]
) -> None:
    """`fewbit verify` measures what torch measures between the originals and what torchao dequantizes."""
    outcome = fewbit.verify(out, source)
    report.check(outcome["missing"] == outcome["surplus"] == [], f"{out.name}: verify misses or has too much")
    rows = {row["name"]: row for row in outcome["tensors"]}
    report.check(rows.keys() == originals.keys(), f"{out.name}: verify lists {len(rows)} of {len(originals)} tensors")
    for name, original in originals.items():
        seen = rows[name]
        if type(theirs[name]) is torch.Tensor:
            report.check(seen["exact"] and seen["tensorClass"] is None, f"{name}: verify says {seen}, it is a copy")
            continue
        exact = original.double()
        error = exact - oracle.dequantized(theirs[name]).double()
        noise, largest = float(error.square().sum()), float(error.abs().max())
        sqnr = 10 * math.log10(float(exact.square().sum()) / noise)
        same = math.isclose(seen["noise"], noise, rel_tol=1e-9) and seen["maxError"] == largest
        same = same and math.isclose(seen["sqnrDb"], sqnr, rel_tol=1e-9)
        report.check(same, f"{name}: verify says {seen}, torch {sqnr} dB, noise {noise}, largest error {largest}")
