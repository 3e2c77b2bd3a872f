"""Scores of liver and kidney from a case's facts: known, or unknown with their missing inputs.

A score with a missing input is unknown, never partial, and its blood tests must be from one day
[clinical.md 8]. Computed scores are not used as facts for trials: only entered scores are.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from fractions import Fraction
from operator import ge, gt

from msgspec import Struct, structs

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_number
from fl_planner.basis.standing_words import SCORES
from fl_planner.basis.units import BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL, G_PER_L_IN_G_PER_DL
from fl_planner.patient.kidney import Kidney
from fl_planner.patient.scores import (
    ADULT,
    AGE,
    ChildPugh,
    MeldLabs,
    Sex,
    Sign,
    compute_albi,
    compute_meld_3,
    compute_meld_3_raw,
    compute_meld_na,
    find_differing_tables,
    grade_albi,
)
from fl_planner.planning.assessment.context import Labs
from fl_planner.planning.given.case import SameDay, ScoreFacts, list_blood_values
from fl_planner.trials.derive import FITNESS
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.statements import Amount, Stated

ASCITES: Mapping[object, Sign] = {
    "none": "none", "small": "slight", "moderate": "marked", "large": "marked",
}  # fmt: skip
# between an entered eGFR or clearance and the computed one [project's choice]: the factors 186
# for 175, of a creatinine not traceable to IDMS, and 1.212 of the original equation together
# differ by 29 %
KIDNEY_APART_PERCENT = 30
SEXES: Mapping[object, Sex] = {"female": "F", "male": "M"}
Value = int | float | str


class Score(Struct, frozen=True):
    """One score: values by name, or missing inputs; `on` is the date of its blood tests."""

    name: str
    values: Mapping[str, Value]
    missing: tuple[str, ...] = ()
    same_day: SameDay = "yes"
    on: date | None = None

    @property
    def known(self) -> bool:
        """Whether the score was computed."""
        return bool(self.values)


class Scores(Struct, frozen=True):
    """All scores of a patient, with findings."""

    every: tuple[Score, ...]
    findings: tuple[Finding, ...]


def compute_scores(
    facts: Facts,
    stated: Stated,
    more: ScoreFacts,
    *,
    as_of: date | None = None,
    weight_kg: Fraction | None = None,
) -> Scores | None:
    """Compute every score with complete inputs; None without any blood value."""
    sodium_on = {} if more.sodium_on is None else {"sodium": more.sodium_on}
    labs = Labs(list_blood_values(facts, more), stated, as_of, sodium_on)
    if not labs.values:
        return None
    child_pugh = _child_pugh(labs, facts, more)
    scores = (
        _albi(labs),
        child_pugh,
        *_melds(labs, facts, more),
        _kidney(labs, facts, weight_kg),
    )
    doubts = (*_find_doubts(facts, stated, scores), *find_child_pugh_apart(facts, labs, more))
    return Scores(scores, (*doubts, *_find_computed_risk(facts, child_pugh)))


def compute_kidney(
    facts: Facts, stated: Stated, *, as_of: date | None = None, weight_kg: Fraction | None = None
) -> Scores:
    """Compute only the equations from creatinine, as in `compute_scores`, without findings."""
    labs = Labs(list_blood_values(facts, ScoreFacts()), stated, as_of)
    return Scores((_kidney(labs, facts, weight_kg),), ())


def _as_unknown(
    name: str, labs: Labs, keys: tuple[str, ...], others: Mapping[str, object]
) -> Score | None:
    """Return an unknown score with its missing inputs; None if nothing is missing."""
    lacking = [key for key in keys if key not in labs.values]
    lacking += [key for key, value in others.items() if value is None]
    days = labs.same_day(key for key in keys if key in labs.values)
    if lacking or days != "yes":
        return Score(name, {}, tuple(lacking), days)
    return None


def _albi(labs: Labs) -> Score:
    keys = ("bilirubin_total", "albumin")
    if (unknown := _as_unknown("albi", labs, keys, {})) is not None:
        return unknown
    in_umol = labs.values["bilirubin_total"] * BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
    albi = compute_albi(labs.values["albumin"], in_umol)
    return Score("albi", {"albi": albi, "grade": grade_albi(albi)}, on=labs.day_of(keys[0]))


def _child_pugh(labs: Labs, facts: Facts, more: ScoreFacts) -> Score:
    keys, ascites = ("bilirubin_total", "albumin", "inr"), ASCITES.get(facts.get("ascites"))
    signs = {"ascites": ascites, "encephalopathy": more.encephalopathy}
    unknown = _as_unknown("child_pugh", labs, keys, signs)
    if unknown is not None or ascites is None or more.encephalopathy is None:
        return unknown or Score("child_pugh", {}, ("ascites",))
    albumin = labs.values["albumin"] / G_PER_L_IN_G_PER_DL
    one = ChildPugh(
        labs.values["bilirubin_total"], albumin, labs.values["inr"], ascites,
        more.encephalopathy, more.cholestatic,
    )  # fmt: skip
    values: dict[str, Value] = {"points": one.points, "class": one.letter}
    return Score("child_pugh", values, on=labs.day_of(keys[0]))


def _melds(labs: Labs, facts: Facts, more: ScoreFacts) -> Iterable[Score]:
    """Compute MELD and its variants; dialysis must be stated, as it counts as creatinine 4.

    They are for adults: below 12 years PELD replaces them, and MELD 3.0 differs below 18 years.
    """
    keys = ("bilirubin_total", "inr", *(() if more.dialysis else ("creatinine",)))
    dialysis: dict[str, object] = {"dialysis": more.dialysis}
    if _is_child(facts):
        dialysis[ADULT] = None
    sex = SEXES.get(facts.get("sex"))
    for name, further, others in (
        ("meld", (), dialysis),
        ("meld_na_optn2016", ("sodium",), dialysis),
        ("meld_3", ("sodium", "albumin"), {**dialysis, "sex": sex}),
    ):
        unknown = _as_unknown(name, labs, (*keys, *further), others)
        yield unknown or _meld(name, labs, sex, dialysed=more.dialysis is True)


def _meld(name: str, labs: Labs, sex: Sex | None, *, dialysed: bool) -> Score:
    creatinine = None if dialysed else labs.values["creatinine"]
    one = MeldLabs(labs.values["bilirubin_total"], labs.values["inr"], creatinine)
    on = labs.day_of("inr")
    if name == "meld":
        return Score(name, {"meld": one.meld, "raw": one.meld_raw}, on=on)
    sodium = labs.values["sodium"]
    if name == "meld_na_optn2016" or sex is None:
        return Score(name, {"meld_na": compute_meld_na(one.meld, sodium)}, on=on)
    raw = compute_meld_3_raw(one, sex, sodium, labs.values["albumin"] / G_PER_L_IN_G_PER_DL)
    return Score(name, {"meld_3": compute_meld_3(raw), "raw": raw}, on=on)


def _kidney(labs: Labs, facts: Facts, weight_kg: Fraction | None) -> Score:
    """Compute three equations from one creatinine, of any date."""
    age, sex = facts.get("age_years"), SEXES.get(facts.get("sex"))
    adult = age if isinstance(age, Fraction) and AGE.range.holds(age) else None
    lacking = [
        name
        for name, there in (
            ("creatinine", labs.values.get("creatinine")),
            (ADULT if _is_child(facts) else "age", adult),
            ("sex", sex),
        )
        if there is None
    ]  # fmt: skip
    if lacking or adult is None or sex is None:
        return Score("kidney", {}, tuple(lacking))
    one = Kidney(labs.values["creatinine"], adult, sex)
    values: dict[str, Value] = {
        "ckd_epi_2021_ml_per_min_per_1_73m2": one.ckd_epi_2021,
        "mdrd_4_ml_per_min_per_1_73m2": one.mdrd_4,
    }
    if weight_kg is not None:
        values["cockcroft_gault_ml_per_min"] = float(one.cockcroft_gault_ml_min(weight_kg))
    return Score("kidney", values, on=labs.day_of("creatinine"))


def _is_child(facts: Facts) -> bool:
    age = facts.get("age_years")
    return isinstance(age, Fraction) and age < AGE.range.low


def _find_doubts(facts: Facts, stated: Stated, scores: Iterable[Score]) -> Iterable[Finding]:
    every = {score.name: score for score in scores}
    if days := [score.name for score in scores if score.same_day == "no"]:
        names = ", ".join(SCORES[name] for name in days)
        message = f"blood tests from different days: {names} not calculated"
        yield Finding("score.days_differ", Severity.INFO, message)
    bilirubin = stated.values.get("bilirubin_total")
    entered_umol = (
        bilirubin if isinstance(bilirubin, Amount) and bilirubin.unit == "umol/L" else None
    )
    if entered_umol is not None and every["child_pugh"].known:
        yield from find_differing_tables("bilirubin_total", entered_umol.value)
    with_inr = [name for name in ("child_pugh", "meld") if every[name].known]
    if with_inr and _is_on_drug(facts):
        names = " and ".join(SCORES[name] for name in with_inr)
        verb = "overestimates" if len(with_inr) == 1 else "overestimate"
        message = f"INR measured during anticoagulation: {names} {verb} severity"
        yield Finding("score.inr_of_drug", Severity.WARNING, message)


def _is_on_drug(facts: Facts) -> bool:
    return any(facts.get(key) is True for key in ("anticoagulant_use", "coumarin_use"))


def find_child_pugh_apart(facts: Facts, labs: Labs, more: ScoreFacts) -> Iterable[Finding]:
    """Find an entered score, or an entered class without a score, that blood tests contradict.

    If encephalopathy is not known, it is compared with the lowest possible score, unless the INR
    was measured during anticoagulation; that in PBC or PSC is named, as neither may be known.
    """
    seen, on_drug = more.encephalopathy, _is_on_drug(facts)
    if seen is None and on_drug:
        return
    signs = structs.replace(more, encephalopathy=seen or "none")
    least = _child_pugh(labs, facts, signs)
    points, letter = least.values.get("points"), least.values.get("class")
    score, entered = facts.get("child_pugh_score"), facts.get("child_pugh_class")
    if not isinstance(points, int) or not isinstance(letter, str) or not isinstance(entered, str):
        return
    cholestatic = _child_pugh(labs, facts, structs.replace(signs, cholestatic=True))
    fewer, at_least = cholestatic.values["points"], "at least " if seen is None else ""
    otherwise = "" if fewer == points else f"or {fewer} in PBC or PSC"
    if isinstance(score, Fraction):
        key, differs, too_low = "child_pugh_score", score != points, score < points
        computed = f"{points} ({otherwise})" if otherwise else f"{points}"
        apart = f"score: {int(score)} entered, {at_least}{computed} computed"
    else:
        key, differs, too_low = "child_pugh_class", entered != letter, entered < letter
        computed = f"{points} points, {otherwise}" if otherwise else f"{points} points"
        apart = f"class: {entered} entered, {at_least}{letter} ({computed}) computed"
    if too_low if seen is None else differs:
        drug = ", with the INR during anticoagulation" if on_drug else ""
        message = f"Child-Pugh {apart} from the blood tests{drug}; the entered value is used"
        file = labs.stated.files.get(key)
        yield Finding("score.child_pugh_apart", Severity.WARNING, message, file)


def _find_computed_risk(facts: Facts, computed: Score) -> Iterable[Finding]:
    """Find a computed Child-Pugh class B or C if no class was entered: a risk [trials.md 9.1]."""
    letter = computed.values.get("class")
    if letter not in ("B", "C") or facts.get("child_pugh_class") is not None:
        return
    message = (
        f"Child-Pugh class {letter} ({computed.values['points']} points) computed from the blood "
        f"tests, to be confirmed; {FITNESS}"
    )
    yield Finding("risk.on_file", Severity.WARNING, message)


def find_egfr_apart(
    facts: Facts, labs: Labs, scores: Scores, limits: Iterable[Fraction]
) -> Iterable[Finding]:
    """Find an entered eGFR (MDRD) that creatinine, age and sex contradict.

    Both differ by more than `KIDNEY_APART_PERCENT`, or are on different sides of a trial's limit.
    Values of different days are not compared.
    """
    name, key = "mdrd_4_ml_per_min_per_1_73m2", "egfr_mdrd"
    entered, unit = facts.get("egfr_mdrd_ml_per_min_per_1_73m2"), "mL/min/{1.73_m2}"
    pair = _pair_kidney_values(entered, name, key, labs, scores)
    source = "creatinine, age and sex (MDRD-4)"
    if how := pair and _describe_apart(*pair, tuple(limits), ge, "mL/min/1.73 m²", source):
        file, apart = labs.stated.files.get(key), float(pair[0] - pair[1])
        message = f"eGFR (MDRD): {how}"
        yield Finding("score.egfr_apart", Severity.WARNING, message, file, apart, unit)


def find_clearance_apart(
    facts: Facts, labs: Labs, scores: Scores, limits: Iterable[Fraction]
) -> Iterable[Finding]:
    """Find an entered creatinine clearance that creatinine, age, sex and weight contradict.

    Compared with Cockcroft-Gault as in `find_egfr_apart`. A clearance measured in urine may differ
    with good reason; one entered in another unit or of another patient differs as well.
    """
    name, key = "cockcroft_gault_ml_per_min", "creatinine_clearance"
    entered, unit = facts.get("creatinine_clearance_ml_per_min"), "mL/min"
    pair = _pair_kidney_values(entered, name, key, labs, scores)
    source = "creatinine, age, sex and weight (Cockcroft-Gault)"
    if how := pair and _describe_apart(*pair, tuple(limits), gt, unit, source):
        file, apart = labs.stated.files.get(key), float(pair[0] - pair[1])
        message = f"creatinine clearance: {how}"
        yield Finding("score.clearance_apart", Severity.WARNING, message, file, apart, unit)


def _pair_kidney_values(
    entered: object, name: str, key: str, labs: Labs, scores: Scores
) -> tuple[Fraction, Fraction] | None:
    """Return the entered and the computed value, if both are known and not of different days."""
    (values,) = (score.values for score in scores.every if score.name == "kidney")
    value = values.get(name)
    if not isinstance(entered, Fraction) or not isinstance(value, float):
        return None
    if labs.same_day(("creatinine", key)) == "no":
        return None
    return entered, Fraction(value)


def _describe_apart(
    entered: Fraction,
    computed: Fraction,
    limits: tuple[Fraction, ...],
    passes: Callable[[Fraction, Fraction], bool],
    unit: str,
    source: str,
) -> str:
    """Describe the difference between an entered and a computed value; "" if it is small.

    `passes`: the comparator of the trials that limit this value, at least or more than.
    """
    across = any(passes(entered, limit) is not passes(computed, limit) for limit in limits)
    if not across and 100 * abs(entered - computed) <= KIDNEY_APART_PERCENT * computed:
        return ""
    sides = ", on different sides of a trial's limit" if across else ""
    return (
        f"{as_number(entered, limits)} {unit} entered, {as_number(computed, limits)} computed "
        f"from {source}{sides}; the entered value is used"
    )
