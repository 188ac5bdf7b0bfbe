"""The Python interface to fine-tuning: the same as the command, in one call."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from graftwork.data.networks import is_network
from graftwork.errors import InputError
from graftwork.evaluation.finetune import run_finetune
from graftwork.evaluation.finetune_config import NETWORK_DEFAULTS, FinetuneConfig
from graftwork.evaluation.finetune_run import FinetuneRun
from graftwork.report.finetuning import write_finetune_report


def finetune(
    table: str | Path,
    targets: str | Sequence[str] | None = None,
    output: str | Path | None = None,
    *,
    config: FinetuneConfig | None = None,
    smiles_column: str | None = None,
    splits_column: str | None = None,
    command: str | None = None,
    **settings: Any,
) -> FinetuneRun:
    """Fine-tune on a labelled table or network, compare, and write model and report.

    Parameters
    ----------
    table
        CSV, TSV, Parquet or SDF with one molecule per row; empty label = missing. Or a network
        (``.npz``), whose rows are its nodes.
    targets
        Names of the label columns; None takes the only numeric column.
    output
        The run directory; None makes a new one under ``runs/``.
    config
        Settings; single ones can be given by keyword instead, e.g. ``split="random"``. Without
        it, settings that are not given are ``FinetuneConfig()``'s, or for a network those of
        ``graftwork.evaluation.finetune_config.NETWORK_DEFAULTS``.
    smiles_column
        None finds it by its name.
    splits_column
        A column of ``train`` / ``val`` / ``test``; it overrides ``split``.
    command
        What the report shows as the way it was made.

    Returns
    -------
    FinetuneRun
        ``run.folder / "model"`` is the artifact, ``run.verdict`` the transfer verdict.

    Raises
    ------
    InputError
        If the table, a column or a setting cannot be used.

    Examples
    --------
    >>> import graftwork
    >>> run = graftwork.finetune("ic50.csv", "pIC50", "run")  # doctest: +SKIP
    >>> graftwork.load("run").predict(["CCO"])  # doctest: +SKIP
    """
    try:
        config = replace(config or _defaults(table), **settings)
    except TypeError as error:
        raise InputError(
            f"Unknown setting among {sorted(settings)}.", "See graftwork.FinetuneConfig."
        ) from error
    folder = Path(output) if output is not None else new_run_folder(Path(table))
    names = [targets] if isinstance(targets, str) else targets
    run = run_finetune(
        Path(table),
        folder,
        config,
        smiles_column=smiles_column,
        targets=names,
        splits_column=splits_column,
    )
    write_finetune_report(run, command or _call(table, names, run.config))
    return run


def _call(table: str | Path, names: Sequence[str] | None, config: FinetuneConfig) -> str:
    """Write the call that makes this run, with the settings that are not the defaults."""
    default = _defaults(table).to_dict()
    changed = {k: v for k, v in config.to_dict().items() if v != default[k]}
    settings = "".join(f", {key}={value!r}" for key, value in changed.items())
    return f"graftwork.finetune({str(table)!r}, {names!r}{settings})"


def _defaults(table: str | Path) -> FinetuneConfig:
    return FinetuneConfig(**(NETWORK_DEFAULTS if is_network(table) else {}))


def new_run_folder(source: Path, parent: Path = Path("runs")) -> Path:
    """Return a folder under ``runs/`` that does not exist yet, named after the input."""
    stem = source.name.split(".")[0] or "run"
    number, folder = 2, parent / stem
    while folder.exists():
        folder, number = parent / f"{stem}-{number}", number + 1
    return folder
