"""The artifact's optional record of training molecules: bytes in, the same bytes out."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import save

from graftwork.errors import ArtifactError
from graftwork.nn.artifact import FILES, load_artifact, save_artifact
from graftwork.nn.record import MEMBERSHIP, read_membership

RECORD = save({"anything": torch.arange(5, dtype=torch.uint8)})


@pytest.fixture
def recorded(tmp_path, tiny_predictor):
    """A predictor with a record."""
    save_artifact(tmp_path / "model", tiny_predictor(), {"made_by": "a test"}, RECORD)
    return tmp_path / "model"


def test_the_record_comes_back_byte_for_byte(recorded, tmp_path):
    found = load_artifact(recorded)
    assert found.membership == RECORD == read_membership(recorded / MEMBERSHIP)
    assert {path.name for path in recorded.iterdir()} == {*FILES, MEMBERSHIP}
    again = tmp_path / "again"
    save_artifact(again, found.predictor, found.provenance, found.membership)
    for path in recorded.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name


def test_an_encoder_may_carry_one_too(tmp_path, tiny_encoder):
    save_artifact(tmp_path / "model", tiny_encoder(), {}, RECORD)
    found = load_artifact(tmp_path / "model")
    assert found.predictor is None
    assert found.membership == RECORD


def test_a_model_without_one_loads_as_ever(recorded, tiny_predictor):
    (recorded / MEMBERSHIP).unlink()
    assert load_artifact(recorded).membership is None
    save_artifact(recorded, tiny_predictor(), {}, RECORD)
    save_artifact(recorded, tiny_predictor(), {})  # no record stays behind from an earlier model
    assert {path.name for path in recorded.iterdir()} == set(FILES)


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 8, RECORD[:-1], RECORD + b"\0", b"\x80\x04pickle", b"{}" * 100]
)
def test_what_is_no_safetensors_file_is_refused(recorded, content):
    (recorded / MEMBERSHIP).write_bytes(content)
    with pytest.raises(ArtifactError, match=f"{MEMBERSHIP} is not a safetensors file.* Delete it"):
        load_artifact(recorded)


def test_a_folder_or_a_huge_file_is_refused(recorded, monkeypatch):
    monkeypatch.setattr("graftwork.nn.record._MAX_BYTES", len(RECORD))
    assert load_artifact(recorded).membership == RECORD
    monkeypatch.setattr("graftwork.nn.record._MAX_BYTES", len(RECORD) - 1)
    with pytest.raises(ArtifactError, match="no file of at most"):
        load_artifact(recorded)
    monkeypatch.undo()
    (recorded / MEMBERSHIP).unlink()
    (recorded / MEMBERSHIP).mkdir()
    with pytest.raises(ArtifactError, match="no file of at most"):
        load_artifact(recorded)
