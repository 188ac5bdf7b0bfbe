"""What holds for every page, whatever its template."""

from __future__ import annotations

import pytest
from jinja2 import UndefinedError

from graftwork.report.environment import environment


def test_strings_are_escaped_and_numbers_are_shown_as_everywhere():
    page = environment().from_string("{{ text }} {{ x | show }} {{ none | show }} {{ finite(x) }}")
    assert page.render(text="<b>&", x=0.25) == "&lt;b&gt;&amp; 0.250 undefined True"


def test_a_name_that_nobody_gives_is_an_error():
    with pytest.raises(UndefinedError, match="missing"):
        environment().from_string("{{ missing }}").render()


def test_both_templates_are_found():
    for name in ("template.html", "benchmark.html"):
        assert environment().get_template(name).name == name
