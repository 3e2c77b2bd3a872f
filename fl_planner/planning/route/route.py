"""Which route fits a patient by all facts, for the tumour board to discuss, and what comes next.

A route leads to a trial, never to one of its arms, and ranks no trial above another: whatever
else fits stands among the alternatives [trials.md 9.3].

Answers that blood values on file come to are offered with their question, "computed, confirm". They
answer nothing by themselves: a person who confirms one types it as a fact.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from fl_planner.basis.constants import PRESENT
from fl_planner.basis.findings import Finding
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.shown import as_number, as_plain
from fl_planner.planning.only_just import show_verdict
from fl_planner.planning.pathway.changes import FUNCTION_KEY, missing_inputs
from fl_planner.planning.pathway.situation import PathwaySituation
from fl_planner.planning.pathway.states import ONE_CANCER, DiagnosisState, FlrState
from fl_planner.planning.route.reasons import (
    MOST,
    say_route_headline,
    say_route_reasons,
)
from fl_planner.planning.route.situation import KNOWN_DOUBTS, Situation, find_route_row
from fl_planner.planning.route.table import AFTER_AUGMENTATION, RESECTION
from fl_planner.planning.withdrawal import SETTLE_FIRST, without_withdrawn
from fl_planner.trials.condition import RouteRow, tell_all
from fl_planner.trials.criterion import AskedOf, Centre, Limits, Reach
from fl_planner.trials.facts.facts import NUMBERS, PER_TRIAL, Facts, key_of
from fl_planner.trials.facts.quantities import DATES, inputs_of, say_meaning
from fl_planner.trials.judge import AGE, CriterionAnswer, Judgement, Verdict

if TYPE_CHECKING:
    from fl_planner.planning.assessment.scores import Scores

# of the facts that the route rests on beside the trials; volumes and anything else: radiologist
ASKED_OF: dict[str, AskedOf] = {
    "crlm_present": "tumour board",
    "hcc_present": "tumour board",
    "chemo_liver_damage": "tumour board",
    "underlying_liver_disease": "chart",
    "cirrhosis": "chart",
    "portal_hypertension": "chart",
    "prior_pve_hve": "chart",
    "recist_response_after_chemo": "chart",
}


@dataclass(frozen=True, slots=True)
class Computed:
    """What values on file come to: offered to be confirmed, and no answer before it is.

    - `value`: a number, or a code.
    - `says`: the same with its unit and formula, for a person.
    """

    value: Fraction | str
    says: str


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to find out.

    - `key`: the input key to be answered; None where all facts are on file and a person must choose
      between two readings of a criterion.
    - `asked_of`: who can answer; where criteria name several, the first of them.
    - `criteria` (tuple of (str, str)): trial id and criterion id of what it could settle; empty for
      what the route alone asks.
    - `computed`: what values on file come to, where a formula answers it; a person confirms it.
    """

    key: str | None
    asked_of: AskedOf
    criteria: tuple[tuple[str, str], ...] = ()
    computed: Computed | None = None

    @property
    def trials(self) -> int:
        """How many verdicts it could settle."""
        return len({trial for trial, _ in self.criteria})


# asked last: what every trial wants of everybody; sex first, for it settles others
FORMALITIES = (
    "sex",
    "age",
    "menopausal_status",
    "pregnant",
    "breastfeeding",
    "oral_contraception_commitment",
    "able_to_consent",
    "written_consent",
    "written_consent_for",
    "consent_declined_for",
    "expected_compliance_good",
    "investigator_unsuitable",
    "unsuitable_for",
    "suitable_for",
)
SEX, OF_WOMEN = "sex", ("pregnant", "breastfeeding")
VOLUMES = ("total_liver_volume", "tumour_volume", "flr_volume")


