"""The page of a benchmark says what the table says, and shouts where pre-training hurts."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from graftwork.evaluation.benchmark.correction import corrected
from graftwork.evaluation.benchmark.data_spec import DataSpec
from graftwork.evaluation.benchmark.folder import Folder
from graftwork.evaluation.benchmark.model_spec import ModelSpec
from graftwork.evaluation.benchmark.plan import Cell
from graftwork.evaluation.benchmark.request import Request
from graftwork.evaluation.benchmark.results import Outcome, Results
from graftwork.evaluation.benchmark.run import BenchmarkRun
from graftwork.evaluation.benchmark.table import make_table
from graftwork.evaluation.benchmark.table_verdict import TableVerdict
from graftwork.report.benchmark import render_benchmark, write_benchmark_report

PROTOCOL = {
    "preset": "default",
    "epochs": None,
    "learning_rate": 5e-4,
    "batch_size": 32,
    "average": 1.0,
    "dropout": 0.1,
    "precision": "32-true",
    "data_seed": 0,
}
SCORES = {
    "rf": (0.71,),
    "scratch:gin-2x8": (0.70, 0.72),
    "<b>evil</b>": (0.60, 0.62),
    "good": (0.8, 0.9),
}


def outcome(folder, dataset, model, seed, value):
    scores = [
        {"part": "test", "choice": c, "metric": "roc_auc", "value": value}
        for c in ("best-validation", "last")
    ]
    record = {
        "deterministic": model == "rf",
        "scores": scores,
        "seconds": 1.5,
        "spec": {"settings": None if model == "rf" else {}},
    }
    strategy = "" if model == "rf" else "full"
    return Outcome(
        Cell(f"{dataset}{model}{seed}", dataset, model, strategy, seed, dataset), record, folder
    )


@pytest.fixture
def run(tmp_path):
    def make(difference=-0.1, p_value=0.001, *, missing=False, good=0.9):
        folder = Folder(tmp_path)
        data = {n: DataSpec(n, f"{n}.csv", "0", 10) for n in ("one", "two")}
        evil = "<b>evil</b>"
        models = {
            "rf": ModelSpec("rf", "baseline"),
            "scratch:gin-2x8": ModelSpec("scratch:gin-2x8", "scratch"),
            evil: ModelSpec(evil, "pretrained", scratch="scratch:gin-2x8"),
            "good": ModelSpec("good", "pretrained", scratch="scratch:gin-2x8"),
        }
        outcomes = [
            outcome(folder, name, model, seed, value)
            for name in data
            for model, values in SCORES.items()
            for seed, value in enumerate(values)
        ]
        facts = {
            name: {
                "dataset": name,
                "metric": "roc_auc",
                "sizes": {"train": 8, "val": 1, "test": 1},
                "tasks": ["y"],
                "split": "scaffold",
                "usable": 10,
                "rows": 10,
                "test_molecules_also_in_training": 1,
            }
            for name in data
        }
        cells = [o.cell for o in outcomes]
        if missing:
            cells.append(Cell("late", "two", evil, "full", 2, "two"))
        results = Results(Request(PROTOCOL, data, models, cells), outcomes, [], facts, folder)
        base = TableVerdict(
            dataset="one",
            model=evil,
            strategy="full",
            against="scratch:gin-2x8",
            family="scratch",
            epoch_choice="best-validation",
            metric="roc_auc",
            difference=difference,
            lower=difference - 0.05,
            upper=difference + 0.05,
            standard_error=0.02,
            df=10.0,
            p_value=p_value,
            seeds_lower=difference - 0.017,
            seeds_upper=difference + 0.017,
            seeds=2,
            verdict="hurts" if difference < 0 else "helps",
            note=None,
            inputs="",
        )
        verdicts = [
            replace(base, epoch_choice=choice, **change)
            for choice in ("best-validation", "last")
            for change in (
                {},
                {"dataset": "two", "p_value": 0.5, "verdict": "no evidence"},
                {"against": "rf", "family": "baseline"},
                {"against": "rf", "family": "baseline", "dataset": "two"},
                {"model": "good", "difference": 0.2, "p_value": good, "verdict": "no evidence"},
            )
        ]
        verdicts = corrected(verdicts)
        tables = [make_table(results, verdicts, c) for c in ("best-validation", "last")]
        failures = [("evil on two, seed 2", "it & broke")] if missing else []
        return BenchmarkRun(results, verdicts, tables, ["evil on one: 3 of 4."], failures)

    return make


def page_of(run):
    return render_benchmark(run, "graftwork benchmark -o 'x<y'", "2020-01-01")


def text_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", "", page.split("</style>")[1]))


def test_what_hurts_is_in_the_banner_the_table_and_the_list(run):
    page = page_of(run())
    assert '<section class="banner hurts"' in page
    assert "Pre-training hurts somewhere" in page
    assert page.count("▼ HURTS") >= 1 + 2 + 2  # banner, cells and legends
    assert "HURTS on 1 of 2 (one); no evidence on 1 of 2 (two)" in text_of(page)
    # against a baseline it is not pre-training that hurts: two data sets and their mean, twice
    assert page.count("▼ worse") == 2 * 3


def test_help_elsewhere_does_not_hide_a_hurt(run):
    page = page_of(run(good=0.001))
    assert '<section class="banner hurts"' in page
    assert "▲ helps" in page
    assert "good against scratch:gin-2x8: helps on 1 of 1 (one)" in text_of(page)


@pytest.mark.parametrize(
    ("difference", "p_value", "tone"), [(0.1, 0.001, "helps"), (0.1, 0.3, "open")]
)
def test_the_banner_follows_the_corrected_verdicts(run, difference, p_value, tone):
    page = page_of(run(difference, p_value))
    assert f'<section class="banner {tone}"' in page
    assert "hurts somewhere" not in page


def test_a_verdict_that_the_correction_took_back_is_said(run):
    page = page_of(run(p_value=0.03))
    assert '<section class="banner open"' in page
    assert "without correction: hurts" in text_of(page)


def test_numbers_and_protocol_are_there(run):
    text = text_of(page_of(run()))
    for piece in (
        "0.710 ± 0.014",  # scratch over two seeds
        "0.610 ± 0.014",
        "any seed",
        "n=2",
        "-0.150 to -0.050",
        "-0.117 to -0.083",
        "scaffold split 8/1/1 of 10 usable among 10 rows",
        "1 test molecules are also in training",
        "evil on one: 3 of 4.",
        "Last epoch",
        "Gain over rf",
        "2020-01-01",
    ):
        assert piece in text, piece
    assert "Incomplete" not in text


def test_what_is_missing_or_failed_is_said(run):
    text = text_of(page_of(run(missing=True)))
    assert "Incomplete" in text
    assert "1 of 15 cells have no result" in text
    assert "Failed: evil on two, seed 2" in text


def test_the_page_is_safe_and_complete_in_itself(run, tmp_path):
    made = run(missing=True)
    page = page_of(made)
    assert "<b>evil" not in page
    assert "it &amp; broke" in page
    assert "x&lt;y" in page
    assert not re.search(r"(src|href)=|<script|https?://", page)
    assert page == page_of(made)
    path = write_benchmark_report(made, "c")
    assert path == tmp_path / "report.html"
    assert path.read_text().startswith("<!DOCTYPE html>")


def test_nothing_pretrained_gives_no_verdict(run):
    made = run()
    bare = replace(made, verdicts=[], tables=made.tables)
    assert '<section class="banner none"' in page_of(bare)
