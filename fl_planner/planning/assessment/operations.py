"""What each planned operation of a case leaves: several plans, side by side.

A fraction is always that of one plan; the first plan's is also the headline's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.share import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.fates import decide_fates
from fl_planner.liver.lesions.lesions import Lesion, Lesions
from fl_planner.liver.lesions.slivers import Sliver
from fl_planner.liver.pieces import find_planned_faults
from fl_planner.liver.remnant.remnant import Remnant, find_remnant
from fl_planner.liver.remnant.segment_gaps import find_gaps
from fl_planner.liver.remnant.tumour_in_remnant import (
    Clearing,
    find_remnant_tumour,
    measure_clearing,
)
from fl_planner.liver.stray import find_stray
from fl_planner.liver.volumetry import LiverVolumes, measure_liver
from fl_planner.planning.assessment.mask_doubts import list_own_grids
from fl_planner.planning.assessment.resampling_loss import find_cut_off
from fl_planner.planning.given.case import Case, Operation
from fl_planner.space.mask import Mask
from fl_planner.space.surface import gather_outline, measure_gap_mm


@dataclass(frozen=True, slots=True)
class Planned:
    """One operation, and what it leaves.

    - `operation`: as it was planned.
    - `remnant`: None where the plan leaves it open.
    - `volumes`: with the remnant in it, where there is one.
    - `cleared`, `cut`, `left`: lesions by number: outside the remnant but for a sliver at most,
      partly in it, whole in it. All empty without a remnant or lesions.
    - `margin_mm`: least distance, centre to centre, from a cleared lesion to tumour-free remnant; 0
      where a sliver stays.
    - `clearing`: lesions of which more than half stays, and the remnant without them and the
      plan's margin; None as above.
    - `slivers`: what would stay of cleared lesions.
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

    @property
    def share_of_segments(self) -> Share | None:
        """Share of what lies in segments; None unless it is made of them and there are gaps."""
        made = self.remnant is not None and self.remnant.origin == "segments"
        return self.volumes.flr_share_of_segments if made else None


def measure_operations(
    case: Case, first: tuple[Remnant | None, LiverVolumes], lesions: Lesions | None
) -> tuple[tuple[Planned, ...], tuple[Finding, ...]]:
    """Measure every operation of a case; findings are those of the second one and later.

    `first` is what the first one leaves: it was measured with the case, and doubted there.
    """
    anatomy, (operation, *others) = case.anatomy, case.operations
    planned = [measure_fates(Planned(operation, *first), anatomy, lesions)]
    findings: list[Finding] = []
    for number, other in enumerate(others, start=2):
        anatomy = replace(case.anatomy, flr=other.flr, resected=other.resected)
        remnant, doubts = _find_remnant(anatomy, other)
        volumes = measure_liver(anatomy, remnant.mask if remnant else None)
        drawn = (*_find_drawn_doubts(anatomy, case), *find_cut_off(case, anatomy, remnant))
        tumour = () if remnant is None else find_remnant_tumour(remnant, anatomy)
        made = remnant is not None and remnant.origin == "segments"
        gaps = find_gaps(anatomy, remnant, volumes) if made else ()  # the first tells of the map
        for found in (*doubts, *drawn, *tumour, *gaps):
            message = f"plan {other.name or number}: {found.message}"
            findings.append(replace(found, message=message))
        planned.append(measure_fates(Planned(other, remnant, volumes), anatomy, lesions))
    return tuple(planned), tuple(findings)


def _find_remnant(anatomy: Anatomy, other: Operation) -> tuple[Remnant | None, tuple[Finding, ...]]:
    """Find what another operation leaves; one by segments that nobody gave stays open."""
    if other.remnant_segments and not anatomy.drawn_segments:
        message = "is named by segments, and no label map gives any: undetermined"
        return None, (Finding("plan.no_segments", Severity.WARNING, message),)
    return find_remnant(anatomy, other.remnant_segments, other.transection)


def _find_drawn_doubts(anatomy: Anatomy, case: Case) -> Iterable[Finding]:
    for part in (anatomy.flr, anatomy.resected):
        if part is not None:
            yield from find_stray(anatomy.organ, part, anatomy.delivered)
    yield from find_planned_faults(anatomy, list_own_grids(case))


def measure_fates(planned: Planned, anatomy: Anatomy, lesions: Lesions | None) -> Planned:
    """Say which lesions an operation clears, cuts through and leaves, and by what margin."""
    remnant = planned.remnant
    if remnant is None or lesions is None:
        return planned
    held = remnant.holds
    margin_mm = planned.operation.clearing_margin_mm
    inside = {x.number: (x.mask & held).voxel_count for x in lesions.items}
    fates = decide_fates(lesions, inside)
    cleared = [x for x in lesions.items if x.number in fates.cleared]
    slivers = _list_slivers(cleared, remnant, anatomy)
    kept = remnant.mask & anatomy.nontumorous
    return replace(
        planned,
        cleared=fates.cleared,
        cut=fates.cut,
        left=fates.left,
        margin_mm=0.0 if slivers else _margin_mm(cleared, kept),
        clearing=measure_clearing(remnant, anatomy, margin_mm),
        slivers=slivers,
    )


def _list_slivers(
    cleared: Iterable[Lesion], remnant: Remnant, anatomy: Anatomy
) -> tuple[Sliver, ...]:
    """List what of cleared lesions lies in the remnant, and in which of its segments."""
    found = []
    for lesion in cleared:
        part = lesion.mask & remnant.holds
        if part.voxel_count:
            segments = anatomy.drawn_segments
            held = (name for name in remnant.segments if name in segments)
            places = tuple(name for name in held if (part & segments[name]).voxel_count)
            found.append(Sliver(lesion.number, places, part.voxel_count, part.volume_ml))
    return tuple(found)


def _margin_mm(cleared: Sequence[Lesion], kept: Mask) -> float | None:
    if not cleared or not kept.voxel_count:
        return None
    surface = gather_outline(kept)
    return min(measure_gap_mm(lesion.surface, surface) for lesion in cleared)
