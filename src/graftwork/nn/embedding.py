"""Categorical and continuous features to vectors."""

from __future__ import annotations

import functools
import math

import torch
from torch import Tensor, nn

from graftwork.errors import InputError
from graftwork.graph.block import Block
from graftwork.graph.kinds import kinds
from graftwork.graph.schema import FeatureSchema
from graftwork.graph.segment import Bags, bag_sum


class NodeEmbedding(nn.Module):
    """Sum of one embedding per categorical column and a linear map of the continuous ones.

    Shapes: ids int64 ``[num_nodes, columns]`` and float32 ``[num_nodes, columns]`` ->
    ``[num_nodes, dim]``.

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

    def forward(self, node_cat: Tensor, node_x: Tensor) -> Tensor:
        """Embed every node."""
        parts = []
        if len(self.tables):
            different, kind_of_node = _kinds(
                node_cat, [len(table.weight) for table in self._tables]
            )
            rows = _sum([table(different[:, i]) for i, table in enumerate(self.tables)])
            parts.append(rows if kind_of_node is None else bag_sum(rows, kind_of_node))
        if self.linear is not None:
            parts.append(self.linear(node_x))
        return _sum(parts)

    @property
    def _tables(self) -> list[nn.Embedding]:
        return [table for table in self.tables if isinstance(table, nn.Embedding)]


def _kinds(ids: Tensor, sizes: list[int]) -> tuple[Tensor, Bags | None]:
    """Return the distinct rows of categorical ids, and which one each node has.

    A batch of molecules has a few hundred kinds of atoms: it is these that are looked up, column by
    column, and each node gets the finished row of its kind. On an accelerator, where finding the
    kinds would wait for the device, all rows are returned as they are.
    """
    if ids.device.type != "cpu" or math.prod(sizes) >= 2**63 or len(ids) < 2:
        return ids, None
    strides = [math.prod(sizes[i + 1 :]) for i in range(len(sizes))]
    codes = (ids * torch.tensor(strides)).sum(1)
    first, kind = kinds(codes)
    return ids[first], Bags.one_each(kind, len(first))


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

    def forward(self, block: Block) -> Tensor:
        """Embed every edge."""
        parts = [table(block.edge_cat[:, i]) for i, table in enumerate(self.tables)]
        if self.linear is not None:
            parts.append(self.linear(block.edge_x))
        return _sum(parts) if parts else block.edge_x.new_zeros(block.num_edges, self._dim)

    @property
    def _tables(self) -> list[nn.Embedding]:
        return [table for table in self.tables if isinstance(table, nn.Embedding)]

    def self_loop(self) -> Tensor:
        """Return the embedding ``[dim]`` of a node's edge to itself; a plain 0 without columns."""
        rows = [table.weight[i] for table, i in zip(self._tables, self._self_loop, strict=True)]
        return _sum(rows) if rows else torch.zeros(())

    def add_arriving(self, nodes: Tensor, block: Block) -> Tensor:
        """Add to each node, in place, the embeddings of the edges that arrive and its self loop's.

        An edge embedding is linear in the one-hot ids, so the sum over edges is a matrix product
        of how often each id arrives (once per block) with the tables (once per layer), and no
        ``[num_edges, dim]`` tensor ever exists.

        Shapes: ``nodes`` ``[padded, dim]`` -> ``[padded, dim]``, empty rows at the end.
        """
        if tables := [table.weight for table in self._tables]:
            table = torch.cat(tables)
            counts = arriving_ids(block, [len(part) for part in tables], self._self_loop)
            nodes.addmm_(counts.to(nodes.dtype), table.to(nodes.dtype))
        if self.linear is not None:
            arriving = block.edge_x.new_zeros(block.padded, block.edge_x.shape[1])
            nodes = nodes + self.linear(arriving.index_add(0, block.edge_index[1], block.edge_x))
        return nodes


def arriving_ids(block: Block, sizes: list[int], self_loop: list[int]) -> Tensor:
    """Count, per output, the ids of the edges that arrive, and of its self loop.

    float32 ``[padded, sum(sizes)]``. The count is the same in every layer and is kept on the
    block.
    """
    cached = block.__dict__.get("_arriving_ids")
    if cached is not None and cached[0] == (sizes, self_loop):
        return cached[1]
    width = sum(sizes)
    offsets = torch.tensor([0, *sizes[:-1]], device=block.edge_cat.device).cumsum(0)
    slots = block.edge_index[1][:, None] * width + block.edge_cat + offsets
    counts = torch.bincount(slots.flatten(), minlength=block.padded * width)
    result = counts.view(block.padded, width).float()
    result[:, offsets + torch.tensor(self_loop, device=offsets.device)] += 1
    block.__dict__["_arriving_ids"] = ((sizes, self_loop), result)
    return result


def _sum(parts: list[Tensor]) -> Tensor:
    return functools.reduce(torch.add, parts)


def _table(size: int, dim: int) -> nn.Embedding:
    weight = torch.empty(size, dim)
    if not weight.is_meta:  # drawing on the meta device, where artifacts are read, takes a second
        weight.normal_()  # as nn.Embedding does first: a seed keeps its weights
        nn.init.xavier_uniform_(weight)
    return nn.Embedding.from_pretrained(weight, freeze=False)
