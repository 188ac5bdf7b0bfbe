"""Normalisation of node embeddings."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from graftwork.nn.ranks import summed, world

_MOMENTUM = 0.1


@final
class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation over the rows of all processes that train together.

    With one process it is ``nn.BatchNorm1d``. With several, mean and variance are those of all
    rows, and so are the running averages; a process may have no row at all.

    Shapes: ``[rows, dim]`` -> ``[rows, dim]``.
    """

    def __init__(self, dim: int) -> None:
        super().__init__(dim, momentum=_MOMENTUM)

    def forward(self, rows: Tensor) -> Tensor:
        """Normalise."""
        if not self.training or world() == 1:
            return super().forward(rows)
        x = rows.to(self.weight.dtype)
        sums = summed(torch.cat([x.sum(0), x.new_tensor([len(x)])]))
        count = sums[-1]
        mean = sums[:-1] / count
        centred = x - mean
        variance = summed(centred.square().sum(0)) / count
        unbiased = variance.detach() * (count / (count - 1).clamp(min=1))
        self.get_buffer("running_mean").lerp_(mean.detach(), _MOMENTUM)
        self.get_buffer("running_var").lerp_(unbiased, _MOMENTUM)
        self.get_buffer("num_batches_tracked").add_(1)
        scale = self.weight * (variance + self.eps).rsqrt()
        return torch.addcmul(self.bias, centred, scale).to(rows.dtype)
