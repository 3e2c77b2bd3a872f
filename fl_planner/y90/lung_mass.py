"""Mass of the lungs by CT: each voxel's volume times its density, (HU + 1000)/1000 g/mL."""

from fractions import Fraction

import numpy as np

from fl_planner.basis.constants import AIR_HU
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.units import G_IN_KG
from fl_planner.space.common_grid.transfer import move_onto
from fl_planner.space.image import Image
from fl_planner.space.mask import Mask
from fl_planner.y90.partition import LUNG_MASS

HU_OF_LUNG = (-1000.0, -300.0)  # mean of lungs in any state of breath [project's choice]


def weigh_lungs(ct: Image, lungs: Mask) -> tuple[Fraction, tuple[Finding, ...]]:
    """Weigh the lungs, Σ voxel volume·(HU + 1000)/1000, in kg [clinical.md 7.4].

    Below -1000 HU there is no mass, and none less than none.

    Raises `InputRefused`: `y90.no_lungs` where the CT shows no lungs there, `grid.differs` where
    the mask lies on another lattice, `value.implausible` for a mass that no lungs have.
    """
    here = move_onto(lungs, ct.grid, ct.file or "ct")
    stored = ct.voxels[here.box.slices()][here.voxels]
    values = stored.astype(np.float64) * ct.slope + ct.inter
    low, high = HU_OF_LUNG
    mean = float(values.mean()) if values.size else 0.0
    if not (values.size and low <= mean <= high):
        reason = f"the mean there is {mean:.0f} HU, lungs have {low:.0f} to {high:.0f}"
        raise InputRefused("y90.no_lungs", lungs.source, reason, "check mask and CT")
    litres_dense = np.clip(values - AIR_HU, 0.0, None).sum() / -AIR_HU
    kg = Fraction(float(litres_dense)) * Fraction(str(ct.grid.voxel_ml)) / G_IN_KG
    if not LUNG_MASS.range.holds(kg):
        reason = f"the lungs weigh {float(kg):.3g} kg there, lungs have {LUNG_MASS.range} kg"
        remedy = "check that the mask holds both lungs whole"
        raise InputRefused("value.implausible", lungs.source, reason, remedy)
    return kg, tuple(_find_cut(here, ct))


def _find_cut(lungs: Mask, ct: Image) -> list[Finding]:
    shape = ct.grid.shape
    ends = zip(lungs.box.start, lungs.box.stop, shape, strict=True)
    if not any(start == 0 or stop == length for start, stop, length in ends):
        return []
    message = f"{lungs.source}: the lungs reach the end of the CT: they may be cut, and too light"
    return [Finding("y90.lungs_cut", Severity.WARNING, message, lungs.file)]
