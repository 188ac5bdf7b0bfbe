"""The network value, and undirected pairs as directed edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.data.networks import both_directions
from graftwork.errors import InputError

PAIRS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=30)


@settings(deadline=None, max_examples=80)
@given(PAIRS)
def test_both_directions_is_the_loop_over_pairs(pairs):
    first = {}
    for row, (a, b) in enumerate(pairs):
        if a != b:
            first.setdefault((a, b), row)
            first.setdefault((b, a), row)
    edges, origin = both_directions(np.array(pairs, np.int32).reshape(-1, 2), 7)
    assert edges.dtype == np.int32
    assert [tuple(edge) for edge in edges.tolist()] == sorted(first, key=lambda e: (e[1], e[0]))
    assert origin.tolist() == [first[tuple(edge)] for edge in edges.tolist()]


def test_the_edges_that_arrive_at_a_node(make_network):
    network = make_network(20, 40)
    ptr = network.edge_ptr
    for node in range(20):
        arriving = network.edge_index[ptr[node] : ptr[node + 1]]
        assert (arriving[:, 1] == node).all()
    assert ptr[0] == 0
    assert ptr[-1] == len(network.edge_index)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("node_x", np.zeros((39, 3), np.float32), r"node_x .*\(39, 3\), not \(40, 3\)"),
        ("y", np.zeros((40, 2), np.float32), r"y .*\(40, 2\), not \(40, 1\)"),
        ("edge_x", np.zeros((1, 1), np.float32), "edge_x"),
        ("split", ["train"], "split"),
        ("group", [], "group"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(make_network, name, value, message):
    with pytest.raises(InputError, match=message):
        replace(make_network(), **{name: value})


def test_edges_out_of_range_or_order_are_refused(make_network):
    network = make_network()
    wrong = network.edge_index.copy()
    wrong[3, 0] = 40
    with pytest.raises(InputError, match="outside 0 to 39"):
        replace(network, edge_index=wrong)
    with pytest.raises(InputError, match="not sorted"):
        replace(network, edge_index=network.edge_index[::-1])
