"""The artifact: a round trip to the bit, and hostile directories that load nothing and run nothing.

``hostile`` cases edit a good artifact on disk; each must give an ArtifactError.
"""

from __future__ import annotations

import json
import pickle
import shutil
import struct
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from graftwork.config import EncoderConfig
from graftwork.errors import ArtifactError
from graftwork.graph.batch import GraphBatch
from graftwork.graph.schema import CategoricalColumn, FeatureSchema
from graftwork.nn.artifact import FILES, load_artifact, save_artifact
from graftwork.nn.conv import CONVS
from graftwork.nn.encoder import Encoder

PROVENANCE = {"corpus": "none", "made_by": "a test", "note": "a|b\nc", "steps": 3}


@pytest.fixture(scope="module")
def good(tmp_path_factory, tiny_predictor):
    """A saved predictor of two tasks."""
    folder = tmp_path_factory.mktemp("artifact") / "model"
    model = tiny_predictor(pooling="attention", tasks=("a", "b"), kind="classification")
    save_artifact(folder, model, PROVENANCE)
    return folder


@pytest.fixture
def copy(good, tmp_path):
    return Path(shutil.copytree(good, tmp_path / "model"))


def edit(path, change):
    values = json.loads(path.read_text())
    change(values)
    path.write_text(json.dumps(values))


def put(*keys, value):
    """Return a change that sets ``values[key][key]... = value``."""

    def change(values):
        for key in keys[:-1]:
            values = values[key]
        values[keys[-1]] = value

    return change


def drop(*keys):
    def change(values):
        for key in keys[:-1]:
            values = values[key]
        del values[keys[-1]]

    return change


def test_a_predictor_comes_back_bit_for_bit(good, tiny_predictor, make_batch, nci):
    model = tiny_predictor(pooling="attention", tasks=("a", "b"), kind="classification")
    found = load_artifact(good)
    assert found.predictor is not None
    assert found.predictor.encoder is found.encoder
    assert not found.predictor.training
    assert found.provenance == PROVENANCE
    assert found.schema == model.encoder.schema
    assert found.encoder.config == model.encoder.config
    assert found.predictor.head.config == model.head.config
    before, after = model.state_dict(), found.predictor.state_dict()
    assert list(before) == list(after)
    assert all(before[name].equal(after[name]) for name in before)
    batch = make_batch(nci[:20])
    assert found.predictor(batch).equal(model(batch))


@pytest.mark.parametrize("conv", CONVS)
def test_an_encoder_comes_back_bit_for_bit_and_has_no_head(tmp_path, tiny_encoder, conv):
    encoder = tiny_encoder(conv=conv, jumping_knowledge="max", dropout=0.25)
    save_artifact(tmp_path / "deep" / "model", encoder, {})
    found = load_artifact(tmp_path / "deep" / "model")
    assert found.predictor is None
    assert found.encoder.config == encoder.config
    before, after = encoder.state_dict(), found.encoder.state_dict()
    assert all(before[name].equal(after[name]) for name in before)
    assert len(before) == len(after) > 10


@pytest.mark.parametrize("residual", [False, True])
def test_a_residual_is_written_where_there_is_one(tmp_path, tiny_encoder, residual):
    encoder = tiny_encoder(residual=residual)
    save_artifact(tmp_path / "m", encoder, {})
    written = json.loads((tmp_path / "m" / "config.json").read_text())["encoder"]
    assert written.get("residual", "absent") == (True if residual else "absent")
    assert load_artifact(tmp_path / "m").encoder.config.residual == residual


def test_the_scaling_of_the_targets_is_part_of_it(tmp_path, tiny_predictor):
    model = tiny_predictor()
    model.head.fit_scaling(torch.tensor([[100.0], [300.0]]))
    save_artifact(tmp_path / "m", model, {})
    head = load_artifact(tmp_path / "m").predictor.head
    assert head.target_mean.item() == 200
    assert head.target_std.item() == 100


def test_saving_what_was_loaded_gives_the_same_files(good, tmp_path):
    found = load_artifact(good)
    save_artifact(tmp_path / "again", found.predictor, found.provenance)
    assert {p.name for p in (tmp_path / "again").iterdir()} == set(FILES)
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (good / name).read_bytes(), name


