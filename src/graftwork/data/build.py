"""From records to a graph store and a table of rejected rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from graftwork.data.isolate import Pool, shared_pool
from graftwork.data.record import Record, Reject
from graftwork.data.store import GraphStore, StoreWriter
from graftwork.graph.pack import PackedGraphs
from graftwork.graph.schema import FeatureSchema

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Build:
    """A finished store and the rows that are not in it."""

    store: GraphStore
    rejects: list[Reject] = field(default_factory=list)


def build_store(
    records: Iterable[Record],
    schema: FeatureSchema,
    folder: Path | None = None,
    *,
    pool: Pool | None = None,
    progress: Progress = lambda _count: None,
) -> Build:
    """Featurise records in worker processes.

    A row that cannot become a graph is a :class:`Reject` with its reason; the build goes on.

    Parameters
    ----------
    records
        Rows of a table. Their text is streamed, not kept.
    schema
        Names the featuriser and its options.
    folder
        Where to write the store; None keeps it in memory.
    pool
        Worker processes; default the shared ones.
    progress
        Called with the number of rows finished so far.
    """
    pool = pool or shared_pool()
    rejects: list[Reject] = []
    parts: list[tuple[list[int], PackedGraphs]] = []
    writer = None if folder is None else StoreWriter(folder, schema)
    kept: dict[int, Record] = {}
    done = 0

    def texts() -> Iterator[str]:
        position = 0
        for record in records:
            if record.problem is None:
                kept[position] = record
                position += 1
                yield record.structure
            else:
                rejects.append(_reject(record, record.problem))

    for chunk in pool.map("graph", schema, texts()):
        for position, reason in chunk.failed:
            rejects.append(_reject(kept.pop(position), reason))
        for positions, graphs in chunk.parts:
            rows = [kept.pop(position).row for position in positions]
            done += len(rows)
            if writer is None:
                parts.append((rows, graphs))
            else:
                writer.append(rows, graphs)
        progress(done + len(rejects))
    rejects.sort(key=lambda reject: reject.row)
    store = GraphStore.from_parts(schema, parts) if writer is None else writer.finish()
    return Build(store, rejects)


def _reject(record: Record, reason: str) -> Reject:
    return Reject(record.row, record.line, record.structure[:200], reason)
