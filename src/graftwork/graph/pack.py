"""Many graphs as one set of flat arrays, and the vectorised gather of a subset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from graftwork.errors import InputError
from graftwork.graph.schema import CategoricalColumn, FeatureSchema
from graftwork.graph.types import Graph

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class PackedGraphs:
    """Graphs laid end to end. The arrays may be memory maps.

    Parameters
    ----------
    node_ptr, edge_ptr
        int64 ``[num_graphs + 1]``: graph ``g`` owns nodes ``node_ptr[g]:node_ptr[g + 1]``.
    node_cat, node_x
        ``[nodes, columns]``, ids in ``schema.id_dtype`` and float32.
    edge_index
        int32 ``[edges, 2]``: ``(source, target)`` counted from the graph's first node.
    edge_cat, edge_x
        ``[edges, columns]``.
    root
        int32 ``[num_graphs]``, -1 where a graph has no centre.
    """

    node_ptr: Array
    edge_ptr: Array
    node_cat: Array
    node_x: Array
    edge_index: Array
    edge_cat: Array
    edge_x: Array
    root: Array

    @property
    def num_graphs(self) -> int:
        """Number of graphs."""
        return len(self.node_ptr) - 1

    def take(self, graphs: npt.ArrayLike) -> PackedGraphs:
        """Gather the given graphs, in the given order, without a loop over graphs."""
        index = np.asarray(graphs, dtype=np.int64)
        node_ptr, nodes = _ranges(self.node_ptr, index)
        edge_ptr, edges = _ranges(self.edge_ptr, index)
        return PackedGraphs(
            node_ptr=node_ptr,
            edge_ptr=edge_ptr,
            node_cat=self.node_cat[nodes],
            node_x=self.node_x[nodes],
            edge_index=self.edge_index[edges],
            edge_cat=self.edge_cat[edges],
            edge_x=self.edge_x[edges],
            root=self.root[index],
        )

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by name."""
        return {item.name: getattr(self, item.name) for item in fields(self)}


def pack(graphs: Sequence[Graph], schema: FeatureSchema) -> PackedGraphs:
    """Lay graphs end to end in the types that ``schema`` asks for.

    Raises
    ------
    InputError
        If a categorical id is not one of its column's.
    """

    def rows(parts: list[Array], columns: int, dtype: npt.DTypeLike) -> Array:
        empty = np.empty((0, columns), dtype)
        return np.concatenate([empty, *parts]).astype(dtype, copy=False)

    def ids(parts: list[Array], columns: Sequence[CategoricalColumn]) -> Array:
        values = rows(parts, len(columns), np.int64)
        _check_ids(values, columns)
        return values.astype(schema.id_dtype)

    def floats(values: Array | None, length: int, columns: int) -> Array:
        return np.zeros((length, columns), np.float32) if values is None else values

    return PackedGraphs(
        node_ptr=_pointer([graph.num_nodes for graph in graphs]),
        edge_ptr=_pointer([graph.num_edges for graph in graphs]),
        node_cat=ids([g.node_cat for g in graphs], schema.node_cat),
        node_x=rows(
            [floats(g.node_x, g.num_nodes, len(schema.node_x)) for g in graphs],
            len(schema.node_x),
            np.float32,
        ),
        edge_index=rows([g.edge_index for g in graphs], 2, np.int32),
        edge_cat=ids([g.edge_cat for g in graphs], schema.edge_cat),
        edge_x=rows(
            [floats(g.edge_x, g.num_edges, len(schema.edge_x)) for g in graphs],
            len(schema.edge_x),
            np.float32,
        ),
        root=np.array([graph.root for graph in graphs], np.int32),
    )


def concatenate(parts: Sequence[PackedGraphs], schema: FeatureSchema) -> PackedGraphs:
    """Join packed graphs in order; no part gives zero graphs."""
    parts = [pack([], schema), *parts]
    joined = {
        name: np.concatenate([part.arrays()[name] for part in parts])
        for name in ("node_cat", "node_x", "edge_index", "edge_cat", "edge_x", "root")
    }
    for name in ("node_ptr", "edge_ptr"):
        lengths = np.concatenate([np.diff(part.arrays()[name]) for part in parts])
        joined[name] = _pointer(lengths)
    return PackedGraphs(**joined)


def _check_ids(ids: Array, columns: Sequence[CategoricalColumn]) -> None:
    sizes = [column.size for column in columns]
    outside = (ids < 0) | (ids >= sizes)
    if outside.any():
        row, position = np.argwhere(outside)[0]
        raise InputError(
            f"Row {row} has id {ids[row, position]} in {columns[position].name!r}.",
            f"Expected 0 to {sizes[position] - 1}.",
        )


def _pointer(lengths: npt.ArrayLike) -> Array:
    return np.concatenate([[0], np.cumsum(np.asarray(lengths, np.int64))]).astype(np.int64)


def _ranges(ptr: Array, index: Array) -> tuple[Array, Array]:
    """Return new pointers and the flat positions of the chosen ranges."""
    starts = ptr[index]
    new = _pointer(ptr[index + 1] - starts)
    positions = np.arange(new[-1]) + np.repeat(starts - new[:-1], np.diff(new))
    return new, positions
