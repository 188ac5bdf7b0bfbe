"""Which epoch a network is taken from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

BEST, LAST = "best-validation", "last"
CHOICES = (BEST, LAST)
"""Each has a table. A model without epochs, and a blend, have one result, listed under both."""

Predictions = dict[tuple[str, str], npt.NDArray[np.float32]]
"""By part (``val``, ``test``) and epoch choice: ``[rows, tasks]``."""
