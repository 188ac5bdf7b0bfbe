"""Heads: graph embeddings to one number per task or class, and the losses that fit them."""

from __future__ import annotations

from typing import final, get_args

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from graftwork.config import HeadConfig, Kind
from graftwork.errors import InputError
from graftwork.nn.dropout import Dropout

_MAX_HIDDEN_LAYERS = 32
_MAX_CLASSES = 100_000


@final
class Head(nn.Module):
    """A small perceptron for all tasks at once, with the scaling of the targets.

    Regression targets are standardised for training; the mean and standard deviation are buffers,
    so they live in the artifact. Shapes: ``[num_graphs, dim]`` -> ``[num_graphs, tasks]`` raw
    outputs (logits, or standardised values); ``[num_graphs, classes]`` logits for the one target of
    kind ``multiclass``.

    Raises
    ------
    InputError
        If the configuration makes no sense.
    """

    def __init__(self, dim: int, config: HeadConfig) -> None:
        super().__init__()
        _check(config)
        self.config = config
        layers: list[nn.Module] = []
        for _ in range(config.hidden_layers):
            layers += [Dropout(config.dropout), nn.Linear(dim, dim), nn.ReLU()]
        outputs = config.classes if config.kind == "multiclass" else len(config.tasks)
        layers += [Dropout(config.dropout), nn.Linear(dim, outputs)]
        self.layers = nn.Sequential(*layers)
        self.register_buffer("target_mean", torch.zeros(len(config.tasks)))
        self.register_buffer("target_std", torch.ones(len(config.tasks)))
        self.target_mean: Tensor
        self.target_std: Tensor

    def fit_scaling(self, y: Tensor) -> None:
        """Take mean and standard deviation of the known training labels ``[rows, tasks]``.

        A constant target, up to single precision, keeps a standard deviation of 1.
        """
        if self.config.kind != "regression":
            return
        known = ~y.isnan()
        count = known.sum(0).clamp(min=1)
        y = y.double()
        mean = y.nan_to_num().sum(0) / count
        spread = torch.where(known, (y - mean) ** 2, 0.0).sum(0) / count
        std = spread.sqrt()
        self.target_mean.copy_(mean)
        self.target_std.copy_(torch.where(std > 1e-6 * mean.abs(), std, 1.0))

    def forward(self, graphs: Tensor) -> Tensor:
        """Return raw outputs."""
        return self.layers(graphs)

    def loss(self, raw: Tensor, y: Tensor) -> Tensor:
        """Average the loss over the known labels; a missing one (NaN) has no influence at all."""
        known = ~y.isnan()
        target = torch.where(known, y, 0.0)
        if self.config.kind == "multiclass":
            each = cross_entropy(raw, target[:, 0].long(), reduction="none")[:, None]
        elif self.config.kind == "classification":
            each = binary_cross_entropy_with_logits(raw, target, reduction="none")
        else:
            each = (raw - (target - self.target_mean) / self.target_std) ** 2
        return torch.where(known, each, 0.0).sum() / known.sum().clamp(min=1)

    def predict(self, raw: Tensor) -> Tensor:
        """Turn raw outputs into ``[num_graphs, tasks]``.

        Probabilities for classification, the number of the most probable class for multiclass,
        values in the units of the labels for regression.
        """
        return self.decide(self.columns(raw))

    def decide(self, columns: Tensor) -> Tensor:
        """Turn :meth:`columns` into what :meth:`predict` says."""
        if self.config.kind == "multiclass":
            return columns.argmax(1, keepdim=True).to(columns.dtype)
        return columns

    def columns(self, raw: Tensor) -> Tensor:
        """Turn raw outputs into what can be averaged.

        As :meth:`predict`, but for multiclass the probability of each class,
        ``[num_graphs, classes]``.
        """
        if self.config.kind == "multiclass":
            return raw.softmax(1)
        if self.config.kind == "classification":
            return raw.sigmoid()
        return raw * self.target_std + self.target_mean


def _check(config: HeadConfig) -> None:
    if config.kind not in get_args(Kind) or not config.tasks:
        raise InputError(
            f"A head of kind {config.kind!r} with {len(config.tasks)} tasks cannot be built.",
            f"Expected {', '.join(get_args(Kind))} and at least one task.",
        )
    multiclass = config.kind == "multiclass"
    least, most = (2, _MAX_CLASSES) if multiclass else (0, 0)
    if not isinstance(config.classes, int) or not least <= config.classes <= most:
        raise InputError(
            f"A head of kind {config.kind!r} with {config.classes!r} classes cannot be built.",
            f"Expected {least} to {most}.",
        )
    if multiclass and len(config.tasks) > 1:
        raise InputError(
            f"A head of kind 'multiclass' has one target, not {len(config.tasks)}.",
            "Choose one with -t/--target-columns.",
        )
    if not 0 <= config.hidden_layers <= _MAX_HIDDEN_LAYERS or not 0 <= config.dropout < 1:
        raise InputError(
            f"A head of {config.hidden_layers} hidden layers with dropout {config.dropout} cannot "
            "be built.",
            f"Expected 0 to {_MAX_HIDDEN_LAYERS} layers and a dropout in [0, 1).",
        )
