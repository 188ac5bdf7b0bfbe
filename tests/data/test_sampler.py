from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.data.sampler import BatchSampler

QUICK = settings(deadline=None, max_examples=60)
COUNT, SIZE, WORLD = st.integers(1, 60), st.integers(1, 20), st.integers(1, 4)


def take(sampler, count, step=0):
    return list(islice(sampler.batches(step), count))


@QUICK
@given(COUNT, SIZE, st.integers(0, 5))
def test_every_epoch_is_a_permutation_cut_into_batches(count, size, seed):
    sampler = BatchSampler(count, size, seed)
    steps = sampler.steps_per_epoch
    batches = take(sampler, 3 * steps)
    for epoch in range(3):
        order = sampler.epoch(epoch)
        assert sorted(order.tolist()) == list(range(count))
        seen = np.concatenate(batches[epoch * steps : (epoch + 1) * steps])
        np.testing.assert_array_equal(seen, order[: len(seen)])
        assert len(seen) >= min(count, size)
        assert count - len(seen) < 2  # one process drops at most one left-over example


@QUICK
@given(COUNT, SIZE, WORLD, st.integers(0, 200))
def test_resuming_is_skipping(count, size, world, step):
    sampler = BatchSampler(count, size, seed=3, rank=world - 1, world=world)
    resumed = take(sampler, 5, step)
    for left, right in zip(resumed, take(sampler, step + 5)[step:], strict=True):
        np.testing.assert_array_equal(left, right)


@QUICK
@given(COUNT, SIZE, WORLD)
def test_ranks_share_every_batch(count, size, world):
    whole = BatchSampler(count, size, seed=1, world=world)
    steps = whole.steps_per_epoch + 2
    shards = [take(BatchSampler(count, size, 1, rank, world), steps) for rank in range(world)]
    for step, parts in enumerate(zip(*shards, strict=True)):
        epoch, batch = divmod(step, whole.steps_per_epoch)
        wanted = whole.epoch(epoch)[batch * size : (batch + 1) * size]
        np.testing.assert_array_equal(np.concatenate(parts), wanted)  # in the order of the ranks
        lengths = [len(part) for part in parts]
        assert max(lengths) - min(lengths) <= 1


def test_two_processes_see_what_one_sees():
    # 52 examples leave a last batch of four, which both one and two processes keep
    one = take(BatchSampler(52, 8, seed=2), 20)
    two = [take(BatchSampler(52, 8, 2, rank, 2), 20) for rank in (0, 1)]
    for whole, left, right in zip(one, *two, strict=True):
        assert whole.tolist() == [*left.tolist(), *right.tolist()]


@pytest.mark.parametrize(
    ("count", "size", "world", "lengths"),
    [
        (10, 4, 1, [4, 4, 2]),  # two are enough for batch normalisation
        (9, 4, 1, [4, 4]),  # one is not
        (8, 4, 1, [4, 4]),
        (11, 8, 2, [8, 3]),
        (10, 8, 3, [8, 2]),  # one process has nothing in the second
        (9, 8, 2, [8]),
        (3, 8, 1, [3]),
        (1, 8, 1, [1]),  # nothing else to train on
    ],
)
def test_last_batch(count, size, world, lengths):
    shards = [BatchSampler(count, size, rank=rank, world=world) for rank in range(world)]
    assert {sampler.steps_per_epoch for sampler in shards} == {len(lengths)}
    drawn = [[len(batch) for batch in take(sampler, len(lengths))] for sampler in shards]
    assert np.sum(drawn, axis=0).tolist() == lengths


def test_the_order_depends_on_seed_and_epoch():
    orders = [
        BatchSampler(100, 8, seed).epoch(epoch).tolist() for seed in (0, 1) for epoch in (0, 1)
    ]
    assert len({tuple(order) for order in orders}) == 4
    assert BatchSampler(100, 16, 0).epoch(0).tolist() == orders[0]  # not on the batch size


@pytest.mark.parametrize(("count", "size"), [(20, 256), (52, 16), (50, 7), (49, 16), (3, 2)])
def test_the_examples_of_so_many_steps_are_counted(count, size):
    sampler = BatchSampler(count, min(size, count))
    batches = sampler.batches()
    seen = 0
    for step in range(3 * sampler.steps_per_epoch + 2):
        assert sampler.examples(step) == seen
        seen += len(next(batches))
