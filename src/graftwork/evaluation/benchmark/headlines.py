"""The answers of a benchmark, one sentence per model and question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from graftwork.evaluation.benchmark.auto_models import shown
from graftwork.evaluation.benchmark.families import Family
from graftwork.evaluation.benchmark.means import MeanGain
from graftwork.evaluation.benchmark.summary import show_gain
from graftwork.evaluation.benchmark.table import BenchmarkTable, TableRow
from graftwork.evaluation.benchmark.table_verdict import TableVerdict
from graftwork.evaluation.verdict import Verdict

_ANSWERED: tuple[Family, ...] = ("scratch", "blend", "best-baseline")


@dataclass(frozen=True)
class Headline:
    """What was found of one model of the table.

    Parameters
    ----------
    label
        The model, with its strategy.
    family
        The question; ``scratch`` is the one about pre-training.
    verdict
        ``hurts`` where it hurts anywhere, else ``helps`` where it helps anywhere.
    sentence
        The whole of it.
    """

    label: str
    family: Family
    verdict: Verdict
    sentence: str


def headlines(verdicts: Sequence[TableVerdict], table: BenchmarkTable) -> list[Headline]:
    """Say for each checkpoint where it helps and hurts, and for each blend what it is worth."""
    found = []
    for row in table.rows:
        for family in _ANSWERED:
            mine = [
                v
                for v in verdicts
                if (v.model, v.strategy, v.family) == (row.model, row.strategy, family)
                and v.epoch_choice == table.epoch_choice
            ]
            if mine:
                found.append(_headline(row, family, mine))
    return found


def _headline(row: TableRow, family: Family, mine: Sequence[TableVerdict]) -> Headline:
    said = [v.verdict_holm for v in mine]
    opponent = shown(mine[0].against)
    if family == "best-baseline":
        opponent = f"the best baseline ({', '.join(dict.fromkeys(v.against for v in mine))})"
    text = f"{row.label} against {opponent}: {_counts(family, mine, said)}."
    over_seeds = [v.seeds_verdict_holm for v in mine]
    if family == "scratch" and over_seeds != said:
        text += f" Over seeds alone, on these very test rows: {_counts(family, mine, over_seeds)}."
    unknown = [v.dataset for v in mine if v.p_value is None]
    if unknown:
        text += f" No interval on {', '.join(unknown)}: {_why(mine)}."
    gain = _gain(row, family)
    if gain is not None and gain.difference is not None and gain.datasets > 1:
        text += f" Mean gain over {gain.datasets} data sets {show_gain(gain, family)}."
    verdict: Verdict = "hurts" if "hurts" in said else "helps" if "helps" in said else "no evidence"
    return Headline(row.label, family, verdict, text)


def _counts(family: Family, mine: Sequence[TableVerdict], said: Sequence[Verdict]) -> str:
    """Say on how many data sets, and on which, each verdict was found."""
    helps, hurts = ("helps", "HURTS") if family == "scratch" else ("better", "WORSE")
    words: dict[Verdict, str] = {"helps": helps, "hurts": hurts, "no evidence": "no evidence"}
    parts = []
    for kind, word in words.items():
        names = [v.dataset for v, verdict in zip(mine, said, strict=True) if verdict == kind]
        if names:
            parts.append(f"{word} on {len(names)} of {len(mine)} ({', '.join(names)})")
    return "; ".join(parts)


def _gain(row: TableRow, family: Family) -> MeanGain | None:
    if family == "best-baseline":  # another one on each data set
        return None
    return row.over_scratch if family == "scratch" else row.over_blend


def _why(verdicts: Sequence[TableVerdict]) -> str:
    notes = dict.fromkeys(v.note for v in verdicts if v.p_value is None and v.note)
    return "; ".join(notes) or "no reason was recorded"
