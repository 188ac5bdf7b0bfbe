"""What long work says where there is no terminal."""

from __future__ import annotations

import re

import pytest

from graftwork import console


@pytest.fixture(autouse=True)
def _every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console, "_SECONDS_BETWEEN_LINES", 0.0)


def test_lines_promise_an_end_once_something_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress("Reading", 10) as update:
        update(0)
        update(5, "loss 0.5")
    first, second = capsys.readouterr().err.splitlines()
    assert re.fullmatch(r"Reading: 0 of 10 \(0%\); \d+ s", first)
    assert re.fullmatch(r"Reading: 5 of 10 \(50%\), about \d+ s left; \d+ s; loss 0\.5", second)


def test_lines_of_unknown_length_count(capsys: pytest.CaptureFixture[str]) -> None:
    with console.progress("Reading", None) as update:
        update(5)
    assert re.fullmatch(r"Reading: 5; \d+ s\n", capsys.readouterr().err)
