"""Arrays of a file, taken one by one and checked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from graftwork.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt


class Reader:
    """Arrays by name; what is wrong with one is an :class:`ArtifactError`.

    Parameters
    ----------
    arrays
        Content of the file.
    where
        Its name, for messages.
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[Any]], where: str) -> None:
        self._arrays = dict(arrays)
        self._where = where

    def error(self, what: str) -> ArtifactError:
        """Return the error that the file has, is or lacks something."""
        return ArtifactError(
            f"{self._where} {what}.", "The file is damaged, or another version wrote it."
        )

    def require(self, good: bool, what: str) -> None:  # noqa: FBT001  (a condition)
        """Raise :class:`ArtifactError` unless a condition holds."""
        if not good:
            raise self.error(what)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the shape of an array that is there."""
        self.require(name in self._arrays, f"lacks {name}")
        return self._arrays[name].shape

    def numbers(
        self, name: str, *shape: int | None, dtype: type[np.floating[Any]] = np.float64
    ) -> npt.NDArray[Any]:
        """Take finite numbers of this shape; None stands for any length."""
        values = self._taken(name, shape, dtype)
        self.require(bool(np.isfinite(values).all()), f"holds NaN or infinity in {name}")
        return values

    def whole(
        self,
        name: str,
        *shape: int | None,
        dtype: type[np.integer[Any]] = np.int32,
        least: int = 0,
        below: int | None = None,
    ) -> npt.NDArray[Any]:
        """Take whole numbers of this shape within limits."""
        values = self._taken(name, shape, dtype)
        good = not values.size or (
            values.min() >= least and (below is None or int(values.max()) < below)
        )
        self.require(bool(good), f"has a value out of range in {name}")
        return values

    def rest(self, prefix: str) -> dict[str, npt.NDArray[Any]]:
        """Take all that is left, whose names must start with ``prefix``; return it without."""
        unknown = [name for name in self._arrays if not name.startswith(prefix)]
        self.require(not unknown, f"holds unknown arrays {sorted(unknown)[:3]}")
        return {
            name.removeprefix(prefix): self.numbers(name, *values.shape, dtype=np.float32)
            if values.dtype.kind == "f"
            else values
            for name, values in list(self._arrays.items())
        }

    def _taken(
        self, name: str, shape: tuple[int | None, ...], dtype: type[np.generic]
    ) -> npt.NDArray[Any]:
        found = self.shape(name)
        values = self._arrays.pop(name)
        fits = len(found) == len(shape) and all(
            wanted is None or wanted == actual for wanted, actual in zip(shape, found, strict=True)
        )
        self.require(
            fits and values.dtype == dtype,
            f"has {values.dtype} {found} in {name}, expected {np.dtype(dtype)} {shape}",
        )
        return values
