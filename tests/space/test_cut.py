"""What a plane leaves of voxels, faces and distances, against every voxel, mask and pair anew."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fl_planner.liver.scatter.boundaries import PART_SET, SURFACES
from fl_planner.space.cut import CuttableFaces, CuttableSurface, HalfSpace, VoxelLines
from fl_planner.space.faces import gather_faces
from fl_planner.space.gap import gather_outline, measure_gap_mm
from fl_planner.space.grid import Box, Grid, Place
from tests.cases import how_many
from tests.masks import AFFINES, TURNS, Index, Turn, block, cells, clouds, indices_of, turned
from tests.memory import peak_bytes

SHAPE, WIDE = (5, 4, 6), (9, 8, 10)
HAIR = Fraction(1, 1000)  # of a mm: nearer is in the plane
KINDS = st.sampled_from(list(AFFINES))
DIRECTIONS = st.tuples(*[st.floats(-1, 1).map(lambda x: round(x, 2))] * 3)


def unit(normal: Place) -> Place:
    x, y, z = (np.array(normal) / np.linalg.norm(normal)).tolist()
    return x, y, z


def place(grid: Grid) -> Place:
    """Give where a voxel in the middle lies."""
    x, y, z = grid.places_mm(np.array([[2, 2, 3]])).tolist()[0]
    return x, y, z


def height(grid: Grid, voxel: Index, point: Place, normal: Place) -> Fraction:
    """Height over a plane, in mm times the normal's length, without rounding."""
    place = [
        sum((Fraction(row[axis]) * voxel[axis] for axis in range(3)), Fraction(row[3]))
        for row in grid.affine
    ]
    return sum(
        (Fraction(n) * (x - Fraction(p)) for n, x, p in zip(normal, place, point, strict=True)),
        Fraction(0),
    )


@given(
    kind=KINDS,
    voxels=clouds(SHAPE, least=1, most=80),
    normal=st.tuples(*[st.integers(-9, 9)] * 3),
    through=st.tuples(*(st.integers(0, n) for n in SHAPE)),
)
def test_every_voxel_is_on_one_side(
    kind: str, voxels: set[Index], normal: Place, through: Index
) -> None:
    assume(any(normal))
    grid = Grid(SHAPE, AFFINES[kind])
    x, y, z = grid.places_mm(np.array([through])).tolist()[0]
    length = Fraction(float(np.linalg.norm(normal)))
    heights = {one: height(grid, one, (x, y, z), normal) / length for one in voxels}
    assume(all(abs(abs(one) - HAIR) > HAIR / 2 for one in heights.values()))
    front = {one for one, mm in heights.items() if mm > -HAIR}
    mask = cells(grid, voxels)
    side = HalfSpace.of(grid, grid.whole, (x, y, z), unit(normal))
    assert indices_of(side.draw(mask)) == front
    assert indices_of(side.other.draw(mask)) == voxels - front
    lines = VoxelLines(mask)
    assert (lines.count(side), lines.count(side.other)) == (len(front), len(voxels - front))
    i, j, k = np.array(sorted(voxels)).T
    assert side.holds(i, j, k).tolist() == [one in front for one in sorted(voxels)]


@pytest.mark.parametrize("normal", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)])
def test_a_plane_through_centres_has_them_in_front(normal: Place) -> None:
    grid = Grid.upright((4, 4, 4), (1.0, 1.0, 1.0))
    whole = VoxelLines(block(grid, (0, 4), (0, 4), (0, 4)))
    side = HalfSpace.of(grid, grid.whole, (2.0, 2.0, 2.0), normal)
    assert (whole.count(side), whole.count(side.other)) == (32, 32)  # layers 2, 3; and 0, 1
    x, y, z = normal
    back = HalfSpace.of(grid, grid.whole, (2.0, 2.0, 2.0), (-x, -y, -z))
    assert whole.count(back) == 48  # layers 0, 1, 2


@pytest.mark.parametrize("off_mm", [0.9e-3, -0.9e-3])
def test_slightly_before_the_plane_is_in_it(off_mm: float) -> None:
    grid = Grid.upright((4, 1, 1), (1.0, 1.0, 1.0))
    row = VoxelLines(block(grid, (0, 4), (0, 1), (0, 1)))
    assert row.count(HalfSpace.of(grid, grid.whole, (2.0 + off_mm, 0.0, 0.0), (1.0, 0.0, 0.0))) == 2


