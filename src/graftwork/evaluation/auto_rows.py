"""Which rows the models of a blend learn from: of very many only some."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graftwork.blend.draw import Draw, draw
from graftwork.config import Kind
from graftwork.rng import numpy_rng

_TREES_ROWS = 32_768
_PROCESS_ROWS, _LEAST_ROWS = 4000, 1000  # processes take longer with more labels and targets

Values = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Lesson:
    """What the members of one blend learn from.

    Parameters
    ----------
    trees
        Rows of a forest, increasing.
    processes
        Rows of Gaussian processes, and how many each stands for.
    """

    trees: Rows
    processes: Draw

    @property
    def rows(self) -> Rows:
        """All rows, increasing."""
        return np.union1d(self.trees, self.processes.rows)


def lesson(rows: Rows, y: Values, kind: Kind, seed: int, trees: Rows | None = None) -> Lesson:
    """Return what members learn from, of some rows of the labels ``[all rows, columns]``.

    Parameters
    ----------
    trees
        Of which a forest learns those that are among ``rows``; None to draw them.
    """
    drawn = for_trees(rows, seed) if trees is None else np.intersect1d(trees, rows)
    return Lesson(drawn, for_processes(rows, y, kind, seed))


def for_trees(rows: Rows, seed: int) -> Rows:
    """Return rows that a forest learns from: all, or a random part of many."""
    if len(rows) <= _TREES_ROWS:
        return rows
    return np.sort(numpy_rng(seed, "blend rows").choice(rows, _TREES_ROWS, replace=False))


def for_processes(rows: Rows, y: Values, kind: Kind, seed: int) -> Draw:
    """Return rows that processes learn from, or that all models are judged by.

    Classes of a `multiclass` target have equal chances, as numbers have: their accuracy would be
    another one of rows drawn by class.
    """
    labels = max(_LEAST_ROWS, _PROCESS_ROWS / y.shape[1] ** 0.5)
    most = min(_PROCESS_ROWS, int(labels / max(1.0 - np.isnan(y).mean(), 1e-9)))
    lots = numpy_rng(seed, "blend draw").random(len(y))
    return draw(rows, y[rows], most, lots[rows], classes=kind == "classification")
