"""Describe why a part is outside the liver: its file is mirrored or shifted; and its side."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import product

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import LEAST_LIVER_ML
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import format_count
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.mask_faults import IN_WORDS, warn
from fl_planner.liver.names.sides import read_side
from fl_planner.space.common_grid.same_grid import MIRRORS, format_displacement
from fl_planner.space.distance import list_surface, measure_centre_mm
from fl_planner.space.grid import Grid, list_voxels
from fl_planner.space.labels import count_layers, find_borders
from fl_planner.space.mask import Mask

# project's choices
FITS = 0.98  # of a part inside the liver when mirrored, which then explains its position
LEAST_OF_LIVER = 0.1  # smaller parts fit into the liver in many ways
INSIDE_BEFORE = 0.95  # of a part inside the liver, at most, to be explained
STEPS = (*np.eye(3, dtype=np.intp), *-np.eye(3, dtype=np.intp))  # by one voxel
STEPPED = 10  # moved back, at most 1 in 10 of the voxels outside are still outside
UNCOVERED = 2  # as many voxels of the opposite surface, at least 1 in 2, are not covered
REACH = 5  # voxels by which a shift is tried, along each axis and diagonal
WAYS = [*product((-1, 0, 1), repeat=3)]
SHIFTS = np.array(sorted({(n * i, n * j, n * k) for i, j, k in WAYS for n in range(REACH + 1)}))
SAMPLED = 2000  # voxels of a part's surface
# Of a part's surface, more on the liver's surface after a shift: in parts of public livers, even if
# redrawn with random errors, up to 0.004. A part drawn too small or too large all around gains in
# all directions; at least 0.33 as much after a shift sideways or the other way.
GAINED, SIDEWAYS = 0.06, 0.3
AS_GOOD = 0.9  # of the most gained: a flat surface gains as much if also moved along itself
INSET = 100  # up to 1 in 100 voxels outside the liver, as in the stray rule
MUCH_OMITTED = 20  # more than 1 in 20 voxels of a part: 1.5 percentage points of an FLR of 30 %
CUBE = np.ones((3, 3, 3), dtype=np.bool_)
# Of a remnant's volume. In 500 remnants of 19 livers (unions of segments, parts beyond a random
# plane, livers without six wedges) at most 8.3 %; moved by 10 mm towards the head and clipped to
# the liver, remnants of segments 2 to 4 have at least 13 %.
RIM_PERCENT, RIM_MM = 10, 12.0
CELL_MM = 3.0  # of which one voxel is examined
AT_ONCE = 1 << 20  # voxels moved at a time
SIDES = {"left-right": "RL", "front-back": "AP", "head-foot": "SI"}  # by codes of an axis
SIDE_MM = 10.0  # from the liver's centre: precision of segment borders [clinical.md 12]
SIDE_CODES = "LR"  # of an index axis towards the patient's left, and right
# Centre of the volume, from the left edge of the liver to its right: 59 to 68 % of the width in 17
# public livers, which is 32 to 41 % if mirrored [project's choice].
LEAST_CENTRE_PERCENT = 45
Indices = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def find_left_to_right(grid: Grid) -> tuple[int, int]:
    """Return the index axis nearest to the patient's left-right axis; 1 towards right, or -1."""
    axis = next(axis for axis in range(3) if grid.axis_codes[axis] in SIDE_CODES)
    return axis, 1 if grid.axis_codes[axis] == SIDE_CODES[1] else -1


def find_left_bulk(organ: Mask) -> tuple[Finding, ...]:
    """Find a liver with most of its volume on the patient's left, as in a mirrored file."""
    if not organ.grid.placed or organ.exact_ml < LEAST_LIVER_ML:
        return ()
    axis, way = find_left_to_right(organ.grid)
    areas = count_layers(organ.voxels)[axis][::way]
    centres = (np.arange(areas.size) + 0.5) / areas.size
    percent = 100 * float(areas @ centres) / organ.voxel_count
    if percent >= LEAST_CENTRE_PERCENT:
        return ()
    message = (
        "the centre of the liver's volume is at "
        f"{as_number(percent, [LEAST_CENTRE_PERCENT], 0)} % of its width from the patient's left "
        f"edge (at least {LEAST_CENTRE_PERCENT} % expected): check whether the mask is mirrored"
    )
    return (warn("plausibility.side", organ, message, percent, "%"),)


