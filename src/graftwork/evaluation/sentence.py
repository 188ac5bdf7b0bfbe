"""A comparison in one plain English sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graftwork.formatting import show, show_interval
from graftwork.metrics import metric_named

if TYPE_CHECKING:
    from graftwork.evaluation.verdict import Comparison


def sentence(comparison: Comparison, unit: str | None = None) -> str:
    """Say a comparison in one line.

    Parameters
    ----------
    comparison
        What `graftwork.evaluation.compare` returned.
    unit
        The unit of the labels (``"pIC50"``, ``"log mol/L"``); written after metrics that carry
        it (RMSE, MAE).

    Examples
    --------
    >>> from graftwork.evaluation import Comparison
    >>> found = Comparison("pretrained", "scratch", "rmse", 0.12, 0.05, 0.19, 5, "helps")
    >>> sentence(found, "pIC50")
    'Pre-training helps: RMSE better by 0.120 pIC50 (95% interval 0.050 to 0.190, 5 seeds).'
    """
    c = comparison
    metric = metric_named(c.metric)
    suffix = f" {unit}" if unit and metric.in_label_units else ""
    note = f" Note: {c.note}." if c.note else ""
    if c.difference is None:
        return f"No evidence on {c.model} against {c.against} by {metric.label}.{note}"
    seeds = f"{c.seeds} seed{'' if c.seeds == 1 else 's'}"
    direction = "worse" if c.difference < 0 else "better"
    size = f"{metric.label} {direction} by {show(abs(c.difference))}{suffix}"
    if c.lower is None or c.upper is None:
        return f"No evidence that {c.model} differs from {c.against}: {size} ({seeds}).{note}"
    ends = (c.lower, c.upper) if c.difference >= 0 else (-c.upper, -c.lower)
    size += f" (95% interval {show_interval(*ends)}, {seeds})"
    if c.verdict == "no evidence":
        return f"No evidence that {c.model} differs from {c.against}: {size}.{note}"
    return f"{_headline(c)}: {size}.{note}"


def _headline(c: Comparison) -> str:
    if (c.model, c.against) == ("pretrained", "scratch"):
        return f"Pre-training {c.verdict}"
    return f"{c.model} is {'better' if c.verdict == 'helps' else 'worse'} than {c.against}"
