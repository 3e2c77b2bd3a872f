"""Content of a conversion: structures or an image, chosen by name or number."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import combinations
from operator import or_
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.constants import LONG_STRING
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import is_plain, list_first
from fl_planner.basis.shown import as_ml
from fl_planner.liver.names.exclusions import is_meant
from fl_planner.liver.names.part_names import structure_of
from fl_planner.liver.names.structures import PARTS
from fl_planner.planning.given.case import InputFile
from fl_planner.space.grid import NOWHERE, Grid, Image
from fl_planner.space.labels import LabelScheme
from fl_planner.space.mask import Mask

OutFormat = Literal["nifti1", "nrrd", "seg-nrrd", "dicom-seg"]
LABEL_TYPES = ((255, np.uint8), (65535, np.uint16))
MOST_LABEL = LABEL_TYPES[-1][0]


class Output(Struct, frozen=True):
    """The bytes of an output, and the type of the numbers in it: `uint8`, `int16`, `binary`."""

    content: bytes
    numbers: str


@dataclass(frozen=True, slots=True)
class Structure:
    """A structure of a file, on the grid of the output.

    - `number`: its label or segment number in the output.
    - `mask`: its voxels on the chosen grid.
    - `name`: its name; None if neither the file nor the user names it.
    - `meaning`: the meaning of the name here: `liver`, `segment_4`; None for anything else.
    - `number_before`: its number in the source file.
    - `voxels_before`: its number of voxels in that file.
    - `ml_before`: its volume in that file, in mL.
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
        """Build a structure as stored in its file."""
        return cls(number, mask, name, meaning, number, mask.voxel_count, mask.volume_ml)

    @property
    def called(self) -> str:
        """Return its name in messages."""
        return self.name or f"label {self.number_before}"


@dataclass(frozen=True, slots=True)
class ConvertedFile:
    """Structures or an image, on one grid, with findings about them.

    `numbered` is whether the source has numbers without names, which the output keeps.
    """

    source: str
    grid: Grid
    inputs: tuple[InputFile, ...]
    findings: tuple[Finding, ...] = ()
    structures: tuple[Structure, ...] = ()
    image: Image | None = None
    numbered: bool = False


def number_segments(
    structures: Sequence[Structure], schemes: Iterable[LabelScheme]
) -> tuple[Structure, ...]:
    """Assign named Couinaud segments the numbers of a label map of segments.

    Files with names number their segments in any order: 1 may be segment V. Another structure keeps
    its number unless that is the number of a segment.

    - `schemes`: of these, the first that has all of the segments is used.
    """
    segments = [one.meaning for one in structures if one.meaning in PARTS]
    labels = [scheme.structures for scheme in schemes]
    fits = [one for one in labels if {*segments} <= {*one.values()}]
    if not segments or not fits or len({*segments}) < len(segments):
        return tuple(structures)
    numbers = {structure: number for number, structure in fits[0].items()}
    taken = {*numbers.values()}
    numbered: list[Structure] = []
    for one in structures:
        number = numbers.get(one.meaning or "", one.number)
        if one.meaning not in numbers and (number in taken or number > MOST_LABEL):
            number = max(taken) + 1
        taken.add(number)
        numbered.append(replace(one, number=number))
    return tuple(numbered)


def renumber_structures(structures: Sequence[Structure], most: int | None) -> tuple[Structure, ...]:
    """Assign each structure a separate number.

    Numbers that occur once and are not above `most` are unchanged, as only they identify structures
    without a name; a larger one becomes the next free number. If `most` is None, or
    if a number occurs twice, they run from 1 without a gap, as in a DICOM SEG.
    """
    numbers = [one.number for one in structures]
    if most is None or len({*numbers}) < len(numbers):
        return tuple(replace(one, number=n) for n, one in enumerate(structures, 1))
    taken = {number for number in numbers if number <= most}
    numbered: list[Structure] = []
    for one in structures:
        number = one.number
        if number > most:
            after = range(max(taken, default=0) + 1, most + 1)
            number = next(free for free in (*after, *range(1, most)) if free not in taken)
            taken.add(number)
        numbered.append(replace(one, number=number))
    return tuple(numbered)


def find_renumbered(source: str, structures: Iterable[Structure]) -> tuple[Finding, ...]:
    """Find structures with another number in the output."""
    if not (moved := [one for one in structures if one.number != one.number_before]):
        return ()
    listed = ", ".join(f"{one.called}: {one.number_before} is now {one.number}" for one in moved)
    message = f"{source}: label numbers differ between the input and the output ({listed})"
    return (Finding("convert.renumbered", Severity.INFO, message, source),)


def require_apart(source: str, structures: Sequence[Structure]) -> None:
    """Refuse overlapping structures in a label map.

    Raises `InputRefused`: `convert.overlap`, naming the first two and their common volume.
    """
    if _are_apart([one.mask for one in structures]):
        return
    pairs = combinations(structures, 2)
    one, other = next(pair for pair in pairs if not _are_apart([each.mask for each in pair]))
    common_ml = (one.mask & other.mask).volume_ml
    reason = (
        f"{one.called} and {other.called} overlap by {as_ml(common_ml)}, but a voxel of a label "
        "map can have only one label"
    )
    remedy = (
        "write one structure at a time (--structure), or write .seg.nrrd or DICOM SEG, which "
        "allow overlaps"
    )
    raise InputRefused("convert.overlap", source, reason, remedy)


