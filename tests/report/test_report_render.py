"""The page: complete, escaped, balanced, self-contained and reproducible."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from graftwork.errors import InputError
from graftwork.metrics import METRICS
from graftwork.report import Curve, MetricRow, ModelRow, render_report, write_report
from graftwork.report.glossary import MEANINGS, metric_label

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Collects tags and text, and fails on a tag that is closed wrongly."""

    def __init__(self, page):
        super().__init__()
        self.open, self.tags, self.text = [], [], ""
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.text += data


@pytest.fixture(params=["regression", "classification"])
def content(request):
    return request.getfixturevalue(request.param)


def check_loads_nothing(tags):
    assert not {tag for tag, _ in tags} & {"script", "link", "iframe", "object", "embed", "base"}
    for _, attributes in tags:
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "srcset", "data", "action", "background"):
            assert attributes.get(name, "data:image/svg+xml").startswith("data:image/svg+xml")


def test_a_page_is_balanced_and_loads_nothing(content):
    page = render_report(content)
    parsed = Page(page)
    check_loads_nothing(parsed.tags)
    assert "http://" not in page
    assert "https://" not in page
    assert "url(" not in page
    assert "@import" not in page
    images = [attributes for tag, attributes in parsed.tags if tag == "img"]
    assert len(images) >= 4
    assert all(attributes["alt"] for attributes in images)


def test_two_renders_are_equal(content):
    assert render_report(content) == render_report(content)


def test_hostile_strings_stay_text(hostile):
    page = render_report(hostile)
    parsed = Page(page)
    check_loads_nothing(parsed.tags)
    assert "<script" not in page
    assert parsed.text.count("<script>alert(1)</script>") > 20
    assert "結合" in parsed.text


def test_the_verdict_is_a_banner_with_its_sentence(content):
    parsed = Page(render_report(content))
    classes = [attributes.get("class", "") for _, attributes in parsed.tags]
    assert ("banner helps" if content.verdict == "helps" else "banner open") in classes
    assert all(sentence in parsed.text for sentence in content.summary)
    assert "Scaffold split" in parsed.text


def test_undefined_is_written_with_its_reason(classification):
    text = " ".join(Page(render_report(classification)).text.split())
    assert "undefinedthe test rows hold one class" in text
    assert "undefinedno interval was computed" in text
    assert "assay 1" in text
    assert "Left out (1)" in text
    assert "nan" not in text


def test_all_undefined_and_nothing_to_show(content):
    nothing = float("nan")
    bare = replace(
        content,
        summary=[],
        verdict=None,
        table=[ModelRow("pretrained", None, nothing, None, 0, [], "too few test rows")],
        metric_table=[MetricRow("pretrained", "a", "rmse", nothing, "too few test rows")],
        comparisons=[],
        curves=[Curve("pretrained", 0, "val", "rmse", [1, 2], [nothing, nothing])],
        truth=np.full_like(content.truth, nothing),
        errors=[],
        facts=[],
        rejects=[],
    )
    text = Page(render_report(bare)).text
    assert text.count("too few test rows") >= 2
    assert "Not drawn: the metric is undefined for every model." in text
    assert "Not drawn: no learning curve was recorded." in text
    assert "No errors to show." in text
    assert "No row was rejected." in text
    assert re.search(r"Not drawn: no (test row|model)", text)
    assert "nan" not in text


def test_no_tables_no_models_no_tasks(regression):
    empty = replace(
        regression, table=[], metric_table=[], tasks=[], truth=np.empty((0, 0)), predictions={}
    )
    assert "No model was evaluated." in Page(render_report(empty)).text


def test_many_tasks_are_folded_and_few_are_not(classification, regression):
    assert "<details>" in render_report(classification)
    assert "<details>" not in render_report(regression)


def test_only_the_first_rejects_are_listed_with_the_total(regression):
    page = render_report(regression)
    assert "23 rejected in total; the first 20 are shown" in page
    assert page.count("cannot be parsed as SMILES") == 20


def test_a_model_without_a_metric_row_says_so(regression):
    page = render_report(replace(regression, metric_table=regression.metric_table[:-1]))
    assert "not computed for this model" in page


def test_the_best_mean_follows_the_direction(regression):
    lower = Page(render_report(regression)).text
    higher = Page(render_report(replace(regression, higher_is_better=True))).text
    assert "pretrainedbest mean" in lower
    assert "scratchbest mean" in higher


def test_write_is_atomic_and_makes_parents(regression, tmp_path, monkeypatch):
    path = write_report(regression, tmp_path / "new" / "report.html")
    assert path.read_text(encoding="utf-8") == render_report(regression)

    def refuse(*_):
        raise OSError("disk full")

    monkeypatch.setattr(type(path), "replace", refuse)
    with pytest.raises(OSError, match="disk full"):
        write_report(replace(regression, title="other"), path)
    assert path.read_text(encoding="utf-8") == render_report(regression)
    assert [entry.name for entry in path.parent.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    "change",
    [
        {"tasks": ["a", "b"]},
        {"kind": "ranking"},
        {"verdict": "great"},
        {"predictions": {"pretrained": np.zeros((3, 1))}},
        {"curves": [Curve("pretrained", 0, "val", "rmse", [1, 2], [0.5])]},
    ],
)
def test_content_that_does_not_fit_is_refused(regression, change):
    with pytest.raises(InputError, match=r"Expected|Use one of"):
        replace(regression, **change)


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_has_a_plain_line(name):
    assert metric_label(name) in MEANINGS
