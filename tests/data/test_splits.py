from __future__ import annotations

import json
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.data.splits import SPLITS, SplitRequest, make_split
from graftwork.data.splits.split import Split, checked_sizes
from graftwork.errors import InputError

SCAFFOLDS = st.lists(st.sampled_from("abcdefghij"), min_size=1, max_size=60)
QUICK = settings(deadline=None, max_examples=80)


def request(count=100, **given):
    given.setdefault("scaffolds", [f"s{i % 17}" for i in range(count)])
    given.setdefault("public", [("train", "val", "test")[i % 3] for i in range(count)])
    given.setdefault("groups", [("fly", "yeast", "")[i % 3] for i in range(count)])
    given.setdefault("test_groups", ("yeast",))
    given.setdefault("column", [("train", "val", "test")[i % 3] for i in range(count)])
    return SplitRequest(count, **given)


def assert_partition(split, count):
    parts = list(split.parts().values())
    assert sorted(np.concatenate(parts).tolist()) == list(range(count))
    for part in parts:
        assert part.dtype == np.int64
        assert part.tolist() == sorted(part.tolist())


def as_lists(split):
    return {name: rows.tolist() for name, rows in split.parts().items()}


def published(scaffolds, frac_train=0.8, frac_valid=0.1):
    """The split of Hu et al., after chem/splitters.py of their release."""
    all_scaffolds = {}
    for i, scaffold in enumerate(scaffolds):
        if scaffold not in all_scaffolds:
            all_scaffolds[scaffold] = [i]
        else:
            all_scaffolds[scaffold].append(i)
    all_scaffolds = {key: sorted(value) for key, value in all_scaffolds.items()}
    sets = [
        members
        for (_, members) in sorted(
            all_scaffolds.items(), key=lambda x: (len(x[1]), x[1][0]), reverse=True
        )
    ]
    train_cutoff = frac_train * len(scaffolds)
    valid_cutoff = (frac_train + frac_valid) * len(scaffolds)
    train, valid, test = [], [], []
    for members in sets:
        if len(train) + len(members) > train_cutoff:
            if len(train) + len(valid) + len(members) > valid_cutoff:
                test.extend(members)
            else:
                valid.extend(members)
        else:
            train.extend(members)
    return {"train": sorted(train), "val": sorted(valid), "test": sorted(test)}


@QUICK
@given(SCAFFOLDS)
def test_scaffold_split_is_the_published_one(scaffolds):
    split = SPLITS["scaffold"](SplitRequest(len(scaffolds), scaffolds=scaffolds))
    assert as_lists(split) == published(scaffolds)
    assert_partition(split, len(scaffolds))


def test_scaffold_split_of_real_molecules_is_the_published_one(nci, pool):
    from graftwork.data.featurize import SCHEMAS

    found = pool.collect("scaffold", SCHEMAS["default"], nci[:400])
    scaffolds = [text if name is None else name for name, text in zip(found, nci, strict=False)]
    split = make_split("scaffold", SplitRequest(400, scaffolds=scaffolds))
    assert as_lists(split) == published(scaffolds)
    assert len(set(scaffolds)) > 50


def test_scaffold_split_by_hand():
    # groups a (8), b (1, first at 8) and c (1, first at 9); of equal groups the last comes first
    split = make_split("scaffold", SplitRequest(10, scaffolds=list("aaaaaaaabc")))
    assert as_lists(split) == {"train": list(range(8)), "val": [9], "test": [8]}


@pytest.mark.parametrize("name", ["scaffold", "balanced-scaffold"])
@QUICK
@given(scaffolds=SCAFFOLDS, seed=st.integers(0, 9))
def test_no_scaffold_in_two_parts(name, scaffolds, seed):
    split = SPLITS[name](SplitRequest(len(scaffolds), seed=seed, scaffolds=scaffolds))
    assert_partition(split, len(scaffolds))
    owners = [{scaffolds[i] for i in rows} for rows in split.parts().values()]
    assert sum(map(len, owners)) == len(set(scaffolds))


def test_scaffold_split_ignores_the_seed_and_the_others_follow_it():
    for name in SPLITS:
        column = ["train"] * 50 + ["test"] * 50  # validation has to be drawn
        splits = [as_lists(make_split(name, request(seed=s, column=column))) for s in (0, 0, 1)]
        assert splits[0] == splits[1]
        assert (splits[0] == splits[2]) == (name in {"scaffold", "public"})


def test_balanced_split_keeps_large_groups_in_training():
    scaffolds = ["big"] * 40 + [f"s{i}" for i in range(60)]
    sizes = []
    for seed in range(20):
        split = make_split("balanced-scaffold", request(seed=seed, scaffolds=scaffolds))
        assert set(range(40)) <= set(split.train.tolist())
        sizes.append([len(rows) for rows in split.parts().values()])
    assert sizes == [[80, 10, 10]] * 20


def test_random_split():
    split = make_split("random", request(1000))
    assert_partition(split, 1000)
    assert [len(rows) for rows in split.parts().values()] == [800, 100, 100]
    # it is mixed: the test part comes from everywhere
    assert 350 < split.test.mean() < 650
    halves = make_split("random", request(10, sizes=(0.2, 0.3, 0.5)))
    assert [len(rows) for rows in halves.parts().values()] == [2, 3, 5]


def test_column_split_follows_the_column():
    cells = ["train", "Test", " VAL ", "validation", "valid", "dev", "TRAINING", "holdout"]
    split = make_split("column", request(8, column=cells))
    assert as_lists(split) == {"train": [0, 6], "val": [2, 3, 4, 5], "test": [1, 7]}


