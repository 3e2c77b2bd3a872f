"""Which hepatic vein a remnant needs and can preserve: a box of liver, by counting."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import SEGMENTS, Anatomy
from fl_planner.liver.lesions.lesions import Lesion, measure_lesions
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.contact import DrawnVessels
from fl_planner.liver.vessels.trees import build_trees
from fl_planner.liver.vessels.veins import (
    VEINS,
    PlannedVein,
    Resected,
    find_needed_veins,
    measure_veins,
)
from fl_planner.space.mask import Mask, unite
from tests.cases import sure
from tests.liver.vessels.drawn import bar, drawn, liver_with
from tests.masks import block
from tests.vessel_liver import FLR, GRID, LIVER, VESSELS, VOXEL_ML, vessel_anatomy

TWO = ("right_hepatic_vein", "left_hepatic_vein")


def veins_of(
    names: Iterable[str] = TWO, remnant: Mask = FLR, margin_mm: float = 10.0, **others: object
) -> dict[str, PlannedVein]:
    anatomy = vessel_anatomy(vessels={name: VESSELS[name] for name in names}, **others)
    return planned(anatomy, Resected(remnant, lesions_of(anatomy), margin_mm))


def planned(anatomy: Anatomy, plan: Resected) -> dict[str, PlannedVein]:
    found = measure_veins(DrawnVessels.of(anatomy.vessels), build_trees(anatomy, {}), plan)
    return {one.vessel: one for one in found}


def lesions_of(anatomy: Anatomy) -> tuple[Lesion, ...]:
    lesions = measure_lesions(anatomy)
    return () if lesions is None else lesions.items


def test_the_remnant_is_shared_out_between_veins() -> None:
    """Of 22 columns of 144 voxels four lie nearer to the right vein, which begins at column 21."""
    found = veins_of()
    assert found["right_hepatic_vein"].drained == Share(4 * 144, 22 * 144)
    assert found["left_hepatic_vein"].drained == Share(18 * 144, 22 * 144)
    assert [one.must_stay for one in found.values()] == [True, True]


def test_a_vein_that_goes_is_cut_and_its_lesion_is_reported() -> None:
    """Columns 24 to 35 of the right vein go: 12 of 15, each of 4 voxels."""
    right = veins_of()["right_hepatic_vein"]
    assert (right.liver_voxels, right.removed_voxels) == (60, 48)
    assert right.fate == "cut"
    # from the lesion's last layers, 6 and 7, to the vein's first, 7 and 10: 1 and 3 steps
    assert right.lesion == 1
    assert right.lesion_mm == pytest.approx(4 * 10**0.5)


def test_a_vein_within_the_margin_cannot_stay_with_it() -> None:
    """All but the lesion's neighbourhood stays: 12.6 mm are more than 10, and less than 15."""
    kept = vessel_anatomy().liver - block(GRID, (28, 36), (2, 9), (3, 9))
    fates = [veins_of(remnant=kept, margin_mm=mm)["right_hepatic_vein"].fate for mm in (10, 15)]
    assert fates == ["stays", "within_margin"]


def test_h03_a_vein_of_a_plan_of_segments_goes_with_its_own_as_its_tree_does() -> None:
    """The vein lies in a sheet of 8 that is one layer thick: most of the liver beside it stays."""
    vein = bar("right_hepatic_vein", 12, 30)
    liver = liver_with(right_hepatic_vein=vein)
    sheet = drawn("segment_8", ((20, 39), (2, 19), (10, 11)))
    segments = {"7": (liver.liver - sheet).renamed("segment_7"), "8": sheet}
    others = frozenset(SEGMENTS) - segments.keys()
    anatomy, kept = replace(liver, segments=segments, absent_segments=others), ("7",)
    trees, vessels = build_trees(anatomy, {}), DrawnVessels.of(anatomy.vessels)
    (found,) = measure_veins(vessels, trees, Resected(segments["7"], (), 10.0, kept))
    assert (found.liver_voxels, found.removed_voxels) == (18, 10)  # columns 20 to 29
    hepatic = trees.trees["hepatic"].tree.graph
    assert sure(trees.find_removed_vessel("hepatic", hepatic, kept)).sum() == 10
    (as_drawn,) = measure_veins(vessels, trees, Resected(segments["7"], (), 10.0))
    assert as_drawn.removed_voxels == 0


