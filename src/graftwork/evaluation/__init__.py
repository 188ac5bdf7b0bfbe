"""Held against what? Baselines, intervals and the transfer verdict."""

from graftwork.evaluation.baselines import BASELINES, Baseline, Fingerprints
from graftwork.evaluation.interval import Interval, interval
from graftwork.evaluation.sentence import sentence
from graftwork.evaluation.verdict import Comparison, Runs, Verdict, compare

__all__ = [
    "BASELINES",
    "Baseline",
    "Comparison",
    "Fingerprints",
    "Interval",
    "Runs",
    "Verdict",
    "compare",
    "interval",
    "sentence",
]
