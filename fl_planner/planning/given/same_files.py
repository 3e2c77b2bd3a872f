"""One file given in two roles: a slip of the hand that can look like a result."""

from collections.abc import Mapping
from itertools import combinations

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.vessel_trees import VESSEL
from fl_planner.planning.given.case import InputFile
from fl_planner.space.mask import Mask

# Roles that cannot hold the same voxels: nothing would be left of the liver or of the remnant.
NOTHING_LEFT = ({"liver", "tumour"}, {"flr", "tumour"}, {"liver", "resected"})


def find_same_files(inputs: tuple[InputFile, ...], anatomy: Anatomy) -> tuple[Finding, ...]:
    """Find roles that were given the same bytes and hold the same voxels.

    A file of several segments may well serve in several roles; then the voxels differ. Label
    maps and CTs are no masks. Raises `InputRefused` where nothing would be left to measure.
    """
    masks = _by_role(anatomy)
    hashes = {role: sorted(i.sha256 for i in inputs if i.role == role) for role in masks}
    found = []
    for one, other in combinations(masks, 2):
        if not hashes[one] or hashes[one] != hashes[other]:
            continue
        if not masks[one].is_same(masks[other]):
            continue
        first, second = masks[one].source, masks[other].source
        files = first if first == second else f"{second} and {first}"
        reason = f"the same file was given as {one} and as {other}"
        remedy = "check which one is missing"
        if {one, other} in NOTHING_LEFT:
            raise InputRefused("input.same_file", files, reason, remedy)
        message = f"{files}: {reason}; {remedy}, or accept it if it is meant"
        found.append(Finding("input.same_file", Severity.WARNING, message, second))
    return tuple(found)


def _by_role(anatomy: Anatomy) -> Mapping[str, Mask]:
    roles = {
        "liver": anatomy.liver,
        "tumour": anatomy.tumour,
        "flr": anatomy.flr,
        "resected": anatomy.resected,
        "treated": anatomy.treated,
        **{f"exclude {mask.name}": mask for mask in anatomy.excluded},
        **{f"{VESSEL}{name}": mask for name, mask in anatomy.vessels.items()},
    }
    return {role: mask for role, mask in roles.items() if mask is not None and mask.voxel_count}
