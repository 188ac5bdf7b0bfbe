from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rdkit import Chem, RDConfig

from graftwork.data.featurize import SCHEMAS, UnusableMoleculeError, parse_molecule
from molecule_graphs import molecule_graph

C60 = (
    "c12c3c4c5c1c1c6c7c2c2c8c3c3c9c4c4c%10c5c5c1c1c6c6c%11c7c2c2c7c8c3c3c8c9c4c4c9c%10c5c5c1c1c6c6"
    "c%11c2c2c7c3c3c8c4c4c9c5c1c1c6c2c3c41"
)
AMMONIUM = "CC[N+](C)(C)CCO"


def graph(text, name="default", **options):
    schema = SCHEMAS[name].with_options(**options)
    return molecule_graph(parse_molecule(text, schema.options), schema)


def column(name, values, side="node_cat", schema="default"):
    position = [c.name for c in getattr(SCHEMAS[schema], side)].index(name)
    return getattr(values, side)[:, position].tolist()


def assert_inside(schema, values):
    """Every id is one the schema has, and none is the one that means hidden."""
    for side in ("node_cat", "edge_cat"):
        ids = getattr(values, side)
        assert ids.shape[1] == len(getattr(schema, side))
        for position, col in enumerate(getattr(schema, side)):
            if len(ids):
                assert ids[:, position].max() < col.size, col.name
                if col.mask != 0:  # the published schema hides chirality as "none"
                    assert col.mask not in ids[:, position], col.name
                if side == "edge_cat" and col.self_loop != 0:
                    assert col.self_loop not in ids[:, position], col.name


def labelled(molecule):
    """Nodes and edges as a networkx-free canonical value: features keyed by atom label."""
    values = molecule_graph(molecule, SCHEMAS["default"])
    names = [atom.GetIntProp("label") for atom in molecule.GetAtoms()]
    nodes = {names[i]: tuple(row) for i, row in enumerate(values.node_cat.tolist())}
    edges = {
        (names[s], names[t]): tuple(row)
        for (s, t), row in zip(values.edge_index.tolist(), values.edge_cat.tolist(), strict=True)
    }
    return nodes, edges


def multiset(text):
    values = graph(text)
    nodes = values.node_cat.tolist()
    edges = [
        (nodes[s], nodes[t], row)
        for (s, t), row in zip(values.edge_index.tolist(), values.edge_cat.tolist(), strict=True)
    ]
    return sorted(nodes), sorted(edges)


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_element_and_charge_has_an_id(name):
    table = Chem.GetPeriodicTable()
    usable = 0
    for number in range(119):
        symbol = "*" if number == 0 else table.GetElementSymbol(number)
        for charge in range(-8, 9):
            text = f"[{symbol}{charge:+d}]"
            if Chem.MolFromSmiles(text) is None:
                with pytest.raises(UnusableMoleculeError, match="valence"):
                    graph(text, name)
                continue
            values = graph(text, name)
            usable += 1
            assert_inside(SCHEMAS[name], values)
            assert values.edge_index.shape == (0, 2)
            assert values.node_cat[0, 0] == (number - 1 if number else 118)
            if name == "default":
                assert column("formal_charge", values) == [charge + 8]
    assert usable > 119 * 16


@pytest.mark.parametrize("name", SCHEMAS)
def test_unusual_atoms_and_bonds_have_ids(name):
    for text in (
        "[Fe-20]", "[C+20]", "[UH9]", "[U]", "[2H]O[3H]", "*C~C$C", "C->[Pt]", "F[Pt](F)(F)(F)(F)F",
        "C1CCCCCCCCCCCCCC1", C60, "[CH2]", "[C]", "C/C=C/C", "C/C=C\\C", "CC=CC", "F[S@](C)=O",
        "[U]" + "(F)" * 14, "C[Co@OH2](F)(Cl)(Br)(I)O", "F[Pt@SP1](Cl)(Br)I",
    ):  # fmt: skip
        assert_inside(SCHEMAS[name], graph(text, name))


