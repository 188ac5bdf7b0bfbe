"""Which nodes a result depends on, layer by layer, and which of them are alike."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from graftwork.graph.batch import GraphBatch
from graftwork.graph.block import Block
from graftwork.graph.kinds import hashed, kinds, mixed
from graftwork.graph.segment import Bags

_WORTH = 0.9  # of the nodes that differ: from there on, looking for equal ones does not pay
_OWN = 0x2545F4914F6CDD1D  # an odd number that is no hash of an edge


@dataclass(frozen=True)
class Reach:
    """The least that layers have to read and write for the rows that somebody wants.

    Parameters
    ----------
    nodes
        int64: the nodes whose features the first layer reads; None for all.
    blocks
        One per layer; the outputs of each are the inputs of the next.
    found
        Per layer int64: where the wanted rows are among its outputs; None for all in order.
    copies
        Which output of the first layer every node gets, where the other layers read all nodes but
        the first computes those that are alike once. None where blocks fit one another.
    """

    nodes: Tensor | None
    blocks: list[Block]
    found: list[Tensor | None]
    copies: Bags | None = None


def whole(batch: GraphBatch, depth: int, rows: Tensor | None, *, merge: bool = False) -> Reach:
    """Write every node in every layer; with ``merge`` the first layer computes equal ones once."""
    blocks, found = [batch.block] * depth, [rows] * depth
    if not merge:
        return Reach(None, blocks, found)
    nodes, (block,), (place,) = _needed(batch, 1, None, merge=True)
    return Reach(nodes, [block, *blocks[1:]], found, Bags.one_each(place, block.num_outputs))


def reach(batch: GraphBatch, depth: int, rows: Tensor | None, *, merge: bool) -> Reach:
    """Leave out what has no influence on the wanted rows, and optionally what is there twice.

    Layer ``l`` of ``depth`` needs only nodes within ``depth - l`` steps of a wanted one. Exact for
    layers in which no node sees another but along edges.

    Parameters
    ----------
    batch
        The graphs.
    depth
        Number of layers.
    rows
        int64 positions of the wanted nodes; None for all.
    merge
        Compute each distinct neighbourhood once: after layer ``l`` two nodes whose surroundings
        look alike up to ``l`` steps have equal embeddings, be it in two molecules.
    """
    nodes, blocks, found = _needed(batch, depth, rows, merge=merge)
    return Reach(nodes, blocks, [*found])


def _needed(
    batch: GraphBatch, depth: int, rows: Tensor | None, *, merge: bool
) -> tuple[Tensor, list[Block], list[Tensor]]:
    """Return the nodes that the first layer reads, the blocks, and the wanted among outputs."""
    count = batch.num_nodes
    wanted = torch.arange(count, device=batch.node_ptr.device) if rows is None else rows
    alike = _alike(batch, depth) if merge else None
    last = wanted if alike is None else alike[depth][wanted]
    outputs, place = _distinct(count, last)
    found = [place[last]]
    blocks: list[Block] = []
    for layer in reversed(range(depth)):
        arriving = (place[batch.edge_index[1]] >= 0).nonzero()[:, 0]
        source, own = batch.edge_index[0, arriving], outputs
        target = place[batch.edge_index[1, arriving]]
        if alike is not None:
            source, own = alike[layer][source], alike[layer][own]
        outputs, place = _distinct(count, source, own)
        block = Block(
            edge_index=torch.stack([place[source], target]),
            edge_cat=batch.edge_cat[arriving],
            edge_x=batch.edge_x[arriving],
            in_degree=batch.block.in_degree[outputs],
            own=place[own],
        )
        blocks.insert(0, block)
        found.insert(0, place[own][found[0]])
    return outputs, blocks, found[1:]


def _distinct(count: int, *chosen: Tensor) -> tuple[Tensor, Tensor]:
    """Return the sorted distinct nodes, and ``[count]`` their places in that list, else -1."""
    place = torch.full((count,), -1, device=chosen[0].device)
    for nodes in chosen:
        place[nodes] = 0
    distinct = (place == 0).nonzero()[:, 0]
    place[distinct] = torch.arange(len(distinct), device=place.device)
    return distinct, place


def _alike(batch: GraphBatch, depth: int) -> list[Tensor]:
    """Return for 0 to ``depth`` steps the first node ``[num_nodes]`` that looks like each node.

    Nodes are told apart by colour refinement (Weisfeiler and Leman): a node's next colour is its
    own and those of the edges and nodes that arrive. Colours are 64-bit hashes; among a million
    that differ, two are confused with a probability of 3e-8.
    """
    source, target = batch.edge_index
    edges = hashed(batch.edge_cat, batch.edge_x) | 1
    colour = hashed(batch.node_cat, batch.node_x, batch.block.in_degree[:, None])
    found: list[Tensor] = []
    for step in range(depth + 1):
        if step:
            # colours are scattered already: a sum of them times odd numbers tells multisets apart
            arrived = colour[source].mul_(edges)
            around = torch.zeros_like(colour).index_add_(0, target, arrived)
            colour = mixed(colour * _OWN + around)
        first, kind = kinds(colour)
        found.append(first[kind])
        if len(first) > _WORTH * len(colour):  # colours only ever split
            every = torch.arange(len(colour), device=colour.device)
            return found + [every] * (depth - step)
    return found
