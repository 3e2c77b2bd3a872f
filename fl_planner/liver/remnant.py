"""The future liver remnant: drawn, left by a resection, or defined by segments; tumour in it.

Automatic maps leave gaps between segments and along vessels. A remnant defined by segments does not
include these gaps but the whole liver does, so two shares are given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import ceil, floor
from typing import TYPE_CHECKING, Literal

import numpy as np
from msgspec import Struct, structs

from fl_planner.basis.constants import R0_MM
from fl_planner.basis.defaults import CLEARING_MARGIN_MM
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import join_words, list_first
from fl_planner.basis.shown import Share, as_ml, as_number
from fl_planner.liver.anatomy import HALVES, SEGMENTS, Anatomy, fill_hollows
from fl_planner.liver.lesions.count import LEAST_LESION_ML, list_lesions
from fl_planner.liver.lesions.fates import stays
from fl_planner.liver.mask_faults import warn
from fl_planner.liver.misplacement import measure_side_mm
from fl_planner.liver.names.structures import ACCEPTED, as_roman, list_segments
from fl_planner.liver.segments.segments import FOURTH, is_covered, name_whole, spread_absent
from fl_planner.liver.volumetry import LiverVolumes
from fl_planner.space.distance import TIE_MM, find_rim, measure_distances_mm
from fl_planner.space.mask import Mask, compose_author, join_carried_mm, unite

if TYPE_CHECKING:
    from fl_planner.liver.transection import Transection

Origin = Literal["drawn", "segments"]
ReadingOrigin = Literal[Origin, "automatic"]  # that decides the reading error

REPORTED_POINTS = 5  # between a drawn remnant and its segments [clinical.md 12]


class Remnant(Struct, frozen=True):
    """The planned remnant, before the tumour is subtracted, and its origin.

    - `mask`: mask as drawn, the rest of a drawn resection, or the union of segments. Its author is
      that of the FLR, of the part to be removed, or of the segments; planes and wedges are placed
      by the planner, so they have none.
    - `origin` ("drawn" or "segments"): the first also for the rest of a drawn resection, and for
      the liver left by planes and wedges.
    - `hollow`: tumour around which the remnant was drawn, in holes and notches of the mask; it
      remains with the remnant. None if the part to be removed was drawn.
    - `transection`: planes and wedges, with lesions by number; None if there are none.
    """

    mask: Mask
    origin: Origin
    segments: tuple[str, ...] = ()
    hollow: Mask | None = None
    transection: Transection | None = None

    @property
    def is_cut(self) -> bool:
        """Whether the remnant is defined by planes and wedges only, without a drawing."""
        return self.transection is not None and self.origin == "drawn"

    @property
    def outline(self) -> Origin:
        """Origin of the outline: also "segments" if the file states this of a mask as drawn."""
        author = self.mask.author
        return "segments" if author is not None and author.is_of_segments else self.origin

    @property
    def made_of(self) -> tuple[str, ...]:
        """Segments whose union is the remnant; empty if it was drawn or cut."""
        whole = self.origin == "segments" and self.transection is None
        return self.segments if whole else ()

    @property
    def holds(self) -> Mask:
        """The mask with the tumour around which it was drawn."""
        return self.mask if self.hollow is None else self.mask | self.hollow


def find_carried_mm(anatomy: Anatomy, remnant: Remnant) -> float | None:
    """Find the possible error of a remnant's border in the liver; None if it was not carried.

    It is that of the mask that defines the border: the drawn FLR, otherwise the part to be removed,
    or the segments. A plane or wedge was placed relative to the liver and its tumour.
    """
    if remnant.transection is not None:
        named = remnant.segments
        segments = (mask for name, mask in anatomy.drawn_segments.items() if name in named)
        return join_carried_mm((anatomy.liver, anatomy.tumour, *segments))
    drawn = anatomy.resected if anatomy.flr is None else anatomy.flr
    return join_carried_mm((drawn if drawn and remnant.origin == "drawn" else remnant.mask,))


def find_reading_origin(remnant: Remnant) -> ReadingOrigin:
    """Find the kind of remnant, which determines its reading error.

    Drawn by readers, composed of segments drawn by readers, or drawn by a program in either way.
    """
    author = remnant.mask.author
    return "automatic" if author and author.method == "automatic" else remnant.outline


def determine_remnant(
    anatomy: Anatomy, wanted: tuple[str, ...], transection: Transection | None = None
) -> tuple[Remnant | None, tuple[Finding, ...]]:
    """Determine the remnant; None if it is not given, or a segment of it is missing.

    A drawn FLR takes precedence over the rest of a drawn resection, and both over `wanted`
    segments, as automatic segments follow the vessels only roughly. A difference of more than five
    points, and a drawing elsewhere in the liver, are reported. Devascularised and congested liver
    remains in the mask but is not counted (`liver/volumetry.py`); its volume is reported.
    Planes and wedges apply to the wanted segments or, without any, to the liver.

    Raises `InputRefused`: if segments are wanted and no label map gives any, or a segment is not
    one of 1 to 8, 4a and 4b; `cut.and_drawn` if a remnant is both drawn and cut; and as for
    `Transection`.
    """
    by_segments, findings = _from_segments(anatomy, wanted) if wanted else (None, ())
    if transection is not None:
        if wanted and by_segments is None:
            return None, findings
        left = _transect(anatomy, by_segments, transection)
        organ = anatomy.organ
        doubts = (*transection.find_close_points(organ), *transection.find_far_points(organ))
        return left, (*findings, *doubts, *_find_impaired(anatomy, left))
    if (drawn := _drawn(anatomy, wanted)) is None:
        remnant = by_segments
    else:
        remnant, findings = drawn, ()
        if by_segments is not None:  # else there is nothing to compare the drawing with
            findings = (
                *_find_difference(anatomy, drawn, by_segments),
                *_find_wrong_side(anatomy, drawn, by_segments),
            ) or _find_elsewhere(anatomy, drawn, by_segments)
    if remnant is None:
        return None, findings
    return _with_hollow(anatomy, remnant), (*findings, *_find_impaired(anatomy, remnant))


def _transect(anatomy: Anatomy, by_segments: Remnant | None, transection: Transection) -> Remnant:
    """Subtract the parts beyond planes and in wedges; a wedge also removes tumour in hollows."""
    from fl_planner.liver.transection import leaves_nothing

    for drawn in (anatomy.flr, anatomy.resected):
        if drawn is not None:
            reason = (
                "the remnant was drawn and is also defined by a plane, a curved surface or a wedge"
            )
            remedy = "omit either the drawing, or all planes, surfaces and wedges"
            raise InputRefused("cut.and_drawn", drawn.source, reason, remedy)
    organ = replace(anatomy.organ, name="flr", file=None, whose=None, author=None)
    whole = Remnant(organ, "drawn")  # cut by the planner, whoever drew the liver
    of = by_segments or whole
    lesions = transection.list_wedged(anatomy)
    remnant = _with_hollow(anatomy, structs.replace(of, mask=transection.keep(anatomy, of.mask)))
    if (wedges := transection.draw_wedges(anatomy, lesions)) is not None:
        assert remnant.hollow is not None  # nothing was drawn as removed
        hollow = remnant.hollow - wedges
        remnant = structs.replace(remnant, mask=remnant.mask - wedges, hollow=hollow)
    if not anatomy.working(remnant.mask & anatomy.nontumorous).voxel_count:
        raise leaves_nothing("move the plane, reverse its normal, or remove less")
    return structs.replace(remnant, transection=transection.numbered(lesions))


def _with_hollow(anatomy: Anatomy, remnant: Remnant) -> Remnant:
    """Add the tumour around which a remnant was drawn, unless the part to be removed was drawn."""
    if anatomy.resected is not None:
        return remnant
    filled = fill_hollows(remnant.mask, anatomy.organ, anatomy.tumour)
    return structs.replace(remnant, hollow=filled - remnant.mask)


def _find_impaired(anatomy: Anatomy, remnant: Remnant) -> Iterator[Finding]:
    """Find devascularised or congested liver in a remnant; report the FLR with and without it."""
    if not anatomy.impaired:
        return
    nontumorous = anatomy.nontumorous
    whole = remnant.mask & nontumorous
    working = anatomy.working(whole)
    lost = whole - working
    if not lost.voxel_count:
        return
    without, with_all = (
        format_share(Share(part.voxel_count, nontumorous.voxel_count)) for part in (working, whole)
    )
    names = " and ".join(dict.fromkeys(mask.name for mask in anatomy.impaired))
    message = (
        f"{as_ml(lost.volume_ml)} of the remnant is {names}: the FLR is {without} without this "
        f"part and {with_all} with it; the value without it is used"
    )
    yield warn("remnant.impaired", remnant.mask, message, lost.volume_ml, "mL")


def format_share(share: Share) -> str:
    """Format a percentage; rounding does not cross a whole number, because limits are whole."""
    percent = 100 * share.fraction
    return f"{as_number(percent, [floor(percent), ceil(percent)])} %"


def _find_difference(anatomy: Anatomy, drawn: Remnant, by_segments: Remnant) -> tuple[Finding, ...]:
    nontumorous = anatomy.nontumorous
    shares = [
        Share((part.mask & nontumorous).voxel_count, nontumorous.voxel_count)
        for part in (drawn, by_segments)
    ]
    points = 100 * (shares[0].fraction - shares[1].fraction)
    if abs(points) <= REPORTED_POINTS:
        return ()
    message = (
        f"the FLR as drawn differs by {float(points):+.1f} percentage points from that of "
        f"{list_segments(by_segments.segments)}; the drawing is used"
    )
    return (warn("remnant.drawn_differs", drawn.mask, message, float(points), "points"),)


def _find_elsewhere(anatomy: Anatomy, drawn: Remnant, by_segments: Remnant) -> tuple[Finding, ...]:
    """Find a drawing as large as its segments that has less than half of the smaller in common."""
    part, meant = (one.mask & anatomy.nontumorous for one in (drawn, by_segments))
    common = part & meant
    if 2 * common.voxel_count >= min(part.voxel_count, meant.voxel_count):
        return ()
    message = (
        f"{as_ml(common.volume_ml)} of the FLR as drawn ({as_ml(part.volume_ml)}) is in "
        f"{list_segments(by_segments.segments)}; the drawing is used"
    )
    return (warn("remnant.drawn_differs", drawn.mask, message, common.volume_ml, "mL"),)


def _find_wrong_side(anatomy: Anatomy, drawn: Remnant, by_segments: Remnant) -> tuple[Finding, ...]:
    """Find a drawing on the opposite side of the liver's centre from its segments."""
    here, there = (measure_side_mm(anatomy.organ, one.mask) for one in (drawn, by_segments))
    if here is None or there is None or here * there > 0:
        return ()
    message = (
        f"{drawn.mask.source}: the drawn remnant is on the opposite side of the liver from "
        f"{list_segments(by_segments.segments)}: check whether one of them is mirrored"
    )
    return (
        Finding("remnant.side", Severity.ERROR, message, drawn.mask.file, abs(here - there), "mm"),
    )


