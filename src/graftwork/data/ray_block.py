"""Blocks of texts and of results as Arrow tables, the form in which they travel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pyarrow as pa

from graftwork.data.isolate import ChunkResult
from graftwork.errors import RunError

_RESULTS = pa.schema(
    {
        "size": pa.int64(),  # items of the chunk
        "failed": pa.list_(pa.int64()),  # counted from the chunk's first
        "reasons": pa.list_(pa.large_binary()),
        "payload": pa.large_binary(),  # what the others became; null if the chunk has no part
        "error": pa.string(),  # why the block was not done
    }
)


def text_table(texts: list[str]) -> pa.Table:
    """Return a block of texts as a table; whatever Python calls a text is kept."""
    return pa.table({"text": pa.array([_bytes(text) for text in texts], pa.large_binary())})


def texts_of(table: pa.Table) -> list[str]:
    """Return the texts of a block."""
    return [_text(data) for data in table.column("text").to_pylist()]


def to_table(chunks: Iterable[ChunkResult]) -> pa.Table:
    """Return consecutive chunks, each of at most one part of bytes, as a table with a row each."""
    rows = [
        {
            "size": chunk.stop - chunk.start,
            "failed": [position - chunk.start for position, _ in chunk.failed],
            "reasons": [_bytes(reason) for _, reason in chunk.failed],
            "payload": chunk.parts[0][1] if chunk.parts else None,
        }
        for chunk in chunks
    ]
    return pa.Table.from_pylist(rows, _RESULTS)


def error_table(error: str) -> pa.Table:
    """Return, in place of results, why there are none."""
    return pa.Table.from_pylist([{"error": error}], _RESULTS)


def from_table(table: pa.Table, start: int) -> Iterator[ChunkResult]:
    """Read what :func:`to_table` made of chunks, the first of which begins at ``start``.

    Raises
    ------
    RunError
        If it holds an error.
    """
    for row in table.to_pylist():
        if row["error"] is not None:
            raise RunError(row["error"])
        positions = [start + position for position in row["failed"]]
        failed = list(zip(positions, map(_text, row["reasons"]), strict=True))
        end = start + row["size"]
        lost = set(positions)
        good = [position for position in range(start, end) if position not in lost]
        parts = [] if row["payload"] is None else [(good, row["payload"])]
        yield ChunkResult(start, parts, failed)
        start = end


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _text(data: bytes) -> str:
    return data.decode(errors="surrogatepass")
