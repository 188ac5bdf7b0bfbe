"""Known public data sets: where they come from, what their columns mean, where they lie here."""

from __future__ import annotations

import csv
import difflib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal, get_args

from graftwork.errors import InputError

__all__ = ["CATALOG", "TASKS", "Dataset", "Place", "find", "locate", "resolve_input", "whereabouts"]

Task = Literal["classification", "regression", "unlabelled", "network", "weights", "reference"]
Place = Literal["mirror", "cache", "not here"]
TASKS: tuple[str, ...] = get_args(Task)
"""What a set is good for; ``reference`` is a table that explains other sets."""


@dataclass(frozen=True)
class Dataset:
    """One known data set.

    Parameters
    ----------
    name
        How users call it: lower case, words joined by hyphens.
    path
        Where it lies in a mirror or in the cache, relative, with forward slashes.
    task
        One of `TASKS`.
    rows
        How many ``unit`` it holds (molecules, nodes, edges ...), None where that says nothing.
    unit
        What ``rows`` counts.
    smiles_column
        The column with the structures, empty where there is none.
    targets
        The columns with the labels; ``("*",)`` means all but the structure, ``()`` means none.
    splits_column
        The column that gives the public split, or empty.
    licence
        As the source states it.
    address
        The public file, or for a derived set the file or folder it was made from. May be
        empty for a set that was made from several others.
    sha256
        Of the uncompressed content; empty where none was published.
    derived
        How the file was made, where no public file has the same content. Empty means that
        ``address`` serves the very content.
    note
        What the labels mean and what is odd about the set.
    """

    name: str
    path: str
    task: str
    rows: int | None = None
    unit: str = ""
    smiles_column: str = ""
    targets: tuple[str, ...] = ()
    splits_column: str = ""
    licence: str = ""
    address: str = ""
    sha256: str = ""
    derived: str = ""
    note: str = ""

    @property
    def size(self) -> str:
        """The number of rows with its unit, for instance ``2,039 molecules``."""
        return "" if self.rows is None else f"{self.rows:,} {self.unit}"


def _read() -> dict[str, Dataset]:
    text = (resources.files("graftwork.data") / "catalog.csv").read_text(encoding="utf-8")
    found: dict[str, Dataset] = {}
    for cells in csv.DictReader(text.splitlines()):
        rows, targets = cells.pop("rows"), cells.pop("targets")
        found[cells["name"]] = Dataset(
            **cells,
            rows=int(rows) if rows else None,
            targets=tuple(targets.split(";")) if targets else (),
        )
    return found


CATALOG: dict[str, Dataset] = _read()
"""Every known data set by name, in the order in which they are listed."""


def find(name: str) -> Dataset:
    """Return the data set of that name; case, and ``_`` for ``-``, do not matter.

    Raises
    ------
    InputError
        If there is none; the message names those that look alike.

    Examples
    --------
    >>> find("CHEMBL4203_Ki").name
    'chembl4203-ki'
    """
    known = CATALOG.get(fold(name))
    if known is not None:
        return known
    raise InputError(f"No data set is called {name!r}.", suggestion(name, CATALOG))


def fold(name: str) -> str:
    """Write a name as the catalog does: lower case, words joined by hyphens."""
    return name.strip().lower().replace("_", "-")


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return what to do about an unknown name: names that look alike, and the list of all."""
    folded, names = fold(name), list(known)
    close = difflib.get_close_matches(folded, names, n=3)
    if folded:
        close += [other for other in names if folded in other and other not in close][:3]
    asked = f"Did you mean {', '.join(close)}? " if close else ""
    return f"{asked}'graftwork datasets list' shows all."


def cache_folder() -> Path:
    """Return where downloads are kept: ``GRAFTWORK_CACHE``, else ``~/.cache/graftwork``."""
    chosen = os.environ.get("GRAFTWORK_CACHE")
    return Path(chosen).expanduser() if chosen else Path.home() / ".cache" / "graftwork"


def whereabouts(dataset: Dataset, folder: str | Path | None = None) -> tuple[Place, Path]:
    """Say where a set lies on this machine.

    Parameters
    ----------
    dataset
        A row of the catalog.
    folder
        Where downloads are kept; None for `cache_folder`.

    Returns
    -------
    tuple of str and Path
        ``"mirror"`` if the folder named by ``GRAFTWORK_DATA`` has it, else ``"cache"`` or
        ``"not here"``; and the file, for ``"not here"`` the place where it would go.
    """
    mirror = os.environ.get("GRAFTWORK_DATA")
    if mirror:
        path = Path(mirror).expanduser() / dataset.path
        if path.is_file():
            return "mirror", path
    path = (cache_folder() if folder is None else Path(folder)) / dataset.path
    return ("cache" if path.is_file() else "not here"), path


def locate(name: str, folder: str | Path | None = None) -> Path:
    """Return the file of a data set that is on this machine.

    Parameters
    ----------
    name
        A name of the catalog.
    folder
        Where downloads are kept; None for ``GRAFTWORK_CACHE`` or ``~/.cache/graftwork``.

    Returns
    -------
    Path
        The file in the folder named by ``GRAFTWORK_DATA``, else the downloaded one.

    Raises
    ------
    InputError
        If the name is unknown, or the set is not on this machine.
    """
    dataset = find(name)
    place, path = whereabouts(dataset, folder)
    if place != "not here":
        return path
    raise InputError(
        f"The data set {dataset.name!r} is not on this machine (it would be {path}).",
        f"Run 'graftwork datasets get {dataset.name}'.",
    )


def resolve_input(text: str) -> Path:
    """Return the file that an input means: an existing path, else a data set by name.

    Raises
    ------
    InputError
        If it is neither, or the set is not on this machine.
    """
    path = Path(text)
    if path.exists():
        return path
    if fold(text) in CATALOG:
        return locate(text)
    raise InputError(
        f"{text!r} does not exist, neither as a file nor as a data set.",
        f"Check the path. {suggestion(text, CATALOG)}",
    )
