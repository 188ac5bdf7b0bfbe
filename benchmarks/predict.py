"""How fast a table is predicted, file to file, against RDKit's parser alone on the same cores.

python benchmarks/predict.py [-i table.smi.gz] [--limit 20000] [-m MODEL]

Without a model, the bundled checkpoint is fine-tuned for one epoch first.
"""

from __future__ import annotations

import argparse
import itertools
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rdkit import RDConfig

from graftwork.data.cmet import write_cmet
from graftwork.data.sources import open_table
from limits import machine, parse_rate


def command(*arguments: object) -> float:
    """Run a command of graftwork; return seconds."""
    start = time.perf_counter()
    line = [sys.executable, "-m", "graftwork", *map(str, arguments)]
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    """Predict a table twice, of which one has a single row: what starting costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(RDConfig.RDDataDir) / "NCI" / "first_5K.smi"
    parser.add_argument("-i", "--input", type=Path, default=default)
    parser.add_argument("--limit", type=int, default=20_000)
    parser.add_argument("-m", "--model")
    arguments = parser.parse_args()
    print(machine())
    records = itertools.islice(open_table(arguments.input).rows(), arguments.limit)
    texts = [record.structure for record in records]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = arguments.model
        if model is None:
            model = folder / "run"
            table = write_cmet(folder / "cmet.csv")
            options = ("--epochs", 1, "--num-seeds", 1, "--baselines", "none")
            command("finetune", "-i", table, "-t", "pIC50", "-o", model, *options)
        for file, rows in (("one", texts[:1]), ("all", texts)):
            (folder / f"{file}.csv").write_text("\n".join(["smiles", *rows]) + "\n")
        for precision in ("32-true", "bf16-mixed"):
            limit = parse_rate(texts)
            line = ["predict", "-m", model, "--precision", precision, "-i"]
            begin = command(*line, folder / "one.csv", "-o", folder / "1.csv")
            taken = command(*line, folder / "all.csv", "-o", folder / "2.csv")
            limit = (limit + parse_rate(texts)) / 2  # before and after: the machine drifts
            rate = len(texts) / taken
            print(
                f"predict {precision:10} {rate:6.0f} molecules/s  {rate / limit:.3f} of parsing ",
                end="",
            )
            print(f"alone ({limit:.0f}/s); without the {begin:.1f} s of starting ", end="")
            print(f"{len(texts) / (taken - begin) / limit:.3f}")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    print(f"the largest process took {peak:.2f} GB")


if __name__ == "__main__":
    main()
