"""Read arrays with a geometry from memory, with the same checks as for files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import format_count
from fl_planner.formats.stored.source import HeldImage, NamedFile
from fl_planner.formats.voxels.geometry import (
    Matrix,
    as_affine,
    by_edges,
    decimal_of,
    is_singular,
    require_edges,
    require_near,
    require_upright,
)
from fl_planner.formats.voxels.slabs import Stored
from fl_planner.formats.voxels.voxel_file import Opened, ReadImage, require_size
from fl_planner.space.grid import Grid

if TYPE_CHECKING:
    from fl_planner.basis.findings import Finding
    from fl_planner.formats.stored.file_size_limits import Limits

TOWARDS = {  # axis of the patient (x, y, z of RAS+) and direction
    "R": (0, 1.0), "L": (0, -1.0), "A": (1, 1.0), "P": (1, -1.0), "S": (2, 1.0), "I": (2, -1.0),
}  # fmt: skip
EACH_AXIS = "for each of the three axes, as in (0.8, 0.8, 2.5)"
SAY_GEOMETRY = (
    "give fl_planner.Image(array, affine=...) with the matrix in RAS+, or "
    'Image(array, spacing_mm=..., orientation="LPS", origin_mm=...)'
)
GIVE_3D = "give one 3-D volume"
GIVE_NUMPY = "give a NumPy array, such as tensor.detach().cpu().numpy()"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ArrayImage:
    """An array of voxels with its geometry: an affine, or spacing and orientation.

    An array without a geometry, or with two, is refused.

    Parameters
    ----------
    array : array of shape (i, j, k)
        A mask, a label map or an image; bool, whole numbers or floats. SimpleITK's
        GetArrayFromImage gives (k, j, i): pass the SimpleITK image itself.
    affine : (3, 4) or (4, 4) numbers
        Voxel index (i, j, k, 1) to mm, RAS+, as in nibabel.
    spacing_mm : three numbers
        Distance between neighbours along i, j, k.
    orientation : three letters
        Direction of each axis with increasing index: "LPS", "RAS", "PLS" ...
    origin_mm : three numbers
        Position of voxel (0, 0, 0): one number per axis, increasing towards its letter. Without
        it, the position in the patient is undetermined, and sides are not checked.

    Raises
    ------
    InputRefused
        `image.geometry`, naming what is missing or given twice.
    """

    array: npt.ArrayLike
    affine: npt.ArrayLike | None = None
    spacing_mm: Sequence[float] | npt.NDArray[Any] | None = None
    orientation: str | None = None
    origin_mm: Sequence[float] | npt.NDArray[Any] | None = None

    def __post_init__(self) -> None:
        """Refuse a missing geometry, and a geometry given twice."""
        by_axes = (self.spacing_mm, self.orientation, self.origin_mm)
        if self.affine is not None and any(one is not None for one in by_axes):
            raise refuse_geometry("an affine is given together with spacing, orientation or origin")
        if self.affine is None and (self.spacing_mm is None or self.orientation is None):
            missing = "spacing" if self.spacing_mm is None else "orientation"
            raise refuse_geometry(f"the affine, or the {missing}, is missing")

    def __repr__(self) -> str:
        """Return a short description."""
        if (shape := getattr(self.array, "shape", None)) is None:
            return f"fl_planner.Image of a {type(self.array).__name__}"
        return f"fl_planner.Image of {' x '.join(map(str, shape))} voxels"

    def hold(self, name: str) -> HeldImage:
        """Return the image with its name and grid.

        Raises `InputRefused`: by the rules F4 to F7 of safety.md, naming the image.
        """
        voxels = as_voxels(as_array(self.array, name), name)
        bare = HeldImage(name, "array", voxels, Grid.upright(voxels.shape, (1.0, 1.0, 1.0)))
        matrix = self._of_affine(bare) if self.affine is not None else self._of_axes(bare)
        placed = self.affine is not None or self.origin_mm is not None
        grid, odd = find_array_grid(bare, matrix, placed=placed)
        return HeldImage(name, "array", voxels, grid, odd)

    def _of_affine(self, image: HeldImage) -> Matrix:
        matrix = _numbers(self.affine)
        if matrix is None or matrix.shape not in ((3, 4), (4, 4)):
            reason = "the affine is not a matrix of 3 or 4 rows and 4 columns"
            raise image.refuse("image.geometry", reason, SAY_GEOMETRY)
        if len(matrix) == 4 and matrix[3].tolist() != [0.0, 0.0, 0.0, 1.0]:
            reason = "the last row of the affine is not 0 0 0 1"
            raise image.refuse("image.geometry", reason, SAY_GEOMETRY)
        return matrix[:3]

    def _of_axes(self, image: HeldImage) -> Matrix:
        spacing = self._three(image, "spacing_mm", self.spacing_mm)
        unplaced = self.origin_mm is None
        origin = [0.0] * 3 if unplaced else self._three(image, "origin_mm", self.origin_mm)
        axes = [TOWARDS.get(letter) for letter in str(self.orientation).upper()]
        if len(axes) != 3 or None in axes or len({one[0] for one in axes if one}) != 3:
            reason = f"the orientation {self.orientation!r} is invalid"
            remedy = "give the direction of each axis: LPS, RAS, PLS ..."
            raise image.refuse("image.geometry", reason, remedy)
        matrix: Matrix = np.zeros((3, 4))
        for axis, one in enumerate(axes):
            assert one is not None  # checked above
            world, sign = one
            matrix[world, axis] = sign * spacing[axis]
            matrix[world, 3] = sign * origin[axis]
        return matrix

    def _three(self, image: HeldImage, word: str, given: object) -> list[float]:
        numbers = _numbers(given)
        if numbers is None or numbers.shape != (3,):
            reason = f"{word} does not consist of three numbers"
            raise image.refuse("image.geometry", reason, f"give one number {EACH_AXIS}")
        found: list[float] = numbers.tolist()
        if word == "spacing_mm" and min(found) <= 0:
            reason = f"the spacing of {by_edges(found)} is not greater than 0"
            raise image.refuse("image.geometry", reason, f"give one number {EACH_AXIS}")
        return found


def refuse_geometry(reason: str, name: str = "Image") -> InputRefused:
    """Return the refusal for an array with an unclear geometry."""
    return InputRefused("image.geometry", name, reason, SAY_GEOMETRY)


def as_array(given: Any, name: str) -> npt.NDArray[Any]:
    """Return an array; numpy would count the masked elements of a masked array.

    Raises `InputRefused`: `image.masked` for an array with masked elements; `image.kind` for a
    tensor that NumPy cannot read.
    """
    if hasattr(given, "filled") and hasattr(given, "mask"):
        masked = int(np.count_nonzero(np.broadcast_to(given.mask, np.shape(given))))
        if masked:
            reason = f"the array has {format_count(masked, 'masked voxel')} without a value"
            remedy = "give them a value: array.filled(0) if they are background"
            raise InputRefused("image.masked", name, reason, remedy)
    try:
        return np.asarray(given)
    except ValueError:
        reason = "the lists of voxels have different lengths"
        raise InputRefused("dims.not_3d", name, reason, GIVE_3D) from None
    except (TypeError, RuntimeError):  # a tensor on a graphics card, or with gradients
        reason = f"the {type(given).__name__} cannot be converted to a NumPy array"
        raise InputRefused("image.kind", name, reason, GIVE_NUMPY) from None


def as_voxels(array: npt.NDArray[Any], name: str) -> npt.NDArray[np.generic]:
    """Return the voxels of an array, (i, j, k), in a type allowed in files.

    Raises `InputRefused`: `dims.*` and `header.datatype`, as for a file.
    """
    shape = array.shape
    if len(shape) < 3:
        reason = f"the array has {format_count(len(shape), 'axis', 'axes')} instead of 3"
        raise InputRefused("dims.not_3d", name, reason, GIVE_3D)
    if max(shape[3:], default=1) > 1:
        reason = f"the array has several frames or channels ({shape})"
        raise InputRefused("dims.frames", name, reason, GIVE_3D)
    if min(shape) < 1:
        raise InputRefused("dims.size", name, f"an axis has 0 voxels ({shape})", GIVE_3D)
    voxels = array.reshape(shape[:3])
    if voxels.dtype == np.bool_:
        return voxels.view(np.uint8)
    if voxels.dtype == np.float16:
        return voxels.astype(np.float32)
    if voxels.dtype.kind not in "iuf" or voxels.dtype.itemsize > 8:
        reason = f"the type {voxels.dtype.name} is neither an integer nor a floating-point type"
        raise InputRefused("header.datatype", name, reason, "give one number per voxel")
    return voxels


@np.errstate(all="ignore")  # overflow and underflow are out of range, and refused
def find_array_grid(
    image: HeldImage, matrix: Matrix, *, placed: bool
) -> tuple[Grid, tuple[Finding, ...]]:
    """Return the grid of a matrix in RAS+, by the rules for files."""
    matrix = np.vectorize(as_decimal, otypes=[float])(matrix)
    _require_volume(image, matrix)
    require_edges(image, np.linalg.norm(matrix[:, :3], axis=0))
    require_near(image, matrix)
    odd = require_upright(image, matrix)
    if not placed:
        what = (
            "no origin is given; position in the patient undetermined, left and right not checked"
        )
        odd = (*odd, image.find("geometry.no_origin", what))
    i, j, k = image.voxels.shape
    return Grid((i, j, k), as_affine(matrix), placed), odd


def _require_volume(image: NamedFile, matrix: Matrix) -> None:
    if not np.isfinite(matrix).all():
        reason = "the geometry contains numbers that are not finite"
        raise image.refuse("geometry.not_finite", reason, SAY_GEOMETRY)
    if is_singular(matrix):
        reason = "the matrix is singular, so voxels have no volume"
        raise image.refuse("geometry.singular", reason, SAY_GEOMETRY)


def as_decimal(number: float) -> float:
    """Return the decimal of a number from a 32-bit header; any other number is unchanged."""
    single = np.float32(number)
    return (decimal_of(single) if float(single) == number else number) + 0.0


def _numbers(given: object) -> Matrix | None:
    """Return numbers, also in text and as Decimal; no answers, complex numbers or times.

    NumPy would convert an answer among numbers to a number, so that the kind of each is examined.
    """
    try:
        each = np.asarray(given, dtype=object).flat
        kinds = {np.asarray(one).dtype.kind for one in each}
        return np.asarray(given).astype(np.float64) if kinds <= {*"iufUO"} else None
    except (TypeError, ValueError, RuntimeError):
        return None


def read_image(image: HeldImage, role: str, limits: Limits) -> ReadImage:
    """Read an image, with the same checks except those on mask values."""
    return open_held(image, limits).read_image(role)


def open_held(image: HeldImage, limits: Limits) -> Opened:
    """Open an image at its first voxel; refused if it is too large."""
    voxels = image.voxels
    if voxels.size > limits.voxels:
        reason = f"the image has {voxels.size} voxels; the limit is {limits.voxels}"
        raise image.refuse("limit.voxels", reason, "crop the image, or raise size_limit")
    require_size(image, voxels.nbytes, limits)
    held = _HeldVoxels(image)
    stored = Stored(image.name, image.grid.shape, held.dtype, image.slope, image.inter)
    whose, named = image.author, (image.label_names, image.keys)
    return Opened(image.format, (held,), held, stored, image.grid, image.odd, whose, *named)


class _HeldVoxels(NamedFile):
    """The voxels of an image in memory, as bytes in the order of a file: first axis fastest.

    `sha256` is the hash of shape, type, scale, position and voxels; it is complete after the last
    voxel.
    """

    def __init__(self, image: HeldImage) -> None:
        self.name = image.name
        self.findings: list[Finding] = []
        self.dtype = image.voxels.dtype.newbyteorder("<")
        self._layers = iter(image.voxels.transpose(2, 1, 0))
        self._unread = memoryview(b"")
        grid = image.grid
        header = (grid.shape, self.dtype.str, image.slope, image.inter, grid.affine, grid.placed)
        self._hash = sha256(repr(header).encode())

    @property
    def sha256(self) -> str:
        """Return the hash of the bytes read so far."""
        return self._hash.hexdigest()

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes of the next layer, without consuming them."""
        self._begin_layer()
        return bytes(self._unread[:size])

    def fill(self, target: memoryview) -> int:
        """Fill `target` with the next bytes; return their number."""
        filled = 0
        while filled < len(target) and self._begin_layer():
            piece = self._unread[: len(target) - filled]
            target[filled : filled + len(piece)] = piece
            self._unread = self._unread[len(piece) :]
            filled += len(piece)
        return filled

    def finish(self) -> None:
        """Do nothing: an array always has as many voxels as its shape states."""

    def _begin_layer(self) -> bool:
        """Begin the next layer if one has ended; return False after the last."""
        if not self._unread:
            if (layer := next(self._layers, None)) is None:
                return False
            self._unread = np.ascontiguousarray(layer, self.dtype).data.cast("B")
            self._hash.update(self._unread)
        return True