@pytest.mark.parametrize("ahead", [1.0, -1.0])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_h02_a_layer_in_the_plane_stays_whole_on_a_header_in_single_precision(
    axis: int, ahead: float
) -> None:
    # turned by 20 degrees: NIfTI keeps 24 bits of each number, a viewer's points have 53
    cosine, sine = 0.9396926207859084, 0.3420201433256687
    edges = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]]) * [0.7, 0.8, 2.5]
    origin = np.array([-123.4, 87.3, -641.9])
    stored = np.column_stack([edges, origin]).astype(np.float32).astype(np.float64)
    grid = Grid((200, 200, 9), tuple(tuple(row) for row in stored.tolist()))
    index = np.array([180, 190, 5])
    x, y, z = (edges @ index + origin).tolist()
    a, b, c = (ahead * edges[:, axis] / np.linalg.norm(edges[:, axis])).tolist()
    whole = VoxelLines(block(grid, (170, 190), (180, 195), (0, 9)))  # 20 x 15 x 9 voxels
    layers = {0: (10, 11), 1: (5, 11), 2: (4, 6)}[axis]  # from the plane on: ahead, and behind
    kept = whole.count(HalfSpace.of(grid, grid.whole, (x, y, z), (a, b, c)))
    assert kept == layers[ahead < 0] * 2700 // (20, 15, 9)[axis]


@pytest.mark.parametrize("turn", TURNS[::5])
def test_storage_changes_no_side(turn: Turn) -> None:
    grid = Grid(SHAPE, AFFINES["oblique"])
    mask = block(grid, (0, 5), (1, 4), (0, 5))
    point, normal = place(grid), unit((0.7, 0.31, -0.4))
    stored = turned(mask, *turn)
    here, there = (
        HalfSpace.of(one.grid, one.grid.whole, point, normal).draw(one).voxel_count
        for one in (mask, stored)
    )
    assert here == there


def test_which_sides_a_box_has() -> None:
    grid = Grid.upright((6, 6, 6), (1.0, 1.0, 1.0))
    side = HalfSpace.of(grid, grid.whole, (0.0, 0.0, 2.5), (0.0, 0.0, 1.0))
    low, high, both = ((0, 0, 0), (6, 6, 3)), ((0, 0, 3), (6, 6, 6)), ((1, 1, 2), (2, 2, 4))
    found = [side.passes(Box(*one)) for one in (low, high, both)]
    assert found == [(False, True), (True, False), (True, True)]
    assert [side.other.passes(Box(*one)) for one in (low, high)] == [(True, False), (False, True)]
    assert side.step_mm == pytest.approx(1.0, abs=0.01)


def test_a_box_changes_nothing() -> None:
    grid = Grid(SHAPE, AFFINES["oblique"])
    point, normal = place(grid), unit((1.0, 2.0, -3.0))
    whole = HalfSpace.of(grid, grid.whole, point, normal)
    part = HalfSpace.of(grid, Box((1, 1, 2), (4, 4, 5)), point, normal)
    mask = block(grid, (1, 4), (1, 4), (2, 5))
    assert whole.draw(mask).is_same(part.draw(mask))


@pytest.mark.essential
@pytest.mark.slow
@settings(max_examples=how_many(40, 100))
@given(
    kind=KINDS,
    turn=st.sampled_from(TURNS),
    liver=clouds(SHAPE, least=5, most=80),
    tumour=clouds(SHAPE, most=8),
    beside=clouds(SHAPE, most=4),
    able=clouds(SHAPE, least=5, most=80),
    normal=DIRECTIONS,
    through=st.tuples(*(st.floats(0, n) for n in SHAPE)),
)
def test_faces_of_a_cut_mask(
    kind: str,
    turn: Turn,
    liver: set[Index],
    tumour: set[Index],
    beside: set[Index],
    able: set[Index],
    normal: Place,
    through: Place,
) -> None:
    assume(np.linalg.norm(normal) > 0.1)
    grid = Grid(SHAPE, tuple((6 * a, 6 * b, 6 * c, d) for a, b, c, d in AFFINES[kind]))
    drawn = [liver, tumour, able & (liver | tumour), beside]
    masks = [turned(cells(grid, one), *turn) for one in drawn]
    x, y, z = (grid.matrix()[:, :3] @ through + grid.matrix()[:, 3]).tolist()
    ready = CuttableFaces(masks, SURFACES, PART_SET)
    for side in (
        front := HalfSpace.of(masks[0].grid, ready.box, (x, y, z), unit(normal)),
        front.other,
    ):
        cut = [*masks]
        cut[PART_SET] = side.draw(masks[PART_SET])
        assert np.array_equal(ready.cut(side).faces, gather_faces(cut, SURFACES).faces)


