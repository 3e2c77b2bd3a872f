"""Write one array on one grid as NIfTI-1, with reproducible bytes.

The header is written by nibabel, with which most readers are tested, as 32-bit floats. The sform is
always the grid; the qform agrees with it or, if a quaternion cannot represent the grid (gantry
tilt), is not coded.
"""

import gzip
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.voxels.geometry import SAME_FORM_MM, require_sayable
from fl_planner.space.grid import Grid

SCANNER = 1  # code of a form: the scanner's own coordinates [nifti1.h]
QFORM = (
    "qform_code", "quatern_b", "quatern_c", "quatern_d", "qoffset_x", "qoffset_y", "qoffset_z",
)  # fmt: skip
LONGEST_AXIS = 32767  # voxels: dim is 16 bits [nifti1.h]
WHOLE_TYPES = ("int16", "int32", "int64", "uint64")  # in the order of preference
NUMBER_TYPES = ("int16", "int32", "float32", "float64")
SMALL = 1 << 14  # of a slope and an intercept: 16-bit numbers scaled by it fit 32 bits


def nifti_bytes(
    voxels: npt.NDArray[Any], grid: Grid, name: str, *, packed: bool, text: bytes = b""
) -> bytes:
    """Write an array of the grid's shape as a NIfTI-1 file; refused as by `nifti_image`.

    `packed`: whether it is gzipped, without a name or a time.
    """
    image, content = nifti_image(voxels, grid, name, text), BytesIO()
    if packed:  # slice by slice: the unpacked file may be larger than the memory that is left
        with gzip.GzipFile("", "wb", 6, content, mtime=0) as file:
            image.to_stream(file)
    else:
        image.to_stream(content)
    return content.getvalue()


def nifti_image(voxels: npt.NDArray[Any], grid: Grid, name: str, text: bytes = b"") -> Any:
    """Convert an array of the grid's shape to a NIfTI-1 image of nibabel.

    - `voxels` (array): voxels in a type allowed by NIfTI-1; unchanged, without scaling.
    - `grid`: its grid; without a position both forms are not coded.
    - `name`: base name of the output, for a refusal.
    - `text`: text of the header: the mark of a carried mask, if any.

    Raises `InputRefused`: `convert.too_long` for an axis too long for NIfTI-1.
    """
    import nibabel

    if max(grid.shape) > LONGEST_AXIS:
        reason = f"an axis has {max(grid.shape)} voxels; the limit of NIfTI-1 is {LONGEST_AXIS}"
        raise InputRefused(
            "convert.too_long", name, reason, "choose a grid with fewer voxels (--like)"
        )
    require_sayable(grid, name)
    affine = np.vstack([grid.matrix(), [0.0, 0.0, 0.0, 1.0]]) if grid.placed else None
    image: Any = nibabel.Nifti1Image(voxels, affine, dtype=voxels.dtype)  # type: ignore[no-untyped-call]
    header = image.header
    header.set_xyzt_units("mm")
    header.set_zooms(grid.spacing_mm)
    header["descrip"] = text
    if affine is not None:
        image.set_sform(affine, SCANNER)
        image.set_qform(affine, SCANNER)
        if not _same_form(header.get_qform(), grid):
            for field in QFORM:
                header[field] = 0
    return image


def _same_form(qform: npt.NDArray[np.float64], grid: Grid) -> bool:
    """Whether a quaternion gives the same grid, at each of its corners."""
    corners = np.column_stack([grid.corners(), np.ones(8)])
    apart = corners @ (qform[:3] - grid.matrix()).T
    return bool(np.linalg.norm(apart, axis=1).max() <= SAME_FORM_MM)


def exact_values(voxels: npt.NDArray[Any], slope: float, inter: float) -> npt.NDArray[Any]:
    """Return the values of an image in the smallest type that represents them exactly.

    HU of a CT become 16-bit integers; other values become floats. Scaling is applied, so that the
    file does not require it.

    Examples
    --------
    >>> stored = np.array([0, 1024, 4095], dtype=np.uint16)
    >>> exact_values(stored, 1.0, -1024.0)
    array([-1024,     0,  3071], dtype=int16)
    >>> exact_values(stored, 0.5, 0.25).dtype
    dtype('float32')
    """
    values = _scaled(voxels, slope, inter)
    *smaller, widest = WHOLE_TYPES if values.dtype.kind in "iu" else NUMBER_TYPES
    for name in smaller:
        with np.errstate(invalid="ignore", over="ignore"):
            written = values.astype(name)
        if np.array_equal(written, values, equal_nan=values.dtype.kind == "f"):
            return written
    return values.astype(widest)


def _scaled(voxels: npt.NDArray[Any], slope: float, inter: float) -> npt.NDArray[Any]:
    """Scale numbers; whole numbers in integer arithmetic, at a quarter of the memory."""
    if (slope, inter) == (1.0, 0.0):
        return voxels
    whole = slope.is_integer() and inter.is_integer() and max(abs(slope), abs(inter)) <= SMALL
    if whole and voxels.dtype.kind in "iu" and voxels.dtype.itemsize <= 2:
        return voxels.astype(np.int32) * np.int32(slope) + np.int32(inter)
    scaled: npt.NDArray[np.float64] = voxels.astype(np.float64) * slope + inter
    return scaled
