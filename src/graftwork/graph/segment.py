"""Sums, means, maxima and softmaxes over groups of rows, differentiable and vectorised."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import embedding_bag


@dataclass(frozen=True)
class Bags:
    """Groups of row numbers.

    Bag ``b`` holds rows ``index[ptr[b]:ptr[b + 1]]`` of ``num_rows``. Read backwards the same
    relation says which bags hold a row. Both directions as sorted lists make the forward and the
    backward pass of a sum the same streaming read, with no scattered writes: results do not depend
    on the number of threads.
    """

    index: Tensor
    ptr: Tensor
    num_rows: int

    @classmethod
    def from_pairs(cls, row: Tensor, bag: Tensor, num_rows: int, num_bags: int) -> Bags:
        """Build from parallel numbers ``row`` in ``[0, num_rows)`` and ``bag``."""
        return cls(row[torch.argsort(bag, stable=True)], _pointer(bag, num_bags), num_rows)

    @classmethod
    def one_each(cls, row: Tensor, num_rows: int) -> Bags:
        """Build bags of a single row."""
        return cls(row, torch.arange(len(row) + 1, device=row.device), num_rows)

    def through(self, place: Tensor | None, num_rows: int) -> Bags:
        """Return the same bags when row ``r`` is found at ``place[r]`` of ``num_rows``."""
        return self if place is None else Bags(place[self.index], self.ptr, num_rows)

    @cached_property
    def reverse(self) -> Bags:
        """For every row, the bags that hold it; worked out when a gradient first needs it."""
        bags = len(self.ptr) - 1
        bag = torch.repeat_interleave(
            torch.arange(bags, device=self.ptr.device),
            self.ptr.diff(),
            output_size=len(self.index),
        )
        return Bags.from_pairs(bag, self.index, bags, self.num_rows)


def bag_sum(values: Tensor, bags: Bags) -> Tensor:
    """Sum rows of ``values`` ``[rows, dim]`` in each bag: ``[bags, dim]``; an empty bag gives 0."""
    if not (values.requires_grad and torch.is_grad_enabled()):
        return _gather_sum(values, bags.index, bags.ptr)
    back = bags.reverse
    return _BagSum.apply(values, bags.index, bags.ptr, back.index, back.ptr)


def bag_mean(values: Tensor, bags: Bags) -> Tensor:
    """Average rows of ``values`` in each bag; an empty bag gives 0."""
    size = bags.ptr.diff().clamp(min=1).to(values.dtype)
    return bag_sum(values, bags) / size[:, None]


def segment_max(values: Tensor, segment: Tensor, num_segments: int) -> Tensor:
    """Elementwise maximum of ``values`` ``[rows, dim]`` in each segment; an empty one gives 0."""
    index = segment[:, None].expand_as(values)
    # torch gives part of the gradient to the start value where it equals the maximum: not 0
    out = values.new_full((num_segments, values.shape[1]), -torch.inf)
    out = out.scatter_reduce(0, index, values, "amax", include_self=False)
    return out.masked_fill(out == -torch.inf, 0)


def segment_softmax(scores: Tensor, segment: Tensor, num_segments: int) -> Tensor:
    """Softmax of ``scores`` ``[rows, heads]`` within each segment."""
    shifted = (scores - segment_max(scores.detach(), segment, num_segments)[segment]).exp()
    total = scores.new_zeros(num_segments, scores.shape[1]).index_add(0, segment, shifted)
    # index_select, as the gradient of total[segment] depends on the number of threads
    return shifted / total.index_select(0, segment)


class _BagSum(torch.autograd.Function):
    """``torch.nn.functional.embedding_bag`` in both directions."""

    @staticmethod
    def forward(
        ctx: Any, values: Tensor, index: Tensor, ptr: Tensor, back_index: Tensor, back_ptr: Tensor
    ) -> Tensor:
        ctx.save_for_backward(back_index, back_ptr)
        return _gather_sum(values, index, ptr)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None, None]:
        back_index, back_ptr = ctx.saved_tensors
        return _gather_sum(grads[0].contiguous(), back_index, back_ptr), None, None, None, None


def _gather_sum(values: Tensor, index: Tensor, ptr: Tensor) -> Tensor:
    if index.numel() == 0:
        return values.new_zeros(ptr.shape[0] - 1, values.shape[1])
    return embedding_bag(index, values, ptr, mode="sum", include_last_offset=True)


def _pointer(groups: Tensor, size: int) -> Tensor:
    counts = torch.bincount(groups, minlength=size)
    return torch.cat([counts.new_zeros(1), counts.cumsum(0)])
