"""The model ``auto`` within an experiment."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from graftwork.config import Kind
from graftwork.data.labelled import LabelledData
from graftwork.data.splits import Split
from graftwork.evaluation.auto import Auto, Rows, fit_auto, folds_of
from graftwork.evaluation.auto_tables import MoleculeTables, groups_of
from graftwork.evaluation.model_runs import ModelRuns
from graftwork.nn.encoder import Encoder
from graftwork.nn.predictor import Predictor
from graftwork.training.fit import Fitted, fit
from graftwork.training.fit_config import FitConfig
from graftwork.training.lesson import predict_rows

_LEARNED_MORE = "its models beside the network learn from the training and the validation part"


def blend_with(
    data: LabelledData,
    split: Split,
    encoder: Encoder,
    config: FitConfig,
    kind: Kind,
    networks: Sequence[Fitted],
    *,
    pretrained: bool,
    seed: int,
    deadline: float | None = None,
) -> Auto:
    """Fit the blend of the networks of an experiment, one per seed, with models beside them.

    The networks of cross-validation take as many epochs as those of the experiment needed, and
    the weights hold for every seed.

    Parameters
    ----------
    networks
        The runs of the network that is blended.
    seed
        Of the folds, and of the networks and models that learn from them.
    deadline
        On the monotonic clock.
    """
    tables = MoleculeTables(data, encoder if pretrained else None)
    epochs = max(1, int(np.median([fitted.best_epoch for fitted in networks])))
    short = replace(config, epochs=epochs)
    nothing = np.array([], np.int64)
    rows = np.sort(np.concatenate([split.train, split.val]))
    left = folds_of(split)

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
            seed=seed,
            scratch=not pretrained,
            time_limit=seconds,
        ).predictor

    groups = groups_of(data, split)
    return fit_auto(data, tables, rows, groups, kind, train, seed=seed)


def blended_runs(
    auto: Auto, data: LabelledData, networks: Sequence[Fitted], seeds: tuple[int, ...], rows: Rows
) -> ModelRuns:
    """Predict rows with the blend of each network, one per seed."""
    said = (predict_rows(f.predictor, data.store, rows, columns=True) for f in networks)
    return ModelRuns(
        seeds,
        np.stack([auto.predict(columns, rows) for columns in said]),
        notes=(_LEARNED_MORE,) if auto.blend.members else (),
        learned_validation=True,
    )