def _drawn(anatomy: Anatomy, wanted: tuple[str, ...]) -> Remnant | None:
    if anatomy.flr is not None:
        return Remnant(anatomy.flr, "drawn", wanted)
    if anatomy.specimen is not None and anatomy.resected is not None:
        rest = replace(anatomy.organ - anatomy.specimen, name="flr", file=anatomy.specimen.file)
        return Remnant(rest.drawn_by(anatomy.resected.author), "drawn", wanted)
    return None


def _from_segments(
    anatomy: Anatomy, wanted: tuple[str, ...]
) -> tuple[Remnant | None, tuple[Finding, ...]]:
    if unknown := [name for name in wanted if name not in (*SEGMENTS, *HALVES)]:
        reason = f"there is no segment {join_words(unknown, 'or')}"
        remedy = f"give segments as {ACCEPTED}"
        raise InputRefused("remnant.segment_unknown", "remnant segments", reason, remedy)
    if not (drawn := anatomy.drawn_segments):
        why = "the remnant is defined by segments"
        remedy = "add --labelmap with Couinaud segments, or give --flr without segments"
        code, asked = "remnant.no_segments", "remnant segments"
        raise anatomy.refuse_unmapped(code, asked, why, remedy)
    gone = spread_absent(anatomy.lacking_segments)
    left = tuple(name for name in name_whole(wanted) if name not in gone)
    missing = [name for name in left if name not in drawn]
    if missing or not left:
        return None, (_warn_missing(missing or wanted, anatomy),)
    mask = unite(drawn[name] for name in left)
    mask = mask.drawn_by(compose_author(mask.author))
    return Remnant(mask.renamed("flr"), "segments", left), ()


