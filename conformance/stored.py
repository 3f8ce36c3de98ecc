"""Safetensors files as they are on disk, read without the safetensors library so that every byte is seen."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class StoredTensor:
    dtype: str
    shape: tuple[int, ...]
    bytes: memoryview


@dataclass(frozen=True)
class StoredFile:
    """Tensors in the order of their positions, and the texts of `__metadata__`."""

    tensors: dict[str, StoredTensor]
    metadata: dict[str, str]


def parse(data: bytes) -> StoredFile:
    """Reads a whole file; raises ValueError where its data have holes, overlaps, or an end that is not the file's."""
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length], object_pairs_hook=_without_duplicates)
    metadata = header.pop("__metadata__", {})
    body = memoryview(data)[8 + length :]
    by_position = sorted(header.items(), key=lambda item: item[1]["data_offsets"])
    at = 0
    tensors: dict[str, StoredTensor] = {}
    for name, entry in by_position:
        begin, end = entry["data_offsets"]
        if begin != at:
            raise ValueError(f"{name} begins at {begin}, the tensor before it ends at {at}")
        tensors[name] = StoredTensor(entry["dtype"], tuple(entry["shape"]), body[begin:end])
        at = end
    if at != len(body):
        raise ValueError(f"the data end at {at}, the file at {len(body)}")
    return StoredFile(tensors, metadata)


def read_folder(folder: Path) -> tuple[StoredFile, list[StoredFile]]:
    """All shards as one (the metadata of the last shard wins, as loaders have it), and each one."""
    shards = [parse(file.read_bytes()) for file in sorted(folder.glob("*.safetensors"))]
    tensors: dict[str, StoredTensor] = {}
    metadata: dict[str, str] = {}
    for shard in shards:
        twice = tensors.keys() & shard.tensors.keys()
        if twice:
            raise ValueError(f"in two shards: {sorted(twice)}")
        tensors.update(shard.tensors)
        metadata.update(shard.metadata)
    return StoredFile(tensors, metadata), shards


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key occurs twice in one JSON object")
    return result
