"""Structures of a planned liver as counted, on the grid of its CT, for files."""

from collections.abc import Iterator

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import format_count
from fl_planner.formats.segments.content import Structure
from fl_planner.planning.plan import Plan
from fl_planner.space.common_grid.resample import move_onto
from fl_planner.space.common_grid.same_grid import describe_misfit
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask, unite

CALLED = {  # part -> name of its segment
    "liver": "Liver",
    "tumour": "Tumour",
    "flr": "Future liver remnant",
    "treated": "Treated territory",
}
DEFECT = "this is a defect in the program; please report it"
REMEDY = (
    "draw the masks on this CT, or resample each: fl-planner convert MASK --like CT --to OUT "
    "--resample"
)


def list_structures(plan: Plan, grid: Grid, ct: str) -> tuple[Structure, ...]:
    """List liver, tumour, remnant and treated territory, if present.

    Each is as counted: the liver with tumour, the tumour inside the liver, the remnant without
    tumour and without devascularised or congested parts, the territory inside the liver with
    tumour.

    - `plan`: the plan, with its masks.
    - `grid`: grid of the CT.
    - `ct`: name of the CT in messages.

    Raises `InputRefused`: `dicom.other_grid` if a mask is not on the voxels of the CT,
    `convert.outside` if a part of it is outside the CT.
    """
    parts = list_parts(plan)
    _require_lattice(parts[0][1], grid, ct)
    return tuple(
        Structure.of(number, move_onto(mask, grid, ct), CALLED[name], name)
        for number, (name, mask) in enumerate(parts, 1)
    )


def list_parts(plan: Plan) -> list[tuple[str, Mask]]:
    """List the parts that are not empty, as counted, by their names in `CALLED`."""
    return [part for part in _parts(plan) if part[1].voxel_count]


def _parts(plan: Plan) -> Iterator[tuple[str, Mask]]:
    anatomy, measured = plan.case.anatomy, plan.measured
    volumes, organ, nontumorous = measured.volumes, anatomy.organ, anatomy.nontumorous
    yield _counted("liver", organ, volumes.liver_voxels)
    if anatomy.tumour is not None:
        yield _counted("tumour", anatomy.tumour & organ, volumes.tumour_voxels)
    if measured.remnant is not None:
        kept = measured.remnant.mask & nontumorous
        if anatomy.impaired:
            kept = kept - unite(anatomy.impaired)
        yield _counted("flr", kept, volumes.flr_voxels)
    if anatomy.treated is not None:
        _counted("treated", nontumorous - anatomy.treated, volumes.untreated_voxels)
        yield "treated", anatomy.treated & organ


def _counted(name: str, mask: Mask, voxels: int | None) -> tuple[str, Mask]:
    """Check that a part has as many voxels as the plan counted."""
    if mask.voxel_count != voxels:
        has = format_count(mask.voxel_count, "voxel")
        reason = f"the mask has {has}, but {voxels} were counted for the plan"
        raise InputRefused("dicom.not_the_plan", name, reason, DEFECT)
    return name, mask


def _require_lattice(mask: Mask, grid: Grid, ct: str) -> None:
    """Check that the masks, which share one lattice, are on that of the CT."""
    if (misfit := describe_misfit(grid, mask.grid)) is not None:
        reason = (
            f"the mask is not on the voxel grid of {ct}, to which the DICOM output refers: {misfit}"
        )
        raise InputRefused("dicom.other_grid", mask.source, reason, REMEDY)
