"""Right and left branches on the wrong side, and branches that hold each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fl_planner.liver.names.structures import TREES, TreeName
from fl_planner.liver.vessels.quality import (
    find_exchanged_trees,
    find_misplaced_branches,
    find_shared_branches,
    find_trees_at_other_ends,
)
from fl_planner.liver.vessels.trees import build_trees
from fl_planner.space.grid import Place
from fl_planner.space.mask import Mask
from tests.liver.vessels.drawn import drawn, liver_with
from tests.masks import codes, mirrored
from tests.vessel_liver import VESSELS, vessel_anatomy

Span = tuple[int, int]
ACROSS = ((10, 11), (10, 11))


def lying(**along_x: Span) -> dict[str, Mask]:
    """Draw bars along x, which grows to the patient's right."""
    return {name: drawn(name, (span, *ACROSS)) for name, span in along_x.items()}


@pytest.mark.parametrize(
    ("right", "left"),
    [
        ("right_portal_vein", "left_portal_vein"),
        ("right_anterior_portal_vein", "left_portal_vein"),
        ("right_posterior_portal_vein", "left_portal_vein"),
        ("right_hepatic_vein", "left_hepatic_vein"),
        ("right_hepatic_vein", "middle_hepatic_vein"),
        ("middle_hepatic_vein", "left_hepatic_vein"),
    ],
)
def test_h02_a_branch_on_the_wrong_side_is_reported(right: str, left: str) -> None:
    as_they_lie = lying(**{right: (22, 37), left: (4, 20)})
    assert [*find_misplaced_branches(as_they_lie)] == []
    exchanged = {right: as_they_lie[left].renamed(right), left: as_they_lie[right].renamed(left)}
    (finding,) = find_misplaced_branches(exchanged)
    assert (finding.code, finding.value) == ("vessels.side", 35.0)  # 29 and 11.5 of 2 mm
    turned = {name: mirrored(mask) for name, mask in as_they_lie.items()}
    assert codes(find_misplaced_branches(turned)) == ["vessels.side"]


def test_without_a_place_in_the_patient_no_side_is_known() -> None:
    veins = lying(right_hepatic_vein=(4, 20), left_hepatic_vein=(22, 37))
    lost = {
        name: replace(mask, grid=replace(mask.grid, placed=False)) for name, mask in veins.items()
    }
    assert [*find_misplaced_branches(lost)] == []


@pytest.mark.parametrize(("first", "told"), [(19, []), (18, ["overlap.veins"])])
def test_h13_branches_that_hold_each_other_are_reported(first: int, told: list[str]) -> None:
    """One of five voxels may be a common stem; two may not."""
    found = [
        *find_shared_branches(lying(middle_hepatic_vein=(15, 20), right_hepatic_vein=(first, 30)))
    ]
    assert codes(found) == told
    assert [one.value for one in found] == [2 * 0.008] * len(told)  # two voxels of 2 mm


def test_a_part_of_a_branch_may_be_in_it_and_an_empty_one_states_nothing() -> None:
    nested = lying(right_portal_vein=(20, 37), right_anterior_portal_vein=(30, 37))
    empty = lying(left_portal_vein=(4, 4))
    assert [*find_shared_branches({**nested, **empty})] == []
    assert [*find_misplaced_branches({**nested, **empty})] == []


@pytest.mark.parametrize(("portal", "told"), [(10, []), (12, []), (14, ["vessels.exchanged"])])
def test_h13_a_hepatic_tree_below_the_portal_one_is_reported(portal: int, told: list[str]) -> None:
    """Both are bars level with the table, the hepatic one at 24 mm; places name their ends."""
    veins = {
        "portal_veins": drawn("portal_veins", ((4, 37), (8, 9), (portal, portal + 1))),
        "hepatic_veins": drawn("hepatic_veins", ((4, 37), (12, 13), (12, 13))),
    }
    roots: dict[TreeName, Place] = {
        "portal": (40.0, 16.0, 2.0 * portal), "hepatic": (40.0, 24.0, 24.0),
    }  # fmt: skip
    anatomy = liver_with(**veins)
    findings = build_trees(anatomy, roots).findings
    assert codes(findings) == told
    if told:
        assert findings[0].value == pytest.approx(4.0)
    grid = replace(anatomy.liver.grid, placed=False)
    of_nowhere = find_exchanged_trees(build_trees(anatomy, roots).quality, grid)
    assert [*of_nowhere] == []


SIDES = ("right", "left")
BRANCHES = {
    f"{side}_{tree}_vein": VESSELS[f"{side}_{tree}_vein"]
    for side in SIDES
    for tree in ("portal", "hepatic")
}
ENDS = {name: VESSELS[name] for name in ("portal_vein_trunk", "inferior_vena_cava")}


def other_tree(name: str) -> str:
    return name.replace("portal", "x").replace("hepatic", "portal").replace("x", "hepatic")


@pytest.mark.parametrize(
    ("swapped", "ends", "told"),
    [
        (True, (*ENDS,), ["vessels.exchanged"]),
        (False, (*ENDS,), []),
        (True, ("portal_vein_trunk",), []),  # nothing to compare with
        (True, (), []),
    ],
)
def test_h13_trees_that_touch_the_end_of_the_other_are_reported(
    swapped: bool, ends: tuple[str, ...], told: list[str]
) -> None:
    """Each branch begins at its own trunk or vena cava, and touches no other."""
    names = {name: other_tree(name) if swapped else name for name in BRANCHES}
    veins = {names[name]: mask.renamed(names[name]) for name, mask in BRANCHES.items()}
    masks: dict[TreeName, dict[str, Mask]] = {
        tree: {name: mask for name, mask in veins.items() if tree in name} for tree in TREES
    }
    anatomy = vessel_anatomy(vessels={**veins, **{name: ENDS[name] for name in ends}})
    assert codes(find_trees_at_other_ends(masks, anatomy)) == told
    assert [*find_trees_at_other_ends({"portal": masks["portal"]}, anatomy)] == []
    if told:
        assert "vessels.exchanged" in codes(build_trees(anatomy, {}).findings)
