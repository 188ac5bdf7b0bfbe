"""graftwork embed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from graftwork.cli.options import EncoderPrecision, Engine, Input, ModelOption, SmilesColumn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from graftwork.data.networks import Network
    from graftwork.data.record import Record
    from graftwork.inference import RowResult


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
    engine: Engine = "local",
    precision: EncoderPrecision = "32-true",
) -> None:
    """Turn molecules, or the nodes of a network, into vectors.

    X.npy holds float32 [rows, dim] in row order, NaN for rejected rows; tables keep the original
    columns. With --level node a table gets one row per atom: row, atom, e0, e1, ...

    Example: graftwork embed -m default -i molecules.csv -o vectors.npy

    Example: graftwork embed -m run -i cora.npz -o vectors.npy
    """
    from graftwork.cli.engine import open_model  # noqa: PLC0415
    from graftwork.errors import InputError  # noqa: PLC0415

    if level not in ("graph", "node"):
        raise InputError(f"No level is called {level!r}.", "Known: graph, node.")
    npy = output.suffix.lower() == ".npy"
    if level == "node" and npy:
        raise InputError(
            f"Atoms of many molecules do not fit the rows of {output}.", "Write X.parquet or X.csv."
        )
    with open_model(model, engine, precision) as loaded:
        from graftwork.cli.rows import write_nodes, write_rows, write_vectors  # noqa: PLC0415

        width = loaded.encoder.config.dim if level == "node" else loaded.width
        names = [f"e{i}" for i in range(width)]
        if level == "node":
            write_nodes(input_path, smiles_column, output, names, loaded)
        elif npy:
            write_vectors(input_path, smiles_column, output, loaded)
        else:

            def compute(records: Iterable[Record], network: Network | None) -> Iterator[RowResult]:
                return loaded.embed_records(records, network=network)

            write_rows(input_path, smiles_column, output, names, loaded.encoder.schema, compute)
