"""The route of a patient based on all facts, for tumour board discussion, and the next steps.

A route leads to a trial, never to one of its arms, and does not rank trials: other trials that fit
are listed as alternatives [trials.md 9.3].

Values computed from recorded blood tests are offered with their question, "computed, to be
confirmed". They become an answer only once they are confirmed and entered as a fact.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from fl_planner.basis.constants import PRESENT
from fl_planner.basis.findings import Finding
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.shown import as_number, as_plain
from fl_planner.planning.full_route.reasons import MOST, format_route_headline, list_route_reasons
from fl_planner.planning.full_route.route_rows import AFTER_AUGMENTATION, RESECTION, WITHOUT
from fl_planner.planning.full_route.situation import (
    KNOWN_DOUBTS,
    OPERABLE,
    PERHAPS_RESECTABLE,
    Situation,
    choose_route_row,
)
from fl_planner.planning.only_just_eligible import show_verdict
from fl_planner.planning.volume_pathway.changes import missing_inputs
from fl_planner.planning.volume_pathway.pathway import format_unit
from fl_planner.planning.volume_pathway.situation import PathwaySituation
from fl_planner.planning.volume_pathway.states import ONE_CANCER, DiagnosisState, FlrState
from fl_planner.planning.withdrawal import SETTLE_FIRST, without_withdrawn
from fl_planner.trials.condition import RouteRow, fill_sentences
from fl_planner.trials.criterion import AskedOf, Centre, Limits, Reach
from fl_planner.trials.derive import list_risk_facts
from fl_planner.trials.facts.facts import PER_TRIAL, Facts, key_of
from fl_planner.trials.facts.meanings import NUMBERS
from fl_planner.trials.facts.quantities import DATES, describe_fact, inputs_of
from fl_planner.trials.judge import AGE, CriterionAnswer, Judgement, Verdict
from fl_planner.trials.statements import FUNCTION_KEY

if TYPE_CHECKING:
    from fl_planner.planning.assessment.scores import Scores

# whom a fact concerns, whichever criterion requires it first [clinical.md 17]; volumes, lesions and
# CT concern the radiologist, as do the route's own facts that are not listed; histology is in the
# pathology report, also where a criterion requires it together with the number of lesions
FACTS_OF: dict[AskedOf, tuple[str, ...]] = {
    "radiologist": (
        "total_liver_volume", "tumour_volume", "flr_volume", "lesion_count", "largest_lesion",
        "staging_ct_done", "staging_ct_age",
    ),
    "tumour board": (
        "crlm_present", "hcc_present", "chemo_liver_damage", "prohibitive_comorbidity",
    ),
    "chart": (
        "crc_histology", "hcc_histology_confirmed", "underlying_liver_disease", "cirrhosis",
        "portal_hypertension", "prior_pve_hve", "recist_response_after_chemo", "ecog",
        "child_pugh_class", "child_pugh_score",
    ),
}  # fmt: skip
ASKED_OF = {fact: whom for whom, facts in FACTS_OF.items() for fact in facts}


class Computed(Struct, frozen=True):
    """A value computed from recorded values, offered for confirmation; not an answer by itself.

    - `value`: a number or a code.
    - `says`: the value with its unit and formula, in words.
    """

    value: Fraction | str
    says: str


class Question(Struct, frozen=True):
    """One missing answer.

    - `key`: the input key to be answered; None if all facts are recorded and the interpretation of
      a criterion must be agreed.
    - `asked_of`: whom the fact concerns, else whom its first criterion names.
    - `criteria` (tuple of (str, str)): trial and criterion ids that the answer could settle; empty
      if only the route requires it.
    - `computed`: the value computed by a formula from recorded values, if possible; to be
      confirmed.
    """

    key: str | None
    asked_of: AskedOf
    criteria: tuple[tuple[str, str], ...] = ()
    computed: Computed | None = None

    @property
    def trials(self) -> int:
        """The number of verdicts that the answer could settle."""
        return len({trial for trial, _ in self.criteria})


# asked last, as every trial requires them; sex comes first, as it settles others
FORMALITIES = (
    "sex", "age", "menopausal_status", "pregnant", "breastfeeding",
    "oral_contraception_commitment", "able_to_consent", "written_consent", "written_consent_for",
    "consent_declined_for", "expected_compliance_good", "investigator_unsuitable",
    "unsuitable_for", "suitable_for",
)  # fmt: skip
SEX, OF_WOMEN = "sex", ("pregnant", "breastfeeding")
DETAILS = (  # of a condition, whose presence is asked for first
    "other_malignancy_kind", "other_malignancy_disease_free",
    "other_malignancy_curative_treatment", "other_malignancy_controlled",
    "other_malignancy_low_risk_by_mdt", "infection_ctcae_grade", "ascites_malignant",
)  # fmt: skip
UNCLEAR = {"extrahepatic_confirmed_sites": "extrahepatic_indeterminate_sites"}
VOLUMES = ("total_liver_volume", "tumour_volume", "flr_volume")
EXPLAINS = "recist_response_after_chemo"  # may explain a diagnosed tumour that is absent


def list_questions(judgements: Iterable[Judgement], facts: Facts) -> tuple[Question, ...]:
    """List the missing answers of these trials, in the order in which they are asked.

    Only facts that could still change an answer are listed, each once. Facts of the trial with the
    fewest missing answers come first, then those that settle most trials; formalities are last.
    """
    found: dict[str, Question] = {}
    for judged in (judged for judged in judgements if judged.applies):
        for answer in judged.answers:
            of = (judged.trial.id, answer.criterion.id)
            for key in _keys(answer, facts):
                name = key or f"{of}"
                asked_of = ASKED_OF.get(key or "", answer.criterion.asked_of)
                before = found.get(name, Question(key, asked_of))
                found[name] = Question(key, before.asked_of, (*before.criteria, of))
    of_women = [question for question in found.values() if question.key in OF_WOMEN]
    if of_women and facts.get(SEX) is None and SEX not in found:
        criteria = tuple(dict.fromkeys(of for question in of_women for of in question.criteria))
        found[SEX] = Question(SEX, "chart", criteria)
    missing = Counter(  # of each trial, without its formalities
        trial
        for question in found.values()
        if question.key not in FORMALITIES
        for trial in {trial for trial, _ in question.criteria}
    )

    def place(question: Question) -> tuple[int, int, int]:
        if question.key in FORMALITIES:
            return 1, FORMALITIES.index(question.key), 0
        return 0, min(missing[trial] for trial, _ in question.criteria), -question.trials

    return tuple(sorted(found.values(), key=place))


def list_further_questions(
    keys: Iterable[str], questions: Iterable[Question]
) -> tuple[Question, ...]:
    """List questions for input keys that are not yet among the trials' questions."""
    asked = {question.key for question in questions}
    return tuple(
        Question(key, ASKED_OF.get(key, "radiologist")) for key in keys if key not in asked
    )


