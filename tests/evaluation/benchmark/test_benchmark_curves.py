"""Score against number of labels: the numbers of the table, with Student's interval over seeds."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from graftwork.evaluation import benchmark as bench
from graftwork.evaluation.benchmark.curves import CURVE_COLUMNS, label_curves
from graftwork.evaluation.benchmark.results import result_rows
from graftwork.evaluation.benchmark.run import _write
from graftwork.report.benchmark import write_benchmark_report


@pytest.fixture(scope="module")
def grown(tmp_path_factory, run_here, specs, checkpoint, config):
    """One table with three numbers of labels, the other with all only."""
    models = bench.models_named([f"tiny={checkpoint}"], ["fingerprint-gp"], config)
    data = [*bench.with_budgets(specs[:1], [9, 20, None]), specs[1]]
    cells = bench.plan(data, models, ("full",), range(3), config)
    cells = [c for c in cells if c.first is None or c.dataset.startswith("sizes@")]
    root = tmp_path_factory.mktemp("grown") / "out"
    return run_here(root, data, models, config, cells)


def test_a_point_is_the_mean_over_seeds_with_its_interval(grown):
    points = label_curves(grown.results)
    rows = pd.DataFrame(result_rows(grown.results))
    rows = rows[(rows.part == "test") & (rows.decides == 1)]
    assert {p.dataset for p in points} == {"sizes"}  # the other has one number of labels
    assert len(points) == 3 * 3 * 2
    for point in points:
        name = "sizes" if point.budget == "all" else f"sizes@{point.budget}"
        values = rows[
            (rows.dataset == name)
            & (rows.model == point.model)
            & (rows.epoch_choice == point.epoch_choice)
        ]["value"]
        assert point.mean == pytest.approx(values.mean())
        assert point.seeds == len(values)
        if len(values) == 1:
            assert (point.model, point.budget) == ("fingerprint-gp", "all")
            assert (point.sd, point.lower, point.upper) == (None, None, None)
            continue
        half = stats.t.ppf(0.975, 2) * values.std() / math.sqrt(3)
        assert point.upper - point.mean == pytest.approx(half)
        assert point.mean - point.lower == pytest.approx(half)
    assert {(p.budget, p.labels) for p in points} == {("9", 9), ("20", 20), ("all", 45)}


def test_table_chart_and_page_hold_the_curves(grown):
    run = _write(grown.folder, grown.results, [])
    page = write_benchmark_report(run, "graftwork benchmark").read_text()
    found = pd.read_csv(grown.folder.root / "curves.csv", dtype={"budget": str})
    assert list(found.columns) == list(CURVE_COLUMNS)
    np.testing.assert_allclose(found["mean"], [p.mean for p in run.curves])
    assert (grown.folder.root / "curves.svg").read_text().startswith("<svg")
    assert "Score against number of labels" in page
    assert "sizes, fingerprint-gp: " in page


def test_one_number_of_labels_is_no_curve(made):
    assert label_curves(made.results) == []
