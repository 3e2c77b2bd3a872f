"""Masks and images out as objects of SimpleITK and nibabel, in memory: no file between."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple

import numpy as np

from fl_planner.basis.constants import SAME_PLACE_MM
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.extras import OF_REGISTRATION, require_registration
from fl_planner.formats.nifti.write import exact_values, nifti_image
from fl_planner.formats.voxels.carried import KEY, carried_text
from fl_planner.space.grid import TO_RAS, Grid
from fl_planner.space.image import Image
from fl_planner.space.mask import Mask

KEY_WRITTEN = "ITK_FileNotes"  # what SimpleITK writes into the header's text of a NIfTI file
STRAIGHT = 1e-4  # of an edge, over the length of a grid: less is rounding of a header


class Placement(NamedTuple):
    """Where SimpleITK has a grid: in mm, x to the left and y to the back."""

    size: tuple[int, int, int]
    origin: tuple[float, ...]
    spacing: tuple[float, float, float]
    direction: tuple[float, ...]


def load_simpleitk() -> Any:
    """Load SimpleITK, which is large, when it is asked for.

    Raises `InputRefused`: `extra.missing`, naming the extra.
    """
    require_registration()
    return import_module(OF_REGISTRATION)


def to_sitk(held: Mask | Image) -> Any:
    """Give a mask (0 and 1) or an image (its values: HU of a CT) as a `SimpleITK.Image`.

    A mask that was carried, or made of one that was, says so in `descrip`, as its file does.

    Raises `InputRefused`: `extra.missing` without SimpleITK, `image.no_place` where nothing says
    where in the patient it lies, `image.sheared` where axes lean, which SimpleITK cannot hold.
    """
    sitk = load_simpleitk()
    placement = find_placement(held.grid, held.file or "image")
    image = sitk.GetImageFromArray(np.ascontiguousarray(_values(held).transpose(2, 1, 0)))
    image.SetOrigin(placement.origin)
    image.SetSpacing(placement.spacing)
    image.SetDirection(placement.direction)
    if mark := _mark(held):
        for key in (KEY, KEY_WRITTEN):
            image.SetMetaData(key, mark.decode("ascii"))
    return image


def to_nibabel(held: Mask | Image) -> Any:
    """Give a mask (0 and 1) or an image (its values: HU of a CT) as a `nibabel.Nifti1Image`.

    Its header is that of a file that `convert` writes: units, codes, the mark of a carried mask.

    Raises `InputRefused`: `image.no_place` where nothing says where in the patient it lies.
    """
    source = held.file or "image"
    _require_place(held.grid, source)
    return nifti_image(_values(held), held.grid, source, _mark(held))


def find_placement(grid: Grid, source: str) -> Placement:
    """Tell where SimpleITK has a grid; refused as `to_sitk`."""
    _require_place(grid, source)
    turned = np.array(TO_RAS["LPS"])[:, None] * grid.matrix()
    across = turned[:, :3] / grid.spacing_mm
    lean_mm = np.abs(across.T @ across - np.eye(3)).max() * max(grid.extent_mm)
    if lean_mm > SAME_PLACE_MM + STRAIGHT * max(grid.extent_mm):
        reason = "its axes lean, as under a tilted gantry, which SimpleITK cannot hold"
        remedy = "resample it onto an upright grid in the program that made it"
        raise InputRefused("image.sheared", source, reason, remedy)
    origin, direction = turned[:, 3].tolist(), across.ravel().tolist()
    return Placement(grid.shape, tuple(origin), grid.spacing_mm, tuple(direction))


def _values(held: Mask | Image) -> np.ndarray[Any, np.dtype[Any]]:
    if isinstance(held, Mask):
        return held.as_array().astype(np.uint8)
    return exact_values(held.voxels, held.slope, held.inter)


def _mark(held: Mask | Image) -> bytes:
    """Give the mark that the file of a carried mask bears; else nothing."""
    if isinstance(held, Image) or held.carried_mm is None:
        return b""
    return carried_text(held.carried_mm)


def _require_place(grid: Grid, source: str) -> None:
    if not grid.placed:
        reason = "does not say where in the patient it lies, and an image in memory would"
        raise InputRefused("image.no_place", source, reason, "export it with its place")
