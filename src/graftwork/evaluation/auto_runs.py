"""The model ``auto`` within an experiment."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from graftwork.blend import Blend, Molecules
from graftwork.config import Kind
from graftwork.data.labelled import LabelledData
from graftwork.data.splits import Split
from graftwork.evaluation.auto import FOLDS, Auto, Rows, fit_auto
from graftwork.evaluation.auto_tables import groups_of, molecule_tables
from graftwork.evaluation.model_runs import ModelRuns
from graftwork.nn.encoder import Encoder
from graftwork.nn.predictor import Predictor
from graftwork.training.fit import fit, predict_rows
from graftwork.training.fit_config import FitConfig

_NOTE = "its models beside the network learn from the training and the validation part"


def auto_runs(
    data: LabelledData,
    split: Split,
    encoder: Encoder,
    config: FitConfig,
    kind: Kind,
    networks: ModelRuns,
    *,
    pretrained: bool,
    deadline: float | None,
) -> tuple[ModelRuns, Auto]:
    """Blend the networks of an experiment, one per seed, with models beside them.

    The networks of cross-validation take as many epochs as those of the experiment needed, and
    the weights hold for every seed.

    Parameters
    ----------
    networks
        The runs of the network that is blended.
    deadline
        On the monotonic clock.
    """
    tables = molecule_tables(data, encoder if pretrained else None)
    epochs = max(1, int(np.median([fitted.best_epoch for fitted in networks.fitted])))
    short = replace(config, epochs=epochs)
    nothing = np.array([], np.int64)
    left = FOLDS

    def train(rows: Rows) -> Predictor:
        nonlocal left
        seconds = None if deadline is None else max(1.0, (deadline - time.monotonic()) / left)
        left -= 1
        return fit(
            data.store,
            data.y,
            rows,
            nothing,
            encoder,
            short,
            kind,
            data.tasks,
            seed=networks.seeds[0],
            scratch=not pretrained,
            time_limit=seconds,
        ).predictor

    rows = np.sort(np.concatenate([split.train, split.val]))
    groups = groups_of(data, split)
    auto = fit_auto(data, tables, rows, groups, kind, train, seed=networks.seeds[0])
    predictions = blended_rows(auto.blend, data, tables, networks)
    notes = (_NOTE,) if auto.blend.members else ()
    runs = ModelRuns(networks.seeds, predictions, notes=notes, learned_validation=True)
    return runs, auto


def blended_rows(
    blend: Blend, data: LabelledData, tables: Molecules, networks: ModelRuns
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Predict all rows with each network, shape ``[seeds, rows, targets]``."""
    everyone = np.arange(len(data.store))
    return np.stack(
        [
            blend.predict(
                predict_rows(fitted.predictor, data.store, everyone, columns=True), tables
            )
            for fitted in networks.fitted
        ]
    )
