"""What is shown beside the remnant: how it is measured, who printed it, on which day.

What is shown beside the remnant: no criterion of a trial, and no answer rests on it.

Each is told where it was given, or where its blood values are on file and of one day.

What is set beside a remnant: how each is measured, in which unit, and who printed it.

None of them is a criterion of a trial, and none is inferred from another. Limits that papers
print are told with them: they decide nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction

from fl_planner.basis.truth import Truth
from fl_planner.basis.units import BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL, Plausible, between
from fl_planner.liver.spleen import MINUS_SPLEEN_HU, SPLEEN_ML, Spleen
from fl_planner.patient import scores
from fl_planner.patient.liver_failure import (
    MALBI_2B,
    Normal,
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
from fl_planner.patient.scores import AGE, ALBI_1, ALBI_2, ALBI_FORMULA, find_albi
from fl_planner.planning.given.case import ALBI, FIBROSIS, WEEKS, ContextFacts, SameDay
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.statements import Amount, Stated


@dataclass(frozen=True, slots=True)
class Reference:
    """One of them.

    - `name`: its key.
    - `formula`: how it is made, with the limits that are in print.
    - `plausible`: what it can be, in its unit; None for words.
    - `source`: the paper.
    - `limits`: that no shown number may change its side of; `decimals` at least.
    """

    name: str
    formula: str
    plausible: Plausible | None
    source: str
    limits: tuple[Fraction, ...] = ()
    decimals: int = 0


def _limits(*decimals: str) -> tuple[Fraction, ...]:
    return tuple(map(Fraction, decimals))


CHEMOTHERAPY = Reference(
    "chemotherapy",
    "weeks before this scan, and its drugs, as given; in print a larger remnant is asked for after "
    "more than 12 weeks",
    WEEKS,
    "Shindoh 2013, Ann Surg Oncol 20:2493",
    _limits("12"),
)
APRI = Reference(
    "apri",
    "100 x (AST / its upper limit) / platelets in 10*9/L; 0.5 and 1.5 in print",
    Plausible(between(">0", "100"), "", "check AST, its upper limit and platelets"),
    "Wai 2003, Hepatology 38:518",
    _limits("0.5", "1.5"),
    2,
)
FIB_4 = Reference(
    "fib_4",
    "age x AST / (platelets in 10*9/L x square root of ALT), U/L; 1.45 and 3.25 in print",
    Plausible(between(">0", "500"), "", "check age, AST, ALT and platelets"),
    "Sterling 2006, Hepatology 43:1317",
    _limits("1.45", "3.25"),
    2,
)
SPLEEN = Reference(
    "spleen_volume",
    "voxels of its mask x volume of a voxel; 107 to 315 mL in healthy adults",
    SPLEEN_ML,
    "Prassopoulos 1997, Eur Radiol 7:246",
)
PDFF = Reference(
    "pdff",
    "proton density fat fraction by MRI, as given; up to 5.56 % without steatosis",
    scores.PDFF,
    "Szczepaniak 2005, Am J Physiol 288:E462",
    _limits("5.56"),
    1,
)
LIVER_MINUS_SPLEEN = Reference(
    "liver_minus_spleen",
    "median of liver without tumour minus median of spleen on an unenhanced CT; -9 or less goes "
    "with 30 % of fat or more",
    MINUS_SPLEEN_HU,
    "Park 2006, Radiology 239:105",
    _limits("-9"),
)
ICG_R15 = Reference(
    "icg_r15",
    "indocyanine green retained after 15 minutes, as given; Makuuchi's tree sets limits at 10, 20, "
    "30 and 40 % after ascites and bilirubin",
    scores.ICG_R15,
    "Imamura 2005, J Hepatobiliary Pancreat Surg 12:16; Makuuchi 1993, Semin Surg Oncol 9:298",
    _limits("10", "20", "30", "40"),
)
HVPG = Reference(
    "hvpg",
    "wedged minus free hepatic venous pressure, as given; clinically significant portal "
    "hypertension from 10 on",
    scores.HVPG,
    "Baveno VII, de Franchis 2022, J Hepatol 76:959",
    _limits("10"),
)
LIMAX = Reference(
    "limax",
    "13C-methacetin breath test, as given; above 315 in healthy adults",
    scores.LIMAX,
    "Stockmann 2010, HPB 12:139; Jara 2015, J Surg Res 193:184",
    _limits("315"),
)
MALBI = Reference(
    "malbi",
    f"{ALBI_FORMULA}; grade 1 to {float(ALBI_1):.2f}, 2a below {float(MALBI_2B):.2f}, 2b to "
    f"{float(ALBI_2):.2f}, 3 above",
    Plausible(between("-6", "3"), "", "check albumin and bilirubin"),
    "Johnson 2015, J Clin Oncol 33:550; Hiraoka 2019, Liver Cancer 8:121",
    (ALBI_1, Fraction(str(MALBI_2B)), ALBI_2),
    2,
)
PHLF = Reference(
    "phlf",
    "INR and bilirubin above the local limits on one day from day 5 on, rising where they were "
    "raised before; grade A: management unchanged, B: changed, C: with invasive treatment",
    None,
    "Rahbari 2011, Surgery 149:713",
)
FIFTY_FIFTY = Reference(
    "fifty_fifty",
    "prothrombin time below 50 % of normal and bilirubin above 50 umol/L on day 5",
    None,
    "Balzan 2005, Ann Surg 242:824",
)
PEAK_BILIRUBIN = Reference(
    "peak_bilirubin",
    "highest of the days given, to day 90; more than 7 in print",
    scores.BILIRUBIN_MG_DL,
    "Mullen 2007, J Am Coll Surg 204:854",
    _limits("7"),
    1,
)


@dataclass(frozen=True, slots=True)
class Labs:
    """Blood values by input key, and on which day each was taken.

    - `values`: those that are known.
    - `stated`: what was typed, with its dates.
    - `as_of`: the judging date, from which an age of all blood tests counts.
    - `own_days`: of values that are no facts of trials.
    """

    values: Mapping[str, Fraction]
    stated: Stated
    as_of: date | None = None
    own_days: Mapping[str, date] = field(default_factory=dict)

    def day_of(self, key: str) -> date | None:
        """Give the day of a value: its own, else that of all blood tests; None: not said."""
        if key in self.own_days:
            return self.own_days[key]
        own = self.stated.values.get(key)
        if isinstance(own, Amount) and own.date is not None:
            return own.date
        of_all, age = self.stated.values.get("labs_date"), self.stated.values.get("labs_age")
        if isinstance(of_all, date):
            return of_all
        if isinstance(age, Amount) and self.as_of is not None and age.unit in ("d", "wk"):
            return self.as_of - timedelta(days=int(age.value * (7 if age.unit == "wk" else 1)))
        return None

    def same_day(self, keys: Iterable[str]) -> SameDay:
        """Tell whether these values are of one day, which an age of all says without its date."""
        days = {self.day_of(key) for key in keys}
        if len(days - {None}) > 1:
            return "no"
        aged = days == {None} and "labs_age" in self.stated.values
        return "not said" if None in days and not aged else "yes"


CALLED = {
    "ast": "AST", "ast_uln": "upper limit of AST", "alt": "ALT", "platelets": "platelets",
    "albumin": "albumin", "bilirubin_total": "bilirubin",
}  # fmt: skip
DAYS = {"no": "blood values of one day", "not said": "day of the blood values"}


@dataclass(frozen=True, slots=True)
class ContextNote:
    """One thing beside the remnant: a value in its unit, words, or what it lacks."""

    reference: Reference
    value: Fraction | float | None = None
    words: str | None = None
    missing: tuple[str, ...] = ()


def find_context(
    facts: Facts, labs: Labs, given: ContextFacts, spleen: Spleen | None
) -> tuple[ContextNote, ...]:
    """Find all that is known beside the remnant; empty where nothing is."""
    return (
        *_of_chart(given),
        *_of_fibrosis(facts, labs),
        *_of_spleen(spleen),
        *_of_reserve(facts, labs, given),
        *_after_surgery(facts, given),
    )


def _of_chart(given: ContextFacts) -> Iterator[ContextNote]:
    """Tell what was given as it was given."""
    weeks, drugs = given.chemotherapy_weeks, given.chemotherapy_drugs
    if weeks is not None or drugs:
        yield ContextNote(CHEMOTHERAPY, weeks, ", ".join(drugs) or None)
    if given.pdff_percent is not None:
        yield ContextNote(PDFF, given.pdff_percent)


def _of_fibrosis(facts: Facts, labs: Labs) -> Iterator[ContextNote]:
    """Compute both indices, where AST and platelets are on file."""
    if not labs.values.keys() >= FIBROSIS:
        return
    values, age = labs.values, facts.get("age_years")
    lacking = _list_missing(labs, ("ast", "platelets"), "ast_uln")
    apri = None if lacking else find_apri(values["ast_uln"], values["platelets"])
    yield ContextNote(APRI, apri, missing=lacking)
    adult = age if isinstance(age, Fraction) and AGE.range.holds(age) else None
    lacking = _list_missing(labs, ("ast", "alt", "platelets"))
    if lacking or adult is None:
        yield ContextNote(FIB_4, missing=(*lacking, *([] if adult else ["age of an adult"])))
    else:
        fib_4 = find_fib_4(adult, values["ast"], values["alt"], values["platelets"])
        yield ContextNote(FIB_4, fib_4)


def _of_spleen(spleen: Spleen | None) -> Iterator[ContextNote]:
    if spleen is None:
        return
    yield ContextNote(SPLEEN, spleen.volume_ml)
    if spleen.minus_hu is not None:
        yield ContextNote(LIVER_MINUS_SPLEEN, spleen.minus_hu)


def _of_reserve(facts: Facts, labs: Labs, given: ContextFacts) -> Iterator[ContextNote]:
    """Tell tests of reserve; Makuuchi's tree and modified ALBI in HCC, for which they were made."""
    in_hcc = facts.get("hcc_present") is True
    if given.icg_r15_percent is not None:
        yield _of_retention(facts, given.icg_r15_percent, in_hcc=in_hcc)
    for reference, value in ((HVPG, given.hvpg_mmhg), (LIMAX, given.limax_ug_per_kg_h)):
        if value is not None:
            yield ContextNote(reference, value)
    if in_hcc and labs.values.keys() >= ALBI:
        yield _of_albi(labs)


