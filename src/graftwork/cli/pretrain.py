"""graftwork pretrain."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from graftwork import console
from graftwork.cli.options import (
    Device,
    Engine,
    Precision,
    SmilesColumn,
    TimeLimit,
    chosen,
    typed_options,
)
from graftwork.launch import launch

if TYPE_CHECKING:
    from graftwork.data.corpus import Corpus


_DEPTH = ("--num-layers", "--dim", "--jumping-knowledge", "--norm", "--residual")
_SHAPE = ("--encoder", "--featurizer", *_DEPTH)
_BESIDE_A_RECIPE = ("output", "recipe", "overwrite", "checkpoint_every", "device", "engine")


def pretrain(
    ctx: typer.Context,
    output: Annotated[Path, typer.Option("-o", "--output-dir", help="Run directory.")],
    corpus: Annotated[
        str | None,
        typer.Option(
            "-i",
            "--input",
            help="Corpus: .smi .csv .sdf .parquet (.gz), a network (.npz), a graph store, or a "
            "name from 'graftwork datasets list'.",
        ),
    ] = None,
    recipe: Annotated[
        Path | None,
        typer.Option("--config", help="A recipe (YAML): corpus, stages and settings in one file."),
    ] = None,
    objective: Annotated[
        str,
        typer.Option(
            help="What to learn, e.g. attribute-masking, context-prediction, masked-autoencoder, "
            "descriptors or supervised (docs/objectives has all); joined with + they train jointly."
        ),
    ] = "attribute-masking",
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            help="A setting of the objective, e.g. rate=0.25, or infomax.weight=0.5 where several "
            "train jointly. Repeat it.",
        ),
    ] = None,
    start_from: Annotated[
        str | None, typer.Option("--from", help="Checkpoint whose encoder continues.")
    ] = None,
    preset: Annotated[
        str, typer.Option(help="Settings of a paper: default or hu2020; other options win.")
    ] = "default",
    conv: Annotated[
        str, typer.Option("--encoder", help="Layer: gin, gcn, graphsage, gat, gatv2 or gine.")
    ] = "gin",
    num_layers: Annotated[int, typer.Option(help="Number of layers.")] = 5,
    dim: Annotated[int, typer.Option(help="Width of the embeddings.")] = 256,
    jumping_knowledge: Annotated[str, typer.Option(help="last, sum, mean or max.")] = "last",
    norm: Annotated[
        str, typer.Option(help="batch, layer or none; masking is faster with the last two.")
    ] = "batch",
    residual: Annotated[
        bool, typer.Option("--residual", help="Layers from the second on add what they read.")
    ] = False,
    featurizer: Annotated[str, typer.Option(help="default or hu2020.")] = "default",
    standardize: Annotated[
        bool, typer.Option("--standardize", help="Keep the largest fragment and neutralise it.")
    ] = False,
    targets: Annotated[
        list[str] | None,
        typer.Option(
            "-t",
            "--target-columns",
            help="Label columns for supervised and deep-kernel; '*' means all others.",
        ),
    ] = None,
    features: Annotated[
        list[str] | None,
        typer.Option(
            help="Of a protein network: terms, or a file that lists them, whose annotations are "
            "features of the nodes. Repeat it."
        ),
    ] = None,
    measurements: Annotated[
        str | None,
        typer.Option(
            help="Long table of labels: columns mol (row of the corpus, from 0), assay, values."
        ),
    ] = None,
    min_labels: Annotated[int, typer.Option(help="Leave out tasks with fewer known labels.")] = 1,
    also: Annotated[
        list[str] | None,
        typer.Option(help="Further table, appended to the corpus, with labels of its own. Repeat."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            help="Table, data set or suite whose molecules are left out of the corpus. Repeat it."
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(help="Use only so many rows from the start of the corpus.")
    ] = None,
    epochs: Annotated[int, typer.Option(help="Passes over the corpus.")] = 1,
    max_steps: Annotated[
        int | None, typer.Option(help="Stop after so many steps, even within an epoch.")
    ] = None,
    batch_size: Annotated[int, typer.Option(help="Graphs per step, over all processes.")] = 256,
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 1e-3,
    schedule: Annotated[str, typer.Option(help="warmup-cosine or constant.")] = "warmup-cosine",
    clip: Annotated[float, typer.Option(help="Largest gradient norm; 0 for none.")] = 5.0,
    dropout: Annotated[float, typer.Option(help="Dropout after every layer.")] = 0.0,
    weight_decay: Annotated[float, typer.Option(help="AdamW's weight decay.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and masks.")] = 0,
    smiles_column: SmilesColumn = None,
    hops: Annotated[int, typer.Option(help="Of a network: radius of an ego network.")] = 2,
    max_nodes: Annotated[
        int, typer.Option(help="Of a network: largest ego network; 0 for no limit.")
    ] = 256,
    unlabelled_groups: Annotated[
        list[str] | None,
        typer.Option(
            help="Of a network: a group of nodes, e.g. a species to be tested on, whose labels are "
            "not used. Repeat it."
        ),
    ] = None,
    licence: Annotated[str, typer.Option(help="Licence of the corpus, for the card.")] = (
        "not stated"
    ),
    checkpoint_every: Annotated[int, typer.Option(help="Steps between checkpoints.")] = 500,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Forget an earlier run in the same directory.")
    ] = False,
    time_limit: TimeLimit = None,
    precision: Precision = "auto",
    device: Device = "auto",
    engine: Engine = "local",
) -> None:
    """From a corpus to a checkpoint that finetune --from can use.

    Killed or crashed? Run the same command again: it goes on from the last checkpoint, on one CPU
    to the same weights bit for bit. Stages follow one another with --from, or in a recipe. Several
    processes, or GPUs: torchrun --nproc-per-node 2 -m graftwork pretrain ...

    Example: graftwork pretrain -i corpus.smi.gz -o pretrained --epochs 2

    Example: graftwork pretrain -i assays.csv -t '*' --objective supervised --from pretrained
    --exclude my_test_set.csv -o staged
    """
    from graftwork.cli.engine import open_pool  # noqa: PLC0415
    from graftwork.data.catalog import resolve_input  # noqa: PLC0415
    from graftwork.data.corpus import Corpus  # noqa: PLC0415
    from graftwork.data.suites import resolve_inputs  # noqa: PLC0415
    from graftwork.errors import InputError  # noqa: PLC0415
    from graftwork.objectives.make import parse_options  # noqa: PLC0415
    from graftwork.training.presets import PRETRAIN_PRESETS, preset_options  # noqa: PLC0415
    from graftwork.training.presets import preset as find_preset  # noqa: PLC0415
    from graftwork.training.pretrain import pretrain as run_pretrain  # noqa: PLC0415
    from graftwork.training.pretrain_config import PretrainConfig  # noqa: PLC0415
    from graftwork.training.recipe import load_recipe, run_recipe  # noqa: PLC0415

    if corpus is None and recipe is None:
        raise InputError("Nothing to learn from.", "Give either -i CORPUS or --config RECIPE.")
    if recipe is not None:
        typed = typed_options(ctx, ignore=_BESIDE_A_RECIPE)
        if typed:
            raise InputError(
                f"A recipe says all of it; {', '.join(typed)} would be forgotten.",
                "Leave it out, or change it in a copy of the recipe.",
            )
    ignored = [flag for flag in typed_options(ctx) if flag in _SHAPE]
    if start_from is not None and ignored:
        console.say(f"Warning: {', '.join(ignored)} ignored: {start_from} has its own shape.")
    how: dict[str, Any] = {
        "overwrite": overwrite,
        "checkpoint_every": checkpoint_every,
        "device": device,
    }
    if recipe is not None:
        stages = load_recipe(recipe)
        with open_pool(engine) as pool:
            model = run_recipe(stages, output, pool=pool, **how)
        source = stages.stages[-1].corpus
        corpus = str(source.path)
    else:
        settings = chosen(ctx, PretrainConfig, find_preset(PRETRAIN_PRESETS, preset))
        settings["options"] = preset_options(
            preset, objective, parse_options(objective, option or [])
        )
        source = Corpus(
            resolve_input(str(corpus)),
            also=tuple(resolve_input(name) for name in also or ()),
            smiles_column=smiles_column,
            targets=tuple(targets or ()),
            measurements=None if measurements is None else resolve_input(measurements),
            min_labels=min_labels,
            labelled_only=objective in ("supervised", "deep-kernel"),
            limit=limit,
            exclude=resolve_inputs(exclude or ()),
            features=tuple(features or ()),
            unlabelled_groups=tuple(unlabelled_groups or ()),
            hops=hops,
            max_nodes=max_nodes,
        )
        with open_pool(engine) as pool:
            model = run_pretrain(
                source,
                output,
                PretrainConfig(**settings),
                start_from=start_from,
                licence=licence,
                pool=pool,
                **how,
            )
    if launch().rank:
        return
    typer.echo(f"Checkpoint {model}")
    typer.echo(f"Next: {_next_command(model, str(corpus), source, output)}")


def _next_command(model: Path, name: str, corpus: Corpus, output: Path) -> str:
    """Return the command that fine-tunes what was left: on a network, on the same one."""
    from graftwork.nn.artifact import load_artifact  # noqa: PLC0415

    network = load_artifact(model).schema.is_network
    table = name if network else "table.csv"
    command = ["graftwork", "finetune", "-i", table, "-t", "TARGET", "--from", str(output)]
    if corpus.unlabelled_groups:  # kept without labels: what is to be tested
        command += ["--split", "group"]
        command += [part for name in corpus.unlabelled_groups for part in ("--test-groups", name)]
    return shlex.join(command)
