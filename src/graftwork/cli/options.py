"""Options that several commands share. Heavy modules load when a command runs, not for --help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Any

import typer

from graftwork.config import Config


def _file(text: str) -> Path:
    """Read a path, or a name from 'graftwork datasets list'."""
    from graftwork.data.catalog import resolve_input  # noqa: PLC0415

    return resolve_input(text)


Input = Annotated[
    Path,
    typer.Option(
        "-i",
        "--input",
        parser=_file,
        metavar="FILE",
        help="Table with one molecule per row: .csv .tsv .smi .sdf .parquet (.gz); for finetune, "
        "predict and embed also a network (.npz), whose rows are its nodes; or a name from "
        "'graftwork datasets list'.",
    ),
]
SmilesColumn = Annotated[
    str | None,
    typer.Option("-s", "--smiles-column", help="Column with the SMILES; found by name if omitted."),
]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "-t",
        "--target-columns",
        help="Column with the labels; repeat it or separate names by commas, '*' means all others. "
        "If omitted, the only numeric column.",
    ),
]
ModelOption = Annotated[
    str,
    typer.Option(
        "-m", "--model", help="A run directory, an artifact, or a name from 'graftwork models'."
    ),
]
Engine = Annotated[
    str,
    typer.Option(
        help="Where molecules are computed: local, or ray for the cluster at RAY_ADDRESS "
        "(docs/scale-out.md)."
    ),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
Precision = Annotated[
    str,
    typer.Option(help="auto (bf16-mixed where the processor has it), 32-true or bf16-mixed."),
]
EncoderPrecision = Annotated[
    str,
    typer.Option(
        help="Of the encoder: 32-true, bf16-mixed, or auto for bfloat16 where the processor has "
        "it: faster on long tables, results differ in the third digit."
    ),
]
TimeLimit = Annotated[
    float | None, typer.Option(help="Stop training after so many seconds and use what is there.")
]


def chosen(ctx: typer.Context, config: type[Config], preset: Mapping[str, Any]) -> dict[str, Any]:
    """Return a command's settings: what the user typed, else the preset, else the default."""
    names = [item.name for item in fields(config) if item.name in ctx.params]
    untyped = {key: value for key, value in preset.items() if not _typed(ctx, key)}
    return {**{name: ctx.params[name] for name in names}, **untyped}


def typed_options(ctx: typer.Context, ignore: Sequence[str] = ()) -> list[str]:
    """Return the flags that the user typed, as the command calls them."""
    return [
        parameter.opts[-1]
        for parameter in ctx.command.params
        if parameter.name and parameter.name not in ignore and _typed(ctx, parameter.name)
    ]


def _typed(ctx: typer.Context, name: str) -> bool:
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"
