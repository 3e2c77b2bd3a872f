"""The CT as witness: silent on good work, and on invented patients never fooled by a mirror."""

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.witness.witness import check_on_ct
from fl_planner.space.grid import Affine, Grid, Image
from fl_planner.space.mask import Mask
from tests import bodies
from tests.bodies import ARTERIAL, BRIGHT, FATTY, PHASES, PLAIN, PORTAL, flipped, moved
from tests.cases import of_many, sure
from tests.masks import TURNS, block, codes, turned


@cache
def patient(seed: int = 0, **given: object) -> bodies.Body:
    return bodies.Body(seed, **given)  # type: ignore[arg-type]  # fields of a body


def ask(mask: Mask, ct: Image) -> tuple[Finding, ...]:
    return check_on_ct(Anatomy(mask), ct)


def loud(findings: Iterable[Finding]) -> list[str]:
    return [one.code for one in findings if one.severity is not Severity.INFO]


# good work


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hu", "noise_hu", "spacing_mm", "margin_mm"),
    [
        (PORTAL, 10.0, (3.5, 3.5, 5.0), None),
        (PLAIN, 15.0, (3.5, 3.5, 5.0), None),
        (FATTY, 15.0, (3.5, 3.5, 5.0), None),
        (ARTERIAL, 20.0, (3.5, 3.5, 5.0), None),
        (BRIGHT, 30.0, (3.5, 3.5, 5.0), None),
        (PORTAL, 30.0, (3.0, 3.0, 7.5), None),  # thick slices
        (PLAIN, 20.0, (4.0, 4.0, 10.0), None),
        (PORTAL, 15.0, (3.5, 3.5, 5.0), 15.0),  # cropped around the liver
        (PLAIN, 20.0, (3.5, 3.5, 5.0), 0.0),
        (FATTY, 10.0, (3.5, 3.5, 5.0), 30.0),
    ],
)
def test_good_work_is_not_doubted(
    hu: object, noise_hu: float, spacing_mm: tuple[float, float, float], margin_mm: float | None
) -> None:
    for seed in range(6):  # 60 patients in all
        one = bodies.Body(seed + 100, hu, noise_hu, spacing_mm, margin_mm)  # type: ignore[arg-type]
        assert loud(ask(one.liver, one.ct)) == [], seed


@pytest.mark.slow
@pytest.mark.parametrize(
    "way", [(5, 0, 0), (-5, 0, 0), (0, 5, 0), (0, -5, 0), (0, 0, 5), (0, 0, -5)]
)
def test_a_breath_is_not_doubted(way: tuple[int, int, int]) -> None:
    for seed in (20, 21):
        one = patient(seed, hu=PHASES[seed % 2])
        assert loud(ask(moved(one.liver, way), one.ct)) == []


# mirrored and moved


@pytest.mark.slow
@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ((0,), "left and right"),
        ((1,), "back and front"),
        ((2,), "foot and head"),
        ((0, 1), "left and right, back and front"),
    ],
)
@pytest.mark.parametrize("hu", [PORTAL, PLAIN, FATTY])
def test_h02_a_mask_mirrored_on_its_ct_is_an_error(
    axes: tuple[int, ...], words: str, hu: tuple[int, int, int, int, int]
) -> None:
    for seed in (1, 2):
        one = patient(seed, hu=hu)
        (finding,) = ask(flipped(one.liver, *axes), one.ct)
        assert (finding.code, finding.severity) == ("ct.mask_mirrored", Severity.ERROR)
        assert finding.message.startswith(
            "liver.nii.gz on ct.nii.gz: the mask fits the CT better if mirrored "
            f"({words} swapped): "
        )
        assert finding.file == "liver.nii.gz"
        assert 15 <= sure(finding.value) <= 200
        assert finding.unit == "points"


MOVES = [*product(range(3), (-30.0, -20.0, 20.0, 30.0))]