def test_little_of_the_remnant_needs_no_vein() -> None:
    """More than 5 % of it must be nearest; a vein that was drawn alone tells nothing."""
    vein = veins_of()["right_hepatic_vein"]
    stay = [replace(vein, drained=Share(voxels, 1000)).must_stay for voxels in (50, 51)]
    assert stay == [False, True]
    alone = veins_of(["right_hepatic_vein"])["right_hepatic_vein"]
    assert (alone.drained, alone.must_stay) == (None, None)


def test_a_vein_outside_the_liver_is_not_judged() -> None:
    left = block(GRID, (2, 20), (2, 14), (3, 15), name="liver")
    kept = block(GRID, (2, 9), (2, 14), (3, 15))
    found = veins_of(remnant=kept, liver=left, tumour=None, flr=None)
    right = found["right_hepatic_vein"]
    assert (right.liver_voxels, right.fate) == (0, None)
    assert (right.lesion, right.lesion_mm) == (None, None)


def test_h08_a_vein_just_within_the_margin_is_not_written_at_the_margin() -> None:
    """9.97 mm is less than 10 mm, as 7.46 mm is less than 7.5 mm: rounded, they would be equal."""
    near = PlannedVein("middle_hepatic_vein", 20, 0, Share(30, 100), 2, 9.97, 10.0)
    half = replace(near, lesion_mm=7.46, margin_mm=7.5)
    told = [one.message for one in find_needed_veins([near, half], VOXEL_ML)]
    assert "is 9.97 mm from lesion 2, less than the margin of 10 mm" in told[0]
    assert "is 7.46 mm from lesion 2, less than the margin of 7.5 mm" in told[1]


def test_needed_veins_that_cannot_stay_are_found() -> None:
    near = PlannedVein("middle_hepatic_vein", 20, 0, Share(30, 100), 2, 6.04, 10.0)
    cut = replace(near, vessel="right_hepatic_vein", removed_voxels=10)
    stays, needless = replace(near, lesion_mm=10.0), replace(cut, drained=Share(1, 100))
    found = find_needed_veins([near, cut, stays, needless], VOXEL_ML)
    assert [(one.code, one.value) for one in found] == [("vessels.vein_needed", 30 * VOXEL_ML)] * 2
    levels = [one.severity.value for one in find_needed_veins([near, cut], VOXEL_ML)]
    assert levels == ["warning", "warning"]
    most = replace(cut, removed_voxels=11)  # of 20
    rough = find_needed_veins([near, cut, most], VOXEL_ML, by_segments=True)
    assert [one.severity.value for one in rough] == ["warning", "info", "warning"]
    wide = replace(cut, drained=Share(60, 100))
    assert [one.value for one in find_needed_veins([near, wide], VOXEL_ML)] == [
        60 * VOXEL_ML, 30 * VOXEL_ML,
    ]  # fmt: skip
    assert found[0].message == (
        "1.9 mL of the remnant is nearest to the middle hepatic vein, and this vein is 6.0 mm from "
        "lesion 2, less than the margin of 10 mm"
    )
    assert found[1].message == (
        "1.9 mL of the remnant is nearest to the right hepatic vein, and 0.64 mL of the 1.3 mL of "
        "this vein is removed or cut off"
    )


