"""The c-MET pIC50 set that RDKit's wheel carries, and made-up fingerprints."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rdkit import Chem, RDConfig
from rdkit.Chem import rdFingerprintGenerator

from made_networks import random_network


@pytest.fixture(scope="session")
def cmet():
    """Molecules [1017] and pIC50 [1017, 1]."""
    folder = Path(RDConfig.RDContribDir) / "FreeWilson" / "data"
    smiles = pd.read_csv(
        folder / "CHEMBL2321810.smi", sep=r"\s+", header=None, names=["smiles", "Name"]
    )
    table = smiles.merge(pd.read_csv(folder / "CHEMBL2321810_act.csv"), on="Name")
    return [Chem.MolFromSmiles(s) for s in table["smiles"]], table[["Act"]].to_numpy(float)


@pytest.fixture(scope="session")
def cmet_counts(cmet):
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2)
    return [generator.GetSparseCountFingerprint(mol).GetNonzeroElements() for mol in cmet[0]]


@pytest.fixture(scope="session")
def make_network():
    """A random network: see ``made_networks.random_network``."""
    return random_network


@pytest.fixture
def random_counts():
    def make(rows, seed=0, ids=60, present=12):
        rng = np.random.default_rng(seed)
        pool = rng.integers(0, 2**32, size=ids)
        return [
            {int(k): int(rng.integers(1, 6)) for k in rng.choice(pool, present, replace=False)}
            for _ in range(rows)
        ]

    return make