def _are_apart(masks: Sequence[Mask]) -> bool:
    """Whether no voxel is in two masks; in one pass, as pairwise comparison takes minutes."""
    hull = reduce(or_, (mask.box for mask in masks), NOWHERE)
    taken = np.zeros(hull.shape, dtype=np.bool_)
    for mask in masks:
        place = taken[mask.box.slices(hull.start)]
        if (place & mask.voxels).any():
            return False
        place |= mask.voxels
    return True


def require_some_left(source: str, structures: Iterable[Structure]) -> None:
    """Refuse a grid so coarse that a structure vanishes.

    Raises `InputRefused`: `convert.vanished`, with its volume.
    """
    for one in structures:
        if one.voxels_before and not one.mask.voxel_count:
            reason = f"{one.called} ({as_ml(one.ml_before)}) has no voxels on this grid"
            raise InputRefused("convert.vanished", source, reason, "choose a finer grid")


def find_ends(image: Image) -> tuple[float, float] | None:
    """Return the smallest and largest finite value of an image; None if there is none."""
    slowest = int(np.argmax(np.abs(image.voxels.strides)))
    layers = np.moveaxis(image.voxels, slowest, 0)  # as stored, without a copy
    if not (ends := [end for layer in layers for end in _finite_ends(layer)]):
        return None
    low, high = sorted(end * image.slope + image.inter for end in (min(ends), max(ends)))
    return low, high


def _finite_ends(layer: npt.NDArray[Any]) -> tuple[float, ...]:
    if layer.dtype.kind == "f":
        layer = layer[np.isfinite(layer)]
    return (float(layer.min()), float(layer.max())) if layer.size else ()


def label_type(structures: Iterable[Structure]) -> type[np.unsignedinteger[Any]]:
    """Return the smallest type for the numbers of all structures."""
    most = max((one.number for one in structures), default=0)
    return next(kind for last, kind in LABEL_TYPES if most <= last)


MOST_LISTED = 12  # structures in a message


@dataclass(frozen=True, slots=True)
class NamedStructure:
    """A structure of a file: its number, its name if any, and its meaning."""

    number: int
    mask: Mask
    name: str | None
    meaning: str | None

    @property
    def called(self) -> str:
        """Return its name in messages."""
        return f"{self.name} ({self.number})" if self.name else str(self.number)

    def renamed(self, name: str) -> NamedStructure:
        """Return the structure with a name."""
        return replace(self, name=name, mask=self.mask.renamed(name), meaning=structure_of(name))


def choose_structures(
    file: str, every: Sequence[NamedStructure], wanted: Sequence[str]
) -> list[NamedStructure]:
    """Select structures by name, or all of them.

    Each of `wanted` is a name, a meaning ("tumour") or a number; or NAME=NUMBER, which names an
    unnamed number. A single unnamed structure accepts any name.

    Raises `InputRefused`: if none or several structures match, listing all structures.
    """
    if not wanted:
        return [*every]
    chosen = [_choose(file, every, entry) for entry in dict.fromkeys(wanted)]
    numbers = [(one.number, one.name) for one in chosen]
    if len({*numbers}) < len(numbers):
        reason = "a structure is selected twice"
        raise InputRefused("usage.wrong", "--structure", reason, "select each structure once")
    return chosen


def _choose(file: str, every: Sequence[NamedStructure], entry: str) -> NamedStructure:
    found = _find(every, entry)
    if len(found) == 1:
        return found[0]
    if len(found) > 1:
        reason = f"{len(found)} structures are named {entry} ({_listed(found)})"
        remedy = "select one of them by its number or its exact name"
        raise InputRefused("convert.several", file, reason, remedy)
    name, _, number = entry.rpartition("=")
    if name:
        found = [one for one in every if str(one.number) == number]
    elif len(every) == 1:
        name, found = entry, [*every]
    if len(found) != 1 or found[0].name is not None:
        held = (
            f"the structures are {_listed(every)}" if every else "the file contains no structures"
        )
        reason = f"there is no structure {entry}; {held}"
        remedy = "select one of these, or name an unnamed label with NAME=NUMBER"
        raise InputRefused("convert.no_structure", file, reason, remedy)
    return found[0].renamed(_require_name(name))


def _find(every: Sequence[NamedStructure], entry: str) -> list[NamedStructure]:
    """Match structures by exact name, name in any case, meaning, or number."""
    folded = entry.casefold()
    ways = (
        [one for one in every if one.name == entry],
        [one for one in every if one.name and one.name.casefold() == folded],
        [one for one in every if one.meaning == folded],
        [one for one in every if is_meant(one.meaning, folded)],  # a branch of a whole tree
        [one for one in every if str(one.number) == entry],
    )
    return next((found for found in ways if found), [])


def is_name(name: str) -> bool:
    """Whether a name is allowed in every format."""
    whole = is_plain(name) and name == name.strip()
    return whole and len(name) <= LONG_STRING and "\\" not in name


def _require_name(name: str) -> str:
    if not is_name(name):
        reason = f"the name {name[:LONG_STRING]!r} is not allowed in a file"
        remedy = f"use at most {LONG_STRING} characters, without a backslash"
        raise InputRefused("usage.wrong", "--structure", reason, remedy)
    return name


def _listed(every: Sequence[NamedStructure]) -> str:
    return list_first([one.called for one in every], MOST_LISTED) or "none"
