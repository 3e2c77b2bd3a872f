"""One label for all veins is divided by where each begins, or not at all."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import TREES, TreeName
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.divide import divide_vessels, list_drawn
from fl_planner.liver.vessels.trees import VesselTrees, build_trees
from fl_planner.space.grid import Place
from fl_planner.space.mask import Mask, unite
from tests.cases import of_many, sure
from tests.liver.vessels.drawn import Span, along_x, drawn, liver_with
from tests.liver.vessels.grown import Grown, draw_liver, draw_tree, ellipsoid_grid, grow
from tests.masks import block, codes, cubes
from tests.refusals import refuses

TWO = (((14, 19), (3, 18), (10, 11)), ((22, 27), (3, 18), (10, 11)))
ROOTS: dict[TreeName, Place] = {"portal": (32.0, 20.0, 20.0), "hepatic": (48.0, 20.0, 20.0)}


def trees_of(
    *spans: tuple[Span, Span, Span], roots: Mapping[TreeName, Place] = ROOTS
) -> VesselTrees:
    """Find the trees of one label for all veins."""
    return build_trees(liver_with(liver_vessels=drawn("liver_vessels", *spans)), roots)


def test_two_roots_divide_one_label() -> None:
    near = ((10, 12), (3, 18), (10, 11))  # 6 mm from the portal tree, 22 from the hepatic one
    trees = trees_of(*TWO, near)
    portal, hepatic = trees.quality
    assert (portal.tree, portal.sources, portal.voxels) == ("portal", ("liver_vessels",), 75 + 30)
    assert (hepatic.tree, hepatic.voxels, hepatic.bridged_voxels) == ("hepatic", 75, 0)
    assert portal.bridged_voxels == 30
    assert codes(trees.findings) == ["vessels.joined"]
    assert trees.findings[0].severity.value == "warning"  # 30 of 105 voxels


def test_a_point_in_its_tree_moves_nothing() -> None:
    anatomy = liver_with(liver_vessels=drawn("liver_vessels", *TWO))
    points: dict[TreeName, list[Place]] = {"portal": [(32.0, 30.0, 20.0)]}
    assert [one.voxels for one in build_trees(anatomy, ROOTS, points).quality] == [75, 75]


def test_h13_trees_that_touch_are_not_divided() -> None:
    trees = trees_of(*TWO, along_x(19, 22))
    assert codes(trees.findings) == ["vessels.trees_touch"]
    assert (trees.trees, trees.quality) == ({}, ())


def test_one_label_without_roots_gives_no_territories() -> None:
    trees = trees_of(*TWO, roots={})
    assert codes(trees.findings) == ["vessels.undivided"]
    assert not trees.trees


@pytest.mark.parametrize(
    ("named", "untold"), [("right_hepatic_vein", "portal"), ("portal_veins", "hepatic")]
)
def test_one_label_next_to_veins_by_name_gives_no_other_tree(named: str, untold: str) -> None:
    vessels = {"liver_vessels": drawn("liver_vessels", TWO[0]), named: drawn(named, TWO[1])}
    trees = build_trees(liver_with(**vessels), {})
    assert untold not in trees.trees
    (told,) = (one for one in trees.findings if one.code == "vessels.beside_named")
    assert f"territories of the {untold} tree are not given" in told.message


def test_one_label_next_to_both_trees_by_name_is_not_asked() -> None:
    vessels = {
        "portal_veins": drawn("portal_veins", TWO[0]),
        "right_hepatic_vein": drawn("right_hepatic_vein", TWO[1]),
    }
    trees = build_trees(liver_with(liver_vessels=drawn("liver_vessels", *TWO), **vessels), {})
    assert "vessels.beside_named" not in codes(trees.findings)


def test_h13_a_part_between_both_trees_is_of_neither() -> None:
    apart = (((10, 15), (3, 18), (10, 11)), ((26, 31), (3, 18), (10, 11)))
    between = ((19, 20), (4, 18), (10, 11))  # 10 mm from the portal tree, 14 from the hepatic one
    roots: dict[TreeName, Place] = {"portal": (24.0, 20.0, 20.0), "hepatic": (56.0, 20.0, 20.0)}
    trees = trees_of(*apart, along_x(19, 20), roots=roots)
    assert [one.voxels for one in trees.quality] == [75, 75]
    (told, *_) = trees.findings
    assert (told.code, told.severity.value) == ("vessels.of_neither", "info")
    trees = trees_of(*apart, between, ((21, 22), (6, 18), (10, 11)), roots=roots)
    assert (trees.trees, trees.quality) == ({}, ())
    (told,) = trees.findings
    assert (told.code, told.severity.value) == ("vessels.of_neither", "warning")
    # 14 of 75 + 75 + 14 + 12 voxels; its middle is between y = 20 and 22 mm
    largest = "; the largest of these parts near the liver (8.0 %) is at 38,20,20 (RAS); "
    assert largest in told.message
    # A cut of what could not be told apart takes what nobody can tell.
    loss, findings = trees.lose((BranchCut("portal", (24.0, 20.0, 20.0)),), None)
    assert (loss.cuts, codes(findings)) == ((), ["vessels.cut_untold"])


def test_h13_veins_far_from_the_liver_are_of_neither_and_have_no_place() -> None:
    """A block of 45 voxels 80 mm below the liver, next to two trees of 75."""
    grid = cubes((41, 21, 60), 2.0)
    spans = *(((x, x + 5), (3, 18), (46, 47)) for x in (14, 22)), ((20, 23), (10, 13), (0, 5))
    veins = unite([block(grid, *each, name="liver_vessels") for each in spans])
    liver = block(grid, (2, 39), (2, 19), (42, 51), name="liver")
    roots: dict[TreeName, Place] = {"portal": (32.0, 20.0, 92.0), "hepatic": (48.0, 20.0, 92.0)}
    trees = build_trees(Anatomy(liver, vessels={"liver_vessels": veins}), roots)
    (told,) = trees.findings
    assert (told.code, told.severity.value) == ("vessels.of_neither", "warning")
    assert told.value == pytest.approx(100 * 45 / 195)
    assert told.message.endswith("is assigned to neither; territories are not given")


def test_a_drawn_trunk_and_vena_cava_divide_one_label() -> None:
    trunk = drawn("portal_vein_trunk", ((14, 19), (18, 20), (10, 11)))
    cava = drawn("inferior_vena_cava", ((22, 27), (18, 20), (10, 11)))
    vessels = drawn("hepatic_vessel", *TWO)
    anatomy = liver_with(hepatic_vessel=vessels, portal_vein_trunk=trunk, inferior_vena_cava=cava)
    portal, hepatic = build_trees(anatomy, {}).quality
    assert (portal.sources, portal.voxels, portal.root_told) == (("hepatic_vessel",), 75, True)
    assert (hepatic.sources, hepatic.voxels, hepatic.root_told) == (("hepatic_vessel",), 75, True)


def test_a_label_of_all_veins_is_left_alone_next_to_named_ones() -> None:
    portal = drawn("portal_veins", TWO[0])
    both = liver_with(liver_vessels=drawn("liver_vessels", *TWO), portal_veins=portal)
    assert [one.sources for one in build_trees(both, ROOTS).quality] == [("portal_veins",)]


def test_h13_one_part_that_states_nothing_makes_the_other_doubtful() -> None:
    # the hepatic part reaches 18 of 37 columns only: it may lack what the other part has too much
    roots: dict[TreeName, Place] = {"portal": (72.0, 20.0, 20.0), "hepatic": (4.0, 20.0, 20.0)}
    trees = trees_of(along_x(8, 37), along_x(2, 5), roots=roots)
    assert codes(trees.findings) == ["vessels.sparse", "vessels.one_half"]
    assert trees.trees == {}
    assert [one.refused is None for one in trees.quality] == [False, False]


def test_trees_that_were_drawn_are_those_of_their_names_or_both_of_one_label() -> None:
    one, vein = drawn("liver_vessels", *TWO), drawn("right_hepatic_vein", TWO[1])
    assert list_drawn(liver_with(right_hepatic_vein=vein)) == ("hepatic",)
    assert list_drawn(liver_with(liver_vessels=one, right_hepatic_vein=vein)) == ("hepatic",)
    assert list_drawn(liver_with(liver_vessels=one)) == ("portal", "hepatic")
    assert list_drawn(liver_with()) == ()


THIN = ((18, 24), (10, 11), (10, 11))
CROSS = THIN, ((18, 24), (9, 12), (10, 11)), ((18, 24), (10, 11), (9, 12))
THICK = (((13, 18), (3, 18), (8, 13)), ((24, 29), (3, 18), (8, 13)))  # of 375 voxels each
IN_THICK: dict[TreeName, Place] = {"portal": (30.0, 20.0, 20.0), "hepatic": (52.0, 20.0, 20.0)}


@pytest.mark.parametrize(
    ("bars", "half", "severity", "said"),
    [
        ((THIN,), 3, "info", "touch in 1 place, with a radius of at most 2.0 mm, and"),
        (
            (((18, 24), (6, 7), (10, 11)), ((18, 24), (14, 15), (10, 11))),
            6,
            "info",
            "touch in 2 places, with a radius of at most 2.0 mm, and were separated there",
        ),
        (
            CROSS,
            15,
            "warning",
            "radius of at most 2.8 mm, and were separated there: a branch may be",
        ),
    ],
)
def test_trees_that_touch_in_narrow_bars_are_divided_in_their_middle(
    bars: tuple[tuple[Span, Span, Span], ...], half: int, severity: str, said: str
) -> None:
    """Bars of six columns of voxels, whose middle is 2 mm or 2·√2 mm from what is beside them."""
    trees = trees_of(*THICK, *bars, roots=IN_THICK)
    assert [one.voxels for one in trees.quality] == [375 + half, 375 + half]
    assert codes(trees.findings) == ["vessels.divided"]
    assert trees.findings[0].severity.value == severity
    assert said in trees.findings[0].message
    assert trees.findings[0].message.endswith("in the picture") is (severity == "warning")


def test_h13_trees_that_touch_in_a_bar_of_4_mm_in_radius_are_not_divided() -> None:
    trees = trees_of(*THICK, ((18, 24), (9, 12), (9, 12)), roots=IN_THICK)
    assert codes(trees.findings) == ["vessels.trees_touch"]
    assert "a radius of 4.0 mm (less than 4 mm required)" in trees.findings[0].message
    assert trees.trees == {}


def require_first_not_cut(trees: VesselTrees, cuts: tuple[BranchCut, ...]) -> str:
    """Demand that the first cut alone is left out, and the loss of its tree unknown; say why."""
    loss, findings = trees.lose(cuts, trees.anatomy.liver)
    (told,) = (one for one in findings if one.code == "vessels.cut_untold")
    assert (told.severity.value, told.file) == ("warning", "liver_vessels.nii.gz")
    assert [one.number for one in loss.cuts] == [2]
    assert (loss.trees, loss.inflow) == (("hepatic",), None)
    assert trees.find_beyond("portal", cuts) is None
    return told.message


def test_h16_a_place_in_the_other_part_of_a_label_is_not_cut() -> None:
    trees = trees_of(*THICK, THIN, roots=IN_THICK)
    cuts = BranchCut("portal", (52.0, 30.0, 20.0)), BranchCut("portal", (30.0, 30.0, 20.0))
    assert require_first_not_cut(trees, cuts) == (
        "cut 1 (portal veins) at 52,30,20 (RAS): the volume beyond it is not given, because "
        "the point is in the part of liver_vessels.nii.gz assigned to the hepatic veins"
    )
    assert sure(trees.find_beyond("portal", cuts[1:])).any()


def test_a_place_far_from_both_parts_of_a_label_is_refused() -> None:
    """30 mm below the hepatic part, which is the nearer one: a slip, not a branch of that part."""
    trees = trees_of(*THICK, THIN, roots=IN_THICK)
    with refuses("vessels.cut_beside"):
        trees.lose((BranchCut("portal", (52.0, 30.0, -10.0)),), trees.anatomy.liver)


NEAR_PORTAL = ((6, 11), (3, 18), (8, 13)), ((11, 18), (10, 11), (10, 11))  # and a bar of 14 mm
BRANCH = (((18, 23), (8, 13), (8, 13)), ((23, 24), (9, 12), (9, 12)))  # wide up to the neck
NECK = ((24, 25), (10, 11), (10, 11))
NEAR_HEPATIC = ((25, 26), (9, 12), (9, 12)), ((26, 31), (3, 18), (8, 13))
AT_BOTH: dict[TreeName, Place] = {"portal": (16.0, 20.0, 20.0), "hepatic": (56.0, 20.0, 20.0)}
IN_BRANCH = (40.0, 20.0, 20.0)


def test_a_point_moves_a_branch_with_its_narrowest_place_to_its_tree() -> None:
    """The neck of one voxel is shorter than the portal bar: without a point it leads there."""
    spans = (*NEAR_PORTAL, *BRANCH, NECK, *NEAR_HEPATIC)
    anatomy = liver_with(liver_vessels=drawn("liver_vessels", *spans))
    branch = drawn("x", *BRANCH, NECK)

    def divide(points: dict[TreeName, list[Place]]) -> list[Mask]:
        parts = divide_vessels(anatomy, AT_BOTH, points)
        assert codes(parts.findings) == ["vessels.divided"]
        return [parts.masks[tree]["liver_vessels"] for tree in TREES]

    portal, hepatic = divide({})
    assert ((branch - hepatic).voxel_count, (branch & portal).voxel_count) == (0, 0)
    same = divide({"hepatic": [IN_BRANCH]})  # it is there already
    assert [one.voxel_count for one in same] == [portal.voxel_count, hepatic.voxel_count]
    portal, hepatic = divide({"portal": [IN_BRANCH]})
    assert (portal.voxel_count, hepatic.voxel_count) == (375 + 7 + 125 + 9 + 1, 9 + 375)
    assert not (drawn("x", *NEAR_PORTAL, *BRANCH, NECK) - portal).voxel_count
    before = (52.0, 20.0, 20.0)  # in the hepatic vein, on the way to the neck: it moves nothing
    same = divide({"portal": [IN_BRANCH], "hepatic": [before]})
    assert [one.voxel_count for one in same] == [portal.voxel_count, hepatic.voxel_count]
    with refuses("vessels.root_beside", "portal point", says="40,20,40 (RAS) is 16.0 mm"):
        divide({"portal": [(40.0, 20.0, 40.0)]})


CAVA = drawn("inferior_vena_cava", ((22, 27), (18, 20), (10, 11)))  # at one of `TWO`


@pytest.mark.parametrize(("k", "told"), [(5, True), (4, False)])
def test_a_trunk_up_to_10_mm_from_one_label_is_where_its_tree_begins(k: int, told: bool) -> None:
    """A voxel five steps of 2 mm below the label, or six."""
    trunk = drawn("portal_vein_trunk", ((16, 17), (10, 11), (k, k + 1)))
    vessels = drawn("liver_vessels", *TWO)
    anatomy = liver_with(liver_vessels=vessels, portal_vein_trunk=trunk, inferior_vena_cava=CAVA)
    parts = divide_vessels(anatomy, {})
    assert codes(parts.findings) == ([] if told else ["vessels.undivided"])
    found = [parts.masks[tree]["liver_vessels"] for tree in TREES] if told else []
    assert [one.box.start for one in found] == ([(14, 3, 10), (22, 3, 10)] if told else [])
    assert [one.voxel_count for one in found] == ([75, 75] if told else [])


def test_a_trunk_far_from_one_label_leaves_it_to_another_that_touches() -> None:
    far = drawn("portal_vein_trunk", ((4, 5), (10, 11), (8, 9)))  # 20 mm from the label
    touching = drawn("portal_vein_and_splenic_vein", ((14, 19), (18, 20), (10, 11)))
    vessels = {"portal_vein_trunk": far, "inferior_vena_cava": CAVA}
    vessels["liver_vessels"] = drawn("liver_vessels", *TWO)
    assert codes(divide_vessels(liver_with(**vessels), {}).findings) == ["vessels.undivided"]
    vessels["portal_vein_and_splenic_vein"] = touching
    parts = divide_vessels(liver_with(**vessels), {})
    assert parts.findings == ()
    found = [parts.masks[tree]["liver_vessels"] for tree in TREES]
    assert [one.box.start for one in found] == [(14, 3, 10), (22, 3, 10)]


PORTAL = grow(30, 4, (0.0, -30.0, -60.0), 35.0)
HEPATIC = grow(38, 4, (0.0, -20.0, 62.0), 30.0)  # it touches the portal tree


def joined(step_mm: tuple[float, float, float], tree: Grown = HEPATIC) -> Anatomy:
    """Draw both trees under one label."""
    grid = ellipsoid_grid(step_mm)
    label = draw_tree(Grown(PORTAL.tubes), grid, "liver_vessels") | draw_tree(tree, grid, "veins")
    return Anatomy(draw_liver(grid), vessels={"liver_vessels": label})


def clicks(tree: Grown = HEPATIC) -> dict[TreeName, Place]:
    return {"portal": PORTAL.tubes[0].at(0.3), "hepatic": tree.tubes[0].at(0.3)}


def share_right(trees: VesselTrees, anatomy: Anatomy) -> float:
    """Give the share of the label that is in the tree it was drawn from."""
    grid = anatomy.liver.grid
    right = 0
    for name, tree in zip(TREES, (PORTAL, HEPATIC), strict=True):
        (quality,) = (one for one in trees.quality if one.tree == name)
        assert quality.refused is None
        right += (trees.trees[name].vessel & draw_tree(tree, grid, "true")).voxel_count
    return right / anatomy.vessels["liver_vessels"].voxel_count


@pytest.mark.slow
@pytest.mark.parametrize("step_mm", of_many([(1.0, 1.0, 1.0)], [(1.0, 1.0, 1.0), (0.7, 0.7, 1.5)]))
def test_one_label_of_trees_that_touch_is_divided_at_the_contacts(
    step_mm: tuple[float, float, float],
) -> None:
    anatomy = joined(step_mm)
    trees = build_trees(anatomy, clicks())
    assert codes(trees.findings) == ["vessels.divided"]
    assert "touch in 2 places" in trees.findings[0].message
    assert share_right(trees, anatomy) > 0.96
    liver = anatomy.liver
    of_liver = PORTAL.nearest(liver.grid.places_mm(liver.indices()))
    for number in range(1, 7):
        cut = BranchCut("portal", PORTAL.tubes[number].at(0.5))
        (lost,) = trees.lose((cut,), None)[0].cuts
        true = int(PORTAL.beyond(of_liver, number, 0.5).sum())
        assert lost.lost.low <= true <= lost.lost.high, number


def test_h13_thick_slices_that_join_both_trees_are_not_divided() -> None:
    trees = build_trees(joined((0.8, 0.8, 5.0)), clicks())
    assert codes(trees.findings) == ["vessels.trees_touch"]
    assert trees.trees == {}


def test_h13_two_roots_in_one_tree_divide_nothing() -> None:
    """The second one is in a branch of 9 mm of the first one's tree."""
    roots = {**clicks(), "hepatic": PORTAL.tubes[1].at(0.6)}
    trees = build_trees(joined((1.0, 1.0, 1.0)), roots)
    assert codes(trees.findings) == ["vessels.trees_touch"]


