"""The whole story of one case: measured, set against the trials, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import Share
from fl_planner.liver.scatter.spread import Spread
from fl_planner.liver.segments.segments import name_whole
from fl_planner.planning.assessment.assess import Measured
from fl_planner.planning.assessment.near_limits import FLR, LIMIT_NAMES, find_narrow_margins
from fl_planner.planning.assessment.plan_measures import measure_plan
from fl_planner.planning.assessment.resections import (
    BodyEstimates,
    Discussed,
    ResectionRow,
    choose_discussed,
    compute_estimates,
    find_body_doubts,
    tabulate_resections,
)
from fl_planner.planning.case_answers import (
    answer_case,
    doubt_dose,
    doubt_function,
    doubt_lesions,
    doubt_plans,
    doubt_supply,
    measured_with,
)
from fl_planner.planning.discordance import (
    find_background_doubts,
    find_removed,
    find_reserve_doubts,
)
from fl_planner.planning.facts import FLR_FUNCTION, LUNG_DOSE, find_spreads, find_typed_apart
from fl_planner.planning.given.case import ALBI, FIBROSIS, Case, ContextFacts, find_context_values
from fl_planner.planning.judgement import Grounds, Judged, ScoreSources
from fl_planner.planning.pathway.pathway import Pathway
from fl_planner.planning.pathway.states import (
    ONE_CANCER,
    FlrState,
    Protocols,
    find_diagnosis,
    find_flr_state,
)
from fl_planner.planning.route.route import Route
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.trials.criterion import Centre, Limits, Trial
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:  # loaded where a case has them
    from fl_planner.planning.assessment.context import ContextNote
    from fl_planner.planning.assessment.scores import Scores

DECIDING = {"flr_function": FLR_FUNCTION, "lung_dose": LUNG_DOSE}  # what is typed, and its fact


@dataclass(frozen=True, slots=True)
class Plan:
    """What a case comes to.

    - `case`: what was given.
    - `measured`: what the masks hold.
    - `spreads`: how far readings of the FLR's and of the untreated share lie apart.
    - `judged`: what the facts come to: trials, thresholds, pathway, route.
    - `estimates`: what height and weight say of this liver.
    - `resections`: every resection by segments, against limits and size; empty without such a map,
      or where they were not searched.
    - `share_limits`: every limit that a trial sets on a share: no shown percentage may change its
      side.
    - `findings`: of reading, of the masks, of the facts, of the limits; each once.
    - `scores`: of liver and kidneys; None without any blood value.
    - `context`: what is shown beside the remnant, and decides nothing.
    - `withdrawn`: numbers that are shown, and that an error forbids to use.
    - `discussed`: two named resections to discuss; None without lesions, or where an error forbids
      it.
    """

    case: Case
    measured: Measured
    spreads: Mapping[str, Spread]
    judged: Judged
    estimates: BodyEstimates | None
    resections: tuple[ResectionRow, ...]
    share_limits: tuple[Fraction, ...]
    findings: tuple[Finding, ...]
    scores: Scores | None = None
    context: tuple[ContextNote, ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()
    discussed: Discussed | None = None

    @property
    def pathway(self) -> Pathway:
        """The answer by volume alone."""
        return self.judged.pathway

    @property
    def route(self) -> Route:
        """The answer by all facts."""
        return self.judged.route

    @property
    def planned(self) -> frozenset[tuple[str, ...]]:
        """Segments that plans by segments alone remove, each as its row of `resections` has it."""
        absent = self.case.anatomy.absent_segments
        plans = [one for one in self.case.operations if one.transection is None]
        kept = {frozenset(name_whole(one.remnant_segments)) - absent for one in plans}
        gone = {frozenset(name_whole(one.resected_segments)) - absent for one in plans}
        rows = (row.resection for row in self.resections)
        return frozenset(
            row.removed
            for row in rows
            if frozenset(row.kept) in kept or frozenset(row.removed) in gone
        )


def plan(
    case: Case,
    trials: tuple[Trial, ...],
    protocols: Protocols,
    centre: Centre | None = None,
    *,
    resections: bool = True,
) -> Plan:
    """Plan one case.

    - `case`: masks on one grid, what was stated, and the operation.
    - `trials`: those to be judged, in their order.
    - `protocols`: those whose limits the pathway turns on.
    - `centre`: where the trials can be had; without one, each is taken to be recruiting.
    - `resections`: whether those by segments are searched; all else is the same without.

    Raises `InputRefused`: where the masks have no honest result: no liver, a remnant outside it.
    """
    grounds = Grounds(trials, protocols, centre, case.as_of)
    return plan_measured(case, measure_plan(case, resections=resections), grounds)


def plan_again(known: Plan, case: Case, grounds: Grounds) -> Plan:
    """Plan a case again of which more was said, and no image changed: as `plan`, at once."""
    return plan_measured(case, measured_with(known.measured, known.case, case), grounds)


def plan_measured(case: Case, measured: Measured, grounds: Grounds) -> Plan:
    """Say what follows of a case that was measured."""
    told = answer_case(case, measured, grounds)
    measured, withdrawn, judged = told.measured, told.withdrawn, told.judged
    facts, stated, asked = judged.facts, told.stated, told.asked
    sources = ScoreSources(facts, stated, case.as_of, case.score_facts, case.weight_kg)
    scores, judged = sources.compute_scores(), sources.offer_judged(judged)
    usable = "resections" not in {one.number for one in withdrawn}
    estimates, resections, of_size = _set_against(case, measured, asked if usable else ())
    findings = (
        *case.findings,
        *measured.findings,
        *of_size,
        *find_typed_apart(stated, told.seen),
        *doubt_function(measured.function, _usable(stated, facts), judged.limits),
        *doubt_dose(measured.dose, _usable(stated, facts), judged.limits),
        *doubt_lesions(measured, grounds.trials),
        *doubt_plans(measured, asked, withdrawn),
        *doubt_supply(measured, judged.thresholds),
        *find_narrow_margins(judged.thresholds, _share_limits(judged.limits)),
        *(scores.findings if scores is not None else ()),
        *judged.findings,
        *find_reserve_doubts(facts, case.context, case.operations[0], case.anatomy.absent_segments),
        *find_background_doubts(facts, case.height_cm, case.weight_kg),
    )
    return Plan(
        case,
        measured,
        find_spreads(case.anatomy, measured),
        judged,
        estimates,
        resections,
        _share_limits(judged.limits),
        tuple(dict.fromkeys((*findings, *_not_accepted(case, findings)))),
        scores,
        _find_context(case, measured, facts, stated, withdrawn),
        withdrawn,
        _discuss(case, measured, resections, judged, grounds.protocols) if usable else None,
    )


def _discuss(
    case: Case,
    measured: Measured,
    rows: tuple[ResectionRow, ...],
    judged: Judged,
    protocols: Protocols,
) -> Discussed | None:
    """Find the two resections to discuss; enough is what no limit that holds calls too small."""
    facts, diagnosis = judged.facts, find_diagnosis(judged.facts)
    usual = min(limit.value for limit in protocols.crlm.limits_on(FLR))

    def is_enough(share: Share) -> bool:
        if diagnosis not in ONE_CANCER:
            return share.fraction >= usual
        state = find_flr_state({**facts, FLR: share.fraction}, protocols, diagnosis)
        return state is not FlrState.INSUFFICIENT

    return choose_discussed(
        rows, case.operations[0].clearing_margin_mm, measured.lesions, is_enough
    )


def _set_against(
    case: Case, measured: Measured, trials: tuple[Trial, ...]
) -> tuple[BodyEstimates | None, tuple[ResectionRow, ...], tuple[Finding, ...]]:
    """Set liver and resections against body size, and against limits where the tumour is known."""
    volumes = measured.volumes
    estimates = compute_estimates(volumes, case.height_cm, case.weight_kg)
    limits = tuple(limit for trial in trials for limit in trial.limits_on("flr_fraction"))
    if volumes.tumour_voxels is None:
        limits = ()
    rows = tabulate_resections(
        measured.resections, volumes.voxel_ml, limits, estimates, measured.function
    )
    return estimates, rows, find_body_doubts(estimates, limits)


def _find_context(
    case: Case, measured: Measured, facts: Facts, stated: Stated, withdrawn: tuple[Withdrawn, ...]
) -> tuple[ContextNote, ...]:
    """Find what is shown beside the remnant; liver minus spleen not of a liver in doubt."""
    values, spleen = find_context_values(facts), measured.spleen
    removed = find_removed(case.operations[0], case.anatomy.absent_segments)
    asked = bool(removed) and facts.get("hcc_present") is True
    drawn = values.keys() >= FIBROSIS or values.keys() >= ALBI
    if not (drawn or asked) and spleen is None and case.context == ContextFacts():
        return ()
    from fl_planner.planning.assessment.context import Labs, list_context

    if spleen is not None and "volumes" in {one.number for one in withdrawn}:
        spleen = replace(spleen, minus_hu=None)
    labs = Labs(values, stated, case.as_of)
    return list_context(facts, labs, case.context, spleen, by_segments=asked)


def _usable(stated: Stated, facts: Facts) -> Stated:
    """Leave out what was typed and cannot be: it decides nothing, and says so itself."""
    never = [key for key, fact in DECIDING.items() if facts.get(fact) is None]
    return stated.without(never)


def _share_limits(limits: Limits) -> tuple[Fraction, ...]:
    return tuple(sorted({limit for fact in LIMIT_NAMES for limit in limits.get(fact, ())}))


def _not_accepted(case: Case, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Tell which accepted findings did not come: the file may have changed since."""
    codes = {finding.code for finding in findings}
    return tuple(
        Finding(
            "accepted.not_found",
            Severity.INFO,
            f"{accepted.code} was accepted by {accepted.by}, and did not come up",
        )
        for accepted in case.accepted
        if accepted.code not in codes
    )
