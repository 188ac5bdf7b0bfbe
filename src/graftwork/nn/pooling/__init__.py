"""Node embeddings to graph embeddings. ``POOLINGS`` maps a name to its class."""

from __future__ import annotations

from torch import nn

from graftwork.nn.pooling.attention import AttentionPooling
from graftwork.nn.pooling.centre import CentreMeanPooling, CentrePooling
from graftwork.nn.pooling.simple import MaxPooling, MeanPooling, SumPooling

__all__ = [
    "POOLINGS",
    "AttentionPooling",
    "CentreMeanPooling",
    "CentrePooling",
    "MaxPooling",
    "MeanPooling",
    "SumPooling",
    "pooled_width",
]

POOLINGS: dict[str, type[nn.Module]] = {
    "sum": SumPooling,
    "mean": MeanPooling,
    "max": MaxPooling,
    "attention": AttentionPooling,
    "centre": CentrePooling,
    "centre-mean": CentreMeanPooling,
}


def pooled_width(pooling: nn.Module, dim: int) -> int:
    """Return the width of a graph embedding: ``pooling.out_dim`` where it has one, else ``dim``.

    Examples
    --------
    >>> pooled_width(MeanPooling(8), 8), pooled_width(CentreMeanPooling(8), 8)
    (8, 16)
    """
    return int(getattr(pooling, "out_dim", dim))
