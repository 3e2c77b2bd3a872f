"""Additional assessment of liver and patient, shown next to the FLR: value, formula and source.

Each item is shown if it was entered, or if its blood tests are recorded on one day. No item is a
trial criterion or inferred from another, and no answer depends on it. Published limits are shown
for information only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from msgspec import Struct

from fl_planner.basis.formula import formula_of
from fl_planner.basis.shown import as_plain
from fl_planner.basis.three_valued import Truth
from fl_planner.basis.units import BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL, Plausible, between
from fl_planner.liver.spleen import MINUS_SPLEEN_HU, SPLEEN_ML, Spleen
from fl_planner.patient import scores
from fl_planner.patient.liver_failure import (
    PEAK_MG_DL,
    Normal,
    compute_peak_bilirubin,
    grade_phlf,
    judge_fifty_fifty,
    judge_peak,
    judge_phlf,
)
from fl_planner.patient.reserve import (
    APRI_LIMITS,
    BAVENO,
    BY_RETENTION,
    FIB_4_LIMITS,
    MALBI_2B,
    SIGNIFICANT_HVPG,
    compute_apri,
    compute_fib_4,
    compute_makuuchi_limit,
    grade_malbi,
)
from fl_planner.patient.scores import AGE, ALBI_1, ALBI_2, compute_albi
from fl_planner.planning.given.case import ALBI, FIBROSIS, WEEKS, ContextFacts, SameDay
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.facts.quantities import LABS_AGE, LABS_DATE
from fl_planner.trials.statements import Amount, Stated


class Reference(Struct, frozen=True):
    """Definition of one item.

    - `name`: its key.
    - `formula`: method by which it is obtained, with published limits.
    - `plausible`: plausible values in their unit; None for words.
    - `limits`: limits that a rounded value must not cross.
    - `decimals`: smallest number of decimals shown; None for those of the entered value.
    """

    name: str
    formula: str
    plausible: Plausible | None
    source: str
    limits: tuple[Fraction, ...] = ()
    decimals: int | None = None


def _given(
    name: str,
    text: str,
    plausible: Plausible,
    source: str,
    *limits: str,
    decimals: int | None = None,
) -> Reference:
    """Define an entered item; each `{}` of the text is replaced by a limit, in order."""
    exact = tuple(map(Fraction, limits))
    return Reference(name, text.format(*limits), plausible, source, exact, decimals)


def _computed(
    name: str, function: Callable[..., Any], plausible: Plausible | None, *limits: Fraction
) -> Reference:
    """Define a computed item; limits are appended to the text of its formula."""
    formula = formula_of(function)
    printed = f"; published limits {' and '.join(map(as_plain, limits))}" if limits else ""
    decimals = 2 if limits else 0
    return Reference(name, f"{formula.text}{printed}", plausible, formula.source, limits, decimals)


CHEMOTHERAPY = _given(
    "chemotherapy",
    "duration and drugs before this scan, as entered; a larger FLR was used as the threshold "
    "after more than {} weeks of chemotherapy (published)",
    WEEKS,
    "Shindoh 2013, Ann Surg Oncol 20:2493",
    "12",
)
APRI = _computed(
    "apri",
    compute_apri,
    Plausible(between(">0", "100"), "", "check AST, its upper limit of normal, and platelets"),
    *APRI_LIMITS,
)
FIB_4 = _computed(
    "fib_4",
    compute_fib_4,
    Plausible(between(">0", "500"), "", "check age, AST, ALT and platelets"),
    *FIB_4_LIMITS,
)
SPLEEN = _given(
    "spleen_volume",
    "number of mask voxels x voxel volume; 107 to 315 mL in healthy adults",
    SPLEEN_ML,
    "Prassopoulos 1997, Eur Radiol 7:246",
    decimals=0,
)
PDFF = _given(
    "pdff",
    "proton density fat fraction by MRI, as entered; up to {} % in livers without steatosis",
    scores.PDFF,
    "Szczepaniak 2005, Am J Physiol 288:E462",
    "5.56",
)
LIVER_MINUS_SPLEEN = _given(
    "liver_minus_spleen",
    "median HU of the non-tumorous liver minus median HU of the spleen on an unenhanced CT; {} or "
    "less is associated with steatosis of 30 % or more",
    MINUS_SPLEEN_HU,
    "Park 2006, Radiology 239:105",
    "-9",
    decimals=0,
)
MAKUUCHI_CRITERIA = formula_of(compute_makuuchi_limit)
ICG_R15 = Reference(
    "icg_r15",
    f"indocyanine green retention at 15 minutes, as entered; {MAKUUCHI_CRITERIA.text}",
    scores.ICG_R15,
    MAKUUCHI_CRITERIA.source,
    tuple(Fraction(end) for end, _ in BY_RETENTION),
)
HVPG = _given(
    "hvpg",
    "wedged minus free hepatic venous pressure, as entered; clinically significant portal "
    "hypertension at {} mmHg or more",
    scores.HVPG,
    f"{BAVENO}, J Hepatol 76:959",
    as_plain(SIGNIFICANT_HVPG),
)
LIMAX = _given(
    "limax",
    "13C-methacetin breath test, as entered; above {} in healthy adults",
    scores.LIMAX,
    "Stockmann 2010, HPB 12:139; Jara 2015, J Surg Res 193:184",
    "315",
)
ALBI_SCORE, MODIFIED = formula_of(compute_albi), formula_of(grade_malbi)
MALBI = Reference(
    "malbi",
    f"{ALBI_SCORE.text}; {MODIFIED.text}",
    Plausible(between("-6", "3"), "", "check albumin and bilirubin"),
    f"{ALBI_SCORE.source}, J Clin Oncol 33:550; {MODIFIED.source}",
    (ALBI_1, Fraction(str(MALBI_2B)), ALBI_2),
    2,
)
LIVER_FAILURE = formula_of(judge_phlf)
PHLF = Reference(
    "phlf", f"{LIVER_FAILURE.text}; {formula_of(grade_phlf).text}", None, LIVER_FAILURE.source
)
FIFTY_FIFTY = _computed("fifty_fifty", judge_fifty_fifty, None)
PEAK = formula_of(compute_peak_bilirubin)
PEAK_BILIRUBIN = Reference(
    "peak_bilirubin",
    f"{PEAK.text}; published limit: {formula_of(judge_peak).text} mg/dL",
    scores.BILIRUBIN_MG_DL,
    PEAK.source,
    (PEAK_MG_DL,),
    1,
)


@dataclass(frozen=True, slots=True)
class Labs:
    """Blood tests by input key, with their dates.

    - `stated`: values as entered, with their dates.
    - `as_of`: assessment date, to which the age of all blood tests refers.
    - `own_days`: dates of values that are not facts of trials.
    """

    values: Mapping[str, Fraction]
    stated: Stated
    as_of: date | None = None
    own_days: Mapping[str, date] = field(default_factory=dict)

    def day_of(self, key: str) -> date | None:
        """Return the date of a value, otherwise that of all blood tests; None if not stated."""
        if key in self.own_days:
            return self.own_days[key]
        own = self.stated.values.get(key)
        if isinstance(own, Amount) and own.date is not None:
            return own.date
        of_all, age = self.stated.values.get(LABS_DATE), self.stated.values.get(LABS_AGE)
        if isinstance(of_all, date):
            return of_all
        if isinstance(age, Amount) and self.as_of is not None and age.unit in ("d", "wk"):
            return self.as_of - timedelta(days=int(age.value * (7 if age.unit == "wk" else 1)))
        return None

    def same_day(self, keys: Iterable[str]) -> SameDay:
        """Judge whether these values are from one day; an age of all blood tests implies it."""
        days = {self.day_of(key) for key in keys}
        if len(days - {None}) > 1:
            return "no"
        aged = days == {None} and LABS_AGE in self.stated.values
        return "not said" if None in days and not aged else "yes"


LAB_NAMES = {
    "ast_uln": "upper limit of normal for AST", "alt": "ALT",
    "albumin": "albumin", "bilirubin_total": "bilirubin",
}  # fmt: skip
DAYS = {"no": "blood tests from the same day", "not said": "day of the blood tests"}


class ContextNote(Struct, frozen=True):
    """One item: a value in its unit, words, or the missing inputs."""

    reference: Reference
    value: Fraction | float | None = None
    words: str | None = None
    missing: tuple[str, ...] = ()


def list_context(
    facts: Facts,
    labs: Labs,
    given: ContextFacts,
    spleen: Spleen | None,
    *,
    by_segments: bool = False,
) -> tuple[ContextNote, ...]:
    """List all known items; empty if there are none.

    - `by_segments`: whether a plan names segments: inputs missing for the Makuuchi criteria are
      then listed.
    """
    return (
        *_of_chart(given),
        *_of_fibrosis(facts, labs),
        *_of_spleen(spleen),
        *_of_reserve(facts, labs, given, by_segments=by_segments),
        *_after_surgery(facts, given),
    )


def _of_chart(given: ContextFacts) -> Iterator[ContextNote]:
    weeks, drugs = given.chemotherapy_weeks, given.chemotherapy_drugs
    if weeks is not None or drugs:
        yield ContextNote(CHEMOTHERAPY, weeks, ", ".join(drugs) or None)
    if given.pdff_percent is not None:
        yield ContextNote(PDFF, given.pdff_percent)


def _of_fibrosis(facts: Facts, labs: Labs) -> Iterator[ContextNote]:
    """Compute APRI and FIB-4, if AST and platelets are recorded."""
    if not labs.values.keys() >= FIBROSIS:
        return
    values, age = labs.values, facts.get("age_years")
    lacking = _list_missing(labs, ("ast", "platelets"), "ast_uln")
    apri = None if lacking else compute_apri(values["ast_uln"], values["platelets"])
    yield ContextNote(APRI, apri, missing=lacking)
    adult = age if isinstance(age, Fraction) and AGE.range.holds(age) else None
    lacking = _list_missing(labs, ("ast", "alt", "platelets"))
    if lacking or adult is None:
        yield ContextNote(FIB_4, missing=(*lacking, *([] if adult else ["age (adult)"])))
    else:
        fib_4 = compute_fib_4(adult, values["ast"], values["alt"], values["platelets"])
        yield ContextNote(FIB_4, fib_4)


def _of_spleen(spleen: Spleen | None) -> Iterator[ContextNote]:
    if spleen is None:
        return
    yield ContextNote(SPLEEN, spleen.volume_ml)
    if spleen.minus_hu is not None:
        yield ContextNote(LIVER_MINUS_SPLEEN, spleen.minus_hu)


def _of_reserve(
    facts: Facts, labs: Labs, given: ContextFacts, *, by_segments: bool
) -> Iterator[ContextNote]:
    """List tests of functional reserve; Makuuchi criteria and modified ALBI in HCC only."""
    in_hcc = facts.get("hcc_present") is True
    if given.icg_r15_percent is not None or (in_hcc and by_segments):
        yield _of_retention(facts, given.icg_r15_percent, in_hcc=in_hcc)
    for reference, value in ((HVPG, given.hvpg_mmhg), (LIMAX, given.limax_ug_per_kg_h)):
        if value is not None:
            yield ContextNote(reference, value)
    if in_hcc and labs.values.keys() >= ALBI:
        yield _of_albi(labs)


def _of_retention(facts: Facts, icg_r15: Fraction | None, *, in_hcc: bool) -> ContextNote:
    """Return ICG-R15 and, in HCC, the largest resection that it allows or the missing inputs."""
    bilirubin, ascites = facts.get("bilirubin_total_mg_per_dl"), facts.get("ascites")
    if not in_hcc:
        return ContextNote(ICG_R15, icg_r15)
    if icg_r15 is not None and isinstance(bilirubin, Fraction) and ascites == "none":
        largest = compute_makuuchi_limit("none", bilirubin, icg_r15)
        return ContextNote(
            ICG_R15, icg_r15, f"largest resection according to the Makuuchi criteria: {largest}"
        )
    lacking = [] if isinstance(bilirubin, Fraction) else ["bilirubin"]
    if ascites != "none":
        lacking.append("ascites" if ascites is None else "control of ascites")
    if icg_r15 is None:
        lacking.append("ICG-R15")
    lacking[-1] += " for the Makuuchi criteria"
    return ContextNote(ICG_R15, icg_r15, missing=tuple(lacking))


def _of_albi(labs: Labs) -> ContextNote:
    if lacking := _list_missing(labs, ("albumin", "bilirubin_total")):
        return ContextNote(MALBI, missing=lacking)
    in_umol = labs.values["bilirubin_total"] * BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
    albi = compute_albi(labs.values["albumin"], in_umol)
    return ContextNote(MALBI, albi, f"grade {grade_malbi(albi)}")


def _after_surgery(facts: Facts, given: ContextFacts) -> Iterator[ContextNote]:
    """Judge three definitions of liver failure, if postoperative days were given."""
    if not given.days:
        return
    yield _of_phlf(facts, given)
    both = {
        Truth.TRUE: ContextNote(FIFTY_FIFTY, words="met"),
        Truth.FALSE: ContextNote(FIFTY_FIFTY, words="not met"),
        Truth.UNKNOWN: ContextNote(
            FIFTY_FIFTY, missing=("bilirubin and prothrombin time (%) on postoperative day 5",)
        ),
    }
    yield both[judge_fifty_fifty(given.days)]
    if (peak := compute_peak_bilirubin(given.days)) is not None:
        above = f"above {PEAK_MG_DL} mg/dL"
        words = above if judge_peak(peak) else f"not {above} on the recorded days"
        yield ContextNote(PEAK_BILIRUBIN, peak, words)


def _of_phlf(facts: Facts, given: ContextFacts) -> ContextNote:
    if (normal := _read_normal(facts)) is None:
        needed = "INR and bilirubin before the operation, and their upper limits of normal"
        return ContextNote(PHLF, missing=(needed,))
    match judge_phlf(given.days, normal):
        case Truth.FALSE:
            return ContextNote(PHLF, words="not present on the recorded days")
        case Truth.UNKNOWN:
            needed = (
                "INR and bilirubin on postoperative day 5 or later, and on the preceding day if "
                "raised before surgery"
            )
            return ContextNote(PHLF, missing=(needed,))
    if given.management is None:
        return ContextNote(PHLF, words="present", missing=("effect on management",))
    return ContextNote(PHLF, words=f"grade {grade_phlf(given.management)}")


def _read_normal(facts: Facts) -> Normal | None:
    """Return the upper limits of normal and preoperative values; None if not recorded."""
    bilirubin, over = facts.get("bilirubin_total_mg_per_dl"), facts.get("bilirubin_total_x_uln")
    inr, inr_uln = facts.get("inr"), facts.get("inr_uln")
    if not (isinstance(bilirubin, Fraction) and isinstance(over, Fraction) and over > 0):
        return None
    if not (isinstance(inr, Fraction) and isinstance(inr_uln, Fraction)):
        return None
    return Normal(bilirubin / over, inr_uln, bilirubin, inr)


def _list_missing(labs: Labs, keys: Iterable[str], *more: str) -> tuple[str, ...]:
    """List missing inputs of a formula, including a common date; `more` inputs have no date."""
    lacking = [LAB_NAMES[key] for key in (*keys, *more) if key not in labs.values]
    days = labs.same_day(key for key in keys if key in labs.values)
    return (*lacking, *([DAYS[days]] if days in DAYS else []))