@pytest.mark.parametrize("name", SCHEMAS)
def test_real_molecules_have_ids(name, nci, stereo):
    schema = SCHEMAS[name]
    usable = 0
    for text in [*nci[::2], *stereo]:
        if Chem.MolFromSmiles(text) is None:
            with pytest.raises(UnusableMoleculeError, match=r"valence|kekulize"):
                graph(text, name)
            continue
        values = graph(text, name)
        usable += 1
        assert_inside(schema, values)
        assert values.node_cat.dtype == values.edge_cat.dtype == schema.id_dtype
        pairs = values.edge_index.tolist()
        assert sorted(pairs) == sorted([t, s] for s, t in pairs)  # both directions of each bond
        assert [t for _, t in pairs] == sorted(t for _, t in pairs)
    assert usable > 2700


def test_features_move_with_the_atoms(nci, stereo):
    dice = np.random.default_rng(0)
    compared = 0
    for text in [*nci[::25], *stereo[::2]]:
        molecule = Chem.MolFromSmiles(text)
        if molecule is None:
            continue
        for atom in molecule.GetAtoms():
            atom.SetIntProp("label", atom.GetIdx())
        order = dice.permutation(molecule.GetNumAtoms()).tolist()
        assert labelled(Chem.RenumberAtoms(molecule, order)) == labelled(molecule), text
        compared += 1
    assert compared > 250


def test_features_do_not_depend_on_how_the_smiles_was_written(nci, stereo):
    compared = chiral = geometric = 0
    for text in [*nci[::25], *stereo]:
        molecule = Chem.MolFromSmiles(text)
        if molecule is None:
            continue
        wanted = multiset(Chem.MolToSmiles(molecule))
        chiral += any(node[1] for node in wanted[0])
        geometric += any(edge[2][1] for edge in wanted[1])
        for seed in (1, 2):
            other = Chem.MolToRandomSmilesVect(molecule, 1, randomSeed=seed)[0]
            assert multiset(other) == wanted, (text, other)
        compared += 1
    assert compared > 300
    assert chiral > 50  # the set does hold stereochemistry
    assert geometric > 20


def test_mirror_images_differ():
    left, right = "C[C@H](O)C(=O)O", "C[C@@H](O)C(=O)O"
    assert column("chirality", graph(left)).count(0) == 5
    assert {max(column("chirality", graph(text))) for text in (left, right)} == {1, 2}
    assert max(column("chirality", graph("CC(O)C(=O)O"))) == 0
    stereo = [max(column("stereo", graph(t), "edge_cat")) for t in ("C/C=C/C", "C/C=C\\C", "CC=CC")]
    assert stereo == [1, 2, 0]


def test_default_values_of_a_hand_checked_molecule():
    values = graph("C[N+](C)(C)Cc1ccco1")
    assert column("atomic_number", values) == [5, 6, 5, 5, 5, 5, 5, 5, 5, 7]
    assert column("degree", values) == [1, 4, 1, 1, 2, 3, 2, 2, 2, 2]
    assert column("formal_charge", values) == [8, 9, 8, 8, 8, 8, 8, 8, 8, 8]
    assert column("hydrogens", values) == [3, 0, 3, 3, 2, 0, 1, 1, 1, 0]
    assert column("hybridisation", values) == [4] * 5 + [3] * 5
    assert column("aromatic", values) == [0] * 5 + [1] * 5
    assert column("ring_size", values) == [0] * 5 + [3] * 5
    assert column("radicals", values) == [0] * 10
    assert column("radicals", graph("[CH2]C")) == [1, 0]


