"""What one message-passing layer reads and writes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from graftwork.graph.segment import Bags, bag_sum
from graftwork.graph.shapes import rounded


@dataclass(frozen=True)
class Block:
    """The bipartite graph of a layer: edges from the rows that it reads to those that it writes.

    The block of a whole batch reads and writes every node. A layer whose result only some nodes
    need has fewer outputs than inputs; see :func:`graftwork.graph.reach.reach`.

    Parameters
    ----------
    edge_index
        int64 ``[2, num_edges]``: row 0 counts inputs, row 1 outputs.
    edge_cat, edge_x
        int64 / float32 ``[num_edges, columns]``.
    in_degree
        int64 ``[num_inputs]``: how many edges arrive at a node in its whole graph.
    own
        int64 ``[num_outputs]``: the input that is the same node as each output; None where outputs
        are the inputs.
    """

    edge_index: Tensor
    edge_cat: Tensor
    edge_x: Tensor
    in_degree: Tensor
    own: Tensor | None = None

    @property
    def num_inputs(self) -> int:
        """Number of rows that the layer reads."""
        return len(self.in_degree)

    @property
    def num_outputs(self) -> int:
        """Number of rows that the layer writes."""
        return self.num_inputs if self.own is None else len(self.own)

    @property
    def padded(self) -> int:
        """Number of outputs rounded up; see :mod:`graftwork.graph.shapes`."""
        return rounded(self.num_outputs)

    @property
    def num_edges(self) -> int:
        """Number of edges."""
        return self.edge_index.shape[1]

    def own_rows(self, inputs: Tensor) -> Tensor:
        """Return the row of each output's own node: ``[num_inputs, ...] -> [num_outputs, ...]``."""
        return inputs if self.own is None else inputs.index_select(0, self.own)

    def gather_sources(self, inputs: Tensor) -> Tensor:
        """Give every edge the row it starts from: ``[num_inputs, dim] -> [num_edges, dim]``.

        The gradient is a sorted sum, not a scattered write as that of ``inputs[index]``.
        """
        return bag_sum(inputs, self._sources)

    def gather_targets(self, outputs: Tensor) -> Tensor:
        """Give every edge the row it arrives at: ``[num_outputs, dim] -> [num_edges, dim]``."""
        return bag_sum(outputs, self._targets)

    def sum_incoming(self, messages: Tensor) -> Tensor:
        """Sum the rows of the edges that arrive; an output without edges gets 0.

        Shapes: ``[num_edges, dim] -> [num_outputs, dim]``.
        """
        return bag_sum(messages, self._arriving)

    @cached_property
    def incoming_and_self(self) -> Bags:
        """For every output, the inputs whose edges point at it, and its own.

        Empty bags fill up to ``padded`` outputs.
        """
        outputs = torch.arange(self.num_outputs, device=self.edge_index.device)
        source = torch.cat([self.edge_index[0], outputs if self.own is None else self.own])
        target = torch.cat([self.edge_index[1], outputs])
        return Bags.from_pairs(source, target, self.num_inputs, self.padded)

    @cached_property
    def _sources(self) -> Bags:
        return Bags.one_each(self.edge_index[0], self.num_inputs)

    @cached_property
    def _targets(self) -> Bags:
        return Bags.one_each(self.edge_index[1], self.num_outputs)

    @cached_property
    def _arriving(self) -> Bags:
        return self._targets.reverse
