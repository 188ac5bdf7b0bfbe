"""Targets that were computed from every graph of a store: many columns, compact rows."""

from __future__ import annotations

import re
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
_PIECE = 1024


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
        sample = np.asarray(values[rows])
        kind: Kind = "classification" if _is_packed(values) else "regression"
        if kind == "classification":
            mean = ((_ones(sample, len(names)) + 0.5) / (len(sample) + 1)).tolist()
            std = [1.0] * len(names)
        else:
            mean, std = map(list, zip(*map(_robust, sample.T), strict=True))
        tasks = TaskSet(tuple(names), (kind,) * len(names), tuple(mean), tuple(std))
        return cls(tasks, values)


def _is_packed(values: Array) -> bool:
    return values.dtype == np.uint8


def _dense(rows: Array, columns: int) -> npt.NDArray[np.float32]:
    bits = np.unpackbits(rows, axis=1, count=columns) if _is_packed(rows) else rows
    return bits.astype(np.float32)


def _ones(rows: Array, columns: int) -> Array:
    """Count the ones of every column, a few rows at a time."""
    pieces = (rows[start : start + _PIECE] for start in range(0, len(rows), _PIECE))
    counts = (np.unpackbits(piece, axis=1, count=columns).sum(0) for piece in pieces)
    return sum(counts, np.zeros(columns))


def _robust(column: Array) -> tuple[float, float]:
    """Return centre and scale of a column; 0 and 1 where nothing is known or varies."""
    known = column[np.isfinite(column)].astype(np.float64)
    if not len(known):
        return 0.0, 1.0
    low, centre, high = np.quantile(known, [0.25, 0.5, 0.75]).tolist()
    least = 1e-6 * abs(centre)
    for scale in ((high - low) / _QUARTILES_TO_DEVIATION, float(known.std())):
        if scale > least:
            return centre, scale
    return centre, 1.0
