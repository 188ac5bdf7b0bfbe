from __future__ import annotations

import csv
from pathlib import Path

import pytest
from rdkit import Chem, RDConfig

from graftwork.data.isolate import IsolatedPool


@pytest.fixture(scope="session")
def stereo():
    """SMILES of real molecules with stereocentres or double bonds of known geometry."""
    file = "NIBRSubstructureFilters/SubstructureFilter_HitTriaging_wPubChemExamples.csv"
    with (Path(RDConfig.RDContribDir) / file).open(encoding="utf-8") as text:
        cells = {cell for row in csv.reader(text) for cell in row if set(cell) & set("@/\\")}
    return sorted(cell for cell in cells if Chem.MolFromSmiles(cell))


@pytest.fixture(scope="session")
def pool():
    """One worker for the tests that only need answers."""
    pool = IsolatedPool(workers=1)
    yield pool
    pool.close()