def _keys(answer: CriterionAnswer, facts: Facts) -> tuple[str | None, ...]:
    """List the input keys that an unknown answer depends on.

    A recorded but unclear fact is requested again if nothing else is missing, and unclear sites if
    the answer depends on whether they are confirmed. The list contains only None if every fact is
    recorded and clear. Whether there is another malignancy is asked before its kind.
    """
    if not answer.open_parts:
        return ()
    per_trial = {key_of(fact, facts) for fact in answer.open_facts if fact in PER_TRIAL}
    others = answer.open_facts - PER_TRIAL.keys()
    missing = per_trial | {key for fact in others for key in missing_inputs(fact, facts)}
    unclear = {key for fact in others for key in inputs_of(fact)}
    if not (missing or unclear):
        compared = {one.fact for part in answer.open_parts for one in part.compared}
        unclear = {key for fact, key in UNCLEAR.items() if fact in compared and facts.get(key)}
    return tuple(sorted(missing or unclear, key=lambda key: (key in DETAILS, key))) or (None,)


def list_next_steps(
    row: RouteRow, situation: Situation, questions: tuple[Question, ...]
) -> tuple[str, ...]:
    """List the next steps in order: for discussion, elsewhere, missing answers."""
    passages: dict[str, Callable[[Situation], Iterable[str]]] = {
        "propose": lambda known: _propose(row, known),
        "near": lambda known: (*_outdated(known), *_referrals(known)),
        "ask": lambda _: _list_missing(questions),
    }
    first = (SETTLE_FIRST,) if situation.patient.withdrawn else ()
    return (*first, *fill_sentences(row.next_steps, passages, situation))


def _propose(row: RouteRow, situation: Situation) -> Iterator[str]:
    judged = situation.judged(row.trial)
    assert judged is not None  # the row requires an eligible trial
    offer = situation.offer(judged)
    at = f", {offer.contact}" if offer.contact else ""
    yield f"For tumour board discussion, then for the trial team{at}: {judged.trial.called}."
    if judged.consented is False:
        yield "Written consent to this trial is recorded as not given."
    elif judged.consented is None:
        yield "Written consent to this trial is not recorded; it is obtained by the trial team."
    if judged.trial.window is not None:
        yield f"Registration in the trial is possible only {judged.trial.window.closes}."
    for answer in judged.answers:
        if answer.holds_days is not None:
            criterion, until = answer.criterion, _until(answer.holds_days)
            named = f"{judged.trial.name} {criterion.id}"
            yield f"The answer to {named} is valid {until}: {criterion.says}."


