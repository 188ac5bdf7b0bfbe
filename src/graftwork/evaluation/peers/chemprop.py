"""chemprop's directed message passing network, as its command line trains it by default."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from sklearn.preprocessing import StandardScaler

from graftwork.config import Kind
from graftwork.data.labels import count_classes
from graftwork.evaluation.peers.peer import Labelled, Peer

if TYPE_CHECKING:
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]

EPOCHS, BATCH_SIZE, AGGREGATION_NORM = 50, 64, 100.0
"""Defaults of ``chemprop train`` that its Python classes leave open."""


class ChempropPeer(Peer):
    """D-MPNN (Yang et al., J. Chem. Inf. Model. 59:3370, 2019) of chemprop 2.

    Bond messages, width 300, depth 3, one hidden layer, sums divided by 100, Adam, 50 epochs,
    targets standardised; the weights of the epoch with the least validation loss are kept in
    memory, where chemprop writes a checkpoint.
    """

    package = "chemprop"
    kinds = ("classification", "multiclass", "regression")

    def fit(self, train: Labelled, val: Labelled, kind: Kind, seed: int) -> Self:
        """Train by chemprop's own step, loss and schedule."""
        from lightning import pytorch as lightning  # noqa: PLC0415  (an optional dependency)

        torch.manual_seed(seed)
        scaler = StandardScaler().fit(train.y) if kind == "regression" else None
        self._model = _network(kind, train.y, scaler)
        best = _best_weights()
        trainer = lightning.Trainer(
            max_epochs=EPOCHS,
            callbacks=[best],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        loaders = [
            _loader(rows.smiles, rows.y if scaler is None else scaler.transform(rows.y), order)
            for rows, order in ((train, seed), (val, None))
        ]
        trainer.fit(self._model, *loaders)
        if best.weights is not None:
            self._model.load_state_dict(best.weights)
        self._model = self._model.cpu().eval()
        self._classes = kind == "multiclass"
        return self

    @torch.inference_mode()
    def predict(self, smiles: Sequence[str]) -> FloatArray:
        """Predict in evaluation mode."""
        found = [
            self._model(batch.bmg, batch.V_d, batch.X_d) for batch in _loader(smiles, None, None)
        ]
        values = torch.cat(found).double()
        return (values.argmax(-1).double() if self._classes else values).numpy()


def _network(kind: Kind, y: FloatArray, scaler: StandardScaler | None) -> Any:
    from chemprop import models, nn  # noqa: PLC0415  (an optional dependency)

    messages = nn.BondMessagePassing()
    shared: dict[str, Any] = {"n_tasks": y.shape[1], "input_dim": messages.output_dim}
    if scaler is not None:
        transform = nn.UnscaleTransform.from_standard_scaler(scaler)
        head = nn.RegressionFFN(**shared, output_transform=transform)
    elif kind == "multiclass":
        head = nn.MulticlassClassificationFFN(count_classes(y), **shared)
    else:
        head = nn.BinaryClassificationFFN(**shared)
    return models.MPNN(messages, nn.NormAggregation(norm=AGGREGATION_NORM), head)


def _loader(smiles: Sequence[str], y: FloatArray | None, order: int | None) -> Any:
    """Return batches in a random order, or in their own; none is dropped."""
    from chemprop import data  # noqa: PLC0415  (an optional dependency)

    rows = [
        data.MoleculeDatapoint.from_smi(text, None if y is None else y[i])
        for i, text in enumerate(smiles)
    ]
    return data.build_dataloader(
        data.MoleculeDataset(rows),
        BATCH_SIZE,
        seed=order,
        shuffle=order is not None,
        drop_last=False,
    )


def _best_weights() -> Any:
    """Return a callback that keeps the weights of the least validation loss in ``weights``."""
    from lightning import pytorch as lightning  # noqa: PLC0415  (an optional dependency)

    class BestWeights(lightning.Callback):
        loss = math.inf
        weights: dict[str, torch.Tensor] | None = None

        def on_validation_end(self, trainer: Any, module: Any) -> None:
            loss = float(trainer.callback_metrics.get("val_loss", math.nan))
            if not trainer.sanity_checking and loss < self.loss:
                self.loss, self.weights = loss, copy.deepcopy(module.state_dict())

    return BestWeights()
