"""Molecules as drawings: SMILES or a mol block in, SVG out, or nothing where it cannot be drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rdkit import Chem, rdBase
from rdkit.Chem import rdDepictor
from rdkit.Chem.Draw import rdMolDraw2D

from graftwork.formatting import finite, show
from graftwork.report.figure import svg_uri

if TYPE_CHECKING:
    from graftwork.report.content import ErrorMolecule

MAX_ATOMS = 300  # larger drawings are unreadable at this size
MAX_TEXT = 300


@dataclass(frozen=True)
class MoleculeCard:
    """One worst error as the page shows it; ``text`` stands in where ``uri`` is empty."""

    uri: str
    text: str
    row: int
    task: str
    truth: str
    prediction: str
    difference: str
    note: str


def molecule_card(error: ErrorMolecule, *, draw: bool = True) -> MoleculeCard:
    """Draw one badly predicted molecule and write its numbers; without ``draw`` only those."""
    source = error.smiles_or_molblock
    svg = molecule_svg(source) if draw else None
    text = source if len(source) <= MAX_TEXT else source[:MAX_TEXT] + "…"
    defined = finite(error.truth) and finite(error.prediction)
    difference = error.prediction - error.truth if defined else None
    return MoleculeCard(
        uri=svg_uri(svg) if svg else "",
        text=text.strip() or "(empty)",
        row=error.row,
        task=error.task,
        truth=show(error.truth),
        prediction=show(error.prediction),
        difference=show(difference, signed=True),
        note=error.note,
    )


def molecule_svg(smiles_or_molblock: str, width: int = 280, height: int = 190) -> str | None:
    """Draw a molecule on a transparent ground.

    Parameters
    ----------
    smiles_or_molblock
        SMILES, or the text of an MDL mol block (recognised by its ``M  END``), whose flat
        coordinates are kept.
    width, height
        Size in pixels.

    Returns
    -------
    str or None
        An ``<svg>`` element, or ``None`` if RDKit cannot read or draw the text.

    Examples
    --------
    >>> molecule_svg("CCO").startswith("<svg"), molecule_svg("not a molecule")
    (True, None)
    """
    with rdBase.BlockLogs():
        try:
            return _draw(smiles_or_molblock, width, height)
        except (RuntimeError, ValueError):  # RDKit's own errors are of these two types
            return None


def _draw(text: str, width: int, height: int) -> str | None:
    molecule = Chem.MolFromMolBlock(text) if "M  END" in text else Chem.MolFromSmiles(text)
    if molecule is None or not 0 < molecule.GetNumAtoms() <= MAX_ATOMS:
        return None
    flat = molecule.GetNumConformers() and not molecule.GetConformer().Is3D()
    if not flat:
        rdDepictor.Compute2DCoords(molecule)
    drawer = rdMolDraw2D.MolDraw2DSVG(width, height)
    options: Any = drawer.drawOptions()  # rdkit's stubs give its fields the wrong types
    options.clearBackground = False
    options.padding = 0.04
    rdMolDraw2D.PrepareAndDrawMolecule(drawer, molecule)
    drawer.FinishDrawing()
    svg: str = drawer.GetDrawingText()
    return svg[svg.index("<svg") :]
