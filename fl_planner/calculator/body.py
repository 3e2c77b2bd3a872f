"""Formulas of body size: surface, estimated liver volume, standardised remnant."""

from fractions import Fraction

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.ranges import Plausible, between
from fl_planner.calculator.formula import Answer, Formula, Given, Input, Kind, when_given
from fl_planner.liver.kinetic_growth import FLR_ML
from fl_planner.patient.body_size import (
    AT_RISK_PERCENT,
    BSA_FORMULAS,
    DEFAULT_TLV,
    LARGEST_BSA_M2,
    LARGEST_HEIGHT_CM,
    LARGEST_WEIGHT_KG,
    LEAST_BSA_M2,
    LEAST_HEIGHT_CM,
    LEAST_WEIGHT_KG,
    TLV_FORMULAS,
    BodySize,
    BsaFormula,
    TlvFormula,
    estimate_tlv_of_bsa_ml,
    find_flr_bw_percent,
    find_sflr_percent,
    find_unlikely_build,
)

DEFAULT_BSA = "mosteller"
HEIGHT = Plausible(
    between(str(LEAST_HEIGHT_CM), str(LARGEST_HEIGHT_CM)), "cm", "metres or inches were meant?"
)
WEIGHT = Plausible(
    between(str(LEAST_WEIGHT_KG), str(LARGEST_WEIGHT_KG)), "kg", "grams or pounds were meant?"
)
# bodies of those heights and weights have 0.79 to 4.6 m2
BSA = Plausible(between("0.7", "4.6"), "m2", "cm2 were meant?")
DENSITY = Plausible(between("0.5", "2"), "g/mL", "g/L were meant?")

HEIGHT_CM = Input("height_cm", Kind.NUMBER, "height", "cm", HEIGHT)
WEIGHT_KG = Input("weight_kg", Kind.NUMBER, "weight", "kg", WEIGHT)
BSA_M2 = Input("bsa_m2", Kind.NUMBER, "body surface area", "m2", BSA)
BSA_WORDS: dict[str, BsaFormula] = {name: name for name in BSA_FORMULAS}
BSA_FORMULA = Input("formula", Kind.WORD, f"{DEFAULT_BSA} if not given", words=BSA_WORDS)
TLV_FORMULA = Input(
    "formula",
    Kind.WORD,
    f"{DEFAULT_TLV} if not given",
    words={name: name for name in TLV_FORMULAS},
)
FLR = Input("flr_ml", Kind.NUMBER, "non-tumorous remnant", "mL", FLR_ML)


def _bsa(given: Given) -> Answer:
    formula = BSA_WORDS[given.word("formula") or DEFAULT_BSA]
    height, weight = given.number("height_cm"), given.number("weight_kg")
    size = when_given(BodySize, height, weight)
    surface = None if size is None else size.bsa_m2(formula)
    doubts = find_unlikely_build(height, weight)
    return Answer({"bsa_m2": surface, "formula": formula}, doubts)


def _tlv(given: Given) -> Answer:
    key = given.word("formula") or DEFAULT_TLV
    estimates = {name: _estimate(one, given) for name, one in TLV_FORMULAS.items()}
    known = [ml for ml in estimates.values() if ml is not None]
    return Answer(
        {
            "tlv_est_ml": estimates[key],
            "formula": key,
            "across_formulas_ml": [min(known), max(known)] if known else None,
        },
        (
            *find_unlikely_build(given.number("height_cm"), given.number("weight_kg")),
            *_find_doubts(TLV_FORMULAS[key], _surface(TLV_FORMULAS[key], given)),
        ),
    )


def _estimate(formula: TlvFormula, given: Given) -> float | None:
    """Estimate from what was given; None where the formula needs something else."""
    if formula.needs_bsa:
        bsa_m2 = _surface(formula, given)
        return None if bsa_m2 is None else estimate_tlv_of_bsa_ml(formula, bsa_m2)
    height, weight = given.number("height_cm"), given.number("weight_kg")
    if weight is None or ("h" in formula.text and height is None):
        return None
    return formula.estimate(0.0, float(height or 0), float(weight))


def _surface(formula: TlvFormula, given: Given) -> float | None:
    """Body surface as given, or by the BSA formula that the estimate belongs to."""
    bsa_m2 = given.number("bsa_m2")
    height, weight = given.number("height_cm"), given.number("weight_kg")
    if bsa_m2 is not None:
        return float(bsa_m2)
    size = when_given(BodySize, height, weight)
    return None if size is None else size.bsa_m2(formula.bsa or "mosteller")


def _find_doubts(formula: TlvFormula, bsa_m2: float | None) -> list[Finding]:
    found = []
    if bsa_m2 is not None and not LEAST_BSA_M2 <= bsa_m2 <= LARGEST_BSA_M2:
        message = f"bsa_m2: {bsa_m2:.3g} m2 is outside {LEAST_BSA_M2} to {LARGEST_BSA_M2}, where "
        message += "the formulas were fitted"
        found.append(Finding("body.extrapolated", Severity.WARNING, message, None, bsa_m2, "m2"))
    if formula.weighs:
        message = f"formula: {formula.key} predicts grams; 1 g is taken as 1 mL"
        found.append(Finding("body.grams", Severity.INFO, message))
    return found


def _sflr(given: Given) -> Answer:
    estimated = _tlv(given)
    flr, tlv = given.number("flr_ml"), estimated.results["tlv_est_ml"]
    share = None
    if flr is not None and isinstance(tlv, float):
        share = find_sflr_percent(float(flr), tlv)
    return Answer({**estimated.results, "sflr_percent": share}, estimated.findings)


def _flr_bw(given: Given) -> Answer:
    density = given.number_or("density_g_per_ml", Fraction(1))
    flr, weight = given.number("flr_ml"), given.number("weight_kg")
    percent = when_given(find_flr_bw_percent, flr, weight, density)
    at_risk = None if percent is None else percent <= AT_RISK_PERCENT
    return Answer({"flr_bw_percent": percent, "at_risk_0_5_or_less": at_risk})


TLV_RESULTS = {
    "tlv_est_ml": "estimated total liver volume, mL",
    "formula": "the formula that was used",
    "across_formulas_ml": "least and largest of all formulas that apply, mL",
}
FORMULAS = (
    Formula(
        "bsa",
        "body surface area of a height and a weight",
        (HEIGHT_CM, WEIGHT_KG, BSA_FORMULA),
        {"bsa_m2": "body surface area, m2", "formula": "the formula that was used"},
        _bsa,
    ),
    Formula(
        "tlv_est",
        "total liver volume expected of a body; never fed into a trial's rule",
        (BSA_M2, TLV_FORMULA, HEIGHT_CM, WEIGHT_KG),
        TLV_RESULTS,
        _tlv,
    ),
    Formula(
        "sflr",
        "remnant in percent of the expected liver volume; never fed into a trial's rule",
        (FLR, BSA_M2, TLV_FORMULA, HEIGHT_CM, WEIGHT_KG),
        {**TLV_RESULTS, "sflr_percent": "standardised remnant, %"},
        _sflr,
    ),
    Formula(
        "flr_bw",
        "remnant in percent of the body's weight; 0.5 % exactly is in the risk group",
        (
            FLR,
            WEIGHT_KG,
            Input("density_g_per_ml", Kind.NUMBER, "1.0 if not given", "g/mL", DENSITY),
        ),
        {
            "flr_bw_percent": "remnant over body weight, %",
            "at_risk_0_5_or_less": "whether it is in the risk group of Truant 2007",
        },
        _flr_bw,
    ),
)
