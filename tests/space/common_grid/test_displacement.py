"""Files of one size in two places: told for whole scans, and never for crops."""

from dataclasses import replace

import pytest

from fl_planner.basis.findings import Severity
from fl_planner.space.common_grid.lattice import find_moved, measure_moved_mm
from fl_planner.space.grid import Grid, Index
from fl_planner.space.mask import Mask
from tests.masks import TURNS, Turn, block, turned

SCAN = Grid.upright((300, 256, 20), (2.0, 2.0, 5.0))


def at(steps: Index, shape: Index = SCAN.shape) -> Grid:
    """Lay a grid of the same lattice so many voxels on."""
    x, y, z = (2.0 * steps[0], 2.0 * steps[1], 5.0 * steps[2])
    return Grid(shape, ((2.0, 0.0, 0.0, x), (0.0, 2.0, 0.0, y), (0.0, 0.0, 5.0, z)))


def drawn(grid: Grid, file: str, name: str = "liver") -> Mask:
    return block(grid, (1, 4), (1, 4), (1, 4), name=name, file=file)


@pytest.mark.parametrize(
    ("steps", "mm"), [((3, 0, 0), 6.0), ((0, -2, 0), 4.0), ((0, 0, 1), 5.0), ((6, 8, 3), 25.0)]
)
@pytest.mark.parametrize("turn", TURNS[::7])
def test_h06_as_many_voxels_elsewhere_are_told(steps: Index, mm: float, turn: Turn) -> None:
    other = turned(drawn(at(steps), "flr.nii", "flr"), *turn)
    (finding,) = find_moved([drawn(SCAN, "liver.nii"), other])
    assert finding.message == (
        f"flr.nii, liver.nii: both cover 300 x 256 x 20 voxels, {mm:.0f} mm apart: was an origin "
        "lost? Check whether both are of one scan, and export them again"
    )
    assert (finding.code, finding.severity) == ("grid.moved", Severity.WARNING)
    assert (finding.file, finding.unit) == ("flr.nii", "mm")
    assert finding.value == pytest.approx(mm)


@pytest.mark.parametrize(
    "other",
    [
        SCAN,
        at((3, 0, 0), (297, 256, 20)),  # cropped
        at((-3, 0, 0), (303, 256, 20)),  # padded
        replace(at((3, 0, 0)), placed=False),
        Grid(SCAN.shape, (*SCAN.affine[:2], (0.0, 0.0, 5.0, 2.5))),  # refused elsewhere
    ],
    ids=["same", "cropped", "padded", "placeless", "off"],
)
def test_what_lies_in_one_place_or_has_another_shape_is_not(other: Grid) -> None:
    assert measure_moved_mm(SCAN, other) is None


@pytest.mark.parametrize(("columns", "told"), [(152, True), (32, True), (31, False)])
def test_crops_may_be_of_one_size_by_chance(columns: int, told: bool) -> None:
    shape = (300, columns, 20)
    first, other = Grid.upright(shape, (2.0, 2.0, 5.0)), at((4, 0, 0), shape)
    assert (measure_moved_mm(first, other) == pytest.approx(8.0)) is told


def test_a_file_is_told_once_and_the_first_one_never() -> None:
    masks = [drawn(SCAN, "liver.nii")]
    masks += [drawn(at((1, 0, 0)), "map.nii", name) for name in ("tumour", "flr")]
    assert [one.file for one in find_moved(masks)] == ["map.nii"]
    assert find_moved(masks[:1]) == find_moved([]) == ()


def test_h02_a_mirror_image_on_the_lattice_by_chance_is_asked_about() -> None:
    # 300 columns of 2 mm from 10 to 608 mm; a header whose x changed its sign has -608 to -10
    first = at((5, 0, 0))
    other = replace(first, affine=((-2.0, 0.0, 0.0, -10.0), *first.affine[1:]))
    (finding,) = find_moved([drawn(first, "liver.nii"), drawn(other, "flr.nii")])
    assert "618 mm apart: was an origin lost? Or is it mirrored left-right? " in finding.message
    (finding,) = find_moved([drawn(first, "liver.nii"), drawn(at((-304, 0, 0)), "flr.nii")])
    assert "was an origin lost? Check" in finding.message
