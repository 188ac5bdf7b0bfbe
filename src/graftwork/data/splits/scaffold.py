"""Scaffold splits: molecules that share a Bemis-Murcko scaffold stay together.

Bemis and Murcko, J. Med. Chem. 1996, 39, 2887; the deterministic order is that of Hu et al.,
ICLR 2020.
"""

from __future__ import annotations

from collections import defaultdict

from graftwork.data.splits.split import Split, SplitRequest, sorted_split
from graftwork.rng import numpy_rng


def scaffold_split(request: SplitRequest) -> Split:
    """Fill train, then validation, then test with groups from large to small.

    Groups of the same size go in the order of their first molecule, last one first, as published:
    the test part holds the rarest scaffolds. The data seed plays no part.
    """
    groups = _groups(request)
    groups.sort(key=lambda group: (len(group), group[0]), reverse=True)
    return _fill("scaffold", groups, request)


def balanced_scaffold_split(request: SplitRequest) -> Split:
    """Shuffle the groups by the data seed, but keep the very large ones in training.

    A group larger than half of the validation or the test part goes first; the others follow in
    random order. Validation and test then hold a fair mix of scaffolds.
    """
    half = min(request.sizes[1], request.sizes[2]) * request.count / 2
    groups = _groups(request)
    order = numpy_rng(request.seed, "split").permutation(len(groups))
    shuffled = [groups[i] for i in order]
    large = [group for group in shuffled if len(group) > half]
    small = [group for group in shuffled if len(group) <= half]
    return _fill("balanced-scaffold", large + small, request)


def _groups(request: SplitRequest) -> list[list[int]]:
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for position, scaffold in enumerate(request.scaffolds):
        groups[scaffold].append(position)
    return list(groups.values())


def _fill(name: str, groups: list[list[int]], request: SplitRequest) -> Split:
    train: list[int] = []
    val: list[int] = []
    test: list[int] = []
    # the very sums that Hu et al. compare with, so that groups fall on the same side
    train_limit = request.sizes[0] * request.count
    val_limit = (request.sizes[0] + request.sizes[1]) * request.count
    for group in groups:
        if len(train) + len(group) <= train_limit:
            train += group
        elif len(train) + len(val) + len(group) <= val_limit:
            val += group
        else:
            test += group
    return sorted_split(name, train, val, test)
