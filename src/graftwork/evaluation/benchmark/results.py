"""The cells of a table as tidy rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from graftwork.data.writers import TableWriter
from graftwork.evaluation.benchmark.epoch_choice import BEST, CHOICES
from graftwork.evaluation.benchmark.folder import Folder, read_arrays, read_json
from graftwork.evaluation.benchmark.plan import USUAL, Cell
from graftwork.evaluation.benchmark.request import Request

COLUMNS = (
    "dataset",
    "model",
    "strategy",
    "seed",
    "part",
    "epoch_choice",
    "metric",
    "value",
    "undefined",
    "note",
    "decides",
    "epochs",
    "best_epoch",
    "seconds",
    "cell",
)


@dataclass(frozen=True)
class Outcome:
    """A finished cell.

    Parameters
    ----------
    cell
        Its place in the table.
    record
        Its numbers, as it wrote them.
    folder
        Where its predictions are.
    """

    cell: Cell
    record: dict[str, Any]
    folder: Folder

    @property
    def row(self) -> tuple[str, str]:
        """Model and strategy: the row of the table."""
        return (self.cell.model, self.cell.strategy)

    @property
    def deterministic(self) -> bool:
        """Whether another seed would change nothing."""
        return bool(self.record["deterministic"])

    def predictions(self, part: str, choice: str) -> npt.NDArray[np.float64]:
        """Return the predictions of ``val`` or ``test``: ``[rows, tasks]``."""
        arrays = read_arrays(self.folder.predictions(self.cell.id))
        # a baseline has no epochs, and one result
        found = arrays.get(f"{part}/{choice}", arrays[f"{part}/{BEST}"])
        return found.astype(np.float64)

    def scores(self, part: str, choice: str) -> dict[str, dict[str, Any]]:
        """Return the record of each metric."""
        scores = [s for s in self.record["scores"] if s["part"] == part]
        chosen = [s for s in scores if s["choice"] == choice]
        chosen = chosen or [s for s in scores if s["choice"] == BEST]
        return {s["metric"]: s for s in chosen}


@dataclass(frozen=True)
class Results:
    """Everything that a table can be made of.

    Parameters
    ----------
    request
        What was asked for.
    outcomes
        The finished cells, by data set, model, strategy and seed.
    idle
        Cells of baselines that do not apply to the data.
    facts
        What is known of each data set, by data key.
    folder
        Where it all is.
    """

    request: Request
    outcomes: list[Outcome]
    idle: list[Outcome]
    facts: dict[str, dict[str, Any]]
    folder: Folder

    @property
    def missing(self) -> list[Cell]:
        """The cells that have no result, but for those that need none."""
        done = {outcome.cell.id: outcome for outcome in [*self.outcomes, *self.idle]}
        return [
            cell
            for cell in self.request.cells
            if cell.id not in done
            and not (cell.first in done and done[str(cell.first)].deterministic)
        ]

    def metric(self, dataset: str) -> str | None:
        """Return the metric that decides on a data set; None before anything is known of it."""
        for outcome in self.outcomes:
            if outcome.cell.dataset == dataset:
                return str(self.facts[outcome.cell.data]["metric"])
        return None

    def group(self, dataset: str, model: str, strategy: str) -> list[Outcome]:
        """Return the seeds of one table cell; of a deterministic model only one."""
        found = [
            o for o in self.outcomes if o.cell.dataset == dataset and o.row == (model, strategy)
        ]
        fixed = [o for o in found if o.deterministic]
        return fixed[:1] or found


def load_results(folder: Folder, request: Request) -> Results:
    """Read the finished cells of a table, those whose data has been read here."""
    places = {
        **{("data", name): i for i, name in enumerate(request.data)},
        **{("model", name): i for i, name in enumerate(request.models)},
    }
    cells = sorted(
        request.cells,
        key=lambda c: (
            places["data", c.dataset],
            places["model", c.model],
            c.strategy not in USUAL,
            c.strategy,
            c.seed,
        ),
    )
    found = [
        Outcome(cell, read_json(folder.cell(cell.id)), folder)
        for cell in cells
        if folder.cell(cell.id).is_file() and folder.facts(cell.data).is_file()
    ]
    outcomes = [outcome for outcome in found if "does_not_apply" not in outcome.record]
    idle = [outcome for outcome in found if "does_not_apply" in outcome.record]
    keys = dict.fromkeys(outcome.cell.data for outcome in outcomes)
    facts = {key: read_json(folder.facts(key)) for key in keys}
    return Results(request, outcomes, idle, facts, folder)


def result_rows(results: Results) -> list[dict[str, Any]]:
    """Return one row per data set, model, strategy, seed, part, epoch choice and metric.

    ``value`` is the mean over tasks. ``decides`` is 1 for the metric that verdicts use. A baseline
    has no epochs: its one result stands under both choices.
    """
    rows = []
    for outcome in results.outcomes:
        cell, record = outcome.cell, outcome.record
        metric = results.facts[cell.data]["metric"]
        for part in ("val", "test"):
            for choice in CHOICES:
                rows += [
                    {
                        "dataset": cell.dataset,
                        "model": cell.model,
                        "strategy": cell.strategy,
                        "seed": cell.seed,
                        "part": part,
                        "epoch_choice": choice,
                        "metric": name,
                        "value": score["value"],
                        "undefined": score.get("undefined"),
                        "note": score.get("note"),
                        "decides": int(name == metric),
                        "epochs": record.get("epochs"),
                        "best_epoch": record.get("best_epoch"),
                        "seconds": record["seconds"],
                        "cell": cell.id,
                    }
                    for name, score in outcome.scores(part, choice).items()
                ]
    return rows


def write_table(
    folder: Folder,
    name: str,
    rows: Sequence[dict[str, Any]],
    columns: Sequence[str],
    suffixes: Sequence[str] = (".csv",),
) -> None:
    """Write rows as a table, in each of the formats."""
    for suffix in suffixes:
        with TableWriter(folder.root / (name + suffix), columns) as writer:
            for row in rows:
                writer.write([row[column] for column in columns])
