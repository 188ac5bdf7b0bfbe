"""What RDKit computes from a molecule for networks to predict. ``TARGETS``: name -> what."""

from __future__ import annotations

from graftwork.data.featurize.targets.descriptors import DESCRIPTORS
from graftwork.data.featurize.targets.fingerprints import FINGERPRINTS
from graftwork.data.featurize.targets.motifs import MOTIFS
from graftwork.data.featurize.targets.targets import MoleculeTargets

__all__ = ["TARGETS", "MoleculeTargets"]

TARGETS: dict[str, MoleculeTargets] = {
    "descriptors": DESCRIPTORS,
    "fingerprints": FINGERPRINTS,
    "motifs": MOTIFS,
}
