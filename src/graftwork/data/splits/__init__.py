"""Splits: pure functions from what is known of the rows to train, validation and test parts."""

from __future__ import annotations

from collections.abc import Callable

from graftwork.data.splits.column import column_split
from graftwork.data.splits.folds import grouped_folds
from graftwork.data.splits.group import group_split
from graftwork.data.splits.public import public_split
from graftwork.data.splits.random import random_split
from graftwork.data.splits.scaffold import balanced_scaffold_split, scaffold_split
from graftwork.data.splits.split import Split, SplitRequest
from graftwork.errors import InputError

__all__ = ["SPLITS", "Split", "SplitRequest", "grouped_folds", "make_split"]

SPLITS: dict[str, Callable[[SplitRequest], Split]] = {
    "scaffold": scaffold_split,
    "balanced-scaffold": balanced_scaffold_split,
    "random": random_split,
    "column": column_split,
    "public": public_split,
    "group": group_split,
}


def make_split(name: str, request: SplitRequest) -> Split:
    """Split by a registered name and check that the result can be used."""
    if name not in SPLITS:
        raise InputError(f"No split is called {name!r}.", f"Known: {', '.join(SPLITS)}.")
    return SPLITS[name](request).checked()