def find_questions(judgements: Iterable[Judgement], facts: Facts) -> tuple[Question, ...]:
    """Find what is missing for these trials, in the order in which it is asked.

    Only facts that could still change an answer are asked for, each once. A fact of a trial that
    few others keep undecided goes first, then what settles most trials; formalities come last.
    """
    found: dict[str, Question] = {}
    for judged in (one for one in judgements if one.applies):
        for answer in judged.answers:
            of = (judged.trial.id, answer.criterion.id)
            for key in _keys(answer, facts):
                name = key or f"{of}"
                before = found.get(name, Question(key, answer.criterion.asked_of))
                found[name] = Question(key, before.asked_of, (*before.criteria, of))
    of_women = [one for one in found.values() if one.key in OF_WOMEN]
    if of_women and facts.get(SEX) is None and SEX not in found:
        criteria = tuple(dict.fromkeys(of for one in of_women for of in one.criteria))
        found[SEX] = Question(SEX, "chart", criteria)
    open_points: dict[str, int] = {}  # of a trial, without its formalities
    for one in found.values():
        for trial in {trial for trial, _ in one.criteria} if one.key not in FORMALITIES else ():
            open_points[trial] = open_points.get(trial, 0) + 1

    def place(question: Question) -> tuple[int, int, int]:
        if question.key in FORMALITIES:
            return 1, FORMALITIES.index(question.key), 0
        return 0, min(open_points[trial] for trial, _ in question.criteria), -question.trials

    return tuple(sorted(found.values(), key=place))


def ask_besides(keys: Iterable[str], questions: Iterable[Question]) -> tuple[Question, ...]:
    """Ask for input keys that no trial's question names yet."""
    asked = {question.key for question in questions}
    return tuple(
        Question(key, ASKED_OF.get(key, "radiologist")) for key in keys if key not in asked
    )


def _keys(answer: CriterionAnswer, facts: Facts) -> tuple[str | None, ...]:
    """Input keys that an unknown answer waits for.

    What is on file and unclear is asked again where nothing is missing beside it; None alone
    where every fact is on file and clear.
    """
    if not answer.open_parts:
        return ()
    per_trial = {key_of(fact, facts) for fact in answer.open_facts if fact in PER_TRIAL}
    others = answer.open_facts - PER_TRIAL.keys()
    missing = per_trial | {key for fact in others for key in missing_inputs(fact, facts)}
    unclear = {key for fact in others for key in inputs_of(fact)}
    return tuple(sorted(missing or unclear)) or (None,)


def say_next_steps(
    row: RouteRow, situation: Situation, questions: tuple[Question, ...]
) -> tuple[str, ...]:
    """Say what comes next, in order: for discussion, missing, elsewhere."""
    passages: dict[str, Callable[[Situation], Iterable[str]]] = {
        "propose": lambda known: _propose(row, known),
        "near": _near,
        "ask": lambda _: _ask(questions),
    }
    first = (SETTLE_FIRST,) if situation.patient.withdrawn else ()
    return (*first, *tell_all(row.next_steps, passages, situation))


def _propose(row: RouteRow, situation: Situation) -> Iterator[str]:
    judged = situation.judged(row.trial)
    assert judged is not None  # or it would not be eligible
    offer = situation.offer(judged)
    at = f", {offer.contact}" if offer.contact else ""
    yield f"For the tumour board, then the trial's team{at}: {judged.trial.called}."
    if not judged.consented:
        yield "Written consent to this trial is not on file: the trial's team asks for it."
    if judged.trial.window is not None:
        yield f"Registration is possible only {judged.trial.window.closes}."
    yield from _expiries(judged)


def _near(situation: Situation) -> Iterator[str]:
    """Name trials that are within reach: one result too old, or open elsewhere."""
    yield from _outdated(situation)
    yield from _referrals(situation)


def _expiries(judged: Judgement) -> Iterator[str]:
    """Say how long the results hold that the trial wants fresh."""
    for answer in judged.answers:
        if answer.holds_days is not None:
            yield (
                f"{judged.trial.name} {answer.criterion.id} holds {_until(answer.holds_days)}: "
                f"{answer.criterion.says}."
            )


def _until(days: Fraction) -> str:
    if days == 0:
        return "on the assessment date only"
    return f"until {as_plain(days)} day{'' if days == 1 else 's'} after the assessment date"


