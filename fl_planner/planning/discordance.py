"""Where what is recorded of one patient disagrees, or lies below a published line: findings alone.

Portal pressure beside the answer on portal hypertension, Makuuchi's criteria beside the plan, an R0
hepatectomy called feasible beside a small FLR; and an FLR that is small for the body [clinical.md
3.2, 3.3, 12.1; trials.md 8]. None is a rule: facts, verdicts, pathway and route stay what they are,
and nothing is inferred from one to the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from fractions import Fraction
from math import inf, nextafter

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml, as_number, as_plain
from fl_planner.basis.truth import Truth
from fl_planner.liver.names.structures import find_rest, name_segments
from fl_planner.patient.body_size import (
    AT_RISK_PERCENT,
    NORMAL_LIVER,
    STANDARD_TLV,
    TRUANT,
    BodySize,
    estimate_tlv_ml,
    find_flr_bw_percent,
    find_sflr_percent,
    is_sflr_below,
)
from fl_planner.patient.reserve import (
    BAVENO,
    CRITERIA,
    MAKUUCHI,
    MOST_BILIRUBIN,
    SIGNIFICANT_HVPG,
    find_largest_resection,
)
from fl_planner.planning.assessment.near_limits import FLR
from fl_planner.planning.given.case import ContextFacts, Operation
from fl_planner.planning.pathway.situation import FUNCTION
from fl_planner.planning.pathway.states import (
    DiagnosisState,
    FlrState,
    Protocols,
    States,
    say_limit,
)
from fl_planner.trials.criterion import Limits
from fl_planner.trials.facts.facts import Facts


def find_removed(operation: Operation, absent: Collection[str] = ()) -> tuple[str, ...]:
    """List the segments that a plan by segments alone removes; none of a plan by other means.

    - `absent`: segments that the patient does not have.

    Examples
    --------
    >>> find_removed(Operation(remnant_segments=("1", "2", "3", "4")), {"8"})
    ('5', '6', '7')
    """
    if operation.transection is not None:
        return ()
    gone, kept = operation.resected_segments, operation.remnant_segments
    named = gone or (find_rest(kept) if kept else ())
    return tuple(one for one in named if one not in absent and one[0] not in absent)


def find_reserve_doubts(
    facts: Facts, given: ContextFacts, operation: Operation, absent: Collection[str] = ()
) -> Iterator[Finding]:
    """Find tests of reserve that disagree with an answer, or with the plan [clinical.md 12.1].

    - `operation`: the first plan.
    - `absent`: as of `find_removed`.
    """
    yield from _find_portal_pressure(facts, given)
    yield from _find_beyond_makuuchi(facts, given, operation, absent)


def _find_portal_pressure(facts: Facts, given: ContextFacts) -> Iterator[Finding]:
    """Find a pressure from 10 mm[Hg] on, that included, beside portal hypertension *no*."""
    hvpg = given.hvpg_mmhg
    if hvpg is None or hvpg < SIGNIFICANT_HVPG or facts.get("portal_hypertension") is not False:
        return
    message = (
        f"HVPG {as_plain(hvpg)} mmHg, and portal hypertension is recorded as absent: clinically "
        f"significant portal hypertension is from {as_plain(SIGNIFICANT_HVPG)} mmHg on ({BAVENO}). "
        "Nothing is inferred from either"
    )
    code = "discordance.portal_pressure"
    yield Finding(code, Severity.WARNING, message, None, float(hvpg), "mm[Hg]")


def _find_beyond_makuuchi(
    facts: Facts, given: ContextFacts, operation: Operation, absent: Collection[str]
) -> Iterator[Finding]:
    """Find a plan by segments that takes more than Makuuchi's criteria allow; HCC, no ascites."""
    removed, icg_r15 = find_removed(operation, absent), given.icg_r15_percent
    bilirubin = facts.get("bilirubin_total_mg_per_dl")
    if facts.get("hcc_present") is not True or facts.get("ascites") != "none":
        return
    if icg_r15 is None or not isinstance(bilirubin, Fraction):
        return
    largest = find_largest_resection(bilirubin, icg_r15)
    if largest.allows(removed):
        return
    ends = [end for end, _ in CRITERIA]
    measured = (
        f"bilirubin {as_number(bilirubin, [MOST_BILIRUBIN])} mg/dL"
        if bilirubin > MOST_BILIRUBIN
        else f"ICG-R15 {as_number(icg_r15, ends, 0)} %"
    )
    message = (
        f"plan {operation.name or 1} removes {name_segments(removed)}, more than Makuuchi's "
        f"criteria allow: {largest.words}, by {measured} ({MAKUUCHI})"
    )
    yield Finding("discordance.makuuchi", Severity.WARNING, message)


