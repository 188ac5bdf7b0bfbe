"""A labelled corpus: every label finds its graph."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from graftwork.data.corpus import Corpus, build_corpus, network_corpus, read_membership
from graftwork.data.digests import molecule_digests
from graftwork.data.featurize import SCHEMAS
from graftwork.data.store import GraphStore
from graftwork.errors import InputError
from made_networks import protein_arrays, write_proteins

ROWS = [("CCO", "1", "2.5"), ("C1CC", "1", "9"), ("CCN", "", ""), ("CCCC", "0", ""), ("C", "", "4")]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("smiles,hit,ic50\n" + "".join(",".join(row) + "\n" for row in ROWS))
    return path


def build(corpus, tmp_path):
    return build_corpus(corpus, SCHEMAS["default"], tmp_path / "store")


def known(store):
    """Known labels by source row."""
    dense = store.labels[range(len(store))]
    return {
        int(row): {
            name: value
            for name, value in zip(store.labels.tasks.names, values.tolist(), strict=True)
            if not np.isnan(value)
        }
        for row, values in zip(store.row, dense, strict=True)
    }


EXPECTED = {0: {"hit": 1, "ic50": 2.5}, 2: {}, 3: {"hit": 0}, 4: {"ic50": 4}}


def test_the_labels_of_a_wide_table(table, tmp_path):
    found = build(Corpus(table, targets=("*",)), tmp_path)
    assert known(found.store) == EXPECTED
    assert found.store.labels.tasks.kinds == ("classification", "regression")
    assert [reject.row for reject in found.rejects] == [1]
    assert known(GraphStore.open(tmp_path / "store")) == EXPECTED


def test_rows_without_labels_can_be_left_out(table, tmp_path):
    found = build(Corpus(table, targets=("hit",), labelled_only=True), tmp_path)
    assert known(found.store) == {0: {"hit": 1}, 3: {"hit": 0}}
    assert {r.row: r.reason for r in found.rejects if r.row != 1} == {2: "no label", 4: "no label"}


def test_the_labels_of_a_long_table(table, tmp_path):
    long = tmp_path / "long.csv"
    long.write_text("mol,assay,label\n4,A,1\n0,A,0\n1,A,1\n0,B,1\n0,B,1\n")
    found = build(Corpus(table, measurements=long), tmp_path)
    assert known(found.store) == {0: {"A": 0, "B": 1}, 2: {}, 3: {}, 4: {"A": 1}}
    found = build(Corpus(table, measurements=long, labelled_only=True, min_labels=2), tmp_path)
    assert known(found.store) == {0: {"A": 0}, 4: {"A": 1}}


def test_only_so_many_rows(table, tmp_path):
    found = build(Corpus(table, limit=3), tmp_path)
    assert found.store.row.tolist() == [0, 2]
    assert found.store.labels is None


def test_a_corpus_whose_labels_are_all_missing_is_refused(table, tmp_path):
    with pytest.raises(InputError, match="None of 1 tasks has 3 usable labels"):
        build(Corpus(table, targets=("hit",), min_labels=3), tmp_path)


def test_further_tables_are_appended_and_share_tasks_of_the_same_name(table, tmp_path):
    more = tmp_path / "more.csv"
    more.write_text("smiles,hit,dose\nCCCCC,1,\nCCO,,3\n")
    found = build(Corpus(table, also=(more,), targets=("*",), labelled_only=True), tmp_path)
    assert known(found.store) == {
        0: {"hit": 1, "ic50": 2.5},
        3: {"hit": 0},
        4: {"ic50": 4},
        5: {"hit": 1},
        6: {"dose": 3},
    }
    assert [reject.row for reject in found.rejects] == [1, 2]


def test_molecules_of_other_tables_are_left_out_and_the_rest_is_on_record(table, tmp_path):
    test = tmp_path / "test.csv"
    test.write_text("smiles\nOCC.Cl\n")
    found = build(Corpus(table, targets=("hit",), exclude=(test,)), tmp_path)
    assert found.store.row.tolist() == [2, 3, 4]
    reason = found.rejects[0].reason
    assert reason == "excluded: the same molecule as row 0 of test.csv"
    record = read_membership(tmp_path / "store")
    digests = molecule_digests(["CCN", "CCCC", "C", "CCO"])
    assert record.contains(digests).tolist() == [True, True, True, False]
    assert record.count == 3


def test_labels_of_a_group_can_be_left_unused(tmp_path):
    path = write_proteins(tmp_path / "proteins.npz")
    one = Corpus(path, targets=("GO:3", "GO:5"), unlabelled_groups=("AA",))
    store = network_corpus(one, None)
    assert len(store) == 24
    dense = store.labels[range(24)]
    assert np.isnan(dense[:12]).all()
    truth = protein_arrays()["BB_propagated"].tolist()
    expected = [[float([i, task] in truth) for task in (3, 5)] for i in range(11)]
    np.testing.assert_array_equal(dense[12:23], expected)
    only = network_corpus(replace(one, labelled_only=True), None)
    assert only.row.tolist() == list(range(12, 23))
    with pytest.raises(InputError, match="no group 'CC'"):
        network_corpus(replace(one, unlabelled_groups=("CC",)), None)
