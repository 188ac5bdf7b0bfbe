"""What a benchmark found, in plain sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from graftwork.evaluation.benchmark.jobs import BEST
from graftwork.evaluation.benchmark.label_budget import budget_sizes
from graftwork.evaluation.benchmark.means import MeanGain
from graftwork.evaluation.benchmark.results import Results
from graftwork.evaluation.benchmark.table import BenchmarkTable, TableRow, label_of
from graftwork.evaluation.benchmark.verdicts import Family, TableVerdict
from graftwork.evaluation.verdict import Verdict
from graftwork.formatting import show, show_interval
from graftwork.metrics import METRICS

MARKS: dict[str, dict[Verdict, str]] = {
    "scratch": {"helps": "▲ helps", "no evidence": "·", "hurts": "▼ HURTS"},
    "baseline": {"helps": "▲ better", "no evidence": "·", "hurts": "▼ worse"},
}
"""How a verdict is written, by the family of the comparison."""
CHOICE_TITLES = {BEST: "Best validation epoch", "last": "Last epoch"}


@dataclass(frozen=True)
class Headline:
    """What pre-training did for one model of the table.

    Parameters
    ----------
    label
        The model, with its strategy.
    verdict
        ``hurts`` where it hurts anywhere, else ``helps`` where it helps anywhere.
    sentence
        The whole of it.
    """

    label: str
    verdict: Verdict
    sentence: str


def headlines(verdicts: Sequence[TableVerdict], table: BenchmarkTable) -> list[Headline]:
    """Say for each checkpoint and strategy where it helps and where it hurts."""
    found = []
    for row in table.rows:
        mine = [
            v
            for v in verdicts
            if (v.model, v.strategy) == (row.model, row.strategy)
            and v.family == "scratch"
            and v.epoch_choice == table.epoch_choice
        ]
        if not mine:
            continue
        names = {
            kind: [v.dataset for v in mine if v.verdict_holm == kind]
            for kind in ("helps", "hurts", "no evidence")
        }
        parts = [
            f"{word} on {len(names[kind])} of {len(mine)} ({', '.join(names[kind])})"
            for kind, word in (
                ("helps", "helps"),
                ("hurts", "HURTS"),
                ("no evidence", "no evidence"),
            )
            if names[kind]
        ]
        unknown = [v.dataset for v in mine if v.p_value is None]
        text = f"{row.label} against {mine[0].against}: {'; '.join(parts)}."
        if unknown:
            text += f" No interval on {', '.join(unknown)}: {_why(mine)}."
        gain = row.over_scratch
        if gain is not None and gain.difference is not None and gain.datasets > 1:
            text += f" Mean gain over {gain.datasets} data sets {show_gain(gain)}."
        verdict: Verdict = (
            "hurts" if names["hurts"] else "helps" if names["helps"] else "no evidence"
        )
        found.append(Headline(row.label, verdict, text))
    return found


def _why(verdicts: Sequence[TableVerdict]) -> str:
    notes = dict.fromkeys(v.note for v in verdicts if v.p_value is None and v.note)
    return "; ".join(notes) or "no reason was recorded"


def show_gain(gain: MeanGain | None, family: Family = "scratch") -> str:
    """Write a mean gain with its interval."""
    if gain is None or gain.difference is None:
        return "-"
    text = show(gain.difference, signed=True)
    if gain.lower is None:
        return f"{text} (no interval)"
    mark = "" if gain.verdict == "no evidence" else f" {MARKS[family][gain.verdict]}"
    return f"{text} ({show_interval(gain.lower, gain.upper, signed=True)}){mark}"


def protocol_lines(results: Results) -> list[str]:
    """Say how the numbers came about."""
    protocol = results.request.protocol
    seeds = sorted({outcome.cell.seed for outcome in results.outcomes})
    limit = protocol["epochs"]
    epochs = (
        f"at most {limit} epoch{'' if limit == 1 else 's'}"
        if limit
        else "the default number of epochs"
    )
    lines = [
        (
            f"Preset {protocol['preset']}: {epochs}, learning rate "
            f"{protocol['learning_rate']:g}, batch size {protocol['batch_size']}, dropout "
            f"{protocol['dropout']:g}, precision {protocol['precision']}. Seeds "
            f"{', '.join(map(str, seeds)) or 'none'}; data seed {protocol['data_seed']}. "
            "From scratch every network is trained in full."
        ),
    ]
    for key, facts in results.facts.items():
        used = [o.record["spec"]["settings"] for o in results.outcomes if o.cell.data == key]
        if any(settings is not None for settings in used):
            lines += [_data_line(facts), *_budget_lines(results, key, facts["sizes"])]
    unseen = dict.fromkeys(
        o.cell.dataset for o in results.outcomes if None in o.record.get("val_scores", [])
    )
    lines += [
        f"{name}: the metric is undefined on the validation part in some epochs; there the squared "
        "error chose the epoch."
        for name in unseen
    ]
    lines += [
        f"{o.cell.model} does not apply to {o.cell.dataset}: {o.record['does_not_apply']}."
        for o in results.idle
    ]
    return list(dict.fromkeys(lines))


def _data_line(facts: dict[str, Any]) -> str:
    sizes, tasks = facts["sizes"], len(facts["tasks"])
    shared = facts["test_molecules_also_in_training"]
    text = (
        f"{facts['dataset']}: {facts['split']} split {sizes['train']}/{sizes['val']}/"
        f"{sizes['test']} of {facts['usable']} usable among {facts['rows']} rows; "
        f"{METRICS[facts['metric']].label} over {tasks} task{'' if tasks == 1 else 's'}."
    )
    if shared:
        text += (
            f" {shared} test molecules are also in training, but for salt, charge or stereo: "
            "the test flatters."
        )
    return text


def _budget_lines(results: Results, key: str, sizes: dict[str, int]) -> list[str]:
    names = dict.fromkeys(o.cell.dataset for o in results.outcomes if o.cell.data == key)
    lines = []
    for name in names:
        labels = results.request.data[name].labels
        if labels is None:
            continue
        train, val = budget_sizes(sizes["train"], sizes["val"], labels)
        text = f"{name}: {train} rows to train and {val} to validate with, "
        drawn = train + val < sizes["train"] + sizes["val"]
        lines.append(text + ("drawn anew for each seed." if drawn else "which are all there are."))
    return lines


def missing_line(results: Results) -> str | None:
    """Say which cells have no result yet."""
    missing = results.missing
    if not missing:
        return None
    named = [f"{label_of(c.model, c.strategy)} on {c.dataset}, seed {c.seed}" for c in missing[:5]]
    more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
    return (
        f"{len(missing)} of {len(results.request.cells)} cells have no result: "
        f"{'; '.join(named)}{more}. The same command runs them."
    )


def seconds(row: TableRow) -> float:
    """Return the time of all seeds of a row."""
    return sum(cell.seconds * cell.seeds for cell in row.cells if cell is not None)


def table_notes(table: BenchmarkTable, verdicts: Sequence[TableVerdict]) -> list[str]:
    """Say what the table's marks and means stand for."""
    sizes = {
        v.family_size
        for v in verdicts
        if v.family == "scratch" and v.epoch_choice == table.epoch_choice
    }
    size = max(sizes, default=0)
    notes = [
        "Test metric, mean ± standard deviation over n seeds; the best mean of a column is bold."
    ]
    if sizes:
        notes.append(
            "Marks: pre-trained against the same architecture from scratch, paired over seeds and "
            f"test rows, after Holm's correction over {size} "
            f"comparison{'' if size == 1 else 's'}: ▲ helps, ▼ HURTS, "
            "· no evidence (which is no evidence of equality)."
        )
    if table.no_mean:
        notes.append(f"No mean over data sets: {table.no_mean}.")
    elif len(table.shared) > 1:
        notes.append(
            f"Mean and gains over {', '.join(table.shared)}. The interval of a gain covers other "
            "seeds and other test rows of these data sets; it does not cover other data sets, "
            "training rows or splits."
        )
    if table.note:
        notes.append(table.note)
    return notes
