"""graftwork models."""

from __future__ import annotations

import json
import sys


def models() -> None:
    """List the checkpoints that come with the package."""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from graftwork.nn.checkpoints import DEFAULT, bundled  # noqa: PLC0415

    table = Table()
    for heading in ("name", "objective", "encoder", "corpus", "graphs seen", "size"):
        table.add_column(heading)
    for name, folder in bundled().items():
        history = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
        shape = json.loads((folder / "config.json").read_text(encoding="utf-8"))["encoder"]
        table.add_row(
            f"{name} (default)" if name == DEFAULT else name,
            history["objective"],
            f"{shape['conv']} {shape['num_layers']} x {shape['dim']}",
            f"{history['corpus']}, {history['graphs']:,} graphs",
            f"{history['graphs_seen']:,}",
            f"{(folder / 'model.safetensors').stat().st_size / 1e6:.1f} MB",
        )
    Console(file=sys.stdout, highlight=False).print(table)
