"""Result of each planned operation of a case, and whether its name fits what it removes.

A fraction always belongs to one plan; that of the first plan is also shown in the headline. The
remnant is compared with the embolised segments by the segments of a map, if there is one, otherwise
by the side of the liver [H-04].

A name such as "right hepatectomy" is understood by everyone who reads a plan. If the remnant
includes a segment that this name removes, either the name or the segments are wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from msgspec import Struct, structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import HALVES, Anatomy
from fl_planner.liver.leaks import find_planned_faults
from fl_planner.liver.lesions.fates import Fates, Sliver, decide_fates
from fl_planner.liver.lesions.lesions import Lesion, Lesions
from fl_planner.liver.names.resection_names import NamedResection, parse_resections
from fl_planner.liver.names.structures import as_roman, list_remaining, list_segments
from fl_planner.liver.remnant import (
    Clearing,
    Remnant,
    determine_remnant,
    find_gaps,
    measure_clearing,
)
from fl_planner.liver.stray import find_stray
from fl_planner.liver.volumetry import LiverVolumes, measure_liver
from fl_planner.planning.assessment.mask_doubts import (
    find_cut_off,
    find_remnant_doubts,
    list_stored_grids,
)
from fl_planner.planning.given.case import Case, Embolisation, Operation
from fl_planner.space.components import touch
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.gap import gather_outline, measure_gap_mm
from fl_planner.space.mask import Mask, unite


class LesionMargin(Struct, frozen=True):
    """Smallest distance, centre to centre, from a removed lesion to the tumour-free remnant.

    - `lesion`: its number.
    - `margin_mm`: 0 if a sliver of it remains.
    """

    lesion: int
    margin_mm: float


class Planned(Struct, frozen=True):
    """One operation with its remnant.

    - `remnant`: None if the plan does not define it.
    - `volumes`: volumes, including that of the remnant if there is one.
    - `cleared`, `cut`, `left`: lesions by number: outside the remnant (except for a sliver), partly
      in it, completely in it. All empty without a remnant or lesions.
    - `margin_mm`: the smallest of the margins; None without a removed lesion.
    - `margins`: margin of each removed lesion; empty without a remnant, and in a draft.
    - `clearing`: lesions of which more than half remains, and the remnant without them and the
      plan's margin; None without a remnant or lesions.
    - `slivers`: remaining parts of removed lesions.
    """

    operation: Operation
    remnant: Remnant | None
    volumes: LiverVolumes
    cleared: tuple[int, ...] = ()
    cut: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
    margin_mm: float | None = None
    clearing: Clearing | None = None
    slivers: tuple[Sliver, ...] = ()
    margins: tuple[LesionMargin, ...] = ()

    @property
    def share_of_segments(self) -> Share | None:
        """FLR as share of the liver within segments; None unless composed of segments with gaps."""
        made = self.remnant is not None and self.remnant.origin == "segments"
        return self.volumes.flr_share_of_segments if made else None


def measure_operations(
    case: Case, first: tuple[Remnant | None, LiverVolumes], lesions: Lesions | None
) -> tuple[tuple[Planned, ...], tuple[Finding, ...]]:
    """Measure every operation of a case, with findings on the second and later ones.

    - `first`: remnant and volumes of the first operation, already measured and checked.
    """
    anatomy, (operation, *others) = case.anatomy, case.operations
    planned = [measure_fates(Planned(operation, *first), anatomy, lesions)]
    findings: list[Finding] = []
    for number, other in enumerate(others, start=2):
        anatomy = replace(case.anatomy, flr=other.flr, resected=other.resected)
        remnant, doubts = _measure_remnant(anatomy, other)
        volumes = measure_liver(anatomy, remnant.mask if remnant else None)
        drawn = (*_find_drawn_doubts(anatomy, case), *find_cut_off(case, anatomy, remnant))
        odd = () if remnant is None else find_remnant_doubts(remnant, volumes, anatomy)
        made = remnant is not None and remnant.origin == "segments"
        gaps = find_gaps(anatomy, remnant, volumes) if made else ()  # reported with the first plan
        for found in (*doubts, *drawn, *odd, *gaps):
            findings.append(replace(found, message=f"plan {other.name or number}: {found.message}"))
        planned.append(measure_fates(Planned(other, remnant, volumes), anatomy, lesions))
    return tuple(planned), tuple(findings)


def find_stage_twins(operations: Sequence[Operation]) -> tuple[tuple[int, ...], ...]:
    """Find for each plan, by index from 0, those that differ from it only in the number of stages.

    A plan that does not state its number of stages has one.

    Examples
    --------
    >>> once = Operation("a", ("2", "3"), stages=1)
    >>> find_stage_twins([once, structs.replace(once, name="b", stages=2), Operation("c", ("1",))])
    ((1,), (0,), ())
    """
    known = [
        (
            {*operation.remnant_segments},
            {*operation.embolised_segments},
            (operation.clearing_margin_mm, operation.cuts, operation.wedges),
            (operation.planes, operation.surfaces),
            (id(operation.flr), id(operation.resected)),
        )
        for operation in operations
    ]
    stages = [operation.stages or 1 for operation in operations]
    places = range(len(operations))
    return tuple(
        tuple(j for j in places if known[j] == known[i] and stages[j] != stages[i]) for i in places
    )


def _measure_remnant(
    anatomy: Anatomy, other: Operation
) -> tuple[Remnant | None, tuple[Finding, ...]]:
    """Measure the remnant of a further operation; None if it names segments without a map."""
    if other.remnant_segments and not anatomy.drawn_segments:
        message = "the remnant is defined by segments, but no label map was given"
        return None, (Finding("plan.no_segments", Severity.WARNING, message),)
    return determine_remnant(anatomy, other.remnant_segments, other.transection)


def _find_drawn_doubts(anatomy: Anatomy, case: Case) -> Iterable[Finding]:
    for part in (anatomy.flr, anatomy.resected):
        if part is not None:
            yield from find_stray(anatomy.organ, part, anatomy.delivered)
    yield from find_planned_faults(anatomy, list_stored_grids(case))


def measure_fates(planned: Planned, anatomy: Anatomy, lesions: Lesions | None) -> Planned:
    """Determine which lesions an operation removes, cuts and leaves, and the margin."""
    remnant = planned.remnant
    if remnant is None or lesions is None:
        return planned
    held = remnant.holds
    margin_mm = planned.operation.clearing_margin_mm
    inside = {x.number: (x.mask & held).voxel_count for x in lesions.items}
    fates = _with_crossed(decide_fates(lesions, inside), remnant, anatomy, lesions)
    cleared = [x for x in lesions.items if x.number in fates.cleared]
    slivers = _list_slivers(cleared, remnant, anatomy)
    kept = remnant.mask & anatomy.nontumorous
    margins = tuple(_list_margins(cleared, kept, {one.number for one in slivers}))
    return structs.replace(
        planned,
        cleared=fates.cleared,
        cut=fates.cut,
        left=fates.left,
        margin_mm=min((one.margin_mm for one in margins), default=None),
        margins=margins,
        clearing=measure_clearing(remnant, anatomy, margin_mm),
        slivers=slivers,
    )


def _with_crossed(fates: Fates, remnant: Remnant, anatomy: Anatomy, lesions: Lesions) -> Fates:
    """Count lesions as cut if most of them is in no segment, and a remaining segment touches them.

    A label map may leave out the tumour: how far such a lesion extends into each segment is then
    unknown. All segments that touch it are removed with it, as in the table of resections.
    """
    if remnant.origin != "segments":
        return fates
    wedged = {} if remnant.transection is None else remnant.transection.wedge_margins_mm
    mapped = unite(anatomy.drawn_segments.values())
    crossed = set()
    for lesion in (lesions.items[number - 1] for number in {*fates.cleared} - {*wedged}):
        outside = lesion.mask - mapped
        if 2 * outside.voxel_count > lesion.mask.voxel_count and touch(outside, remnant.mask):
            crossed.add(lesion.number)
    cleared = tuple(number for number in fates.cleared if number not in crossed)
    return Fates(cleared, tuple(sorted({*fates.cut, *crossed})), fates.left)


def _list_slivers(
    cleared: Iterable[Lesion], remnant: Remnant, anatomy: Anatomy
) -> tuple[Sliver, ...]:
    """List parts of removed lesions in the remnant, with their segments."""
    found = []
    for lesion in cleared:
        part = lesion.mask & remnant.holds
        if part.voxel_count:
            segments = anatomy.drawn_segments
            held = (name for name in remnant.segments if name in segments)
            places = tuple(name for name in held if (part & segments[name]).voxel_count)
            found.append(Sliver(lesion.number, places, part.voxel_count, part.volume_ml))
    return tuple(found)


def _list_margins(
    cleared: Sequence[Lesion], kept: Mask, with_sliver: Collection[int]
) -> Iterator[LesionMargin]:
    """List the margin of each removed lesion; nothing without remaining liver."""
    if not cleared or not kept.voxel_count:
        return
    surface = gather_outline(kept)
    for lesion in cleared:
        touches = lesion.number in with_sliver
        mm = 0.0 if touches else measure_gap_mm(lesion.surface, surface)
        yield LesionMargin(lesion.number, mm)


MUCH = 0.5  # of the embolised segments: above it, the remnant was embolised
MIDDLE_MM = 10.0  # from the liver's centre, before a remnant is on a side [project's choice]
RIGHT, LEFT = frozenset("5678"), frozenset(("2", "3", "4", "4a", "4b"))


class EmbolisedPart(Struct, frozen=True):
    """Embolised segments that are in the remnant.

    - `share`: share of their volume in the remnant, from a map; None if only the side is known.
    """

    segments: tuple[str, ...]
    share: float | None

    def describe(self, what: str) -> str:
        """Describe the overlap; `what` names the segments.

        Examples
        --------
        >>> EmbolisedPart(("2", "3"), 0.98).describe("embolised segments")
        'the embolised segments II and III are in the remnant (98 % of their volume)'
        """
        names, are = join_words(map(as_roman, self.segments)), "are"
        if len(self.segments) == 1:
            what, are = what.replace("segments", "segment"), "is"
        if self.share is None:
            return f"the remnant is on the side of the {what} {names}"
        return f"the {what} {names} {are} in the remnant ({100 * self.share:.0f} % of their volume)"


def find_embolised_part(
    anatomy: Anatomy, remnant: Mask, segments: tuple[str, ...]
) -> EmbolisedPart | None:
    """Find embolised segments in the remnant; None if there are none, or it is not known.

    - `remnant`: remnant, including the tumour in it.
    - `segments`: segments with occluded portal branches; may be empty.
    """
    counts = _count_segments(anatomy, remnant)
    kept, whole = (sum(counts[name][n] for name in segments if name in counts) for n in range(2))
    if whole:
        share = kept / whole
        return EmbolisedPart(segments, share) if share > MUCH else None
    if segments and _side_of_remnant(anatomy, remnant) == _side_of(segments):
        return EmbolisedPart(segments, None)
    return None


def find_embolised_plans(
    anatomy: Anatomy, planned: Sequence[Planned], done: Embolisation | None
) -> Iterator[Finding]:
    """Find plans whose remnant includes the segments that are or will be embolised."""
    for number, each in enumerate(planned, start=1):
        names = each.operation.embolised_segments
        what = "segments to be embolised"
        if not names and done is not None:
            names, what = done.segments, "embolised segments"
        part = None
        if each.remnant is not None:
            part = find_embolised_part(anatomy, each.remnant.holds, names)
        if part is not None:
            plan = f"plan {each.operation.name or number}: " if len(planned) > 1 else ""
            message = (
                f"{plan}{part.describe(what)}, but hypertrophy is intended in the liver that is "
                "not embolised. Check the embolised segments and the remnant"
            )
            yield Finding("plan.embolised_remnant", Severity.WARNING, message)


def measure_segment_shares(anatomy: Anatomy, remnant: Mask) -> dict[str, float]:
    """Measure the share of each segment in the remnant; empty without a map.

    Voxels of the map outside the liver count in neither.
    """
    counts = _count_segments(anatomy, remnant)
    return {name: kept / whole for name, (kept, whole) in counts.items()}


def _count_segments(anatomy: Anatomy, remnant: Mask) -> dict[str, tuple[int, int]]:
    """Count the voxels of each segment in the remnant and in the liver, if there are any."""
    segments = {**anatomy.segments, **anatomy.segment_parts}
    livers = {name: mask & anatomy.organ for name, mask in segments.items()}
    return {
        name: ((liver & remnant).voxel_count, liver.voxel_count)
        for name, liver in livers.items()
        if liver.voxel_count
    }


def _side_of_remnant(anatomy: Anatomy, remnant: Mask) -> str | None:
    """Side of the liver's centre on which the remnant is; None near the centre."""
    if not anatomy.liver.grid.placed:
        return None
    away = float(measure_centre_mm(remnant)[0] - measure_centre_mm(anatomy.organ)[0])
    if abs(away) < MIDDLE_MM:
        return None
    return "right" if away > 0 else "left"


