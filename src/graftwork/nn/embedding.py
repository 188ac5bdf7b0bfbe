"""Categorical and continuous features to vectors."""

from __future__ import annotations

import functools

import torch
from torch import Tensor, nn

from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.schema import FeatureSchema


class NodeEmbedding(nn.Module):
    """Sum of one embedding per categorical column and a linear map of the continuous ones.

    Shapes: :class:`GraphBatch` -> ``[num_nodes, dim]``.

    Raises
    ------
    InputError
        If the schema has no node column at all.
    """

    def __init__(self, schema: FeatureSchema, dim: int) -> None:
        super().__init__()
        if not schema.node_cat and not schema.node_x:
            raise InputError(
                f"Schema {schema.featurizer!r} has no node column.",
                "Give nodes at least a constant one.",
            )
        self.tables = nn.ModuleList(_table(column.size, dim) for column in schema.node_cat)
        self.linear = nn.Linear(len(schema.node_x), dim) if schema.node_x else None

    def forward(self, batch: GraphBatch) -> Tensor:
        """Embed every node."""
        parts = [table(batch.node_cat[:, i]) for i, table in enumerate(self.tables)]
        if self.linear is not None:
            parts.append(self.linear(batch.node_x))
        return functools.reduce(torch.add, parts)


class EdgeEmbedding(nn.Module):
    """Sum of one embedding per categorical column and a linear map of the continuous ones.

    Shapes: ``edge_cat [num_edges, columns]``, ``edge_x`` -> ``[num_edges, dim]``.
    """

    def __init__(self, schema: FeatureSchema, dim: int) -> None:
        super().__init__()
        self.tables = nn.ModuleList(_table(column.size, dim) for column in schema.edge_cat)
        self.linear = nn.Linear(len(schema.edge_x), dim, bias=False) if schema.edge_x else None
        self._self_loop = [column.self_loop for column in schema.edge_cat]
        self._dim = dim

    def forward(self, batch: GraphBatch) -> Tensor:
        """Embed every edge."""
        parts = [table(batch.edge_cat[:, i]) for i, table in enumerate(self.tables)]
        if self.linear is not None:
            parts.append(self.linear(batch.edge_x))
        return _sum(parts) if parts else batch.node_x.new_zeros(len(batch.edge_cat), self._dim)

    @property
    def _tables(self) -> list[nn.Embedding]:
        return [table for table in self.tables if isinstance(table, nn.Embedding)]

    def self_loop(self) -> Tensor:
        """Return the embedding ``[dim]`` of a node's edge to itself; a plain 0 without columns."""
        rows = [table.weight[i] for table, i in zip(self._tables, self._self_loop, strict=True)]
        return _sum(rows) if rows else torch.zeros(())

    def summed(self, batch: GraphBatch) -> Tensor:
        """Sum the embeddings of the edges that arrive at each node: ``[num_nodes, dim]``.

        An edge embedding is linear in the one-hot ids, so the sum over edges is a matrix product
        of how often each id arrives (once per batch) with the tables (once per layer), and no
        ``[num_edges, dim]`` tensor ever exists.
        """
        parts = []
        if weights := [table.weight for table in self._tables]:
            parts.append(arriving_ids(batch, [len(w) for w in weights]) @ torch.cat(weights))
        if self.linear is not None:
            arriving = batch.edge_x.new_zeros(batch.num_nodes, batch.edge_x.shape[1])
            parts.append(self.linear(arriving.index_add(0, batch.edge_index[1], batch.edge_x)))
        return _sum(parts) if parts else batch.node_x.new_zeros(batch.num_nodes, self._dim)


def arriving_ids(batch: GraphBatch, sizes: list[int]) -> Tensor:
    """Count, per node, the ids of the edges that arrive: float32 ``[num_nodes, sum(sizes)]``.

    The count is the same in every layer and is kept on the batch.
    """
    cached = batch.__dict__.get("_arriving_ids")
    if cached is not None and cached[0] == sizes:
        return cached[1]
    width = sum(sizes)
    offsets = torch.tensor([0, *sizes[:-1]], device=batch.edge_cat.device).cumsum(0)
    slots = batch.edge_index[1][:, None] * width + batch.edge_cat + offsets
    counts = torch.bincount(slots.flatten(), minlength=batch.num_nodes * width)
    result = counts.view(batch.num_nodes, width).float()
    batch.__dict__["_arriving_ids"] = (sizes, result)
    return result


def _sum(parts: list[Tensor]) -> Tensor:
    return functools.reduce(torch.add, parts)


def _table(size: int, dim: int) -> nn.Embedding:
    table = nn.Embedding(size, dim)
    nn.init.xavier_uniform_(table.weight)
    return table
