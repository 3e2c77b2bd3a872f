"""The future liver remnant: drawn, left by a drawn resection, or made of whole segments.

Or it is what planes and wedges leave, of the liver or of such segments.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from math import ceil, floor
from typing import TYPE_CHECKING, Literal

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.share import Share
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.anatomy import HALVES, SEGMENTS, Anatomy, fill_hollows
from fl_planner.liver.mask_finding import warn
from fl_planner.liver.names.numerals import ACCEPTED
from fl_planner.liver.segments.halves import FOURTH, name_whole, spread_absent
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.mask import Mask, unite

if TYPE_CHECKING:  # few remnants are cut by a plane
    from fl_planner.liver.transection import Transection

Origin = Literal["drawn", "segments"]

TELL_POINTS = 5  # between a drawn remnant and its segments [clinical.md 12]
SIDE_MM = 10.0  # from the liver's middle: so rough are borders of segments [clinical.md 12]


@dataclass(frozen=True, slots=True)
class Remnant:
    """What is to remain, before the tumour is taken out of it, and where that came from.

    - `mask`: as drawn, as the rest of a drawn resection, or as the union of segments.
    - `origin` ("drawn" or "segments"): which of these; the first two are drawn, and so is what
      planes and wedges leave of the liver.
    - `segments`: that were named.
    - `hollow`: tumour around which the remnant was drawn: it lies in holes and notches of the mask,
      and stays with it. None where the part to be removed was drawn.
    - `transection`: planes and wedges that left it, lesions by their numbers; None without any.
    """

    mask: Mask
    origin: Origin
    segments: tuple[str, ...] = ()
    hollow: Mask | None = None
    transection: Transection | None = None

    @property
    def is_cut(self) -> bool:
        """Whether planes and wedges alone made it: no file draws it."""
        return self.transection is not None and self.origin == "drawn"

    @property
    def made_of(self) -> tuple[str, ...]:
        """Segments of the map whose union it is; none where it was drawn or cut."""
        whole = self.origin == "segments" and self.transection is None
        return self.segments if whole else ()

    @property
    def holds(self) -> Mask:
        """The mask with the tumour around which it was drawn."""
        return self.mask if self.hollow is None else self.mask | self.hollow


def find_remnant(
    anatomy: Anatomy, wanted: tuple[str, ...], transection: Transection | None = None
) -> tuple[Remnant | None, tuple[Finding, ...]]:
    """Find the remnant; None where nothing says what remains, or a segment of it is missing.

    A drawn FLR wins over a drawn resection's rest, and both over `wanted` segments, because
    automatic segments follow the vessels roughly only; a difference above five points is
    told, and so is a drawing on the other side of the liver. Devascularised and congested liver
    stays in the mask, and is not counted (`liver/volumetry.py`); how much it is, is told.
    What planes and wedges leave is taken of the wanted segments, or of the liver where none are.

    Raises `InputRefused`: if segments are wanted and no label map gives any, or one is not of 1 to
    8, 4a and 4b; `cut.and_drawn` where a remnant is drawn and cut; and as `Transection`.
    """
    by_segments, findings = _from_segments(anatomy, wanted) if wanted else (None, ())
    if transection is not None:
        if wanted and by_segments is None:
            return None, findings
        left = _transect(anatomy, by_segments, transection)
        close = transection.find_close_points(anatomy.organ.grid)
        return left, (*findings, *close, *_tell_impaired(anatomy, left))
    drawn = _drawn(anatomy, wanted)
    if drawn is None:
        remnant = by_segments
    else:
        remnant, findings = drawn, ()
        if by_segments is not None:  # else there is nothing to compare the drawing with
            findings = (
                *_find_difference(anatomy, drawn, by_segments),
                *_find_wrong_side(anatomy, drawn, by_segments),
            )
    if remnant is None:
        return None, findings
    return _with_hollow(anatomy, remnant), (*findings, *_tell_impaired(anatomy, remnant))


def _transect(anatomy: Anatomy, by_segments: Remnant | None, transection: Transection) -> Remnant:
    """Take off what planes and wedges remove; a wedge takes what lies in the hollow of the rest."""
    from fl_planner.liver.transection import leaves_nothing

    for drawn in (anatomy.flr, anatomy.resected):
        if drawn is not None:
            reason = "what remains was drawn, and told by a plane or a wedge too"
            remedy = "leave the drawing out, or the plane and the wedges"
            raise InputRefused("cut.and_drawn", drawn.source, reason, remedy)
    whole = Remnant(replace(anatomy.organ, name="flr", file=None, whose=None), "drawn")
    of = by_segments or whole
    lesions = transection.list_wedged(anatomy)
    remnant = _with_hollow(anatomy, replace(of, mask=transection.keep(anatomy, of.mask)))
    wedges = transection.draw_wedges(anatomy, lesions)
    if wedges is not None:
        assert remnant.hollow is not None  # nothing was drawn as removed
        hollow = remnant.hollow - wedges
        remnant = replace(remnant, mask=remnant.mask - wedges, hollow=hollow)
    if not anatomy.working(remnant.mask & anatomy.nontumorous).voxel_count:
        raise leaves_nothing("move the plane, turn its normal round, or cut out less")
    return replace(remnant, transection=transection.numbered(lesions))


def _with_hollow(anatomy: Anatomy, remnant: Remnant) -> Remnant:
    """Find the tumour around which a remnant was drawn; what was drawn as removed goes."""
    if anatomy.flr is None and anatomy.resected is not None:
        return remnant
    filled = fill_hollows(remnant.mask, anatomy.organ, anatomy.tumour)
    return replace(remnant, hollow=filled - remnant.mask)


def _tell_impaired(anatomy: Anatomy, remnant: Remnant) -> Iterator[Finding]:
    return _find_impaired(anatomy, remnant) if anatomy.impaired else iter(())


def _find_impaired(anatomy: Anatomy, remnant: Remnant) -> Iterator[Finding]:
    """Tell what of a remnant is devascularised or congested, and its share with and without."""
    nontumorous = anatomy.nontumorous
    whole = remnant.mask & nontumorous
    working = anatomy.working(whole)
    lost = whole - working
    if not lost.voxel_count:
        return
    without, with_all = (
        say_share(Share(part.voxel_count, nontumorous.voxel_count)) for part in (working, whole)
    )
    names = " and ".join(dict.fromkeys(mask.name for mask in anatomy.impaired))
    message = (
        f"{as_ml(lost.volume_ml)} of the remnant are {names}: it is {without} without them, which "
        f"decides, and {with_all} with them"
    )
    yield warn("remnant.impaired", remnant.mask, message, lost.volume_ml, "mL")


def say_share(share: Share) -> str:
    """Write a percentage that no rounding carries over a whole number, as limits are."""
    percent = 100 * share.fraction
    return f"{as_number(percent, [floor(percent), ceil(percent)])} %"


def _find_difference(anatomy: Anatomy, drawn: Remnant, by_segments: Remnant) -> tuple[Finding, ...]:
    nontumorous = anatomy.nontumorous
    shares = [
        Share((part.mask & nontumorous).voxel_count, nontumorous.voxel_count)
        for part in (drawn, by_segments)
    ]
    points = 100 * (shares[0].fraction - shares[1].fraction)
    if abs(points) <= TELL_POINTS:
        return ()
    message = (
        f"the drawn remnant differs by {float(points):+.1f} points from segments "
        f"{', '.join(by_segments.segments)}; the drawing is used"
    )
    return (warn("remnant.drawn_differs", drawn.mask, message, float(points), "points"),)


def _find_wrong_side(anatomy: Anatomy, drawn: Remnant, by_segments: Remnant) -> tuple[Finding, ...]:
    """Find a drawing that lies left of the liver's middle and its segments right, or so."""
    if not anatomy.liver.grid.placed or not drawn.mask.voxel_count:
        return ()
    middle, *ends = (
        float(measure_centre_mm(mask)[0]) for mask in (anatomy.organ, drawn.mask, by_segments.mask)
    )
    here, there = (end - middle for end in ends)
    if here * there >= 0 or min(abs(here), abs(there)) <= SIDE_MM:
        return ()
    message = (
        f"{drawn.mask.source}: the drawn remnant lies on the other side of the liver than "
        f"segments {', '.join(by_segments.segments)}: is it mirrored?"
    )
    return (
        Finding("remnant.side", Severity.ERROR, message, drawn.mask.file, abs(here - there), "mm"),
    )


