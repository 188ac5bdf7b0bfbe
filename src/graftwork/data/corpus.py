"""A file to a graph store for pre-training: labels, exclusions and the record of who is in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from graftwork import console
from graftwork.data.build import Build, Progress, build_store
from graftwork.data.exclude import excluded_parents
from graftwork.data.isolate import Pool
from graftwork.data.labelled_rows import LabelledRows
from graftwork.data.membership import Membership
from graftwork.data.networks import is_network, network_store, open_network, without_labels
from graftwork.data.record import write_rejects
from graftwork.data.screen import Screen
from graftwork.data.sparse_labels import SparseLabels
from graftwork.data.store import LABELS, GraphStore
from graftwork.errors import InputError
from graftwork.graph.schema import FeatureSchema

MEMBERSHIP = "membership.safetensors"


_OF_FILES = {"targets", "min_labels", "labelled_only", "limit"}
_APPLICABLE = {
    "graph store": {"labelled_only"},
    "network": _OF_FILES | {"hops", "max_nodes", "unlabelled_groups", "features"},
    "table of molecules": _OF_FILES | {"also", "smiles_column", "measurements", "exclude"},
}


@dataclass(frozen=True)
class Corpus:
    """What to pre-train on.

    Parameters
    ----------
    path
        A table of molecules, a network, or a folder that holds a graph store.
    also
        Further tables, appended to the first, each with label columns of its own: the ``targets``,
        or beside ``measurements`` all that it has.
    smiles_column
        Which column of the first table holds the structure; None finds it.
    targets
        Label columns: of the table, or the value columns of ``measurements``.
    measurements
        A long table of labels; see :func:`graftwork.data.measurements.read_measurements`.
    min_labels
        Tasks with fewer known labels are left out.
    labelled_only
        Leave out rows without any label, be it one of a task that is left out later.
    limit
        Take only so many rows from the start of each table.
    exclude
        Tables whose molecules (but for salt, charge and stereo) are left out.
    hops, max_nodes
        How the ego networks of a network are cut out; 0 nodes for no limit.
    unlabelled_groups
        Groups of a network's nodes, e.g. a species to be tested on, whose labels are not used.
    features
        What is known of a network's nodes, as features: columns, or files that list them.
    """

    path: Path
    also: tuple[Path, ...] = ()
    smiles_column: str | None = None
    targets: tuple[str, ...] = ()
    measurements: Path | None = None
    min_labels: int = 1
    labelled_only: bool = False
    limit: int | None = None
    exclude: tuple[Path, ...] = ()
    hops: int = 2
    max_nodes: int = 256
    unlabelled_groups: tuple[str, ...] = ()
    features: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values that cannot be meant."""
        for name in ("limit", "min_labels", "hops"):
            value = getattr(self, name)
            if value is not None and (type(value) is not int or value < 1):
                raise InputError(f"{name} = {value!r} cannot be used.", "Expected at least 1.")
        for name in ("targets", "unlabelled_groups", "features"):
            values = getattr(self, name)
            if not isinstance(values, tuple) or not all(isinstance(v, str) for v in values):
                raise InputError(f"{name} = {values!r} cannot be used.", "Expected names.")

    def require_applicable(self) -> None:
        """Refuse what this kind of corpus has no use for, rather than forget it in silence.

        Raises
        ------
        InputError
            If a field is set that says nothing of such a corpus.
        """
        if self.path.is_dir():
            kind = "graph store"
        else:
            kind = "network" if is_network(self.path) else "table of molecules"
        given = [item.name for item in fields(self) if getattr(self, item.name) != item.default]
        idle = [name for name in given if name != "path" and name not in _APPLICABLE[kind]]
        if idle:
            raise InputError(
                f"{self.path} is a {kind}: {', '.join(idle)} cannot be applied to it.",
                "Leave it out, or give the tables that a store was built from.",
            )

    @property
    def files(self) -> list[Path]:
        """The files it is read from."""
        more = [] if self.measurements is None else [self.measurements]
        return [self.path, *self.also, *more, *self.exclude]

    @property
    def labelled(self) -> bool:
        """Whether labels are asked for."""
        return bool(self.targets) or self.measurements is not None


def build_corpus(
    corpus: Corpus,
    schema: FeatureSchema,
    folder: Path,
    rejects: Path,
    *,
    targets: Sequence[str] = (),
    pool: Pool | None = None,
    progress: Progress = lambda _count: None,
) -> Build:
    """Build the graph store of tables of molecules in ``folder``, with their labels.

    The record of its molecules is written last: a store without one is not finished.

    Parameters
    ----------
    rejects
        Where the table of unusable rows goes.
    targets
        What to compute from each molecule for objectives to predict: keys of ``TARGETS``.
    pool
        Workers; default the shared ones.

    Raises
    ------
    InputError
        If the table, the measurements or a column cannot be used, or no label is left.
    """
    rows = LabelledRows(corpus)
    exclusion = excluded_parents(corpus.exclude, pool)
    screen = Screen(rows, exclusion, pool)
    build = build_store(screen, schema, folder, targets=targets, pool=pool, progress=progress)
    store, with_labels = build.store, np.array([], np.int64)
    if corpus.labelled:
        labels = rows.of_graphs(store)
        labels.save(folder / LABELS)
        with_labels = store.row[np.diff(labels.ptr) > 0]
    write_rejects(rejects, build.rejects)
    membership = screen.membership(store.row, labelled=with_labels)
    partial = folder / f"{MEMBERSHIP}.partial"
    partial.write_bytes(membership.to_bytes())
    partial.replace(folder / MEMBERSHIP)
    for path, count in exclusion.unreadable.items():
        console.say(f"{count} rows of {path} are no molecules and exclude nothing")
    return replace(build, store=GraphStore.open(folder))


def network_corpus(corpus: Corpus, schema: FeatureSchema | None) -> GraphStore:
    """Cut out the ego networks of a network, in memory, with the nodes' labels if asked for.

    Parameters
    ----------
    schema
        That of a model; None takes the network's own and the corpus' ``hops`` and ``max_nodes``.
    """
    network = open_network(corpus.path, corpus.targets or None, corpus.features, schema)
    if corpus.labelled and network.kind == "multiclass":
        raise InputError(
            f"{corpus.path} has one class per node: no objective learns that yet.",
            "Leave out the target and choose a self-supervised objective.",
        )
    network = without_labels(network, corpus.unlabelled_groups)
    rows = np.arange(len(network.names))[: corpus.limit]
    if corpus.labelled_only:
        rows = rows[~np.isnan(network.y[rows]).all(1)]
    how = {"hops": corpus.hops, "max_nodes": corpus.max_nodes}
    store = network_store(network, schema or how, rows)
    if not corpus.labelled:
        return store
    y = network.y[rows]
    graph, task = np.nonzero(~np.isnan(y))
    labels = SparseLabels.from_triples(
        graph, task, y[graph, task], len(rows), network.tasks, corpus.min_labels
    )
    return replace(store, labels=labels)


def read_membership(folder: Path) -> Membership | None:
    """Return the record of a store's molecules, or None where there is none."""
    path = folder / MEMBERSHIP
    return Membership.from_bytes(path.read_bytes(), str(path)) if path.is_file() else None
