"""The grid: every config type that we take, on every dtype, shape and pattern of weights; a tensor for each case."""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torchao.quantization import (
    Int4WeightOnlyConfig,
    Int8DynamicActivationInt8WeightConfig,
    Int8DynamicActivationIntxWeightConfig,
    Int8WeightOnlyConfig,
    IntxWeightOnlyConfig,
    PerAxis,
    PerGroup,
    PerRow,
    PerTensor,
)
from torchao.quantization.quant_primitives import MappingType
from torchao.quantization.quantize_.workflows import IntxChooseQParamsAlgorithm

from weights import DTYPES, NOT_FINITE, PATTERNS, weights

SHAPES = (
    (64,),
    (37,),
    (1, 64),
    (7, 33),
    (5, 96),
    (16, 256),
    (9, 512),
    (1, 1),
    (4, 1),
    (2, 5, 64),
    (2, 3, 7),
    (3, 4, 256),
    (3, 32, 3, 3),
    (2, 8, 1, 1),
    (2, 64, 5, 2),
    (1, 2, 2, 2, 32),
    (),
    (0, 64),
)
"""Whether a config takes a shape is torchao's to say: refusals are compared too."""

SHAPES_OF_PATTERNS = ((6, 96), (5, 256))
"""Every pattern in shapes that groups of 8 to 32, and of up to 256, divide."""

LARGE = ((1030, 2049), (768, 4096), (3, 700, 1024), (5000, 96))
"""More elements than one range of work holds."""

MEASURED = (2200, 2049)
"""More bytes in any dtype than one block may have without a measuring phase before."""

HQQ = IntxChooseQParamsAlgorithm.HQQ_SCALE_ONLY
MAPPINGS = tuple(MappingType)
SCALE_DTYPES = (None, torch.float32, torch.bfloat16, torch.float16)


def int8_weight_only() -> Iterator[Int8WeightOnlyConfig]:
    rows = (PerRow(), PerRow(0), PerRow(1), PerRow(-2))
    groups = (PerGroup(32), PerGroup(8), PerGroup(3), PerGroup(1))
    for granularity in (PerTensor(), *rows, *groups):
        yield Int8WeightOnlyConfig(granularity=granularity)


def int8_dynamic() -> Iterator[Int8DynamicActivationInt8WeightConfig]:
    granularities = (
        None,
        PerRow(),
        PerTensor(),
        [PerTensor(), PerRow()],
        [PerRow(), PerTensor()],
        [PerRow(), PerRow(0)],
    )
    for granularity in granularities:
        for reduce_range in (False, True):
            for mapping in (MappingType.SYMMETRIC, MappingType.ASYMMETRIC):
                yield Int8DynamicActivationInt8WeightConfig(
                    granularity=granularity, reduce_range=reduce_range, act_mapping_type=mapping
                )


def intx_weight_only() -> Iterator[IntxWeightOnlyConfig]:
    turn = 0
    for bits in range(1, 9):
        dtype = getattr(torch, f"int{bits}")
        for mapping in MAPPINGS:
            for granularity in (PerAxis(0), PerGroup(32), PerGroup(8)):
                for scale_dtype in (None, SCALE_DTYPES[1 + turn % 3]):
                    yield IntxWeightOnlyConfig(dtype, granularity, mapping, scale_dtype)
                turn += 1
        for granularity in (PerAxis(0), PerGroup(32)):
            for scale_dtype in (None, SCALE_DTYPES[1 + bits % 3]):
                mapping = MAPPINGS[bits % 3]
                yield IntxWeightOnlyConfig(
                    dtype, granularity, mapping, scale_dtype, intx_choose_qparams_algorithm=HQQ
                )
    yield IntxWeightOnlyConfig(torch.int4, PerGroup(5))
    yield IntxWeightOnlyConfig(torch.int4, PerGroup(1))


