"""Linear layers that torchao quantized, run by torchao and by our reference backend."""

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from random import Random

import numpy
import torch
from safetensors.torch import save_file
from torch import nn
from torchao.prototype.safetensors.safetensors_support import flatten_tensor_state_dict
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
    quantize_,
)
from torchao.quantization.quant_primitives import MappingType
from torchao.quantization.quantize_.workflows.intx.intx_unpacked_to_int8_tensor import (
    _apply_int8_act_asym_per_token_quant_dequant as per_token,
)

import fewbit
import oracle
from report import Report
from weights import DTYPES, weights

# (rows of activations, out features, in features); torchao's quantize_ refuses blocks of one element.
SHAPES = ((1, 1, 2), (1, 16, 64), (2, 5, 3), (3, 7, 31), (5, 33, 127), (17, 9, 160), (4, 40, 256), (8, 3, 1056))
GROUPED = ((1, 1, 32), (1, 16, 64), (3, 7, 96), (5, 33, 160), (17, 40, 256), (4, 3, 1056))
PATTERNS = ("normal", "outliers", "heavy_tails", "zero_rows", "one_sided", "constant")

# In bf16 and f16 torchao rounds more often than we do, who round the result alone: x̂ and ŵ, the product and the sum with the
# bias; or the product before its scale, the scale, the product after it, the sum. With our own rounding that makes five, of
# half a unit each. In f32 the order of additions is what differs.
TOLERANCE = {"F32": 1e-5, "BF16": 5 * 2**-9, "F16": 5 * 2**-12}


@dataclass
class Layer:
    name: str
    what: str
    module: nn.Linear
    x: torch.Tensor


def check(report: Report, scratch: Path, seed: int) -> None:
    for dtype in ("F32", "BF16", "F16"):
        _check_bits(report, scratch / f"bits-{dtype}", dtype, Random(seed))
        _check_values(report, scratch / f"values-{dtype}", dtype, Random(seed))


def _check_bits(report: Report, folder: Path, dtype: str, random: Random) -> None:
    """int8 activations and int8 weights: every bit of every result."""
    layers: list[Layer] = []
    granularities = (PerRow(), PerTensor(), [PerRow(), PerTensor()], [PerTensor(), PerRow()])
    mappings = (MappingType.SYMMETRIC, MappingType.ASYMMETRIC)
    for granularity, mapping, reduced, shape in product(granularities, mappings, (False, True), SHAPES):
        config = Int8DynamicActivationInt8WeightConfig(
            granularity=granularity, act_mapping_type=mapping, reduce_range=reduced
        )
        what = f"{dtype} {granularity} {mapping.name}{' reduced' if reduced else ''} {shape}"
        layers.append(_layer(f"l{len(layers)}", what, config, shape, dtype, random))
    equal = elements = 0
    for layer, ours in zip(layers, _run_ours(folder, dtype, layers), strict=True):
        theirs = _run_theirs(layer)
        same = int((ours == theirs).sum())
        equal, elements = equal + same, elements + theirs.numel()
        report.check(same == theirs.numel(), f"{layer.what}: {theirs.numel() - same} of {theirs.numel()} results differ")
    report.note(f"{equal:,} of {elements:,} results of {len(layers)} int8 layers in {dtype} have torchao's bits")