@pytest.mark.slow
@pytest.mark.parametrize(("axis", "mm"), of_many([(0, 20.0), (2, -30.0)], MOVES))
def test_h06_a_mask_moved_on_its_ct_is_reported_with_its_way(axis: int, mm: float) -> None:
    way = [0.0, 0.0, 0.0]
    way[axis] = mm
    sides = (("patient's left", "patient's right"), ("back", "front"), ("feet", "head"))[axis]
    for seed in (4, 5):
        one = patient(seed, hu=PHASES[seed % 2])
        (finding,) = ask(moved(one.liver, way), one.ct)
        assert (finding.code, finding.severity) == ("ct.mask_shifted", Severity.WARNING)
        assert f" mm towards the {sides[mm < 0]}" in finding.message  # back to where it belongs
        assert finding.value == pytest.approx(abs(mm), abs=7)
        assert (finding.unit, finding.file) == ("mm", "liver.nii.gz")


def test_h06_three_slices_are_found() -> None:
    one = patient(6)
    (finding,) = ask(moved(one.liver, (0, 0, 15)), one.ct)
    assert "moved 15 mm towards the feet: " in finding.message


def test_h06_a_mask_that_lost_its_place_is_found_on_the_ct_again() -> None:
    # its file says 0, 0, 0 where the CT lies somewhere else
    one = patient(7)
    lost = Mask.of("liver", one.liver.as_array(), Grid.upright((109, 80, 52), (3.5, 3.5, 5.0)))
    (finding,) = ask(lost, one.ct)
    assert finding.code == "ct.mask_shifted"
    assert (
        "190 mm towards the patient's left, 140 mm towards the back, 130 mm towards the feet"
        in finding.message
    )


@pytest.mark.parametrize("middle", [(0.0, 0.0), (70.0, -250.0)])
def test_h02_lps_taken_for_ras_is_found(middle: tuple[float, float]) -> None:
    # the patient's x and y have changed their signs, wherever the scanner's origin was
    one = patient(8)
    x, y, z = one.ct.grid.affine
    a = (*x[:3], x[3] + middle[0])
    b = (*y[:3], y[3] + middle[1])
    ct = replace(one.ct, grid=Grid(one.ct.grid.shape, (a, b, z)))
    read = Grid(ct.grid.shape, (tuple(-n for n in a), tuple(-n for n in b), z))  # type: ignore[arg-type]
    (finding,) = ask(Mask.of("liver", one.liver.as_array(), read, "liver.nii"), ct)
    assert finding.code == "ct.mask_mirrored"
    assert "(left and right, back and front swapped)" in finding.message


def test_h02_a_mask_mirrored_about_the_body_is_found() -> None:
    # in a CT that is not centred on the patient
    one = patient(9)
    x, y, z = one.ct.grid.affine
    wide = np.full((160, 80, 52), -1000, np.int16)
    wide[45:154] = one.ct.voxels
    grid = Grid(wide.shape, ((*x[:3], x[3] - 45 * 3.5), y, z))
    about_0 = Mask.of("liver", one.liver.as_array()[::-1], one.ct.grid, "liver.nii")
    (finding,) = ask(about_0, Image(wide, 1.0, 0.0, grid, "ct.nii"))
    assert "(left and right swapped)" in finding.message


@pytest.mark.slow
def test_h02_rows_taken_for_columns_are_found() -> None:
    one = patient(10)
    square = np.full((109, 109, 52), -1000, np.int16)
    square[:, 14:94] = one.ct.voxels
    mask = np.zeros(square.shape, bool)
    mask[:, 14:94] = one.liver.as_array()
    grid = Grid.upright((109, 109, 52), (3.5, 3.5, 5.0))
    ct = Image(square, 1.0, 0.0, grid, "ct.nii")
    (finding,) = ask(Mask.of("liver", mask.transpose(1, 0, 2), grid, "liver.nii"), ct)
    assert finding.code == "ct.mask_mirrored"
    assert "better if transposed (rows and columns swapped): " in finding.message
    (finding,) = ask(Mask.of("liver", mask.transpose(1, 0, 2)[::-1], grid, "liver.nii"), ct)
    assert "swapped) and transposed (rows and columns swapped): " in finding.message


