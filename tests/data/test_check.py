from __future__ import annotations

import csv
from pathlib import Path

import pytest
from rdkit import RDConfig

from graftwork.data.check import KINDS, check_table
from graftwork.data.cmet import write_cmet
from graftwork.data.membership import record_membership
from graftwork.errors import InputError


def check(folder, rows, header="smiles,y", targets=("y",)):
    path = folder / "x.csv"
    path.write_text("\n".join([header, *rows]) + "\n")
    return check_table(path, targets=list(targets) if targets else None)


def brief(result):
    return [(finding.row, finding.kind) for finding in result.findings]


def test_a_clean_table(tmp_path):
    result = check(tmp_path, ["CC,1", "CCO,2", "c1ccccc1,3"])
    assert result.findings == []
    assert result.counts() == {}
    assert (result.rows, result.usable) == (3, 3)


@pytest.mark.parametrize(
    ("kind", "rows", "found", "detail"),
    [
        ("unusable", ["CC,1", "C1CC,2"], [1], "not valid SMILES"),
        ("unusable", ["CC,1", "C(C)(C)(C)(C)C,2"], [1], "valence for atom # 0 C, 5"),
        ("unusable", ["CC,1", ",2"], [1], "the structure is empty"),
        ("unusable", ["CC,1", "NA,2"], [1], "not valid SMILES"),
        ("unusable", ["CC,1", "CO,2,3"], [1], "row has 3 cells, the header has 2"),
        ("no label", ["CC,1", "CO,", "CN,NA", "CF,?"], [1, 2, 3], "every target is missing"),
        ("mixture", ["CC,1", "CO.CCN,2"], [1], "2 fragments"),
        ("charged", ["CC,1", "CC[NH3+],2"], [1], "net charge +1"),
        ("charged", ["CC,1", "CC(=O)[O-],2"], [1], "net charge -1"),
        ("duplicate", ["OCC,1", "CC,3", "CCO,1"], [2], "same molecule as row 0"),
        ("variant", ["C[C@H](O)F,1", "C[C@@H](O)F,2"], [1], "differs from row 0"),
    ],
)
def test_each_kind_alone(tmp_path, kind, rows, found, detail):
    result = check(tmp_path, rows)
    assert brief(result) == [(row, kind) for row in found]
    assert all(detail in finding.detail for finding in result.findings)
    assert [finding.line for finding in result.findings] == [row + 2 for row in found]
    assert result.counts() == {kind: len(found)}
    assert result.rows == len(rows)
    assert result.usable == len(rows) - (len(found) if kind == "unusable" else 0)


def test_label(tmp_path):
    result = check(tmp_path, ["CC,1,x", "CO,>5,2"], "smiles,y,z", ["y", "z"])
    assert brief(result) == [(0, "label"), (1, "label")]
    assert "column 'z': 'x' is not a number" in result.findings[0].detail
    assert "censored" in result.findings[1].detail


def test_a_text_label_alone_is_also_no_label(tmp_path):
    assert brief(check(tmp_path, ["CC,active"])) == [(0, "label"), (0, "no label")]


def test_conflict(tmp_path):
    result = check(tmp_path, ["CCO,1", "OCC,1.5", "C(O)C,1"])
    assert brief(result) == [(1, "duplicate"), (1, "conflict"), (2, "duplicate")]
    assert result.findings[1].detail == "y: 1.5, but 1 in row 0"


def test_conflict_per_target_and_only_where_both_are_known(tmp_path):
    rows = ["CCO,1,", "OCC,,7", "C(O)C,1,8", "CCO,2,7"]
    result = check(tmp_path, rows, "smiles,y,z", ["y", "z"])
    conflicts = [(f.row, f.detail) for f in result.findings if f.kind == "conflict"]
    assert conflicts == [(2, "z: 8, but 7 in row 1"), (3, "y: 2, but 1 in row 0")]


