"""Measure the volume of the spleen, and the attenuation of liver minus spleen on a CT.

Liver minus spleen indicates steatosis on unenhanced CT only, as contrast enters the spleen first
[project's choice: not given for other phases]. The remnant does not depend on it.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from operator import sub

import numpy as np
import numpy.typing as npt

from fl_planner.basis.clinical_codes import HU
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.basis.units import Plausible, between
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.mask_faults import warn
from fl_planner.liver.witness.pose import STEP_MM
from fl_planner.liver.witness.witness import name_ct
from fl_planner.space.coarse import Coarse, thin_image, thin_mask
from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Mask

Floats = npt.NDArray[np.float64]

SPLEEN_ML = Plausible(
    between("10", "5000"), "mL", "possibly another organ, or only part of the spleen"
)
MINUS_SPLEEN_HU = Plausible(between("-150", "100"), "HU", "check the masks and the phase")
UNENHANCED = ("unenhanced", "nonenhanced", "noncontrast", "nocontrast", "withoutcontrast",
              "native", "nativ", "plain", "precontrast")  # fmt: skip
FULL = 0.999  # of a block, less rounding: without border and surrounding fat
SPLEEN_HU = (20.0, 80.0)  # median without contrast: 40 to 60 is usual [project's choice]
MOST_BEYOND = 0.05  # of an organ that a CT may cut off [project's choice]
IN_LIVER_PERCENT = 5  # of the spleen; more is reported [project's choice]


@dataclass(frozen=True, slots=True)
class Spleen:
    """Volume of the spleen, attenuation of liver minus spleen, and doubts about both.

    - `minus_hu`: median of non-tumorous liver minus that of the spleen; None if it cannot be
      determined.
    """

    volume_ml: float
    minus_hu: float | None = None
    findings: tuple[Finding, ...] = ()


def measure_spleen(spleen: Mask, anatomy: Anatomy, ct: Image | None, phase: str | None) -> Spleen:
    """Measure a spleen, and compare its Hounsfield units with those of the liver.

    The masks and the CT may be on different grids.

    Raises `InputRefused`: `value.implausible`, for an implausible volume.
    """
    SPLEEN_ML.check(spleen_ml=spleen.volume_ml)
    found = _find_in_liver(spleen, anatomy.organ)
    if found or ct is None or not ct.grid.placed or not spleen.grid.placed:
        return Spleen(spleen.volume_ml, findings=found)
    if not is_unenhanced(phase):
        stated = "is not stated" if phase is None else f"is {phase}"
        message = (
            f"{name_ct(ct)}: the phase {stated}, so the liver-minus-spleen difference is not "
            "given; this difference indicates steatosis only on unenhanced CT"
        )
        finding = Finding("spleen.phase", Severity.INFO, message, ct.file)
        return Spleen(spleen.volume_ml, findings=(finding,))
    return _compare(spleen, reduce(sub, anatomy.within, anatomy.nontumorous), ct)


def is_unenhanced(phase: str | None) -> bool:
    """Whether a phase is stated to be without contrast.

    Examples
    --------
    >>> [is_unenhanced(phase) for phase in ("Non-contrast", "native CT", "portal venous", None)]
    [True, True, False, False]
    """
    letters = "".join(letter for letter in (phase or "").casefold() if letter.isalpha())
    return letters.removesuffix("phase").removesuffix("ct") in UNENHANCED


def _compare(spleen: Mask, liver: Mask, ct: Image) -> Spleen:
    cells = thin_image(ct, STEP_MM)
    of_spleen, of_liver = (_list_values(mask, ct.grid, cells) for mask in (spleen, liver))
    shown = min(1 - float(np.isnan(values).mean()) for values in (of_spleen, of_liver))
    if shown < 1 - MOST_BEYOND:
        message = f"{name_ct(ct)}: shows too little of the liver and spleen for a comparison"
        finding = Finding("spleen.not_on_ct", Severity.WARNING, message, ct.file)
        return Spleen(spleen.volume_ml, findings=(finding,))
    level = float(np.nanmedian(of_spleen))
    if not SPLEEN_HU[0] <= level <= SPLEEN_HU[1]:
        seen = as_number(level, map(Fraction, SPLEEN_HU), 0)
        message = (
            f"{spleen.source} on {name_ct(ct)}: a spleen of {seen} HU ({SPLEEN_HU[0]:.0f} to "
            f"{SPLEEN_HU[1]:.0f} expected without contrast), so the difference from the liver is "
            "not given; check the mask and the phase"
        )
        finding = Finding("spleen.hu", Severity.WARNING, message, spleen.file, level, HU.code)
        return Spleen(spleen.volume_ml, findings=(finding,))
    return Spleen(spleen.volume_ml, float(np.nanmedian(of_liver)) - level)


def _list_values(mask: Mask, grid: Grid, cells: Coarse) -> Floats:
    """List mean values of blocks completely in a mask; NaN beyond the grid."""
    share = thin_mask(mask, STEP_MM)
    full = np.argwhere(share.cells >= min(FULL, float(share.cells.max()))).astype(np.float64)
    onto = cells.from_grid(mask.grid, grid)
    return cells.at(share.index_of(full) @ onto[:, :3].T + onto[:, 3])


def _find_in_liver(spleen: Mask, organ: Mask) -> tuple[Finding, ...]:
    """Find a spleen in the liver, for example from swapped labels."""
    if spleen.grid.placed is not organ.grid.placed:
        return ()
    shares = _list_values(spleen, organ.grid, thin_mask(organ, STEP_MM))
    percent = 100 * float(np.nan_to_num(shares).mean())
    if percent <= IN_LIVER_PERCENT:
        return ()
    shared = f"{as_ml(percent / 100 * spleen.volume_ml)} ({percent:.0f} %)"
    message = (
        f"{shared} of the spleen mask is in the liver mask: check whether the spleen mask "
        "shows a different structure"
    )
    return (warn("spleen.in_liver", spleen, message, percent, "%"),)
