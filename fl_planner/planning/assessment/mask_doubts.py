"""Findings on the masks, and the volume lost at the capsule by a coarser grid.

Large voxels extend beyond a finer capsule in some places and fall short of it in others. The former
are cut off and the latter are not filled, so a part loses volume there; its volume before and after
resampling does not show this [safety.md G1a].
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.flat_ends_of_parts import find_lesion_ends, find_part_end
from fl_planner.liver.leaks import (
    find_displaced_layers,
    find_layer_jumps,
    find_leak,
    find_planned_faults,
)
from fl_planner.liver.mask_faults import (
    find_faults,
    find_liver_faults,
    find_structure_faults,
    find_tumour_faults,
    warn,
)
from fl_planner.liver.misplacement import find_left_bulk, find_shift, find_thin_rest
from fl_planner.liver.names.exclusions import (
    find_excluded_tumour,
    report_excluded,
    require_outside_liver,
)
from fl_planner.liver.remnant import Remnant, find_remnant_tumour
from fl_planner.liver.stray import (
    find_shared_veins,
    find_stray,
    find_stray_tumour,
    find_stray_vessels,
    find_swapped,
)
from fl_planner.liver.volumetry import (
    LOOKS_UNSET,
    LiverVolumes,
    find_odd_extent,
    find_odd_share,
    find_odd_volume,
    find_single_layer,
    find_thick_slices,
    find_wrong_spacing,
)
from fl_planner.planning.given.case import Case
from fl_planner.space.common_grid.same_grid import cover
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask

HALF = Fraction(1, 2)


def find_mask_doubts(case: Case) -> list[Finding]:
    """Find masks of a case that extend beyond the liver or are incomplete."""
    anatomy = case.anatomy
    liver, tumour = anatomy.liver, anatomy.tumour
    scan = None if case.ct is None else cover(case.ct.grid, liver.grid)
    own = list_stored_grids(case)
    require_outside_liver(anatomy)
    findings = [*report_excluded(anatomy), *find_excluded_tumour(anatomy)]
    findings += [] if tumour is None else find_stray_tumour(liver, tumour)
    organ = anatomy.organ
    for part in (anatomy.flr, anatomy.resected, anatomy.treated, *anatomy.within):
        if part is not None:
            findings += find_stray(organ, part, anatomy.delivered)
    findings += find_stray_vessels(organ, anatomy.vessels)
    findings += find_shared_veins(anatomy.vessels)
    if anatomy.vessels:
        from fl_planner.liver.vessels.quality import find_misplaced_branches, find_shared_branches

        findings += find_misplaced_branches(anatomy.vessels)
        findings += find_shared_branches(anatomy.vessels)
    findings += [*find_thick_slices(liver), *find_odd_volume(organ)]
    unset = any(found.code == LOOKS_UNSET for found in case.findings)
    findings += (() if unset else find_wrong_spacing(liver)) or find_odd_extent(organ, scan)
    if case.ct is None and not anatomy.drawn_segments:  # both show the side better
        findings += find_left_bulk(organ)
    findings += find_liver_faults(liver, anatomy.delivered, anatomy.spared, scan)
    findings += find_planned_faults(anatomy, own)
    for part in filter(None, (anatomy.flr, anatomy.resected, anatomy.treated)):
        outside = any((it.code, it.file) == ("stray.outside_liver", part.file) for it in findings)
        if not (outside or own.keys() & {liver.file, part.file}):
            findings += find_shift(part, anatomy.delivered)
    if anatomy.flr is not None and not own.keys() & {liver.file, anatomy.flr.file}:
        explained = any(
            it.file == anatomy.flr.file
            and it.severity is not Severity.INFO
            and it.code.startswith(("parts.", "stray."))
            for it in findings
        )
        if not explained:
            findings += find_thin_rest(anatomy.flr, anatomy.delivered, anatomy.spared)
    for mask in filter(None, (anatomy.delivered, anatomy.flr, anatomy.resected, anatomy.treated)):
        displaced = find_displaced_layers(mask)
        findings += displaced
        if mask is anatomy.delivered and not displaced:
            findings += find_layer_jumps(mask)
    if anatomy.treated is not None:
        findings += find_faults(anatomy.treated, anatomy.spared)
        findings += find_part_end(anatomy.treated, anatomy, own.get(anatomy.treated.file))
        findings += find_leak(anatomy.treated, anatomy.delivered)
    if tumour is not None:
        findings += find_tumour_faults(tumour, anatomy.spared)
        findings += find_leak(tumour, anatomy.delivered)
        findings += find_lesion_ends(tumour, organ, anatomy.lesions, own.get(tumour.file))
    for structure in (*anatomy.excluded, *anatomy.vessels.values()):  # a vein may be both
        findings += [it for it in find_structure_faults(structure) if it not in findings]
    for part in (liver, tumour, anatomy.flr, anatomy.resected, anatomy.treated):
        if part is not None:
            findings += find_single_layer(part)
    return findings


def list_stored_grids(case: Case) -> dict[str | None, Grid | None]:
    """List the original grids of resampled masks by file."""
    return {each.file: each.grid for each in case.resampled}


MOST_PERCENT = 1  # of the part [safety.md G1a]
MEANING = {  # of the loss of a part
    "flr": "the FLR shown is too small by about the omitted volume",
    "resected": "about this volume of resected liver is counted as remnant",
    "treated": "about this volume of treated liver is counted as untreated",
}


def find_cut_off(case: Case, anatomy: Anatomy, remnant: Remnant | None) -> Iterator[Finding]:
    """Find parts of which more than 1 % is cut off at the capsule after resampling.

    If the remnant is defined by a drawn resection, the resection is checked instead.
    """
    files = {each.file for each in case.resampled}
    parts = {"resected": anatomy.resected, "treated": anatomy.treated}
    if remnant is not None and anatomy.resected is None:
        parts["flr"] = remnant.mask
    for name, part in parts.items():
        if part is not None and files & {anatomy.liver.file, part.file}:
            yield from _find(name, part, anatomy.organ)


def _find(name: str, part: Mask, organ: Mask) -> Iterator[Finding]:
    lost = part - organ
    if 100 * lost.voxel_count <= MOST_PERCENT * part.voxel_count:
        return
    percent = as_number(100 * lost.voxel_count / part.voxel_count, (MOST_PERCENT,), 1)
    kept_ml = part.volume_ml - lost.volume_ml
    message = (
        f"{as_ml(lost.volume_ml)} of {as_ml(part.volume_ml)} ({percent} %) is outside the liver "
        f"after resampling and was omitted at the capsule. Where the coarse voxels fall short of "
        f"the capsule, nothing is added. {as_ml(kept_ml)} is counted, and {MEANING[name]}. Draw "
        f"this mask on the grid of the liver"
    )
    yield warn("grid.cut_off", part, message, lost.volume_ml, "mL")


def find_remnant_doubts(
    remnant: Remnant, volumes: LiverVolumes, anatomy: Anatomy
) -> Iterator[Finding]:
    """Find a remnant of implausible size, and one that is the tumour or contains it.

    A cut, or segments, may leave nearly all of the liver, as wedge and segmental resections do;
    if all segments of the map remain, nothing is removed.
    """
    share = volumes.flr_share
    assert share is not None  # the volumes are those of the remnant
    by_segments = remnant.origin == "segments" and anatomy.segments.keys() - {*remnant.segments}
    if not (by_segments or remnant.transection) or share.fraction < HALF:
        yield from find_odd_share(share, remnant.mask, anatomy.organ)
    yield from find_swapped(remnant.mask, anatomy.tumour) or find_remnant_tumour(remnant, anatomy)
