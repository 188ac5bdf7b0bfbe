"""Targets that were computed from every graph of a store: many columns, compact rows."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graftwork.config import Kind
from graftwork.graph.tasks import TaskSet

Array = npt.NDArray[Any]

SAMPLE = 32_768
"""Rows from which scales are taken, spread evenly over the store."""
_QUARTILES_TO_DEVIATION = 1.349  # of a normal distribution


@dataclass(frozen=True)
class ComputedTargets:
    """What was computed from every graph.

    ``targets[graphs]`` gives it as float32 ``[graphs, columns]``, NaN or infinite where missing.

    Parameters
    ----------
    tasks
        What the columns are. Of a number ``mean`` and ``std`` are robust: the median, and the
        distance of the quartiles over 1.349 (the standard deviation where the quartiles are the
        same). Of a bit ``mean`` is the share of ones, never quite 0 or 1.
    values
        Numbers as float16 ``[graphs, columns]``, or eight bits a byte as uint8.

    Examples
    --------
    >>> targets = ComputedTargets.of(["a", "b", "c"], np.array([[0b10100000], [0b10000000]], "u1"))
    >>> targets[[1, 0]].tolist()
    [[1.0, 0.0, 0.0], [1.0, 0.0, 1.0]]
    >>> [round(share, 3) for share in targets.tasks.mean]
    [0.833, 0.167, 0.5]
    """

    tasks: TaskSet
    values: Array

    def __post_init__(self) -> None:
        columns = len(self.tasks)
        width = -(-columns // 8) if _is_packed(self.values) else columns
        if self.values.shape != (len(self.values), width):
            raise ValueError(f"{columns} computed targets have shape {self.values.shape}")

    def __len__(self) -> int:
        """Return the number of graphs."""
        return len(self.values)

    def __getitem__(self, graphs: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return the targets of some graphs."""
        return _dense(self.values[np.asarray(graphs, np.int64)], len(self.tasks))

    def summary(self) -> list[str]:
        """Return the names of the columns; of folded ones (``ecfp/17>=1``) each kind once."""
        return list(dict.fromkeys(re.sub(r"/\d+", "", name) for name in self.tasks.names))

    @classmethod
    def of(cls, names: Sequence[str], values: Array) -> ComputedTargets:
        """Describe the columns of compact rows; reads ``SAMPLE`` rows at most."""
        count = len(values)
        rows = np.linspace(0, count - 1, min(count, SAMPLE)).astype(np.int64)
        sample = _dense(values[rows], len(names))
        if _is_packed(values):
            mean = (sample.sum(0, dtype=np.float64) + 0.5) / (len(sample) + 1)
            std = np.ones(len(names))
        else:
            mean, std = _robust(np.where(np.isfinite(sample), sample, np.nan))
        kind: Kind = "classification" if _is_packed(values) else "regression"
        kinds = (kind,) * len(names)
        tasks = TaskSet(tuple(names), kinds, tuple(mean.tolist()), tuple(std.tolist()))
        return cls(tasks, values)


def _is_packed(values: Array) -> bool:
    return values.dtype == np.uint8


def _dense(rows: Array, columns: int) -> npt.NDArray[np.float32]:
    bits = np.unpackbits(rows, axis=1, count=columns) if _is_packed(rows) else rows
    return bits.astype(np.float32)


def _robust(sample: npt.NDArray[np.float32]) -> tuple[Array, Array]:
    """Return centre and scale of every column; 0 and 1 where nothing is known or varies."""
    if not len(sample):
        return np.zeros(sample.shape[1]), np.ones(sample.shape[1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a column without a known number
        low, centre, high = np.nanquantile(sample.astype(np.float64), [0.25, 0.5, 0.75], axis=0)
        deviation = np.nanstd(sample, axis=0, dtype=np.float64)
    scale = (high - low) / _QUARTILES_TO_DEVIATION
    least = 1e-6 * np.abs(centre)
    scale = np.where(scale > least, scale, deviation)
    return np.nan_to_num(centre), np.where(scale > least, scale, 1.0)
