"""Attention pooling."""

from __future__ import annotations

from typing import final

from torch import Tensor, nn

from graftwork.graph.batch import GraphBatch
from graftwork.graph.segment import bag_sum, segment_softmax


@final
class AttentionPooling(nn.Module):
    """Weighted average of nodes, the weights a softmax of a learned score (Li et al., ICLR 2016).

    Shapes: ``[num_nodes, dim]`` -> ``[num_graphs, dim]``.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.score = nn.Linear(dim, 1)

    def forward(self, nodes: Tensor, batch: GraphBatch) -> Tensor:
        """Pool."""
        weights = segment_softmax(self.score(nodes), batch.graph_of_node, batch.num_graphs)
        return bag_sum(weights * nodes, batch.nodes_of_graph)
