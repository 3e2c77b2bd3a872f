"""Many cheap cases as one test, each named where it fails; many costly ones left to the night."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from inspect import Parameter, Signature, signature
from typing import Any, TypeVar, overload

import pytest

ANY_FAILURE = os.environ.get("HYPOTHESIS_PROFILE") == "first-failure"  # as with a control taken out
WAIT_S = 30 if ANY_FAILURE else 60  # at most: what was taken out may never come
NIGHT = bool(os.environ.get("FL_PLANNER_NIGHT"))  # as `.ci/night` sets it
Test = Callable[..., None]
T = TypeVar("T")


def each_case(names: str, cases: Iterable[Any] | Mapping[str, Any]) -> Callable[[Test], Test]:
    """Run a test on every case, as `pytest.mark.parametrize` does, and count it once.

    All cases run even where one fails; they share the test's fixtures. Where a control is taken
    out, the first that fails ends the test.

    - `names`: arguments that a case gives, `"axes, flips"`.
    - `cases`: each a tuple of their values, or the value itself where there is one name. A mapping
      names its cases; without, the values name them.
    """
    given = names.split(", ")
    named = [*cases.items()] if isinstance(cases, Mapping) else [(None, case) for case in cases]
    if not named:
        raise ValueError("no case to test")

    def decorate(test: Test) -> Test:
        @wraps(test, updated=())  # what hypothesis notes of a test stays with that test
        def in_turn(subtests: pytest.Subtests, **fixtures: Any) -> None:
            for name, case in named:
                values = dict(zip(given, case if len(given) > 1 else (case,), strict=True))
                if ANY_FAILURE:
                    test(**values, **fixtures)
                    continue
                with subtests.test(name, **({} if name else values)):
                    test(**values, **fixtures)

        fixtures = [one for one in signature(test).parameters.values() if one.name not in given]
        own = Parameter("subtests", Parameter.POSITIONAL_OR_KEYWORD)
        marks = [*getattr(test, "pytestmark", ())]
        vars(in_turn).update(__signature__=Signature([own, *fixtures]), pytestmark=marks)
        return in_turn

    return decorate


def by_outcome(table: Mapping[tuple[Any, ...], Mapping[str, Any]]) -> dict[str, tuple[Any, ...]]:
    """Name the cases of a table that lists them under what must come of them: case, outcome."""
    return {
        name: (case, *outcome) for outcome, cases in table.items() for name, case in cases.items()
    }


def sure(value: T | None) -> T:
    """Demand that there is a value, and give it."""
    assert value is not None
    return value


@overload
def of_many(few: Sequence[T], every: Sequence[T]) -> Sequence[T]: ...
@overload
def of_many(few: Sequence[str], every: Mapping[str, T]) -> Mapping[str, T]: ...
def of_many(
    few: Sequence[Any], every: Sequence[Any] | Mapping[str, Any]
) -> Sequence[Any] | Mapping[str, Any]:
    """Return the few cases that trip each guard, or every case in `.ci/night`.

    - `few`: cases; their names where `every` is a mapping.
    """
    assert all(one in every for one in few)
    if NIGHT:
        return every
    return {name: every[name] for name in few} if isinstance(every, Mapping) else few


def how_many(few: int, many: int) -> int:
    """Return how often to repeat what is drawn at random, by day and in `.ci/night`."""
    return many if NIGHT else few
