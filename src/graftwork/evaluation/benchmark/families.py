"""Which questions the comparisons of a table answer, and how their verdicts are written."""

from __future__ import annotations

from typing import Literal, get_args

from graftwork.evaluation.verdict import Verdict

Family = Literal["scratch", "baseline", "blend", "best-baseline", "auto-scratch"]
"""Holm's correction runs over one family at one epoch choice:

- ``scratch``: a checkpoint against the same architecture from scratch. Does pre-training help?
- ``baseline``: a network or a blend against each baseline.
- ``blend``: a blend against the same without a network. Does the network add something?
- ``best-baseline``: a blend against the baseline that is best on the same test rows.
- ``auto-scratch``: a blend against its network's architecture from scratch, alone.
"""
FAMILIES: tuple[Family, ...] = get_args(Family)
_BETTER: dict[Verdict, str] = {"helps": "▲ better", "no evidence": "·", "hurts": "▼ worse"}
MARKS: dict[Family, dict[Verdict, str]] = {
    **dict.fromkeys(FAMILIES, _BETTER),
    "scratch": {"helps": "▲ helps", "no evidence": "·", "hurts": "▼ HURTS"},
}
"""How a verdict is written."""
