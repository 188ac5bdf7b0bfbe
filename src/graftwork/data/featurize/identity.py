"""What makes two rows the same molecule: the parent, and its scaffold; their digests."""

from __future__ import annotations

import hashlib
import re

from rdkit import Chem
from rdkit.Chem.MolStandardize import rdMolStandardize
from rdkit.Chem.Scaffolds import MurckoScaffold

NOTHING = 0
_LARGEST_FRAGMENT = rdMolStandardize.LargestFragmentChooser()
_UNCHARGER = rdMolStandardize.Uncharger()
_CHARGE = re.compile(r"[-+]\d*[\]:]")  # as canonical SMILES write it: [NH3+], [Fe+2], [CH2-:1]
_STEREO = re.compile(r"[@/\\]")


def parent_molecule(molecule: Chem.Mol, canonical: str) -> tuple[Chem.Mol, str]:
    """Return the largest fragment, neutralised and without stereo, and its canonical SMILES.

    Only what the molecule needs is done: most drug-like molecules are one neutral fragment. The
    parent of a parent is itself, but for a few metal complexes that no longer parse once they are
    neutral. Isotopes and atom maps stay. The input is left as it is.

    Parameters
    ----------
    molecule
        A sanitised molecule.
    canonical
        Its canonical SMILES.

    Examples
    --------
    >>> molecule = Chem.MolFromSmiles("C[C@H](N)C(=O)[O-].[Na+]")
    >>> parent_molecule(molecule, Chem.MolToSmiles(molecule))[1]
    'CC(N)C(=O)O'
    """
    charged = _CHARGE.search(canonical) is not None
    salt = "." in canonical
    drawn = molecule.GetNumConformers() > 0  # may hold stereo that no SMILES shows: wavy bonds
    if not (salt or charged or drawn or _STEREO.search(canonical)):
        return molecule, canonical
    parent = molecule
    if salt:
        parent = _LARGEST_FRAGMENT.choose(parent)
    if charged:
        parent = _UNCHARGER.uncharge(parent)
    parent = Chem.Mol(parent) if parent is molecule else parent
    Chem.RemoveStereochemistry(parent)
    name = Chem.MolToSmiles(parent)
    if name == canonical or not (charged or "[H]" in name):
        return parent, name
    # a ring may be aromatic now, a hydrogen that held a double bond's geometry may go
    again = Chem.MolFromSmiles(name)
    return (parent, name) if again is None else (again, Chem.MolToSmiles(again))


def scaffold_of(molecule: Chem.Mol) -> str:
    """Return the Bemis-Murcko scaffold of a molecule with its stereo; "" where there is no ring.

    As in RDKit, atoms that are joined to the scaffold by a double bond belong to it.

    Examples
    --------
    >>> scaffold_of(Chem.MolFromSmiles("CCc1ccc(O)cc1"))
    'c1ccccc1'
    """
    pieces = len(Chem.GetMolFrags(molecule))
    if molecule.GetNumBonds() <= molecule.GetNumAtoms() - pieces:
        return ""  # RDKit needs three seconds to say so of a chain of 1,000 atoms
    return Chem.MolToSmiles(MurckoScaffold.GetScaffoldForMol(molecule))


def digest(text: str) -> int:
    """Return BLAKE2b of a text as a 64-bit number; 0, which stands for "nothing", for "".

    Two different texts share a digest with probability 2**-64.
    """
    if not text:
        return NOTHING
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
