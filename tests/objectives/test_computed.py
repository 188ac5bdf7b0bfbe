"""Objectives that predict computed targets: losses against loops, missing ones, messages."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from graftwork.config import EncoderConfig
from graftwork.data.featurize import SCHEMAS, parse_molecule
from graftwork.data.featurize.targets import TARGETS
from graftwork.data.targets import ComputedTargets
from graftwork.errors import InputError
from graftwork.graph.tasks import TaskSet
from graftwork.nn.pooling import POOLINGS
from graftwork.objectives import Descriptors, Fingerprints, Motifs
from graftwork.objectives.computed import BitsSettings, bits_loss
from graftwork.objectives.descriptors import DescriptorsSettings
from graftwork.objectives.make import computed_targets, make_objective
from graftwork.rng import torch_generator

SCHEMA = SCHEMAS["default"]
SMILES = ["CCO", "c1ccccc1C(=O)O", "CC(C)N", "CCCCCl"]
NAN, INF = math.nan, math.inf
NUMBERS = TaskSet(("a", "b"), ("regression",) * 2, (1.0, -2.0), (2.0, 0.5))
VALUES = [[3.0, NAN], [-90.0, -2.0], [INF, NAN], [1.5, -1.75]]
BITS = TaskSet(("x", "y", "z"), ("classification",) * 3, (0.5, 0.1, 0.75), (1.0,) * 3)
FOUND = [[1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]


def draws():
    return torch_generator(0, "masks")


def batch_of(make_batch, name, values, smiles=SMILES):
    return replace(make_batch(smiles), targets={name: torch.tensor(values)})


def outputs(objective, encoder, batch):
    """Raw outputs graph by graph, from the mean of a graph's nodes."""
    nodes = encoder(batch)
    ptr = batch.node_ptr.tolist()
    pooled = [nodes[a:b].mean(0) for a, b in pairwise(ptr)]
    return [objective.head(objective.hidden(row)).tolist() for row in pooled]


@pytest.mark.parametrize("loss", ["smooth", "squared"])
def test_descriptors_against_a_loop(loss, make_batch, tiny_encoder):
    encoder, batch = tiny_encoder().eval(), batch_of(make_batch, "descriptors", VALUES)
    settings = DescriptorsSettings(loss=loss, clip=4.0)
    objective = Descriptors(SCHEMA, EncoderConfig(dim=16), settings, NUMBERS)
    losses, distances = [], []
    for row, guesses in zip(VALUES, outputs(objective, encoder, batch), strict=True):
        for value, guess, mean, std in zip(row, guesses, NUMBERS.mean, NUMBERS.std, strict=True):
            if math.isfinite(value):
                off = abs(guess - max(-4.0, min(4.0, (value - mean) / std)))
                smooth = off**2 / 2 if off < 1 else off - 0.5
                losses.append(off**2 if loss == "squared" else smooth)
                distances.append(off)
    found = objective(encoder, batch, draws())
    assert len(losses) == 5
    assert found.loss.item() == pytest.approx(np.mean(losses), rel=1e-5)
    assert found.logs["absolute_error"].item() == pytest.approx(np.mean(distances), rel=1e-5)


@pytest.mark.parametrize(("cls", "name"), [(Fingerprints, "fingerprints"), (Motifs, "motifs")])
@pytest.mark.parametrize("rarity", [0.0, 0.5, 1.0])
def test_bits_against_a_loop(cls, name, rarity, make_batch, tiny_encoder):
    encoder, batch = tiny_encoder().eval(), batch_of(make_batch, name, FOUND)
    objective = cls(SCHEMA, EncoderConfig(dim=16), BitsSettings(rarity=rarity), BITS)
    entropy = [-p * math.log(p) - (1 - p) * math.log(1 - p) for p in BITS.mean]
    total, right = 0.0, {0.0: [], 1.0: []}
    for row, raw in zip(FOUND, outputs(objective, encoder, batch), strict=True):
        for bit, value, p, h in zip(row, raw, BITS.mean, entropy, strict=True):
            chance = 1 / (1 + math.exp(-value) * (1 - p) / p)
            total -= h**-rarity * math.log(chance if bit else 1 - chance)
            right[bit].append((chance > 0.5) == bool(bit))
    expected = total / len(FOUND) / sum(h ** (1 - rarity) for h in entropy)
    found = objective(encoder, batch, draws())
    assert found.loss.item() == pytest.approx(expected, rel=1e-4)
    assert found.logs["accuracy/zeros"].item() == pytest.approx(np.mean(right[0.0]))
    assert found.logs["accuracy/ones"].item() == pytest.approx(np.mean(right[1.0]))


