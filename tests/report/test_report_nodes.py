"""Reports of nodes and of classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from graftwork.report import MetricRow, render_report
from graftwork.report.confusion import confusion, confusion_plots


def test_confusion_counts_rows_by_class_and_prediction():
    truth = np.array([0, 0, 1, 2, 2, np.nan, 2.0])
    found = np.array([0, 1, 1, 0, 2, 1, 2.0])
    assert confusion(truth, found, 3).tolist() == [[1, 1, 0], [0, 1, 0], [1, 0, 2]]
    assert confusion(truth, found, 4)[3].tolist() == [0, 0, 0, 0]


def test_one_chart_per_task_or_the_reason_why_not():
    truth = np.array([[0.0], [1.0], [2.0]])
    plots = confusion_plots(truth, {"scratch": truth, "topology-ridge": truth * 0}, ["field"])
    assert len(plots) == 1
    assert "scratch, topology-ridge" in plots[0].alt
    assert plots[0].svg
    (empty,) = confusion_plots(truth * np.nan, {"scratch": truth}, ["field"])
    assert "no test row has a label" in empty.caption
    (many,) = confusion_plots(truth, {"scratch": truth + 50}, ["field"])
    assert "53 classes" in many.caption


@pytest.fixture
def nodes(regression):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, (30, 1)).astype(float)
    return replace(
        regression,
        kind="multiclass",
        unit="node",
        metric="multiclass_accuracy",
        truth=truth,
        predictions={"scratch": truth, "features-logistic": np.roll(truth, 1)},
        metric_table=[MetricRow("scratch", "field", "macro_f1", 0.5)],
        errors=[replace(regression.errors[0], smiles_or_molblock="CCO")],
    )


def test_a_report_of_nodes_draws_no_molecule_and_speaks_of_none(nodes, regression):
    page = render_report(nodes)
    assert "Confusion matrices of pIC50" in page
    assert "Structure of row" not in page
    assert "cannot be drawn" not in page
    assert "unusual chemistry" not in page
    assert "Scaffold split" not in page
    assert "The test nodes that were missed" in page
    assert "Accuracy" in page
    assert "Macro F1" in page
    molecules = render_report(regression)
    assert "Structure of row" in molecules
    assert "Scaffold split" in molecules
    assert "unusual chemistry" in molecules
