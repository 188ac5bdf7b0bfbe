"""Holm's correction for several comparisons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from graftwork.evaluation.student import LEVEL
from graftwork.evaluation.verdict import Verdict


def holm(p_values: Sequence[float]) -> list[float]:
    """Return adjusted p-values: below 0.05 where the error over the whole family stays below it.

    Holm, Scandinavian Journal of Statistics 6:65, 1979. The smallest of m values is multiplied by
    m, the next by m - 1 and so on; none becomes smaller than one before it, or larger than 1. It
    asks nothing of how the comparisons depend on each other.

    Parameters
    ----------
    p_values
        One per comparison of the family.

    Examples
    --------
    >>> holm([0.01, 0.5, 0.03])
    [0.03, 0.5, 0.06]
    """
    values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    factors = np.arange(len(values), 0, -1)
    adjusted = np.empty_like(values)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * factors), 1.0)
    return adjusted.tolist()


def verdict_after(p_value: float | None, difference: float | None) -> Verdict:
    """Return the verdict that a corrected p-value gives.

    Examples
    --------
    >>> verdict_after(0.03, -1.0), verdict_after(0.06, 1.0)
    ('hurts', 'no evidence')
    """
    if p_value is None or p_value >= 1 - LEVEL or not difference:
        return "no evidence"
    return "helps" if difference > 0 else "hurts"
