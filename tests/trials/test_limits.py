"""Every number of every trial, just below, at and just above it: generated from the protocols.

That the numbers and their words are those of trials.md, and that neither has a criterion more, is
held by `test_reference.py`; what a word means at its number is written here by hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import product

import pytest

from fl_planner.basis.truth import Truth
from fl_planner.intake.protocols import read_bundled_trials, read_protocols
from fl_planner.trials.condition import Compared, Condition, Fresh, Group
from fl_planner.trials.criterion import Criterion, Trial
from fl_planner.trials.facts import FACTS, Kind, Value
from fl_planner.trials.judge import judge_criterion
from fl_planner.trials.quantities import QUANTITIES
from tests.trials.test_kleene import facts_of, values_of

AT = {  # word -> whether it holds just below, at and just above its number
    "less_than": (True, False, False),
    "at_most": (True, True, False),
    "more_than": (False, False, True),
    "at_least": (False, True, True),
}
HAIR = Fraction(1, 1000)
OPEN_BEYOND = "extrahepatic_indeterminate_max_mm"  # above 10 mm the text is silent: unknown [R]
TRIALS = read_bundled_trials()
Facts = dict[str, Value | None]


def limits() -> Iterator[tuple[Trial, Criterion, Compared]]:
    """List every comparison with a number."""
    for trial in TRIALS:
        for criterion in trial.criteria:
            for part in criterion.parts:
                for leaf in part.when.compared({}):
                    if isinstance(leaf.limit, Fraction):
                        yield trial, criterion, leaf


LIMITS = [*limits()]
EACH = pytest.mark.parametrize(
    ("criterion", "leaf"),
    [(criterion, leaf) for _, criterion, leaf in LIMITS],
    ids=[f"{t.short}-{c.id}-{x.fact}-{x.word}-{x.limit}".replace("/", ":") for t, c, x in LIMITS],
)


def sides(leaf: Compared) -> tuple[Fraction, Fraction, Fraction]:
    """Give values just below, at and just above a number; counts by one."""
    assert isinstance(leaf.limit, Fraction)
    step = Fraction(1) if FACTS[leaf.fact].kind is Kind.WHOLE else HAIR
    return leaf.limit - step, leaf.limit, leaf.limit + step


def contexts(criterion: Criterion, leaf: Compared) -> Iterator[Facts]:
    """List what else may be known of a patient: each other fact unknown, or any of its values."""
    others = [name for name in facts_of(criterion) if name != leaf.fact]
    choices: list[list[Value | None]] = [[None, *values_of(name)] for name in others]
    for chosen in product(*choices):
        yield dict(zip(others, chosen, strict=True))


def answers(criterion: Criterion, leaf: Compared, facts: Facts) -> list[Truth]:
    """Judge a criterion on all three sides."""
    known = [{**facts, leaf.fact: value} for value in sides(leaf)]
    return [judge_criterion(criterion, each).truth for each in known]


def test_the_words_of_all_limits_are_known() -> None:
    assert {leaf.word for _, _, leaf in LIMITS} == {*AT}


@EACH
def test_h08_each_number_turns_its_comparison_at_the_number(
    criterion: Criterion, leaf: Compared
) -> None:
    for value, holds in zip(sides(leaf), AT[leaf.word], strict=True):
        judged = judge_criterion(criterion, {leaf.fact: value}).compared
        truths = {
            one.truth
            for one in judged
            if (one.word, one.limit) == (leaf.word, leaf.limit) and one.fact == leaf.fact
        }
        assert truths == {Truth.TRUE if holds else Truth.FALSE}


@EACH
def test_h08_each_number_turns_its_criterion_at_the_number_and_nowhere_else(
    criterion: Criterion, leaf: Compared
) -> None:
    """Where all else lets it decide, both sides answer otherwise, and the number as its word."""
    below, at, above = AT[leaf.word]
    may_be_open = leaf.fact == OPEN_BEYOND
    for facts in contexts(criterion, leaf):
        found = answers(criterion, leaf, facts)
        if found[0] is not found[2] and (may_be_open or Truth.UNKNOWN not in found):
            assert (found[1] is found[0]) is (at is below)
            assert (found[1] is found[2]) is (at is above)
            return
    raise AssertionError("this number decides nothing")


def fresh(condition: Condition) -> Iterator[Fresh]:
    """Find what asks for the age of blood tests."""
    if isinstance(condition, Fresh):
        yield condition
    elif isinstance(condition, Group):
        for part in condition.parts:
            yield from fresh(part)


AGES = [
    (criterion, one, value)
    for trial in TRIALS
    for criterion in trial.criteria
    for part in criterion.parts
    for one in fresh(part.when)
    for value in one.values
]


@pytest.mark.parametrize(
    ("criterion", "one", "value"), AGES, ids=[f"{c.id}-{value}" for c, _, value in AGES]
)
def test_h08_each_value_is_fresh_until_the_last_day(
    criterion: Criterion, one: Fresh, value: str
) -> None:
    days = {"I13": 15, "I9": 30}[criterion.id]  # trials.md 7.4
    fact = QUANTITIES[value].subject
    for age, truth in ((days - 1, Truth.TRUE), (days, Truth.TRUE), (days + 1, Truth.FALSE)):
        known: Facts = {fact: Fraction(1), f"{value}_age_days": Fraction(age)}
        assert judge_criterion(criterion, known).truth is truth
    assert one.age.wanted == days


def test_no_trial_has_a_number_outside_its_criteria_but_those_of_the_background() -> None:
    told = {
        (limit.trial, limit.fact, limit.word, limit.value)
        for trial in (*TRIALS, read_protocols().dragon_plc)
        for background in trial.background
        for leaf in background.when.compared({})
        for limit in trial.limits_on(leaf.fact)
        if leaf.word == limit.word and leaf.limit == limit.value
    }
    flr = ("flr_fraction", "less_than")
    assert told >= {("dragon_plc", *flr, Fraction(n, 10)) for n in (3, 4, 5)}
    function = ("flr_function_pct_per_min_per_m2", "more_than", Fraction("2.67"))
    assert ("dragon2", *function) in told