def _outdated(situation: Situation) -> Iterator[str]:
    """Name trials that nothing keeps the patient out of but results that are too old."""
    for judged in situation.judgements:
        facts = [{c.fact for c in answer.against} for answer in judged.answers if answer.fails]
        old = all(names and all(name.endswith(AGE) for name in names) for names in facts)
        if facts and old and situation.offer(judged).status != "closed":
            ids = join_words(judged.failed)
            yield (
                f"Too old for {judged.trial.called}: the results of {ids}; nothing else that is "
                "known stands against it."
            )


def _referrals(situation: Situation) -> Iterator[str]:
    """Name where an eligible trial that is not open here can be had."""
    for judged in situation.judgements:
        offer = situation.offer(judged)
        if judged.verdict is Verdict.ELIGIBLE and offer.status == "referral":
            said = _show(judged, situation).capitalize()
            yield f"{said} for {judged.trial.called}: {offer}."


def _ask(questions: Iterable[Question]) -> Iterator[str]:
    """Name once for each person what they can answer: the first five, and how many more."""
    by_person: dict[str, list[Question]] = {}
    for question in questions:
        by_person.setdefault(question.asked_of, []).append(question)
    for person, asked in by_person.items():
        keys = [question.key for question in asked if question.key is not None]
        if keys:
            more = f"; and {len(keys) - MOST} more" if len(keys) > MOST else ""
            yield f"Missing, {person}: {'; '.join(map(say_meaning, keys[:MOST]))}{more}."
        for question in asked:
            if question.key is None:
                of = join_words([f"{trial} {id_}" for trial, id_ in question.criteria])
                yield f"For a person to choose: which reading of {of} holds."


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another way that is open by the facts, what it is called, and how it is reached."""

    name: str
    reach: Reach
    says: str
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
    - `questions`: what is to find out, in the order in which it is asked.
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


def find_way(situation: Situation, row: RouteRow, to_ask: Collection[str]) -> Way:
    """Find which trials a route waits for, and what would settle them.

    `to_ask`: input keys that the pathway turns on.
    """
    pending = tuple(judged.trial.id for judged in situation.unsettled)
    return Way(row.route, row.name, pending, _questions(situation, row, to_ask))


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
    to_ask: Collection[str] = (),
    findings: Collection[Finding] = (),
    centre: Centre | None = None,
) -> Route:
    """Find the route of one patient.

    - `patient`: facts and states, and the thresholds near which they lie.
    - `judgements`: every trial that was judged, in registry order.
    - `rows`: the whole table of routes, as `merge_rows` gives it.
    - `to_ask`: input keys that the pathway turns on.
    - `findings`: on the facts; of them contradictions and dates matter.
    - `centre`: where the trials can be had; without one, each is taken to recruit.
    """
    situation = find_situation(patient, judgements, findings, centre)
    row = find_route_row(situation, rows)
    way = find_way(situation, row, to_ask)
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
    """Name the assessment date first where a date is on file and its age is wanted."""
    wanted = {question.key for question in questions} & {*DATES.values()}
    if "date.as_of_missing" not in {one.code for one in findings} or not wanted:
        return ()
    return ("The assessment date (--as-of) is missing: without it the dates on file give no age.",)


def _questions(
    situation: Situation, row: RouteRow, to_ask: Collection[str]
) -> tuple[Question, ...]:
    """List what is to find out, in the order in which it is asked [trials.md 9.3].

    Diagnosis and missing volumes; what the pathway turns on; the patient's own open points;
    formalities. Function of a patient called unresectable comes after the open points.
    """
    facts = situation.patient.facts
    withdrawn = situation.patient.withdrawn.values()
    of_trials = find_questions(situation.unsettled, facts)
    turning = () if row.settles_first else to_ask
    own = tuple(dict.fromkeys((*turning, *_keys_of_the_route(situation, row))))
    unresectable = facts.get("liver_tumour_resectability") == "unresectable"

    def place(question: Question) -> int:
        if question.key in (*PRESENT.values(), *VOLUMES):
            return 0 if question.key in PRESENT.values() else 1
        if question.key == FUNCTION_KEY and unresectable:
            return 4
        if question.key in own:
            return 2
        return 5 if question.key in FORMALITIES else 3

    asked = (*ask_besides(own, of_trials), *of_trials)
    kept = (one for one in asked if one.key is None or without_withdrawn((one.key,), withdrawn))
    return tuple(sorted(kept, key=place))


def _keys_of_the_route(situation: Situation, row: RouteRow) -> tuple[str, ...]:
    """Input keys that the route itself turns on, beside the trials' criteria."""
    facts, diagnosis = situation.patient.facts, situation.diagnosis
    if row.settles_first:
        return ()
    open_facts: set[str] = set()
    if diagnosis is DiagnosisState.UNDECIDED:
        open_facts = {fact for fact in ("crlm_present", "hcc_present") if facts.get(fact) is None}
    elif diagnosis in ONE_CANCER:
        open_facts = {*situation.patient.protocols.small_flr(diagnosis).open_facts(facts)}
        if diagnosis is DiagnosisState.HCC and situation.fits_resection:
            open_facts.add("portal_hypertension")
        if situation.lesions_missing:
            open_facts.add("lesions_in_remnant_count")
        if situation.flr is FlrState.INSUFFICIENT or situation.fits_resection:
            open_facts.add("prior_pve_hve")
    return tuple(sorted({key for fact in open_facts for key in missing_inputs(fact, facts)}))


