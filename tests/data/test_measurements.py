"""Long tables of measurements."""

from __future__ import annotations

import numpy as np
import pytest

from graftwork.data.measurements import read_measurements
from graftwork.errors import InputError

HEADER = "split,assay,mol,label,log_value,relation\n"
LINES = "train,A,0,1,7.5,=\ntrain,A,2,0,5.0,<\ntest,B,2,1,6.5,=\ntest,B,1,0,,=\n"


@pytest.fixture
def table(tmp_path):
    def write(text, name="measurements.csv"):
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def triples(found):
    return {
        (row, found.names[task], value)
        for row, task, value in zip(found.row, found.task, found.value, strict=True)
    }


def test_every_value_column_of_every_assay_is_a_task(table):
    found = read_measurements(table(HEADER + LINES), 3)
    assert found.names == ["A/label", "B/label", "A/log_value", "B/log_value"]
    assert triples(found) == {
        *((0, "A/label", 1.0), (2, "A/label", 0.0), (2, "B/label", 1.0), (1, "B/label", 0.0)),
        *((0, "A/log_value", 7.5), (2, "B/log_value", 6.5)),  # 5.0 is a bound, not a measurement
    }


def test_one_value_column_keeps_the_assays_names(table):
    found = read_measurements(table(HEADER + LINES), 3, ["label"])
    assert found.names == ["A", "B"]
    assert triples(found) == {(0, "A", 1.0), (2, "A", 0.0), (2, "B", 1.0), (1, "B", 0.0)}


def test_without_a_relation_every_number_counts(table):
    found = read_measurements(table("row\ttask\ty\n0\tA\t2.5\n1\tA\t3\n", "long.tsv"), 2)
    assert found.names == ["A"]
    np.testing.assert_array_equal(found.value, [2.5, 3])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            HEADER + "train,A,3,1,7.5,=\n",
            r"data row 0: mol is '3'\. Expected the 0-based row.*3 mol",
        ),
        (HEADER + "train,A,-1,1,7.5,=\n", "mol is '-1'"),
        (HEADER + "train,A,0.5,1,7.5,=\n", "mol is '0.5'"),
        (HEADER + "train,A,x,1,7.5,=\n", "mol is 'x'"),
        ("assay,label\nA,1\n", "none of the columns 'row', 'mol'"),
        ("mol,label\n0,1\n", "none of the columns 'assay'"),
        ("mol,assay\n0,A\n", "no value column"),
        ("", "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_said_with_file_row_and_value(table, text, message):
    path = table(text)
    with pytest.raises(InputError, match=message) as caught:
        read_measurements(path, 3)
    assert str(path) in str(caught.value)


def test_words_in_a_value_column(table):
    with pytest.raises(InputError, match=r"data row 1: label is 'inactive'\. Expected a number"):
        read_measurements(table("mol,assay,label\n0,A,1\n1,A,inactive\n"), 3, ["label"])
    with pytest.raises(InputError, match="no value column 'ic50'"):
        read_measurements(table(HEADER + LINES), 3, ["ic50"])