@pytest.mark.parametrize(
    ("rows", "margin_mm", "fate"),
    [((9, 11), 3.0, "within_margin"), ((9, 11), 0.0, "stays"), ((10, 12), 3.0, "stays")],
)
def test_h01_a_vein_that_touches_a_lesion_has_no_margin(
    rows: tuple[int, int], margin_mm: float, fate: str
) -> None:
    """The vein has rows 7 and 8: next to it is 4 mm between centres, above a margin of 3 mm."""
    lesion = block(GRID, (8, 11), rows, (10, 12), name="tumour")
    left = veins_of(margin_mm=margin_mm, tumour=lesion)["left_hepatic_vein"]
    assert (left.touches, left.lesion_mm) == (rows[0] == 9, 4.0 * (rows[0] - 8))
    assert left.fate == fate
    messages = [one.message for one in find_needed_veins([left], VOXEL_ML)]
    said = "and this vein touches lesion 1, whose planned margin is 3 mm"
    assert [said in one for one in messages] == [True] * (fate == "within_margin")


def test_a_lesion_at_the_margin_is_not_nearer_by_rounding() -> None:
    """Oblique affines of single precision give 9.999999 for 10 mm."""
    at = PlannedVein("left_hepatic_vein", 9, 0, None, 1, 10 - 1e-6, 10.0)
    assert (at.fate, replace(at, lesion_mm=9.99).fate) == ("stays", "within_margin")


NEARLY_ALL = block(GRID, (2, 36), (2, 14), (3, 15), name="flr")  # columns 2 to 35: all three veins
RIGHT = BranchCut("hepatic", branch="right_hepatic_vein")


def drawn_veins(**others: Mask) -> dict[str, Mask]:
    """Give the three veins and the vena cava, and others in the mask of all hepatic veins."""
    names = [name for name in VESSELS if "portal" not in name]
    return {**{name: VESSELS[name] for name in names}, **others}


def fates_after(*cuts: BranchCut, **others: Any) -> dict[str, str | None]:
    anatomy = vessel_anatomy(**{"vessels": drawn_veins(), "tumour": None, **others})
    plan = Resected(NEARLY_ALL, (), 10.0, (), cuts)
    return {name: one.fate for name, one in planned(anatomy, plan).items()}


def test_h15_a_vein_that_the_plan_cuts_is_cut() -> None:
    """Its remnant keeps all of it but column 35: what the cut takes is no remnant's outflow."""
    anatomy = vessel_anatomy(vessels=drawn_veins(), tumour=None)
    right = planned(anatomy, Resected(NEARLY_ALL, (), 10.0, (), (RIGHT,)))["right_hepatic_vein"]
    assert (right.liver_voxels, right.removed_voxels, right.fate) == (60, 60, "cut")
    (found,) = find_needed_veins([right], VOXEL_ML, by_segments=True)
    assert found.severity.value == "warning"  # it is no border of segments that runs along it
    others = {name: "stays" for name in VEINS if name != "right_hepatic_vein"}
    assert fates_after(RIGHT) == {"right_hepatic_vein": "cut", **others}
    assert set(fates_after().values()) == {"stays"}


@pytest.mark.parametrize("column", [28, 34])
def test_h15_a_vein_is_cut_where_more_than_a_little_is_beyond(column: int) -> None:
    """All of the liver stays; of columns 21 to 35, of 4 voxels each, one is 7 %.

    The way from the vena cava reaches the upper voxels of a column first, so that the section may
    be oblique by one column.
    """
    cut = BranchCut("hepatic", (4.0 * column, 30.0, 42.0))
    anatomy = vessel_anatomy(vessels=drawn_veins(), tumour=None)
    right = planned(anatomy, Resected(LIVER, (), 10.0, (), (cut,)))["right_hepatic_vein"]
    assert abs(right.removed_voxels - 4 * (36 - column)) <= 4
    assert right.fate == "cut"


def test_h15_a_vein_stays_where_little_of_it_is_beyond() -> None:
    """Of a twig of 5 voxels, rows 9 to 13 of column 30, the last two: 2 of 65."""
    veins = drawn_veins()
    twig = block(GRID, (30, 31), (9, 14), (11, 12), name="right_hepatic_vein")
    veins["right_hepatic_vein"] = veins["right_hepatic_vein"] | twig
    anatomy = vessel_anatomy(vessels=veins, tumour=None)
    cut = BranchCut("hepatic", (120.0, 48.0, 44.0))
    right = planned(anatomy, Resected(LIVER, (), 10.0, (), (cut,)))["right_hepatic_vein"]
    assert (right.liver_voxels, right.removed_voxels, right.fate) == (65, 2, "stays")


