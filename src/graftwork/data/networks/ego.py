"""Ego networks: the surroundings of many nodes at once, as one graph store."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graftwork.data.networks.network import Array, Network
from graftwork.data.store import GraphStore
from graftwork.errors import InputError
from graftwork.graph.indexed import indexed_rows
from graftwork.graph.pack import PackedGraphs
from graftwork.graph.schema import CategoricalColumn, FeatureSchema
from graftwork.rng import derive_seed

DISTANCE = "distance_to_centre"
_CELLS = 1 << 23  # (centre, node) pairs of one chunk
_WALKS = 1 << 22  # edges that one chunk looks at, at most


@dataclass(frozen=True)
class _Chunk:
    """Ego networks of some centres: nodes by centre, then hop; edges by target."""

    node: Array
    hop: Array
    nodes_per_ego: Array
    edge: Array
    pairs: Array
    edges_per_ego: Array


def ego_schema(
    schema: FeatureSchema,
    hops: int = 2,
    max_nodes: int | None = None,
    seed: int = 0,
    *,
    distance: bool = False,
) -> FeatureSchema:
    """Return the schema of a network's ego networks: its own, and how they are cut out.

    Raises
    ------
    InputError
        If a number makes no sense.
    """
    if hops < 1 or (max_nodes or 0) < 0:
        raise InputError(
            f"Ego networks of {hops} hops and at most {max_nodes} nodes cannot be cut out.",
            "Expected at least one hop; 0 or None stands for no limit of nodes.",
        )
    if distance:
        column = CategoricalColumn(DISTANCE, hops + 2, mask=hops + 1)
        schema = dataclasses.replace(schema, node_cat=(*schema.node_cat, column))
    return schema.with_options(hops=hops, max_nodes=max_nodes or 0, seed=seed, distance=distance)


def ego_store(
    network: Network,
    rows: npt.ArrayLike | None = None,
    hops: int = 2,
    max_nodes: int | None = None,
    seed: int = 0,
    *,
    distance: bool = False,
) -> GraphStore:
    """Cut out the ego network of every given node.

    The ego network of a node holds all nodes from which it can be reached in ``hops`` steps along
    edges, and every edge among them. With a limit, nearer nodes come first, and of the hop that
    does not fit as a whole a random part is taken. That draw depends on the seed, the centre and
    the node alone: a centre has the same ego network whatever other rows are asked for.

    Parameters
    ----------
    network
        Where to cut.
    rows
        The centres, integers ``[graphs]``; None is every node in order.
    hops
        Radius. An encoder of as many layers embeds the centre as in the whole network.
    max_nodes
        Most nodes of an ego network; None or 0 for no limit.
    seed
        Of the draw.
    distance
        Add a categorical node column with the distance to the centre, last.

    Returns
    -------
    GraphStore
        One graph per row. Nodes are in breadth-first order, the centre first (``root`` is 0),
        nodes of a hop by number. Features stay in the network and are gathered batch by batch.

    Raises
    ------
    InputError
        If a row is no node of the network, or a number makes no sense.
    """
    schema = ego_schema(network.schema, hops, max_nodes, seed, distance=distance)
    centres = np.arange(network.num_nodes) if rows is None else np.asarray(rows, np.int64)
    if len(centres) and not 0 <= centres.min() <= centres.max() < network.num_nodes:
        raise InputError(f"A row is no node of this network of {network.num_nodes} nodes.")
    salt = derive_seed(seed, "ego")
    ptr = network.edge_ptr
    source = network.edge_index[:, 0].astype(np.int64)
    empty = np.empty(0, np.int64)
    none = _Chunk(empty, empty, empty, empty, np.empty((0, 2), np.int64), empty)
    parts = [none] + [
        _extract(ptr, source, chunk, hops, max_nodes or network.num_nodes, salt)
        for chunk in _chunks(ptr, source, centres, hops)
    ]
    node = np.concatenate([part.node for part in parts]).astype(np.int32)
    edge = np.concatenate([part.edge for part in parts]).astype(np.int32)
    hop = np.concatenate([part.hop for part in parts])[:, None] if distance else None
    graphs = PackedGraphs(
        node_ptr=_pointer(np.concatenate([part.nodes_per_ego for part in parts])),
        edge_ptr=_pointer(np.concatenate([part.edges_per_ego for part in parts])),
        node_cat=indexed_rows(
            network.node_cat.astype(schema.id_dtype, copy=False),
            node,
            None if hop is None else hop.astype(schema.id_dtype),
        ),
        node_x=indexed_rows(network.node_x, node),
        edge_index=np.concatenate([part.pairs for part in parts]).astype(np.int32),
        edge_cat=indexed_rows(network.edge_cat.astype(schema.id_dtype, copy=False), edge),
        edge_x=indexed_rows(network.edge_x, edge),
        root=np.zeros(len(centres), np.int32),
    )
    return GraphStore(schema, graphs, centres.astype(np.int64))


def _chunks(ptr: Array, source: Array, centres: Array, hops: int) -> Iterator[Array]:
    """Yield centres in pieces whose work and memory are bounded."""
    degree = np.diff(ptr)
    walks = degree.astype(np.float64)
    for _ in range(hops):  # no set of distinct nodes has more edges than the network
        reached = np.concatenate([[0.0], np.cumsum(walks[source])])
        walks = np.minimum(reached[ptr[1:]] - reached[ptr[:-1]] + degree, len(source))
    work = np.maximum(walks[centres] / _WALKS, len(degree) / _CELLS)
    cuts = np.flatnonzero(np.diff(np.floor(np.cumsum(work)))) + 1
    yield from (piece for piece in np.split(centres, cuts) if len(piece))


def _extract(ptr: Array, source: Array, centres: Array, hops: int, most: int, salt: int) -> _Chunk:
    count, nodes = len(centres), len(ptr) - 1
    size = np.ones(count, np.int64)
    inside = np.full(count * nodes, -1, np.int32)  # position of a node in an ego network
    frontier_ego, frontier = np.arange(count), centres
    inside[frontier_ego * nodes + frontier] = 0
    egos, found, hop_of = [frontier_ego], [frontier], [np.zeros(count, np.int64)]
    for hop in range(1, hops + 1):
        at, edges = _arriving(ptr, frontier)
        keys = frontier_ego[at] * nodes + source[edges]
        keys = np.unique(keys[inside[keys] < 0])
        keys = _fitting(keys, nodes, centres, most - size, salt)
        inside[keys] = 0
        frontier_ego, frontier = keys // nodes, keys % nodes
        size += np.bincount(frontier_ego, minlength=count)
        egos.append(frontier_ego)
        found.append(frontier)
        hop_of.append(np.full(len(keys), hop))
    ego = np.concatenate(egos)
    order = np.argsort(ego, kind="stable")  # hops are in order already, and nodes within a hop
    ego, node = ego[order], np.concatenate(found)[order]
    position = np.arange(len(ego)) - _pointer(size)[ego]
    inside[ego * nodes + node] = position
    at, edges = _arriving(ptr, node)
    start = inside[ego[at] * nodes + source[edges]]
    kept = start >= 0
    at, edges = at[kept], edges[kept]
    return _Chunk(
        node=node,
        hop=np.concatenate(hop_of)[order],
        nodes_per_ego=size,
        edge=edges,
        pairs=np.stack([start[kept], position[at]], 1),
        edges_per_ego=np.bincount(ego[at], minlength=count),
    )


def _arriving(ptr: Array, nodes: Array) -> tuple[Array, Array]:
    """Return the edges that arrive at ``nodes``, each with the place of its node in ``nodes``."""
    count = ptr[nodes + 1] - ptr[nodes]
    at = np.repeat(np.arange(len(nodes)), count)
    return at, np.arange(len(at)) + np.repeat(ptr[nodes] - _pointer(count)[:-1], count)


def _fitting(keys: Array, nodes: int, centres: Array, room: Array, salt: int) -> Array:
    """Keep of each ego network's new nodes (``keys``, sorted) as many as there is room for."""
    ego = keys // nodes
    count = np.bincount(ego, minlength=len(centres))
    if (count <= room).all():
        return keys
    order = np.lexsort((_scores(centres[ego], keys % nodes, salt), ego))
    rank = np.arange(len(keys)) - _pointer(count)[ego]  # ego is sorted, so order keeps it
    return np.sort(keys[order[rank < room[ego]]])


def _scores(centre: Array, node: Array, salt: int) -> npt.NDArray[np.uint64]:
    """Return a pseudo-random number for each pair: SplitMix64 (Steele et al., OOPSLA 2014)."""
    mixed = np.full(len(centre), salt, np.uint64)
    for part in (centre, node):
        mixed = mixed + part.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return mixed


def _pointer(lengths: Array) -> npt.NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
