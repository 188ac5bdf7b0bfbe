"""Draw scores of the study against steps and molecules of pre-training.

python benchmarks/study_curves.py [docs/measurements/pretraining-study.csv] [-o FIGURE.svg]

The table joins what study.py writes for several checkpoints, with three columns more: the steps
each was trained for, how many molecules it had to learn from, and its seed, over which is averaged.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd

MEASUREMENTS = Path(__file__).parent.parent / "docs" / "measurements"
SCORES, FIGURE = MEASUREMENTS / "pretraining-study.csv", MEASUREMENTS / "pretraining-scaling.svg"
WAYS = {"process": "Gaussian process on the embedding", "probe": "ridge regression on it"}
AXES = {"steps": "steps of 256 molecules", "molecules": "molecules in the corpus"}


def main() -> None:
    """Draw one panel per axis, the mean over the potency sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", nargs="?", type=Path, default=SCORES)
    parser.add_argument("-o", "--output", type=Path, default=FIGURE)
    arguments = parser.parse_args()
    table = pd.read_csv(arguments.table)
    potency = table[table["kind"] == "regression"]
    means = potency.groupby([*AXES, "checkpoint", "way"], as_index=False)["score"].mean()
    base = means[means["checkpoint"] == "base"].iloc[0]
    mpl.rcParams["svg.hashsalt"] = "graftwork"
    figure, panels = plt.subplots(1, 2, figsize=(8, 3.2), sharey=True, layout="constrained")
    for panel, (axis, label), other in zip(panels, AXES.items(), reversed(AXES), strict=True):
        varied = means[means["checkpoint"].str.match(rf"base|untrained|{axis}")]
        varied = varied[(varied[other] == base[other]) | (varied["steps"] == 0)]
        for way, title in WAYS.items():
            line = varied[varied["way"] == way].sort_values(axis)
            panel.plot(line[axis], line["score"], marker="o", label=title)
        panel.set_xlabel(label)
        panel.set_xscale("symlog", linthresh=100)
        panel.grid(alpha=0.3)
    panels[0].set_ylabel("RMSE, mean of ten potency sets")
    panels[1].legend(frameon=False)
    figure.savefig(arguments.output, metadata={"Date": None})


if __name__ == "__main__":
    main()