def _warn_missing(missing: Sequence[str], anatomy: Anatomy) -> Finding:
    """Report the segment, or half of IV, that is missing from the map."""
    undivided = set(missing) <= set(HALVES) and FOURTH in anatomy.segments
    if undivided and not anatomy.segment_parts:
        message = (
            "the planned remnant includes only half of segment IV "
            f"({', '.join(map(as_roman, missing))}), and the label map does not divide this "
            "segment: the remnant is undetermined until it is drawn"
        )
        return Finding("remnant.not_divided", Severity.WARNING, message)
    has = "has" if len(missing) == 1 else "have"
    message = (
        f"{list_segments(missing)} of the planned remnant {has} no voxels in the label map: the "
        "remnant is undetermined. Correct the map, draw the remnant, or use --absent-segment for a "
        "segment that the patient does not have"
    )
    return Finding("remnant.segment_missing", Severity.WARNING, message)


OPTION = "--gaps-to-nearest"


def find_gaps(
    anatomy: Anatomy, remnant: Remnant | None, volumes: LiverVolumes
) -> tuple[Finding, ...]:
    """Find liver in no segment; report both shares of a remnant defined by segments.

    With a drawn remnant, only the coverage of a map with larger gaps is reported.
    """
    made = remnant is not None and remnant.origin == "segments"
    needed = made or anatomy.treated_by_segments or is_covered(anatomy)
    if not volumes.has_gaps or not needed:
        return ()
    first = next(iter(anatomy.drawn_segments.values()))
    gap_ml = volumes.unassigned_voxels * volumes.voxel_ml
    percent = format_share(Share(volumes.unassigned_voxels, volumes.nontumorous_voxels))
    message = f"{as_ml(gap_ml)} of the liver ({percent}) is not assigned to any segment"
    whole, parted = volumes.flr_share, volumes.flr_share_of_segments
    if made and whole is not None and parted is not None:
        message += (
            f": the FLR is {format_share(whole)} of the non-tumorous liver and "
            f"{format_share(parted)} of that in segments; {OPTION} assigns each gap "
            "to the nearest segment"
        )
    message += _describe_untreated(anatomy, volumes)
    return (warn("segments.gaps", first, message, gap_ml, "mL"),)


