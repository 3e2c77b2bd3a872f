"""Formulas of liver disease: scores, fibrosis, and liver failure after a hepatectomy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import cast

from fl_planner.basis.findings import Finding
from fl_planner.basis.glossary import Management
from fl_planner.basis.truth import Truth
from fl_planner.basis.units import (
    BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL,
    CREATININE_UMOL_PER_L_IN_MG_PER_DL,
    G_PER_L_IN_G_PER_DL,
)
from fl_planner.calculator.formula import Answer, Formula, Given, Input, Kind, when_given
from fl_planner.calculator.volumes import WEIGHT_KG
from fl_planner.patient.kidney import Kidney
from fl_planner.patient.liver_failure import (
    DAYS_AFTER,
    Normal,
    PostoperativeDay,
    find_apri,
    find_fib_4,
    find_makuuchi_limit,
    find_peak_bilirubin,
    grade_malbi,
    grade_phlf,
    judge_fifty_fifty,
    judge_peak,
    judge_phlf,
)
from fl_planner.patient.scores import (
    AGE,
    ALBUMIN_G_DL,
    ALBUMIN_G_L,
    ALT_U_L,
    AST_U_L,
    BILIRUBIN_MG_DL,
    BILIRUBIN_UMOL_L,
    CREATININE_MG_DL,
    CREATININE_UMOL_L,
    ICG_R15,
    INR,
    PLATELETS,
    PROTHROMBIN,
    SODIUM,
    ChildPugh,
    MeldLabs,
    Sex,
    Sign,
    find_albi,
    find_differing_tables,
    find_meld_3,
    find_meld_3_raw,
    find_meld_na,
    find_meld_na_kim,
    find_meld_na_raw,
    grade_albi,
)
from fl_planner.trials.convert import find_unit_doubts

ASCITES: dict[str, Sign] = {
    **dict.fromkeys(("none", "absent", "no"), "none"),
    **dict.fromkeys(("slight", "mild", "small", "controlled"), "slight"),
    **dict.fromkeys(("moderate", "severe", "large", "tense", "refractory"), "marked"),
    "moderate to severe": "marked",
}
CONTROL = {word: word for word in ("none", "controlled", "uncontrolled")}
# "moderate" is 2 points in some prints and 3 in others: its grade is asked for
ENCEPHALOPATHY: dict[str, Sign] = {
    **dict.fromkeys(("none", "absent", "no", "0", "grade 0"), "none"),
    **dict.fromkeys(("mild", "1", "2", "1-2", "grade 1", "grade 2", "grade 1-2"), "slight"),
    **dict.fromkeys(("severe", "3", "4", "3-4", "grade 3", "grade 4", "grade 3-4"), "marked"),
}


def _bilirubin_mg_dl(given: Given) -> tuple[Fraction | None, list[Finding]]:
    """Bilirubin in mg/dL from either unit, and whether it was perhaps meant in the other."""
    name = given.one_of("bilirubin_mg_dl", "bilirubin_umol_l")
    value = None if name is None else given.number(name)
    if name is None or value is None:
        return None, []
    in_mg = name == "bilirubin_mg_dl"
    unit = "mg/dL" if in_mg else "umol/L"
    found = find_unit_doubts("bilirubin_total", value, unit, called=name)
    return (value if in_mg else value / BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL), found


def _creatinine_mg_dl(given: Given) -> Fraction | None:
    name = given.one_of("creatinine_mg_dl", "creatinine_umol_l")
    if name == "creatinine_umol_l":
        return when_given(lambda c: c / CREATININE_UMOL_PER_L_IN_MG_PER_DL, given.number(name))
    return given.number("creatinine_mg_dl")


def _albumin_g_dl(given: Given) -> Fraction | None:
    name = given.one_of("albumin_g_dl", "albumin_g_l")
    if name == "albumin_g_l":
        return when_given(lambda a: a / G_PER_L_IN_G_PER_DL, given.number(name))
    return given.number("albumin_g_dl")


def _meld_labs(given: Given) -> tuple[MeldLabs | None, list[Finding]]:
    """MELD's values; on dialysis the creatinine does not matter, and else it must be known."""
    bilirubin, found = _bilirubin_mg_dl(given)
    creatinine, inr = _creatinine_mg_dl(given), given.number("inr")
    dialysed = given.flag("dialysis") is True
    if bilirubin is None or inr is None or (creatinine is None and not dialysed):
        return None, found
    return MeldLabs(bilirubin, inr, None if dialysed else creatinine), found


def _meld(given: Given) -> Answer:
    labs, found = _meld_labs(given)
    sodium = given.number("sodium_mmol_l")
    whole, raw = (labs.meld, labs.meld_raw) if labs else (None, None)
    return Answer(
        {
            "meld_raw": raw,
            "meld": whole,
            "meld_na_optn2016_raw": when_given(find_meld_na_raw, whole, sodium),
            "meld_na_optn2016": when_given(find_meld_na, whole, sodium),
            "meld_na_kim2008_raw": when_given(find_meld_na_kim, raw, sodium),
        },
        tuple(found),
    )


