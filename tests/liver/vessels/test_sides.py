"""What goes with the part that is removed, also in a channel that the liver leaves its vessels."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.segments.territories import map_territories
from fl_planner.liver.stray import find_stray_vessels
from fl_planner.liver.vessels.supply.supply_tree import Kept, find_removed_vessel
from fl_planner.liver.vessels.tree.entry import find_in_liver
from fl_planner.liver.vessels.tree.graph import build_graph
from fl_planner.liver.vessels.trees import build_trees
from fl_planner.space.mask import Mask
from tests.cases import sure
from tests.liver.vessels.drawn import COLUMN, ROOT, bar, drawn, liver_with, tee
from tests.masks import codes


def remnant_of(anatomy: Anatomy, first: int, last: int) -> Mask:
    """Draw the liver without the columns from `first` to before `last`."""
    return (anatomy.liver - drawn("x", ((first, last), (0, 21), (0, 21)))).renamed("flr")


def test_a_remnant_drawn_around_its_vessels_keeps_them() -> None:
    thick = drawn("portal_veins", ((19, 22), (9, 12), (0, 12)), ((4, 37), (9, 12), (9, 12)))
    anatomy = liver_with(portal_veins=thick)
    whole = build_trees(anatomy, {"portal": ROOT}).lose((), remnant_of(anatomy, 25, 39))[0]
    around = remnant_of(anatomy, 25, 39) - thick
    loss, _ = build_trees(anatomy, {"portal": ROOT}).lose((), around)
    assert sure(loss.inflow).voxels == sure(whole.inflow).voxels == 14 * COLUMN
    assert sure(loss.flr_inflow).voxels == 0


def test_a_vessel_without_liver_next_to_it_goes_where_it_is_not_kept() -> None:
    block = drawn("hepatic_veins", ((2, 39), (2, 19), (6, 15)))  # all of the liver
    anatomy = liver_with(hepatic_veins=block)
    kept = Kept(remnant_of(anatomy, 25, 39))
    gone = find_removed_vessel(build_graph(block), block, anatomy, kept)
    assert gone.sum() == 14 * COLUMN


def test_h16_a_root_in_what_is_removed_is_reported() -> None:
    anatomy = liver_with(portal_veins=bar("portal_veins", 4, 37))
    trees = build_trees(anatomy, {"portal": (60.0, 20.0, 20.0)})
    loss, findings = trees.lose((), remnant_of(anatomy, 25, 39))
    assert codes(findings) == ["vessels.root_removed"]
    assert sure(loss.inflow).voxels == 14 * COLUMN
    assert sure(loss.flr_inflow).high < 23 * COLUMN  # not all that hangs on the root


def test_both_trees_are_reported_together() -> None:
    veins = drawn("hepatic_veins", ((4, 37), (10, 11), (12, 13)))
    anatomy = liver_with(portal_veins=tee(), hepatic_veins=veins)
    trees = build_trees(anatomy, {"portal": ROOT, "hepatic": (8.0, 20.0, 24.0)})
    remnant = remnant_of(anatomy, 10, 15)
    loss, findings = trees.lose((), remnant)
    assert codes(findings) == ["vessels.through_removed"] * 2
    assert [one.value for one in findings] == [8 * COLUMN * 0.008, 24 * COLUMN * 0.008]
    assert loss.trees == ("portal", "hepatic")
    assert loss.flr_inflow is not None
    # columns 2 to 9 hang there; and both borders of what is removed, a voxel wider
    assert (loss.flr_inflow.voxels, loss.flr_inflow.high) == (0, (8 + 2) * COLUMN)
    assert loss.flr_outflow is not None
    assert (loss.flr_outflow.voxels, loss.flr_outflow.high) == (0, (24 + 2) * COLUMN)  # 15 to 38
    assert loss.flr_either is not None
    assert (loss.flr_either.voxels, loss.flr_either.high) == (0, 32 * COLUMN)
    assert sure(loss.supplied).numerator_voxels == 32 * COLUMN


def test_impaired_liver_is_in_no_count_of_the_remnant() -> None:
    anatomy = replace(
        liver_with(portal_veins=tee()), excluded=(drawn("congested", ((2, 4), (2, 19), (6, 15))),)
    )
    loss, _ = build_trees(anatomy, {"portal": ROOT}).lose((), remnant_of(anatomy, 25, 39))
    assert loss.supplied == Share(21 * COLUMN, 37 * COLUMN)


@pytest.mark.parametrize("cut", [False, True])
def test_seams_of_a_map_around_a_vessel_do_not_take_it_with_them(cut: bool) -> None:
    """The map leaves the bar and a voxel around it out; columns 25 to 38 go, and hang on it.

    Segments 2 and 3 stay; or all do but what a plane takes.
    """
    wide = drawn("x", ((2, 39), (9, 12), (9, 12)), ((19, 22), (9, 12), (6, 12)))
    anatomy = liver_with(portal_veins=tee())
    left, right = (
        (anatomy.liver & drawn("x", (x, (0, 21), (0, 21)))) - wide for x in ((0, 25), (25, 41))
    )
    anatomy = replace(anatomy, segments={"2": left.renamed("2"), "6": right.renamed("6")})
    segments = () if cut else ("2",)
    trees = build_trees(anatomy, {"portal": ROOT})
    loss, _ = trees.lose((), left.renamed("flr"), segments, sure(anatomy.unassigned))
    assert sure(loss.inflow).voxels == 14 * COLUMN
    assert loss.flr_inflow is not None
    assert loss.flr_inflow.voxels == 0
    # 5 mm are three columns, and a column more is the border's
    assert loss.flr_inflow.high <= 4 * COLUMN


WIDE = drawn("x", ((4, 37), (9, 12), (9, 12)), ((19, 22), (9, 12), (6, 12)))  # a voxel around


def without(channel: Mask) -> Anatomy:
    anatomy = liver_with(portal_veins=tee())
    return replace(anatomy, liver=(anatomy.liver - channel).renamed("liver"))


@pytest.mark.parametrize(("channel", "width"), [(tee(), 1), (WIDE, 9)])
@pytest.mark.parametrize("by_segments", [False, True])
def test_what_is_in_a_channel_goes_with_the_liver_around_it(
    channel: Mask, width: int, by_segments: bool
) -> None:
    """The bar from 4 to 36 goes from 25 on, and the columns 25 to 38 live on it."""
    anatomy = without(channel)
    left, right = (
        (anatomy.liver & drawn("x", (x, (0, 21), (0, 21)))).renamed(name)
        for name, x in (("2", (0, 25)), ("6", (25, 41)))
    )
    segments: tuple[str, ...] = ()
    if by_segments:
        anatomy, segments = replace(anatomy, segments={"2": left, "6": right}), ("2",)
        assert map_territories(anatomy) is not None
    loss, _ = build_trees(anatomy, {"portal": ROOT}).lose((), left, segments)
    whole = 14 * COLUMN - 12 * width  # what is cut out of them is no liver
    assert sure(loss.inflow).voxels == whole
    assert sure(loss.flr_inflow).voxels == 0


def test_next_to_the_liver_and_in_its_grooves_a_vessel_is_outside() -> None:
    bar = ((10, 30), (2, 3), (10, 11))  # at the rim of the liver, open to one side
    groove, beside = drawn("x", bar), drawn("x", ((10, 30), (1, 2), (10, 11)))
    liver = liver_with().liver - groove
    assert not find_in_liver(groove.indices(), liver).any()
    assert not find_in_liver(beside.indices(), liver).any()
    assert find_in_liver(tee().indices(), liver).sum() == 33 + 4  # the stem from 6 to 9


def test_h06_vessels_that_the_liver_leaves_out_are_reported() -> None:
    """33 voxels of the bar and 3 of the stem: one is at the lower rim, and 6 below it."""
    vessels = {"portal_veins": tee()}
    assert [*find_stray_vessels(liver_with().liver, vessels)] == []
    (told,) = find_stray_vessels(without(tee()).organ, vessels)
    assert told.code == "vessels.left_out"
    assert told.value == pytest.approx(36 * 0.008)
    assert "0.29 mL of the 0.34 mL of portal veins is in channels" in told.message
    apart = {"portal_veins": drawn("portal_veins", ((4, 37), (0, 1), (10, 11)))}
    assert codes(find_stray_vessels(without(tee()).organ, apart)) == ["stray.vessels"]
    leads_to_it = {"portal_vein_trunk": apart["portal_veins"]}
    assert codes(find_stray_vessels(without(tee()).organ, leads_to_it)) == []
