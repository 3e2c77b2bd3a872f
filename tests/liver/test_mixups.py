"""Sizes and shapes that point to a lost spacing, a swap or a wrong label: both sides of each."""

from dataclasses import replace

import numpy as np
import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import Share
from fl_planner.liver.misplacement import find_left_bulk
from fl_planner.liver.stray import find_swapped
from fl_planner.liver.volumetry import (
    find_large_tumour,
    find_odd_extent,
    find_odd_share,
    find_odd_volume,
    find_single_layer,
    find_thick_slices,
    find_wrong_spacing,
)
from fl_planner.space.grid import Box, Grid
from fl_planner.space.mask import Mask
from tests.cases import each_case
from tests.masks import AFFINES, ORIENTATIONS, TURNS, Index, Turn, block, codes, cubes, turned

EDGE = 10.0


def liver_mm(width: int, depth: int, height: int, *, gap: int = 1, placed: bool = True) -> Mask:
    """Draw a block of so many mm along the patient's axes, `gap` voxels of 1 cm around it."""
    sizes = [n // 10 for n in (width, depth, height)]
    grid = replace(cubes((60, 60, 60), EDGE), placed=placed)
    i, j, k = ((gap, gap + n) for n in sizes)
    return block(grid, i, j, k, name="liver", file="liver.nii")


@pytest.mark.parametrize(
    ("extent", "named"),
    [
        ((200, 150, 150), []),
        ((100, 100, 80), []),
        ((100, 60, 100), []),
        ((350, 100, 100), []),
        ((100, 350, 100), []),
        ((100, 100, 300), []),
        ((90, 100, 100), ["width 90 mm (100 to 350 expected)"]),
        ((360, 100, 100), ["width 360 mm (100 to 350 expected)"]),
        ((200, 50, 100), ["depth 50 mm (60 to 350 expected)"]),
        ((100, 360, 100), ["depth 360 mm (60 to 350 expected)"]),
        ((200, 150, 70), ["height 70 mm (80 to 300 expected)"]),
        ((100, 100, 310), ["height 310 mm (80 to 300 expected)"]),
        ((90, 150, 70), ["width 90 mm", "height 70 mm"]),
    ],
)
def test_h01_a_liver_of_plausible_volume_and_odd_extent_lost_its_spacing(
    extent: Index, named: list[str]
) -> None:
    findings = find_odd_extent(liver_mm(*extent))
    assert codes(findings) == (["plausibility.extent"] if named else [])
    for finding in findings:
        assert finding.message.startswith("liver.nii: the extent of the liver is implausible: ")
        assert all(part in finding.message for part in named)
        assert finding.message.count("expected") == len(named)
        assert finding.severity is Severity.WARNING
        assert (finding.file, finding.unit) == ("liver.nii", "mm")


def test_h01_slices_of_two_and_a_half_mm_that_became_one_are_found() -> None:
    # 180 mm of height are 72 slices, 220 and 180 mm across at 0.75 mm are 293 and 240 voxels:
    # with 1 x 1 x 1 mm a liver of a plausible 2.1 L, 72 mm high
    grid = cubes((400, 320, 90))
    mask = block(grid, (20, 313), (20, 260), (5, 77), name="liver", file="liver.nii")
    (finding,) = find_odd_extent(replace(mask))
    assert "height 72 mm (80 to 300 expected)" in finding.message
    assert finding.value == 72


@pytest.mark.parametrize("turn", TURNS[::5])
def test_directions_are_the_patients_however_it_is_stored(turn: Turn) -> None:
    (finding,) = find_odd_extent(turned(liver_mm(200, 150, 70), *turn))
    assert "height 70 mm" in finding.message


def liver_of_halves(left_ml: int, right_ml: int, *, placed: bool = True) -> Mask:
    """Draw two slabs 10 cm wide, of 1 mL voxels: their centres are at 25 and 75 % of the width."""
    grid = replace(cubes((30, 30, 30), EDGE), placed=placed)
    halves = [
        block(
            grid, (at, at + 10), (2, 12), (3, 3 + volume_ml // 100), name="liver", file="liver.nii"
        )
        for at, volume_ml in ((5, left_ml), (15, right_ml))
    ]
    return halves[0] | halves[1]


@pytest.mark.parametrize(
    ("left_ml", "right_ml", "percent"),
    [
        (300, 1200, None),  # (300 * 25 + 1200 * 75) / 1500 = 65 %, as in public livers
        (1200, 300, 35),  # the same, mirrored
        (500, 500, None),  # 50 %, as a ball
        (600, 400, None),  # 45 %, the limit
        (700, 400, 475 / 11),
        (300, 100, None),  # 37.5 %, but less than any liver
    ],
)
def test_h02_a_liver_with_its_bulk_on_the_left_may_be_mirrored(
    left_ml: int, right_ml: int, percent: float | None
) -> None:
    found = find_left_bulk(liver_of_halves(left_ml, right_ml))
    assert codes(found) == ([] if percent is None else ["plausibility.side"])
    for one in found:
        assert one.value == pytest.approx(percent)
        assert (one.severity, one.file, one.unit) == (Severity.WARNING, "liver.nii", "%")
        assert f"at {percent:.0f} % of its width from the patient's left edge" in one.message


def test_h02_a_side_is_unknown_without_orientation() -> None:
    assert not find_left_bulk(liver_of_halves(1200, 300, placed=False))


@pytest.mark.parametrize("turn", TURNS[::5])
def test_h02_the_left_is_the_patients_however_it_is_stored(turn: Turn) -> None:
    (found,) = find_left_bulk(turned(liver_of_halves(1200, 300), *turn))
    assert found.value == pytest.approx(35)
    assert not find_left_bulk(turned(liver_of_halves(300, 1200), *turn))


@pytest.mark.parametrize(("edge", "found"), [("start", False), ("stop", False), ("none", True)])
def test_h06_a_liver_that_the_scan_cuts_off_may_be_short(edge: str, found: bool) -> None:
    mask = liver_mm(200, 150, 70)
    spans = {"start": (1, 60), "stop": (0, 8), "none": (0, 60)}
    low, high = spans[edge]
    seen = replace(mask, field=Box((0, 0, low), (60, 60, high)))
    assert bool(find_odd_extent(seen)) is found
    tall = liver_mm(100, 100, 360)
    assert find_odd_extent(replace(tall, field=Box((0, 0, 1), (60, 60, 37))))


@pytest.mark.parametrize(
    ("extent", "named"),
    [
        ((60, 100, 100), None),
        ((50, 200, 100), "along axis 1 50 mm (60 to 350 expected)"),
        ((100, 100, 360), "along axis 3 360 mm (60 to 350 expected)"),
    ],
)
def test_without_a_place_directions_have_no_names(extent: Index, named: str | None) -> None:
    findings = find_odd_extent(liver_mm(*extent, placed=False))
    assert bool(findings) is (named is not None)
    assert all(named in finding.message for finding in findings if named)


def test_a_liver_of_an_odd_volume_is_reported_by_that_alone() -> None:
    assert find_odd_extent(liver_mm(50, 50, 50)) == ()
    assert find_odd_extent(liver_mm(400, 400, 400)) == ()


@pytest.mark.parametrize(
    ("shape", "spacing", "found"),
    [
        ((512, 512, 2), (1.0, 1.0, 1.0), True),
        ((2, 512, 600), (1.0, 1.0, 1.0), True),
        ((512, 511, 2), (1.0, 1.0, 1.0), False),
        ((512, 2, 2), (1.0, 1.0, 1.0), False),
        ((512, 512, 2), (1.0, 1.0, 2.0), False),
        ((512, 512, 2), (0.9999, 1.0, 1.0), False),
        ((512, 512, 2), (0.9999999, 1.0, 1.0), True),
    ],
)
def test_h01_a_default_spacing_on_a_ct_is_reported(
    shape: Index, spacing: tuple[float, float, float], found: bool
) -> None:
    mask = block(Grid.upright(shape, spacing), (0, 2), (0, 2), (0, 2), name="liver")
    findings = find_wrong_spacing(replace(mask, file="liver.nii"))
    if not found:
        assert findings == ()
        return
    words = " x ".join(map(str, shape))
    says = (
        f"liver.nii: {words} voxels of 1 x 1 x 1 mm, the header default: check whether "
        "the spacing was lost, and export the mask again from the scan"
    )
    assert findings == (
        Finding("plausibility.spacing_lost", Severity.WARNING, says, "liver.nii", 1.0, "mm"),
    )


def test_h01_what_the_file_covers_counts_and_not_the_common_grid() -> None:
    mask = block(cubes((512, 512, 2)), (0, 9), (0, 9), (0, 2), name="liver")
    assert find_wrong_spacing(replace(mask, field=Box((0, 0, 0), (511, 512, 2)))) == ()


@pytest.mark.parametrize(
    ("shape", "spacing", "found"),
    [
        ((512, 512, 60), (5.0, 0.7, 0.7), True),
        ((512, 512, 60), (0.7, 5.0, 0.7), True),
        ((256, 256, 120), (1.25, 0.8, 0.8), True),
        ((60, 512, 512), (0.7, 5.0, 0.7), True),  # stored by columns
        ((512, 60, 512), (5.0, 0.7, 0.7), True),
        ((512, 512, 60), (0.7, 0.7, 5.0), False),
        ((512, 512, 60), (0.7, 0.7, 0.7), False),
        ((300, 300, 300), (1.0, 1.0, 1.0), False),
        ((512, 512, 512), (5.0, 0.7, 0.7), False),  # which are the slices?
        ((512, 400, 60), (5.0, 0.7, 0.7), False),  # cropped
        ((255, 255, 60), (5.0, 0.7, 0.7), False),
        ((320, 320, 60), (1.2, 1.1, 3.0), False),  # no edge is that of the slices
        ((320, 320, 60), (1.2, 1.195, 1.2), False),  # square, but for rounding
    ],
)
def test_h01_a_slice_spacing_exchanged_with_that_of_the_pixels_is_reported(
    shape: Index, spacing: tuple[float, float, float], found: bool
) -> None:
    mask = block(Grid.upright(shape, spacing), (0, 2), (0, 2), (0, 2), name="liver")
    findings = find_wrong_spacing(replace(mask, file="liver.nii"))
    assert codes(findings) == ["plausibility.spacing_exchanged"] * found


def test_how_an_exchanged_spacing_is_reported() -> None:
    grid = Grid.upright((512, 512, 60), (5.0, 0.7, 0.7))
    mask = block(grid, (0, 2), (0, 2), (0, 2), name="liver", file="liver.nii")
    says = (
        "liver.nii: 512 x 512 pixels of 0.7 x 5 mm in slices of 0.7 mm: check whether the slice "
        "spacing was exchanged with that of the rows or columns, and export the mask again from "
        "the scan"
    )
    assert find_wrong_spacing(mask) == (
        Finding("plausibility.spacing_exchanged", Severity.WARNING, says, "liver.nii", 0.7, "mm"),
    )
    cropped = replace(mask, field=Box((0, 0, 0), (400, 512, 60)))
    assert find_wrong_spacing(cropped) == ()


def layer(name: str, shape: Index, thick_mm: float = 5.0) -> Mask:
    """Draw a block of 1 mm pixels in slices."""
    grid = Grid.upright((60, 60, 60), (1.0, 1.0, thick_mm))
    i, j, k = ((5, 5 + n) for n in shape)
    return block(grid, i, j, k, name=name, file=f"{name}.nii")


@pytest.mark.parametrize(
    ("name", "shape", "found"),
    [
        ("liver", (50, 40, 1), True),
        ("flr", (50, 1, 3), True),
        ("treated", (1, 40, 3), True),
        ("liver", (50, 40, 2), False),
        ("tumour", (20, 12, 1), False),  # 20 mm in one slice of 5 mm: four times
        ("tumour", (21, 12, 1), True),
        ("tumour", (0, 0, 0), False),
        ("tumour", (5, 5, 5), False),
    ],
)
def test_h06_a_mask_of_one_slice_is_reported(name: str, shape: Index, found: bool) -> None:
    findings = find_single_layer(layer(name, shape))
    assert codes(findings) == (["plausibility.single_layer"] if found else [])


def test_how_one_slice_is_reported() -> None:
    says = (
        "flr.nii: the flr consists of only one layer of 5 mm: check whether other slices are "
        "missing"
    )
    assert find_single_layer(layer("flr", (50, 40, 1))) == (
        Finding("plausibility.single_layer", Severity.WARNING, says, "flr.nii", 1, "layers"),
    )


def row(name: str, start: int, stop: int) -> Mask:
    """Take voxels of a row of 1000, 1 mL each."""
    grid = cubes((1000, 1, 1), EDGE)
    return block(grid, (start, stop), (0, 1), (0, 1), name=name, file=f"{name}.nii")


@pytest.mark.parametrize(("voxels", "found"), [(80, False), (81, True), (99, True)])
def test_h13_a_tumour_that_is_nearly_the_liver_is_reported(voxels: int, found: bool) -> None:
    findings = find_large_tumour(row("liver", 100, 200), row("tumour", 100, 100 + voxels))
    assert codes(findings) == (["plausibility.tumour_share"] if found else [])
    for finding in findings:
        assert finding.message == (
            f"tumour.nii: the tumour is {voxels}.0 % of the liver, which is implausibly large (up "
            "to 80 % expected): check the label"
        )
        assert (finding.value, finding.unit, finding.file) == (voxels, "%", "tumour.nii")


def test_a_tumour_just_above_its_limit_is_not_shown_as_at_it() -> None:
    liver, tumour = row("liver", 0, 1000), row("tumour", 0, 800) | row("more", 800, 801)
    (finding,) = find_large_tumour(liver, tumour)
    assert "80.1 % of the liver" in finding.message


def test_no_tumour_is_not_too_much() -> None:
    assert find_large_tumour(row("liver", 0, 100), row("tumour", 0, 0)) == ()


@pytest.mark.parametrize(
    ("flr", "tumour", "found"),
    [
        ((0, 100), (50, 151), False),  # half of the FLR in a tumour that is larger
        ((0, 100), (49, 150), True),
        ((0, 100), (0, 100), False),  # as large
        ((0, 100), (0, 101), True),
        ((0, 100), (1, 100), False),  # an FLR around its tumour
        ((0, 100), (200, 400), False),
    ],
)
def test_h04_a_remnant_within_a_larger_tumour_was_swapped_with_it(
    flr: tuple[int, int], tumour: tuple[int, int], found: bool
) -> None:
    findings = find_swapped(row("flr", *flr), row("tumour", *tumour))
    assert codes(findings) == (["plausibility.swapped"] if found else [])


def test_how_a_swap_is_reported() -> None:
    says = (
        "flr.nii: 90 % of the FLR (90.0 mL) is in the tumour mask tumour.nii (291 mL): check "
        "whether the files were swapped"
    )
    assert find_swapped(row("flr", 0, 90), row("tumour", 9, 300)) == (
        Finding("plausibility.swapped", Severity.WARNING, says, "flr.nii", 90.0, "%"),
    )


def liver_of(voxels: int, spacing_mm: tuple[float, float, float] = (10.0, 10.0, 10.0)) -> Mask:
    """Fill a row of so many voxels, 1 mL each unless told otherwise."""
    grid = Grid.upright((voxels, 1, 1), spacing_mm)
    return Mask.of("liver", np.ones(grid.shape, dtype=bool), grid, "liver.nii")


@pytest.mark.parametrize(
    ("voxels", "side"), [(499, "small"), (500, None), (1500, None), (6000, None), (6001, "large")]
)
def test_a_liver_is_half_a_litre_to_six(voxels: int, side: str | None) -> None:
    findings = find_odd_volume(liver_of(voxels))
    if side is None:
        assert findings == ()
        return
    (finding,) = findings
    assert (finding.code, finding.severity) == ("plausibility.liver_volume", Severity.WARNING)
    assert finding.message == (
        f"liver.nii: a liver of {voxels} mL is implausibly {side} (500 to 6000 mL expected)"
    )
    assert (finding.file, finding.unit) == ("liver.nii", "mL")
    assert finding.value == pytest.approx(voxels)


def test_exactly_six_litres_are_not_more_whatever_the_doubles_state() -> None:
    # 2343750 x 0.8 x 0.8 x 4 mm3 is 6000 mL, in doubles 6000.000000000002
    mask = liver_of(2_343_750, (0.8, 0.8, 4.0))
    assert mask.volume_ml > 6000
    assert find_odd_volume(mask) == ()


def test_h01_a_liver_that_lost_its_spacing_is_reported() -> None:
    # 1500 mL of 0.8 x 0.8 x 5 mm are 468 750 voxels: 469 mL where each became 1 mm
    assert find_odd_volume(liver_of(468_750, (0.8, 0.8, 5.0))) == ()
    (finding,) = find_odd_volume(liver_of(468_750, (1.0, 1.0, 1.0)))
    assert "a liver of 469 mL is implausibly small" in finding.message


def test_an_odd_volume_has_few_decimals_but_is_never_shown_as_the_end_of_the_range() -> None:
    shown = {70_362: "70.4", 99_960: "100.0", 499_999: "499.999", 6_000_001: "6000.001"}
    for voxels, said in shown.items():
        (finding,) = find_odd_volume(liver_of(voxels, (1.0, 1.0, 1.0)))
        assert f"a liver of {said} mL is implausibly" in finding.message


@pytest.mark.parametrize(
    ("voxels", "side", "shown"),
    [
        (9_999, "small", "9.999"),  # never "10.00 % is too small, 10 to 95 % expected"
        (10_000, None, ""),
        (30_000, None, ""),
        (95_000, None, ""),
        (95_001, "large", "95.001"),
        (6_250, "small", "6.3"),
        (270, "small", "0.3"),  # as the FLR itself is shown: 0.27 %
    ],
)
def test_a_remnant_is_10_to_95_percent(voxels: int, side: str | None, shown: str) -> None:
    share, remnant = Share(voxels, 100_000), replace(liver_of(10), name="flr", file="flr.nii")
    findings = find_odd_share(share, remnant)
    if side is None:
        assert findings == ()
        return
    (finding,) = findings
    assert (finding.code, finding.severity) == ("plausibility.flr_share", Severity.WARNING)
    assert finding.message == (
        f"flr.nii: an FLR of {shown} % is implausibly {side} (10 to 95 % expected): "
        "check the remnant"
    )
    assert (finding.value, finding.unit, finding.file) == (voxels / 1000, "%", "flr.nii")


def test_a_left_lateral_remnant_may_be_small() -> None:
    grid = cubes((100, 10, 10), 10.0)  # x grows to the right
    liver = block(grid, (0, 100), (0, 10), (0, 10), name="liver")
    left, right = (block(grid, at, (0, 10), (0, 10), name="flr") for at in ((0, 8), (92, 100)))
    assert find_odd_share(Share(800, 10_000), left, liver) == ()
    assert find_odd_share(Share(800, 10_000), right, liver) != ()
    assert find_odd_share(Share(499, 10_000), left, liver) != ()
    turned_left, turned_liver = (turned(one, (1, 0, 2), (1, -1, 1)) for one in (left, liver))
    assert find_odd_share(Share(800, 10_000), turned_left, turned_liver) == ()
    unplaced = replace(grid, placed=False)  # which says of no side that it is the left one
    left, liver = (replace(one, grid=unplaced) for one in (left, liver))
    assert find_odd_share(Share(800, 10_000), left, liver) != ()


@pytest.mark.parametrize(("step_mm", "told"), [(5.0, False), (5.0000001, False), (5.00001, True)])
@pytest.mark.parametrize("axis", range(3))
def test_five_millimetres_are_not_thick(step_mm: float, told: bool, axis: int) -> None:
    # safety.md W1: the largest voxel step, along any axis, above 5 mm
    steps = [0.8, 0.8, 0.8]
    steps[axis] = step_mm
    grid = Grid.upright((2, 2, 2), (steps[0], steps[1], steps[2]))
    mask = block(grid, (0, 2), (0, 2), (0, 2), name="liver", file="liver.nii")
    assert codes(find_thick_slices(mask)) == ["plausibility.thick_slices"] * told


@each_case("kind, turn", ORIENTATIONS)
def test_steps_of_five_millimetres_are_not_thick_on_any_grid(kind: str, turn: Turn) -> None:
    rows = np.array(AFFINES[kind])
    a, b, c = rows[:, :3].T  # distance of layers: volume of a voxel by the area of its face
    faces = [np.linalg.norm(np.cross(*two)) for two in ((a, b), (b, c), (c, a))]
    rows[:, :3] *= 5.0 * min(faces) / abs(np.linalg.det(rows[:, :3]))
    for stretch, told in ((1.0, False), (1.001, True)):
        rows[:, :3] *= stretch
        a, b, c = (tuple(row) for row in rows.tolist())
        mask = block(Grid((2, 2, 2), (a, b, c)), (0, 2), (0, 2), (0, 2), name="liver")
        found = find_thick_slices(turned(mask, *turn))
        assert codes(found) == ["plausibility.thick_slices"] * told


@pytest.mark.parametrize(("degrees", "apart_mm", "told"), [(20, 5.0, False), (20, 5.1, True)])
def test_slices_of_a_tilted_gantry_are_as_far_apart_as_along_their_normal(
    degrees: float, apart_mm: float, told: bool
) -> None:
    # clinical.md 1.1: the projection on the normal; the edge of a voxel is 5 / cos 20 = 5.32 mm
    shift = apart_mm * np.tan(np.radians(degrees))
    rows = ((0.8, 0.0, 0.0, 0.0), (0.0, 0.8, shift, 0.0), (0.0, 0.0, apart_mm, 0.0))
    mask = block(Grid((2, 2, 2), rows), (0, 2), (0, 2), (0, 2), name="liver")
    found = find_thick_slices(mask)
    assert [one.value for one in found] == [pytest.approx(apart_mm)] * told


def tapering(slices: int, of: int, step_mm: float) -> Mask:
    """Draw slices that become smaller by one row each, as this number of layers."""
    grid = Grid.upright((40, 40, slices * of), (2.0, 2.0, step_mm))
    voxels = np.zeros(grid.shape, dtype=np.bool_)
    for n in range(slices):
        voxels[n:39, 1:39, n * of : (n + 1) * of] = True
    return Mask.of("liver", voxels, grid, "liver.nii")


@pytest.mark.parametrize(
    ("slices", "of", "step_mm", "thick_mm"),
    [
        (10, 2, 3.0, 6.0),
        (8, 5, 1.5, 7.5),
        (10, 2, 2.5, None),  # slices of 5 mm
        (10, 1, 3.0, None),
        (7, 2, 3.0, None),  # too few to tell from a shape with straight sides
    ],
)
def test_thick_slices_written_to_a_finer_grid_are_thick(
    slices: int, of: int, step_mm: float, thick_mm: float | None
) -> None:
    for turn in TURNS[::11]:
        found = find_thick_slices(turned(tapering(slices, of, step_mm), *turn))
        assert [one.value for one in found] == ([] if thick_mm is None else [thick_mm])
        assert all(f"about {of} layers in a row are identical" in one.message for one in found)


def test_slices_of_five_millimetres_on_a_finer_grid_are_not_thick() -> None:
    # 21 slices of 5 mm resampled to 2.4 mm, 2 or 3 layers each: 44 layers, 5.03 mm each slice
    mask = tapering(21, 1, 5.0)
    at = np.minimum(np.floor((np.arange(44) + 0.5) * 2.4 / 5.0).astype(int), 20)
    grid = Grid.upright((40, 40, 44), (2.0, 2.0, 2.4))
    assert find_thick_slices(Mask.of("liver", mask.as_array()[:, :, at], grid)) == ()


def test_an_empty_mask_has_no_slices() -> None:
    assert find_thick_slices(block(cubes((9, 9, 9)), (0, 0))) == ()


def test_how_thick_slices_are_reported() -> None:
    mask = liver_of(3, (0.8, 0.8, 7.5))
    says = "liver.nii: slices are thick: 7.5 mm (above 5 mm)"
    assert find_thick_slices(mask) == (
        Finding("plausibility.thick_slices", Severity.WARNING, says, "liver.nii", 7.5, "mm"),
    )
