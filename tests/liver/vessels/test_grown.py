"""Grown trees: territories against analytic geometry, and how often a range holds."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import binary_dilation, binary_erosion, distance_transform_edt, gaussian_filter

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.trees import VesselTrees, build_trees
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.cases import of_many, sure
from tests.liver.vessels.grown import (
    Grown,
    Tube,
    draw_liver,
    draw_tree,
    ellipsoid_grid,
    grow,
    grown_liver,
)

Place = npt.NDArray[np.float64]

STEM = ((0.0, -30.0, -60.0), 35.0)  # root, and mm from it to the first fork
LONG_MM = 18.0  # of a branch that is cut in its middle: 5 mm either way lie in it
WITHIN = 0.01  # of the liver, that a territory may be off


def trees_of(tree: Grown, anatomy: Anatomy) -> VesselTrees:
    return build_trees(anatomy, {"portal": tree.tubes[0].at(0.0)})


def long_tubes(tree: Grown) -> list[int]:
    return [number for number, one in enumerate(tree.tubes) if one.length_mm >= LONG_MM]


def check_tree(seed: int, grid: Grid) -> None:
    tree = grow(seed, 5, *STEM)
    anatomy = grown_liver(grid, portal_veins=tree)
    liver = anatomy.liver
    of_liver = tree.nearest(grid.places_mm(liver.indices()))
    trees = trees_of(tree, anatomy)
    supply = trees.trees["portal"]
    on = tree.nearest(supply.tree.graph.places_mm)
    for number in long_tubes(tree):
        cut = BranchCut("portal", tree.tubes[number].at(0.5))
        found = trees.lose((cut,), None)[0].cuts[0].lost.voxels
        true = int(tree.beyond(of_liver, number, 0.5).sum())
        assert abs(found - true) <= WITHIN * liver.voxel_count, (seed, number)
        beyond = supply.ask(1, cut).loss.beyond
        below = [*tree.below(number)]
        assert set(np.unique(on.tube[beyond]).tolist()) == {number, *below}
        inside = on.distance_mm < -0.5  # voxels that are of one tube alone
        assert beyond[np.isin(on.tube, below) & inside].all()


@pytest.mark.slow
@pytest.mark.parametrize("seed", of_many([0], range(2)))
def test_a_territory_is_that_of_the_nearest_branch(seed: int) -> None:
    check_tree(seed, ellipsoid_grid((2.0, 2.0, 2.0)))


STEPS_MM = ((1.5, 1.5, 1.5), (0.8, 0.8, 2.5), (1.0, 2.0, 1.5))
OF_GRIDS = of_many([(2, STEPS_MM[2])], [*product(range(4), STEPS_MM)])


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "step_mm"), OF_GRIDS)
def test_territories_of_any_grid(seed: int, step_mm: tuple[float, float, float]) -> None:
    check_tree(seed, ellipsoid_grid(step_mm))


def jittered(mask: Mask, rng: np.random.Generator) -> Mask:
    """Move a mask's surface by a voxel, outwards and inwards in patches."""
    drawn = mask.as_array()
    noise = gaussian_filter(rng.normal(size=drawn.shape), 1.5)
    wide, narrow = noise > 0.7 * noise.std(), noise < -0.7 * noise.std()
    moved = np.where(wide, binary_dilation(drawn), np.where(narrow, binary_erosion(drawn), drawn))
    return Mask.of(mask.name, moved, mask.grid, mask.file)


@pytest.mark.slow
def test_a_range_holds_95_of_100_jittered_readings() -> None:
    grid = ellipsoid_grid((1.5, 1.5, 1.5))
    of_cuts: list[bool] = []
    of_remnants: list[bool] = []
    seeds = of_many([100], range(100, 104))  # the ranges were chosen on trees of seeds 0 to 3
    for seed in seeds:
        tree, rng = grow(seed, 5, *STEM), np.random.default_rng(seed)
        anatomy = grown_liver(grid, portal_veins=tree)
        drawn = trees_of(tree, anatomy)
        for _ in range(4):
            vessels = {"portal_veins": jittered(anatomy.vessels["portal_veins"], rng)}
            read = trees_of(tree, replace(anatomy, vessels=vessels))
            for number in long_tubes(tree):
                tube = tree.tubes[number]
                along = 0.5 + rng.uniform(-4.0, 4.0) / tube.length_mm
                of_cuts.append(holds_cut(drawn, read, tube.at(0.5), tube.at(along)))
            normal, mm = rng.normal(size=3), rng.uniform(-30.0, 30.0)
            one, other = (beyond(anatomy.liver, normal, mm + by) for by in (0, rng.uniform(-4, 4)))
            of_remnants.append(holds_remnant(drawn, read, one, other))
    assert len(of_cuts) > 25 * len(seeds)
    for held in (of_cuts, of_remnants):
        assert sum(held) >= 0.95 * len(held), f"{sum(held)} of {len(held)}"