def int8_dynamic_intx() -> Iterator[Int8DynamicActivationIntxWeightConfig]:
    turn = 0
    for bits in range(1, 9):
        dtype = getattr(torch, f"int{bits}")
        for mapping in MAPPINGS:
            granularity = (PerGroup(32), PerAxis(0), PerGroup(16))[turn % 3]
            yield Int8DynamicActivationIntxWeightConfig(dtype, granularity, mapping, SCALE_DTYPES[turn % 4])
            turn += 1
        yield Int8DynamicActivationIntxWeightConfig(dtype, intx_choose_qparams_algorithm=HQQ)


def int4_weight_only() -> Iterator[Int4WeightOnlyConfig]:
    for group_size in (8, 32, 64, 128, 256):
        yield Int4WeightOnlyConfig(group_size=group_size)


FAMILIES = {
    "Int8WeightOnly": int8_weight_only,
    "Int8DynamicActivationInt8Weight": int8_dynamic,
    "IntxWeightOnly": intx_weight_only,
    "Int8DynamicActivationIntxWeight": int8_dynamic_intx,
    "Int4WeightOnly": int4_weight_only,
}


@dataclass(frozen=True)
class Chunk:
    """One checkpoint and one recipe of exact parameter keys."""

    label: str
    tensors: dict[str, torch.Tensor]
    configs: dict[str, object]


def chunks(seed: int, family: str, tensors_in_one: int = 1500) -> Iterator[Chunk]:
    cases = [(config, *case) for at, config in enumerate(FAMILIES[family]()) for case in _cases(at)]
    for dtype_name, dtype in DTYPES.items():
        for begin in range(0, len(cases), tensors_in_one):
            yield _chunk(f"{family} {dtype_name}", cases[begin : begin + tensors_in_one], dtype, seed + begin)


def large_chunks(seed: int) -> Iterator[Chunk]:
    picked = (
        Int8WeightOnlyConfig(granularity=PerTensor()),
        Int8WeightOnlyConfig(),
        Int8WeightOnlyConfig(granularity=PerRow(0)),
        Int8WeightOnlyConfig(granularity=PerGroup(32)),
        IntxWeightOnlyConfig(torch.int4, PerGroup(32), MappingType.ASYMMETRIC, torch.float32),
        IntxWeightOnlyConfig(torch.int3, PerAxis(0), intx_choose_qparams_algorithm=HQQ),
        IntxWeightOnlyConfig(torch.int4, PerGroup(32), intx_choose_qparams_algorithm=HQQ),
        Int4WeightOnlyConfig(group_size=32),
    )
    for turn, (dtype_name, dtype) in enumerate(DTYPES.items()):
        patterns = ("outliers", "normal", "heavy_tails")
        cases = [
            (config, shape, patterns[(turn + at) % 3])
            for shape in LARGE[turn : turn + 2]
            for at, config in enumerate(picked)
        ]
        cases += [(config, MEASURED, "outliers") for config in (picked[0], picked[2])]
        yield _chunk(f"large {dtype_name}", cases, dtype, seed)


def not_finite_chunks(seed: int) -> Iterator[Chunk]:
    for dtype_name, dtype in DTYPES.items():
        cases = [
            (config, SHAPES_OF_PATTERNS[at % 2], pattern)
            for configs in FAMILIES.values()
            for at, config in enumerate(configs())
            for pattern in NOT_FINITE
        ]
        yield _chunk(f"not finite {dtype_name}", cases, dtype, seed)


def _cases(at: int) -> Iterator[tuple[tuple[int, ...], str]]:
    names = tuple(PATTERNS)
    for turn, shape in enumerate(SHAPES):
        # Patterns that write to a last column or a row need one.
        yield shape, names[(at + turn) % len(names)] if len(shape) > 0 and 0 not in shape else "normal"
    for pattern in names:
        yield SHAPES_OF_PATTERNS[at % 2], pattern


def _chunk(label: str, cases: list, dtype: torch.dtype, seed: int) -> Chunk:
    tensors: dict[str, torch.Tensor] = {}
    configs: dict[str, object] = {}
    for at, (config, shape, pattern) in enumerate(cases):
        name = f"m{at}.{pattern}.weight"
        tensors[name] = weights(pattern, shape, dtype, seed + at)
        configs[name] = config
    return Chunk(label, tensors, configs)
