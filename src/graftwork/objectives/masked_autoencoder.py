"""Masked graph autoencoder: hide nodes, hide their embeddings too, decode both from around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, final

import torch
from torch import Tensor, nn
from torch.nn.functional import cosine_similarity, cross_entropy, mse_loss, normalize

from graftwork.config import EncoderConfig
from graftwork.graph.batch import GraphBatch
from graftwork.graph.reach import reach
from graftwork.graph.schema import FeatureSchema
from graftwork.graph.tasks import TaskSet
from graftwork.nn.conv import CONVS
from graftwork.nn.encoder import Encoder
from graftwork.nn.precision import single
from graftwork.nn.ranks import share
from graftwork.objectives.attribute_masking import choose_nodes, hide, predicted_columns
from graftwork.objectives.objective import Objective, ObjectiveSettings, StepOutput


@dataclass(frozen=True)
class MaskedAutoencoderSettings(ObjectiveSettings):
    """Settings of the masked autoencoder."""

    limits: ClassVar = {**ObjectiveSettings.limits, "rate": (1e-6, 1 - 1e-6), "gamma": (1, 10)}
    choices: ClassVar = {"loss": ("cosine", "cross-entropy")}

    rate: float = 0.25
    """Share of nodes to hide; at least one per graph."""
    loss: str = "cosine"
    """cosine: the scaled cosine error of the paper; cross-entropy (numbers: squared error)."""
    gamma: float = 1.0
    """Power of the cosine error: above 1, what is nearly right counts less."""
    predict: str = "all"
    """Which node columns to predict, by commas; all are hidden. Hou et al.: atomic_number."""


@final
class MaskedAutoencoder(Objective):
    r"""Reconstruct hidden nodes through a decoder that does not see their embeddings either.

    GraphMAE: Hou et al., *GraphMAE: Self-Supervised Masked Graph Autoencoders*, KDD 2022. Hidden
    nodes show mask ids to the encoder. Embeddings go through a PReLU and a linear map, those of
    hidden nodes become 0 (re-masking), and one message-passing layer of the encoder's kind, with
    weights of its own, gives hidden nodes what their neighbours tell. From that every column is
    predicted linearly. With :math:`x` one-hot, or all continuous columns of a node, and :math:`z`
    its prediction, the scaled cosine error is :math:`(1 - \cos(x, z))^\gamma`, averaged over hidden
    nodes and columns.
    """

    Settings = MaskedAutoencoderSettings
    settings: MaskedAutoencoderSettings

    def __init__(
        self,
        schema: FeatureSchema,
        encoder: EncoderConfig,
        settings: MaskedAutoencoderSettings | None = None,
        tasks: TaskSet | None = None,
    ) -> None:
        super().__init__(schema, encoder, settings, tasks)
        columns, self.numbers = predicted_columns(schema, self.settings.predict)
        self.columns = [(place, column.name) for place, column in columns]
        self.sizes = [column.size for _, column in columns] + [self.numbers]
        self.activation = nn.PReLU()
        self.to_decoder = nn.Linear(self.dim, self.dim, bias=False)
        self.decoder = CONVS[encoder.conv](schema, self.dim)
        self.head = nn.Linear(self.dim, sum(self.sizes))

    def forward(
        self, encoder: Encoder, batch: GraphBatch, generator: torch.Generator
    ) -> StepOutput:
        """Hide, encode, hide again, decode."""
        hidden = choose_nodes(batch, self.settings.rate, generator).to(batch.node_cat.device)
        rows, logs = share(len(hidden)), dict[str, Tensor]()
        *classes, numbers = self.decode(encoder, batch, hidden).split(self.sizes, dim=1)
        losses = []
        for (place, name), guess in zip(self.columns, classes, strict=True):
            truth = batch.node_cat[hidden, place]
            losses.append(rows.mean(self._class_error(guess, truth)))
            logs[f"accuracy/{name}"] = rows.mean((guess.argmax(1) == truth).float())
        if self.numbers:
            losses.append(rows.mean(self._number_error(numbers, batch.node_x[hidden])))
            logs["nodes/numbers"] = losses[-1].detach()
        return StepOutput(torch.stack(losses).mean(), logs)

    def decode(self, encoder: Encoder, batch: GraphBatch, hidden: Tensor) -> Tensor:
        """Predict the columns ``[hidden, sizes]`` of hidden nodes, one after the other."""
        part = reach(batch, 1, hidden, merge=False)  # what the decoder reads for them
        read = slice(None) if part.nodes is None else part.nodes
        embedding = encoder(hide(batch, hidden, None, self.schema), part.nodes)
        shown = torch.ones(batch.num_nodes, 1, device=hidden.device)
        shown[hidden] = 0
        given = self.to_decoder(self.activation(embedding)) * shown[read]
        return single(self.head(self.decoder(given, part.blocks[0])[part.found[0]]))

    def _class_error(self, guess: Tensor, truth: Tensor) -> Tensor:
        if self.settings.loss == "cross-entropy":
            return cross_entropy(guess, truth, reduction="none")
        cosine = normalize(guess, dim=1).gather(1, truth[:, None])[:, 0]
        return (1 - cosine) ** self.settings.gamma

    def _number_error(self, guess: Tensor, truth: Tensor) -> Tensor:
        if self.settings.loss == "cross-entropy":
            return mse_loss(guess, truth, reduction="none")
        return (1 - cosine_similarity(guess, truth, dim=1)) ** self.settings.gamma
