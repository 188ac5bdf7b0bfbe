from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from test_catalog import mirrored

from graftwork.data.catalog import CATALOG, find
from graftwork.data.labels import infer_kind, parse_labels, target_columns
from graftwork.data.sources import open_table
from graftwork.data.splits import SPLITS
from graftwork.data.splits.split import checked_sizes
from graftwork.data.suites import SUITES, expand, find_suite, resolve_inputs
from graftwork.errors import InputError

TABLES = [find(name) for suite in SUITES.values() for name in suite.datasets if find(name).targets]
TASKS = {"tox21": 12, "toxcast": 617, "sider": 27, "clintox": 2, "muv": 17, "qm8": 12}


@pytest.mark.parametrize("suite", SUITES.values(), ids=lambda suite: suite.name)
def test_a_suite_is_well_formed(suite):
    assert SUITES[suite.name] is suite
    assert suite.name not in CATALOG
    assert suite.description.endswith(".")
    assert suite.protocol.endswith(".")
    assert len(set(suite.datasets)) == len(suite.datasets) > 0
    assert checked_sizes(suite.split_sizes) == suite.split_sizes
    assert suite.split in {*SPLITS, "group"}
    assert bool(suite.test_groups) == (suite.split == "group")
    for dataset in map(find, suite.datasets):
        assert bool(dataset.splits_column) == (suite.split == "column")
        assert bool(dataset.targets) == (suite.split != "group")


def test_which_sets_are_in_which_suite():
    assert SUITES["moleculenet"].datasets == (
        *("bbbp", "tox21", "toxcast", "sider", "clintox", "muv", "hiv", "bace"),
    )
    folder = {name: d.path.split("/")[0] for name, d in CATALOG.items()}
    assert {n for n in CATALOG if folder[n] == "moleculeace"} == set(SUITES["moleculeace"].datasets)
    assert {n for n in CATALOG if n.startswith(("tdc-", "zhao2025-"))} == set(
        SUITES["admet"].datasets
    )
    assert (SUITES["ppi"].datasets, SUITES["ppi"].test_groups) == (("go2ppi",), ("SC",))
    kinds = {n: {find(d).task for d in s.datasets} for n, s in SUITES.items()}
    assert kinds == {
        "moleculenet": {"classification"},
        "moleculenet-regression": {"regression"},
        "moleculeace": {"regression"},
        "admet": {"classification", "regression"},
        "ppi": {"network"},
    }


def test_find_suite():
    assert find_suite("MoleculeNet_Regression") is SUITES["moleculenet-regression"]
    with pytest.raises(InputError, match=r"'tdc'\. Known: moleculenet, .*ppi"):
        find_suite("tdc")


def test_expand():
    assert [d.name for d in expand(["PPI", "qm8", "moleculenet_regression", "go2ppi"])] == [
        *("go2ppi", "go2ppi-tasks", "qm8", "delaney", "freesolv", "lipo"),
    ]
    assert expand([]) == []
    with pytest.raises(InputError, match="No data set or suite is called 'molecule-ace'") as caught:
        expand(["bbbp", "molecule-ace"])
    assert "moleculeace" in str(caught.value)


@pytest.mark.parametrize("dataset", TABLES, ids=lambda dataset: dataset.name)
def test_the_columns_of_a_suite_are_there_and_their_kind_shows(dataset):
    path = mirrored(dataset.path)
    table = open_table(path, dataset.smiles_column)
    assert open_table(path).structure_column == dataset.smiles_column  # found by name, too
    targets = target_columns(table, dataset.targets, dataset.smiles_column)
    assert len(targets) == TASKS.get(dataset.name, 1)
    separator = "\t" if ".tab" in path.name else ","
    frame = pd.read_csv(path, sep=separator)
    assert len(frame) == dataset.rows
    y = frame[targets].to_numpy(np.float64)  # raises unless all are numbers or missing
    assert infer_kind(y) == dataset.task
    assert not np.isnan(y).all(0).any()
    if dataset.task == "classification":
        assert all(np.unique(column[~np.isnan(column)]).size == 2 for column in y.T)
    if dataset.splits_column:
        assert frame[dataset.splits_column].isin(["train", "test"]).all()
    columns = [table.column(target) for target in targets]
    for record, expected in zip(table.rows(), y[:200], strict=False):
        values, warnings = parse_labels([record.cells[i] for i in columns], targets)
        np.testing.assert_array_equal(values, expected)
        assert not warnings
        assert record.problem is None


def test_inputs_are_files_data_sets_or_whole_suites(tmp_path, monkeypatch):
    suite = SUITES["moleculenet-regression"]
    for name in suite.datasets:
        place = tmp_path / CATALOG[name].path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("smiles,y\n")
    monkeypatch.setenv("GRAFTWORK_DATA", str(tmp_path))
    mine = tmp_path / "mine.csv"
    mine.write_text("smiles\n")
    found = resolve_inputs([str(mine), "lipo", "MoleculeNet-regression"])
    expected = [mine, *(tmp_path / CATALOG[n].path for n in ("lipo", *suite.datasets))]
    assert list(found) == list(dict.fromkeys(expected))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "moleculeace").write_text("smiles\n")  # a file of that name is meant first
    assert [str(path) for path in resolve_inputs(["moleculeace"])] == ["moleculeace"]
    with pytest.raises(InputError, match="neither as a file nor as a data set"):
        resolve_inputs(["moleculenets"])