def test_who_knows_nothing_but_the_shares_has_a_loss_of_one():
    """Whatever the weights; and who knows all has a loss of nothing."""
    rng = np.random.default_rng(0)
    bits = torch.from_numpy((rng.random((64, 30)) < rng.random(30)).astype(np.float32))
    shares = bits.mean(0).clamp(0.01, 0.99)
    kept = (shares - bits.mean(0)).abs() < 1e-6
    for rarity in (0.0, 0.3, 1.0):
        bits_, shares_ = bits[:, kept], shares[kept]
        loss = bits_loss(torch.zeros_like(bits_), bits_, shares_, rarity).loss
        assert loss.item() == pytest.approx(1, abs=1e-5)
        assert bits_loss(bits_ * 200 - 100, bits_, shares_, rarity).loss.item() < 1e-5


def test_rarity_lets_the_rare_bit_count():
    """With 1 a guess costs the same share of the loss for a rare bit and a common one."""
    shares = torch.tensor([0.5, 0.001])
    parts = {}
    for rarity in (0.0, 1.0):
        raw = torch.zeros(1000, 2, requires_grad=True)
        bits = torch.zeros(1000, 2)
        bits[:500, 0], bits[:1, 1] = 1, 1
        bits_loss(raw, bits, shares, rarity).loss.backward()
        parts[rarity] = raw.grad[0, 1] / raw.grad[0, 0]  # of a graph that has both
    assert parts[0.0] == pytest.approx(2, rel=0.01)
    assert parts[1.0] > 100


@pytest.mark.parametrize("name", ["descriptors", "fingerprints", "motifs"])
def test_the_order_of_graphs_and_of_atoms_does_not_matter(name, make_batch, tiny_encoder, nci):
    """Targets of molecules themselves, written anew from another atom."""
    from rdkit import Chem

    molecules = [parse_molecule(text, SCHEMA.options) for text in nci[500:520]]
    rng = np.random.default_rng(1)
    losses = []
    for turn in range(2):
        if turn:
            molecules = [
                Chem.RenumberAtoms(molecule, rng.permutation(molecule.GetNumAtoms()).tolist())
                for molecule in molecules[::-1]
            ]
        rows = TARGETS[name].stack([TARGETS[name].row(molecule) for molecule in molecules])
        made = ComputedTargets.of(TARGETS[name].names, rows)
        texts = [Chem.MolToSmiles(molecule, canonical=False) for molecule in molecules]
        batch = batch_of(make_batch, name, made[range(20)], texts)
        torch.manual_seed(0)
        shape, tasks = EncoderConfig(dim=16), {name: made.tasks}
        objective = make_objective(name, {}, SCHEMA, shape, targets=tasks)
        losses.append(objective(tiny_encoder().eval(), batch, draws()).loss)
    torch.testing.assert_close(*losses, rtol=1e-3, atol=1e-4)


def test_missing_descriptors_have_no_influence(make_batch, tiny_encoder):
    batch = batch_of(make_batch, "descriptors", VALUES)
    objective = Descriptors(SCHEMA, EncoderConfig(dim=16), None, NUMBERS)
    grads = []
    for unknown in (NAN, INF, -INF):
        values = batch.targets["descriptors"].clone()
        values[~values.isfinite()] = unknown
        objective.zero_grad()
        objective(
            tiny_encoder(), replace(batch, targets={"descriptors": values}), draws()
        ).loss.backward()
        grads.append(objective.head.weight.grad.clone())
    assert grads[0].isfinite().all()
    assert grads[0].equal(grads[1])
    assert grads[0].equal(grads[2])


