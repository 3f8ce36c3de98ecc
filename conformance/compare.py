"""Compares a file of ours with torchao's: every byte of every tensor, and the metadata that loaders read."""

import json
from dataclasses import dataclass, field

from stored import StoredFile


@dataclass
class Comparison:
    tensors: int = 0
    equal: int = 0
    """Tensors whose dtype, shape and bytes are torchao's."""
    bytes: int = 0
    differing_bytes: int = 0
    metadata_same_text: int = 0
    """Entries whose text is the same, not only what the JSON says."""
    problems: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)
    """Names of the stored tensors with differing bytes."""

    def add(self, other: "Comparison") -> None:
        self.tensors += other.tensors
        self.equal += other.equal
        self.bytes += other.bytes
        self.differing_bytes += other.differing_bytes
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
            differing = [at for at, (a, b) in enumerate(zip(mine.bytes, other.bytes)) if a != b]
            result.differing_bytes += len(differing)
            at = differing[0]
            result.differing.append(name)
            result.problems.append(
                f"{name} ({mine.dtype} {mine.shape}): {len(differing)} of {len(mine.bytes)} bytes differ, "
                f"first at {at}: {mine.bytes[at]:#04x}, torchao {other.bytes[at]:#04x}"
            )
        else:
            result.equal += 1
    _compare_metadata(ours.metadata, theirs.metadata, result)
    return result


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