def test_h02_both_mirrored_are_on_the_left() -> None:
    for seed in (11, 12):
        one = patient(seed)
        ct = replace(one.ct, voxels=one.ct.voxels[::-1])
        (finding,) = ask(flipped(one.liver, 0), ct)
        assert (finding.code, finding.severity) == ("ct.liver_left", Severity.WARNING)
        assert finding.value is not None
        assert finding.value > 20
        assert f"is {finding.value:.0f} mm to the left of the midline" in finding.message


@pytest.mark.essential
@pytest.mark.slow
def test_h04_another_patients_mask_is_reported() -> None:
    told = 0
    for seed in range(8):
        one, other = patient(seed + 30), patient(seed + 50)
        steps = [0, 0, 0] if seed % 2 else [14, -10, 15]
        told += bool(loud(ask(moved(other.liver, steps), one.ct)))
    assert told >= 4  # those that lie elsewhere; livers of one shape in one place are alike


# what is known to look otherwise


def test_a_tumour_is_not_asked_whether_it_looks_like_liver() -> None:
    one = patient(13)
    right = one.grid.shape[0] * 5 // 8
    tumour = Mask.of("tumour", one.liver.as_array(), one.liver.grid) & block(
        one.liver.grid, (right, one.grid.shape[0]), (0, 80), (0, 52)
    )
    necrosis = np.where(tumour.as_array(), 10, one.ct.voxels).astype(np.int16)
    ct = replace(one.ct, voxels=necrosis)
    cyst = replace(tumour, name="cyst")
    assert tumour.voxel_count > one.liver.voxel_count / 2
    assert loud(check_on_ct(Anatomy(one.liver), ct))
    assert loud(check_on_ct(Anatomy(one.liver, tumour=tumour), ct)) == []
    assert loud(check_on_ct(Anatomy(one.liver, excluded=(cyst,)), ct)) == []


def test_a_liver_that_is_all_tumour_is_not_asked() -> None:
    one = patient(13)
    rest = block(one.liver.grid, (0, 1), (0, 1), (0, 1), name="liver")
    anatomy = Anatomy(rest | one.liver, tumour=one.liver)
    assert loud(check_on_ct(anatomy, one.ct)) in ([], ["ct.liver_hu"])


def test_a_small_mask_is_asked_for_its_values_only() -> None:
    one = patient(14)
    lung = block(one.liver.grid, (70, 74), (40, 44), (47, 49), name="liver")
    (finding,) = ask(replace(lung, file="liver.nii"), one.ct)
    assert (finding.code, finding.severity) == ("ct.liver_hu", Severity.ERROR)
    assert finding.value == pytest.approx(-850, abs=15)


def test_a_ct_without_contrast_against_muscle_states_this() -> None:
    one = patient(15)
    ct = replace(one.ct, voxels=np.where(one.ct.voxels > -930, 60, -1000).astype(np.int16))
    (finding,) = ask(one.liver, ct)
    assert (finding.code, finding.severity) == ("ct.border_unseen", Severity.INFO)
    assert (finding.file, finding.unit) == ("liver.nii.gz", "%")
    assert 60 < sure(finding.value) <= 100  # the muscle around it
    assert f"{sure(finding.value):.0f} % of the points just outside" in finding.message


def test_h04_a_mask_of_which_most_of_the_border_is_no_liver_is_reported() -> None:
    """Drawn two voxels, 7 mm, too large on all sides: what is just inside is mostly not liver."""
    one = patient(3)
    wide = Mask.of("liver", binary_dilation(one.liver.as_array(), iterations=2), one.liver.grid)
    found = ask(replace(wide, file="liver.nii"), one.ct)
    (border,) = (each for each in found if each.code == "ct.no_border")
    assert (border.severity, border.file) == (Severity.WARNING, "liver.nii")
    assert (sure(border.value) < 50, border.unit) == (True, "%")
    assert f"only {sure(border.value):.0f} % of the points just inside" in border.message
    assert "(at least 60 % expected)" in border.message
    assert "ct.fits" not in codes(found)


