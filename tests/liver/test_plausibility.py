"""Sizes on both sides of each limit of safety.md W1."""

from dataclasses import replace

import numpy as np
import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import Share
from fl_planner.liver.volumetry import find_odd_share, find_odd_volume, find_thick_slices
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.cases import each_case
from tests.masks import AFFINES, ORIENTATIONS, Turn, block, codes, cubes, turned


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


def test_exactly_six_litres_are_not_more_whatever_the_doubles_say() -> None:
    # 2343750 x 0.8 x 0.8 x 4 mm3 is 6000 mL, in doubles 6000.000000000002
    mask = liver_of(2_343_750, (0.8, 0.8, 4.0))
    assert mask.volume_ml > 6000
    assert find_odd_volume(mask) == ()


def test_h01_a_liver_that_lost_its_spacing_is_told() -> None:
    # 1500 mL of 0.8 x 0.8 x 5 mm are 468 750 voxels: 469 mL where each became 1 mm
    assert find_odd_volume(liver_of(468_750, (0.8, 0.8, 5.0))) == ()
    (finding,) = find_odd_volume(liver_of(468_750, (1.0, 1.0, 1.0)))
    assert "468.75 mL is implausibly small" in finding.message


@pytest.mark.parametrize(
    ("voxels", "side", "shown"),
    [
        (9_999, "small", "9.999"),  # never "10.00 % is too small, 10 to 95 % expected"
        (10_000, None, ""),
        (30_000, None, ""),
        (95_000, None, ""),
        (95_001, "large", "95.001"),
        (6_250, "small", "6.25"),
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
        "is it the right mask?"
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
    rows[:, :3] *= 5.0 / np.linalg.norm(rows[:, :3], axis=0).max()
    for stretch, told in ((1.0, False), (1.001, True)):
        rows[:, :3] *= stretch
        a, b, c = (tuple(row) for row in rows.tolist())
        mask = block(Grid((2, 2, 2), (a, b, c)), (0, 2), (0, 2), (0, 2), name="liver")
        found = find_thick_slices(turned(mask, *turn))
        assert codes(found) == ["plausibility.thick_slices"] * told


def test_how_thick_slices_are_told() -> None:
    mask = liver_of(3, (0.8, 0.8, 7.5))
    assert find_thick_slices(mask) == (
        Finding(
            "plausibility.thick_slices",
            Severity.WARNING,
            "liver.nii: slices of 7.5 mm are thick (above 5 mm)",
            "liver.nii",
            7.5,
            "mm",
        ),
    )
