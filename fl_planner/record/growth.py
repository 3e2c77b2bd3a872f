"""Growth of a remnant as a dict and as CSV: scans, growth, steps, and what is in print."""

from __future__ import annotations

from typing import Literal

from fl_planner.basis.constants import Z_95
from fl_planner.basis.shown import as_number
from fl_planner.liver.growth import SLOW_POINTS_PER_WEEK
from fl_planner.planning.growth.change import Change, TimePoint
from fl_planner.planning.growth.story import GrowthStory
from fl_planner.record.base import (
    Record,
    as_embolisation,
    as_findings,
    as_float,
    as_head,
    as_withdrawn,
    given,
)

FOOTNOTES = (
    {
        "says": "Of 107 patients of one centre with CRLM and more than 20 % of the standard liver "
        "left, 21.6 % of those below 2 points a week had hepatic insufficiency, and none at 2 or "
        "above, by the first volumetry. It is no forecast for this patient.",
        "source": "Shindoh 2013, PMC3632508",
    },
)


def as_growth(
    story: GrowthStory, profile: Literal["shareable", "clinical"] = "shareable"
) -> Record:
    """Tell the story of a remnant."""
    clinical, told = profile == "clinical", story.embolisation
    withdrawn = story.withdrawn
    closed = None if told is None else as_embolisation(told, clinical=clinical)
    numbers = {id(point): number for number, point in enumerate(story.points, start=1)}
    inputs = [one for point in story.points for one in point.plan.case.inputs]
    return {
        "schema": "fl-planner/growth/1",
        **as_head(dict.fromkeys(inputs)),
        **given(embolisation=closed),
        "denominator": _denominator(story, numbers),
        "time_points": [_point(story, one, numbers, clinical=clinical) for one in story.points],
        "growth": [_growth(one, numbers, answered=not withdrawn) for one in story.changes],
        **as_withdrawn(withdrawn),
        "between_scans": [_step(one, numbers) for one in story.steps],
        "footnotes": [dict(one) for one in FOOTNOTES],
        "findings": as_findings(story.findings, story.accepted),
    }


def _denominator(story: GrowthStory, numbers: dict[int, int]) -> Record:
    base = story.baseline
    estimates = base.plan.estimates
    return given(
        fixed="baseline_nontumour",
        ml=float(base.nontumorous_ml),
        of_scan=numbers[id(base)],
        standard_ml=None if estimates is None else estimates.standard_ml,
    )


def _day_of(story: GrowthStory, point: TimePoint) -> int:
    """Count from the embolisation, or from the baseline where none was told."""
    zero = story.baseline.on if story.embolisation is None else story.embolisation.on
    return (point.on - zero).days


def _point(
    story: GrowthStory, point: TimePoint, numbers: dict[int, int], *, clinical: bool
) -> Record:
    case, remnant = point.plan.case, point.plan.measured.remnant
    reach = Z_95 * point.sd_ml
    ml, function = float(point.flr_ml), point.function
    of_fixed = 100 * point.flr_ml / story.baseline.nontumorous_ml
    limits = [100 * limit for one in story.points for limit in one.plan.share_limits]
    return given(
        number=numbers[id(point)],
        id=case.id,
        label=case.label if clinical else None,
        date=point.on.isoformat() if clinical else None,
        days=_day_of(story, point),
        baseline=point is story.baseline,
        origin=None if remnant is None else remnant.origin,
        segments=[] if remnant is None else list(remnant.segments),
        reader=case.reading.reader,
        status=case.reading.status,
        phase=case.reading.phase,
        flr_ml=ml,
        flr_interval_ml=[ml - reach, ml + reach],
        cv=point.cv,
        nontumorous_ml=float(point.nontumorous_ml),
        flr_percent_fixed=float(of_fixed),
        flr_percent_fixed_shown=as_number(of_fixed, limits),
        flr_percent_anew=100 * float(point.share_anew),
        flr_percent_anew_shown=as_number(100 * point.share_anew, limits),
        function_pct_per_min_per_m2=as_float(function),
        stale=point.stale,
        files=[{"role": one.role, "file": one.file, "sha256": one.sha256} for one in case.inputs],
    )


def _growth(change: Change, numbers: dict[int, int], *, answered: bool) -> Record:
    """Tell what was gained; the side of 2 points a week only where that may be answered."""
    growth, standard, reach = change.growth, change.standard, Z_95 * change.gain_sd_ml
    gain, points = float(change.gain_ml), float(change.points)
    assert growth.volumes is not None
    relative = float(growth.volumes.relative_percent)
    of_standard = None if standard is None or standard.shares is None else standard.shares.points
    rate = None if standard is None or not change.is_first else standard.points_per_week
    ends = change.kgr_interval
    return given(
        from_scan=numbers[id(change.before)],
        to_scan=numbers[id(change.after)],
        days=None if change.days is None else int(change.days),
        gain_ml=gain,
        gain_interval_ml=[gain - reach, gain + reach],
        relative_percent=relative,
        relative_interval_percent=_around(relative, change.relative_sd_percent),
        points=points,
        points_interval=_around(points, change.points_sd),
        points_of_standard=as_float(of_standard),
        points_anew=float(change.points_anew),
        anew_less_fixed_points=float(change.points_anew - change.points),
        ml_per_day=as_float(growth.ml_per_day),
        relative_percent_per_day=as_float(growth.relative_percent_per_day),
        kgr_points_per_week=as_float(change.kgr),
        kgr_shown=None if change.kgr is None else as_number(change.kgr, [SLOW_POINTS_PER_WEEK]),
        kgr_interval=None if ends is None else [*ends],
        kgr_below_2=growth.is_slow if change.is_first and answered else None,
        kgr_of_standard_points_per_week=as_float(rate),
        kgr_of_standard_below_2=None
        if standard is None or not change.is_first or not answered
        else standard.is_slow,
        function_gain_pct_per_min_per_m2=as_float(change.function_gain),
        within_reading_error=change.within_reading_error,
    )


def _step(change: Change, numbers: dict[int, int]) -> Record:
    """Tell two scans in a row; a rate between them is no kinetic growth rate."""
    weeks = float(change.between_days) / 7
    return {
        "from_scan": numbers[id(change.before)],
        "to_scan": numbers[id(change.after)],
        "days": int(change.between_days),
        "gain_ml": float(change.gain_ml),
        "points": float(change.points),
        "points_per_week": float(change.points) / weeks,
        "ml_per_day": float(change.gain_ml / change.between_days),
        "within_reading_error": change.within_reading_error,
    }


def _around(value: float, sd: float) -> list[float]:
    return [value - Z_95 * sd, value + Z_95 * sd]