# where the CT lies, and what it is


@pytest.mark.slow
def test_a_ct_of_any_orientation_gives_the_same_answer() -> None:
    one = patient(3, hu=PLAIN)
    wrong = flipped(one.liver, 0)
    for axes, flips in TURNS[::6]:
        ct = bodies.turned_image(one.ct, axes, flips)
        assert loud(ask(one.liver, ct)) == []
        assert loud(ask(wrong, ct)) == ["ct.mask_mirrored"]


@pytest.mark.slow
def test_a_mask_of_any_orientation_gives_the_same_answer() -> None:
    one = patient(3, hu=PLAIN)
    for axes, flips in TURNS[3::9]:
        assert loud(ask(turned(one.liver, axes, flips), one.ct)) == []
        (finding,) = ask(turned(flipped(one.liver, 0), axes, flips), one.ct)
        assert "(left and right swapped)" in finding.message


def test_a_ct_of_other_voxels_and_a_tilted_one_are_fine() -> None:
    one = patient(16)
    x, y, z = one.ct.grid.affine
    coarse = replace(
        one.ct,
        voxels=one.ct.voxels[::2, ::2],
        grid=Grid((55, 40, 52), ((7.0, *x[1:]), (0.0, 7.0, 0.0, y[3]), z)),
    )
    assert loud(ask(one.liver, coarse)) == []
    assert loud(ask(flipped(one.liver, 0), coarse)) == ["ct.mask_mirrored"]
    turn = np.array([[0.98, -0.199, 0], [0.199, 0.98, 0], [0, 0, 1]])
    rows: Affine = tuple(
        (float(a), float(b), float(c), float(d)) for a, b, c, d in turn @ one.ct.grid.matrix()
    )
    tilted = Grid(one.ct.grid.shape, rows)
    mask = Mask.of("liver", one.liver.as_array(), tilted, "liver.nii")
    ct = replace(one.ct, grid=tilted)
    assert loud(ask(mask, ct)) == []
    assert loud(ask(flipped(mask, 2), ct)) == ["ct.mask_mirrored"]


def test_a_ct_that_fits_is_stated_to_with_what_was_seen() -> None:
    one = patient(3)
    (finding,) = ask(one.liver, one.ct)
    assert (finding.code, finding.severity) == ("ct.fits", Severity.INFO)
    assert "the mask agrees with the liver on the CT" in finding.message
    assert (finding.file, finding.unit) == ("liver.nii.gz", "%")
    assert 90 < sure(finding.value) <= 100  # the drawn organ: nearly all just inside is liver
    for wrong in (flipped(one.liver, 0), moved(one.liver, (35, 0, 0))):
        assert "ct.fits" not in codes(ask(wrong, one.ct))
    blank = replace(one.ct, voxels=np.full_like(one.ct.voxels, 100))
    assert "ct.fits" not in codes(ask(one.liver, blank))


def test_slope_and_intercept_make_hounsfield_units() -> None:
    one = patient(17)
    stored = ((one.ct.voxels + 1024) * 2).astype(np.uint16)
    right = replace(one.ct, voxels=stored, slope=0.5, inter=-1024.0)
    assert codes(ask(one.liver, right)) == ["ct.fits"]
    (finding,) = ask(one.liver, replace(one.ct, voxels=stored))
    assert finding.code == "ct.not_hounsfield"
    (finding,) = ask(flipped(one.liver, 0), replace(one.ct, voxels=stored))
    assert finding.code == "ct.not_hounsfield"


