"""Which route fits a patient, by all facts: for the tumour board to discuss [trials.md 9.3].

A route leads to a trial, never to one of its arms, and ranks no trial above another: whatever
else fits stands among the alternatives.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from fl_planner.basis.findings import Finding
from fl_planner.planning.pathway.evidence import show_verdict
from fl_planner.planning.pathway.open_facts import missing_inputs
from fl_planner.planning.pathway.situation import PathwaySituation
from fl_planner.planning.pathway.states import ONE_CANCER, DiagnosisState, FlrState
from fl_planner.planning.route.next_steps import say_next_steps
from fl_planner.planning.route.questions import Question, ask_besides, find_questions
from fl_planner.planning.route.reasons import say_route_reasons
from fl_planner.planning.route.situation import KNOWN_DOUBTS, Situation, find_route_row
from fl_planner.planning.route.table import AFTER_AUGMENTATION, RESECTION
from fl_planner.planning.route.words import say_route_headline
from fl_planner.planning.withdrawal import without_withdrawn
from fl_planner.trials.centre import Centre, Reach
from fl_planner.trials.facts.quantities import DATES
from fl_planner.trials.judge import Judgement, Verdict
from fl_planner.trials.route_row import RouteRow


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way that is open by the facts, and how it is reached."""

    name: str
    reach: Reach
    why: str


@dataclass(frozen=True, slots=True)
class Route:
    """The headline route of one patient.

    - `name`, `row`: `trial_dragon2`, `C3`: stable for programs.
    - `headline`: one line for people.
    - `reasons`, `next_steps`: whole sentences; the steps in order.
    - `alternatives`: every other eligible trial in registry order, whatever its reach; then
      resection.
    - `pending`: ids of trials that a missing answer keeps open and that are not closed here.
    - `questions`: what would settle them, what settles most verdicts first.
    """

    name: str
    row: str
    headline: str
    reasons: tuple[str, ...]
    alternatives: tuple[Alternative, ...]
    next_steps: tuple[str, ...]
    pending: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """A route without a word of it: its name and row, the trials it waits for, what to ask."""

    name: str
    row: str
    pending: tuple[str, ...]
    questions: tuple[Question, ...]


def find_way(situation: Situation, row: RouteRow) -> Way:
    """Find which trials a route waits for, and what would settle them."""
    pending = tuple(judged.trial.id for judged in situation.unsettled)
    return Way(row.route, row.name, pending, _questions(situation, row))


def find_situation(
    patient: PathwaySituation,
    judgements: tuple[Judgement, ...],
    findings: Iterable[Finding],
    centre: Centre | None,
) -> Situation:
    """Gather what the rows ask; of the findings only contradictions matter."""
    against = (
        one.message
        for one in findings
        if one.code.startswith("contradiction.") and one.code not in KNOWN_DOUBTS
    )
    return Situation(patient, tuple(dict.fromkeys(against)), judgements, centre)


def find_route(
    patient: PathwaySituation,
    judgements: tuple[Judgement, ...],
    rows: tuple[RouteRow, ...],
    *,
    findings: Collection[Finding] = (),
    centre: Centre | None = None,
) -> Route:
    """Find the route of one patient.

    - `patient`: facts and states, and the thresholds near which they lie.
    - `judgements`: every trial that was judged, in registry order.
    - `rows`: the whole table of routes, as `merge_rows` gives it.
    - `findings`: on the facts; of them contradictions and dates matter.
    - `centre`: where the trials can be had; without one, each is taken to recruit.
    """
    situation = find_situation(patient, judgements, findings, centre)
    row = find_route_row(situation, rows)
    way = find_way(situation, row)
    questions = way.questions
    return Route(
        row.route,
        row.name,
        say_route_headline(row, situation),
        say_route_reasons(row, situation),
        () if row.settles_first else tuple(_alternatives(row, situation)),
        (*_judge_on_a_day(findings, questions), *say_next_steps(row, situation, questions)),
        way.pending,
        questions,
    )


def _judge_on_a_day(
    findings: Iterable[Finding], questions: Collection[Question]
) -> tuple[str, ...]:
    """Name the judging date first where a date is on file and its age is wanted."""
    wanted = {question.key for question in questions} & {*DATES.values()}
    if "date.as_of_missing" not in {one.code for one in findings} or not wanted:
        return ()
    return ("The judging date (--as-of) is missing: without it the dates on file give no age.",)


def _questions(situation: Situation, row: RouteRow) -> tuple[Question, ...]:
    facts = situation.patient.facts
    withdrawn = situation.patient.withdrawn.values()
    of_trials = find_questions(situation.unsettled, facts)
    besides = ask_besides(_keys_of_the_route(situation, row), of_trials)
    return tuple(
        one
        for one in (*of_trials, *besides)
        if one.key is None or without_withdrawn((one.key,), withdrawn)
    )


def _keys_of_the_route(situation: Situation, row: RouteRow) -> tuple[str, ...]:
    """Input keys that the route itself turns on, beside the trials' criteria."""
    facts, diagnosis = situation.patient.facts, situation.diagnosis
    if row.settles_first:
        open_facts: set[str] = set()
    elif diagnosis is DiagnosisState.UNDECIDED:
        open_facts = {fact for fact in ("crlm_present", "hcc_present") if facts.get(fact) is None}
    elif diagnosis in ONE_CANCER:
        open_facts = {*situation.patient.protocols.small_flr(diagnosis).open_facts(facts)}
        if diagnosis is DiagnosisState.HCC and situation.fits_resection:
            open_facts.add("portal_hypertension")
        if situation.lesions_missing:
            open_facts.add("lesions_in_remnant_count")
        if situation.flr is FlrState.INSUFFICIENT or situation.fits_resection:
            open_facts.add("prior_pve_hve")
    else:
        open_facts = set()
    return tuple(sorted({key for fact in open_facts for key in missing_inputs(fact, facts)}))


def _alternatives(row: RouteRow, situation: Situation) -> Iterator[Alternative]:
    for judged in situation.judgements:
        if judged.verdict is Verdict.ELIGIBLE and judged.trial.short != row.trial:
            offer = situation.offer(judged)
            said = show_verdict(judged, situation.patient.limited)
            why = f"{said} for {judged.trial.name}: {offer}"
            yield Alternative(f"trial_{judged.trial.short}", offer.status, why)
    if row.beside_resection and situation.may_be_resected:
        embolised = situation.patient.states.embolised
        why = "five conditions of this tool met, FLR volume not below the limit; for discussion"
        yield Alternative(AFTER_AUGMENTATION if embolised else RESECTION, "open", why)
