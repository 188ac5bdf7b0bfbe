"""One data set of a benchmark: where it is, and how it is read and split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from graftwork.config import TASKS
from graftwork.data.networks import is_network
from graftwork.data.splits import SPLITS
from graftwork.data.splits.split import checked_sizes
from graftwork.errors import InputError
from graftwork.evaluation.benchmark.label_budget import LEAST_LABELS


@dataclass(frozen=True)
class DataSpec:
    """One data set of the table.

    Parameters
    ----------
    name
        As the table shows it.
    path, sha256
        Where the file is, and its content.
    rows
        Data rows of the file; small data sets run first.
    smiles_column, targets, task, splits_column
        As ``graftwork finetune`` takes them.
    split, split_sizes, test_groups
        How it is split; ``auto`` is the split of a network's file, or a random one.
    labels
        How many labelled rows there are to learn from, validation included; None for all.
    """

    name: str
    path: str
    sha256: str
    rows: int
    smiles_column: str | None = None
    targets: tuple[str, ...] | None = None
    task: str = "auto"
    splits_column: str | None = None
    split: str = "scaffold"
    split_sizes: tuple[float, float, float] = (0.8, 0.1, 0.1)
    test_groups: tuple[str, ...] = ()
    labels: int | None = None

    @property
    def network(self) -> bool:
        """Whether its rows are the nodes of a network."""
        return is_network(self.path)

    @property
    def identity(self) -> dict[str, Any]:
        """What the whole data set is and how it is split: not its name, its place, its budget."""
        other = ("name", "path", "rows", "labels")
        return {k: v for k, v in self.to_dict().items() if k not in other}

    @property
    def whole(self) -> str:
        """Its name without the label budget."""
        return self.name if self.labels is None else self.name.removesuffix(f"@{self.labels}")

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> DataSpec:
        """Read what :meth:`to_dict` gave, through JSON."""
        targets = values["targets"]
        return cls(
            **{
                **values,
                "targets": None if targets is None else tuple(targets),
                "split_sizes": tuple(values["split_sizes"]),
                "test_groups": tuple(values["test_groups"]),
            }
        )


@dataclass(frozen=True)
class Reading:
    """How data sets are read and split where neither a suite nor the catalog says.

    Parameters
    ----------
    smiles_column, targets, task, splits_column
        As ``graftwork finetune`` takes them.
    split
        For all data sets; ``auto`` is the table's own split, the suite's, or scaffold.
    split_sizes
        None for the suite's, or 80/10/10.
    test_groups
        For the split ``group``.
    """

    smiles_column: str | None = None
    targets: tuple[str, ...] | None = None
    task: str = "auto"
    splits_column: str | None = None
    split: str = "auto"
    split_sizes: tuple[float, float, float] | None = None
    test_groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a split that is none."""
        if self.split != "auto" and self.split not in SPLITS:
            raise InputError(f"No split is called {self.split!r}.", f"Known: {', '.join(SPLITS)}.")
        if self.split_sizes is not None:
            checked_sizes(self.split_sizes)
        if self.task not in TASKS:
            raise InputError(f"No task is called {self.task!r}.", f"Known: {', '.join(TASKS)}.")
        if self.split == "group" and not self.test_groups:
            raise InputError("The split group needs to know the test.", "Name --test-groups.")


def with_budgets(specs: Sequence[DataSpec], budgets: Sequence[int | None]) -> list[DataSpec]:
    """Return each data set once per label budget; a column of the table is ``NAME@LABELS``.

    Parameters
    ----------
    budgets
        Labelled rows to train and validate with; None for all.

    Raises
    ------
    InputError
        If a budget leaves too few rows to train and validate with.
    """
    for labels in budgets:
        if labels is not None and labels < LEAST_LABELS:
            raise InputError(
                f"A label budget of {labels} is too small.",
                f"{LEAST_LABELS} is the least: two rows to train with, one to validate with.",
            )
    return [
        spec if labels is None else replace(spec, name=f"{spec.name}@{labels}", labels=labels)
        for spec in specs
        for labels in dict.fromkeys(budgets)
    ]
