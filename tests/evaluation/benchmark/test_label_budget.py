"""Label budgets: what is drawn, what it costs, how the table names it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftwork.data.splits import Split
from graftwork.errors import InputError
from graftwork.evaluation import benchmark as bench
from graftwork.evaluation.benchmark.label_budget import LEAST_LABELS, budget_sizes, few_labels
from graftwork.evaluation.benchmark.means import shared_datasets
from graftwork.evaluation.benchmark.summary import protocol_lines
from graftwork.evaluation.benchmark.verdicts import table_verdicts

SPLIT = Split("random", np.arange(0, 80), np.arange(80, 90), np.arange(90, 100))


@given(st.integers(2, 500), st.integers(1, 200), st.integers(LEAST_LABELS, 900))
def test_a_budget_is_spent_whole_and_leaves_both_parts_something(train, val, labels):
    sizes = budget_sizes(train, val, labels)
    assert sum(sizes) == min(labels, train + val)
    assert 2 <= sizes[0] <= train
    assert 1 <= sizes[1] <= val


def test_the_ratio_of_the_parts_is_kept():
    assert budget_sizes(80, 10, 45) == (40, 5)


def test_rows_come_from_their_own_parts_and_the_test_part_stays():
    few = few_labels(SPLIT, 18, seed=0)
    assert len(few.train) == 16
    assert len(few.val) == 2
    assert set(few.train) <= set(SPLIT.train)
    assert set(few.val) <= set(SPLIT.val)
    assert few.test.tolist() == SPLIT.test.tolist()
    assert (np.diff(few.train) > 0).all()


def test_a_larger_budget_contains_the_smaller_and_another_seed_draws_others():
    small, large = few_labels(SPLIT, 9, seed=3), few_labels(SPLIT, 45, seed=3)
    assert set(small.train) < set(large.train)
    assert set(small.val) < set(large.val)
    assert few_labels(SPLIT, 9, seed=3).train.tolist() == small.train.tolist()
    assert few_labels(SPLIT, 9, seed=4).train.tolist() != small.train.tolist()


def test_more_than_there_are_means_all():
    assert few_labels(SPLIT, 1000, seed=0).train.tolist() == SPLIT.train.tolist()


def test_a_budget_too_small_is_refused(specs):
    with pytest.raises(InputError, match="budget of 2 is too small"):
        bench.with_budgets(specs, [2])


def test_columns_are_named_and_ordered_by_their_budgets(specs, models, config):
    data = bench.with_budgets(specs[:1], [None, 20, 9])
    assert [spec.name for spec in data] == ["sizes", "sizes@20", "sizes@9"]
    assert {spec.whole for spec in data} == {"sizes"}
    cells = bench.plan(data, models, ["full"], [0], config)
    assert list(dict.fromkeys(cell.dataset for cell in cells)) == ["sizes@9", "sizes@20", "sizes"]
    assert len({cell.data for cell in cells if cell.model == "tiny"}) == 1
    assert len({cell.id for cell in cells}) == len(cells)


def test_the_whole_data_set_keeps_the_ids_it_had_without_budgets(specs, models, config):
    plain = bench.plan(specs, models, ["full"], [0], config)
    mixed = bench.plan(bench.with_budgets(specs, [9, None]), models, ["full"], [0], config)
    assert {cell.id for cell in plain} < {cell.id for cell in mixed}


def test_every_model_of_a_seed_learns_from_the_same_rows(tmp_path, run_here, specs, models, config):
    data = bench.with_budgets(specs[:1], [12, None])
    cells = [
        cell
        for cell in bench.plan(data, models, ["full"], range(2), config)
        if cell.dataset == "sizes@12" or cell.first is None
    ]
    made = run_here(tmp_path / "out", data, models, config, cells)
    gaussian = [o for o in made.results.outcomes if o.cell.model == "fingerprint-gp"]
    by_column = {}
    for outcome in gaussian:
        by_column.setdefault(outcome.cell.dataset, []).append(outcome)
    assert [o.deterministic for o in by_column["sizes@12"]] == [False, False]
    assert by_column["sizes"][0].deterministic
    one, two = (o.predictions("test", "last") for o in by_column["sizes@12"])
    assert one.shape == two.shape
    assert not np.allclose(one, two)  # other molecules to learn from
    lines = protocol_lines(made.results)
    assert "sizes@12: 11 rows to train and 1 to validate with, drawn anew for each seed." in lines
    shared, reason = shared_datasets(made.results, [("tiny", "full")])
    assert shared == ["sizes@12", "sizes"]
    assert "share their test rows" in str(reason)
    found = {(v.dataset, v.family) for v in table_verdicts(made.results)}
    assert ("sizes@12", "scratch") in found
    assert all(v.p_value is not None for v in table_verdicts(made.results) if v.seeds > 1)


@pytest.mark.parametrize("text", ["many", "16,-3", "1e3", ","])
def test_the_command_says_what_a_budget_is(text):
    from graftwork.cli.benchmark import _budgets

    with pytest.raises(InputError, match="--label-budget"):
        _budgets(text)


def test_the_command_reads_numbers_and_all():
    from graftwork.cli.benchmark import _budgets

    assert _budgets("16, 64,all") == [16, 64, None]
