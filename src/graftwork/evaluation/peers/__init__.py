"""Models of other libraries, fitted with their own defaults on the same rows (extra ``peers``)."""

from graftwork.evaluation.peers.chemprop import ChempropPeer
from graftwork.evaluation.peers.peer import Labelled, Peer
from graftwork.evaluation.peers.torch_molecule import TorchMoleculePeer

PEERS: dict[str, type[Peer]] = {
    "chemprop": ChempropPeer,
    "torch-molecule": TorchMoleculePeer,
}

__all__ = ["PEERS", "ChempropPeer", "Labelled", "Peer", "TorchMoleculePeer"]
