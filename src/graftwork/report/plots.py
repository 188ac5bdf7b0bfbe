"""The charts: models with intervals, agreement with the measurements, learning curves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import MaxNLocator

from graftwork.formatting import finite, show, show_interval
from graftwork.report.confusion import confusion_plots
from graftwork.report.figure import (
    INK,
    MUTED,
    Plot,
    colours,
    house_style,
    label,
    panels,
    to_svg,
)
from graftwork.report.glossary import metric_label
from graftwork.report.parity import parity_plots
from graftwork.report.roc import roc_plots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from graftwork.report.content import Curve, ModelRow, ReportContent

MAX_PANELS = 6
AGREEMENT = {
    "regression": parity_plots,
    "classification": roc_plots,
    "multiclass": confusion_plots,
}


def interval_plot(table: Sequence[ModelRow], metric: str, *, higher_is_better: bool) -> Plot:
    """Draw every model as a dot (mean), a bar (interval) and faint marks (one per seed).

    Parameters
    ----------
    table
        The models, best first or in any order that the reader should see.
    metric
        Name of the metric on the axis.
    higher_is_better
        Which end of the axis is the good one.

    Returns
    -------
    Plot
        Without a drawing if no model has a defined mean.
    """
    title = f"{metric} of every model"
    if not any(finite(row.mean) for row in table):
        return Plot(title, "Not drawn: the metric is undefined for every model.")
    with house_style():
        figure, (axes,) = panels(1, height=0.75 + 0.46 * len(table))
        for place, (row, colour) in enumerate(_coloured(table)):
            _draw_row(axes, row, place, colour)
        axes.set_ylim(len(table) - 0.5, -0.5)
        axes.set_yticks(range(len(table)), [label(row.model) for row in table])
        axes.tick_params(axis="y", length=0)
        axes.grid(visible=False, axis="y")
        axes.spines["left"].set_visible(False)
        arrow = "higher is better →" if higher_is_better else "← lower is better"
        axes.set_xlabel(f"{label(metric)}   ({arrow})")
        svg = to_svg(figure)
    parts = [f"{row.model} {_in_words(row)}" for row in table]
    caption = "Large dot: mean over seeds. Bar: interval. Faint dots below: the single seeds."
    return Plot(title, caption, f"{title}: {'; '.join(parts)}.", svg)


def agreement_plots(content: ReportContent) -> list[Plot]:
    """Draw predictions against test labels: parity, ROC curves or confusion matrices."""
    draw = AGREEMENT[content.kind]
    return draw(content.truth, content.predictions, content.tasks)


def learning_curves(curves: Sequence[Curve]) -> Plot:
    """Draw every learning curve, one panel per quantity and one line per model and seed.

    Parameters
    ----------
    curves
        Curves of any models and seeds; those without a finite value are left out.

    Returns
    -------
    Plot
        Without a drawing if no curve has a finite value.
    """
    title = "Learning curves"
    drawn = [curve for curve in curves if any(finite(value) for value in curve.values)]
    if not drawn:
        return Plot(title, "Not drawn: no learning curve was recorded.")
    groups = list(dict.fromkeys((curve.split, curve.name) for curve in drawn))
    palette = colours(curve.model for curve in drawn)
    shown = groups[:MAX_PANELS]
    with house_style():
        figure, all_axes = panels(len(shown))
        for axes, (split, name) in zip(all_axes, shown, strict=True):
            for curve in drawn:
                if (curve.split, curve.name) != (split, name):
                    continue
                marker = "o" if len(curve.steps) == 1 else ""
                colour = palette[curve.model]
                axes.plot(
                    curve.steps, curve.values, color=colour, lw=1.1, alpha=0.65, marker=marker, ms=3
                )
            axes.set_title(
                f"{'training' if split == 'train' else 'validation'}: {label(metric_label(name))}"
            )
            axes.set_xlabel("step")
            axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True, min_n_ticks=1))
        for model, colour in palette.items():
            all_axes[0].plot([], [], color=colour, lw=2, label=label(model))
        figure.legend(loc="outside lower center", ncols=min(5, len(palette)))
        svg = to_svg(figure)
    caption = "One line per seed."
    if len(groups) > MAX_PANELS:
        caption += f" {len(groups) - MAX_PANELS} more recorded quantities are not drawn."
    names = ", ".join(f"{split} {name}" for split, name in shown)
    return Plot(title, caption, f"Learning curves of {', '.join(palette)}: {names}.", svg)


def _coloured(table: Sequence[ModelRow]) -> list[tuple[ModelRow, str]]:
    palette = colours(row.model for row in table)
    return [(row, palette[row.model]) for row in table]


def _draw_row(axes: Axes, row: ModelRow, place: int, colour: str) -> None:
    if not finite(row.mean):
        axes.text(
            0.01, place, "undefined", transform=axes.get_yaxis_transform(), va="center", color=MUTED
        )
        return
    seeds = [value for value in row.per_seed if finite(value)]
    axes.plot(seeds, [place + 0.26] * len(seeds), "o", color=colour, ms=4.5, alpha=0.45, mew=0)
    if finite(row.lower) and finite(row.upper):
        axes.plot([row.lower, row.upper], [place, place], color=colour, lw=2.4)
        axes.plot([row.lower, row.upper], [place, place], "|", color=colour, ms=9, mew=1.6)
    axes.plot([row.mean], [place], "o", color=colour, ms=8.5, mec="white", mew=1)
    axes.annotate(
        show(row.mean),
        (row.mean, place),
        (0, 8),
        textcoords="offset points",
        ha="center",
        fontsize=8.5,
        color=INK,
    )


def _in_words(row: ModelRow) -> str:
    if not finite(row.mean):
        return "undefined"
    interval = show_interval(row.lower, row.upper)
    return f"{show(row.mean)} (interval {interval})"
