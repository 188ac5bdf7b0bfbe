"""What the blends of a table consist of, in plain sentences."""

from __future__ import annotations

import numpy as np

from graftwork.blend import NETWORK
from graftwork.evaluation.benchmark.results import Outcome, Results
from graftwork.evaluation.benchmark.table import label_of


def blend_lines(results: Results) -> list[str]:
    """Say for each blend and data set what its models weigh, on average over seeds and targets."""
    groups: dict[tuple[str, tuple[str, str]], list[Outcome]] = {}
    for outcome in results.outcomes:
        if "blend" in outcome.record:
            groups.setdefault((outcome.cell.dataset, outcome.row), []).append(outcome)
    return [
        f"{label_of(*row)} on {dataset}: {_weights(outcomes)}."
        for (dataset, row), outcomes in groups.items()
    ]


def _weights(outcomes: list[Outcome]) -> str:
    found: dict[str, list[float]] = {}
    for outcome in outcomes:
        for model in outcome.record["blend"]["models"][:-1]:  # the last is all of them together
            found.setdefault(model["model"], []).append(float(np.mean(model["weights"])))
    means = {name: float(np.mean(weights)) for name, weights in found.items()}
    shown = sorted((name for name in means if means[name] > 0), key=lambda name: -means[name])
    text = ", ".join(f"{name} {means[name]:.2f}" for name in shown)
    if NETWORK in found:
        used = sum(weight > 0 for weight in found[NETWORK])
        text += f"; the network has a weight in {used} of {len(outcomes)} seeds"
    return text
