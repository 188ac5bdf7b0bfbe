"""A data set of the catalog -> a checked file on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graftwork.data.catalog import Dataset, Place, find, whereabouts
from graftwork.data.download import content_sha256, download
from graftwork.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Fetched", "fetch", "obtain"]


@dataclass(frozen=True)
class Fetched:
    """What `obtain` found or made.

    Parameters
    ----------
    dataset
        The row of the catalog.
    path
        The file.
    place
        ``"mirror"`` or ``"cache"``.
    new
        Whether it was downloaded just now.
    checked
        Whether its checksum was compared; False only where the catalog has none.
    """

    dataset: Dataset
    path: Path
    place: Place
    new: bool
    checked: bool


def fetch(name: str | Dataset, folder: str | Path | None = None) -> Path:
    """Return the checked file of a data set, downloading it if it is not on this machine.

    See `obtain` for parameters and errors.
    """
    return obtain(name, folder).path


def obtain(name: str | Dataset, folder: str | Path | None = None) -> Fetched:
    """Find a data set on this machine and check it, or download it.

    A file in the folder named by ``GRAFTWORK_DATA`` is checked where it is; nothing is copied.

    Parameters
    ----------
    name
        A name of the catalog, or a row.
    folder
        Where downloads are kept; None for ``GRAFTWORK_CACHE`` or ``~/.cache/graftwork``.

    Returns
    -------
    Fetched
        The file and what was done.

    Raises
    ------
    InputError
        If the name is unknown, a file that is here has other content than the catalog says,
        or the set is derived and cannot be downloaded.
    RunError
        If the download fails.
    """
    dataset = find(name) if isinstance(name, str) else name
    place, path = whereabouts(dataset, folder)
    if place != "not here":
        checked = bool(dataset.sha256)
        if checked and content_sha256(path) != dataset.sha256:
            raise InputError(
                f"{path} does not have the content of {dataset.name!r} (its SHA-256 differs).",
                f"Remove the file, then run 'graftwork datasets get {dataset.name}' again."
                if place == "cache" and not dataset.derived
                else "Restore it from its source.",
            )
        return Fetched(dataset, path, place, new=False, checked=checked)
    if dataset.derived:
        source = f" The source: {dataset.address}." if dataset.address else ""
        raise InputError(
            f"{dataset.name!r} cannot be downloaded: no public file has its content. It was made "
            f"so: {dataset.derived}.{source}",
            f"Put such a file at {path}, or set GRAFTWORK_DATA to a folder that holds "
            f"{dataset.path}.",
        )
    download(dataset.address, path, dataset.sha256)
    return Fetched(dataset, path, "cache", new=True, checked=True)
