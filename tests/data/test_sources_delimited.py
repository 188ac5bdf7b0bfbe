from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from rdkit import RDConfig
from tables import cells, make, rows

from graftwork.data.sources import open_table
from graftwork.errors import InputError
from mirror import mirrored

if TYPE_CHECKING:
    pass

WEHI = Path(RDConfig.RDDataDir) / "Pains/test_data/wehi_mols.csv"


@pytest.mark.parametrize(
    ("name", "text", "columns"),
    [
        ("x.csv", "smiles,y\n", ["smiles", "y"]),
        ("x.csv", "smiles;y\n", ["smiles", "y"]),
        ("x.csv", "smiles\ty\n", ["smiles", "y"]),
        ("x.csv", '"smiles";"a,b"\n', ["smiles", "a,b"]),
        ("x.csv", "smiles\n", ["smiles"]),
        ("x.csv", '\n"smiles";"two\nlines, really"\n', ["smiles", "two\nlines, really"]),
        ("x.csv", 'smiles;5"\n', ["smiles", '5"']),
        ("x.csv", "smiles,a;b\n", ["smiles", "a;b"]),
        ("x.tsv", "smiles\ta,b\n", ["smiles", "a,b"]),
        ("x.tab.gz", "smiles\ty\n", ["smiles", "y"]),
        ("x.txt", "smiles\ty,z\n", ["smiles", "y,z"]),
        ("x.txt", "smiles,y\n", ["smiles", "y"]),
        ("X.CSV", "smiles,y\n", ["smiles", "y"]),
    ],
)
def test_delimiter_and_header_only(tmp_path, name, text, columns):
    table = open_table(make(tmp_path, name, text))
    assert table.columns == columns
    assert rows(table) == []


def test_cells_are_text(tmp_path):
    odd = ["NA", "None", "null", "nan", "-", "1e3", "007", " x ", "a\x00b", 'say ""hi""']
    text = "smiles,v\n" + "".join(f'C,"{cell}"\n' for cell in odd)
    table = open_table(make(tmp_path, "x.csv", text))
    assert [record[1] for record in cells(table)] == [cell.replace('""', '"') for cell in odd]
    assert [record.cells for record in table.rows()] == cells(table), "not re-iterable"


def test_ragged_rows(tmp_path):
    text = "id,smiles,a,b\n1,C\n2\n3,CC,1,2,9,9\n4,CCC,1,2\n"
    records = rows(open_table(make(tmp_path, "x.csv", text)))
    assert [record.cells for record in records] == [
        ("1", "C", "", ""),
        ("2", "", "", ""),
        ("3", "CC", "1", "2"),
        ("4", "CCC", "1", "2"),
    ]
    assert [record.problem for record in records] == [
        None,
        "row has 1 cells, the header has 4",
        "row has 6 cells, the header has 4",
        None,
    ]
    assert [record.structure for record in records] == ["C", "", "CC", "CCC"]


def test_blank_lines(tmp_path):
    text = "\nsmiles,y\n\nC,1\n  \n\nCC,2\n\n"
    records = rows(open_table(make(tmp_path, "x.csv", text)))
    assert [(r.row, r.line, r.structure) for r in records] == [(0, 4, "C"), (1, 7, "CC")]
    single = rows(open_table(make(tmp_path, "y.csv", "smiles\nC\n\nCC\n")))
    assert [(r.row, r.line, r.structure) for r in single] == [(0, 2, "C"), (1, 3, ""), (2, 4, "CC")]
    with pytest.raises(InputError, match="blank"):
        open_table(make(tmp_path, "z.csv", "\n\n  \n"))


def test_line_numbers_after_a_cell_with_line_breaks(tmp_path):
    records = rows(open_table(make(tmp_path, "x.csv", 'smiles,n\nC,"a\nb\r\nc"\nCC,d\n')))
    assert [(record.line, record.cells[1]) for record in records] == [(2, "a\nb\r\nc"), (5, "d")]


def test_unclosed_quote_is_a_problem(tmp_path):
    table = open_table(make(tmp_path, "x.csv", 'smiles,n\nC,a\nCC,"b\nCCC,c\nCCCC,d\n'))
    records = rows(table)
    assert [record.problem is None for record in records] == [True, False]
    assert "lines 3 to 5" in records[1].problem
    assert "lines 3 to 5" in table.warnings[0]
    assert len(rows(table)) == 2
    assert len(table.warnings) == 1, "the same warning twice"
    with pytest.raises(InputError, match="header"):
        open_table(make(tmp_path, "y.csv", 'smiles,"n\nC,a\n'))


def test_closed_quote_at_the_end_of_the_file_is_fine(tmp_path):
    (record,) = rows(open_table(make(tmp_path, "x.csv", 'smiles,n\nC,"a\nb"')))
    assert record.problem is None


def test_long_cell(tmp_path):
    (record,) = rows(open_table(make(tmp_path, "x.csv", f"smiles,y\n{'C' * 300_000},1\n")))
    assert record.structure == "C" * 300_000


def test_a_file_without_header_is_refused():
    with pytest.raises(InputError, match=r"must be a header.*WEHI"):
        open_table(WEHI)


@pytest.mark.parametrize(
    ("name", "structure", "count"),
    [
        ("moleculenet/bbbp.csv.gz", "smiles", 2039),
        ("moleculenet/tox21.csv.gz", "smiles", 7831),
        ("admet/tdc_herg.tab.gz", "Drug", None),
        ("admet/aqsoldb.csv.gz", "SMILES", None),
        ("moleculeace/CHEMBL2047_EC50.csv.gz", "smiles", None),
    ],
)
def test_mirror_like_pandas(name, structure, count):
    path = mirrored(name)
    table = open_table(path)
    frame = pd.read_csv(path, sep="\t" if ".tab" in name else ",", dtype=str, keep_default_na=False)
    assert table.structure_column == structure
    records = rows(table)
    assert len(records) == len(frame) == (count or len(frame))
    assert table.columns == list(frame.columns)
    assert [list(record.cells) for record in records] == frame.to_numpy().tolist()
