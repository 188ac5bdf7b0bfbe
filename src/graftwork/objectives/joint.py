"""Several objectives at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import torch
from torch import nn

from graftwork.errors import InputError
from graftwork.graph.batch import GraphBatch
from graftwork.nn.encoder import Encoder
from graftwork.objectives.objective import Objective, StepOutput


@final
class JointObjective(Objective):
    """The weighted sum of several objectives' losses on the same batch.

    Each part encodes the batch in its own way, so a step costs as much as the steps of its parts.
    The parts draw from the generator in their order. The factor of a part is its setting
    ``weight``. Logs carry the part's name in front, and each part's loss as ``name/loss``, without
    its factor.

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
        losses, logs = [], {}
        for name, part in self.parts.items():
            output = part(encoder, batch, generator)
            losses.append(self.weights[name] * output.loss)
            logs[f"{name}/loss"] = output.loss.detach()
            logs.update({f"{name}/{key}": value for key, value in output.logs.items()})
        return StepOutput(torch.stack(losses).sum(), logs)
