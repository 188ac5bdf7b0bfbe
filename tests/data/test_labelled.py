from __future__ import annotations

import numpy as np
import pytest
from test_store import assert_same

from graftwork.data.cmet import write_cmet
from graftwork.data.featurize import SCHEMAS
from graftwork.data.labelled import load_labelled
from graftwork.errors import InputError

SCHEMA = SCHEMAS["default"]
TEXT = """name,smiles,a,b,part
m0,CC,1,x,train
m1,C1,1,x,train
m2,CCO,,,train
m3,CN,2,1,test
m4,CO,3,4,5,6
m5,CF,>5,x,train
m6,C(C)(C)(C)(C)C,1,1,val
m7,c1ccccc1C,NA,0.5,val
m8,,1,1,val
"""


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(TEXT)
    return path


@pytest.fixture
def data(table):
    return load_labelled(table, SCHEMA, targets=["a", "b"], splits_column="part")


def test_usable_rows_and_their_labels(data, make_store):
    assert [record.row for record in data.records] == [0, 3, 7]
    assert data.store.row.tolist() == [0, 3, 7]
    assert data.structures == ["CC", "CN", "c1ccccc1C"]
    np.testing.assert_array_equal(data.y, [[1, np.nan], [2, 1], [np.nan, 0.5]])
    assert data.tasks == ("a", "b")
    assert data.total == 9
    wanted = make_store(data.structures)
    np.testing.assert_array_equal(data.store.graphs.node_cat, wanted.graphs.node_cat)


def test_marked_rows(data):
    marked = [(reject.row, reject.line, reject.status) for reject in data.rejects]
    # a rejected row is named once, as rejected: a warning says that the row was used
    assert marked == [
        (0, 2, "warning"),
        *((row, row + 2, "rejected") for row in (1, 2, 4, 5, 6, 8)),
    ]
    reasons = {reject.row: reject.reason for reject in data.rejects}
    assert "column 'b': 'x' is not a number" in reasons[0]
    assert reasons[1] == "not valid SMILES"
    assert reasons[2] == "no label"
    assert reasons[4] == "row has 6 cells, the header has 5"
    assert "'>5' is a censored" in reasons[5]
    assert "column 'b'" in reasons[5]
    assert "valence" in reasons[6]
    assert reasons[8] == "the structure is empty"
    assert len({r.row for r in data.rejects if r.status == "rejected"}) + 3 == data.total


def test_splits_column(table, data):
    assert data.split_cells == ["train", "test", "val"]
    assert load_labelled(table, SCHEMA, targets=["a"]).split_cells == []
    # it is never a target, even where all columns are asked for
    table.write_text("smiles,y,part\n" + "CC,1,train\nCO,2,train\nCN,3,val\nCF,4,test\n")
    every = load_labelled(table, SCHEMA, targets=["*"], splits_column="part")
    assert every.tasks == ("y",)
    assert every.rejects == []
    assert every.warnings == []
    split = every.split("column", (0.8, 0.1, 0.1), 0)
    assert {k: v.tolist() for k, v in split.parts().items()} == {
        "train": [0, 1], "val": [2], "test": [3],
    }  # fmt: skip
    # a strange cell is named by its row in the table, not among the usable ones
    table.write_text("smiles,y,part\nCC,1,train\nC1,2,train\nCN,3,maybe\n")
    strange = load_labelled(table, SCHEMA, targets=["y"], splits_column="part")
    with pytest.raises(InputError, match="'maybe' in row 2 "):
        strange.split("column", (0.8, 0.1, 0.1), 0)
    with pytest.raises(InputError, match="no column 'parts'"):
        load_labelled(table, SCHEMA, targets=["y"], splits_column="parts")


def test_a_target_without_any_usable_label_is_left_out(table):
    table.write_text("smiles,a,b\nCC,1,\nCO,2,NA\nC1,3,7\n")
    data = load_labelled(table, SCHEMA, targets=["a", "b"])
    assert data.tasks == ("a",)
    assert data.y.tolist() == [[1], [2]]
    assert any("no usable label in 'b'" in warning for warning in data.warnings)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ("C1,1\nC2,2\n", "none of 2 rows.*not valid SMILES"),
        ("CC,\nCO,NA\n", "none of 2 rows.*no label"),
        ("CC,x\n", "none of 1 rows.*'x' is not a number"),
    ],
)
def test_no_usable_row(table, rows, reason):
    table.write_text("smiles,y\n" + rows)
    with pytest.raises(InputError, match=reason):
        load_labelled(table, SCHEMA, targets=["y"])


def test_a_table_without_rows(table):
    table.write_text("smiles,y\n")
    with pytest.raises(InputError):
        load_labelled(table, SCHEMA, targets=["y"])


def test_unknown_columns(table):
    with pytest.raises(InputError, match="no column 'z'"):
        load_labelled(table, SCHEMA, targets=["z"])
    with pytest.raises(InputError, match="no column 'SMILE'"):
        load_labelled(table, SCHEMA, smiles_column="SMILE", targets=["a"])


@pytest.mark.parametrize("name", ["scaffold", "balanced-scaffold", "random"])
def test_real_table_and_splits(tmp_path, name):
    path = write_cmet(tmp_path / "cmet.csv")
    seen = []
    data = load_labelled(path, SCHEMA, targets=["pIC50"], progress=seen.append)
    assert seen[-1] == data.total == len(data.store) == 1017
    assert data.rejects == []
    assert data.warnings == []
    split = data.split(name, (0.8, 0.1, 0.1), 0)
    assert sorted(np.concatenate(list(split.parts().values())).tolist()) == list(range(1017))
    again = load_labelled(path, SCHEMA, targets=["pIC50"])
    assert_same(again.store, data.store)
    for part, rows in again.split(name, (0.8, 0.1, 0.1), 0).parts().items():
        assert rows.tolist() == split.parts()[part].tolist()


def test_options_of_the_schema_reach_the_chemistry(table):
    table.write_text("smiles,y\nCC(=O)[O-].[Na+],1\nCCCCCC,2\n")
    plain = load_labelled(table, SCHEMA, targets=["y"])
    assert np.diff(plain.store.graphs.node_ptr).tolist() == [5, 6]
    clean = load_labelled(table, SCHEMA.with_options(standardize=True), targets=["y"])
    assert np.diff(clean.store.graphs.node_ptr).tolist() == [4, 6]
    small = load_labelled(table, SCHEMA.with_options(max_atoms=5), targets=["y"])
    assert [reject.reason for reject in small.rejects] == ["6 atoms, the limit is 5"]
