"""The c-MET set inside RDKit's wheel: 1,017 molecules with measured pIC50 (CHEMBL2321810)."""

from __future__ import annotations

import csv
from pathlib import Path

from rdkit import RDConfig

from graftwork.data.writers import TableWriter
from graftwork.errors import RunError


def write_cmet(path: Path) -> Path:
    """Join RDKit's structure and activity files into one table ``id, smiles, pIC50``."""
    folder = Path(RDConfig.RDContribDir) / "FreeWilson" / "data"
    structures, activities = folder / "CHEMBL2321810.smi", folder / "CHEMBL2321810_act.csv"
    for file in (structures, activities):
        if not file.is_file():
            raise RunError(
                f"RDKit's own example data is missing: {file}.",
                "Install RDKit from PyPI (pip install rdkit).",
            )
    with activities.open(newline="", encoding="utf-8") as text:
        activity = {row["Name"]: row["Act"] for row in csv.DictReader(text)}
    with TableWriter(path, ["id", "smiles", "pIC50"]) as writer:
        for line in structures.read_text(encoding="utf-8").splitlines():
            smiles, name = line.split(maxsplit=1)
            writer.write([name, smiles, activity[name]])
    return path
