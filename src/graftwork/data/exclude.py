"""Molecules that must stay out of a corpus: those of other tables, such as downstream test sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from graftwork.data.digests import molecule_digests
from graftwork.data.isolate import Pool
from graftwork.data.sources import open_table
from graftwork.errors import InputError


@dataclass(frozen=True)
class Exclusion:
    """The molecules of some tables, but for salt, charge and stereo.

    Parameters
    ----------
    origin
        64-bit digest of a parent -> where it is first, as ``(file name, data row)``.
    unreadable
        Rows of the tables that are no molecules, and so exclude nothing, by file.
    """

    origin: dict[int, tuple[str, int]] = field(default_factory=dict)
    unreadable: dict[Path, int] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return the number of different molecules."""
        return len(self.origin)

    def reason(self, digest: int) -> str:
        """Say where an excluded molecule comes from."""
        name, row = self.origin[digest]
        return f"excluded: the same molecule as row {row} of {name}"


def excluded_parents(files: Sequence[Path], pool: Pool | None = None) -> Exclusion:
    r"""Read all molecules of some tables, labelled or not.

    Parameters
    ----------
    files
        Tables in any format that :func:`graftwork.data.sources.open_table` reads.
    pool
        Worker processes; default the shared ones.

    Raises
    ------
    InputError
        If a table cannot be read or holds no molecule at all.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "test.csv"
    >>> _ = path.write_text("smiles,y\nCCO,1\nCCN.Cl,2\n")
    >>> exclusion = excluded_parents([path])
    >>> amine, propane = molecule_digests(["CC[NH3+]", "CCC"])[:, 0].tolist()
    >>> amine in exclusion.origin, propane in exclusion.origin
    (True, False)
    """
    exclusion = Exclusion()
    for path in files:
        records = list(open_table(path).rows())
        # a broken row is no molecule of the table: "" reads as none
        texts = ["" if record.problem else record.structure for record in records]
        digests = molecule_digests(texts, pool)[:, 0]
        if not digests.any():
            raise InputError(
                f"{path} holds no readable molecule that could be excluded.",
                "Check the file and its SMILES column.",
            )
        if unreadable := int((digests == 0).sum()):
            exclusion.unreadable[path] = unreadable
        for record, digest in zip(records, digests.tolist(), strict=True):
            if digest:
                exclusion.origin.setdefault(digest, (path.name, record.row))
    return exclusion