def _of_retention(facts: Facts, icg_r15: Fraction, *, in_hcc: bool) -> ContextNote:
    bilirubin, ascites = facts.get("bilirubin_total_mg_per_dl"), facts.get("ascites")
    if not in_hcc:
        return ContextNote(ICG_R15, icg_r15)
    if isinstance(bilirubin, Fraction) and ascites == "none":
        largest = find_makuuchi_limit("none", bilirubin, icg_r15)
        return ContextNote(ICG_R15, icg_r15, f"largest resection in Makuuchi's tree: {largest}")
    lacking = [] if isinstance(bilirubin, Fraction) else ["bilirubin"]
    if ascites != "none":
        lacking.append("ascites" if ascites is None else "whether the ascites is controlled")
    return ContextNote(ICG_R15, icg_r15, missing=tuple(f"{name} for the tree" for name in lacking))


def _of_albi(labs: Labs) -> ContextNote:
    lacking = _list_missing(labs, ("albumin", "bilirubin_total"))
    if lacking:
        return ContextNote(MALBI, missing=lacking)
    in_umol = labs.values["bilirubin_total"] * BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
    albi = find_albi(labs.values["albumin"], in_umol)
    return ContextNote(MALBI, albi, f"grade {grade_malbi(albi)}")


def _after_surgery(facts: Facts, given: ContextFacts) -> Iterator[ContextNote]:
    """Tell the three definitions of liver failure, where days after the operation were given."""
    if not given.days:
        return
    yield _of_phlf(facts, given)
    both = {
        Truth.TRUE: ContextNote(FIFTY_FIFTY, words="met"),
        Truth.FALSE: ContextNote(FIFTY_FIFTY, words="not met"),
        Truth.UNKNOWN: ContextNote(
            FIFTY_FIFTY, missing=("prothrombin time in % and bilirubin of day 5",)
        ),
    }
    yield both[judge_fifty_fifty(given.days)]
    peak = find_peak_bilirubin(given.days)
    if peak is not None:
        words = "above 7 mg/dL" if judge_peak(peak) else "not above 7 mg/dL on the days given"
        yield ContextNote(PEAK_BILIRUBIN, peak, words)


