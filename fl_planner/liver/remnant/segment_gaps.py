"""Liver in no segment of a label map: it is told, and belongs to a remnant only where asked.

Automatic maps leave seams between segments, and stop at vessels. A remnant made of segments has
none of that liver, and the whole liver has it: so two shares stand beside each other.
"""

from dataclasses import replace

import numpy as np

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.share import Share
from fl_planner.basis.shown import as_ml
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.mask_finding import warn
from fl_planner.liver.remnant.remnant import Remnant, say_share
from fl_planner.liver.segments.halves import FOURTH
from fl_planner.liver.segments.segments import is_covered
from fl_planner.liver.volumetry import LiverVolumes
from fl_planner.space.distance import measure_distances_mm
from fl_planner.space.mask import Mask, unite

OPTION = "--gaps-to-nearest"


def find_gaps(
    anatomy: Anatomy, remnant: Remnant | None, volumes: LiverVolumes
) -> tuple[Finding, ...]:
    """Tell how much liver lies in no segment, and both shares of a remnant made of segments.

    Beside a drawn remnant a map that leaves out more is told by its cover.
    """
    made = remnant is not None and remnant.origin == "segments"
    asked = made or anatomy.treated_by_segments or is_covered(anatomy)
    if not volumes.has_gaps or not asked:
        return ()
    first = next(iter(anatomy.drawn_segments.values()))
    gap_ml = volumes.unassigned_voxels * volumes.voxel_ml
    percent = say_share(Share(volumes.unassigned_voxels, volumes.nontumorous_voxels))
    message = f"{as_ml(gap_ml)} of the liver ({percent}) lie in no segment"
    whole, parted = volumes.flr_share, volumes.flr_share_of_segments
    if made and whole is not None and parted is not None:
        message += (
            f": the remnant is {say_share(whole)} of the whole liver and "
            f"{say_share(parted)} of what lies in segments; {OPTION} gives each gap to the "
            "nearest segment"
        )
    message += _say_untreated(anatomy, volumes)
    return (warn("segments.gaps", first, message, gap_ml, "mL"),)


def _say_untreated(anatomy: Anatomy, volumes: LiverVolumes) -> str:
    """Say that gaps count as untreated beside an area made of segments, and the share without."""
    treated, gap = anatomy.treated, anatomy.unassigned
    if not anatomy.treated_by_segments or treated is None or gap is None:
        return ""
    whole, untreated = volumes.nontumorous_voxels, volumes.untreated_voxels or 0
    beside = (gap - treated).voxel_count
    return (
        f"; they count as untreated, which is {say_share(Share(untreated, whole))} of the whole "
        f"liver, and {say_share(Share(untreated - beside, whole))} without them"
    )


def fill_gaps(anatomy: Anatomy) -> tuple[Anatomy, tuple[Finding, ...]]:
    """Give what lies in no segment to the nearest one, centre to centre; how much, is told.

    Voxels as near to two segments belong to the first of them by name. A gap beside IV goes to
    the nearer half too, where the map has both.

    Raises `InputRefused`: if no label map gives segments.
    """
    drawn = {**anatomy.segment_parts, **anatomy.segments}
    if not drawn:
        why = "gaps are to go to the nearest segment"
        remedy = "add --labelmap with Couinaud segments, or leave it out"
        raise anatomy.refuse_unmapped("segments.none_to_fill", OPTION, why, remedy)
    gap = anatomy.organ - unite(drawn.values())
    first = next(iter(drawn.values()))
    message = (
        f"{first.source}: {as_ml(gap.volume_ml)} of the liver in no segment were given to the "
        "nearest one, as asked"
    )
    code = "segments.gaps_filled"
    told = Finding(code, Severity.INFO, message, first.file, gap.volume_ml, "mL")
    if not gap.voxel_count:
        return anatomy, (told,)
    parted = len(anatomy.segment_parts) > 1 and FOURTH in anatomy.segments
    near = {name: mask for name, mask in sorted(drawn.items()) if not (parted and name == FOURTH)}
    grown = _grow(near, gap)
    if parted:
        grown[FOURTH] = unite((drawn[FOURTH], *(grown[name] for name in anatomy.segment_parts)))
    segments = {name: grown[name] for name in anatomy.segments}
    halves = {name: grown[name] for name in anatomy.segment_parts}
    return replace(anatomy, segments=segments, segment_parts=halves), (told,)


def _grow(segments: dict[str, Mask], gap: Mask) -> dict[str, Mask]:
    """Add to each segment what of a gap lies nearest to it."""
    away_mm = np.stack([measure_distances_mm(gap, mask) for mask in segments.values()])
    nearest = away_mm.argmin(axis=0)
    grown = {}
    for number, (name, mask) in enumerate(segments.items()):
        voxels = np.zeros_like(gap.voxels)
        voxels[gap.voxels] = nearest == number
        grown[name] = mask | Mask(mask.name, voxels, gap.box, gap.grid)
    return grown
