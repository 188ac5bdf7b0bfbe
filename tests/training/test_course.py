"""How long fine-tuning takes by default."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from graftwork.data.sampler import BatchSampler
from graftwork.training.course import course_of
from graftwork.training.fit_config import FitConfig


@given(rows=st.integers(1, 2_000_000), frozen=st.booleans())
def test_neither_too_few_steps_nor_too_many_rows(rows, frozen):
    course = course_of(FitConfig(), rows, frozen=frozen)
    steps = course.epochs * BatchSampler(rows, course.batch_size).steps_per_epoch
    assert 1 <= course.batch_size <= min(rows, 256)
    assert steps >= (400 if frozen else min(400, max(200, rows)))
    assert course.epochs * rows <= 250_000 or course.epochs <= 4 or steps < 800
    assert 5 <= course.patience <= max(5, course.epochs)


def test_more_rows_never_mean_smaller_steps_or_more_epochs():
    found = [course_of(FitConfig(), rows) for rows in range(40, 300_000, 997)]
    assert [one.batch_size for one in found] == sorted(one.batch_size for one in found)
    assert found[-1].epochs == 4
    assert found[0].epochs > 15


def test_what_is_said_holds():
    config = FitConfig(batch_size=7, epochs=3, patience=2)
    course = course_of(config, 1000)
    assert (course.batch_size, course.epochs, course.patience) == (7, 3, 2)
    assert course_of(config, 5).batch_size == 5
