"""Length of vessels and their contact with lesions and the cut: by counting, tubes by rule."""

from fractions import Fraction

import numpy as np
import pytest

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.lesions import measure_lesions
from fl_planner.liver.lesions.locations import locate_lesions
from fl_planner.liver.vessels.contact import (
    DrawnVessels,
    VesselContact,
    compute_course,
    find_cut,
    find_gap_ends,
    measure_cut_contacts,
    measure_lesion_contacts,
)
from fl_planner.liver.vessels.tree.graph import build_graph
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.cases import sure
from tests.masks import AFFINES, UPRIGHT, block, cells, cubes, turned
from tests.tubes import tube

GRID = cubes((60, 40, 40))
LIVER = block(GRID, (0, 60), (0, 40), (0, 40), name="liver")
ROW = block(GRID, (5, 55), (20, 21), (20, 21), name="portal_veins")


def contacts(lesion: Mask, **vessels: Mask) -> list[VesselContact]:
    (found,) = contacts_of_each(lesion, (lesion,), **vessels)
    return found


def contacts_of_each(
    tumour: Mask, each: tuple[Mask, ...], **vessels: Mask
) -> list[list[VesselContact]]:
    anatomy = Anatomy(LIVER, tumour=tumour, lesions=each, vessels=vessels)
    lesions = sure(measure_lesions(anatomy, Fraction("0.001")))  # single voxels too
    sites = locate_lesions(anatomy, lesions, None)
    found = measure_lesion_contacts(DrawnVessels.of(anatomy.vessels), lesions, sites)
    return [[*one] for one in found]


def test_lengths_of_a_row_next_to_a_lesion_by_counting() -> None:
    """Six voxels beside it and one more at each end touch; √24 and √99 mm reach 4 and 9 more."""
    lesion = block(GRID, (27, 33), (21, 25), (20, 21), name="tumour")
    (found,) = contacts(lesion, portal_veins=ROW)
    assert (found.vessel, found.least_mm) == ("portal_veins", 1.0)
    assert [part.within_mm for part in found.near] == [1, 5, 10]
    assert [part.length_mm for part in found.near] == pytest.approx([8, 14, 24])


def test_areas_of_a_plate_below_a_voxel_by_counting() -> None:
    """Places of a lattice within √24 and √99 of one: 81 - 12 and 317 - 12; nine touch."""
    plate = block(GRID, (10, 50), (5, 35), (2, 20), name="inferior_vena_cava")
    (found,) = contacts(cells(GRID, [(30, 20, 20)], "tumour"), inferior_vena_cava=plate)
    assert [part.area_mm2 for part in found.near] == pytest.approx([9, 69, 305])


def test_a_vessel_in_a_lesion_is_at_no_distance() -> None:
    lesion = block(GRID, (27, 33), (18, 23), (18, 23), name="tumour")
    (found,) = contacts(lesion, portal_veins=ROW)
    assert found.least_mm == 0.0
    assert [part.length_mm for part in found.near] == pytest.approx([8, 16, 26])


def test_two_lesions_at_a_tree_and_its_branch_are_measured_separately() -> None:
    """2 mm beside the row, √21 and √96 mm reach 4 and 9 more; the branch ends 15 mm from one."""
    branch = block(GRID, (5, 31), (20, 21), (20, 21), name="left_portal_vein")
    left, right = (cells(GRID, [(i, 22, 20)], f"lesion_{i}") for i in (15, 45))
    tumour = (left | right).renamed("tumour")
    vessels = {"left_portal_vein": branch, "portal_veins": ROW}
    at_left, at_right = contacts_of_each(tumour, (left, right), **vessels)
    for one in (*at_left, at_right[1]):
        assert one.least_mm == 2.0
        assert [part.length_mm for part in one.near] == pytest.approx([0, 9, 19])
    assert [one.vessel for one in at_right] == ["left_portal_vein", "portal_veins"]
    assert at_right[0].least_mm == pytest.approx(229**0.5)
    assert at_right[0].near == ()


def test_a_vessel_far_away_has_a_distance_only_and_an_empty_one_nothing() -> None:
    lesion = block(GRID, (27, 33), (32, 36), (20, 21), name="tumour")
    found = contacts(lesion, portal_veins=ROW, hepatic_veins=ROW - ROW)
    assert found == [VesselContact("portal_veins", 12.0)]


