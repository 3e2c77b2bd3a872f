"""Territories of named branches beside the segments of a label map."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.vessels.trees import find_trees
from tests.liver.vessels.drawn import drawn, liver_with
from tests.masks import codes

COLUMN = 17 * 9


def two_sided(border: int, *, without: str = "") -> Anatomy:
    """Draw a left and a right branch that meet at 20, and segments that do at `border`."""
    right = drawn("right_portal_vein", ((4, 20), (10, 11), (10, 11)))
    left = drawn("left_portal_vein", ((21, 37), (10, 11), (10, 11)))
    stem = drawn("portal_veins", ((20, 21), (10, 11), (0, 11)))
    spans = {"5": (2, 4), "6": (4, 6), "7": (6, 8), "8": (8, border), "4": (border, 32)}
    spans |= {"2": (32, 35), "3": (35, 38), "1": (38, 39)}
    segments = {
        name: drawn(f"segment_{name}", (span, (2, 19), (6, 15)))
        for name, span in spans.items()
        if name not in without
    }
    anatomy = liver_with(portal_veins=stem, right_portal_vein=right, left_portal_vein=left)
    return replace(anatomy, segments=segments)


def test_a_territory_is_told_by_segment_and_beside_its_own() -> None:
    trees = find_trees(two_sided(20), {"portal": (40.0, 20.0, 0.0)})
    (right, left), findings = trees.territories()
    assert findings == ()
    assert (right.branch, right.segments) == ("right_portal_vein", ("5", "6", "7", "8"))
    assert right.segments_voxels == 18 * COLUMN
    assert (right.shared_voxels, right.beside_voxels) == (right.territory.voxels, 0)
    assert sum(right.by_segment.values()) == right.territory.voxels
    assert left.by_segment["1"] == COLUMN  # which both sides supply: it is compared with neither
    assert left.beside_voxels == 0
    dice = Fraction(2 * left.shared_voxels, left.shared_voxels + left.segments_voxels)
    assert left.dice == dice


def test_h13_a_border_beside_the_vessels_is_told() -> None:
    trees = find_trees(two_sided(26), {"portal": (40.0, 20.0, 0.0)})
    (right, left), findings = trees.territories()
    # 6 columns of 24 lie on the wrong side of the right map, 25 %, and more near the stem; 23.5 %
    # is what readers differ by.
    assert codes(findings) == ["vessels.territory_differs"] * 2
    assert right.missing_voxels >= 6 * COLUMN
    assert left.beside_voxels >= 3 * COLUMN  # of five, some of which the stem is nearer to
    assert "right portal vein and segments 5, 6, 7, 8" in findings[0].message


def test_a_map_without_its_segments_is_compared_with_nothing() -> None:
    trees = find_trees(two_sided(26, without="7"), {"portal": (40.0, 20.0, 0.0)})
    (right, left), findings = trees.territories()
    assert (right.segments, right.shared_voxels, right.dice) == ((), 0, None)
    assert left.segments == ("2", "3", "4")
    assert len(findings) == 1


def test_without_a_map_territories_are_volumes() -> None:
    trees = find_trees(replace(two_sided(20), segments={}), {"portal": (40.0, 20.0, 0.0)})
    (right, _), findings = trees.territories()
    assert (right.by_segment, right.segments, findings) == ({}, (), ())
    assert right.territory.low < right.territory.voxels < right.territory.high


def test_a_tree_that_begins_in_a_branch_leaves_it_its_own_voxels() -> None:
    trees = find_trees(two_sided(20), {"portal": (20.0, 20.0, 20.0)})
    (right, left), _ = trees.territories()
    assert right.territory.voxels < 18 * COLUMN < left.territory.voxels + 5 * COLUMN


def test_h03_veins_with_a_common_trunk_share_no_liver() -> None:
    # the vena cava at 38; the middle vein leads there, and the left one hangs on its end at 20
    end = drawn("hepatic_veins", ((36, 37), (10, 11), (10, 11)))
    middle = drawn("middle_hepatic_vein", ((20, 36), (10, 11), (10, 11)))
    left = drawn("left_hepatic_vein", ((4, 20), (10, 11), (10, 11)))
    cava = drawn("inferior_vena_cava", ((37, 39), (10, 11), (8, 12)))
    anatomy = liver_with(
        hepatic_veins=end,
        middle_hepatic_vein=middle,
        left_hepatic_vein=left,
        inferior_vena_cava=cava,
    )
    (of_middle, of_left), _ = find_trees(anatomy, {}).territories()
    assert of_left.territory.voxels == 18 * COLUMN  # columns 2 to 19 are nearest to 4 to 19
    assert of_middle.territory.voxels == 16 * COLUMN  # 20 to 35


def test_parts_of_a_branch_stay_with_it_by_its_name() -> None:
    right = drawn("right_portal_vein", ((14, 20), (10, 11), (10, 11)))
    front = drawn("right_anterior_portal_vein", ((4, 14), (10, 11), (10, 11)))
    stem = drawn("portal_veins", ((20, 37), (10, 11), (10, 11)))
    anatomy = liver_with(
        portal_veins=stem, right_portal_vein=right, right_anterior_portal_vein=front
    )
    (whole, part), _ = find_trees(anatomy, {"portal": (72.0, 20.0, 20.0)}).territories()
    assert (part.branch, part.territory.voxels) == ("right_anterior_portal_vein", 12 * COLUMN)
    assert (whole.branch, whole.territory.voxels) == ("right_portal_vein", 18 * COLUMN)
