"""graftwork models."""

from __future__ import annotations

import json

import typer


def models() -> None:
    """List the checkpoints that come with the package."""
    from graftwork.nn.checkpoints import DEFAULT, bundled  # noqa: PLC0415

    for name, folder in bundled().items():
        history = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
        shape = json.loads((folder / "config.json").read_text(encoding="utf-8"))["encoder"]
        size = (folder / "model.safetensors").stat().st_size / 1e6
        typer.echo(f"{name}{' (default)' if name == DEFAULT else ''}")
        typer.echo(f"  encoder    {shape['conv']}, {shape['num_layers']} x {shape['dim']}")
        typer.echo(f"  objective  {history['objective']}")
        typer.echo(f"  corpus     {history['corpus']}, {history['graphs']:,} molecules")
        typer.echo(f"  seen       {history['graphs_seen']:,} molecules in {history['steps']} steps")
        typer.echo(f"  licence    {history['corpus_licence']}")
        typer.echo(f"  size       {size:.1f} MB")
        typer.echo(f"  card       {folder / 'README.md'}")
