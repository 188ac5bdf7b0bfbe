"""graftwork check-data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graftwork.cli.options import Input, SmilesColumn, Targets


def check_data(
    input_path: Input,
    smiles_column: SmilesColumn = None,
    targets: Targets = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Write every finding to this table.")
    ] = None,
) -> None:
    """Say what is wrong with a table before it is trained on.

    Unusable structures, labels that are not numbers, salts, charges, duplicates, conflicting
    labels, and molecules that differ only in salt, charge or stereo.

    Example: graftwork check-data -i ic50.csv -t pIC50 -o findings.csv
    """
    from graftwork.data.check import KINDS, check_table  # noqa: PLC0415
    from graftwork.data.places import require_distinct  # noqa: PLC0415
    from graftwork.data.writers import TableWriter  # noqa: PLC0415
    from graftwork.errors import InputError  # noqa: PLC0415

    if output is not None:
        require_distinct(output, input_path)
        TableWriter(output, [])  # an impossible name is an error now, not after the work
    found = check_table(input_path, smiles_column, targets)
    for warning in found.warnings:
        typer.echo(f"Warning: {warning}")
    typer.echo(f"{found.rows} rows, {found.usable} usable")
    for kind, count in found.counts().items():
        typer.echo(f"{count:6d}  {kind}: {KINDS[kind]}")
        for finding in [f for f in found.findings if f.kind == kind][:3]:
            typer.echo(f"          row {finding.row}: {finding.value[:60]!r}, {finding.detail}")
    if not found.findings:
        typer.echo("Nothing to complain about.")
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
