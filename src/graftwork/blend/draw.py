"""Which rows a model learns from that cannot learn from all: rare classes first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Draw:
    """Some of many rows, and how many each stands for.

    Parameters
    ----------
    rows
        Increasing.
    importance
        One over the chance that the row had: sums over the drawn rows times these are, on
        average, those over all rows. Ones where all were taken.
    """

    rows: Rows
    importance: FloatArray


def draw(rows: Rows, y: FloatArray, most: int, lots: FloatArray, *, classes: bool) -> Draw:
    """Draw rows without replacement: all, or as many as there may be at most.

    Numbers have equal chances. Of two classes each one of each target has the same share of the
    draw, unless it has fewer rows: of 40,000 molecules with 1,200 actives, 4,000 rows at random
    have 120 of these, and so drawn nearly all of them. The rows with the smallest lot by chance
    are taken (Ohlsson, Sequential Poisson sampling, J. Off. Stat. 14:149, 1998).

    Parameters
    ----------
    rows
        Numbers of rows, increasing.
    y
        Labels ``[len(rows), targets]``, NaN where missing.
    most
        How many rows may be drawn.
    lots
        One random number in [0, 1) for each of ``rows``. A row that keeps its lot is drawn again
        from other rows, too.
    classes
        Whether labels are the classes 0 and 1.

    Examples
    --------
    >>> y = np.zeros((1000, 1))
    >>> y[:20] = 1
    >>> found = draw(np.arange(1000), y, 100, np.random.default_rng(0).random(1000), classes=True)
    >>> len(found.rows), int(y[found.rows].sum()), found.importance.round(2).max()
    (100, 20, np.float64(12.25))
    """
    if len(rows) <= most:
        return Draw(rows, np.ones(len(rows)))
    chance = _chances(_rarity(y) if classes else np.ones(len(rows)), most)
    order = np.where(chance < 1, lots, 0.0) / np.maximum(chance, np.finfo(float).tiny)
    taken = np.sort(np.argsort(order, kind="stable")[:most])
    taken = taken[chance[taken] > 0]
    return Draw(rows[taken], 1.0 / chance[taken])


def _rarity(y: FloatArray) -> FloatArray:
    """Return the sum over targets of one over the number of rows with the same label."""
    total = np.zeros(len(y))
    for label in (0.0, 1.0):
        same = y == label
        total += same @ (1.0 / np.maximum(same.sum(0), 1))
    return total


def _chances(worth: FloatArray, most: int) -> FloatArray:
    """Return chances in proportion to what rows are worth, none above one, of this sum."""
    chance, sure = np.zeros(len(worth)), np.zeros(len(worth), np.bool_)
    while True:
        left = worth[~sure].sum()
        chance[~sure] = worth[~sure] * ((most - sure.sum()) / left if left > 0 else 0.0)
        if not (chance > 1).any():
            return chance
        sure |= chance >= 1
        chance[sure] = 1.0
