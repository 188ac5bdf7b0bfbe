"""Every objective has a page in the documentation."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from graftwork.objectives import OBJECTIVES

PAGES = Path(__file__).parents[2] / "docs" / "objectives"


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_objective_has_a_page_that_names_its_settings_and_their_defaults(name):
    text = (PAGES / f"{name}.md").read_text()
    rows = [line.split("|") for line in text.splitlines() if line.startswith("| `")]
    listed = {row[1].strip(" `"): row[2].strip(" `") for row in rows}
    known = {item.name: item.default for item in fields(OBJECTIVES[name].Settings)}
    shown = {
        key: {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
        for key, value in known.items()
    }
    assert listed == shown


def test_no_page_is_left_over_from_an_objective_that_is_gone():
    assert {path.stem for path in PAGES.glob("*.md")} == {*OBJECTIVES, "index"}


def test_the_index_links_to_pages_that_exist():
    found = re.findall(r"\]\(([a-z-]+\.md)\)", (PAGES / "index.md").read_text())
    assert len(found) >= 5
    assert {f"{name}.md" for name in OBJECTIVES} <= {*found, "degree-prediction.md"}
    assert all((PAGES / name).is_file() for name in found)
