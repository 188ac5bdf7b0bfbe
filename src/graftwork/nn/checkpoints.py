"""Where models are found: a path, a run directory, or the name of a bundled checkpoint."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from graftwork.errors import ArtifactError

DEFAULT = "gin-assays"


def bundled() -> dict[str, Path]:
    """Return the checkpoints that come with the package, by name."""
    folder = Path(str(resources.files("graftwork"))) / "checkpoints"
    return {p.parent.name: p.parent for p in sorted(folder.glob("*/config.json"))}


def find_model(name: str | Path) -> Path:
    """Return the artifact directory that ``name`` means.

    ``default`` or another bundled name, an artifact directory, or a run directory that holds
    ``model/``.

    Raises
    ------
    ArtifactError
        If there is no such thing.
    """
    known = bundled()
    wanted = DEFAULT if str(name) == "default" else str(name)
    path = Path(name)
    if wanted in known and not path.exists():
        return known[wanted]
    if not path.exists():
        raise ArtifactError(
            f"There is no model at {str(name)!r}, and no bundled checkpoint of that name.",
            f"Bundled: default, {', '.join(known) or 'none'}.",
        )
    return path / "model" if (path / "model").is_dir() else path
