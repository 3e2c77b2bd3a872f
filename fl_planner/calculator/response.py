"""Formula of the response of target lesions between two time points."""

from fractions import Fraction
from typing import cast

from fl_planner.basis.glossary import ResponseCategory
from fl_planner.basis.ranges import Plausible, between
from fl_planner.calculator.formula import Answer, Formula, Given, Input, Kind
from fl_planner.patient.response import (
    BEST_FIRST,
    Criteria,
    NonTarget,
    Response,
    TargetLesion,
    find_best_response,
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
FORMULAS = (
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
