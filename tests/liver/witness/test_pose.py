"""Where a mask fits its CT: places beside its border, and poses that must come out again."""

from collections.abc import Sequence
from dataclasses import replace
from math import isnan

import numpy as np
import numpy.typing as npt
import pytest

from fl_planner.liver.witness.pose import (
    AS_GIVEN,
    MOST_PLACES,
    NOTHING_SEEN,
    Fit,
    Pose,
    Scene,
    find_places,
    search_better_pose,
)
from fl_planner.space.coarse import thin_image
from fl_planner.space.grid import Box, Grid, Image
from fl_planner.space.mask import Mask
from tests import bodies
from tests.cases import sure
from tests.masks import AFFINES, block, cells, cubes

EDGE = 4.0
GRID = cubes((60, 60, 40), EDGE)
MIDDLE = np.array([29.5, 29.5, 19.5])


def scene_of(mask: Mask, ct: Image, sound: Mask | None = None) -> Scene:
    return Scene.of(mask, sound or mask, thin_image(ct, 3.0), ct.grid)


def wedge(name: str = "liver", *, field: Box | None = None) -> Mask:
    """Draw three blocks, no two of whose directions look alike."""
    mask = block(GRID, (20, 44), (18, 40), (10, 28), name=name)
    mask = (
        mask | block(GRID, (36, 52), (18, 28), (10, 22)) | block(GRID, (20, 30), (36, 50), (20, 34))
    )
    return mask if field is None else replace(mask, field=field)


def ct_of(mask: Mask, hu: float = 100.0, around: float = -100.0) -> Image:
    return Image(np.where(mask.as_array(), hu, around), 1.0, 0.0, mask.grid, "ct.nii")


def test_a_liver_in_fat_fits_wholly() -> None:
    fit = scene_of(wedge(), ct_of(wedge())).fit(AS_GIVEN)
    assert (fit.fit, fit.level_hu, fit.inside_share, fit.outside_share) == (1.0, 100.0, 1.0, 0.0)


def test_without_a_border_nothing_fits() -> None:
    fit = scene_of(wedge(), ct_of(wedge(), around=100.0)).fit(AS_GIVEN)
    assert (fit.fit, fit.inside_share, fit.outside_share) == (0.0, 1.0, 1.0)


@pytest.mark.parametrize(("around", "like"), [(75.0, 1.0), (74.0, 0.0), (125.0, 1.0), (126.0, 0.0)])
def test_what_is_like_liver_is_within_25_hu_without_noise(around: float, like: float) -> None:
    fit = scene_of(wedge(), ct_of(wedge(), around=around)).fit(AS_GIVEN)
    assert fit.outside_share == like


@pytest.mark.parametrize(
    ("apart", "around", "like"),
    [
        (10.0, 137.0, 1.0),  # 2.5 x 1.4826 x 10 = 37.1
        (10.0, 138.0, 0.0),
        (40.0, 145.0, 1.0),  # no farther than 45
        (40.0, 146.0, 0.0),
    ],
)
def test_what_is_like_liver_depends_on_the_noise(apart: float, around: float, like: float) -> None:
    # most voxels lie so far apart from the median: that is their median distance
    grain = np.random.default_rng(3).choice([-apart, 0, apart], GRID.shape, p=[0.35, 0.3, 0.35])
    values = np.where(wedge().as_array(), 100.0 + grain, around)
    fit = scene_of(wedge(), Image(values, 1.0, 0.0, GRID, "ct.nii")).fit(AS_GIVEN)
    assert fit.outside_share == like


def test_places_beyond_the_ct_count_as_nothing() -> None:
    scene = scene_of(wedge(), ct_of(wedge()))
    half = scene.fit(AS_GIVEN.at(np.array([-32.0, 0, 0])))  # the middle of it lies at the edge
    assert half.fit < 0.5
    gone = scene.fit(AS_GIVEN.at(np.array([-60.0, 0, 0])))
    assert (gone.fit, gone.inside_share, gone.outside_share) == (0.0, 0.0, 0.0)
    assert isnan(gone.level_hu)


def test_a_small_mask_states_nothing() -> None:
    small = block(GRID, (20, 26), (20, 26), (20, 26), name="liver")
    scene = scene_of(small, ct_of(small))
    assert not scene.tells
    assert search_better_pose(scene, [MIDDLE]) == (NOTHING_SEEN, None)
    assert scene_of(wedge(), ct_of(wedge())).tells


def test_only_the_sound_part_is_asked() -> None:
    rest = wedge() - block(GRID, (20, 30), (0, 60), (0, 40))
    scene = scene_of(wedge(), ct_of(wedge()), rest)
    assert scene.places.within[:, 0].min() > 29
    assert scene.places.deep[:, 0].min() > 29
    assert not scene_of(wedge(), ct_of(wedge()), rest - rest).tells