def beyond(liver: Mask, normal: Place, mm: float) -> Mask:
    """Take the liver beyond a plane, so many mm from the middle of the patient."""
    indices = liver.indices()
    side = liver.grid.places_mm(indices) @ normal > mm * np.linalg.norm(normal)
    voxels = np.zeros(liver.voxels.shape, dtype=np.bool_)
    voxels[tuple((indices[side] - liver.box.start).T)] = True
    return Mask("flr", voxels, liver.box, liver.grid)


def holds_cut(
    drawn: VesselTrees,
    read: VesselTrees,
    place: tuple[float, float, float],
    other: tuple[float, float, float],
) -> bool:
    """Whether the range of a cut holds what another reader cuts beside it in his own drawing."""
    lost = drawn.lose((BranchCut("portal", place),), None)[0].cuts[0].lost
    voxels = read.lose((BranchCut("portal", other),), None)[0].cuts[0].lost.voxels
    return lost.low <= voxels <= lost.high


def holds_remnant(drawn: VesselTrees, read: VesselTrees, remnant: Mask, other: Mask) -> bool:
    """Whether the range of a remnant holds what another reader's loses in his own drawing."""
    lost, found = drawn.lose((), remnant)[0].flr_inflow, read.lose((), other)[0].flr_inflow
    assert lost is not None
    return lost.low <= sure(found).voxels <= lost.high


ORIGIN_MM = (4.0, 8.0, 12.0)  # from where the middles of two branches part
FIRST_BRANCHES = range(1, 7)  # of the first two orders: 5 to 9 mm wide, from a trunk of 12 mm


@pytest.mark.slow
def test_h13_a_cut_at_the_origin_of_a_branch_leaves_its_sister() -> None:
    """The usual click: within the trunk's own width, and beside the middle of the branch."""
    cut_at_origins(ellipsoid_grid((2.0, 2.0, 2.0)), seeds=(20,))


@pytest.mark.slow
@pytest.mark.parametrize("step_mm", [(1.5, 1.5, 1.5), (0.7, 0.7, 1.5), (0.8, 0.8, 5.0)])
def test_h13_a_cut_at_the_origin_leaves_the_sister_on_grids_of_scanners(
    step_mm: tuple[float, float, float],
) -> None:
    cut_at_origins(ellipsoid_grid(step_mm))


def cut_at_origins(grid: Grid, seeds: tuple[int, ...] = (20, 21)) -> None:
    """Cut branches at their origins; each cut is right or doubtful, and its range holds."""
    found: list[bool] = []
    doubtful = 0
    for seed in seeds:
        tree, rng = grow(seed, 5, *STEM), np.random.default_rng(seed)
        anatomy = grown_liver(grid, portal_veins=tree)
        liver, trees = anatomy.liver, trees_of(tree, anatomy)
        of_liver = tree.nearest(grid.places_mm(liver.indices()))
        for number in FIRST_BRANCHES:
            tube = tree.tubes[number]
            for mm in ORIGIN_MM:
                place = beside(tube.start, tube.stop, mm, tube.radius_mm / 2, rng)
                (cut,) = trees.lose((BranchCut("portal", place),), None)[0].cuts
                true = int(tree.beyond(of_liver, number, mm / tube.length_mm).sum())
                assert cut.lost.low <= true <= cut.lost.high, (seed, number, mm)
                right = abs(cut.lost.voxels - true) <= 0.05 * liver.voxel_count
                assert right or cut.is_doubtful, (seed, number, mm)
                found.append(right)
                doubtful += cut.is_doubtful
    assert sum(found) >= 0.95 * len(found), f"{sum(found)} of {len(found)}"
    assert doubtful <= 4, f"{doubtful} of {len(found)}"  # every one of these is right


AT_FORKS = of_many([((1.5, 1.5, 1.5), 14)], [((1.5, 1.5, 1.5), 14), ((0.8, 0.8, 5.0), 8)])


@pytest.mark.slow
@pytest.mark.parametrize(("step_mm", "least"), AT_FORKS)
def test_h13_a_cut_at_a_fork_is_doubtful_and_its_range_holds_one_branch_and_both(
    step_mm: tuple[float, float, float], least: int
) -> None:
    """A click where the middles of two branches part: each of them, or both, may be meant."""
    grid = ellipsoid_grid(step_mm)
    doubtful = 0
    for seed in (20, 21):
        tree = grow(seed, 5, *STEM)
        anatomy = grown_liver(grid, portal_veins=tree)
        liver, trees = anatomy.liver, trees_of(tree, anatomy)
        of_liver = tree.nearest(grid.places_mm(liver.indices()))
        for number in (0, *FIRST_BRANCHES):
            (cut,) = trees.lose((BranchCut("portal", tree.tubes[number].at(1.0)),), None)[0].cuts
            ways = [n for n, tube in enumerate(tree.tubes) if tube.before == number]
            both, *ones = (
                int(tree.beyond(of_liver, *each).sum())
                for each in ((number, 1.0), *((way, 0.0) for way in ways))
            )
            off = [abs(cut.lost.voxels - true) / liver.voxel_count for true in (both, *ones)]
            assert min(off) <= 0.02, (seed, number)
            held = all(cut.lost.low <= true <= cut.lost.high for true in (both, *ones))
            doubtful += cut.is_doubtful and held
    assert doubtful >= least, f"{doubtful} of 14"


