"""Judge the facts of a measured case, and find numbers that are near a limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.run import begin_step
from fl_planner.basis.shown import Share, as_ends, as_number, as_plain
from fl_planner.liver.lesions.lesions import find_lesion_doubts
from fl_planner.liver.names.structures import TreeName
from fl_planner.planning.assessment.assess import Measured
from fl_planner.planning.assessment.near_limits import (
    FLR,
    compare_thresholds,
    find_shares_apart,
    name_limit,
)
from fl_planner.planning.assessment.plan_measures import measure_plan
from fl_planner.planning.discordance import StudyConditions
from fl_planner.planning.facts import (
    FLR_FUNCTION,
    LUNG_DOSE,
    describe_drawing,
    limit_shares,
    state_case,
    state_measured,
)
from fl_planner.planning.given.case import Case
from fl_planner.planning.given.study_days import add_embolisation
from fl_planner.planning.judgement import Grounds, Judged, judge_facts
from fl_planner.planning.volume_pathway.situation import BASELINE_SCAN, FIRST_SCAN
from fl_planner.planning.volume_pathway.states import Protocols, judge_diagnosis
from fl_planner.planning.withdrawal import (
    Withdrawn,
    find_withdrawn,
    map_withdrawn_facts,
    withdraw_facts,
    withdraw_measured,
    withdraw_stated,
)
from fl_planner.trials.criterion import Limits, Trial
from fl_planner.trials.derive import derive_facts
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.judge import Judgement
from fl_planner.trials.statements import RADIOEMBOLISED, Stated

if TYPE_CHECKING:
    from fl_planner.liver.vessels.supply.loss import SupplyLoss
    from fl_planner.planning.assessment.dose import TreatmentDose
    from fl_planner.planning.assessment.function import LiverFunction
    from fl_planner.planning.assessment.operations import Planned


class CaseAnswers(Struct, frozen=True):
    """A case, judged.

    - `measured`: measurements on the masks, marked if they are not to be used.
    - `withdrawn`: numbers withdrawn because of an error.
    - `stated`: stated facts, without those that depend on withdrawn masks.
    - `asked`: trials for the diagnosis, whose limits apply.
    """

    measured: Measured
    withdrawn: tuple[Withdrawn, ...]
    stated: Stated
    seen: Facts
    asked: tuple[Trial, ...]
    judged: Judged


def measured_with(measured: Measured, before: Case, case: Case) -> Measured:
    """Return the measurements; repeated if a scintigraphy depends on a changed bilirubin."""
    if case.scintigraphy is None:
        return measured
    from fl_planner.planning.assessment.function import BILIRUBIN_KEY  # needed only here

    now, then = (known.stated.values.get(BILIRUBIN_KEY) for known in (case, before))
    return measured if now == then else measure_plan(case)


def answer_case(case: Case, measured: Measured, grounds: Grounds) -> CaseAnswers:
    """Judge a case by its measurements and its stated facts."""
    begin_step("limits and trials")
    withdrawn = find_withdrawn(case, measured)
    measured = withdraw_measured(measured, withdrawn)
    given, embolised, odd = add_embolisation(
        state_case(case), case.embolisation, case.reading.scanned_on, case.as_of
    )
    stated = withdraw_stated(given, withdrawn)
    seen = withdraw_facts(state_measured(measured), withdrawn)
    facts, doubts = derive_facts(
        stated, grounds.trials, as_of=case.as_of, measured={**seen, **embolised}
    )
    asked = grounds.protocols.trials_of(judge_diagnosis(facts))
    remnant = measured.remnant
    several = case.embolisation is not None and case.embolisation.after_several
    judged = judge_facts(
        facts,
        grounds,
        doubts=(*_without_measured(doubts, measured), *odd),
        thresholds=compare_thresholds(limit_shares(case.anatomy, measured, facts), asked),
        withdrawn=map_withdrawn_facts(withdrawn, facts),
        drawing=None if remnant is None else describe_drawing(case.anatomy, remnant),
        baseline=BASELINE_SCAN if several else FIRST_SCAN,
        largest_shunt=_compute_largest_shunt(measured.dose, grounds.protocols),
        study=StudyConditions(case.fasting_h, case.bilirubin_umol_per_l, case.studied_on),
    )
    return CaseAnswers(measured, withdrawn, stated, seen, asked, judged)


def _compute_largest_shunt(dose: TreatmentDose | None, protocols: Protocols) -> Fraction | None:
    """Compute the largest lung shunt within the lung dose limit, if the masses are known."""
    limits = [limit.value for limit in protocols.radioembolisation.limits_on(LUNG_DOSE)]
    return None if dose is None else dose.largest_shunt(min(limits))


def _without_measured(doubts: tuple[Finding, ...], measured: Measured) -> list[Finding]:
    """Omit findings on facts that the masks report with a volume."""
    reported = {finding.code for finding in measured.findings} & {"treated.tumour_outside"}
    return [doubt for doubt in doubts if doubt.code not in reported]


LOST: Mapping[TreeName, str] = {"portal": "inflow", "hepatic": "outflow"}
DECIDES = "vessels.supply_decides"
MUCH = Fraction(1, 4)  # of the FLR, without inflow or outflow [project's choice]


def doubt_function(
    function: LiverFunction | None, stated: Stated, every: Limits
) -> tuple[Finding, ...]:
    """Find a function near a limit, or an entered function that differs."""
    if function is None:
        return ()
    from fl_planner.planning.assessment.function import find_function_apart, find_nearness

    limits = every.get(FLR_FUNCTION, ())
    return (*find_nearness(function, limits), *find_function_apart(function, stated, limits))


def doubt_dose(dose: TreatmentDose | None, stated: Stated, every: Limits) -> tuple[Finding, ...]:
    """Find a lung dose near a limit, or an entered dose or shunt that differs."""
    if dose is None:
        return ()
    from fl_planner.planning.assessment.dose import (
        find_dose_apart,
        find_dose_nearness,
        find_planar_above,
        find_shunts_apart,
    )

    limits = every.get(LUNG_DOSE, ())
    return (
        *find_dose_nearness(dose, limits),
        *find_shunts_apart(dose, limits),
        *find_planar_above(dose, stated, limits),
        *find_dose_apart(dose, stated, limits),
    )


def find_high_lung_dose(
    facts: Facts, every: Limits, dose: TreatmentDose | None = None
) -> tuple[Finding, ...]:
    """Find a lung dose above the usual limits per treatment and of all, which are not trial limits.

    The lung dose is proportional to the tumour dose, so that the one in use, entered or computed,
    also gives that at the intended tumour dose.
    """
    lungs_gy = facts.get(LUNG_DOSE)
    if not isinstance(lungs_gy, Fraction):
        return ()
    from fl_planner.y90.constants_and_limits import LUNG_LIFETIME_GY, TRIAL_DOSE_GY
    from fl_planner.y90.partition import find_above_usual

    intended = None if dose is None else dose.given.tumour_dose_gy
    limits = every.get(LUNG_DOSE, ())
    found = [*find_above_usual(lungs_gy, f" at a tumour dose of {TRIAL_DOSE_GY} Gy", limits)]
    treated_gy = lungs_gy
    if intended is not None and intended != TRIAL_DOSE_GY:
        treated_gy = lungs_gy * intended / TRIAL_DOSE_GY
        at = f" at the intended tumour dose of {as_plain(intended)} Gy"
        found += find_above_usual(treated_gy, at, limits)
    if facts.get(RADIOEMBOLISED) is not True or (left := LUNG_LIFETIME_GY - treated_gy) < 0:
        return tuple(found)
    shown, _ = as_ends((left, left))  # rounded down: the sum remains within the limit
    message = (
        f"a previous radioembolisation is recorded, and lung doses add up: with "
        f"{as_number(treated_gy, limits)} Gy here, the sum is within {LUNG_LIFETIME_GY} Gy, the "
        f"usual limit of all treatments, if the previous lung dose was at most {shown} "
        "Gy. This is not a trial limit"
    )
    value = float(left)
    found.append(Finding("dose.previous_lung_dose", Severity.INFO, message, None, value, "Gy"))
    return tuple(found)


LESION_INPUTS = {"largest_lesion_cm": "largest_lesion", "lesion_count": "lesion_count"}


def doubt_lesions(measured: Measured, judged: Judged, stated: Stated) -> tuple[Finding, ...]:
    """Report that the number or size of the lesions depends on how they are separated.

    Only where the mask's own value may turn a verdict: a calliper or a count that was entered
    decides instead, and a trial for another diagnosis, or ruled out otherwise, does not depend
    on it.
    """
    if measured.lesions is None:
        return ()
    sizes, counts = (
        [
            limit.value
            for judgement in judged.judgements
            if key not in stated.values and _depends_on_lesions(judgement)
            for limit in judgement.trial.limits_on(fact)
        ]
        for fact, key in LESION_INPUTS.items()
    )
    return find_lesion_doubts(measured.lesions, sizes, counts)


def _depends_on_lesions(judgement: Judgement) -> bool:
    """Check whether the verdict on a trial may depend on the number or size of the lesions.

    An exclusion that ends on a date, such as results that are too old, leaves it open.
    """
    others = (
        answer
        for answer in judgement.answers
        if LESION_INPUTS.keys().isdisjoint(compared.fact for compared in answer.compared)
    )
    fails = any(answer.fails and answer.changes != "on_date" for answer in others)
    return judgement.applies and judgement.by_design is None and not fails


def doubt_supply(
    measured: Measured, trials: tuple[Trial, ...], withdrawn: tuple[Withdrawn, ...]
) -> Iterator[Finding]:
    """Find a relevant loss of vessels in the FLR of each plan."""
    if measured.vessels is None:
        return
    usable = list_usable_plans(measured, withdrawn)
    every = list_flr_limits(trials)
    both = zip(measured.planned, measured.vessels.plans, strict=True)
    for number, (planned, vessels) in enumerate(both, start=1):
        limits = every if number in usable else []
        for found in find_supply_doubts(planned.volumes.flr_share, vessels.loss, limits):
            yield replace(found, message=f"{_name_plan(number, planned)}{found.message}")


def list_flr_limits(trials: tuple[Trial, ...]) -> list[Fraction]:
    """List the limits of trials on the FLR, in percent."""
    return sorted({100 * limit.value for trial in trials for limit in trial.limits_on(FLR)})


def find_supply_doubts(
    flr: Share | None, loss: SupplyLoss, limits: list[Fraction]
) -> Iterator[Finding]:
    """Find a relevant loss of vessels in a remnant.

    A loss is relevant if a limit is between the FLR and the FLR that keeps its vessels, or within
    the range of the latter; otherwise, if it exceeds `MUCH` of the FLR.

    - `limits`: limits on the FLR, in percent; none if they do not apply.
    """
    if flr is None or (ends := loss.supplied_range) is None:
        return
    supplied, either = loss.supplied, loss.flr_either
    assert supplied is not None  # as it has ends
    assert either is not None
    result = ends[1] if loss.is_doubtful else supplied  # only the range of an uncertain cut
    between = [x for x in limits if 100 * result.fraction < x <= 100 * flr.fraction]
    if between:
        matter = f"on different sides of {_list(between)}"
        yield _report_supply(DECIDES, flr, loss, limits, matter)
        return
    least, most = (100 * end.fraction for end in ends)
    within = [x for x in limits if least < x <= most and x <= 100 * flr.fraction]
    if within:
        low, high = as_ends((least, most), limits)
        spread = f"with variants of the vessel drawing, {low} to {high} %, which"
        matter = f"{'this range' if loss.is_doubtful else spread} includes {_list(within)}"
        yield _report_supply(DECIDES, flr, loss, limits, matter)
    elif either.voxels > MUCH * (kept := supplied.numerator_voxels + either.voxels):
        what = "it" if len(loss.trees) == 1 else "one or both"
        matter = f"{_format_lost(loss, kept)} of the FLR loses {what}"
        yield _report_supply("vessels.supply_lost", flr, loss, limits, matter)


def _list(limits: Iterable[Fraction]) -> str:
    return f"{' and '.join(map(as_plain, limits))} %"


def _name_lost(trees: tuple[TreeName, ...]) -> str:
    """Name the lost supply or drainage, as far as the given trees show it."""
    lost = " or ".join(LOST[tree] for tree in trees)
    return lost if len(trees) == len(LOST) else f"{lost} (assessed for the {trees[0]} veins only)"


def _format_lost(loss: SupplyLoss, flr_voxels: int) -> str:
    """Format the part of the FLR without its vessels; only the range if a cut is uncertain."""
    either = loss.flr_either
    assert either is not None
    if loss.is_doubtful:
        low, high = as_ends(Fraction(100 * end, flr_voxels) for end in (either.low, either.high))
        return f"between {low} and {high} %"
    return f"{as_number(Fraction(100 * either.voxels, flr_voxels))} %"


def _report_supply(
    code: str, flr: Share, loss: SupplyLoss, limits: list[Fraction], matter: str
) -> Finding:
    supplied, ends = loss.supplied, loss.supplied_range
    assert supplied is not None
    assert ends is not None
    kept, why = f"{as_number(100 * supplied.fraction, limits)} %", ""
    value: tuple[float, str] | tuple[None, None] = supplied.percent, "%"
    if loss.is_doubtful:
        low, high = as_ends((100 * end.fraction for end in ends), limits)
        kept, why = f"between {low} and {high} %", " (range only: the effect of a cut is uncertain)"
        value = None, None
    message = (
        f"the FLR is {as_number(100 * flr.fraction, limits)} %, or {kept} without the part that "
        f"loses its {_name_lost(loss.trees)}{why}: {matter}. Trial criteria use the FLR as drawn"
    )
    return Finding(code, Severity.WARNING, message, None, *value)


def doubt_plans(
    measured: Measured,
    trials: tuple[Trial, ...],
    withdrawn: tuple[Withdrawn, ...],
    applicable: Mapping[str, bool | None],
) -> tuple[Finding, ...]:
    """Find limits that may apply between the FLR and its share without gaps, or without cysts."""
    limits = [
        limit
        for trial in trials
        for limit in trial.limits_on(FLR)
        if applicable.get(name_limit(limit)) is not False
    ]
    usable = list_usable_plans(measured, withdrawn)
    findings: list[Finding] = []
    for number, planned in enumerate(measured.planned, start=1):
        if number in usable:
            findings += find_shares_apart(planned, limits, _name_plan(number, planned))
    return tuple(findings)


def list_usable_plans(measured: Measured, withdrawn: tuple[Withdrawn, ...]) -> frozenset[int]:
    """List the plans, by number, to whose FLR limits apply: none without a tumour mask."""
    if measured.volumes.tumour_voxels is None:
        return frozenset()
    gone = {number.number for number in withdrawn}
    numbers = range(1, len(measured.planned) + 1)
    return frozenset(n for n in numbers if ("plans" if n > 1 else "flr") not in gone)


def _name_plan(number: int, planned: Planned) -> str:
    """Name a further plan before a finding on it."""
    return f"plan {planned.operation.name or number}: " if number > 1 else ""
