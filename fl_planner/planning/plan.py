"""The whole story of one case: measured, set against the trials, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.scatter.spread import Spread
from fl_planner.planning.assessment.assess import Measured, measure
from fl_planner.planning.assessment.plan_measures import OF_PLAN
from fl_planner.planning.assessment.resections import (
    BodyEstimates,
    Discussed,
    ResectionRow,
    find_body_doubts,
    find_discussed,
    find_estimates,
    tabulate_resections,
)
from fl_planner.planning.assessment.thresholds import (
    SPOKEN,
    find_hairs,
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
from fl_planner.planning.facts import (
    FLR_FUNCTION,
    LUNG_DOSE,
    find_spreads,
    find_typed_apart,
)
from fl_planner.planning.given.case import ALBI, FIBROSIS, Case, ContextFacts, find_context_values
from fl_planner.planning.judgement import Grounds, Judged, ScoreSources
from fl_planner.planning.pathway.pathway import Pathway
from fl_planner.planning.pathway.states import Protocols
from fl_planner.planning.route.route import Route
from fl_planner.planning.withdrawal import (
    Withdrawn,
)
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

    Parameters
    ----------
    case : Case
        What was given.
    measured : Measured
        What the masks hold.
    spreads : mapping
        How far readings of the FLR's and of the untreated share lie apart.
    judged : Judged
        What the facts come to: trials, thresholds, pathway, route.
    estimates : BodyEstimates or None
        What height and weight say of this liver.
    resections : tuple of ResectionRow
        Every resection by segments, against limits and size; empty without such a map.
    share_limits : tuple of Fraction
        Every limit that a trial sets on a share: no shown percentage may change its side.
    findings : tuple of Finding
        All doubts: of reading, of the masks, of the facts, of the limits; each once.
    scores : Scores or None
        Of liver and kidneys; None without any blood value.
    context : tuple of ContextNote
        What is shown beside the remnant, and decides nothing.
    withdrawn : tuple of Withdrawn
        Numbers that are shown, and that an error forbids to use.
    discussed : Discussed or None
        Two named resections to discuss; None without lesions, or where an error forbids it.
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


def plan(
    case: Case,
    trials: tuple[Trial, ...],
    protocols: Protocols,
    centre: Centre | None = None,
) -> Plan:
    """Plan one case.

    Parameters
    ----------
    case : Case
        Masks on one grid, what was stated, and the operation.
    trials : tuple of Trial
        Those to be judged, in their order.
    protocols : Protocols
        Those whose limits the pathway turns on.
    centre : Centre or None
        Where the trials can be had; without one, each is taken to be recruiting.

    Raises
    ------
    InputRefused
        Where the masks have no honest result: no liver, a remnant outside it, ...
    """
    return plan_measured(
        case, measure(case, OF_PLAN), Grounds(trials, protocols, centre, case.as_of)
    )


def plan_again(known: Plan, case: Case, grounds: Grounds) -> Plan:
    """Plan a case again of which more was said, and no image changed: as `plan`, at once."""
    return plan_measured(case, measured_with(known.measured, known.case, case), grounds)


def plan_measured(case: Case, measured: Measured, grounds: Grounds) -> Plan:
    """Say what follows of a case that was measured."""
    told = answer_case(case, measured, grounds)
    measured, withdrawn, judged = told.measured, told.withdrawn, told.judged
    facts, stated, asked = judged.facts, told.stated, told.asked
    sources = ScoreSources(facts, stated, case.as_of, case.score_facts, case.weight_kg)
    scores, judged = sources.find_scores(), sources.offer_judged(judged)
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
        *find_hairs(judged.thresholds, _share_limits(judged.limits)),
        *(scores.findings if scores is not None else ()),
        *judged.findings,
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
        find_discussed(resections, case.operations[0].clearing_margin_mm) if usable else None,
    )


def _set_against(
    case: Case, measured: Measured, trials: tuple[Trial, ...]
) -> tuple[BodyEstimates | None, tuple[ResectionRow, ...], tuple[Finding, ...]]:
    """Set liver and resections against body size, and against limits where the tumour is known."""
    volumes = measured.volumes
    assert volumes is not None  # a plan measures them first
    estimates = find_estimates(volumes, case.height_cm, case.weight_kg)
    limits = tuple(limit for trial in trials for limit in trial.limits_on("flr_fraction"))
    if volumes.tumour_voxels is None:
        limits = ()
    rows = tabulate_resections(
        measured.resections or (), volumes.voxel_ml, limits, estimates, measured.function
    )
    return estimates, rows, find_body_doubts(estimates, limits)


def _find_context(
    case: Case, measured: Measured, facts: Facts, stated: Stated, withdrawn: tuple[Withdrawn, ...]
) -> tuple[ContextNote, ...]:
    """Find what is shown beside the remnant; liver minus spleen not of a liver in doubt."""
    values, spleen = find_context_values(facts), measured.spleen
    drawn = values.keys() >= FIBROSIS or values.keys() >= ALBI
    if not drawn and spleen is None and case.context == ContextFacts():
        return ()
    from fl_planner.planning.assessment.context import Labs, find_context

    if spleen is not None and "volumes" in {one.number for one in withdrawn}:
        spleen = replace(spleen, minus_hu=None)
    labs = Labs(values, stated, case.as_of)
    return find_context(facts, labs, case.context, spleen)


def _usable(stated: Stated, facts: Facts) -> Stated:
    """Leave out what was typed and cannot be: it decides nothing, and says so itself."""
    never = [key for key, fact in DECIDING.items() if facts.get(fact) is None]
    return stated.without(never)


def _share_limits(limits: Limits) -> tuple[Fraction, ...]:
    return tuple(sorted({limit for fact in SPOKEN for limit in limits.get(fact, ())}))


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
