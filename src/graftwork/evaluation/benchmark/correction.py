"""The verdicts of a table after the correction for many comparisons."""

from __future__ import annotations

from dataclasses import replace

from graftwork.evaluation.benchmark.holm import holm, verdict_after
from graftwork.evaluation.benchmark.table_verdict import TableVerdict
from graftwork.evaluation.student import p_of_interval


def corrected(verdicts: list[TableVerdict]) -> list[TableVerdict]:
    """Fill in Holm's correction, family by family and epoch choice by epoch choice."""
    groups: dict[tuple[str, str], list[int]] = {}
    for i, verdict in enumerate(verdicts):
        groups.setdefault((verdict.family, verdict.epoch_choice), []).append(i)
    out = list(verdicts)
    for members in groups.values():
        family = [verdicts[i] for i in members]
        p_values = _holm_where_known([v.p_value for v in family])
        seeds_p_values = _holm_where_known([_p_over_seeds(v) for v in family])
        size = sum(p is not None for p in p_values)
        for i, p, seeds_p in zip(members, p_values, seeds_p_values, strict=True):
            difference = verdicts[i].difference
            out[i] = replace(
                verdicts[i],
                p_holm=p,
                family_size=0 if p is None else size,
                verdict_holm=verdict_after(p, difference),
                seeds_p_holm=seeds_p,
                seeds_verdict_holm=verdict_after(seeds_p, difference),
            )
    return out


def _holm_where_known(p_values: list[float | None]) -> list[float | None]:
    """Correct the values that are there, each in its place."""
    known = iter(holm([p for p in p_values if p is not None]))
    return [None if p is None else next(known) for p in p_values]


def _p_over_seeds(verdict: TableVerdict) -> float | None:
    if verdict.seeds_lower is None or verdict.seeds_upper is None:
        return None
    return p_of_interval(verdict.seeds_lower, verdict.seeds_upper, verdict.seeds - 1)
