"""The model ``auto``: the network and models of fingerprints, blended by how each predicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import torch

from graftwork.blend import NETWORK, Blend, Forest, Process, gate
from graftwork.blend.members import MEMBERS, OF_EMBEDDING, fit_member
from graftwork.blend.model import decided, in_range, one_hot, predicted_by
from graftwork.config import Kind
from graftwork.data.labelled import LabelledData
from graftwork.data.labels import count_classes
from graftwork.data.splits import Split, grouped_folds
from graftwork.evaluation.auto_rows import Lesson, for_processes, lesson
from graftwork.evaluation.auto_tables import MoleculeTables
from graftwork.metrics import primary_metric, task_scores
from graftwork.nn.predictor import Predictor
from graftwork.training.lesson import predict_rows
from graftwork.training.side_by_side import leave_if_unwanted, side_by_side

AUTO = "auto"
_FOLDS = 3
_INNER_FOLDS = 10  # by which a Gaussian process chooses its noise
_ONE_FOLD = 4096  # rows from which on one fold says enough

Values = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Standing:
    """What one model is worth.

    Parameters
    ----------
    model
        The network, a member, or ``auto`` for all of them together.
    scores
        Out of fold, one per target: the metric that decides; NaN where it is undefined.
    weights
        One per target; NaN for ``auto``.
    """

    model: str
    scores: Values
    weights: Values


@dataclass(frozen=True)
class Auto:
    """A fitted blend, and what each model was worth out of fold.

    Parameters
    ----------
    blend
        Predicts, from what a network says and :class:`Molecules`.
    standings
        The network first where there is one, ``auto`` last.
    metric
        That of the scores.
    rows
        On how many rows the weights rest.
    tables
        What the blend reads.
    """

    blend: Blend
    standings: tuple[Standing, ...]
    metric: str
    rows: int
    tables: MoleculeTables

    def beside(self, rows: Rows) -> dict[str, Values]:
        """Return what the members say of rows of the data, ``[rows, columns]`` by name."""
        if not self.blend.members:
            return {}
        return predicted_by(self.blend.members, self.tables.take(rows))

    def refitted(self, data: LabelledData, groups: Rows, *, seed: int) -> Blend:
        """Return the blend with its members fitted on all rows, and the same weights."""
        y = _columns(data, self.blend.kind)
        names, kind = tuple(self.blend.members), self.blend.kind
        learned = lesson(np.arange(len(y)), y, kind, seed)
        members = _fitted(names, self.tables, y, learned, groups, kind, seed)
        return replace(self.blend, members=members)


def fit_auto(
    data: LabelledData,
    tables: MoleculeTables,
    rows: Rows,
    groups: Rows,
    kind: Kind,
    train: Callable[[Rows], Predictor] | None,
    *,
    seed: int,
    device: torch.device,
) -> Auto:
    """Fit the weights, and the members that have one, on labelled rows.

    All are judged by the same cross-validation: the rows are divided into three folds, rows of a
    group together, and each model predicts a fold after learning from the two others. Of 4,096
    rows or more one fold is predicted, not all three: the last, as the largest group is in the
    first.

    Parameters
    ----------
    tables
        Of ``data``.
    rows
        Those to learn from, increasing.
    groups
        One number per row of ``data``: its scaffold, or its own.
    train
        Trains the network on some rows; None for a blend without a network.
    device
        Where it does, which decides how much is done at a time.
    """
    y = _columns(data, kind)
    fold_of = np.full(len(y), -1)
    fold_of[rows] = grouped_folds(groups[rows], _FOLDS, seed)
    folds = range(_FOLDS - _folds(len(rows)), _FOLDS)
    whole = lesson(rows, y, kind, seed)
    judged_by = for_processes(rows[fold_of[rows] >= folds.start], y, kind, seed)
    seen = judged_by.rows
    lessons = {f: lesson(rows[fold_of[rows] != f], y, kind, seed, whole.trees) for f in folds}
    names = [name for name in MEMBERS if tables.has_embedding or name not in OF_EMBEDDING]
    judged = names if train is None else [NETWORK, *names]
    found = {name: np.zeros(y.shape) for name in judged}
    asked = [whole.rows, seen, *(part.rows for part in lessons.values())]
    tables.take(np.unique(np.concatenate(asked)))  # once, before folds read at the same time

    def by_network(fold: int, train: Callable[[Rows], Predictor]) -> dict[str, Values]:
        network = train(rows[fold_of[rows] != fold])
        out = seen[fold_of[seen] == fold]
        return {NETWORK: predict_rows(network, data.store, out, columns=True)}

    def by_members(fold: int) -> dict[str, Values]:
        out = seen[fold_of[seen] == fold]
        members = _fitted(names, tables, y, lessons[fold], groups, kind, seed)
        return predicted_by(members, tables.take(out))

    jobs = [partial(by_members, fold) for fold in folds]
    if train is not None:
        jobs = [*(partial(by_network, fold, train) for fold in folds), *jobs]
    said = side_by_side(jobs, device, "Cross-validation of the blend")
    for place, columns in enumerate(said):
        out = seen[fold_of[seen] == folds[place % len(folds)]]
        for name, values in columns.items():
            found[name][out, : values.shape[1]] = values
    found = {name: in_range(columns[seen], kind) for name, columns in found.items()}
    weights = _weights(found, y[seen], groups[seen], judged_by.importance, kind)
    used = [name for name in names if weights[name].any()]
    worth = {NETWORK: np.zeros(len(data.tasks)), **weights}
    worth = {name: worth[name] for name in (NETWORK, *used)}
    blend = Blend(kind, worth, _fitted(used, tables, y, whole, groups, kind, seed))
    metric = primary_metric(kind, len(data.tasks))

    def standing(name: str, columns: Values) -> Standing:
        scores = task_scores(data.y[seen], decided(in_range(columns, kind), kind), metric)
        return Standing(name, scores, weights.get(name, np.full(len(data.tasks), np.nan)))

    together = sum((weights[name] * columns for name, columns in found.items()), np.zeros(1))
    standings = [standing(name, columns) for name, columns in found.items()]
    return Auto(blend, (*standings, standing(AUTO, together)), metric, len(seen), tables)


def folds_of(split: Split) -> int:
    """Return how many folds are predicted, of the rows that a split lets a blend learn from."""
    return _folds(len(split.train) + len(split.val))


def _folds(rows: int) -> int:
    return _FOLDS if rows < _ONE_FOLD else 1


def _columns(data: LabelledData, kind: Kind) -> Values:
    return one_hot(data.y, kind, count_classes(data.y) if kind == "multiclass" else 0)


def _fitted(
    names: Sequence[str],
    tables: MoleculeTables,
    y: Values,
    learned: Lesson,
    groups: Rows,
    kind: Kind,
    seed: int,
) -> dict[str, Process | Forest]:
    unknown = 0.5 if kind == "classification" else 0.0
    few, importance = learned.processes.rows, learned.processes.importance
    table = tables.take(few)  # one, so that processes share their kernels
    members = {}
    for name in names:
        leave_if_unwanted()
        part, read = (few, table) if MEMBERS[name] else (learned.trees, tables.take(learned.trees))
        folds = grouped_folds(groups[part], _INNER_FOLDS, seed)
        members[name] = fit_member(name, read, y[part], folds, seed, unknown, importance)
    return members


def _weights(
    found: dict[str, Values], y: Values, groups: Rows, importance: Values, kind: Kind
) -> dict[str, Values]:
    """Return the weights of each model, one per target; the classes of one target share theirs."""
    stacked = np.stack(list(found.values()))
    parts = [slice(None)] if kind == "multiclass" else [slice(i, i + 1) for i in range(y.shape[1])]
    gates = [gate(stacked[:, :, part], y[:, part], groups, importance) for part in parts]
    by_target = np.stack(gates, 1)
    return dict(zip(found, by_target, strict=True))