def _side_of(names: Sequence[str]) -> str:
    """Side of the liver that contains all these segments, or "both"."""
    if RIGHT.issuperset(names):
        return "right"
    return "left" if LEFT.issuperset(names) else "both"


CAUDATE, FOURTH = "1", "4"
Atoms = frozenset[str]  # segments, with IV as its halves


def find_named_otherwise(anatomy: Anatomy, planned: Sequence[Planned]) -> Iterator[Finding]:
    """Find plans whose name removes other segments than the plan.

    Nothing is found for a name that is not a known resection, or without known segments. Segment I
    is compared only if the name states it.
    """
    for each in planned:
        name = each.operation.name or ""
        known = parse_resections(name)
        kept, gone = _list_fates(anatomy, each) if known else (frozenset(), frozenset())
        for one in known:
            if words := _describe_difference(one, kept, gone):
                message = f"plan {name}: {words}. Check the name of the plan and its segments"
                yield Finding("plan.name_differs", Severity.WARNING, message)


def _list_fates(anatomy: Anatomy, each: Planned) -> tuple[Atoms, Atoms]:
    """List the segments that remain and those that are removed; both empty if not known.

    For a drawn or cut remnant, more than half of a segment decides.
    """
    operation, remnant = each.operation, each.remnant
    if remnant is not None and (remnant.origin == "drawn" or remnant.transection is not None):
        shares = measure_segment_shares(anatomy, remnant.mask)
        if {*HALVES} <= shares.keys():
            shares.pop(FOURTH, None)
        kept = [name for name, share in shares.items() if share > MUCH]
        return _split(kept), _split(shares.keys() - kept)
    absent = _split(anatomy.lacking_segments)
    kept = [*operation.remnant_segments]
    gone = operation.resected_segments or (list_remaining(kept) if kept else ())
    kept = kept or [*(list_remaining(gone) if gone else ())]
    return _split(kept) - absent, _split(gone) - absent


