"""Plan one case: measurements, trials, pathway, route and findings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import find_nearest
from fl_planner.basis.shown import Share
from fl_planner.liver.scatter.spread import Spread
from fl_planner.liver.segments.segments import name_whole
from fl_planner.planning.assessment.assess import Measured
from fl_planner.planning.assessment.choose_resections import (
    BodyEstimates,
    Discussed,
    ResectionRow,
    choose_discussed,
    compute_estimates,
    find_body_doubts,
    tabulate_resections,
)
from fl_planner.planning.assessment.near_limits import (
    FLR,
    LIMIT_NAMES,
    find_narrow_margins,
    name_limit,
)
from fl_planner.planning.assessment.plan_measures import choose_map_spread, measure_plan
from fl_planner.planning.case_answers import (
    answer_case,
    doubt_dose,
    doubt_function,
    doubt_lesions,
    doubt_plans,
    doubt_supply,
    find_high_lung_dose,
    measured_with,
)
from fl_planner.planning.discordance import (
    find_background_doubts,
    find_reserve_doubts,
    list_removed,
)
from fl_planner.planning.facts import (
    FLR_FUNCTION,
    LUNG_DOSE,
    compute_spreads,
    find_entered_difference,
    find_followed_segments,
)
from fl_planner.planning.full_route.route import Route
from fl_planner.planning.given.case import (
    ALBI,
    FIBROSIS,
    Accepted,
    Case,
    ContextFacts,
    list_context_values,
)
from fl_planner.planning.judgement import Grounds, Judged, ScoreSources
from fl_planner.planning.volume_pathway.pathway import Pathway
from fl_planner.planning.volume_pathway.states import (
    ONE_CANCER,
    FlrState,
    Protocols,
    judge_diagnosis,
    judge_flr,
)
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.trials.criterion import Centre, Limits, Trial
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:  # loaded where a case has them
    from fl_planner.liver.all_resections import Resection
    from fl_planner.planning.assessment.context import ContextNote
    from fl_planner.planning.assessment.scores import Scores

DECIDING = {"flr_function": FLR_FUNCTION, "lung_dose": LUNG_DOSE}  # input key, and its fact
MISSPELT = 0.9  # similarity: 12 pairs of codes reach it [project's choice]


@dataclass(frozen=True, slots=True)
class Plan:
    """The results of a case.

    - `spreads`: spread between readings of the FLR and of the untreated share.
    - `judged`: trials, thresholds, pathway, route.
    - `estimates`: liver volume expected from height and weight.
    - `resections`: every resection by segments, compared with limits and body size; empty without
      a map of segments, or if resections were not searched.
    - `share_limits`: every limit that a trial sets on a share; no percentage is rounded across one.
    - `findings`: findings on files, masks, facts and limits; each once.
    - `grounds`: the basis of the judgement, also for answers that are tried.
    - `scores`: scores of liver and kidneys; None without any blood test.
    - `context`: additional liver assessment, for information only.
    - `withdrawn`: numbers that are shown but not to be used because of an error.
    - `discussed`: two named resections for discussion; None without lesions, or with an error in
      the segments.
    """

    case: Case
    measured: Measured
    spreads: Mapping[str, Spread]
    judged: Judged
    estimates: BodyEstimates | None
    resections: tuple[ResectionRow, ...]
    share_limits: tuple[Fraction, ...]
    findings: tuple[Finding, ...]
    grounds: Grounds
    scores: Scores | None = None
    context: tuple[ContextNote, ...] = ()
    withdrawn: tuple[Withdrawn, ...] = ()
    discussed: Discussed | None = None

    @property
    def pathway(self) -> Pathway:
        """The volume-based pathway."""
        return self.judged.pathway

    @property
    def route(self) -> Route:
        """The route, based on all facts."""
        return self.judged.route

    @property
    def asked(self) -> tuple[Trial, ...]:
        """Trials for the diagnosis, whose limits apply."""
        return self.grounds.protocols.trials_of(judge_diagnosis(self.judged.facts))

    @property
    def planned(self) -> frozenset[tuple[str, ...]]:
        """Segments removed by plans, as in the rows of `resections`.

        Of plans that are defined by segments only, or drawn along the borders of segments.
        """
        absent = self.case.anatomy.lacking_segments
        plans = [operation for operation in self.case.operations if operation.transection is None]
        kept = {frozenset(name_whole(plan.remnant_segments)) - absent for plan in plans}
        gone = {frozenset(name_whole(plan.resected_segments)) - absent for plan in plans}
        if self.resections:
            remnants = (one.remnant for one in self.measured.planned if one.remnant is not None)
            drawn = (one for one in remnants if one.origin == "drawn" and one.transection is None)
            followed = (find_followed_segments(self.case.anatomy, one) for one in drawn)
            kept |= {frozenset(name_whole(tuple(names))) for names in followed if names}
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

    - `case`: masks on one grid, stated facts, and the operation.
    - `trials`: trials to be judged, in order.
    - `protocols`: protocols on whose limits the pathway depends.
    - `centre`: centre with its recruiting trials; without one, each is assumed to be recruiting.
    - `resections`: whether resections by segments are searched; other results do not depend on it.

    Raises `InputRefused`: if the masks allow no valid result: no liver, or a remnant outside it.
    """
    grounds = Grounds(trials, protocols, centre, case.as_of, case.reading_error)
    return plan_measured(case, measure_plan(case, resections=resections), grounds)


def plan_again(known: Plan, case: Case, grounds: Grounds) -> Plan:
    """Plan a case again with additional facts and the same images: like `plan`, but faster."""
    return plan_measured(case, measured_with(known.measured, known.case, case), grounds)


