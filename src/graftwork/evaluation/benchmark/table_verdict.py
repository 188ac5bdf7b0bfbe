"""One comparison of a table, with its verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from graftwork.evaluation.benchmark.families import Family
from graftwork.evaluation.verdict import Verdict


@dataclass(frozen=True)
class TableVerdict:
    """One comparison of a table.

    Parameters
    ----------
    dataset, model, strategy, against, epoch_choice
        What was compared with what.
    family
        Which question it answers. Holm's correction runs over all comparisons of a family at one
        epoch choice.
    metric, difference, lower, upper, standard_error, df, p_value, seeds, verdict, note
    seeds_lower, seeds_upper
        As in `graftwork.evaluation.Comparison`: without correction.
    p_holm, family_size, verdict_holm
        The corrected p-value, the number of comparisons in the family, and the verdict after the
        correction.
    seeds_p_holm, seeds_verdict_holm
        The same over seeds alone, corrected over the same family.
    inputs
        Digest of the cells that it was computed from.
    """

    dataset: str
    model: str
    strategy: str
    against: str
    family: Family
    epoch_choice: str
    metric: str
    difference: float | None
    lower: float | None
    upper: float | None
    standard_error: float | None
    df: float | None
    p_value: float | None
    seeds_lower: float | None
    seeds_upper: float | None
    seeds: int
    verdict: Verdict
    note: str | None
    inputs: str
    p_holm: float | None = None
    family_size: int = 0
    verdict_holm: Verdict = "no evidence"
    seeds_p_holm: float | None = None
    seeds_verdict_holm: Verdict = "no evidence"

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return asdict(self)
