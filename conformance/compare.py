"""Compares a file of ours with torchao's: every byte of every tensor, and the metadata that loaders read."""

import json
from dataclasses import dataclass, field

import numpy as np

from stored import StoredFile, StoredTensor

NAN_ABOVE = {"F32": (np.uint32, 0x7F800000), "BF16": (np.uint16, 0x7F80), "F16": (np.uint16, 0x7C00)}
"""Of each float dtype its words, and the bits of infinity: a word that is larger without its sign is a NaN."""


@dataclass
class Comparison:
    tensors: int = 0
    equal: int = 0
    """Tensors whose dtype, shape and bytes are torchao's."""
    bytes: int = 0
    differing_bytes: int = 0
    nans: int = 0
    """Elements that are NaN in both files with other bits, counted as equal: see `_nan_in_both`."""
    metadata_same_text: int = 0
    """Entries whose text is the same, not only what the JSON says."""
    problems: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    """Names of the stored tensors with differing bytes."""

    def summary(self) -> str:
        nans = f", {self.nans} NaNs of other bits" if self.nans else ""
        return f"{self.tensors} stored tensors, {self.bytes} bytes, {self.differing_bytes} differing{nans}"

    def add(self, other: "Comparison") -> None:
        self.tensors += other.tensors
        self.equal += other.equal
        self.bytes += other.bytes
        self.differing_bytes += other.differing_bytes
        self.nans += other.nans
        self.metadata_same_text += other.metadata_same_text
        self.problems += other.problems
        self.differing += other.differing


def compare(ours: StoredFile, theirs: StoredFile) -> Comparison:
    result = Comparison()
    for name in theirs.tensors.keys() - ours.tensors.keys():
        result.problems.append(f"{name}: torchao stores it, we do not")
    for name in ours.tensors.keys() - theirs.tensors.keys():
        result.problems.append(f"{name}: we store it, torchao does not")
    for name, mine in ours.tensors.items():
        other = theirs.tensors.get(name)
        if other is None:
            continue
        result.tensors += 1
        result.bytes += len(other.bytes)
        if (mine.dtype, mine.shape) != (other.dtype, other.shape):
            result.problems.append(f"{name}: {mine.dtype} {mine.shape}, torchao {other.dtype} {other.shape}")
        elif mine.bytes != other.bytes:
            _compare_bytes(name, mine, other, result)
        else:
            result.equal += 1
    _compare_metadata(ours.metadata, theirs.metadata, result)
    return result


def _compare_bytes(name: str, ours: StoredTensor, theirs: StoredTensor, result: Comparison) -> None:
    mine, other = (np.frombuffer(tensor.bytes, dtype=np.uint8) for tensor in (ours, theirs))
    nans = _nan_in_both(ours, theirs)
    result.nans += int(nans.sum())
    differing = np.flatnonzero((mine != other) & ~np.repeat(nans, len(mine) // len(nans)))
    if len(differing) == 0:
        result.equal += 1
        return
    result.differing_bytes += len(differing)
    result.differing.append(name)
    at = differing[0]
    result.problems.append(
        f"{name} ({ours.dtype} {ours.shape}): {len(differing)} of {len(mine)} bytes differ, "
        f"first at {at}: {mine[at]:#04x}, torchao {other[at]:#04x}"
    )


def _nan_in_both(ours: StoredTensor, theirs: StoredTensor) -> np.ndarray:
    """By element, where both are NaN with different bits. Which NaN torch stores depends on the processor and on an
    element's place in its tensor (on one x86-64, 0x7FC0 and 0xFFFF in one bf16 tensor), so no bits are right."""
    if ours.dtype not in NAN_ABOVE:
        return np.zeros(len(ours.bytes), dtype=bool)
    word, infinity = NAN_ABOVE[ours.dtype]
    mine, other = (np.frombuffer(tensor.bytes, dtype=word) for tensor in (ours, theirs))
    magnitude = word(np.iinfo(word).max >> 1)
    return (mine != other) & ((mine & magnitude) > infinity) & ((other & magnitude) > infinity)


def _compare_metadata(ours: dict[str, str], theirs: dict[str, str], result: Comparison) -> None:
    """`format` is the one entry that we write and torchao's helper does not."""
    for name in (ours.keys() ^ theirs.keys()) - {"format"}:
        result.problems.append(f"metadata {name}: only {'we' if name in ours else 'torchao'} have it")
    for name in ours.keys() & theirs.keys():
        if ours[name] == theirs[name]:
            result.metadata_same_text += 1
        elif name == "tensor_names":
            if sorted(json.loads(ours[name])) != sorted(json.loads(theirs[name])):
                result.problems.append("metadata tensor_names: not the same names")
        elif json.loads(ours[name]) != json.loads(theirs[name]):
            result.problems.append(f"metadata {name}: {ours[name]}, torchao {theirs[name]}")
