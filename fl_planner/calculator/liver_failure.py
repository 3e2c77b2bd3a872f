"""Formulas of liver failure after a hepatectomy; no criterion of a trial."""

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from fl_planner.basis.glossary import Management
from fl_planner.basis.truth import Truth
from fl_planner.calculator.formula import Answer, Formula, Given, Input, Kind, when_given
from fl_planner.patient.labs import BILIRUBIN_MG_DL, INR, PROTHROMBIN
from fl_planner.patient.liver_failure import (
    DAYS_AFTER,
    Normal,
    PostoperativeDay,
    find_peak_bilirubin,
    grade_phlf,
    judge_fifty_fifty,
    judge_peak,
    judge_phlf,
)

KNOWN: Mapping[Truth, bool | None] = {Truth.TRUE: True, Truth.FALSE: False, Truth.UNKNOWN: None}
MANAGEMENT = {"unchanged": "unchanged", "changed": "changed", "invasive": "invasive"}


def _days(given: Given) -> tuple[PostoperativeDay, ...]:
    return tuple(map(_day, given.entries("days") or ()))


def _day(one: Given) -> PostoperativeDay:
    day = one.whole("day")
    assert day is not None  # required
    return PostoperativeDay(
        day,
        one.number("bilirubin_mg_dl"),
        one.number("inr"),
        one.number("prothrombin_percent"),
        one.flag("clotting_factors") is True,
    )


def _phlf(given: Given) -> Answer:
    limits = (given.number("bilirubin_uln_mg_dl"), given.number("inr_uln"))
    normal = when_given(Normal, *limits)
    if normal is not None:
        before = given.number("bilirubin_before_mg_dl"), given.number("inr_before")
        normal = replace(normal, bilirubin_before_mg_dl=before[0], inr_before=before[1])
    answer = Truth.UNKNOWN if normal is None else judge_phlf(_days(given), normal)
    management = cast("Management | None", given.word("management"))
    grade = when_given(grade_phlf, management) if answer is Truth.TRUE else None
    return Answer({"phlf": KNOWN[answer], "grade": grade})


def _fifty_fifty(given: Given) -> Answer:
    return Answer({"met": KNOWN[judge_fifty_fifty(_days(given))]})


def _peak(given: Given) -> Answer:
    peak = find_peak_bilirubin(_days(given))
    return Answer({"peak_mg_dl": peak, "above_7": when_given(judge_peak, peak)})


DAY = Input("day", Kind.WHOLE, "after the operation", "days", DAYS_AFTER, required=True)
OF_DAY = Input("bilirubin_mg_dl", Kind.NUMBER, "total bilirubin", "mg/dL", BILIRUBIN_MG_DL)
INR_OF_DAY = Input("inr", Kind.NUMBER, "INR", "", INR)
FACTORS = Input("clotting_factors", Kind.YES_NO, "needed to keep the INR normal")
SHARE = Input("prothrombin_percent", Kind.NUMBER, "prothrombin time (Quick)", "%", PROTHROMBIN)


def _list_days(*parts: Input) -> Input:
    return Input("days", Kind.ENTRIES, "blood values by day", required=True, parts=(DAY, *parts))


FORMULAS = (
    Formula(
        "phlf",
        "liver failure after hepatectomy by the ISGLS (Rahbari 2011)",
        (
            _list_days(OF_DAY, INR_OF_DAY, FACTORS),
            replace(OF_DAY, name="bilirubin_uln_mg_dl", says="upper limit of bilirubin"),
            replace(INR_OF_DAY, name="inr_uln", says="upper limit of the INR"),
            replace(OF_DAY, name="bilirubin_before_mg_dl", says="bilirubin before surgery"),
            replace(INR_OF_DAY, name="inr_before", says="INR before surgery"),
            Input("management", Kind.WORD, "what the liver failure changed", words=MANAGEMENT),
        ),
        {"phlf": "whether it came on the days given", "grade": "A, B or C"},
        _phlf,
    ),
    Formula(
        "fifty_fifty",
        "50-50 criteria on day 5 (Balzan 2005)",
        (_list_days(OF_DAY, SHARE),),
        {"met": "whether both are met"},
        _fifty_fifty,
    ),
    Formula(
        "peak_bilirubin",
        "highest bilirubin after hepatectomy (Mullen 2007)",
        (_list_days(OF_DAY),),
        {"peak_mg_dl": "of the days given, mg/dL", "above_7": "whether above 7 mg/dL"},
        _peak,
    ),
)
