"""The features of Hu et al. (ICLR 2020): two of an atom, two of a bond; ids as published.

Chirality and bond direction follow the order in which the SMILES was written, and hidden ones share
id 0 with "none".
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from rdkit.Chem import rdchem

from graftwork.data.featurize.featurizer import (
    OPTIONS,
    Featurizer,
    Hints,
    Lists,
    Values,
    bond_type_ids,
    element_ids,
)
from graftwork.graph.schema import CategoricalColumn, FeatureSchema

_DIRECTION = {rdchem.BondDir.ENDUPRIGHT: 1, rdchem.BondDir.ENDDOWNRIGHT: 2}

_SCHEMA = FeatureSchema(
    featurizer="hu2020",
    node_cat=(
        CategoricalColumn("atomic_number", 120, mask=119),
        CategoricalColumn("chirality", 3, mask=0),
    ),
    edge_cat=(
        CategoricalColumn("bond_type", 6, mask=5, self_loop=4),
        CategoricalColumn("bond_direction", 3, mask=0),
    ),
    options=OPTIONS,
)


def _read(
    _molecule: rdchem.Mol,
    atoms: list[rdchem.Atom],
    bonds: list[rdchem.Bond],
    hints: Hints,
) -> tuple[Lists, Lists]:
    if not hints.stereo:
        return {"tag": bytes(len(atoms))}, {"direction": bytes(len(bonds))}
    return (
        {"tag": bytes(int(atom.GetChiralTag()) for atom in atoms)},
        {"direction": bytes(_DIRECTION.get(bond.GetBondDir(), 0) for bond in bonds)},
    )


def _ids(atoms: Values, bonds: Values) -> tuple[list[npt.NDArray[Any]], list[npt.NDArray[Any]]]:
    tag = atoms["tag"]
    return (
        [element_ids(atoms["number"]), np.where(tag < 3, tag, 0)],
        [bond_type_ids(bonds["order"], other=0), bonds["direction"]],
    )


HU2020 = Featurizer(_SCHEMA, _read, _ids)