def test_saving_replaces_an_older_artifact_and_leaves_nothing_else(copy, tiny_encoder):
    (copy / "stale.txt").write_text("old")
    save_artifact(copy, tiny_encoder(), {})
    assert {p.name for p in copy.iterdir()} == set(FILES)
    assert [p.name for p in copy.parent.iterdir()] == ["model"]
    assert load_artifact(copy).predictor is None


@pytest.mark.parametrize(
    ("conv", "label"), [("gin", "GIN"), ("graphsage", "GraphSAGE"), ("gatv2", "GATv2")]
)
def test_the_card_names_the_layer(tmp_path, tiny_encoder, conv, label):
    save_artifact(tmp_path / "m", tiny_encoder(conv=conv), {"made_by": "pretrain"})
    card = (tmp_path / "m" / "README.md").read_text()
    assert card.startswith("# Pre-trained encoder\n")
    assert f"{label} encoder, 2 layers" in card
    assert "predicts nothing before it is fine-tuned" in card


def test_the_card_says_what_it_is(good):
    card = (good / "README.md").read_text()
    assert "Predictor (classification) of `a`, `b`" in card
    assert "| note | a\\|b c |" in card  # a table cell stays one cell


HOSTILE_CONFIG = {
    "unknown key": put("extra", value=1),
    "no encoder": drop("encoder"),
    "no head key": drop("head"),
    "unknown encoder key": put("encoder", "colour", value="red"),
    "missing encoder key": drop("encoder", "dim"),
    "unknown head key": put("head", "__class__", value="os.system"),
    "format 2": put("format_version", value=2),
    "format 3 without a blend": put("format_version", value=3),
    "format 0": put("format_version", value=0),
    "format text": put("format_version", value="1"),
    "no format": drop("format_version"),
    "dim 10**9": put("encoder", "dim", value=10**9),
    "dim 10**30": put("encoder", "dim", value=10**30),
    "dim 0": put("encoder", "dim", value=0),
    "dim -1": put("encoder", "dim", value=-1),
    "dim 16.0": put("encoder", "dim", value=16.5),
    "dim text": put("encoder", "dim", value="16"),
    "dim null": put("encoder", "dim", value=None),
    "dim list": put("encoder", "dim", value=[16]),
    "dim another": put("encoder", "dim", value=17),
    "widest and deepest": lambda v: v["encoder"].update(dim=8192, num_layers=128),
    "negative layers": put("encoder", "num_layers", value=-2),
    "no layers": put("encoder", "num_layers", value=0),
    "10**9 layers": put("encoder", "num_layers", value=10**9),
    "one layer more": put("encoder", "num_layers", value=3),
    "unknown conv": put("encoder", "conv", value="os.system"),
    "conv list": put("encoder", "conv", value=["gin"]),
    "unknown jumping knowledge": put("encoder", "jumping_knowledge", value="lstm"),
    "dropout 1": put("encoder", "dropout", value=1),
    "dropout NaN": put("encoder", "dropout", value=float("nan")),
    "encoder list": put("encoder", value=["gin"]),
    "encoder text": put("encoder", value="gin"),
    "encoder null": put("encoder", value=None),
    "head list": put("head", value=[1]),
    "head gone": put("head", value=None),  # then the head's weights are unknown
    "unknown pooling": put("head", "pooling", value="set2set"),
    "kind unknown": put("head", "kind", value="ranking"),
    "no tasks": put("head", "tasks", value=[]),
    "tasks null": put("head", "tasks", value=None),
    "tasks text": put("head", "tasks", value="ab"),  # would read as the two tasks a and b
    "tasks numbers": put("head", "tasks", value=[1, 2]),
    "tasks twice the same": put("head", "tasks", value=["a", "a"]),
    "one task more": put("head", "tasks", value=["a", "b", "c"]),
    "head dropout 5": put("head", "dropout", value=5),
    "negative hidden layers": put("head", "hidden_layers", value=-1),
    "no member": put("head", "members", value=0),
    "10**9 members": put("head", "members", value=10**9),
    "members text": put("head", "members", value="2"),
    "a member more": put("head", "members", value=2),  # whose weights are missing
    "10**9 hidden layers": put("head", "hidden_layers", value=10**9),
}


