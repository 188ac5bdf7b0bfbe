"""Batches by task: who is in them, resuming, several processes."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from graftwork.data.sparse_labels import SparseLabels
from graftwork.data.task_sampler import TaskSampler
from graftwork.errors import InputError


@pytest.fixture(scope="module")
def labels():
    """Of 400 graphs: a large task, thirty of 20 labels, one of 5."""
    rng = np.random.default_rng(0)
    large = np.arange(100, 400)
    parts = [(large, 0), *((rng.choice(400, 20, replace=False), t) for t in range(1, 31))]
    parts.append((np.arange(5), 31))
    graph = np.concatenate([rows for rows, _ in parts])
    task = np.concatenate([np.full(len(rows), t) for rows, t in parts])
    names = [f"t{t}" for t in range(32)]
    return SparseLabels.from_triples(graph, task, rng.normal(size=len(graph)), 400, names)


def taken(sampler, count, step=0):
    return list(islice(sampler.batches(step), count))


def test_a_batch_holds_tasks_with_enough_labels(labels):
    sampler = TaskSampler(labels, 64, per_task=16, least=16)
    for batch in taken(sampler, 20):
        assert len(batch) == len(set(batch.tolist())) == 64
        known = (~np.isnan(labels[batch])).sum(0)
        assert (known >= 10).sum() >= 3
    everyone = np.unique(np.concatenate(taken(sampler, 200)))
    in_a_task = (~np.isnan(labels[everyone][:, :31])).any(1)
    assert in_a_task.all()  # what only the smallest task knows never comes
    assert len(everyone) > 350


def test_it_goes_on_where_it_was_and_depends_on_the_seed(labels):
    sampler = TaskSampler(labels, 64, seed=3)
    for one, other in zip(taken(sampler, 3, step=4), taken(sampler, 7)[4:], strict=True):
        np.testing.assert_array_equal(one, other)
    assert not np.array_equal(taken(sampler, 1)[0], taken(TaskSampler(labels, 64, seed=4), 1)[0])


def test_processes_share_the_same_batches(labels):
    whole = taken(TaskSampler(labels, 50), 3)
    parts = [taken(TaskSampler(labels, 50, rank=rank, world=3), 3) for rank in range(3)]
    for step, batch in enumerate(whole):
        np.testing.assert_array_equal(np.concatenate([part[step] for part in parts]), batch)


def test_counts(labels):
    sampler = TaskSampler(labels, 64)
    assert (sampler.steps_per_epoch, sampler.examples(10)) == (6, 640)


def test_large_tasks_come_more_often(labels):
    sampler = TaskSampler(labels, 16, per_task=16, least=16)
    share = np.mean([(batch >= 100).all() for batch in taken(sampler, 300)])
    assert 0.05 < share < 0.5  # 16 of 16 + 30 times 4.5: one in nine, and a few by chance


def test_without_a_task_of_that_size_it_says_so(labels):
    with pytest.raises(InputError, match="No task has 500 labels: the largest has 300"):
        TaskSampler(labels, 64, least=500)
