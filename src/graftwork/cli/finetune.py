"""graftwork finetune."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from graftwork.cli.options import (
    Device,
    Input,
    Precision,
    SmilesColumn,
    Targets,
    TimeLimit,
    chosen,
)


def finetune(
    ctx: typer.Context,
    input_path: Input,
    output: Annotated[
        Path | None, typer.Option("-o", "--output-dir", help="Run directory; default runs/NAME.")
    ] = None,
    smiles_column: SmilesColumn = None,
    targets: Targets = None,
    start_from: Annotated[
        str, typer.Option("--from", help="Checkpoint: a bundled name, a path, or none.")
    ] = "default",
    preset: Annotated[
        str, typer.Option(help="Settings of a paper: default or hu2020; other options win.")
    ] = "default",
    model: Annotated[
        str,
        typer.Option(
            help="What is left behind: auto (a blend of the network and models of fingerprints, "
            "each with the weight it earns out of fold; the network alone for nodes) or network."
        ),
    ] = "auto",
    task: Annotated[
        str, typer.Option(help="auto, classification, multiclass or regression.")
    ] = "auto",
    split: Annotated[
        str,
        typer.Option(
            help="auto, scaffold (deterministic), balanced-scaffold, random, group, or public "
            "(that of a network's file)."
        ),
    ] = "auto",
    split_sizes: Annotated[
        tuple[float, float, float], typer.Option(help="Train, validation and test fractions.")
    ] = (0.8, 0.1, 0.1),
    splits_column: Annotated[
        str | None, typer.Option(help="Column that says train, val or test; overrides --split.")
    ] = None,
    test_groups: Annotated[
        list[str] | None,
        typer.Option(help="With --split group: a group of nodes, e.g. a species. Repeat it."),
    ] = None,
    strategy: Annotated[
        str,
        typer.Option(
            help="full, delayed, gradual, frozen, linear-probe; auto is frozen below 300 rows "
            "to train on, else full; for networks full."
        ),
    ] = "auto",
    encoder_rate: Annotated[
        float, typer.Option(help="Learning rate of the encoder as a share of the head's.")
    ] = 1.0,
    layer_decay: Annotated[
        float, typer.Option(help="Learning rate of a layer as a share of that of the one above.")
    ] = 1.0,
    average: Annotated[
        float,
        typer.Option(
            help="Weights are averaged over the steps: the larger, the more the last ones count; "
            "0 for the last step alone."
        ),
    ] = 1.0,
    pooling: Annotated[
        str,
        typer.Option(
            help="mean, sum, mean-sum, max, attention; centre or centre-mean for nodes; auto: "
            "mean or centre."
        ),
    ] = "auto",
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
        typer.Option(
            help="Most passes over the training part; default 15, more for few rows, fewer for "
            "very many."
        ),
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(help="Epochs without progress before stopping; default half of them."),
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option(help="Rows per step; default 32, more for many rows.")
    ] = None,
    learning_rate: Annotated[
        float, typer.Option(help="Peak learning rate; a network: 0.005.")
    ] = 5e-4,
    schedule: Annotated[str, typer.Option(help="warmup-cosine or constant.")] = "warmup-cosine",
    clip: Annotated[float, typer.Option(help="Largest gradient norm; 0 for none.")] = 5.0,
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
    conv: Annotated[
        str,
        typer.Option(
            "--encoder",
            help="With --from none: gin, gcn, graphsage, gat, gatv2 or gine; a network: gcn.",
        ),
    ] = "gin",
    num_layers: Annotated[
        int, typer.Option(help="With --from none: number of layers; a network: 2.")
    ] = 5,
    dim: Annotated[int, typer.Option(help="With --from none: width; a network: 64.")] = 256,
    jumping_knowledge: Annotated[
        str, typer.Option(help="With --from none: last, sum, mean or max.")
    ] = "last",
    hops: Annotated[
        int, typer.Option(help="With --from none, for a network: radius of the ego networks.")
    ] = 2,
    max_nodes: Annotated[
        int, typer.Option(help="With --from none, for a network: most nodes of each; 0: no limit.")
    ] = 256,
    dropout: Annotated[
        float, typer.Option(help="Dropout in encoder and head; a network: 0.5.")
    ] = 0.1,
    hidden_layers: Annotated[int, typer.Option(help="Hidden layers of the head.")] = 1,
    ensemble: Annotated[
        int,
        typer.Option(help="Networks to train and to average wherever one would be trained."),
    ] = 1,
    weight_decay: Annotated[float, typer.Option(help="AdamW's weight decay.")] = 1e-2,
    baselines: Annotated[
        str,
        typer.Option(
            help="Models to compare with, by commas; all for those that apply, none for none."
        ),
    ] = "all",
    time_limit: TimeLimit = None,
    precision: Precision = "auto",
    device: Device = "auto",
) -> None:
    """From a labelled table or network to a model, an honest comparison and a report.

    Trains the network from the checkpoint and from scratch over several seeds, beside models that
    need no network (fingerprints of molecules; features and topology of nodes), all on the same
    split; prints the table and the verdict on pre-training; leaves RUN/model, RUN/report.html,
    RUN/metrics.json, RUN/predictions.csv and RUN/split.json.

    Example: graftwork finetune -i ic50.csv -s smiles -t pIC50 -o run

    Example: graftwork finetune -i cora.npz --from none -o run
    """
    from graftwork import api  # noqa: PLC0415
    from graftwork.cli.show import show_run  # noqa: PLC0415
    from graftwork.data.networks import is_network  # noqa: PLC0415
    from graftwork.evaluation.baselines import BASELINES  # noqa: PLC0415
    from graftwork.evaluation.finetune_config import (  # noqa: PLC0415
        NETWORK_DEFAULTS,
        FinetuneConfig,
    )
    from graftwork.training.presets import FINETUNE_PRESETS  # noqa: PLC0415
    from graftwork.training.presets import preset as find_preset  # noqa: PLC0415

    usual = NETWORK_DEFAULTS if is_network(input_path) else {}
    settings = chosen(ctx, FinetuneConfig, {**usual, **find_preset(FINETUNE_PRESETS, preset)})
    names = {"all": tuple(BASELINES), "none": ()}
    settings["baselines"] = names.get(
        baselines, tuple(part.strip() for part in baselines.split(","))
    )
    settings["test_groups"] = tuple(test_groups or ())
    run = api.finetune(
        input_path,
        targets,
        output,
        config=FinetuneConfig(**settings),
        smiles_column=smiles_column,
        splits_column=splits_column,
        command=shlex.join(["graftwork", *sys.argv[1:]]),
    )
    show_run(run)
