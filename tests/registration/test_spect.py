"""A SPECT whose counts lie a known way off the liver that was drawn: how far is found."""

from typing import Any

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from fl_planner.function.registration import (
    LEAST_SHIFTED_LIKENESS,
    SpectShift,
    move_spect,
    require_clear,
)
from fl_planner.registration.scan import one_thread
from fl_planner.registration.spect import NEAR_MM, measure_spect_shift
from fl_planner.registration.spect import _look as look
from fl_planner.space.grid import Grid, Image, box_around
from fl_planner.space.mask import Mask
from tests.cases import each_case, of_many
from tests.refusals import refuses
from tests.registration.spect_phantom import Uptake, ball, count, draw_liver, spect_grid

SHIFT = (6.0, -5.0, -13.0)
GUT = (ball((-10.0, 30.0, -45.0), 28.0), 4.0)
GALLBLADDER = (ball((20.0, 45.0, -40.0), 18.0), 8.0)
WARM_GUT = (ball((-10.0, 30.0, -45.0), 28.0), 1.3)  # as warm as the liver: not to be told from it
COLD_LESION = (ball((60.0, 0.0, 10.0), 25.0), 0.05)
COOL_LEFT = (lambda at: (at[:, 0] < -8.0) & ball((-45.0, 20.0, 18.0), 60.0)(at), 0.4)


@pytest.fixture(scope="module")
def liver() -> Mask:
    return draw_liver()


def find(spect: Image, liver: Mask) -> SpectShift:
    with one_thread() as sitk:
        return measure_spect_shift(sitk, spect, liver)


def require_found(found: SpectShift, shift: tuple[float, float, float]) -> None:
    """Demand that a known shift is found within its uncertainty, and nothing to doubt."""
    off = np.abs(np.array(found.move.shift_mm) - shift)
    assert (off < 1.96 * np.array(found.sd_mm)).all()
    assert found.likeness > LEAST_SHIFTED_LIKENESS
    require_clear(found, "spect.nii.gz")


def off_mm(found: SpectShift, shift: tuple[float, float, float]) -> float:
    """Give the largest error along an axis."""
    return float(np.abs(np.array(found.move.shift_mm) - shift).max())


KNOWN: dict[str, tuple[Any, ...]] = {
    "9 mm towards the head, a tenth of the counts": ((0.0, 0.0, 9.0), (), 3e5, 0.7),
    "30 mm": ((10.0, -8.0, 30.0), (), 3e6, 0.5),
    "gut as warm as liver": ((0.0, 0.0, 0.0), (WARM_GUT,), 3e6, 1.5),
    "a cold lesion that nobody drew": (SHIFT, (COLD_LESION,), 3e6, 1.5),
    "a left lobe of less uptake": (SHIFT, (COOL_LEFT,), 3e6, 3.0),
}


@pytest.mark.slow
@each_case("shift, more, total, most_mm", of_many(["30 mm"], KNOWN))
def test_a_known_shift_is_found(
    shift: tuple[float, float, float],
    more: tuple[Uptake, ...],
    total: float,
    most_mm: float,
    liver: Mask,
) -> None:
    found = find(count(shift, *more, total=total), liver)
    require_found(found, shift)
    assert off_mm(found, shift) < most_mm
    assert found.hot_ml <= 50


@pytest.fixture(scope="module")
def hot(liver: Mask) -> SpectShift:
    """Find the shift of a liver beside hot gut and a hot gallbladder."""
    return find(count(SHIFT, GUT, GALLBLADDER), liver)


@pytest.mark.slow
def test_h17_hot_gut_and_gallbladder_next_to_the_liver_pull_nothing(hot: SpectShift) -> None:
    require_found(hot, SHIFT)
    assert off_mm(hot, SHIFT) < 0.5
    assert hot.hot_ml > 50


@pytest.mark.slow
def test_breathing_that_blurs_along_the_body_moves_nothing(liver: Mask) -> None:
    found = find(count(SHIFT, blur_mm=(5.1, 5.1, 9.0)), liver)
    assert found.move.shift_mm == pytest.approx(SHIFT, abs=0.7)


@pytest.mark.slow
def test_a_turn_is_found_and_placed_back(liver: Mask) -> None:
    """By 6 degrees about the long axis: laid onto the liver, the counts lie where they would."""
    c, s = np.cos(np.radians(6.0)), np.sin(np.radians(6.0))
    turn = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    spect = count(SHIFT, turn=turn)
    found = find(spect, liver)
    assert found.move.turn_degrees == pytest.approx(6.0, abs=1.0)
    again = find(move_spect(spect, found.move.to_ct), liver)
    assert np.abs(again.move.shift_mm).max() < 0.5
    assert again.move.turn_degrees < 1.0


@pytest.mark.slow
def test_the_same_numbers_on_each_run(liver: Mask, hot: SpectShift) -> None:
    assert find(count(SHIFT, GUT, GALLBLADDER), liver) == hot


@pytest.mark.slow
def test_h17_counts_of_something_else_give_no_shift(liver: Mask) -> None:
    """A hot ball where the liver would be: its mask fits it nowhere."""
    spleen = (ball((35.0, -5.0, -5.0), 200.0), 0.05), (ball((60.0, -30.0, 20.0), 22.0), 1.0)
    found = find(count((0.0, 0.0, 0.0), *spleen), liver)
    with refuses("spect.unlike", "spect.nii.gz", says="best correlation"):
        require_clear(found, "spect.nii.gz")


def test_h17_hot_pieces_outside_the_liver_and_what_is_near_them_are_not_compared() -> None:
    """Of 5 mm voxels: gut of 3 x 3 x 3 next to the liver, a hot lesion of as many in it."""
    grid = Grid.upright((24, 24, 24), (5.0, 5.0, 5.0))
    there, hot, lesion = (np.zeros(grid.shape, bool) for _ in range(3))
    there[4:14, 4:20, 4:20] = True
    hot[14:17, 10:13, 10:13] = lesion[6:9, 10:13, 10:13] = True
    values = np.where(hot | lesion, 8.0, np.where(there, 1.0, 0.05))
    counts = look(Image(values, 1.0, 0.0, grid, "spect.nii.gz"), values, there)
    assert counts.hot_ml == pytest.approx(27 * 0.125)
    box = box_around(distance_transform_edt(~there, sampling=5.0) <= NEAR_MM)
    assert not counts.compared[hot[box.slices()]].any()
    assert counts.compared[lesion[box.slices()]].all()


def test_a_spect_without_a_count_in_the_liver_is_refused(liver: Mask) -> None:
    empty = np.zeros(spect_grid().shape, np.uint16)
    empty[0, 0, 0] = 7
    with refuses("function.no_counts", "spect.nii.gz"):
        find(Image(empty, 1.0, 0.0, spect_grid(), "spect.nii.gz"), liver)
