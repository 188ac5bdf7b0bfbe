"""graftwork pretrain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from graftwork.cli.options import Device, Precision, SmilesColumn, TimeLimit


def pretrain(
    corpus: Annotated[
        Path,
        typer.Option("-i", "--input", help="Corpus: .smi .csv .sdf .parquet (.gz), or a store."),
    ],
    output: Annotated[Path, typer.Option("-o", "--output-dir", help="Run directory.")],
    objective: Annotated[str, typer.Option(help="What to learn: attribute-masking.")] = (
        "attribute-masking"
    ),
    start_from: Annotated[
        str | None, typer.Option("--from", help="Checkpoint whose encoder continues.")
    ] = None,
    encoder: Annotated[str, typer.Option(help="Message-passing layer: gin.")] = "gin",
    num_layers: Annotated[int, typer.Option(help="Number of layers.")] = 5,
    dim: Annotated[int, typer.Option(help="Width of the embeddings.")] = 256,
    jumping_knowledge: Annotated[str, typer.Option(help="last, sum, mean or max.")] = "last",
    featurizer: Annotated[str, typer.Option(help="default or hu2020.")] = "default",
    standardize: Annotated[
        bool, typer.Option("--standardize", help="Keep the largest fragment and neutralise it.")
    ] = False,
    mask_rate: Annotated[float, typer.Option(help="Share of atoms to hide.")] = 0.15,
    mask_edges: Annotated[
        bool, typer.Option("--mask-edges", help="Hide and predict their bonds too.")
    ] = False,
    epochs: Annotated[int, typer.Option(help="Passes over the corpus.")] = 1,
    batch_size: Annotated[int, typer.Option(help="Graphs per step.")] = 256,
    learning_rate: Annotated[float, typer.Option(help="Peak learning rate.")] = 1e-3,
    dropout: Annotated[float, typer.Option(help="Dropout after every layer.")] = 0.0,
    weight_decay: Annotated[float, typer.Option(help="AdamW's weight decay.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Seed of weights, order and masks.")] = 0,
    smiles_column: SmilesColumn = None,
    licence: Annotated[str, typer.Option(help="Licence of the corpus, for the card.")] = (
        "not stated"
    ),
    checkpoint_every: Annotated[int, typer.Option(help="Steps between checkpoints.")] = 500,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Forget an earlier run in the same directory.")
    ] = False,
    time_limit: TimeLimit = None,
    precision: Precision = "auto",
    device: Device = "auto",
) -> None:
    """From a corpus without labels to a checkpoint that finetune --from can use.

    Killed or crashed? Run the same command again: it goes on from the last checkpoint, on one CPU
    to the same weights bit for bit.

    Example: graftwork pretrain -i corpus.smi.gz -o pretrained --epochs 2
    """
    from graftwork.training.pretrain import pretrain as run_pretrain  # noqa: PLC0415
    from graftwork.training.pretrain_config import PretrainConfig  # noqa: PLC0415

    config = PretrainConfig(
        objective=objective,
        featurizer=featurizer,
        standardize=standardize,
        conv=encoder,
        num_layers=num_layers,
        dim=dim,
        jumping_knowledge=jumping_knowledge,
        mask_rate=mask_rate,
        mask_edges=mask_edges,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        dropout=dropout,
        weight_decay=weight_decay,
        precision=precision,
        time_limit=time_limit,
    )
    model = run_pretrain(
        corpus,
        output,
        config,
        start_from=start_from,
        smiles_column=smiles_column,
        overwrite=overwrite,
        checkpoint_every=checkpoint_every,
        device=device,
        licence=licence,
    )
    typer.echo(f"Checkpoint {model}")
    typer.echo(f"Next: graftwork finetune -i table.csv -t TARGET --from {output}")
