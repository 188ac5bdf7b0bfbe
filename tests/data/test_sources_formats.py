from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem, RDConfig, RDLogger
from tables import MOL, cells, make, rows

from graftwork.data.sources import open_table
from graftwork.errors import InputError

if TYPE_CHECKING:
    pass

RDLogger.DisableLog("rdApp.*")
NCI = Path(RDConfig.RDDataDir) / "NCI/first_5K.smi"
CMET = Path(RDConfig.RDContribDir) / "FreeWilson/data/cmet_ligands.sdf"


# ---- SMILES files ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["x.smi", "x.smiles.gz"])
def test_smiles_file(tmp_path, name):
    table = open_table(make(tmp_path, name, "CCO\tethyl  alcohol \nC\n\n  CC x\r\n"))
    assert table.columns == ["smiles", "id"]
    assert cells(table) == [("CCO", "ethyl  alcohol"), ("C", ""), ("", ""), ("CC", "x")]
    assert [record.structure for record in table.rows()] == ["CCO", "C", "", "CC"]
    assert [record.line for record in table.rows()] == [1, 2, 3, 4]


@pytest.mark.parametrize("header", ["smiles", "SMILES name", "Canonical_Smiles\tid", "smi"])
def test_smiles_file_with_header(tmp_path, header):
    table = open_table(make(tmp_path, "x.smi", f"{header}\nC a\n"))
    assert table.columns == [header.split()[0], "id"]
    assert [(r.row, r.line, r.cells) for r in table.rows()] == [(0, 2, ("C", "a"))]
    assert rows(open_table(make(tmp_path, "y.smi", f"{header}\n"))) == []


def test_smiles_file_has_a_fixed_structure(tmp_path):
    path = make(tmp_path, "x.smi", "C a\n")
    assert open_table(path, "smiles").structure_column == "smiles"
    with pytest.raises(InputError, match="Leave out"):
        open_table(path, "id")


# ---- SD files -------------------------------------------------------------------------------


def test_sd_file(tmp_path):
    text = (
        f"{MOL}>  <a>  (1)\n1.5\n\n> <b>\nx\ny\n\n$$$$\n"
        "broken\nno end\n$$$$\n"
        "$$$$\n"
        f"{MOL.replace('ethane', 'last')}> <c d>\n> <a>\n> 10\n"
    )
    table = open_table(make(tmp_path, "x.sdf.gz", text.replace("\n", "\r\n")))
    assert table.kind == "molblock"
    assert table.structure_column is None
    assert table.columns == ["name", "a", "b", "c d"]
    records = rows(table)
    assert [record.cells for record in records] == [
        ("ethane", "1.5", "x\ny", ""),
        ("broken", "", "", ""),
        ("", "", "", ""),
        ("last", "> 10", "", ""),
    ]
    assert records[0].structure == MOL
    assert [record.line for record in records] == [1, 17, 20, 21]
    assert records[0].problem is records[3].problem is None
    assert "M  END" in records[1].problem
    assert "empty" in records[2].problem


def test_sd_file_without_m_end_keeps_its_properties(tmp_path):
    text = MOL.replace("M  END\n", "") + "> <a>\n1\n\n$$$$\n\n\n"
    (record,) = rows(open_table(make(tmp_path, "x.sdf", text)))
    assert record.cells == ("ethane", "1")
    assert record.problem is not None


def test_sd_file_refuses_a_structure_column(tmp_path):
    with pytest.raises(InputError, match="Leave out"):
        open_table(make(tmp_path, "x.sdf", MOL), "name")


def test_blank_sd_file(tmp_path):
    with pytest.raises(InputError, match="blank"):
        open_table(make(tmp_path, "x.sdf", "\n\n"))


def test_sd_file_like_rdkit():
    table = open_table(CMET)
    expected = list(Chem.SDMolSupplier(str(CMET)))
    records = rows(table)
    assert len(records) == len(expected) > 10
    for record, molecule in zip(records, expected, strict=True):
        assert record.problem is None
        assert record.cells[0] == molecule.GetProp("_Name")
        found = Chem.MolFromMolBlock(record.structure)
        assert Chem.MolToSmiles(found) == Chem.MolToSmiles(molecule)
        for name, value in molecule.GetPropsAsDict(autoConvertStrings=False).items():
            assert record.cells[table.column(name)] == value


# ---- Parquet --------------------------------------------------------------------------------


def test_parquet(tmp_path):
    path = tmp_path / "x.parquet"
    frame = pd.DataFrame(
        {
            "smiles": ["CCO", None, "NA"],
            "f64": [0.1, np.nan, 1e-300],
            "f32": np.array([0.1, 2.0, np.inf], dtype=np.float32),
            "int": [1, -2, 2**60],
            "flag": [True, False, True],
            "cat": pd.Categorical(["a", "b", "a"]),
            "when": pd.to_datetime(["2020-01-01 00:00:00.000000001"] * 3),
            "list": [[1], None, [2, 3]],
        }
    )
    frame.to_parquet(path)
    table = open_table(path)
    assert table.columns == list(frame.columns)
    records = rows(table)
    assert [record.cells[:6] for record in records] == [
        ("CCO", "0.1", "0.1", "1", "true", "a"),
        ("", "", "2.0", "-2", "false", "b"),
        ("NA", "1e-300", "inf", str(2**60), "true", "a"),
    ]
    assert records[0].cells[6].endswith("000000001")
    assert [record.structure for record in records] == ["CCO", "", "NA"]
    assert [record.line for record in records] == [1, 2, 3]


def test_parquet_streams_in_batches(tmp_path):
    path = tmp_path / "x.parquet"
    pd.DataFrame({"smiles": [f"C{i}" for i in range(10_000)]}).to_parquet(path)
    found = [(record.row, record.structure) for record in open_table(path).rows()]
    assert found == [(i, f"C{i}") for i in range(10_000)]


def test_damaged_parquet(tmp_path):
    path = tmp_path / "x.parquet"
    pd.DataFrame({"smiles": [f"C{i}" for i in range(10_000)]}).to_parquet(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"x\.parquet.*Parquet"):
        open_table(path)
    path.write_bytes(whole[:4] + bytes(2000) + whole[2004:])
    with pytest.raises(InputError, match=r"x\.parquet.*Parquet"):
        rows(open_table(path))


# ---- real files -----------------------------------------------------------------------------


def test_first_5k_of_nci():
    lines = NCI.read_text().splitlines()
    records = rows(open_table(NCI))
    assert len(records) == len(lines)
    assert all(record.problem is None and record.structure for record in records)
    assert ["\t".join(record.cells) for record in records] == lines
