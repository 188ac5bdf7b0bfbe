"""Resident memory of a pre-training run over many steps, every batch of another shape.

python benchmarks/memory.py [-i corpus.smi.gz] [--steps 10000] [-- more options of pretrain]

Prints the mean of each tenth of the run, and how much the last tenth holds more than the second.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from rdkit import RDConfig

from limits import machine, resident


def main() -> None:
    """Run the command and look at it twice a second."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = Path(RDConfig.RDDataDir) / "NCI" / "first_5K.smi"
    parser.add_argument("-i", "--input", type=Path, default=default)
    parser.add_argument("--steps", type=int, default=10_000)
    arguments, options = parser.parse_known_args()
    print(machine())
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "run"
        line = [sys.executable, "-m", "graftwork", "pretrain", "-i", str(arguments.input)]
        line += ["-o", str(run), "--max-steps", str(arguments.steps), "--epochs", "1000000"]
        line += ["--num-layers", "5", "--dim", "300", *(o for o in options if o != "--")]
        sizes, start = [], time.perf_counter()
        with subprocess.Popen(
            line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            while process.poll() is None:
                if (run / "checkpoint.safetensors").exists():  # the corpus is read, steps are taken
                    sizes.append(resident(process.pid))
                time.sleep(0.5)
        taken = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"pretrain ended with {process.returncode}")
    tenths = [part.mean() / 1e6 for part in np.array_split(np.array(sizes), 10)]
    print(f"{arguments.steps} steps in {taken:.0f} s; resident MB by tenths of the run:")
    print(" ".join(f"{size:.0f}" for size in tenths))
    print(f"last tenth / second tenth {tenths[-1] / tenths[1]:.3f}, peak {max(sizes) / 1e6:.0f} MB")


if __name__ == "__main__":
    main()
