"""Many graphs as one block of tensors."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from graftwork.errors import InputError
from graftwork.graph.block import Block
from graftwork.graph.pack import PackedGraphs
from graftwork.graph.segment import Bags

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True)
class GraphBatch:
    """A batch of graphs.

    Parameters
    ----------
    node_cat
        int64 ``[num_nodes, node columns]``.
    node_x
        float32 ``[num_nodes, continuous node columns]``.
    edge_index
        int64 ``[2, num_edges]``: row 0 sources, row 1 targets, counted over the whole batch.
    edge_cat, edge_x
        int64 / float32 ``[num_edges, columns]``.
    node_ptr
        int64 ``[num_graphs + 1]``: graph ``g`` owns nodes ``node_ptr[g]:node_ptr[g + 1]``.
    num_graphs
        A field, never derived from a tensor: no device synchronisation in a forward pass.
    y
        float32 ``[num_graphs, tasks]`` with NaN for a missing label, or None.
    root
        int64 ``[num_graphs]``: position of each ego network's centre in the batch, or None.
    targets
        What was computed from the graphs, by name: float32 ``[num_graphs, columns]``.
    """

    node_cat: Tensor
    node_x: Tensor
    edge_index: Tensor
    edge_cat: Tensor
    edge_x: Tensor
    node_ptr: Tensor
    num_graphs: int
    y: Tensor | None = None
    root: Tensor | None = None
    targets: Mapping[str, Tensor] = field(default_factory=dict)

    @property
    def num_nodes(self) -> int:
        """Number of nodes in the batch."""
        return self.node_cat.shape[0]

    @cached_property
    def graph_of_node(self) -> Tensor:
        """int64 ``[num_nodes]``: the graph that each node belongs to."""
        return torch.repeat_interleave(
            torch.arange(self.num_graphs, device=self.node_ptr.device),
            self.node_ptr.diff(),
            output_size=self.num_nodes,
        )

    @cached_property
    def block(self) -> Block:
        """What a layer over all nodes reads and writes."""
        degree = torch.bincount(self.edge_index[1], minlength=self.num_nodes)
        return Block(self.edge_index, self.edge_cat, self.edge_x, degree)

    @cached_property
    def nodes_of_graph(self) -> Bags:
        """For every graph, its nodes."""
        nodes = torch.arange(self.num_nodes, device=self.node_ptr.device)
        return Bags(nodes, self.node_ptr, self.num_nodes)

    def map(self, function: Callable[[Tensor], Tensor]) -> GraphBatch:
        """Apply ``function`` to every tensor."""
        values: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(self)}
        changed = {k: function(v) for k, v in values.items() if isinstance(v, Tensor)}
        targets = {name: function(tensor) for name, tensor in self.targets.items()}
        return GraphBatch(**{**values, **changed, "targets": targets})

    def to(self, device: torch.device | str) -> GraphBatch:
        """Move to a device."""
        return self.map(lambda tensor: tensor.to(device, non_blocking=True))

    def to_pyg(self) -> Any:
        """Return a ``torch_geometric.data.Batch``; see :func:`graftwork.graph.pyg.to_pyg`."""
        from graftwork.graph.pyg import to_pyg  # noqa: PLC0415  (an optional extra)

        return to_pyg(self)

    @classmethod
    def from_pyg(cls, data: Any) -> GraphBatch:
        """Read a ``Data`` or ``Batch``; see :func:`graftwork.graph.pyg.from_pyg`."""
        from graftwork.graph.pyg import from_pyg  # noqa: PLC0415  (imports this module)

        return from_pyg(data)

    @classmethod
    def from_packed(
        cls,
        packed: PackedGraphs,
        y: np.ndarray[Any, Any] | None = None,
        targets: Mapping[str, np.ndarray[Any, Any]] | None = None,
    ) -> GraphBatch:
        """Turn packed graphs, labels and computed targets ``[num_graphs, ...]`` into tensors."""
        offsets = np.repeat(packed.node_ptr[:-1], np.diff(packed.edge_ptr))
        edge_index = packed.edge_index.T.astype(np.int64) + offsets
        has_root = bool((packed.root >= 0).all())  # so have no graphs at all
        if not has_root and (packed.root >= 0).any():
            raise InputError("Some graphs of a batch have a root and some have none.")
        return cls(
            node_cat=torch.from_numpy(packed.node_cat.astype(np.int64)),
            node_x=torch.from_numpy(np.array(packed.node_x, np.float32)),
            edge_index=torch.from_numpy(edge_index),
            edge_cat=torch.from_numpy(packed.edge_cat.astype(np.int64)),
            edge_x=torch.from_numpy(np.array(packed.edge_x, np.float32)),
            node_ptr=torch.from_numpy(np.array(packed.node_ptr, np.int64)),
            num_graphs=packed.num_graphs,
            y=None if y is None else torch.from_numpy(np.array(y, np.float32)),
            root=torch.from_numpy(packed.root + packed.node_ptr[:-1]) if has_root else None,
            targets={
                name: torch.from_numpy(np.array(values, np.float32))
                for name, values in (targets or {}).items()
            },
        )
