"""What a benchmark found, in plain sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graftwork.evaluation.benchmark.auto_models import shown
from graftwork.evaluation.benchmark.epoch_choice import BEST
from graftwork.evaluation.benchmark.families import MARKS, Family
from graftwork.evaluation.benchmark.label_budget import budget_sizes
from graftwork.evaluation.benchmark.means import MeanGain
from graftwork.evaluation.benchmark.results import Results
from graftwork.evaluation.benchmark.table import BenchmarkTable, TableRow, label_of
from graftwork.evaluation.benchmark.table_verdict import TableVerdict
from graftwork.formatting import show, show_interval
from graftwork.metrics import METRICS

_BLENDS = (
    "auto and the blend without network: weights from threefold cross-validation within the "
    "training and validation parts, from which their models beside the network learn, too, like "
    "baselines named ...+val; the network is that of the best validation epoch."
)
_MARKED: dict[Family, str] = {
    "scratch": "Marks: pre-trained against the same architecture from scratch",
    "blend": "Marks of auto: the blend with the network against the blend without it",
}
CHOICE_TITLES = {BEST: "Best validation epoch", "last": "Last epoch"}


def show_gain(gain: MeanGain | None, family: Family = "scratch") -> str:
    """Write a mean gain with its interval."""
    if gain is None or gain.difference is None:
        return "-"
    text = show(gain.difference, signed=True)
    if gain.lower is None:
        return f"{text} (no interval)"
    mark = "" if gain.verdict == "no evidence" else f" {MARKS[family][gain.verdict]}"
    return f"{text} ({show_interval(gain.lower, gain.upper, signed=True)}){mark}"


def opponent_of(verdict: TableVerdict) -> str:
    """Name what a model was compared with."""
    best = "the best baseline, " if verdict.family == "best-baseline" else ""
    return best + shown(verdict.against)


def gain_titles(table: BenchmarkTable) -> list[str]:
    """Name the columns of the mean gains; that of blends only where there are some."""
    baseline = next((row.baseline for row in table.rows if row.baseline), "the best baseline")
    titles = ["gain over scratch", f"gain over {baseline}"]
    return [*titles, "gain over blend without network"] if table.blends else titles


def gains_of(row: TableRow, table: BenchmarkTable) -> list[str]:
    """Write the mean gains of a row, one per title."""
    scratch: Family = "auto-scratch" if row.role == "auto" else "scratch"
    gains = [show_gain(row.over_scratch, scratch), show_gain(row.over_baseline, "baseline")]
    return [*gains, show_gain(row.over_blend, "blend")] if table.blends else gains


def _networks(ensemble: int) -> str:
    return f"ensembles of {ensemble} networks, " if ensemble > 1 else ""


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
            f"{protocol['learning_rate']:g}, batch size "
            f"{protocol['batch_size'] or 'by the number of rows'}, dropout "
            f"{protocol['dropout']:g}, weights averaged {protocol['average']:g}, "
            f"{_networks(protocol.get('ensemble', 1))}precision {protocol['precision']}. Seeds "
            f"{', '.join(map(str, seeds)) or 'none'}; data seed {protocol['data_seed']}. "
            "From scratch every network is trained in full."
        ),
    ]
    if any(model.role == "auto" for model in results.request.models.values()):
        lines.append(_BLENDS)
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
    notes = [
        "Test metric, mean ± standard deviation over n seeds; the best mean of a column is bold."
    ]
    for family, text in _MARKED.items():
        sizes = [
            v.family_size
            for v in verdicts
            if v.family == family and v.epoch_choice == table.epoch_choice
        ]
        if sizes:
            marks = MARKS[family]
            notes.append(
                f"{text}, paired over seeds and test rows, after Holm's correction over "
                f"{max(sizes)} comparison{'' if max(sizes) == 1 else 's'}: {marks['helps']}, "
                f"{marks['hurts']}, · no evidence (which is no evidence of equality)."
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
