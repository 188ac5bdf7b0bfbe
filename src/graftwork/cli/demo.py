"""graftwork demo."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo(
    output: Annotated[
        Path, typer.Option("-o", "--output-dir", help="Where to put data, model and report.")
    ] = Path("demo-run"),
) -> None:
    """The main job on real data that needs no download.

    Fine-tunes the bundled checkpoint on 1,017 measured c-MET potencies (pIC50, ChEMBL2321810,
    from RDKit's wheel), tests it on scaffolds it has not seen, and holds it against the same
    network from scratch and against two fingerprint models. Takes a few minutes on a laptop.
    """
    from graftwork.api import finetune  # noqa: PLC0415
    from graftwork.cli.show import show_run  # noqa: PLC0415
    from graftwork.data.cmet import write_cmet  # noqa: PLC0415

    table = write_cmet(output / "cmet_pic50.csv")
    run = finetune(
        table,
        "pIC50",
        output / "run",
        smiles_column="smiles",
        command=f"graftwork demo -o {output}",
    )
    show_run(run)
    typer.echo(
        f"Next: graftwork predict -m {run.folder} -i {table} -o {output / 'predictions.csv'}"
    )
