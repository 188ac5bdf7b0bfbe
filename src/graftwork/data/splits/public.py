"""The split that a network's file gives."""

from __future__ import annotations

from graftwork.data.splits.split import Split, SplitRequest, sorted_split
from graftwork.errors import InputError


def public_split(request: SplitRequest) -> Split:
    """Follow the file's own parts; rows of no part take no part.

    Raises
    ------
    InputError
        If the file has no split.
    """
    if not any(request.public):
        raise InputError("This input has no split of its own.", "Choose another --split.")
    parts = [
        [i for i, cell in enumerate(request.public) if cell == part]
        for part in ("train", "val", "test")
    ]
    return sorted_split("public", *parts)
