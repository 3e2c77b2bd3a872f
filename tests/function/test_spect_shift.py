"""What is told of a SPECT that lies off the liver of the CT, and where nothing is."""

from dataclasses import replace

import numpy as np
import pytest

from fl_planner.basis.findings import Severity
from fl_planner.function.registration import (
    SpectMove,
    SpectShift,
    find_shift_doubts,
    move_spect,
    require_clear,
    say_axis,
    spread_of,
)
from fl_planner.space.grid import Grid, Image
from tests.cases import each_case
from tests.refusals import refuses

STILL = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0))
NAME = "spect.nii.gz"


def shifted(
    right: float = 0.0, front: float = 0.0, head: float = 0.0, sd: float = 1.5, turn: float = 0.0
) -> SpectShift:
    move = SpectMove((right, front, head), turn, STILL)
    return SpectShift(move, (sd, sd, sd), 0.3, 0.85, 0.97, 0.0)


@each_case(
    "found, words",
    {
        "none": (shifted(), ""),
        "head": (shifted(head=9.2), "9 mm towards the head"),
        "feet": (shifted(head=-9.2), "9 mm towards the feet"),
        "the largest first": (
            shifted(-6.0, 0.0, 12.0),
            "12 mm towards the head and 6 mm towards the left",
        ),
        "back": (shifted(front=-4.4), "4 mm towards the back"),
        "right": (shifted(right=4.4), "4 mm towards the right"),
        "below 3 mm": (shifted(head=2.9, sd=0.5), ""),
        "3 mm": (shifted(head=3.0, sd=1.5), "3 mm towards the head"),
        "within what is left open": (shifted(head=5.0, sd=2.6), ""),
    },
)
def test_a_shift_is_told_by_its_direction_where_it_is_one(found: SpectShift, words: str) -> None:
    assert found.words == words


def test_an_axis_is_said_with_its_interval() -> None:
    """1.96 times 1.5 mm is 2.94 mm."""
    assert say_axis(0, -2.0, 1.5) == "2.0 mm towards the left (± 2.9 mm)"


def test_the_spread_is_that_of_the_jackknife_and_its_own() -> None:
    """Of 0 and 2 mm, n = 2: SD² = 1/2 · (1 + 1) = 1; with 1.5 mm √(1 + 2.25) = 1.803."""
    each = [shifted(head=mm, turn=degrees).move for mm, degrees in ((0.0, 1.0), (2.0, 3.0))]
    (right, front, head), turn = spread_of(each)
    assert (right, front) == (1.5, 1.5)
    assert head == pytest.approx(1.802776, abs=1e-6)
    assert turn == pytest.approx(1.0)
    assert SpectShift(each[0], (right, front, head), turn, 0.9, 0.9, 0.0).off_mm == head


def test_a_spect_is_moved_by_its_place_and_no_count_changes() -> None:
    """A quarter turn about the long axis takes the right to the front; 5 mm go to the head."""
    grid = Grid((4, 3, 2), ((2.0, 0.0, 0.0, 10.0), (0.0, 3.0, 0.0, 20.0), (0.0, 0.0, 4.0, 30.0)))
    spect = Image(np.arange(24, dtype=np.uint16).reshape(4, 3, 2), 1.0, 0.0, grid, NAME)
    quarter = ((0.0, -1.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 1.0, 5.0))
    moved = move_spect(spect, quarter)
    assert moved.voxels is spect.voxels
    (place,) = moved.grid.places_mm(np.array([[1, 0, 0]]))
    assert place.tolist() == [-20.0, 12.0, 35.0]


@each_case(
    "found, code, says",
    {
        "unlike": (replace(shifted(), likeness=0.79), "spect.unlike", "0.79 at best"),
        "not a number": (replace(shifted(), likeness=float("nan")), "spect.unlike", "correlate"),
        "far": (shifted(head=40.1), "spect.far", "40 mm off"),
        "turned": (shifted(turn=10.1), "spect.turned", "10 degrees"),
        "unsure": (shifted(sd=5.1), "spect.unsure", "5 mm (1 SD)"),
    },
)
def test_h17_below_the_quality_no_shift_is_told(found: SpectShift, code: str, says: str) -> None:
    with refuses(code, NAME, says=says):
        require_clear(found, NAME)


def test_at_the_limits_a_shift_is_told() -> None:
    require_clear(replace(shifted(head=-40.0, sd=5.0, turn=10.0), likeness=0.8), NAME)


def test_h17_a_shift_is_told_and_what_was_left_out() -> None:
    told, hot = find_shift_doubts(replace(shifted(head=-13.0), hot_ml=110.0), NAME)
    assert (told.code, told.severity, told.file) == ("spect.shifted", Severity.WARNING, NAME)
    assert (told.value, told.unit) == (13.0, "mm")
    assert "13 mm towards the feet" in told.message
    assert (hot.code, hot.severity, hot.value) == ("spect.hot", Severity.INFO, 110.0)
    assert find_shift_doubts(shifted(), NAME) == ()