def put(pose: Pose, mask: Mask) -> Mask:
    """Store a mask so that this pose brings it back."""
    voxels = np.zeros(GRID.shape, bool)
    back = np.rint(pose.of(np.argwhere(np.ones(GRID.shape, bool)).astype(float))).astype(int)
    inside = ((back >= 0) & (back < GRID.shape)).all(axis=1)
    voxels.reshape(-1)[inside] = mask.as_array()[tuple(back[inside].T)]
    return Mask.of(mask.name, voxels, GRID)


def look_for(lying: Mask, *mirrors: npt.NDArray[np.float64]) -> tuple[Fit, tuple[Pose, Fit] | None]:
    """Look for a better pose of a mask that does not lie where the CT has it."""
    return search_better_pose(scene_of(lying, ct_of(wedge())), mirrors or [MIDDLE])


SIGNS = [(a, b, c) for a in (1, -1) for b in (1, -1) for c in (1, -1) if (a, b, c) != (1, 1, 1)]


@pytest.mark.slow
@pytest.mark.parametrize("signs", SIGNS)
@pytest.mark.parametrize("swapped", [False, True])
def test_h02_a_mirrored_mask_is_found_as_what_it_is(
    signs: tuple[int, int, int], swapped: bool
) -> None:
    pose = Pose(signs, swapped)
    pose = pose.at(MIDDLE - pose.of(MIDDLE[None])[0])
    given, better = look_for(put(pose, wedge()))
    found, fit = sure(better)
    assert (found.signs, found.swapped) == (signs, swapped)
    assert fit.fit > 0.9 > 0.6 > given.fit


def test_h02_rows_and_columns_that_changed_places_are_found() -> None:
    found, _ = sure(look_for(put(Pose(swapped=True), wedge()))[1])
    assert (found.signs, found.swapped) == ((1, 1, 1), True)


def test_rows_that_are_not_as_long_as_columns_cannot_change_places() -> None:
    field = Box((0, 0, 0), (60, 59, 40))
    lying = replace(put(Pose(swapped=True), wedge()), field=field)
    _, better = look_for(lying)
    assert better is None or not better[0].swapped


@pytest.mark.parametrize("way", [(5, 0, 0), (0, -5, 0), (0, 0, 5), (10, -5, 5), (-12, 0, 0)])
def test_h06_a_moved_mask_is_found_where_it_belongs(way: tuple[int, int, int]) -> None:
    offset = np.array(way, float)
    found, _ = sure(look_for(put(AS_GIVEN.at(offset), wedge()))[1])
    assert found.upright
    assert np.abs(found.offset - offset).max() * EDGE <= 5


@pytest.mark.parametrize(("steps", "found"), [(0, False), (1, False), (3, True)])
def test_a_few_millimetres_are_breath(steps: int, found: bool) -> None:
    _, better = look_for(put(AS_GIVEN.at(np.array([steps, 0.0, 0.0])), wedge()))
    assert (better is not None) is found


def test_a_mask_may_be_mirrored_about_another_middle() -> None:
    about = np.add(MIDDLE, (8.0, 0, 0))
    pose = Pose((-1, 1, 1))
    pose = pose.at(about - pose.of(about[None])[0])
    found, _ = sure(look_for(put(pose, wedge()), MIDDLE, about)[1])
    assert found.signs == (-1, 1, 1)
    assert found.offset[0] == pytest.approx(pose.offset[0], abs=5 / EDGE)


def test_what_fits_nearly_wholly_is_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError

    scene = scene_of(wedge(), ct_of(wedge()))
    monkeypatch.setattr(Scene, "look_closely", never)
    assert search_better_pose(scene, [MIDDLE])[1] is None
    noisy = scene_of(wedge(), ct_of(wedge(), around=100.0))
    assert search_better_pose(noisy, [MIDDLE])[1] is None


def shifted_patient(seed: int, mm: float) -> tuple[float, float, bool]:
    """Move an invented patient's mask, and tell both fits and whether it was found."""
    patient = bodies.Body(seed)
    scene = scene_of(bodies.moved(patient.liver, (mm, 0, 0)), patient.ct)
    given, better = search_better_pose(scene, [np.subtract(patient.liver.grid.shape, 1) / 2])
    return given.fit, better[1].fit if better else given.fit, better is not None


def test_the_better_pose_is_clearly_better() -> None:
    for seed in range(4):
        given, better, found = shifted_patient(seed, 28.0)
        assert found
        assert better >= given + 0.15


def noise(mask: Mask) -> npt.NDArray[np.float64]:
    return np.random.default_rng(5).normal(60, 40, mask.grid.shape)


def test_in_grain_nothing_is_found() -> None:
    ct = Image(noise(wedge()), 1.0, 0.0, GRID, "ct.nii")
    assert search_better_pose(scene_of(wedge(), ct), [MIDDLE])[1] is None


def test_the_grid_of_the_ct_may_be_any() -> None:
    patient = bodies.Body(1)
    turned = bodies.turned_image(patient.ct, (2, 0, 1), (-1, 1, -1))
    one, other = scene_of(patient.liver, patient.ct), scene_of(patient.liver, turned)
    assert other.fit(AS_GIVEN).fit == pytest.approx(one.fit(AS_GIVEN).fit, abs=0.02)


