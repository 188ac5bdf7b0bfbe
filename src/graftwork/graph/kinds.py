"""Which rows are of one kind."""

from __future__ import annotations

import torch
from torch import Tensor

_COLUMNS = 32  # at a time: bags of words have thousands
_STEP = 0x9E3779B97F4A7C15 - 2**64
_FACTORS = (0xBF58476D1CE4E5B9 - 2**64, 0x94D049BB133111EB - 2**64)


def kinds(codes: Tensor) -> tuple[Tensor, Tensor]:
    """Group equal codes.

    Returns
    -------
    Tensor
        int64 ``[kinds]``: the first row of each kind, in the order of the codes.
    Tensor
        int64 ``[rows]``: the kind of each row.
    """
    order = torch.argsort(codes, stable=True)
    ordered = codes[order]
    begins = torch.ones_like(ordered, dtype=torch.bool)
    begins[1:] = ordered[1:] != ordered[:-1]
    kind = torch.empty_like(order)
    kind[order] = begins.cumsum(0) - 1
    return order[begins], kind


def hashed(*columns: Tensor) -> Tensor:
    """Return one 64-bit number per row of all columns ``[rows, ...]``, whole or continuous.

    Every value is scattered before they are summed: sums of the values themselves, times whatever
    factors, would be equal for many different rows of small or rounded numbers.
    """
    total = torch.zeros(len(columns[0]), dtype=torch.int64, device=columns[0].device)
    salts = mixed(torch.arange(sum(values.shape[1] for values in columns), device=total.device))
    for values, salt in zip(columns, salts.split([v.shape[1] for v in columns]), strict=True):
        top = 0 if values.is_floating_point() or not values.numel() else int(values.max()) + 1
        fewer = 0 < top <= len(values) and int(values.min()) >= 0  # numbers than rows
        if fewer:
            scattered = mixed(torch.arange(top, device=total.device) ^ salt[:, None])
            for column, table in zip(values.T, scattered, strict=True):
                total += table[column]
            continue
        for part, own in zip(values.split(_COLUMNS, 1), salt.split(_COLUMNS), strict=True):
            total += mixed(_bits(part) ^ own).sum(1)
    return mixed(total)


def mixed(values: Tensor) -> Tensor:
    """Scatter the bits of int64 values: the finaliser of splitmix64 (Steele et al., 2014)."""
    values = values + _STEP
    for shift, factor in ((30, _FACTORS[0]), (27, _FACTORS[1])):
        values.bitwise_xor_(_shifted(values, shift)).mul_(factor)
    return values.bitwise_xor_(_shifted(values, 31))


def _bits(values: Tensor) -> Tensor:
    if not values.is_floating_point():
        return values.long()
    kind = torch.int64 if values.dtype == torch.float64 else torch.int32
    values = values if values.dtype == torch.float64 else values.float()
    return values.contiguous().view(kind).long()


def _shifted(values: Tensor, bits: int) -> Tensor:
    return (values >> bits).bitwise_and_((1 << (64 - bits)) - 1)  # torch keeps the sign
