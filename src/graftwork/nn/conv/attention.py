"""What the attention layers share."""

from __future__ import annotations

import torch
from torch import Tensor

from graftwork.graph.batch import GraphBatch
from graftwork.graph.segment import segment_softmax


def incoming_softmax(edges: Tensor, loops: Tensor, batch: GraphBatch) -> tuple[Tensor, Tensor]:
    """Softmax of scores over the edges that arrive at each node and its self loop.

    Shapes: ``edges`` ``[num_edges, heads]`` and ``loops`` ``[num_nodes, heads]`` -> the weights of
    both, in the same shapes.
    """
    scores = torch.cat([edges, loops])
    nodes = torch.arange(batch.num_nodes, device=batch.edge_index.device)
    arrives_at = torch.cat([batch.edge_index[1], nodes])
    weights = segment_softmax(scores, arrives_at, batch.num_nodes)
    return weights[: len(edges)], weights[len(edges) :]