def _meld_3(given: Given) -> Answer:
    labs, found = _meld_labs(given)
    sex, sodium = given.word("sex"), given.number("sodium_mmol_l")
    raw = when_given(find_meld_3_raw, labs, sex, sodium, _albumin_g_dl(given))
    return Answer({"meld3_raw": raw, "meld3": when_given(find_meld_3, raw)}, tuple(found))


def _albi(given: Given) -> Answer:
    bilirubin, found = _bilirubin_mg_dl(given)
    albumin = _albumin_g_dl(given)
    albi = None
    if bilirubin is not None and albumin is not None:
        in_umol = bilirubin * BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
        albi = find_albi(albumin * G_PER_L_IN_G_PER_DL, in_umol)
    return Answer({"albi": albi, "grade": when_given(grade_albi, albi)}, tuple(found))


def _malbi(given: Given) -> Answer:
    answer = _albi(given)
    albi = answer.results["albi"]
    return Answer({"albi": albi, "grade": when_given(grade_malbi, albi)}, answer.findings)


def _makuuchi(given: Given) -> Answer:
    bilirubin, found = _bilirubin_mg_dl(given)
    asked = (given.word("ascites"), bilirubin, given.number("icg_r15_percent"))
    return Answer({"largest": when_given(find_makuuchi_limit, *asked)}, tuple(found))


def _child_pugh(given: Given) -> Answer:
    bilirubin, found = _bilirubin_mg_dl(given)
    score = when_given(
        ChildPugh,
        bilirubin,
        _albumin_g_dl(given),
        given.number("inr"),
        cast("Sign | None", given.word("ascites")),
        cast("Sign | None", given.word("encephalopathy")),
        given.flag("cholestatic") is True,
    )
    name = "bilirubin_umol_l"
    umol_per_l = given.number(name)
    found += [] if umol_per_l is None else find_differing_tables(name, umol_per_l)
    return Answer(
        {
            "points": None if score is None else score.points,
            "class": None if score is None else score.letter,
        },
        tuple(found),
    )


def _renal(given: Given) -> Answer:
    creatinine, sex = _creatinine_mg_dl(given), cast("Sex | None", given.word("sex"))
    kidney = when_given(Kidney, creatinine, given.number("age"), sex)
    weight = given.number("weight_kg")
    return Answer(
        {
            "ckd_epi_2021": None if kidney is None else kidney.ckd_epi_2021,
            "mdrd4_no_race": None if kidney is None else kidney.mdrd_4,
            "cockcroft_gault_ml_min": None
            if kidney is None
            else when_given(kidney.cockcroft_gault_ml_min, weight),
        }
    )


