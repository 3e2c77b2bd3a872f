"""Each resection by segments, set against the trials' limits and the patient's size."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.errors import InputRefused
from fl_planner.liver.anatomy import HALVES
from fl_planner.liver.resections.resections import Resection
from fl_planner.liver.scatter.interval import default_scatter
from fl_planner.liver.segments.halves import FOURTH, name_whole
from fl_planner.patient.body_size import find_flr_bw_percent, find_sflr_percent
from fl_planner.planning.assessment.denominators import BodyEstimates
from fl_planner.planning.assessment.thresholds import LimitedShare, Threshold
from fl_planner.trials.criterion import Limit

if TYPE_CHECKING:
    from fl_planner.planning.assessment.function import LiverFunction


@dataclass(frozen=True, slots=True)
class ResectionRow:
    """One resection, and what its remnant comes to.

    - `resection`: what goes, what stays, which lesions are cleared.
    - `flr_ml`: tumour-free liver that stays.
    - `thresholds`: its share against each limit; the scatter is that of borders from segment
      labels.
    - `sflr_percent`: over the total that is expected of this height and weight.
    - `flr_bw_percent`: to body weight.
    - `function_per_min_m2`: uptake of the segments that stay, where a scintigraphy was given.
    """

    resection: Resection
    flr_ml: float
    thresholds: tuple[Threshold, ...]
    sflr_percent: float | None
    flr_bw_percent: Fraction | None
    function_per_min_m2: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Discussed:
    """Two named resections that stand beside the pathway, for discussion [clinical.md 12].

    - `margin_mm`: of the liver around lesions that stay, cleared with them.
    - `leaves_no_lesion`: the one that removes the least non-tumorous liver of those that clear all
      lesions; None if none does.
    - `with_local_treatment`: of those that clear some, the one that leaves the fewest, then the
      most liver once these are cleared.
    """

    margin_mm: float
    leaves_no_lesion: ResectionRow | None
    with_local_treatment: ResectionRow | None


def tabulate_resections(
    resections: Iterable[Resection],
    voxel_ml: float,
    limits: tuple[Limit, ...],
    estimates: BodyEstimates | None,
    function: LiverFunction | None = None,
) -> tuple[ResectionRow, ...]:
    """Set resections against limits and body size, in their order."""
    spread = default_scatter("segments").relative_sd
    expected = None if estimates is None else estimates.standard_ml
    rows = []
    for resection in resections:
        measured = LimitedShare("flr_fraction", resection.flr, voxel_ml, spread)
        flr_ml = resection.flr.numerator_voxels * voxel_ml
        rows.append(
            ResectionRow(
                resection,
                flr_ml,
                tuple(Threshold(measured, limit) for limit in limits),
                None if expected is None else find_sflr_percent(flr_ml, expected),
                None
                if estimates is None
                else find_flr_bw_percent(Fraction(str(flr_ml)), estimates.weight_kg),
                None if function is None else function.kept_per_min_m2(resection.kept),
            )
        )
    return tuple(rows)


def choose_rows(
    rows: Iterable[ResectionRow], asked: Iterable[ResectionRow] = ()
) -> tuple[ResectionRow, ...]:
    """Choose what a person sees: named resections that clear the most, and those asked for.

    Named ones that clear as many lesions as any named one does come first, ordered by what
    they leave, the most liver first. Where a map divides IV, what takes one half of it behind each
    of these and clears the same lesions. Then come those asked for, in the order asked.
    """
    rows = tuple(rows)
    named = [row for row in rows if row.resection.name]
    most = max((len(row.resection.cleared) for row in named), default=0)
    best = [row for row in named if len(row.resection.cleared) == most]
    ordered = sorted(best, key=lambda row: -row.resection.flr.numerator_voxels)
    chosen = [one for row in ordered for one in (row, *_find_sparing(row, rows))]
    return tuple({row.resection.removed: row for row in (*chosen, *asked)}.values())


def _find_sparing(named: ResectionRow, rows: Iterable[ResectionRow]) -> list[ResectionRow]:
    """Find what takes one half of IV instead of all of it, and clears the same lesions."""
    removed = named.resection.removed
    if FOURTH not in removed:
        return []
    halved = [tuple(half if name == FOURTH else name for name in removed) for half in HALVES]
    return [
        row
        for row in rows
        if row.resection.removed in halved and row.resection.cleared == named.resection.cleared
    ]


def find_asked(
    rows: Iterable[ResectionRow], asked: Iterable[tuple[str, ...]]
) -> tuple[ResectionRow, ...]:
    """Find the resections of these sets of segments, in the order asked.

    Raises `InputRefused`: if a set is none of them: a half of IV that no map draws, a segment that
    is not there, or all of them.
    """
    by_segments = {row.resection.removed: row for row in rows}
    found = []
    for segments in asked:
        gone = tuple(sorted(name_whole(segments)))
        if gone not in by_segments:
            reason = f"removing {', '.join(gone)} is none of the resections by segments"
            remedy = "name segments of the label map, a half of IV where it draws both; leave one"
            raise InputRefused("resections.unknown", "--resect", reason, remedy)
        found.append(by_segments[gone])
    return tuple(found)


def find_discussed(rows: Iterable[ResectionRow], margin_mm: float) -> Discussed | None:
    """Find the named resections to discuss, with the caudate and without; never the largest.

    What removes less leaves more, so that the smallest is the one of the largest remnant.
    Of those that leave lesions, one that clears none is no answer to them. None where there is
    no lesion to clear.
    """
    named = [row for row in rows if row.resection.name]
    if not any(row.resection.staying or row.resection.cleared for row in named):
        return None
    clear = [row for row in named if not row.resection.staying]
    leave = [row for row in named if row.resection.staying and row.resection.cleared]
    return Discussed(
        margin_mm,
        max(clear, key=lambda row: row.resection.flr.numerator_voxels, default=None),
        min(leave, key=lambda row: _by_what_stays(row.resection, margin_mm), default=None),
    )


def _by_what_stays(resection: Resection, margin_mm: float) -> tuple[int, int, int]:
    """Put fewer lesions first, then fewer that the cut crosses, then more liver."""
    after = resection.flr_after_clearing[margin_mm]
    return len(resection.staying), len(resection.cut), -after.numerator_voxels
