"""The future liver remnant: drawn, left by a drawn resection, or made of whole segments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Literal

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.share import Share
from fl_planner.liver.anatomy import SEGMENTS, Anatomy
from fl_planner.space.mask import Mask

Origin = Literal["drawn", "segments"]

TELL_POINTS = 5.0  # between a drawn remnant and its segments [clinical.md 12]


@dataclass(frozen=True, slots=True)
class Remnant:
    """What is to remain, before the tumour is taken out of it, and where that came from."""

    mask: Mask
    origin: Origin
    segments: tuple[str, ...] = ()


def find_remnant(
    anatomy: Anatomy, wanted: tuple[str, ...]
) -> tuple[Remnant | None, tuple[Finding, ...]]:
    """Find the remnant; None where nothing says what remains, or a segment of it is missing.

    A drawn FLR wins over a drawn resection's rest, and both over `wanted` segments, because
    automatic segments follow the vessels roughly only; a difference above five points is
    told.

    Raises
    ------
    InputRefused
        If segments are wanted and no label map gives any, or one is not of 1 to 8.
    """
    by_segments, findings = _from_segments(anatomy, wanted) if wanted else (None, ())
    drawn = _drawn(anatomy, wanted)
    if drawn is None or by_segments is None:
        return drawn or by_segments, findings
    nontumorous = anatomy.nontumorous
    shares = [
        Share((part.mask & nontumorous).voxel_count, nontumorous.voxel_count)
        for part in (drawn, by_segments)
    ]
    points = shares[0].percent - shares[1].percent
    if abs(points) <= TELL_POINTS:
        return drawn, findings
    named = ", ".join(wanted)
    message = (
        f"{drawn.mask.source}: the drawn remnant differs by {points:+.1f} points from "
        f"segments {named}; the drawing is used"
    )
    found = Finding(
        "remnant.drawn_differs", Severity.WARNING, message, drawn.mask.file, points, "points"
    )
    return drawn, (*findings, found)


def _drawn(anatomy: Anatomy, wanted: tuple[str, ...]) -> Remnant | None:
    if anatomy.flr is not None:
        return Remnant(anatomy.flr, "drawn", wanted)
    if anatomy.resected is not None:
        rest = (anatomy.organ - anatomy.resected).renamed("flr")
        return Remnant(rest, "drawn", wanted)
    return None


def _from_segments(
    anatomy: Anatomy, wanted: tuple[str, ...]
) -> tuple[Remnant | None, tuple[Finding, ...]]:
    unknown = [name for name in wanted if name not in SEGMENTS]
    if unknown:
        reason = f"no segment is called {', '.join(unknown)}"
        remedy = f"name some of {', '.join(SEGMENTS)}"
        raise InputRefused("remnant.segment_unknown", "remnant segments", reason, remedy)
    if not anatomy.segments:
        reason = "the remnant is named by segments, and no label map gives segments"
        remedy = "add --labelmap with Couinaud segments, or give the remnant as --flr"
        raise InputRefused("remnant.no_segments", "remnant segments", reason, remedy)
    wanted = tuple(name for name in wanted if name not in anatomy.absent_segments)
    missing = [name for name in wanted if name not in anatomy.segments]
    if missing or not wanted:
        message = (
            f"segment {', '.join(missing) or 'list'} of the planned remnant has no voxel in the "
            "label map: the remnant is undetermined until it is said why"
        )
        return None, (Finding("remnant.segment_missing", Severity.WARNING, message),)
    mask = reduce(or_, (anatomy.segments[name] for name in wanted))
    return Remnant(mask.renamed("flr"), "segments", wanted), ()
