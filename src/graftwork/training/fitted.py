"""What fine-tuning leaves behind."""

from __future__ import annotations

import copy
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch

from graftwork.nn.encoder import Encoder
from graftwork.nn.predictor import Predictor, ensemble_state


@dataclass(frozen=True)
class Fitted:
    """A finished run.

    Parameters
    ----------
    predictor
        The network at its best validation epoch (at its last without validation rows).
    best_epoch
        1-based; of an ensemble the median.
    last_weights
        The network's weights at its last epoch.
    losses, scores
        Training loss and validation score per epoch; of an ensemble those of its first network.
    """

    predictor: Predictor
    best_epoch: int
    last_weights: dict[str, torch.Tensor]
    losses: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)

    def at_last_epoch(self) -> Predictor:
        """Return the network at its last epoch."""
        predictor = copy.deepcopy(self.predictor)
        predictor.load_state_dict(self.last_weights)
        return predictor.eval()


def together(runs: Sequence[Fitted]) -> Fitted:
    """Return the ensemble of the networks of some runs, all of one shape."""
    first, weights = runs[0].predictor, [run.predictor.state_dict() for run in runs]
    with torch.device("meta"):  # draws no initial weights from the stream that threads share
        body = Encoder(first.encoder.schema, first.encoder.config)
        predictor = Predictor(body, replace(first.head.config, members=len(runs)))
    predictor.load_state_dict(ensemble_state(weights), assign=True)
    return replace(
        runs[0],
        predictor=predictor.eval(),
        best_epoch=round(statistics.median(run.best_epoch for run in runs)),
        last_weights=ensemble_state([run.last_weights for run in runs]),
    )
