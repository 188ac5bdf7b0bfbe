"""Reading arrays: what is damaged, hostile or too large is refused before it is read."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest

from graftwork.data.networks import npz
from graftwork.data.networks.npz import npz_names, read_npz
from graftwork.errors import InputError


def archive(path, **members):
    with zipfile.ZipFile(path, "w") as file:
        for name, data in members.items():
            file.writestr(f"{name}.npy", data)
    return path


def as_bytes(array, version=(1, 0), **settings):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, version, **settings)
    return buffer.getvalue()


def header(shape, dtype="<i8"):
    """The header of an array that is not there."""
    buffer = io.BytesIO()
    text = {"descr": dtype, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(buffer, text)
    return buffer.getvalue()


def test_numbers_and_text_come_back(tmp_path):
    arrays = {
        "a": np.arange(6, dtype=np.int32).reshape(2, 3),
        "b": np.array(["x", "yy"]),
        "c": np.empty((0, 4), np.float32),
        "d": np.asfortranarray(np.arange(6.0).reshape(3, 2)),
    }
    np.savez_compressed(tmp_path / "x.npz", **arrays)
    assert npz_names(tmp_path / "x.npz") == set(arrays)
    found = read_npz(tmp_path / "x.npz", ["d", "c", "b", "a"])
    for name, values in arrays.items():
        np.testing.assert_array_equal(found[name], values)
    two = archive(tmp_path / "two.npz", a=as_bytes(arrays["a"], (2, 0)))
    np.testing.assert_array_equal(read_npz(two, ["a"])["a"], arrays["a"])


def test_objects_are_never_loaded(tmp_path):
    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "sprung"), "w"))

    np.savez(tmp_path / "x.npz", a=np.array([Trap()], dtype=object))
    with pytest.raises(InputError, match="'a' is damaged: it holds Python objects"):
        read_npz(tmp_path / "x.npz", ["a"])
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "data",
    [
        header((1 << 60,)),
        header((1 << 32, 1 << 32)),
        header((3,)) + bytes(23),
        header((3,)) + bytes(25),
        header((-1,)),
        b"",
        b"\x93NUMPY",
        b"not an array at all",
        as_bytes(np.arange(3), (3, 0)),
        header((2,), "|O") + bytes(16),
    ],
)
def test_a_header_that_does_not_fit_its_bytes_is_refused(tmp_path, data):
    path = archive(tmp_path / "x.npz", a=data)
    with pytest.raises(InputError, match="'a' is damaged"):
        read_npz(path, ["a"])


def test_what_is_no_such_file_or_too_large_is_refused(tmp_path, monkeypatch):
    (tmp_path / "text.npz").write_text("hello")
    for name in ("text.npz", "none.npz"):
        with pytest.raises(InputError, match="cannot be read as"):
            npz_names(tmp_path / name)
    np.savez(tmp_path / "x.npz", a=np.zeros(100), b=np.zeros(100))
    with pytest.raises(InputError, match="no array 'c'"):
        read_npz(tmp_path / "x.npz", ["a", "c"])
    monkeypatch.setattr(npz, "MAX_BYTES", 1500)
    assert len(read_npz(tmp_path / "x.npz", ["a"])["a"]) == 100
    with pytest.raises(InputError, match="more than"):
        read_npz(tmp_path / "x.npz", ["a", "b"])


def test_a_file_that_was_cut_or_changed_is_refused(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", a=np.random.default_rng(0).normal(size=1000))
    whole = (tmp_path / "x.npz").read_bytes()
    for cut in (10, len(whole) // 2, len(whole) - 5):
        (tmp_path / "cut.npz").write_bytes(whole[:cut])
        with pytest.raises(InputError):
            read_npz(tmp_path / "cut.npz", ["a"])
    changed = bytearray(whole)
    changed[len(whole) // 2] ^= 0xFF
    (tmp_path / "changed.npz").write_bytes(changed)
    with pytest.raises(InputError, match="'a' is damaged"):
        read_npz(tmp_path / "changed.npz", ["a"])
