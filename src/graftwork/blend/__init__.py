"""Models of molecules beside the network, and the gate that decides what each is worth."""

from graftwork.blend.fingerprints import Fingerprints
from graftwork.blend.forest import Forest
from graftwork.blend.gate import gate
from graftwork.blend.model import NETWORK, Blend
from graftwork.blend.molecules import Molecules
from graftwork.blend.process import Process

__all__ = ["NETWORK", "Blend", "Fingerprints", "Forest", "Molecules", "Process", "gate"]