@pytest.mark.parametrize("case", HOSTILE_CONFIG)
def test_a_hostile_configuration_is_refused(copy, case):
    edit(copy / "config.json", HOSTILE_CONFIG[case])
    with pytest.raises(ArtifactError):
        load_artifact(copy)


def first_column(**values):
    return lambda schema: schema["node_cat"][0].update(values)


HOSTILE_SCHEMA = {
    "size changed": first_column(size=7),
    "size huge": first_column(size=10**9),
    "size beyond 64 bits": first_column(size=10**30),
    "size 0": first_column(size=0),
    "size negative": first_column(size=-120),
    "size text": first_column(size="120"),
    "size null": first_column(size=None),
    "mask outside": first_column(mask=5000),
    "mask negative": first_column(mask=-1),
    "self loop outside": lambda s: s["edge_cat"][0].update(self_loop=70),
    "self loop negative": lambda s: s["edge_cat"][0].update(self_loop=-1),
    "unknown column key": first_column(code="print(1)"),
    "column dropped": lambda s: s["node_cat"].pop(),
    "column added": lambda s: s["edge_cat"].append({"name": "z", "size": 3, "mask": 2}),
    "column not an object": lambda s: s["node_cat"].append(3),
    "columns not a list": put("node_cat", value=5),
    "continuous column added": put("node_x", value=["charge"]),
    "no featurizer": drop("featurizer"),
    "unknown key": put("module", value="os"),
    "options not an object": put("options", value=[1]),
}


@pytest.mark.parametrize("case", HOSTILE_SCHEMA)
def test_a_tampered_schema_is_refused(copy, case):
    edit(copy / "schema.json", HOSTILE_SCHEMA[case])
    with pytest.raises(ArtifactError):
        load_artifact(copy)


@pytest.mark.parametrize("name", ["config.json", "schema.json", "provenance.json"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"not JSON",
        b"[1, 2]",
        b"3",
        b"null",
        b'"text"',
        b"\xff\xfe\x00{",
        b"[" * 200_000,
        b'{"a":' * 100_000,
        b'{"a": ' + b"9" * 10_000 + b"}",
        b" " * (5 << 20) + b"{}",
    ],
    ids=lambda content: f"{content[:8]!r}x{len(content)}",
)
def test_what_is_not_a_json_object_is_refused(copy, name, content):
    (copy / name).write_bytes(content)
    with pytest.raises(ArtifactError, match=name):
        load_artifact(copy)


def change_weights(change):
    def apply(path):
        weights = load_file(path)
        change(weights)
        save_file(weights, path)

    return apply


def set_value(name, value):
    def change(weights):
        weights[name].view(-1)[0] = value

    return change_weights(change)


def cut(path, keep):
    path.write_bytes(path.read_bytes()[:keep])


def append(path, extra):
    with path.open("ab") as file:
        file.write(extra)


def header_length(length):
    """Claim another length of the header."""
    return lambda path: path.write_bytes(struct.pack("<Q", length) + path.read_bytes()[8:])


def header(change):
    """Edit the header's JSON, keeping the data."""

    def apply(path):
        data = path.read_bytes()
        size = struct.unpack("<Q", data[:8])[0]
        values = json.loads(data[8 : 8 + size])
        change(values)
        text = json.dumps(values).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size :])

    return apply