def _describe_untreated(anatomy: Anatomy, volumes: LiverVolumes) -> str:
    """Describe the effect of gaps, which count as untreated if the area is defined by segments."""
    treated, gap = anatomy.treated, anatomy.unassigned
    if not anatomy.treated_by_segments or treated is None or gap is None:
        return ""
    whole, untreated = volumes.nontumorous_voxels, volumes.untreated_voxels or 0
    beside = (gap - treated).voxel_count
    return (
        "; this part counts as untreated: the untreated liver is "
        f"{format_share(Share(untreated, whole))} of the non-tumorous liver, and "
        f"{format_share(Share(untreated - beside, whole))} if the gaps are not counted as untreated"
    )


def fill_gaps(anatomy: Anatomy) -> tuple[Anatomy, tuple[Finding, ...]]:
    """Assign liver in no segment to the nearest segment, centre to centre, and report its volume.

    Voxels equally near to two segments are assigned to the first by name. A gap next to IV is
    also assigned to the nearer half, if the map has both.

    Raises `InputRefused`: if no label map gives segments.
    """
    drawn = {**anatomy.segment_parts, **anatomy.segments}
    if not drawn:
        why = "gaps are to be assigned to the nearest segment"
        remedy = "add --labelmap with Couinaud segments, or omit the option"
        raise anatomy.refuse_unmapped("segments.none_to_fill", OPTION, why, remedy)
    gap = anatomy.organ - unite(drawn.values())
    first = next(iter(drawn.values()))
    message = (
        f"{first.source}: {as_ml(gap.volume_ml)} of liver outside all segments was assigned to "
        f"the nearest segment ({OPTION})"
    )
    code = "segments.gaps_filled"
    finding = Finding(code, Severity.INFO, message, first.file, gap.volume_ml, "mL")
    if not gap.voxel_count:
        return anatomy, (finding,)
    parted = len(anatomy.segment_parts) > 1 and FOURTH in anatomy.segments
    near = {name: mask for name, mask in sorted(drawn.items()) if not (parted and name == FOURTH)}
    grown = _grow(near, gap)
    if parted:
        grown[FOURTH] = unite((drawn[FOURTH], *(grown[name] for name in anatomy.segment_parts)))
    segments = {name: grown[name] for name in anatomy.segments}
    halves = {name: grown[name] for name in anatomy.segment_parts}
    return replace(anatomy, segments=segments, segment_parts=halves), (finding,)


