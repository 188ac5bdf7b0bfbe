"""Sets of digests against plain Python sets, and their compact form against damage."""

from __future__ import annotations

import tracemalloc
import zlib

import numpy as np
import pytest

from graftwork.data.digests import BITS, DigestSet, digest_chunks, molecule_digests

LOW = 64 - BITS


def random_digests(count, seed=0):
    return np.random.default_rng(seed).integers(1, 1 << 64, count, np.uint64)


def some_set(count, seed=0):
    digests = random_digests(count, seed)
    flags = np.random.default_rng(seed + 1).random(count) < 0.3
    return digests, flags, DigestSet.of(digests, flags)


@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_a_set_is_what_python_says(count):
    digests, flags, found = some_set(count)
    digests, flags = np.concatenate([digests, digests[:500]]), np.concatenate([flags, ~flags[:500]])
    found = DigestSet.of(digests, flags)
    members = {int(digest) >> LOW for digest in digests}
    labelled = {int(d) >> LOW for d, flag in zip(digests, flags, strict=True) if flag}
    assert found.codes.tolist() == sorted(members)
    assert found.codes[found.labelled].tolist() == sorted(labelled)
    assert len(found) == len(members)
    queries = np.concatenate([digests, random_digests(1000, 7), np.zeros(3, np.uint64)])
    assert found.contains(queries).tolist() == [int(q) >> LOW in members and q > 0 for q in queries]
    assert found.contains_labelled(queries).tolist() == [
        int(q) >> LOW in labelled and q > 0 for q in queries
    ]


def test_just_the_first_bits_count():
    """So a random digest meets one of n members with probability n / 2**BITS exactly."""
    digests, _, found = some_set(1000)
    last, first_dropped = np.uint64(1 << LOW), np.uint64(1 << (LOW - 1))
    assert BITS == 40  # written in every record, and in the docs
    assert found.contains(digests ^ first_dropped).all()
    assert not found.contains(digests ^ last).any()
    assert not found.contains(digests ^ np.uint64(1 << 63)).any()


def test_nothing_is_never_a_member():
    nothing = DigestSet.of(np.array([0, 5], np.uint64), np.array([True, True]))  # 5 has the code 0
    assert nothing.codes.tolist() == [0]
    assert nothing.contains(np.array([0, 9], np.uint64)).tolist() == [False, True]
    assert nothing.contains_labelled(np.array([0, 9], np.uint64)).tolist() == [False, True]


def test_union_keeps_a_label_from_either_side():
    (one, one_flags, left), (two, two_flags, _) = some_set(300, 1), some_set(400, 2)
    digests = np.concatenate([one[:50], two])  # 50 of the first once more, now all labelled
    flags = np.concatenate([np.ones(50, bool), two_flags])
    found = left.union(DigestSet.of(digests, flags))
    wanted = DigestSet.of(np.concatenate([one, digests]), np.concatenate([one_flags, flags]))
    assert len(found) == len(wanted) == 700
    np.testing.assert_array_equal(found.codes, wanted.codes)
    np.testing.assert_array_equal(found.labelled, wanted.labelled)
    assert found.contains_labelled(one[:50]).all()
    np.testing.assert_array_equal(found.contains_labelled(one[50:]), one_flags[50:])


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 5000])
def test_packed_and_back(count):
    _, _, wanted = some_set(count)
    found = DigestSet.unpacked(*wanted.packed(), len(wanted))
    np.testing.assert_array_equal(found.codes, wanted.codes)
    np.testing.assert_array_equal(found.labelled, wanted.labelled)
    assert found.codes.dtype == wanted.codes.dtype
    assert found.labelled.dtype == bool


def test_the_largest_and_the_smallest_codes_survive():
    ends = np.array([0, 1, (1 << BITS) - 2, (1 << BITS) - 1], np.uint64)
    wanted = DigestSet(ends, np.array([True, False, False, True]))
    np.testing.assert_array_equal(DigestSet.unpacked(*wanted.packed(), 4).codes, ends)


@pytest.mark.parametrize(("count", "limit"), [(1_000, 4.2), (100_000, 3.3), (1_000_000, 2.8)])
def test_a_member_takes_about_three_bytes(count, limit):
    members, flags = some_set(count)[2].packed()
    assert len(members) < limit * count
    assert len(flags) < count / 8 + 100


def packed_gaps(gaps):
    """Members as they would be written with these gaps, however wrong."""
    planes = np.array(gaps, "<u8").view(np.uint8).reshape(-1, 8)[:, : BITS // 8].T
    return zlib.compress(planes.tobytes(), 0)


GOOD = some_set(20)[2].packed()
HOSTILE = {
    "more than the bytes can hold": (*GOOD, 10**9),
    "more than there are": (*GOOD, 21),
    "fewer than there are": (*GOOD, 19),
    "negative": (*GOOD, -1),
    "not compressed": (b"x" * 200, GOOD[1], 20),
    "cut": (GOOD[0][:-1], GOOD[1], 20),
    "longer": (GOOD[0] + b"\0", GOOD[1], 20),
    "flags cut": (GOOD[0], GOOD[1][:-1], 20),
    "flags missing": (GOOD[0], zlib.compress(b""), 20),
    "flags of more": (GOOD[0], zlib.compress(b"\xff" * 3), 20),
    "a bomb": (zlib.compress(bytes(10**8)), GOOD[1], 20),
    "twice the same": (packed_gaps([5, 0]), zlib.compress(b"\0"), 2),
    "beyond the bits": (packed_gaps([(1 << BITS) - 1, 1]), zlib.compress(b"\0"), 2),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_damage_is_noticed(case):
    with pytest.raises(ValueError, match=r"digest|compressed|flags"):
        DigestSet.unpacked(*HOSTILE[case])


@pytest.mark.parametrize("count", [20, 2 * 10**7])
def test_a_bomb_does_not_fill_memory(count):
    bomb, flags = zlib.compress(bytes(10**8)), zlib.compress(bytes(10**7 // 4))
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"does not hold|cannot hold"):
            DigestSet.unpacked(bomb, flags, count)
        assert tracemalloc.get_traced_memory()[1] < 10**6
    finally:
        tracemalloc.stop()


def test_the_hostile_cases_differ_from_a_good_one_in_one_thing():
    assert len(DigestSet.unpacked(*GOOD, 20)) == 20
    assert len(DigestSet.unpacked(packed_gaps([5, 1]), zlib.compress(b"\0"), 2)) == 2


def test_digests_come_in_order_with_nothing_for_the_unreadable(pool, nci):
    texts = [*nci[:300], "C1CC", "", "CCO", *nci[300:500]]
    found = molecule_digests(iter(texts), pool)
    assert found.shape == (len(texts), 2)
    assert found.dtype == np.uint64
    assert found[300:302].tolist() == [[0, 0], [0, 0]]
    assert (found[302] > 0).tolist() == [True, False]  # no ring
    one_by_one = [molecule_digests([text], pool)[0].tolist() for text in texts[295:305]]
    assert found[295:305].tolist() == one_by_one
    assert [len(chunk) for chunk in digest_chunks(texts, pool)] == [256, len(texts) - 256]


def test_no_structures_no_digests(pool):
    assert molecule_digests([], pool).shape == (0, 2)
    assert molecule_digests(["C1CC"], pool).tolist() == [[0, 0]]