SEX = Input(
    "sex",
    Kind.WORD,
    "as the equation takes it",
    words={"F": "F", "M": "M", "female": "F", "male": "M"},
)
BILIRUBIN = (
    Input("bilirubin_mg_dl", Kind.NUMBER, "total bilirubin", "mg/dL", BILIRUBIN_MG_DL),
    Input("bilirubin_umol_l", Kind.NUMBER, "the same, instead", "umol/L", BILIRUBIN_UMOL_L),
)
CREATININE = (
    Input("creatinine_mg_dl", Kind.NUMBER, "creatinine", "mg/dL", CREATININE_MG_DL),
    Input("creatinine_umol_l", Kind.NUMBER, "the same, instead", "umol/L", CREATININE_UMOL_L),
)
ALBUMIN = (
    Input("albumin_g_dl", Kind.NUMBER, "albumin", "g/dL", ALBUMIN_G_DL),
    Input("albumin_g_l", Kind.NUMBER, "the same, instead", "g/L", ALBUMIN_G_L),
)
INR_INPUT = Input("inr", Kind.NUMBER, "INR, without anticoagulants", "", INR)
SODIUM_INPUT = Input("sodium_mmol_l", Kind.NUMBER, "sodium", "mmol/L", SODIUM)
DIALYSIS = Input("dialysis", Kind.YES_NO, "on dialysis: creatinine counts as the largest")
OF_SCORES = (
    Formula(
        "meld",
        "MELD, and MELD-Na by the OPTN (2016) and by Kim (2008)",
        (*CREATININE, *BILIRUBIN, INR_INPUT, SODIUM_INPUT, DIALYSIS),
        {
            "meld_raw": "MELD before rounding",
            "meld": "MELD, 6 to 40",
            "meld_na_optn2016_raw": "MELD-Na (OPTN 2016) before rounding",
            "meld_na_optn2016": "MELD-Na (OPTN 2016), 6 to 40",
            "meld_na_kim2008_raw": "MELD-Na (Kim 2008), another formula",
        },
        _meld,
    ),
    Formula(
        "meld3",
        "MELD 3.0",
        (SEX, *CREATININE, *BILIRUBIN, INR_INPUT, SODIUM_INPUT, *ALBUMIN, DIALYSIS),
        {"meld3_raw": "MELD 3.0 before rounding", "meld3": "MELD 3.0, 6 to 40"},
        _meld_3,
    ),
    Formula(
        "albi",
        "ALBI score and grade",
        (*reversed(ALBUMIN), *reversed(BILIRUBIN)),
        {"albi": "ALBI", "grade": "1, 2 or 3"},
        _albi,
    ),
    Formula(
        "malbi",
        "ALBI score and modified grade (Hiraoka 2019), for HCC",
        (*reversed(ALBUMIN), *reversed(BILIRUBIN)),
        {"albi": "ALBI", "grade": "1, 2a, 2b or 3"},
        _malbi,
    ),
    Formula(
        "makuuchi",
        "largest resection in Makuuchi's tree (Imamura 2005), for HCC",
        (
            Input("ascites", Kind.WORD, "ascites", words=CONTROL),
            *BILIRUBIN,
            Input("icg_r15_percent", Kind.NUMBER, "ICG-R15", "%", ICG_R15),
        ),
        {"largest": "what the tree goes up to"},
        _makuuchi,
    ),
    Formula(
        "child_pugh",
        "Child-Pugh points and class, with the INR",
        (
            *BILIRUBIN,
            *ALBUMIN,
            INR_INPUT,
            Input("ascites", Kind.WORD, "ascites", words=ASCITES),
            Input("encephalopathy", Kind.WORD, "encephalopathy", words=ENCEPHALOPATHY),
            Input("cholestatic", Kind.YES_NO, "PBC or PSC: bilirubin is cut at 4 and 10 mg/dL"),
        ),
        {"points": "5 to 15", "class": "A, B or C"},
        _child_pugh,
    ),
    Formula(
        "renal",
        "kidney function by three equations, which are not the same",
        (SEX, Input("age", Kind.NUMBER, "age", "years", AGE), *CREATININE, WEIGHT_KG),
        {
            "ckd_epi_2021": "CKD-EPI 2021, mL/min/1.73 m2",
            "mdrd4_no_race": "MDRD-4 without race, mL/min/1.73 m2; PUMP-IT asks for this one",
            "cockcroft_gault_ml_min": "Cockcroft-Gault, mL/min, not by body surface",
        },
        _renal,
    ),
)


def _apri(given: Given) -> Answer:
    ast, limit = given.number("ast_u_per_l"), given.number("ast_uln_u_per_l")
    times = when_given(lambda value, uln: value / uln, ast, limit)
    apri = when_given(find_apri, times, given.number("platelets_10e9_per_l"))
    return Answer({"apri": apri}, _doubt_units(given, "ast_u_per_l", "ast_uln_u_per_l"))


def _fib_4(given: Given) -> Answer:
    names = ("age", "ast_u_per_l", "alt_u_per_l", "platelets_10e9_per_l")
    fib_4 = when_given(find_fib_4, *map(given.number, names))
    return Answer({"fib_4": fib_4}, _doubt_units(given, "ast_u_per_l", "alt_u_per_l"))


def _doubt_units(given: Given, *names: str) -> tuple[Finding, ...]:
    """Doubt enzymes that were perhaps given in ukat/L."""
    return tuple(
        doubt
        for name in names
        if (value := given.number(name)) is not None
        for doubt in find_unit_doubts(name.partition("_")[0], value, "U/L", called=name)
    )


AST = Input("ast_u_per_l", Kind.NUMBER, "AST", "U/L", AST_U_L)
PLATELET_COUNT = Input("platelets_10e9_per_l", Kind.NUMBER, "platelets", "10*9/L", PLATELETS)
OF_FIBROSIS = (
    Formula(
        "apri",
        "AST to platelet ratio index (Wai 2003)",
        (
            AST,
            Input("ast_uln_u_per_l", Kind.NUMBER, "its upper limit", "U/L", AST_U_L),
            PLATELET_COUNT,
        ),
        {"apri": "APRI; 0.5 and 1.5 are in print"},
        _apri,
    ),
    Formula(
        "fib_4",
        "FIB-4 (Sterling 2006)",
        (
            Input("age", Kind.NUMBER, "age", "years", AGE),
            AST,
            Input("alt_u_per_l", Kind.NUMBER, "ALT", "U/L", ALT_U_L),
            PLATELET_COUNT,
        ),
        {"fib_4": "FIB-4; 1.45 and 3.25 are in print"},
        _fib_4,
    ),
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


OF_LIVER_FAILURE = (
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

FORMULAS = (*OF_SCORES, *OF_FIBROSIS, *OF_LIVER_FAILURE)