def test_thick_slices_that_touch_are_in_contact() -> None:
    """Slices 12 mm apart: the lesion lies on the vessel, whose centres are farther than 10 mm."""
    grid = Grid.upright((40, 12, 6), (1.0, 1.0, 12.0))
    row = block(grid, (2, 38), (6, 7), (2, 3))
    lesion = block(grid, (18, 22), (6, 7), (3, 4))
    (found,) = measure_cut_contacts(DrawnVessels({"portal_veins": row}), lesion)
    assert found.least_mm == 12.0
    assert [part.length_mm for part in found.near] == pytest.approx([6, 6, 6])


@pytest.mark.parametrize("direction", [(1, 0, 0), (2, 1, 0), (2, 1, 1), (1, -1, 2)])
def test_a_tube_across_the_cut_by_rule(direction: tuple[int, ...]) -> None:
    """A tube of radius 4 through a plane: within 10 mm of the cut, 2·10/cos + the cut's own two."""
    grid = cubes((60, 60, 60))
    vessel, _ = tube(grid, direction, 4.0)
    left = block(grid, (0, 30), (0, 60), (0, 60))
    cut = sure(find_cut(left, block(grid, (30, 60), (0, 60), (0, 60))))
    assert cut.voxel_count == 2 * 60 * 60
    (found,) = measure_cut_contacts(DrawnVessels({"portal_veins": vessel}), cut)
    slant = float(np.linalg.norm(direction)) / direction[0]
    length, area = found.near[2].length_mm, found.near[2].area_mm2
    assert area == pytest.approx(2 * np.pi * 4 * 22 * slant, rel=0.08)
    # askew, its wall reaches farther at one side: 8 tan of the angle more, and no more
    assert 22 * slant - 1 <= length <= 22 * slant + 8 * (slant**2 - 1) ** 0.5 + 2
    assert found.least_mm == 0.0


def test_what_does_not_touch_has_no_cut() -> None:
    assert (
        find_cut(block(GRID, (0, 9), (0, 9), (0, 9)), block(GRID, (20, 29), (0, 9), (0, 9))) is None
    )


def test_the_ends_of_the_least_distance() -> None:
    """From (32, 24, 23) the row is left by 4 and 3 voxels: 5 mm."""
    lesion = cells(GRID, [(32, 24, 23), (33, 26, 25)], "tumour")
    assert find_gap_ends(lesion, ROW) == ((32.0, 24.0, 23.0), (32.0, 20.0, 20.0))
    at = (30.0, 20.0, 20.0)
    assert find_gap_ends(cells(GRID, [(30, 20, 20), (31, 20, 20)]), ROW) == (at, at)


def test_ends_of_a_distance_beyond_the_reach_are_none() -> None:
    assert find_gap_ends(cells(GRID, [(30, 30, 20)]), ROW) == (
        (30.0, 30.0, 20.0),
        (30.0, 20.0, 20.0),
    )
    assert find_gap_ends(cells(GRID, [(30, 31, 20)]), ROW) is None
    assert find_gap_ends(cells(GRID, [(30, 28, 28)]), ROW) is None  # 11.3 mm, in the box


def test_a_tree_is_no_shorter_than_a_branch_that_is_in_it() -> None:
    """Two tubes that cross have another course than each of them."""
    branch, _ = tube(GRID, (1.0, 0.3, 0.0), 3.0, "left_portal_vein")
    other, _ = tube(GRID, (0.2, 1.0, 0.4), 4.0)
    tree = (branch | other).renamed("portal_veins")
    for place in ((41, 16, 19), (44, 14, 20)):
        lesion = cells(GRID, [place], "tumour")
        part, whole = (
            one.near for one in contacts(lesion, left_portal_vein=branch, portal_veins=tree)
        )
        assert len(part) == len(whole)
        assert all(a.length_mm >= b.length_mm for a, b in zip(whole, part, strict=True))


def length_mm(mask: Mask, of: np.ndarray | None = None) -> float:
    within = np.ones(mask.grid.shape, dtype=bool) if of is None else of
    return compute_course(build_graph(mask)).measure_mm(within[mask.box.slices()][mask.voxels])


