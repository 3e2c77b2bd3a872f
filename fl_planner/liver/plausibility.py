"""Sizes that a liver, a remnant or a voxel seldom has: look before you trust."""

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.share import Share
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.drawing import find_direction, reaches
from fl_planner.liver.mask_finding import warn
from fl_planner.space.box import Box
from fl_planner.space.mask import Mask

LOOKS_UNSET = "geometry.looks_unset"  # a voxel size of 1 mm that nobody set: told of a file
LEAST_LIVER_ML, LARGEST_LIVER_ML = 500, 6000  # [safety.md W1]
LEAST_SHARE_PERCENT, LARGEST_SHARE_PERCENT = 10, 95  # of an FLR [safety.md W1]
# A left lateral sector may be less: on 14 public maps II and III are 9.6 to 40 % of the liver, and
# hold at least 73 % of its leftmost part of their size; I, IV and VIII up to 23 %. Ours.
LEAST_LATERAL_PERCENT, LATERAL_PERCENT = 5, 60
THICK_MM = 5.0  # step between voxels; Hori 2011 [clinical.md 1.1, safety.md W1]
SIDE_CODES = "LR"  # of an index axis that grows to the patient's left, and right
THICK_HAIR_MM = 1e-6  # rounding of a matrix's column

# Project's choice, far beyond what 17 public livers have (width 172-290, depth 133-224, height
# 130-195 mm). Along the patient's right, front and head.
LIVER_MM = (("width", 100, 350), ("depth", 60, 350), ("height", 80, 350))
LOST_EDGE_MM, LOST_VOXELS = 1.0, 512  # a header's default; a CT's rows and columns; ours
LARGEST_TUMOUR_PERCENT = 80  # of the organ; project's choice
FLAT_LESION = 4  # times as long as its one layer is thick: project's choice


def find_odd_volume(organ: Mask) -> tuple[Finding, ...]:
    """Find a liver of a size that points to lost spacing or to another structure."""
    if LEAST_LIVER_ML <= organ.exact_ml <= LARGEST_LIVER_ML:
        return ()
    side = "small" if organ.exact_ml < LEAST_LIVER_ML else "large"
    message = (
        f"a liver of {organ.volume_ml:.6g} mL is implausibly {side} "
        f"({LEAST_LIVER_ML} to {LARGEST_LIVER_ML} mL expected)"
    )
    return (warn("plausibility.liver_volume", organ, message, organ.volume_ml, "mL"),)


def find_odd_share(share: Share, remnant: Mask, organ: Mask | None = None) -> tuple[Finding, ...]:
    """Find a remnant that is nearly nothing or nearly all: swapped files, or the wrong label.

    One that is the left end of the `organ` is a left lateral sector, which may be small.
    """
    exact = 100 * share.fraction
    if LEAST_SHARE_PERCENT <= exact <= LARGEST_SHARE_PERCENT:
        return ()
    small = LEAST_LATERAL_PERCENT < exact < LEAST_SHARE_PERCENT
    if small and organ is not None and _is_left_end(remnant, organ):
        return ()
    side = "small" if exact < LEAST_SHARE_PERCENT else "large"
    shown = as_number(exact, [LEAST_SHARE_PERCENT, LARGEST_SHARE_PERCENT], 2)
    message = (
        f"an FLR of {shown} % is implausibly {side} "
        f"({LEAST_SHARE_PERCENT} to {LARGEST_SHARE_PERCENT} % expected): is it the right mask?"
    )
    return (warn("plausibility.flr_share", remnant, message, share.percent, "%"),)


def _is_left_end(part: Mask, organ: Mask) -> bool:
    """Whether a part holds most of the leftmost liver, of which as much is taken as it holds."""
    if not organ.grid.placed:
        return False
    axis = next(axis for axis in range(3) if organ.grid.axis_codes[axis] in SIDE_CODES)
    way = 1 if organ.grid.axis_codes[axis] == SIDE_CODES[1] else -1  # from left to right
    held = part & organ
    areas = [
        np.count_nonzero(np.moveaxis(one.voxels, axis, 0), axis=(1, 2))[::way]
        for one in (organ, held)
    ]
    before = (
        held.box.start[axis] - organ.box.start[axis]
        if way > 0
        else organ.box.stop[axis] - held.box.stop[axis]
    )
    layers = int(np.searchsorted(np.cumsum(areas[0]), areas[1].sum())) + 1
    leftmost = int(areas[1][: max(0, layers - before)].sum())
    return 100 * leftmost >= LATERAL_PERCENT * held.voxel_count > 0


def find_thick_slices(mask: Mask) -> tuple[Finding, ...]:
    """Find voxels longer than 5 mm: thick slices bias volumes, thin lateral parts most."""
    step_mm = max(mask.grid.spacing_mm)
    if step_mm <= THICK_MM + THICK_HAIR_MM:
        return ()
    message = f"slices of {step_mm:g} mm are thick (above {THICK_MM:g} mm)"
    return (warn("plausibility.thick_slices", mask, message, step_mm, "mm"),)


