"""Which source of spread counts: readers in print, a second reader, the masks, contours."""

from fractions import Fraction
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.scatter.interval import default_scatter, find_interval
from fl_planner.liver.scatter.spread import Spread

DRAWN = default_scatter("drawn")  # √(0.07² + 0.03²) = 0.0761577...
SDS = st.floats(0, 0.5)


@pytest.mark.parametrize(
    ("geometry", "second", "sd", "decides"),
    [
        (0.0, None, 0.0761577, "readers"),
        (0.01, None, 0.0761577, "readers"),
        (0.1, None, 0.1, "geometry"),
        (0.01, 0.02, 0.02, "second_reader"),
        (0.01, 0.2, 0.2, "second_reader"),
        (0.01, 0.01, 0.01, "second_reader"),
        (0.01, 0.0, 0.01, "geometry"),  # two readings that meet by chance
        (0.0, 0.0, 0.0, "second_reader"),
    ],
)
def test_the_larger_of_readers_and_geometry_counts(
    geometry: float, second: float | None, sd: float, decides: str
) -> None:
    spread = Spread(DRAWN, geometry, second)
    assert spread.relative_sd == pytest.approx(sd, abs=1e-7)
    assert spread.decided_by == decides


def test_h05_contours_move_each_end_out_by_what_they_leave_open() -> None:
    """28 % with ends 23.82 and 32.18 (vector UNC-01), each a point farther out."""
    spread = Spread(DRAWN, widening=1 / 28)
    interval = find_interval(Fraction("0.28"), spread.relative_sd)
    assert 100 * interval.low == pytest.approx(23.820463719501888 - 1)
    assert 100 * interval.high == pytest.approx(32.17953628049811 + 1)


def test_h05_what_is_kept_of_a_part_scatters_by_as_many_ml() -> None:
    """Of 450 of 1000 mL, 7 % are 31.5 mL: of the 300 mL kept of them 10.5 %, and 3 % by the liver.

    √(0.105² + 0.03²) = 0.109201; a second reader's 5 % of 450 mL are 7.5 % of 300 mL.
    """
    carried = Fraction(450, 300)
    assert Spread(DRAWN, carried=carried).relative_sd == pytest.approx(0.109201, abs=1e-6)
    read = Spread(DRAWN, 0.01, 0.05, carried=carried)
    assert read.relative_sd == pytest.approx(0.075)
    assert read.decided_by == "second_reader"


@given(SDS, st.none() | SDS, SDS)
def test_h08_it_is_never_narrower_than_the_masks_allow(
    geometry: float, second: float | None, widening: float
) -> None:
    spread = Spread(DRAWN, geometry, second, widening)
    assert spread.relative_sd >= geometry
    assert spread.relative_sd >= Spread(DRAWN, geometry, second).relative_sd


@pytest.mark.parametrize(
    ("geometry", "second", "widening"),
    [(-0.1, None, 0.0), (0.0, -0.1, 0.0), (0.0, None, -0.1), (nan, None, 0.0), (0.1, -inf, 0.0)],
)
def test_h16_a_spread_below_nothing_is_refused(
    geometry: float, second: float | None, widening: float
) -> None:
    with pytest.raises(InputRefused, match="not negative") as refusal:
        Spread(DRAWN, geometry, second, widening)
    assert refusal.value.code == "uncertainty.impossible"
