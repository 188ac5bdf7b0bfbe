from __future__ import annotations

import numpy as np
import pytest
from rdkit import Chem, RDConfig

from graftwork.data.cmet import write_cmet
from graftwork.data.sources import open_table
from graftwork.errors import RunError


def test_1017_molecules_with_their_activities(tmp_path):
    path = write_cmet(tmp_path / "new" / "cmet.csv")
    table = open_table(path)
    assert table.columns == ["id", "smiles", "pIC50"]
    rows = list(table.rows())
    assert len(rows) == 1017
    assert len({row.cells[0] for row in rows}) == 1017
    assert all(row.problem is None and Chem.MolFromSmiles(row.structure) for row in rows)
    activity = np.array([float(row.cells[2]) for row in rows])
    assert 3 < activity.min() < activity.max() < 12
    assert activity.std() > 0.5


def test_the_join_is_by_name(tmp_path):
    folder = f"{RDConfig.RDContribDir}/FreeWilson/data"
    with open(f"{folder}/CHEMBL2321810_act.csv") as text:  # noqa: PTH123
        lines = text.read().splitlines()
    names = lines[0].split(",")
    wanted = {}
    for line in lines[1:]:
        cells = dict(zip(names, line.split(","), strict=True))
        wanted[cells["Name"]] = cells["Act"]
    for row in open_table(write_cmet(tmp_path / "cmet.csv")).rows():
        assert wanted[row.cells[0]] == row.cells[2]


def test_missing_data_says_which_file(monkeypatch, tmp_path):
    monkeypatch.setattr(RDConfig, "RDContribDir", str(tmp_path))
    with pytest.raises(RunError, match=r"CHEMBL2321810\.smi.*pip install rdkit"):
        write_cmet(tmp_path / "cmet.csv")
    assert not (tmp_path / "cmet.csv").exists()
