"""What the targets are: classes, numbers, or one class out of several."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from graftwork.config import TASKS, Kind
from graftwork.data.labelled import LabelledData
from graftwork.data.labels import infer_kind
from graftwork.data.splits import Split
from graftwork.errors import InputError


def resolve_kind(task: str, data: LabelledData, split: Split) -> Kind:
    """Return what the targets are, and check that the labels can be that.

    Parameters
    ----------
    task
        A `graftwork.config.Kind`, or ``auto``: that of a network's file, and of a table what its
        labels of training and validation look like; test labels decide nothing.
    data, split
        Where the labels are.

    Raises
    ------
    InputError
        If a label cannot be of that kind, or it is for one target and there are several.
    """
    if task == "auto" and data.network is not None:
        task = data.network.kind
    if task == "auto":
        task = infer_kind(data.y[split.learnable])
    if task == "regression":
        return "regression"
    if task == "multiclass":
        _require_labels(data, data.y == np.floor(np.maximum(data.y, 0)), "numbers 0, 1, 2, ...")
        if len(data.tasks) > 1:
            raise InputError(
                f"Multiclass is for one target; there are {len(data.tasks)}.",
                "Choose one with -t/--target-columns.",
            )
        return "multiclass"
    if task != "classification":
        raise InputError(f"No task is called {task!r}.", f"Known: {', '.join(TASKS)}.")
    _require_labels(data, np.isin(data.y, (0, 1)), "0 and 1")
    return "classification"


def _require_labels(data: LabelledData, good: npt.NDArray[np.bool_], expected: str) -> None:
    odd = np.argwhere(~np.isnan(data.y) & ~good)
    if len(odd):
        row, column = odd[0]
        raise InputError(
            f"Classification needs labels {expected}; data row {data.records[row].row} has "
            f"{data.y[row, column]:g} in {data.tasks[column]!r}.",
            "Recode, or --task regression.",
        )
