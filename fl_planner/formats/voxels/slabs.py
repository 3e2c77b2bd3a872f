"""Read the voxels of a file once, in slabs, into one byte each.

Only the block that differs from the file's first voxel is kept, as a mask's box is a few per cent
of its file. Each distinct stored number has a code; `values` interprets the numbers. An image
given as a mask is detected in its first slabs and refused, so that it is never kept whole.
"""

from __future__ import annotations

from math import inf, nan
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.source import NamedFile
from fl_planner.space.grid import NOWHERE, Box, Index, box_around

Codes = npt.NDArray[np.uint8]
Raw = npt.NDArray[Any]  # as stored, of any real number type

SLAB_BYTES = 1 << 21  # read at a time: fits the processor's cache
WHOLE = 1e-4  # tolerance of a scaled value from its whole number [safety.md F10]
MOST_VALUES = 10  # of a mask including background; more is an image [safety.md F10]
MOST_MAP_VALUES = 256  # of a label map; more is an image [project's choice: codes are a byte]
SOFT_VALUES = 20  # different values from 0 to 1 that make a probability map [safety.md F10]
SOFT_CUT = 0.5  # a voxel counts above it [safety.md F10]
SIGNIFICANT_BITS = {2: 11, 4: 24, 8: 53}  # of floats of so many bytes [IEEE 754-2019, table 3.5]
TABLE_SPAN = 1 << 16  # widest span of whole numbers that is coded by a lookup table


class VoxelBytes(Protocol):
    """Voxels as bytes, read once and in order, from a file or from text."""

    def peek(self, size: int) -> bytes:
        """Return the next `size` bytes, fewer at the end, without consuming them."""

    def fill(self, target: memoryview) -> int:
        """Fill `target` with the next bytes; return their number."""

    def finish(self) -> None:
        """Require the end of the voxels."""

    def refuse(self, code: str, reason: str, remedy: str = ...) -> InputRefused:
        """Return a refusal that names the file."""


class Stored(NamedFile, Struct, frozen=True):
    """Layout of voxels in a file: first axis fastest, scaled by slope and intercept."""

    name: str
    shape: Index
    dtype: np.dtype[np.generic]
    slope: float
    inter: float

    def scaled(self, raw: Raw) -> npt.NDArray[np.float64]:
        """Return the values of stored numbers."""
        values = np.asarray(raw, dtype=np.float64)
        if (self.slope, self.inter) == (1.0, 0.0):
            return values
        with np.errstate(all="ignore"):  # overflow is refused as not finite
            return values * self.slope + self.inter

    def exact(self, raw: Raw) -> list[float]:
        """Return the values of stored numbers; unscaled whole numbers remain whole."""
        if raw.dtype.kind in "iu" and (self.slope, self.inter) == (1.0, 0.0):
            whole: list[float] = raw.tolist()
            return whole
        scaled: list[float] = self.scaled(raw).tolist()
        return scaled

    @property
    def exact_below(self) -> float:
        """Return the size from which the number type of this file may merge two whole numbers."""
        if self.dtype.kind == "f":
            return float(1 << SIGNIFICANT_BITS[self.dtype.itemsize])
        plain = (self.slope, self.inter) == (1.0, 0.0)
        return inf if plain else float(1 << SIGNIFICANT_BITS[8])


class Values(Struct, frozen=True):
    """A file's values: `table[codes]` in `box`, `outside` everywhere else.

    - `soft`: a thresholded probability map, whose table contains 0 and 1.
    - `settled`: rounding errors of whole numbers are not in the table.
    """

    shape: Index
    box: Box
    codes: Codes
    table: tuple[float, ...]
    outside: float
    soft: bool = False
    settled: bool = False

    def spread(self) -> Values:
        """Return the same values with all voxels of the file in the box."""
        code = next(n for n, value in enumerate(self.table) if is_same(value, self.outside))
        codes = np.full(self.shape, code, dtype=self.codes.dtype)
        codes[self.box.slices()] = self.codes
        whole = Box((0, 0, 0), self.shape)
        return Values(self.shape, whole, codes, self.table, self.outside, self.soft, self.settled)


def is_same(value: float, other: float) -> bool:
    """Whether two values are equal, NaN included."""
    return value == other or (value != value and other != other)


def read_values(source: VoxelBytes, stored: Stored, *, label_map: bool = False) -> Values:
    """Read all voxels of a file to its end; too few or too many bytes are refused.

    More than `MOST_VALUES` values of a mask are a probability map from 0 to 1, thresholded at
    `SOFT_CUT`, or refused; the same applies to more than `MOST_MAP_VALUES` values of a label map.
    """
    return read_layers(source, stored, 1, label_map=label_map)[0]


