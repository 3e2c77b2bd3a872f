"""Gaps, surfaces, shells and rims against all pairs of voxels; areas by counting and formula."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fl_planner.space import gap as surfaces
from fl_planner.space.distance import find_rim, find_surface
from fl_planner.space.faces import gather_faces
from fl_planner.space.gap import (
    Surface,
    gather,
    gather_borders,
    gather_outline,
    gather_shell,
    measure_areas_mm2,
    measure_gap_mm,
)
from fl_planner.space.grid import Affine, Grid
from fl_planner.space.mask import Mask
from tests.cases import each_case
from tests.masks import (
    AFFINES,
    ORIENTATIONS,
    SHEARED,
    TURNS,
    UPRIGHT,
    Index,
    Turn,
    block,
    cells,
    clouds,
    cubes,
    indices_of,
    turned,
)
from tests.memory import peak_bytes
from tests.tubes import tube

SHAPE = (5, 4, 6)
KINDS = st.sampled_from(list(AFFINES))


def all_pairs_mm(part: set[Index], to: set[Index], grid: Grid) -> npt.NDArray[np.float64]:
    """Measure every voxel of one set to every voxel of the other, (N, M)."""
    steps = np.array(sorted(part))[:, None, :] - np.array(sorted(to))[None, :, :]
    lengths: npt.NDArray[np.float64] = np.linalg.norm(steps @ grid.matrix()[:, :3].T, axis=2)
    return lengths


def beside(index: Index) -> set[Index]:
    """List the six neighbours of a voxel, on the grid or not."""
    i, j, k = index
    steps = ((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1))
    return {(i + a, j + b, k + c) for a, b, c in steps}


def gap_mm(part: Mask, to: Mask) -> float:
    return measure_gap_mm(gather_outline(part), gather_outline(to))


def places_of(surface: Surface) -> list[tuple[float, ...]]:
    """List the places of all voxels of a surface; each block begins where it says."""
    places, starts = surface.listing(np.arange(len(surface.low_mm)))
    for n, of_block in enumerate(np.split(places, starts[1:])):
        assert len(of_block)
        assert (of_block >= surface.low_mm[n] - 1e-9).all()
        assert (of_block <= surface.high_mm[n] + 1e-9).all()
    return [tuple(place) for place in places.round(6).tolist()]


@given(kind=KINDS, part=clouds(SHAPE), to=clouds(SHAPE))
def test_a_gap_is_the_least_of_all_pairs(kind: str, part: set[Index], to: set[Index]) -> None:
    assume(part - to)
    grid = Grid(SHAPE, AFFINES[kind])
    least_mm = all_pairs_mm(part - to, to, grid).min()
    ours, theirs = cells(grid, part - to), cells(grid, to)
    assert gap_mm(ours, theirs) == pytest.approx(least_mm)


@pytest.mark.parametrize("steps", [1, 9, 10, 11, 39, 40, 41, 159, 160, 161, 299])
def test_a_gap_is_found_however_far_it_is(steps: int) -> None:
    grid = cubes((300, 4, 4))
    left = block(grid, (0, 1), (0, 2), (0, 2))
    assert gap_mm(left, block(grid, (steps, 300), (0, 4), (0, 4))) == steps


def test_what_is_nearer_across_a_corner_is_not_missed() -> None:
    grid = cubes((30, 30, 1))
    here = block(grid, (0, 1), (0, 1), (0, 1))
    diagonal, straight = (8, 8, 0), (11, 0, 0)  # 11.3 mm, within a block of 10; and 11, beyond it
    assert gap_mm(here, cells(grid, [diagonal, straight])) == 11.0


@given(clouds(SHAPE, most=100))
def test_surface_and_shell_are_what_a_voxel_has_next_to_it(cloud: set[Index]) -> None:
    grid = cubes(SHAPE)
    mask = cells(grid, cloud)
    assert indices_of(find_surface(mask)) == {index for index in cloud if beside(index) - cloud}
    everywhere = indices_of(block(grid, *((0, n) for n in SHAPE)))
    near = set().union(*map(beside, cloud)) & everywhere
    shell = gather_shell(mask)
    found = [] if shell is None else places_of(shell)
    assert sorted(found) == sorted(near - cloud)  # voxels of 1 mm: places are indices


@pytest.mark.slow
@each_case("kind, turn", ORIENTATIONS)
def test_an_outline_is_the_surface_however_the_grid_is_stored(kind: str, turn: Turn) -> None:
    grid = Grid((23, 19, 17), AFFINES[kind])
    body = block(grid, (1, 22), (3, 18), (0, 16)) - block(grid, (4, 9), (5, 8), (6, 12))
    surface = np.argwhere(find_surface(body).as_array())
    expected = sorted(map(tuple, grid.places_mm(surface).round(6).tolist()))
    assert sorted(places_of(gather_outline(turned(body, *turn)))) == expected


def test_borders_are_of_each_bit_and_none_without_a_voxel() -> None:
    grid = cubes((6, 2, 2))
    codes = np.zeros((6, 2, 2), dtype=np.uint8)
    codes[:3] = 1
    codes[2:5] |= 4  # the third layer has both bits
    found = gather_borders(codes, {"a": 1, "b": 2, "c": 4}, grid.whole, grid)
    assert list(found) == ["a", "c"]
    first = {(i, j, k) for i in (0, 1, 2) for j in (0, 1) for k in (0, 1)}
    assert set(places_of(found["a"])) == first  # all touch the end of the block
    assert {i for i, _, _ in places_of(found["c"])} == {2, 3, 4}


def test_a_mask_that_fills_its_grid_has_a_surface_and_no_shell() -> None:
    full = block(cubes((3, 3, 3)), (0, 3), (0, 3), (0, 3))
    assert find_surface(full).voxel_count == 26
    assert gather_shell(full) is None
    assert not find_surface(full - full).voxel_count


@given(
    kind=KINDS, core=clouds(SHAPE), of=clouds(SHAPE), reach=st.sampled_from([0.0, 1.6, 2.5, 5.0])
)
def test_a_rim_is_what_is_within_reach(
    kind: str, core: set[Index], of: set[Index], reach: float
) -> None:
    of -= core
    assume(of)
    grid = Grid(SHAPE, AFFINES[kind])
    nearest_mm = all_pairs_mm(of, core, grid).min(axis=1)
    reaches = [reach / 2, reach]
    rim, level = find_rim(cells(grid, core), cells(grid, of), reaches)
    within = nearest_mm <= reach + 1e-6
    assert indices_of(rim) == {o for o, near in zip(sorted(of), within, strict=True) if near}
    assert (level == 0).tolist() == (nearest_mm[within] <= reach / 2 + 1e-6).tolist()


def test_a_rim_ends_at_its_reach_however_the_grid_is_stored() -> None:
    grid = Grid((13, 11, 7), UPRIGHT)
    core, whole = block(grid, (6, 7), (5, 6), (3, 4)), block(grid, (0, 13), (0, 11), (0, 7))
    for axes, flips in TURNS:
        parts = [turned(mask, axes, flips) for mask in (core, whole - core)]
        rim, _ = find_rim(parts[0], parts[1], [5.0])
        # (i, 2 j, 5 k) mm: 3-4-5 and 5-0-0 lie at 5 mm exactly, and count.
        in_plane = sum(i * i + 4 * j * j <= 25 for i in range(-6, 7) for j in range(-5, 6))
        assert rim.voxel_count == in_plane - 1 + 2


def test_nothing_is_near_what_is_far() -> None:
    grid = cubes((30, 1, 1))
    far: Mask = block(grid, (20, 30), (0, 1), (0, 1))
    rim, level = find_rim(block(grid, (0, 1), (0, 1), (0, 1)), far, [5.0])
    assert (rim.voxel_count, level.size) == (0, 0)


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(AFFINES))
@pytest.mark.parametrize("seed", range(4))
def test_many_blocks_give_the_gap_of_all_voxels(seed: int, kind: str) -> None:
    """Two clouds of 2000 voxels, hundreds of blocks each, more than are compared at a time."""
    grid = Grid((200, 90, 60), AFFINES[kind])
    chance = np.random.default_rng(seed)
    apart = 30 * seed
    ours = chance.integers(0, (80, 90, 60), (2000, 3))
    theirs = chance.integers((80 + apart - 20 * (seed == 0), 0, 0), (200, 90, 60), (2000, 3))
    parts = [cells(grid, map(tuple, some.tolist())) for some in (ours, theirs)]
    one, other = parts[0], parts[1] - parts[0]
    places = [grid.places_mm(np.argwhere(part.as_array())) for part in (one, other)]
    least = min(float(np.linalg.norm(places[1] - place, axis=1).min()) for place in places[0])
    assert gap_mm(one, other) == pytest.approx(least)
    assert gap_mm(other, one) == pytest.approx(least)


def test_far_places_are_gathered_too() -> None:
    spread = np.array([[0.0, 0.0, 0.0], [1e5, 0.0, 0.0], [0.0, 1e4, 1e3], [1e5, 3.0, 4.0]])
    assert measure_gap_mm(gather(spread[:1]), gather(spread[1:])) == pytest.approx(1e4, rel=1e-2)
    assert measure_gap_mm(gather(spread[1:2]), gather(spread[[0, 2, 3]])) == 5.0


def test_blocks_that_are_too_far_are_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line of a thousand blocks, hundreds of which are left out at a time."""
    compared: list[int] = []
    bound = surfaces._bound

    def count(*boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        compared.append(len(boxes[2]))
        return bound(*boxes)

    monkeypatch.setattr(surfaces, "_bound", count)
    grid = cubes((8000, 1, 1))
    near, far = block(grid, (0, 1), (0, 1), (0, 1)), block(grid, (101, 8000), (0, 1), (0, 1))
    assert gap_mm(near, far) == 101.0
    assert min(compared) > 0


def _peak_of_a_block(work: Callable[[], object], block_bytes: int) -> float:
    """Measure how many blocks of voxels a piece of work holds at once, at most."""
    return peak_bytes(work) / block_bytes


@pytest.mark.slow
def test_h16_surfaces_of_a_large_mask_take_few_blocks_more() -> None:
    side = 400
    large = block(cubes((side, side, side)), (2, side - 2), (2, side - 2), (2, side - 2))
    table = np.array([[0, -1], [1, 0]], dtype=np.int8)
    size = side**3
    assert _peak_of_a_block(lambda: gather_shell(large), size) < 2.5  # all at once: 3.9
    assert _peak_of_a_block(lambda: gather_faces((large,), table), size) < 1.9  # 2.2


def test_h16_points_are_compared_so_many_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    places = np.random.default_rng(7).uniform(0, 8, (2, 3000, 3))
    one, other = places[0], places[1] + (9, 0, 0)
    least = min(float(np.sqrt(((place - other) ** 2).sum(axis=1).min())) for place in one)
    monkeypatch.setattr(surfaces, "PAIRS", 1 << 14)
    gaps: list[float] = []
    peak = _peak_of_a_block(lambda: gaps.append(measure_gap_mm(gather(one), gather(other))), 1)
    assert gaps == [pytest.approx(least, rel=1e-12)]
    assert peak < 2 << 20  # all at once: 144 MB


DIRECTIONS = [(1, 0, 0), (0, 0, 1), (1, 1, 0), (1, 2, 3), (3, -1, 2), (-1, 4, 1)]


def middle(mask: Mask, ways_mm: np.ndarray, half_mm: float) -> float:
    """Measure what lies within so many mm of the middle of a tube."""
    within = np.abs(ways_mm[mask.box.slices()]) <= half_mm
    return float(measure_areas_mm2(mask)[within].sum())


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("step_mm", [0.7, 1.0])
def test_a_tube_has_the_area_of_its_wall(direction: tuple[int, ...], step_mm: float) -> None:
    mask, ways_mm = tube(cubes((56, 56, 56), step_mm), direction, 4 * step_mm)
    # 20 steps long: voxels whose centres lie within them are 20 to 21 layers
    expected = 2 * np.pi * 4 * step_mm * 20 * step_mm
    assert middle(mask, ways_mm, 10 * step_mm) == pytest.approx(expected, rel=0.06)


@pytest.mark.parametrize("name", AFFINES)
def test_a_plane_has_its_area_on_any_grid(name: str) -> None:
    """A face of a thick plate, far from its edges: as many parallelograms as voxels."""
    grid = Grid((24, 24, 24), AFFINES[name])
    plate = block(grid, (2, 22), (2, 22), (6, 18))
    a, b, _ = grid.matrix()[:, :3].T
    one = float(np.linalg.norm(np.cross(a, b)))
    areas = measure_areas_mm2(plate)
    assert areas[4:-4, 4:-4, 0] == pytest.approx(one)
    assert areas[4:-4, 4:-4, -1] == pytest.approx(one)
    assert not areas[4:-4, 4:-4, 4:-4].any()


@pytest.mark.parametrize("affine", [UPRIGHT, SHEARED])
def test_a_slanted_plane_has_its_area_and_not_that_of_its_stairs(affine: Affine) -> None:
    grid = Grid((40, 40, 40), affine)
    i, j, k = np.indices(grid.shape)
    solid = Mask.of("half", 2 * i + j - k < 40, grid)
    inner = np.zeros(grid.shape, dtype=bool)
    inner[10:30, 10:30, 6:34] = True
    areas = measure_areas_mm2(solid)[inner[solid.box.slices()]]
    # the plane 2i + j - k = 40 over 20 x 28 columns along i: each cell of it is spanned by two
    # vectors along which 2i + j - k does not change, one step of j or k against half of i
    columns = grid.matrix()[:, :3]
    along_j, along_k = columns @ (-0.5, 1, 0), columns @ (0.5, 0, 1)
    held = sum(10 <= (40 - b + c) / 2 - 1 < 30 for b in range(10, 30) for c in range(6, 34))
    expected = held * float(np.linalg.norm(np.cross(along_j, along_k)))
    assert areas.sum() == pytest.approx(expected, rel=0.02)


def test_storage_order_changes_nothing() -> None:
    mask, _ = tube(Grid((30, 30, 30), UPRIGHT), (1, 2, 3), 4.0)
    stored = turned(mask, (2, 0, 1), (1, -1, 1))
    assert measure_areas_mm2(stored).sum() == pytest.approx(measure_areas_mm2(mask).sum())


def test_a_chequerboard_is_no_nan() -> None:
    odd = np.indices((6, 6, 6)).sum(axis=0) % 2 == 1
    assert np.isfinite(measure_areas_mm2(Mask.of("board", odd, cubes((6, 6, 6))))).all()


def test_a_voxel_alone_has_six_faces_seen_askew_by_none() -> None:
    areas = measure_areas_mm2(cells(cubes((5, 5, 5)), [(2, 2, 2)]))
    assert areas.ravel() == pytest.approx([6.0])
