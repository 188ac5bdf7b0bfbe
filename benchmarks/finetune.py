"""How fast fine-tuning is: a step against the machine's matrix products, and a whole small run.

python benchmarks/finetune.py [-i table.csv -s COLUMN -t TARGET] [--checkpoint default]
    [--epochs 10]

The set is featurised and packed once; every epoch and every member of an ensemble reads it there.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
import torch

import graftwork
from graftwork.config import EncoderConfig, Kind
from graftwork.data.cmet import write_cmet
from graftwork.data.featurize import SCHEMAS
from graftwork.data.labelled import load_labelled
from graftwork.nn import Encoder
from graftwork.training.fit import fit
from graftwork.training.fit_config import FitConfig
from graftwork.training.lesson import predict_rows
from limits import machine, matrix_rate, seconds, settle
from pretrain import PRECISIONS, arithmetic


def main() -> None:
    """Train on nine tenths of a table, in both precisions, and predict the rest."""
    settle()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-i", "--input", type=Path)
    parser.add_argument("-s", "--smiles-column")
    parser.add_argument("-t", "--target", default="pIC50")
    parser.add_argument("--checkpoint", default="default", help="a name, a folder, or none")
    parser.add_argument("--epochs", type=int, default=10)
    arguments = parser.parse_args()
    print(machine())
    if arguments.checkpoint == "none":
        encoder = Encoder(SCHEMAS["default"], EncoderConfig(num_layers=5, dim=300))
    else:
        encoder = graftwork.load(arguments.checkpoint).encoder
    with tempfile.TemporaryDirectory() as folder:
        table = arguments.input or write_cmet(Path(folder) / "cmet.csv")
        start = time.perf_counter()
        data = load_labelled(
            table, encoder.schema, smiles_column=arguments.smiles_column, targets=[arguments.target]
        )
        print(f"read and featurise {len(data.store) / (time.perf_counter() - start):7.0f} rows/s")
    store = data.store
    kind: Kind = "classification" if np.isin(data.y, [0, 1]).all() else "regression"
    order = np.random.default_rng(0).permutation(len(store))
    train, rest = np.split(order, [9 * len(order) // 10])
    nodes = np.diff(store.graphs.node_ptr)[train].sum()
    for name, dtype in PRECISIONS.items():
        precision = "32-true" if dtype == torch.float32 else "bf16-mixed"
        config = FitConfig(epochs=arguments.epochs, precision=precision)
        limit = matrix_rate(dtype)
        start = time.perf_counter()
        done = fit(store, data.y, train, rest[:0], encoder, config, kind, data.tasks, seed=0)
        taken = time.perf_counter() - start
        rate = arguments.epochs * nodes / taken
        ratio = rate * arithmetic(encoder) / limit
        print(
            f"train   {name} {rate:7.0f} nodes/s {arguments.epochs * len(train) / taken:6.0f} ",
            end="",
        )
        print(f"molecules/s  {ratio:.2f} of the matrix rate ({limit / 1e9:.0f} GFLOP/s)")
    taken = seconds(lambda: predict_rows(done.predictor, store, order), 1)
    print(f"predict fp32 {len(order) / taken:20.0f} molecules/s")


if __name__ == "__main__":
    main()
