"""Records through a network, batch by batch, in the order they came."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import TypeAlias

import numpy as np
import torch

from graftwork.data.isolate import ChunkResult
from graftwork.data.loader import in_order
from graftwork.data.networks import Network, network_store
from graftwork.data.record import Record
from graftwork.data.store import GraphStore
from graftwork.graph.batch import GraphBatch
from graftwork.graph.schema import FeatureSchema
from graftwork.inference.results import Level, Matrix, RowResult
from graftwork.memory import give_back

Compute: TypeAlias = Callable[[GraphBatch], torch.Tensor]
"""A batch to ``[graphs, columns]``, or at the level ``node`` to ``[nodes, columns]``."""

_EGO_NETWORKS = 1024  # cut out at a time
_AT_ONCE = 100_000  # nodes of molecules that are computed together
_MOST_CHUNKS = 16  # of molecules, however few of them are usable
_TRIM_EVERY = 8  # groups of chunks


def stream_nodes(
    records: Iterable[Record], network: Network, schema: FeatureSchema, compute: Compute
) -> Iterator[RowResult]:
    """Cut out ego networks piece by piece; a node is never rejected."""
    rows = iter(records)
    while piece := list(islice(rows, _EGO_NETWORKS)):
        store = network_store(network, schema, [record.row for record in piece])
        for record, values in zip(piece, _computed(store, compute, "graph"), strict=True):
            yield RowResult(record, values)


def stream_molecules(
    records: Iterable[Record], answers: Callable[[Iterable[str]], Iterator[ChunkResult]]
) -> Iterator[RowResult]:
    """Send the structures ahead, and keep the order.

    Parameters
    ----------
    records
        Rows; one with a problem is not sent.
    answers
        Structures to their values, such as :func:`computed_chunks` yields.
    """
    sent: dict[int, tuple[int, Record]] = {}  # by position among those sent, until answered
    finished: dict[int, RowResult] = {}  # by number of the row, until its turn comes
    turn = 0

    def texts() -> Iterator[str]:
        position = 0
        for number, record in enumerate(records):
            if record.problem is None:
                sent[position] = number, record
                position += 1
                yield record.structure
            else:
                finished[number] = RowResult(record, None, record.problem)

    def in_turn() -> Iterator[RowResult]:
        nonlocal turn
        while turn in finished:
            yield finished.pop(turn)
            turn += 1

    for chunk in answers(texts()):
        for position, reason in chunk.failed:
            number, record = sent.pop(position)
            finished[number] = RowResult(record, None, reason)
        for positions, computed in chunk.parts:
            for position, values in zip(positions, computed, strict=True):
                number, record = sent.pop(position)
                finished[number] = RowResult(record, values)
        yield from in_turn()
    yield from in_turn()


def computed_chunks(
    chunks: Iterable[ChunkResult], schema: FeatureSchema, compute: Compute, level: Level
) -> Iterator[ChunkResult]:
    """Turn chunks of packed graphs into chunks of values, one :data:`Matrix` per graph.

    Several chunks are computed together: the more molecules, the more of their neighbourhoods are
    alike and computed once.
    """
    for number, group in enumerate(_groups(chunks), start=1):
        parts = [part for chunk in group for part in chunk.parts]
        store = GraphStore.from_parts(schema, parts)
        values = iter(_computed(store, compute, level, 2 * _AT_ONCE))
        for chunk in group:
            done = [(where, list(islice(values, len(where)))) for where, _ in chunk.parts]
            yield replace(chunk, parts=done)
        if number % _TRIM_EVERY == 0:
            give_back()


def _groups(chunks: Iterable[ChunkResult]) -> Iterator[list[ChunkResult]]:
    """Collect consecutive chunks until they hold enough nodes, or are many."""
    group: list[ChunkResult] = []
    nodes = 0
    for chunk in chunks:
        group.append(chunk)
        nodes += sum(len(graphs.node_cat) for _, graphs in chunk.parts)
        if nodes >= _AT_ONCE or len(group) == _MOST_CHUNKS:
            yield group
            group, nodes = [], 0
    if group:
        yield group


@torch.inference_mode()
def _computed(
    store: GraphStore, compute: Compute, level: Level, max_nodes: int = 20_000
) -> list[Matrix]:
    out: list[Matrix] = []
    for _chosen, batch in in_order(store, np.arange(len(store)), max_nodes):
        values = compute(batch).float().numpy()
        if level == "node":
            out += np.split(values, batch.node_ptr[1:-1].numpy())
        else:
            out += list(values)
    return out
