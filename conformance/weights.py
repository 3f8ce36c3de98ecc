"""Seeded weights that try the places where arithmetic breaks: ties, zeros of both signs, subnormals, overflow."""

import torch

DTYPES = {"F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}


def _normal(shape, dtype, generator):
    return torch.randn(shape, generator=generator) * 0.05


def _heavy_tails(shape, dtype, generator):
    return torch.randn(shape, generator=generator) * torch.exp2(torch.randn(shape, generator=generator) * 6)


def _zero_rows(shape, dtype, generator):
    """Every other row is zero, some of it negative zero; a third of the other rows' elements too."""
    values = torch.randn(shape, generator=generator)
    values[torch.rand(shape, generator=generator) < 0.3] = -0.0
    if len(shape) > 1:
        values[0::2] *= 0.0
    return values


def _all_zero(shape, dtype, generator):
    return torch.zeros(shape)


def _negative_zero(shape, dtype, generator):
    return torch.full(shape, -0.0)


def _subnormal(shape, dtype, generator):
    """Multiples of the least subnormal of the dtype; in f16 scales underflow."""
    least = torch.finfo(dtype).smallest_normal * torch.finfo(dtype).eps
    return (torch.randint(-40, 41, shape, generator=generator).to(torch.float64) * least).to(torch.float64)


def _huge(shape, dtype, generator):
    """Up to the largest finite value, so that a range of both signs overflows."""
    return (torch.rand(shape, generator=generator, dtype=torch.float64) * 2 - 1) * torch.finfo(dtype).max


def _ties(shape, dtype, generator):
    """Halves of powers of two under a maximum that makes the scale of many bit widths a power of two."""
    codes = torch.randint(-255, 256, shape, generator=generator).to(torch.float32) / 2
    flat = codes.reshape(-1, shape[-1])
    flat[:, 0] = 127.5
    return codes / 64


def _ties_of_four_bits(shape, dtype, generator):
    codes = torch.randint(-15, 16, shape, generator=generator).to(torch.float32) / 2
    codes.reshape(-1, shape[-1])[:, 0] = 7.5
    return codes / 8


def _one_sided(shape, dtype, generator):
    """Rows of one sign only, by turns: the extremes do not straddle zero."""
    values = torch.rand(shape, generator=generator) * 0.25 + 1
    values.reshape(-1, shape[-1])[1::2] *= -1
    return values


def _constant(shape, dtype, generator):
    return torch.full(shape, 0.3)


def _outliers(shape, dtype, generator):
    values = torch.randn(shape, generator=generator) * 0.01
    values[torch.rand(shape, generator=generator) < 0.02] *= 300
    return values


PATTERNS = {
    "normal": _normal,
    "heavy_tails": _heavy_tails,
    "zero_rows": _zero_rows,
    "all_zero": _all_zero,
    "negative_zero": _negative_zero,
    "subnormal": _subnormal,
    "huge": _huge,
    "ties": _ties,
    "ties_of_four_bits": _ties_of_four_bits,
    "one_sided": _one_sided,
    "constant": _constant,
    "outliers": _outliers,
}


def _with(special: tuple[float, ...]):
    def make(shape, dtype, generator):
        values = torch.randn(shape, generator=generator).to(torch.float64)
        flat = values.reshape(-1)
        for value in special:
            flat[torch.rand(flat.shape, generator=generator) < 0.02] = value
        return values

    return make


NOT_FINITE = {
    "infinite": _with((float("inf"), float("-inf"))),
    "nan": _with((float("nan"),)),
    "nan_and_infinite": _with((float("nan"), float("inf"), float("-inf"))),
}


def weights(pattern: str, shape: tuple[int, ...], dtype: torch.dtype, seed: int) -> torch.Tensor:
    """A tensor of the pattern, rounded to the dtype once; of PATTERNS a finite one."""
    generator = torch.Generator().manual_seed(seed)
    if pattern in NOT_FINITE:
        return NOT_FINITE[pattern](shape, dtype, generator).to(dtype)
    limit = torch.finfo(dtype).max
    return PATTERNS[pattern](shape, dtype, generator).clamp(-limit, limit).to(dtype).contiguous()
