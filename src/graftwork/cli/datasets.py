"""graftwork datasets list, get and show."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pathlib import Path

    from graftwork.data.catalog import Dataset

datasets = typer.Typer(
    name="datasets",
    help="List, fetch and describe public data sets.\n\nA folder named by the environment variable "
    "GRAFTWORK_DATA is used as it is; downloads go to GRAFTWORK_CACHE or ~/.cache/graftwork.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@datasets.command("list")
def list_datasets(
    suite: Annotated[str | None, typer.Option(help="Only the sets of this suite.")] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            help="Only classification, regression, unlabelled, network, weights or reference."
        ),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the table of the documentation.")
    ] = False,
) -> None:
    """List the known data sets: name, size, task, licence, and where they are.

    Example: graftwork datasets list --kind regression
    """
    from graftwork.data.catalog import CATALOG, TASKS, whereabouts  # noqa: PLC0415
    from graftwork.data.suites import SUITES, expand, find_suite  # noqa: PLC0415
    from graftwork.errors import InputError  # noqa: PLC0415

    if kind is not None and kind not in TASKS:
        raise InputError(f"No kind of data set is called {kind!r}.", f"Known: {', '.join(TASKS)}.")
    names = list(CATALOG) if suite is None else list(find_suite(suite).datasets)
    chosen = [dataset for dataset in expand(names) if kind in (None, dataset.task)]
    if markdown:
        typer.echo("| name | rows | task | licence | address |\n|---|---|---|---|---|")
        for dataset in chosen:
            typer.echo(_markdown(dataset))
        return
    rows = [("name", "rows", "task", "licence", "where")]
    rows += [(d.name, d.size, d.task, d.licence, whereabouts(d)[0]) for d in chosen]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())
    if suite is None:
        typer.echo(f"{len(chosen)} data sets; suites: {', '.join(SUITES)}")


@datasets.command("get")
def get(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME|SUITE...", help="Data sets or suites.")
    ],
) -> None:
    """Fetch data sets, check them, and say where they are.

    What is here already is only checked. A set without a public file of the same content is
    named with its source, and the exit code is 2.

    Example: graftwork datasets get bbbp moleculeace
    """
    from graftwork.data.catalog import whereabouts  # noqa: PLC0415
    from graftwork.data.fetch import obtain  # noqa: PLC0415
    from graftwork.data.suites import expand  # noqa: PLC0415
    from graftwork.errors import InputError  # noqa: PLC0415

    missing: list[InputError] = []
    for dataset in expand(names):
        try:
            found = obtain(dataset)
        except InputError as error:
            if whereabouts(dataset)[0] != "not here":
                raise  # the file is here, but is not what it should be
            missing.append(error)
            continue
        how = "downloaded" if found.new else f"in the {found.place}"
        check = "checksum matches" if found.checked else "no checksum known"
        typer.echo(f"{dataset.name}  {found.path}  ({how}, {check})")
    if len(missing) == 1:
        raise missing[0]
    if missing:
        listed = "\n".join(f"- {error.message}" for error in missing)
        raise InputError(
            f"{len(missing)} data sets cannot be downloaded:\n{listed}\n",
            "Set GRAFTWORK_DATA to a folder that holds them.",
        )


@datasets.command("show")
def show(name: Annotated[str, typer.Argument(metavar="NAME", help="A data set.")]) -> None:
    """Describe one data set: what is in it, where it comes from, how to use it.

    Example: graftwork datasets show bace
    """
    from graftwork.data.catalog import find, whereabouts  # noqa: PLC0415
    from graftwork.data.suites import SUITES  # noqa: PLC0415

    dataset = find(name)
    place, path = whereabouts(dataset)
    targets = "all other columns" if dataset.targets == ("*",) else ", ".join(dataset.targets)
    suites = [suite.name for suite in SUITES.values() if dataset.name in suite.datasets]
    facts = {
        "about": dataset.note,
        "task": dataset.task,
        "size": dataset.size,
        "structures": dataset.smiles_column,
        "targets": targets,
        "split": dataset.splits_column,
        "suites": ", ".join(suites),
        "licence": dataset.licence,
        "address": dataset.address,
        "derived": dataset.derived,
        "sha256": dataset.sha256,
        "where": f"{place}, {path}" if place != "not here" else place,
        "use": _command(dataset, path),
    }
    typer.echo(dataset.name)
    for label, text in facts.items():
        if text:
            typer.echo(f"  {label:<10}  {text}")


def _command(dataset: Dataset, path: Path) -> str:
    """Return the command that trains on this set, or nothing."""
    file = shlex.quote(str(path))
    if dataset.task == "unlabelled":
        return f"graftwork pretrain -i {file} -o RUN"
    if not (dataset.smiles_column and dataset.targets):
        return ""
    targets = " ".join(f"-t {shlex.quote(target)}" for target in dataset.targets)
    split = f" --splits-column {dataset.splits_column}" if dataset.splits_column else ""
    return (
        f"graftwork finetune -i {file} -s {dataset.smiles_column} {targets} "
        f"--task {dataset.task}{split}"
    )


def _markdown(dataset: Dataset) -> str:
    """Return the row of one set in the table of the documentation."""
    source = f"<{dataset.address}>" if dataset.address else ""
    if dataset.derived:
        source = f"derived: {dataset.derived}{'; from ' if source else ''}{source}"
    cells = (f"`{dataset.name}`", dataset.size, dataset.task, dataset.licence, source)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
