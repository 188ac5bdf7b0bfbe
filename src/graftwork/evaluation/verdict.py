"""The transfer verdict: whether one model beats another, beyond seeds and test rows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from graftwork.errors import InputError
from graftwork.evaluation.interval import N_BOOT, checked_seeds, labelled_rows, over_seeds_and_rows
from graftwork.evaluation.resampled import resampled_scores
from graftwork.metrics import metric_named, task_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from graftwork.evaluation.resampled import Resample

    FloatArray = npt.NDArray[np.float64]

Verdict: TypeAlias = Literal["helps", "no evidence", "hurts"]


@dataclass(frozen=True)
class Runs:
    """What one model predicts for the test rows, once per seed.

    Parameters
    ----------
    model
        Its name in reports, for instance ``"pretrained"``.
    predictions
        Shape ``[seeds, rows, tasks]``, probabilities or values in label units.
    deterministic
        True for a model that does not depend on the seed: one seed is then enough.
    """

    model: str
    predictions: npt.ArrayLike
    deterministic: bool = False


@dataclass(frozen=True)
class Comparison:
    """One model held against another.

    Parameters
    ----------
    model, against
        Their names.
    metric
        The key of the metric.
    difference
        Mean over paired seeds and tasks, oriented so that positive means that `model` is better;
        None where the metric is undefined.
    lower, upper
        The 95 % interval of the difference; None where there is none.
    seeds
        How many paired seeds there are.
    verdict
        ``"helps"`` when the interval lies above zero, ``"hurts"`` when below, otherwise
        ``"no evidence"``, which is not evidence of equality.
    note
        Why a number is missing, or which tasks were left out.
    standard_error, df, p_value
        Of the difference: its standard error, Student's degrees of freedom, and the two-sided
        p-value of "no difference"; None where there is no interval.
    seeds_lower, seeds_upper
        The narrower interval over seeds alone, on these very test rows, which most publications
        give; None with one seed. It has no say in the verdict.
    """

    model: str
    against: str
    metric: str
    difference: float | None
    lower: float | None
    upper: float | None
    seeds: int
    verdict: Verdict
    note: str | None = None
    standard_error: float | None = None
    df: float | None = None
    p_value: float | None = None
    seeds_lower: float | None = None
    seeds_upper: float | None = None

    def to_dict(self) -> dict[str, float | int | str | None]:
        """Return the fields as JSON types."""
        return asdict(self)


def compare(
    y_true: npt.ArrayLike,
    model: Runs,
    against: Runs,
    metric: str,
    *,
    n_boot: int = N_BOOT,
    seed: int = 0,
    resample: Resample = resampled_scores,
) -> Comparison:
    """Compare two models on the same test rows, seed by seed.

    Parameters
    ----------
    y_true
        Labels of the test rows, shape ``[rows, tasks]``, NaN where missing.
    model, against
        Position i of both was trained with the same seed. A model with one seed is compared
        with every seed of the other.
    metric
        A key of `graftwork.metrics.METRICS`.
    n_boot
        Bootstrap replicates over test rows; see
        `graftwork.evaluation.interval.over_seeds_and_rows`.
    seed
        Of the bootstrap.
    resample
        How the replicates are computed; `graftwork.evaluation.resampled.remembering` shares them
        between comparisons.

    Raises
    ------
    InputError
        Different numbers of seeds, or see `graftwork.metrics.task_scores`.

    Examples
    --------
    >>> y = np.arange(30.0)[:, None]
    >>> rng = np.random.default_rng(0)
    >>> good = Runs("pretrained", y + rng.normal(0, 1, (3, 30, 1)))
    >>> poor = Runs("scratch", y + rng.normal(0, 9, (3, 30, 1)))
    >>> compare(y, good, poor, "rmse").verdict
    'helps'
    """
    truth = np.asarray(y_true, dtype=np.float64)
    ours, theirs = checked_seeds(model.predictions), checked_seeds(against.predictions)
    if len(ours) != len(theirs) and 1 not in {len(ours), len(theirs)}:
        raise InputError(
            f"{model.model} has {len(ours)} seeds and {against.model} has {len(theirs)}.",
            "Paired runs need the same seeds, or one run of a deterministic model.",
        )
    sign = 1.0 if metric_named(metric).higher_is_better else -1.0

    def statistic(rows: npt.NDArray[np.intp]) -> FloatArray:
        one = task_scores(truth[rows], ours[:, rows], metric)
        other = task_scores(truth[rows], theirs[:, rows], metric)
        return sign * (one - other)

    def resampled(draws: Sequence[npt.NDArray[np.intp]]) -> FloatArray:
        one = resample(truth, ours, metric, draws)
        return sign * (one - resample(truth, theirs, metric, draws))

    known = all(
        runs.deterministic or len(predictions) > 1
        for runs, predictions in ((model, ours), (against, theirs))
    )
    found = over_seeds_and_rows(
        statistic,
        len(truth),
        labelled=labelled_rows(truth),
        seed_variance_known=known,
        n_boot=n_boot,
        seed=seed,
        resampled=resampled,
    )
    return Comparison(
        model.model,
        against.model,
        metric,
        found.estimate,
        found.lower,
        found.upper,
        found.seeds,
        verdict_of(found.lower, found.upper),
        found.note,
        found.standard_error,
        found.df,
        found.p_value,
        found.seeds_lower,
        found.seeds_upper,
    )


def verdict_of(lower: float | None, upper: float | None) -> Verdict:
    """Return the verdict that an interval of an oriented difference gives."""
    if lower is not None and lower > 0:
        return "helps"
    if upper is not None and upper < 0:
        return "hurts"
    return "no evidence"
