"""Several objectives at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import torch
from torch import Tensor, nn

from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.segment import Bags, bag_mean
from graftwork.nn.encoder import Encoder
from graftwork.nn.precision import single
from graftwork.objectives.objective import Objective, StepOutput


@final
class JointObjective(Objective):
    """The weighted sum of several objectives' losses on the same batch.

    Parts that read all nodes of the batch as it is share their embeddings; any other encodes the
    batch in its own way, and costs as much as a step of its own. The parts draw from the generator
    in their order. The factor of a part is its setting ``weight``. Logs carry the part's name in
    front, and each part's loss as ``name/loss``, without its factor.

    Parameters
    ----------
    parts
        The objectives by name, built for the same schema and encoder.

    Raises
    ------
    InputError
        If there is no part.

    Examples
    --------
    >>> from graftwork.config import EncoderConfig
    >>> from graftwork.data.featurize import SCHEMAS
    >>> from graftwork.objectives import AttributeMasking, Infomax, JointObjective
    >>> schema, shape = SCHEMAS["default"], EncoderConfig(dim=8)
    >>> parts = {"masking": AttributeMasking(schema, shape), "infomax": Infomax(schema, shape)}
    >>> list(JointObjective(parts).parts)
    ['masking', 'infomax']
    """

    def __init__(self, parts: Mapping[str, Objective]) -> None:
        nn.Module.__init__(self)
        if not parts:
            raise InputError("A joint objective needs at least one part.")
        first = next(iter(parts.values()))
        self.schema, self.tasks, self.dim = first.schema, first.tasks, first.dim
        self.settings = self.Settings()
        self.parts = nn.ModuleDict(parts)
        self.weights = {name: part.settings.weight for name, part in parts.items()}

    def forward(
        self, encoder: Encoder, batch: GraphBatch, generator: torch.Generator
    ) -> StepOutput:
        """Add up the parts' losses, each times its weight."""
        losses, logs, shared = [], {}, _EncodedOnce(encoder, batch)
        for name, part in self.parts.items():
            output = part(shared, batch, generator)
            losses.append(self.weights[name] * output.loss)
            logs[f"{name}/loss"] = output.loss.detach()
            logs.update({f"{name}/{key}": value for key, value in output.logs.items()})
        return StepOutput(torch.stack(losses).sum(), logs)


class _EncodedOnce(nn.Module):
    """An encoder that embeds all nodes of one batch once, however many objectives ask."""

    def __init__(self, encoder: Encoder, batch: GraphBatch) -> None:
        super().__init__()
        self.encoder = encoder
        self._batch = batch
        self._nodes: Tensor | None = None

    def forward(self, batch: GraphBatch, wanted: Tensor | Bags | None = None) -> Tensor:
        """Embed every node of a batch, the wanted ones, or average them in bags."""
        if batch is not self._batch or isinstance(wanted, Tensor):
            return self.encoder(batch, wanted)
        if self._nodes is None:
            self._nodes = self.encoder(batch)
        return self._nodes if wanted is None else bag_mean(single(self._nodes), wanted)
