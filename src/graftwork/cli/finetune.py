"""graftwork finetune."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from graftwork.cli.options import Device, Input, Precision, SmilesColumn, Targets, TimeLimit


def finetune(
    input_path: Input,
    output: Annotated[
        Path | None, typer.Option("-o", "--output-dir", help="Run directory; default runs/NAME.")
    ] = None,
    smiles_column: SmilesColumn = None,
    targets: Targets = None,
    start_from: Annotated[
        str, typer.Option("--from", help="Checkpoint: a bundled name, a path, or none.")
    ] = "default",
    task: Annotated[str, typer.Option(help="auto, classification or regression.")] = "auto",
    split: Annotated[
        str, typer.Option(help="scaffold (deterministic), balanced-scaffold or random.")
    ] = "scaffold",
    split_sizes: Annotated[
        tuple[float, float, float], typer.Option(help="Train, validation and test fractions.")
    ] = (0.8, 0.1, 0.1),
    splits_column: Annotated[
        str | None, typer.Option(help="Column that says train, val or test; overrides --split.")
    ] = None,
    strategy: Annotated[str, typer.Option(help="full or linear-probe.")] = "full",
    pooling: Annotated[str, typer.Option(help="mean, sum, max or attention.")] = "mean",
    seed: Annotated[int, typer.Option(help="First seed of the models.")] = 0,
    num_seeds: Annotated[
        int, typer.Option(help="Paired runs of each network; intervals need two or more.")
    ] = 3,
    data_seed: Annotated[int, typer.Option(help="Seed of the split.")] = 0,
    standardize: Annotated[
        bool, typer.Option("--standardize", help="Keep the largest fragment and neutralise it.")
    ] = False,
    epochs: Annotated[
        int | None,
        typer.Option(help="Most passes over the training part; default 15, more for few rows."),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(help="Epochs without progress before stopping; default half of them."),
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Molecules per step.")] = 32,
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 5e-4,
    refit: Annotated[
        bool,
        typer.Option(
            "--refit/--no-refit",
            help="Train the model left behind on all rows, or keep the split's.",
        ),
    ] = True,
    featurizer: Annotated[
        str, typer.Option(help="With --from none: default or hu2020.")
    ] = "default",
    num_layers: Annotated[int, typer.Option(help="With --from none: number of layers.")] = 5,
    dim: Annotated[int, typer.Option(help="With --from none: width.")] = 256,
    jumping_knowledge: Annotated[
        str, typer.Option(help="With --from none: last, sum, mean or max.")
    ] = "last",
    dropout: Annotated[float, typer.Option(help="Dropout in encoder and head.")] = 0.1,
    hidden_layers: Annotated[int, typer.Option(help="Hidden layers of the head.")] = 1,
    weight_decay: Annotated[float, typer.Option(help="AdamW's weight decay.")] = 1e-2,
    baselines: Annotated[
        str, typer.Option(help="Fingerprint models to compare with, by commas; none for none.")
    ] = "ecfp-rf,fingerprint-gp",
    time_limit: TimeLimit = None,
    precision: Precision = "auto",
    device: Device = "auto",
) -> None:
    """From a labelled table to a model, an honest comparison and a report.

    Trains the network from the checkpoint and from scratch over several seeds, beside a random
    forest and a Gaussian process on fingerprints, all on the same split; prints the table and the
    verdict on pre-training; leaves RUN/model, RUN/report.html, RUN/metrics.json,
    RUN/predictions.csv and RUN/split.json.

    Example: graftwork finetune -i ic50.csv -s smiles -t pIC50 -o run
    """
    from graftwork import api  # noqa: PLC0415
    from graftwork.cli.show import show_run  # noqa: PLC0415
    from graftwork.evaluation.finetune_config import FinetuneConfig  # noqa: PLC0415

    config = FinetuneConfig(
        start_from=start_from,
        task=task,
        split=split,
        split_sizes=split_sizes,
        strategy=strategy,
        pooling=pooling,
        seed=seed,
        num_seeds=num_seeds,
        data_seed=data_seed,
        standardize=standardize,
        epochs=epochs,
        patience=patience,
        batch_size=batch_size,
        learning_rate=learning_rate,
        featurizer=featurizer,
        num_layers=num_layers,
        dim=dim,
        jumping_knowledge=jumping_knowledge,  # type: ignore[arg-type]  # checked by the config
        dropout=dropout,
        hidden_layers=hidden_layers,
        weight_decay=weight_decay,
        refit=refit,
        baselines=() if baselines == "none" else tuple(baselines.split(",")),
        time_limit=time_limit,
        precision=precision,
        device=device,
    )
    run = api.finetune(
        input_path,
        targets,
        output,
        config=config,
        smiles_column=smiles_column,
        splits_column=splits_column,
        command=shlex.join(["graftwork", *sys.argv[1:]]),
    )
    show_run(run)
