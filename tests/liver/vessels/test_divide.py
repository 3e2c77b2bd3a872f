"""One label of all veins is divided by where each begins, or not at all."""

from __future__ import annotations

from fl_planner.liver.vessels.trees import find_trees
from tests.liver.vessels.drawn import drawn, liver_with
from tests.masks import codes

TWO = (((14, 19), (3, 18), (10, 11)), ((22, 27), (3, 18), (10, 11)))


def test_two_roots_divide_one_label() -> None:
    near = ((10, 12), (3, 18), (10, 11))  # 6 mm from the portal tree, 22 from the hepatic one
    trees = find_trees(
        liver_with(liver_vessels=drawn("liver_vessels", *TWO, near)),
        {"portal": (32.0, 20.0, 20.0), "hepatic": (48.0, 20.0, 20.0)},
    )
    portal, hepatic = trees.quality
    assert (portal.tree, portal.sources, portal.voxels) == ("portal", ("liver_vessels",), 75 + 30)
    assert (hepatic.tree, hepatic.voxels, hepatic.bridged_voxels) == ("hepatic", 75, 0)
    assert portal.bridged_voxels == 30
    assert codes(trees.findings) == ["vessels.joined"]


def test_h13_trees_that_touch_are_not_divided() -> None:
    across = ((19, 22), (10, 11), (10, 11))
    trees = find_trees(
        liver_with(liver_vessels=drawn("liver_vessels", *TWO, across)),
        {"portal": (32.0, 20.0, 20.0), "hepatic": (48.0, 20.0, 20.0)},
    )
    assert codes(trees.findings) == ["vessels.trees_touch"]
    assert (trees.trees, trees.quality) == ({}, ())


def test_one_label_without_roots_tells_no_territories() -> None:
    trees = find_trees(liver_with(liver_vessels=drawn("liver_vessels", *TWO)), {})
    assert codes(trees.findings) == ["vessels.undivided"]
    assert not trees.trees
