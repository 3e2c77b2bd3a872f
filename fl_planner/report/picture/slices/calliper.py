"""Where the longest axial diameter of a lesion lies: its layer, and the ends of its line."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.report.picture.slices.cuts import VIEWS, LayerView
from fl_planner.space.box import Voxels
from fl_planner.space.frame import Frame
from fl_planner.space.mask import Mask

NEARLY = 1e-9  # relative: of lines as long as this the one in the middle layer is drawn
CORNERS = np.array([(-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)])

Places = npt.NDArray[np.float64]  # (N, 2) in voxels, [level, upright], whole at their centres


@dataclass(frozen=True, slots=True, eq=False)
class Calliper:
    """A line of measurement in an axial layer, between outer corners of voxels.

    - `layer`: index on the upright grid.
    - `ends` ((2, 2) array): level and upright, in voxels, whole numbers at their centres.
    - `length_mm`: as the line is drawn; the number that counts stands in the record.
    - `lesion`: number of the lesion.
    - `says`: what was measured, in words.
    """

    layer: int
    ends: Places
    length_mm: float
    lesion: int = 1
    says: str = ""


def find_calliper(mask: Mask, lesion: int = 1, says: str = "") -> Calliper:
    """Find the longest axial diameter of a lesion, which is not empty, however it is stored."""
    frame = Frame.of(mask.grid)
    first, stop = frame.span(mask, VIEWS[0].across)
    layers = range(first, stop)
    planes = [LayerView(frame, VIEWS[0], layer).plane(mask) for layer in layers]
    found = [_longest(plane, frame) if plane.any() else (0.0, CORNERS[:2]) for plane in planes]
    most = max(length for length, _ in found)
    tied = [n for n, (length, _) in enumerate(found) if length >= most * (1 - NEARLY)]
    chosen = tied[(len(tied) - 1) // 2]
    return Calliper(layers[chosen], found[chosen][1], found[chosen][0], lesion, says)


def _longest(plane: Voxels, frame: Frame) -> tuple[float, Places]:
    """Find the longest line between outer corners; of equals the first by its ends."""
    rows = np.flatnonzero(plane.any(axis=1))
    first = plane[rows].argmax(axis=1)
    last = plane.shape[1] - 1 - plane[rows, ::-1].argmax(axis=1)
    ends = np.concatenate([np.column_stack([rows, first]), np.column_stack([rows, last])])
    corners = np.unique((ends[:, None, :] + CORNERS).reshape(-1, 2), axis=0)
    places = corners @ frame.upright.matrix()[:, :2].T
    squares = ((places[:, None, :] - places[None, :, :]) ** 2).sum(axis=2)
    one, other = np.argwhere(squares >= squares.max() * (1 - NEARLY))[0]
    return float(np.sqrt(squares.max())), corners[[one, other]]
