"""What every peer shares: the library it needs, and molecules with labels in, predictions out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata
from typing import TYPE_CHECKING, ClassVar, Self

from graftwork.config import Kind
from graftwork.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Labelled:
    """Molecules with labels.

    Parameters
    ----------
    smiles
        One per row.
    y
        Labels, shape ``[rows, tasks]``, NaN where missing.
    """

    smiles: Sequence[str]
    y: FloatArray


class Peer(ABC):
    """A model of another library: its default settings, its best validation epoch.

    Attributes
    ----------
    package
        Of the class: the library, as ``pip`` calls it.
    kinds
        Of the class: the kinds of task that it can fit.
    """

    package: ClassVar[str]
    kinds: ClassVar[tuple[Kind, ...]]

    @classmethod
    def version(cls) -> str:
        """Return the version of the library that is installed.

        Raises
        ------
        InputError
            If it is not.
        """
        try:
            return metadata.version(cls.package)
        except metadata.PackageNotFoundError as error:
            raise InputError(
                f"{cls.package} is not installed.",
                "Install it with pip install 'graftwork[peers]'.",
            ) from error

    @abstractmethod
    def fit(self, train: Labelled, val: Labelled, kind: Kind, seed: int) -> Self:
        """Train one model of all tasks, and keep the epoch that is best on ``val``.

        Parameters
        ----------
        train, val
            At least one row each.
        kind
            One of `kinds`.
        seed
            Of weights and the order of the rows.
        """

    @abstractmethod
    def predict(self, smiles: Sequence[str]) -> FloatArray:
        """Return predictions, shape ``[rows, tasks]``.

        Probabilities for classification, class numbers for multiclass, or values in label units.
        """
