"""A plain portal-venous CT around a liver: tissues of even density, a little grain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sample_data.liver import (
    CAVA,
    GALLBLADDER,
    HEART,
    SPINE,
    dome,
    draw_lesion,
    hepatic_and_portal_veins,
)
from sample_data.shapes import ENDLESS_MM, Ellipsoid, Field, Points, Solid, join, vessel

Picture = NDArray[np.int16]
Flags = NDArray[np.bool_]

# Hounsfield units, portal-venous phase: project's choice within textbook ranges
AIR, LUNG, FAT, BELLY_FAT, FLUID, MUSCLE = -1000, -850, -100, -95, 12, 55
LIVER, SPLEEN, KIDNEY, BLOOD, BONE, MARROW = 110, 122, 175, 160, 420, 190
CRUS_MM = 2.5  # thickness of the diaphragm
DISC = 85
GRAIN_HU = (-4, 0, 0, 4)  # in soft tissue, by pairs of pixels: gentle, and it packs well
HASH_PRIMES = (73856093, 19349663, 83492791)  # spatial hash of Teschner et al. 2003
HASH_MIXER = 0x2C1B3C6D  # an odd number with its bits well spread


@dataclass(frozen=True, slots=True)
class Nodule:
    """A tumour and how it looks: density, that of its core, that of its rim."""

    shape: Ellipsoid
    hu: int
    core_hu: int
    rim_hu: int


PANCREAS = ((-24, 10, -62), (6, 16, -50), (40, -30, -34), (84, -50, -20))
DUODENUM = ((-40, -4, -96), (-36, 10, -60), (-20, 22, -40))
COLON = ((-86, 30, -104), (-30, 66, -88), (40, 70, -82), (100, 30, -60))
COLON_GAS = ((-70, 50, -96), (-30, 72, -86), (40, 76, -80), (90, 44, -64))
VERTEBRA = Ellipsoid((2, -60, 0), (22, 18, ENDLESS_MM))
ORGANS: tuple[tuple[Solid, int], ...] = (  # a later one covers an earlier one
    *((piece, 95) for piece in vessel(PANCREAS, 13, 8)),
    (Ellipsoid((70, -8, 4), (40, 46, 56)), MUSCLE + 25),  # stomach wall
    (Ellipsoid((70, -8, 4), (36, 42, 52)), FLUID + 10),
    (Ellipsoid((66, 12, 8), (26, 18, 36)), LUNG - 50),  # gas floats to the front
    (Ellipsoid((108, -34, 6), (24, 40, 48)), SPLEEN),
    (Ellipsoid((-58, -54, -74), (29, 31, 52)), KIDNEY),
    (Ellipsoid((-50, -50, -74), (12, 14, 26)), FAT + 10),
    (Ellipsoid((64, -54, -56), (28, 30, 52)), KIDNEY),
    (Ellipsoid((56, -50, -56), (12, 14, 26)), FAT + 10),
    *((piece, 30) for piece in vessel(DUODENUM, 13, 13)),
    *((piece, 40) for piece in vessel(COLON, 19, 16)),
    *((piece, LUNG) for piece in vessel(COLON_GAS, 9, 8)),
)
UPRIGHT = (
    (Ellipsoid((2, -60, 0), (24, 20, ENDLESS_MM)), BONE),
    (VERTEBRA, MARROW),
    (Ellipsoid((2, -94, 0), (17, 13, ENDLESS_MM)), BONE - 60),
    (Ellipsoid((2, -104, 0), (6, 12, ENDLESS_MM)), BONE - 60),
    (Ellipsoid((2, -88, 0), (9, 8, ENDLESS_MM)), FLUID + 20),
    (Ellipsoid((14, -32, 0), (10, 10, ENDLESS_MM)), BLOOD + 10),
)


def torso(p: Points) -> tuple[Field, Field]:
    """Return skin and inner chest wall, alike in every slice: fields of shape [1, y, x]."""
    low = Points(p.x, p.y, np.full((1, 1, 1), -15, np.float32))
    chest = dome(low)
    back = Ellipsoid((0, -6, 0), (150, 106, ENDLESS_MM)).field(low)
    return join(chest - 21, back, 30), chest


def wall(p: Points) -> Picture:
    """Paint air, fat under the skin, the muscle ring, lungs, and what stands upright."""
    skin, chest = torso(p)
    spine = SPINE.field(Points(p.x, p.y, np.zeros((1, 1, 1), np.float32)))
    flat = np.full(skin.shape, AIR, np.int16)
    flat[skin < 0] = FAT
    flat[(skin < -5) & ((chest < 13) | (spine < 10))] = MUSCLE
    flat[(chest < 0) & (spine > 3)] = LUNG
    hu = np.repeat(flat, p.z.size, axis=0)
    ribs(hu, p, (chest > 3) & (chest < 10) & (p.y < 74) & (spine > 14))
    return hu


def ribs(hu: Picture, p: Points, ring: Flags) -> None:
    """Paint bone where the ring is crossed by bands that fall to the front."""
    _, rows, columns = np.nonzero(ring)
    phase = (p.z[:, 0] + 0.45 * p.y[0, rows, 0]) / 27
    bands = phase - np.floor(phase) < np.float32(0.4)
    hu[:, rows, columns] = np.where(bands, BONE - 120, hu[:, rows, columns])


def abdomen(p: Points) -> Field:
    """Return the space under the diaphragm; it is computed once for the slices that share it."""
    same = int(np.count_nonzero(p.z <= -15)) - 1
    space = dome(Points(p.x, p.y, p.z[same:]))
    return np.concatenate([np.repeat(space[:1], same, axis=0), space])


def paint(hu: Picture, p: Points, shape: Solid, value: int, where: Flags) -> None:
    """Return the voxels of a shape a density, inside `where` only."""
    box, q = p.near(*shape.corners())
    hu[box][(shape.field(q) < 0) & where[box]] = value


def insides(hu: Picture, p: Points) -> None:
    """Paint diaphragm, belly fat, heart and the organs around the liver."""
    space = abdomen(p)
    spine = SPINE.field(Points(p.x, p.y, np.zeros((1, 1, 1), np.float32)))
    belly = (space < 0) & (spine > 3)
    lungs = hu == LUNG
    hu[lungs & (space < CRUS_MM)] = MUSCLE
    hu[belly] = BELLY_FAT
    everywhere = np.ones(hu.shape, np.bool_)
    paint(hu, p, Ellipsoid((8, -16, 100), (34, 32, 70)), FAT + 20, lungs & ~belly)
    paint(hu, p, HEART, BLOOD - 20, lungs & (space >= CRUS_MM))
    for shape, value in ORGANS:
        paint(hu, p, shape, value, belly)
    for shape, value in UPRIGHT:
        paint(hu, p, shape, value, everywhere)
    between = p.z / 36 - np.floor(p.z / 36) < np.float32(0.2)
    hu[between & (VERTEBRA.field(p) < 0)] = DISC
    for piece in vessel(CAVA, 10.5, 10.5):
        paint(hu, p, piece, BLOOD, everywhere)
    for piece in vessel(GALLBLADDER, 6, 13):
        paint(hu, p, piece, FLUID, belly)


def paint_nodule(hu: Picture, p: Points, nodule: Nodule, tumour: Flags) -> None:
    """Paint a tumour: rim, body and core."""
    box, q = p.near(*nodule.shape.corners(0.1 * max(nodule.shape.semi)))
    field = draw_lesion(q, nodule.shape)
    size = min(nodule.shape.semi)
    for depth, value in ((0.0, nodule.rim_hu), (1.5, nodule.hu), (0.45 * size, nodule.core_hu)):
        hu[box][(field < -depth) & tumour[box]] = value


def grain(shape: tuple[int, int, int]) -> Picture:
    """Return a speckle that looks random and is a function of the place alone."""
    nz, ny, nx = shape
    z, y, x = np.ogrid[:nz, : ny // 2, : nx // 2]
    h = np.zeros((nz, ny // 2, nx // 2), np.uint32)
    for place, prime in zip((x, y, z), HASH_PRIMES, strict=True):
        h ^= place.astype(np.uint32) * np.uint32(prime)
    for shift in (15, 13):
        h = (h ^ (h >> np.uint32(shift))) * np.uint32(HASH_MIXER)
    h ^= h >> np.uint32(16)
    speckle: Picture = np.array(GRAIN_HU, np.int16)[h % np.uint32(len(GRAIN_HU))]
    return speckle.repeat(2, axis=1).repeat(2, axis=2)


def draw_picture(p: Points, liver: Flags, tumour: Flags, nodules: Sequence[Nodule]) -> Picture:
    """Return the CT of a body with this liver, as [z, y, x]."""
    hu = wall(p)
    insides(hu, p)
    hu[liver] = LIVER
    for piece in hepatic_and_portal_veins():
        paint(hu, p, piece, BLOOD + 5, liver | (hu == BELLY_FAT))
    for nodule in nodules:
        paint_nodule(hu, p, nodule, tumour)
    soft = (hu > 0) & (hu < MARROW)
    nz, ny, nx = hu.shape
    hu[soft] += grain((nz, ny, nx))[soft]
    return hu
