"""Sparse labels: the same as a dense table, in a fraction of the memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftwork.data.sparse_labels import SparseLabels
from graftwork.errors import InputError

TRIPLES = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 4), st.sampled_from([0.0, 1.0, 2.5, -3.0])),
    min_size=1,
    max_size=40,
    unique_by=lambda t: t[:2],
)


def from_triples(triples, **more):
    graph, task, value = zip(*triples, strict=True)
    return SparseLabels.from_triples(graph, task, value, 7, list("abcde"), **more)


@given(triples=TRIPLES, graphs=st.lists(st.integers(0, 6), max_size=9))
def test_rows_are_those_of_the_dense_table(triples, graphs):
    dense = np.full((7, 5), np.nan)
    for graph, task, value in triples:
        dense[graph, task] = value
    used = [i for i in range(5) if not np.isnan(dense[:, i]).all()]
    labels = from_triples(triples)
    assert labels.tasks.names == tuple("abcde"[i] for i in used)
    assert len(labels) == 7
    found = labels[graphs]
    assert found.dtype == np.float32
    assert found.shape == (len(graphs), len(used))
    np.testing.assert_array_equal(found, dense[:, used][np.asarray(graphs, int)])
    for position, task in enumerate(used):
        known = dense[~np.isnan(dense[:, task]), task]
        binary = set(known) <= {0.0, 1.0}
        assert labels.tasks.kinds[position] == ("classification" if binary else "regression")
        spread = known.std() if known.std() > 1e-6 * abs(known.mean()) else 1.0
        expected = (0, 1) if binary else (known.mean(), spread)
        assert (labels.tasks.mean[position], labels.tasks.std[position]) == pytest.approx(expected)


def test_repeats_are_averaged_and_classes_stay_classes():
    labels = SparseLabels.from_triples(
        [0, 0, 0, 1, 1], [0, 0, 0, 1, 1], [1, 1, 0, 4.0, 6.0], 2, ["hit", "ic50"]
    )
    np.testing.assert_array_equal(labels[[0, 1]], [[1, np.nan], [np.nan, 5]])
    assert labels.tasks.kinds == ("classification", "regression")


def test_tasks_with_too_few_labels_are_left_out():
    triples = [(0, 0, 1.0), (1, 0, 0.0), (2, 3, 1.0)]
    assert from_triples(triples, min_labels=2).tasks.names == ("a",)
    with pytest.raises(InputError, match="None of 5 tasks has 3 usable labels"):
        from_triples(triples, min_labels=3)


def test_to_a_file_and_back(tmp_path):
    labels = from_triples([(0, 0, 1.0), (3, 0, 0.0), (6, 3, 2.5)])
    labels.save(tmp_path / "labels.safetensors")
    again = SparseLabels.open(tmp_path / "labels.safetensors")
    assert again.tasks == labels.tasks
    np.testing.assert_array_equal(again[range(7)], labels[range(7)])


@pytest.mark.parametrize("cut", [0, 5, 60, -3])
def test_a_damaged_file_is_an_input_error(tmp_path, cut):
    path = tmp_path / "labels.safetensors"
    from_triples([(0, 0, 1.0), (3, 0, 0.0)]).save(path)
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(InputError, match=r"labels\.safetensors.*Build it again"):
        SparseLabels.open(path)
