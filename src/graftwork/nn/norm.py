"""Normalisation of node embeddings."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from graftwork.nn.ranks import summed, world


@final
class BatchNorm(nn.BatchNorm1d):
    """Batch normalisation over the rows of all processes that train together.

    With one process it is ``nn.BatchNorm1d``. With several, mean and variance are those of all
    rows, and so are the running averages; a process may have no row at all.

    Shapes: ``[rows, dim]`` -> ``[rows, dim]``.
    """

    def forward(self, rows: Tensor) -> Tensor:
        """Normalise."""
        if not self.training or world() == 1:
            return super().forward(rows)
        x = rows.to(self.weight.dtype)
        sums = summed(torch.cat([x.sum(0), x.new_tensor([len(x)])]))
        mean, count = sums[:-1] / sums[-1], sums[-1]
        centred = x - mean
        variance = summed(centred.square().sum(0)) / count
        self._follow(mean.detach(), variance.detach() * (count / (count - 1)))
        scale = self.weight * (variance + self.eps).rsqrt()
        return torch.addcmul(self.bias, centred, scale).to(rows.dtype)

    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        """Move the running averages towards this batch."""
        if self.running_mean is None or self.running_var is None or self.momentum is None:
            return
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
        if self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
