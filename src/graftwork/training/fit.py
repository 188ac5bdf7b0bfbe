"""One fine-tuning run: a network, or an ensemble of networks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from graftwork.config import Kind
from graftwork.data.store import GraphStore
from graftwork.nn.encoder import Encoder
from graftwork.rng import derive_seed
from graftwork.training.fit_config import FitConfig
from graftwork.training.fit_one import fit_one
from graftwork.training.fitted import Fitted, together
from graftwork.training.side_by_side import Shares

Values = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


def fit(
    store: GraphStore,
    y: Values,
    train: Rows,
    val: Rows,
    encoder: Encoder,
    config: FitConfig,
    kind: Kind,
    tasks: tuple[str, ...],
    *,
    seed: int,
    scratch: bool = False,
    stop_after: int | None = None,
    time_limit: float | None = None,
    on_epoch: Callable[[float], None] = lambda _done: None,
) -> Fitted:
    """Train a predictor. Only rows in ``train`` and ``val`` are ever looked at.

    Parameters
    ----------
    encoder
        Weights to start from (``scratch`` keeps only its shape).
    config
        With ``ensemble`` above 1 so many networks are trained, one after the other.
    seed
        Of the new weights, the order of the rows and dropout.
    stop_after
        End after so many epochs of the same schedule; for the refit without validation rows.
    time_limit
        Seconds.
    on_epoch
        Called with the share of the epochs that is done.
    """
    members = config.ensemble
    shares = Shares(time_limit, members)

    def train_member(place: int) -> Fitted:
        return fit_one(
            store,
            y,
            train,
            val,
            encoder,
            config,
            kind,
            tasks,
            seed=derive_seed(seed, "member", place) if place else seed,
            scratch=scratch,
            stop_after=stop_after,
            time_limit=shares.next(),
            on_epoch=lambda done: on_epoch((place + done) / members),
        )

    runs = [train_member(place) for place in range(members)]
    return together(runs) if members > 1 else runs[0]
