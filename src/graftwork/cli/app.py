"""All commands in one place."""

from __future__ import annotations

import typer

from graftwork.cli.benchmark import benchmark
from graftwork.cli.check_data import check_data
from graftwork.cli.convert import convert
from graftwork.cli.datasets import datasets
from graftwork.cli.demo import demo
from graftwork.cli.embed import embed
from graftwork.cli.finetune import finetune
from graftwork.cli.models import models
from graftwork.cli.predict import predict
from graftwork.cli.pretrain import pretrain
from graftwork.errors import InputError
from graftwork.launch import launch

app = typer.Typer(
    name="graftwork",
    help="Pre-train graph neural networks once, graft them onto tasks with few labels, and learn "
    "honestly whether that helped.\n\nStart with: graftwork demo",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (demo, finetune, benchmark, predict, embed, check_data, pretrain, convert, models):
    app.command()(command)
app.add_typer(datasets, name="datasets")


def _version(value: bool) -> None:
    if value:
        from graftwork import __version__  # noqa: PLC0415

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    ctx: typer.Context,
    version: bool = typer.Option(
        False,
        "--version",
        callback=_version,
        is_eager=True,
        help="Show the version.",
    ),
) -> None:
    _ = version
    if launch().world > 1 and ctx.invoked_subcommand != "pretrain":
        raise InputError(
            f"{ctx.invoked_subcommand} runs in one process; torchrun has started {launch().world}.",
            "Leave torchrun out: only pretrain shares its work.",
        )
