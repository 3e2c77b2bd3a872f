"""The surface of a mask as triangles: closed, smooth, and with the volume of the mask.

The surface passes through smoothed cells of a few voxels at the value one half. As smoothing
shrinks round and pointed shapes, the surface is then moved outwards, by the same distance
everywhere, until its volume is that of the voxels.
"""

from __future__ import annotations

from math import inf, sqrt

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.units import MM3_IN_ML
from fl_planner.space.coarse import Coarse, thin_mask
from fl_planner.space.mask import Mask

Floats = npt.NDArray[np.float64]
Triangles = npt.NDArray[np.intp]

CUT_AT = 0.5  # of a cell: as much of the mask is outside the surface as beyond it inside
SMOOTHING_CELLS = 0.7  # project's choice: steps of voxels vanish, forms of three cells stay
VOLUME_OFF = 0.01  # project's choice: a surface that holds more or less is made finer
FINEST = 4  # times that the cells are halved
SWELLINGS = 4  # steps of Newton's method: two are enough, but for a few voxels
MOST_SWELLING = 0.5  # of a cell's shortest edge [project's choice]: beyond, cells become finer
TRIAL_STEP_MM, LARGEST_STEP_MM = 4.0, 16.0  # of the first mesh; beyond, a liver has no form
COARSER = 1.25  # how much larger cells become where there are too many triangles


class Mesh(Struct, frozen=True, eq=False):
    """A closed surface, whose triangles are anticlockwise as seen from outside.

    - `corners_mm` ((N, 3) array): positions in the patient, RAS+: to the right, front and head.
    - `triangles` ((M, 3) array of int): three corners each.
    """

    corners_mm: Floats
    triangles: Triangles

    @property
    def volume_ml(self) -> float:
        """Volume within the surface: sum of tetrahedra from the origin to each triangle."""
        a, b, c = (self.corners_mm[self.triangles[:, n]] for n in range(3))
        return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6) / float(MM3_IN_ML)


def make_mesh(mask: Mask, step_mm: float) -> Mesh:
    """Return a mask's surface with triangles about `step_mm` long.

    If the surface would have to be moved far to enclose the mask's volume, or if the volumes
    differ by more than 1 %, the cells are halved. If this is not sufficient, the surface follows
    the voxels.

    Raises `InputRefused`: `mask.empty`.
    """
    if not mask.voxel_count:
        reason = f"the {mask.name} mask is empty"
        raise InputRefused("mask.empty", mask.source, reason, "omit the surface of this mask")
    for halved in range(FINEST):
        coarse = thin_mask(mask, step_mm / 2**halved)
        cut = _cut(mask, coarse, SMOOTHING_CELLS)
        edges = zip(coarse.factors, mask.grid.spacing_mm, strict=True)
        most_mm = MOST_SWELLING * min(voxels * edge for voxels, edge in edges)
        mesh = None if cut is None else _swell(cut, mask, most_mm)
        if mesh is not None:
            return mesh
    plain = _cut(mask, thin_mask(mask, 0.0), 0.0)
    assert plain is not None  # one voxel with nothing around it is cut already
    return _swell(plain, mask) or plain


def make_light_mesh(mask: Mask, most: int) -> Mesh:
    """Return a mask's surface with at most this number of triangles.

    The volume takes precedence: a mask too thin for larger cells has more triangles.

    Raises `InputRefused`: `mask.empty`.
    """
    mesh = make_mesh(mask, TRIAL_STEP_MM)
    step_mm = TRIAL_STEP_MM * sqrt(len(mesh.triangles) / most)  # their number goes by the square
    mesh = make_mesh(mask, step_mm)
    while len(mesh.triangles) > most and step_mm < LARGEST_STEP_MM:
        step_mm *= COARSER
        mesh = make_mesh(mask, step_mm)
    return mesh


TUBE_STEP_MM = 1.0  # of a mesh of vessels, at least [project's choice]
TUBE_MARGIN = 3  # empty voxels around a mask, so that its surface closes
TUBE_SMOOTHING = 0.8  # cells
CALM, SWELL = 0.5, -0.53  # steps of a smoothing that keeps volumes (Taubin 1995)
CALM_ROUNDS = 8
MOST_TUBE_CELLS = 8_000_000  # of a grid of distances [project's choice]


def make_tube_mesh(mask: Mask, most: int) -> Mesh:
    """Return the surface of thin, branching structures with about this number of triangles.

    Averaging in cells would remove or interrupt vessels, and thick slices would appear as steps.
    Instead, distances from the mask's border, interpolated between slices, are cut at the value
    that encloses its volume; the surface is then smoothed.

    Raises `InputRefused`: `mask.empty`.
    """
    if not mask.voxel_count:
        return make_mesh(mask, TUBE_STEP_MM)  # refused
    box_mm = np.prod(
        [n * edge for n, edge in zip(mask.box.shape, mask.grid.spacing_mm, strict=True)]
    )
    step_mm = max(TUBE_STEP_MM, float(box_mm / MOST_TUBE_CELLS) ** (1 / 3))
    mesh = _cut_distances(mask, step_mm)
    if len(mesh.triangles) > most:
        mesh = _cut_distances(mask, step_mm * sqrt(len(mesh.triangles) / most))
    smooth = Mesh(_calm(mesh), mesh.triangles)
    return _swell(smooth, mask) or smooth


