"""Writes packages/configs/test/golden/*.json: what torchao makes of small adversarial weights, byte for byte.

    python conformance/golden/make_golden.py

Needs the versions of conformance/requirements.txt; one thread, fixed seed. Int4Tensor runs on formulas that stand in for
mslk, see conformance/int4_formulas.py. The tests read the files; nobody needs to run this to test fewbit.
"""

import base64
import importlib
import json
import os
import sys
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "conformance"))
OUT = ROOT / "packages" / "configs" / "test" / "golden"

import torchao.quantization as q
from torchao.core.config import config_to_dict
from torchao.quantization.quantize_.workflows import Int4ChooseQParamsAlgorithm
from torchao.quantization.quantize_.workflows import IntxChooseQParamsAlgorithm as intx_algorithm
from torchao.prototype.safetensors.safetensors_support import flatten_tensor_state_dict

import int4_formulas

# `torchao.quantization.quantize_` is a package and a function; only the package has this module.
int4_module = importlib.import_module("torchao.quantization.quantize_.workflows.int4.int4_tensor")
for name in ("int4_row_quantize", "int4_row_quantize_zp", "pack_int4"):
    setattr(int4_module, name, getattr(int4_formulas, name))

DTYPES = {torch.float32: "F32", torch.bfloat16: "BF16", torch.float16: "F16", torch.float64: "F64", torch.int8: "I8"}
FLOATS = [torch.float32, torch.bfloat16, torch.float16]
MAPPINGS = list(q.MappingType)


# ---- weights ----------------------------------------------------------------------------------------------------------


def rows_with_traps(columns: int, dtype: torch.dtype) -> torch.Tensor:
    """One trap to a row: what is rounded, clamped or degenerate somewhere."""
    generator = torch.Generator().manual_seed(1234 + columns)
    noise = lambda: torch.randn(columns, generator=generator)
    steps = torch.arange(columns, dtype=torch.float32)
    rows = [
        noise(),
        torch.zeros(columns),
        -torch.zeros(columns),
        noise().abs() + 3,  # no zero inside the range
        -noise().abs() * 1e-3,
        (steps % 17 - 8) * 0.5,  # ties for powers of two
        torch.where(steps == columns - 3, 127.5, (steps % 9 - 4) * 0.5),  # ties with a scale of exactly 1
        noise() * torch.finfo(dtype).smallest_normal * 4,  # subnormals
        noise() * torch.finfo(dtype).max / 8,
        torch.full((columns,), 0.1),
        torch.where(steps == 5, 100.0, noise() * 0.01),  # one outlier
        torch.where(steps % 2 == 0, torch.finfo(dtype).max, torch.finfo(dtype).min),
    ]
    return torch.stack(rows).to(dtype)


def not_finite(columns: int, dtype: torch.dtype) -> torch.Tensor:
    generator = torch.Generator().manual_seed(99)
    weight = torch.randn(4, columns, generator=generator)
    weight[0, 3] = float("inf")
    weight[1, 5] = float("-inf")
    weight[2, 7] = float("nan")
    return weight.to(dtype)


def noise(shape: tuple[int, ...], dtype: torch.dtype, seed: int = 7) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)


# ---- running torchao --------------------------------------------------------------------------------------------------


class Holder(torch.nn.Module):
    def __init__(self, weight: torch.Tensor):
        super().__init__()
        self.weight = torch.nn.Parameter(weight.clone(), requires_grad=False)
        self.bias = None


def quantized(config, weight: torch.Tensor) -> dict:
    """The tensors and the metadata entry of torchao's flattened layout; no class where the weight was left alone."""
    model = torch.nn.Module()
    model.m = Holder(weight)
    q.quantize_(model, q.FqnToConfig({"m.weight": config}), filter_fn=None)
    value = model.state_dict()["m.weight"]
    if type(value) is torch.Tensor:
        return {"verdict": "leave"}
    tensors, metadata = flatten_tensor_state_dict({"m.weight": value})
    entry = json.loads(metadata["m.weight"])
    prefix = "m._weight_"
    return {
        "tensorClass": entry["_type"],
        "attributes": entry["_data"],
        "components": [
            {"name": name, **stored(tensors[prefix + name])} for name in entry["_tensor_data_names"]
        ],
    }


