"""graftwork predict."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graftwork.cli.options import EncoderPrecision, Engine, Input, ModelOption, SmilesColumn


def predict(
    model: ModelOption,
    input_path: Input,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Table to write: .csv, .tsv (.gz) or .parquet.")
    ] = Path("predictions.csv"),
    smiles_column: SmilesColumn = None,
    engine: Engine = "local",
    precision: EncoderPrecision = "32-true",
) -> None:
    """Predict a table or a network: one row out per row in, in order, original columns kept.

    Adds pred_<target> (a probability for classification, a class number for multiclass), status
    (ok or rejected) and reason. The rows of a network (.npz) are its nodes.

    Example: graftwork predict -m run -i new_molecules.csv -o predictions.csv
    """
    from graftwork.cli.engine import open_model  # noqa: PLC0415

    with open_model(model, engine, precision) as loaded:
        from graftwork.cli.rows import write_rows  # noqa: PLC0415  (needs PyTorch too)

        added = [f"pred_{task}" for task in loaded.require_tasks()]
        write_rows(
            input_path, smiles_column, output, added, loaded.encoder.schema, loaded.predict_records
        )
