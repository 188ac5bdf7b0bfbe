"""Telling true pairs from false ones: the loss that several objectives share."""

from __future__ import annotations

from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from graftwork.nn.precision import single
from graftwork.nn.ranks import share
from graftwork.objectives.objective import StepOutput


def contrast(positive: Tensor, negative: Tensor, factor: float = 1.0) -> StepOutput:
    r"""Binary cross entropy of scores: true pairs against 1, false pairs against 0.

    .. math:: \mathrm{mean}\,\mathrm{softplus}(-s^+)
              + \mathit{factor} \cdot \mathrm{mean}\,\mathrm{softplus}(s^-)

    Parameters
    ----------
    positive, negative
        Scores (logits) of any number of pairs; neither is empty on all processes.
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
    true, false = share(len(positive)), share(len(negative))
    loss = true.mean(_bce(single(positive), 1.0)) + factor * false.mean(_bce(single(negative), 0.0))
    logs = {
        "accuracy/positive": true.mean((positive > 0).float()),
        "accuracy/negative": false.mean((negative < 0).float()),
    }
    return StepOutput(loss, logs)


def nothing_to_learn(*modules: nn.Module) -> Tensor:
    """Return a loss of 0 that still reaches every parameter, for a batch without a pair.

    Every parameter gets a gradient of zeros: training in several processes waits for all of them.
    """
    parameters = chain.from_iterable(module.parameters() for module in modules)
    return torch.stack([0.0 * single(parameter).sum() for parameter in parameters]).sum()


def _bce(scores: Tensor, truth: float) -> Tensor:
    target = torch.full_like(scores, truth)
    return binary_cross_entropy_with_logits(scores, target, reduction="none")
