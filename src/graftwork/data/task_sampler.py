"""Batches that are filled task by task: a pure function of (seed, step), like all others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from graftwork.data.sparse_labels import SparseLabels
from graftwork.errors import InputError
from graftwork.rng import numpy_rng

_LARGE = 256  # labels from which on a task comes no more often

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class TaskSampler:
    """Batches of graphs that have labels of the same tasks, without end.

    A batch takes one task after the other, each with up to ``per_task`` of its graphs, until it is
    full. A task comes in proportion to the root of its labels, at most as if there were 256.

    Parameters
    ----------
    labels
        The known labels of all graphs.
    batch_size
        Graphs per batch over all ranks.
    per_task
        Most graphs that a task brings.
    least
        Labels that a task needs.
    seed
        Data seed.
    rank, world
        This process and the number of processes, as in
        :class:`~graftwork.data.sampler.BatchSampler`.

    Raises
    ------
    InputError
        If no task has enough labels.
    """

    labels: SparseLabels
    batch_size: int
    per_task: int = 64
    least: int = 16
    seed: int = 0
    rank: int = 0
    world: int = 1

    def __post_init__(self) -> None:
        counts = np.bincount(self.labels.task, minlength=len(self.labels.tasks))
        if counts.max(initial=0) < self.least:
            raise InputError(
                f"No task has {self.least} labels: the largest has {counts.max(initial=0)}.",
                "Ask for fewer with --option deep-kernel.least=N.",
            )

    @property
    def steps_per_epoch(self) -> int:
        """Number of batches that are called an epoch: as many as hold all graphs once."""
        return max(1, len(self.labels) // self.batch_size)

    def examples(self, steps: int) -> int:
        """Return how many graphs the first ``steps`` batches hold at most, over all ranks."""
        return steps * self.batch_size

    def batches(self, step: int = 0) -> Iterator[Rows]:
        """Yield the batches from global step ``step`` on."""
        while True:
            yield np.array_split(self._batch(step), self.world)[self.rank]
            step += 1

    def _batch(self, step: int) -> Rows:
        rng = numpy_rng(self.seed, "tasks", step)
        graphs, bounds, chances = self._by_task
        # the order of drawing without replacement (Gumbel-max)
        order = np.argsort(-(np.log(chances) + rng.gumbel(size=len(chances))))
        chosen = np.zeros(0, np.int64)
        for task in order.tolist():
            own = np.setdiff1d(graphs[bounds[task] : bounds[task + 1]], chosen)
            room = min(self.per_task, self.batch_size - len(chosen))
            chosen = np.concatenate([chosen, rng.permutation(own)[:room]])
            if len(chosen) == self.batch_size:
                break
        return chosen

    @cached_property
    def _by_task(self) -> tuple[Rows, Rows, npt.NDArray[np.float64]]:
        """The graphs of each task with enough labels, end to end; where each begins; how often."""
        owner = np.repeat(np.arange(len(self.labels)), np.diff(self.labels.ptr))
        counts = np.bincount(self.labels.task, minlength=len(self.labels.tasks))
        large = counts[self.labels.task] >= self.least
        order = np.argsort(self.labels.task[large], kind="stable")
        counts = counts[counts >= self.least]
        bounds = np.concatenate([[0], np.cumsum(counts)])
        return owner[large][order], bounds, np.sqrt(np.minimum(counts, _LARGE))
