"""What is converted: structures or an image on the grid that was chosen, nothing lost unsaid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations
from operator import or_
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.planning.given.case import InputFile
from fl_planner.space.box import NOWHERE
from fl_planner.space.grid import Grid
from fl_planner.space.image import Image
from fl_planner.space.mask import Mask

OutFormat = Literal["nifti1", "nrrd", "seg-nrrd", "dicom-seg"]
LABEL_TYPES = ((255, np.uint8), (65535, np.uint16))
MOST_LABEL = LABEL_TYPES[-1][0]


@dataclass(frozen=True, slots=True)
class Output:
    """The bytes of an output, and the type of the numbers in it: `uint8`, `int16`, `binary`."""

    content: bytes
    numbers: str


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure of a file, on the grid that it goes to.

    - `number`: its label or segment number in the output.
    - `mask`: its voxels on the chosen grid.
    - `name`: what it is called; None where neither the file nor the user says.
    - `meaning`: what the name means here: `liver`, `segment_4`; None for anything else.
    - `number_before`: its number in the file that it came from.
    - `voxels_before`: how many voxels it had there.
    - `ml_before`: how much that was, in mL.
    """

    number: int
    mask: Mask
    name: str | None
    meaning: str | None
    number_before: int
    voxels_before: int
    ml_before: float

    @classmethod
    def of(cls, number: int, mask: Mask, name: str | None, meaning: str | None) -> Structure:
        """Build a structure as it stands in its file."""
        return cls(number, mask, name, meaning, number, mask.voxel_count, mask.volume_ml)

    @property
    def called(self) -> str:
        """What messages call it."""
        return self.name or f"label {self.number_before}"


@dataclass(frozen=True, slots=True)
class ConvertedFile:
    """Structures or an image, on one grid, and what a reader must know about them."""

    source: str
    grid: Grid
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...] = ()
    structures: tuple[Structure, ...] = ()
    image: Image | None = None


def number_anew(structures: Sequence[Structure], most: int | None) -> tuple[Structure, ...]:
    """Give each structure a number of its own.

    Numbers stay as they are where each stands once and none is above `most`; with `most` None
    they always run from 1, without a gap, as in a DICOM SEG.
    """
    numbers = [one.number for one in structures]
    if most is not None and len({*numbers}) == len(numbers) and max(numbers, default=0) <= most:
        return tuple(structures)
    return tuple(replace(one, number=n) for n, one in enumerate(structures, 1))


def find_renumbered(source: str, structures: Iterable[Structure]) -> tuple[Finding, ...]:
    """Name the structures whose number in the output is another."""
    moved = [one for one in structures if one.number != one.number_before]
    if not moved:
        return ()
    listed = ", ".join(f"{one.called}: {one.number_before} is now {one.number}" for one in moved)
    message = f"{source}: structures have other numbers in the output ({listed})"
    return (Finding("convert.renumbered", Severity.INFO, message, source),)


def require_apart(source: str, structures: Sequence[Structure]) -> None:
    """Refuse structures that overlap where a voxel can have one number only.

    Raises `InputRefused`: `convert.overlap`, naming the first two that do and by how much.
    """
    if _are_apart([one.mask for one in structures]):
        return
    pairs = combinations(structures, 2)
    one, other = next(pair for pair in pairs if not _are_apart([each.mask for each in pair]))
    common_ml = (one.mask & other.mask).volume_ml
    reason = (
        f"{one.called} and {other.called} have {as_ml(common_ml)} in common, "
        "and a voxel of a label map holds one number"
    )
    remedy = "write one at a time (--structure), or .seg.nrrd or a DICOM SEG, which hold overlaps"
    raise InputRefused("convert.overlap", source, reason, remedy)


def _are_apart(masks: Sequence[Mask]) -> bool:
    """Whether no voxel is in two masks, in one pass: pairs of a hundred labels take minutes."""
    hull = reduce(or_, (mask.box for mask in masks), NOWHERE)
    taken = np.zeros(hull.shape, dtype=np.bool_)
    for mask in masks:
        place = taken[mask.box.slices(hull.start)]
        if (place & mask.voxels).any():
            return False
        place |= mask.voxels
    return True


def require_some_left(source: str, structures: Iterable[Structure]) -> None:
    """Refuse a grid so coarse that a structure is gone from it.

    Raises `InputRefused`: `convert.vanished`, with how much there was.
    """
    for one in structures:
        if one.voxels_before and not one.mask.voxel_count:
            reason = f"nothing of {one.called} ({as_ml(one.ml_before)}) is left on that grid"
            raise InputRefused("convert.vanished", source, reason, "choose a finer grid")


def find_ends(image: Image) -> tuple[float, float] | None:
    """Find the least and the largest value of an image; None where none of them is finite."""
    ends = [end for layer in _lay_apart(image.voxels) for end in _finite_ends(layer)]
    if not ends:
        return None
    low, high = sorted(end * image.slope + image.inter for end in (min(ends), max(ends)))
    return low, high


def _lay_apart(voxels: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Give layers as they are stored: no copy of an image, which may be as large as a limit."""
    return np.moveaxis(voxels, int(np.argmax(np.abs(voxels.strides))), 0)


def _finite_ends(layer: npt.NDArray[Any]) -> tuple[float, ...]:
    if layer.dtype.kind == "f":
        layer = layer[np.isfinite(layer)]
    return (float(layer.min()), float(layer.max())) if layer.size else ()


def label_type(structures: Iterable[Structure]) -> type[np.unsignedinteger[Any]]:
    """Give the smallest type that holds the number of each structure."""
    most = max((one.number for one in structures), default=0)
    return next(kind for last, kind in LABEL_TYPES if most <= last)
