"""Tables out: CSV, TSV and Parquet, written whole or not at all."""

from __future__ import annotations

import csv
import gzip
import io
import uuid
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self, TextIO

from graftwork.data.cells import cell_text
from graftwork.data.parquet_sink import ParquetSink
from graftwork.errors import InputError, RunError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from graftwork.data.cells import Cell

_DELIMITERS = {".csv": ",", ".tsv": "\t", ".csv.gz": ",", ".tsv.gz": "\t"}
WRITABLE = (*_DELIMITERS, ".parquet")


class TableWriter:
    """Write rows to ``.csv``, ``.tsv`` (each also ``.gz``) or ``.parquet``, by suffix.

    Rows go to a temporary file in the same folder, which takes the place of `path` when the
    ``with`` block ends without an error and is removed otherwise: a reader never sees half a
    table. The output folder is created if it is missing.

    Parameters
    ----------
    path
        Where the table shall be.
    columns
        The header. CSV keeps duplicate names; Parquet, which cannot, gets ``name.1``.

    Raises
    ------
    InputError
        If the suffix is unknown (at construction), or the folder cannot be written to.
    RunError
        If writing fails later, for instance because the disk is full.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "new" / "out.csv"
    >>> with TableWriter(path, ["smiles", "pred_y"]) as table:
    ...     table.write(["CCO", 0.25])
    ...     table.write(["C1", None])
    >>> print(path.read_text().strip())
    smiles,pred_y
    CCO,0.25
    C1,
    """

    def __init__(self, path: str | Path, columns: Sequence[str]) -> None:
        self.path = Path(path)
        self.columns = list(columns)
        name = self.path.name.lower()
        suffix = next((suffix for suffix in WRITABLE if name.endswith(suffix)), None)
        if suffix is None:
            raise InputError(
                f"{self.path}: cannot write a table with this suffix.",
                f"Choose one of {', '.join(WRITABLE)}.",
            )
        if self.path.is_dir():
            raise InputError(f"{self.path} is a folder.", "Give the name of a file.")
        self._suffix = suffix
        self._temporary = self.path.with_name(f".{self.path.name}.{uuid.uuid4().hex}.tmp")
        self._resources = ExitStack()
        self._sink: _DelimitedSink | ParquetSink | None = None

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            raw = self._resources.enter_context(self._temporary.open("xb"))
            self._sink = self._open_sink(raw)
        except OSError as error:
            self._discard()
            raise InputError(
                f"{self.path}: cannot write here ({error.strerror}).", "Choose another place."
            ) from error
        except BaseException:
            self._discard()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        sink, self._sink = self._sink, None
        try:
            if kind is None and sink is not None:
                sink.finish()
                self._resources.close()
                self._temporary.replace(self.path)
        except OSError as failure:
            raise self._failed(failure) from failure
        finally:
            self._discard()

    def write(self, row: Sequence[Cell]) -> None:
        """Write one row.

        Parameters
        ----------
        row
            One cell per column: text, a number, or None. None and NaN become empty cells;
            numbers keep their full precision (float32 values are printed as float32).

        Raises
        ------
        ValueError
            If the row has the wrong number of cells, or the writer is not open.
        """
        if self._sink is None:
            raise ValueError("the writer is not open: use it in a with block")
        if len(row) != len(self.columns):
            raise ValueError(f"the row has {len(row)} cells, the header {len(self.columns)}")
        try:
            self._sink.write(row)
        except OSError as error:
            raise self._failed(error) from error

    def _discard(self) -> None:
        with suppress(OSError):  # what could not be written is thrown away here
            self._resources.close()
        with suppress(OSError):
            self._temporary.unlink()

    def _failed(self, error: OSError) -> RunError:
        return RunError(
            f"{self.path}: writing failed ({error.strerror or error}).",
            "Free some space or choose another place; no half-written table was left.",
        )

    def _open_sink(self, raw: io.BufferedWriter) -> _DelimitedSink | ParquetSink:
        if self._suffix not in _DELIMITERS:
            parquet = ParquetSink(raw, self.columns)
            self._resources.callback(parquet.release)
            return parquet
        stream: io.BufferedWriter | gzip.GzipFile = raw
        if self._suffix.endswith(".gz"):  # neither name nor time inside: equal rows, equal bytes
            stream = gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0)
            self._resources.enter_context(stream)
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        self._resources.enter_context(text)
        return _DelimitedSink(text, self.columns, _DELIMITERS[self._suffix])


class _DelimitedSink:
    def __init__(self, text: TextIO, columns: list[str], delimiter: str) -> None:
        self._writer = csv.writer(_UnixLines(text), delimiter=delimiter, lineterminator="\r\n")
        self._writer.writerow(columns)

    def write(self, row: Sequence[Cell]) -> None:
        self._writer.writerow([cell_text(cell) for cell in row])

    def finish(self) -> None:
        """Do nothing: the text layer flushes when it closes."""


class _UnixLines:
    """Ends lines with a newline alone.

    Told to do so itself, the csv module of Python 3.11 leaves cells with a carriage return
    unquoted, and they would come back as two rows.
    """

    def __init__(self, text: TextIO) -> None:
        self._text = text

    def write(self, line: str) -> int:
        return self._text.write(line.removesuffix("\r\n") + "\n")