def test_a_row_of_voxels_is_as_long_as_they_are() -> None:
    row = block(Grid((40, 3, 3), UPRIGHT), (3, 37), (1, 2), (1, 2))
    assert length_mm(row) == pytest.approx(34.0)
    assert length_mm(row, np.zeros(row.grid.shape, dtype=bool)) == 0.0


def test_a_voxel_is_an_edge_long_and_two_parts_are_both_counted() -> None:
    grid = cubes((40, 5, 5))
    assert length_mm(cells(grid, [(2, 2, 2)])) == pytest.approx(1.0)
    both = block(grid, (1, 11), (2, 3), (2, 3)) | block(grid, (20, 35), (2, 3), (2, 3))
    assert length_mm(both) == pytest.approx(10 + 15)


def test_a_diagonal_row_is_counted_along_itself() -> None:
    row = cells(cubes((30, 30, 30)), [(n, n, n) for n in range(2, 28)])
    assert length_mm(row) == pytest.approx(26 * 3**0.5)


@pytest.mark.parametrize("name", AFFINES)
@pytest.mark.parametrize("direction", [(1, 0, 0), (0, 1, 0), (1, 1, 1), (2, -1, 1), (1, 3, -2)])
def test_a_stretch_of_a_tube_is_as_long_as_it_is(name: str, direction: tuple[int, ...]) -> None:
    """20 mm of it: centres of voxels lie within 20 mm, and each is an edge long."""
    affine = AFFINES[name]
    edges = np.linalg.norm(np.array(affine)[:, :3], axis=0)
    i, j, k = np.ceil(50 / edges).astype(int).tolist()
    mask, ways_mm = tube(Grid((i, j, k), affine), direction, 4.0)
    found = length_mm(mask, np.abs(ways_mm) <= 10)
    assert 20 - edges.max() <= found <= 20 + 1.2 * edges.max()


@pytest.mark.parametrize(("radius_mm", "more_mm"), [(2.0, 1.0), (4.0, 1.0), (8.0, 1.0)])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_thick_vessel_is_as_long_at_its_ends_as_elsewhere(
    axis: int, radius_mm: float, more_mm: float
) -> None:
    """60 voxels of 1 mm, 10 of them at one end; they were 70 and 16 mm at a radius of 8 mm."""
    shape = [20, 20, 20]
    shape[axis] = 60
    i, j, k = shape
    direction = [float(one == axis) for one in range(3)]
    mask, ways_mm = tube(cubes((i, j, k)), direction, radius_mm)
    assert 60 <= length_mm(mask) <= 60 + more_mm
    for end in (ways_mm < -20, ways_mm > 20):
        assert 10 <= length_mm(mask, end) <= 10 + more_mm


def test_a_stump_as_wide_as_long_is_no_longer_than_its_diagonal() -> None:
    cube = block(cubes((20, 20, 20)), (4, 14), (4, 14), (4, 14))
    assert length_mm(cube) == pytest.approx(10 * 3**0.5)


def test_a_fork_counts_its_trunk_once_and_both_arms() -> None:
    grid = cubes((50, 50, 3))
    trunk = block(grid, (1, 21), (25, 26), (1, 2))
    arms = [(20 + n, 25 + side * n, 1) for n in range(1, 21) for side in (1, -1)]
    forked = trunk | cells(grid, arms)
    assert length_mm(forked) == pytest.approx(20 + 2 * 20 * 2**0.5, abs=3.0)
    upper = np.zeros(grid.shape, dtype=bool)
    upper[30:40, 26:] = True  # ten voxels of one arm
    assert length_mm(forked, upper) == pytest.approx(10 * 2**0.5)


def test_a_bump_adds_no_branch() -> None:
    grid = cubes((60, 12, 12))
    bare = block(grid, (2, 58), (3, 7), (3, 7))
    bump = block(grid, (28, 30), (7, 9), (4, 6))
    assert length_mm(bare | bump) == pytest.approx(length_mm(bare), abs=0.5)


def test_storage_order_changes_little() -> None:
    mask, _ = tube(Grid((50, 30, 12), UPRIGHT), (2, 1, 1), 5.0)
    stored = turned(mask, (2, 0, 1), (1, -1, 1))
    assert length_mm(stored) == pytest.approx(length_mm(mask), abs=5.0)  # an edge