def stored(tensor: torch.Tensor) -> dict:
    return {
        "dtype": DTYPES[tensor.dtype],
        "shape": list(tensor.shape),
        "data": base64.b64encode(tensor.contiguous().view(torch.uint8).numpy().tobytes()).decode("ascii"),
    }


class Fixture:
    def __init__(self):
        self.inputs: dict[str, dict] = {}
        self.weights: dict[str, torch.Tensor] = {}
        self.cases: list[dict] = []

    def weight(self, name: str, tensor: torch.Tensor) -> str:
        name = f"{name} {DTYPES[tensor.dtype]}"
        self.inputs[name] = stored(tensor)
        self.weights[name] = tensor
        return name

    def case(self, config, weight: str):
        result = quantized(config, self.weights[weight])
        self.cases.append({"config": config_to_dict(config), "input": weight, **result})

    def write(self, name: str):
        head = {"torch": torch.__version__, "torchao": __import__("torchao").__version__}
        lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in self.cases)
        text = json.dumps({**head, "inputs": self.inputs}, separators=(",", ":"))[:-1]
        (OUT / name).write_text(f'{text},"cases":[\n{lines}\n]}}\n')
        print(name, len(self.cases), "cases", (OUT / name).stat().st_size, "bytes")


def int8() -> Fixture:
    fixture = Fixture()
    row, tensor = q.PerRow(), q.PerTensor()
    for dtype in FLOATS:
        flat = fixture.weight("traps", rows_with_traps(32, dtype))
        cube = fixture.weight("cube", noise((2, 3, 8), dtype))
        wild = fixture.weight("not finite", not_finite(16, dtype))
        line = fixture.weight("line", noise((16,), dtype))
        kernel = fixture.weight("kernel", noise((3, 4, 2, 2), dtype))
        for granularity in (row, q.PerRow(0), tensor, q.PerGroup(8), q.PerGroup(32)):
            fixture.case(q.Int8WeightOnlyConfig(granularity=granularity), flat)
        for granularity in (row, q.PerRow(0), q.PerRow(1), tensor, q.PerGroup(4)):
            fixture.case(q.Int8WeightOnlyConfig(granularity=granularity), cube)
        for granularity in (row, q.PerGroup(8), tensor):
            fixture.case(q.Int8WeightOnlyConfig(granularity=granularity, set_inductor_config=False), wild)
        for granularity in (row, tensor, q.PerGroup(4)):
            fixture.case(q.Int8WeightOnlyConfig(granularity=granularity), line)
        for granularity in (q.PerRow(1), q.PerRow(2), q.PerGroup(2)):
            fixture.case(q.Int8WeightOnlyConfig(granularity=granularity), kernel)
        dynamic = q.Int8DynamicActivationInt8WeightConfig
        for config in (
            dynamic(),
            dynamic(granularity=None),
            dynamic(granularity=tensor, act_mapping_type=q.MappingType.ASYMMETRIC),
            dynamic(granularity=[tensor, row], reduce_range=True),
            dynamic(granularity=[row, q.PerRow(0)], weight_only_decode=True),
            dynamic(granularity=[row, tensor], reduce_range=None),
        ):
            fixture.case(config, flat)
        fixture.case(dynamic(reduce_range=True), cube)
    return fixture