def cropped(one: bodies.Body, layers: int) -> Image:
    first = one.liver.box.start[2] + layers
    x, y, z = one.ct.grid.affine
    grid = Grid((109, 80, 52 - first), (x, y, (*z[:3], z[3] + 5.0 * first)))
    return replace(one.ct, voxels=one.ct.voxels[:, :, first:], grid=grid)


def test_h06_a_ct_that_does_not_cover_the_liver_is_reported() -> None:
    one = patient(18)
    assert codes(ask(one.liver, cropped(one, 0))) == ["ct.fits"]
    (finding,) = ask(one.liver, cropped(one, 6))
    lost = np.count_nonzero(one.liver.voxels[:, :, :6])
    assert (finding.code, finding.severity) == ("ct.not_covering", Severity.WARNING)
    assert finding.value == pytest.approx(100 * lost / one.liver.voxel_count, abs=0.5)
    assert finding.unit == "%"
    told_ml = float(finding.message.split("ct.nii.gz: ")[1].split(" mL")[0])
    assert told_ml == pytest.approx(lost * 0.06125, rel=0.03)  # 3.5 x 3.5 x 5 mm
    assert finding.file == "ct.nii.gz"


def without_top(one: bodies.Body, share: float) -> Image:
    """Crop the CT from above, to a share of the layers of the liver."""
    first, stop = one.liver.box.start[2], one.liver.box.stop[2]
    layers = stop - int(share * (stop - first))
    grid = replace(one.ct.grid, shape=(109, 80, layers))
    return replace(one.ct, voxels=one.ct.voxels[:, :, :layers], grid=grid)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_h02_a_mask_on_a_ct_that_is_cropped_is_not_called_mirrored(seed: int) -> None:
    """Most of the liver's border may be beyond the CT, where nothing resembles liver."""
    one = bodies.Body(seed)
    for share in (0.2, 0.3, 0.4):
        assert loud(ask(one.liver, without_top(one, share))) == ["ct.not_covering"]
    assert "ct.mask_mirrored" in loud(ask(flipped(one.liver, 0), without_top(one, 0.2)))


def test_h06_a_mask_on_a_ct_that_is_cropped_from_below_has_its_border() -> None:
    one = bodies.Body(1)
    assert loud(ask(one.liver, cropped(one, 16))) == ["ct.not_covering"]


def test_h06_a_hundredth_of_the_liver_may_be_outside() -> None:
    one = patient(18)
    shares = np.cumsum(np.count_nonzero(one.liver.voxels, axis=(0, 1))) / one.liver.voxel_count
    below = int(np.searchsorted(shares, 0.008))
    above = int(np.searchsorted(shares, 0.013)) + 1
    assert loud(ask(one.liver, cropped(one, below))) == []
    assert loud(ask(one.liver, cropped(one, above))) == ["ct.not_covering"]


def test_h04_a_ct_that_is_elsewhere_is_an_error() -> None:
    one, other = patient(19), patient(25)
    x, y, z = other.ct.grid.affine
    far = replace(other.ct, grid=Grid(other.ct.grid.shape, (x, y, (*z[:3], z[3] + 2000))))
    flat = replace(far, voxels=np.where(far.voxels > -300, 40, -1000).astype(np.int16))
    (finding,) = ask(one.liver, flat)
    assert (finding.code, finding.severity) == ("ct.elsewhere", Severity.ERROR)
    assert (finding.value, finding.unit, finding.file) == (100.0, "%", "ct.nii.gz")
    assert (
        "(100 %) of the liver is outside the CT: the files are not from the same scan"
        in finding.message
    )
    # a picture of 8 bits can still say where it lies
    both = ask(one.liver, replace(flat, voxels=np.where(flat.voxels > 0, 200, 0)))
    assert codes(both) == ["ct.elsewhere", "ct.not_hounsfield"]


