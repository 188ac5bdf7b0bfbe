"""A model's mean over data sets, and its gain over scratch there."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from graftwork.evaluation.benchmark.holm import holm, verdict_after
from graftwork.evaluation.benchmark.results import Results
from graftwork.evaluation.benchmark.table_verdict import TableVerdict
from graftwork.evaluation.student import add_variances, half_width, two_sided_p
from graftwork.evaluation.verdict import Verdict, verdict_of
from graftwork.metrics import METRICS

Row = tuple[str, str]


@dataclass(frozen=True)
class MeanGain:
    """The mean over data sets of a model's gain over an opponent, positive where it is better.

    The interval adds the data sets' variances: it covers other seeds and other test rows of
    these data sets. It does not cover other data sets, nor other training rows or splits.

    Parameters
    ----------
    difference, lower, upper, p_value
        As of a single comparison; None where one of them has none.
    verdict
        Of this one interval, or after :func:`corrected_gains` that of the corrected p-value.
    datasets
        How many data sets the mean is over.
    """

    difference: float | None
    lower: float | None
    upper: float | None
    p_value: float | None
    verdict: Verdict
    datasets: int


def shared_datasets(results: Results, rows: Sequence[Row]) -> tuple[list[str], str | None]:
    """Return the data sets that all rows of a table have, and why there is no mean over them.

    Data sets with different metrics have no mean, nor has one data set with several label
    budgets: these share their test rows. RMSE and MAE average only what was measured in the same
    unit, which nobody but the reader can know.
    """
    shared = [
        name
        for name in results.request.data
        if rows and all(results.group(name, model, strategy) for model, strategy in rows)
    ]
    metrics = {metric for name in shared if (metric := results.metric(name))}
    if not shared:
        return [], "no data set has results of all models"
    if len(metrics) > 1:
        return shared, f"the data sets have different metrics ({', '.join(sorted(metrics))})"
    if len({results.request.data[name].whole for name in shared}) < len(shared):
        return shared, "columns with several label budgets of one data set share their test rows"
    return shared, None


def unit_warning(metric: str) -> str | None:
    """Return a warning where a mean over data sets may mix units."""
    if not METRICS[metric].in_label_units:
        return None
    return (
        f"{METRICS[metric].label} is in the units of the labels: its mean over data sets says "
        "something only where these are the same."
    )


def mean_gain(verdicts: Sequence[TableVerdict]) -> MeanGain:
    """Average comparisons of one model with one opponent, one per data set.

    Parameters
    ----------
    verdicts
        At least one.
    """
    differences = [v.difference for v in verdicts if v.difference is not None]
    count = len(verdicts)
    if len(differences) < count:
        return MeanGain(None, None, None, None, "no evidence", count)
    difference = float(np.mean(differences))
    parts = [
        ((v.standard_error / count) ** 2, v.df or math.inf)
        for v in verdicts
        if v.standard_error is not None
    ]
    if len(parts) < count:
        return MeanGain(difference, None, None, None, "no evidence", count)
    error, df = add_variances(parts)
    half = half_width(error, df)
    lower, upper = difference - half, difference + half
    p_value = two_sided_p(difference, error, df)
    return MeanGain(difference, lower, upper, p_value, verdict_of(lower, upper), count)


def corrected_gains(gains: Sequence[MeanGain | None]) -> list[MeanGain | None]:
    """Judge gains again after Holm's correction over those that have an interval."""
    judged = [i for i, gain in enumerate(gains) if gain is not None and gain.p_value is not None]
    found = list(gains)
    for i, p_value in zip(judged, holm([_p_value(gains[i]) for i in judged]), strict=True):
        gain = gains[i]
        if gain is not None and gain.difference is not None:
            found[i] = replace(gain, verdict=verdict_after(p_value, gain.difference))
    return found


def _p_value(gain: MeanGain | None) -> float:
    return 1.0 if gain is None or gain.p_value is None else gain.p_value
