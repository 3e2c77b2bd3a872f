"""Volumes and FLR % from masks."""

from dataclasses import replace

from msgspec import structs

from fl_planner.intake.documents.protocols import read_share_limits
from fl_planner.intake.request.read_case import read_case
from fl_planner.intake.request.request import Request
from fl_planner.liver.lesions.count import find_untreated_tumour, measure_untreated_tumour
from fl_planner.planning.assessment.assess import measure_volumes
from fl_planner.record.volumes import VolumeRecord, as_volume_record


def measure_volume(request: Request) -> VolumeRecord:
    """Measure the masks of a request; its scintigraphy is not read.

    An area that misses tumour overestimates the untreated liver, also without a plan.
    """
    case = read_case(replace(request, function=None))
    measured = measure_volumes(case)
    if untreated := measure_untreated_tumour(case.anatomy):
        findings = (*measured.findings, *find_untreated_tumour(untreated))
        measured = structs.replace(measured, findings=findings)
    return as_volume_record(case, measured, read_share_limits())
