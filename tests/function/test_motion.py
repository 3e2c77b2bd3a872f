"""A patient who moves within a dynamic study is found, and one who lies still is not."""

from fractions import Fraction

import pytest

from fl_planner.basis.findings import Severity
from fl_planner.function.mebrofenin import SeriesWindow
from fl_planner.function.quality import find_motion, measure_motion
from tests.function.studies import PLANAR, exact_study, movable, noisy_study, regions

DRAWN, WINDOW = regions(), SeriesWindow()
CPS = (1000.0, 5000.0, 20000.0)  # of the field and one head


def test_h10_a_patient_who_lies_still_has_not_moved() -> None:
    studies = [exact_study(), noisy_study(3), *(movable(n, cps) for n, cps in enumerate(CPS))]
    assert [find_motion(one, DRAWN, WINDOW) for one in studies] == [()] * len(studies)


@pytest.mark.parametrize(
    ("move", "from_frame"), [((3, 0), 20), ((-2, 0), 12), ((0, 2), 25), ((0, -3), 15), ((2, 2), 22)]
)
def test_h10_a_patient_who_moves_is_found(move: tuple[int, int], from_frame: int) -> None:
    for seed, cps in enumerate(CPS):
        study = movable(seed, cps, move, from_frame)
        motion = measure_motion(study, DRAWN, WINDOW)
        assert motion is not None
        assert (motion.rows, motion.columns) == pytest.approx(move, abs=0.75)
        assert motion.at_s == pytest.approx(10 * from_frame, abs=30)
        (found,) = find_motion(study, DRAWN, WINDOW)
        assert found.code == "function.moved"
        assert found.severity is Severity.ERROR or motion.pixels < 1.8


def test_h10_half_a_pixel_is_no_motion() -> None:
    assert PLANAR.liver.shape == (64, 64)
    for seed in range(3):
        motion = measure_motion(movable(seed, 5000.0), DRAWN, WINDOW)
        assert motion is not None
        assert motion.pixels < 1


def test_too_little_time_tells_no_motion() -> None:
    study = movable(1, CPS[2], (3, 0), 8)  # parts of 20 s from 60 s on: none, one and two
    for stop_s, parts in ((62, 0), (75, 1), (95, 2)):
        motion = measure_motion(study, DRAWN, SeriesWindow(Fraction(40), Fraction(stop_s)))
        assert (motion is None) is (parts < 2)