def measure_side_mm(organ: Mask, part: Mask) -> float | None:
    """Measure how far a part is to the right of the liver's centre; negative for the left.

    None if the part is near the centre or empty, or if the place of the images is not known.
    """
    if not organ.grid.placed or not part.voxel_count:
        return None
    right_mm = float(measure_centre_mm(part)[0] - measure_centre_mm(organ)[0])
    return right_mm if abs(right_mm) > SIDE_MM else None


def find_named_sides(organ: Mask, parts: Iterable[tuple[str, Mask]]) -> Iterator[Finding]:
    """Find parts on the other side of the liver than their name in the file promises."""
    for name, part in parts:
        side = read_side(name, 2 if part.name == "flr" else 1)  # no remnant is a single segment
        right_mm = None if side is None else measure_side_mm(organ, part)
        if right_mm is None or (right_mm > 0) is (side == "right"):
            continue
        where, apart = "right" if right_mm > 0 else "left", as_number(abs(right_mm), (), 0)
        message = (
            f"the part is named {name}, but its centre is {apart} mm to the patient's {where} of "
            "the liver's: check whether it is mirrored, or misnamed"
        )
        yield warn("remnant.named_side", part, message, abs(right_mm), "mm")


def describe_displacement(part: Mask, organ: Mask) -> str:
    """Describe why a part is outside the liver, as the end of a sentence; "" if unknown."""
    if not part.grid.placed or not part.voxel_count:
        return ""
    inside = (part & organ).voxel_count
    crowded = 2 * organ.voxel_count > np.prod(organ.field.shape)  # the liver fills its scan
    if inside > INSIDE_BEFORE * part.voxel_count or crowded:
        return _describe_shift(part, organ)
    indices = part.indices()
    small = part.voxel_count < LEAST_OF_LIVER * organ.voxel_count  # fits in many ways
    mirrored = "" if small else _describe_mirroring(part, organ, indices)
    return mirrored or _describe_shift(part, organ) or _describe_flip(part, organ, indices)


def describe_step(stray: Mask, part: Mask, organ: Mask) -> str:
    """Describe the step of one voxel by which a large part is shifted; "" if it is not.

    A rim drawn beyond the liver has voxels outside on many sides. A shifted part is outside on one
    side only, and leaves the surface of the liver uncovered on the other.
    """
    if part.voxel_count < LEAST_OF_LIVER * organ.voxel_count:
        return ""
    outside = stray.indices()
    for step in STEPS:
        if STEPPED * np.count_nonzero(~_are_in(organ, outside + step)) > len(outside):
            continue
        gained = _list_gained(part, step)
        inside = _are_in(organ, gained)
        uncovered = np.count_nonzero(~_are_in(organ, gained[inside] + step))
        behind = np.count_nonzero(_are_in(part, outside - step))  # outside before and after
        still = behind + len(gained) - np.count_nonzero(inside)
        if STEPPED * still <= len(outside) <= UNCOVERED * uncovered:
            way = format_displacement(part.grid.matrix()[:, :3] @ step)
            shift = way if part.grid.placed else "one voxel"
            return (
                f"; moved by {shift}, it would be in the liver and reach its opposite surface: "
                f"check whether this file or {organ.source} is shifted"
            )
    return ""