def _grow(segments: dict[str, Mask], gap: Mask) -> dict[str, Mask]:
    """Add to each segment the voxels of a gap nearest to it; ties as in `fill_gaps`.

    In the middle of an even gap, whole layers of voxels are ties: rounding must not decide them.
    """
    distance_mm = np.stack([measure_distances_mm(gap, mask) for mask in segments.values()])
    least_mm = distance_mm.min(axis=0)
    as_near_mm = least_mm + TIE_MM + gap.grid.rounding_mm(1.0) * least_mm
    nearest = (distance_mm <= as_near_mm).argmax(axis=0)
    grown = {}
    for number, (name, mask) in enumerate(segments.items()):
        voxels = np.zeros_like(gap.voxels)
        voxels[gap.voxels] = nearest == number
        grown[name] = mask | Mask(mask.name, voxels, gap.box, gap.grid)
    return grown


MOST_NAMED = 8  # lesions in one message


class Clearing(Struct, frozen=True):
    """Lesions in a remnant, and the FLR after clearing them.

    - `numbers`: lesions more than half in the remnant, or in a hole left for them.
    - `volume_ml`: volume of these lesions.
    - `margin_mm`: margin of liver cleared around them, centre to centre.
    - `kept`: working remnant after clearing; None if only counts were computed.
    - `after`: its share of the non-tumorous liver.
    - `after_1mm`: the same with a margin of 1 mm, the narrowest that counts as R0; None if
      `margin_mm` is not wider, or if not computed.
    """

    numbers: tuple[int, ...]
    volume_ml: float
    margin_mm: float
    kept: Mask | None
    after: Share
    after_1mm: Share | None = None


def list_staying_lesions(remnant: Remnant, anatomy: Anatomy) -> dict[int, Mask]:
    """List lesions, by number, more than half in the remnant or in a hole left for them."""
    held = remnant.holds
    return {
        number: lesion
        for number, lesion in enumerate(list_lesions(anatomy), start=1)
        if stays((lesion & held).voxel_count, lesion)
    }


def measure_clearing(
    remnant: Remnant, anatomy: Anatomy, margin_mm: float = CLEARING_MARGIN_MM
) -> Clearing:
    """Measure the working remnant after clearing the lesions in it."""
    staying = list_staying_lesions(remnant, anatomy)
    volume_ml = sum(lesion.volume_ml for lesion in staying.values())
    working = anatomy.working(remnant.mask & anatomy.nontumorous)
    whole, kept, after_1mm = anatomy.nontumorous.voxel_count, working, None
    if staying:
        reaches = tuple(sorted({min(R0_MM, margin_mm), margin_mm}))
        lost, level = find_rim(unite(staying.values()), working, reaches)
        kept = working - lost
        if margin_mm > R0_MM:
            least = int(np.count_nonzero(level == 0))
            after_1mm = Share(working.voxel_count - least, whole)
    after = Share(kept.voxel_count, whole)
    return Clearing(tuple(staying), volume_ml, margin_mm, kept, after, after_1mm)


