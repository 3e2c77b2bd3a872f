"""Vessels drawn by hand: bars of voxels, and a portal tree of two branches in a liver."""

from __future__ import annotations

from fl_planner.liver.anatomy import Anatomy
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask, unite
from tests.masks import block, cubes

GRID = cubes((41, 21, 21), 2.0)  # 2 mm


def drawn(name: str, *spans: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]) -> Mask:
    return unite([block(GRID, *each, name=name, file=f"{name}.nii.gz") for each in spans])


def liver_with(**vessels: Mask) -> Anatomy:
    """Lay vessels into a box of liver, from 2 to 38, 2 to 18 and 6 to 14."""
    liver = block(GRID, (2, 39), (2, 19), (6, 15), name="liver", file="liver.nii.gz")
    return Anatomy(liver, vessels=vessels)


def tee() -> Mask:
    """Draw a stem along z in the middle, and a branch to either side at its top: a T."""
    return drawn("portal_veins", ((20, 21), (10, 11), (0, 11)), ((4, 37), (10, 11), (10, 11)))


def grid() -> Grid:
    return GRID
