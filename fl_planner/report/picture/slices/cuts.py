"""Where a picture cuts the liver, and which side of a cut is which: pure geometry.

Layers are counted from the patient's left, back and foot, whatever way the voxels are stored.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import Voxels
from fl_planner.space.frame import Frame
from fl_planner.space.mask import Mask

ENDS = (("R", "L"), ("A", "P"), ("H", "F"))  # where each patient axis grows to, and comes from
SHOWN_PART = 2  # a layer shows a lesion where it cuts half of the lesion's largest section

Span = tuple[float, float]  # from, to; from < to


@dataclass(frozen=True, slots=True)
class View:
    """A direction of looking, by patient axes: 0 right, 1 front, 2 head.

    The left edge of the picture is the far end of `level` (the patient's right or front), the
    upper edge that of `upright`: the radiological convention.
    """

    name: str
    across: int
    level: int
    upright: int


VIEWS = (View("axial", 2, 0, 1), View("coronal", 1, 0, 2), View("sagittal", 0, 1, 2))


@dataclass(frozen=True, slots=True)
class LayerView:
    """One layer of a grid as a view shows it.

    - `frame`: the grid.
    - `view`: what it is cut across, and what is left and up.
    - `layer`: index on the upright grid.
    - `for_lesion`: whether the layer was chosen for the lesion, because the widest one misses it.
    """

    frame: Frame
    view: View
    layer: int
    for_lesion: bool = False

    @property
    def letters(self) -> tuple[str, str, str, str] | None:
        """Ends of the patient at the left, right, upper, lower edge; None if not placed."""
        if not self.frame.upright.placed:
            return None
        (left, right), (top, bottom) = ENDS[self.view.level], ENDS[self.view.upright]
        return left, right, top, bottom

    @property
    def place_mm(self) -> float:
        """Where the middle of the layer lies in the patient: R, A or S of the origin."""
        grid = self.frame.upright
        index = [(n - 1) // 2 for n in grid.shape]
        index[self.view.across] = self.layer
        return float(grid.places_mm(np.array([index], np.intp))[0, self.view.across])

    @property
    def spacing_mm(self) -> tuple[float, float]:
        """Edges of a voxel, level and upright."""
        spacing = self.frame.upright.spacing_mm
        return spacing[self.view.level], spacing[self.view.upright]

    def plane(self, mask: Mask) -> Voxels:
        """Give a mask's voxels in the layer, [level, upright], growing right, front and head."""
        frame, view = self.frame, self.view
        across, level, upright = (frame.axes[a] for a in (view.across, view.level, view.upright))
        shape, where = frame.stored.shape, mask.box.slices()
        layer = self.layer if frame.signs[view.across] > 0 else shape[across] - 1 - self.layer
        plane = np.zeros((shape[level], shape[upright]), np.bool_)
        if where[across].start <= layer < where[across].stop:
            voxels = np.moveaxis(mask.voxels, across, 0)[layer - where[across].start]
            plane[where[level], where[upright]] = voxels if level < upright else voxels.T
        return plane[:: frame.signs[view.level], :: frame.signs[view.upright]]


def find_cuts(organ: Mask, lesion: Mask | None = None) -> tuple[LayerView, ...]:
    """Choose the axial, coronal and sagittal layer that shows most.

    That is the layer with the most voxels of the organ. Where it misses the lesion, the widest
    layer that shows it is taken: one with at least half of the voxels of the lesion's largest
    section, because a lesion that is only grazed is not seen. Of equally wide layers the
    middle one wins.
    """
    frame = Frame.of(organ.grid)
    return tuple(_cut(frame, view, organ, lesion) for view in VIEWS)


def _cut(frame: Frame, view: View, organ: Mask, lesion: Mask | None) -> LayerView:
    wide = frame.counts(organ, view.across)
    widest = _widest(wide)
    if lesion is None or not lesion.voxel_count:
        return LayerView(frame, view, widest)
    seen = frame.counts(lesion, view.across)
    shows = SHOWN_PART * seen >= seen.max()
    if shows[widest]:
        return LayerView(frame, view, widest)
    return LayerView(frame, view, _widest(np.where(shows, wide, -1)), for_lesion=True)


def _widest(counts: npt.NDArray[np.intp]) -> int:
    tied = np.flatnonzero(counts == counts.max())
    return int(tied[(tied.size - 1) // 2])
