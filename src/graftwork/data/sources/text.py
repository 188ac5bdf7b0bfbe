"""Bytes of a file -> decoded text: gzip, encodings, and typed errors while reading."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, TextIO

from graftwork.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CHUNK = 2**20
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_NOT_IN_CP1252 = (0x81, 0x8D, 0x8F, 0x90, 0x9D)
_NOT_TEXT = {
    b"\x1f\x8b": "is gzip-compressed. Let its name end in .gz.",
    b"PK\x03\x04": "is a zip archive or an Excel workbook. Export it as CSV.",
    b"PAR1": "is a Parquet file. Let its name end in .parquet.",
}


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what can go wrong while reading `path` into an `InputError` that names it."""
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputError(
            f"{path}: expected gzip data, but it is damaged or cut short ({error}).",
            "Fetch or compress the file again.",
        ) from error
    except UnicodeError as error:
        raise InputError(
            f"{path}: the text cannot be decoded ({error}).", "Save it as UTF-8."
        ) from error
    except OSError as error:
        raise InputError(
            f"{path}: cannot be read ({error.strerror or error}).",
            "Check the path and its permissions.",
        ) from error


def detect_encoding(path: Path) -> tuple[str, str | None]:
    """Find the encoding of a text file by reading it once, in constant memory.

    UTF-16 is known by its byte-order mark; what is valid UTF-8 is UTF-8; anything else is
    cp1252, or latin-1 where it holds bytes that cp1252 does not define.

    Parameters
    ----------
    path
        The file, compressed if its name ends in ``.gz``.

    Returns
    -------
    tuple of str and (str or None)
        The codec, and a warning when it had to be guessed.

    Raises
    ------
    InputError
        If the file is empty, is no text file, or cannot be read to its end.
    """
    with reading(path), _open_binary(path) as stream:
        chunk = stream.read(_CHUNK)
        if not chunk:
            raise InputError(f"{path} is empty.", "Expected a table with at least a header.")
        for magic, advice in _NOT_TEXT.items():
            if chunk.startswith(magic):
                raise InputError(f"{path} {advice}")
        if chunk.startswith(_UTF16_MARKS):
            return "utf-16", None
        decoder = codecs.getincrementaldecoder("utf-8")()
        utf8, cp1252 = True, True
        while chunk:
            if not (chunk.isascii() and decoder.getstate() == (b"", 0)):
                utf8 = utf8 and _decodes(decoder, chunk)
                cp1252 = cp1252 and not any(byte in chunk for byte in _NOT_IN_CP1252)
            chunk = stream.read(_CHUNK)
    if utf8 and _decodes(decoder, b"", final=True):
        return "utf-8", None
    encoding = "cp1252" if cp1252 else "latin-1"
    return encoding, (
        f"{path} is not valid UTF-8: read as {encoding}. Save it as UTF-8 if characters look wrong."
    )


@contextmanager
def open_text(path: Path, encoding: str, newline: str | None = None) -> Iterator[TextIO]:
    """Open a text file, compressed or not, without its byte-order mark.

    Parameters
    ----------
    path
        The file, compressed if its name ends in ``.gz``.
    encoding
        What `detect_encoding` found.
    newline
        As for `open`: None turns every line end into a newline, ``""`` leaves them.

    Yields
    ------
    TextIO
        The decoded stream. Errors while it is read arrive as `InputError`.
    """
    with reading(path), _open_binary(path) as stream:
        if encoding != "utf-16":
            mark = stream.read(len(codecs.BOM_UTF8))
            stream.seek(len(mark) if mark == codecs.BOM_UTF8 else 0)
        with io.TextIOWrapper(stream, encoding=encoding, newline=newline) as text:
            yield text


def _open_binary(path: Path) -> IO[bytes]:
    if path.name.lower().endswith(".gz"):
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def _decodes(decoder: codecs.IncrementalDecoder, chunk: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(chunk, final)
    except UnicodeDecodeError:
        return False
    return True