def _drawn(anatomy: Anatomy, wanted: tuple[str, ...]) -> Remnant | None:
    if anatomy.flr is not None:
        return Remnant(anatomy.flr, "drawn", wanted)
    if anatomy.specimen is not None:
        rest = replace(anatomy.organ - anatomy.specimen, name="flr", file=anatomy.specimen.file)
        return Remnant(rest, "drawn", wanted)
    return None


def _from_segments(
    anatomy: Anatomy, wanted: tuple[str, ...]
) -> tuple[Remnant | None, tuple[Finding, ...]]:
    unknown = [name for name in wanted if name not in (*SEGMENTS, *HALVES)]
    if unknown:
        reason = f"no segment is called {', '.join(unknown)}"
        remedy = f"name some of {ACCEPTED}"
        raise InputRefused("remnant.segment_unknown", "remnant segments", reason, remedy)
    drawn = anatomy.drawn_segments
    if not drawn:
        why = "the remnant is named by segments"
        remedy = "add --labelmap with Couinaud segments, or give the remnant as --flr"
        code, asked = "remnant.no_segments", "remnant segments"
        raise anatomy.refuse_unmapped(code, asked, why, remedy)
    gone = spread_absent(anatomy.absent_segments) - drawn.keys()
    left = tuple(name for name in name_whole(wanted) if name not in gone)
    missing = [name for name in left if name not in drawn]
    if missing or not left:
        return None, (_tell_missing(missing or wanted, anatomy),)
    mask = unite(drawn[name] for name in left)
    return Remnant(mask.renamed("flr"), "segments", left), ()


def _tell_missing(missing: Sequence[str], anatomy: Anatomy) -> Finding:
    """Say which segment leaves the remnant undetermined, and whether only a half of it does."""
    undivided = set(missing) <= set(HALVES) and FOURTH in anatomy.segments
    if undivided and not anatomy.segment_parts:
        message = (
            f"the planned remnant holds only half of segment {FOURTH} ({', '.join(missing)}), and "
            "the label map does not divide it: the remnant is undetermined until it is drawn"
        )
        return Finding("remnant.not_divided", Severity.WARNING, message)
    message = (
        f"segment {', '.join(missing)} of the planned remnant has no voxel in the "
        "label map: the remnant is undetermined until it is said why"
    )
    return Finding("remnant.segment_missing", Severity.WARNING, message)