def intx() -> Fixture:
    fixture = Fixture()
    config = q.IntxWeightOnlyConfig
    hqq = {"intx_choose_qparams_algorithm": intx_algorithm.HQQ_SCALE_ONLY}
    for dtype in FLOATS:
        flat = fixture.weight("traps", rows_with_traps(16, dtype))
        noisy = fixture.weight("noise", noise((6, 32), dtype))
        kernel = fixture.weight("kernel", noise((2, 8, 3, 3), dtype))
        wild = fixture.weight("not finite", not_finite(16, dtype))
        for bits in range(1, 9):
            weight_dtype = getattr(torch, f"int{bits}")
            for mapping in MAPPINGS:
                group = q.PerGroup((4, 8, 16)[bits % 3])
                fixture.case(config(weight_dtype=weight_dtype, mapping_type=mapping, granularity=group), flat)
        for mapping in MAPPINGS:
            fixture.case(config(mapping_type=mapping), flat)
            fixture.case(config(weight_dtype=torch.int4, mapping_type=mapping, granularity=q.PerGroup(4)), kernel)
            fixture.case(config(weight_dtype=torch.int4, mapping_type=mapping, granularity=q.PerGroup(8)), wild)
            for scale_dtype in FLOATS:
                fixture.case(config(weight_dtype=torch.int8, mapping_type=mapping, scale_dtype=scale_dtype), noisy)
        fixture.case(config(), kernel)
        fixture.case(config(weight_dtype=torch.int4, scale_dtype=torch.float16, granularity=q.PerGroup(8)), flat)
        for bits, group in ((1, 8), (2, 4), (3, 16), (4, 32), (4, 1), (8, 16)):
            weight_dtype = getattr(torch, f"int{bits}")
            fixture.case(config(weight_dtype=weight_dtype, granularity=q.PerGroup(group), **hqq), noisy)
        fixture.case(config(weight_dtype=torch.int4, granularity=q.PerGroup(8), **hqq), flat)
        fixture.case(config(weight_dtype=torch.int4, scale_dtype=torch.float32, **hqq), noisy)
        fixture.case(config(weight_dtype=torch.int4, granularity=q.PerGroup(8), **hqq), wild)
        dynamic = q.Int8DynamicActivationIntxWeightConfig
        fixture.case(dynamic(), noisy)
        fixture.case(
            dynamic(
                weight_dtype=torch.int4,
                weight_granularity=q.PerGroup(8),
                weight_mapping_type=q.MappingType.ASYMMETRIC,
                weight_scale_dtype=torch.float32,
            ),
            noisy,
        )
        fixture.case(dynamic(weight_dtype=torch.int3, weight_granularity=q.PerAxis(0), **hqq), noisy)
    return fixture


def long_groups() -> list[dict]:
    """HQQ scales of groups long enough for each stage of PyTorch's order of summation, and of its stop test.

    The weights follow a formula, so that only the scales need to be stored.
    """
    cases = []
    for columns in (3, 7, 8, 9, 31, 64, 129, 1000, 2560, 8200, 20_000, 70_001):
        index = torch.arange(3 * columns, dtype=torch.int64)
        scrambled = (index * 2654435761 % 2**32) >> 8
        weight = ((scrambled - 2**23).to(torch.float32) / 2**24).reshape(3, columns)
        for bits in (2, 4, 8):
            # Cubed, the last changes before the scales settle are small, and the stop test is met before they vanish.
            for power in (1, 3) if columns == 20_000 and bits == 8 else (1,):
                config = q.IntxWeightOnlyConfig(
                    weight_dtype=getattr(torch, f"int{bits}"), intx_choose_qparams_algorithm=intx_algorithm.HQQ_SCALE_ONLY
                )
                powered = weight * weight * weight if power == 3 else weight
                [scale] = [c for c in quantized(config, powered)["components"] if c["name"] == "scale"]
                cases.append({"columns": columns, "bits": bits, "power": power, "scale": scale["data"]})
    return cases


