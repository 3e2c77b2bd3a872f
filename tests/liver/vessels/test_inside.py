"""Vessels in a liver whose mask leaves them out: as those of a mask that holds them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.segments.territories import map_territories
from fl_planner.liver.stray import find_stray_vessels
from fl_planner.liver.vessels.tree.graph import find_in_liver
from fl_planner.liver.vessels.trees import find_trees
from fl_planner.space.mask import Mask
from tests.liver.vessels.drawn import drawn, liver_with, tee
from tests.masks import codes

ROOT = (40.0, 20.0, 0.0)
COLUMN = 17 * 9
WIDE = drawn("x", ((4, 37), (9, 12), (9, 12)), ((19, 22), (9, 12), (6, 12)))  # a voxel around


def without(channel: Mask) -> Anatomy:
    anatomy = liver_with(portal_veins=tee())
    return replace(anatomy, liver=(anatomy.liver - channel).renamed("liver"))


@pytest.mark.parametrize(("channel", "width"), [(tee(), 1), (WIDE, 9)])
@pytest.mark.parametrize("by_segments", [False, True])
def test_what_lies_in_a_channel_goes_with_the_liver_around_it(
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
    loss, _ = find_trees(anatomy, {"portal": ROOT}).lose((), left, segments)
    assert loss.inflow is not None
    assert loss.inflow.voxels == 14 * COLUMN - 12 * width  # what is cut out of them is no liver
    assert loss.flr_inflow is not None
    assert loss.flr_inflow.voxels == 0


def test_beside_the_liver_and_in_its_grooves_a_vessel_is_outside() -> None:
    bar = ((10, 30), (2, 3), (10, 11))  # at the rim of the liver, open to one side
    groove, beside = drawn("x", bar), drawn("x", ((10, 30), (1, 2), (10, 11)))
    liver = liver_with().liver - groove
    assert not find_in_liver(groove.indices(), liver).any()
    assert not find_in_liver(beside.indices(), liver).any()
    assert find_in_liver(tee().indices(), liver).sum() == 33 + 4  # the stem from 6 to 9


def test_h06_vessels_that_the_liver_leaves_out_are_told() -> None:
    """33 voxels of the bar and 3 of the stem: one is at the lower rim, and 6 below it."""
    vessels = {"portal_veins": tee()}
    assert [*find_stray_vessels(liver_with().liver, vessels)] == []
    (told,) = find_stray_vessels(without(tee()).organ, vessels)
    assert told.code == "vessels.left_out"
    assert told.value == pytest.approx(36 * 0.008)
    assert "0.29 mL of its 0.34 mL lie in channels" in told.message
    apart = {"portal_veins": drawn("portal_veins", ((4, 37), (0, 1), (10, 11)))}
    assert codes(find_stray_vessels(without(tee()).organ, apart)) == ["stray.vessels"]