def _until(days: Fraction) -> str:
    if days == 0:
        return "on the assessment date only"
    return f"until {as_plain(days)} day{'' if days == 1 else 's'} after the assessment date"


def _outdated(situation: Situation) -> Iterator[str]:
    """Name the trials that are excluded only by results that are too old."""
    for judged in situation.judgements:
        facts = [{c.fact for c in answer.against} for answer in judged.answers if answer.fails]
        old = all(names and all(name.endswith(AGE) for name in names) for names in facts)
        if facts and old and situation.offer(judged).status != "closed":
            ids = join_words(judged.failed)
            yield (
                f"Results for {ids} are too old for {judged.trial.called}. No other criterion is "
                "known to exclude the patient."
            )


def _referrals(situation: Situation) -> Iterator[str]:
    """Name the eligible trials that are available by referral."""
    for judged in situation.judgements:
        offer = situation.offer(judged)
        if judged.verdict is Verdict.ELIGIBLE and offer.status == "referral":
            yield f"{_show(judged, situation).capitalize()} for {judged.trial.called}: {offer}."


def _list_missing(questions: Iterable[Question]) -> Iterator[str]:
    """List the missing answers by source: the first five, and the number of the others."""
    by_source: dict[str, list[Question]] = {}
    for question in questions:
        by_source.setdefault(question.asked_of, []).append(question)
    for source, asked in by_source.items():
        if keys := [question.key for question in asked if question.key is not None]:
            more = f"; and {len(keys) - MOST} more" if len(keys) > MOST else ""
            yield f"Missing ({source}): {'; '.join(map(describe_fact, keys[:MOST]))}{more}."
        for question in asked:
            if question.key is None:
                of = join_words([f"{trial} {id_}" for trial, id_ in question.criteria])
                yield f"To be agreed by the clinical team: interpretation of {of}."


class Alternative(Struct, frozen=True):
    """Another option that the facts allow: its code, route, name and reason."""

    name: str
    reach: Reach
    says: str
    why: str


class Route(Struct, frozen=True):
    """The headline route of one patient.

    - `name`, `row`: `trial_dragon2`, `C3`: stable for programs.
    - `headline`: one line for readers.
    - `reasons`, `next_steps`: sentences; the steps in order.
    - `alternatives`: every other eligible trial in registry order, recruiting here or not; then
      resection.
    - `pending`: ids of undecided trials that are not closed here.
    - `questions`: missing answers, in the order in which they are asked.
    """

    name: str
    row: str
    headline: str
    reasons: tuple[str, ...]
    alternatives: tuple[Alternative, ...]
    next_steps: tuple[str, ...]
    pending: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


class Way(Struct, frozen=True):
    """A route without sentences: its name and row, undecided trials, missing answers."""

    name: str
    row: str
    pending: tuple[str, ...]
    questions: tuple[Question, ...]


def list_way(
    situation: Situation, row: RouteRow, to_ask: Collection[str], turning: Collection[str] = ()
) -> Way:
    """List the undecided trials of a route, and the missing answers.

    - `to_ask`: input keys that the pathway depends on.
    - `turning`: those of which an answer changes the pathway by itself.
    """
    pending = tuple(judged.trial.id for judged in situation.unsettled)
    return Way(row.route, row.name, pending, _questions(situation, row, to_ask, turning))


def gather_situation(
    patient: PathwaySituation,
    judgements: tuple[Judgement, ...],
    findings: Iterable[Finding],
    centre: Centre | None,
) -> Situation:
    """Gather the inputs of the rows; of the findings, only contradictions are used."""
    against = (
        finding.statement
        for finding in findings
        if finding.code.startswith("contradiction.") and finding.code not in KNOWN_DOUBTS
    )
    return Situation(patient, tuple(dict.fromkeys(against)), judgements, centre)


def choose_route(
    patient: PathwaySituation,
    judgements: tuple[Judgement, ...],
    rows: tuple[RouteRow, ...],
    *,
    to_ask: Collection[str] = (),
    turning: Collection[str] = (),
    findings: Collection[Finding] = (),
    centre: Centre | None = None,
) -> Route:
    """Choose the route of one patient.

    - `patient`: facts, states and thresholds.
    - `judgements`: every trial that was judged, in registry order.
    - `rows`: the whole table of routes, as returned by `merge_rows`.
    - `to_ask`, `turning`: as in `list_way`.
    - `findings`: findings on the facts; those on contradictions and dates are used.
    - `centre`: centre with its recruiting trials; without one, each is assumed to be recruiting.
    """
    situation = gather_situation(patient, judgements, findings, centre)
    row = choose_route_row(situation, rows)
    way = list_way(situation, row, to_ask, turning)
    questions = way.questions
    return Route(
        row.route,
        row.name,
        format_route_headline(row, situation),
        list_route_reasons(row, situation),
        () if row.settles_first else tuple(_alternatives(row, situation)),
        (*_request_date(findings, questions), *list_next_steps(row, situation, questions)),
        way.pending,
        questions,
    )