def test_a_grid_of_its_own_for_the_mask() -> None:
    fine = Grid((120, 120, 80), ((2.0, 0, 0, -1), (0, 2.0, 0, -1), (0, 0, 2.0, -1)))
    voxels = wedge().as_array().repeat(2, 0).repeat(2, 1).repeat(2, 2)
    mask = Mask.of("liver", voxels, fine)
    assert scene_of(mask, ct_of(wedge())).fit(AS_GIVEN).fit > 0.95


Floats = npt.NDArray[np.float64]
RADIUS = 40.0
CENTRE_MM = np.array([7.0, -9.0, 11.0])


def ball(affine: Sequence[Sequence[float]]) -> Mask:
    """Draw a ball of 40 mm about a place, on a grid around it."""
    columns = np.array(affine)[:, :3]
    reach = np.abs(np.linalg.inv(columns)).sum(axis=1) * (RADIUS + 15)
    half = np.ceil(reach).astype(int)
    place = CENTRE_MM - columns @ half
    a, b, c = ((x, y, z, p) for (x, y, z), p in zip(columns.tolist(), place.tolist(), strict=True))
    i, j, k = (2 * int(n) + 1 for n in half)
    grid = Grid((i, j, k), (a, b, c))
    places = grid.places_mm(np.argwhere(np.ones(grid.shape, bool)))
    inside = np.linalg.norm(places - CENTRE_MM, axis=1) < RADIUS
    return Mask.of("liver", inside.reshape(grid.shape), grid)


def far_mm(mask: Mask, indices: Floats) -> Floats:
    matrix = mask.grid.matrix()
    lengths: Floats = np.linalg.norm(indices @ matrix[:, :3].T + matrix[:, 3] - CENTRE_MM, axis=1)
    return lengths


@pytest.mark.parametrize("name", AFFINES)
def test_places_are_five_millimetres_to_either_side_of_a_ball(name: str) -> None:
    mask = ball(AFFINES[name])
    places = find_places(mask, mask)
    assert 1000 < len(places.within) == len(places.beyond) <= MOST_PLACES
    assert np.median(far_mm(mask, places.within)) == pytest.approx(RADIUS - 5, abs=0.5)
    assert np.median(far_mm(mask, places.beyond)) == pytest.approx(RADIUS + 5, abs=0.5)
    for part, mm in ((places.within, RADIUS - 5), (places.beyond, RADIUS + 5)):
        assert np.percentile(np.abs(far_mm(mask, part) - mm), 95) < 1.5
    assert np.allclose(
        np.linalg.norm((places.beyond - places.within) @ mask.grid.matrix()[:, :3].T, axis=1), 10
    )
    assert 1000 < len(places.deep) <= MOST_PLACES
    assert far_mm(mask, places.deep).max() < RADIUS


def test_thick_slices_are_asked_farther_out() -> None:
    mask = ball(((2.0, 0, 0), (0, 2.0, 0), (0, 0, 10.0)))
    places = find_places(mask, mask)
    assert np.median(far_mm(mask, places.within)) == pytest.approx(RADIUS - 7.5, abs=1)
    assert np.median(far_mm(mask, places.beyond)) == pytest.approx(RADIUS + 7.5, abs=1)


def test_h06_a_border_at_the_edge_of_the_file_is_not_asked_about() -> None:
    # the liver goes on where the scan ends: its flat face is no border
    grid = cubes((40, 40, 40), 3.0)
    whole = block(grid, (10, 30), (10, 30), (10, 30), name="liver")
    places = find_places(whole, whole)
    assert (places.beyond[:, 2] > 29.5).any()
    cut = find_places(replace(whole, field=Box((0, 0, 0), (40, 40, 30))), whole)
    assert not (cut.beyond[:, 2] > 29.5).any()
    assert (cut.beyond[:, 2] < 9.5).any()
    assert len(cut.deep) == len(places.deep)


def test_parts_too_thin_have_no_inside() -> None:
    plate = block(cubes((60, 60, 60), 3.0), (5, 55), (5, 55), (30, 31))
    places = find_places(plate, plate)
    assert len(places.deep) == 0
    assert (places.beyond[:, 2] == 30).all()  # from its four edges, not from its faces
    thicker = block(cubes((60, 60, 60), 3.0), (5, 55), (5, 55), (26, 34))
    assert len(find_places(thicker, thicker).deep) > 1000


def test_a_lone_voxel_has_no_side() -> None:
    lone = cells(cubes((9, 9, 9), 3.0), [(4, 4, 4)])
    places = find_places(lone, lone)
    assert (len(places.within), len(places.beyond), len(places.deep)) == (0, 0, 0)


def test_places_are_thinned_evenly_and_alike() -> None:
    mask = ball(((2.0, 0, 0), (0, 2.0, 0), (0, 0, 2.0)))
    places = find_places(mask, mask).thinned(100)
    assert 50 < len(places.within) == len(places.beyond) <= 100
    assert 50 < len(places.deep) <= 100
    few = places.thinned(10)
    assert few.within.tolist() == places.within[:: -(-len(places.within) // 10)].tolist()
