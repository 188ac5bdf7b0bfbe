"""The report of one fine-tuning run: plain data in, one self-contained HTML page out."""

from __future__ import annotations

from graftwork.report.content import (
    BlendRow,
    ComparisonRow,
    Curve,
    ErrorMolecule,
    MetricRow,
    ModelRow,
    ReportContent,
)
from graftwork.report.render import render_report, write_report

__all__ = [
    "BlendRow",
    "ComparisonRow",
    "Curve",
    "ErrorMolecule",
    "MetricRow",
    "ModelRow",
    "ReportContent",
    "render_report",
    "write_report",
]
