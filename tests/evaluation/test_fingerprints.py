"""The MinMax kernel against a double loop, folding against RDKit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rdkit.Chem import rdFingerprintGenerator

from graftwork.errors import InputError
from graftwork.evaluation import Fingerprints

counts = st.lists(
    st.dictionaries(st.sampled_from([0, 3, 7, 2048, 2**32 - 1]), st.integers(0, 9)), max_size=7
)


def naive(left, right):
    gram = np.ones((len(left), len(right)))
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            keys = set(a) | set(b)
            largest = sum(max(a.get(k, 0), b.get(k, 0)) for k in keys)
            if largest:
                gram[i, j] = sum(min(a.get(k, 0), b.get(k, 0)) for k in keys) / largest
    return gram


@given(left=counts, right=counts)
@settings(max_examples=150, deadline=None)
def test_minmax_is_exact(left, right):
    a, b = Fingerprints.from_counts(left), Fingerprints.from_counts(right)
    np.testing.assert_array_equal(a.minmax_gram(), naive(left, left))
    np.testing.assert_array_equal(a.minmax_gram(b), naive(left, right))


def test_minmax_on_molecules_with_common_and_rare_columns(cmet_counts):
    left, right = cmet_counts[:60], cmet_counts[500:530]
    a, b = Fingerprints.from_counts(left), Fingerprints.from_counts(right)
    np.testing.assert_array_equal(a.minmax_gram(b), naive(left, right))
    whole = Fingerprints.from_counts(cmet_counts)
    gram = whole.minmax_gram()
    np.testing.assert_array_equal(gram[:60, 500:530], naive(left, right))
    np.testing.assert_array_equal(gram, gram.T)
    assert (np.diag(gram) == 1).all()
    assert np.linalg.eigvalsh(gram[:200, :200]).min() > -1e-9


def test_folding_agrees_with_rdkit(cmet, cmet_counts):
    generator = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=512)
    expected = [generator.GetCountFingerprintAsNumPy(mol) for mol in cmet[0][:50]]
    folded = Fingerprints.from_counts(cmet_counts[:50]).folded(512)
    assert folded.dtype == np.float32
    np.testing.assert_array_equal(folded, expected)


def test_take_by_position_and_by_mask(random_counts):
    rows = random_counts(5)
    table = Fingerprints.from_counts(rows)
    np.testing.assert_array_equal(
        table.take([3, 0]).folded(), Fingerprints.from_counts([rows[3], rows[0]]).folded()
    )
    mask = np.array([True, False, False, True, False])
    np.testing.assert_array_equal(table.take(mask).folded(), table.take([0, 3]).folded())
    assert len(table.take([])) == 0


@pytest.mark.parametrize("row", [{-1: 2}, {5: -2}])
def test_negative_counts_and_ids_are_refused(row):
    with pytest.raises(InputError, match="row 1"):
        Fingerprints.from_counts([{1: 1}, row])


def test_folding_to_nothing_is_refused():
    with pytest.raises(InputError, match="0 columns"):
        Fingerprints.from_counts([{1: 1}]).folded(0)
