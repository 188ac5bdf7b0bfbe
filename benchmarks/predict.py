"""How fast a table is predicted, file to file, against RDKit's parser alone on the same cores.

python benchmarks/predict.py [-i table.smi.gz] [--limit 20000] [-m MODEL]
    [--precisions 32-true,bf16-mixed]

Without a model, the bundled checkpoint is fine-tuned for one epoch first. The memory is that of all
processes of the command together.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from rdkit import RDConfig

from graftwork.data.cmet import write_cmet
from graftwork.data.sources import open_table
from limits import machine, parse_rate, resident

SAMPLE = 20_000  # molecules that the parser alone is timed with


def command(*arguments: object) -> tuple[float, int]:
    """Run a command of graftwork; return seconds, and the most bytes of all its processes."""
    start, most = time.perf_counter(), 0
    line = [sys.executable, "-m", "graftwork", *map(str, arguments)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(line, stdout=quiet, stderr=quiet) as process:
        while process.poll() is None:
            most = max(most, resident(process.pid))
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.3)
    if process.returncode:
        raise SystemExit(f"{' '.join(line)} ended with {process.returncode}")
    return time.perf_counter() - start, most


def main() -> None:
    """Predict a table twice, of which one has a single row: what starting costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(RDConfig.RDDataDir) / "NCI" / "first_5K.smi"
    parser.add_argument("-i", "--input", type=Path, default=default)
    parser.add_argument("--limit", type=int, default=20_000)
    parser.add_argument("-m", "--model")
    parser.add_argument("--precisions", default="32-true,bf16-mixed")
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
            options = ("--model", "network", "--epochs", 1, "--num-seeds", 1, "--baselines", "none")
            command("finetune", "-i", table, "-t", "pIC50", "-o", model, *options)
        for file, rows in (("one", texts[:1]), ("all", texts)):
            (folder / f"{file}.csv").write_text("\n".join(["smiles", *rows]) + "\n")
        for precision in arguments.precisions.split(","):
            limit = parse_rate(texts[:SAMPLE])
            line = ["predict", "-m", model, "--precision", precision, "-i"]
            begin, _ = command(*line, folder / "one.csv", "-o", folder / "1.csv")
            taken, most = command(*line, folder / "all.csv", "-o", folder / "2.csv")
            limit = (limit + parse_rate(texts[:SAMPLE])) / 2  # before and after: machines drift
            rate = len(texts) / taken
            print(f"predict {precision:10} {rate:6.0f} molecules/s, {rate / limit:.3f} of ", end="")
            print(f"parsing alone ({limit:.0f}/s); without the {begin:.1f} s of starting ", end="")
            print(f"{len(texts) / (taken - begin) / limit:.3f}; {most / 1e9:.2f} GB at most")


if __name__ == "__main__":
    main()
