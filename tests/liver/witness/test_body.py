"""The body on a CT: what it is, what it is not, and where its middle lies."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.liver.witness.witness import Body, find_body
from fl_planner.space.coarse import thin_image
from fl_planner.space.grid import Grid, Image
from tests import bodies
from tests.bodies import turned_image
from tests.cases import sure
from tests.masks import TURNS

EDGE = 4.0
GRID = Grid((100, 80, 20), ((EDGE, 0, 0, -200.0), (0, EDGE, 0, -160.0), (0, 0, EDGE, -40.0)))


def tube(middle_mm: float = 0.0, half_mm: float = 150.0) -> npt.NDArray[np.int16]:
    """Draw a body of fat in air: an upright tube, oval across."""
    x = np.arange(100)[:, None, None] * EDGE - 200
    y = np.arange(80)[None, :, None] * EDGE - 160
    inside = ((x - middle_mm) / half_mm) ** 2 + (y / 100) ** 2 < 1
    return np.where(inside, -100, -1000).astype(np.int16) * np.ones((1, 1, 20), np.int16)


def body_of(voxels: npt.NDArray[np.int16], grid: Grid = GRID) -> tuple[Body | None, Image]:
    ct = Image(voxels, 1.0, 0.0, grid, "ct.nii")
    return find_body(thin_image(ct, EDGE), grid), ct


def middle(voxels: npt.NDArray[np.int16], layers: range = range(20)) -> float | None:
    body, _ = body_of(voxels)
    assert body is not None
    return body.middle_mm(np.array([[50.0, 40.0, layer] for layer in layers]))


@pytest.mark.parametrize("middle_mm", [-24.0, 0.0, 24.0])
def test_the_middle_lies_between_both_ends(middle_mm: float) -> None:
    assert middle(tube(middle_mm)) == pytest.approx(middle_mm, abs=EDGE)


def test_lungs_belong_to_the_body_and_the_air_around_does_not() -> None:
    voxels = tube()
    voxels[20:40, 30:50] = -900
    body, _ = body_of(voxels)
    held = sure(body).holds(np.array([[30.0, 40, 10], [50, 40, 10], [2, 2, 10], [97, 77, 18]]))
    assert held.tolist() == [True, True, False, False]


def test_what_the_ct_does_not_show_is_not_said_to_lie_outside() -> None:
    body, _ = body_of(tube())
    assert sure(body).holds(np.array([[-9.0, 40, 10], [50, 40, 99]])).tolist() == [True, True]


def test_a_table_is_no_body() -> None:
    voxels = tube()
    voxels[:, 2:4] = 200  # a shell of 8 mm, 150 mm wider than the patient on one side
    voxels[70:, 4:14] = -400  # foam
    assert middle(voxels) == pytest.approx(0, abs=EDGE)


def test_the_larger_of_two_things_is_the_body() -> None:
    voxels = tube(40.0, 120.0)
    voxels[2:8, 36:44] = 0  # an arm
    assert middle(voxels) == pytest.approx(40, abs=EDGE)


@pytest.mark.parametrize(("hu", "seen"), [(-301, False), (-300, False), (-299, True)])
def test_skin_is_denser_than_minus_300(hu: int, seen: bool) -> None:
    body, _ = body_of(np.where(tube() > -500, hu, -1000).astype(np.int16))
    assert (body is not None) is seen


@pytest.mark.parametrize(("side", "seen"), [(10, False), (11, True)])
def test_a_body_has_a_thousand_cells(side: int, seen: bool) -> None:
    # every second cell is asked, and four corners of each of 10 layers are opened away:
    # 10 x (10 x 10 - 4) and 10 x (11 x 10 - 4)
    voxels = np.full((100, 80, 20), -1000, np.int16)
    voxels[20 : 20 + 2 * side, 20:40, :20] = 0
    assert (body_of(voxels)[0] is not None) is seen


def test_nothing_at_all_is_no_body() -> None:
    assert body_of(np.full((100, 80, 20), -1000, np.int16))[0] is None


@pytest.mark.parametrize(("cut", "known"), [(2, True), (3, False)])
def test_ends_that_the_scan_cuts_off_are_not_known(cut: int, known: bool) -> None:
    # of 10 layers that are asked (every second), 2 may end at the side: 1 in 5
    voxels = tube(0.0, 150.0)
    voxels[50:, 30:50, : 2 * cut] = 0
    assert (middle(voxels) is not None) is known
    left = tube(0.0, 150.0)
    left[:50, 30:50, : 2 * cut] = 0
    assert (middle(left) is not None) is known


def test_a_cut_at_front_and_back_is_no_matter() -> None:
    voxels = tube()
    voxels[40:60, :, :] = 0
    assert middle(voxels) == pytest.approx(0, abs=EDGE)


def test_only_the_layers_that_are_asked_count() -> None:
    voxels = tube()
    voxels[50:, 30:50, :10] = 0
    assert middle(voxels, range(10, 20)) == pytest.approx(0, abs=EDGE)
    voxels = tube()
    voxels[:, :, :10] = -1000
    assert middle(voxels, range(10)) is None
    assert middle(voxels, range(30, 40)) is None


@pytest.mark.parametrize("turn", TURNS[::5])
def test_h02_the_middle_does_not_depend_on_how_the_ct_is_stored(
    turn: tuple[tuple[int, int, int], tuple[int, int, int]],
) -> None:
    ct = turned_image(Image(tube(24.0), 1.0, 0.0, GRID), *turn)
    cells = thin_image(ct, EDGE)
    body = find_body(cells, ct.grid)
    assert body is not None
    to_cells = cells.from_grid(GRID, ct.grid)
    at = np.array([[50.0, 40.0, n] for n in range(20)]) @ to_cells[:, :3].T + to_cells[:, 3]
    assert body.middle_mm(at) == pytest.approx(24, abs=EDGE)
    assert body.holds(at).all()


def test_invented_patients_are_found_whole() -> None:
    for seed in range(3):
        patient = bodies.Body(seed)
        cells = thin_image(patient.ct, 3.0)
        body = find_body(cells, patient.ct.grid)
        assert body is not None
        to_cells = cells.from_grid(patient.liver.grid, patient.ct.grid)
        at = np.argwhere(patient.liver.as_array()) @ to_cells[:, :3].T + to_cells[:, 3]
        assert body.holds(at).mean() > 0.99
        assert body.middle_mm(at) == pytest.approx(0, abs=4)
        assert replace(body, x_mm=body.x_mm + 10).middle_mm(at) == pytest.approx(10, abs=4)