def _request_date(findings: Iterable[Finding], questions: Collection[Question]) -> tuple[str, ...]:
    """Request the assessment date first if a date is recorded and its age is required."""
    required = {question.key for question in questions} & {*DATES.values()}
    if "date.as_of_missing" not in {finding.code for finding in findings} or not required:
        return ()
    return ("Assessment date (--as-of) missing: the age of dated results cannot be determined.",)


def _questions(
    situation: Situation, row: RouteRow, to_ask: Collection[str], turning: Collection[str]
) -> tuple[Question, ...]:
    """List the missing answers in the order in which they are asked [trials.md 9.3].

    Diagnosis and missing volumes; what the pathway depends on, first an answer that changes it by
    itself; what the route depends on; the patient's own missing answers; formalities. Function of
    an unresectable patient is after the patient's own missing answers; if the limit on the FLR is
    undetermined, function is after the answers that determine it. While facts contradict each
    other, the pathway requires only what may explain that.
    """
    facts = situation.patient.facts
    withdrawn = situation.patient.withdrawn.values()
    of_trials = list_questions(situation.unsettled, facts)
    of_pathway = [key for key in to_ask if key == EXPLAINS or not row.settles_first]
    own = tuple(dict.fromkeys((*of_pathway, *_keys_of_the_route(situation, row))))
    unresectable = facts.get("liver_tumour_resectability") == "unresectable"
    limit_first = situation.flr is FlrState.UNDETERMINED

    def place(question: Question) -> int:
        if question.key in (*PRESENT.values(), *VOLUMES):
            return 0 if question.key in PRESENT.values() else 1
        if question.key == FUNCTION_KEY and (unresectable or limit_first):
            return 7 if unresectable else 5
        if question.key in own:
            return 2 if question.key in turning else 3 if question.key in of_pathway else 4
        return 8 if question.key in FORMALITIES else 6

    asked = (*list_further_questions(own, of_trials), *of_trials)
    kept = (q for q in asked if q.key is None or without_withdrawn((q.key,), withdrawn))
    return tuple(sorted(kept, key=place))


def _keys_of_the_route(situation: Situation, row: RouteRow) -> tuple[str, ...]:
    """List the input keys that the route itself depends on, in addition to the criteria."""
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
        settled = not situation.unsettled
        # in a row of a trial only resection beside it may be open
        if situation.perhaps_operable and settled and (row.beside_resection or not row.leads):
            open_facts |= OPERABLE.open_facts(facts)
        if situation.resectability_missing and settled and not row.leads:
            open_facts |= PERHAPS_RESECTABLE.open_facts(facts)
        treated = row.route not in ("needs_mdt", "needs_data") and not row.leads
        if treated or situation.may_be_resected:  # which a liver risk would overturn
            open_facts |= {*list_risk_facts(facts)}
    return tuple(sorted({key for fact in open_facts for key in missing_inputs(fact, facts)}))


def _alternatives(row: RouteRow, situation: Situation) -> Iterator[Alternative]:
    patient = situation.patient
    for judged in situation.judgements:
        if judged.verdict is Verdict.ELIGIBLE and judged.trial.short != row.trial:
            offer, trial = situation.offer(judged), judged.trial
            why = f"{_show(judged, situation)}: {offer}"
            yield Alternative(f"trial_{trial.short}", offer.status, trial.called, why)
    if row.beside_resection and situation.may_be_resected:
        name, says = RESECTION, WITHOUT
        if patient.states.embolised:
            name = AFTER_AUGMENTATION
            says = f"resection after {patient.augmented_by}, for discussion"
        why = f"five conditions met, FLR volume not below {patient.format_limit()}"
        yield Alternative(name, "open", says, why)


def _show(judged: Judgement, situation: Situation) -> str:
    return show_verdict(judged, situation.patient.facts, situation.patient.limited)


# by input key: the score and its value that answer it, the fact, and the formula
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
    """Add to each question the value computed by the scores, without rounding across a limit."""
    values = {} if scores is None else {score.name: score.values for score in scores.every}

    def offer(question: Question) -> Computed | None:
        if question.key not in OFFERED:
            return None
        score, name, fact, formula = OFFERED[question.key]
        if (value := values.get(score, {}).get(name)) is None:
            return None
        shown = str(value)  # a code, or points
        if isinstance(value, float):
            shown = as_number(Fraction(str(value)), limits.get(fact, ()))
            shown += format_unit(NUMBERS[fact].unit)
        exact = value if isinstance(value, str) else Fraction(str(value))
        return Computed(exact, f"computed: {shown} ({formula}), to be confirmed")

    return tuple(structs.replace(question, computed=offer(question)) for question in questions)
