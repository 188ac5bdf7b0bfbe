"""Confusion matrices of the test rows, one panel per model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graftwork.report.figure import INK, Plot, house_style, label, panels, to_svg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

MAX_CLASSES = 40
NUMBERED = 12  # with more classes the cells are too small for a number


def confusion_plots(
    truth: NDArray[np.floating],
    predictions: Mapping[str, NDArray[np.floating]],
    tasks: Sequence[str],
) -> list[Plot]:
    """Draw one chart per task with one panel per model.

    Parameters
    ----------
    truth
        Class numbers, shape ``[rows, tasks]``, NaN where missing.
    predictions
        Model name to predicted class numbers of the same shape.
    tasks
        Names of the columns.

    Returns
    -------
    list of Plot
        One per task, without a drawing if there are more than forty classes or no labelled row.
    """
    return [
        _task_plot(truth[:, i], {m: p[:, i] for m, p in predictions.items()}, task)
        for i, task in enumerate(tasks)
    ]


def confusion(truth: NDArray[Any], predicted: NDArray[Any], classes: int) -> NDArray[np.int64]:
    """Count the rows of each class (first axis) by the class predicted (second axis)."""
    both = np.isfinite(truth) & np.isfinite(predicted)
    cells = truth[both].astype(np.int64) * classes + predicted[both].astype(np.int64)
    return np.bincount(cells, minlength=classes**2).reshape(classes, classes)


def _task_plot(
    truth: NDArray[np.floating], predictions: Mapping[str, NDArray[np.floating]], task: str
) -> Plot:
    title = f"Predicted class by class: {task}"
    known = truth[np.isfinite(truth)]
    if not known.size or not predictions:
        return Plot(title, "Not drawn: no test row has a label.")
    classes = 1 + int(max(known.max(), *(np.nanmax(p) for p in predictions.values())))
    if classes > MAX_CLASSES:
        return Plot(title, f"Not drawn: {classes} classes are too many.")
    with house_style():
        width = 7.6 if len(predictions) > 1 else 3.8
        figure, all_axes = panels(len(predictions), width=width, height=3.0)
        for axes, (model, values) in zip(all_axes, predictions.items(), strict=True):
            _draw_panel(axes, confusion(truth, values, classes))
            axes.set(title=label(model), xlabel="predicted class", ylabel="class")
        svg = to_svg(figure)
    caption = (
        "One line per class, one column per predicted class, in each cell the number of test rows; "
        "the darker, the larger the share of the class. On the diagonal the prediction is right. "
        "Predicted is what most seeds say."
    )
    alt = f"Confusion matrices of {task}, one per model: {', '.join(predictions)}."
    return Plot(title, caption, alt, svg, narrow=len(predictions) == 1)


def _draw_panel(axes: Axes, counts: NDArray[np.int64]) -> None:
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    axes.grid(visible=False)
    if len(counts) <= NUMBERED:
        axes.set_xticks(range(len(counts)))
        axes.set_yticks(range(len(counts)))
        for (row, column), count in np.ndenumerate(counts):
            colour = "white" if share[row, column] > 0.6 else INK
            axes.text(column, row, str(count), ha="center", va="center", color=colour, fontsize=6.5)
