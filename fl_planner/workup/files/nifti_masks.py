"""The parts of a planned liver as they were counted, each as a NIfTI mask by itself."""

from fl_planner.formats.readback import read_back
from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.write import as_nifti
from fl_planner.planning.plan import Plan
from fl_planner.report.plan_structures import list_parts


def as_niftis(plan: Plan, limits: Limits) -> dict[str, bytes]:
    """Write liver, tumour, remnant and treated territory, as far as there are any.

    `fl-planner volume` counts the same voxels in them. What was carried keeps its mark.
    """
    findings, written = plan.case.findings, {}
    for part, mask in list_parts(plan):
        name = f"{part}.nii.gz"
        structure = Structure.of(1, mask, part, part)
        converted = ConvertedFile(name, mask.grid, (), findings, (structure,))
        written[name] = as_nifti(converted, name).content
        read_back(written[name], name, converted, limits)
    return written
