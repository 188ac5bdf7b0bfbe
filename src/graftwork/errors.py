"""Typed errors. Each one says what failed, where, what was expected and what to do next."""

from __future__ import annotations


class GraftworkError(Exception):
    """Base of every error this package raises on purpose.

    Parameters
    ----------
    message
        What failed and where (file, row, value).
    hint
        What was expected, or what to do next.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message if hint is None else f"{message} {hint}")
        self.message = message
        self.hint = hint


class InputError(GraftworkError):
    """The arguments or the input are wrong (exit code 2)."""

    exit_code = 2


class ArtifactError(InputError):
    """A model directory is missing, damaged, or not one of ours."""


class SchemaMismatchError(InputError):
    """Two values with different feature schemas were about to meet."""


class RunError(GraftworkError):
    """A run failed for a reason that is not the input (exit code 1)."""
