from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graftwork.errors import SchemaMismatchError
from graftwork.graph import CategoricalColumn, FeatureSchema

SCHEMA = FeatureSchema(
    featurizer="f",
    node_cat=(CategoricalColumn("a", 5, mask=4), CategoricalColumn("b", 3, mask=2)),
    edge_cat=(CategoricalColumn("c", 7, mask=6, self_loop=5),),
    node_x=("u", "v"),
    edge_x=("w",),
    options={"standardize": False, "max_atoms": 1000},
)
FIRST = SCHEMA.node_cat[0]

CHANGES = {
    "featurizer": {"featurizer": "g"},
    "column name": {"node_cat": (dataclasses.replace(FIRST, name="z"), *SCHEMA.node_cat[1:])},
    "column size": {"node_cat": (dataclasses.replace(FIRST, size=6), *SCHEMA.node_cat[1:])},
    "column mask": {"node_cat": (dataclasses.replace(FIRST, mask=0), *SCHEMA.node_cat[1:])},
    "column order": {"node_cat": SCHEMA.node_cat[::-1]},
    "column gone": {"node_cat": SCHEMA.node_cat[:1]},
    "self loop": {"edge_cat": (dataclasses.replace(SCHEMA.edge_cat[0], self_loop=0),)},
    "column moved": {"node_cat": (*SCHEMA.node_cat, *SCHEMA.edge_cat), "edge_cat": ()},
    "node_x order": {"node_x": ("v", "u")},
    "edge_x": {"edge_x": ()},
    "x moved": {"node_x": ("u",), "edge_x": ("v", "w")},
    "option": {"options": {"standardize": True, "max_atoms": 1000}},
    "option type": {"options": {"standardize": 0, "max_atoms": 1000}},
    "option gone": {"options": {"max_atoms": 1000}},
    "option added": {"options": {**SCHEMA.options, "x": ""}},
}

NAMES = st.text(max_size=8)
COLUMNS = st.lists(
    st.builds(CategoricalColumn, NAMES, st.integers(1, 400), st.integers(0, 400), st.integers(0, 9))
).map(tuple)
SCHEMAS = st.builds(
    FeatureSchema,
    NAMES,
    COLUMNS,
    COLUMNS,
    st.lists(NAMES).map(tuple),
    st.lists(NAMES).map(tuple),
    st.dictionaries(
        NAMES, st.booleans() | st.integers() | NAMES | st.floats(allow_nan=False, width=32)
    ),
)


@pytest.mark.parametrize("change", CHANGES)
def test_hash_changes_with_anything(change):
    assert dataclasses.replace(SCHEMA, **CHANGES[change]).hash != SCHEMA.hash


def test_hashes_of_all_changes_differ_among_themselves():
    hashes = {dataclasses.replace(SCHEMA, **change).hash for change in CHANGES.values()}
    assert len(hashes) == len(CHANGES)


def test_hash_is_the_same_in_every_process_and_release():
    # artifacts on disk carry it: a change here makes every saved model unreadable
    assert SCHEMA.hash == "4fc14a79c53ca744"


def test_hash_ignores_the_order_of_options():
    turned = dataclasses.replace(SCHEMA, options=dict(reversed(SCHEMA.options.items())))
    assert turned.hash == SCHEMA.hash


@settings(deadline=None, max_examples=60)
@given(SCHEMAS)
def test_dict_round_trip_through_json(schema):
    text = json.dumps(schema.to_dict())
    back = FeatureSchema.from_dict(json.loads(text))
    assert back == schema
    assert back.hash == schema.hash


def test_from_dict_leaves_its_argument_alone():
    values = SCHEMA.to_dict()
    FeatureSchema.from_dict(values)
    assert values == SCHEMA.to_dict()


@pytest.mark.parametrize(
    "key", ["featurizer", "node_cat", "edge_cat", "node_x", "edge_x", "options"]
)
def test_missing_keys_are_a_type_error(key):
    values = SCHEMA.to_dict()
    del values[key]
    with pytest.raises(TypeError, match=key):
        FeatureSchema.from_dict(values)


def test_unknown_keys_are_a_type_error():
    with pytest.raises(TypeError, match="extra"):
        FeatureSchema.from_dict({**SCHEMA.to_dict(), "extra": 1})
    values = SCHEMA.to_dict()
    values["node_cat"][0]["extra"] = 1
    with pytest.raises(TypeError, match="extra"):
        FeatureSchema.from_dict(values)


def test_require_says_who_met_whom():
    SCHEMA.require(FeatureSchema.from_dict(SCHEMA.to_dict()), "context")
    other = dataclasses.replace(SCHEMA, featurizer="other")
    with pytest.raises(SchemaMismatchError) as caught:
        SCHEMA.require(other, "in the test")
    for part in ("in the test", "'other'", "'f'", SCHEMA.hash, other.hash):
        assert part in str(caught.value)


@pytest.mark.parametrize("change", CHANGES)
def test_require_columns_forgives_options_only(change):
    other = dataclasses.replace(SCHEMA, **CHANGES[change])
    with pytest.raises(SchemaMismatchError):
        SCHEMA.require(other, "test")
    if "option" in change:
        SCHEMA.require_columns(other, "test")
    else:
        with pytest.raises(SchemaMismatchError):
            SCHEMA.require_columns(other, "test")


def test_with_options_changes_a_copy():
    before = SCHEMA.to_dict()
    changed = SCHEMA.with_options(standardize=True)
    assert changed.options == {"standardize": True, "max_atoms": 1000}
    assert SCHEMA.to_dict() == before
    assert changed.with_options(standardize=False).hash == SCHEMA.hash


@pytest.mark.parametrize(("size", "dtype"), [(1, np.uint8), (256, np.uint8), (257, np.int32)])
def test_id_dtype_holds_every_id(size, dtype):
    column = CategoricalColumn("a", size, mask=0)
    for schema in (FeatureSchema("f", (column,), ()), FeatureSchema("f", (), (column,))):
        assert schema.id_dtype == dtype
        assert np.iinfo(schema.id_dtype).max >= size - 1
    assert FeatureSchema("f", (), ()).id_dtype == np.uint8
