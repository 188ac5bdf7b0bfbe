"""The order of training examples: a pure function of (seed, epoch), hence trivially resumable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graftwork.rng import numpy_rng


@dataclass(frozen=True)
class BatchSampler:
    """Shuffled batches, without end.

    Parameters
    ----------
    count
        Number of examples.
    batch_size
        Examples per batch over all ranks; the last, smaller batch of an epoch is dropped when it
        would hold a single one (batch normalisation needs two).
    seed
        Data seed.
    rank, world
        This process and the number of processes; each gets a consecutive part of every batch, in
        the order of the ranks. The batches themselves do not depend on them.
    """

    count: int
    batch_size: int
    seed: int = 0
    rank: int = 0
    world: int = 1

    @property
    def steps_per_epoch(self) -> int:
        """Number of batches per epoch."""
        whole, rest = divmod(self.count, self.batch_size)
        return max(1, whole + (rest >= 2))

    def examples(self, steps: int) -> int:
        """Return how many examples the first ``steps`` batches hold, over all ranks."""
        epochs, batches = divmod(steps, self.steps_per_epoch)
        whole = min(self.count, self.steps_per_epoch * self.batch_size)
        return epochs * whole + min(batches * self.batch_size, whole)

    def epoch(self, epoch: int) -> npt.NDArray[np.int64]:
        """Return the order of the examples in an epoch."""
        return numpy_rng(self.seed, "sampler", epoch).permutation(self.count)

    def batches(self, step: int = 0) -> Iterator[npt.NDArray[np.int64]]:
        """Yield the batches from global step ``step`` on."""
        epoch, position = divmod(step, self.steps_per_epoch)
        while True:
            order = self.epoch(epoch)
            for batch in range(position, self.steps_per_epoch):
                chosen = order[batch * self.batch_size : (batch + 1) * self.batch_size]
                yield np.array_split(chosen, self.world)[self.rank]
            epoch, position = epoch + 1, 0
