"""Right, middle and left branches: whether each lies on its side, and holds liver of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from fl_planner.basis.findings import Finding
from fl_planner.basis.shown import as_ml
from fl_planner.liver.mask_finding import warn
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.mask import Mask

RIGHT_TO_LEFT = (  # the first of each pair lies to the right of the second in every patient
    ("right_hepatic_vein", "middle_hepatic_vein"),
    ("right_hepatic_vein", "left_hepatic_vein"),
    ("middle_hepatic_vein", "left_hepatic_vein"),
    ("right_portal_vein", "left_portal_vein"),
    ("right_anterior_portal_vein", "left_portal_vein"),
    ("right_posterior_portal_vein", "left_portal_vein"),
)
SHARED = 5  # of the smaller, up to 1 in 5 voxels are a common stem [project's choice]


def find_misplaced_branches(vessels: Mapping[str, Mask]) -> Iterator[Finding]:
    """Find branches that lie on the wrong side of another: mirrored, or named as the other.

    The middles of both are compared along the patient's left-right axis; nothing is found where
    the masks do not say where that is.
    """
    for right, left in _list_pairs(vessels):
        if not right.grid.placed:
            continue
        beyond_mm = float(measure_centre_mm(left)[0] - measure_centre_mm(right)[0])
        if beyond_mm > 0:
            message = (
                f"the {_say(right)} lies to the left of the {_say(left)} "
                f"({left.source}), by {beyond_mm:.0f} mm: is a file mirrored, or were names "
                "exchanged? A cut by name takes what was drawn"
            )
            yield warn("vessels.side", right, message, beyond_mm, "mm")


def find_shared_branches(vessels: Mapping[str, Mask]) -> Iterator[Finding]:
    """Find right, middle and left branches of which one holds the other, or much of it."""
    for one, other in _list_pairs(vessels):
        shared = one & other
        if SHARED * shared.voxel_count > min(one.voxel_count, other.voxel_count):
            message = (
                f"{as_ml(shared.volume_ml)} of the {_say(other)} ({other.source}) are "
                f"{_say(one)} too: check which file is which"
            )
            yield warn("overlap.veins", one, message, shared.volume_ml, "mL")


def _list_pairs(vessels: Mapping[str, Mask]) -> list[tuple[Mask, Mask]]:
    pairs = [(vessels[a], vessels[b]) for a, b in RIGHT_TO_LEFT if a in vessels and b in vessels]
    return [(a, b) for a, b in pairs if a.voxel_count and b.voxel_count]


def _say(vessel: Mask) -> str:
    return vessel.name.replace("_", " ")
