"""Content of a DICOM drawing: segments by number, their voxels, and their meaning by code.

The codes of SNOMED CT and of its predecessor SNOMED RT are those of `basis/clinical_codes.py`,
paired as in the DICOM dictionary; both codes of an organ are equivalent. Any other code has no
meaning here [conventions.md 3].
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from fl_planner.basis.clinical_codes import FORMER_SNOMED, SNOMED, STRUCTURES
from fl_planner.basis.findings import Finding
from fl_planner.formats.dicom.elements import Attribute, DataSet
from fl_planner.liver.names.structures import (
    OF_LIVER,
    PARTS,
    UNDIVIDED,
    VESSELS,
    WHOLE_HEPATIC,
    WHOLE_PORTAL,
    WITH_SPLENIC,
    tree_of,
)
from fl_planner.space.grid import NOWHERE, Box, Grid, Voxels, box_around

CODE, SCHEME = Attribute(0x00080100, "CodeValue"), Attribute(0x00080102, "CodingSchemeDesignator")
_CODED = {term.code: name for name, terms in STRUCTURES.items() for term in terms}
_FORMERLY = {term.former: name for name, terms in STRUCTURES.items() for term in terms}
_PORTAL = {WHOLE_PORTAL, WITH_SPLENIC}
_UNDIVIDED = {WHOLE_HEPATIC, *_PORTAL}  # what one label for all veins may be coded as


def coded_as(item: DataSet | None) -> str | None:
    """Read the meaning of a code: a structure that is used here, or the name of something else."""
    if item is None:
        return None
    scheme, code = item.text(SCHEME) or "", item.text(CODE) or ""
    if scheme in FORMER_SNOMED:
        return _FORMERLY.get(code)
    return _CODED.get(code) if scheme == SNOMED.designator else None


def is_used(coded: str | None) -> bool:
    """Whether a code alone identifies the structure of a segment."""
    return coded == "liver" or coded in PARTS or coded in VESSELS


def contradicts(coded: str | None, structure: str | None) -> bool:
    """Whether the code contradicts the name of the structure.

    All structures in a liver may be coded as liver; a remnant may be coded as segments of it. A
    branch may be coded as its tree, and not as another branch.

    Examples
    --------
    >>> contradicts("spleen", "liver"), contradicts("segment_5", "segment_4")
    (True, True)
    >>> contradicts("liver", "tumour"), contradicts("segment_2", "flr"), contradicts(None, "flr")
    (False, False, False)
    >>> contradicts("portal_veins", "hepatic_veins"), contradicts("hepatic_veins", "liver_vessels")
    (True, False)
    """
    if coded is None or structure is None or coded in (structure, "liver"):
        return False
    if structure.startswith("segment_"):
        return not coded.startswith(structure) and not structure.startswith(coded)
    if structure in OF_LIVER:
        return not coded.startswith("segment_")
    if structure in VESSELS:
        return not _may_be(coded, structure)
    return structure in ("liver", "tumour")


def _may_be(coded: str, vessel: str) -> bool:
    """Whether a vessel may have this code: of its tree or, for a tree, of a branch."""
    if vessel in UNDIVIDED:
        return tree_of(coded) in _UNDIVIDED
    if tree_of(vessel) in _PORTAL and coded in _PORTAL:
        return True
    return tree_of(coded) == tree_of(vessel) and tree_of(coded) in (coded, vessel)


@dataclass(frozen=True, slots=True)
class Drawn:
    """One segment's voxels in their box."""

    voxels: Voxels
    box: Box


@dataclass(frozen=True, slots=True)
class Drawing:
    """Segments by number, all on one grid, and findings about them."""

    grid: Grid
    of: dict[int, Drawn]
    findings: tuple[Finding, ...]


@dataclass(slots=True)
class Pen:
    """One segment while its layers are read; only the block of voxels of each layer is kept."""

    _blocks: list[tuple[Box, Voxels]] = field(default_factory=list)
    _hull: Box = NOWHERE

    def add(self, voxels: Voxels, box: Box) -> None:
        """Add a block at its position."""
        around = box_around(voxels)
        if around != NOWHERE:
            placed = around.moved(box.start)
            self._blocks.append((placed, voxels[around.slices()].copy()))
            self._hull |= placed

    def drawn(self) -> Drawn:
        """Return all blocks as one."""
        voxels = np.zeros(self._hull.shape, dtype=np.bool_)
        for box, block in self._blocks:
            voxels[box.slices(self._hull.start)] |= block
        return Drawn(voxels, self._hull)
