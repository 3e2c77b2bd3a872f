"""A compact part of a liver mask whose CT values are far from those of the rest.

Examples are a kidney or a stomach included in the mask, and a large cyst or tumour that was not
drawn. Vessels, and the fat around a mask that is slightly too large, are thin and not reported.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from fl_planner.basis.clinical_codes import HU
from fl_planner.basis.constants import AIR_HU
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.witness.pose import STEP_MM
from fl_planner.space.coarse import Coarse, thin_mask
from fl_planner.space.mask import Mask

Floats = npt.NDArray[np.float64]
Cells = npt.NDArray[np.bool_]

# project's choices
OTHER_HU = 60.0  # from the median: more than between liver and its veins, or by local steatosis
LEAST_RADIUS_MM = 9.0  # of a ball that the part contains: veins in the liver are thinner
LEAST_PERCENT = 2  # of the organ
PADDING_HU = AIR_HU - 10.0  # below: noise of air does not explain such a median
BORDER_MM = 2 * STEP_MM  # around a part, in which its border is placed
HALF = 0.5  # of a cell that the mask fills, and of the difference at the border of a part


def find_other_tissue(
    organ: Mask, sound: Mask, ct: Coarse, onto: Floats, pair: str
) -> tuple[Finding, ...]:
    """Find the largest compact part of a liver whose mean values differ by more than 60 HU.

    - `sound`: the non-tumorous liver, without other known lesions and devascularised or congested
      liver.
    - `onto`: matrix from indices of the mask's grid to cells of the CT, shape (3, 4).
    - `pair`: the names of mask and CT in the message.

    A part is reported if it contains a ball of 9 mm radius and is larger than 2 % of the organ
    [project's choice]. Values are means over 3 x 3 x 3 cells, to reduce noise.
    """
    share = thin_mask(sound, STEP_MM)
    filled = share.cells >= HALF
    values = ct.at(
        share.index_of(np.argwhere(filled).astype(np.float64)) @ onto[:, :3].T + onto[:, 3]
    )
    if np.isnan(values).all():
        return ()
    level = float(np.nanmedian(values))
    off = np.zeros(filled.shape)
    off[filled] = np.nan_to_num(values - level)  # beyond the CT: as the rest
    edges_mm = np.multiply(organ.grid.spacing_mm, share.factors)
    cell_ml = organ.grid.voxel_ml * float(np.prod(share.factors))
    least = organ.voxel_count * organ.grid.voxel_ml * LEAST_PERCENT / 100 / cell_ml
    means = _smooth(off, filled)
    parts = (_find_compact(side, edges_mm, least) for side in (means > OTHER_HU, means < -OTHER_HU))
    part = max(parts, key=np.count_nonzero)
    if not part.any():
        return ()
    found = float(np.median(off[part])) + level
    size_ml = float(np.count_nonzero(_extend(part, means / (found - level), edges_mm))) * cell_ml
    percent = 100 * size_ml / (organ.voxel_count * organ.grid.voxel_ml)
    if percent <= LEAST_PERCENT:
        return ()
    shown = as_number(percent, [LEAST_PERCENT], 1)
    doubt = "another organ was included, or a cyst or tumour was not drawn"
    if found < PADDING_HU:
        doubt = "the CT was cropped, as values below that of air are padding"
    message = (
        f"{pair}: a part of about {as_ml(size_ml)} ({shown} % of the liver) has a median of "
        f"{found:.0f} HU, compared with {level:.0f} HU for the liver: check whether {doubt}"
    )
    return (Finding("ct.other_tissue", Severity.WARNING, message, organ.file, found, HU.code),)


def _smooth(values: Floats, filled: Cells) -> Floats:
    """Average over the neighbouring cells that are filled; 0 elsewhere."""
    from scipy.ndimage import uniform_filter

    weight = uniform_filter(filled.astype(np.float64), 3)
    means: Floats = np.where(filled, uniform_filter(values, 3) / np.where(filled, weight, 1), 0)
    return means


def _find_compact(cells: Cells, edges_mm: Floats, least: float) -> Cells:
    """Find the largest connected part after removal of all that is thinner than the ball.

    - `edges_mm`: edges of a cell. The cells at the border of the array are not in the mask.
    - `least`: cells that a part must exceed; fewer are not searched.
    """
    from scipy.ndimage import distance_transform_edt, label

    if np.count_nonzero(cells) <= least:
        return np.zeros_like(cells)
    core = distance_transform_edt(cells, edges_mm) > LEAST_RADIUS_MM
    opened = cells & (distance_transform_edt(~core, edges_mm) <= LEAST_RADIUS_MM)
    parts, _ = label(opened)
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0  # background
    largest: Cells = opened & (parts == np.argmax(sizes))
    return largest


def _extend(part: Cells, share: Floats, edges_mm: Floats) -> Cells:
    """Place the border of a part halfway between its values and those of the liver.

    - `share`: difference of each cell from the liver, as a share of that of the part.
    """
    from scipy.ndimage import distance_transform_edt

    near: Cells = (distance_transform_edt(~part, edges_mm) <= BORDER_MM) & (share > HALF)
    return near
