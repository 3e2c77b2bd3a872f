"""Cases counted as one test all run, and each that fails is named."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests import cases
from tests.cases import each_case, how_many, of_many


class Failures(list[tuple[str | None, dict[str, Any]]]):
    """Stands where pytest's subtests stand, and lists what failed."""

    @contextmanager
    def test(self, msg: str | None = None, **values: Any) -> Iterator[None]:
        """Note a case that fails."""
        try:
            yield
        except AssertionError:
            self.append((msg, values))


def test_every_case_runs_and_those_that_fail_are_named() -> None:
    seen, failures = [], Failures()

    @each_case("one, other", [(1, 2), (2, 2), (3, 4), (5, 5)])
    def odd(one: int, other: int, more: str) -> None:
        seen.append((one, other, more))
        assert one == other

    odd(failures, more="a")
    assert seen == [(1, 2, "a"), (2, 2, "a"), (3, 4, "a"), (5, 5, "a")]
    assert failures == [(None, {"one": 1, "other": 2}), (None, {"one": 3, "other": 4})]


def test_cases_of_a_mapping_have_its_names() -> None:
    failures = Failures()

    @each_case("one", {"first": 1, "second": 2})
    def even(one: int) -> None:
        assert one % 2 == 0

    even(failures)
    assert failures == [("first", {})]


def test_without_a_control_the_first_that_fails_ends_the_test(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = []
    monkeypatch.setattr(cases, "ANY_FAILURE", True)

    @each_case("one", [1, 2, 3])
    def low(one: int) -> None:
        seen.append(one)
        assert one < 2

    with pytest.raises(AssertionError):
        low(Failures())
    assert seen == [1, 2]


def test_few_cases_by_day_are_all_at_night(monkeypatch: pytest.MonkeyPatch) -> None:
    named = {"first": 1, "second": 2}
    for night, cases_of, names_of in ((False, [2], {"second": 2}), (True, [1, 2], named)):
        monkeypatch.setattr(cases, "NIGHT", night)
        assert of_many([2], [1, 2]) == cases_of
        assert of_many(["second"], named) == names_of
        assert how_many(2, 9) == (9 if night else 2)
    with pytest.raises(AssertionError):
        of_many([3], [1, 2])


def test_no_case_is_no_test() -> None:
    with pytest.raises(ValueError, match="no case"):
        each_case("one", [])


@each_case("one, other", [(1, 1), (2, 2)])
@pytest.mark.parametrize("more", "ab")
def test_fixtures_and_parameters_go_next_to(one: int, other: int, more: str, tmp_path: Any) -> None:
    assert one == other
    assert more in "ab"
    assert tmp_path.is_dir()
