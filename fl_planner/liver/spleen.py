"""The spleen beside a liver: its volume, and how far the liver lies below it on a CT.

Liver minus spleen tells of fat on an unenhanced CT alone: contrast enters the spleen first
[project's choice: it is not given for another phase]. Nothing of the remnant depends on it.
"""

from dataclasses import dataclass
from functools import reduce
from operator import sub

import numpy as np
import numpy.typing as npt

from fl_planner.basis.clinical_codes import HU
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.basis.units import Plausible, between
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.drawing import warn
from fl_planner.liver.witness.pose import STEP_MM
from fl_planner.liver.witness.witness import name_ct
from fl_planner.space.coarse import Coarse, thin_image, thin_mask
from fl_planner.space.grid import Grid, Image
from fl_planner.space.mask import Mask

Floats = npt.NDArray[np.float64]

SPLEEN_ML = Plausible(
    between("10", "5000"), "mL", "another organ was perhaps drawn, or a part of it"
)
MINUS_SPLEEN_HU = Plausible(between("-150", "100"), "HU", "look at masks and phase")
UNENHANCED = ("unenhanced", "nonenhanced", "noncontrast", "nocontrast", "withoutcontrast",
              "native", "nativ", "plain", "precontrast")  # fmt: skip
FULL = 0.999  # of a block, less rounding: no border, no fat around
SPLEEN_HU = (20.0, 80.0)  # median without contrast: 40 to 60 is usual [project's choice]
MOST_BEYOND = 0.05  # of an organ that a CT may cut off [project's choice]
IN_LIVER_PERCENT = 5  # of the spleen, from where it is asked about [project's choice]


@dataclass(frozen=True, slots=True)
class Spleen:
    """Volume of the spleen, how far the liver lies above it in HU, and what is odd about both.

    - `minus_hu`: median of liver without tumour less that of the spleen; None where the CT does
      not tell.
    """

    volume_ml: float
    minus_hu: float | None = None
    findings: tuple[Finding, ...] = ()


def measure_spleen(spleen: Mask, anatomy: Anatomy, ct: Image | None, phase: str | None) -> Spleen:
    """Count a spleen, and set the liver's Hounsfield units against its own.

    The masks and the CT may lie on grids of their own.

    Raises `InputRefused`: `value.implausible`, for a volume that no spleen has.
    """
    SPLEEN_ML.check(spleen_ml=spleen.volume_ml)
    found = _find_in_liver(spleen, anatomy.organ)
    if found or ct is None or not ct.grid.placed or not spleen.grid.placed:
        return Spleen(spleen.volume_ml, findings=found)
    if not is_unenhanced(phase):
        said = "was not said" if phase is None else f"is {phase}"
        message = (
            f"{name_ct(ct)}: its phase {said}, so liver minus spleen is not given; it tells of fat "
            "on an unenhanced CT alone"
        )
        finding = Finding("spleen.phase", Severity.INFO, message, ct.file)
        return Spleen(spleen.volume_ml, findings=(finding,))
    return _compare(spleen, reduce(sub, anatomy.within, anatomy.nontumorous), ct)


def is_unenhanced(phase: str | None) -> bool:
    """Tell whether a phase is said to be without contrast.

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
    shown = min(1 - float(np.isnan(one).mean()) for one in (of_spleen, of_liver))
    if shown < 1 - MOST_BEYOND:
        message = (
            f"{name_ct(ct)}: shows too little of liver and spleen to set one against the other"
        )
        finding = Finding("spleen.not_on_ct", Severity.WARNING, message, ct.file)
        return Spleen(spleen.volume_ml, findings=(finding,))
    level = float(np.nanmedian(of_spleen))
    if not SPLEEN_HU[0] <= level <= SPLEEN_HU[1]:
        message = (
            f"{spleen.source} on {name_ct(ct)}: a spleen of {level:.0f} HU, where one without "
            f"contrast has {SPLEEN_HU[0]:.0f} to {SPLEEN_HU[1]:.0f}, so liver minus spleen is not "
            "given; look at the mask and the phase"
        )
        finding = Finding("spleen.hu", Severity.WARNING, message, spleen.file, level, HU.code)
        return Spleen(spleen.volume_ml, findings=(finding,))
    return Spleen(spleen.volume_ml, float(np.nanmedian(of_liver)) - level)


def _list_values(mask: Mask, grid: Grid, cells: Coarse) -> Floats:
    """List means of what lies on a grid, over blocks wholly in a mask; NaN beyond the grid."""
    share = thin_mask(mask, STEP_MM)
    full = np.argwhere(share.cells >= min(FULL, float(share.cells.max()))).astype(np.float64)
    onto = cells.from_grid(mask.grid, grid)
    return cells.at(share.index_of(full) @ onto[:, :3].T + onto[:, 3])


def _find_in_liver(spleen: Mask, organ: Mask) -> tuple[Finding, ...]:
    """Find a spleen that lies in the liver: a label taken for another."""
    if spleen.grid.placed is not organ.grid.placed:
        return ()
    shares = _list_values(spleen, organ.grid, thin_mask(organ, STEP_MM))
    percent = 100 * float(np.nan_to_num(shares).mean())
    if percent <= IN_LIVER_PERCENT:
        return ()
    told = f"{as_ml(percent / 100 * spleen.volume_ml)} ({percent:.0f} %)"
    message = f"{told} of the spleen lie in the liver: is it another structure?"
    return (warn("spleen.in_liver", spleen, message, percent, "%"),)
