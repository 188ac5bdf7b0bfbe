"""The command line in this process, and two tiny models."""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest


@dataclass(frozen=True)
class Outcome:
    """What a command left: exit code, standard output, standard error."""

    code: int
    out: str
    err: str

    @property
    def error(self):
        """The error sentence; there is exactly one, and never a traceback."""
        assert "Traceback" not in self.err
        found = [line for line in self.err.splitlines() if line.startswith("Error: ")]
        assert len(found) == 1, self.err
        return found[0]


def graftwork(*arguments):
    """Run ``graftwork ARGUMENTS`` in this process; an exception that escapes is a crash."""
    from graftwork.cli import main

    out, err = io.StringIO(), io.StringIO()
    before, sys.argv = sys.argv, ["graftwork", *map(str, arguments)]
    code = 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        code = 0 if end.code is None else end.code
    finally:
        sys.argv = before
    return Outcome(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="session")
def cli():
    return graftwork


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="session")
def corpus(shared, nci):
    path = shared / "corpus.smi"
    path.write_text("".join(f"{text} m{i}\n" for i, text in enumerate(nci[:100])))
    return path


@pytest.fixture(scope="session")
def pretrained(shared, corpus):
    folder = shared / "pretrained"
    run = graftwork(
        "pretrain", "-i", corpus, "-o", folder, "--dim=16", "--num-layers=2", "--batch-size=32"
    )
    assert run.code == 0, run.err
    return folder


@pytest.fixture(scope="session")
def cmet(shared):
    """Forty measured molecules: ``id``, ``smiles``, ``y``."""
    from graftwork.data.cmet import write_cmet

    table = pd.read_csv(write_cmet(shared / "cmet.csv")).rename(columns={"pIC50": "y"})
    return table.sample(40, random_state=0).reset_index(drop=True)


@pytest.fixture(scope="session")
def labelled(shared, cmet):
    path = shared / "labelled.csv"
    cmet.to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def finetuned(shared, labelled, pretrained):
    folder = shared / "finetuned"
    run = graftwork(
        *("finetune", "-i", labelled, "-t", "y", "--from", pretrained, "-o", folder),
        *("--num-seeds", 1, "--epochs", 2),
    )
    assert run.code == 0, run.err
    return folder


@pytest.fixture(scope="session")
def hostile_rows():
    """Structures that have broken readers, in an order that tests rely on nowhere."""
    from rdkit import Chem

    symbol = Chem.GetPeriodicTable().GetElementSymbol
    c60 = (
        "c12c3c4c5c1c1c6c7c2c2c8c3c3c9c4c4c%10c5c5c1c1c6c6c%11c7c2c2c7c8c3c3c8c9c4c4c9c%10c5c5c1"
        "c1c6c6c%11c2c2c7c3c3c8c4c4c9c5c1c1c6c2c3c41"
    )
    return [
        *("", "NA", "None", "null", "nan", "inf", "1", "C1CC", "[Na+].[Cl-]", "[H][H]", "*"),
        *("CCO ethanol", "CCO |$a;b;c$|", "  CCO ", "C" * 100_000, "(" * 100_000, c60),
        *("CC(C)" * 1667, "Ünïcødé", "💥", "C\nC", 'C"C', "C,C", "C\tC", "=cmd|' /C calc'!A0"),
        *("[2H]O", "[C@@H](F)(Cl)Br", "[Fe+20]", "[C-15]", "C" * 1000, "C" * 1001, "\x1b[31mC"),
        *(f"[{symbol(number)}]" for number in range(1, 119)),
        *(f"[Fe{'+' if charge > 0 else '-'}{abs(charge)}]" for charge in range(-8, 9) if charge),
        "CCO",
    ]


@pytest.fixture(scope="session")
def write_table():
    return _write_table


def _write_table(folder, suffix, rows):
    """Write ``smiles`` rows (and for tables ``id``, ``note`` and ``y``) in a format."""
    path = Path(folder) / f"hostile{suffix}"
    frame = pd.DataFrame({"smiles": rows, "id": [f"m{i}" for i in range(len(rows))]})
    frame["note"] = 'x, "y"\nz;\té'
    frame["y"] = [i % 7 / 2 for i in range(len(rows))]
    if suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix == ".smi":
        path.write_text("".join(f"{r.replace(chr(10), ' ')} m{i}\n" for i, r in enumerate(rows)))
    elif suffix == ".sdf":
        path.write_text("".join(_sd_record(text) for text in rows))
    else:
        frame.to_csv(path, index=False, sep="\t" if ".tsv" in suffix else ",")
    return path


def _sd_record(text):
    from rdkit import Chem, rdBase

    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(text) if len(text) < 2000 else None
    block = "junk\n" if molecule is None else Chem.MolToMolBlock(molecule)
    return f"{block}> <y>\n1.5\n\n$$$$\n"
