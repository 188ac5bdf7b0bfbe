"""Every paired comparison of a table, and the verdicts after Holm's correction."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np

from graftwork.evaluation.benchmark.correction import corrected
from graftwork.evaluation.benchmark.epoch_choice import CHOICES
from graftwork.evaluation.benchmark.families import Family
from graftwork.evaluation.benchmark.folder import read_arrays, read_json
from graftwork.evaluation.benchmark.identity import digest
from graftwork.evaluation.benchmark.model_spec import WITHOUT_NETWORK, ModelSpec
from graftwork.evaluation.benchmark.plan import FULL
from graftwork.evaluation.benchmark.results import Outcome, Results
from graftwork.evaluation.benchmark.table_verdict import TableVerdict
from graftwork.evaluation.resampled import remembering
from graftwork.evaluation.verdict import Comparison, Runs, compare

if TYPE_CHECKING:
    from graftwork.evaluation.resampled import Resample

VERDICTS_FORMAT = 3


def table_verdicts(results: Results) -> list[TableVerdict]:
    """Compare every network with its opponents on every data set, and correct the verdicts.

    A checkpoint meets the same architecture from scratch, and every baseline; without any
    checkpoint the models from scratch meet the baselines. A blend meets its architecture from
    scratch, the blend without a network, every baseline, and once more the best of these.
    Comparisons that an earlier call wrote to ``verdicts.json`` are taken from there where their
    cells are the same.
    """
    known = _known(results)
    resample = remembering()
    found = []
    for outcomes, opponents, family in _pairs(results):
        ours, theirs = _paired(outcomes, opponents)
        if not ours:
            continue
        for choice in CHOICES:
            cells = [[(o.cell.dataset, o.row, o.cell.id) for o in side] for side in (ours, theirs)]
            inputs = digest([VERDICTS_FORMAT, choice, cells])
            found.append(
                known.get(inputs)
                or _compared(results, ours, theirs, family, choice, inputs, resample)
            )
    return corrected([*found, *_with_the_best(results, found)])


def _with_the_best(results: Results, found: list[TableVerdict]) -> list[TableVerdict]:
    """Return each blend's comparison with the baseline that it does least well against."""
    groups: dict[tuple[str, ...], list[TableVerdict]] = {}
    for v in found:
        if v.family == "baseline" and results.request.models[v.model].role == "auto":
            groups.setdefault((v.dataset, v.model, v.strategy, v.epoch_choice), []).append(v)
    chosen = [min(group, key=_difference) for group in groups.values()]
    return [
        replace(v, family="best-baseline", inputs=digest([v.inputs, "best-baseline"]))
        for v in chosen
    ]


def _difference(verdict: TableVerdict) -> float:
    return np.inf if verdict.difference is None else verdict.difference


def _pairs(results: Results) -> Iterator[tuple[list[Outcome], list[Outcome], Family]]:
    models = results.request.models
    pretrained = [m for m in models.values() if m.role == "pretrained"]
    subjects = pretrained or [m for m in models.values() if m.role == "scratch"]
    subjects += [m for m in models.values() if m.role == "auto"]
    baselines = [m for m in models.values() if m.role == "baseline"]
    strategies = dict.fromkeys(cell.strategy for cell in results.request.cells)
    for dataset in results.request.data:
        for model in subjects:
            for strategy in strategies:
                ours = results.group(dataset, model.name, strategy)
                if not ours:
                    continue
                for opponent, family in _opponents(model):
                    yield ours, results.group(dataset, *opponent), family
                for baseline in baselines:
                    if baseline.reads_as(model):
                        yield ours, results.group(dataset, baseline.name, ""), "baseline"


def _opponents(model: ModelSpec) -> Iterator[tuple[tuple[str, str], Family]]:
    """Yield the rows of the table that a model meets, but for baselines."""
    scratch = (str(model.scratch), FULL)
    if model.role == "pretrained":
        yield scratch, "scratch"
    if model.role == "auto" and model.encoder is not None:
        yield scratch, "auto-scratch"
        yield (WITHOUT_NETWORK, ""), "blend"


def _paired(ours: list[Outcome], theirs: list[Outcome]) -> tuple[list[Outcome], list[Outcome]]:
    """Keep the seeds that both have; a deterministic model meets every seed of the other."""
    if any(o.deterministic for o in theirs):
        return ours, theirs
    seeds = {o.cell.seed for o in ours} & {o.cell.seed for o in theirs}
    kept = [[o for o in side if o.cell.seed in seeds] for side in (ours, theirs)]
    return kept[0], kept[1]


def _compared(
    results: Results,
    ours: list[Outcome],
    theirs: list[Outcome],
    family: Family,
    choice: str,
    inputs: str,
    resample: Resample,
) -> TableVerdict:
    """Compare by the metric that decides on the data set, over seeds and test rows."""
    keys = ours[0].cell.data, theirs[0].cell.data
    truths = [read_arrays(results.folder.labels(key)) for key in dict.fromkeys(keys)]
    metric = results.facts[keys[0]]["metric"]
    names = ours[0].cell.model, theirs[0].cell.model
    same = all(
        np.array_equal(truth[name], truths[0][name], equal_nan=name == "test/y")
        for truth in truths[1:]
        for name in ("test/row", "test/y", "train", "val")
    )
    if same:
        comparison = compare(
            truths[0]["test/y"],
            _runs(ours, choice),
            _runs(theirs, choice),
            metric,
            resample=resample,
        )
    else:
        note = "not compared: the two read the table differently, and their test rows differ"
        comparison = Comparison(*names, metric, None, None, None, 0, "no evidence", note)
    return TableVerdict(
        dataset=ours[0].cell.dataset,
        strategy=ours[0].cell.strategy,
        family=family,
        epoch_choice=choice,
        inputs=inputs,
        **asdict(comparison),
    )


def _runs(outcomes: list[Outcome], choice: str) -> Runs:
    return Runs(
        outcomes[0].cell.model,
        np.stack([outcome.predictions("test", choice) for outcome in outcomes]),
        outcomes[0].deterministic,
    )


def _known(results: Results) -> dict[str, TableVerdict]:
    path = results.folder.root / "verdicts.json"
    if not path.is_file():
        return {}
    text = read_json(path)
    if text.get("format") != VERDICTS_FORMAT:
        return {}
    with contextlib.suppress(KeyError, TypeError):  # of another version: computed again
        found = [TableVerdict(**values) for values in text["comparisons"]]
        return {verdict.inputs: verdict for verdict in found}
    return {}
