"""Formulas of change between scans: growth of the FLR, response of lesions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import Annotated, NamedTuple, cast

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.shown import as_plain
from fl_planner.basis.standing_words import EMBOLISATION_NAMES, EmbolisationKind, ResponseCategory
from fl_planner.basis.units import Plausible, between
from fl_planner.calculator.formula import (
    Answer,
    Input,
    Number,
    Numbers,
    Words,
    YesNo,
    answer,
    formula,
    refuse_both,
    when_given,
)
from fl_planner.liver.growth import (
    DAYS,
    FLR_ML,
    SHARE_PERCENT,
    SLOW_POINTS_PER_WEEK,
    Denominator,
    Growth,
    SharePair,
    VolumePair,
    count_days,
    find_growth_doubts,
    refuse_mixed,
)
from fl_planner.patient.response import (
    BEST_FIRST,
    Criteria,
    NonTarget,
    Response,
    TargetLesion,
    judge_best_response,
)

WholeOf = Annotated[Denominator | None, Input("denominator of the share")]


def _doubt_kind(change: Growth) -> list[Finding]:
    """Find a rate compared with the limit though the treatment may have none [clinical.md 4]."""
    if change.kind is not None or change.is_slow is None:
        return []
    message = (
        f"kind: not given; the comparison with {SLOW_POINTS_PER_WEEK} percentage points per week "
        "is valid only after embolisation, not after Y90 or ALPPS"
    )
    return [Finding("growth.kind_unknown", Severity.WARNING, message)]


@formula(
    dh_points="degree of hypertrophy, percentage points",
    dh_relative_pct="degree of hypertrophy, % of the initial volume",
    kgr_points_per_week="kinetic growth rate, percentage points per week",
    growth_ml_per_day="daily gain, mL",
    relative_growth_pct_per_day="daily gain, % of the baseline volume",
    kgr_below_2=f"whether the kinetic growth rate is below {SLOW_POINTS_PER_WEEK} percentage "
    "points per week (Shindoh 2013); not applicable after Y90 or ALPPS",
    interval_days="interval, days",
)
def growth(
    sflr_before_pct: Annotated[Number, Input("FLR before embolisation", SHARE_PERCENT)],
    sflr_after_pct: Annotated[Number, Input("FLR on the later scan", SHARE_PERCENT)],
    flr_before_ml: Annotated[Number, Input("FLR volume before embolisation", FLR_ML)],
    flr_after_ml: Annotated[Number, Input("FLR volume on the later scan", FLR_ML)],
    interval_days: Annotated[Number, Input("time from embolisation to the later scan", DAYS)],
    embolised_on: Annotated[date | None, Input("date of embolisation, instead of interval_days")],
    scanned_on: Annotated[date | None, Input("date of the later scan, instead of interval_days")],
    denominator_before: WholeOf,
    denominator_after: WholeOf,
    kind: Annotated[
        EmbolisationKind | None, Input("FLR augmentation method", words=EMBOLISATION_NAMES)
    ],
) -> Answer:
    """Growth of the FLR after (radio)embolisation, in percentage points, percent and mL."""
    when_given(refuse_mixed, denominator_before, denominator_after)
    dated = when_given(count_days, embolised_on, scanned_on)
    refuse_both(interval_days=interval_days, embolised_on=embolised_on)
    refuse_both(interval_days=interval_days, scanned_on=scanned_on)
    change = Growth(
        dated if dated is not None else interval_days,
        when_given(SharePair, sflr_before_pct, sflr_after_pct),
        when_given(VolumePair, flr_before_ml, flr_after_ml),
        kind,
    )
    return answer(
        [*find_growth_doubts(change), *_doubt_kind(change)],
        dh_points=None if change.shares is None else change.shares.points,
        dh_relative_pct=None if change.volumes is None else change.volumes.relative_percent,
        kgr_points_per_week=change.points_per_week,
        growth_ml_per_day=change.ml_per_day,
        relative_growth_pct_per_day=change.relative_percent_per_day,
        kgr_below_2=change.is_slow,
        interval_days=change.days,
    )


MM = Plausible(between("0", "1000"), "mm", "a longest diameter is required")
SUM_MM = Plausible(between("0", "5000"), "mm", "a sum of longest diameters is required")
SLICE_MM = Plausible(between(">0", "20"), "mm", "a slice thickness is required")
LEAST_MEASURED_MM = 5  # below, lesions are recorded as 5 mm by RECIST 1.1 (Eisenhauer 2009)
NONTARGET = {
    **{name: name for name in ("none", "complete", "present", "not_evaluated", "progression")},
    **dict.fromkeys(("gone", "complete_response"), "complete"),
    **dict.fromkeys(("stable", "non_cr_non_pd"), "present"),
    **dict.fromkeys(("progressive", "progressive_disease"), "progression"),
    **dict.fromkeys(("not evaluated", "not_all_evaluated", "NE"), "not_evaluated"),
}
CATEGORIES: dict[str, str] = {
    **{name: name for name in (*BEST_FIRST, "progressive_disease")},
    "CR": "complete_response",
    "PR": "partial_response",
    "SD": "stable_disease",
    "PD": "progressive_disease",
}


def _find_odd_diameters(entered: Iterable[Fraction]) -> list[Finding]:
    """Find diameters and sums too small for most CT: possibly in cm; 0 has disappeared."""
    if not (small := sorted({mm for mm in entered if 0 < mm < LEAST_MEASURED_MM})):
        return []
    message = f"lesions: {join_words([as_plain(mm) for mm in small], 'and')} mm is very small for "
    message += "a measured diameter: check whether it is in cm"
    return [Finding("response.small_diameter", Severity.WARNING, message)]


class TypedLesion(NamedTuple):
    """A target lesion, as entered."""

    organ: Annotated[str, Input("organ")]
    baseline_mm: Annotated[Fraction, Input("diameter at baseline", MM)]
    followup_mm: Annotated[Number, Input("current diameter; 0 if the lesion has disappeared", MM)]
    treated: Annotated[
        YesNo, Input("in the treated area; localised_mrecist omits lesions answered no")
    ]


@formula(
    baseline_sum_mm="sum of diameters at baseline, mm",
    followup_sum_mm="current sum of diameters, mm",
    nadir_sum_mm="smallest previous sum of diameters, mm",
    change_from_baseline_pct="change in the sum from baseline, %",
    change_from_nadir_pct="change from the smallest previous sum, %",
    change_from_nadir_mm="change from the smallest previous sum, mm",
    category="response category, unconfirmed",
    place="growth.response",
)
def response(
    criteria: Annotated[
        Criteria,
        Input(
            "what is measured: longest diameters, enhancing part, or enhancing part in the treated "
            "area"
        ),
    ],
    lesions: Annotated[
        tuple[TypedLesion, ...], Input("target lesions: at most five, and at most two per organ")
    ],
    new_lesion: Annotated[YesNo, Input("new lesion (by localised_mrecist: in the treated area)")],
    nontarget: Annotated[
        NonTarget | None, Input("response of non-target lesions", words=NONTARGET)
    ],
    earlier_sums_mm: Annotated[
        Numbers | None, Input("sums of diameters at intermediate follow-ups", SUM_MM)
    ],
    slice_mm: Annotated[Number, Input("slice thickness at baseline", SLICE_MM)],
) -> Answer:
    """Sums of target lesion diameters at two time points, and the response category."""
    targets = tuple(TargetLesion(*lesion) for lesion in lesions)
    outcome = Response(criteria, targets, new_lesion, nontarget, earlier_sums_mm or (), slice_mm)
    now = [each.followup_mm for each in outcome.counted if each.followup_mm is not None]
    return answer(
        _find_odd_diameters((*now, *outcome.earlier_sums_mm)),
        baseline_sum_mm=outcome.baseline_sum_mm,
        followup_sum_mm=outcome.followup_sum_mm,
        nadir_sum_mm=outcome.nadir_sum_mm,
        change_from_baseline_pct=outcome.change_from_baseline_percent,
        change_from_nadir_pct=outcome.change_from_nadir_percent,
        change_from_nadir_mm=outcome.change_from_nadir_mm,
        category=outcome.category,
    )


@formula(best_category="best category before progression, unconfirmed", place="growth.response")
def best_response(
    responses: Annotated[
        Words,
        Input(
            "category at each later time point, in order; unknown if not assessed", words=CATEGORIES
        ),
    ],
) -> Answer:
    """Best response category before progression."""
    categories = cast("tuple[ResponseCategory | None, ...]", responses)
    return answer(best_category=judge_best_response(categories))
