"""What the masks themselves give to doubt: where each lies, how large it is, how it was drawn."""

from fl_planner.basis.findings import Finding
from fl_planner.liver.drawing import find_faults, find_liver_faults, find_tumour_faults
from fl_planner.liver.flat_ends import find_lesion_ends, find_part_end
from fl_planner.liver.leaks import find_leak
from fl_planner.liver.names.exclusions import find_excluded, find_excluded_tumour, require_beside
from fl_planner.liver.pieces import find_planned_faults
from fl_planner.liver.plausibility import (
    LOOKS_UNSET,
    find_lost_spacing,
    find_odd_extent,
    find_odd_volume,
    find_single_layer,
    find_thick_slices,
)
from fl_planner.liver.stray import (
    find_shared_veins,
    find_stray,
    find_stray_tumour,
    find_stray_vessels,
)
from fl_planner.liver.vessels.laterality import find_misplaced_branches, find_shared_branches
from fl_planner.planning.given.case import Case
from fl_planner.space.common_grid.cover import cover
from fl_planner.space.grid import Grid


def find_mask_doubts(case: Case) -> list[Finding]:
    """Ask each mask of a case whether it lies in the liver and was drawn whole."""
    anatomy = case.anatomy
    liver, tumour = anatomy.liver, anatomy.tumour
    scan = None if case.ct is None else cover(case.ct.grid, liver.grid)
    own = list_own_grids(case)
    require_beside(anatomy)
    findings = [*find_excluded(anatomy), *find_excluded_tumour(anatomy)]
    findings += [] if tumour is None else find_stray_tumour(liver, tumour)
    organ = anatomy.organ
    for part in (anatomy.flr, anatomy.resected, anatomy.treated, *anatomy.within):
        if part is not None:
            findings += find_stray(organ, part, anatomy.delivered)
    findings += find_stray_vessels(organ, anatomy.vessels)
    findings += find_shared_veins(anatomy.vessels)
    findings += find_misplaced_branches(anatomy.vessels)
    findings += find_shared_branches(anatomy.vessels)
    findings += [*find_thick_slices(liver), *find_odd_volume(organ)]
    unset = any(one.code == LOOKS_UNSET for one in case.findings)
    findings += (() if unset else find_lost_spacing(liver)) or find_odd_extent(organ, scan)
    findings += find_liver_faults(liver, anatomy.delivered, anatomy.spared, scan)
    findings += find_planned_faults(anatomy, own)
    if anatomy.treated is not None:
        findings += find_faults(anatomy.treated)
        findings += find_part_end(anatomy.treated, anatomy, own.get(anatomy.treated.file))
        findings += find_leak(anatomy.treated, anatomy.delivered)
    if tumour is not None:
        findings += find_tumour_faults(tumour)
        findings += find_leak(tumour, anatomy.delivered)
        findings += find_lesion_ends(tumour, organ, anatomy.lesions, own.get(tumour.file))
    for part in (liver, tumour, anatomy.flr, anatomy.resected, anatomy.treated):
        if part is not None:
            findings += find_single_layer(part)
    return findings


def list_own_grids(case: Case) -> dict[str | None, Grid | None]:
    """List the grids that files were drawn on whose masks were brought onto another one."""
    return {one.file: one.grid for one in case.resampled}
