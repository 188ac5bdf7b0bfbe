"""Reading a molecule property by property gives what asking atom by atom gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from rdkit import RDConfig

from graftwork.data.featurize import SCHEMAS, TASKS, UnusableMoleculeError, parse_molecule
from graftwork.graph.pack import pack
from molecule_graphs import plain_graph

UNUSUAL = [
    "OCl(=O)(=O)=O",
    "NC(=N)c1ccc(o1)c2ccccc2N(=O)=O",
    "C1CCCC1[Fe]C1CCCC1",
    "[NH3][Pt](Cl)(Cl)[NH3]",
    "N->[Pt](<-N)(Cl)Cl",
    "O=[Cr](=O)(O)O",
    "[Na+].[Cl-]",
    "C[Mg]Br",
    "[Hg]C",
    "[Si](C)(C)C",
    "[2H]C([3H])O",
    "*C",
    "[H][H]",
    "[H+]",
    "[He]",
    "C#[N+][Fe-]",
    "F[P-](F)(F)(F)(F)F",
    "[Cu+2].[O-]S(=O)(=O)[O-]",
    "C~C",
    "C$C",
    "[CH3]",
    "O=O",
    "[O][O]",
    "C[C@H](F)Cl",
    "F/C=C/F",
    "F/C=C\\F",
    "F/C=C/C=C\\F",
    "C[S@](=O)CC",
    "NC(Br)=[C@]=C(O)C",
    "F[P@TB1](Cl)(Br)(N)O",
    "[Co@OH1](F)(Cl)(Br)(I)(N)O",
]


@pytest.fixture(scope="module")
def texts(nci):
    wehi = pd.read_csv(
        Path(RDConfig.RDDataDir) / "Pains" / "test_data" / "wehi_mols.csv", header=None
    )
    return [*UNUSUAL, *nci, *wehi[0]]


@pytest.mark.parametrize("name", SCHEMAS)
@pytest.mark.parametrize("standardize", [False, True])
def test_all_at_once_is_one_after_the_other(name, standardize, texts):
    schema = SCHEMAS[name].with_options(standardize=standardize)
    texts = texts[::5] if standardize else texts
    fast, plain = [], []
    for text in texts:
        try:
            plain.append(plain_graph(parse_molecule(text, schema.options), schema))
        except UnusableMoleculeError:
            continue
        fast.append(TASKS["graph"].run(text, schema))
    assert len(plain) > 0.95 * len(texts)
    found = TASKS["graph"].decode(TASKS["graph"].encode(fast, schema))
    for column, expected in pack(plain, schema).arrays().items():
        np.testing.assert_array_equal(found.arrays()[column], expected, err_msg=column)
        assert found.arrays()[column].dtype == expected.dtype


def test_no_molecule_at_all():
    packed = TASKS["graph"].decode(TASKS["graph"].encode([], SCHEMAS["default"]))
    assert packed.num_graphs == 0
