"""graftwork embed."""

from __future__ import annotations

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
    from graftwork.cli.rows import write_nodes, write_rows, write_vectors  # noqa: PLC0415
    from graftwork.errors import InputError  # noqa: PLC0415
    from graftwork.inference import load  # noqa: PLC0415

    if level not in ("graph", "node"):
        raise InputError(f"No level is called {level!r}.", "Known: graph, node.")
    npy = output.suffix.lower() == ".npy"
    if level == "node" and npy:
        raise InputError(
            f"Atoms of many molecules do not fit the rows of {output}.", "Write X.parquet or X.csv."
        )
    loaded = load(model)
    names = [f"e{i}" for i in range(loaded.encoder.config.dim)]
    if level == "node":
        write_nodes(input_path, smiles_column, output, names, loaded)
    elif npy:
        write_vectors(input_path, smiles_column, output, loaded)
    else:
        write_rows(input_path, smiles_column, output, names, loaded.embed_records)
