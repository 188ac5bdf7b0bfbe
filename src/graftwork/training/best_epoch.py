"""The best validation epoch of a fine-tuning run."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from torch import nn


class BestEpoch:
    """Keeps the weights of the epoch with the best validation score."""

    def __init__(self, module: nn.Module, higher_is_better: bool) -> None:  # noqa: FBT001
        self.best = 0
        self.scores: list[float] = []
        self._module = module
        self._sign = 1.0 if higher_is_better else -1.0
        self._value = -np.inf
        self._weights: dict[str, Any] = copy.deepcopy(module.state_dict())

    def see(self, epoch: int, value: float, error: float) -> None:
        """Note an epoch. Where the score is undefined (one class), the squared error decides."""
        self.scores.append(value)
        merit = -error if np.isnan(value) else self._sign * value
        if merit > self._value:
            self.best, self._value = epoch, merit
            self._weights = copy.deepcopy(self._module.state_dict())

    def restore(self) -> int:
        """Load the best epoch's weights and return its number."""
        self._module.load_state_dict(self._weights)
        return self.best
