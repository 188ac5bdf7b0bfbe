"""What is computed from molecules, against RDKit asked column by column."""

from __future__ import annotations

import time

import numpy as np
import pytest
from rdkit import Chem
from rdkit.Chem import Crippen, Descriptors, Fragments, rdFingerprintGenerator

from graftwork.data.featurize.targets import TARGETS, MoleculeTargets

COUNTS = {"descriptors": 205, "fingerprints": 4096, "motifs": 255}


@pytest.fixture(scope="module")
def molecules(nci):
    return [molecule for text in nci[300:420] if (molecule := Chem.MolFromSmiles(text))]


def columns(name, molecule):
    kind = TARGETS[name]
    return dict(zip(kind.names, kind.compute(molecule).tolist(), strict=True))


@pytest.mark.parametrize("name", TARGETS)
def test_every_column_has_a_name_of_its_own(name, molecules):
    kind = TARGETS[name]
    assert len(set(kind.names)) == len(kind.names) == COUNTS[name]
    rows = [kind.row(molecule) for molecule in molecules[:3]]
    stacked = kind.stack(rows)
    assert stacked.dtype == (np.uint8 if kind.bits else np.float16)
    assert kind.stack([]).shape == (0, stacked.shape[1])
    np.testing.assert_array_equal(stacked[1], rows[1])


@pytest.mark.parametrize("name", TARGETS)
def test_the_order_of_atoms_does_not_matter(name, molecules):
    rng, kind = np.random.default_rng(0), TARGETS[name]
    for molecule in molecules[:40]:
        order = rng.permutation(molecule.GetNumAtoms()).tolist()
        other = kind.compute(Chem.RenumberAtoms(molecule, order))
        np.testing.assert_allclose(kind.compute(molecule), other, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("name", TARGETS)
def test_graphs_are_the_same_with_and_without(name, molecules):
    """RDKit notes things on a molecule while it computes; none of them is a feature."""
    from graftwork.data.featurize import SCHEMAS, find_task

    texts = [Chem.MolToSmiles(molecule) for molecule in molecules[:20]]
    schema = SCHEMAS["default"]
    packed = {}
    for task in (find_task("graph"), find_task(f"graph+{name}")):
        found = task.decode(task.encode([task.run(text, schema) for text in texts], schema))
        packed[len(packed)] = getattr(found, "graphs", found).arrays()
    for key, values in packed[0].items():
        np.testing.assert_array_equal(packed[1][key], values)
    expected = TARGETS[name].stack([TARGETS[name].row(Chem.MolFromSmiles(text)) for text in texts])
    np.testing.assert_array_equal(found.targets[name], expected)


def test_descriptors_are_those_of_their_names(molecules):
    known = dict(Descriptors.descList) | {
        "exactmw": Descriptors.ExactMolWt,
        "tpsa": Descriptors.TPSA,
        "NumRings": Descriptors.RingCount,
        "NumHeavyAtoms": Descriptors.HeavyAtomCount,
        "kappa1": Descriptors.Kappa1,
        "heavyLogP": lambda molecule: Crippen.rdMolDescriptors.CalcCrippenDescriptors(
            molecule, includeHs=False
        )[0],
    }
    checked = set(known) & set(TARGETS["descriptors"].names)
    assert len(checked) > 38
    for molecule in molecules:
        found = columns("descriptors", molecule)
        for name in checked:
            assert found[name] == pytest.approx(known[name](molecule), rel=1e-6, abs=1e-6), name


def test_fingerprint_bits_against_counts_that_are_hardly_folded(molecules):
    generators = {
        "ecfp": (rdFingerprintGenerator.GetMorganGenerator(2, fpSize=2**24), (1, 2)),
        "pair": (rdFingerprintGenerator.GetAtomPairGenerator(fpSize=2**24), (1, 3)),
    }
    for molecule in molecules[:30]:
        found = columns("fingerprints", molecule)
        for name, (generator, levels) in generators.items():
            folded = np.zeros(1024, int)
            counts = generator.GetCountFingerprint(molecule).GetNonzeroElements()
            for place, count in counts.items():
                folded[place % 1024] += count
            for level in levels:
                bits = [found[f"{name}/{place}>={level}"] for place in range(1024)]
                np.testing.assert_array_equal(bits, folded >= level)


def test_motifs_of_a_molecule_that_can_be_read():
    found = columns("motifs", Chem.MolFromSmiles("OC(=O)c1ccccc1C(=O)OC"))
    assert found["fr_benzene>=1"]
    assert not found["fr_benzene>=2"]
    assert found["fr_ester>=1"]
    assert found["fr_C_O>=2"]
    assert not found["fr_C_O>=3"]
    assert not found["fr_amide>=1"]
    assert {name.split(">=")[0] for name in found} == {name for name, _ in Fragments.fns}


@pytest.mark.parametrize("text", ["[Na+].[Cl-]", "C", "[Fe]", "*", "CCO[Sn](C)(C)C", "[H][H]"])
def test_strange_molecules_have_targets_too(text):
    molecule = Chem.MolFromSmiles(text)
    for kind in TARGETS.values():
        assert kind.row(molecule).shape == kind.stack([]).shape[1:]


def test_a_part_that_rdkit_cannot_compute_is_missing(monkeypatch):
    from graftwork.data.featurize.targets import descriptors as module

    def fail(_molecule):
        raise ValueError("no parameters for this element")

    before = columns("descriptors", Chem.MolFromSmiles("CCO"))
    blocks = [(names, fail if "MQN1" in names else compute) for names, compute in module._BLOCKS]
    monkeypatch.setattr(module, "_BLOCKS", tuple(blocks))
    for name, value in columns("descriptors", Chem.MolFromSmiles("CCO")).items():
        assert np.isnan(value) if name.startswith("MQN") else value == before[name], name


def test_a_large_molecule_does_not_ask_for_all_distances():
    """They take a second and more; what needs none of them is there."""
    large = Chem.MolFromSmiles("C" * 900 + "C(=O)O")
    start = time.process_time()
    found = (
        columns("descriptors", large) | columns("fingerprints", large) | columns("motifs", large)
    )
    assert time.process_time() - start < 1
    assert np.isnan(found["AUTOCORR2D_1"])
    assert found["NumHeavyAtoms"] == 903
    assert not any(found[name] for name in found if name.startswith("pair"))
    assert sum(found[name] for name in found if name.startswith("ecfp")) > 8
    assert found["fr_COO>=1"]


def test_a_number_beyond_half_precision_is_missing():
    kind = MoleculeTargets(("a", "b"), lambda _molecule: np.array([1e6, 1.5]))
    assert kind.row(None).tolist() == [np.inf, 1.5]
