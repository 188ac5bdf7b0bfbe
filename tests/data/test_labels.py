from __future__ import annotations

import math

import numpy as np
import pytest

from graftwork.data.labels import infer_kind, parse_labels, target_columns
from graftwork.data.sources import open_table
from graftwork.errors import InputError


def table(folder, text, name="x.csv"):
    path = folder / name
    path.write_text(text)
    return open_table(path)


@pytest.mark.parametrize("cell", ["", "  ", "NA", "NaN", "nan", "None", "null", "-", "?", "na"])
def test_missing(cell):
    values, warnings = parse_labels([cell], ["y"])
    assert math.isnan(values[0])
    assert warnings == []


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("1", 1.0),
        (" -1.5 ", -1.5),
        ("+2.", 2.0),
        (".5", 0.5),
        ("6.02E+23", 6.02e23),
        ("1e-9", 1e-9),
        ("true", 1.0),
        ("False", 0.0),
    ],
)
def test_numbers(cell, value):
    assert parse_labels([cell], ["y"]) == ([value], [])


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        (">10000", "censored"),
        ("< 5", "censored"),
        ("~3", "approximate"),
        ("1,5", "comma"),
        ("1,234.5", "comma"),
        ("inf", "finite"),
        ("-Infinity", "finite"),
        ("1e999", "finite"),
        ("active", "not a number"),
        ("1_000", "not a number"),
        ("٣", "not a number"),
        ("1 2", "not a number"),
        ("x" * 1000, "…"),
    ],
)
def test_anything_else_is_missing_with_a_warning(cell, word):
    values, warnings = parse_labels(["1", cell], ["a", "pIC50"])
    assert values[0] == 1.0
    assert math.isnan(values[1])
    (warning,) = warnings
    assert "'pIC50'" in warning
    assert cell[:20] in warning
    assert word in warning
    assert len(warning) < 200


def test_cells_and_columns_must_match():
    with pytest.raises(ValueError, match="argument 2"):
        parse_labels(["1"], ["a", "b"])


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        ([0, 1, np.nan], "classification"),
        ([1, 1], "classification"),
        ([[0, np.nan], [np.nan, 1]], "classification"),
        ([0, 1, 2], "regression"),
        ([0.5, 1], "regression"),
        ([-1, 0], "regression"),
        ([-1, 1, 0.3], "regression"),
    ],
)
def test_infer_kind(labels, kind):
    assert infer_kind(np.array(labels, dtype=float)) == kind


@pytest.mark.parametrize("labels", [[-1, 1], [-1, 0, 1], [[-1, 1], [0, np.nan]]])
def test_minus_one_and_one_must_be_recoded(labels):
    with pytest.raises(InputError, match="Recode"):
        infer_kind(np.array(labels, dtype=float))


@pytest.mark.parametrize("labels", [[], [np.nan, np.nan]])
def test_no_label(labels):
    with pytest.raises(InputError, match="no label"):
        infer_kind(np.array(labels, dtype=float))


def test_targets_by_name(tmp_path):
    found = table(tmp_path, 'smiles,a,b,"c,d",a\nC,1,2,3,4\n')
    assert target_columns(found, ["b", "a", "b"], "smiles") == ["b", "a"]
    assert target_columns(found, ["a,b"], "smiles") == ["a", "b"]
    assert target_columns(found, ["a, b,"], "smiles") == ["a", "b"]
    assert target_columns(found, ["c,d"], "smiles") == ["c,d"]
    assert target_columns(found, ["*"], "smiles") == ["a", "b", "c,d"]


def test_unknown_and_structure_targets(tmp_path):
    found = table(tmp_path, "smiles,alpha,b\nC,1,2\n")
    with pytest.raises(InputError, match=r"no column 'alhpa'.*'alpha'"):
        target_columns(found, ["alhpa,b"], "smiles")
    with pytest.raises(InputError, match="no column 'x,y'"):
        target_columns(found, ["x,y"], "smiles")
    with pytest.raises(InputError, match="structure column"):
        target_columns(found, ["smiles"], "smiles")
    with pytest.raises(InputError, match="could be a target"):
        target_columns(table(tmp_path, "smiles\nC\n"), ["*"], "smiles")


@pytest.mark.parametrize("requested", [None, []])
def test_only_numeric_column(tmp_path, requested):
    found = table(tmp_path, "name,smiles,y,note,empty\na,C,1.5,ok,\nb,CC,NA,2,NA\nc,C,true,,\n")
    assert target_columns(found, requested, "smiles") == ["y"]


def test_numeric_column_is_ambiguous_or_absent(tmp_path):
    with pytest.raises(InputError, match=r"2 numeric columns: 'a', 'b'.*-t"):
        target_columns(table(tmp_path, "smiles,a,b\nC,1,2\n"), None, "smiles")
    with pytest.raises(InputError, match=r"no numeric column.*-t"):
        target_columns(table(tmp_path, "smiles,a\nC,>1\n"), None, "smiles")


def test_numeric_check_ends_after_1000_rows_and_ignores_problem_rows(tmp_path):
    text = "smiles,y\n" + "C,x,extra\n" + "C,1\n" * 1000 + "C,word\n"
    assert target_columns(table(tmp_path, text), None, "smiles") == ["y"]


def test_molecule_names_are_no_targets_unless_asked_for(tmp_path):
    found = table(tmp_path, "C 1\nCC 2\n", "x.smi")
    with pytest.raises(InputError, match="no numeric column"):
        target_columns(found, None, "smiles")
    assert target_columns(found, ["id"], "smiles") == ["id"]
    sdf = table(tmp_path, "7\n\n\n\nM  END\n> <y>\n1\n\n$$$$\n", "x.sdf")
    assert target_columns(sdf, None, None) == target_columns(sdf, ["*"], None) == ["y"]
