"""Batches that are gathered ahead."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from graftwork.data.loader import load_batch, prefetched
from graftwork.training.lesson import Vectors


def test_the_batches_and_their_order_stay(make_store, nci):
    store = make_store(nci[:30])
    parts = [np.arange(5) + 3 * i for i in range(8)]
    found = list(prefetched(load_batch(store, part) for part in parts))
    assert len(found) == 8
    for part, batch in zip(parts, found, strict=True):
        assert batch.node_cat.equal(load_batch(store, part).node_cat)


def test_one_batch_is_gathered_while_another_is_in_use_and_no_more(make_batch):
    begun = [threading.Event() for _ in range(4)]

    def batches():
        for event in begun:
            event.set()
            yield make_batch(["CCO"])

    coming = prefetched(batches())
    next(coming)
    assert begun[1].wait(10)
    assert not begun[2].is_set()
    coming.close()
    assert not begun[2].is_set()
    assert not [t for t in threading.enumerate() if t.name.startswith("graftwork-batches")]


def test_only_what_lies_in_main_memory_is_pinned():
    elsewhere = Vectors(torch.empty(2, 3, device="meta"), torch.empty(2, 1, device="meta"))
    assert next(prefetched(iter([elsewhere]), pin=True)).vectors is elsewhere.vectors


def test_an_error_while_gathering_is_raised_where_the_batch_is_asked_for(make_batch):
    def batches():
        yield make_batch(["CCO"])
        raise ValueError("a damaged column")

    coming = prefetched(batches())
    next(coming)
    with pytest.raises(ValueError, match="damaged"):
        next(coming)
