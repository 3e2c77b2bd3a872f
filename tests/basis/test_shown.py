"""Numbers as text, never on another side of a threshold than the number; shares, exact."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.shown import Share, as_gbq, as_ml, as_number, as_plain, as_words
from tests.refusals import refuses
from tests.shared import vectors

VOLUME = [30, 40]
FUNCTION = [Fraction("2.67"), Fraction("2.70")]


def test_the_display_vectors() -> None:
    for vector in vectors("display"):
        given, expected = vector["inputs"], vector["expected"]
        thresholds = [Fraction(threshold) for threshold in given["thresholds"]]
        shown = as_number(Fraction(given["value"]), thresholds, int(given["least_decimals"]))
        assert shown == expected["display"]


@pytest.mark.parametrize(
    ("value", "thresholds", "least", "expected"),
    [
        ("29.96", VOLUME, 1, "29.96"),
        ("30", VOLUME, 1, "30.0"),
        ("30.04", VOLUME, 1, "30.04"),
        ("30.05", VOLUME, 1, "30.1"),
        ("39.999", VOLUME, 1, "39.999"),
        ("27.4364", VOLUME, 1, "27.4"),
        ("2.6705", FUNCTION, 2, "2.671"),
        ("2.67", FUNCTION, 2, "2.67"),
        ("2.7", FUNCTION, 2, "2.70"),
        ("2.67", FUNCTION, 1, "2.67"),
        ("3.4", FUNCTION, 2, "3.40"),
        ("-0.04", [], 1, "0.0"),
        ("-0.04", [0], 1, "-0.04"),
        ("-12.35", [], 1, "-12.4"),
        ("0.5", [], 0, "1"),
        ("123.45", [], 0, "123"),
    ],
)
def test_number(value: str, thresholds: list[Fraction | int], least: int, expected: str) -> None:
    assert as_number(Fraction(value), thresholds, least) == expected


@given(
    st.integers(0, 10**7),
    st.integers(1, 10**7),
    st.lists(st.integers(0, 1000).map(lambda tenths: Fraction(tenths, 10)), max_size=3),
)
def test_h08_the_reader_sees_the_side_that_the_rule_sees(
    n: int, whole: int, thresholds: list[Fraction]
) -> None:
    exact = Fraction(100 * n, whole)
    read = Fraction(Decimal(as_number(exact, thresholds)))
    for threshold in thresholds:
        assert (exact < threshold, exact == threshold) == (read < threshold, read == threshold)


def test_a_threshold_that_no_decimals_can_show_is_a_defect() -> None:
    with pytest.raises(ValueError, match="1/3"):
        as_number(Fraction(1, 3), [Fraction(1, 3)])


@pytest.mark.parametrize(
    ("value", "thresholds", "unit", "expected"),
    [
        ("29.96", VOLUME, "%", "29.96 %"),
        ("29.996", VOLUME, "%", "just under 30 %"),
        ("40.0001", VOLUME, "%", "just over 40 %"),
        ("30", VOLUME, "%", "30.0 %"),
        ("2.6705", FUNCTION, "%/min/m²", "just over 2.67 %/min/m²"),
    ],
)
def test_words(value: str, thresholds: list[Fraction | int], unit: str, expected: str) -> None:
    assert as_words(Fraction(value), thresholds, unit) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("30", "30"), ("2.70", "2.7"), ("0.125", "0.125"), ("-2.5", "-2.5"), ("0", "0")],
)
def test_plain(value: str, expected: str) -> None:
    assert as_plain(Fraction(value)) == expected


def test_plain_ends_where_the_decimals_do_not() -> None:
    assert as_plain(Fraction(1, 3)) == "0.333333"


@pytest.mark.parametrize(
    ("ml", "expected"),
    [
        (1499.99976, "1500 mL"),
        (-75.0, "-75.0 mL"),
        (1.25, "1.3 mL"),
        (0.03, "0.03 mL"),
        (100, "100 mL"),
        (99.96, "100.0 mL"),
        (1, "1.0 mL"),
        (0.996, "1.00 mL"),
    ],
)
def test_ml(ml: float, expected: str) -> None:
    assert as_ml(ml) == expected


@pytest.mark.parametrize(
    ("gbq", "expected"),
    [
        (150 * (0.001 + 0.02 / 3) / 49.67, "0.023 GBq"),  # 1 g of tumour, 20 g of liver, T/N 3
        (0.015, "0.015 GBq"),  # 0.02 would be a third more
        (0.0999, "0.100 GBq"),
        (0.1, "0.10 GBq"),
        (12.345, "12.35 GBq"),
        (Fraction(1, 400), "0.0025 GBq"),
        (0, "0.00 GBq"),
    ],
)
def test_a_small_activity_has_two_significant_digits(gbq: float, expected: str) -> None:
    assert as_gbq(gbq) == expected


def test_percent_is_for_showing() -> None:
    assert Share(270_009, 900_030).percent == 30.0


@given(st.integers(1, 10**9), st.integers(1, 10**9))
def test_comparison_is_integer_cross_multiplication(n: int, more: int) -> None:
    whole = n + more
    assert (Share(n, whole).fraction < Fraction("0.30")) is (100 * n < 30 * whole)


@pytest.mark.parametrize(("n", "whole"), [(-1, 10), (11, 10), (0, 0)])
def test_impossible_shares_are_refused(n: int, whole: int) -> None:
    with refuses("share.impossible", says=f"{n} of {whole} voxels"):
        Share(n, whole)


def test_nothing_and_everything_are_shares() -> None:
    assert (Share(0, 5).percent, Share(5, 5).percent) == (0.0, 100.0)
