"""ROC curves of the test rows, one panel per model, macro-averaged over tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import roc_curve

from graftwork.report.figure import MUTED, Plot, colours, house_style, label, panels, to_svg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

MAX_TASKS = 12
GRID = np.linspace(0.0, 1.0, 201)


def roc_plots(
    truth: NDArray[np.floating],
    predictions: Mapping[str, NDArray[np.floating]],
    tasks: Sequence[str],
) -> list[Plot]:
    """Draw one chart with one panel per model.

    Parameters
    ----------
    truth
        Labels 0 and 1, shape ``[rows, tasks]``, NaN where missing.
    predictions
        Model name to probabilities of the same shape.
    tasks
        Names of the columns. A task whose test rows hold one class only has no ROC curve: it is
        left out and named. The first twelve others are drawn.

    Returns
    -------
    list of Plot
        Exactly one chart, without a drawing if no task has both classes.
    """
    title = "ROC curves on the test rows"
    usable = [i for i in range(len(tasks)) if _two_classes(truth[:, i])]
    notes = _omissions([task for i, task in enumerate(tasks) if i not in usable], len(usable))
    curves = {}
    for model, values in predictions.items():
        found = [_curve(truth[:, i], values[:, i]) for i in usable[:MAX_TASKS]]
        defined = [curve for curve in found if curve is not None]
        if defined:
            curves[model] = defined
        if len(defined) < len(found):
            notes.append(
                f"{model}: {len(found) - len(defined)} task(s) without usable predictions."
            )
    if not curves:
        return [Plot(title, " ".join(["Not drawn: no model has a ROC curve.", *notes]))]
    palette = colours(predictions)
    with house_style():
        width = 7.6 if len(curves) > 1 else 3.8
        figure, all_axes = panels(len(curves), width=width, height=3.0 if width > 5 else 3.6)
        for axes, (model, lines) in zip(all_axes, curves.items(), strict=True):
            _draw_panel(axes, lines, palette[model])
            axes.set(title=label(model), xlabel="false positive rate", ylabel="true positive rate")
        svg = to_svg(figure)
    caption = "Predictions averaged over seeds. The dashed line is guessing."
    if any(len(lines) > 1 for lines in curves.values()):
        caption += " Thin: single tasks. Bold: their average (macro)."
    counts = ", ".join(f"{model} ({len(lines)} task(s))" for model, lines in curves.items())
    alt = f"ROC curves, one panel per model: {counts}."
    return [Plot(title, " ".join([caption, *notes]), alt, svg, narrow=len(curves) == 1)]


def _two_classes(labels: NDArray[np.floating]) -> bool:
    return set(np.unique(labels[np.isfinite(labels)]).tolist()) == {0.0, 1.0}


def _omissions(one_class: Sequence[str], usable: int) -> list[str]:
    notes = []
    if one_class:
        names = ", ".join(one_class[:8]) + (" and others" if len(one_class) > 8 else "")
        notes.append(
            f"Left out ({len(one_class)}), because the test rows do not hold both classes: {names}."
        )
    if usable > MAX_TASKS:
        notes.append(f"The first {MAX_TASKS} of {usable} tasks are drawn.")
    return notes


def _curve(
    labels: NDArray[np.floating], scores: NDArray[np.floating]
) -> tuple[NDArray[np.floating], NDArray[np.floating]] | None:
    both = np.isfinite(labels) & np.isfinite(scores)
    if not _two_classes(labels[both]):
        return None
    false_rate, true_rate, _ = roc_curve(labels[both], scores[both])
    return false_rate, true_rate


def _draw_panel(
    axes: Axes,
    lines: Sequence[tuple[NDArray[np.floating], NDArray[np.floating]]],
    colour: str,
) -> None:
    axes.plot([0, 1], [0, 1], "--", color=MUTED, lw=1.1)
    alone = len(lines) == 1
    for x, y in lines:
        axes.plot(x, y, color=colour, lw=2.2 if alone else 0.8, alpha=1.0 if alone else 0.35)
    if not alone:
        mean = np.mean([np.interp(GRID, x, y) for x, y in lines], axis=0)
        axes.plot([0.0, *GRID], [0.0, *mean], color=colour, lw=2.2)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    axes.locator_params(nbins=5)
