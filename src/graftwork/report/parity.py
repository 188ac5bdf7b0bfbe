"""Parity plots: predicted against measured values of the test rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from graftwork.report.figure import MUTED, Plot, colours, house_style, label, panels, to_svg

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

MAX_TASKS = 6
RASTER_FROM = 1500  # more points than this are embedded as pixels: the file stays small


def parity_plots(
    truth: NDArray[np.floating],
    predictions: Mapping[str, NDArray[np.floating]],
    tasks: Sequence[str],
) -> list[Plot]:
    """Draw one chart per task with one panel per model.

    Parameters
    ----------
    truth
        Measured values, shape ``[rows, tasks]``, NaN where missing.
    predictions
        Model name to predictions of the same shape.
    tasks
        Names of the columns.

    Returns
    -------
    list of Plot
        At most six charts, and one more entry that says how many tasks are not drawn.
    """
    plots = [_task_plot(truth[:, i], predictions, i, task) for i, task in enumerate(tasks)]
    if len(plots) > MAX_TASKS:
        reason = f"{len(plots) - MAX_TASKS} more tasks are in the tables but not drawn."
        return [*plots[:MAX_TASKS], Plot("Further tasks", reason)]
    return plots


def _task_plot(
    truth: NDArray[np.floating],
    predictions: Mapping[str, NDArray[np.floating]],
    column: int,
    task: str,
) -> Plot:
    title = f"Predicted against measured: {task}"
    points = {}
    for model, values in predictions.items():
        both = np.isfinite(truth) & np.isfinite(values[:, column])
        if both.any():
            points[model] = (truth[both], values[both, column])
    if not points:
        return Plot(title, "Not drawn: no test row has both a measured and a predicted value.")
    palette = colours(predictions)
    every = np.concatenate([part for pair in points.values() for part in pair])
    low, high = float(every.min()), float(every.max())
    margin = 0.05 * (high - low) or 0.5
    limits = (low - margin, high + margin)
    with house_style():
        width = 7.6 if len(points) > 1 else 3.8
        figure, all_axes = panels(len(points), width=width, height=3.0 if width > 5 else 3.6)
        for axes, (model, (x, y)) in zip(all_axes, points.items(), strict=True):
            _draw_panel(axes, x, y, palette[model], limits)
            axes.set(title=label(model), xlabel="measured", ylabel="predicted")
        svg = to_svg(figure)
    missing = [model for model in predictions if model not in points]
    caption = (
        "One dot per test molecule, predictions averaged over seeds. On the dashed line the "
        "prediction equals the measurement."
    )
    if missing:
        caption += f" No finite prediction to draw: {', '.join(missing)}."
    counts = ", ".join(f"{model} ({len(x)} molecules)" for model, (x, _) in points.items())
    return Plot(
        title,
        caption,
        f"Scatter plots of {task}, one per model: {counts}.",
        svg,
        narrow=len(points) == 1,
    )


def _draw_panel(
    axes: Axes,
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    colour: str,
    limits: tuple[float, float],
) -> None:
    axes.plot(limits, limits, "--", color=MUTED, lw=1.1)
    axes.plot(x, y, "o", color=colour, ms=4.2, alpha=0.6, mew=0, rasterized=len(x) > RASTER_FROM)
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    axes.locator_params(nbins=5)