def _split(names: Iterable[str]) -> Atoms:
    """Replace IV by its halves."""
    return frozenset(part for name in names for part in (HALVES if name == FOURTH else (name,)))


def _join(atoms: Atoms) -> list[str]:
    """List segments in order, both halves of IV as one."""
    whole = atoms >= {*HALVES}
    return sorted([*(atoms - {*HALVES}), FOURTH] if whole else atoms)


def _describe_difference(one: NamedResection, kept: Atoms, gone: Atoms) -> str:
    """Describe how a plan differs from a name; empty if it does not in one meaning of the name."""
    differences = []
    for removes in one.removes:
        part = _split(one.in_part)
        stays = (_split(removes) & kept) - (part if part & gone else frozenset())
        also = gone - _split(removes) - {CAUDATE} if one.is_whole else frozenset()
        if one.caudate is not None:
            stays |= {CAUDATE} & kept if one.caudate else frozenset()
            also |= {CAUDATE} & gone if not one.caudate else frozenset()
        differences.append((removes, stays, also))
    removes, stays, also = min(differences, key=lambda one: len(one[1]) + len(one[2]))
    if not stays and not also:
        return ""
    named = [*([CAUDATE] if one.caudate else []), *removes]
    parts = [f"the remnant includes {list_segments(_join(stays))}"] if stays else []
    parts += [f"the plan also removes {list_segments(_join(also))}"] if also else []
    return f"{one.called} removes {list_segments(named)}, but {' and '.join(parts)}"
