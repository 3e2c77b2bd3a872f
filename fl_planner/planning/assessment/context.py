"""What is shown beside the remnant: no criterion of a trial, and no answer rests on it.

Each is told where it was given, or where its blood values are on file and of one day.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from fl_planner.basis.truth import Truth
from fl_planner.basis.units import BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
from fl_planner.liver.spleen import Spleen
from fl_planner.patient.fibrosis import find_apri, find_fib_4
from fl_planner.patient.labs import AGE
from fl_planner.patient.liver_failure import (
    Normal,
    find_peak_bilirubin,
    grade_phlf,
    judge_fifty_fifty,
    judge_peak,
    judge_phlf,
)
from fl_planner.patient.reserve import find_makuuchi_limit, grade_malbi
from fl_planner.patient.scores import find_albi
from fl_planner.planning.assessment import references as of
from fl_planner.planning.assessment.blood_values import Labs
from fl_planner.planning.assessment.references import Reference
from fl_planner.planning.given.context_inputs import ALBI, FIBROSIS, ContextFacts
from fl_planner.trials.facts.facts import Facts

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
        yield ContextNote(of.CHEMOTHERAPY, weeks, ", ".join(drugs) or None)
    if given.pdff_percent is not None:
        yield ContextNote(of.PDFF, given.pdff_percent)


def _of_fibrosis(facts: Facts, labs: Labs) -> Iterator[ContextNote]:
    """Compute both indices, where AST and platelets are on file."""
    if not labs.values.keys() >= FIBROSIS:
        return
    values, age = labs.values, facts.get("age_years")
    lacking = _list_missing(labs, ("ast", "platelets"), "ast_uln")
    apri = None if lacking else find_apri(values["ast_uln"], values["platelets"])
    yield ContextNote(of.APRI, apri, missing=lacking)
    adult = age if isinstance(age, Fraction) and AGE.range.holds(age) else None
    lacking = _list_missing(labs, ("ast", "alt", "platelets"))
    if lacking or adult is None:
        yield ContextNote(of.FIB_4, missing=(*lacking, *([] if adult else ["age of an adult"])))
    else:
        fib_4 = find_fib_4(adult, values["ast"], values["alt"], values["platelets"])
        yield ContextNote(of.FIB_4, fib_4)


def _of_spleen(spleen: Spleen | None) -> Iterator[ContextNote]:
    if spleen is None:
        return
    yield ContextNote(of.SPLEEN, spleen.volume_ml)
    if spleen.minus_hu is not None:
        yield ContextNote(of.LIVER_MINUS_SPLEEN, spleen.minus_hu)


def _of_reserve(facts: Facts, labs: Labs, given: ContextFacts) -> Iterator[ContextNote]:
    """Tell tests of reserve; Makuuchi's tree and modified ALBI in HCC, for which they were made."""
    in_hcc = facts.get("hcc_present") is True
    if given.icg_r15_percent is not None:
        yield _of_retention(facts, given.icg_r15_percent, in_hcc=in_hcc)
    for reference, value in ((of.HVPG, given.hvpg_mmhg), (of.LIMAX, given.limax_ug_per_kg_h)):
        if value is not None:
            yield ContextNote(reference, value)
    if in_hcc and labs.values.keys() >= ALBI:
        yield _of_albi(labs)


def _of_retention(facts: Facts, icg_r15: Fraction, *, in_hcc: bool) -> ContextNote:
    bilirubin, ascites = facts.get("bilirubin_total_mg_per_dl"), facts.get("ascites")
    if not in_hcc:
        return ContextNote(of.ICG_R15, icg_r15)
    if isinstance(bilirubin, Fraction) and ascites == "none":
        largest = find_makuuchi_limit("none", bilirubin, icg_r15)
        return ContextNote(of.ICG_R15, icg_r15, f"largest resection in Makuuchi's tree: {largest}")
    lacking = [] if isinstance(bilirubin, Fraction) else ["bilirubin"]
    if ascites != "none":
        lacking.append("ascites" if ascites is None else "whether the ascites is controlled")
    return ContextNote(
        of.ICG_R15, icg_r15, missing=tuple(f"{name} for the tree" for name in lacking)
    )


def _of_albi(labs: Labs) -> ContextNote:
    lacking = _list_missing(labs, ("albumin", "bilirubin_total"))
    if lacking:
        return ContextNote(of.MALBI, missing=lacking)
    in_umol = labs.values["bilirubin_total"] * BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
    albi = find_albi(labs.values["albumin"], in_umol)
    return ContextNote(of.MALBI, albi, f"grade {grade_malbi(albi)}")


def _after_surgery(facts: Facts, given: ContextFacts) -> Iterator[ContextNote]:
    """Tell the three definitions of liver failure, where days after the operation were given."""
    if not given.days:
        return
    yield _of_phlf(facts, given)
    both = {
        Truth.TRUE: ContextNote(of.FIFTY_FIFTY, words="met"),
        Truth.FALSE: ContextNote(of.FIFTY_FIFTY, words="not met"),
        Truth.UNKNOWN: ContextNote(
            of.FIFTY_FIFTY, missing=("prothrombin time in % and bilirubin of day 5",)
        ),
    }
    yield both[judge_fifty_fifty(given.days)]
    peak = find_peak_bilirubin(given.days)
    if peak is not None:
        words = "above 7 mg/dL" if judge_peak(peak) else "not above 7 mg/dL on the days given"
        yield ContextNote(of.PEAK_BILIRUBIN, peak, words)


def _of_phlf(facts: Facts, given: ContextFacts) -> ContextNote:
    normal = _find_normal(facts)
    if normal is None:
        needed = "INR and bilirubin before the operation, and their upper limits"
        return ContextNote(of.PHLF, missing=(needed,))
    match judge_phlf(given.days, normal):
        case Truth.FALSE:
            return ContextNote(of.PHLF, words="not on the days given")
        case Truth.UNKNOWN:
            needed = (
                "INR and bilirubin of day 5 or later, and of the day before it where raised before "
                "surgery"
            )
            return ContextNote(of.PHLF, missing=(needed,))
    if given.management is None:
        return ContextNote(of.PHLF, words="present", missing=("how it changed the management",))
    return ContextNote(of.PHLF, words=f"grade {grade_phlf(given.management)}")


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
