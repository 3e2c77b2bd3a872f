"""Given points correct the division of one label for all veins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import TreeName
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.trees import VesselTrees, build_trees
from fl_planner.space.grid import Place
from tests.liver.vessels.drawn import Span, along_x, drawn, liver_with
from tests.liver.vessels.grown import draw_liver, draw_tree, ellipsoid_grid, grow
from tests.masks import codes
from tests.refusals import refuses

Points = Mapping[TreeName, Sequence[Place]]
PORTAL = ((10, 17), (3, 18), (10, 11))
HEPATIC = ((24, 31), (3, 18), (9, 12))
TWIG = along_x(31, 37)  # 6 voxels that hang on the hepatic bar
ROOTS: dict[TreeName, Place] = {"portal": (26.0, 20.0, 20.0), "hepatic": (54.0, 20.0, 20.0)}
IN_TWIG = (62.0, 20.0, 20.0)  # its first voxel


def trees_of(
    *spans: tuple[Span, Span, Span], points: Points, roots: Mapping[TreeName, Place] = ROOTS
) -> VesselTrees:
    return build_trees(liver_with(liver_vessels=drawn("liver_vessels", *spans)), roots, points)


def test_a_point_moves_what_is_beyond_it_to_its_tree() -> None:
    before = trees_of(PORTAL, HEPATIC, TWIG, points={})
    assert [one.voxels for one in before.quality] == [105, 321]
    after = trees_of(PORTAL, HEPATIC, TWIG, points={"portal": [IN_TWIG]})
    assert [one.voxels for one in after.quality] == [111, 315]
    assert [one.points_mm for one in after.quality] == [(IN_TWIG,), ()]
    kept = trees_of(PORTAL, HEPATIC, TWIG, points={"hepatic": [IN_TWIG]})
    assert [one.voxels for one in kept.quality] == [105, 321]


def test_a_point_in_a_part_without_a_way_to_a_root_takes_the_part() -> None:
    loose = along_x(19, 22)  # 6 mm from both bars: of neither without a point
    assert trees_of(PORTAL, HEPATIC, loose, points={}).findings[0].code == "vessels.of_neither"
    trees = trees_of(PORTAL, HEPATIC, loose, points={"hepatic": [(40.0, 20.0, 20.0)]})
    assert [one.voxels for one in trees.quality] == [105, 318]
    assert "vessels.of_neither" not in codes(trees.findings)


def test_points_of_both_trees_in_one_branch_are_refused() -> None:
    both: Points = {"portal": [IN_TWIG], "hepatic": [(64.0, 20.0, 20.0), IN_TWIG]}
    with refuses("vessels.points_conflict", "portal point", says="62,20,20 (RAS)"):
        trees_of(PORTAL, HEPATIC, TWIG, points=both)


def test_a_point_far_from_the_vessel_is_refused_as_a_root_is() -> None:
    with refuses("vessels.root_beside", "hepatic point", says="mm from the vessel"):
        trees_of(PORTAL, HEPATIC, points={"hepatic": [(80.0, 20.0, 0.0)]})


def test_a_point_of_a_label_that_is_not_divided_is_refused() -> None:
    points: Points = {"portal": [IN_TWIG]}
    with refuses("vessels.point_unused", "portal point", says="a root is unknown"):
        trees_of(PORTAL, HEPATIC, TWIG, points=points, roots={})
    label, named = drawn("liver_vessels", PORTAL, HEPATIC), drawn("portal_veins", PORTAL)
    for anatomy, says in (
        (liver_with(liver_vessels=label, portal_veins=named), "veins were given by name"),
        (liver_with(), "there is no single label for all veins that could be divided"),
    ):
        with refuses("vessels.point_unused", "portal point", says=says):
            build_trees(anatomy, ROOTS, points)


@pytest.mark.slow
def test_one_point_in_a_wrongly_divided_branch_gives_the_true_liver_beyond_cuts() -> None:
    """Two grown trees that touch: 1716 portal voxels are in the hepatic half, until one click.

    Before, a quarter of the liver has no portal branch within reach: no territories are given.
    """
    grid = ellipsoid_grid((1.0, 1.0, 1.0))
    portal = grow(36, 4, (0.0, -30.0, -60.0), 35.0)
    hepatic = grow(61, 4, (0.0, -20.0, 62.0), 30.0)
    label = draw_tree(portal, grid, "liver_vessels") | draw_tree(hepatic, grid, "veins")
    anatomy = Anatomy(draw_liver(grid), vessels={"liver_vessels": label})
    roots: dict[TreeName, Place] = {
        "portal": portal.tubes[0].at(0.3),
        "hepatic": hepatic.tubes[0].at(0.3),
    }
    assert build_trees(anatomy, roots).trees == {}
    trees = build_trees(anatomy, roots, {"portal": [(40.0, 4.0, 1.0)]})
    liver = anatomy.liver
    of_liver = portal.nearest(grid.places_mm(liver.indices()))
    for number in range(1, 15):
        cut = BranchCut("portal", portal.tubes[number].at(0.3))
        (found,) = trees.lose((cut,), None)[0].cuts
        true = int(portal.beyond(of_liver, number, 0.3).sum())
        assert abs(found.lost.voxels - true) <= 0.01 * liver.voxel_count, number
        assert found.lost.low <= true <= found.lost.high
        assert not found.is_doubtful
