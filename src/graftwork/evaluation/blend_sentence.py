"""What a blend means, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graftwork.blend import NETWORK
from graftwork.formatting import show
from graftwork.metrics import METRICS

if TYPE_CHECKING:
    from graftwork.evaluation.auto import Auto


def blend_sentence(auto: Auto) -> str:
    """Say what is in the blend, how it did out of fold, and what the network is worth there."""
    mean = {s.model: float(np.mean(s.weights)) for s in auto.standings[:-1]}
    parts = sorted(((w, name) for name, w in mean.items() if w > 0), reverse=True)
    blended = ", ".join(f"{name} {weight:.2f}" for weight, name in parts)
    text = f"auto blends {blended}. {_scores(auto)}"
    return f"{text} {_network(auto, mean[NETWORK])}" if NETWORK in mean else text


def blend_numbers(auto: Auto) -> dict[str, Any]:
    """Return each model's score out of fold and weight, target by target, as JSON types."""
    models = [
        {
            "model": standing.model,
            "scores": [None if np.isnan(score) else float(score) for score in standing.scores],
            "weights": [None if np.isnan(weight) else float(weight) for weight in standing.weights],
        }
        for standing in auto.standings
    ]
    return {
        "metric": auto.metric,
        "rows": auto.rows,
        "models": models,
        "sentence": blend_sentence(auto),
    }


def _scores(auto: Auto) -> str:
    metric = METRICS[auto.metric]
    found = {s.model: mean_defined(s.scores) for s in auto.standings}
    together = found.pop(auto.standings[-1].model)
    known = {name: value for name, value in found.items() if value is not None}
    if together is None or not known:
        return f"Its {metric.label} out of fold is undefined."
    best = (max if metric.higher_is_better else min)(known, key=lambda name: known[name])
    return (
        f"Out of fold on {auto.rows} training rows: {metric.label} {show(together)}, the best "
        f"alone is {best} with {show(known[best])}."
    )


def _network(auto: Auto, weight: float) -> str:
    targets = len(auto.standings[0].weights)
    used = int((auto.standings[0].weights > 0).sum())
    if weight == 1:
        return "Nothing adds to the network."
    if not used:
        return "The network adds nothing to the others here: its weight is 0."
    where = "" if targets == 1 else f" for {used} of {targets} targets"
    return f"The network explains what the others leave over{where}, so it has a weight."


def mean_defined(scores: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float | None:
    """Average what is no NaN; None where everything is."""
    defined = scores[~np.isnan(scores)]
    return float(defined.mean()) if defined.size else None
