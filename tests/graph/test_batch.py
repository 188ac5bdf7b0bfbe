from __future__ import annotations

import numpy as np
import pytest
import torch

from graftwork.errors import InputError
from graftwork.graph import Graph
from graftwork.graph.batch import GraphBatch
from graftwork.graph.pack import pack
from graftwork.graph.segment import bag_sum


@pytest.fixture
def graphs(random_graph):
    rng = np.random.default_rng(1)
    return [random_graph(rng, *shape) for shape in [(3, 5), (1, 0), (4, 0), (5, 9), (1, 2)]]


@pytest.fixture
def batch(graphs, make_schema):
    return GraphBatch.from_packed(pack(graphs, make_schema()))


def test_edges_count_over_the_whole_batch(graphs, batch):
    offset, edges, features = 0, [], []
    for graph in graphs:
        edges += [(int(s) + offset, int(t) + offset) for s, t in graph.edge_index]
        features += graph.edge_cat.tolist()
        offset += graph.num_nodes
    assert batch.edge_index.T.tolist() == [list(edge) for edge in edges]
    assert batch.edge_cat.tolist() == features
    assert batch.num_nodes == offset
    assert batch.num_graphs == len(graphs)


def test_types(batch):
    for name in ("node_cat", "edge_index", "edge_cat", "node_ptr"):
        assert getattr(batch, name).dtype == torch.int64, name
    assert batch.node_x.dtype == batch.edge_x.dtype == torch.float32
    assert batch.edge_index.shape[0] == 2
    assert batch.y is None
    assert batch.root is None


def test_graph_of_node(graphs, batch):
    wanted = [g for g, graph in enumerate(graphs) for _ in range(graph.num_nodes)]
    assert batch.graph_of_node.tolist() == wanted


def test_nodes_of_graph(graphs, batch):
    values = torch.randn(batch.num_nodes, 3, dtype=torch.float64)
    parts = values.split([graph.num_nodes for graph in graphs])
    wanted = torch.stack([part.sum(0) for part in parts])
    torch.testing.assert_close(bag_sum(values, batch.nodes_of_graph), wanted)


def test_a_node_reads_itself_and_edges_from_source_to_target(batch):
    values = torch.randn(batch.num_nodes, 3, dtype=torch.float64)
    wanted = values.clone()
    for source, target in batch.edge_index.T.tolist():
        wanted[target] += values[source]
    found = bag_sum(values, batch.block.incoming_and_self)
    torch.testing.assert_close(found[: len(values)], wanted)
    assert not found[len(values) :].any()


def test_bags_carry_gradients_both_ways(batch):
    values = torch.randn(batch.num_nodes, 2, dtype=torch.float64, requires_grad=True)
    for bags in (batch.block.incoming_and_self, batch.nodes_of_graph):
        assert torch.autograd.gradcheck(lambda x, bags=bags: bag_sum(x, bags), (values,))


def test_labels(graphs, make_schema):
    y = np.array([[1.5, np.nan], [0, 1], [2, 3], [4, 5], [6, 7]])
    kept = y.copy()
    batch = GraphBatch.from_packed(pack(graphs, make_schema()), y)
    assert batch.y.dtype == torch.float32
    np.testing.assert_array_equal(batch.y.numpy(), y.astype(np.float32))
    batch.y[:] = 0
    np.testing.assert_array_equal(y, kept)


def test_a_mixture_of_graphs_with_and_without_a_root_is_refused(random_graph, make_schema):
    rng = np.random.default_rng(0)
    graphs = [random_graph(rng, 3, 2, root=root) for root in (1, -1, 0)]
    with pytest.raises(InputError, match="some have none"):
        GraphBatch.from_packed(pack(graphs, make_schema()))


def test_roots_count_over_the_whole_batch(random_graph, make_schema):
    rng = np.random.default_rng(0)
    graphs = [random_graph(rng, n, 2, root=n - 1) for n in (2, 1, 4)]
    batch = GraphBatch.from_packed(pack(graphs, make_schema()))
    assert batch.root.tolist() == [1, 2, 6]
    assert batch.root.dtype == torch.int64


def test_map_and_to(graphs, make_schema):
    y = np.zeros((5, 1))
    batch = GraphBatch.from_packed(pack(graphs, make_schema()), y)
    seen = []
    copy = batch.map(lambda tensor: seen.append(tensor) or tensor.clone())
    assert len(seen) == 7  # six arrays and the labels; no root here
    assert copy.num_graphs == batch.num_graphs
    assert copy.root is None
    copy.node_cat.zero_()
    copy.y.fill_(1)
    assert batch.node_cat.any()
    assert not batch.y.any()
    moved = batch.to("meta")
    assert {t.device.type for t in vars(moved).values() if isinstance(t, torch.Tensor)} == {"meta"}
    assert batch.node_cat.device.type == "cpu"


def test_input_is_neither_shared_nor_changed(graphs, make_schema):
    packed = pack(graphs, make_schema())
    before = {name: values.copy() for name, values in packed.arrays().items()}
    batch = GraphBatch.from_packed(packed)
    for tensor in vars(batch).values():
        if isinstance(tensor, torch.Tensor):
            tensor.zero_()
    for name, values in packed.arrays().items():
        np.testing.assert_array_equal(values, before[name], err_msg=name)


@pytest.mark.parametrize("count", [0, 1, 3])
def test_single_nodes_and_no_graphs(count, make_schema):
    lone = Graph(np.array([[1, 2]]), np.empty((0, 2), int), np.empty((0, 1), int))
    batch = GraphBatch.from_packed(pack([lone] * count, make_schema()))
    assert batch.edge_index.shape == (2, 0)
    assert batch.graph_of_node.tolist() == list(range(count))
    ones = torch.ones(count, 2)
    assert bag_sum(ones, batch.block.incoming_and_self)[:count].tolist() == ones.tolist()
    assert bag_sum(ones, batch.nodes_of_graph).tolist() == ones.tolist()
