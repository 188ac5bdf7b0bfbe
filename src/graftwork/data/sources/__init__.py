"""Files of molecules -> rows. One class per format; `SOURCES` is the list of them."""

from __future__ import annotations

from pathlib import Path

from graftwork.data.sources.base import Source
from graftwork.data.sources.delimited import DelimitedSource
from graftwork.data.sources.parquet import ParquetSource
from graftwork.data.sources.sdf import SdfSource
from graftwork.data.sources.smiles import SmilesSource
from graftwork.data.sources.table import Table
from graftwork.errors import InputError

__all__ = [
    "SOURCES",
    "DelimitedSource",
    "ParquetSource",
    "SdfSource",
    "SmilesSource",
    "Source",
    "Table",
    "open_table",
]

SOURCES: dict[str, type[Source]] = {
    ".csv": DelimitedSource,
    ".csv.gz": DelimitedSource,
    ".tsv": DelimitedSource,
    ".tsv.gz": DelimitedSource,
    ".tab": DelimitedSource,
    ".tab.gz": DelimitedSource,
    ".txt": DelimitedSource,
    ".txt.gz": DelimitedSource,
    ".smi": SmilesSource,
    ".smi.gz": SmilesSource,
    ".smiles": SmilesSource,
    ".smiles.gz": SmilesSource,
    ".sdf": SdfSource,
    ".sdf.gz": SdfSource,
    ".parquet": ParquetSource,
}


def open_table(path: str | Path, structure_column: str | None = None) -> Table:
    r"""Open a file of molecules by its suffix.

    Parameters
    ----------
    path
        A file whose name ends in one of the keys of `SOURCES`.
    structure_column
        Name of the column that holds the SMILES. None: the first of the usual names
        (``smiles``, ``canonical_smiles``, ``Drug``, ``mol`` ...), or the only column.

    Returns
    -------
    Table
        Columns, warnings, and rows that stream from the file each time they are asked for.

    Raises
    ------
    InputError
        If the file is missing, of an unknown format, damaged or empty, or the structure
        column cannot be found.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "molecules.csv"
    >>> _ = path.write_text("smiles,y\nCCO,1.5\n")
    >>> [(record.structure, record.cells) for record in open_table(path).rows()]
    [('CCO', ('CCO', '1.5'))]
    """
    path = Path(path)
    supported = f"Expected a file that ends in one of {', '.join(SOURCES)}."
    if path.is_dir():
        raise InputError(f"{path} is a folder.", supported)
    name = path.name.lower()
    source = next((SOURCES[suffix] for suffix in SOURCES if name.endswith(suffix)), None)
    if not path.exists():
        raise InputError(f"{path} does not exist.", supported)
    if not path.is_file():  # a pipe would be read more than once, and block for ever
        raise InputError(f"{path} is no regular file.", supported)
    if source is None:
        raise InputError(f"{path}: files with this suffix cannot be read.", supported)
    return Table(source(path), structure_column)
