"""To PyTorch Geometric and back."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch


def to_pyg(batch: GraphBatch) -> Any:
    """Return a ``torch_geometric.data.Batch`` with one ``Data`` per graph.

    Continuous features become ``x`` and ``edge_attr``; categorical ones keep their names
    ``node_cat`` and ``edge_cat``; ``y`` is ``[1, tasks]`` per graph and ``root`` counts from the
    graph's first node.

    Raises
    ------
    InputError
        If PyTorch Geometric is not installed.
    """
    geometric = _geometric()
    edge_graph = batch.graph_of_node[batch.edge_index[1]]
    order = torch.argsort(edge_graph, stable=True)
    counts = torch.bincount(edge_graph, minlength=batch.num_graphs).tolist()
    edges_of = order.split(counts)
    starts = batch.node_ptr.tolist()
    graphs = []
    for graph, edges in enumerate(edges_of):
        first, last = starts[graph], starts[graph + 1]
        values = {
            "x": batch.node_x[first:last],
            "node_cat": batch.node_cat[first:last],
            "edge_index": batch.edge_index[:, edges] - first,
            "edge_attr": batch.edge_x[edges],
            "edge_cat": batch.edge_cat[edges],
            "num_nodes": last - first,
        }
        if batch.y is not None:
            values["y"] = batch.y[graph : graph + 1]
        if batch.root is not None:
            values["root"] = batch.root[graph : graph + 1] - first
        graphs.append(geometric.data.Data(**values))
    return geometric.data.Batch.from_data_list(graphs)


def from_pyg(data: Any) -> GraphBatch:
    """Read a ``torch_geometric.data.Data`` or ``Batch``.

    An integer ``x`` or ``edge_attr`` (the convention of OGB) is read as categorical where there is
    no ``node_cat`` or ``edge_cat``; a missing part becomes a table without columns.

    Raises
    ------
    InputError
        If the edges or the labels do not fit the graphs.
    """
    nodes, edges = int(data.num_nodes), int(data.edge_index.shape[1])
    ptr = data.get("ptr")
    node_ptr = torch.tensor([0, nodes]) if ptr is None else ptr
    num_graphs = len(node_ptr) - 1
    node_cat, node_x = _features(data, "node_cat", "x", nodes)
    edge_cat, edge_x = _features(data, "edge_cat", "edge_attr", edges)
    y, root = data.get("y"), data.get("root")
    if edges and int(data.edge_index.max()) >= nodes:
        raise InputError(f"An edge names node {int(data.edge_index.max())} of {nodes} nodes.")
    if y is not None:
        if y.numel() % num_graphs:
            raise InputError(
                f"Labels of shape {tuple(y.shape)} do not fit {num_graphs} graphs.",
                "Expected [graphs, tasks].",
            )
        y = y.reshape(num_graphs, -1).float()
    return GraphBatch(
        node_cat=node_cat,
        node_x=node_x,
        edge_index=data.edge_index,
        edge_cat=edge_cat,
        edge_x=edge_x,
        node_ptr=node_ptr,
        num_graphs=num_graphs,
        y=y,
        root=None if root is None else root.reshape(-1) + node_ptr[:-1],
    )


def _features(data: Any, categorical: str, general: str, rows: int) -> tuple[Tensor, Tensor]:
    ids, values = data.get(categorical), data.get(general)
    if values is not None:
        values = values.reshape(rows, -1)
        if not values.is_floating_point():
            ids, values = (values if ids is None else ids), None
    ids = torch.empty(rows, 0) if ids is None else ids.reshape(rows, -1)
    values = torch.empty(rows, 0) if values is None else values
    return ids.long(), values.float()


def _geometric() -> Any:
    try:
        import torch_geometric.data  # noqa: PLC0415  (an optional extra)
    except ImportError as error:
        raise InputError(
            "PyTorch Geometric is not installed.", "Install it with pip install 'graftwork[pyg]'."
        ) from error
    return torch_geometric
