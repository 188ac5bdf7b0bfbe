"""The cell of the model ``auto``: a network blended with models beside it, or these alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from graftwork.evaluation.auto import Auto, Values, fit_auto
from graftwork.evaluation.auto_runs import blend_with, blended_runs
from graftwork.evaluation.auto_tables import MoleculeTables, groups_of
from graftwork.evaluation.benchmark.cell_network import cell_settings, train_network, training_facts
from graftwork.evaluation.benchmark.epoch_choice import BEST, Predictions
from graftwork.evaluation.benchmark.prepare import Prepared
from graftwork.evaluation.blend_sentence import blend_numbers


def run_auto(found: Prepared, spec: dict[str, Any]) -> tuple[Predictions, dict[str, Any]]:
    """Blend, and predict the test part; the validation part has been learnt from.

    The facts say what each model scored out of fold and what it weighs, under ``blend``.
    """
    with_network = spec["model"]["encoder"] is not None
    values, auto, facts = (_with_network if with_network else _without_network)(found, spec)
    facts |= {"deterministic": False, "blend": blend_numbers(auto)}
    return {("test", BEST): values.astype(np.float32)}, facts


def _with_network(found: Prepared, spec: dict[str, Any]) -> tuple[Values, Auto, dict[str, Any]]:
    """Blend as ``graftwork finetune`` does, with one network: that of the cell's seed."""
    encoder, fitted = train_network(found, spec)
    auto = blend_with(
        found.data,
        found.split,
        encoder,
        cell_settings(found, spec),
        found.kind,
        [fitted],
        pretrained=spec["model"]["weights"] is not None,
        seed=spec["seed"],
    )
    runs = blended_runs(auto, found.data, [fitted], (spec["seed"],), found.split.test)
    return runs.predictions[0], auto, {"notes": list(runs.notes), **training_facts(fitted, spec)}


def _without_network(found: Prepared, spec: dict[str, Any]) -> tuple[Values, Auto, dict[str, Any]]:
    data, split = found.data, found.split
    rows = np.sort(np.concatenate([split.train, split.val]))
    groups = groups_of(data, split)
    tables = MoleculeTables(data, None)
    auto = fit_auto(data, tables, rows, groups, found.kind, None, seed=spec["seed"])
    nothing = np.zeros((len(split.test), len(data.tasks)))
    return auto.predict(nothing, split.test), auto, {"notes": []}