def test_h15_portal_cuts_cut_no_hepatic_vein() -> None:
    cut = BranchCut("portal", branch="right_portal_vein")
    assert set(fates_after(cut, vessels=VESSELS).values()) == {"stays"}


def test_h16_what_a_tree_does_not_state_beyond_a_cut_is_not_stated_to_stay() -> None:
    """Far pieces keep the tree from telling: the vein cut by its name is cut, others unknown."""
    far = block(GRID, (2, 38), (2, 3), (3, 4), name="hepatic_veins")
    fates = fates_after(RIGHT, vessels=drawn_veins(hepatic_veins=far))
    assert fates == {
        "right_hepatic_vein": "cut", "middle_hepatic_vein": None, "left_hepatic_vein": None,
    }  # fmt: skip


def test_h15_a_vein_next_to_the_liver_that_is_cut_by_its_name_is_cut() -> None:
    left = block(GRID, (2, 20), (2, 14), (3, 15), name="liver")
    assert fates_after(RIGHT, liver=left)["right_hepatic_vein"] == "cut"


def test_h15_liver_on_a_vein_without_a_name_is_no_other_veins() -> None:
    """The left vein stands in the mask of all: columns 2 to 15 are nearer to it but at its front.

    The left vein fills columns 4 to 18 and rows 7 and 8, the middle one columns 19 and 20 and rows
    9 to 13, both the same layers; what is as near to both counts for the one with a name.
    """
    veins = drawn_veins()
    left = veins.pop("left_hepatic_vein")
    whole = unite([left, *(veins[name] for name in VEINS if name in veins)])
    veins["hepatic_veins"] = whole.renamed("hepatic_veins")
    remnant = block(GRID, (2, 16), (2, 14), (3, 15), name="flr")
    anatomy = vessel_anatomy(vessels=veins, tumour=None)
    found = planned(anatomy, Resected(remnant, (), 10.0))
    own = 0
    for x, y in product(range(2, 16), range(2, 14)):
        to_left = max(4 - x, 0) ** 2 + max(7 - y, 0, y - 8) ** 2
        to_middle = (19 - x) ** 2 + max(9 - y, 0) ** 2
        own += 12 * (to_middle <= to_left)
    assert own > 0
    assert found["middle_hepatic_vein"].drained == Share(own, 14 * 144)
    assert found["right_hepatic_vein"].drained == Share(0, 14 * 144)
    assert not any(one.must_stay for one in found.values())


def test_h15_what_hangs_on_a_named_vein_drains_into_it() -> None:
    """The left vein has its name from 14 to 18; all of 4 to 13 hangs on that."""
    veins = drawn_veins()
    left = veins["left_hepatic_vein"]
    veins["left_hepatic_vein"] = block(GRID, (14, 19), (7, 9), (10, 12), name="left_hepatic_vein")
    veins["hepatic_veins"] = left.renamed("hepatic_veins")
    found, named = (
        planned(vessel_anatomy(vessels=of, tumour=None), Resected(FLR, (), 10.0))
        for of in (veins, drawn_veins())
    )
    assert [one.drained for one in found.values()] == [one.drained for one in named.values()]


def test_h16_where_is_unknown_what_hangs_on_a_vein_nothing_is_reported() -> None:
    """Far pieces without a name keep the tree from telling."""
    far = block(GRID, (2, 38), (2, 3), (3, 4), name="hepatic_veins")
    anatomy = vessel_anatomy(vessels=drawn_veins(hepatic_veins=far), tumour=None)
    found = planned(anatomy, Resected(FLR, (), 10.0)).values()
    assert {(one.drained, one.must_stay) for one in found} == {(None, None)}
    again = vessel_anatomy(vessels=drawn_veins(hepatic_veins=VESSELS["middle_hepatic_vein"]))
    assert all(one.drained for one in planned(again, Resected(FLR, (), 10.0)).values())
