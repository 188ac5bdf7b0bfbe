"""Pooling without parameters. Shapes: ``[num_nodes, dim]`` -> ``[num_graphs, dim]``, or said."""

from __future__ import annotations

from typing import final

import torch
from torch import Tensor, nn

from graftwork.graph.batch import GraphBatch
from graftwork.graph.segment import bag_mean, bag_sum, segment_max

_UNIT = 32


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
class MeanSumPooling(nn.Module):
    """The average over the nodes of each graph beside their sum, in units of 32 nodes.

    The average says what a graph is made of, the sum how much of it there is. The unit, about a
    molecule of a drug, gives both halves one scale. Shapes: ``[num_nodes, dim]`` ->
    ``[num_graphs, 2 * dim]``.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.out_dim = 2 * dim

    def forward(self, nodes: Tensor, batch: GraphBatch) -> Tensor:
        """Pool."""
        return self.beside_sum(bag_mean(nodes, batch.nodes_of_graph), batch)

    def beside_sum(self, means: Tensor, batch: GraphBatch) -> Tensor:
        """Put sums beside averages ``[num_graphs, dim]``."""
        sizes = batch.nodes_of_graph.ptr.diff().to(means.dtype) / _UNIT
        return torch.cat([means, means * sizes[:, None]], 1)


@final
class MaxPooling(nn.Module):
    """Elementwise maximum over the nodes of each graph."""

    def __init__(self, _dim: int = 0) -> None:
        super().__init__()

    def forward(self, nodes: Tensor, batch: GraphBatch) -> Tensor:
        """Pool."""
        return segment_max(nodes, batch.graph_of_node, batch.num_graphs)
