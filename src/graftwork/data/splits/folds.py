"""Folds for cross-validation."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graftwork.rng import numpy_rng


def grouped_folds(groups: npt.NDArray[np.intp], folds: int, seed: int) -> npt.NDArray[np.intp]:
    """Return the fold of each row; rows of one group share theirs, and folds are about even.

    Groups go from large to small, those of a size in random order, each into the smallest fold.
    The largest group may be larger than a fold should be. No fold is empty where there are as many
    groups; where there are not, every row is a group of its own.

    Examples
    --------
    >>> grouped_folds(np.array([7, 7, 7, 1, 2, 3]), 2, seed=0).tolist()
    [0, 0, 0, 1, 1, 1]
    """
    _, member, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    if len(sizes) < folds:
        return grouped_folds(np.arange(len(groups)), min(folds, len(groups)), seed)
    rng = numpy_rng(seed, "folds")
    order = np.lexsort((rng.permutation(len(sizes)), -sizes))
    filled = np.zeros(folds, np.intp)
    fold_of = np.empty(len(sizes), np.intp)
    for group in order:
        fold_of[group] = filled.argmin()
        filled[fold_of[group]] += sizes[group]
    return fold_of[member]
