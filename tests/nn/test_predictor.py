"""The predictor: a molecule's prediction depends on the molecule alone."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from rdkit import Chem

from graftwork.config import HeadConfig
from graftwork.errors import InputError
from graftwork.nn.pooling import POOLINGS
from graftwork.nn.predictor import Predictor

STEREO = [
    "C[C@H](N)C(=O)O",
    "C[C@@H](N)C(=O)O",
    "F/C=C/F",
    "F/C=C\\F",
    "C/C=C/C=C\\C",
    "OC[C@H]1O[C@@H](O)[C@H](O)[C@@H](O)[C@@H]1O",  # glucose
    "C[C@]12CC[C@H]3[C@@H](CC=C4C[C@@H](O)CC[C@]34C)[C@@H]1CC[C@@H]2O",  # a steroid
    "C[C@H]1CC[C@@H](C)CC1",  # centres without a CIP label
    "C[C@H](O)[C@@H](Cl)[C@@H](C)O",  # pseudo-asymmetric
    "CC(=O)N/N=C(/C)c1ccccc1",
    "O=C(O)/C=C\\C(=O)O.[Na+]",
    "C[S@](=O)CCc1ccccc1",
]


def predict(model, batch):
    with torch.inference_mode():
        return model.head.predict(model(batch))


@pytest.mark.parametrize("pooling", [p for p in POOLINGS if not p.startswith("centre")])
@pytest.mark.parametrize("schema", ["default"])
def test_a_batch_equals_its_molecules_one_by_one(pooling, schema, tiny_predictor, make_batch, nci):
    model = tiny_predictor(pooling=pooling, tasks=("a", "b"))
    chosen = ["C", "[Na+].[Cl-]", *nci[:60]]
    together = predict(model, make_batch(chosen, schema=schema))
    alone = torch.cat([predict(model, make_batch([text], schema=schema)) for text in chosen])
    assert together.shape == (62, 2)
    assert together.std() > 1e-3
    torch.testing.assert_close(together, alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("pooling", ["mean", "attention"])
def test_the_way_a_smiles_is_written_does_not_matter(pooling, tiny_predictor, make_batch, nci):
    model = tiny_predictor(pooling=pooling)
    molecules = [m for m in map(Chem.MolFromSmiles, [*STEREO, *nci[:40]]) if m is not None]
    plain = predict(model, make_batch([Chem.MolToSmiles(m) for m in molecules]))
    written = [Chem.MolToRandomSmilesVect(m, 5, randomSeed=11) for m in molecules]
    assert any(len(set(ways)) > 1 for ways in written)
    for way in range(5):
        other = predict(model, make_batch([ways[way] for ways in written]))
        difference = (other - plain).abs()[:, 0]
        worst = int(difference.argmax())
        assert difference[worst] < 1e-5, written[worst]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C[C@H](N)C(=O)O", "C[C@@H](N)C(=O)O"),
        ("F/C=C/F", "F/C=C\\F"),
        ("CC(=O)O", "CC(=O)[O-]"),
        ("C1CCCCC1", "c1ccccc1"),
        ("CCO", "CC[O]"),
    ],
)
def test_different_molecules_are_told_apart(one, other, tiny_predictor, make_batch):
    first, second = predict(tiny_predictor(pooling="sum"), make_batch([one, other]))[:, 0]
    assert abs(first - second) > 1e-4


def test_isotopes_are_not_a_feature(tiny_predictor, make_batch):
    first, second = predict(tiny_predictor(), make_batch(["CCO", "CC[18OH]"]))[:, 0]
    assert abs(first - second) < 1e-6


def test_embed_is_what_the_head_sees(tiny_predictor, make_batch, nci):
    model, batch = tiny_predictor(), make_batch(nci[:5])
    with torch.inference_mode():
        assert model.embed(batch).shape == (5, 16)
        assert model.head(model.embed(batch)).equal(model(batch))


def test_an_unknown_pooling_is_refused(tiny_encoder):
    with pytest.raises(InputError, match=r"'median'.*attention"):
        Predictor(tiny_encoder(), HeadConfig(pooling="median", tasks=("y",)))


def test_the_head_fits_the_width_of_the_pooling(tiny_encoder, make_batch, nci):
    batch = make_batch(nci[:4])
    batch = replace(batch, root=batch.node_ptr[:-1])
    model = Predictor(tiny_encoder(dim=8), HeadConfig(pooling="centre-mean", tasks=("a", "b")))
    assert model.embed(batch).shape == (4, 16)
    assert model(batch).shape == (4, 2)


@pytest.mark.parametrize("kind", ["classification", "multiclass", "regression"])
def test_overfits_sixteen_molecules(kind, tiny_encoder, make_batch, nci):
    generator = torch.Generator().manual_seed(3)
    y = torch.randint(0, 2, (16, 1), generator=generator).float()
    batch = make_batch(nci[100:116], y)
    torch.manual_seed(0)
    classes = 2 if kind == "multiclass" else 0
    config = HeadConfig(kind=kind, tasks=("y",), dropout=0.0, classes=classes)
    model = Predictor(tiny_encoder(dim=32), config)
    model.head.fit_scaling(batch.y)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(150):
        optimizer.zero_grad()
        loss = model.head.loss(model(batch), batch.y)
        loss.backward()
        optimizer.step()
    assert loss.item() < 0.05
