"""A liver and its eight segments, drawn with smooth solids in the coordinates of an atlas.

Atlas: mm, x to the patient's left, y to the front, z to the head; the spine stands behind the
origin, the porta hepatis lies near z = -20. A patient is the atlas times a stature; `make.pack`
alone turns the atlas into the RAS+ of the files. All figures here are the project's choice, by eye
and by volumes of real livers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data.shapes import (
    ENDLESS_MM,
    Ellipsoid,
    Field,
    Points,
    Solid,
    Triple,
    Tube,
    carve,
    join,
    meet,
    vessel,
    wave,
)

Labels = NDArray[np.uint8]

LIVER_BOX = ((-142.0, -98.0, -96.0), (122.0, 104.0, 84.0))
CAPSULE_GAP_MM = 1.2  # liver to diaphragm and wall
RIM_MM = 2.5  # of liver between a tumour and the capsule: no scattered voxels there
SPINE = Ellipsoid((2, -76, 0), (34, 42, ENDLESS_MM))
HEART = Ellipsoid((30, 30, 94), (60, 48, 40))
CAUDATE = Ellipsoid((-4, -12, 8), (26, 19, 40))
CAVA = ((-20, -34, -130), (-20, -30, 0), (-14, -18, 60), (-8, -6, 100))
GALLBLADDER = ((-30, 12, -30), (-42, 50, -50), (-46, 68, -60))
HOLLOWS: tuple[
    tuple[Solid, float], ...
] = (  # what presses into the visceral surface, and how softly
    (Ellipsoid((84, -50, -16), (80, 70, 120)), 26.0),  # stomach
    (Ellipsoid((12, -52, 0), (24, 35, ENDLESS_MM)), 10.0),  # crura and aorta
    (Ellipsoid((-58, -52, -74), (36, 40, 60)), 12.0),  # right kidney
    (HEART, 18.0),
    *((piece, 5.0) for piece in vessel(CAVA, 12, 12)),
    *((piece, 6.0) for piece in vessel(GALLBLADDER, 8, 15)),
    *((piece, 10.0) for piece in vessel([(-6, 12, -20), (-6, 40, -26), (0, 84, -52)], 6, 10)),
    *((piece, 8.0) for piece in vessel([(40, -6, -10), (0, -6, -18), (-28, -4, -24)], 14, 9)),
)


@dataclass(frozen=True, slots=True)
class Build:
    """What differs between two livers: size, reach of the left lobe, size of the right one."""

    stature: float
    left_reach_mm: float
    right_semi: Triple


def dome(p: Points) -> Field:
    """Return the space under the diaphragm: two domes and the central tendon between them.

    Below z = -15 it is a cylinder, the cavity of the abdomen.
    """
    rise = Points(p.x, p.y, np.maximum(p.z + 15, 0))
    right = Ellipsoid((-64, 0, 0), (74, 88, 88)).field(rise)
    left = Ellipsoid((66, 0, 0), (72, 84, 72)).field(rise)
    tendon = Ellipsoid((0, 24, 0), (96, 70, 66)).field(rise)
    return join(join(right, left, 40), tendon, 20)


def underside(p: Points) -> Field:
    """Return the half space above the visceral surface, which falls to the right and forward."""
    right_tip = np.minimum(p.x + 50, 0)
    bed = -8 + 0.46 * p.x - 0.36 * np.maximum(p.x, 0) - 0.0042 * right_tip * right_tip
    left_lobe = 0.8 * np.clip(p.x + 16, 0, 30)  # hangs lower than the quadrate lobe
    level: Field = bed - left_lobe - 0.24 * (p.y - 5)
    steepness = np.float32(0.85)  # makes mm of height about mm of distance
    return (level - p.z) * steepness


def draw_liver(p: Points, build: Build) -> Field:
    """Return the whole organ, without the gallbladder and the vena cava behind it."""
    right = Ellipsoid((-66, -2, -20), build.right_semi, (-0.06, 0, 0)).field(p)
    left = Ellipsoid((30, 40, 12), (build.left_reach_mm, 68, 60), (0, 0, 0.05)).field(p)
    solid = meet(join(right, left, 34), underside(p), 22)
    space = dome(p)
    carve(space, p, SPINE, 14)
    solid = meet(solid, space + CAPSULE_GAP_MM, 6)
    for tool, softness in HOLLOWS:
        carve(solid, p, tool, softness)
    return solid


def fissure(p: Points) -> Field:
    """Return the umbilical fissure and left hepatic vein: II and III are where it is positive."""
    plane: Field = p.x + 12 - 0.08 * p.y + 0.03 * p.z
    return plane + 2.5 * wave((p.z + 0.6 * p.y) / 110)


def couinaud(p: Points, fissure_at_mm: float) -> Labels:
    """Return the Couinaud segment of every point, as if all were liver.

    Three hepatic veins stand upright, the portal plane lies across; each is gently curved.
    """
    middle = p.x + 17 + 0.38 * (p.y + 16) - 0.05 * p.z
    middle = middle + 3 * wave((p.z + 10) / 120) + 3 * wave(p.y / 130)
    right = p.y + 28 + 0.20 * (p.x + 20) + 0.12 * p.z + 4 * wave((p.x + p.z) / 150)
    portal = p.z + 6 - 0.10 * (p.x + 60) + 4 * wave((p.x + 0.7 * p.y) / 140)
    oblique = p.z - 8 - 0.55 * (p.y - 46) + 3 * wave(p.x / 120)
    left = np.where(fissure(p) > fissure_at_mm, np.where(oblique > 0, 2, 3), 4)
    front, back = np.where(portal > 0, 8, 5), np.where(portal > 0, 7, 6)
    segments = np.where(middle > 0, left, np.where(right > 0, front, back))
    return np.where(CAUDATE.field(p) < 0, 1, segments).astype(np.uint8)


def without_specks(labels: Labels) -> Labels:
    """Return every voxel with less than two face neighbours of its label that of another one.

    Where a curved border grazes the surface it leaves one or two voxels behind.
    """
    alike, other = np.zeros_like(labels), np.zeros_like(labels)
    for axis in (0, 1, 2):
        for step in (1, -1):
            neighbour = np.roll(labels, step, axis)
            alike += neighbour == labels
            other = np.where((other == 0) & (neighbour != labels), neighbour, other)
    return np.where((labels > 0) & (alike < 2) & (other > 0), other, labels)


def fissure_for_share(
    p: Points, spared: NDArray[np.bool_], counted: NDArray[np.bool_], share: float
) -> float:
    """Place the fissure so that II and III take a share of the counted voxels.

    `spared` marks what lies left of the middle hepatic vein, outside caudate and tumour.
    """
    depth = np.sort(np.broadcast_to(fissure(p), spared.shape)[spared])[::-1]
    return float(depth[round(share * int(counted.sum()))])


def draw_lesion(p: Points, lesion: Ellipsoid) -> Field:
    """Return a slightly lobulated nodule, as if there were no capsule."""
    size = min(lesion.semi)
    bumps = wave((p.x + 0.5 * p.z) / size) * wave((p.y - 0.5 * p.z) / size)
    return lesion.field(p) + 0.07 * size * bumps


def draw_tumour(p: Points, liver: Field, lesions: Sequence[Ellipsoid]) -> NDArray[np.bool_]:
    """Mark all lesions; what reaches the capsule is flattened under a rim of liver."""
    tumour = np.zeros(liver.shape, np.bool_)
    for lesion in lesions:
        box, q = p.near(*lesion.corners(0.1 * max(lesion.semi)))
        tumour[box] |= meet(draw_lesion(q, lesion), liver[box] + RIM_MM, 4) < 0
    return tumour


def hepatic_and_portal_veins() -> Sequence[Tube]:
    """Return the vessels that show in the liver: along the borders of the segments."""
    crown = (-14.0, -14.0, 50.0)
    return [
        *vessel([crown, (-50, -22, 34), (-92, -12, 10), (-112, -8, -14)], 6, 2),  # right
        *vessel([crown, (-24, 14, 36), (-36, 40, 10), (-46, 58, -16)], 6, 2),  # middle
        *vessel([crown, (-4, 10, 38), (14, 34, 30), (40, 46, 24)], 5, 1.5),  # left
        *vessel([(6, -14, -60), (-6, -10, -34), (-22, -4, -20)], 7, 7),  # portal trunk
        *vessel([(-22, -4, -20), (-46, 0, -12), (-66, 14, 4), (-80, 24, 24)], 6, 2),  # to VIII
        *vessel([(-46, 0, -12), (-70, -24, -8), (-88, -40, 12)], 5, 1.5),  # to VII
        *vessel([(-58, -12, -10), (-82, -24, -30), (-92, -34, -44)], 4, 1.5),  # to VI
        *vessel([(-50, 4, -10), (-68, 34, -20), (-78, 50, -32)], 4, 1.5),  # to V
        *vessel([(-22, -4, -20), (-10, 0, -10), (-8, 22, -6), (-6, 44, -4)], 6, 4),  # umbilical
        *vessel([(-9, 12, -8), (12, 30, 14), (44, 36, 20)], 4, 1.5),  # to II
        *vessel([(-7, 34, -5), (16, 48, -8), (46, 56, -6)], 4, 1.5),  # to III
        *vessel([(-6, 44, -4), (-20, 56, 8), (-28, 62, 18)], 3.5, 1.5),  # to IV
    ]