CAVA_MM = np.array([[0.0, -20.0, 62.0], [0.0, -88.0, 62.0], [0.0, -88.0, -80.0]])


@pytest.mark.slow
@pytest.mark.parametrize("seed", of_many([38], [31, 38]))
def test_h13_a_cut_of_hepatic_veins_drawn_with_the_vena_cava_leaves_its_sister(seed: int) -> None:
    """One mask of hepatic veins and a vena cava 24 mm wide, with a root in the cava."""
    grid = ellipsoid_grid((0.7, 0.7, 1.5))
    tree, rng = grow(seed, 4, (0.0, -20.0, 62.0), 30.0), np.random.default_rng(seed)
    cava = Grown(tuple(Tube(*ends, 12.0, -1) for ends in pairwise(CAVA_MM)))
    veins = draw_tree(tree, grid, "hepatic_veins") | draw_tree(cava, grid, "cava")
    liver = draw_liver(grid)
    trees = build_trees(
        Anatomy(liver, vessels={"hepatic_veins": veins}), {"hepatic": (0.0, -88.0, -60.0)}
    )
    of_liver = tree.nearest(grid.places_mm(liver.indices()))
    doubtful = 0
    for number in FIRST_BRANCHES:
        tube = tree.tubes[number]
        for mm in ORIGIN_MM:
            place = beside(tube.start, tube.stop, mm, tube.radius_mm / 2, rng)
            (cut,) = trees.lose((BranchCut("hepatic", place),), None)[0].cuts
            true = int(tree.beyond(of_liver, number, mm / tube.length_mm).sum())
            assert cut.lost.low <= true <= cut.lost.high, (number, mm)
            assert abs(cut.lost.voxels - true) <= 0.05 * liver.voxel_count, (number, mm)
            doubtful += cut.is_doubtful
    assert doubtful <= 2


def redrawn(mask: Mask, most_mm: float, rng: np.random.Generator) -> Mask:
    """Move a mask's surface by up to so many mm, in patches of some 10 mm; thin twigs are lost."""
    inside, edges = mask.as_array(), mask.grid.spacing_mm
    away_mm = distance_transform_edt(~inside, sampling=edges)
    away_mm -= distance_transform_edt(inside, sampling=edges)
    noise = gaussian_filter(rng.normal(size=inside.shape), 4.0)
    moved_mm = most_mm * np.clip(noise / (1.5 * noise.std()), -1.0, 1.0)
    return Mask.of(mask.name, away_mm < moved_mm, mask.grid, mask.file)


@pytest.mark.slow
def test_h13_ranges_of_redrawn_vessels_hold_the_truth() -> None:
    """The surface moved by up to 2 mm, and cuts up to half a radius off: 90 of 100 ranges hold."""
    grid = ellipsoid_grid((1.5, 1.5, 1.5))
    held: list[bool] = []
    for seed in of_many((20,), (20, 21)):
        tree, rng = grow(seed, 5, *STEM), np.random.default_rng(seed)
        anatomy = grown_liver(grid, portal_veins=tree)
        of_liver = tree.nearest(grid.places_mm(anatomy.liver.indices()))
        veins = redrawn(anatomy.vessels["portal_veins"], 2.0, rng)
        assert (anatomy.vessels["portal_veins"] - veins).voxel_count > 200  # of some 6000
        trees = trees_of(tree, replace(anatomy, vessels={"portal_veins": veins}))
        for number in range(1, 15):
            tube = tree.tubes[number]
            for mm in ORIGIN_MM:
                place = beside(tube.start, tube.stop, mm, tube.radius_mm / 2, rng)
                (cut,) = trees.lose((BranchCut("portal", place),), None)[0].cuts
                true = int(tree.beyond(of_liver, number, mm / tube.length_mm).sum())
                held.append(cut.lost.low <= true <= cut.lost.high)
    assert sum(held) >= 0.9 * len(held), f"{sum(held)} of {len(held)}"


def beside(
    start: Place, stop: Place, mm: float, most_mm: float, rng: np.random.Generator
) -> tuple[float, float, float]:
    """Take a place so far along a tube, up to so many mm from its middle."""
    axis = (stop - start) / np.linalg.norm(stop - start)
    across = rng.normal(size=3)
    across -= (across @ axis) * axis
    x, y, z = (
        start + mm * axis + rng.uniform(0.0, most_mm) * across / np.linalg.norm(across)
    ).tolist()
    return x, y, z
