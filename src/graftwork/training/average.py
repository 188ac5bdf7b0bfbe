"""The average of the weights that training goes through."""

from __future__ import annotations

import copy
from typing import Generic, TypeVar

import torch
from torch import nn

Averaged = TypeVar("Averaged", bound=nn.Module)


class WeightAverage(Generic[Averaged]):
    r"""A running average of a module's weights and statistics, in a module of its own.

    Polynomial decay (Shamir and Zhang, ICML 2013), which forgets the beginning whatever the length
    of the training:

    .. math:: \bar w_t = (1 - r_t)\,\bar w_{t-1} + r_t w_t, \qquad r_t = \frac{m + 1}{t + m}

    Parameters
    ----------
    module
        Is copied as it is.
    memory
        :math:`m`, at least 0. With 0 all steps count the same; the larger it is, the more the last
        ones do: half of the weight lies on the last :math:`1 - 2^{-1 / (m + 1)}` of the steps.

    Examples
    --------
    >>> line = nn.Linear(1, 1, bias=False)
    >>> average = WeightAverage(line, memory=0)
    >>> for value in (1.0, 2.0, 6.0):
    ...     _ = nn.init.constant_(line.weight, value)
    ...     average.take(line)
    >>> round(average.module.weight.item(), 4)
    3.0
    """

    def __init__(self, module: Averaged, memory: float) -> None:
        self.module = copy.deepcopy(module)
        self._memory = memory
        self._taken = 0

    @torch.no_grad()
    def take(self, module: Averaged) -> None:
        """Take a step's weights into the average."""
        self._taken += 1
        rate = (self._memory + 1) / (self._taken + self._memory)
        into, new = self.module.state_dict(), module.state_dict()
        real = [name for name, value in into.items() if value.is_floating_point()]
        torch._foreach_lerp_([into[name] for name in real], [new[name] for name in real], rate)
        for name in into.keys() - set(real):
            into[name].copy_(new[name])
