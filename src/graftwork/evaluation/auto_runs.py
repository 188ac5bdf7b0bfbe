"""The model ``auto`` within an experiment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from graftwork.config import Kind
from graftwork.data.labelled import LabelledData
from graftwork.data.splits import Split
from graftwork.evaluation.auto import Auto, Rows, Values, fit_auto
from graftwork.evaluation.auto_tables import MoleculeTables, groups_of
from graftwork.evaluation.model_runs import ModelRuns
from graftwork.nn.encoder import Encoder
from graftwork.nn.predictor import Predictor
from graftwork.training.device import new_fabric
from graftwork.training.fit import fit
from graftwork.training.fit_config import FitConfig
from graftwork.training.side_by_side import Shares

_LEARNED_MORE = "its models beside the network learn from the training and the validation part"


def blend_with(
    data: LabelledData,
    split: Split,
    encoder: Encoder,
    config: FitConfig,
    kind: Kind,
    best_epochs: Sequence[int],
    *,
    pretrained: bool,
    seed: int,
    time_shares: Shares | None = None,
) -> Auto:
    """Fit the blend of the networks of an experiment, one per seed, with models beside them.

    The networks of cross-validation take as many epochs as those of the experiment needed, and
    the weights hold for every seed.

    Parameters
    ----------
    best_epochs
        Of the networks that are blended.
    seed
        Of the folds, and of the networks and models that learn from them.
    time_shares
        Of the networks of cross-validation; None for as long as they take.
    """
    tables = MoleculeTables(data, encoder if pretrained else None)
    epochs = max(1, int(np.median(best_epochs)))
    short = replace(config, epochs=epochs)
    nothing = np.array([], np.int64)
    device = new_fabric(config.device, config.precision).device

    def train(learned: Rows) -> Predictor:
        return fit(
            data.store,
            data.y,
            learned,
            nothing,
            encoder,
            short,
            kind,
            data.tasks,
            seed=seed,
            scratch=not pretrained,
            time_limit=None if time_shares is None else time_shares.next(),
        ).predictor

    groups = groups_of(data, split)
    return fit_auto(data, tables, split.learnable, groups, kind, train, seed=seed, device=device)


def blended_runs(
    auto: Auto, said: Iterable[Values], seeds: tuple[int, ...], rows: Rows
) -> ModelRuns:
    """Predict rows with the blend of each network, one per seed, given what it says of them."""
    beside = auto.beside(rows)
    return ModelRuns(
        seeds,
        np.stack([auto.blend.blended(columns, beside) for columns in said]),
        notes=(_LEARNED_MORE,) if auto.blend.members else (),
        learned_validation=True,
    )
