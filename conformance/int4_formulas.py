"""The arithmetic of the three functions that torchao's Int4Tensor imports from mslk, written from their formulas.

mslk needs Triton and a GPU to be imported; the functions themselves are ordinary tensor arithmetic in f32, so these give
what mslk gives wherever its own tensors are on a CPU.
"""

import torch

LEAST_RANGE = 1e-6


def int4_row_quantize_zp(x: torch.Tensor, group_size: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Codes [N, K] in -8..7; scale and zero point [K / group_size, N], with w close to code * scale + zero point."""
    groups = _groups(x, group_size)
    low = groups.amin(dim=2, keepdim=True)
    high = groups.amax(dim=2, keepdim=True)
    scale = (high - low).clamp(min=LEAST_RANGE) / 15
    zero_point = low + scale * 8
    codes = ((groups - low) / scale).round().clamp(0, 15) - 8
    return codes.to(torch.int8).reshape(x.shape), _transposed(scale), _transposed(zero_point)


def int4_row_quantize(x: torch.Tensor, group_size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The symmetric variant, without a zero point."""
    groups = _groups(x, group_size)
    scale = groups.abs().amax(dim=2, keepdim=True).clamp(min=LEAST_RANGE) / 8
    codes = (groups / scale).round().clamp(-8, 7)
    return codes.to(torch.int8).reshape(x.shape), _transposed(scale)


def pack_int4(codes: torch.Tensor) -> torch.Tensor:
    """Two codes to a byte, the even column in the low half."""
    low = codes[:, 0::2] & 0x0F
    high = codes[:, 1::2] << 4
    return (low | high).to(torch.int8)


def _groups(x: torch.Tensor, group_size: int) -> torch.Tensor:
    rows, columns = x.shape
    return x.to(torch.float32).reshape(rows, columns // group_size, group_size)


def _transposed(per_group: torch.Tensor) -> torch.Tensor:
    return per_group.squeeze(2).t().contiguous()
