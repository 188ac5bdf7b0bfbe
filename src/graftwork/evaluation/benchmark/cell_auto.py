"""The cell of the model ``auto``: a network blended with models beside it, or these alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from graftwork.evaluation.auto import Auto, fit_auto
from graftwork.evaluation.auto_runs import auto_runs
from graftwork.evaluation.auto_tables import groups_of, molecule_tables
from graftwork.evaluation.benchmark.cell_network import train_network, training_facts
from graftwork.evaluation.benchmark.epoch_choice import BEST, Predictions
from graftwork.evaluation.benchmark.prepare import Prepared
from graftwork.evaluation.blend_sentence import blend_numbers
from graftwork.evaluation.model_runs import ModelRuns
from graftwork.training.fit_config import FitConfig

Values = npt.NDArray[np.float64]


def run_auto(found: Prepared, spec: dict[str, Any]) -> tuple[Predictions, dict[str, Any]]:
    """Blend, and predict the test part; the validation part has been learnt from.

    The facts say what each model scored out of fold and what it weighs, under ``blend``.
    """
    if spec["model"]["encoder"] is None:
        values, auto, facts = _without_network(found, spec["seed"])
    else:
        values, auto, facts = _with_network(found, spec)
    predictions = {("test", BEST): values[found.split.test].astype(np.float32)}
    notes: list[str] = facts.pop("notes", [])
    facts |= {"deterministic": False, "notes": notes, "blend": blend_numbers(auto)}
    return predictions, facts


def _with_network(found: Prepared, spec: dict[str, Any]) -> tuple[Values, Auto, dict[str, Any]]:
    """Blend as ``graftwork finetune`` does, with one network: that of the cell's seed."""
    encoder, fitted = train_network(found, spec)
    runs, auto = auto_runs(
        found.data,
        found.split,
        encoder,
        FitConfig(**spec["settings"]),
        found.kind,
        ModelRuns((spec["seed"],), np.empty((1, 0, 0)), fitted=(fitted,)),
        pretrained=spec["model"]["weights"] is not None,
        deadline=None,
    )
    return runs.predictions[0], auto, {"notes": list(runs.notes), **training_facts(fitted, spec)}


def _without_network(found: Prepared, seed: int) -> tuple[Values, Auto, dict[str, Any]]:
    data, split = found.data, found.split
    tables = molecule_tables(data, None)
    rows = np.sort(np.concatenate([split.train, split.val]))
    auto = fit_auto(data, tables, rows, groups_of(data, split), found.kind, None, seed=seed)
    return auto.blend.predict(np.zeros(data.y.shape), tables), auto, {}
