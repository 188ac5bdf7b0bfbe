"""Which molecules of a table the starting point has seen, and which the new model will have."""

from __future__ import annotations

from dataclasses import dataclass

from graftwork.data.digests import molecule_digests
from graftwork.data.labelled import LabelledData
from graftwork.data.membership import Membership, carried_on
from graftwork.data.overlap import Overlap, overlap
from graftwork.data.splits import Split
from graftwork.evaluation.finetune_config import FinetuneConfig
from graftwork.nn.checkpoints import find_model
from graftwork.nn.record import MEMBERSHIP, read_membership


@dataclass(frozen=True)
class Exposure:
    """What training has seen.

    Parameters
    ----------
    overlap
        What the table shares with the training molecules of the starting point; None for a start
        from none, and where the starting point carries no record.
    record
        That of the fine-tuned model: what the starting point has seen, and the table.
    """

    overlap: Overlap | None
    record: Membership


def exposure(config: FinetuneConfig, data: LabelledData, split: Split) -> Exposure:
    """Compare a table with the starting point's record, and carry the record on.

    Raises
    ------
    ArtifactError
        If the record is damaged.
    """
    digests = molecule_digests(data.structures)
    rows = slice(None) if config.refit else split.learnable
    added = Membership.of(digests[rows], labelled=True)
    if config.start_from == "none":
        return Exposure(None, added)
    path = find_model(config.start_from) / MEMBERSHIP
    earlier = read_membership(path)
    record = carried_on(earlier, added)
    if earlier is None:
        return Exposure(None, record)
    return Exposure(overlap(digests, split, Membership.from_bytes(earlier, str(path))), record)