@pytest.mark.parametrize("name", ["descriptors", "motifs"])
def test_targets_do_not_leak_into_the_embedding(name, make_batch, tiny_encoder):
    """What is predicted is the same whatever is true."""
    tasks, truths = (
        (NUMBERS, (VALUES, VALUES[::-1]))
        if name == "descriptors"
        else (
            BITS,
            (FOUND, FOUND[::-1]),
        )
    )
    objective = make_objective(name, {}, SCHEMA, EncoderConfig(dim=16), targets={name: tasks})
    seen = []
    objective.compare = lambda raw, truth: seen.append((raw, truth))
    for truth in truths:
        objective(tiny_encoder().eval(), batch_of(make_batch, name, truth), draws())
    assert seen[0][0].equal(seen[1][0])
    assert not seen[0][1].equal(seen[1][1])


def test_nothing_known_is_a_loss_of_zero(make_batch, tiny_encoder):
    objective = Descriptors(SCHEMA, EncoderConfig(dim=16), None, NUMBERS)
    batch = batch_of(make_batch, "descriptors", [[NAN, INF]] * 4)
    found = objective(tiny_encoder(), batch, draws())
    found.loss.backward()
    assert found.loss.item() == found.logs["absolute_error"].item() == 0
    assert not objective.head.weight.grad.any()


def test_what_is_far_off_counts_as_the_limit(make_batch, tiny_encoder):
    encoder = tiny_encoder().eval()
    objective = Descriptors(SCHEMA, EncoderConfig(dim=16), DescriptorsSettings(clip=3.0), NUMBERS)
    losses = [
        objective(encoder, batch_of(make_batch, "descriptors", [[far, NAN]] * 4), draws()).loss
        for far in (7.0, 70.0, 60_000.0)
    ]
    assert losses[0].equal(losses[1])
    assert losses[0].equal(losses[2])


@pytest.mark.parametrize("pooling", POOLINGS)
def test_any_pooling_and_depth_of_the_head(pooling, make_batch, tiny_encoder):
    batch = batch_of(make_batch, "motifs", FOUND)
    batch = replace(batch, root=batch.node_ptr[:-1])
    for depth in (0, 2):
        settings = BitsSettings(pooling=pooling, hidden_layers=depth)
        objective = Motifs(SCHEMA, EncoderConfig(dim=16), settings, BITS)
        assert sum(isinstance(part, torch.nn.Linear) for part in objective.hidden) == depth
        assert objective(tiny_encoder(), batch, draws()).loss.isfinite()


def test_a_corpus_without_targets_says_what_to_do():
    with pytest.raises(InputError, match="holds no descriptors") as error:
        make_objective("descriptors", {}, SCHEMA, EncoderConfig(), NUMBERS)  # labels are no help
    assert "table" in str(error.value)


@pytest.mark.parametrize(
    ("targets", "said"), [({}, "has none of the 2"), ({"descriptors": FOUND}, "has 3 columns")]
)
def test_a_batch_that_does_not_fit_is_an_error(targets, said, make_batch, tiny_encoder):
    objective = Descriptors(SCHEMA, EncoderConfig(dim=16), None, NUMBERS)
    given = {name: torch.tensor(values) for name, values in targets.items()}
    with pytest.raises(InputError, match=said):
        objective(tiny_encoder(), replace(make_batch(SMILES), targets=given), draws())


def test_only_the_head_is_state():
    names = {"hidden.0.weight", "hidden.0.bias", "head.weight", "head.bias"}
    assert set(Fingerprints(SCHEMA, EncoderConfig(dim=8), None, BITS).state_dict()) == names


def test_which_targets_an_objective_needs():
    assert computed_targets("attribute-masking+supervised") == ()
    assert computed_targets("fingerprints+infomax+descriptors") == ("fingerprints", "descriptors")
    with pytest.raises(InputError, match="No objective"):
        computed_targets("descriptor")


def test_every_computed_target_has_an_objective_of_its_name():
    from graftwork.objectives import OBJECTIVES

    assert {name: cls.computed for name, cls in OBJECTIVES.items() if cls.computed} == {
        name: name for name in TARGETS
    }