def find_r0_doubts(
    facts: Facts, states: States, protocols: Protocols, limits: Limits
) -> Iterator[Finding]:
    """Find an R0 hepatectomy called feasible beside an FLR insufficient by volume and function.

    - `limits`: every number that a protocol sets on a fact.

    The criterion that asks for it stays the board's answer [trials.md 8].
    """
    share, function = facts.get(FLR), facts.get(FUNCTION)
    small = states.flr is FlrState.INSUFFICIENT and not states.contradict
    small = small and states.function is not Truth.TRUE
    if states.diagnosis is not DiagnosisState.CRLM or not small:
        return
    if facts.get("r0_hepatectomy_feasible") is not True or not isinstance(share, Fraction):
        return
    percent = as_number(100 * share, [100 * one for one in limits.get(FLR, ())])
    adequate = limits.get(FUNCTION, ())
    known = "function not measured"
    if isinstance(function, Fraction):
        known = f"function {as_number(function, adequate, 2)} %/min/m2, not above "
        known += as_plain(min(adequate))
    message = (
        "R0 hepatectomy with sufficient functional liver tissue is recorded as feasible, and the "
        f"FLR is {percent} %, below {say_limit(facts, protocols)}; {known}. For the tumour board: "
        "its answer stands"
    )
    yield Finding("discordance.r0_flr", Severity.WARNING, message, None, float(100 * share), "%")


def find_background_doubts(
    facts: Facts, height_cm: Fraction | None, weight_kg: Fraction | None
) -> Iterator[Finding]:
    """Find an FLR below 20 % of the standard liver, or at most 0.5 % of the body weight.

    20 % exactly is not below; 0.5 % exactly is in the group at risk [clinical.md 3.2, 3.3].
    """
    flr_ml = _find_flr_ml(facts)
    if flr_ml is None or weight_kg is None:
        return
    size = BodySize.of(height_cm, weight_kg)
    if size is not None:
        yield from _find_small_sflr(flr_ml, size)
    by_weight = find_flr_bw_percent(flr_ml, weight_kg)
    if by_weight <= AT_RISK_PERCENT:
        message = (
            f"FLR to body weight {as_number(by_weight, [AT_RISK_PERCENT], 2)} %, at or below "
            f"{as_plain(AT_RISK_PERCENT)} %: more complications and deaths in that group "
            f"({TRUANT}); no verdict rests on it"
        )
        code = "background.flr_body_weight"
        yield Finding(code, Severity.WARNING, message, None, float(by_weight), "%")


def _find_small_sflr(flr_ml: Fraction, size: BodySize) -> Iterator[Finding]:
    """Find an sFLR below the line, of which no rounding changes the side."""
    if not is_sflr_below(flr_ml, size, NORMAL_LIVER.percent):
        return
    line, expected = NORMAL_LIVER.percent, estimate_tlv_ml(STANDARD_TLV, size)
    sflr = min(find_sflr_percent(float(flr_ml), expected), nextafter(float(line), -inf))
    message = (
        f"sFLR {as_number(sflr, [line])} % of the {as_ml(expected)} expected of this body "
        f"(Vauthey), below {as_plain(line)} %, published for a {NORMAL_LIVER.of} "
        f"({NORMAL_LIVER.source}); no verdict rests on it"
    )
    yield Finding("background.sflr_below_20", Severity.WARNING, message, None, sflr, "%")


def _find_flr_ml(facts: Facts) -> Fraction | None:
    """Find the FLR's volume: as it is known, else its share of a liver whose volumes are."""
    known, share = facts.get("flr_volume_ml"), facts.get(FLR)
    if isinstance(known, Fraction):
        return known
    whole, tumour = facts.get("total_liver_volume_ml"), facts.get("tumour_volume_ml")
    if not (isinstance(share, Fraction) and isinstance(whole, Fraction)):
        return None
    return share * (whole - tumour) if isinstance(tumour, Fraction) else None
