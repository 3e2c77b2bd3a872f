"""Which hepatic vein a remnant needs, and whether it can stay: a box of liver, by counting."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from fl_planner.basis.share import Share
from fl_planner.liver.anatomy import SEGMENTS, Anatomy
from fl_planner.liver.lesions.lesions import Lesion, measure_lesions
from fl_planner.liver.vessels.contact import DrawnVessels
from fl_planner.liver.vessels.trees import find_trees
from fl_planner.liver.vessels.veins import (
    PlannedVein,
    Resected,
    find_needed_veins,
    measure_veins,
)
from fl_planner.space.mask import Mask
from tests.cases import sure
from tests.liver.vessels.drawn import drawn, liver_with
from tests.masks import block
from tests.vessel_liver import FLR, GRID, VESSELS, VOXEL_ML, vessel_anatomy

TWO = ("right_hepatic_vein", "left_hepatic_vein")


def veins_of(
    names: Iterable[str] = TWO, remnant: Mask = FLR, margin_mm: float = 10.0, **others: object
) -> dict[str, PlannedVein]:
    anatomy = vessel_anatomy(vessels={name: VESSELS[name] for name in names}, **others)
    cleared = lesions_of(anatomy)
    plan = Resected(remnant, cleared, margin_mm)
    found = measure_veins(DrawnVessels.of(anatomy.vessels), find_trees(anatomy, {}), plan)
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


def test_a_vein_that_goes_is_cut_and_its_lesion_is_told() -> None:
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
    vein = drawn("right_hepatic_vein", ((12, 30), (10, 11), (10, 11)))
    liver = liver_with(right_hepatic_vein=vein)
    sheet = drawn("segment_8", ((20, 39), (2, 19), (10, 11)))
    segments = {"7": (liver.liver - sheet).renamed("segment_7"), "8": sheet}
    others = frozenset(SEGMENTS) - segments.keys()
    anatomy, kept = replace(liver, segments=segments, absent_segments=others), ("7",)
    trees, vessels = find_trees(anatomy, {}), DrawnVessels.of(anatomy.vessels)
    (found,) = measure_veins(vessels, trees, Resected(segments["7"], (), 10.0, kept))
    assert (found.liver_voxels, found.removed_voxels) == (18, 10)  # columns 20 to 29
    hepatic = trees.trees["hepatic"].tree.graph
    assert sure(trees.find_gone("hepatic", hepatic, kept)).sum() == 10
    (as_drawn,) = measure_veins(vessels, trees, Resected(segments["7"], (), 10.0))
    assert as_drawn.removed_voxels == 0


def test_little_of_the_remnant_needs_no_vein() -> None:
    """More than 5 % of it must be nearest; a vein that was drawn alone tells nothing."""
    vein = veins_of()["right_hepatic_vein"]
    assert [replace(vein, drained=Share(voxels, 1000)).must_stay for voxels in (50, 51)] == [
        False,
        True,
    ]
    alone = veins_of(["right_hepatic_vein"])["right_hepatic_vein"]
    assert (alone.drained, alone.must_stay) == (None, None)


def test_a_vein_outside_the_liver_is_not_judged() -> None:
    left = block(GRID, (2, 20), (2, 14), (3, 15), name="liver")
    kept = block(GRID, (2, 9), (2, 14), (3, 15))
    found = veins_of(remnant=kept, liver=left, tumour=None, flr=None)
    right = found["right_hepatic_vein"]
    assert (right.liver_voxels, right.fate) == (0, None)
    assert (right.lesion, right.lesion_mm) == (None, None)


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
    assert found[0].message == (
        "1.9 mL of the remnant lie nearest to the middle hepatic vein, and it lies 6.0 mm from "
        "lesion 2, nearer than the margin of 10 mm"
    )
    assert found[1].message == (
        "1.9 mL of the remnant lie nearest to the right hepatic vein, and 0.64 mL of the 1.3 mL "
        "of it go with what is removed"
    )


def test_a_lesion_at_the_margin_is_not_nearer_by_rounding() -> None:
    """Oblique affines of single precision give 9.999999 for 10 mm."""
    at = PlannedVein("left_hepatic_vein", 9, 0, None, 1, 10 - 1e-6, 10.0)
    assert (at.fate, replace(at, lesion_mm=9.99).fate) == ("stays", "within_margin")
