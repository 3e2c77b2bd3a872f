"""A centre's own reading error: what is believed of it, and what interval it makes."""

from fractions import Fraction

import pytest
from scipy import stats

from fl_planner.liver.scatter.interval import default_scatter
from fl_planner.liver.scatter.reading_error import ReadingError
from fl_planner.liver.scatter.spread import Spread
from tests.refusals import refuses

DRAWN = default_scatter("drawn")


def error(cv: str = "0.08", df: int = 10, cases: int = 10) -> ReadingError:
    return ReadingError(Fraction(cv), cases, df, "drawn", "two readers")


def test_an_estimated_cv_has_an_interval_by_student() -> None:
    for df in (10, 24, 400):
        half = 1.96 * error(df=df).relative_sd
        assert half == pytest.approx(0.08 * float(stats.t.ppf(0.975, df)))


@pytest.mark.parametrize(
    ("cv", "df", "cases"), [("0.08", 9, 9), ("0.08", 12, 1), ("0", 20, 20), ("8", 20, 20)]
)
def test_a_cv_of_too_few_pairs_or_of_no_reading_is_refused(cv: str, df: int, cases: int) -> None:
    with refuses("centre.reading_error"):
        error(cv, df, cases)


def test_it_replaces_readers_in_print_better_or_worse() -> None:
    for cv in ("0.04", "0.2"):
        spread = Spread(DRAWN, geometry=0.01, own=error(cv))
        assert spread.relative_sd == pytest.approx(error(cv).relative_sd)
        assert spread.decided_by == "centre"
        assert not spread.is_of_two
    assert Spread(DRAWN, geometry=0.3, own=error()).decided_by == "geometry"
    kept = Spread(DRAWN, carried=Fraction(2), own=error())
    assert kept.relative_sd == pytest.approx(2 * error().relative_sd)


def test_one_second_reading_beside_it_never_narrows_the_interval() -> None:
    """Two readings that meet by chance say nothing against a CV of many cases."""
    near = Spread(DRAWN, second_reader=0.001, own=error())
    assert near.relative_sd == error().relative_sd
    assert (near.decided_by, near.is_of_two) == ("centre", False)
    far = Spread(DRAWN, second_reader=0.3, own=error())
    assert (far.relative_sd, far.decided_by, far.is_of_two) == (0.3, "second_reader", True)
