"""A network: one large graph, or several, whose nodes are the rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graftwork.config import Kind
from graftwork.errors import InputError
from graftwork.graph.schema import FeatureSchema

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Network:
    """One large graph, or several side by side, with a label row for every node.

    Parameters
    ----------
    schema
        What the columns are; its featuriser is ``"network"``.
    names
        One per node; what tables of predictions show.
    group
        The part a node belongs to, e.g. its species; ``""`` where there are no parts.
    node_cat, node_x
        ``[nodes, columns]``: ids in ``schema.id_dtype`` and float32.
    edge_index
        int32 ``[edges, 2]``: ``(source, target)``, both directions of an undirected edge, sorted by
        target. See :func:`both_directions`.
    edge_cat, edge_x
        ``[edges, columns]``.
    y
        float32 ``[nodes, tasks]``, NaN where unknown.
    tasks
        Names of the label columns.
    kind
        ``"classification"`` (0 and 1) or ``"multiclass"`` (one column of class numbers).
    split
        The part of the file's own split per node: ``train``, ``val``, ``test`` or ``""``.

    Raises
    ------
    InputError
        If the arrays do not fit together.
    """

    schema: FeatureSchema
    names: list[str]
    group: list[str]
    node_cat: Array
    node_x: Array
    edge_index: Array
    edge_cat: Array
    edge_x: Array
    y: Array
    tasks: tuple[str, ...]
    kind: Kind
    split: list[str]

    def __post_init__(self) -> None:
        nodes, edges, schema = len(self.names), len(self.edge_index), self.schema
        expected: dict[str, tuple[int, ...]] = {
            "node_cat": (nodes, len(schema.node_cat)),
            "node_x": (nodes, len(schema.node_x)),
            "edge_index": (edges, 2),
            "edge_cat": (edges, len(schema.edge_cat)),
            "edge_x": (edges, len(schema.edge_x)),
            "y": (nodes, len(self.tasks)),
        }
        for name, shape in expected.items():
            found = getattr(self, name).shape
            if found != shape:
                raise InputError(f"{name} of a network has shape {found}, not {shape}.")
        for name in ("group", "split"):
            if len(getattr(self, name)) != nodes:
                raise InputError(f"{name} of a network has no entry for each of {nodes} nodes.")
        pairs = self.edge_index
        if edges and not (pairs.min() >= 0 and pairs.max() < nodes):
            raise InputError(f"An edge of a network names a node outside 0 to {nodes - 1}.")
        if np.any(np.diff(pairs[:, 1]) < 0):
            raise InputError("The edges of a network are not sorted by target.")

    @property
    def num_nodes(self) -> int:
        """Number of nodes."""
        return len(self.names)

    @property
    def edge_ptr(self) -> npt.NDArray[np.int64]:
        """int64 ``[nodes + 1]``: the edges ``edge_ptr[v]:edge_ptr[v + 1]`` arrive at node ``v``."""
        targets = self.edge_index[:, 1]
        return np.searchsorted(targets, np.arange(self.num_nodes + 1)).astype(np.int64)


def both_directions(pairs: Array, nodes: int) -> tuple[Array, npt.NDArray[np.int64]]:
    """Turn undirected pairs into directed edges, sorted by target and then source.

    An edge from a node to itself is dropped, and of several edges between two nodes the first
    counts.

    Parameters
    ----------
    pairs
        Integers, shape ``[pairs, 2]``, in ``[0, nodes)``.
    nodes
        Number of nodes.

    Returns
    -------
    tuple of array
        int32 ``[edges, 2]``, and the row of ``pairs`` that each edge comes from.

    Examples
    --------
    >>> edges, origin = both_directions(np.array([[0, 2], [1, 1], [2, 0]]), 3)
    >>> edges.tolist(), origin.tolist()
    ([[2, 0], [0, 2]], [0, 0])
    """
    pairs = np.asarray(pairs, np.int64)
    origin = np.flatnonzero(pairs[:, 0] != pairs[:, 1])
    pairs, origin = np.concatenate([pairs[origin], pairs[origin, ::-1]]), np.tile(origin, 2)
    # the lower origin first, so that np.unique, which takes the first, takes that one
    order = np.argsort(origin, kind="stable")
    keys = pairs[order, 1] * nodes + pairs[order, 0]
    _, first = np.unique(keys, return_index=True)
    chosen = order[first]
    return pairs[chosen].astype(np.int32), origin[chosen]
