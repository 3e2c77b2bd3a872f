"""Geometry of the sections of a picture, and of the marks in them.

Layers are counted from the patient's left, back and foot, regardless of the storage order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.space.coarse import Frame
from fl_planner.space.grid import Voxels
from fl_planner.space.mask import Mask

ENDS = (("R", "L"), ("A", "P"), ("H", "F"))  # where each patient axis grows to, and comes from
LEVEL_HU, WIDTH_HU = 60.0, 400.0  # window of a portal-venous liver CT
CT_WINDOWS = (  # name, level and width in HU [project's choice]
    ("Liver", LEVEL_HU, WIDTH_HU),
    ("Liver, narrow", 90.0, 160.0),
    ("Soft tissue", 40.0, 350.0),
    ("Lung", -600.0, 1500.0),
    ("Bone", 400.0, 1800.0),
)
SHOWN_PART = 2  # a layer shows a lesion where it cuts half of the lesion's largest section

Span = tuple[float, float]  # from, to; from < to


@dataclass(frozen=True, slots=True)
class View:
    """A viewing direction, by patient axes: 0 right, 1 front, 2 head.

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
    """One layer of a grid in a view.

    - `frame`: the grid.
    - `view`: axis across the layer, and axes to the left and up.
    - `layer`: index on the upright grid.
    - `for_lesion`: whether the layer was chosen for the lesion, because the widest one misses it.
    """

    frame: Frame
    view: View
    layer: int
    for_lesion: bool = False

    @property
    def letters(self) -> tuple[str, str, str, str] | None:
        """Ends of the patient at the left, right, upper and lower edge; None if not placed."""
        if not self.frame.upright.placed:
            return None
        (left, right), (top, bottom) = ENDS[self.view.level], ENDS[self.view.upright]
        return left, right, top, bottom

    @property
    def place_mm(self) -> float:
        """Position of the middle of the layer in the patient: R, A or S of the origin."""
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
        """Return a mask's voxels in the layer, [level, upright], growing right, front and head."""
        frame, view = self.frame, self.view
        across, level, upright = (frame.axes[a] for a in (view.across, view.level, view.upright))
        shape, where = frame.stored.shape, mask.box.slices()
        layer = self.layer if frame.signs[view.across] > 0 else shape[across] - 1 - self.layer
        plane = np.zeros((shape[level], shape[upright]), np.bool_)
        if where[across].start <= layer < where[across].stop:
            voxels = np.moveaxis(mask.voxels, across, 0)[layer - where[across].start]
            plane[where[level], where[upright]] = voxels if level < upright else voxels.T
        return plane[:: frame.signs[view.level], :: frame.signs[view.upright]]


def select_cuts(organ: Mask, lesion: Mask | None = None) -> tuple[LayerView, ...]:
    """Select the axial, coronal and sagittal layers with the largest section.

    This is the layer with the most voxels of the organ. If it does not show the lesion, the widest
    layer that does is used: one with at least half of the voxels of the lesion's largest section,
    because a smaller part might be overlooked. Of equally wide layers, the middle one is used.
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


NEARLY = 1e-9  # relative: of lines as long as this the one in the middle layer is drawn
CORNERS = np.array([(-0.5, -0.5), (-0.5, 0.5), (0.5, -0.5), (0.5, 0.5)])

Places = npt.NDArray[np.float64]  # (N, 2) in voxels, [level, upright], whole at their centres


@dataclass(frozen=True, slots=True, eq=False)
class Calliper:
    """A line of measurement in an axial layer, between outer corners of voxels.

    - `layer`: index on the upright grid.
    - `ends` ((2, 2) array): level and upright, in voxels, whole numbers at their centres.
    - `length_mm`: length of the drawn line; the record contains the measured value.
    - `lesion`: number of the lesion.
    - `says`: what was measured, in words.
    """

    layer: int
    ends: Places
    length_mm: float
    lesion: int = 1
    says: str = ""


def measure_calliper(mask: Mask, lesion: int = 1, says: str = "") -> Calliper:
    """Measure the longest axial diameter of a lesion that is not empty."""
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
    """Measure the longest line between outer corners; of several equal lines, the first."""
    rows = np.flatnonzero(plane.any(axis=1))
    first = plane[rows].argmax(axis=1)
    last = plane.shape[1] - 1 - plane[rows, ::-1].argmax(axis=1)
    ends = np.concatenate([np.column_stack([rows, first]), np.column_stack([rows, last])])
    corners = np.unique((ends[:, None, :] + CORNERS).reshape(-1, 2), axis=0)
    places = corners @ frame.upright.matrix()[:, :2].T
    squares = ((places[:, None, :] - places[None, :, :]) ** 2).sum(axis=2)
    one, other = np.argwhere(squares >= squares.max() * (1 - NEARLY))[0]
    return float(np.sqrt(squares.max())), corners[[one, other]]


CUT, CONTACT = "cut", "contact"  # parts of a picture
MOST_AWAY_MM = 10.0  # from a layer that shows a line [project's choice]


@dataclass(frozen=True, slots=True, eq=False)
class VesselMark:
    """A point in the patient, or a line between two points.

    - `part`: `CUT` or `CONTACT`.
    - `places_mm` (array (N, 3)): RAS+; one point, or both ends.
    - `name`: its name in the picture: "C1", "L1 3.2 mm".
    - `says`: its text in the legend; empty if all marks of the part have the same.
    """

    part: str
    places_mm: npt.NDArray[np.float64]
    name: str
    says: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class PlacedMark:
    """A mark in one section.

    - `places` (array (N, 2)): level and upright, in voxels.
    - `distance_mm`: distance from the layer; 0 within the layer.
    """

    mark: VesselMark
    places: Places
    distance_mm: float = 0.0


def place_marks(
    marks: Sequence[VesselMark], cuts: Sequence[LayerView]
) -> tuple[tuple[PlacedMark, ...], ...]:
    """Assign marks to the sections of one grid that show them; return the marks of each section.

    A section shows marks in its layer, and lines that cross it. A mark in no section is shown in
    the nearest one: a cut branch at any distance, as it must not be overlooked, and a line within
    `MOST_AWAY_MM`.
    """
    placed: list[list[PlacedMark]] = [[] for _ in cuts]
    for mark in marks:
        found = [_place(mark, cut) for cut in cuts]
        if not (shown := [n for n, one in enumerate(found) if one.distance_mm == 0]):
            nearest = min(range(len(cuts)), key=lambda n: found[n].distance_mm)
            near = mark.part == CUT or found[nearest].distance_mm <= MOST_AWAY_MM
            shown = [nearest] if near else []
        for n in shown:
            placed[n].append(found[n])
    return tuple(map(tuple, placed))


def _place(mark: VesselMark, cut: LayerView) -> PlacedMark:
    frame, view = cut.frame, cut.view
    indices = compute_indices(frame, mark.places_mm)
    across = np.rint(indices[:, view.across])
    layers = max(across.min() - cut.layer, cut.layer - across.max(), 0.0)
    distance_mm = float(layers) * frame.upright.spacing_mm[view.across]
    return PlacedMark(mark, indices[:, [view.level, view.upright]], distance_mm)


def compute_indices(frame: Frame, places_mm: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Convert points to the upright grid, in voxels, shape (N, 3)."""
    matrix = frame.upright.matrix()
    distance_mm = (places_mm - matrix[:, 3]).T
    return np.asarray(np.linalg.solve(matrix[:, :3], distance_mm).T, dtype=np.float64)