def read_layers(
    source: VoxelBytes, stored: Stored, layers: int, *, label_map: bool
) -> tuple[Values, ...]:
    """Read the voxels of a file with `layers` numbers per voxel, one after another."""
    readings = [_Reading(stored, label_map=label_map) for _ in range(layers)]
    columns, rows, slices = stored.shape
    voxel = layers * stored.dtype.itemsize
    size = columns * rows * voxel
    each = max(1, SLAB_BYTES // size)
    buffer = bytearray(min(each, slices) * size)
    start = source.peek(voxel)
    if len(start) < voxel:
        raise source.refuse("header.too_few_bytes", "the file ends before its first voxel")
    outside = np.frombuffer(start, stored.dtype)
    for first in range(0, slices, each):
        count = min(each, slices - first)
        view = memoryview(buffer)[: count * size]
        if source.fill(view) < len(view):
            where = f"within slices {first + 1} to {first + count} of {slices}"
            reason = f"the file ends {where if count < slices else 'before its last voxel'}"
            raise source.refuse("header.too_few_bytes", reason)
        slab = np.frombuffer(view, stored.dtype).reshape(count, rows, columns, layers)
        for layer, reading in enumerate(readings):
            reading.add(slab[..., layer], first, outside[layer : layer + 1])
    source.finish()
    firsts = stored.exact(outside)
    return tuple(r.values(first) for r, first in zip(readings, firsts, strict=True))


class _Reading:
    """One pass over the voxels of a layer, with the values found so far."""

    def __init__(self, stored: Stored, *, label_map: bool) -> None:
        self.stored = stored
        self.label_map = label_map
        self.wanted = "label map" if label_map else "mask"
        self.most = MOST_MAP_VALUES if label_map else MOST_VALUES
        self.codes: dict[float, int] = {}  # value -> code, in the order of codes
        self.raw_of: dict[float, float] = {}  # value beyond what is exact -> number as stored
        self.soft_values: set[float] = set()  # up to SOFT_VALUES of those met, once a map is cut
        self.settled = False  # whether rounding errors of whole numbers were taken out
        self.blocks: list[tuple[Box, Codes, bool]] = []  # place, codes, whether they are cut

    def add(self, slab: Raw, first: int, outside: Raw) -> None:
        """Keep the block of a slab that differs, bit by bit, from the first voxel."""
        bits = slab.view(f"u{slab.dtype.itemsize}")
        other = outside.view(bits.dtype)[0]
        if bits.max() == other and (not other or bits.min() == other):  # unsigned: 0 is the least
            return
        box = box_around(bits != other)
        block = slab[box.slices()]
        codes, cut = self._encode(block.astype(block.dtype.newbyteorder("="), copy=False))
        (k0, j0, i0), (k1, j1, i1) = box.start, box.stop
        self.blocks.append((Box((i0, j0, k0 + first), (i1, j1, k1 + first)), codes, cut))

    def _encode(self, block: Raw) -> tuple[Codes, bool]:
        distinct = _distinct(block)
        if self.soft_values:
            return self._cut(block, distinct), True
        numbers: list[int] | None = None
        if not self.settled and len(distinct) <= self.most:
            numbers = [self._code(value) for value in self.stored.exact(distinct)]
            self._require_apart(distinct)
        if numbers is None or len(self.codes) > self.most:
            numbers = self._settle(self.stored.scaled(distinct))
        if numbers is None:
            return self._cut(block, distinct), True
        lut: Codes = np.array(numbers, dtype=np.uint8)
        if block.dtype == np.uint8 and np.array_equal(lut, distinct):
            return block.copy(), False  # 0 and 1 of most masks are codes as they stand: 3 % faster
        low, high = distinct[0], distinct[-1]
        if block.dtype.kind in "iu" and int(high) - int(low) < TABLE_SPAN:
            unsigned = f"u{block.dtype.itemsize}"  # int8 from -100 to 100 has steps above 127
            table: Codes = np.zeros(int(high) - int(low) + 1, dtype=np.uint8)
            table[distinct.view(unsigned) - low.view(unsigned)] = lut
            return table[block.view(unsigned) - low.view(unsigned) if low else block], False
        return lut[np.searchsorted(distinct, block)], False

    def _settle(self, scaled: npt.NDArray[np.float64]) -> list[int] | None:
        """Code values by the whole numbers that they are but for rounding errors.

        Resampling leaves such errors; they are not further values of a mask [safety.md F10]. None
        if a number is a fraction, or if the whole numbers are too many for a mask.
        """
        whole = _as_whole(scaled, self.stored.exact_below)
        known = _as_whole(np.array([*self.codes], dtype=np.float64), self.stored.exact_below)
        if whole is None or known is None:
            return None
        values, place = np.unique(whole, return_inverse=True)
        if len({*values.tolist(), *known.tolist()}) > self.most:
            return None
        codes = np.array([self._code(value) for value in values.tolist()])
        if len(self.codes) > MOST_MAP_VALUES:
            return None
        self.settled = True
        numbers: list[int] = codes[place].tolist()
        return numbers

    def _require_apart(self, distinct: Raw) -> None:
        """Refuse different stored numbers that are equal after scaling."""
        for value, raw in zip(self.stored.exact(distinct), distinct.tolist(), strict=True):
            if self.stored.exact_below <= abs(value) < inf and (
                self.raw_of.setdefault(value, raw) != raw
            ):
                reason = f"scaling merges the values {self.raw_of[value]} and {raw}"
                remedy = "store the labels as small whole numbers, without slope and intercept"
                raise self.stored.refuse("labels.inexact", reason, remedy)

    def _code(self, value: float) -> int:
        one = value if value == value else nan  # the same object for every NaN
        return self.codes.setdefault(one, len(self.codes))

    def _cut(self, block: Raw, distinct: Raw) -> Codes:
        """Threshold a block of a probability map; refuse an image as soon as it is detected."""
        self._require_soft([*self.codes, *self.stored.scaled(distinct).tolist()])
        return (self.stored.scaled(block) > SOFT_CUT).astype(np.uint8)

    def _require_soft(self, values: list[float]) -> None:
        """Refuse an image; count the values of a possible probability map."""
        for value in values:
            if self.label_map or not -WHOLE <= value <= 1 + WHOLE:
                reason = f"there are more than {self.most} different values, including {value:g}"
                remedy = f"give a {self.wanted}, not an image (such as a CT) or a score map"
                raise self.stored.refuse("values.image", reason, remedy)
        for value in values:
            if len(self.soft_values) == SOFT_VALUES:
                break
            self.soft_values.add(value)

    def values(self, outside: float) -> Values:
        """Return all values as one block; `outside` is the value of the first voxel."""
        hull = NOWHERE
        for box, _, _ in self.blocks:
            hull |= box
        first = np.array([outside], dtype=np.float64)
        if (self.settled or len({*self.codes, outside}) > self.most) and self._settle(first):
            outside = float(np.rint(first[0]))
        fill = self._code(outside)
        if len(self.codes) > self.most and not self.settled:
            self._require_soft([*self.codes])
        shape, table = self.stored.shape, tuple(self.codes)
        if not self.soft_values:
            codes = self._assemble(hull, fill, None)
            return Values(shape, hull, codes, table, outside, settled=self.settled)
        self._require_soft([outside])
        if len(self.soft_values) < SOFT_VALUES:
            reason = (
                f"some values are fractions, but there are fewer than {SOFT_VALUES} different "
                "values"
            )
            raise self.stored.refuse("values.fractions", reason, "export the mask as whole numbers")
        cut = np.array([value > SOFT_CUT for value in table], dtype=np.uint8)
        codes = self._assemble(hull, cut[fill], cut)
        return Values(shape, hull, codes, (0.0, 1.0), float(cut[fill]), True)

    def _assemble(self, hull: Box, fill: int, cut: Codes | None) -> Codes:
        i, j, k = hull.shape
        codes = np.zeros((k, j, i), dtype=np.uint8)  # takes memory where it is written alone
        if fill:
            codes[:] = fill
        along_file: Codes = codes.transpose(2, 1, 0)
        while self.blocks:  # each is let go as soon as it is copied
            box, block, is_cut = self.blocks.pop()
            new = block if cut is None or is_cut else cut[block]
            along_file[box.slices(hull.start)] = new.transpose(2, 1, 0)
        codes.flags.writeable = along_file.flags.writeable = False
        return along_file


def _as_whole(
    values: npt.NDArray[np.float64], exact_below: float
) -> npt.NDArray[np.float64] | None:
    """Return values as whole numbers; None if one is not whole within `WHOLE`, or is not exact."""
    if not (np.abs(values) < exact_below).all():  # nor is NaN
        return None
    whole: npt.NDArray[np.float64] = np.rint(values) + 0.0  # without -0
    return whole if np.abs(values - whole).max(initial=0.0) <= WHOLE else None


def _distinct(block: Raw) -> Raw:
    """List the distinct numbers of a block in order, NaN once and last."""
    with np.errstate(invalid="ignore"):
        ends = _each_once(np.array([block.min(), block.max()]))
    if sum(int(np.count_nonzero(block == end)) for end in ends) == block.size:
        return ends
    turns = block[..., 1:] != block[..., :-1]  # labels come in runs: few are looked at
    return _each_once(np.concatenate([block[..., 0].ravel(), block[..., 1:][turns]]))


def _each_once(values: Raw) -> Raw:
    return np.unique(values, return_counts=True)[0]  # without counts numpy loads numpy.ma