def resized(mask: Mask, *factors: float, kept: float = 0.0) -> Mask:
    """Change the voxel size in the header; the voxel at this part of each axis keeps its place."""
    matrix = mask.grid.matrix()
    ends = np.subtract(mask.grid.shape, 1)
    matrix[:, 3] += matrix[:, :3] @ (kept * ends * (1 - np.array(factors)))
    matrix[:, :3] *= factors
    x, y, z = ((a, b, c, d) for a, b, c, d in matrix.tolist())
    return replace(mask, grid=Grid(mask.grid.shape, (x, y, z)))


@pytest.mark.parametrize(
    ("factors", "kept", "sizes", "change"),
    [
        ((1.03, 1.03, 1.0), 0.0, "3.605 x 3.605 x 5", -5.740),  # 1 / 1.0609 - 1
        ((1.03, 1.03, 1.0), 1.0, "3.605 x 3.605 x 5", -5.740),
        ((1.0, 0.98, 1.0), 0.0, "3.5 x 3.43 x 5", 2.041),
        ((1.0, 1.0, 1.01), 1.0, "3.5 x 3.5 x 5.05", -0.990),
        ((1.003, 1.0, 1.0), 0.0, "3.51 x 3.5 x 5", -0.299),
    ],
)
def test_h01_a_mask_of_other_voxels_from_the_same_corner_is_reported(
    factors: tuple[float, ...], kept: float, sizes: str, change: float
) -> None:
    one = patient(0)
    mask = resized(one.liver, *factors, kept=kept)
    for turn in (TURNS[0], TURNS[29]):
        ct = bodies.turned_image(one.ct, *turn)
        (finding,) = (found for found in ask(mask, ct) if found.code == "ct.voxel_size")
        assert (finding.severity, finding.file) == (Severity.WARNING, "liver.nii.gz")
        assert finding.value == pytest.approx(change, abs=1e-3)
        assert f"change by {change:+.3g} %" in finding.message
    assert f"but voxels of {sizes} versus 3.5 x 3.5 x 5 mm;" in ask(mask, one.ct)[0].message


@pytest.mark.parametrize(
    ("factors", "kept"),
    [
        ((1.0, 1.0, 1.0), 0.0),
        ((1.001, 1.001, 1.0), 0.0),  # rounded
        ((0.97, 0.97, 1.0), 0.5),  # reconstructed with another field of view, of the same centre
        ((0.97, 0.97, 1.0), 0.1),
    ],
)
def test_voxels_of_another_reconstruction_are_not_reported(
    factors: tuple[float, ...], kept: float
) -> None:
    one = patient(0)
    assert codes(ask(resized(one.liver, *factors, kept=kept), one.ct)) == ["ct.fits"]


@pytest.mark.parametrize(
    ("factor", "kept", "change"),
    [
        (0.8, 0.4, 25.0),  # positions computed from a thickness of 4 mm
        (1.01, 0.0, -0.990),
        (0.7, 0.0, 42.857),
        (2.0, 0.0, None),  # every second slice
        (0.5, 0.0, None),  # the CT has every second slice
        (0.5, 0.01, 100.0),  # between them
        (1.0, 0.4, None),
    ],
)
def test_h01_slices_that_the_series_drawn_on_does_not_have_are_reported(
    factor: float, kept: float, change: float | None
) -> None:
    one = patient(0)
    mask = resized(one.liver, 1.0, 1.0, factor, kept=kept)
    part = Mask.of("liver", mask.as_array()[:, :, :50], replace(mask.grid, shape=(109, 80, 50)))
    for drawn_on in (True, False):
        found = check_on_ct(Anatomy(part), one.ct, drawn_on=drawn_on)
        told = {each.value: each.message for each in found if each.code == "ct.voxel_size"}
        expected = [] if change is None or not drawn_on else [change]
        assert [*told] == pytest.approx(expected, abs=1e-3)
        for message in told.values():  # the slices differ, not the size of the image
            assert f"does not have (voxels of 3.5 x 3.5 x {5 * factor:g} versus" in message
            assert "mm); unless it was resampled, with the voxel size of the CT, the" in message


