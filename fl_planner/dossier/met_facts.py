"""Search for facts that give a condition the desired answer: try values next to its limits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from msgspec import Struct

from fl_planner.basis.three_valued import Truth
from fl_planner.trials.condition import Compare, Condition, Fresh, Group
from fl_planner.trials.facts.facts import FACTS, Facts, Value
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
