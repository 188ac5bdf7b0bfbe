"""Labels and predictions of many tasks -> every metric, task by task and averaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np

from graftwork.config import Kind
from graftwork.errors import InputError
from graftwork.metrics.arrays import checked_arrays
from graftwork.metrics.metric import Value
from graftwork.metrics.registry import METRICS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt


MEAN = "mean"
"""The task name under which the average over tasks is listed."""

_NAMED = 5  # how many undefined tasks a note names


@dataclass(frozen=True)
class TaskMetric:
    """The value of one metric on one task (or on their mean, under the name ``"mean"``)."""

    task: str
    metric: str
    value: Value

    def to_dict(self) -> dict[str, float | str | None]:
        """Return one flat row of JSON types."""
        return {"task": self.task, "metric": self.metric, **self.value.to_dict()}


def evaluate(
    y_true: npt.ArrayLike, y_pred: npt.ArrayLike, task_names: Sequence[str], kind: Kind
) -> list[TaskMetric]:
    """Compute every metric of a kind on every task, then their means over tasks.

    Parameters
    ----------
    y_true
        Labels, shape ``[rows, tasks]``; rows whose label is NaN are left out of that task.
    y_pred
        Predictions, shape ``[rows, tasks]``: probabilities for classification, class numbers for
        multiclass.
    task_names
        One distinct name per column; ``"mean"`` is taken.
    kind
        One of `graftwork.config.Kind`.

    Returns
    -------
    list of TaskMetric
        Task by task in the order given, then the means over the tasks where the metric is
        defined; the note of a mean says which tasks are not in it.

    Raises
    ------
    InputError
        See `graftwork.metrics.arrays.checked_arrays`; or the names do not fit.

    Examples
    --------
    >>> rows = evaluate([[1.0], [2.0]], [[1.0], [4.0]], ["pIC50"], "regression")
    >>> [row.value.value for row in rows if row.task == "pIC50" and row.metric == "mae"]
    [1.0]
    """
    chosen = [metric for metric in METRICS.values() if metric.kind == kind]
    if not chosen:
        raise InputError(
            f"Unknown kind of task {kind!r}.", f"Expected {', '.join(get_args(Kind))}."
        )
    truth, predicted = checked_arrays(y_true, y_pred, kind)
    if predicted.shape != truth.shape:
        raise InputError(f"Predictions of shape {predicted.shape}; expected {truth.shape}.")
    names = list(task_names)
    if len(names) != truth.shape[1] or len(set(names)) != len(names) or MEAN in names:
        raise InputError(
            f"Task names {names} do not fit {truth.shape[1]} columns.",
            f'Give one distinct name per column; "{MEAN}" stands for their average.',
        )
    by_task: list[TaskMetric] = []
    for column, name in enumerate(names):
        labelled = ~np.isnan(truth[:, column])
        y, p = truth[labelled, column], predicted[labelled, column]
        by_task += [TaskMetric(name, metric.name, metric(y, p)) for metric in chosen]
    means = [
        TaskMetric(MEAN, metric.name, _mean([r for r in by_task if r.metric == metric.name]))
        for metric in chosen
    ]
    return by_task + means


def _mean(rows: Sequence[TaskMetric]) -> Value:
    """Average the defined values; say which tasks are not among them."""
    values = [row.value.value for row in rows if row.value.value is not None]
    missing = [f"{row.task} ({row.value.undefined})" for row in rows if row.value.value is None]
    named = ", ".join(missing[:_NAMED])
    if len(missing) > _NAMED:
        named += f" and {len(missing) - _NAMED} more"
    if not values:
        return Value(None, undefined=f"undefined for every task: {named}" if named else "no tasks")
    note = f"mean over {len(values)} of {len(rows)} tasks, without {named}" if missing else None
    return Value(float(np.mean(values)), note=note)
