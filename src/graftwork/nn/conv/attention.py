"""What the attention layers share."""

from __future__ import annotations

import torch
from torch import Tensor

from graftwork.graph.block import Block
from graftwork.graph.segment import segment_softmax


def incoming_softmax(edges: Tensor, loops: Tensor, block: Block) -> tuple[Tensor, Tensor]:
    """Softmax of scores over the edges that arrive at each output and its self loop.

    Shapes: ``edges`` ``[num_edges, heads]`` and ``loops`` ``[num_outputs, heads]`` -> the weights
    of both, in the same shapes.
    """
    scores = torch.cat([edges, loops])
    outputs = torch.arange(block.num_outputs, device=block.edge_index.device)
    arrives_at = torch.cat([block.edge_index[1], outputs])
    weights = segment_softmax(scores, arrives_at, block.num_outputs)
    return weights[: len(edges)], weights[len(edges) :]
