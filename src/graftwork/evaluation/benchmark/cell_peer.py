"""The cell of a peer: another library's model on the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from rdkit import Chem

from graftwork.data.featurize import parse_molecule
from graftwork.evaluation.benchmark.epoch_choice import BEST, Predictions
from graftwork.evaluation.benchmark.prepare import PARTS, Prepared
from graftwork.evaluation.peers import PEERS, Labelled

if TYPE_CHECKING:
    import numpy.typing as npt


def run_peer(
    found: Prepared, spec: dict[str, Any], name: str
) -> tuple[Predictions, dict[str, Any]]:
    """Train on the training part, choose the epoch on the validation part, predict both others."""
    peer, kind = PEERS[name](), found.kind
    facts: dict[str, Any] = {"deterministic": False, "notes": [f"{name} {peer.version()}"]}
    if kind not in peer.kinds:
        return {}, {**facts, "does_not_apply": f"it fits {', '.join(peer.kinds)}"}
    parts = {part: _labelled(found, rows) for part, rows in found.split.parts().items()}
    peer.fit(parts["train"], parts["val"], kind, spec["seed"])
    predictions = {
        (part, BEST): peer.predict(parts[part].smiles).astype(np.float32) for part in PARTS
    }
    return predictions, facts


def _labelled(found: Prepared, rows: npt.NDArray[np.int64]) -> Labelled:
    """Write molecules as every library reads them, standardised as the schema says."""
    options, texts = found.data.store.schema.options, found.data.structures
    smiles = [Chem.MolToSmiles(parse_molecule(texts[row], options)) for row in rows]
    return Labelled(smiles, found.data.y[rows])
