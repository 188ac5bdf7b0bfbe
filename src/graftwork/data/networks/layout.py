"""How a file of networks is laid out: the arrays by which it is known, and its reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from graftwork.data.networks.network import Network

Reader = Callable[[Path, Sequence[str] | None], Network]


@dataclass(frozen=True)
class Layout:
    """One layout.

    Parameters
    ----------
    keys
        Arrays that a file of this layout holds; no two layouts fit the same file.
    read
        ``(path, targets) -> Network``. ``targets`` names the label columns to read; None takes
        those that the layout gives by default.
    """

    keys: frozenset[str]
    read: Reader
