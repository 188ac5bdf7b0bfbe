"""Two small tables, a tiny checkpoint, and a benchmark whose cells ran in this process."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from graftwork.evaluation import benchmark as bench
from graftwork.evaluation.benchmark.folder import Folder
from graftwork.evaluation.benchmark.request import grow
from graftwork.evaluation.benchmark.results import load_results


@dataclass(frozen=True)
class Made:
    """A benchmark and what it was made of."""

    folder: Folder
    data: list[Any]
    models: list[Any]
    config: Any
    cells: list[Any]
    results: Any


@pytest.fixture(scope="session")
def tables(tmp_path_factory, nci):
    """``sizes.csv`` (a number) and ``rings.csv`` (a class with gaps and a second task)."""
    from rdkit import Chem

    folder = tmp_path_factory.mktemp("tables")
    molecules = [m for m in map(Chem.MolFromSmiles, nci[:150]) if m is not None]
    found = pd.DataFrame(
        {
            "smiles": [Chem.MolToSmiles(m) for m in molecules],
            "size": [float(m.GetNumAtoms()) for m in molecules],
            "ring": [float(m.GetRingInfo().NumRings() > 1) for m in molecules],
            "nitrogen": [float("N" in Chem.MolToSmiles(m)) for m in molecules],
        }
    ).drop_duplicates("smiles")
    found.iloc[:50][["smiles", "size"]].to_csv(folder / "sizes.csv", index=False)
    rings = found.iloc[50:120].reset_index(drop=True)
    rings.loc[::9, "nitrogen"] = None
    rings[["smiles", "ring", "nitrogen"]].to_csv(folder / "rings.csv", index=False)
    return [folder / "sizes.csv", folder / "rings.csv"]


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory, tiny_encoder):
    """A tiny artifact with random weights, which counts as pre-trained."""
    from graftwork.nn.artifact import save_artifact

    folder = tmp_path_factory.mktemp("checkpoints") / "tiny"
    save_artifact(folder, tiny_encoder(dim=8), {"made_by": "pretrain"})
    return folder


@pytest.fixture(scope="session")
def specs(tables):
    """How the two are read: random splits, since most scaffolds occur once."""
    rings = bench.Reading(targets=("ring", "nitrogen"), split="random")
    return [
        *bench.data_specs([str(tables[0])], None, bench.Reading(split="random")),
        *bench.data_specs([str(tables[1])], None, rings),
    ]


@pytest.fixture(scope="session")
def config():
    return bench.benchmark_config(epochs=2, patience=2, precision="32-true", batch_size=16)


@pytest.fixture(scope="session")
def models(checkpoint, config):
    return bench.models_named([f"tiny={checkpoint}"], ["fingerprint-gp"], config)


@pytest.fixture(scope="session")
def run_here():
    """Run cells in this process, in the order given, and collect the table."""

    def run(root, data, models, config, cells):
        from graftwork.evaluation.benchmark.jobs import run_cell

        folder = Folder(Path(root))
        request = grow(folder, {"preset": "default", **config.protocol()}, data, models, cells)
        for cell in cells:
            run_cell(folder, cell.spec)
        return Made(folder, data, models, config, cells, load_results(folder, request))

    return run


@pytest.fixture(scope="session")
def made(tmp_path_factory, run_here, specs, models, config):
    """Both tables x Gaussian process, scratch, checkpoint in full and as a probe x two seeds."""
    cells = bench.plan(specs, models, ("full", "linear-probe"), range(2), config)
    needed = [c for c in cells if c.first is None]  # the Gaussian process draws no random numbers
    root = tmp_path_factory.mktemp("made") / "out"
    return run_here(root, specs, models, config, needed)


@pytest.fixture
def finetuned(tables, checkpoint, tmp_path):
    """Fine-tune on the first table as a cell does, through the other command."""
    import graftwork

    def run(**settings):
        return graftwork.finetune(
            tables[0],
            "size",
            tmp_path / "run",
            start_from=str(checkpoint),
            split="random",
            epochs=2,
            patience=2,
            batch_size=16,
            precision="32-true",
            refit=False,
            **settings,
        )

    return run
