"""Label maps: the meaning, count and borders of their labels."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import find_nearest
from fl_planner.space.grid import Voxels, memory_order


class LabelScheme(Struct, frozen=True):
    """Structures by label number.

    - `name`, `title`, `source`: its name on the command line, its title, and the source of its
      numbers.
    - `structures` (mapping of int to str): label to structure. `liver`, `tumour`, `segment_1` to
      `segment_8` and the halves `segment_4a` and `segment_4b` are used.
    - `complete`: whether other labels are unknown; if False, they are structures that are not used
      here.
    """

    name: str
    title: str
    source: str
    structures: Mapping[int, str]
    complete: bool


def parse_schemes(text: str) -> dict[str, LabelScheme]:
    """Read a table of schemes, name to scheme."""
    return {
        name: LabelScheme(
            name,
            table["title"],
            table["source"],
            dict(sorted((int(label), structure) for label, structure in table["labels"].items())),
            table["complete"],
        )
        for name, table in tomllib.loads(text).items()
    }


def find_scheme(schemes: Mapping[str, LabelScheme], name: str) -> LabelScheme:
    """Return a scheme by name; an unknown name is refused, and the nearest valid name is given."""
    if name in schemes:
        return schemes[name]
    near = find_nearest(name, schemes)
    meant = f"did you mean {near[0]}? " if near else ""
    remedy = f"{meant}known schemes: {', '.join(schemes)}"
    raise InputRefused("labels.scheme_unknown", name, "no label scheme has this name", remedy)


Codes = npt.NDArray[np.unsignedinteger[Any]]  # of a byte, or of two
Counts = npt.NDArray[np.int64]

EVERY = 256  # codes of a byte
PIECE = 1 << 20  # voxels at a time: of a block of noise each is a run
LAYERS = 16  # of a block that are compared with their neighbours at a time


def count_codes(codes: Codes, every: int = EVERY) -> Counts:
    """Count the voxels of each code below `every`, shape (every,), by runs along memory.

    Labels occur in runs of tens of voxels, so few numbers are processed.
    """
    flat = codes.transpose(memory_order(codes)).reshape(-1)
    counts = np.zeros(every, dtype=np.int64)
    for first in range(0, flat.size, PIECE):
        piece = flat[first : first + PIECE]
        starts = np.flatnonzero(np.concatenate([[True], piece[1:] != piece[:-1]]))
        lengths = np.diff(starts, append=piece.size)
        counts += np.bincount(piece[starts], lengths, every).astype(np.int64)  # exact to 2^53
    return counts


def find_steps(codes: Codes | Voxels) -> Voxels:
    """Return the voxels of a block whose code differs from that of a neighbour by a face."""
    steps = np.zeros_like(codes, dtype=np.bool_)
    axes = memory_order(codes)
    block, found = codes.transpose(axes), steps.transpose(axes)
    for first in range(0, len(block), LAYERS):  # of each, with the one that follows
        layers, marks = (one[first : first + LAYERS + 1] for one in (block, found))
        for axis in range(3):
            lines, whole = np.moveaxis(marks, axis, 0), np.moveaxis(layers, axis, 0)
            differ = whole[1:] != whole[:-1]
            lines[1:] |= differ
            lines[:-1] |= differ
    return steps


def find_borders(codes: Codes | Voxels) -> Voxels:
    """Return these voxels, including those at the ends of the block, which is empty beyond."""
    borders = find_steps(codes)
    for axis in range(3):
        lines = np.moveaxis(borders, axis, 0)
        lines[:1] = lines[-1:] = True
    return borders


def count_thin(codes: Codes, ranks: Codes, used: Voxels) -> tuple[int, int]:
    """Count voxels whose value differs from those of two opposite, mutually different neighbours.

    Returns the number whose value is between the two along some axis, and the number of others. If
    values were interpolated like grey values, nearly all of them are between.

    - `ranks` (array): for each code, the rank of the value that it represents; 0 is the background.
    - `used` (array): for each rank, whether it is counted; at least one of the three must be.
    """
    block = codes.transpose(memory_order(codes))
    between = beside = 0
    for first in range(0, len(block), LAYERS):
        before = min(first, 1)
        layers = block[first - before : first + LAYERS + 1]
        marks = np.zeros(layers.shape, dtype=np.uint8)
        for axis in range(3):
            _mark_thin(layers, axis, (ranks, used), marks)
        own = marks[before : before + LAYERS]
        among = int(np.count_nonzero(own == _BETWEEN))
        between, beside = between + among, beside + int(np.count_nonzero(own)) - among
    return between, beside


_BESIDE, _BETWEEN = 1, 2


def _mark_thin(
    codes: Codes, axis: int, of_codes: tuple[Codes, Voxels], marks: npt.NDArray[np.uint8]
) -> None:
    """Mark thin voxels along an axis; voxels marked as between along another axis remain marked."""
    ranks, used = of_codes
    differ = codes[_along(axis, 1)] != codes[_along(axis, 0, -1)]  # from each voxel to the next
    thin = differ[_along(axis, 0, -1)] & differ[_along(axis, 1)]
    at = np.unravel_index(np.flatnonzero(thin), thin.shape)
    low, own, high = (
        ranks[codes[_along(axis, first, stop)][at]] for first, stop in ((0, -2), (1, -1), (2, None))
    )
    asked = (low != high) & (own != 0) & (used[low] | used[own] | used[high])
    asked &= (own != low) & (own != high)  # several codes may represent one value
    among = (np.minimum(low, high) < own) & (own < np.maximum(low, high))
    found = np.where(among, _BETWEEN, _BESIDE) * asked
    inner = marks[_along(axis, 1, -1)]
    inner[at] = np.maximum(inner[at], found.astype(np.uint8))


def _along(axis: int, first: int, stop: int | None = None) -> tuple[slice, ...]:
    """Return the slices of a block between two layers across an axis."""
    return tuple(slice(first, stop) if one == axis else slice(None) for one in range(3))


def count_layers(voxels: Voxels) -> tuple[Counts, Counts, Counts]:
    """Count the True voxels of each layer across each axis, in two passes over the block."""
    axes = memory_order(voxels)
    block = voxels.transpose(axes)
    pillars = np.add.reduce(block.view(np.uint8), axis=0, dtype=np.uint32)
    if len(block) > pillars.size:  # many small layers: a call for each would take longer
        layers = np.count_nonzero(block, axis=(1, 2))
    else:
        layers = np.array([np.count_nonzero(layer) for layer in block], dtype=np.int64)
    counts = {
        axes[0]: layers,
        axes[1]: pillars.sum(axis=1, dtype=np.int64),
        axes[2]: pillars.sum(axis=0, dtype=np.int64),
    }
    return counts[0], counts[1], counts[2]
