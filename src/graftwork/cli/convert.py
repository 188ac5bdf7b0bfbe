"""graftwork convert."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def convert(
    checkpoint: Annotated[
        Path, typer.Option("-i", "--input", help="Checkpoint: a PyTorch file of weights.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output-dir", help="Model directory.")],
    name: Annotated[
        str | None, typer.Option(help="What the model card calls it; the file's name if omitted.")
    ] = None,
    licence: Annotated[str, typer.Option(help="Licence of the weights, for the card.")] = (
        "not stated"
    ),
    encoder: Annotated[
        str | None,
        typer.Option(help="gin, gcn, graphsage or gat; found from the weights if omitted."),
    ] = None,
) -> None:
    """Turn a published checkpoint into a model that finetune and embed can use.

    Reads the chemistry checkpoints of Hu et al. (ICLR 2020, pretrain-gnns: GIN, GCN, GraphSAGE,
    GAT), files of others in the same layout, and MolCLR's GIN. Nothing in the file is executed.

    Example: graftwork convert -i gcn_contextpred.pth -o gcn-contextpred --licence MIT
    """
    from graftwork.data.featurize import SCHEMAS  # noqa: PLC0415
    from graftwork.data.places import make_folder  # noqa: PLC0415
    from graftwork.errors import InputError  # noqa: PLC0415
    from graftwork.nn.artifact import save_artifact  # noqa: PLC0415
    from graftwork.nn.legacy import read_checkpoint  # noqa: PLC0415
    from graftwork.nn.pretrain_gnns import build_encoder  # noqa: PLC0415

    found = read_checkpoint(checkpoint)
    converted = build_encoder(found, SCHEMAS["hu2020"], encoder)
    if output.exists() and not _replaceable(output):
        raise InputError(
            f"{output} exists and is no earlier conversion; it would be replaced.",
            "Choose another -o.",
        )
    target = output.resolve()  # "." has no name to give a partial directory
    make_folder(target.parent)
    save_artifact(
        target,
        converted.encoder,
        {
            "made_by": "convert",
            "name": name or checkpoint.stem,
            "file": found.name,
            "file_sha256": found.sha256,
            "source_format": converted.layout,
            "licence": licence,
            "corpus": "not stated in the file",
            "dropped": converted.dropped,
            "padded": converted.padded,
        },
    )
    shape = converted.encoder.config
    typer.echo(f"Checkpoint {output}: {shape.conv}, {shape.num_layers} x {shape.dim}")
    for what in converted.dropped:
        typer.echo(f"  dropped {what}")
    for what in converted.padded:
        typer.echo(f"  padded  {what}")
    typer.echo(f"Next: graftwork finetune -i table.csv -t TARGET --from {output}")


def _replaceable(folder: Path) -> bool:
    """Whether the folder is empty, or holds what this command wrote and nothing else."""
    from graftwork.errors import ArtifactError  # noqa: PLC0415
    from graftwork.nn.artifact import FILES, load_artifact  # noqa: PLC0415

    if not folder.is_dir():
        return False
    names = {path.name for path in folder.iterdir()}
    try:
        return not names or (
            names == set(FILES) and load_artifact(folder).provenance.get("made_by") == "convert"
        )
    except ArtifactError:
        return False
