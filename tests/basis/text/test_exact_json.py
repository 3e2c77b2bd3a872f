"""Numbers of JSON stay what was typed."""

from decimal import Decimal

import pytest

from fl_planner.basis.exact_text import Pairs, parse_exact_json


def test_decimals_stay_exact() -> None:
    typed = "0.1000000000000000055511151231257827"
    assert parse_exact_json(typed) == Decimal(typed)


@pytest.mark.parametrize("typed", ["NaN", "Infinity", "-Infinity", "1e99999999999999999999"])
def test_what_is_no_number_is_not_finite(typed: str) -> None:
    found = parse_exact_json(typed)
    assert isinstance(found, Decimal)
    assert not found.is_finite()


def test_keys_given_twice_are_remembered_at_every_depth() -> None:
    found = parse_exact_json('{"a": 1, "b": {"c": 1, "c": 2}, "a": 2}')
    assert isinstance(found, Pairs)
    assert found.twice == ["a"]
    inner = found["b"]
    assert isinstance(inner, Pairs)
    assert inner.twice == ["c"]