def test_salt_of_a_molecule_is_a_variant(tmp_path):
    result = check(tmp_path, ["CCN,1", "CCN.Cl,2", "CC[NH3+].[Cl-],2", "CCN.Cl,2"])
    assert brief(result) == [
        (1, "mixture"), (1, "variant"), (2, "mixture"), (2, "variant"), (3, "mixture"),
        (3, "duplicate"),
    ]  # fmt: skip


def test_without_targets_only_structures_count(tmp_path):
    result = check(tmp_path, ["CCO,x", "OCC,", "C1,2"], targets=None)
    assert brief(result) == [(1, "duplicate"), (2, "unusable")]


def test_findings_are_in_the_order_of_the_table_and_counts_in_that_of_kinds(tmp_path):
    rows = ["CCO,1", "CC.Cl,x", "C1,1", "OCC,2", "C[NH3+],", "CN,1", "CO,1,2"]
    result = check(tmp_path, rows)
    assert [f.row for f in result.findings] == sorted(f.row for f in result.findings)
    counts = result.counts()
    assert list(counts) == [kind for kind in KINDS if kind in counts]
    assert counts == {
        "unusable": 2, "label": 1, "no label": 2, "mixture": 1, "charged": 1,
        "duplicate": 1, "conflict": 1, "variant": 1,
    }  # fmt: skip
    assert set(counts) == {kind for kind in KINDS if "corpus" not in kind}
    assert (result.rows, result.usable) == (7, 5)


def test_against_the_record_of_a_model(tmp_path, pool):
    corpus = record_membership(["CCO", "c1ccccc1N"], [True, False], pool)
    (tmp_path / "x.csv").write_text("smiles\nOCC\nCO,1\nC1CC\nNc1ccccc1\nCc1ccccc1\nCCCC\n")
    result = check_table(tmp_path / "x.csv", against=corpus)
    assert brief(result) == [
        (0, "in corpus"), (0, "in labelled corpus"), (1, "unusable"), (2, "unusable"),
        (3, "in corpus"), (3, "scaffold in corpus"), (4, "scaffold in corpus"),
    ]  # fmt: skip
    shared = result.overlap.all
    assert (shared.molecules, shared.in_corpus) == (result.usable, 2)
    counts = result.counts()
    assert counts["in corpus"] == shared.in_corpus
    assert counts["in labelled corpus"] == shared.in_labelled_corpus == 1
    assert counts["scaffold in corpus"] == shared.scaffold_in_corpus == 2
    assert check_table(tmp_path / "x.csv").overlap is None


def test_long_structures_are_cut_for_the_message(tmp_path):
    (finding,) = check(tmp_path, ["C" * 5000 + ",1"]).findings
    assert finding.kind == "unusable"
    assert finding.value == "C" * 200
    assert "5000 atoms" in finding.detail


def test_unknown_columns(tmp_path):
    with pytest.raises(InputError, match="no column 'z'"):
        check(tmp_path, ["CC,1"], targets=["z"])
    with pytest.raises(InputError):
        check_table(tmp_path / "missing.csv")


def test_real_tables(tmp_path):
    result = check_table(write_cmet(tmp_path / "cmet.csv"), targets=["pIC50"])
    assert (result.rows, result.usable) == (1017, 1017)
    assert set(result.counts()) <= {"duplicate", "conflict", "variant", "charged", "mixture"}
    # screening hits as they come: no header, two columns
    hits = Path(RDConfig.RDDataDir) / "Pains" / "test_data" / "wehi_mols.csv"
    text = hits.read_text(encoding="utf-8")
    path = tmp_path / "wehi.csv"
    path.write_text("smiles,name\n" + text)
    result = check_table(path)
    with path.open(newline="") as file:
        assert result.rows == sum(1 for _ in csv.reader(file)) - 1
    unusable = [finding for finding in result.findings if finding.kind == "unusable"]
    assert result.usable == result.rows - len(unusable)
    assert result.usable > 0.95 * result.rows
