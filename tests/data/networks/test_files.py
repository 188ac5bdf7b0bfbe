"""From a file and a schema to a graph store, and nodes as rows."""

from __future__ import annotations

import numpy as np
import pytest

from graftwork.data.featurize import SCHEMAS
from graftwork.data.networks import (
    DEFAULT_OPTIONS,
    NetworkTable,
    ego_store,
    is_network,
    network_store,
    node_record,
    open_network,
    require_molecules,
)
from graftwork.errors import InputError, SchemaMismatchError
from made_networks import citation_arrays, write_citation


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return write_citation(tmp_path_factory.mktemp("networks") / "c.npz")


def test_a_network_is_known_by_its_name(path):
    assert is_network(path)
    assert is_network("A.NPZ")
    assert not is_network("a.npz.csv")


def test_a_store_follows_the_defaults_the_options_or_the_schema(path):
    network = open_network(path)
    assert network_store(path).schema.options == DEFAULT_OPTIONS
    options = {"hops": 1, "max_nodes": 5, "seed": 3, "distance": True}
    some = network_store(path, options, [4, 2])
    again = network_store(network, some.schema, [4, 2])
    wanted = ego_store(network, [4, 2], 1, 5, 3, distance=True)
    for found in (some, again):
        assert found.schema == wanted.schema
        assert found.row.tolist() == [4, 2]
        for name, values in found.graphs.arrays().items():
            np.testing.assert_array_equal(np.asarray(values), wanted.graphs.arrays()[name])
    whole = network_store(path, {"hops": 3, "max_nodes": 0})
    assert np.diff(whole.graphs.node_ptr).max() > 60


def test_a_network_that_does_not_fit_the_model_is_refused(path, tmp_path):
    schema = network_store(path).schema
    arrays = citation_arrays(words=25)
    other = write_citation(tmp_path / "other.npz", **arrays)
    with pytest.raises(SchemaMismatchError, match="does not fit the model"):
        network_store(other, schema)
    with pytest.raises(SchemaMismatchError, match="'default', not networks"):
        network_store(path, SCHEMAS["default"])
    with pytest.raises(InputError, match=r"m.csv is none"):
        require_molecules(schema, "m.csv")
    require_molecules(SCHEMAS["default"], "m.csv")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"hop": 2}, "Unknown option 'hop'"),
        ({"hops": 2.0}, "hops = 2.0"),
        ({"hops": True}, "hops = True"),
        ({"distance": 1}, "distance = 1"),
        ({"hops": 0}, "0 hops"),
    ],
)
def test_options_are_checked(path, options, message):
    with pytest.raises(InputError, match=message):
        network_store(path, options)


def test_the_rows_are_the_nodes(path, make_network):
    table = NetworkTable(path)
    records = list(table.rows())
    assert table.columns == ["node"]
    assert [record.row for record in records] == list(range(90))
    assert records[7].cells == ("7",)
    assert records[7].structure == "7"
    grouped = make_network()
    assert node_record(grouped, 3).cells == ("n3", "y")