def find_odd_extent(organ: Mask, scan: Box | None = None) -> tuple[Finding, ...]:
    """Find a liver of a plausible volume whose shape is not one: spacing lost along an axis.

    Where the scan may cut the liver off, it may be short; `scan` is what its CT covers. Without
    a place in the patient the three directions have no names, and the widest limits hold for each.
    """
    if not LEAST_LIVER_ML <= organ.exact_ml <= LARGEST_LIVER_ML:
        return ()
    found = []
    for axis, edge_mm in enumerate(organ.grid.spacing_mm):
        name, least, most = _limits(organ, axis)
        long_mm = edge_mm * organ.voxels.shape[axis]
        if long_mm > most or (long_mm < least and not _at_edge(organ, axis, scan)):
            found.append((name, long_mm, least, most))
    if not found:
        return ()
    told = ", ".join(f"{name} {mm:.0f} mm ({lo} to {hi} expected)" for name, mm, lo, hi in found)
    message = (
        f"a liver of this extent is implausible: {told}; check the voxel size "
        "in the header against the scan"
    )
    return (warn("plausibility.extent", organ, message, found[0][1], "mm"),)


def find_lost_spacing(mask: Mask) -> tuple[Finding, ...]:
    """Find a file of a CT's rows and columns whose voxel size is a header's default."""
    cells, edges_mm = mask.field.shape, mask.grid.spacing_mm
    default = np.allclose(edges_mm, LOST_EDGE_MM, rtol=0.0, atol=THICK_HAIR_MM)
    if not default or sorted(cells)[1] < LOST_VOXELS:
        return ()
    message = (
        f"{' x '.join(map(str, cells))} voxels of 1 x 1 x 1 mm, a header's "
        "default: was the spacing lost? Export it again from the scan"
    )
    return (warn("plausibility.spacing_lost", mask, message, LOST_EDGE_MM, "mm"),)


def find_single_layer(mask: Mask) -> tuple[Finding, ...]:
    """Find a mask that is one layer of voxels; a lesion may be, where the layer is thick."""
    extents_mm = np.multiply(mask.voxels.shape, mask.grid.spacing_mm)
    layers = np.flatnonzero(np.equal(mask.voxels.shape, 1))
    if not mask.voxel_count or not layers.size:
        return ()
    thick_mm = float(extents_mm[layers].min())
    if mask.name == "tumour" and float(extents_mm.max()) <= FLAT_LESION * thick_mm:
        return ()
    message = (
        f"the {mask.name} is one layer of {thick_mm:.3g} mm only: were the other slices drawn?"
    )
    return (warn("plausibility.single_layer", mask, message, 1, "layers"),)


def find_large_tumour(organ: Mask, tumour: Mask) -> tuple[Finding, ...]:
    """Find a tumour that is nearly the whole organ: the wrong label, or the liver given again."""
    share = Share((tumour & organ).voxel_count, organ.voxel_count)
    if 100 * share.fraction <= LARGEST_TUMOUR_PERCENT:
        return ()
    percent = as_number(100 * share.fraction, [LARGEST_TUMOUR_PERCENT])
    message = (
        f"the tumour is {percent} % of the liver, implausibly much (up to "
        f"{LARGEST_TUMOUR_PERCENT} % expected): is it the right label?"
    )
    return (warn("plausibility.tumour_share", tumour, message, share.percent, "%"),)


def find_absent_tumour(anatomy: Anatomy) -> tuple[Finding, ...]:
    """Tell that no tumour was drawn, or that the mask of it is empty."""
    if anatomy.tumour is None:
        message = "no tumour mask: the denominator is the whole liver, with any tumour in it"
        return (Finding("tumour.not_given", Severity.INFO, message),)
    if not anatomy.tumour.voxel_count and anatomy.tumour.file is not None:
        message = f"{anatomy.tumour.source}: the tumour mask is empty: no tumour"
        return (Finding("tumour.empty", Severity.INFO, message, anatomy.tumour.file),)
    return ()


def find_swapped(remnant: Mask, tumour: Mask | None) -> tuple[Finding, ...]:
    """Find a remnant that lies mostly in a tumour larger than itself: the two were swapped."""
    if tumour is None:
        return ()
    shared = (remnant & tumour).voxel_count
    if tumour.voxel_count <= remnant.voxel_count or 2 * shared <= remnant.voxel_count:
        return ()
    percent = 100 * shared / remnant.voxel_count
    message = (
        f"{percent:.0f} % of the FLR ({as_ml(remnant.volume_ml)}) lie in the "
        f"tumour of {tumour.source} ({as_ml(tumour.volume_ml)}): were the two files swapped?"
    )
    return (warn("plausibility.swapped", remnant, message, percent, "%"),)


def _limits(organ: Mask, axis: int) -> tuple[str, int, int]:
    if organ.grid.placed:
        return LIVER_MM[find_direction(organ, axis)[0]]
    least, most = min(limit[1] for limit in LIVER_MM), max(limit[2] for limit in LIVER_MM)
    return f"along axis {axis + 1}", least, most


def _at_edge(mask: Mask, axis: int, scan: Box | None) -> bool:
    fields = (mask.field, scan) if scan is not None else (mask.field,)
    return any(reaches(mask.box, field, axis, end) for field in fields for end in (0, 1))
