"""From names and options to objectives."""

from __future__ import annotations

import json
from dataclasses import fields, replace

import pytest

from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS
from graftwork.errors import InputError
from graftwork.graph.tasks import TaskSet
from graftwork.objectives import OBJECTIVES, JointObjective
from graftwork.objectives.make import make_objective, parse_options, resolved_options

SCHEMA, SHAPE = SCHEMAS["default"], EncoderConfig(dim=16)
TASKS = TaskSet(("a",), ("classification",), (0.0,), (1.0,))


@pytest.mark.parametrize("name", OBJECTIVES)
def test_every_name_makes_its_objective(name):
    computed = OBJECTIVES[name].computed
    columns = TASKS if computed is None else replace(TASKS, names=(computed,))
    found = make_objective(name, {}, SCHEMA, SHAPE, TASKS, {str(computed): columns})
    assert type(found) is OBJECTIVES[name]
    assert found.settings == OBJECTIVES[name].Settings()
    assert (found.schema, found.tasks, found.dim) == (SCHEMA, columns, 16)


def test_options_reach_the_settings():
    text = "infomax + attribute-masking"
    options = {"attribute-masking": {"rate": 0.3, "weight": 2}, "infomax": {}}
    found = make_objective(text, options, SCHEMA, SHAPE)
    assert isinstance(found, JointObjective)
    assert list(found.parts) == ["infomax", "attribute-masking"]
    assert found.parts["attribute-masking"].settings.rate == 0.3
    assert found.weights == {"infomax": 1.0, "attribute-masking": 2}


@pytest.mark.parametrize("name", OBJECTIVES)
def test_resolved_options_are_complete_and_ready_for_json(name):
    found = resolved_options(name, {name: {"weight": 0.25}})
    assert json.loads(json.dumps(found)) == found
    expected = {item.name: item.default for item in fields(OBJECTIVES[name].Settings)}
    assert found == {name: {**expected, "weight": 0.25}}
    assert resolved_options(name, found) == found


def test_options_of_a_single_objective():
    pairs = ["k=3", "r1 = 1", "mode=skipgram", "context-prediction.weight=2", "k=4"]
    found = parse_options("context-prediction", pairs)
    assert found == {"context-prediction": {"k": 4, "r1": 1, "mode": "skipgram", "weight": 2.0}}
    assert isinstance(found["context-prediction"]["weight"], float)
    assert parse_options("infomax", []) == {}


@pytest.mark.parametrize(
    ("text", "value"), [("yes", True), ("True", True), ("no", False), ("FALSE", False)]
)
def test_what_is_true_and_what_is_not(text, value):
    found = parse_options("attribute-masking", [f"edges={text}"])
    assert found["attribute-masking"]["edges"] is value


def test_options_of_joint_objectives():
    text = "attribute-masking+infomax"
    found = parse_options(text, ["infomax.weight=0.5", "attribute-masking.rate=0.2"])
    assert found == {"infomax": {"weight": 0.5}, "attribute-masking": {"rate": 0.2}}


@pytest.mark.parametrize(
    ("text", "pairs", "said"),
    [
        ("masking", [], "'masking'.*attribute-masking, .*infomax"),
        ("", [], "No objective is called ''"),
        ("infomax+", [], "No objective is called ''"),
        ("infomax+infomax", [], "twice"),
        ("infomax", ["rate=0.2"], "infomax has no option 'rate'.*weight, corruption"),
        ("infomax", ["weight"], "KEY=VALUE"),
        ("infomax", ["=2"], "KEY=VALUE"),
        ("infomax", ["weight="], "KEY=VALUE"),
        ("infomax", ["weight=heavy"], "infomax.weight = 'heavy'.*a number"),
        ("context-prediction", ["k=2.5"], "context-prediction.k = '2.5'.*a whole number"),
        ("attribute-masking", ["edges=1"], "yes or no"),
        ("infomax", ["supervised.weight=2"], "'supervised'.*not trained.*infomax"),
        ("infomax+supervised", ["weight=2"], "does not say.*infomax.weight=2"),
        ("infomax+supervised", ["other.weight=2"], "'other'.*infomax, supervised"),
    ],
)
def test_what_cannot_be_read(text, pairs, said):
    with pytest.raises(InputError, match=said):
        parse_options(text, pairs)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"infomax": {"rate": 0.2}}, "infomax has no option 'rate'"),
        ({"attribute-masking": {"rate": 0.2}}, "'attribute-masking', which is not trained"),
        ({"attribute-masking": {}}, "'attribute-masking', which is not trained"),
        ({"infomax": None}, "The options of infomax are None"),
        ({"infomax": {"weight": -1}}, "weight = -1"),
        ({"infomax": {"corruption": 3}}, "No corruption is called 3"),
    ],
)
def test_options_that_do_not_fit(options, said):
    for function in (
        lambda: resolved_options("infomax", options),
        lambda: make_objective("infomax", options, SCHEMA, SHAPE),
    ):
        with pytest.raises(InputError, match=said):
            function()
