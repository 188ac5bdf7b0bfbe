"""graftwork check-data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graftwork.cli.options import Input, SmilesColumn, Targets

if TYPE_CHECKING:
    from graftwork.data.check import Check
    from graftwork.data.membership import Membership


def check_data(
    input_path: Input,
    smiles_column: SmilesColumn = None,
    targets: Targets = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write every finding to this table.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against", help="Model whose training molecules are looked for in the table."
        ),
    ] = None,
) -> None:
    """Say what is wrong with a table before it is trained on.

    Unusable structures, labels that are not numbers, salts, charges, duplicates, conflicting
    labels, and molecules that differ only in salt, charge or stereo. With --against also the
    molecules and scaffolds that a model was trained on.

    Example: graftwork check-data -i ic50.csv -t pIC50 --against runs/pretrained -o findings.csv
    """
    from graftwork.data.check import check_table  # noqa: PLC0415
    from graftwork.data.places import require_distinct  # noqa: PLC0415
    from graftwork.data.writers import TableWriter  # noqa: PLC0415
    from graftwork.errors import InputError  # noqa: PLC0415

    if output is not None:
        require_distinct(output, input_path)
        TableWriter(output, [])  # an impossible name is an error now, not after the work
    membership = None if against is None else _membership(against)
    found = check_table(input_path, smiles_column, targets, membership)
    _show(found, against)
    if output is not None:
        with TableWriter(output, ["row", "line", "kind", "value", "detail"]) as writer:
            for f in found.findings:
                writer.write([f.row, f.line, f.kind, f.value, f.detail])
        typer.echo(f"All {len(found.findings)} findings: {output}")
    if found.usable == 0:
        raise InputError(
            f"{input_path} has no usable molecule among {found.rows} rows.",
            "Check the file and -s/--smiles-column.",
        )


def _show(found: Check, against: str | None) -> None:
    """Print counts, the first findings of each kind, and the overlap with a model's corpus."""
    from graftwork.data.check import KINDS  # noqa: PLC0415

    for warning in found.warnings:
        typer.echo(f"Warning: {warning}")
    typer.echo(f"{found.rows} rows, {found.usable} usable")
    if found.overlap is not None:
        typer.echo(f"Against {against}: {found.overlap.sentence()}")
    elif against is not None:
        typer.echo(
            f"Warning: {against} carries no record of its training molecules; whether they are in "
            "this table is unknown."
        )
    for kind, count in found.counts().items():
        typer.echo(f"{count:6d}  {kind}: {KINDS[kind]}")
        for finding in [f for f in found.findings if f.kind == kind][:3]:
            typer.echo(f"          row {finding.row}: {finding.value[:60]!r}, {finding.detail}")
    if not found.findings:
        typer.echo("Nothing to complain about.")


def _membership(model: str) -> Membership | None:
    """Return the record of a model's training molecules, None if it carries none."""
    from graftwork.data.membership import Membership  # noqa: PLC0415
    from graftwork.nn.artifact import load_artifact  # noqa: PLC0415
    from graftwork.nn.checkpoints import find_model  # noqa: PLC0415
    from graftwork.nn.record import MEMBERSHIP  # noqa: PLC0415

    folder = find_model(model)
    record = load_artifact(folder).membership
    return None if record is None else Membership.from_bytes(record, str(folder / MEMBERSHIP))