def find_remnant_tumour(remnant: Remnant, anatomy: Anatomy) -> tuple[Finding, ...]:
    """Find tumour in a remnant: most of the tumour, whole lesions, or overlap with lesions.

    Most of the tumour should be in the part to be removed. A lesion left in the remnant is not a
    drawing fault.
    """
    tumour = anatomy.tumour
    if tumour is None or not tumour.voxel_count:
        return ()
    mask, held = remnant.mask, remnant.holds & tumour
    cut = remnant.transection
    sides = cut is not None and (cut.planes or cut.surfaces)  # wedges have no wrong side
    by_wedges = remnant.is_cut and not sides
    if 2 * held.voxel_count > tumour.voxel_count and not by_wedges:
        return (_warn_most_tumour(remnant, anatomy, held),)
    staying = list_staying_lesions(remnant, anatomy)
    left = (_report_staying(mask, staying),) if staying else ()
    over = mask & tumour
    if staying:
        over = over - unite(staying.values())
    return (*left, *_find_over(remnant, over, anatomy))


def _warn_most_tumour(remnant: Remnant, anatomy: Anatomy, held: Mask) -> Finding:
    """Report that the remnant and the part to be removed may have been swapped."""
    mask, tumour = remnant.mask, anatomy.tumour or held
    what = _name_remnant(remnant, anatomy)
    check = "if this is the part to be removed, give it as --resected"
    if what == OUTSIDE:
        check = "if this is the remnant, give it as --flr"
    elif remnant.is_cut:
        check = "if this is the side to be removed, reverse the normal"
    elif remnant.origin == "segments":
        check = "if these are the segments to be removed, give the segments that remain"
    some = f"{as_ml(held.volume_ml)} of the {as_ml(tumour.volume_ml)} of tumour"
    message = f"{what} contains or encloses {some}: {check}"
    return warn("flr.holds_most_tumour", mask, message, held.volume_ml, "mL")


def _report_staying(remnant: Mask, staying: dict[int, Mask]) -> Finding:
    volume_ml = sum(lesion.volume_ml for lesion in staying.values())
    named = [f"{number} ({as_ml(one.volume_ml)})" for number, one in staying.items()]
    stay = f"lesion {named[0]} is in the remnant and is"
    if len(named) > 1:
        several = list_first(named, MOST_NAMED)
        stay = f"lesions {several} are in the remnant ({as_ml(volume_ml)} in total) and are"
    message = f"{remnant.source}: {stay} not counted as remnant"
    return Finding("flr.lesions_stay", Severity.INFO, message, remnant.file, volume_ml, "mL")


OUTSIDE = "the liver outside this part"  # of a drawn part to be removed


def _name_remnant(remnant: Remnant, anatomy: Anatomy) -> str:
    """Name a remnant by what defines it."""
    if anatomy.resected is not None:
        return OUTSIDE
    if remnant.is_cut:
        return "the liver that remains after the cut"
    named = remnant.origin == "segments"
    return f"the remnant of {list_segments(remnant.segments)}" if named else "the remnant mask"


def _find_over(remnant: Remnant, over: Mask, anatomy: Anatomy) -> tuple[Finding, ...]:
    """Find tumour that the remnant overlaps, which is not counted."""
    if not over.voxel_count:
        return ()
    mask, tumour = remnant.mask, anatomy.tumour or over
    numbered = enumerate(list_lesions(anatomy), start=1)
    cut = [str(number) for number, lesion in numbered if (lesion & over).voxel_count]
    lesions = f" (part of lesion{'s' * (len(cut) > 1)} {list_first(cut, MOST_NAMED)})"
    message = (
        f"{mask.source}: {_name_remnant(remnant, anatomy)} includes {as_ml(over.volume_ml)} of "
        f"{as_ml(tumour.volume_ml)} of tumour{lesions if cut else ''}; this part is not counted "
        "as remnant, but is not removed either"
    )
    severity = Severity.WARNING if over.exact_ml >= LEAST_LESION_ML else Severity.INFO
    return (Finding("overlap.flr_tumour", severity, message, mask.file, over.volume_ml, "mL"),)
