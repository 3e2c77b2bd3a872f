"""Formulas of change between scans: growth of a remnant, response of lesions."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, NamedTuple, cast

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

WholeOf = Annotated[Denominator | None, Input("what the share is of")]


@formula(
    dh_points="degree of hypertrophy, percentage points",
    dh_relative_pct="degree of hypertrophy, % of the volume at the start",
    kgr_points_per_week="kinetic growth rate, points per week",
    growth_ml_per_day="daily gain, mL",
    relative_growth_pct_per_day="daily gain, % of the volume at the start",
    kgr_below_2=f"whether it is below {SLOW_POINTS_PER_WEEK} points per week (Shindoh 2013); "
    "not after Y90 or ALPPS",
    interval_days="days that were counted",
)
def growth(
    sflr_before_pct: Annotated[Number, Input("share before", SHARE_PERCENT)],
    sflr_after_pct: Annotated[Number, Input("share after", SHARE_PERCENT)],
    flr_before_ml: Annotated[Number, Input("remnant before", FLR_ML)],
    flr_after_ml: Annotated[Number, Input("remnant after", FLR_ML)],
    interval_days: Annotated[Number, Input("embolisation to later scan", DAYS)],
    embolised_on: Annotated[date | None, Input("date of embolisation, instead of interval_days")],
    scanned_on: Annotated[date | None, Input("date of the later scan, instead of interval_days")],
    denominator_before: WholeOf,
    denominator_after: WholeOf,
    kind: Annotated[
        EmbolisationKind | None, Input("method of FLR augmentation", words=EMBOLISATION_NAMES)
    ],
) -> Answer:
    """Growth of a remnant after embolisation or radioembolisation, in points, percent and mL."""
    when_given(refuse_mixed, denominator_before, denominator_after)
    dated = when_given(count_days, embolised_on, scanned_on)
    refuse_both(interval_days=interval_days, scanned_on=scanned_on)
    one = Growth(
        dated if dated is not None else interval_days,
        when_given(SharePair, sflr_before_pct, sflr_after_pct),
        when_given(VolumePair, flr_before_ml, flr_after_ml),
        kind,
    )
    return answer(
        find_growth_doubts(one),
        dh_points=None if one.shares is None else one.shares.points,
        dh_relative_pct=None if one.volumes is None else one.volumes.relative_percent,
        kgr_points_per_week=one.points_per_week,
        growth_ml_per_day=one.ml_per_day,
        relative_growth_pct_per_day=one.relative_percent_per_day,
        kgr_below_2=one.is_slow,
        interval_days=one.days,
    )


MM = Plausible(between("0", "1000"), "mm", "it is a longest diameter")
SUM_MM = Plausible(between("0", "5000"), "mm", "it is a sum of longest diameters")
SLICE_MM = Plausible(between(">0", "20"), "mm", "it is the thickness of a slice")
NONTARGET = {
    **{name: name for name in ("none", "complete", "present", "not_evaluated", "progression")},
    **dict.fromkeys(("gone", "complete_response"), "complete"),
    **dict.fromkeys(("stable", "non_cr_non_pd"), "present"),
    **dict.fromkeys(("progressive", "progressive_disease"), "progression"),
    **dict.fromkeys(("not evaluated", "not_all_evaluated", "NE"), "not_evaluated"),
}
CATEGORIES: dict[str, str] = {
    **{one: one for one in (*BEST_FIRST, "progressive_disease")},
    "CR": "complete_response",
    "PR": "partial_response",
    "SD": "stable_disease",
    "PD": "progressive_disease",
}


class TypedLesion(NamedTuple):
    """A target lesion, as it is typed."""

    organ: Annotated[str, Input("where it lies")]
    baseline_mm: Annotated[Fraction, Input("before", MM)]
    followup_mm: Annotated[Number, Input("now; 0 is gone", MM)]
    treated: Annotated[
        YesNo, Input("whether it lies in the treated area; localised_mrecist counts these alone")
    ]


@formula(
    baseline_sum_mm="sum before, mm",
    followup_sum_mm="sum now, mm",
    nadir_sum_mm="smallest sum so far, mm",
    change_from_baseline_pct="change of the sum since the baseline, %",
    change_from_nadir_pct="change of the sum since its smallest, %",
    change_from_nadir_mm="the same, mm",
    category="category of response, not confirmed",
    place="growth.response",
)
def response(
    criteria: Annotated[
        Criteria, Input("longest diameters, the enhancing part, or that in the treated area")
    ],
    lesions: Annotated[
        tuple[TypedLesion, ...], Input("target lesions, five at most, two of an organ")
    ],
    new_lesion: Annotated[YesNo, Input("whether there is a new lesion")],
    nontarget: Annotated[
        NonTarget | None, Input("what became of the other lesions", words=NONTARGET)
    ],
    earlier_sums_mm: Annotated[Numbers | None, Input("sums of follow-ups in between", SUM_MM)],
    slice_mm: Annotated[Number, Input("slice thickness at the baseline", SLICE_MM)],
) -> Answer:
    """Sums of target lesions of two time points, and the category of response."""
    targets = tuple(TargetLesion(*lesion) for lesion in lesions)
    one = Response(criteria, targets, new_lesion, nontarget, earlier_sums_mm or (), slice_mm)
    return answer(
        baseline_sum_mm=one.baseline_sum_mm,
        followup_sum_mm=one.followup_sum_mm,
        nadir_sum_mm=one.nadir_sum_mm,
        change_from_baseline_pct=one.change_from_baseline_percent,
        change_from_nadir_pct=one.change_from_nadir_percent,
        change_from_nadir_mm=one.change_from_nadir_mm,
        category=one.category,
    )


@formula(best_category="best category before progression, not confirmed", place="growth.response")
def best_response(
    responses: Annotated[
        Words,
        Input(
            "category at each later time point, in their order; unknown where it is not known",
            words=CATEGORIES,
        ),
    ],
) -> Answer:
    """Best of several categories of response before progression."""
    told = cast("tuple[ResponseCategory | None, ...]", responses)
    return answer(best_category=judge_best_response(told))
