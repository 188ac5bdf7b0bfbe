"""What the label columns of a batch are."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from graftwork.config import Kind
from graftwork.errors import InputError


@dataclass(frozen=True)
class TaskSet:
    """Names and kinds of label columns, with the scale of those that are numbers.

    Parameters
    ----------
    names
        One per column of ``GraphBatch.y``.
    kinds
        ``"classification"`` (labels 0 and 1) or ``"regression"``, one per column.
    mean, std
        Of the known labels, one per column; 0 and 1 for a classification column. Of what was
        computed from the graphs see :class:`graftwork.data.targets.ComputedTargets`.
    """

    names: tuple[str, ...]
    kinds: tuple[Kind, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __post_init__(self) -> None:
        if not len(self.names) == len(self.kinds) == len(self.mean) == len(self.std):
            raise InputError("A set of tasks needs a name, kind, mean and std for each of them.")
        if len(set(self.names)) < len(self.names):
            raise InputError("Two tasks have the same name.", "Rename one of the columns.")
        if any(kind not in ("classification", "regression") for kind in self.kinds):
            raise InputError("A task is neither classification nor regression.")
        if not all(value > 0 for value in self.std):
            raise InputError("A task has no spread.", "Expected standard deviations above 0.")

    def __len__(self) -> int:
        """Return the number of columns."""
        return len(self.names)

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> TaskSet:
        """Read what :meth:`to_dict` wrote; unknown or missing keys raise ``TypeError``."""
        return cls(**{name: tuple(column) for name, column in values.items()})
