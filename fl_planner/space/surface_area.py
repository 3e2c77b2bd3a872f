"""The area of a mask's surface, voxel by voxel: slanted as it lies, and not as its stairs are."""

import numpy as np
import numpy.typing as npt

from fl_planner.space.box import Index
from fl_planner.space.mask import Mask

Floats = npt.NDArray[np.float64]
Smooth = npt.NDArray[np.float32]

SMOOTH = (1, 4, 6, 4, 1)  # of 16: weights along each axis; a standard deviation of one step
RIM = len(SMOOTH) // 2 + 2  # empty voxels around the block, so that every face has a slope
LEAST = 1e-30  # length of a slope; there is none between voxels of a chequerboard


def measure_areas_mm2(mask: Mask) -> Floats:
    """Measure the area that each voxel adds to the surface of its mask, shape of its box, in mm2.

    Each face towards what is not of the mask is a vector: its area, along its outward normal. It
    counts by how far it looks the way the surface does: area = Σ a·n over the faces, n the unit
    normal there. n is the slope of the mask smoothed over two steps either way, so that a vessel
    of two voxels still has two sides. For a plane the sum is its area, at any angle, on sheared
    grids too; for a tube of three voxels' radius and more it is within 6 % of 2πrl (tests). A
    sharp edge is rounded off, by half a step or so. The grid's end counts as a surface.
    """
    solid = np.pad(np.ascontiguousarray(mask.voxels), RIM)
    smooth = _smooth(solid)
    areas = np.zeros(solid.size)
    across = _face_vectors(mask)
    flat, strides = solid.reshape(-1), _strides(solid.shape)
    for normal, stride in zip(across, strides, strict=True):
        before = np.flatnonzero(flat[:-stride] != flat[stride:])  # the rim is empty: none wraps
        rise = _find_rise(smooth, before, stride, mask)
        is_first = flat[before]  # the mask's voxel of the two
        facing = np.where(is_first, -1.0, 1.0) * (normal @ rise)
        areas += np.bincount(np.where(is_first, before, before + stride), facing, areas.size)
    inside: Floats = areas.reshape(solid.shape)[RIM:-RIM, RIM:-RIM, RIM:-RIM]
    return inside


def _find_rise(smooth: Smooth, before: npt.NDArray[np.intp], stride: int, mask: Mask) -> Floats:
    """Find which way a smoothed mask rises between neighbours, unit vectors in the patient."""
    flat = smooth.reshape(-1)
    along = np.zeros((3, len(before)))
    for number, step in enumerate(_strides(smooth.shape)):
        for voxel in (before, before + stride):
            along[number] += flat[voxel + step] - flat[voxel - step]
    rise: Floats = (
        np.linalg.inv(mask.grid.matrix()[:, :3]).T @ along
    )  # a slope by index to one in mm
    rise /= np.maximum(np.linalg.norm(rise, axis=0), LEAST)
    return rise


def _smooth(solid: npt.NDArray[np.bool_]) -> Smooth:
    block = solid.astype(np.float32)
    half = len(SMOOTH) // 2
    for axis in range(3):
        lines = np.moveaxis(block, axis, 0)
        smooth = np.zeros_like(block)
        into = np.moveaxis(smooth, axis, 0)[half:-half]
        for by, weight in enumerate(SMOOTH):
            into += np.float32(weight / 16) * lines[by : by + len(into)]
        block = smooth
    return block


def _strides(shape: Index) -> Index:
    """How far the next voxel along each axis lies in a flat block."""
    return shape[1] * shape[2], shape[2], 1


def _face_vectors(mask: Mask) -> Floats:
    """Give the area of the face across each index axis, on its normal that way, in mm2: (3, 3)."""
    a, b, c = mask.grid.matrix()[:, :3].T
    normals = np.array([np.cross(b, c), np.cross(c, a), np.cross(a, b)])
    forwards: Floats = normals * np.sign(a @ normals[0])
    return forwards
