"""One chart: a styled canvas in, a self-contained and reproducible SVG out."""

from __future__ import annotations

import base64
import io
import math
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from matplotlib.axes import Axes

INK = "#2b3440"
MUTED = "#8a94a0"
KNOWN_COLOURS = {
    "pretrained": "#0b6e99",
    "scratch": "#d9772b",
    "ecfp-rf": "#3d8b4f",
    "fingerprint-gp": "#8e5aa8",
    "auto": "#b8375f",
}
SPARE_COLOURS = ("#a68a00", "#4c6ef5", "#7b5b3a", "#0e9f8e", "#5f6b78")
STYLE: dict[str, Any] = {
    "svg.hashsalt": "graftwork",  # else element ids differ from run to run
    "svg.fonttype": "path",  # the same letters on every machine
    "text.parse_math": False,  # a column called "$x" is a name, not a formula
    "font.size": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 10.5,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": MUTED,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}


@dataclass(frozen=True)
class Plot:
    """A drawn chart, or the reason why there is none.

    Parameters
    ----------
    title, caption
        What the page writes above and below the chart. Where ``svg`` is empty, ``caption`` says
        why.
    alt
        The chart in words, for readers who cannot see it.
    svg
        The drawing, or an empty string.
    narrow
        Whether the drawing is a single panel, which the page does not stretch to its full width.
    """

    title: str
    caption: str
    alt: str = ""
    svg: str = ""
    narrow: bool = False

    @property
    def uri(self) -> str:
        """The drawing as a ``data:`` address, empty where there is none."""
        return svg_uri(self.svg) if self.svg else ""


def svg_uri(svg: str) -> str:
    """Encode an SVG document as a ``data:`` address that needs no network."""
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


@contextmanager
def house_style() -> Iterator[None]:
    """Draw with this project's settings, whatever the user's own matplotlib settings are."""
    with mpl.rc_context(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        mpl.rcdefaults()
        settings: Any = mpl.rcParams  # its keys are a closed Literal type
        settings.update(STYLE)
        yield


def panels(count: int, *, width: float = 7.6, height: float = 2.6) -> tuple[Figure, list[Axes]]:
    """Return a figure with ``count`` axes, at most three in a row; ``height`` is that of a row."""
    columns = 2 if count == 4 else min(3, count)
    rows = math.ceil(count / columns)
    figure = Figure(figsize=(width, height * rows), layout="constrained")
    return figure, [figure.add_subplot(rows, columns, place + 1) for place in range(count)]


def to_svg(figure: Figure) -> str:
    """Return the figure as an SVG element without date, creator or document type."""
    target = io.StringIO()
    metadata = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(target, format="svg", transparent=True, dpi=160, metadata=metadata)
    text = target.getvalue()
    return text[text.index("<svg") :]


def colours(models: Iterable[str]) -> dict[str, str]:
    """Give each model its colour: known models keep theirs in every report."""
    chosen: dict[str, str] = {}
    spare = 0
    for model in models:
        if model in chosen:
            continue
        if model in KNOWN_COLOURS:
            chosen[model] = KNOWN_COLOURS[model]
        else:
            chosen[model] = SPARE_COLOURS[spare % len(SPARE_COLOURS)]
            spare += 1
    return chosen


def label(text: str, limit: int = 28) -> str:
    """Shorten a name for a chart and drop characters that no SVG may contain."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"