def _cut_distances(mask: Mask, step_mm: float) -> Mesh:
    """Cut signed distances in cells of about `step_mm` to enclose the mask's volume."""
    from scipy.ndimage import distance_transform_edt, gaussian_filter, zoom
    from skimage.measure import marching_cubes

    spacing = mask.grid.spacing_mm
    voxels = np.pad(mask.voxels, TUBE_MARGIN)
    inside, outside = (distance_transform_edt(part, sampling=spacing) for part in (voxels, ~voxels))
    distances = (inside - outside).astype(np.float32)
    counts = [
        max(2, round((n - 1) * edge / step_mm) + 1)
        for n, edge in zip(voxels.shape, spacing, strict=True)
    ]
    cells = zoom(distances, np.divide(counts, voxels.shape), order=1)
    cells = gaussian_filter(cells, TUBE_SMOOTHING)
    scale = np.divide(np.subtract(voxels.shape, 1), np.subtract(cells.shape, 1))
    cell_ml = mask.grid.voxel_ml * float(np.prod(scale))
    wanted = min(max(round(mask.volume_ml / cell_ml), 1), cells.size - 1)
    level = float(np.partition(cells.ravel(), cells.size - wanted)[cells.size - wanted])
    level = min(level, float(cells.max()) - 1e-3)
    corners, triangles, _, _ = marching_cubes(cells, level)  # type: ignore[no-untyped-call]
    indices = corners.astype(np.float64) * scale + np.subtract(mask.box.start, TUBE_MARGIN)
    affine = mask.grid.matrix()
    mesh = Mesh(indices @ affine[:, :3].T + affine[:, 3], triangles.astype(np.intp))
    if mesh.volume_ml < 0:  # of a grid that is mirrored in the patient
        mesh = Mesh(mesh.corners_mm, mesh.triangles[:, ::-1])
    return mesh


def _calm(mesh: Mesh) -> Floats:
    """Smooth each corner using its neighbours, without shrinking the surface."""
    from scipy.sparse import coo_array

    a, b, c = mesh.triangles.T
    rows, columns = np.concatenate([a, b, c, b, c, a]), np.concatenate([b, c, a, a, b, c])
    count = len(mesh.corners_mm)
    beside = coo_array((np.ones(len(rows)), (rows, columns)), shape=(count, count)).tocsr()
    number = np.maximum(beside.sum(axis=1), 1.0)[:, None]
    corners = mesh.corners_mm
    for _ in range(CALM_ROUNDS):
        for by in (CALM, SWELL):
            corners = corners + by * (beside @ corners / number - corners)
    return corners


def sum_normals(corners: Floats, triangles: Triangles) -> Floats:
    """Add up the normals of triangles around each corner, (N, 3), as long as twice their area."""
    a, b, c = (corners[triangles[:, n]] for n in range(3))
    across = np.cross(b - a, c - a)
    sums = [
        np.bincount(triangles.ravel(), np.repeat(across[:, n], 3), len(corners)) for n in range(3)
    ]
    return np.column_stack(sums)


def as_units(vectors: Floats) -> Floats:
    """Scale vectors, (N, 3), to length 1; zero vectors remain 0."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    units: Floats = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return units


def _cut(mask: Mask, coarse: Coarse, smoothing: float) -> Mesh | None:
    """Compute the surface at a cell value of `CUT_AT`; None if no cell exceeds it."""
    from scipy.ndimage import gaussian_filter
    from skimage.measure import marching_cubes

    cells = gaussian_filter(coarse.cells, smoothing) if smoothing else coarse.cells
    if cells.max() <= CUT_AT:
        return None
    corners, triangles, _, _ = marching_cubes(cells, CUT_AT)  # type: ignore[no-untyped-call]
    affine = mask.grid.matrix()
    places = coarse.index_of(corners.astype(np.float64)) @ affine[:, :3].T + affine[:, 3]
    mesh = Mesh(places, triangles.astype(np.intp))
    if mesh.volume_ml < 0:  # of a grid that is mirrored in the patient
        mesh = Mesh(places, mesh.triangles[:, ::-1])
    return mesh


def _swell(mesh: Mesh, mask: Mask, most_mm: float = inf) -> Mesh | None:
    """Move all corners outwards by one distance until the surface encloses the mask's volume.

    The volume grows with the distance by ⅙·Σ|n|, n the sum of the normals at each corner.
    None if the distance is more than `most_mm`, or the volume is not reached.
    """
    moved_mm = 0.0
    for _ in range(SWELLINGS):
        normals = sum_normals(mesh.corners_mm, mesh.triangles)
        lacks_mm3 = (mask.volume_ml - mesh.volume_ml) * float(MM3_IN_ML)
        by_mm = lacks_mm3 * 6 / float(np.linalg.norm(normals, axis=1).sum())
        mesh = Mesh(mesh.corners_mm + by_mm * as_units(normals), mesh.triangles)
        moved_mm += by_mm
    met = abs(mesh.volume_ml / mask.volume_ml - 1) <= VOLUME_OFF
    return mesh if met and abs(moved_mm) <= most_mm else None
