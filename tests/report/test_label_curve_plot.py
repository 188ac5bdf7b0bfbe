"""The chart of score against number of labels says what the points say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from graftwork.evaluation.benchmark.curves import CurvePoint
from graftwork.report.label_curves import MAX_PANELS, label_curve_plot

POINT = CurvePoint(
    "potency", 16, "16", "tiny", "full", "tiny", "last", "rmse", 1.25, 0.1, 1.0, 1.5, 3
)
ROLES = {"tiny": "pretrained", "auto:tiny": "auto", "fingerprint-gp": "baseline"}


@pytest.fixture
def points():
    lines = [("tiny", "tiny"), ("auto:tiny", "auto: tiny"), ("fingerprint-gp", "fingerprint-gp")]
    return [
        replace(POINT, model=model, label=label, labels=labels, mean=1.25 / labels)
        for model, label in lines
        for labels in (16, 64, 700)
    ]


def test_every_point_is_in_the_chart_and_in_its_words(points):
    plot = label_curve_plot(points, ROLES)
    assert plot.svg.startswith("<svg")
    assert plot.narrow
    assert plot.alt.count("potency, ") == len(points)
    assert "potency, auto: tiny: 0.078 with 16" in plot.alt
    assert plot.svg == label_curve_plot(points, ROLES).svg


def test_a_point_without_an_interval_is_drawn_without_a_bar(points):
    plain = [replace(p, lower=None, upper=None, sd=None, seeds=1) for p in points]
    with_bars, without = (label_curve_plot(found, ROLES).svg for found in (points, plain))
    assert with_bars.count("<path") > without.count("<path")


def test_many_data_sets_do_not_all_get_a_panel(points):
    many = [replace(p, dataset=f"d{i}") for i in range(MAX_PANELS + 2) for p in points[:2]]
    assert "2 more data sets are in curves.csv" in label_curve_plot(many, ROLES).caption


def test_without_points_there_is_a_reason():
    plot = label_curve_plot([], ROLES)
    assert plot.svg == ""
    assert plot.caption.startswith("Not drawn")


def test_numbers_of_labels_do_not_run_into_each_other(points):
    numbers = (16, 32, 64, 128, 256, 2924)
    svg = label_curve_plot([replace(points[0], labels=n) for n in numbers], ROLES).svg
    assert [n for n in numbers if f"<!-- {n} -->" in svg] == [16, 64, 256, 2924]
