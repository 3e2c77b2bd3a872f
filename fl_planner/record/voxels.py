"""The voxels that a plan was counted in, as a dict."""

from __future__ import annotations

from fl_planner.planning.plan import Plan
from fl_planner.record.base import Record
from fl_planner.space.frame import Frame


def as_voxel(plan: Plan) -> Record:
    """Tell a voxel's edges along the patient: the last one is the spacing of axial slices."""
    if plan.measured.volumes is None:
        return {}
    frame = Frame.of(plan.case.anatomy.liver.grid)
    return {"voxel_mm": list(frame.upright.spacing_mm)}
