"""A run's numbers on disk."""

from __future__ import annotations

import csv

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from graftwork.training.logs import RunLog


def rows(folder):
    with (folder / "metrics.csv").open(newline="") as file:
        return list(csv.reader(file))


HEADER = ["step", "name", "value"]


@pytest.fixture
def folder(tmp_path):
    """A log of steps 10 to 50."""
    with RunLog(tmp_path / "logs") as log:
        for step in range(10, 60, 10):
            log.write(step, {"loss": 1 / step, "accuracy/a": 0.1 * step})
    return tmp_path / "logs"


def test_rows_hold_the_numbers_exactly(folder):
    expected = [
        [str(step), name, repr(value)]
        for step in range(10, 60, 10)
        for name, value in (("loss", 1 / step), ("accuracy/a", 0.1 * step))
    ]
    assert rows(folder) == [HEADER, *expected]
    assert float(rows(folder)[1][2]) == 1 / 10


def test_tensorboard_has_the_same(folder):
    events = EventAccumulator(str(folder)).Reload()
    assert set(events.Tags()["scalars"]) == {"loss", "accuracy/a"}
    assert [(e.step, round(e.value, 6)) for e in events.Scalars("loss")] == [
        (step, round(1 / step, 6)) for step in range(10, 60, 10)
    ]


def test_resuming_drops_what_came_later(folder):
    before = rows(folder)
    with RunLog(folder, resume_at=30) as log:
        log.write(40, {"loss": 7.0})
    assert rows(folder) == [*before[:7], ["40", "loss", "7.0"]]


def test_a_kill_right_after_resuming_loses_nothing(folder):
    before = rows(folder)
    log = RunLog(folder, resume_at=30)
    try:
        assert rows(folder) == before[:7]  # on disk, before anything is logged or closed
        assert not list(folder.glob("*.partial"))
    finally:
        log.__exit__(None, None, None)


def test_a_row_cut_short_by_a_kill_is_dropped(folder):
    before = rows(folder)
    with (folder / "metrics.csv").open("a") as file:
        file.write("60,lo")
    with RunLog(folder, resume_at=60):
        pass
    assert rows(folder) == before


def test_without_resuming_it_starts_anew(folder):
    with RunLog(folder) as log:
        log.write(1, {"loss": 2.0})
    assert rows(folder) == [HEADER, ["1", "loss", "2.0"]]


def test_every_row_is_on_disk_at_once(tmp_path):
    with RunLog(tmp_path) as log:
        log.write(1, {"loss": 2.0})
        assert rows(tmp_path) == [HEADER, ["1", "loss", "2.0"]]
