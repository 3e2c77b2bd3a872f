"""The patient's body on a CT, and the plane between its right and its left half."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.space.coarse import Coarse
from fl_planner.space.grid import Grid

Floats = npt.NDArray[np.float64]

# Project's choice, all of them.
EVERY = 2  # cells: an outline needs no finer ones
SKIN_HU = -300.0  # between air or foam and fat
LEAST_CELLS = 1000  # of a body
CUT_LAYERS = (1, 5)  # of the layers asked that may end at a side of the scan


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """The largest solid thing on a CT, its hollows filled layer by layer.

    - `inside` (bool array): of every second cell of the CT along each axis.
    - `axial`, `side`: axis along which the layers across the patient are stacked, and the one that
      lies nearest to left-right.
    - `x_mm` (array of the same shape): where each cell lies along the patient's x, RAS+.
    """

    inside: npt.NDArray[np.bool_]
    axial: int
    side: int
    x_mm: Floats

    def holds(self, cells: Floats) -> npt.NDArray[np.bool_]:
        """Whether the body holds these cells of the CT, (N, 3); what is not seen counts as held."""
        nearest = np.rint(cells / EVERY).astype(np.intp)
        inside = (nearest >= 0) & (nearest < self.inside.shape)
        seen: npt.NDArray[np.bool_] = np.all(inside, axis=1)
        i, j, k = (nearest * seen[:, None]).T
        held: npt.NDArray[np.bool_] = self.inside[i, j, k] | ~seen
        return held

    def middle_mm(self, cells: Floats) -> float | None:
        """Measure where the middle of the body lies along x, in the layers of these cells.

        The median over the layers of the middle between both ends; None where the scan cuts
        the body off at its sides, so that an end is not known.
        """
        middles, cut = [], 0
        layers = np.unique(np.rint(cells[:, self.axial] / EVERY).astype(np.intp))
        for layer in layers[(layers >= 0) & (layers < self.inside.shape[self.axial])]:
            inside = self.inside.take(layer, self.axial)
            if inside.any():
                x_mm = self.x_mm.take(layer, self.axial)[inside]
                middles.append((x_mm.min() + x_mm.max()) / 2)
                across = self.side - int(self.side > self.axial)
                ends = inside.any(axis=1 - across)
                cut += bool(ends[0] or ends[-1])
        part, whole = CUT_LAYERS
        if not middles or whole * cut > part * len(middles):
            return None
        return float(np.median(middles))


def find_body(ct: Coarse, grid: Grid) -> Body | None:
    """Find the body on a CT of this grid; None where there is nothing that large.

    Hollows, such as lungs, are filled in the layers across the patient; then it is opened by a
    cell, so that the shell of a table comes off.
    """
    from scipy.ndimage import binary_fill_holes, binary_opening, generate_binary_structure, label

    axial = grid.axial_axis
    solid = ct.cells[::EVERY, ::EVERY, ::EVERY] > SKIN_HU
    cross = np.expand_dims(generate_binary_structure(2, 1), axial)  # no cell of another layer
    parts, _ = label(binary_opening(binary_fill_holes(solid, cross), cross))
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0  # what is not solid
    if sizes.max() < LEAST_CELLS:
        return None
    inside = parts == np.argmax(sizes)
    along, place = grid.matrix()[0, :3], grid.matrix()[0, 3]
    cells = np.indices(inside.shape, sparse=True)
    first = along @ ct.index_of(np.zeros(3)) + place
    step = along * ct.factors * EVERY
    x_mm = first + sum(float(s) * n for s, n in zip(step, cells, strict=True))
    return Body(inside, axial, int(np.argmax(np.abs(along) / grid.spacing_mm)), x_mm)
