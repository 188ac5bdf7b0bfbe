"""Student's t: sums of variances, intervals and p-values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Sequence

LEVEL = 0.95


def add_variances(parts: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Add independent variances of a mean by Welch and Satterthwaite.

    Parameters
    ----------
    parts
        Each variance with its degrees of freedom. A variance of zero has no say.

    Returns
    -------
    tuple of float
        The standard error of the sum and its degrees of freedom (infinite without a variance).

    Examples
    --------
    >>> add_variances([(9.0, 4), (16.0, 4)])[0]
    5.0
    """
    total = sum(variance for variance, _ in parts)
    if total <= 0.0:
        return 0.0, math.inf
    inverse = sum((variance / total) ** 2 / df for variance, df in parts if variance > 0)
    return math.sqrt(total), (1 / inverse if inverse else math.inf)


def half_width(standard_error: float, df: float) -> float:
    """Return half the width of the 95 % interval: Student's quantile times the error."""
    if standard_error <= 0.0:
        return 0.0
    return float(stats.t.ppf((1 + LEVEL) / 2, df) * standard_error)


def two_sided_p(estimate: float, standard_error: float, df: float) -> float:
    """Return how often chance alone would be at least as far from zero, by Student's t.

    Examples
    --------
    >>> round(two_sided_p(1.96, 1.0, math.inf), 3)
    0.05
    """
    if standard_error <= 0.0:
        return 0.0 if estimate else 1.0
    return float(2 * stats.t.sf(abs(estimate) / standard_error, df))


def p_of_interval(lower: float, upper: float, df: float) -> float:
    """Return the two-sided p-value of zero: below 0.05 just where the 95 % interval leaves it out.

    Examples
    --------
    >>> round(p_of_interval(0.0, 2.0, 9), 3)
    0.05
    """
    quantile = half_width(1.0, df)
    return two_sided_p((lower + upper) / 2, (upper - lower) / 2 / quantile, df)
