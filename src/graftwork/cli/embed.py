"""graftwork embed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from graftwork.cli.options import Input, ModelOption, SmilesColumn


def embed(
    model: ModelOption,
    input_path: Input,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="X.npy (vectors), X.parquet or X.csv (with ids).")
    ] = Path("embeddings.npy"),
    smiles_column: SmilesColumn = None,
    level: Annotated[str, typer.Option(help="graph (a vector per row) or node (per atom).")] = (
        "graph"
    ),
) -> None:
    """Turn molecules into vectors.

    X.npy holds float32 [rows, dim] in row order, NaN for rejected rows; tables keep the original
    columns. With --level node a table gets one row per atom: row, atom, e0, e1, ...

    Example: graftwork embed -m default -i molecules.csv -o vectors.npy
    """
    import numpy as np  # noqa: PLC0415

    from graftwork.cli.rows import report_outcome, write_rows  # noqa: PLC0415
    from graftwork.data.sources import open_table  # noqa: PLC0415
    from graftwork.data.writers import TableWriter  # noqa: PLC0415
    from graftwork.errors import InputError  # noqa: PLC0415
    from graftwork.inference import load  # noqa: PLC0415

    loaded = load(model)
    dim = loaded.encoder.config.dim
    names = [f"e{i}" for i in range(dim)]
    if level == "graph" and output.suffix != ".npy":
        write_rows(input_path, smiles_column, output, names, loaded.embed_records)
        return
    if level != "graph" and output.suffix == ".npy":
        raise InputError(
            f"Atoms of many molecules do not fit the rows of {output}.", "Write X.parquet or X.csv."
        )
    reasons: Counter[str] = Counter()
    good = 0
    rows = loaded.embed_records(
        open_table(input_path, smiles_column).rows(), "node" if level == "node" else "graph"
    )
    if level == "node":
        with TableWriter(output, ["row", "atom", *names]) as writer:
            for row in rows:
                good += row.values is not None
                reasons.update([row.reason] if row.values is None else [])
                for atom, values in enumerate([] if row.values is None else row.values):
                    writer.write([row.record.row, atom, *values.tolist()])
    else:
        vectors = []
        for row in rows:
            good += row.values is not None
            reasons.update([row.reason] if row.values is None else [])
            vectors.append(np.full(dim, np.nan, np.float32) if row.values is None else row.values)
        output.parent.mkdir(parents=True, exist_ok=True)
        np.save(output, np.array(vectors, np.float32).reshape(-1, dim))
    report_outcome(input_path, output, good, reasons)
