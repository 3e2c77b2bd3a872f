"""Vessels drawn by hand: bars of voxels, and a portal tree of two branches in a liver."""

from __future__ import annotations

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.vessels.trees import VesselTrees, build_trees
from fl_planner.space.mask import Mask, unite
from tests.masks import block, cubes

GRID = cubes((41, 21, 21), 2.0)  # 2 mm
COLUMN = 17 * 9  # voxels of the liver at one place along x
ROOT = (40.0, 20.0, 0.0)  # the foot of a `STEM`
STEM = ((20, 21), (10, 11), (0, 11))
LOOP = (  # a square on a stem, open at its lower side
    STEM,
    ((10, 31), (10, 11), (10, 11)),
    ((10, 11), (4, 11), (10, 11)),
    ((30, 31), (4, 11), (10, 11)),
)
LOWER = ((10, 31), (4, 5), (10, 11))  # which closes it

Span = tuple[int, int]


def drawn(name: str, *spans: tuple[Span, Span, Span]) -> Mask:
    return unite([block(GRID, *each, name=name, file=f"{name}.nii.gz") for each in spans])


def bar(name: str, start: int, stop: int) -> Mask:
    """Draw a bar along x, a voxel thick, in the middle of the liver."""
    return drawn(name, along_x(start, stop))


def along_x(start: int, stop: int) -> tuple[Span, Span, Span]:
    """Give the spans of such a bar."""
    return (start, stop), (10, 11), (10, 11)


def liver_with(**vessels: Mask) -> Anatomy:
    """Lay vessels into a box of liver, from 2 to 38, 2 to 18 and 6 to 14."""
    liver = block(GRID, (2, 39), (2, 19), (6, 15), name="liver", file="liver.nii.gz")
    return Anatomy(liver, vessels=vessels)


def tee() -> Mask:
    """Draw a stem along z in the middle, and a branch to either side at its top: a T."""
    return drawn("portal_veins", STEM, along_x(4, 37))


def tee_trees() -> VesselTrees:
    """Grow the T from the foot of its stem."""
    return build_trees(liver_with(portal_veins=tee()), {"portal": ROOT})