def _check_values(report: Report, folder: Path, dtype: str, random: Random) -> None:
    """Everywhere else: within a share of the sum of absolute products."""
    layers: list[Layer] = []
    configs = {
        "int8": Int8WeightOnlyConfig(),
        "int8, one scale": Int8WeightOnlyConfig(granularity=PerTensor()),
        "int8 in groups": Int8WeightOnlyConfig(granularity=PerGroup(32)),
        "int4 in groups": IntxWeightOnlyConfig(torch.int4, PerGroup(32)),
        "int4 in groups, asymmetric": IntxWeightOnlyConfig(
            torch.int4, PerGroup(32), mapping_type=MappingType.ASYMMETRIC
        ),
        "int2 in rows": IntxWeightOnlyConfig(torch.int2, PerAxis(0)),
        "int4 plain": Int4WeightOnlyConfig(group_size=32),
        "int8 activations, int8 in groups": Int8DynamicActivationIntxWeightConfig(torch.int8, PerGroup(32)),
        "int8 activations, int4 in groups": Int8DynamicActivationIntxWeightConfig(torch.int4, PerGroup(32)),
        "int8 activations, int4 in groups, asymmetric": Int8DynamicActivationIntxWeightConfig(
            torch.int4, PerGroup(32), weight_mapping_type=MappingType.ASYMMETRIC
        ),
        "int8 activations, int3 in rows": Int8DynamicActivationIntxWeightConfig(torch.int3, PerAxis(0)),
    }
    for (what, config), shape in product(configs.items(), GROUPED):
        if what == "int4 plain" and dtype != "BF16":
            continue  # torchao quantizes bf16 only
        layers.append(_layer(f"l{len(layers)}", f"{dtype} {what} {shape}", config, shape, dtype, random))
    worst = 0.0
    for layer, ours in zip(layers, _run_ours(folder, dtype, layers), strict=True):
        theirs = _run_theirs(layer)
        bound = _magnitude(layer)
        off = float(((ours.double() - theirs.double()).abs() / bound.clamp(min=1e-30)).max())
        worst = max(worst, off)
        report.check(off <= TOLERANCE[dtype], f"{layer.what}: off by {off:.3g} of the sum of absolute products")
    report.note(f"{len(layers)} others in {dtype} at most {worst:.2g} of the sum of absolute products off")


def _layer(name: str, what: str, config, shape: tuple[int, int, int], dtype: str, random: Random) -> Layer:
    rows, outs, ins = shape
    torch_dtype = DTYPES[dtype]
    with_bias = random.random() < 0.5
    module = nn.Linear(ins, outs, bias=with_bias, dtype=torch_dtype)
    with torch.no_grad():
        module.weight.copy_(weights(random.choice(("normal", "outliers")), (outs, ins), torch_dtype, random.randrange(2**31)))
        if with_bias:
            module.bias.copy_(weights("normal", (outs,), torch_dtype, random.randrange(2**31)))
    holder = nn.Sequential(module)
    quantize_(holder, config)
    # Heavy tails overflow in f16.
    pattern = random.choice(PATTERNS if dtype != "F16" else ("normal", "one_sided", "constant", "zero_rows"))
    x = weights(pattern, (rows, ins), torch_dtype, random.randrange(2**31))
    return Layer(name, f"{what}{' with bias' if with_bias else ''}, {pattern}", holder[0], x)


def _run_theirs(layer: Layer) -> torch.Tensor:
    with torch.inference_mode():
        if type(layer.module.weight.data).__name__ == "Int4Tensor":
            # Its kernel is a GPU's: the product is made here of the values.
            return nn.functional.linear(layer.x, oracle.dequantized(layer.module.weight.data), layer.module.bias)
        return layer.module(layer.x)


def _run_ours(folder: Path, dtype: str, layers: list[Layer]) -> list[torch.Tensor]:
    folder.mkdir(parents=True, exist_ok=True)
    state = {f"{layer.name}.{key}": value for layer in layers for key, value in layer.module.state_dict().items()}
    tensors, metadata = flatten_tensor_state_dict(state)
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    save_file(contiguous, folder / "model.safetensors", metadata={**metadata, "format": "pt"})
    inputs, results = folder / "x.f32", folder / "y.f32"
    numpy.concatenate([layer.x.float().numpy().ravel() for layer in layers]).astype("<f4").tofile(inputs)
    fewbit.infer(
        "linear",
        folder,
        backend="reference",
        dtype=dtype,
        layers=[(layer.name, layer.x.numel()) for layer in layers],
        x=inputs,
        out=results,
    )
    flat = torch.from_numpy(numpy.fromfile(results, dtype="<f4")).to(DTYPES[dtype])
    shapes = [(layer.x.shape[0], layer.module.weight.shape[0]) for layer in layers]
    return [part.reshape(shape) for part, shape in zip(flat.split([m * n for m, n in shapes]), shapes, strict=True)]


def _magnitude(layer: Layer) -> torch.Tensor:
    """The sum over k of |x̂ ŵ|, plus the bias."""
    weight = layer.module.weight.data
    quantizes = getattr(weight, "activation_quantization", None) is not None
    x = per_token(layer.x) if quantizes else layer.x
    bias = 0 if layer.module.bias is None else layer.module.bias.data.double().abs()
    return x.double().abs() @ oracle.dequantized(weight).double().abs().t() + bias
