"""Formulas of change between scans: growth of a remnant, response of lesions."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

from fl_planner.basis.glossary import EMBOLISATION_NAMES, EmbolisationKind, ResponseCategory
from fl_planner.basis.units import Plausible, between
from fl_planner.calculator.formula import Answer, Formula, Given, Input, Kind, when_given
from fl_planner.liver.growth import (
    DAYS,
    FLR_ML,
    SHARE_PERCENT,
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
    find_best_response,
)

DENOMINATORS = {name: name for name in ("standard_tlv", "baseline_nontumour")}


def _growth(given: Given) -> Answer:
    mixed = (given.word("denominator_before"), given.word("denominator_after"))
    when_given(lambda *both: refuse_mixed(*cast("tuple[Denominator, Denominator]", both)), *mixed)
    dated = when_given(count_days, given.day("embolised_on"), given.day("scanned_on"))
    given.one_of("interval_days", "scanned_on")
    growth = Growth(
        dated if dated is not None else given.number("interval_days"),
        when_given(SharePair, given.number("sflr_before_pct"), given.number("sflr_after_pct")),
        when_given(VolumePair, given.number("flr_before_ml"), given.number("flr_after_ml")),
        cast("EmbolisationKind | None", given.word("kind")),
    )
    return Answer(
        {
            "dh_points": None if growth.shares is None else growth.shares.points,
            "dh_relative_pct": None if growth.volumes is None else growth.volumes.relative_percent,
            "kgr_points_per_week": growth.points_per_week,
            "growth_ml_per_day": growth.ml_per_day,
            "relative_growth_pct_per_day": growth.relative_percent_per_day,
            "kgr_below_2": growth.is_slow,
            "interval_days": growth.days,
        },
        tuple(find_growth_doubts(growth)),
    )


OF_GROWTH = (
    Formula(
        "growth",
        "growth of a remnant after embolisation or radioembolisation, in points, percent and mL",
        (
            Input("sflr_before_pct", Kind.NUMBER, "share before", "%", SHARE_PERCENT),
            Input("sflr_after_pct", Kind.NUMBER, "share after", "%", SHARE_PERCENT),
            Input("flr_before_ml", Kind.NUMBER, "remnant before", "mL", FLR_ML),
            Input("flr_after_ml", Kind.NUMBER, "remnant after", "mL", FLR_ML),
            Input("interval_days", Kind.NUMBER, "embolisation to later scan", "days", DAYS),
            Input("embolised_on", Kind.DATE, "date of embolisation, instead of interval_days"),
            Input("scanned_on", Kind.DATE, "date of the later scan, instead of interval_days"),
            Input("denominator_before", Kind.WORD, "what the share is of", words=DENOMINATORS),
            Input("denominator_after", Kind.WORD, "what the share is of", words=DENOMINATORS),
            Input("kind", Kind.WORD, "how it was made to grow", words=EMBOLISATION_NAMES),
        ),
        {
            "dh_points": "degree of hypertrophy, percentage points",
            "dh_relative_pct": "degree of hypertrophy, % of the volume at the start",
            "kgr_points_per_week": "kinetic growth rate, points per week",
            "growth_ml_per_day": "daily gain, mL",
            "relative_growth_pct_per_day": "daily gain, % of the volume at the start",
            "kgr_below_2": "whether it is below 2 points per week (Shindoh 2013); not after Y90",
            "interval_days": "days that were counted",
        },
        _growth,
    ),
)


MM = Plausible(between("0", "1000"), "mm", "it is a longest diameter")
SUM_MM = Plausible(between("0", "5000"), "mm", "it is a sum of longest diameters")
SLICE_MM = Plausible(between(">0", "20"), "mm", "it is the thickness of a slice")


def _response(given: Given) -> Answer:
    one = Response(
        cast(Criteria, given.word("criteria")),
        tuple(
            TargetLesion(
                lesion.word("organ") or "",
                lesion.number_or("baseline_mm", Fraction(0)),
                lesion.number("followup_mm"),
            )
            for lesion in given.entries("lesions") or ()
        ),
        given.flag("new_lesion"),
        cast("NonTarget | None", given.word("nontarget")),
        given.numbers("earlier_sums_mm") or (),
        given.number("slice_mm"),
    )
    return Answer(
        {
            "baseline_sum_mm": one.baseline_sum_mm,
            "followup_sum_mm": one.followup_sum_mm,
            "nadir_sum_mm": one.nadir_sum_mm,
            "change_from_baseline_pct": one.change_from_baseline_percent,
            "change_from_nadir_pct": one.change_from_nadir_percent,
            "change_from_nadir_mm": one.change_from_nadir_mm,
            "category": one.category,
        }
    )


def _best_response(given: Given) -> Answer:
    told = cast("tuple[ResponseCategory | None, ...]", given.words("responses") or ())
    return Answer({"best_category": find_best_response(told)})


CATEGORIES: dict[str, str] = {
    **{one: one for one in (*BEST_FIRST, "progressive_disease")},
    "CR": "complete_response",
    "PR": "partial_response",
    "SD": "stable_disease",
    "PD": "progressive_disease",
}
OF_RESPONSE = (
    Formula(
        "response",
        "sums of target lesions of two time points, and the category of response",
        (
            Input(
                "criteria",
                Kind.WORD,
                "longest diameters, the enhancing part, or that in the treated area",
                words={name: name for name in ("recist_1_1", "mrecist", "localised_mrecist")},
                required=True,
            ),
            Input(
                "lesions",
                Kind.ENTRIES,
                "target lesions, five at most, two of an organ",
                required=True,
                parts=(
                    Input("organ", Kind.TEXT, "where it lies", required=True),
                    Input("baseline_mm", Kind.NUMBER, "before", "mm", MM, required=True),
                    Input("followup_mm", Kind.NUMBER, "now; 0 is gone", "mm", MM),
                ),
            ),
            Input("new_lesion", Kind.YES_NO, "whether there is a new lesion"),
            Input(
                "nontarget",
                Kind.WORD,
                "what became of the other lesions",
                words={
                    **{name: name for name in ("none", "complete", "present", "progression")},
                    **dict.fromkeys(("gone", "complete_response"), "complete"),
                    **dict.fromkeys(("stable", "non_cr_non_pd"), "present"),
                    **dict.fromkeys(("progressive", "progressive_disease"), "progression"),
                },
            ),
            Input("earlier_sums_mm", Kind.NUMBERS, "sums of follow-ups in between", "mm", SUM_MM),
            Input("slice_mm", Kind.NUMBER, "slice thickness at the baseline", "mm", SLICE_MM),
        ),
        {
            "baseline_sum_mm": "sum before, mm",
            "followup_sum_mm": "sum now, mm",
            "nadir_sum_mm": "smallest sum so far, mm",
            "change_from_baseline_pct": "change of the sum since the baseline, %",
            "change_from_nadir_pct": "change of the sum since its smallest, %",
            "change_from_nadir_mm": "the same, mm",
            "category": "category of response, not confirmed",
        },
        _response,
    ),
    Formula(
        "best_response",
        "best of several categories of response before progression",
        (
            Input(
                "responses",
                Kind.WORDS,
                "category at each later time point, in their order; unknown where it is not known",
                words=CATEGORIES,
                required=True,
            ),
        ),
        {"best_category": "best category before progression, not confirmed"},
        _best_response,
    ),
)

FORMULAS = (*OF_GROWTH, *OF_RESPONSE)
