"""Volumes and FLR % from masks."""

from dataclasses import replace

from fl_planner.intake.documents.protocols import read_share_limits
from fl_planner.intake.request.read_case import read_case
from fl_planner.intake.request.request import Request
from fl_planner.planning.assessment.assess import measure_volumes
from fl_planner.record.volumes import VolumeRecord, as_volume_record


def measure_volume(request: Request) -> VolumeRecord:
    """Measure the masks of a request; its scintigraphy is not read."""
    case = read_case(replace(request, function=None))
    return as_volume_record(case, measure_volumes(case), read_share_limits())
