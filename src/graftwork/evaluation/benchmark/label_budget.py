"""Fewer labels than there are: what a model learns from when labels are scarce."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from graftwork.data.splits import Split
from graftwork.rng import numpy_rng

LEAST_LABELS = 3


def budget_sizes(train: int, val: int, labels: int) -> tuple[int, int]:
    """Divide a budget between training and validation in the ratio of the whole parts.

    Parameters
    ----------
    train, val
        Rows of the whole parts.
    labels
        Rows to learn from, at least `LEAST_LABELS`: two to train, one to validate. More than
        there are means all.

    Examples
    --------
    >>> budget_sizes(800, 100, 64)
    (57, 7)
    >>> budget_sizes(800, 100, 3), budget_sizes(800, 100, 5000)
    ((2, 1), (800, 100))
    """
    if labels >= train + val:
        return train, val
    fewer = min(val, labels - 2, max(1, round(labels * val / (train + val))))
    return labels - fewer, fewer


def few_labels(split: Split, labels: int, seed: int) -> Split:
    """Keep a random part of the training and validation rows; the test part stays whole.

    A larger budget with the same seed contains the smaller one.
    """
    sizes = budget_sizes(len(split.train), len(split.val), labels)
    kept = [
        np.sort(numpy_rng(seed, "label-budget", name).permutation(rows)[:size])
        for name, rows, size in zip(("train", "val"), (split.train, split.val), sizes, strict=True)
    ]
    return replace(split, train=kept[0], val=kept[1])
