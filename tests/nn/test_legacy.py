"""Foreign files: what is read, and hostile ones that run nothing."""

from __future__ import annotations

import argparse
import hashlib
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import pytest
import torch

from foreign_checkpoints import foreign_state
from graftwork.errors import ArtifactError, RunError
from graftwork.nn.legacy import read_checkpoint


@pytest.fixture
def path(tmp_path):
    return tmp_path / "x.pth"


@pytest.mark.parametrize("new_format", [True, False])
@pytest.mark.parametrize("wrap", [dict, OrderedDict])
def test_both_formats_of_torch_save(path, new_format, wrap):
    state = foreign_state("gin")
    torch.save(wrap(state), path, _use_new_zipfile_serialization=new_format)
    found = read_checkpoint(path)
    assert found.name == "x.pth"
    assert found.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert list(found.tensors) == list(state)
    assert all(found.tensors[name].equal(value) for name, value in state.items())


def test_parameters_come_without_their_graph(path):
    torch.save({"w": torch.nn.Parameter(torch.ones(2))}, path)
    assert not read_checkpoint(path).tensors["w"].requires_grad


@pytest.mark.parametrize(
    "nest",
    [
        lambda state: {"state_dict": state, "epoch": 3},
        lambda state: {"model_state_dict": state, "optimizer": {"lr": 1.0}},
        lambda state: {"model": state},
        lambda state: {"model": {"state_dict": state}},
    ],
)
def test_nested_weights_are_found(path, nest):
    state = foreign_state("gcn")
    torch.save(nest(state), path)
    assert read_checkpoint(path).tensors.keys() == state.keys()


class Attack:
    """Unpickled, it creates a file."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)


@pytest.mark.parametrize("form", ["torch.save", "old torch.save", "pickle", "within weights"])
def test_code_in_a_file_never_runs(path, tmp_path, form):
    marker = tmp_path / "marker"
    attack = Attack(marker)
    if form == "pickle":
        path.write_bytes(pickle.dumps(attack))
    else:
        value = {**foreign_state("gin"), "x": attack} if form == "within weights" else attack
        torch.save(value, path, _use_new_zipfile_serialization=form != "old torch.save")
    with pytest.raises(ArtifactError, match="no checkpoint of weights alone"):
        read_checkpoint(path)
    assert not marker.exists()
    pickle.loads(pickle.dumps(attack))  # noqa: S301  (the attack itself works)
    assert marker.exists()


def test_the_refused_object_is_named(path):
    torch.save({"args": argparse.Namespace(), "model": foreign_state("gin")}, path)
    with pytest.raises(ArtifactError, match=r"it asks for argparse\.Namespace"):
        read_checkpoint(path)


DAMAGE = {
    "empty": lambda data: data[:0],
    "text": lambda data: b"weights\n" * len(data),
    "half": lambda data: data[: len(data) // 2],
    "no end": lambda data: data[:-100],
    "zeros": lambda data: bytes(len(data)),
    "zip without weights": lambda data: b"PK\x05\x06" + bytes(18) + data[:0],
}


@pytest.mark.parametrize("case", DAMAGE)
@pytest.mark.parametrize("new_format", [True, False])
def test_a_damaged_file_is_refused(path, case, new_format):
    torch.save(foreign_state("gin"), path, _use_new_zipfile_serialization=new_format)
    path.write_bytes(DAMAGE[case](path.read_bytes()))
    with pytest.raises(ArtifactError, match="damaged or of another kind"):
        read_checkpoint(path)


def test_a_script_archive_is_refused(path):
    torch.save(foreign_state("gin"), path)
    with zipfile.ZipFile(path, "a") as archive:  # what tells such an archive from weights
        archive.writestr(archive.namelist()[0].split("/")[0] + "/constants.pkl", b"")
    with pytest.raises(ArtifactError, match="damaged or of another kind"):
        read_checkpoint(path)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, "an empty dictionary"),
        ({"state_dict": {}}, "an empty dictionary"),
        ([torch.ones(2)], "a list"),
        (torch.ones(2), "a Tensor"),
        ({"state_dict": [1]}, "a list"),
        ({"a": torch.ones(2), "b": 3}, "a int 'b'"),
        ({7: torch.ones(2)}, "a Tensor '7'"),
        ({"a": torch.ones(2, device="meta")}, "'a' is not a plain dense tensor"),
        ({"a": torch.eye(2).to_sparse()}, "'a' is not a plain dense tensor"),
        ({"a": torch.zeros(1).expand(10**6)}, "claims 4000000 bytes"),
    ],
    ids=str,
)
def test_what_is_no_state_dict_is_refused(path, value, said):
    torch.save(value, path)
    with pytest.raises(ArtifactError, match=said):
        read_checkpoint(path)


def test_no_file(tmp_path):
    with pytest.raises(ArtifactError, match="is no file"):
        read_checkpoint(tmp_path)
    with pytest.raises(ArtifactError, match="does not exist"):
        read_checkpoint(tmp_path / "nowhere.pth")


def test_a_file_beyond_the_limit_is_not_read(path):
    with path.open("wb") as file:
        file.truncate((4 << 30) + 1)  # sparse: takes no space
    with pytest.raises(ArtifactError, match="the limit is"):
        read_checkpoint(path)


def test_an_old_pytorch_is_not_trusted(path, monkeypatch):
    torch.save(foreign_state("gin"), path)
    monkeypatch.setattr(torch, "__version__", type(torch.__version__)("2.9.1"))
    with pytest.raises(RunError, match=r"CVE-2026-24747.*2\.10"):
        read_checkpoint(path)
    monkeypatch.setattr(torch, "__version__", type(torch.__version__)("2.10.0+cpu"))
    assert read_checkpoint(path).tensors