def test_a_resampled_mask_from_the_same_corner_is_not_reported() -> None:
    one = patient(0)
    voxels = one.liver.as_array()[::2, ::2]
    grid = replace(resized(one.liver, 2.0, 2.0, 1.0).grid, shape=(55, 40, 52))
    assert loud(ask(Mask.of("liver", voxels, grid, "liver.nii.gz"), one.ct)) == []


@pytest.mark.parametrize(("lost", "named"), [("ct", "ct.nii.gz"), ("liver", "liver.nii.gz")])
def test_h02_without_a_place_of_one_of_them_nothing_can_be_asked(lost: str, named: str) -> None:
    one = patient(0)
    nowhere = replace(one.ct.grid, placed=False)
    mask, ct = one.liver, one.ct
    if lost == "ct":
        ct = replace(ct, grid=nowhere)
    else:
        mask = Mask.of("liver", mask.as_array(), nowhere, mask.file)
    (finding,) = ask(mask, ct)
    assert (finding.code, finding.severity) == ("ct.no_place", Severity.WARNING)
    assert f"{named} does not state its position in the patient" in finding.message


def test_h02_two_files_without_a_place_are_compared_voxel_by_voxel() -> None:
    one = patient(0)
    nowhere = replace(Grid.upright(one.ct.grid.shape, (3.5, 3.5, 5.0)), placed=False)
    mask = Mask.of("liver", one.liver.as_array(), nowhere, "liver.nii")
    ct = replace(one.ct, grid=nowhere)
    assert codes(ask(mask, ct)) == ["ct.fits"]
    (finding,) = ask(flipped(mask, 0), ct)
    assert "(both ends of axis 1 swapped)" in finding.message
    (finding,) = ask(moved(mask, (0, 0, 20)), ct)
    assert "moved 20 mm towards the start of axis 3: " in finding.message
    (finding,) = ask(moved(mask, (-21, 0, 0)), ct)
    assert "towards the end of axis 1: " in finding.message
    # nobody knows which end is the left one
    turned_both = ask(flipped(mask, 0), replace(ct, voxels=ct.voxels[::-1]))
    assert codes(turned_both) == ["ct.fits"]
    smaller = replace(Grid.upright((109, 80, 51), (3.5, 3.5, 5.0)), placed=False)
    (finding,) = ask(mask, replace(ct, grid=smaller, voxels=ct.voxels[:, :, :51]))
    assert finding.code == "ct.no_place"


@pytest.mark.parametrize(("layers", "found"), [(0, False), (1, False), (8, True)])
def test_a_liver_outside_the_body_is_reported(layers: int, found: bool) -> None:
    # the rightmost layers of the liver belong to something else, parted from the body by air
    one = patient(0)
    last = one.liver.box.stop[0] - layers
    voxels, beside = one.ct.voxels.copy(), one.liver.as_array()[last:]
    voxels[last:] = np.where(beside, 100, -1000)
    voxels[last - 2 : last] = -1000
    mask = one.liver.as_array()
    mask[last - 2 : last] = False
    findings = ask(
        Mask.of("liver", mask, one.liver.grid, "liver.nii"), replace(one.ct, voxels=voxels)
    )
    assert loud(findings) == (["ct.outside_body"] if found else [])


def test_messages_name_a_ct_without_a_file() -> None:
    one = patient(0)
    ct = replace(one.ct, file=None)
    (finding,) = ask(flipped(one.liver, 0), ct)
    assert finding.message.startswith("liver.nii.gz on CT: ")


def test_asking_twice_gives_the_same() -> None:
    one = patient(2)
    for mask in (one.liver, flipped(one.liver, 0), moved(one.liver, (0, 0, 20))):
        assert ask(mask, one.ct) == ask(mask, one.ct)


@pytest.mark.slow
def test_every_pair_of_axes_is_found_on_one_patient() -> None:
    one = patient(1)
    for a, b in product(range(3), repeat=2):
        mask = flipped(one.liver, *{a, b})
        assert loud(ask(mask, one.ct)) == ["ct.mask_mirrored"]