def plan_measured(case: Case, measured: Measured, grounds: Grounds) -> Plan:
    """Plan a case that has been measured."""
    answers = answer_case(case, measured, grounds)
    measured, withdrawn, judged = answers.measured, answers.withdrawn, answers.judged
    facts, stated, asked = judged.facts, answers.stated, answers.asked
    sources = ScoreSources(facts, stated, case.as_of, case.score_facts, case.weight_kg)
    scores, judged = sources.compute_scores(), sources.offer_judged(judged)
    usable = "resections" not in {number.number for number in withdrawn}
    spreads = compute_spreads(case.anatomy, measured)
    spread_of = choose_map_spread(case, measured, spreads)
    estimates, resections, of_size = _set_against(
        case, measured, asked if usable else (), judged, spread_of
    )
    findings = (
        *case.findings,
        *measured.findings,
        *of_size,
        *find_entered_difference(stated, answers.seen),
        *doubt_function(measured.function, _usable(stated, facts), judged.limits),
        *doubt_dose(measured.dose, _usable(stated, facts), judged.limits),
        *find_high_lung_dose(facts, judged.limits, measured.dose),
        *doubt_lesions(measured, judged, stated),
        *doubt_plans(measured, asked, withdrawn, judged.applicable),
        *doubt_supply(measured, asked, withdrawn),
        *find_narrow_margins(judged.thresholds, _share_limits(judged.limits)),
        *(scores.findings if scores is not None else ()),
        *judged.findings,
        *find_reserve_doubts(
            facts, case.context, case.operations[0], case.anatomy.lacking_segments
        ),
        *find_background_doubts(facts, case.height_cm, case.weight_kg),
    )
    return Plan(
        case,
        measured,
        spreads,
        judged,
        estimates,
        resections,
        _share_limits(judged.limits),
        tuple(dict.fromkeys((*findings, *_not_accepted(case, findings)))),
        grounds,
        scores,
        _compute_context(case, measured, facts, stated, withdrawn),
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
    """Choose the two resections for discussion; their FLR must not be insufficient."""
    facts, diagnosis = judged.facts, judge_diagnosis(judged.facts)
    usual = min(limit.value for limit in protocols.crlm.limits_on(FLR))

    def is_enough(share: Share) -> bool:
        if diagnosis not in ONE_CANCER:
            return share.fraction >= usual
        state = judge_flr({**facts, FLR: share.fraction}, protocols, diagnosis)
        return state is not FlrState.INSUFFICIENT

    return choose_discussed(
        rows, case.operations[0].clearing_margin_mm, measured.lesions, is_enough
    )


def _set_against(
    case: Case,
    measured: Measured,
    trials: tuple[Trial, ...],
    judged: Judged,
    spread_of: Callable[[Resection], Spread],
) -> tuple[BodyEstimates | None, tuple[ResectionRow, ...], tuple[Finding, ...]]:
    """Compare liver and resections with body size, and with limits if the tumour is known."""
    volumes = measured.volumes
    estimates = compute_estimates(volumes, case.height_cm, case.weight_kg)
    limits = tuple(limit for trial in trials for limit in trial.limits_on(FLR))
    if volumes.tumour_voxels is None:
        limits = ()
    rows = tabulate_resections(
        measured.resections, volumes, limits, spread_of, estimates, measured.function
    )
    of_liver = [one for one in limits if judged.applicable.get(name_limit(one)) is not False]
    return estimates, rows, find_body_doubts(estimates, of_liver, limits)


def _compute_context(
    case: Case, measured: Measured, facts: Facts, stated: Stated, withdrawn: tuple[Withdrawn, ...]
) -> tuple[ContextNote, ...]:
    """Compute the additional liver assessment; liver minus spleen only with valid liver volumes."""
    values, spleen = list_context_values(facts), measured.spleen
    removed = list_removed(case.operations[0], case.anatomy.lacking_segments)
    asked = bool(removed) and facts.get("hcc_present") is True
    drawn = values.keys() >= FIBROSIS or values.keys() >= ALBI
    if not (drawn or asked) and spleen is None and case.context == ContextFacts():
        return ()
    from fl_planner.planning.assessment.context import Labs, list_context

    if spleen is not None and "volumes" in {number.number for number in withdrawn}:
        spleen = replace(spleen, minus_hu=None)
    labs = Labs(values, stated, case.as_of)
    return list_context(facts, labs, case.context, spleen, by_segments=asked)


def _usable(stated: Stated, facts: Facts) -> Stated:
    """Omit implausible entries: they are not used, and have already been reported."""
    never = [key for key, fact in DECIDING.items() if facts.get(fact) is None]
    return stated.without(never)


def _share_limits(limits: Limits) -> tuple[Fraction, ...]:
    return tuple(sorted({limit for fact in LIMIT_NAMES for limit in limits.get(fact, ())}))


def _not_accepted(case: Case, findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Find accepted findings that were not raised: a file may have changed, or a code is misspelt.

    A warning or error with a similar code that has not been accepted may have been meant.
    """
    raised = {finding.code for finding in findings}
    doubts = {found.code for found in findings if found.severity is not Severity.INFO}
    doubts -= {one.code for one in case.accepted}
    return tuple(
        _describe_absent(one, find_nearest(one.code, sorted(doubts), alike=MISSPELT))
        for one in case.accepted
        if one.code not in raised
    )


def _describe_absent(accepted: Accepted, similar: list[str]) -> Finding:
    message = f"{accepted.code} was accepted by {accepted.by}, but did not occur in this run"
    if not similar:
        return Finding("accepted.not_found", Severity.INFO, message)
    message += f"; {similar[0]} did, and has not been accepted: check the spelling of the code"
    return Finding("accepted.not_found", Severity.WARNING, message)