@pytest.mark.parametrize(("axis", "faces"), [(0, 20), (1, 24), (2, 30)])
def test_a_plane_across_an_axis_by_hand(axis: int, faces: int) -> None:
    """A block of 6 x 5 x 4 voxels: the cut has as many faces as its layers have voxels."""
    grid = Grid.upright((8, 8, 8), (1.0, 1.0, 1.0))
    liver = block(grid, (1, 7), (1, 6), (1, 5))
    nothing = liver - liver
    ready = CuttableFaces((liver, nothing, liver, nothing), SURFACES, PART_SET)
    x, y, z = (float(n == axis) for n in range(3))
    side = HalfSpace.of(grid, ready.box, (2.5, 2.5, 2.5), (x, y, z))
    cut = ready.cut(side).faces[0]  # the surface between part and rest
    along = ready.cut(side).edges[:, axis] != 0
    assert np.abs(cut[along]).sum() == faces
    assert np.abs(cut[~along]).sum() == 0


@pytest.mark.essential
@pytest.mark.slow
@settings(max_examples=how_many(40, 100))
@given(
    kind=KINDS,
    liver=clouds(WIDE, least=20, most=120),
    lesion=clouds(WIDE, least=1, most=5),
    normal=DIRECTIONS,
    through=st.tuples(*(st.floats(0, n) for n in WIDE)),
)
def test_the_gap_to_a_side(
    kind: str, liver: set[Index], lesion: set[Index], normal: Place, through: Place
) -> None:
    assume(np.linalg.norm(normal) > 0.1)
    assume(liver - lesion)
    grid = Grid(WIDE, tuple((4 * a, 4 * b, 4 * c, d) for a, b, c, d in AFFINES[kind]))
    x, y, z = (grid.matrix()[:, :3] @ through + grid.matrix()[:, 3]).tolist()
    free, core = cells(grid, liver - lesion), cells(grid, lesion)
    side = HalfSpace.of(grid, grid.whole, (x, y, z), unit(normal))
    kept = side.draw(free)
    gap_mm = measure_gap_mm(gather_outline(core), CuttableSurface(free).cut(side))
    if not kept.voxel_count:
        assert gap_mm == np.inf
        return
    ours, theirs = (grid.places_mm(np.argwhere(one.as_array())) for one in (core, kept))
    apart = np.linalg.norm(ours[:, None] - theirs[None], axis=2)
    assert gap_mm == pytest.approx(apart.min())


def test_the_plane_itself_is_the_surface() -> None:
    grid = Grid.upright((40, 40, 40), (1.0, 1.0, 1.0))
    liver = block(grid, (0, 40), (0, 40), (0, 40))
    lesion = block(grid, (30, 32), (20, 22), (20, 22))
    side = HalfSpace.of(grid, grid.whole, (24.5, 0.0, 0.0), (-1.0, 0.0, 0.0))  # up to i = 24
    ready = CuttableSurface(liver - lesion)
    assert measure_gap_mm(gather_outline(lesion), ready.cut(side)) == 6.0  # 30 to 24


@pytest.mark.parametrize("length", [255, 256, 300])
def test_counts_of_long_lines_take_little_memory(length: int) -> None:
    """One liver of 512 x 512 x 600 voxels took more than the limit of a page, 2 GiB."""
    grid = Grid.upright((32, 32, length), (1.0, 1.0, 1.0))
    whole = block(grid, (0, 32), (0, 32), (0, length))
    assert peak_bytes(lambda: VoxelLines(whole)) < 6 * whole.voxel_count
    lines = VoxelLines(whole)
    for index in (0, 1, length - 1):
        side = HalfSpace.of(grid, grid.whole, (0.0, 0.0, float(index)), (0.0, 0.0, 1.0))
        counted = lines.count(side), lines.count(side.other)
        assert counted == (32 * 32 * (length - index), 32 * 32 * index)
