"""Check sides and overlap of branches, and the orientation of trees."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.liver.mask_faults import warn
from fl_planner.liver.names.structures import TREES
from fl_planner.liver.vessels.supply.loss import TreeQuality
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask

RIGHT_TO_LEFT = (  # the first of each pair is to the right of the second in every patient
    ("right_hepatic_vein", "middle_hepatic_vein"),
    ("right_hepatic_vein", "left_hepatic_vein"),
    ("middle_hepatic_vein", "left_hepatic_vein"),
    ("right_portal_vein", "left_portal_vein"),
    ("right_anterior_portal_vein", "left_portal_vein"),
    ("right_posterior_portal_vein", "left_portal_vein"),
)
SHARED = 5  # of the smaller, up to 1 in 5 voxels are a common stem [project's choice]


def find_misplaced_branches(vessels: Mapping[str, Mask]) -> Iterator[Finding]:
    """Find branches on the wrong side of another: mirrored, or with swapped names.

    The centres of both are compared along the patient's left-right axis, if the masks give it.
    """
    for right, left in _list_pairs(vessels):
        if not right.grid.placed:
            continue
        beyond_mm = float(measure_centre_mm(left)[0] - measure_centre_mm(right)[0])
        if beyond_mm > 0:
            message = (
                f"the {_name(right)} is {beyond_mm:.0f} mm to the left of the {_name(left)} "
                f"({left.source}): check whether a file is mirrored, or names were swapped. A cut "
                "specified by a vessel name uses the veins as drawn"
            )
            yield warn("vessels.side", right, message, beyond_mm, "mm")


def find_shared_branches(vessels: Mapping[str, Mask]) -> Iterator[Finding]:
    """Find right, middle and left branches that overlap considerably."""
    for one, other in _list_pairs(vessels):
        shared = one & other
        if SHARED * shared.voxel_count > min(one.voxel_count, other.voxel_count):
            message = (
                f"{as_ml(shared.volume_ml)} of the {_name(other)} ({other.source}) is also drawn "
                f"as {_name(one)}: check which file is correct"
            )
            yield warn("overlap.veins", one, message, shared.volume_ml, "mL")


def find_exchanged_trees(quality: Iterable[TreeQuality], grid: Grid) -> Iterator[Finding]:
    """Find trees that enter the liver in the wrong order, due to swapped masks or a wrong root.

    Hepatic veins leave the liver under the diaphragm, cranial to the hilum in every patient. The
    mean points of entry are compared along the patient's axis; a trunk or vena cava may be drawn
    far in either direction.
    """
    begin = {one.tree: one.entry_mm[2] for one in quality if one.entry_mm is not None}
    if grid.placed and len(begin) == len(TREES) and begin["hepatic"] < begin["portal"]:
        below_mm = begin["portal"] - begin["hepatic"]
        message = (
            f"the hepatic veins leave the liver {below_mm:.0f} mm below the entry of the portal "
            "vein; in every patient, their exit is above this entry: check whether masks or roots "
            "were swapped"
        )
        yield Finding("vessels.exchanged", Severity.WARNING, message, None, below_mm, "mm")


def _list_pairs(vessels: Mapping[str, Mask]) -> list[tuple[Mask, Mask]]:
    pairs = [(vessels[a], vessels[b]) for a, b in RIGHT_TO_LEFT if a in vessels and b in vessels]
    return [(a, b) for a, b in pairs if a.voxel_count and b.voxel_count]


def _name(vessel: Mask) -> str:
    return vessel.name.replace("_", " ")
