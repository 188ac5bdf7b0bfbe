"""Distances, induced subgraphs and selections, for all graphs of a batch at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import torch
from torch import Tensor

from graftwork.graph.batch import GraphBatch

Direction = Literal["out", "in", "both"]
"""Follow edges from source to target, from target to source, or either way."""


def hop_distance(
    batch: GraphBatch, roots: Tensor, max_hops: int, direction: Direction = "out"
) -> Tensor:
    """Count the hops from the nearest root to every node.

    Parameters
    ----------
    batch
        The graphs.
    roots
        int64 positions in the batch, of any shape: one per graph, or any set of nodes.
    max_hops
        How far to look. The cost is ``max_hops`` passes over all edges.
    direction
        Which way to follow edges.

    Returns
    -------
    Tensor
        int64 ``[num_nodes]``; -1 where a node is farther away, or cannot be reached.
    """
    edges = batch.edge_index
    if direction != "out":
        backward = edges.flip(0)
        edges = backward if direction == "in" else torch.cat([edges, backward], 1)
    source, target = edges
    distance = torch.full((batch.num_nodes,), -1, device=edges.device)
    distance[roots.flatten()] = 0
    for hop in range(1, max_hops + 1):
        frontier = (distance[source] == hop - 1).long()
        arrived = torch.zeros_like(distance).index_add_(0, target, frontier) > 0
        distance = torch.where(arrived & (distance < 0), hop, distance)
    return distance


def induced(batch: GraphBatch, keep: Tensor) -> tuple[GraphBatch, Tensor]:
    """Return the induced subgraph of every graph: kept nodes, and the edges between them.

    Parameters
    ----------
    batch
        The graphs.
    keep
        bool ``[num_nodes]``.

    Returns
    -------
    GraphBatch
        As many graphs as before, in their order; some may be empty. ``y`` stays. ``root`` follows
        its nodes, and is None if one of them is gone.
    Tensor
        int64: the position in ``batch`` of every kept node.
    """
    before = torch.cat([keep.new_zeros(1, dtype=torch.int64), keep.cumsum(0)])
    old = keep.nonzero()[:, 0]
    whole = keep[batch.edge_index].all(0)
    root = batch.root
    if root is not None:
        root = before[root] if bool(keep[root].all()) else None
    nodes = replace(
        batch,
        node_cat=batch.node_cat[old],
        node_x=batch.node_x[old],
        edge_index=before[batch.edge_index],
        node_ptr=before[batch.node_ptr],
        root=root,
    )
    return keep_edges(nodes, whole), old


def keep_edges(batch: GraphBatch, keep: Tensor) -> GraphBatch:
    """Return the same nodes with only the edges where ``keep`` (bool ``[num_edges]``) is true."""
    return replace(
        batch,
        edge_index=batch.edge_index[:, keep],
        edge_cat=batch.edge_cat[keep],
        edge_x=batch.edge_x[keep],
    )


def select_graphs(batch: GraphBatch, chosen: Tensor) -> tuple[GraphBatch, Tensor]:
    """Return some whole graphs of a batch, in their order.

    Parameters
    ----------
    batch
        The graphs.
    chosen
        bool ``[num_graphs]``.

    Returns
    -------
    GraphBatch
        The chosen graphs with their labels, targets and roots.
    Tensor
        int64: the position in ``batch`` of every node that is left.
    """
    keep = chosen[batch.graph_of_node]
    part, old = induced(replace(batch, root=None), keep)
    sizes = part.node_ptr.diff()[chosen]
    root = None
    if batch.root is not None:
        root = (keep.cumsum(0) - 1)[batch.root[chosen]]
    selected = replace(
        part,
        node_ptr=torch.cat([sizes.new_zeros(1), sizes.cumsum(0)]),
        num_graphs=len(sizes),
        y=None if batch.y is None else batch.y[chosen],
        root=root,
        targets={name: values[chosen] for name, values in batch.targets.items()},
    )
    return selected, old


def drop_empty(batch: GraphBatch) -> tuple[GraphBatch, Tensor]:
    """Return the graphs that have a node, and the bool ``[num_graphs]`` that says which."""
    chosen = batch.node_ptr.diff() > 0
    return select_graphs(batch, chosen)[0], chosen
