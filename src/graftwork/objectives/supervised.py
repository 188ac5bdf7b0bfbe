"""Supervised multi-task pre-training: predict the labels of graphs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from graftwork.config import EncoderConfig
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.schema import FeatureSchema
from graftwork.graph.tasks import TaskSet
from graftwork.nn.dropout import Dropout
from graftwork.nn.encoder import Encoder
from graftwork.nn.pooling import POOLINGS, embed_graphs, pooled_width
from graftwork.nn.precision import single
from graftwork.nn.ranks import summed, world
from graftwork.objectives.objective import Objective, ObjectiveSettings, StepOutput


@dataclass(frozen=True)
class SupervisedSettings(ObjectiveSettings):
    """Settings of supervised pre-training."""

    limits: ClassVar = {**ObjectiveSettings.limits, "dropout": (0, 0.99)}
    choices: ClassVar = {"pooling": POOLINGS, "balance": ("labels", "tasks")}

    pooling: str = "mean"
    """How node embeddings become a graph embedding."""
    dropout: float = 0.0
    """Dropout of the graph embedding before the linear head."""
    balance: str = "labels"
    """labels: every known label counts the same; tasks: every task of the batch does."""


@final
class Supervised(Objective):
    """Predict all labels of a graph from its pooled embedding with one linear head.

    The graph-level stage of Hu et al., *Strategies for Pre-training Graph Neural Networks*, ICLR
    2020, section 3.2.1. Binary cross entropy for classification tasks, squared error of
    standardised values for regression tasks; a missing label (NaN) has no influence.

    Raises
    ------
    InputError
        If there is no task, or a batch has no labels that fit the tasks.
    """

    Settings = SupervisedSettings
    settings: SupervisedSettings

    def __init__(
        self,
        schema: FeatureSchema,
        encoder: EncoderConfig,
        settings: SupervisedSettings | None = None,
        tasks: TaskSet | None = None,
    ) -> None:
        super().__init__(schema, encoder, settings, tasks)
        if tasks is None or not len(tasks):
            raise InputError(
                "The supervised objective needs labels, and the corpus has none.",
                "Name label columns with --target-columns, or give a table with --measurements.",
            )
        self.pooling = POOLINGS[self.settings.pooling](self.dim)
        self.dropout = Dropout(self.settings.dropout)
        self.head = nn.Linear(pooled_width(self.pooling, self.dim), len(tasks))
        self.kinds = sorted(set(tasks.kinds))
        self._keep("mean", torch.tensor(tasks.mean))
        self._keep("std", torch.tensor(tasks.std))
        for kind in self.kinds:
            places = [place for place, other in enumerate(tasks.kinds) if other == kind]
            self._keep(kind, torch.tensor(places))

    def forward(
        self, encoder: Encoder, batch: GraphBatch, generator: torch.Generator
    ) -> StepOutput:
        """Encode, pool, predict."""
        del generator  # nothing here is drawn
        y = self._labels(batch)
        raw = single(self.head(self.dropout(embed_graphs(encoder, self.pooling, batch))))
        sums, counts = self._losses(raw, y) * world(), summed((~y.isnan()).sum(0))
        logs = {"labels": counts.sum().float()}
        for kind in self.kinds:
            columns = self.get_buffer(kind)
            known = counts[columns].sum().clamp(min=1)
            logs[f"loss/{kind}"] = sums.detach()[columns].sum() / known
        return StepOutput(self._average(sums, counts), logs)

    def _keep(self, name: str, values: Tensor) -> None:
        """Let a constant follow the module to its device; it is no part of its state."""
        self.register_buffer(name, values, persistent=False)

    def _labels(self, batch: GraphBatch) -> Tensor:
        tasks = self.head.out_features
        if batch.y is None or batch.y.shape[1] != tasks:
            found = "no labels" if batch.y is None else f"{batch.y.shape[1]} label columns"
            raise InputError(
                f"A batch has {found}; the supervised objective was built for {tasks} tasks.",
                "Build the batches from the corpus that the tasks were read from.",
            )
        return batch.y

    def _losses(self, raw: Tensor, y: Tensor) -> Tensor:
        """Sum each task's loss over its known labels: ``[tasks]``."""
        sums = raw.new_zeros(raw.shape[1])
        for kind in self.kinds:
            columns = self.get_buffer(kind)
            guess, truth = raw[:, columns], y[:, columns]
            known = ~truth.isnan()
            truth = torch.where(known, truth, 0.0)  # a NaN would reach the gradient
            if kind == "classification":
                each = binary_cross_entropy_with_logits(guess, truth, reduction="none")
            else:
                mean, std = self.get_buffer("mean")[columns], self.get_buffer("std")[columns]
                each = (guess - (truth - mean) / std) ** 2
            sums = sums.index_add(0, columns, torch.where(known, each, 0.0).sum(0))
        return sums

    def _average(self, sums: Tensor, counts: Tensor) -> Tensor:
        if self.settings.balance == "labels":
            return sums.sum() / counts.sum().clamp(min=1)
        return (sums / counts.clamp(min=1)).sum() / (counts > 0).sum().clamp(min=1)