def test_hu2020_values_of_a_hand_checked_molecule():
    # sodium alaninate beside 2-butene: ids are positions in the lists Hu et al. published
    values = graph("C[C@H](N)C(=O)[O-].[Na+].C/C=C/C", "hu2020")
    assert column("atomic_number", values, schema="hu2020") == [5, 5, 6, 5, 7, 7, 10, 5, 5, 5, 5]
    chirality = column("chirality", values, schema="hu2020")
    tag = Chem.MolFromSmiles("C[C@H](N)C(=O)[O-]").GetAtomWithIdx(1).GetChiralTag()
    assert chirality == [0, int(tag), 0, 0, 0, 0, 0, 0, 0, 0, 0]
    assert tag == Chem.ChiralType.CHI_TETRAHEDRAL_CCW
    bonds = {
        (int(s), int(t)): tuple(row)
        for (s, t), row in zip(values.edge_index, values.edge_cat.tolist(), strict=True)
    }
    up = 1  # ENDUPRIGHT: both sides of the double bond in C/C=C/C
    assert bonds[0, 1] == bonds[1, 0] == (0, 0)
    assert bonds[3, 4] == bonds[4, 3] == (1, 0)
    assert bonds[7, 8] == bonds[8, 7] == bonds[9, 10] == bonds[10, 9] == (0, up)
    assert bonds[8, 9] == (1, 0)
    assert len(bonds) == 16
    assert set(column("bond_type", graph("c1ccccc1C#C", "hu2020"), "edge_cat", "hu2020")) == {
        3, 0, 2,
    }  # fmt: skip


def test_edges_join_the_bonded_atoms():
    assert graph("CCO").edge_index.tolist() == [[1, 0], [0, 1], [2, 1], [1, 2]]
    values = graph("C=CO")
    double = [
        p for p, k in zip(values.edge_index.tolist(), values.edge_cat[:, 0], strict=True) if k
    ]
    assert double == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[Na+].CC(=O)[O-]", "CC(=O)O"),
        ("C[NH3+].[Cl-]", "CN"),
        ("CC(=O)[O-].C[NH+](C)CCCCC", "CCCCCN(C)C"),
        ("C[C@H](F)Cl.O", "C[C@H](F)Cl"),
        (AMMONIUM, AMMONIUM),  # no proton to take away
        ("C[N+](=O)[O-]", "C[N+](=O)[O-]"),
        ("[NH3+]CC(=O)[O-]", "NCC(=O)O"),
        ("CCO", "CCO"),
    ],
)
def test_standardise_keeps_the_neutral_parent(text, wanted):
    molecule = parse_molecule(text, {"standardize": True})
    assert Chem.MolToSmiles(molecule) == Chem.CanonSmiles(wanted)
    assert Chem.MolToSmiles(parse_molecule(text, {})) == Chem.CanonSmiles(text)


def test_standardise_does_not_depend_on_the_order_of_fragments(stereo):
    for text in [*stereo[::10], "CCN.CCO", "OCC.NCC", "CC(=O)[O-].OCC[NH3+]"]:
        molecule = Chem.MolFromSmiles(text + ".[Na+].Cl")
        names = {
            Chem.MolToSmiles(parse_molecule(other, {"standardize": True}))
            for other in Chem.MolToRandomSmilesVect(molecule, 4, randomSeed=1)
        }
        assert len(names) == 1, text


def test_standardised_features_are_those_of_the_parent():
    salt, parent = graph("C[C@H](N)C(=O)[O-].[Na+]", standardize=True), graph("C[C@H](N)C(=O)O")
    np.testing.assert_array_equal(salt.node_cat, parent.node_cat)
    np.testing.assert_array_equal(salt.edge_cat, parent.edge_cat)


