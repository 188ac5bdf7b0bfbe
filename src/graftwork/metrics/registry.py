"""Every metric by name."""

from __future__ import annotations

import math

from graftwork.config import Kind
from graftwork.errors import InputError
from graftwork.metrics import classification, multiclass, regression
from graftwork.metrics.metric import Metric, undefined_without_rows

METRICS: dict[str, Metric] = {
    "roc_auc": Metric(
        name="roc_auc",
        label="ROC-AUC",
        kind="classification",
        higher_is_better=True,
        function=classification.roc_auc,
        undefined=classification.undefined_with_one_class,
    ),
    "pr_auc": Metric(
        name="pr_auc",
        label="PR-AUC",
        kind="classification",
        higher_is_better=True,
        function=classification.pr_auc,
        undefined=classification.undefined_with_one_class,
    ),
    "accuracy": Metric(
        name="accuracy",
        label="accuracy",
        kind="classification",
        higher_is_better=True,
        function=classification.accuracy,
        undefined=undefined_without_rows,
    ),
    "f1": Metric(
        name="f1",
        label="F1",
        kind="classification",
        higher_is_better=True,
        function=classification.f1,
        undefined=classification.undefined_f1,
    ),
    "mcc": Metric(
        name="mcc",
        label="MCC",
        kind="classification",
        higher_is_better=True,
        function=classification.mcc,
        undefined=classification.undefined_mcc,
        bounds=(-1.0, 1.0),
    ),
    "multiclass_accuracy": Metric(
        name="multiclass_accuracy",
        label="accuracy",
        kind="multiclass",
        higher_is_better=True,
        function=multiclass.multiclass_accuracy,
        undefined=undefined_without_rows,
    ),
    "macro_f1": Metric(
        name="macro_f1",
        label="macro F1",
        kind="multiclass",
        higher_is_better=True,
        function=multiclass.macro_f1,
        undefined=undefined_without_rows,
    ),
    "rmse": Metric(
        name="rmse",
        label="RMSE",
        kind="regression",
        higher_is_better=False,
        function=regression.rmse,
        undefined=undefined_without_rows,
        in_label_units=True,
        bounds=(0.0, math.inf),
    ),
    "mae": Metric(
        name="mae",
        label="MAE",
        kind="regression",
        higher_is_better=False,
        function=regression.mae,
        undefined=undefined_without_rows,
        in_label_units=True,
        bounds=(0.0, math.inf),
    ),
    "r2": Metric(
        name="r2",
        label="R2",
        kind="regression",
        higher_is_better=True,
        function=regression.r2,
        undefined=regression.undefined_with_constant_labels,
        bounds=(-math.inf, 1.0),
    ),
    "spearman": Metric(
        name="spearman",
        label="Spearman correlation",
        kind="regression",
        higher_is_better=True,
        function=regression.spearman,
        undefined=regression.undefined_spearman,
        bounds=(-1.0, 1.0),
    ),
}

CLASSIFICATION = tuple(name for name, m in METRICS.items() if m.kind == "classification")
MULTICLASS = tuple(name for name, m in METRICS.items() if m.kind == "multiclass")
REGRESSION = tuple(name for name, m in METRICS.items() if m.kind == "regression")


def metric_named(name: str) -> Metric:
    """Return the metric of that name.

    Raises
    ------
    InputError
        There is none.
    """
    if name not in METRICS:
        raise InputError(f"Unknown metric {name!r}.", f"Known metrics: {', '.join(METRICS)}.")
    return METRICS[name]


def primary_metric(task_kind: Kind, tasks: int = 1) -> str:
    """Return the name of the metric that decides: ``roc_auc``, accuracy, ``rmse`` or ``r2``.

    Several regression targets have units of their own; a mean RMSE would be decided by the
    largest of them, so R2, which has no unit, stands in.

    Raises
    ------
    InputError
        The kind is none of `graftwork.config.Kind`.
    """
    primary = {
        "classification": "roc_auc",
        "multiclass": "multiclass_accuracy",
        "regression": "rmse",
    }
    if task_kind not in primary:
        raise InputError(f"Unknown kind of task {task_kind!r}.", f"Expected {', '.join(primary)}.")
    return "r2" if task_kind == "regression" and tasks > 1 else primary[task_kind]