def _of_phlf(facts: Facts, given: ContextFacts) -> ContextNote:
    normal = _find_normal(facts)
    if normal is None:
        needed = "INR and bilirubin before the operation, and their upper limits"
        return ContextNote(PHLF, missing=(needed,))
    match judge_phlf(given.days, normal):
        case Truth.FALSE:
            return ContextNote(PHLF, words="not on the days given")
        case Truth.UNKNOWN:
            needed = (
                "INR and bilirubin of day 5 or later, and of the day before it where raised before "
                "surgery"
            )
            return ContextNote(PHLF, missing=(needed,))
    if given.management is None:
        return ContextNote(PHLF, words="present", missing=("how it changed the management",))
    return ContextNote(PHLF, words=f"grade {grade_phlf(given.management)}")


def _find_normal(facts: Facts) -> Normal | None:
    """Find what was normal here before the operation; None where it is not on file."""
    bilirubin, over = facts.get("bilirubin_total_mg_per_dl"), facts.get("bilirubin_total_x_uln")
    inr, inr_uln = facts.get("inr"), facts.get("inr_uln")
    if not (isinstance(bilirubin, Fraction) and isinstance(over, Fraction) and over > 0):
        return None
    if not (isinstance(inr, Fraction) and isinstance(inr_uln, Fraction)):
        return None
    return Normal(bilirubin / over, inr_uln, bilirubin, inr)


def _list_missing(labs: Labs, keys: Iterable[str], *more: str) -> tuple[str, ...]:
    """List what a formula lacks, its one day among it; `more` are of no day."""
    lacking = [CALLED[key] for key in (*keys, *more) if key not in labs.values]
    days = labs.same_day(key for key in keys if key in labs.values)
    return (*lacking, *([DAYS[days]] if days in DAYS else []))
