"""An output read back by the reader of every other file, before it is put in place."""

import numpy as np
import numpy.typing as npt

from fl_planner.basis.constants import SAME_PLACE_MM
from fl_planner.basis.errors import InputRefused
from fl_planner.formats.read import read_image, read_labels
from fl_planner.formats.segments.content import ConvertedFile
from fl_planner.formats.stored.file import Limits
from fl_planner.formats.stored.temporary import temporary_folder
from fl_planner.formats.voxels.label_file import LabelFile, SegmentFile
from fl_planner.formats.voxels.values import Holds
from fl_planner.space.common_grid.transfer import move_onto, off_mm
from fl_planner.space.grid import Grid
from fl_planner.space.image import Image
from fl_planner.space.mask import Mask

EVERY = "check"  # the role that asks for every segment of a file
SEG = "dicom-seg"  # of which each slice bears its place, and the whole a patient
DEFECT = "this is a defect of the program: report it, and write another format"
Told = dict[tuple[int, str | None], Mask]


def read_back(content: bytes, name: str, converted: ConvertedFile, limits: Limits) -> float:
    """Demand that the bytes of an output say what was to be written.

    - `content`: of the output, which is not in its place yet.
    - `name`: its base name.
    - `converted`: what was to be written.
    - `limits`: how large it may be.

    Returns
    -------
    float
        How far a corner of the grid lies from where it was, in mm: 0 where it is exact.

    Raises `InputRefused`: `convert.not_verified` where a voxel, a name, a value or a place is
    another; `output.temporary`.
    """
    with temporary_folder() as folder:
        path = folder / name
        path.write_bytes(content)
        if converted.image is not None:
            image, _, _ = read_image(path, EVERY, limits)
            _require_values(image, converted.image, name)
            return _require_grid(image.grid, converted.grid, name)
        file = read_labels(path, EVERY, Holds.LABEL_MAP, limits)
    if isinstance(file, SegmentFile) and file.inputs[0].format == SEG:
        _require_masks(_told(file, converted.grid), converted, name)
        _require_identity(file, converted, name)
        return _require_lattice(file, converted.grid)
    apart = _require_grid(file.grid, converted.grid, name)
    _require_masks(_told(file, converted.grid), converted, name)
    return apart


def _told(file: LabelFile | SegmentFile, grid: Grid) -> Told:
    """Give what the output says by number and name, on the grid that was to be written."""
    if isinstance(file, SegmentFile):
        return {
            (one.number, one.name): move_onto(mask, grid, "the CT") for one, mask in file.drawn()
        }
    return {(n, None): file.mask(f"label {n}", n) for n in file.labelled.labels}


def _require_masks(told: Told, converted: ConvertedFile, name: str) -> None:
    """Compare voxel for voxel; what is empty is not in a label map."""
    named = any(called is not None for _, called in told)
    meant = {
        (one.number, one.name if named else None): one.mask
        for one in converted.structures
        if one.mask.voxel_count
    }
    if told.keys() != meant.keys():
        raise _defect(name, "it holds other structures than were written")
    for key, mask in meant.items():
        found = told[key]
        if found.box != mask.box or not np.array_equal(found.voxels, mask.voxels):
            reason = f"it holds {found.voxel_count} voxels of {mask.name}, not the same "
            raise _defect(name, f"{reason}{mask.voxel_count} as were written")


def _require_values(found: Image, meant: Image, name: str) -> None:
    """Compare value for value, a layer at a time."""
    layers = range(meant.voxels.shape[2])
    if found.voxels.shape != meant.voxels.shape or not all(
        np.array_equal(_layer(found, k), _layer(meant, k), equal_nan=True) for k in layers
    ):
        raise _defect(name, "it holds other values than were written")


def _require_identity(file: SegmentFile, converted: ConvertedFile, name: str) -> None:
    """Demand the patient, study and frame of reference of the CT, or a SEG is nobody's."""
    (whose,) = (one.identity for one in converted.inputs if one.role == "ct")
    if file.inputs[0].identity != whose:
        raise _defect(name, "it is of another patient, study or frame of reference than its CT")


def _layer(image: Image, k: int) -> npt.NDArray[np.float64]:
    """Give the values of one layer of the last axis, which lies together in memory."""
    values: npt.NDArray[np.float64] = image.voxels[:, :, k].astype(np.float64)
    return values * image.slope + image.inter


def _require_grid(found: Grid, meant: Grid, name: str) -> float:
    if found.shape != meant.shape or found.placed is not meant.placed:
        raise _defect(name, "it lies on another grid")
    apart = off_mm(found, meant)
    if apart > SAME_PLACE_MM:
        reason = f"its grid is rounded by {apart:.3g} mm, of {SAME_PLACE_MM:g} mm allowed"
        raise _defect(name, reason)
    return apart


def _require_lattice(file: SegmentFile, grid: Grid) -> float:
    """Tell how far the voxels of a file that has only some slices lie from the grid's."""
    (start,) = file.grid.places_mm(np.zeros((1, 3), dtype=np.intp))
    matrix = grid.matrix()
    index = np.rint(np.linalg.solve(matrix[:, :3], start - matrix[:, 3])).astype(int)
    lattice = np.column_stack([matrix[:, :3], matrix @ [*index.tolist(), 1]])
    rows = tuple((float(a), float(b), float(c), float(d)) for a, b, c, d in lattice.tolist())
    return off_mm(file.grid, Grid(file.grid.shape, rows))


def _defect(name: str, reason: str) -> InputRefused:
    return InputRefused("convert.not_verified", name, f"read back, {reason}", DEFECT)