def _alternatives(row: RouteRow, situation: Situation) -> Iterator[Alternative]:
    patient = situation.patient
    for judged in situation.judgements:
        if judged.verdict is Verdict.ELIGIBLE and judged.trial.short != row.trial:
            offer, trial = situation.offer(judged), judged.trial
            why = f"{_show(judged, situation)}: {offer}"
            yield Alternative(f"trial_{trial.short}", offer.status, trial.called, why)
    if row.beside_resection and situation.may_be_resected:
        name, says = RESECTION, "resection without prior FLR augmentation, for discussion"
        if patient.states.embolised:
            name = AFTER_AUGMENTATION
            says = f"resection after {patient.augmented_by}, for discussion"
        why = f"five conditions met, FLR volume not below {patient.say_limit()}"
        yield Alternative(name, "open", says, why)


def _show(judged: Judgement, situation: Situation) -> str:
    return show_verdict(judged, situation.patient.facts, situation.patient.limited)


# of an input key: the score and its value that answer it, the fact, and the formula
OFFERED = {
    "child_pugh_score": ("child_pugh", "points", "child_pugh_score", "Child-Pugh"),
    "child_pugh_class": ("child_pugh", "class", "child_pugh_class", "Child-Pugh"),
    "egfr_mdrd": (
        "kidney", "mdrd_4_ml_per_min_per_1_73m2", "egfr_mdrd_ml_per_min_per_1_73m2", "MDRD-4",
    ),
    "creatinine_clearance": (
        "kidney", "cockcroft_gault_ml_per_min", "creatinine_clearance_ml_per_min",
        "Cockcroft-Gault",
    ),
}  # fmt: skip
CHILD_PUGH = frozenset({"child_pugh_score", "child_pugh_class"})


def with_offers(
    questions: Iterable[Question], scores: Scores | None, limits: Limits
) -> tuple[Question, ...]:
    """Put beside each question what the scores answer to it, on its side of every limit."""
    values = {} if scores is None else {score.name: score.values for score in scores.every}

    def offer(question: Question) -> Computed | None:
        if question.key not in OFFERED:
            return None
        score, name, fact, formula = OFFERED[question.key]
        value = values.get(score, {}).get(name)
        if value is None:
            return None
        shown = str(value)  # a code, or points
        if isinstance(value, float):
            shown = f"{as_number(Fraction(str(value)), limits.get(fact, ()))} {NUMBERS[fact].unit}"
        exact = value if isinstance(value, str) else Fraction(str(value))
        return Computed(exact, f"computed: {shown} ({formula}), confirm")

    return tuple(replace(one, computed=offer(one)) for one in questions)
