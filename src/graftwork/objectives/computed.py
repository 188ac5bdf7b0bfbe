"""What objectives share that predict what was computed from a graph."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from graftwork.config import EncoderConfig
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.schema import FeatureSchema
from graftwork.graph.tasks import TaskSet
from graftwork.nn.encoder import Encoder
from graftwork.nn.pooling import POOLINGS, embed_graphs, pooled_width
from graftwork.nn.precision import single
from graftwork.nn.ranks import share, summed, world
from graftwork.objectives.objective import Objective, ObjectiveSettings, StepOutput


@dataclass(frozen=True)
class ComputedSettings(ObjectiveSettings):
    """Settings of every objective that predicts computed targets."""

    limits: ClassVar = {**ObjectiveSettings.limits, "hidden_layers": (0, 8)}
    choices: ClassVar = {"pooling": POOLINGS}

    pooling: str = "mean"
    """How node embeddings become a graph embedding."""
    hidden_layers: int = 1
    """Hidden layers of the head, each as wide as the graph embedding."""


@dataclass(frozen=True)
class BitsSettings(ComputedSettings):
    """Settings of objectives that predict bits."""

    limits: ClassVar = {**ComputedSettings.limits, "rarity": (0, 1)}

    rarity: float = 0.5
    """0: a bit counts by the information that it holds; 1: the rarest counts as any other."""


class ComputedObjective(Objective):
    """Predict targets that were computed from each graph, with a perceptron on its embedding.

    Raises
    ------
    InputError
        If the corpus, or a batch, does not have these targets.
    """

    Settings = ComputedSettings
    settings: ComputedSettings
    computed: ClassVar[str]

    def __init__(
        self,
        schema: FeatureSchema,
        encoder: EncoderConfig,
        settings: ComputedSettings | None = None,
        tasks: TaskSet | None = None,
    ) -> None:
        super().__init__(schema, encoder, settings, tasks)
        if tasks is None:
            raise InputError(
                f"The corpus holds no {self.computed} of its graphs.",
                "They are computed while the graph store of a table of molecules is built: train "
                "on the table.",
            )
        self.pooling = POOLINGS[self.settings.pooling](self.dim)
        width = pooled_width(self.pooling, self.dim)
        hidden = [nn.Linear(width, width) for _ in range(self.settings.hidden_layers)]
        self.hidden = nn.Sequential(*(part for layer in hidden for part in (layer, nn.ReLU())))
        self.head = nn.Linear(width, len(tasks))
        self._keep("mean", torch.tensor(tasks.mean))
        self._keep("std", torch.tensor(tasks.std))

    def forward(
        self, encoder: Encoder, batch: GraphBatch, generator: torch.Generator
    ) -> StepOutput:
        """Encode, pool, predict, compare."""
        del generator  # nothing here is drawn
        truth = batch.targets.get(self.computed)
        if truth is None or truth.shape[1] != self.head.out_features:
            found = "none" if truth is None else f"{truth.shape[1]} columns"
            raise InputError(
                f"A batch has {found} of the {self.head.out_features} columns of {self.computed}.",
                "Build the batches from the corpus that the objective was built for.",
            )
        graphs = embed_graphs(encoder, self.pooling, batch)
        return self.compare(single(self.head(self.hidden(graphs))), truth)

    @abstractmethod
    def compare(self, raw: Tensor, truth: Tensor) -> StepOutput:
        """Compute the loss of raw outputs and targets, both ``[num_graphs, columns]``."""

    def _keep(self, name: str, values: Tensor) -> None:
        """Let a constant follow the module to its device; it is no part of its state."""
        self.register_buffer(name, values, persistent=False)


def bits_loss(raw: Tensor, truth: Tensor, shares: Tensor, rarity: float) -> StepOutput:
    r"""Cross entropy of bits, in units of that of a guesser who knows only how frequent each is.

    .. math:: L = \frac{\mathrm{mean}_g \sum_b w_b\, \ell_{gb}}{\sum_b w_b H_b},
        \qquad H_b = -p_b \ln p_b - (1 - p_b) \ln (1 - p_b), \qquad w_b = H_b^{-r}

    The score of a bit is that of the guesser, its log odds, plus the raw output.

    Parameters
    ----------
    raw
        ``[num_graphs, bits]``.
    truth
        0 and 1, of the same shape.
    shares
        :math:`p_b`, above 0 and below 1.
    rarity
        :math:`r`: with 0 a bit counts by the information that it holds, with 1 all count the same.

    Returns
    -------
    StepOutput
        The loss, and the shares of bits that are 1 and of those that are 0 that were found.

    Examples
    --------
    >>> bits = torch.tensor([[1.0, 1.0], [1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    >>> round(bits_loss(torch.zeros(4, 2), bits, bits.mean(0), rarity=0.5).loss.item(), 5)
    1.0
    """
    entropy = -torch.xlogy(shares, shares) - torch.xlogy(1 - shares, 1 - shares)
    weight = entropy**-rarity
    weight = weight / (weight * entropy).sum()
    score, one = raw + shares.logit(), truth > 0
    each = binary_cross_entropy_with_logits(score, truth, weight, reduction="none")
    found = ((score > 0) == one).float()
    logs = {"accuracy/ones": known_mean(found, one), "accuracy/zeros": known_mean(found, ~one)}
    return StepOutput(share(len(raw)).mean(each.sum(1)), logs)


def known_mean(values: Tensor, known: Tensor) -> Tensor:
    """Return this process's part of the mean over the known values; 0 if there is none."""
    total = summed(known.sum()).clamp(min=1)
    return torch.where(known, values, 0.0).sum() * world() / total
