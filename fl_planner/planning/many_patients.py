"""Where many patients stand, one after the other, and how soon each must be seen to.

Where many patients stand, one after the other: as `judge_stated`, and no sentence made.

A list has thousands of patients and no room for sentences. What is the same for many of them is
found once [answer_cache.py].

What was found for one patient, recalled for the next who is like him.

No criterion asks more of a number than on which side of its limits it lies: two patients whose
numbers lie on the same sides, and whose other facts are the same, get the same answers. So an
answer is found once for each kind of patient, and looked up from then on. Ages in days count as
they are, since what is left of them is told.

Measured: a patient in 0.4 ms instead of 6; tests/planning/test_verdicts.py holds the plain way
beside it.

How soon a patient must be seen to: what closes, which results run out, what is still open.

The order is the project's choice. A trial's window that closes at an unknown hour goes before
results that run out on a day; these go before what has no term; and last is who has nothing open.
Results that are too old already come behind those that still hold: they do not run out any more.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from fractions import Fraction
from operator import itemgetter
from typing import TYPE_CHECKING

from fl_planner.basis.findings import Finding
from fl_planner.basis.truth import Truth
from fl_planner.planning.judgement import Grounds, Judged, ScoreSources, set_typed
from fl_planner.planning.pathway.pathway import find_doubts
from fl_planner.planning.pathway.situation import PathwaySituation
from fl_planner.planning.pathway.states import find_states
from fl_planner.planning.pathway.table import find_row
from fl_planner.planning.route.route import Way, find_situation, find_way
from fl_planner.planning.route.situation import find_route_row
from fl_planner.planning.route.table import CONTRADICTED, UNDECIDED, merge_rows
from fl_planner.trials.condition import Compare, Compared, Condition, Fresh, on_file
from fl_planner.trials.criterion import (
    Centre,
    ClosingWindow,
    Criterion,
    Trial,
    find_centre_doubts,
    find_limits,
    find_offer,
)
from fl_planner.trials.derive import derive_facts
from fl_planner.trials.facts.facts import LABORATORY, PER_TRIAL, Facts, Value, answer_one
from fl_planner.trials.judge import (
    AGE,
    CriterionAnswer,
    Failing,
    Judgement,
    PartAnswer,
    Verdict,
    facts_of,
    join_answers,
    judge_criterion,
)
from fl_planner.trials.statements import Stated

if TYPE_CHECKING:
    from fl_planner.planning.assessment.thresholds import TypedLimit

Like = Sequence[object]  # of each fact what tells patients apart
Asked = str | tuple[str, ...]  # a fact; or laboratory values, the ages of those on file together
MOST = 1 << 11  # answers that are kept for a criterion


class _Sides:
    """The limits on one fact, and on which side of each a number lies."""

    def __init__(self, limits: Sequence[Fraction]) -> None:
        self._exact = limits
        self._near = [float(limit) for limit in limits]

    def of(self, value: Fraction) -> int:
        """Count limits below, and half of one that is met; exact where doubles cannot tell."""
        near = value.numerator / value.denominator
        at = bisect_left(self._near, near)
        if at == len(self._near) or self._near[at] != near:
            return 2 * at
        at = bisect_left(self._exact, value)
        return 2 * at + (at < len(self._exact) and self._exact[at] == value)


class _Recalled:
    """Answers to one criterion, by what its facts were like."""

    def __init__(self, trial: Trial, criterion: Criterion, places: dict[Asked, int]) -> None:
        asked = sorted({places[name] for name in _facts_of_criterion(trial, criterion)})
        self._trial = trial
        self._criterion = criterion
        self._key: Callable[[Like], object] = itemgetter(*asked) if asked else lambda _: None
        self._answers: dict[object, CriterionAnswer] = {}

    def judge(self, like: Like, facts: Facts) -> CriterionAnswer:
        """Give the answer to a patient like this."""
        key = self._key(like)
        answer = self._answers.get(key)
        if answer is None:
            own = facts_of(self._trial, facts)
            answer = _without_numbers(judge_criterion(self._criterion, own))
            if len(self._answers) < MOST:
                self._answers[key] = answer
        return answer


class Recall:
    """Answers to the criteria of trials, found once for each kind of patient."""

    def __init__(self, trials: Sequence[Trial]) -> None:
        criteria = [criterion for trial in trials for criterion in trial.criteria]
        asked = {name for t in trials for c in t.criteria for name in _facts_of_criterion(t, c)}
        names = sorted(name for name in asked if isinstance(name, str))
        self._fresh = sorted(name for name in asked if isinstance(name, tuple))
        own = {_own(fact, trial.id): (trial.id, fact) for trial in trials for fact in PER_TRIAL}
        self._own = {name: own[name] for name in names if name in own}
        each: list[Asked] = [*names, *self._fresh]
        places = {name: place for place, name in enumerate(each)}
        limits = _find_limits(criteria)
        self._names = [
            (name, None if name.endswith(AGE) else _Sides(sorted(limits.get(name, ()))))
            for name in names
        ]
        self._trials = [(t, [_Recalled(t, c, places) for c in t.criteria]) for t in trials]

    def find_like(self, facts: Facts) -> Like:
        """Find what tells a patient apart from others."""
        found: list[object] = []
        own = {name: answer_one(*asked, facts) for name, asked in self._own.items()}
        for name, sides in self._names:
            value = own[name] if name in own else facts.get(name)
            if type(value) is Fraction:
                found.append(_as_days(value) if sides is None else sides.of(value))
            else:
                found.append(value)
        ages = {v: _as_days(facts.get(f"{v}{AGE}")) for v in LABORATORY if on_file(v, facts)}
        for values in self._fresh:  # the oldest decides, whichever value it is of
            found.append(frozenset([ages[value] for value in values if value in ages]))
        return found

    def judge_trials(self, like: Like, facts: Facts) -> tuple[Judgement, ...]:
        """Judge every trial."""
        return tuple(
            join_answers(trial, tuple(one.judge(like, facts) for one in recalled), facts)
            for trial, recalled in self._trials
        )


def _as_days(age: Value | None) -> object:
    """Give whole days as what is compared quickly."""
    return age.numerator if type(age) is Fraction and age.denominator == 1 else age


def _without_numbers(answer: CriterionAnswer) -> CriterionAnswer:
    """Leave out what only the first patient of a kind had; ages in days are those of all."""
    parts = (
        PartAnswer(one.part, one.truth, one.open_facts, tuple(map(_without_number, one.compared)))
        for one in answer.parts
    )
    failing = (Failing(_without_number(one.compared), one.changes) for one in answer.failing)
    return replace(answer, parts=tuple(parts), failing=tuple(failing))


def _without_number(one: Compared) -> Compared:
    if one.fact.endswith(AGE) or (one.known is None and not one.where):
        return one
    return one._replace(known=None, where=())


def _conditions(criterion: Criterion) -> Iterator[Condition]:
    yield from (part.when for part in criterion.parts)
    if criterion.data_when is not None:
        yield criterion.data_when
    if criterion.beside is not None:
        yield from (criterion.beside.only, criterion.beside.when)


def _facts_of_criterion(trial: Trial, criterion: Criterion) -> Iterator[Asked]:
    yield from criterion.data
    for condition in _conditions(criterion):
        for asked in _facts_of(condition):
            yield _own(asked, trial.id) if isinstance(asked, str) else asked


def _own(fact: str, trial: str) -> str:
    """Name a fact that is judged per trial as that of one trial."""
    return f"{fact} of {trial}" if fact in PER_TRIAL else fact


def _facts_of(condition: Condition) -> Iterator[Asked]:
    if isinstance(condition, Compare):
        yield condition.fact
    elif isinstance(condition, Fresh):
        yield condition.age.fact
        yield condition.values
    else:
        for part in condition.parts:
            yield from _facts_of(part)


def _find_limits(criteria: Sequence[Criterion]) -> dict[str, set[Fraction]]:
    found: dict[str, set[Fraction]] = {}
    for condition in (one for criterion in criteria for one in _conditions(criterion)):
        for leaf in condition.compared({}):
            if isinstance(leaf.limit, Fraction):
                found.setdefault(leaf.fact, set()).add(leaf.limit)
    for told in (one for criterion in criteria for one in criterion.changes_by_value):
        if isinstance(told.value, Fraction):
            found.setdefault(told.fact, set()).add(told.value)
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """One patient, judged: all of `Judged` but its sentences; a list has no masks."""

    facts: Facts
    judgements: tuple[Judgement, ...]
    route: Way
    findings: tuple[Finding, ...]
    centre: Centre | None = None
    limited: tuple[TypedLimit, ...] = ()


class Standings:
    """Judges many patients by the same grounds."""

    def __init__(self, grounds: Grounds) -> None:
        self._grounds = grounds
        self._recall = Recall(grounds.trials)
        self._limits = find_limits(grounds.rules)
        self._rows = merge_rows(grounds.rules)
        self._centre = find_centre_doubts(grounds.centre, grounds.trials, grounds.as_of)

    def judge(self, stated: Stated) -> Standing:
        """Judge what was said of a patient, without any image."""
        grounds, recall = self._grounds, self._recall
        facts, doubts = derive_facts(stated, grounds.trials, as_of=grounds.as_of)
        judgements = recall.judge_trials(recall.find_like(facts), facts)
        codes = [finding.code for finding in doubts]
        states = find_states(facts, grounds.protocols, contradictions=codes)
        typed = set_typed(facts, grounds.protocols)
        row = find_row(states)
        patient = PathwaySituation(
            facts, grounds.protocols, states, row, limits=self._limits, typed=typed
        )
        situation = find_situation(patient, judgements, doubts, grounds.centre)
        findings = (
            *doubts,
            *(finding for judgement in judgements for finding in judgement.findings),
            *find_doubts(patient),
            *(one.finding for one in typed if one.is_borderline),
            *self._centre,
        )
        way = find_way(situation, find_route_row(situation, self._rows))
        sources = ScoreSources(facts, stated, grounds.as_of)
        way = replace(way, questions=sources.offer(way.questions, self._limits))
        every = tuple(dict.fromkeys(findings))
        return Standing(facts, judgements, way, every, grounds.centre, typed)


# rows before any diagnosis: nothing is ruled out by it
UNSETTLED = (CONTRADICTED.name, UNDECIDED.name)


class Urgency(IntEnum):
    """What presses, the most pressing first."""

    WINDOW = 0  # a window is open, and closes with the next treatment
    DATED = 1  # results run out on a day, or have
    WINDOW_POSSIBLE = 2  # a window that may be closed already: that is to be asked
    OPEN = 3  # a trial is possible, and nothing runs out
    NOTHING = 4


@dataclass(frozen=True, slots=True)
class Deadline:
    """One thing that ends.

    `days` are those from the judging date on which it still holds, below 0 where it is past;
    None where it ends with an event.
    """

    trial: str
    criterion: str
    says: str
    days: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Pressing:
    """What presses for one patient: the kind, every deadline, the soonest first."""

    urgency: Urgency
    deadlines: tuple[Deadline, ...]
    possible: tuple[str, ...]
    order: tuple[Fraction | int, ...]


def find_pressing(judged: Judged | Standing) -> Pressing:
    """Find what presses, over the trials that are possible and not closed here.

    A trial is possible where the patient is eligible, where answers are missing and the diagnosis
    fits or is not settled, and where nothing stands against it but results that are too old.
    """
    possible = [one for one in judged.judgements if _is_possible(one, judged)]
    deadlines = [deadline for one in possible for deadline in _deadlines(one)]
    windows = [_is_met(one, one.trial.window) for one in possible if one.trial.window]
    days = [deadline.days for deadline in deadlines if deadline.days is not None]
    urgency = _urgency(windows, dated=bool(days), possible=bool(possible))
    events_first = urgency is Urgency.WINDOW
    deadlines.sort(key=lambda one: ((one.days is None) is not events_first, one.days or 0))
    least = min(days, default=None)
    order = (
        int(urgency),
        1 if least is None else 2 * (least < 0),  # what still runs, no day known, what is past
        Fraction(0) if least is None else abs(least),
        min((_stage(one) for one in possible), default=0),
        len(judged.route.questions),
    )
    return Pressing(urgency, tuple(deadlines), tuple(one.trial.id for one in possible), order)


def _is_possible(judgement: Judgement, judged: Judged | Standing) -> bool:
    if find_offer(judged.centre, judgement.trial).status == "closed":
        return False
    if judgement.verdict is Verdict.INDETERMINATE:
        return judged.route.row in UNSETTLED or judgement.trial.id in judged.route.pending
    return judgement.verdict is Verdict.ELIGIBLE or _is_stale(judgement)


def _is_stale(judgement: Judgement) -> bool:
    """Tell whether nothing keeps the patient out but the age of results."""
    failing = [answer for answer in judgement.answers if answer.fails]
    return all(answer.overdue_days is not None for answer in failing)


def _deadlines(judgement: Judgement) -> Iterator[Deadline]:
    trial = judgement.trial
    if trial.window is not None:
        yield Deadline(trial.id, trial.window.criterion, trial.window.closes)
    for answer in judgement.answers:
        overdue, holds = answer.overdue_days, answer.holds_days
        if overdue is not None:
            yield Deadline(trial.id, answer.criterion.id, answer.criterion.says, -overdue)
        elif holds is not None:
            yield Deadline(trial.id, answer.criterion.id, answer.criterion.says, holds)


def _is_met(judgement: Judgement, window: ClosingWindow) -> bool:
    met = (one.criterion.id for one in judgement.answers if one.truth is Truth.TRUE)
    return window.criterion in met


def _urgency(windows: list[bool], *, dated: bool, possible: bool) -> Urgency:
    if any(windows):
        return Urgency.WINDOW
    if dated:
        return Urgency.DATED
    if windows:
        return Urgency.WINDOW_POSSIBLE
    return Urgency.OPEN if possible else Urgency.NOTHING


def _stage(judgement: Judgement) -> int:
    """Order trials by how near a patient is to them: eligible, a person's word, more, old."""
    if judgement.verdict is Verdict.ELIGIBLE:
        return 0
    if judgement.only_human_open:
        return 1
    return 2 if judgement.verdict is Verdict.INDETERMINATE else 3
