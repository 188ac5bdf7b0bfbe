from __future__ import annotations

from dataclasses import fields
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from graftwork.errors import InputError
from graftwork.graph import Graph, PackedGraphs
from graftwork.graph.pack import concatenate, pack

# (nodes, edges, has continuous features): none, one node alone, no edges, and ordinary graphs
SHAPES = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 9), st.booleans()), max_size=7)
RELAXED = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def unpack(packed: PackedGraphs) -> list[Graph]:
    """One graph at a time, by plain slices."""
    graphs = []
    for g in range(packed.num_graphs):
        nodes = slice(int(packed.node_ptr[g]), int(packed.node_ptr[g + 1]))
        edges = slice(int(packed.edge_ptr[g]), int(packed.edge_ptr[g + 1]))
        graphs.append(
            Graph(
                node_cat=packed.node_cat[nodes],
                edge_index=packed.edge_index[edges],
                edge_cat=packed.edge_cat[edges],
                node_x=packed.node_x[nodes],
                edge_x=packed.edge_x[edges],
                root=int(packed.root[g]),
            )
        )
    return graphs


def assert_same_graph(got: Graph, wanted: Graph) -> None:
    np.testing.assert_array_equal(got.node_cat, wanted.node_cat)
    np.testing.assert_array_equal(got.edge_index, wanted.edge_index)
    np.testing.assert_array_equal(got.edge_cat, wanted.edge_cat)
    node_x = np.zeros((wanted.num_nodes, 1)) if wanted.node_x is None else wanted.node_x
    edge_x = np.zeros((wanted.num_edges, 2)) if wanted.edge_x is None else wanted.edge_x
    np.testing.assert_array_equal(got.node_x, node_x)
    np.testing.assert_array_equal(got.edge_x, edge_x)
    assert got.root == wanted.root


def assert_same_packed(got: PackedGraphs, wanted: PackedGraphs) -> None:
    for item in fields(PackedGraphs):
        left, right = getattr(got, item.name), getattr(wanted, item.name)
        assert left.dtype == right.dtype, item.name
        np.testing.assert_array_equal(left, right, err_msg=item.name, strict=True)


def make(random_graph, shapes, seed=0):
    rng = np.random.default_rng(seed)
    return [
        random_graph(rng, nodes, edges, continuous=x, root=int(rng.integers(-1, max(nodes, 1))))
        for nodes, edges, x in shapes
    ]


@RELAXED
@given(shapes=SHAPES)
def test_pack_keeps_every_graph(shapes, make_schema, random_graph):
    graphs = make(random_graph, shapes)
    packed = pack(graphs, make_schema())
    assert packed.num_graphs == len(graphs)
    assert packed.node_ptr[0] == packed.edge_ptr[0] == 0
    for got, wanted in zip(unpack(packed), graphs, strict=True):
        assert_same_graph(got, wanted)


@RELAXED
@given(shapes=SHAPES.filter(bool), data=st.data())
def test_take_is_a_loop_over_graphs(shapes, data, make_schema, random_graph):
    packed = pack(make(random_graph, shapes), make_schema())
    before = {name: values.copy() for name, values in packed.arrays().items()}
    index = data.draw(st.lists(st.integers(0, len(shapes) - 1), max_size=10))
    taken = packed.take(index)
    loop = [unpack(packed)[i] for i in index]
    assert_same_packed(taken, pack(loop, make_schema()))
    for values in taken.arrays().values():  # the result is the caller's own
        values[...] = 0
    for name, values in packed.arrays().items():
        np.testing.assert_array_equal(values, before[name], err_msg=name)


@RELAXED
@given(shapes=SHAPES, seed=st.integers(0, 99))
def test_take_undoes_a_permutation(shapes, seed, make_schema, random_graph):
    packed = pack(make(random_graph, shapes), make_schema())
    order = np.random.default_rng(seed).permutation(len(shapes))
    assert_same_packed(packed.take(order).take(np.argsort(order)), packed)


@RELAXED
@given(shapes=SHAPES, cuts=st.lists(st.integers(0, 7), max_size=3))
def test_concatenate_joins_in_order(shapes, cuts, make_schema, random_graph):
    graphs = make(random_graph, shapes)
    schema = make_schema()
    bounds = [0, *sorted(min(cut, len(graphs)) for cut in cuts), len(graphs)]
    parts = [pack(graphs[a:b], schema) for a, b in pairwise(bounds)]
    copies = [{k: v.copy() for k, v in part.arrays().items()} for part in parts]
    assert_same_packed(concatenate(parts, schema), pack(graphs, schema))
    for part, copy in zip(parts, copies, strict=True):
        assert_same_packed(part, PackedGraphs(**copy))


def test_nothing_at_all(make_schema):
    packed = concatenate([], make_schema())
    assert packed.num_graphs == 0
    assert packed.node_cat.shape == (0, 2)
    assert packed.edge_x.shape == (0, 2)
    assert_same_packed(packed, pack([], make_schema()))
    assert_same_packed(packed.take([]), packed)


def test_packing_does_not_keep_or_change_the_input(make_schema, random_graph):
    graph = random_graph(np.random.default_rng(0), 3, 4)
    before = {item.name: np.copy(getattr(graph, item.name)) for item in fields(Graph)}
    packed = pack([graph], make_schema())
    for values in packed.arrays().values():
        values[...] = 0
    for name, values in before.items():
        np.testing.assert_array_equal(getattr(graph, name), values, err_msg=name)


@pytest.mark.parametrize(("size", "dtype"), [(5, np.uint8), (300, np.int32)])
def test_types_are_those_of_the_schema(size, dtype, make_schema, random_graph):
    graph = random_graph(np.random.default_rng(0), 3, 4)
    packed = pack([graph], make_schema(size))
    assert packed.node_cat.dtype == packed.edge_cat.dtype == dtype
    assert packed.node_ptr.dtype == packed.edge_ptr.dtype == np.int64
    assert packed.edge_index.dtype == packed.root.dtype == np.int32
    assert packed.node_x.dtype == packed.edge_x.dtype == np.float32


def test_large_ids_survive(make_schema):
    graph = Graph(np.array([[299, 2]]), np.empty((0, 2), int), np.empty((0, 1), int))
    assert pack([graph], make_schema(300)).node_cat[0, 0] == 299


def test_take_out_of_range(make_schema, random_graph):
    packed = pack([random_graph(np.random.default_rng(0), 2, 1)], make_schema())
    with pytest.raises(IndexError):
        packed.take([1])


def test_an_id_outside_its_column_is_refused_not_wrapped(make_schema):
    graph = Graph(np.array([[256, 0]]), np.empty((0, 2), int), np.empty((0, 1), int))
    with pytest.raises(InputError, match="has id 256"):
        pack([graph], make_schema(200))
