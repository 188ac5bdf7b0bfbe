"""torch-molecule's graph network, with its own defaults."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from scipy.special import expit

from graftwork.config import Kind
from graftwork.evaluation.peers.peer import Labelled, Peer

if TYPE_CHECKING:
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]


class TorchMoleculePeer(Peer):
    """``GNNMolecularPredictor`` of torch-molecule: GIN with a virtual node, width 300, five layers.

    Adam, at most 500 epochs, stopped after 50 without a better validation score; the weights of
    the best epoch. Labels are fitted as they are, in their unit. Its score of classes, ROC-AUC,
    needs two of them: where the validation labels of every task are equal, the squared error of the
    probabilities stands in.
    """

    package = "torch-molecule"
    kinds = ("classification", "regression")

    def fit(self, train: Labelled, val: Labelled, kind: Kind, seed: int) -> Self:
        """Train by the library's own loop."""
        from torch_molecule import (  # noqa: PLC0415  (an optional dependency)
            GNNMolecularPredictor,
        )

        torch.manual_seed(seed)
        self._kind = kind
        self._model = GNNMolecularPredictor(
            num_task=train.y.shape[1],
            task_type=kind,
            **({} if kind == "regression" or _ranked(val.y) else _SQUARED),
        )
        self._model.fit(list(train.smiles), train.y, list(val.smiles), val.y)
        return self

    def predict(self, smiles: Sequence[str]) -> FloatArray:
        """Predict; what the library returns for classification are logits."""
        found = self._model.predict(list(smiles))["prediction"].astype(np.float64)
        return found if self._kind == "regression" else expit(found)


def _ranked(y: FloatArray) -> bool:
    """Say whether any task has labels of both classes."""
    return bool(((y == 0).any(0) & (y == 1).any(0)).any())


def _squared_error(y: FloatArray, logits: FloatArray) -> float:
    return float(np.nanmean(np.square(y - expit(logits))))


_SQUARED: dict[str, Any] = {
    "evaluate_criterion": _squared_error,
    "evaluate_higher_better": False,
}