def int4() -> Fixture:
    fixture = Fixture()
    for dtype in FLOATS:
        flat = fixture.weight("traps", rows_with_traps(32, dtype))
        cube = fixture.weight("cube", noise((3, 5, 16), dtype))
        wild = fixture.weight("not finite", not_finite(16, dtype))
        odd = fixture.weight("odd groups", noise((3, 12), dtype))
        for group in (2, 8, 32):
            fixture.case(q.Int4WeightOnlyConfig(group_size=group), flat)
        fixture.case(q.Int4WeightOnlyConfig(group_size=4, set_inductor_config=False), cube)
        fixture.case(q.Int4WeightOnlyConfig(group_size=16, int4_tile_packed_ntile=16), cube)
        fixture.case(q.Int4WeightOnlyConfig(group_size=8), wild)
        fixture.case(q.Int4WeightOnlyConfig(group_size=3), odd)
        fixture.case(q.Int4WeightOnlyConfig(group_size=32), cube)
    return fixture


# ---- what is taken, left alone, refused -------------------------------------------------------------------------------


def verdicts() -> list[dict]:
    mapping, group = q.MappingType, q.PerGroup
    hqq = {"intx_choose_qparams_algorithm": intx_algorithm.HQQ_SCALE_ONLY}
    configs = [
        q.Int8WeightOnlyConfig(),
        q.Int8WeightOnlyConfig(granularity=q.PerRow(0)),
        q.Int8WeightOnlyConfig(granularity=q.PerRow(2)),
        q.Int8WeightOnlyConfig(granularity=q.PerRow(-3)),
        q.Int8WeightOnlyConfig(granularity=q.PerTensor()),
        q.Int8WeightOnlyConfig(granularity=group(1)),
        q.Int8WeightOnlyConfig(granularity=group(8)),
        q.Int8DynamicActivationInt8WeightConfig(),
        q.Int8DynamicActivationInt8WeightConfig(granularity=[q.PerRow(), q.PerRow(0)]),
        q.IntxWeightOnlyConfig(),
        q.IntxWeightOnlyConfig(granularity=group(1)),
        q.IntxWeightOnlyConfig(granularity=group(8)),
        q.IntxWeightOnlyConfig(granularity=group(1), **hqq),
        q.IntxWeightOnlyConfig(granularity=group(8), **hqq),
        q.IntxWeightOnlyConfig(**hqq),
        q.Int8DynamicActivationIntxWeightConfig(weight_granularity=group(8)),
        q.Int8DynamicActivationIntxWeightConfig(weight_granularity=q.PerAxis(0)),
        q.Int8DynamicActivationIntxWeightConfig(weight_granularity=group(8), act_mapping_type=mapping.SYMMETRIC),
        q.Int4WeightOnlyConfig(group_size=8),
        q.Int4WeightOnlyConfig(group_size=1),
        q.Int4WeightOnlyConfig(group_size=3),
        q.Int4WeightOnlyConfig(group_size=8, int4_choose_qparams_algorithm=Int4ChooseQParamsAlgorithm.HQQ),
    ]
    shapes = [(), (1,), (8,), (1, 1), (1, 8), (8, 1), (3, 9), (4, 16), (2, 3, 8), (2, 1, 1), (2, 8, 1, 1), (2, 8, 3, 3)]
    shapes += [(2, 2, 2, 2, 8), (0, 8), (8, 0)]
    dtypes = [*FLOATS, torch.float64, torch.int8]
    cases = []
    for config in configs:
        rows = []
        for shape in shapes:
            for dtype in dtypes if shape == (4, 16) else [torch.bfloat16]:
                weight = torch.ones(shape).to(dtype)
                try:
                    verdict = quantized(config, weight).get("verdict", "quantize")
                except Exception as error:  # whatever torchao raises is a refusal
                    verdict = f"error: {type(error).__name__}"
                rows.append([DTYPES[dtype], list(shape), verdict])
        cases.append({"config": config_to_dict(config), "verdicts": rows})
    return cases


def write_list(name: str, cases: list[dict]):
    lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
    (OUT / name).write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    OUT.mkdir(parents=True, exist_ok=True)
    int8().write("int8.json")
    intx().write("intx.json")
    int4().write("int4.json")
    write_list("long-groups.json", long_groups())
    write_list("verdicts.json", verdicts())