def find_shift(part: Mask, organ: Mask) -> tuple[Finding, ...]:
    """Find a large part that follows the liver's surface only if shifted, or a few voxels inside.

    A part one voxel inside the surface is information, as outlines are drawn so. If most of it is
    at one side of the liver, this looks like a shift; its volume is that of the file either way.
    """
    if part.voxel_count < LEAST_OF_LIVER * organ.voxel_count:
        return ()
    points = list_surface(part)
    around = part.box.grown(REACH + 1)  # whose edges no shift reaches
    near = organ.voxels_in(around)
    i, j, k = (SHIFTS[:, None] + points[:: 1 + len(points) // SAMPLED] - around.start).T
    shares = (near & find_borders(near))[i, j, k].mean(axis=0)
    now = shares[len(SHIFTS) // 2]  # no shift is in the middle
    gains = shares - now
    if gains.max() < GAINED:
        return ()
    equal = np.flatnonzero(gains >= AS_GOOD * gains.max())
    most = equal[np.argmin((SHIFTS[equal] ** 2).sum(axis=1))]  # the nearest of them
    by, elsewhere = SHIFTS[most], gains[SHIFTS @ SHIFTS[most] <= 0].max()
    by_mm, steps = part.grid.matrix()[:, :3] @ by, int(np.abs(by).max())
    inside = INSET * (part - organ).voxel_count <= part.voxel_count
    if elsewhere > SIDEWAYS * gains[most]:
        return _describe_inset(part, organ, steps) if inside else ()
    way = format_displacement(by_mm) if part.grid.placed else _as_voxels(steps)
    message = (
        f"{part.source}: {100 * now:.0f} % of the surface of the {IN_WORDS[part.name]} "
        f"is on the surface of the liver; moved by {way}, it would be {100 * shares[most]:.0f} %: "
        f"check whether this file or {organ.source} is shifted"
    )
    message += ", or the part was drawn inside the surface" if inside else ""
    level = Severity.INFO if inside and steps == 1 else Severity.WARNING
    distance_mm = float(np.linalg.norm(by_mm))
    return (Finding("stray.shifted", level, message, part.file, distance_mm, "mm"),)


def _describe_inset(part: Mask, organ: Mask, steps: int) -> tuple[Finding, ...]:
    """Describe a part that is within the liver, but nowhere reaches its surface.

    Its distance is in voxels: in mm it depends on the direction, and the best shift is diagonal.
    """
    omitted = _count_omitted(part, organ, steps)
    percent = 100 * omitted / part.voxel_count
    message = (
        f"{part.source}: the surface of the {IN_WORDS[part.name]} is about {_as_voxels(steps)} "
        "inside that of the liver on several sides, which reduces its share of the liver: about "
        f"{as_ml(omitted * part.grid.voxel_ml)} ({as_number(percent, (100 // MUCH_OMITTED,), 0)} % "
        f"of its volume) is between both; check whether this file was shrunk, or {organ.source} "
        "enlarged"
    )
    little = steps == 1 and MUCH_OMITTED * omitted <= part.voxel_count
    level = Severity.INFO if little else Severity.WARNING
    return (Finding("parts.inset", level, message, part.file, steps, "voxels"),)


def _count_omitted(part: Mask, organ: Mask, steps: int) -> int:
    """Count the voxels this near the surfaces of both a part and the liver, between the two."""
    from scipy.ndimage import binary_dilation, binary_erosion  # rarely needed

    around = part.box.grown(steps + 1)
    liver, drawn = organ.voxels_in(around), part.voxels_in(around)
    deep = binary_erosion(liver, CUBE, iterations=steps, border_value=1)
    near = binary_dilation(drawn, CUBE, iterations=steps)
    return int(np.count_nonzero(liver & ~deep & near & ~drawn))


def find_thin_rest(part: Mask, organ: Mask, spared: Mask | None = None) -> tuple[Finding, ...]:
    """Find a thin rim of liver between a large remnant and the liver's surface, except at `spared`.

    A remnant drawn on another scan and then clipped to this liver has one, on the side from which
    it came. The rim is the rest of the liver near the remnant, except where a ball with a diameter
    of `RIM_MM` fits into this rest.
    """
    if part.voxel_count < LEAST_OF_LIVER * organ.voxel_count:
        return ()
    rim = _count_thin(part, organ, spared)
    percent = 100 * rim / part.voxel_count
    if percent <= RIM_PERCENT:
        return ()
    volume_ml = rim * part.grid.voxel_ml
    message = (
        f"about {as_ml(volume_ml)} of liver "
        f"({as_number(percent, (RIM_PERCENT,), 0)} % of the volume of the {IN_WORDS[part.name]}) "
        f"is a rim at most {RIM_MM:.0f} mm thick between it and the surface of the liver: check "
        f"whether this file and {organ.source} are from the same scan"
    )
    return (warn("parts.rim", part, message, volume_ml, "mL"),)


def _count_thin(part: Mask, organ: Mask, spared: Mask | None) -> int:
    """Estimate the voxels of the thin rim, from one voxel of each cell."""
    from fl_planner.space.coarse import find_factors

    grid, radius_mm = part.grid, RIM_MM / 2
    factors = find_factors(grid, CELL_MM)
    around = grid.around(part.box, 2 * RIM_MM)
    cells = tuple(slice(None, None, factor) for factor in factors)
    edges_mm = np.multiply(grid.spacing_mm, factors)
    drawn = part.voxels_in(around)[cells]
    rest = organ.voxels_in(around)[cells] & ~drawn
    deep = ~_widen(~rest, radius_mm, edges_mm)
    rim = rest & _widen(drawn, RIM_MM, edges_mm) & ~_widen(deep, radius_mm, edges_mm)
    if spared is not None:
        rim &= ~spared.voxels_in(around)[cells]
    return int(np.count_nonzero(rim)) * int(np.prod(factors))


def _widen(cells: Bools, radius_mm: float, edges_mm: Floats) -> Bools:
    """Add all cells whose centres are within a radius of those of the given ones.

    Cells are few: a library for it would take longer to import than these steps.
    """
    reach = np.floor(radius_mm / edges_mm + 1e-9).astype(int)
    padded = np.pad(cells, [(most, most) for most in reach.tolist()])
    widened = cells.copy()
    for steps in np.ndindex(*(2 * reach + 1).tolist()):
        if np.linalg.norm((steps - reach) * edges_mm) <= radius_mm:
            window = (slice(s, s + size) for s, size in zip(steps, cells.shape, strict=True))
            widened |= padded[tuple(window)]
    return widened


def _as_voxels(steps: int) -> str:
    return format_count(steps, "voxel")


def _list_gained(part: Mask, step: Indices) -> Indices:
    """List the voxels that a part would gain if moved by a step, in little memory."""
    voxels = np.pad(part.voxels, 1)
    ahead = np.roll(voxels, -step, axis=(0, 1, 2))
    return list_voxels(voxels & ~ahead) + part.box.start - 1 + step


def _describe_mirroring(part: Mask, organ: Mask, indices: Indices) -> str:
    """Describe which sides of the patient the header exchanges, if this explains the position."""
    matrix = part.grid.matrix()
    for signs, mirrored in MIRRORS.items():

        def mirror(some: Indices, signs: Sequence[int] = signs) -> Indices:
            apart = (part.grid.places_mm(some) * signs - matrix[:, 3]).T
            steps: Indices = np.rint(np.linalg.solve(matrix[:, :3], apart).T).astype(np.intp)
            return steps

        if _share_in(organ, indices, mirror) >= FITS:
            return f"; {mirrored}, or {organ.source} is"
    return ""


def _describe_flip(part: Mask, organ: Mask, indices: Indices) -> str:
    """Describe the axis along which voxels may be flipped within the file, if this explains it."""
    for axis, code in enumerate(part.grid.axis_codes):
        ends = part.field.start[axis] + part.field.stop[axis] - 1

        def flip(some: Indices, axis: int = axis, ends: int = ends) -> Indices:
            turned = some.copy()
            turned[:, axis] = ends - turned[:, axis]
            return turned

        if _share_in(organ, indices, flip) >= FITS:
            side = next(side for side, codes in SIDES.items() if code in codes)
            so = f"if mirrored {side} within its file, it would be in the liver"
            return f"; {so}: check whether this file or {organ.source} was flipped"
    return ""


def _describe_shift(part: Mask, organ: Mask) -> str:
    """Describe the shift of a part's file relative to the liver's, if both have the same size."""
    by = np.subtract(part.field.start, organ.field.start)
    if part.field.shape != organ.field.shape or not by.any():
        return ""
    shift = format_displacement(part.grid.matrix()[:, :3] @ by)
    return f"; its file is shifted by {shift} relative to {organ.source}, which has the same size"


def _share_in(organ: Mask, indices: Indices, move: Callable[[Indices], Indices]) -> float:
    """Return the share of voxels in a mask after they are moved, some at a time for memory."""
    held = 0
    for start in range(0, len(indices), AT_ONCE):
        held += int(np.count_nonzero(_are_in(organ, move(indices[start : start + AT_ONCE]))))
    return held / len(indices)


def _are_in(mask: Mask, indices: Indices) -> npt.NDArray[np.bool_]:
    """Whether voxels, which may be outside the grid, belong to a mask."""
    places = indices - mask.box.start
    inside = np.asarray(((places >= 0) & (places < mask.voxels.shape)).all(axis=1))
    inside[inside] = mask.voxels[tuple(places[inside].T)]
    return inside
