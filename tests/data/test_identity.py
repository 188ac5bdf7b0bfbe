"""Which molecules count as the same."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from rdkit import Chem, RDConfig
from rdkit.Chem.MolStandardize import rdMolStandardize

from graftwork.data.featurize import SCHEMAS, TASKS
from graftwork.data.featurize.identity import digest, parent_molecule, scaffold_of

SCHEMA = SCHEMAS["default"]


def parent(text):
    molecule = Chem.MolFromSmiles(text)
    return parent_molecule(molecule, Chem.MolToSmiles(molecule))[1]


def scaffold(text):
    molecule = Chem.MolFromSmiles(text)
    return scaffold_of(parent_molecule(molecule, Chem.MolToSmiles(molecule))[0])


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("CCO", "OCC"),
        ("CCN", "CCN.Cl"),
        ("CCN", "CC[NH3+].[Cl-]"),
        ("CC(=O)O", "[Na+].[O-]C(C)=O"),
        ("CC(=O)O", "CC(=O)[O-]"),
        ("NCC(=O)O", "[NH3+]CC(=O)[O-]"),
        ("CC(N)C(=O)O", "C[C@H](N)C(=O)[O-].[K+]"),
        ("C[C@H](F)Cl", "C[C@@H](F)Cl"),
        ("C/C=C/C", "C/C=C\\C"),
        ("CC=CC", "C/C=C/C"),
        ("C[N+](=O)[O-]", "C[N+](=O)[O-].O"),
        ("Nc1ncc[nH]1", "NC1=NC=C[NH2+]1.NC1=NC=C[NH2+]1.O=S(=O)([O-])[O-]"),  # aromatic once more
        ("CC(=N)c1ccccc1", "[H]/N=C(/C)c1ccccc1"),  # a hydrogen for the geometry's sake
        ("NC(=N)c1ccccc1", "N/C(c1ccccc1)=[NH+]/[H]"),
    ],
)
def test_the_same_but_for_salt_charge_and_stereo(left, right):
    assert parent(left) == parent(right)
    run = TASKS["membership"].run
    assert run(left, SCHEMA) == run(right, SCHEMA)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("CCO", "CCCO"),  # homologues
        ("CCO", "COC"),  # constitutional isomers
        ("Oc1ccccn1", "O=c1cccc[nH]1"),  # tautomers
        ("CC(=O)CC(C)=O", "CC(O)=CC(C)=O"),
        ("C[N+](C)(C)C", "CN(C)C"),  # no proton to take away
        ("CCO", "[2H]CCO"),  # isotopes
        ("CCCN.CCO", "CCO"),  # a mixture is its largest part
    ],
)
def test_different_molecules_stay_different(left, right):
    run = TASKS["membership"].run
    assert parent(left) != parent(right)
    assert run(left, SCHEMA)[0] != run(right, SCHEMA)[0]


def by_the_book(molecule):
    """Every step, needed or not."""
    found = rdMolStandardize.LargestFragmentChooser().choose(molecule)
    found = rdMolStandardize.Uncharger().uncharge(found)
    Chem.RemoveStereochemistry(found)
    again = Chem.MolFromSmiles(Chem.MolToSmiles(found))
    return Chem.MolToSmiles(found if again is None else again)


def test_shortcuts_change_nothing_and_the_input_stays(nci, stereo):
    salts = [f"{text}.[Na+].Cl" for text in stereo[::5]]
    for text in [*nci[::5], *stereo, *salts]:
        molecule = Chem.MolFromSmiles(text)
        if molecule is None:
            continue
        before = Chem.MolToSmiles(molecule)
        _, name = parent_molecule(molecule, before)
        assert name == by_the_book(molecule), text
        assert Chem.MolToSmiles(molecule) == before
        assert parent(name) == name
        assert not set(name) & set(".@/\\")


def test_the_molecule_is_the_one_that_is_named(stereo):
    for text in [*stereo[::4], "CC[NH3+].[Cl-]", "CCO", "NC1=NC=C[NH2+]1"]:
        molecule = Chem.MolFromSmiles(text)
        found, name = parent_molecule(molecule, Chem.MolToSmiles(molecule))
        assert Chem.MolToSmiles(found) == name


def test_the_order_of_atoms_is_no_matter(stereo, nci):
    run = TASKS["membership"].run
    for text in [*stereo[::8], *nci[::200], "CCN.CCO.[Na+]"]:
        molecule = Chem.MolFromSmiles(text)
        others = Chem.MolToRandomSmilesVect(molecule, 3, randomSeed=1)
        assert {tuple(run(other, SCHEMA)) for other in others} == {tuple(run(text, SCHEMA))}


def test_a_mol_block_is_the_same_as_its_smiles():
    file = Path(RDConfig.RDContribDir) / "FreeWilson" / "data" / "cmet_ligands.sdf"
    blocks = [text.split("M  END")[0] + "M  END\n" for text in file.read_text().split("$$$$\n")]
    blocks = [block for block in blocks if "V2000" in block]
    assert len(blocks) > 5
    run = TASKS["membership"].run
    for block in blocks[:40]:
        flat = Chem.MolToSmiles(Chem.MolFromMolBlock(block))
        assert run(block, SCHEMA) == run(flat, SCHEMA)


def test_stereo_that_no_smiles_shows_is_ignored():
    molecule = Chem.MolFromSmiles("CC=CC")
    Chem.rdDepictor.Compute2DCoords(molecule)
    molecule.GetBondWithIdx(1).SetStereo(Chem.BondStereo.STEREOANY)
    found, name = parent_molecule(molecule, Chem.MolToSmiles(molecule))
    assert name == "CC=CC"
    assert found.GetBondWithIdx(1).GetStereo() == Chem.BondStereo.STEREONONE


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("CCO", ""),
        ("[Na+].[Cl-]", ""),
        ("CCc1ccc(O)cc1", "c1ccccc1"),
        ("O=C1CCCCC1C", "O=C1CCCCC1"),  # what a double bond holds belongs to it
        ("C[C@H]1CCCO1.Cl", "C1CCOC1"),
        ("c1ccccc1CC[C@H](F)C1CC1", "c1ccc(CCCC2CC2)cc1"),
        ("[O-]C(=O)c1ccncc1.[Na+]", "c1ccncc1"),
    ],
)
def test_scaffolds(text, wanted):
    assert scaffold(text) == wanted
    found = TASKS["membership"].run(text, SCHEMA)
    assert found == [digest(parent(text)), digest(wanted)]
    assert (found[1] == 0) == (wanted == "")


def test_digests_are_blake2b_and_spread_evenly(nci):
    wanted = int(hashlib.blake2b(b"CCO", digest_size=8).hexdigest(), 16)
    assert digest("CCO") == wanted > 0
    assert digest("") == 0
    names = {text for text in nci if text}
    found = {digest(name) for name in names}
    assert len(found) == len(names)
    for bit in range(64):  # each bit is set in half of them, within five standard errors
        share = sum(value >> bit & 1 for value in found) / len(found)
        assert abs(share - 0.5) < 2.5 / len(found) ** 0.5


def test_identity_and_membership_agree(nci):
    for text in nci[:300]:
        if Chem.MolFromSmiles(text) is not None:
            identity = TASKS["identity"].run(text, SCHEMA)
            assert TASKS["membership"].run(text, SCHEMA)[0] == digest(identity["parent"])
