"""Random split."""

from __future__ import annotations

from graftwork.data.splits.split import Split, SplitRequest, sorted_split
from graftwork.rng import numpy_rng


def random_split(request: SplitRequest) -> Split:
    """Shuffle by the data seed and cut. Optimistic: near twins land on both sides."""
    order = numpy_rng(request.seed, "split").permutation(request.count).tolist()
    first = round(request.sizes[0] * request.count)
    second = round((request.sizes[0] + request.sizes[1]) * request.count)
    return sorted_split("random", order[:first], order[first:second], order[second:])
