"""graftwork convert: from a foreign file to vectors."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import torch

from foreign_checkpoints import foreign_state, molclr_state
from graftwork.nn.artifact import FILES


@pytest.fixture
def checkpoint(tmp_path):
    path = tmp_path / "gat_new.pth"
    torch.save({"gnn." + name: value for name, value in foreign_state("gat").items()}, path)
    return path


def test_convert_then_embed_and_finetune(cli, checkpoint, labelled, tmp_path):
    model = tmp_path / "models" / "gat"
    done = cli("convert", "-i", checkpoint, "-o", model, "--licence", "MIT", "--name", "My GAT")
    assert done.code == 0, done.err
    assert f"Checkpoint {model}: gat, 2 x 8" in done.out
    assert "padded" not in done.out
    vectors = tmp_path / "v.npy"
    assert cli("embed", "-m", model, "-i", labelled, "-o", vectors).code == 0
    values = np.load(vectors)
    assert values.shape == (40, 8)
    assert np.isfinite(values).all()
    assert len(np.unique(values.round(4), axis=0)) > 30
    run = cli(
        *("finetune", "-i", labelled, "-t", "y", "--from", model, "-o", tmp_path / "run"),
        *("--num-seeds", 1, "--epochs", 1, "--baselines", "none"),
    )
    assert run.code == 0, run.err


def test_the_card_and_the_history_of_a_converted_model(cli, checkpoint, tmp_path):
    model = tmp_path / "gat"
    assert cli("convert", "-i", checkpoint, "-o", model, "--licence", "CC0").code == 0
    assert {path.name for path in model.iterdir()} == set(FILES)
    history = json.loads((model / "provenance.json").read_text())
    assert history == {
        "made_by": "convert",
        "name": "gat_new",
        "file": "gat_new.pth",
        "file_sha256": hashlib.sha256(checkpoint.read_bytes()).hexdigest(),
        "source_format": "pretrain-gnns, chemistry",
        "licence": "CC0",
        "corpus": "not stated in the file",
        "dropped": [],
        "padded": [],
    }
    card = (model / "README.md").read_text()
    assert card.startswith("# Pre-trained encoder, converted: gat_new\n")
    assert "GAT encoder, 2 layers of width 8" in card
    assert "| licence | CC0 |" in card
    assert "Others trained these weights" in card
    assert "report of" not in card


def test_what_is_dropped_and_padded_is_said(cli, tmp_path):
    torch.save(molclr_state(), tmp_path / "molclr.pth")
    done = cli("convert", "-i", tmp_path / "molclr.pth", "-o", tmp_path / "m")
    assert done.code == 0
    assert "dropped feat_lin" in done.out
    assert "hidden bond, is the mean of rows 0 to 3" in done.out
    history = json.loads((tmp_path / "m" / "provenance.json").read_text())
    assert history["source_format"] == "MolCLR"
    assert history["dropped"] == ["feat_lin", "out_lin"]
    assert len(history["padded"]) == 2
    assert history["licence"] == "not stated"


def test_the_layer_can_be_named(cli, tmp_path):
    state = foreign_state("graphsage")
    state["batch_norms.0.running_var"] *= 5
    torch.save(state, tmp_path / "x.pth")
    arguments = ("convert", "-i", tmp_path / "x.pth", "-o", tmp_path / "m")
    refused = cli(*arguments)
    assert refused.code == 2
    assert "--encoder graphsage" in refused.error
    assert not (tmp_path / "m").exists()
    assert "graphsage, 2 x 8" in cli(*arguments, "--encoder", "graphsage").out


def test_a_conversion_replaces_its_own_and_nothing_else(cli, checkpoint, pretrained, tmp_path):
    model = tmp_path / "m"
    model.mkdir()  # an empty folder is free to use
    for licence in ("first", "second"):
        assert cli("convert", "-i", checkpoint, "-o", model, "--licence", licence).code == 0
        assert json.loads((model / "provenance.json").read_text())["licence"] == licence
    (model / "mine.txt").write_text("precious")
    file = tmp_path / "file"
    file.write_text("precious")
    other = tmp_path / "other"
    assert cli("convert", "-i", checkpoint, "-o", other).code == 0
    (other / "provenance.json").write_text('{"made_by": "finetune"}')
    for place in (model, file, other, pretrained, pretrained / "model", tmp_path):
        before = sorted(path.name for path in tmp_path.iterdir())
        done = cli("convert", "-i", checkpoint, "-o", place)
        assert done.code == 2
        assert "replaced" in done.error
        assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (model / "mine.txt").read_text() == file.read_text() == "precious"
    assert (pretrained / "model" / "config.json").exists()


def test_into_the_empty_folder_that_one_stands_in(cli, checkpoint, tmp_path, monkeypatch):
    (tmp_path / "m").mkdir()
    monkeypatch.chdir(tmp_path / "m")
    assert cli("convert", "-i", checkpoint, "-o", ".").code == 0
    assert {path.name for path in (tmp_path / "m").iterdir()} == set(FILES)


@pytest.mark.parametrize("content", [b"", b"text", b"\x80\x04."])
def test_what_is_no_checkpoint_leaves_nothing(cli, tmp_path, content):
    (tmp_path / "x.pth").write_bytes(content)
    done = cli("convert", "-i", tmp_path / "x.pth", "-o", tmp_path / "m")
    assert done.code == 2
    assert "no checkpoint of weights alone" in done.error
    assert [path.name for path in tmp_path.iterdir()] == ["x.pth"]


def test_a_foreign_file_as_a_model_points_to_convert(cli, checkpoint, labelled, tmp_path):
    done = cli("embed", "-m", checkpoint, "-i", labelled, "-o", tmp_path / "v.npy")
    assert done.code == 2
    assert "graftwork convert" in done.error
