"""Deep kernel: an embedding in which few neighbours tell what an assay will say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple, final

import torch
from torch import Tensor

from graftwork.config import EncoderConfig
from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.schema import FeatureSchema
from graftwork.graph.tasks import TaskSet
from graftwork.nn.encoder import Encoder
from graftwork.nn.pooling import POOLINGS, embed_graphs
from graftwork.nn.precision import single
from graftwork.nn.ranks import share
from graftwork.objectives.objective import Objective, ObjectiveSettings, StepOutput

_NOISES = (0.01, 0.1, 1.0)  # variances beside a kernel of 1, of which each task takes the best
_FARTHEST = 5.0  # standard deviations, of embeddings and of labels


@dataclass(frozen=True)
class DeepKernelSettings(ObjectiveSettings):
    """Settings of the deep kernel."""

    limits: ClassVar = {
        **ObjectiveSettings.limits,
        "per_task": (4, 10**6),
        "least": (4, 10**6),
        "most_tasks": (1, 10**6),
    }
    choices: ClassVar = {"pooling": POOLINGS}

    pooling: str = "mean"
    """How node embeddings become a graph embedding."""
    per_task: int = 64
    """Most graphs of one task that a batch is filled with."""
    least: int = 16
    """Labels that a task needs in a batch to count."""
    most_tasks: int = 16
    """Most tasks of a batch that count, drawn at random."""


class _Left(NamedTuple):
    """What a process leaves over when each graph is predicted from the others of its task."""

    error: Tensor
    noise: float


@final
class DeepKernel(Objective):
    r"""Predict each label from the other labels of its task by a Gaussian process on the embedding.

    Deep kernel transfer (Patacchiola et al., NeurIPS 2020) with the error of leaving one graph out
    in place of the likelihood, which has a closed form (Rasmussen and Williams, *Gaussian Processes
    for Machine Learning*, 2006, section 5.4.2). With :math:`z` the embeddings of a task's graphs,
    standardised over the batch, :math:`K_{ij} = \exp(-|z_i - z_j| / l)`, :math:`l` twice the median
    distance, :math:`C = (K + \sigma^2 I)^{-1}`, and standardised labels :math:`y` with their
    generalised mean :math:`m`:

    .. math:: L_t = \operatorname{mean}_i \left( \frac{[C (y - m)]_i}{C_{ii}} \right)^2

    The noise :math:`\sigma^2` is the best of three for each task. Classes are regressed as 0 and 1.
    The loss is the mean over the tasks with enough labels in the batch; batches are filled task by
    task. Nothing but the encoder is trained.

    Raises
    ------
    InputError
        If there is no task, or batches hold fewer graphs of one than it needs to count.
    """

    Settings = DeepKernelSettings
    settings: DeepKernelSettings
    by_task = True

    def __init__(
        self,
        schema: FeatureSchema,
        encoder: EncoderConfig,
        settings: DeepKernelSettings | None = None,
        tasks: TaskSet | None = None,
    ) -> None:
        super().__init__(schema, encoder, settings, tasks)
        if tasks is None or not len(tasks):
            raise InputError(
                "The deep-kernel objective needs labels, and the corpus has none.",
                "Name label columns with --target-columns, or give a table with --measurements.",
            )
        if self.settings.least > self.settings.per_task:
            raise InputError(
                f"Of {self.settings.per_task} graphs of a task in a batch (per_task) none is left "
                f"out: a task counts from {self.settings.least} (least) on.",
                "Raise per_task or lower least.",
            )
        self.pooling = POOLINGS[self.settings.pooling](self.dim)

    def forward(
        self, encoder: Encoder, batch: GraphBatch, generator: torch.Generator
    ) -> StepOutput:
        """Encode, pool, and leave out one graph after the other."""
        if batch.y is None:
            raise InputError("A batch without labels says nothing about tasks.")
        rows = share(batch.num_graphs)
        vectors = rows.gather(single(embed_graphs(encoder, self.pooling, batch)))
        y = rows.gather(batch.y)
        z = standardised(vectors)
        known = ~y.isnan()
        enough = (known.sum(0) >= self.settings.least).nonzero()[:, 0]
        chosen = torch.randperm(len(enough), generator=generator)[: self.settings.most_tasks]
        found = [
            left_out(z[known[:, task]], y[known[:, task], task])
            for task in enough[chosen.sort().values.to(enough.device)]
            if y[known[:, task], task].std() > 0
        ]
        if not found:
            return StepOutput(0.0 * vectors.sum(), {"tasks": vectors.new_zeros(())})
        loss = torch.stack([task.error for task in found]).mean()
        noise = sum(task.noise for task in found) / len(found)
        logs = {"tasks": float(len(found)), "noise": noise}
        return StepOutput(loss, {name: loss.new_tensor(value) for name, value in logs.items()})


def standardised(vectors: Tensor) -> Tensor:
    """Give every column mean 0 and standard deviation 1, as constants; none beyond five."""
    fixed = vectors.detach()
    spread = fixed.std(0, correction=min(1, len(fixed) - 1)).clamp(min=1e-6)
    return ((vectors - fixed.mean(0)) / spread).clamp(-_FARTHEST, _FARTHEST)


def left_out(z: Tensor, y: Tensor) -> _Left:
    """Return the mean squared error of leaving one row out, in variances of ``y``.

    Parameters
    ----------
    z
        ``[rows, dim]``.
    y
        Known labels ``[rows]``, not all the same.

    Examples
    --------
    >>> line = torch.linspace(0, 1, 30)
    >>> error, noise = left_out(line[:, None], 5 * line)
    >>> error.item() < 0.01, noise
    (True, 0.01)
    """
    y = ((y - y.mean()) / y.std()).clamp(-_FARTHEST, _FARTHEST)
    squared = torch.cdist(z, z, compute_mode="donot_use_mm_for_euclid_dist").square()
    distance = (squared + 1e-4).sqrt()  # equal graphs would have no gradient
    kernel = torch.exp(-distance / (2 * distance.detach().median()))
    with torch.no_grad():
        noise = min(_NOISES, key=lambda variance: _error(kernel, y, variance).item())
    return _Left(_error(kernel, y, noise), noise)


def _error(kernel: Tensor, y: Tensor, noise: float) -> Tensor:
    inverse = torch.linalg.inv(kernel + noise * torch.eye(len(y), device=y.device))
    sums = inverse.sum(1)
    residual = inverse @ y - sums * (sums @ y) / sums.sum()
    return (residual / inverse.diagonal()).square().mean()
