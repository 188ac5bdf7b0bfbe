"""What a report says, as plain data: the report layer computes no result of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from graftwork.config import Kind
from graftwork.errors import InputError
from graftwork.evaluation.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class ModelRow:
    """One model in the main table.

    ``mean``, ``lower`` and ``upper`` are ``None`` or NaN where undefined; ``note`` then says why.
    """

    model: str
    mean: float | None
    lower: float | None
    upper: float | None
    seeds: int
    per_seed: Sequence[float]
    note: str = ""


@dataclass(frozen=True)
class MetricRow:
    """One metric of one model on one task; ``mean`` is ``None`` or NaN where ``note`` says why."""

    model: str
    task: str
    metric: str
    mean: float | None
    note: str = ""


@dataclass(frozen=True)
class ComparisonRow:
    """A paired comparison of two models on the same rows and seeds.

    ``difference`` and its interval are oriented: positive means that ``model`` is better than
    ``against``, whichever direction of the metric is the good one.
    """

    model: str
    against: str
    difference: float | None
    lower: float | None
    upper: float | None
    verdict: Verdict | None
    sentence: str


@dataclass(frozen=True)
class BlendRow:
    """One model of a blend: its score out of fold and its weight, means over targets.

    ``weight`` is ``None`` for the blend itself, and ``score`` where it is undefined.
    """

    model: str
    score: float | None
    weight: float | None


@dataclass(frozen=True)
class Curve:
    """One learning curve: the training loss or the validation metric ``name`` of one seed."""

    model: str
    seed: int
    split: Literal["train", "val"]
    name: str
    steps: Sequence[int]
    values: Sequence[float]


@dataclass(frozen=True)
class ErrorMolecule:
    """One badly predicted test molecule; ``row`` is its row in the input table."""

    smiles_or_molblock: str
    row: int
    task: str
    truth: float
    prediction: float
    note: str = ""


@dataclass(frozen=True, eq=False, kw_only=True)
class ReportContent:
    """Everything a report of one fine-tuning run shows.

    Parameters
    ----------
    title, created, protocol, command
        Plain text. ``created`` is shown as given: rendering never asks for the time.
    summary
        Plain sentences; the first is the verdict.
    verdict
        Whether pre-training helped, or ``None`` where the run could not say.
    table, metric, higher_is_better
        The models and the metric that the main table compares.
    metric_table, comparisons, curves, errors
        The rows behind the other sections; each may be empty.
    truth
        Test labels, shape ``[rows, tasks]``, NaN where missing. Classification labels are 0 and 1,
        multiclass labels class numbers.
    predictions
        Model name to test predictions of the same shape, one for all seeds.
    tasks, kind
        Names of the target columns, and what they are.
    facts
        Name and value pairs about the data, the checkpoint and the packages.
    rejects
        Every rejected row as (row, value, reason); the first twenty are shown.
    unit
        What a row is.
    blend, blend_sentence
        The models that were weighed for ``auto``, the blend last, and what that means; empty where
        the network stands alone.

    Raises
    ------
    InputError
        If the shapes, ``kind``, ``verdict`` or the lengths of a curve do not fit together.
    """

    title: str
    created: str
    protocol: str
    summary: Sequence[str]
    verdict: Verdict | None
    table: Sequence[ModelRow]
    metric: str
    higher_is_better: bool
    metric_table: Sequence[MetricRow]
    comparisons: Sequence[ComparisonRow]
    curves: Sequence[Curve]
    truth: NDArray[np.floating]
    predictions: Mapping[str, NDArray[np.floating]]
    tasks: Sequence[str]
    kind: Kind
    errors: Sequence[ErrorMolecule]
    facts: Sequence[tuple[str, str]]
    rejects: Sequence[tuple[int, str, str]]
    command: str
    unit: Literal["molecule", "node"] = "molecule"
    blend: Sequence[BlendRow] = ()
    blend_sentence: str = ""

    def __post_init__(self) -> None:
        """Refuse content that could only be drawn wrongly."""
        if self.kind not in get_args(Kind):
            raise InputError(
                f"Report kind {self.kind!r} is unknown.", f"Use one of {get_args(Kind)}."
            )
        if self.verdict is not None and self.verdict not in get_args(Verdict):
            raise InputError(
                f"Report verdict {self.verdict!r} is unknown.",
                f"Use one of {get_args(Verdict)} or None.",
            )
        shape = self.truth.shape
        if len(shape) != 2 or shape[1] != len(self.tasks):
            raise InputError(
                f"Report truth has shape {shape} for {len(self.tasks)} tasks.",
                "Expected [rows, tasks].",
            )
        for model, values in self.predictions.items():
            if values.shape != shape:
                raise InputError(
                    f"Report predictions of {model!r} have shape {values.shape}.",
                    f"Expected the shape of truth, {shape}.",
                )
        for curve in self.curves:
            if len(curve.steps) != len(curve.values):
                raise InputError(
                    f"Learning curve {curve.name!r} of {curve.model!r}, seed {curve.seed}, has "
                    f"{len(curve.steps)} steps and {len(curve.values)} values.",
                    "Expected one value per step.",
                )
