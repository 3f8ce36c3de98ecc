"""Configs as JSON, right and wrong: the fields of each type with one thing changed."""

import copy
from collections.abc import Iterator

import torch
from torchao.core.config import config_to_dict
from torchao.quantization import (
    Int4WeightOnlyConfig,
    Int8DynamicActivationInt8WeightConfig,
    Int8DynamicActivationIntxWeightConfig,
    Int8WeightOnlyConfig,
    IntxWeightOnlyConfig,
    PerGroup,
)

GRANULARITIES = {
    "PerTensor": ("PerTensor", {}),
    "PerRow": ("PerRow", {"dim": -1}),
    "PerRow 0": ("PerRow", {"dim": 0}),
    "PerRow 1": ("PerRow", {"dim": 1}),
    "PerRow 2": ("PerRow", {"dim": 2}),
    "PerRow -2": ("PerRow", {"dim": -2}),
    "PerRow without dim": ("PerRow", {}),
    "PerAxis 0": ("PerAxis", {"axis": 0}),
    "PerAxis 1": ("PerAxis", {"axis": 1}),
    "PerAxis -1": ("PerAxis", {"axis": -1}),
    "PerGroup 32": ("PerGroup", {"group_size": 32}),
    "PerGroup 256": ("PerGroup", {"group_size": 256}),
    "PerGroup 512": ("PerGroup", {"group_size": 512}),
    "PerGroup 48": ("PerGroup", {"group_size": 48}),
    "PerGroup 1": ("PerGroup", {"group_size": 1}),
    "PerGroup 0": ("PerGroup", {"group_size": 0}),
    "PerGroup -1": ("PerGroup", {"group_size": -1}),
    "PerToken": ("PerToken", {}),
    "PerBlock": ("PerBlock", {"block_size": [1, 32]}),
    "unknown": ("PerColumn", {}),
}


def enum(name: str, member: str) -> dict:
    return {"_type": name, "_data": member}


def dtype(name: str) -> dict:
    return {"_type": "torch.dtype", "_data": name}


def granularity(name: str) -> dict:
    kind, data = GRANULARITIES[name]
    return {"_type": kind, "_version": 1, "_data": data}


MAPPINGS = tuple(enum("MappingType", name) for name in ("SYMMETRIC", "SYMMETRIC_NO_CLIPPING_ERR", "ASYMMETRIC", "NONE"))
DTYPES = ("int1", "int4", "int8", "uint4", "int16", "float8_e4m3fn", "nothing")
SCALE_DTYPES = ("float32", "bfloat16", "float16", "float64", "int8")
BOOLEANS = (True, False)

FIELDS: dict[type, dict[str, list]] = {
    Int8WeightOnlyConfig: {
        "group_size": [None, 32],
        "granularity": [*map(granularity, GRANULARITIES), None],
        "set_inductor_config": [*BOOLEANS],
    },
    Int8DynamicActivationInt8WeightConfig: {
        "act_mapping_type": [*MAPPINGS],
        "weight_only_decode": [*BOOLEANS],
        "granularity": [
            *map(granularity, GRANULARITIES),
            None,
            [],
            [granularity("PerRow")],
            [granularity("PerTensor"), granularity("PerRow")],
            [granularity("PerRow"), granularity("PerTensor")],
            [granularity("PerRow"), granularity("PerRow 0")],
            [granularity("PerRow 0"), granularity("PerRow")],
            [granularity("PerRow"), granularity("PerGroup 32")],
            [granularity("PerRow")] * 3,
        ],
        "set_inductor_config": [*BOOLEANS],
        "reduce_range": [*BOOLEANS],
    },
    IntxWeightOnlyConfig: {
        "weight_dtype": [*map(dtype, DTYPES)],
        "granularity": [*map(granularity, GRANULARITIES), None],
        "mapping_type": [*MAPPINGS],
        "scale_dtype": [None, *map(dtype, SCALE_DTYPES)],
        "intx_packing_format": [
            enum("IntxPackingFormat", name) for name in ("UNPACKED_TO_INT8", "OPAQUE_TORCHAO_LOWBIT", "PLAIN")
        ],
        "intx_choose_qparams_algorithm": [
            enum("IntxChooseQParamsAlgorithm", name) for name in ("AFFINE", "HQQ_SCALE_ONLY", "HQQ")
        ],
    },
    Int8DynamicActivationIntxWeightConfig: {
        "weight_dtype": [*map(dtype, DTYPES)],
        "weight_granularity": [*map(granularity, GRANULARITIES), None],
        "weight_mapping_type": [*MAPPINGS],
        "weight_scale_dtype": [None, *map(dtype, SCALE_DTYPES)],
        "act_mapping_type": [*MAPPINGS],
        "intx_packing_format": [enum("IntxPackingFormat", name) for name in ("UNPACKED_TO_INT8", "PLAIN")],
        "intx_choose_qparams_algorithm": [
            enum("IntxChooseQParamsAlgorithm", name) for name in ("AFFINE", "HQQ_SCALE_ONLY")
        ],
    },
    Int4WeightOnlyConfig: {
        "group_size": [32, 64, 128, 256, 16, 2, 48, 1, 0, -32],
        "set_inductor_config": [*BOOLEANS],
        "int4_packing_format": [
            *(enum("Int4PackingFormat", name) for name in ("PLAIN", "TILE_PACKED_TO_4D", "PLAIN_INT32", "BLOCKED")),
            "plain",
        ],
        "int4_choose_qparams_algorithm": [enum("Int4ChooseQParamsAlgorithm", name) for name in ("TINYGEMM", "HQQ")],
        "int4_tile_packed_ntile": [8, 16, 4],
    },
}

BASES = {
    Int8WeightOnlyConfig: Int8WeightOnlyConfig(),
    Int8DynamicActivationInt8WeightConfig: Int8DynamicActivationInt8WeightConfig(),
    IntxWeightOnlyConfig: IntxWeightOnlyConfig(torch.int4, PerGroup(32)),
    Int8DynamicActivationIntxWeightConfig: Int8DynamicActivationIntxWeightConfig(torch.int4),
    Int4WeightOnlyConfig: Int4WeightOnlyConfig(group_size=64),
}


def cases() -> Iterator[tuple[str, dict]]:
    """What was changed, in words, and the envelope."""
    for kind, base in BASES.items():
        envelope = config_to_dict(base)
        name = kind.__name__
        for field, values in FIELDS[kind].items():
            for value in values:
                changed = copy.deepcopy(envelope)
                changed["_data"][field] = value
                yield f"{name} {field}={value}", changed
            changed = copy.deepcopy(envelope)
            del changed["_data"][field]
            yield f"{name} without {field}", changed
        for version in (1, 3, "2", None):
            yield f"{name} version {version!r}", {**envelope, "_version": version}
        yield f"{name} without version", {key: value for key, value in envelope.items() if key != "_version"}
        yield f"{name} with an unknown field", {**envelope, "_data": {**envelope["_data"], "bits": 4}}
        yield f"{name} with no fields", {**envelope, "_data": {}}
    yield "unknown type", {"_type": "Int3WeightOnlyConfig", "_version": 1, "_data": {}}
    yield "a recipe as config", {"_type": "FqnToConfig", "_version": 1, "_data": {"fqn_to_config": {}}}
    yield "a granularity as config", granularity("PerRow")
