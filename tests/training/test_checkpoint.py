"""Training state: what is saved is what the next step depends on."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
import torch

from graftwork.errors import RunError
from graftwork.rng import torch_generator
from graftwork.training.checkpoint import load_state, read_values, save_state


class Part:
    """A model, its optimiser and its generator, in training."""

    def __init__(self, seed):
        torch.manual_seed(seed)
        self.model = torch.nn.Sequential(
            torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Dropout(0.5)
        )
        self.optimizer = torch.optim.AdamW(self.model.parameters(), lr=0.1)
        self.generator = torch_generator(seed, "masks")

    def steps(self, count):
        for _ in range(count):
            self.optimizer.zero_grad()
            x = torch.rand(6, 3, generator=self.generator)
            self.model(x).square().sum().backward()
            self.optimizer.step()
        return [value.clone() for value in self.model.state_dict().values()]

    def save(self, path, values):
        save_state(path, self.model, self.optimizer, self.generator, values)

    def load(self, path):
        return load_state(path, self.model, self.optimizer, self.generator)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint.safetensors"


def test_going_on_from_a_file_equals_never_having_stopped(path):
    values = {"step": 5, "seconds": 1.25, "logs": {"loss": 0.1}}
    first = Part(0)
    first.steps(5)
    first.save(path, values)
    expected = first.steps(5)
    second = Part(77)  # other weights, another generator, other dropout
    assert second.load(path) == values
    assert read_values(path) == values
    found = second.steps(5)
    assert all(a.equal(b) for a, b in zip(expected, found, strict=True))
    before = Part(0)
    assert not all(a.equal(b) for a, b in zip(before.steps(5), found, strict=True))


def test_before_the_first_step_too(path):
    first = Part(0)
    first.save(path, {})
    expected = first.steps(3)
    second = Part(1)
    second.load(path)
    assert all(a.equal(b) for a, b in zip(expected, second.steps(3), strict=True))


def test_a_newer_checkpoint_replaces_the_older_and_nothing_else_stays(path):
    part = Part(0)
    for step in (1, 2):
        part.steps(1)
        part.save(path, {"step": step})
    assert read_values(path) == {"step": 2}
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_half_a_file_beside_it_does_not_matter(path):
    """A kill while writing leaves a partial file; the checkpoint itself stays whole."""
    Part(0).save(path, {"step": 1})
    path.with_name(path.name + ".partial").write_bytes(path.read_bytes()[:100])
    assert Part(1).load(path) == {"step": 1}
    Part(0).save(path, {"step": 2})
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "pickle", "no values", "absent"])
def test_a_damaged_file_is_a_run_error_and_restores_nothing(path, damage):
    marker = path.with_name("marker")
    Part(0).save(path, {"step": 1})
    data = path.read_bytes()
    if damage == "absent":
        path.unlink()
    elif damage == "pickle":
        path.write_bytes(pickle.dumps(Attack(marker)))
    elif damage == "no values":
        path.write_bytes(data.replace(b'"values"', b'"others"', 1))
    else:
        path.write_bytes({"empty": b"", "cut": data[:-10], "text": b"step 1 " * 99}[damage])
    part = Part(3)
    before = [value.clone() for value in part.model.state_dict().values()]
    for read in (read_values, part.load):
        with pytest.raises(RunError, match="--overwrite"):
            read(path)
    assert all(a.equal(b) for a, b in zip(before, part.model.state_dict().values(), strict=True))
    assert not marker.exists()


class Attack:
    """Unpickled, it creates a file."""

    def __init__(self, marker):
        self.marker = marker

    def __reduce__(self):
        return Path.touch, (self.marker,)
