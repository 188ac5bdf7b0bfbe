"""Several processes as one: each holds a part of every batch, in the order of their ranks.

A group of processes is active once ``torch.distributed`` has been initialised. Without one, all of
this is free: sums, gathered rows and parts are what was passed in.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, distributed


def rank() -> int:
    """Return the number of this process, from 0."""
    return distributed.get_rank() if _grouped() else 0


def world() -> int:
    """Return the number of processes."""
    return distributed.get_world_size() if _grouped() else 1


def summed(values: Tensor) -> Tensor:
    """Sum a tensor of the same shape over the processes; gradients are summed likewise."""
    return values if world() == 1 else _Sum.apply(values)


def agreed(value: float) -> float:
    """Return what process 0 passes in, on all of them."""
    if world() == 1:
        return value
    return summed(torch.tensor(value if rank() == 0 else 0.0, dtype=torch.float64)).item()


def barrier() -> None:
    """Wait until every process is here."""
    agreed(0.0)


@contextmanager
def first_in_turn() -> Iterator[None]:
    """Let process 0 run the block alone, then all others.

    If it fails there, the others are left waiting: whoever started the processes ends them.
    """
    if rank():
        barrier()
    yield
    if not rank():
        barrier()


@dataclass(frozen=True)
class Share:
    """Which rows of the whole batch this process has; :func:`share` makes it.

    Parameters
    ----------
    start
        The place of its first row among all.
    count
        How many it has.
    total
        How many there are on all processes.
    """

    start: int
    count: int
    total: int

    def own(self, whole: Tensor, dim: int = 0) -> Tensor:
        """Return this process's part of a tensor with ``total`` rows along ``dim``."""
        return whole if self.count == self.total else whole.narrow(dim, self.start, self.count)

    def gather(self, own: Tensor) -> Tensor:
        """Return the rows of all processes ``[total, ...]`` from each one's ``[count, ...]``.

        Every process must call it; the gradient finds its way back to where a row came from.
        """
        if world() == 1:
            return own
        after = self.total - self.start - self.count
        before, behind = (own.new_zeros(rows, *own.shape[1:]) for rows in (self.start, after))
        return summed(torch.cat([before, own, behind]))

    def mean(self, values: Tensor) -> Tensor:
        """Return this process's part of the mean over all values ``[total, ...]``.

        The parts' own mean over the processes is that mean. It is taken where gradients are
        averaged, and where numbers are logged.

        Examples
        --------
        >>> share(2).mean(torch.tensor([1.0, 3.0]))  # one process
        tensor(2.)
        """
        return values.sum() / (self.total * values.shape[1:].numel() / world())


def share(count: int) -> Share:
    """Find the place of this process's ``count`` rows among all; every process must call it."""
    if world() == 1:
        return Share(0, count, count)
    counts = torch.zeros(world(), dtype=torch.int64)
    counts[rank()] = count
    counts = summed(counts)
    return Share(int(counts[: rank()].sum()), count, int(counts.sum()))


def _grouped() -> bool:
    return distributed.is_available() and distributed.is_initialized()


class _Sum(torch.autograd.Function):
    """The sum over processes, forwards and backwards."""

    @staticmethod
    def forward(_ctx: Any, values: Tensor) -> Tensor:
        return _all_reduce(values)

    @staticmethod
    def backward(_ctx: Any, *grads: Tensor) -> Tensor:
        return _all_reduce(grads[0])


def _all_reduce(values: Tensor) -> Tensor:
    total = values.clone(memory_format=torch.contiguous_format)
    distributed.all_reduce(total)
    return total
