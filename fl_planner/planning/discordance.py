"""Findings on records of one patient that disagree, or on an FLR below a published threshold.

The comparisons are portal pressure with the answer on portal hypertension, the Makuuchi criteria
with the plan, and an R0 hepatectomy judged feasible with a small FLR. An FLR that is small for
body size is also reported [clinical.md 3.2, 3.3, 12.1; trials.md 8]. These findings change no
fact, verdict, pathway or route.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from fractions import Fraction
from math import ceil, floor, inf, nextafter
from typing import NamedTuple

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml, as_number, as_plain
from fl_planner.basis.three_valued import Truth
from fl_planner.basis.units import BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
from fl_planner.liver.names.structures import list_remaining, list_segments
from fl_planner.patient.body_size import (
    AT_RISK_PERCENT,
    STANDARD_TLV,
    TRUANT,
    BodySize,
    compute_flr_bw_percent,
    compute_sflr_percent,
    estimate_tlv_ml,
    is_sflr_below,
)
from fl_planner.patient.published_flr_thresholds import NORMAL_LIVER
from fl_planner.patient.reserve import (
    BAVENO,
    CRITERIA,
    MAKUUCHI,
    MOST_BILIRUBIN,
    SIGNIFICANT_HVPG,
    compute_largest_resection,
)
from fl_planner.planning.assessment.near_limits import FLR
from fl_planner.planning.given.case import ContextFacts, Operation
from fl_planner.planning.given.chart import FactSource
from fl_planner.planning.volume_pathway.situation import FUNCTION, FUNCTION_UNIT
from fl_planner.planning.volume_pathway.states import (
    DiagnosisState,
    FlrState,
    Protocols,
    States,
    format_limit,
    name_treatment,
)
from fl_planner.trials.convert import USUAL_FUNCTION
from fl_planner.trials.criterion import Limits
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.statements import FUNCTION_KEY, TREATED_BEFORE

LEAST_PDFF_PERCENT = 1  # a smaller value may be a fraction [project's choice]


def list_removed(operation: Operation, absent: Collection[str] = ()) -> tuple[str, ...]:
    """List the segments removed by a plan by segments only; empty for other plans.

    - `absent`: segments that are absent in the patient.

    Examples
    --------
    >>> list_removed(Operation(remnant_segments=("1", "2", "3", "4")), {"8"})
    ('5', '6', '7')
    """
    if operation.transection is not None:
        return ()
    gone, kept = operation.resected_segments, operation.remnant_segments
    named = gone or (list_remaining(kept) if kept else ())
    return tuple(name for name in named if name not in absent and name[0] not in absent)


def find_reserve_doubts(
    facts: Facts, given: ContextFacts, operation: Operation, absent: Collection[str] = ()
) -> Iterator[Finding]:
    """Find tests that disagree with an answer, or with the plan [clinical.md 12.1]; a small PDFF.

    - `operation`: the first plan.
    - `absent`: absent segments, as for `list_removed`.
    """
    yield from _find_operated(given)
    yield from _find_small_pdff(given)
    yield from _find_portal_pressure(facts, given)
    yield from _find_beyond_makuuchi(facts, given, operation, absent)


class StudyConditions(NamedTuple):
    """Statements on the study of an FLR function, which facts alone do not contain.

    - `recorded`: resource of an electronic record from which the function was read.
    """

    fasting_h: Fraction | None = None
    bilirubin_umol_per_l: Fraction | None = None
    studied_on: date | None = None
    recorded: FactSource | None = None

    @classmethod
    def of_record(cls, sources: Iterable[FactSource]) -> StudyConditions:
        """Return the study of a function in an electronic record; undated if its days differ."""
        found = [one for one in sources if one.key == FUNCTION_KEY]
        return cls(recorded=found[0] if len({one.date for one in found}) == 1 else None)


NOT_STATED = StudyConditions()


def find_entered_function_doubts(
    facts: Facts, study: StudyConditions = NOT_STATED
) -> tuple[Finding, ...]:
    """Find conditions that changed an FLR function, as for a measured clearance [clinical.md 5.1].

    A function that is too high for the volume of the FLR is found, too. Without a bilirubin of the
    study, that of the facts is used. If the clearance was also measured, the findings are the same.
    After an embolisation, it is not known of which state of the liver the function is if the study
    has no date [safety.md, H-04].
    """
    if facts.get(FUNCTION) is None:
        return ()
    of_case = study.studied_on is not None  # compared with the dates of the case
    doubts = () if of_case else _find_embolised_between(facts, study.recorded)
    return (*_find_conditions(facts, study), *_find_function_of_whole(facts), *doubts)


def _find_function_of_whole(facts: Facts) -> Iterator[Finding]:
    """Find a function as of a whole liver: with equal uptake, a whole liver never has as much."""
    function, share = facts[FUNCTION], facts.get(FLR)
    if not (isinstance(function, Fraction) and USUAL_FUNCTION.holds(function)) or not share:
        return  # unusual for any FLR: reported with the entered value
    assert isinstance(share, Fraction)
    from fl_planner.function.mebrofenin import USUAL_PER_MIN_M2

    whole = function / share
    if USUAL_PER_MIN_M2.holds(max(whole, USUAL_PER_MIN_M2.low)):
        return  # a low function is that of an impaired liver
    percent = as_number(100 * share, (ceil(100 * share),))  # limits are whole
    uptake = as_number(whole, (floor(whole),))  # above the range
    message = f"FLR function {as_plain(function)} {FUNCTION_UNIT} in {percent} % of "
    message += f"the liver volume would be {uptake} in the whole liver, outside the "
    message += f"usual {USUAL_PER_MIN_M2}: check that function and volume refer to the same FLR"
    value = float(function)
    yield Finding("function.unusual_flr", Severity.WARNING, message, None, value, "%/min/m2")


def _find_embolised_between(facts: Facts, recorded: FactSource | None) -> Iterator[Finding]:
    """Find an embolisation that may be between the scan and an entered or recorded function."""
    for treated in TREATED_BEFORE:
        if facts.get(treated) is not True:
            continue
        treatment = name_treatment(treated, facts)
        days = facts.get(f"{treated}_age_days")
        age = None if recorded is None else recorded.age_days
        if recorded is None or recorded.date is None:
            why = "the date of the scintigraphy is not given"
        elif age is None:
            why = "the assessment date is not given"
        elif not isinstance(days, Fraction):
            why = f"the date of {treatment} is not given"
        elif (since := age - days) < 0:
            continue
        else:
            why = "" if since else f"the scintigraphy has the same date as {treatment}"
        message = f"the FLR function was measured before {treatment}"
        if why:
            message = f"{why}: the FLR function may have been measured before {treatment}"
        yield Finding("function.embolised_between", Severity.WARNING, message)
        return


def _find_conditions(facts: Facts, study: StudyConditions) -> tuple[Finding, ...]:
    from fl_planner.function.quality import find_patient_doubts  # few patients have a function

    bilirubin, in_facts = study.bilirubin_umol_per_l, facts.get("bilirubin_total_mg_per_dl")
    if bilirubin is None and isinstance(in_facts, Fraction):
        bilirubin = in_facts * BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
    return find_patient_doubts(study.fasting_h, bilirubin)


def _find_operated(given: ContextFacts) -> Iterator[Finding]:
    """Find blood tests after a hepatectomy: the plan may be of the liver before it."""
    if not given.days:
        return
    first = min(one.day for one in given.days)
    message = (
        f"blood tests after a hepatectomy are recorded, the first on postoperative day {first}; "
        "pathway and route assume that the planned resection has not been performed"
    )
    yield Finding("context.postoperative", Severity.WARNING, message, None, float(first), "d")


def _find_small_pdff(given: ContextFacts) -> Iterator[Finding]:
    """Find a PDFF that may be a fraction: 0.25 %, in a liver of 25 % fat, is as in none."""
    pdff = given.pdff_percent
    if pdff is None or not 0 < pdff < LEAST_PDFF_PERCENT:
        return
    message = f"PDFF {as_plain(pdff)} % is as in a liver with hardly any fat: check whether "
    message += f"{as_plain(100 * pdff)} % was meant"
    yield Finding("context.pdff_small", Severity.WARNING, message, None, float(pdff), "%")


def _find_portal_pressure(facts: Facts, given: ContextFacts) -> Iterator[Finding]:
    """Find an HVPG of at least 10 mmHg if portal hypertension is recorded as absent."""
    hvpg = given.hvpg_mmhg
    if hvpg is None or hvpg < SIGNIFICANT_HVPG or facts.get("portal_hypertension") is not False:
        return
    message = (
        f"HVPG {as_plain(hvpg)} mmHg, but portal hypertension is recorded as absent: clinically "
        f"significant portal hypertension is defined as HVPG of at least "
        f"{as_plain(SIGNIFICANT_HVPG)} mmHg ({BAVENO}). Neither value is changed"
    )
    code = "discordance.portal_pressure"
    yield Finding(code, Severity.WARNING, message, None, float(hvpg), "mm[Hg]")


def _find_beyond_makuuchi(
    facts: Facts, given: ContextFacts, operation: Operation, absent: Collection[str]
) -> Iterator[Finding]:
    """Find a plan by segments that exceeds the Makuuchi criteria, in HCC without ascites."""
    removed, icg_r15 = list_removed(operation, absent), given.icg_r15_percent
    bilirubin = facts.get("bilirubin_total_mg_per_dl")
    if facts.get("hcc_present") is not True or facts.get("ascites") != "none":
        return
    if icg_r15 is None or not isinstance(bilirubin, Fraction):
        return
    largest = compute_largest_resection(bilirubin, icg_r15)
    if largest.allows(removed):
        return
    ends = [end for end, _ in CRITERIA]
    measured = (
        f"bilirubin {as_number(bilirubin, [MOST_BILIRUBIN])} mg/dL"
        if bilirubin > MOST_BILIRUBIN
        else f"ICG-R15 {as_number(icg_r15, ends, 0)} %"
    )
    message = (
        f"plan {operation.name or 1} removes {list_segments(removed)}, more than the Makuuchi "
        f"criteria allow with {measured}: {largest.words} ({MAKUUCHI})"
    )
    yield Finding("discordance.makuuchi", Severity.WARNING, message)


def find_r0_doubts(
    facts: Facts, states: States, protocols: Protocols, limits: Limits
) -> Iterator[Finding]:
    """Find an R0 hepatectomy judged feasible with an FLR insufficient by volume and function.

    - `limits`: every limit that a protocol sets on a fact.

    The answer of the tumour board to the criterion is kept [trials.md 8].
    """
    share, function = facts.get(FLR), facts.get(FUNCTION)
    small = states.flr is FlrState.INSUFFICIENT and not states.contradict
    small = small and states.function is not Truth.TRUE
    if states.diagnosis is not DiagnosisState.CRLM or not small:
        return
    if facts.get("r0_hepatectomy_feasible") is not True or not isinstance(share, Fraction):
        return
    percent = as_number(100 * share, [100 * limit for limit in limits.get(FLR, ())])
    adequate = limits.get(FUNCTION, ())
    known = "function not measured"
    if isinstance(function, Fraction):
        known = f"function {as_number(function, adequate, 2)} {FUNCTION_UNIT}, not above "
        known += as_plain(min(adequate))
    message = (
        "R0 hepatectomy with sufficient functional liver tissue is recorded as feasible, but the "
        f"FLR is {percent} %, below {format_limit(facts, protocols)}; {known}. For tumour board "
        "discussion; the recorded answer is used"
    )
    yield Finding("discordance.r0_flr", Severity.WARNING, message, None, float(100 * share), "%")


WEIGHED_ASCITES = ("moderate", "large")  # some kilograms; small: not [project's choice]


def find_background_doubts(
    facts: Facts, height_cm: Fraction | None, weight_kg: Fraction | None
) -> Iterator[Finding]:
    """Find an FLR below 20 % of the standard liver volume, or at most 0.5 % of body weight.

    Exactly 20 % is not below; exactly 0.5 % is in the group at risk [clinical.md 3.2, 3.3]. Ascites
    increases the weight that both are calculated from [clinical.md 3.1].
    """
    flr_ml = _compute_flr_ml(facts)
    if flr_ml is None or weight_kg is None:
        return
    if (size := BodySize.of(height_cm, weight_kg)) is not None:
        yield from _find_small_sflr(flr_ml, size)
    by_weight = compute_flr_bw_percent(flr_ml, weight_kg)
    if by_weight <= AT_RISK_PERCENT:
        message = (
            f"FLR-to-body-weight ratio {as_number(by_weight, [AT_RISK_PERCENT], 2)} %, at or below "
            f"{as_plain(AT_RISK_PERCENT)} %: associated with more complications and deaths "
            f"({TRUANT}); for information, not used by any criterion or route"
        )
        code = "background.flr_body_weight"
        yield Finding(code, Severity.WARNING, message, None, float(by_weight), "%")
    ascites = facts.get("ascites")
    if ascites in WEIGHED_ASCITES:
        message = (
            f"{ascites} ascites is recorded: if the weight of {as_plain(weight_kg)} kg includes "
            "it, sFLR, FLR-to-body-weight ratio and mebrofenin uptake per m² are too low"
        )
        yield Finding("background.ascites", Severity.WARNING, message, None, float(weight_kg), "kg")


def _find_small_sflr(flr_ml: Fraction, size: BodySize) -> Iterator[Finding]:
    """Find an sFLR below the threshold; rounding does not change the side."""
    if not is_sflr_below(flr_ml, size, NORMAL_LIVER.percent):
        return
    line, expected = NORMAL_LIVER.percent, estimate_tlv_ml(STANDARD_TLV, size)
    sflr = min(compute_sflr_percent(float(flr_ml), expected), nextafter(float(line), -inf))
    message = (
        f"sFLR {as_number(sflr, [line])} % of {as_ml(expected)}, the liver volume expected for "
        f"body size (Vauthey), below {as_plain(line)} %, the threshold published for a "
        f"normal liver ({NORMAL_LIVER.source}); for information, not used by any criterion or route"
    )
    yield Finding("background.sflr_below_20", Severity.WARNING, message, None, sflr, "%")


def _compute_flr_ml(facts: Facts) -> Fraction | None:
    """Return the FLR volume, or calculate it from the FLR share and the liver volumes."""
    known, share = facts.get("flr_volume_ml"), facts.get(FLR)
    if isinstance(known, Fraction):
        return known
    whole, tumour = facts.get("total_liver_volume_ml"), facts.get("tumour_volume_ml")
    if not (isinstance(share, Fraction) and isinstance(whole, Fraction)):
        return None
    return share * (whole - tumour) if isinstance(tumour, Fraction) else None