def test_standardised_stereo_is_perceived_anew():
    # with the charge the two acids differ, without it the centre is none
    salt = graph("C[C@H](C(=O)O)C(=O)[O-].[Na+]", standardize=True)
    assert set(column("chirality", salt)) == {0}
    assert set(column("chirality", graph("C[C@H](C(=O)O)C(=O)[O-].[Na+]"))) > {0}
    # neutralisation changes which neighbour comes first, and with it the label
    text = "C[C@@H](C(=O)[O-])C(=O)O[2H].[Na+]"
    parent = Chem.MolToSmiles(parse_molecule(text, {"standardize": True}))
    wanted = column("chirality", graph(parent))
    assert sorted(column("chirality", graph(text, standardize=True))) == sorted(wanted)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the structure is empty"),
        (" \t ", "the structure is empty"),
        ("\n\n", "the structure is empty"),
        ("NA", "not valid SMILES"),
        ("nan", "not valid SMILES"),
        ("C1CC", "not valid SMILES"),
        ("C(C", "not valid SMILES"),
        ("[Xx]", "not valid SMILES"),
        ("c1cc", "not valid SMILES"),
        ("CCO ethanol", "text after the SMILES"),
        ("CCO\tethanol", "text after the SMILES"),
        ("C[C@H](O)F |o1:1|", "text after the SMILES"),
        ("CCO |$a;b;c$|", "text after the SMILES"),
        ("CCO\u00e9", "it holds 'é'"),
        ("\u200bCCO", "it holds '\\u200b'"),
        ("CCO\x00", "it holds '\\x00'"),
        ("CCO\x01", "it holds '\\x01'"),
        ("C" * 100_000, "100000 atoms, the limit is 1000"),
        ("(" * 100_000, "not valid SMILES"),
        ("C(" * 50_000, "not valid SMILES"),
        ("[" * 100_000, "not valid SMILES"),
        ("CC(c1ccccc1)" * 625, "5000 atoms, the limit is 1000"),
        ("C(C)(C)(C)(C)C", "valence"),
        ("CO(C)C", "valence for atom # 1 O, 3"),
        ("c1cccc1", "kekulize"),
        ("CCO\nCCC", "not a readable mol block"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_rejects_with_a_reason(text, reason):
    with pytest.raises(UnusableMoleculeError) as caught:
        parse_molecule(text, {})
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 300


def test_space_around_smiles_is_no_reason():
    assert parse_molecule(" CCO\n", {}).GetNumAtoms() == 3


def test_size_limit_counts_the_atoms_of_the_graph():
    assert graph("C" * 1000).num_nodes == 1000
    with pytest.raises(UnusableMoleculeError, match="1001 atoms, the limit is 1000"):
        graph("C" * 1001)
    with pytest.raises(UnusableMoleculeError, match="3 atoms, the limit is 2"):
        graph("CCO", max_atoms=2)
    # hydrogens that are written out become counts
    assert graph("C([H])([H])" * 600).num_nodes == 600
    # what standardisation cuts off counts before it is cut off: parsing is what costs
    assert graph("CC.CCC", standardize=True, max_atoms=5).num_nodes == 3
    with pytest.raises(UnusableMoleculeError, match="5 atoms, the limit is 4"):
        graph("CC.CCC", standardize=True, max_atoms=4)


def test_fullerene():
    values = graph(C60)
    assert values.num_nodes == 60
    assert values.num_edges == 180
    assert set(column("ring_size", values)) == {3}
    assert set(column("degree", values)) == {3}


def test_mol_blocks():
    file = Path(RDConfig.RDContribDir) / "FreeWilson" / "data" / "cmet_ligands.sdf"
    blocks = [text.split("M  END")[0] + "M  END\n" for text in file.read_text().split("$$$$\n")]
    blocks = [block for block in blocks if "V2000" in block]
    assert len(blocks) > 5
    for block in blocks:
        from_block = graph(block)
        assert_inside(SCHEMAS["default"], from_block)
        again = graph(Chem.MolToSmiles(Chem.MolFromMolBlock(block)))
        assert sorted(again.node_cat.tolist()) == sorted(from_block.node_cat.tolist())
    with pytest.raises(UnusableMoleculeError, match="not a readable mol block"):
        parse_molecule(blocks[0][:200], {})
    with pytest.raises(UnusableMoleculeError, match="no atoms"):
        parse_molecule(Chem.MolToMolBlock(Chem.Mol()), {})
