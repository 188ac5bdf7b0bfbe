"""Node embeddings to graph embeddings. ``POOLINGS`` maps a name to its class."""

from __future__ import annotations

from torch import nn

from graftwork.nn.pooling.attention import AttentionPooling
from graftwork.nn.pooling.simple import MaxPooling, MeanPooling, SumPooling

__all__ = ["POOLINGS", "AttentionPooling", "MaxPooling", "MeanPooling", "SumPooling"]

POOLINGS: dict[str, type[nn.Module]] = {
    "sum": SumPooling,
    "mean": MeanPooling,
    "max": MaxPooling,
    "attention": AttentionPooling,
}
