"""From nodes to their edges and back, by sorted reads in both directions."""

from __future__ import annotations

import torch
from torch import Tensor

from graftwork.graph.batch import GraphBatch
from graftwork.graph.segment import Bags, bag_sum


def gather_sources(nodes: Tensor, batch: GraphBatch) -> Tensor:
    """Give every edge the row of the node it starts from.

    Shapes: ``nodes`` ``[num_nodes, dim]`` -> ``[num_edges, dim]``. The gradient is a sorted sum,
    not a scattered write as that of ``nodes[index]``.
    """
    return bag_sum(nodes, _ends(batch, 0))


def gather_targets(nodes: Tensor, batch: GraphBatch) -> Tensor:
    """Give every edge the row of the node it arrives at: ``[num_edges, dim]``."""
    return bag_sum(nodes, _ends(batch, 1))


def sum_incoming(messages: Tensor, batch: GraphBatch) -> Tensor:
    """Sum the rows of the edges that arrive at each node; a node without edges gets 0.

    Shapes: ``messages`` ``[num_edges, dim]`` -> ``[num_nodes, dim]``.
    """
    ends = _ends(batch, 1)
    return bag_sum(messages, Bags(ends.reverse_index, ends.reverse_ptr, ends.index, ends.ptr))


def _ends(batch: GraphBatch, row: int) -> Bags:
    """For every edge, its one node in ``edge_index[row]``; kept on the batch."""
    name = f"_ends_{row}"
    if name not in batch.__dict__:
        node = batch.edge_index[row]
        order = torch.argsort(node, stable=True)
        steps = torch.arange(max(batch.num_nodes, len(node)) + 1, device=node.device)
        batch.__dict__[name] = Bags(
            index=node,
            ptr=steps[: len(node) + 1],
            reverse_index=order,
            reverse_ptr=torch.searchsorted(node[order], steps[: batch.num_nodes + 1]),
        )
    return batch.__dict__[name]
