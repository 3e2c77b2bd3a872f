"""Case files of one patient's scans to a story of growth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding
from fl_planner.intake._bytes import Limits
from fl_planner.intake.casefile import read_case_file
from fl_planner.intake.request import plan_request
from fl_planner.intake.scintigraphy import for_patients
from fl_planner.planning.growth import GrowthStory, tell_growth
from fl_planner.planning.identity import judge_identities
from fl_planner.planning.time_points import TimePoint


def read_growth(cases: Sequence[Path], limits: Limits) -> GrowthStory:
    """Plan each case by itself, and tell what the remnant did between their scans.

    Raises
    ------
    InputRefused
        `growth.too_few` below two cases, `growth.no_date` and `growth.no_remnant` naming the
        case, `identity.patients_differ` for files of two patients, and as planning.
    """
    if len(cases) < 2:
        reason = "growth lies between two scans"
        raise InputRefused("growth.too_few", "growth", reason, "give two case files or more")
    points = tuple(_read_point(path, limits) for path in cases)
    who = judge_patients(cases, points)
    story = tell_growth(points)
    return replace(story, findings=(*who, *story.findings))


def _read_point(path: Path, limits: Limits) -> TimePoint:
    request = read_case_file(path)
    on = request.reading.scanned_on
    if on is None:
        reason = "does not say when its scan was made"
        raise InputRefused("growth.no_date", path.name, reason, "add date to its [imaging]")
    made = plan_request(replace(request, ct=None), limits)
    volumes = made.measured.volumes
    if volumes is None or volumes.flr_voxels is None:
        reason = "says of no remnant"
        remedy = "give flr or resected, or name the segments that remain"
        raise InputRefused("growth.no_remnant", path.name, reason, remedy)
    return TimePoint(made, on)


def judge_patients(cases: Sequence[Path], points: Sequence[TimePoint]) -> tuple[Finding, ...]:
    """Compare whose the files of all scans are; their frames differ by nature."""
    named = [
        replace(one, file=f"{one.file} ({path.name})")
        for path, point in zip(cases, points, strict=True)
        for one in for_patients(point.plan.case.inputs)
        if one.identity is not None
    ]
    return judge_identities(named)