BIAS = "head.layers.1.bias"
HOSTILE_WEIGHTS = {
    "empty": lambda path: path.write_bytes(b""),
    "eight bytes": lambda path: cut(path, 8),
    "half": lambda path: cut(path, path.stat().st_size // 2),
    "one byte less": lambda path: cut(path, path.stat().st_size - 1),
    "one byte more": lambda path: append(path, b"\0"),
    "much more": lambda path: append(path, bytes(2 << 20)),
    "huge header": header_length(1 << 62),
    "no header": header_length(0),
    "overlapping tensors": header(
        lambda h: h[BIAS].update(data_offsets=h["head.layers.4.bias"]["data_offsets"])
    ),
    "offset outside": header(lambda h: h[BIAS].update(data_offsets=[0, 1 << 50])),
    "missing key": change_weights(lambda w: w.pop(BIAS)),
    "extra key": change_weights(lambda w: w.update(extra=torch.zeros(1))),
    "renamed key": change_weights(lambda w: w.update(other=w.pop(BIAS))),
    "longer": change_weights(lambda w: w.update({BIAS: torch.zeros(17)})),
    "another shape": change_weights(lambda w: w.update({BIAS: torch.zeros(4, 4)})),
    "half precision": change_weights(lambda w: w.update({BIAS: w[BIAS].half()})),
    "whole numbers": change_weights(lambda w: w.update({BIAS: w[BIAS].int()})),
    "NaN": set_value(BIAS, float("nan")),
    "infinity": set_value("encoder.convs.0.mlp.0.weight", float("inf")),
    "minus infinity": set_value("head.target_mean", float("-inf")),
}


@pytest.mark.parametrize("case", HOSTILE_WEIGHTS)
def test_hostile_weights_are_refused(copy, case):
    HOSTILE_WEIGHTS[case](copy / "model.safetensors")
    with pytest.raises(ArtifactError):
        load_artifact(copy)


class Attack:
    """Unpickled, it creates a file."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


@pytest.mark.parametrize("name", FILES[:4])
@pytest.mark.parametrize("form", ["pickle", "torch.save"])
def test_a_pickle_in_place_of_a_file_never_runs(copy, tmp_path, name, form):
    marker = tmp_path / "marker"
    path = copy / name
    size = path.stat().st_size
    if form == "pickle":
        path.write_bytes(pickle.dumps(Attack(marker)))
    else:
        torch.save({"weights": torch.zeros(3), "attack": Attack(marker)}, path)
    content = path.read_bytes()
    for data in (content, content.ljust(size, b"\0")):  # also as long as the real one
        path.write_bytes(data)
        with pytest.raises(ArtifactError):
            load_artifact(copy)
    assert not marker.exists()
    pickle.loads(pickle.dumps(Attack(marker)))  # noqa: S301  (the attack itself works)
    assert marker.exists()


def test_a_checkpoint_file_of_another_program_is_refused_unread(tmp_path):
    marker, path = tmp_path / "marker", tmp_path / "model.pt"
    torch.save(Attack(marker), path)
    with pytest.raises(ArtifactError, match="is a file"):
        load_artifact(path)
    assert not marker.exists()


@pytest.mark.parametrize("name", FILES)
def test_every_file_must_be_there(copy, name):
    (copy / name).unlink()
    with pytest.raises(ArtifactError, match=f"{name} missing"):
        load_artifact(copy)
    (copy / name).mkdir()  # a folder of that name is no file either
    with pytest.raises(ArtifactError, match=f"{name} missing"):
        load_artifact(copy)


def test_an_empty_or_absent_folder_is_refused(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(ArtifactError, match="not a graftwork model"):
            load_artifact(folder)


def test_only_the_head_differs_between_an_encoder_and_a_predictor(good, tmp_path, tiny_predictor):
    save_artifact(tmp_path / "encoder", tiny_predictor().encoder, {})
    alone = load_file(tmp_path / "encoder" / "model.safetensors")
    within = load_file(good / "model.safetensors")
    assert set(alone) == {name for name in within if name.startswith("encoder.")}


def test_an_encoder_without_edge_columns_computes_the_same_after_loading(tmp_path):
    schema = FeatureSchema("bare", (CategoricalColumn("a", 3, 2),), ())
    encoder = Encoder(schema, EncoderConfig(num_layers=2, dim=8)).eval()
    save_artifact(tmp_path / "model", encoder, {})
    batch = GraphBatch(
        node_cat=torch.tensor([[0], [1], [1]]),
        node_x=torch.empty(3, 0),
        edge_index=torch.tensor([[0, 1], [1, 0]]),
        edge_cat=torch.empty(2, 0, dtype=torch.long),
        edge_x=torch.empty(2, 0),
        node_ptr=torch.tensor([0, 3]),
        num_graphs=1,
    )
    loaded = load_artifact(tmp_path / "model").encoder
    assert torch.equal(loaded(batch), encoder(batch))
