"""The runs of one model of an experiment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graftwork.training.fitted import Fitted

PRETRAINED, SCRATCH = "pretrained", "scratch"


@dataclass(frozen=True)
class ModelRuns:
    """One model's runs.

    Parameters
    ----------
    seeds
        The model seeds; one for a model that needs no random numbers.
    predictions
        float64 ``[seeds, rows, tasks]`` for all usable rows, those of training included.
    deterministic
        Whether another seed would change nothing.
    fitted
        The networks and their learning curves, one per seed; empty for baselines.
    notes
        What a reader of the numbers should know.
    learned_validation
        Whether it learnt from the validation part too, so that a score there says nothing.
    """

    seeds: tuple[int, ...]
    predictions: npt.NDArray[np.float64]
    deterministic: bool = False
    fitted: tuple[Fitted, ...] = ()
    notes: tuple[str, ...] = ()
    learned_validation: bool = False
