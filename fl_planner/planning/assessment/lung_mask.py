"""Check of the lung mask that is used on a SPECT with MAA, from which the lung shunt is measured.

Counts of lung that is missing in the mask are missing in the shunt: it is too low, and so is the
lung dose. The field of a SPECT/CT often ends within the lungs; a lung mask drawn on it ends there.
"""

from collections.abc import Iterator
from fractions import Fraction

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.liver.mask_faults import find_direction, name_face, reaches
from fl_planner.space.distance import measure_centre_mm
from fl_planner.space.labels import count_layers
from fl_planner.space.mask import Mask
from fl_planner.y90.lungs import find_one_lung, measure_width

HEAD = 2  # world axis along the body
# of the largest layer: lungs taper to their apex, where a layer of 10 mm has about a tenth of the
# largest one [project's choice]
FLAT = Fraction(1, 4)
# of the height of the liver, from its centre to that of the lungs; even the bases of the lungs
# alone have their centre near the dome, at half of the height [project's choice]
LEAST_ABOVE = 0.25


def find_lung_mask_doubts(lungs: Mask, liver: Mask) -> Iterator[Finding]:
    """Find lungs that are cut off at the top, and a single lung.

    Both masks must be placed in the patient, in the space of one CT.

    Raises `InputRefused`: `dose.lungs_below` if the lungs are not above the liver.
    """
    if not lungs.voxel_count or not liver.voxel_count:
        return
    above_mm = measure_centre_mm(lungs)[HEAD] - measure_centre_mm(liver)[HEAD]
    axis = liver.grid.axial_axis
    if above_mm < LEAST_ABOVE * liver.box.shape[axis] * liver.grid.spacing_mm[axis]:
        reason = "the lung mask is not above the liver"
        remedy = "check that the mask contains the lungs, and that it was not saved upside down"
        raise InputRefused("dose.lungs_below", lungs.source, reason, remedy)
    yield from _find_flat_top(lungs)
    yield from find_one_lung(_width_mm(lungs), _width_mm(liver), lungs.source, lungs.file)


def _find_flat_top(lungs: Mask) -> Iterator[Finding]:
    axis = lungs.grid.axial_axis
    _, forwards = find_direction(lungs, axis)
    counts = count_layers(lungs.voxels)[axis]
    top = int(counts[-1 if forwards else 0])
    share = Fraction(top, int(counts.max()))
    if share <= FLAT:
        return
    end = int(forwards)
    where = ", where the file ends" if reaches(lungs.box, lungs.filled, axis, end) else ""
    message = (
        f"{lungs.source}: the lungs end flat at the {name_face(lungs, axis, end)}{where}: the top "
        f"layer has {float(100 * share):.0f} % of the area of the largest one. If the lungs are "
        "incomplete, the lung shunt is underestimated"
    )
    value = float(100 * share)
    yield Finding("dose.lungs_cut", Severity.WARNING, message, lungs.file, value, "%")


def _width_mm(mask: Mask) -> float:
    """Measure the width from right to left in mm, along the index axis nearest to it."""
    axis = mask.grid.lateral_axis
    return measure_width(count_layers(mask.voxels)[axis]) * mask.grid.spacing_mm[axis]
