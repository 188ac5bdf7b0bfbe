"""The interval of a metric, or of a difference of two models, over seeds and test rows."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from graftwork.errors import InputError
from graftwork.evaluation.resampled import resampled_scores
from graftwork.evaluation.student import add_variances, half_width, two_sided_p
from graftwork.metrics import metric_named, task_scores
from graftwork.rng import numpy_rng

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]
    Statistic = Callable[[npt.NDArray[np.intp]], FloatArray]
    Resampled = Callable[[Sequence[npt.NDArray[np.intp]]], FloatArray]

N_BOOT = 200
FEW_ROWS = 20


@dataclass(frozen=True)
class Interval:
    """An estimate with its 95 % interval; None where there is none, and `note` says why.

    Parameters
    ----------
    estimate
        Mean over seeds of the mean over tasks.
    lower, upper
        The ends of the interval.
    seeds
        How many seeds the estimate is a mean of.
    note
        Why a number is missing, or which tasks were left out.
    standard_error, df
        Of the estimate, with Student's degrees of freedom; None where there is no interval. Without
        any variance there is no number of degrees either.
    seeds_lower, seeds_upper
        The narrower interval over seeds alone, on these very test rows; None with one seed.
    """

    estimate: float | None
    lower: float | None
    upper: float | None
    seeds: int
    note: str | None = None
    standard_error: float | None = None
    df: float | None = None
    seeds_lower: float | None = None
    seeds_upper: float | None = None

    @property
    def p_value(self) -> float | None:
        """The two-sided p-value of "the estimate is zero", None where there is no interval.

        It comes from the interval's own standard error and degrees of freedom, so that it is
        below 0.05 just where the interval leaves zero out.
        """
        if self.estimate is None or self.standard_error is None:
            return None
        return two_sided_p(self.estimate, self.standard_error, self.df or math.inf)

    def to_dict(self) -> dict[str, float | int | str | None]:
        """Return the fields as JSON types."""
        return asdict(self)


def interval(
    y_true: npt.ArrayLike,
    predictions: npt.ArrayLike,
    metric: str,
    *,
    deterministic: bool = False,
    n_boot: int = N_BOOT,
    seed: int = 0,
) -> Interval:
    """Return a metric of one model with its interval over seeds and test rows.

    Parameters
    ----------
    y_true
        Labels of the test rows, shape ``[rows, tasks]``, NaN where missing.
    predictions
        Shape ``[seeds, rows, tasks]``: one model, trained once per seed.
    metric
        A key of `graftwork.metrics.METRICS`.
    deterministic
        True for a model that does not depend on the seed: one seed is then enough.
    n_boot
        Bootstrap replicates, at least 2.
    seed
        Of the bootstrap.

    Raises
    ------
    InputError
        See `graftwork.metrics.task_scores`; or the predictions are not 3-D; or too few
        replicates.
    """
    truth, predicted = np.asarray(y_true, dtype=np.float64), checked_seeds(predictions)

    def statistic(rows: npt.NDArray[np.intp]) -> FloatArray:
        return task_scores(truth[rows], predicted[:, rows], metric)

    known = deterministic or len(predicted) > 1
    found = over_seeds_and_rows(
        statistic,
        len(truth),
        labelled=labelled_rows(truth),
        seed_variance_known=known,
        n_boot=n_boot,
        seed=seed,
        resampled=lambda draws: resampled_scores(truth, predicted, metric, draws),
    )
    least, most = metric_named(metric).bounds
    names = ("lower", "upper", "seeds_lower", "seeds_upper")
    ends = {name: getattr(found, name) for name in names}
    return replace(found, **{k: min(max(v, least), most) for k, v in ends.items() if v is not None})


def over_seeds_and_rows(
    statistic: Statistic,
    rows: int,
    *,
    labelled: int | None = None,
    seed_variance_known: bool,
    n_boot: int,
    seed: int,
    resampled: Resampled | None = None,
) -> Interval:
    r"""Return the interval of a mean over seeds of a statistic of test rows.

    Two variances add up. Training again would change the mean of n seeds by :math:`s^2 / n`, with
    s the standard deviation over seeds; other test rows would change it by the variance of its
    bootstrap over rows (Efron and Tibshirani, An Introduction to the Bootstrap, 1993), all seeds
    and both models on the same resampled rows. The quantile is Student's, with the
    Welch-Satterthwaite degrees of freedom of the sum: n - 1 for the seeds; for the rows one less
    than there are with a label, or than there are replicates. The bootstrap's variance is that of
    a mean divided by their number instead of one less, which is put right. What the interval does
    not hold is another choice of training rows.

    A task counts when it is defined for every seed and model. In a replicate that loses a task
    (by drawing one class only, say) the other tasks' deviations from their full-sample values
    are averaged, so that a change in the mix of tasks is not taken for sampling noise.

    Parameters
    ----------
    statistic
        Row numbers, possibly repeated -> shape ``[seeds, tasks]``, NaN where undefined.
    rows
        How many test rows there are.
    labelled
        How many of them have a label; None for all.
    seed_variance_known
        False when one seed stands for a model that depends on it: there is no interval then.
    n_boot
        Bootstrap replicates, at least 2.
    seed
        Of the bootstrap.
    resampled
        The same statistic for many samples at once, ``[samples, seeds, tasks]``, where that is
        faster.

    Raises
    ------
    InputError
        Too few replicates, or what the statistic raises.
    """
    if n_boot < 2:
        raise InputError(f"n_boot is {n_boot}.", "A variance needs at least 2 replicates.")
    full = statistic(np.arange(rows))
    seeds = len(full)
    counted = np.flatnonzero(np.isfinite(full).all(axis=0))
    if not counted.size:
        return Interval(None, None, None, seeds, "the metric is undefined for every task")
    tasks = full.shape[1]
    left_out = tasks - len(counted)
    labelled = rows if labelled is None else labelled
    notes = [f"{left_out} of {tasks} tasks left out: undefined"] if left_out else []
    if labelled < FEW_ROWS:
        notes.append(f"only {labelled} labelled test rows: the interval is rough")
    note = "; ".join(notes) or None
    per_seed = full[:, counted].mean(axis=1)
    estimate = float(per_seed.mean())
    if not seed_variance_known:
        reason = "one seed: the variance over seeds is unknown, more seeds are needed"
        return Interval(estimate, None, None, seeds, "; ".join(filter(None, [reason, note])))
    rng = numpy_rng(seed, "test-row bootstrap")
    draws = [rng.integers(rows, size=rows) for _ in range(n_boot)]
    drawn = resampled(draws) if resampled else np.stack([statistic(rows) for rows in draws])
    deviations = _deviations(drawn, full, counted)
    if 2 * len(deviations) < max(n_boot, 4):
        reason = "too few test rows: the metric is undefined in most bootstrap replicates"
        return Interval(estimate, None, None, seeds, "; ".join(filter(None, [reason, note])))
    over_rows = float(deviations.var(ddof=1)) * labelled / (labelled - 1) if labelled > 1 else 0.0
    over_seeds = float(per_seed.var(ddof=1)) / seeds if seeds > 1 else 0.0
    of_rows = min(labelled, len(deviations)) - 1
    error, df = add_variances([(over_seeds, seeds - 1), (over_rows, of_rows)])
    if estimate and not error:
        reason = "nothing varies, neither over seeds nor over test rows"
        return Interval(estimate, None, None, seeds, "; ".join(filter(None, [reason, note])))
    half = half_width(error, df)
    known = df if math.isfinite(df) else None  # JSON has no infinity
    found = Interval(estimate, estimate - half, estimate + half, seeds, note, error, known)
    if seeds == 1:
        return found
    half = half_width(math.sqrt(over_seeds), seeds - 1)
    return replace(found, seeds_lower=estimate - half, seeds_upper=estimate + half)


def labelled_rows(y_true: FloatArray) -> int:
    """Return how many rows of ``[rows, tasks]`` have a label at all."""
    return int((~np.isnan(y_true)).any(1).sum())


def checked_seeds(predictions: npt.ArrayLike) -> FloatArray:
    """Return predictions as float64 of shape ``[seeds, rows, tasks]``, at least one seed.

    Raises
    ------
    InputError
        They have another shape.
    """
    predicted = np.asarray(predictions, dtype=np.float64)
    if predicted.ndim != 3 or not len(predicted):
        raise InputError(
            f"Predictions of shape {predicted.shape}.",
            "Expected [seeds, rows, tasks] with at least one seed.",
        )
    return predicted


def _deviations(drawn: FloatArray, full: FloatArray, counted: npt.NDArray[np.intp]) -> FloatArray:
    """Return the deviation of the seed-averaged statistic in each replicate that has one."""
    deviations = []
    for values in drawn:
        by_task = (values - full)[:, counted].mean(axis=0)
        defined = by_task[~np.isnan(by_task)]
        if defined.size:
            deviations.append(float(defined.mean()))
    return np.asarray(deviations)