def test_column_split_draws_a_missing_validation_part_from_training():
    cells = ["train"] * 90 + ["test"] * 30
    split = make_split("column", request(120, column=cells))
    assert_partition(split, 120)
    assert split.test.tolist() == list(range(90, 120))
    assert len(split.val) == 10  # 0.1 / (0.8 + 0.1) of 90
    assert set(split.val.tolist()) < set(range(90))
    # never the whole training part, never nothing
    for sizes in ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)):
        small = SPLITS["column"](request(4, column=["train"] * 3 + ["test"], sizes=sizes))
        assert len(small.train) >= 1
        assert len(small.val) >= 1


def test_column_split_with_a_strange_cell():
    cells = ["train", "maybe", "test"]
    with pytest.raises(InputError, match=r"'maybe' in row 17 .*train, val or test"):
        make_split("column", request(3, column=cells, rows=[4, 17, 20]))
    with pytest.raises(InputError, match="''"):
        make_split("column", request(3, column=["train", "", "test"]))
    with pytest.raises(InputError) as caught:
        make_split("column", request(1, column=["x" * 10_000]))
    assert len(str(caught.value)) < 250


def test_public_split_follows_the_file_and_leaves_the_rest_out():
    parts = ["", "test", "train", "val", "train", "test", ""]
    found = as_lists(make_split("public", request(7, public=parts)))
    assert found == {"train": [2, 4], "val": [3], "test": [1, 5]}
    for public in ([], [""] * 7):
        with pytest.raises(InputError, match="no split of its own"):
            make_split("public", request(7, public=public))


@pytest.mark.parametrize("wanted", [("yeast",), ("yeast", "worm"), ("worm", "yeast", "fly")])
def test_group_split_tests_on_whole_groups(wanted):
    groups = [("fly", "yeast", "man", "worm", "")[i % 5] for i in range(100)]
    split = make_split("group", request(100, groups=groups, test_groups=wanted))
    assert_partition(split, 100)
    assert split.test.tolist() == [i for i, group in enumerate(groups) if group in wanted]
    assert len(split.val) == round((100 - len(split.test)) / 9)
    other = make_split("group", request(100, groups=groups, test_groups=wanted, seed=1))
    assert other.test.tolist() == split.test.tolist()
    assert other.val.tolist() != split.val.tolist()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"groups": [""] * 9}, "no groups"),
        ({"groups": []}, "no groups"),
        ({"test_groups": ()}, r"needs groups.*fly, yeast.*--test-groups"),
        ({"test_groups": ("yeast", "moth")}, r"no group 'moth'.*fly, yeast"),
        ({"test_groups": ("",)}, "no group ''"),
    ],
)
def test_group_split_names_what_it_lacks(given, message):
    with pytest.raises(InputError, match=message):
        make_split("group", request(9, **given))


@pytest.mark.parametrize(
    ("name", "given", "part"),
    [
        ("scaffold", {"scaffolds": ["a"] * 10}, "train"),
        ("scaffold", {"scaffolds": list("aaaaaaaabb")}, "val"),
        ("random", {"sizes": (1.0, 0.0, 0.0)}, "val"),
        ("random", {"sizes": (0.5, 0.5, 0.0)}, "test"),
        ("column", {"column": ["train"] * 10}, "test"),
        ("column", {"column": ["val"] * 5 + ["test"] * 5}, "train"),
        ("column", {"column": ["train"] + ["test"] * 9}, "val"),  # one cannot be shared
    ],
)
def test_an_empty_part_is_an_error(name, given, part):
    with pytest.raises(InputError, match=f"leaves no molecule for '{part}'"):
        make_split(name, request(10, **given))


def test_one_molecule_to_train_on_is_an_error():
    with pytest.raises(InputError, match="one molecule to train on"):
        make_split("column", request(3, column=["train", "val", "test"]))


def test_an_unknown_name():
    with pytest.raises(InputError, match=r"'scafold'.*scaffold, balanced-scaffold"):
        make_split("scafold", request())


@pytest.mark.parametrize("name", [name for name in SPLITS if name not in ("public", "group")])
def test_no_molecule_at_all(name):
    with pytest.raises(InputError, match="leaves no molecule for 'train'"):
        make_split(name, SplitRequest(0))


def test_splitters_never_see_labels():
    assert [item.name for item in fields(SplitRequest)] == [
        "count", "sizes", "seed", "scaffolds", "column", "public", "groups", "test_groups", "rows",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "sizes",
    [
        (0.8, 0.1), (0.8, 0.1, 0.05, 0.05), (), (0.8, 0.1, 0.2), (1.1, -0.1, 0.0), (80, 10, 10),
        (float("nan"), 0.5, 0.5), (0.5, 0.5, float("nan")), (float("inf"), 0.0, 0.0),
        (float("nan"),) * 3,
    ],
)  # fmt: skip
def test_wrong_sizes(sizes):
    with pytest.raises(InputError, match="sum to 1"):
        checked_sizes(sizes)


def test_right_sizes():
    assert checked_sizes([0.8, 0.1, 0.1]) == (0.8, 0.1, 0.1)
    assert checked_sizes((1, 0, 0)) == (1.0, 0.0, 0.0)
    assert checked_sizes([1 / 3] * 3) == (1 / 3,) * 3


def test_saved_splits_name_rows_of_the_table(tmp_path):
    split = Split("random", np.array([0, 2]), np.array([1]), np.array([3]))
    split.save(tmp_path / "split.json", np.array([5, 6, 8, 9]), (0.5, 0.25, 0.25), 7)
    assert json.loads((tmp_path / "split.json").read_text()) == {
        "split": "random",
        "sizes": [0.5, 0.25, 0.25],
        "seed": 7,
        "rows": {"train": [5, 8], "val": [6], "test": [9]},
    }
