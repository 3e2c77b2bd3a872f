"""A nibabel image: its header by the rules of a NIfTI file, its voxels as they are held."""

from __future__ import annotations

from typing import Any

import numpy as np

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.memory.array_image import as_array, as_decimal, as_voxels
from fl_planner.formats.nifti.geometry import find_grid
from fl_planner.formats.nifti.header import Header
from fl_planner.formats.stored.source import HeldImage
from fl_planner.formats.voxels.carried import find_carried
from fl_planner.formats.voxels.geometry import decimal_of

FORMAT = "nibabel"


def hold_nibabel(image: Any, name: str) -> HeldImage:
    """Give a NIfTI image of nibabel its name, and its grid by sform and qform.

    Raises `InputRefused`: `image.kind` for another kind of image, `image.affine` where its affine
    was changed beside its header; and by the rules F4 to F9 of safety.md.
    """
    said = getattr(image, "header", None)
    if not hasattr(said, "get_qform"):
        reason = f"is a {type(image).__name__}, and of nibabel's images NIfTI is read"
        remedy = "turn it: nibabel.Nifti1Image.from_image(image)"
        raise InputRefused("image.kind", name, reason, remedy)
    raw = image.dataobj
    stored = as_array(raw.get_unscaled() if hasattr(raw, "get_unscaled") else raw, name)
    slope, inter = (
        as_decimal(float(getattr(raw, word, usual)))
        for word, usual in (("slope", 1.0), ("inter", 0.0))
    )
    voxels = as_voxels(stored, name)
    header = _header_of(said, name, voxels)
    _require_own_affine(image, header)
    grid, odd = find_grid(header)
    carried = find_carried(header, header.text)
    return HeldImage(name, FORMAT, voxels, grid, (*odd, *carried), slope, inter)


def _header_of(said: Any, name: str, voxels: np.ndarray[Any, Any]) -> Header:
    i, j, k = voxels.shape
    return Header(
        name=name,
        format="nifti1",
        single=True,
        shape=(i, j, k),
        dtype=voxels.dtype,
        data_offset=0,
        slope=1.0,
        inter=0.0,
        unit_code=int(said["xyzt_units"]) & 7,
        qform_code=int(said["qform_code"]),
        sform_code=int(said["sform_code"]),
        pixdim=tuple(decimal_of(x) for x in said["pixdim"][:4]),
        quaternion=tuple(float(said[f"quatern_{x}"]) for x in "bcd"),
        qoffset=tuple(decimal_of(said[f"qoffset_{x}"][()]) for x in "xyz"),
        srow=tuple(tuple(decimal_of(x) for x in said[f"srow_{row}"]) for row in "xyz"),
        text=said["descrip"].tobytes(),
    )


def _require_own_affine(image: Any, header: Header) -> None:
    """Refuse an affine that somebody changed: the header, which was not, says another."""
    if image.affine is None:
        return
    if not np.allclose(image.affine, image.header.get_best_affine(), equal_nan=True):
        reason = "has an affine that was changed, and its header says another"
        remedy = "set it by image.set_sform(affine, 1) and image.set_qform(affine, 1)"
        raise header.refuse("image.affine", reason, remedy)
