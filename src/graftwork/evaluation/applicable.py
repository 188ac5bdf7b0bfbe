"""Which baselines apply to which data."""

from __future__ import annotations

from graftwork.config import Kind
from graftwork.data.labelled import LabelledData
from graftwork.errors import InputError
from graftwork.evaluation.baselines import BASELINES, TABLES, Table


def baseline_tables(
    data: LabelledData, kind: Kind, baselines: tuple[str, ...] = tuple(BASELINES)
) -> dict[str, Table]:
    """Return what each baseline that applies to the data reads of it.

    Raises
    ------
    InputError
        If baselines were chosen, and one of them does not apply.
    """
    wanted = dict.fromkeys(BASELINES[name].reads for name in baselines)
    tables = {reads: TABLES[reads](data) for reads in wanted}
    found: dict[str, Table] = {}
    for name in baselines:
        table = tables[BASELINES[name].reads]
        if table is not None and kind in BASELINES[name].kinds:
            found[name] = table
        elif set(baselines) != set(BASELINES):
            raise InputError(
                f"The baseline {name!r} does not apply: it reads {BASELINES[name].reads} and fits "
                f"{', '.join(BASELINES[name].kinds)}.",
                "Leave it out of --baselines.",
            )
    return found
