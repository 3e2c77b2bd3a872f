"""Parts moved within the liver by a few voxels: an ellipsoid, and the half of it on the left."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from fl_planner.basis.findings import InputRefused, Severity
from fl_planner.liver.misplacement import find_shift, find_thin_rest
from fl_planner.liver.stray import find_stray_tumour
from fl_planner.space.grid import Index, Voxels
from fl_planner.space.mask import Mask
from tests.masks import TURNS, Turn, cubes, turned

GRID = cubes((60, 50, 46), 2.0)


def ellipsoid() -> Voxels:
    x, y, z = np.ogrid[:60, :50, :46]
    inside: Voxels = ((x - 29.5) / 22) ** 2 + ((y - 24.5) / 17) ** 2 + ((z - 22.5) / 15) ** 2 <= 1
    return inside


LIVER = Mask.of("liver", ellipsoid(), GRID, "liver.nii")
LEFT = ellipsoid() & (np.arange(60) < 26)[:, None, None]


def as_flr(voxels: Voxels) -> Mask:
    return Mask.of("flr", voxels, GRID, "flr.nii")


def shifted(by: Index) -> Mask:
    return as_flr(np.roll(LEFT, by, axis=(0, 1, 2)))


@pytest.mark.parametrize(
    ("by", "way", "inside"),
    [
        ((1, 0, 0), "2 mm towards the patient's left", True),
        ((3, 0, 0), "6 mm towards the patient's left", True),
        ((0, 2, 0), "4 mm towards the back", False),
        ((0, 0, -5), "10 mm towards the head", False),
        ((2, 2, 0), "4 mm towards the patient's left and 4 mm towards the back", False),
    ],
)
def test_h04_a_remnant_shifted_within_the_liver_is_found(by: Index, way: str, inside: bool) -> None:
    (finding,) = find_shift(shifted(by), LIVER)
    assert (finding.code, finding.file, finding.unit) == ("stray.shifted", "flr.nii", "mm")
    assert finding.value == pytest.approx(2 * np.linalg.norm(by))
    assert f"moved by {way}, it would be" in finding.message
    assert finding.message.endswith(
        "check whether this file or liver.nii is shifted"
        + ", or the part was drawn inside the surface" * inside
    )
    one = by == (1, 0, 0)
    assert finding.severity is (Severity.INFO if one else Severity.WARNING)


@pytest.mark.parametrize("turn", TURNS[::7])
def test_h04_a_shift_is_the_patients_however_it_is_stored(turn: Turn) -> None:
    (finding,) = find_shift(turned(shifted((3, 0, 0)), *turn), turned(LIVER, *turn))
    assert "moved by 6 mm towards the patient's left" in finding.message


@pytest.mark.parametrize(("by", "way"), [((2, 2, 0), "2 voxels"), ((1, 0, 0), "1 voxel")])
def test_without_a_position_a_shift_is_in_voxels(by: Index, way: str) -> None:
    unplaced = replace(GRID, placed=False)
    part, liver = (replace(mask, grid=unplaced) for mask in (shifted(by), LIVER))
    (finding,) = find_shift(part, liver)
    assert f"moved by {way}, it would be" in finding.message


@pytest.mark.parametrize(
    "voxels",
    [
        LEFT,
        ellipsoid(),
        ellipsoid() & (np.arange(60) >= 20)[:, None, None],
        ellipsoid() & (np.add.outer(np.arange(60), np.arange(50)) < 50)[:, :, None],
        ndimage.binary_dilation(LEFT),  # drawn a little too large
        np.roll(ellipsoid() & (np.arange(60) < 12)[:, None, None], 2, axis=0),  # small
    ],
)
def test_h04_parts_that_follow_the_liver_on_all_sides_are_not_shifted(voxels: Voxels) -> None:
    assert find_shift(as_flr(voxels), LIVER) == ()


def test_h04_a_remnant_redrawn_by_hand_is_not_shifted() -> None:
    # each slice of its surface redrawn up to a voxel or so inwards or outwards
    away = ndimage.distance_transform_edt(LEFT) - ndimage.distance_transform_edt(~LEFT)
    noise = np.random.default_rng(1).standard_normal(LEFT.shape)
    smooth = ndimage.gaussian_filter(noise, (3, 3, 0))
    assert find_shift(as_flr(away + smooth / smooth.std() > 0), LIVER) == ()


@pytest.mark.parametrize("voxels", [1, 2, 4])
def test_h03_a_remnant_inside_the_surface_all_around_is_reported(voxels: int) -> None:
    (finding,) = find_shift(as_flr(ndimage.binary_erosion(LEFT, iterations=voxels)), LIVER)
    assert (finding.code, finding.severity) == ("parts.inset", Severity.WARNING)
    assert (finding.value, finding.unit) == (voxels, "voxels")
    assert f"is about {voxels} voxel{'s' * (voxels > 1)} inside that of" in finding.message
    assert "check whether this file was shrunk, or liver.nii enlarged" in finding.message


@pytest.mark.parametrize(
    ("long", "wide", "level", "between"),
    [  # voxels of 8 mm3
        (20, 28, Severity.WARNING, "23.5 mL (13 % of its volume)"),
        (60, 80, Severity.INFO, "66.6 mL (4 % of its volume)"),
    ],
)
def test_h03_a_remnant_one_voxel_inside_is_a_warning_if_much_is_between_the_surfaces(
    long: int, wide: int, level: Severity, between: str
) -> None:
    grid = cubes((long + 32, wide + 4, 42), 2.0)
    liver, flr = np.zeros(grid.shape, dtype=np.bool_), np.zeros(grid.shape, dtype=np.bool_)
    liver[1:-1, 1:-1, 1:-1] = flr[2 : 2 + long, 2:-2, 1:-1] = True
    # one layer in front, behind, and on the left; a row of each also above and below the cut
    voxels = 2 * (long + 2) * 40 + wide * 40 + 2 * wide
    assert between.startswith(f"{voxels * 8 / 1000:.1f} mL")
    (finding,) = find_shift(Mask.of("flr", flr, grid), Mask.of("liver", liver, grid))
    assert (finding.code, finding.severity, finding.value) == ("parts.inset", level, 1)
    assert f"about {between} is between both" in finding.message


def test_h04_a_remnant_one_voxel_inside_at_one_side_is_information() -> None:
    # the left end of the liver: its surface to the left is drawn one voxel inside
    lateral = LEFT & (np.arange(60) < 20)[:, None, None]
    (finding,) = find_shift(as_flr(lateral & np.roll(lateral, 1, axis=0)), LIVER)
    assert finding.severity is Severity.INFO
    assert finding.message.endswith("is shifted, or the part was drawn inside the surface")


def test_h03_a_liver_enlarged_all_around_is_reported() -> None:
    liver = Mask.of("liver", ndimage.binary_dilation(ellipsoid(), iterations=2), GRID, "liver.nii")
    (finding,) = find_shift(as_flr(LEFT), liver)
    assert (finding.code, finding.severity) == ("parts.inset", Severity.WARNING)


@pytest.mark.parametrize(("axis", "way"), [(0, "left-right"), (1, "front-back"), (2, "head-foot")])
def test_h02_a_small_tumour_mirrored_within_its_file_is_named_as_mirrored(
    axis: int, way: str
) -> None:
    half = ellipsoid() & (np.indices(GRID.shape)[axis] < GRID.shape[axis] // 2)
    liver = Mask.of("liver", half, GRID, "liver.nii")
    voxels = np.zeros(GRID.shape, dtype=np.bool_)
    centre = [29, 24, 22]
    centre[axis] -= 8
    voxels[tuple(slice(n - 2, n + 3) for n in centre)] = True
    assert (voxels & half).sum() == 125  # all of it
    tumour = Mask.of("tumour", np.flip(voxels, axis), GRID, "tumour.nii")
    with pytest.raises(InputRefused) as refused:
        find_stray_tumour(liver, tumour)
    assert refused.value.reason.endswith(
        f"if mirrored {way} within its file, it would be in the liver: check whether this file "
        "or liver.nii was flipped"
    )


@pytest.mark.parametrize(("long", "found"), [(35, True), (50, False)])
def test_h04_the_nearest_shift_by_which_6_percent_reach_the_surface_is_reported(
    long: int, found: bool
) -> None:
    # a bar one voxel inside the left face only, 6 from the others: moved there, and no matter how
    # far along the face, 100 of its 1388 surface voxels (7.2 %) are on it; of a longer bar, 5.2 %
    grid = cubes((long + 9, 24, 24))
    liver, flr = np.zeros(grid.shape, dtype=np.bool_), np.zeros(grid.shape, dtype=np.bool_)
    liver[1:-1, 1:-1, 1:-1] = flr[2 : 2 + long, 7:-7, 7:-7] = True
    findings = find_shift(Mask.of("flr", flr, grid), Mask.of("liver", liver, grid))
    assert [one.code for one in findings] == ["stray.shifted"] * found
    assert all("1 mm towards the patient's left, it would be 7 %" in x.message for x in findings)


def slab(first: int, stop: int, across: int = 1) -> Mask:
    """Return a remnant that is a slab of a box-shaped liver, `across` voxels from its faces."""
    voxels = np.zeros(BOX.shape, dtype=np.bool_)
    voxels[first:stop, across:-across, 1:-1] = True
    return Mask.of("flr", voxels, BOX, "flr.nii")


BOX = cubes((62, 42, 42), 3.0)
BOX_LIVER = Mask.of("liver", np.pad(np.ones((60, 40, 40), np.bool_), 1), BOX, "liver.nii")


@pytest.mark.parametrize(("rim", "found"), [(1, True), (3, True), (4, True), (5, False)])
def test_h04_a_remnant_moved_and_clipped_to_the_liver_leaves_a_rim(rim: int, found: bool) -> None:
    # the right 20 of 60 layers of the liver, but for some layers at its end: up to 12 mm thick
    findings = find_thin_rest(slab(41, 61 - rim), BOX_LIVER)
    if rim == 1:  # 40 x 40 of 19 x 40 x 40 voxels: 5.3 %
        assert findings == ()
        return
    assert [one.code for one in findings] == ["parts.rim"] * found
    for one in findings:
        assert (one.severity, one.unit) == (Severity.WARNING, "mL")
        # a ball of 12 mm does not reach three voxels in each of the four edges of the cut
        edges = 4 * 40 * 3 + 4
        assert one.value == pytest.approx((rim * 40 * 40 + edges) * 0.027)
        assert one.message.startswith("flr.nii: about ")
        assert "whether this file and liver.nii are from the same scan" in one.message


def test_h04_a_rim_of_tumour_or_a_small_remnant_is_not_reported() -> None:
    remnant, rim = slab(41, 58), slab(58, 61)
    assert find_thin_rest(remnant, BOX_LIVER)
    assert find_thin_rest(remnant, BOX_LIVER, rim) == ()
    assert find_thin_rest(slab(53, 58), BOX_LIVER) == ()  # 8 % of the liver
    assert find_thin_rest(slab(1, 58), BOX_LIVER) == ()  # 3 of 57 layers: 5.3 %
    assert find_thin_rest(slab(1, 50, 4), slab(1, 50)) != ()  # all that is left is a rim


@pytest.mark.parametrize("voxels", [LEFT, ellipsoid(), np.flip(LEFT, 0)])
def test_h04_a_part_cut_by_a_plane_leaves_no_rim(voxels: Voxels) -> None:
    assert find_thin_rest(as_flr(voxels), LIVER) == ()
