"""How templates become pages."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined

from graftwork import formatting
from graftwork.report.glossary import metric_label


def environment() -> Environment:
    """Return the environment of all pages.

    Every string is escaped; a name that a template uses and nobody gives is an error.

    Examples
    --------
    >>> environment().from_string("{{ text }}").render(text="<b>")
    '&lt;b&gt;'
    """
    folder = files("graftwork.report")
    found = Environment(
        autoescape=True,
        loader=FunctionLoader(lambda name: (folder / name).read_text(encoding="utf-8")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(
        show=formatting.show, show_all=formatting.show_all, metric_label=metric_label
    )
    found.globals.update(show_interval=formatting.show_interval, finite=formatting.finite)
    return found
