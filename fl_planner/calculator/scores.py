"""Formulas of liver disease: scores, fibrosis, and liver failure after hepatectomy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Annotated, NamedTuple

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_plain
from fl_planner.basis.standing_words import Management
from fl_planner.basis.three_valued import Truth, as_answer
from fl_planner.basis.units import BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL, G_PER_L_IN_G_PER_DL
from fl_planner.calculator.formula import (
    Answer,
    Input,
    Number,
    YesNo,
    answer,
    formula,
    refuse_both,
    when_given,
)
from fl_planner.calculator.volumes import WeightKg
from fl_planner.patient.kidney import Kidney
from fl_planner.patient.liver_failure import (
    DAYS_AFTER,
    PEAK_MG_DL,
    Normal,
    PostoperativeDay,
    compute_peak_bilirubin,
    grade_phlf,
    judge_fifty_fifty,
    judge_peak,
    judge_phlf,
)
from fl_planner.patient.reserve import (
    APRI_LIMITS,
    FIB_4_LIMITS,
    Ascites,
    compute_apri,
    compute_fib_4,
    compute_makuuchi_limit,
    grade_malbi,
)
from fl_planner.patient.scores import (
    AGE,
    ALBUMIN_G_DL,
    ALBUMIN_G_L,
    ALT_U_L,
    AST_U_L,
    BILIRUBIN_MG_DL,
    BILIRUBIN_UMOL_L,
    CHOLESTATIC_BAND,
    CREATININE_MG_DL,
    CREATININE_UMOL_L,
    ICG_R15,
    INR,
    MOST_CREATININE,
    MOST_CREATININE_3,
    PLATELETS,
    PROTHROMBIN,
    SODIUM,
    ChildPugh,
    MeldLabs,
    Sex,
    Sign,
    compute_albi,
    compute_meld_3,
    compute_meld_3_raw,
    compute_meld_na,
    compute_meld_na_kim,
    compute_meld_na_raw,
    find_differing_tables,
    grade_albi,
)
from fl_planner.trials.facts.quantities import QUANTITIES
from fl_planner.trials.statements import Amount
from fl_planner.trials.unit_doubts import PLAIN_RATIO, find_amount_doubts, find_unit_doubts

ASCITES: dict[str, Sign] = {
    **dict.fromkeys(("none", "absent", "no"), "none"),
    **dict.fromkeys(("slight", "mild", "small", "controlled"), "slight"),
    **dict.fromkeys(("moderate", "severe", "large", "tense", "refractory"), "marked"),
    "moderate to severe": "marked",
}
# "moderate" is 2 points in some publications and 3 in others: the grade is required
ENCEPHALOPATHY: dict[str, Sign] = {
    **dict.fromkeys(("none", "absent", "no", "0", "grade 0"), "none"),
    **dict.fromkeys(("mild", "1", "2", "1-2", "grade 1", "grade 2", "grade 1-2"), "slight"),
    **dict.fromkeys(("severe", "3", "4", "3-4", "grade 3", "grade 4", "grade 3-4"), "marked"),
}


CreatinineMgDl = Annotated[Number, Input("creatinine", CREATININE_MG_DL)]
CreatinineUmolL = Annotated[Number, Input("creatinine, alternative unit", CREATININE_UMOL_L)]
BilirubinMgDl = Annotated[Number, Input("total bilirubin", BILIRUBIN_MG_DL)]
BilirubinUmolL = Annotated[Number, Input("total bilirubin, alternative unit", BILIRUBIN_UMOL_L)]
AlbuminGDl = Annotated[Number, Input("albumin", ALBUMIN_G_DL)]
AlbuminGL = Annotated[Number, Input("albumin, alternative unit", ALBUMIN_G_L)]
Inr = Annotated[Number, Input("INR, measured in a patient not taking anticoagulants", INR)]
Sodium = Annotated[Number, Input("sodium", SODIUM)]
Dialysis = Annotated[
    YesNo, Input("dialysis; creatinine is then set to the maximum used in the formula")
]
CUT = " and ".join(map(as_plain, CHOLESTATIC_BAND))
SEXES: dict[str, Sex] = {"F": "F", "M": "M", "female": "F", "male": "M"}
TypedSex = Annotated[Sex | None, Input("sex, as defined for the equation", words=SEXES)]
Age = Annotated[Number, Input("age", AGE)]
Adult = Annotated[Number, Input("age; the scores are for adults", AGE)]
Ast = Annotated[Number, Input("AST", AST_U_L)]
Platelets = Annotated[Number, Input("platelets", PLATELETS)]


def _in_mg_dl(analyte: str, mg_dl: Number, umol_l: Number) -> tuple[Number, list[Finding]]:
    """Return bilirubin or creatinine in mg/dL from either unit, and doubts about its unit."""
    called = analyte.partition("_")[0]
    given = {f"{called}_mg_dl": mg_dl, f"{called}_umol_l": umol_l}
    refuse_both(**given)
    for (key, value), unit in zip(given.items(), ("mg/dL", "umol/L"), strict=True):
        if value is not None:
            found = find_unit_doubts(analyte, value, unit, called=key)
            return value * QUANTITIES[analyte].units[unit], found
    return None, []


def _doubt(name: str, value: Number, unit: str, called: str) -> tuple[Finding, ...]:
    return () if value is None else find_amount_doubts(name, Amount(value, unit), called=called)


def _doubt_inr(inr: Number, called: str = "inr") -> tuple[Finding, ...]:
    return _doubt("inr", inr, PLAIN_RATIO, called)


def _albumin(g_dl: Number, g_l: Number) -> Number:
    """Return albumin in g/dL from either unit."""
    refuse_both(albumin_g_dl=g_dl, albumin_g_l=g_l)
    return g_dl if g_l is None else g_l / G_PER_L_IN_G_PER_DL


def _meld_labs(
    bilirubin: Number, creatinine: Number, inr: Number, dialysis: YesNo
) -> MeldLabs | None:
    """Return the values for MELD; creatinine is required unless on dialysis."""
    if bilirubin is None or inr is None or (creatinine is None and not dialysis):
        return None
    return MeldLabs(bilirubin, inr, None if dialysis else creatinine)


def _doubt_dialysis(labs: MeldLabs | None, dialysis: YesNo, most: Fraction) -> list[Finding]:
    """Find an unanswered question on dialysis, which would raise the creatinine used."""
    if dialysis is not None or labs is None or labs.creatinine_within(most) == most:
        return []
    message = "dialysis: not answered; the result is valid only without dialysis, which counts as "
    message += f"a creatinine of {most} mg/dL"
    return [Finding("score.no_dialysis", Severity.WARNING, message)]


@formula(
    meld_raw="MELD before rounding",
    meld="MELD, 6 to 40",
    meld_na_optn2016_raw="MELD-Na (OPTN 2016) before rounding",
    meld_na_optn2016="MELD-Na (OPTN 2016), 6 to 40",
    meld_na_kim2008_raw="MELD-Na, formula of Kim 2008",
    source="Kamath 2001; OPTN 2016; Kim 2008",
)
def meld(
    creatinine_mg_dl: CreatinineMgDl,
    creatinine_umol_l: CreatinineUmolL,
    bilirubin_mg_dl: BilirubinMgDl,
    bilirubin_umol_l: BilirubinUmolL,
    inr: Inr,
    sodium_mmol_l: Sodium,
    dialysis: Dialysis,
    age: Adult,  # only for adults: below 18 years it is refused
) -> Answer:
    """MELD, and MELD-Na as defined by the OPTN (2016) and by Kim (2008); for adults."""
    bilirubin, found = _in_mg_dl("bilirubin_total", bilirubin_mg_dl, bilirubin_umol_l)
    creatinine, of_creatinine = _in_mg_dl("creatinine", creatinine_mg_dl, creatinine_umol_l)
    found += [*_doubt_inr(inr), *([] if dialysis else of_creatinine)]  # on dialysis it is not used
    labs = _meld_labs(bilirubin, creatinine, inr, dialysis)
    whole, raw = (labs.meld, labs.meld_raw) if labs else (None, None)
    return answer(
        found + _doubt_dialysis(labs, dialysis, MOST_CREATININE),
        meld_raw=raw,
        meld=whole,
        meld_na_optn2016_raw=when_given(compute_meld_na_raw, whole, sodium_mmol_l),
        meld_na_optn2016=when_given(compute_meld_na, whole, sodium_mmol_l),
        meld_na_kim2008_raw=when_given(compute_meld_na_kim, raw, sodium_mmol_l),
    )


@formula(meld3_raw="MELD 3.0 before rounding", meld3="MELD 3.0, 6 to 40")
def meld3(
    sex: TypedSex,
    creatinine_mg_dl: CreatinineMgDl,
    creatinine_umol_l: CreatinineUmolL,
    bilirubin_mg_dl: BilirubinMgDl,
    bilirubin_umol_l: BilirubinUmolL,
    inr: Inr,
    sodium_mmol_l: Sodium,
    albumin_g_dl: AlbuminGDl,
    albumin_g_l: AlbuminGL,
    dialysis: Dialysis,
    age: Adult,  # as for MELD
) -> Answer:
    """MELD 3.0."""
    bilirubin, found = _in_mg_dl("bilirubin_total", bilirubin_mg_dl, bilirubin_umol_l)
    creatinine, of_creatinine = _in_mg_dl("creatinine", creatinine_mg_dl, creatinine_umol_l)
    found += [*_doubt_inr(inr), *([] if dialysis else of_creatinine)]  # on dialysis it is not used
    labs = _meld_labs(bilirubin, creatinine, inr, dialysis)
    albumin = _albumin(albumin_g_dl, albumin_g_l)
    raw = when_given(compute_meld_3_raw, labs, sex, sodium_mmol_l, albumin)
    found += _doubt_dialysis(None if raw is None else labs, dialysis, MOST_CREATININE_3)
    return answer(found, meld3_raw=raw, meld3=when_given(compute_meld_3, raw))


@formula(albi="ALBI", grade="grade 1, 2 or 3")
def albi(
    albumin_g_l: AlbuminGL,
    albumin_g_dl: AlbuminGDl,
    bilirubin_umol_l: BilirubinUmolL,
    bilirubin_mg_dl: BilirubinMgDl,
) -> Answer:
    """ALBI score and grade."""
    bilirubin, found = _in_mg_dl("bilirubin_total", bilirubin_mg_dl, bilirubin_umol_l)
    albumin = _albumin(albumin_g_dl, albumin_g_l)
    score = None
    if bilirubin is not None and albumin is not None:
        in_umol = bilirubin * BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
        score = compute_albi(albumin * G_PER_L_IN_G_PER_DL, in_umol)
    return answer(found, albi=score, grade=when_given(grade_albi, score))


@formula(albi="ALBI", grade="grade 1, 2a, 2b or 3")
def malbi(
    albumin_g_l: AlbuminGL,
    albumin_g_dl: AlbuminGDl,
    bilirubin_umol_l: BilirubinUmolL,
    bilirubin_mg_dl: BilirubinMgDl,
) -> Answer:
    """ALBI score and modified grade (Hiraoka 2019), for HCC."""
    plain = albi.compute(albumin_g_l, albumin_g_dl, bilirubin_umol_l, bilirubin_mg_dl)
    score = plain.results["albi"]
    return answer(plain.findings, albi=score, grade=when_given(grade_malbi, score))


@formula(largest="largest resection allowed by the Makuuchi criteria")
def makuuchi(
    ascites: Annotated[Ascites | None, Input("ascites")],
    bilirubin_mg_dl: BilirubinMgDl,
    bilirubin_umol_l: BilirubinUmolL,
    icg_r15_percent: Annotated[Number, Input("ICG-R15", ICG_R15)],
) -> Answer:
    """Largest resection allowed by the Makuuchi criteria (Imamura 2005), for HCC."""
    bilirubin, found = _in_mg_dl("bilirubin_total", bilirubin_mg_dl, bilirubin_umol_l)
    largest = when_given(compute_makuuchi_limit, ascites, bilirubin, icg_r15_percent)
    return answer(found, largest=largest)


@formula(
    **{"points": "points, 5 to 15", "class": "class A, B or C"},
    source="Pugh 1973, with INR instead of prothrombin time",
)
def child_pugh(
    bilirubin_mg_dl: BilirubinMgDl,
    bilirubin_umol_l: BilirubinUmolL,
    albumin_g_dl: AlbuminGDl,
    albumin_g_l: AlbuminGL,
    inr: Inr,
    ascites: Annotated[Sign | None, Input("ascites", words=ASCITES)],
    encephalopathy: Annotated[Sign | None, Input("encephalopathy", words=ENCEPHALOPATHY)],
    cholestatic: Annotated[YesNo, Input(f"PBC or PSC, with bilirubin limits of {CUT} mg/dL")],
) -> Answer:
    """Child-Pugh points and class, with the INR."""
    bilirubin, found = _in_mg_dl("bilirubin_total", bilirubin_mg_dl, bilirubin_umol_l)
    albumin = _albumin(albumin_g_dl, albumin_g_l)
    found += _doubt_inr(inr)
    signs = (ascites, encephalopathy, cholestatic is True)
    score = when_given(ChildPugh, bilirubin, albumin, inr, *signs)
    if bilirubin_umol_l is not None:
        found += find_differing_tables("bilirubin_umol_l", bilirubin_umol_l)
    points, letter = (None, None) if score is None else (score.points, score.letter)
    return answer(found, **{"points": points, "class": letter})


@formula(
    ckd_epi_2021="CKD-EPI 2021, mL/min/1.73 m2",
    mdrd4_no_race="MDRD-4 without the race factor, mL/min/1.73 m2; required by PUMP-IT",
    cockcroft_gault_ml_min="Cockcroft-Gault, mL/min, not normalised to body surface area",
)
def renal(
    sex: TypedSex,
    age: Age,
    creatinine_mg_dl: CreatinineMgDl,
    creatinine_umol_l: CreatinineUmolL,
    weight_kg: WeightKg,
) -> Answer:
    """Kidney function by three different equations."""
    creatinine, found = _in_mg_dl("creatinine", creatinine_mg_dl, creatinine_umol_l)
    kidney = when_given(Kidney, creatinine, age, sex)
    if kidney is None:
        return answer(found, **dict.fromkeys(renal.results))
    return answer(
        found,
        ckd_epi_2021=kidney.ckd_epi_2021,
        mdrd4_no_race=kidney.mdrd_4,
        cockcroft_gault_ml_min=when_given(kidney.cockcroft_gault_ml_min, weight_kg),
    )


@formula(apri=f"APRI; published thresholds: {' and '.join(map(as_plain, APRI_LIMITS))}")
def apri(
    ast_u_per_l: Ast,
    ast_uln_u_per_l: Annotated[Number, Input("upper limit of normal for AST", AST_U_L)],
    platelets_10e9_per_l: Platelets,
) -> Answer:
    """AST to platelet ratio index (Wai 2003)."""
    times = when_given(lambda value, uln: value / uln, ast_u_per_l, ast_uln_u_per_l)
    index = when_given(compute_apri, times, platelets_10e9_per_l)
    doubts = _doubt_units(ast_u_per_l=ast_u_per_l, ast_uln_u_per_l=ast_uln_u_per_l)
    return answer(doubts, apri=index)


@formula(fib_4=f"FIB-4; published thresholds: {' and '.join(map(as_plain, FIB_4_LIMITS))}")
def fib_4(
    age: Age,
    ast_u_per_l: Ast,
    alt_u_per_l: Annotated[Number, Input("ALT", ALT_U_L)],
    platelets_10e9_per_l: Platelets,
) -> Answer:
    """FIB-4 (Sterling 2006)."""
    index = when_given(compute_fib_4, age, ast_u_per_l, alt_u_per_l, platelets_10e9_per_l)
    return answer(_doubt_units(ast_u_per_l=ast_u_per_l, alt_u_per_l=alt_u_per_l), fib_4=index)


def _doubt_units(**enzymes: Number) -> tuple[Finding, ...]:
    """Find enzyme values possibly given in ukat/L, and unusual upper limits of normal."""
    return tuple(
        doubt
        for name, value in enzymes.items()
        for doubt in _doubt(name.removesuffix("_u_per_l"), value, "U/L", name)
    )


DayAfter = Annotated[int, Input("postoperative day", DAYS_AFTER)]
InrOfDay = Annotated[Number, Input("INR", INR)]


class PeakDay(NamedTuple):
    """A day of the peak bilirubin criterion."""

    day: DayAfter
    bilirubin_mg_dl: BilirubinMgDl


class FiftyFiftyDay(NamedTuple):
    """A day of the 50-50 criteria."""

    day: DayAfter
    bilirubin_mg_dl: BilirubinMgDl
    prothrombin_percent: Annotated[Number, Input("prothrombin time (Quick)", PROTHROMBIN)]


class FailureDay(NamedTuple):
    """A day of the definition of liver failure."""

    day: DayAfter
    bilirubin_mg_dl: BilirubinMgDl
    inr: InrOfDay
    clotting_factors: Annotated[YesNo, Input("clotting factors were needed to keep the INR normal")]


BY_DAY = Input("blood tests by day")


def _days(entered: Iterable[PeakDay | FiftyFiftyDay | FailureDay]) -> tuple[PostoperativeDay, ...]:
    return tuple(PostoperativeDay(**day._asdict()) for day in entered)


@formula(phlf="whether liver failure occurred on the given days", grade="grade A, B or C")
def phlf(
    days: Annotated[tuple[FailureDay, ...], BY_DAY],
    bilirubin_uln_mg_dl: Annotated[
        Number, Input("upper limit of normal for bilirubin", BILIRUBIN_MG_DL)
    ],
    inr_uln: Annotated[Number, Input("upper limit of normal for the INR", INR)],
    bilirubin_before_mg_dl: Annotated[Number, Input("bilirubin before surgery", BILIRUBIN_MG_DL)],
    inr_before: Annotated[Number, Input("INR before surgery", INR)],
    management: Annotated[
        Management | None, Input("change in management because of liver failure")
    ],
) -> Answer:
    """Liver failure after hepatectomy, as defined by the ISGLS (Rahbari 2011)."""
    limit, before = "bilirubin_uln_mg_dl", "bilirubin_before_mg_dl"
    found = [
        *_doubt("bilirubin_total_uln", bilirubin_uln_mg_dl, "mg/dL", limit),
        *_doubt("bilirubin_total", bilirubin_before_mg_dl, "mg/dL", before),
        *_doubt("inr_uln", inr_uln, PLAIN_RATIO, "inr_uln"),
        *_doubt_inr(inr_before, "inr_before"),
        *(doubt for each in days for doubt in _doubt_inr(each.inr, f"inr on day {each.day}")),
    ]
    if (normal := when_given(Normal, bilirubin_uln_mg_dl, inr_uln)) is not None:
        normal = replace(
            normal, bilirubin_before_mg_dl=bilirubin_before_mg_dl, inr_before=inr_before
        )
    failed = Truth.UNKNOWN if normal is None else judge_phlf(_days(days), normal)
    grade = when_given(grade_phlf, management) if failed is Truth.TRUE else None
    return answer(found, phlf=as_answer(failed), grade=grade)


@formula(met="whether both 50-50 criteria are met")
def fifty_fifty(days: Annotated[tuple[FiftyFiftyDay, ...], BY_DAY]) -> Answer:
    """50-50 criteria on day 5 (Balzan 2005)."""
    return answer(met=as_answer(judge_fifty_fifty(_days(days))))


@formula(
    peak_mg_dl="highest bilirubin on the given days, mg/dL",
    above_7=f"whether the highest bilirubin is above {PEAK_MG_DL} mg/dL",
)
def peak_bilirubin(days: Annotated[tuple[PeakDay, ...], BY_DAY]) -> Answer:
    """Highest bilirubin after hepatectomy (Mullen 2007)."""
    peak = compute_peak_bilirubin(_days(days))
    return answer(peak_mg_dl=peak, above_7=when_given(judge_peak, peak))
