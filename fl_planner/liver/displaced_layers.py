"""Find layers that were displaced or mirrored: moved back, they match the layers on both sides."""

from collections.abc import Iterator
from itertools import product

import numpy as np

from fl_planner.basis.findings import Finding
from fl_planner.basis.shown import as_ml
from fl_planner.liver.leaks import name_layers
from fl_planner.liver.mask_faults import warn
from fl_planner.space.grid import Voxels
from fl_planner.space.mask import Mask

# Project's choices. In parts of 14 public livers, moving a layer that differs so much never reduced
# the difference by more than 2.5 times, even if all layers were redrawn with random errors.
MOST_LAYERS = 3  # displaced together
SAMPLES = 40  # of a layer in each direction, for the first comparison
LEAST_LAYER = 4  # layers of at least 1 in 4 of the largest: at the ends, the shape changes quickly
LEAST_DIFFERENCE = 0.1  # of the layer
UNUSUAL = 4  # times the median difference of the layers
EXAMINED = 3  # layers along an axis, the most different first
MATCHES = 4  # times less difference after moving


def find_displaced_layers(mask: Mask) -> tuple[Finding, ...]:
    """Find layers across an axis of the grid that match their neighbours only after moving."""
    for axis in (2, 1, 0):
        layers = np.moveaxis(mask.voxels, axis, 0)
        for first, stop in _list_unusual(mask.voxels, axis):
            before, *inner, after = layers[first - 1 : stop + 1]
            if found := _match(before, np.array(inner), after):
                voxels, how = found
                return (_describe(mask, (axis, first, stop), voxels, how),)
    return ()


def _list_unusual(voxels: Voxels, axis: int) -> Iterator[tuple[int, int]]:
    """List layers [`first`, `stop`) that differ from both sides where these agree."""
    steps = [1 if one == axis else 1 + n // SAMPLES for one, n in enumerate(voxels.shape)]
    layers = np.moveaxis(voxels[tuple(slice(None, None, step) for step in steps)], axis, 0)
    areas = np.count_nonzero(layers, axis=(1, 2))
    for gap in range(1, min(MOST_LAYERS, len(layers) - 2) + 1):
        before = layers[: -1 - gap]
        differ = before == layers[1 + gap :]
        for n in range(1, 1 + gap):
            differ &= layers[n : len(before) + n] != before
        least = np.minimum(areas[: -1 - gap], areas[1 + gap :])
        large = LEAST_LAYER * least >= areas.max()
        shares = np.count_nonzero(differ, axis=(1, 2)) / np.maximum(least, 1) * large
        usual = np.median(shares[large]) if large.any() else 0.0
        for first in np.argsort(-shares, kind="stable")[:EXAMINED].tolist():
            if shares[first] > max(LEAST_DIFFERENCE, UNUSUAL * usual):
                yield first + 1, first + 1 + gap


def _match(before: Voxels, inner: Voxels, after: Voxels) -> tuple[int, str] | None:
    """Return the voxels in which layers differ from both sides, and what would make them match.

    They are moved so that their centre is that of the voxels common to both sides.
    """
    agreed, common = before == after, before & after
    if not common.any() or not inner.any():
        return None
    different = int(np.count_nonzero((inner != common) & agreed))
    centre = np.argwhere(common).mean(axis=0)
    left = {}
    for rows, columns in product((1, -1), repeat=2):
        turned = inner[:, ::rows, ::columns]
        by = np.rint(centre - np.argwhere(turned)[:, 1:].mean(axis=0)).astype(int)
        moved = np.roll(turned, by, axis=(1, 2))
        left[rows, columns] = int(np.count_nonzero((moved != common) & agreed))
    best = min(left, key=lambda turn: left[turn])
    least = LEAST_DIFFERENCE * len(inner) * np.count_nonzero(common)
    if different < max(least, MATCHES * left[best]):
        return None
    return different, "moved" if best == (1, 1) else "mirrored"


def _describe(mask: Mask, span: tuple[int, int, int], voxels: int, how: str) -> Finding:
    axis, first, stop = span
    start = mask.box.start[axis]
    where = name_layers(mask, axis, first + start, stop + start)
    which = "1 layer differs" if stop - first == 1 else f"{stop - first} layers in a row differ"
    volume_ml = voxels * mask.grid.voxel_ml
    message = (
        f"{which} by {as_ml(volume_ml)} from the layers on both sides ({where}), and would match "
        f"them if {how}: check whether the file was damaged there"
    )
    return warn("parts.displaced_layers", mask, message, volume_ml, "mL")
