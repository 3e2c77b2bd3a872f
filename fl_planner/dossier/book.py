"""Book of fictitious patients: one on either side of each limit of each trial criterion.

The patients are derived from the trials in use, so a new trial or limit immediately has patients.
Each trial has a patient who meets its criteria; the others differ from this patient in one fact. If
this fact does not change the answer of the criterion, patients with further facts are added so that
it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice

from msgspec import Struct

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.shown import as_plain
from fl_planner.basis.three_valued import Truth
from fl_planner.dossier.met_facts import Goal, list_near, search_facts
from fl_planner.planning.judgement import Grounds, judge_facts
from fl_planner.record.files.dossier import BookPatientRecord
from fl_planner.trials.condition import Condition, Group
from fl_planner.trials.criterion import Trial
from fl_planner.trials.facts.facts import FACTS, PER_TRIAL, Facts, Value
from fl_planner.trials.facts.meanings import FactKind

PRESENT = {"crlm": "crlm_present", "hcc": "hcc_present"}
YES, NO = "yes", "no"
MOST_SOLUTIONS = 1000  # of a search for further facts [project's choice]


class BookPatient(Struct, frozen=True):
    """A fictitious patient with all known facts.

    - `id`: `dragon2: age_years = 18`; before the colon, the trial that is tested.
    """

    id: str
    facts: Facts

    @property
    def tested(self) -> str:
        """Short name of the trial that is tested."""
        return self.id.partition(":")[0]


def make_book(trials: Iterable[Trial]) -> tuple[BookPatient, ...]:
    """Return the patients of all trials, in order, each id once.

    Raises `InputRefused`: `dossier.no_patient` for a trial that no patient can meet.
    """
    found: dict[str, BookPatient] = {}
    for trial in trials:
        for patient in _list_patients(trial):
            found.setdefault(patient.id, patient)
    return tuple(found.values())


def _list_patients(trial: Trial) -> Iterator[BookPatient]:
    start: Facts = {PRESENT[trial.diagnosis]: True}
    met = _find_met(trial, start)
    if trial.criteria:
        yield BookPatient(f"{trial.short}: meets all criteria", _as_given(trial, met))
    conditions = {one.id: _join(part.when for part in one.parts) for one in trial.criteria}
    conditions |= {one.name: one.when for one in trial.background}
    for name, condition in conditions.items():
        for one in condition.compared(met):
            near = list_near(one.fact, one.limit)
            yield from _vary(trial, one.fact, near, (met, ""))
            if not _differ(condition, one.fact, near, met):
                deciding = _find_deciding(condition, one.fact, near, met)
                yield from _vary(trial, one.fact, near, (deciding, f", deciding {name}"))


def _vary(
    trial: Trial, fact: str, values: Iterable[Value], others: tuple[Facts | None, str]
) -> Iterator[BookPatient]:
    """Yield a patient for each value of a fact; their further facts are identical."""
    facts, end = others
    for value in values if facts is not None else ():
        name = f"{trial.short}: {fact} = {' '.join(_as_texts(value)) or 'none'}{end}"
        yield BookPatient(name, _as_given(trial, {**(facts or {}), fact: value}))


def _differ(condition: Condition, fact: str, values: Iterable[Value], facts: Facts) -> bool:
    """Whether the values of a fact do not all give the same answer."""
    return len({condition.judge({**facts, fact: value}) for value in values}) > 1


def _find_deciding(
    condition: Condition, fact: str, values: Sequence[Value], met: Facts
) -> Facts | None:
    """Find further facts with which a fact decides the answer of a condition; None if not found."""
    asked = {one.fact for one in condition.compared(met)}
    others = {name: value for name, value in met.items() if name not in asked}
    for wanted in (Truth.TRUE, Truth.FALSE):
        for value in values:
            every = search_facts([Goal(condition, wanted)], {**others, fact: value})
            for found in islice(every, MOST_SOLUTIONS):
                if _differ(condition, fact, values, found):
                    return found
    return None


def _find_met(trial: Trial, start: Facts) -> Facts:
    """Find facts that meet a trial: inclusions met, no exclusion met, none by design."""
    goals = [Goal(_join(one.when for one in c.parts), ~c.out) for c in trial.criteria]
    if trial.by_design is not None:
        goals.append(Goal(trial.by_design.when, Truth.FALSE))
    met = next(search_facts(goals, start), None)
    if met is None:
        reason = "no combination of facts at the trial limits meets all criteria"
        remedy = "check whether two criteria of this trial contradict each other"
        raise InputRefused("dossier.no_patient", trial.called, reason, remedy)
    return met


def _join(conditions: Iterable[Condition]) -> Condition:
    return Group("all", tuple(conditions))


def _as_given(trial: Trial, facts: Facts) -> Facts:
    """Return facts by their input names; an answer per trial becomes a list with this trial."""
    given: dict[str, Value | None] = {}
    for fact, value in facts.items():
        if fact in PER_TRIAL:
            lists = PER_TRIAL[fact]
            given[lists.yes if value else lists.no] = (trial.id,)
        else:
            given[fact] = value
    return given


def judge_patient(patient: BookPatient, grounds: Grounds) -> dict[str, str]:
    """Judge a fictitious patient: pathway, route, verdicts, and criteria of the tested trial."""
    judged = judge_facts(patient.facts, grounds)
    answers = {"pathway": judged.pathway.row, "route": judged.route.row}
    for one in judged.judgements:
        if one.applies:
            answers[one.trial.id] = one.verdict.value
        if one.trial.short == patient.tested:
            for criterion in one.answers:
                answers[f"{one.trial.id} {criterion.criterion.id}"] = criterion.truth.value
    return answers


def as_book_record(patient: BookPatient, grounds: Grounds) -> BookPatientRecord:
    """Return the record of a fictitious patient, judged."""
    facts = {
        name: _as_texts(value) for name, value in sorted(patient.facts.items()) if value is not None
    }
    return BookPatientRecord(id=patient.id, facts=facts, answers=judge_patient(patient, grounds))


def _as_texts(value: Value) -> tuple[str, ...]:
    match value:
        case bool():
            return (YES if value else NO,)
        case Fraction():
            text = as_plain(value)
            return (text if Fraction(text) == value else str(value),)
        case str():
            return (value,)
    return value


def read_facts(recorded: Mapping[str, tuple[str, ...]]) -> Facts:
    """Read recorded facts; raises `ValueError` for a fact or a code that no longer exists.

    Examples
    --------
    >>> read_facts({"age_years": ("17.999",)})
    {'age_years': Fraction(17999, 1000)}
    """
    return {name: _read_value(name, values) for name, values in recorded.items()}


def _read_value(name: str, values: tuple[str, ...]) -> Value:
    known = FACTS.get(name)
    if known is None:
        raise ValueError(f"the fact {name} no longer exists")
    if known.kind is FactKind.TRIALS:
        return values
    unknown = {*values} - {*known.codes}
    if known.kind is FactKind.CODES and not unknown:
        return values
    if len(values) == 1:
        if known.kind is FactKind.YES_NO and values[0] in (YES, NO):
            return values[0] == YES
        if known.kind is FactKind.CODE and not unknown:
            return values[0]
        if known.kind in (FactKind.NUMBER, FactKind.WHOLE):
            return Fraction(values[0])
    raise ValueError(f"{name} has a value that is no longer accepted")
