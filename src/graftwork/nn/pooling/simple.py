"""Pooling without parameters. Shapes: ``[num_nodes, dim]`` -> ``[num_graphs, dim]``."""

from __future__ import annotations

from typing import final

from torch import Tensor, nn

from graftwork.graph.batch import GraphBatch
from graftwork.graph.segment import bag_mean, bag_sum, segment_max


@final
class SumPooling(nn.Module):
    """Sum over the nodes of each graph."""

    def __init__(self, _dim: int = 0) -> None:
        super().__init__()

    def forward(self, nodes: Tensor, batch: GraphBatch) -> Tensor:
        """Pool."""
        return bag_sum(nodes, batch.nodes_of_graph)


@final
class MeanPooling(nn.Module):
    """Average over the nodes of each graph."""

    def __init__(self, _dim: int = 0) -> None:
        super().__init__()

    def forward(self, nodes: Tensor, batch: GraphBatch) -> Tensor:
        """Pool."""
        return bag_mean(nodes, batch.nodes_of_graph)


@final
class MaxPooling(nn.Module):
    """Elementwise maximum over the nodes of each graph."""

    def __init__(self, _dim: int = 0) -> None:
        super().__init__()

    def forward(self, nodes: Tensor, batch: GraphBatch) -> Tensor:
        """Pool."""
        return segment_max(nodes, batch.graph_of_node, batch.num_graphs)
