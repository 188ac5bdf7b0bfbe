"""Whole groups as the test part: another species, another site."""

from __future__ import annotations

from graftwork.data.splits.split import Split, SplitRequest, draw_validation, sorted_split
from graftwork.errors import InputError


def group_split(request: SplitRequest) -> Split:
    """Test on the groups that are asked for; draw validation from the rest by the data seed.

    Of the sizes only the ratio of train to validation counts.

    Raises
    ------
    InputError
        If no group is named, or there is none of that name.
    """
    known = sorted(set(request.groups) - {""})
    wanted = set(request.test_groups)
    if not known:
        raise InputError(
            "This input has no groups, so none can be held out.", "Choose another --split."
        )
    unknown = sorted(wanted - set(known))
    if not wanted or unknown:
        what = f"There is no group {unknown[0]!r}." if unknown else "The group split needs groups."
        raise InputError(what, f"Name one or more of {', '.join(known[:20])} with --test-groups.")
    test = [i for i, group in enumerate(request.groups) if group in wanted]
    rest = [i for i, group in enumerate(request.groups) if group not in wanted]
    train, val = draw_validation(request, rest)
    return sorted_split("group", train, val, test)
