"""graftwork benchmark."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from graftwork.cli.options import Device, SmilesColumn, Targets


def benchmark(
    output: Annotated[
        Path, typer.Option("-o", "--output-dir", help="Directory; an earlier table there grows.")
    ],
    suite: Annotated[
        str | None,
        typer.Option(help="moleculenet, moleculenet-regression, moleculeace, admet or ppi."),
    ] = None,
    datasets: Annotated[
        str, typer.Option(help="Known data sets or files, by commas; with --suite, which of it.")
    ] = "",
    checkpoints: Annotated[
        list[str] | None,
        typer.Option(
            help="NAME=PATH, PATH or a bundled name; repeat it or separate by commas. none: only "
            "from scratch. Default: default, for networks none."
        ),
    ] = None,
    models: Annotated[
        str,
        typer.Option(
            help="network; auto, the blend that finetune leaves behind, and the same without a "
            "network; or network,auto."
        ),
    ] = "network",
    strategies: Annotated[
        str,
        typer.Option(
            help="full, delayed, gradual, frozen, linear-probe; several by commas. Default: "
            "auto, frozen below 300 rows to train on, else full; for networks full."
        ),
    ] = "",
    label_budget: Annotated[
        str,
        typer.Option(
            help="How many labelled rows to learn from, as 16,64,256,all; drawn anew for each seed."
        ),
    ] = "all",
    seeds: Annotated[
        int | None, typer.Option(min=1, help="How many seeds; default 3, or the preset's.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="First seed.")] = 0,
    baselines: Annotated[
        str,
        typer.Option(
            help="By commas; all that apply, or none. ecfp-rf+val learns from validation rows, "
            "too, like auto; beside auto all is both. Extra peers: chemprop, torch-molecule."
        ),
    ] = "all",
    preset: Annotated[
        str, typer.Option(help="default, or hu2020 for the paper's protocol.")
    ] = "default",
    epochs: Annotated[int | None, typer.Option(help="Most passes over the training part.")] = None,
    patience: Annotated[
        int | None, typer.Option(help="Epochs without progress before stopping.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="Rows per step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    encoder_rate: Annotated[
        float | None, typer.Option(help="Learning rate of the encoder as a share of the head's.")
    ] = None,
    layer_decay: Annotated[
        float | None,
        typer.Option(help="Learning rate of a layer as a share of that of the one above."),
    ] = None,
    average: Annotated[
        float | None, typer.Option(help="How weights are averaged over the steps; 0: not at all.")
    ] = None,
    dropout: Annotated[float | None, typer.Option(help="Dropout in encoder and head.")] = None,
    schedule: Annotated[str | None, typer.Option(help="warmup-cosine or constant.")] = None,
    clip: Annotated[float | None, typer.Option(help="Largest gradient norm; 0 for none.")] = None,
    weight_decay: Annotated[float | None, typer.Option(help="AdamW's weight decay.")] = None,
    hidden_layers: Annotated[int | None, typer.Option(help="Hidden layers of the head.")] = None,
    ensemble: Annotated[int | None, typer.Option(help="Networks to average.")] = None,
    pooling: Annotated[
        str | None,
        typer.Option(help="mean, sum, mean-sum, max, attention; centre or centre-mean for nodes."),
    ] = None,
    precision: Annotated[
        str | None, typer.Option(help="auto, 32-true or bf16-mixed; part of the protocol.")
    ] = None,
    split: Annotated[
        str,
        typer.Option(help="For all data sets; auto is the table's own, the suite's, or scaffold."),
    ] = "auto",
    split_sizes: Annotated[
        tuple[float, float, float] | None, typer.Option(help="Train, validation, test fractions.")
    ] = None,
    test_groups: Annotated[
        list[str] | None,
        typer.Option(help="With --split group: a group of nodes, e.g. a species. Repeat it."),
    ] = None,
    data_seed: Annotated[int | None, typer.Option(help="Seed of the splits.")] = None,
    encoder: Annotated[
        str | None, typer.Option(help="With --checkpoints none: message-passing layer.")
    ] = None,
    num_layers: Annotated[int | None, typer.Option(help="With --checkpoints none: layers.")] = None,
    dim: Annotated[int | None, typer.Option(help="With --checkpoints none: width.")] = None,
    featurizer: Annotated[
        str | None, typer.Option(help="With --checkpoints none: default or hu2020.")
    ] = None,
    jumping_knowledge: Annotated[
        str | None, typer.Option(help="With --checkpoints none: last, sum, mean or max.")
    ] = None,
    hops: Annotated[
        int | None, typer.Option(help="With --checkpoints none: radius of ego networks.")
    ] = None,
    max_nodes: Annotated[
        int | None, typer.Option(help="With --checkpoints none: most nodes of each; 0: no limit.")
    ] = None,
    smiles_column: SmilesColumn = None,
    targets: Targets = None,
    task: Annotated[
        str, typer.Option(help="For files: auto, classification, multiclass or regression.")
    ] = "auto",
    splits_column: Annotated[
        str | None, typer.Option(help="For files: column that says train, val or test.")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes at once; default one per core.")
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option(help="Start no new cell after so many seconds.")
    ] = None,
    cell_time_limit: Annotated[
        float | None, typer.Option(help="A cell that takes more seconds counts as failed.")
    ] = None,
    device: Device = "auto",
) -> None:
    """Data sets x checkpoints x seeds: a table with intervals and verdicts on pre-training.

    Every checkpoint is fine-tuned beside the same architecture from scratch and fingerprint
    baselines on the same splits and seeds. Stopped, killed or out of time? The same command goes
    on. More seeds, checkpoints or data sets in the same directory grow the table.

    Example: graftwork benchmark --suite moleculeace --seeds 5 --jobs 4 -o table
    """
    from graftwork.errors import RunError  # noqa: PLC0415
    from graftwork.evaluation import benchmark as bench  # noqa: PLC0415
    from graftwork.report.benchmark import write_benchmark_report  # noqa: PLC0415

    reading = bench.Reading(
        smiles_column=smiles_column,
        targets=tuple(targets) if targets else None,
        task=task,
        splits_column=splits_column,
        split=split,
        split_sizes=split_sizes,
        test_groups=tuple(test_groups or ()),
    )
    data = bench.data_specs(_names(datasets), suite, reading)
    data = bench.with_budgets(data, _budgets(label_budget))
    network = data[0].network
    config = bench.benchmark_config(
        preset,
        network=network,
        epochs=epochs,
        patience=patience,
        batch_size=batch_size,
        learning_rate=learning_rate,
        encoder_rate=encoder_rate,
        layer_decay=layer_decay,
        average=average,
        dropout=dropout,
        schedule=schedule,
        clip=clip,
        weight_decay=weight_decay,
        hidden_layers=hidden_layers,
        ensemble=ensemble,
        pooling=pooling,
        precision=precision,
        data_seed=data_seed,
        conv=encoder,
        num_layers=num_layers,
        dim=dim,
        featurizer=featurizer,
        jumping_knowledge=jumping_knowledge,
        hops=hops,
        max_nodes=max_nodes,
        device=device,
    )
    usual = "none" if network else "default"
    named = [name for text in checkpoints or [usual] for name in _names(text)]
    compared = bench.models_named(
        [name for name in named if name != "none"],
        {"all": None, "none": []}.get(baselines, _names(baselines)),
        config,
        network=network,
        kinds=_names(models),
    )
    count = seeds or config.num_seeds
    run = bench.run_benchmark(
        output,
        data,
        compared,
        config,
        strategies=_names(strategies) or [config.strategy],
        seeds=range(seed, seed + count),
        preset=preset,
        jobs=jobs,
        time_limit=time_limit,
        cell_time_limit=cell_time_limit,
    )
    report = write_benchmark_report(run, shlex.join(["graftwork", *sys.argv[1:]]))
    typer.echo((output / "table.md").read_text(encoding="utf-8"))
    typer.echo(f"Results   {output / 'results.csv'}")
    typer.echo(f"Verdicts  {output / 'verdicts.csv'}")
    if run.curves:
        typer.echo(f"Curves    {output / 'curves.csv'}, {output / 'curves.svg'}")
    typer.echo(f"Report    {report}")
    if run.failures:
        by_error: dict[str, list[str]] = {}
        for title, error in run.failures:
            by_error.setdefault(error.splitlines()[-1], []).append(title)
        failed = " ".join(f"{'; '.join(titles)}: {text}" for text, titles in by_error.items())
        raise RunError(
            f"{len(run.failures)} cell{'' if len(run.failures) == 1 else 's'} failed: {failed}",
            f"The rest is in {output}; the same command tries them again.",
        )


def _budgets(text: str) -> list[int | None]:
    from graftwork.errors import InputError  # noqa: PLC0415

    names = _names(text)
    for name in names or [text]:
        if name != "all" and not (name.isascii() and name.isdigit()):
            raise InputError(
                f"--label-budget: {name!r} is no number of rows.",
                "Give numbers separated by commas, and all for no limit: 16,64,256,all.",
            )
    return [None if name == "all" else int(name) for name in names]


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
