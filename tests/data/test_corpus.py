"""A labelled corpus: every label finds its graph."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from graftwork.data.corpus import Corpus, build_corpus, network_corpus, read_membership
from graftwork.data.digests import molecule_digests
from graftwork.data.featurize import SCHEMAS
from graftwork.data.store import GraphStore
from graftwork.errors import InputError
from made_networks import protein_arrays, write_citation, write_proteins

ROWS = [("CCO", "1", "2.5"), ("C1CC", "1", "9"), ("CCN", "", ""), ("CCCC", "0", ""), ("C", "", "4")]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("smiles,hit,ic50\n" + "".join(",".join(row) + "\n" for row in ROWS))
    return path


def build(corpus, tmp_path):
    return build_corpus(corpus, SCHEMAS["default"], tmp_path / "store", tmp_path / "rejects.csv")


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


def test_a_limit_drops_the_labels_of_later_rows(table, tmp_path):
    long = tmp_path / "long.csv"
    long.write_text("mol,assay,label\n0,A,1\n4,A,0\n3,A,0\n2,A,0\n")
    found = build(Corpus(table, measurements=long, limit=3), tmp_path)
    assert known(found.store) == {0: {"A": 1}, 2: {"A": 0}}
    more = tmp_path / "more.csv"  # its rows are numbered from 5, wherever the first one ends
    more.write_text("smiles\nCCCCC\nCCO\n")
    long.write_text("mol,assay,label\n0,A,1\n5,A,0\n6,A,0\n")
    found = build(Corpus(table, also=(more,), measurements=long, limit=1), tmp_path)
    assert known(found.store) == {0: {"A": 1}, 5: {"A": 0}}


def test_beside_a_long_table_further_tables_bring_all_their_labels(table, tmp_path):
    long, wide = tmp_path / "long.csv", tmp_path / "wide.csv"
    long.write_text("mol,assay,label\n0,A,1\n5,A,0\n")
    wide.write_text("smiles,A,pIC50\nCCCCC,,6.5\nCCO,1,7\nCCN,,\n")
    bare = tmp_path / "bare.smi"
    bare.write_text("CCCO one\n")
    found = build(Corpus(table, also=(wide, bare), measurements=long), tmp_path)
    expected = {0: {"A": 1}, 5: {"A": 0, "pIC50": 6.5}, 6: {"A": 1, "pIC50": 7}}
    assert {row: labels for row, labels in known(found.store).items() if labels} == expected
    only = build(
        Corpus(table, also=(wide, bare), measurements=long, labelled_only=True), tmp_path / "only"
    )
    assert set(known(only.store)) == set(expected)


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        *(("store", name, ("x",)) for name in ("targets", "features", "unlabelled_groups")),
        *(("store", name, 7) for name in ("limit", "min_labels", "hops", "max_nodes")),
        *(("store", name, (Path("x.csv"),)) for name in ("also", "exclude")),
        *(("network", name, (Path("x.csv"),)) for name in ("also", "exclude")),
        ("store", "measurements", Path("x.csv")),
        ("network", "measurements", Path("x.csv")),
        ("network", "smiles_column", "smiles"),
        ("table", "features", ("x",)),
        ("table", "unlabelled_groups", ("x",)),
        ("table", "hops", 1),
    ],
)
def test_what_a_kind_of_corpus_has_no_use_for_is_refused(tmp_path, kind, field, value):
    paths = {"store": tmp_path, "network": tmp_path / "n.npz", "table": tmp_path / "t.csv"}
    write_proteins(paths["network"])
    Corpus(paths[kind]).require_applicable()
    with pytest.raises(InputError, match=f"{field} cannot be applied"):
        Corpus(paths[kind], **{field: value}).require_applicable()


@pytest.mark.parametrize(
    "wrong", [{"limit": 0}, {"limit": "many"}, {"targets": "hit"}, {"targets": (1,)}, {"hops": 0}]
)
def test_values_that_cannot_be_meant_are_refused(tmp_path, wrong):
    with pytest.raises(InputError, match=f"{next(iter(wrong))} = .* cannot be used"):
        Corpus(tmp_path / "t.csv", **wrong)


def test_classes_of_nodes_are_no_labels_for_pre_training(tmp_path):
    path = write_citation(tmp_path / "planetoid_made.npz")
    with pytest.raises(InputError, match="one class per node"):
        network_corpus(Corpus(path, targets=("class",)), None)
    assert len(network_corpus(Corpus(path), None)) == 90


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
