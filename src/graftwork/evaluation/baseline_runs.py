"""The runs of the baselines of an experiment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from graftwork import console
from graftwork.config import Kind
from graftwork.data.labelled import LabelledData
from graftwork.data.splits import Split
from graftwork.evaluation.applicable import baseline_tables
from graftwork.evaluation.baselines import BASELINES, Table
from graftwork.evaluation.model_runs import ModelRuns


def baseline_runs(
    data: LabelledData,
    split: Split,
    kind: Kind,
    names: tuple[str, ...],
    seeds: tuple[int, ...],
    *,
    validation: bool = False,
) -> dict[str, ModelRuns]:
    """Fit those of the named baselines that apply to the data, each over seeds if it uses any.

    Parameters
    ----------
    validation
        Whether they learn from the validation part, too: beside a blend, which does.

    Raises
    ------
    InputError
        If baselines were chosen, and one of them does not apply.
    """
    tables = baseline_tables(data, kind, names)
    rows = split.learnable if validation else split.train
    runs: dict[str, ModelRuns] = {}
    with console.progress("Baselines", len(tables)) as update:
        for count, (name, table) in enumerate(tables.items()):
            update(count, name)
            found = _fitted(name, table, data, rows, kind, seeds)
            runs[name] = replace(found, learned_validation=validation)
    return runs


def _fitted(
    name: str,
    table: Table,
    data: LabelledData,
    rows: npt.NDArray[np.int64],
    kind: Kind,
    seeds: tuple[int, ...],
) -> ModelRuns:
    learned = table.take(rows)
    predictions: list[npt.NDArray[np.float64]] = []
    notes: list[str] = []
    deterministic = False
    for seed in seeds:
        model = BASELINES[name]().fit(learned, data.y[rows], kind, seed)
        predictions.append(model.predict(table))
        notes, deterministic = model.notes, model.deterministic
        if deterministic:
            break
    return ModelRuns(
        seeds[: len(predictions)], np.stack(predictions), deterministic, notes=tuple(notes)
    )
