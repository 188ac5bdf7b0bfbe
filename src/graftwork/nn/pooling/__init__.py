"""Node embeddings to graph embeddings. ``POOLINGS`` maps a name to its class."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from graftwork.graph.batch import GraphBatch
from graftwork.graph.segment import Bags
from graftwork.nn.pooling.attention import AttentionPooling
from graftwork.nn.pooling.centre import CentreMeanPooling, CentrePooling, centres
from graftwork.nn.pooling.simple import (
    MaxPooling,
    MeanPooling,
    MeanSumPooling,
    SumPooling,
)

__all__ = [
    "POOLINGS",
    "AttentionPooling",
    "CentreMeanPooling",
    "CentrePooling",
    "MaxPooling",
    "MeanPooling",
    "MeanSumPooling",
    "SumPooling",
    "embed_graphs",
    "pooled_width",
]

POOLINGS: dict[str, type[nn.Module]] = {
    "sum": SumPooling,
    "mean": MeanPooling,
    "mean-sum": MeanSumPooling,
    "max": MaxPooling,
    "attention": AttentionPooling,
    "centre": CentrePooling,
    "centre-mean": CentreMeanPooling,
}


def embed_graphs(
    encode: Callable[[GraphBatch, Tensor | Bags | None], Tensor],
    pooling: nn.Module,
    batch: GraphBatch,
) -> Tensor:
    """Encode the nodes that a pooling reads, and pool them.

    Shapes: :class:`GraphBatch` -> ``[num_graphs, width of the pooling]``.

    Parameters
    ----------
    encode
        An :class:`~graftwork.nn.encoder.Encoder`, or what stands in for one.
    pooling
        One of ``POOLINGS``.
    batch
        The graphs.
    """
    if isinstance(pooling, CentrePooling):
        return encode(batch, centres(batch))
    if isinstance(pooling, MeanPooling):
        return encode(batch, batch.nodes_of_graph)
    if isinstance(pooling, MeanSumPooling):
        return pooling.beside_sum(encode(batch, batch.nodes_of_graph), batch)
    return pooling(encode(batch, None), batch)


def pooled_width(pooling: nn.Module, dim: int) -> int:
    """Return the width of a graph embedding: ``pooling.out_dim`` where it has one, else ``dim``.

    Examples
    --------
    >>> pooled_width(MeanPooling(8), 8), pooled_width(CentreMeanPooling(8), 8)
    (8, 16)
    """
    return int(getattr(pooling, "out_dim", dim))
