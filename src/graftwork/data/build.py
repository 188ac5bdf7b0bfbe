"""From records to a graph store and a table of rejected rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from graftwork.data.featurize.targets import TARGETS
from graftwork.data.featurize.tasks import Featurized
from graftwork.data.isolate import Pool, shared_pool
from graftwork.data.record import Record, Reject
from graftwork.data.store import GraphStore, StoreWriter
from graftwork.data.targets import ComputedTargets
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
    targets: Sequence[str] = (),
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
    targets
        What to compute from each molecule beside its graph: keys of ``TARGETS``.
    pool
        Worker processes; default the shared ones.
    progress
        Called with the number of rows finished so far.
    """
    pool = pool or shared_pool()
    rejects: list[Reject] = []
    parts: list[tuple[list[int], Featurized]] = []
    names = {name: TARGETS[name].names for name in targets}
    writer = None if folder is None else StoreWriter(folder, schema, names)
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

    for chunk in pool.map("+".join(["graph", *targets]), schema, texts()):
        for position, reason in chunk.failed:
            rejects.append(_reject(kept.pop(position), reason))
        for positions, part in chunk.parts:
            found = part if targets else Featurized(part, {})
            rows = [kept.pop(position).row for position in positions]
            done += len(rows)
            if writer is None:
                parts.append((rows, found))
            else:
                writer.append(rows, *found)
        progress(done + len(rejects))
    rejects.sort(key=lambda reject: reject.row)
    store = _in_memory(schema, parts, names) if writer is None else writer.finish()
    return Build(store, rejects)


def _in_memory(
    schema: FeatureSchema,
    parts: list[tuple[list[int], Featurized]],
    names: Mapping[str, Sequence[str]],
) -> GraphStore:
    store = GraphStore.from_parts(schema, [(rows, found.graphs) for rows, found in parts])
    targets = {
        name: ComputedTargets.of(
            columns, np.concatenate([found.targets[name] for _, found in parts])
        )
        for name, columns in names.items()
        if parts
    }
    return replace(store, targets=targets)


def _reject(record: Record, reason: str) -> Reject:
    return Reject(record.row, record.line, record.structure[:200], reason)
