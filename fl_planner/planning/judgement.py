"""Judge the facts of one patient: criteria, pathway, route, and offered scores.

Used by `plan`, `trials judge`, screening lists and the interview of a new case.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct, field, structs

from fl_planner.basis.findings import Finding
from fl_planner.planning.assessment.near_limits import (
    EnteredLimit,
    Threshold,
    compare_entered_shares,
)
from fl_planner.planning.discordance import (
    NOT_STATED,
    StudyConditions,
    find_entered_function_doubts,
    find_r0_doubts,
)
from fl_planner.planning.full_route.reasons import explain_verdict
from fl_planner.planning.full_route.route import (
    CHILD_PUGH,
    OFFERED,
    Question,
    Route,
    choose_route,
    with_offers,
)
from fl_planner.planning.full_route.route_rows import merge_rows
from fl_planner.planning.given.case import ScoreFacts, list_blood_values
from fl_planner.planning.volume_pathway.pathway import Pathway, choose_pathway, find_entered_near
from fl_planner.planning.volume_pathway.pathway_rows import BY_NAME
from fl_planner.planning.volume_pathway.situation import FIRST_SCAN, PathwaySituation
from fl_planner.planning.volume_pathway.states import (
    Protocols,
    States,
    judge_diagnosis,
    judge_states,
    list_applicable,
)
from fl_planner.planning.withdrawal import NOTHING_WITHDRAWN, Withdrawn
from fl_planner.trials.criterion import Centre, Limits, Trial, find_centre_doubts, find_limits
from fl_planner.trials.derive import NOTHING_MEASURED, derive_facts
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.judge import Judgement, judge_trial
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:
    from fl_planner.liver.scatter.reading_error import ReadingError
    from fl_planner.planning.assessment.scores import Scores


class Grounds(Struct, frozen=True):
    """The basis of a judgement.

    - `trials`: trials to be judged, in order.
    - `protocols`: protocols on whose limits the pathway depends.
    - `centre`: centre with its recruiting trials; without one, each is assumed to be recruiting.
    - `reading_error`: differences between readers of the centre, from its file.
    """

    trials: tuple[Trial, ...]
    protocols: Protocols
    centre: Centre | None = None
    as_of: date | None = None
    reading_error: ReadingError | None = None

    @property
    def rules(self) -> tuple[Trial, ...]:
        """Every protocol in use, each once: judged protocols, then protocols of the pathway."""
        every = (*self.trials, *self.protocols.each)
        return tuple({trial.id: trial for trial in every}.values())


class Judged(Struct, frozen=True):
    """One patient, judged.

    - `facts`: every fact that is known, by canonical name, exact.
    - `states`: states against the limits of the pathway.
    - `thresholds`: measured shares compared with the limits for this diagnosis; none without masks.
    - `why_not` (mapping of trial id to sentences): reasons why the patient is not eligible.
    - `applicable` (mapping of limit name to bool): whether an FLR limit applies to this liver.
    - `entered`: entered shares compared with the limits; none if they were measured.
    - `judgements`: each trial, criterion by criterion.
    - `pathway`: based on volume alone.
    - `route`: based on all facts.
    - `findings`: findings on the facts, then on the answers.
    - `centre`: the centre whose trials the route follows.
    - `rules`: every protocol in use.
    - `limits`: every limit that one of them sets on a fact; no number is rounded across one.
    - `withdrawn` (mapping of fact to Withdrawn): facts that are unknown because their number was
      withdrawn.
    """

    facts: Facts
    states: States
    thresholds: tuple[Threshold, ...]
    judgements: tuple[Judgement, ...]
    pathway: Pathway
    route: Route
    findings: tuple[Finding, ...]
    centre: Centre | None = None
    rules: tuple[Trial, ...] = ()
    limits: Limits = field(default_factory=dict)
    withdrawn: Mapping[str, Withdrawn] = field(default_factory=dict)
    entered: tuple[EnteredLimit, ...] = ()
    why_not: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    applicable: Mapping[str, bool | None] = field(default_factory=dict)

    @property
    def limited(self) -> tuple[Threshold | EnteredLimit, ...]:
        """All shares, measured or entered, compared with their limits."""
        return (*self.thresholds, *self.entered)


def judge_stated(
    stated: Stated,
    grounds: Grounds,
    seen: Facts = NOTHING_MEASURED,
    odd: tuple[Finding, ...] = (),
    study: StudyConditions = NOT_STATED,
) -> Judged:
    """Judge the stated facts of a patient, without images.

    - `seen`: facts derived from the dates of the case.
    - `odd`: findings on these dates.
    - `study`: statements of the case on the study of the FLR function.
    """
    facts, doubts = derive_facts(stated, grounds.trials, as_of=grounds.as_of, measured=seen)
    return judge_facts(facts, grounds, doubts=(*doubts, *odd), study=study)


def judge_facts(
    facts: Facts,
    grounds: Grounds,
    *,
    doubts: tuple[Finding, ...] = (),
    thresholds: Collection[Threshold] = (),
    withdrawn: Mapping[str, Withdrawn] = NOTHING_WITHDRAWN,
    drawing: str | None = None,
    baseline: str = FIRST_SCAN,
    largest_shunt: Fraction | None = None,
    study: StudyConditions = NOT_STATED,
) -> Judged:
    """Judge the results of `derive_facts`; other parameters as in `PathwaySituation`.

    - `study`: as for `judge_stated`.
    """
    codes = [finding.code for finding in doubts]
    limits = find_limits(grounds.rules)
    trials = grounds.protocols.trials_of(judge_diagnosis(facts))
    applicable = list_applicable(facts, grounds.protocols)
    near = tuple(structs.replace(one, applies=applicable.get(one.name)) for one in thresholds)
    entered = tuple(
        structs.replace(one, applies=applicable.get(one.name))
        for one in compare_entered_shares(facts, trials, near, error=grounds.reading_error)
    )
    noted = (trial.noted_on(grounds.as_of) for trial in grounds.trials)
    judgements = tuple(judge_trial(trial, facts) for trial in noted)
    pathway = choose_pathway(
        facts,
        grounds.protocols,
        contradictions=codes,
        thresholds=near,
        entered=entered,
        largest_shunt=largest_shunt,
        limits=limits,
        withdrawn=withdrawn,
        drawing=drawing,
        baseline=baseline,
    )
    states = judge_states(facts, grounds.protocols, contradictions=codes)
    known = PathwaySituation(
        facts,
        grounds.protocols,
        states,
        BY_NAME[pathway.row],
        near,
        largest_shunt,
        limits=limits,
        withdrawn=withdrawn,
        drawing=drawing,
        baseline=baseline,
        entered=entered,
    )
    rows = merge_rows(grounds.rules)
    route = choose_route(
        known,
        judgements,
        rows,
        to_ask=pathway.to_ask,
        turning=pathway.turning,
        findings=doubts,
        centre=grounds.centre,
    )
    findings = (
        *doubts,
        *(finding for judgement in judgements for finding in judgement.findings),
        *pathway.findings,
        *find_r0_doubts(facts, states, grounds.protocols, limits),
        *find_entered_function_doubts(facts, study),
        *find_entered_near(known),
        *find_centre_doubts(grounds.centre, grounds.trials, grounds.as_of),
    )
    return Judged(
        facts,
        states,
        near,
        judgements,
        pathway,
        route,
        tuple(dict.fromkeys(findings)),
        grounds.centre,
        grounds.rules,
        limits,
        withdrawn,
        entered,
        {judged.trial.id: explain_verdict(judged, known) for judged in judgements},
        applicable,
    )


NOTHING_MORE = ScoreFacts()
EGFR = "egfr_mdrd_ml_per_min_per_1_73m2"
CLEARANCE = "creatinine_clearance_ml_per_min"
KIDNEY = frozenset({EGFR, CLEARANCE})
OF_CHILD_PUGH = frozenset({"score.child_pugh_apart", "risk.on_file"})


class ScoreSources(Struct, frozen=True):
    """Inputs of the scores of a patient.

    - `facts`, `stated`: known facts, and facts as entered, with the dates of blood tests.
    - `more`, `weight_kg`: further inputs from the case file.
    """

    facts: Facts
    stated: Stated
    as_of: date | None = None
    more: ScoreFacts = NOTHING_MORE
    weight_kg: Fraction | None = None

    def compute_scores(self) -> Scores | None:
        """Compute the scores; None if no blood test is recorded."""
        if not list_blood_values(self.facts, self.more):
            return None
        from fl_planner.planning.assessment.scores import compute_scores

        return compute_scores(
            self.facts, self.stated, self.more, as_of=self.as_of, weight_kg=self.weight_kg
        )

    def offer(self, questions: Iterable[Question], limits: Limits) -> tuple[Question, ...]:
        """Add the values computed by the scores to the questions."""
        asked = tuple(questions)
        if OFFERED.keys().isdisjoint(question.key for question in asked):
            return asked
        return with_offers(asked, self.compute_scores(), limits)

    def offer_judged(self, judged: Judged) -> Judged:
        """Add the scores to a patient's questions, with findings on an offered Child-Pugh score.

        Also, with the further inputs of a case file, the finding on a computed class B or C, and
        those on entered values that the blood tests contradict.
        """
        asked = self.offer(judged.route.questions, judged.limits)
        offered = {question.key for question in asked if question.computed is not None} & CHILD_PUGH
        scores = self.compute_scores() if offered or self.more != NOTHING_MORE else None
        every = () if scores is None else scores.findings
        doubts = [doubt for doubt in every if offered or doubt.code in OF_CHILD_PUGH]
        apart = self.find_apart(judged.limits, scores)
        findings = tuple(dict.fromkeys((*judged.findings, *doubts, *apart)))
        route = structs.replace(judged.route, questions=asked)
        return structs.replace(judged, route=route, findings=findings)

    def find_apart(self, limits: Limits, computed: Scores | None = None) -> Iterable[Finding]:
        """Find an entered Child-Pugh, eGFR or clearance that the blood tests contradict.

        `computed`: the result of `compute_scores`, if it is already known.
        """
        entered = any(self.facts.get(fact) is not None for fact in CHILD_PUGH)
        if not entered and all(self.facts.get(fact) is None for fact in KIDNEY):
            return
        from fl_planner.planning.assessment.context import Labs
        from fl_planner.planning.assessment.scores import (
            compute_kidney,
            find_child_pugh_apart,
            find_clearance_apart,
            find_egfr_apart,
        )

        labs = Labs(list_blood_values(self.facts, self.more), self.stated, self.as_of)
        if entered:
            yield from find_child_pugh_apart(self.facts, labs, self.more)
        weight_kg = self.weight_kg
        scores = computed or compute_kidney(
            self.facts, self.stated, as_of=self.as_of, weight_kg=weight_kg
        )
        yield from find_egfr_apart(self.facts, labs, scores, limits.get(EGFR, ()))
        yield from find_clearance_apart(self.facts, labs, scores, limits.get(CLEARANCE, ()))
