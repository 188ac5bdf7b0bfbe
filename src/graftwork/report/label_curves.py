"""The chart of a benchmark with label budgets: score against number of labels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.ticker import FixedLocator, NullLocator

from graftwork.formatting import finite, show
from graftwork.report.figure import Plot, colours, house_style, label, panels, to_svg
from graftwork.report.glossary import metric_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from graftwork.evaluation.benchmark.curves import CurvePoint

MAX_PANELS = 12
_APART = 0.15  # of the width of a panel
_STYLES = {
    "baseline": ("s", ":"),
    "scratch": ("^", "--"),
    "pretrained": ("o", "-"),
    "auto": ("D", "-"),
}
"""Marker and line by role."""


def label_curve_plot(points: Sequence[CurvePoint], roles: Mapping[str, str]) -> Plot:
    """Draw one panel per data set and one line per model, with a bar where there is an interval.

    Parameters
    ----------
    points
        Of one epoch choice.
    roles
        Of each model.

    Returns
    -------
    Plot
        Without a drawing if there is no point.
    """
    title = "Score against number of labels"
    if not points:
        return Plot(title, "Not drawn: no data set has two numbers of labels.")
    datasets = list(dict.fromkeys(point.dataset for point in points))
    shown = datasets[:MAX_PANELS]
    palette = colours(point.label for point in points)
    with house_style():
        figure, all_axes = panels(len(shown), height=3.2)
        for axes, dataset in zip(all_axes, shown, strict=True):
            mine = [point for point in points if point.dataset == dataset]
            for name, colour in palette.items():
                line = sorted((p for p in mine if p.label == name), key=lambda p: p.labels)
                if line:
                    _draw(axes, line, colour, roles[line[0].model])
            _label(axes, mine)
        for name, colour in palette.items():
            model = next(point.model for point in points if point.label == name)
            marker, style = _STYLES[roles[model]]
            all_axes[0].plot([], [], color=colour, marker=marker, ls=style, ms=4, label=label(name))
        figure.legend(loc="outside lower center", ncols=3)
        svg = to_svg(figure)
    caption = (
        "Test part. Mean over seeds; each seed draws other labelled rows where they are fewer than "
        "all. Bar: 95 % interval of that mean, none with one seed."
    )
    if len(datasets) > len(shown):
        caption += f" {len(datasets) - len(shown)} more data sets are in curves.csv."
    words = "; ".join(f"{p.dataset}, {p.label}: {show(p.mean)} with {p.labels}" for p in points)
    return Plot(title, caption, f"{title}: {words}.", svg, narrow=len(shown) == 1)


def _draw(axes: Axes, line: Sequence[CurvePoint], colour: str, role: str) -> None:
    marker, style = _STYLES[role]
    places = [point.labels for point in line]
    axes.plot(places, [p.mean for p in line], color=colour, ls=style, marker=marker, ms=4.5, lw=1.5)
    for point in line:
        if finite(point.lower) and finite(point.upper):
            axes.plot(
                [point.labels] * 2, [point.lower, point.upper], color=colour, lw=1.1, alpha=0.7
            )


def _label(axes: Axes, points: Sequence[CurvePoint]) -> None:
    places = sorted({point.labels for point in points})
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(places))
    axes.xaxis.set_minor_locator(NullLocator())
    named = _apart(places)
    axes.set_xticks(places, [str(place) if place in named else "" for place in places])
    axes.set_xlabel("labelled rows")
    axes.set_ylabel(label(metric_label(points[0].metric)))
    axes.set_title(label(points[0].dataset))


def _apart(places: Sequence[int]) -> set[int]:
    """Return the places whose names do not run into each other on a logarithmic axis."""
    ends = math.log(places[0]), math.log(places[-1])
    kept = [places[-1]]
    for place in reversed(places[:-1]):
        if math.log(kept[-1] / place) >= _APART * (ends[1] - ends[0]):
            kept.append(place)
    return set(kept)
