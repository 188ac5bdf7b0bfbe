"""Telling true pairs from false ones: the loss that several objectives share."""

from __future__ import annotations

from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from graftwork.objectives.objective import StepOutput


def contrast(positive: Tensor, negative: Tensor, factor: float = 1.0) -> StepOutput:
    r"""Binary cross entropy of scores: true pairs against 1, false pairs against 0.

    .. math:: \mathrm{mean}\,\mathrm{softplus}(-s^+)
              + \mathit{factor} \cdot \mathrm{mean}\,\mathrm{softplus}(s^-)

    Parameters
    ----------
    positive, negative
        Scores (logits) of any number of pairs; neither is empty.
    factor
        Weight of the false pairs.

    Returns
    -------
    StepOutput
        The loss, and the share of pairs on the right side of 0 as ``accuracy/positive`` and
        ``accuracy/negative``.

    Examples
    --------
    >>> import torch
    >>> loss, logs = contrast(torch.tensor([9.0, 9.0]), torch.tensor([-9.0]))
    >>> round(loss.item(), 3), logs["accuracy/positive"].item()
    (0.0, 1.0)
    """
    positive, negative = positive.float(), negative.float()
    true = binary_cross_entropy_with_logits(positive, torch.ones_like(positive))
    false = binary_cross_entropy_with_logits(negative, torch.zeros_like(negative))
    logs = {
        "accuracy/positive": (positive > 0).float().mean().detach(),
        "accuracy/negative": (negative < 0).float().mean().detach(),
    }
    return StepOutput(true + factor * false, logs)


def nothing_to_learn(*modules: nn.Module) -> Tensor:
    """Return a loss of 0 that still reaches every parameter, for a batch without a pair.

    Every parameter gets a gradient of zeros, so that distributed training, which waits for all of
    them, goes on.
    """
    parameters = chain.from_iterable(module.parameters() for module in modules)
    return torch.stack([0.0 * parameter.float().sum() for parameter in parameters]).sum()
