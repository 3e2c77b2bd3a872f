"""Trees that were given as something else too: of the other tree, or of what they begin at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.vessel_trees import TREES, TreeName
from fl_planner.liver.vessels.tree.roots import list_ends
from fl_planner.space.mask import Mask, unite

HALF = 2  # more than 1 in 2 voxels are no common rim and no common stem [project's choice]


def find_mistaken(
    anatomy: Anatomy, trees: Mapping[TreeName, Mapping[str, Mask]]
) -> dict[TreeName, Finding]:
    """Find trees of which nobody knows what they are, and why they tell no territories.

    More than half of such a tree is a trunk or vena cava too, or more than half of the smaller
    of two trees is the other one.
    """
    drawn = {name: unite(masks.values()) for name, masks in trees.items()}
    found: dict[TreeName, Finding] = {}
    if len(drawn) == len(TREES):
        for shared in _find_shared(*(drawn[name] for name in TREES)):
            found = {
                name: replace(
                    shared, file=vessel.file, message=f"{vessel.source}: {shared.message}"
                )
                for name, vessel in drawn.items()
            }
    for name, vessel in drawn.items():
        for within in _find_within(name, vessel, anatomy):
            found[name] = within
    return found


def _find_shared(portal: Mask, hepatic: Mask) -> Iterator[Finding]:
    shared = portal & hepatic
    smaller = min(portal, hepatic, key=lambda mask: mask.voxel_count)
    if HALF * shared.voxel_count > smaller.voxel_count:
        says = (
            f"{as_ml(shared.volume_ml)} are portal and hepatic veins in one, of "
            f"{as_ml(smaller.volume_ml)} in the smaller tree ({portal.source}, {hepatic.source}): "
            "no vein is of both, and no territories of either tree are told"
        )
        yield Finding("vessels.shared", Severity.WARNING, says, None, shared.volume_ml, "mL")


def _find_within(name: TreeName, vessel: Mask, anatomy: Anatomy) -> Iterator[Finding]:
    """Find the trunk or vena cava, of whichever tree, that holds most of a tree."""
    for end in (end for tree in TREES for end in list_ends(tree, anatomy)):
        shared = vessel & end
        if HALF * shared.voxel_count > vessel.voxel_count:
            says = (
                f"{vessel.source}: {as_ml(shared.volume_ml)} of {as_ml(vessel.volume_ml)} of the "
                f"{name} veins are {end.name.replace('_', ' ')} too ({end.source}), and a tree "
                f"begins at its trunk or vena cava, not in it: no territories of the {name} tree "
                "are told"
            )
            told = vessel.file, shared.volume_ml, "mL"
            yield Finding("vessels.within_root", Severity.WARNING, says, *told)
            return
