"""How numbers are written. An undefined value is never written as a number or left blank."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterable

UNDEFINED = "undefined"


def finite(value: float | None) -> TypeGuard[float]:
    """Say whether a value is defined: neither ``None`` nor NaN nor infinite."""
    return value is not None and math.isfinite(value)


def show(value: float | None, *, signed: bool = False) -> str:
    """Write a number with three decimals, or three digits where it is very large or small.

    Examples
    --------
    >>> show(0.61849), show(0.05, signed=True), show(123456.0), show(None)
    ('0.618', '+0.050', '1.23e+05', 'undefined')
    """
    if not finite(value):
        return UNDEFINED
    size = abs(value)
    code = ".3f" if size == 0 or 0.001 <= size < 10_000 else ".3g"
    return format(float(value), ("+" if signed else "") + code)


def show_interval(lower: float | None, upper: float | None, *, signed: bool = False) -> str:
    """Write an interval as words, or ``undefined`` unless both ends are defined."""
    if not (finite(lower) and finite(upper)):
        return UNDEFINED
    return f"{show(lower, signed=signed)} to {show(upper, signed=signed)}"


def show_all(values: Iterable[float]) -> str:
    """Write the values of single seeds, or a dash where there are none."""
    return ", ".join(map(show, values)) or "none recorded"
