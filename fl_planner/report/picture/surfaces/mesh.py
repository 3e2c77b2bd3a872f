"""The surface of a mask as triangles in the patient, with few of them and the mask's volume."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.units import MM3_IN_ML
from fl_planner.space.coarse import Coarse, thin_mask
from fl_planner.space.mask import Mask

Floats = npt.NDArray[np.float64]

SMOOTHING_CELLS = 0.7  # project's choice: steps of voxels vanish, forms of three cells stay
VOLUME_OFF = 0.03  # project's choice: a surface that holds more or less is made finer
FINEST = 4  # times that the cells are halved


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """A closed surface, outside on the side from which its triangles run anticlockwise.

    - `corners_mm` ((N, 3) array): places in the patient, RAS+: to the right, front and head.
    - `triangles` ((M, 3) array of int): three corners each.
    """

    corners_mm: Floats
    triangles: npt.NDArray[np.intp]

    @property
    def volume_ml(self) -> float:
        """What the surface holds: the sum of tetrahedra from the origin to each triangle."""
        a, b, c = (self.corners_mm[self.triangles[:, n]] for n in range(3))
        return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6) / float(MM3_IN_ML)


def make_mesh(mask: Mask, step_mm: float) -> Mesh:
    """Make a mask's surface of triangles about `step_mm` long.

    Cells of the step, smoothed, are cut at one half; where what the surface holds is more than
    3 % off the mask, with cells half as large, and at last along the voxels themselves.

    Raises `InputRefused`: `mask.empty`; `extra.missing` without the library for surfaces.
    """
    if not mask.voxel_count:
        reason = f"the {mask.name} mask is empty"
        raise InputRefused("mask.empty", mask.source, reason, "leave its surface out")
    for halved in range(FINEST):
        mesh = _cut(mask, thin_mask(mask, step_mm / 2**halved), SMOOTHING_CELLS)
        if mesh is not None and abs(mesh.volume_ml / mask.volume_ml - 1) <= VOLUME_OFF:
            return mesh
    plain = _cut(mask, thin_mask(mask, 0.0), 0.0)
    assert plain is not None  # one voxel with nothing around it is cut already
    return plain


def _cut(mask: Mask, coarse: Coarse, smoothing: float) -> Mesh | None:
    """Cut cells at one half; None where none is half full."""
    from scipy.ndimage import gaussian_filter
    from skimage.measure import marching_cubes

    cells = gaussian_filter(coarse.cells, smoothing) if smoothing else coarse.cells
    if cells.max() <= 0.5:
        return None
    corners, triangles, _, _ = marching_cubes(cells, 0.5)  # type: ignore[no-untyped-call]
    affine = mask.grid.matrix()
    places = coarse.index_of(corners.astype(np.float64)) @ affine[:, :3].T + affine[:, 3]
    mesh = Mesh(places, triangles.astype(np.intp))
    if mesh.volume_ml < 0:  # of a grid that is mirrored in the patient
        mesh = Mesh(places, mesh.triangles[:, ::-1])
    return mesh
