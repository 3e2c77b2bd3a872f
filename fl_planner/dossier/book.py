"""Book of fictitious patients: one on either side of each limit of each trial criterion.

The patients are derived from the trials in use, so a new trial or limit immediately has patients.
Each trial has a patient who meets its criteria; the others differ from this patient in one fact. If
this fact does not change the answer of the criterion, patients with further facts are added so that
it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import islice

from msgspec import Struct

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.shown import as_plain
from fl_planner.basis.three_valued import Truth
from fl_planner.planning.judgement import Grounds, judge_facts
from fl_planner.record.files.dossier import BookPatientRecord
from fl_planner.trials.condition import Compare, Condition, Fresh, Group
from fl_planner.trials.criterion import Trial
from fl_planner.trials.facts.facts import FACTS, PER_TRIAL, Facts, Value
from fl_planner.trials.facts.meanings import FactKind

STEP = Fraction(1, 1000)  # from a limit to its neighbours [project's choice]
MOST_TRIED = 20_000  # assignments; the bundled trials need fewer than a hundred
Values = Mapping[str, tuple[Value, ...]]  # by fact: those on and next to its limits, or all codes


class Goal(Struct, frozen=True):
    """A condition, and its desired answer."""

    condition: Condition
    wanted: Truth


def list_values(conditions: Sequence[Condition], facts: Facts) -> Values:
    """List the values of each compared fact: each limit and its neighbours, or all codes.

    Examples
    --------
    >>> adult = Compare("age_years", "at_least", Fraction(18))
    >>> [str(value) for value in list_values([adult], {})["age_years"]]
    ['18', '17999/1000', '18001/1000']
    """
    found: dict[str, dict[Value, None]] = {}
    for condition in conditions:
        for one in condition.compared(facts):
            values = dict.fromkeys(list_near(one.fact, one.limit))
            found.setdefault(one.fact, {}).update(values)
    return {fact: tuple(values) for fact, values in found.items()}


def list_near(fact: str, limit: Value) -> tuple[Value, ...]:
    """List a limit with its neighbours below and above; all codes, or yes and no."""
    known = FACTS[fact]
    if known.kind is FactKind.YES_NO:
        return (True, False)
    if known.kind is FactKind.CODES:
        return ((), *((code,) for code in known.codes))
    if not isinstance(limit, Fraction):
        return known.codes
    step = 1 if known.kind is FactKind.WHOLE else STEP
    return (limit, limit - step, limit + step)


def search_facts(goals: Sequence[Goal], start: Facts) -> Iterator[Facts]:
    """Yield facts that meet all goals, in addition to those known.

    Each goal is checked twice: a later goal may add a blood test whose age an earlier goal needs.
    """
    values = list_values([goal.condition for goal in goals], {})
    yield from _FactSearch(values).meet((*goals, *goals), start)


class _FactSearch:
    """Depth-first search over the values of unknown facts."""

    def __init__(self, values: Values) -> None:
        self._values = values
        self._tried = 0

    def meet(self, goals: Sequence[Goal], facts: Facts) -> Iterator[Facts]:
        """Yield facts that meet all goals."""
        if not goals:
            yield facts
            return
        goal, *others = goals
        for found in self._meet_one(goal, facts):
            yield from self.meet(others, found)

    def _meet_one(self, goal: Goal, facts: Facts) -> Iterator[Facts]:
        self._tried += 1
        if self._tried > MOST_TRIED:
            return
        if goal.condition.judge(facts) is goal.wanted:
            yield facts
            return
        for found in self._propose(goal, facts):
            if goal.condition.judge(found) is goal.wanted:
                yield found

    def _propose(self, goal: Goal, facts: Facts) -> Iterator[Facts]:
        match goal.condition:
            case Compare(fact=fact, wanted=limit):
                if facts.get(fact) is None:
                    near = self._values.get(fact) or list_near(fact, limit)
                    yield from ({**facts, fact: value} for value in near)
            case Fresh(age=age):
                ages = [one.fact for one in goal.condition.compared(facts)]
                limit = age.wanted
                if all(facts.get(one) is None for one in ages):
                    yield {**facts, **dict.fromkeys(ages, limit)}
            case Group(rule=rule, parts=parts):
                yield from self._propose_parts(rule, parts, goal.wanted, facts)

    def _propose_parts(
        self, rule: str, parts: Sequence[Condition], wanted: Truth, facts: Facts
    ) -> Iterator[Facts]:
        if rule == "once":  # the other parts apply only if the first is true
            goals = [Goal(parts[0], Truth.TRUE), *(Goal(part, wanted) for part in parts[1:])]
            yield from self.meet(goals, facts)
            return
        each = ~wanted if rule == "none" else wanted
        one_suffices = (rule == "any") is (wanted is Truth.TRUE)
        if rule in ("all", "any", "none") and one_suffices:
            for part in parts:
                yield from self._meet_one(Goal(part, each), facts)
        else:
            yield from self.meet([Goal(part, each) for part in parts], facts)


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
            yield from _vary(trial, one.fact, near, met)
            if not _differ(condition, one.fact, near, met):
                deciding = _find_deciding(condition, one.fact, near, met)
                if deciding is not None:
                    yield from _vary(trial, one.fact, near, deciding, f", deciding {name}")


def _vary(
    trial: Trial, fact: str, values: Iterable[Value], others: Facts, end: str = ""
) -> Iterator[BookPatient]:
    """Yield a patient for each value of a fact; their further facts are identical."""
    for value in values:
        name = f"{trial.short}: {fact} = {' '.join(_as_texts(value)) or 'none'}{end}"
        yield BookPatient(name, _as_given(trial, {**others, fact: value}))


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
    if (met := next(search_facts(goals, start), None)) is None:
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


_OF_NUMBERS = frozenset("-/.0123456789")  # in `as_plain`: an exponent could have a billion digits


def read_facts(recorded: Mapping[str, tuple[str, ...]]) -> Facts:
    """Read recorded facts; raises `ValueError` for a fact or a code that no longer exists.

    Examples
    --------
    >>> read_facts({"age_years": ("17.999",)})
    {'age_years': Fraction(17999, 1000)}
    """
    return {name: _read_value(name, values) for name, values in recorded.items()}


def _read_value(name: str, values: tuple[str, ...]) -> Value:
    if (known := FACTS.get(name)) is None:
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
        if known.kind in (FactKind.NUMBER, FactKind.WHOLE) and {*values[0]} <= _OF_NUMBERS:
            with suppress(ZeroDivisionError):
                return Fraction(values[0])
    raise ValueError(f"{name} has a value that is no longer accepted")