def test_h16_a_place_in_the_other_half_of_a_label_is_not_cut() -> None:
    trees = build_trees(joined((1.0, 1.0, 1.0)), clicks())
    cuts = (BranchCut("portal", tree.tubes[1].at(0.5)) for tree in (HEPATIC, PORTAL))
    told = require_first_not_cut(trees, tuple(cuts))
    assert told.startswith("cut 1 (portal veins) at ")
    assert "is in the part of liver_vessels.nii.gz assigned to the hepatic veins" in told


def test_a_point_in_a_branch_moves_it_to_its_tree() -> None:
    """Of 1716 portal voxels beyond a contact that are in the hepatic half, most are moved."""
    portal = grow(36, 4, (0.0, -30.0, -60.0), 35.0)
    hepatic = grow(61, 4, (0.0, -20.0, 62.0), 30.0)
    grid = ellipsoid_grid((1.0, 1.0, 1.0))
    drawn_portal = draw_tree(portal, grid, "liver_vessels")
    label = drawn_portal | draw_tree(hepatic, grid, "veins")
    anatomy = Anatomy(draw_liver(grid), vessels={"liver_vessels": label})
    roots: dict[TreeName, Place] = {
        "portal": portal.tubes[0].at(0.3),
        "hepatic": hepatic.tubes[0].at(0.3),
    }
    before = divide_vessels(anatomy, roots)
    assert before.findings[0].severity.value == "warning"  # the contact has a radius of 3.5 mm
    after = divide_vessels(anatomy, roots, {"portal": [(40.0, 4.0, 1.0)]})
    missing = [
        (drawn_portal - parts.masks["portal"]["liver_vessels"]).voxel_count
        for parts in (before, after)
    ]
    assert missing[0] > 1500
    assert missing[1] < 300
    with pytest.raises(InputRefused, match="portal point"):
        build_trees(anatomy, roots, {"portal": [(0.0, 0.0, 200.0)]})
