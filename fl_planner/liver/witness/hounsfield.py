"""Whether an image holds Hounsfield units, and whether those under the mask are a liver's.

All limits are the project's choice, wide enough for every phase and tube: a needless warning
on good work costs more than a late one, and no number depends on them.
"""

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import SD_OF_MAD
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_number
from fl_planner.basis.terms import HU
from fl_planner.space.coarse import Coarse
from fl_planner.space.image import Image
from fl_planner.space.mask import Mask

Floats = npt.NDArray[np.float64]
Findings = tuple[Finding, ...]

FAT_SEEN_HU = -50.0  # a CT of a belly holds less than this: fat, and air
AIR_SEEN_HU = -500.0  # unless it is cropped; where many voxels share a higher least value ...
CUT_OFF_PERCENT = 1  # ... they were cut off there
RANGE_HU = (-2048.0, 4095.0)  # of a scanner; padding lies below, metal above
BEYOND_RANGE_PERCENT = 5  # of the cells
PICTURE = 255.0  # largest value of 8 bits

LIVER_HU = (20.0, 180.0)  # median in any phase; fatty livers lie lower
NO_LIVER_HU = (-30.0, 300.0)  # beyond, neither fat nor contrast explains it
UNEVEN_HU = 60.0  # spread, as 1.4826 times the median distance from the median
# (code, above, up to, % of the liver, what)
STRANGE = (
    ("ct.air_in_liver", -np.inf, -200.0, 5, "air or lung"),
    ("ct.fat_in_liver", -200.0, -30.0, 15, "fat"),
    ("ct.bone_in_liver", 300.0, np.inf, 5, "bone, metal or lipiodol"),
)


def name_ct(ct: Image) -> str:
    """Name a CT in a message."""
    return ct.file or "CT"


def find_odd_values(ct: Image, cells: Coarse) -> Findings:
    """Find an image whose values cannot be Hounsfield units of a belly."""
    values = cells.cells[np.isfinite(cells.cells)]
    reason = _why_odd(values)
    if reason is None:
        return ()
    message = (
        f"{name_ct(ct)}: {reason}, so it cannot be asked about the mask; give the CT as the "
        "scanner made it, in Hounsfield units"
    )
    least = float(values.min()) if values.size else None
    return (Finding("ct.not_hounsfield", Severity.WARNING, message, ct.file, least, HU.code),)


def _why_odd(values: npt.NDArray[np.float32]) -> str | None:
    if not values.size:
        return "holds no number"
    least, most = float(values.min()), float(values.max())
    told = f"its values run from {least:.6g} to {most:.6g}"
    if least == most:
        return f"every voxel holds {least:.6g}"
    if least > FAT_SEEN_HU:
        eight = least >= 0 and most <= PICTURE
        kind = "a picture of 8 bits" if eight else "no CT, or its intercept was lost"
        return f"{told}, none of them fat or air: {kind}"
    at_least = float(np.mean(values == values.min()))
    if least > AIR_SEEN_HU and 100 * at_least > CUT_OFF_PERCENT:
        return f"{told}, and {100 * at_least:.0f} % of it lies at the lower end: cut off there"
    low, high = RANGE_HU
    beyond = float(np.mean((values > high) | ((values < low) & (values > values.min()))))
    if 100 * beyond > BEYOND_RANGE_PERCENT:
        return f"{told}, {100 * beyond:.0f} % of it beyond what a scanner gives"
    return None


def find_odd_liver(organ: Mask, ct: Image, values: Floats) -> Findings:
    """Find CT values under a liver mask that are not a liver's; NaN is what the CT lacks."""
    values = values[~np.isnan(values)]
    if not values.size:
        return ()
    level = float(np.median(values))
    if not LIVER_HU[0] <= level <= LIVER_HU[1]:
        return (_odd_level(organ, ct, level),)  # what else lies there follows from it
    spread = SD_OF_MAD * float(np.median(np.abs(values - level)))
    found = []
    if spread > UNEVEN_HU:
        what = f"spreads by {spread:.0f} HU about its median, up to {UNEVEN_HU:.0f} expected"
        told = _say(organ, ct, what), organ.file, spread, HU.code
        found.append(Finding("ct.liver_uneven", Severity.WARNING, *told))
    for code, above, up_to, limit, name in STRANGE:
        percent = 100 * float(np.mean((values > above) & (values <= up_to)))
        if percent > limit:
            shown = as_number(percent, [limit], 0)
            what = f"looks like {name} in {shown} % of it, up to {limit} % expected"
            message = _say(organ, ct, what)
            found.append(Finding(code, Severity.WARNING, message, organ.file, percent, "%"))
    return tuple(found)


def _odd_level(organ: Mask, ct: Image, level: float) -> Finding:
    low, high = LIVER_HU
    sure = not NO_LIVER_HU[0] <= level <= NO_LIVER_HU[1]
    fatty = "" if sure or level > high else " (a fatty liver?)"
    what = f"has a median of {level:.0f} HU, {low:.0f} to {high:.0f} expected{fatty}"
    severity = Severity.ERROR if sure else Severity.WARNING
    return Finding("ct.liver_hu", severity, _say(organ, ct, what), organ.file, level, HU.code)


def _say(organ: Mask, ct: Image, what: str) -> str:
    return f"{organ.source} on {name_ct(ct)}: the liver {what}: check whether the mask lies on it"
