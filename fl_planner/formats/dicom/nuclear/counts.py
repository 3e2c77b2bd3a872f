"""Counts of a DICOM NM file: their energy window, pixels as numbers, and what counts cannot be.

Cameras count 99mTc in a window of 15 or 20 % around 140.5 keV. A wider one, or one around
another energy, also counts photons that were scattered, or those of another nuclide: liver counts
then appear in the lungs and in the blood pool.

Raw counts are whole numbers of 0 or more, each with its own chance: two images of a study are
never equal pixel by pixel, and hardly two pixels have the largest number that can be stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.plain_text import format_count
from fl_planner.basis.shown import as_number
from fl_planner.formats.dicom.elements import Attribute, DataSet
from fl_planner.formats.dicom.file import DicomFile
from fl_planner.formats.dicom.nuclear.header import EXPORT, WINDOWS
from fl_planner.formats.dicom.pixels import (
    BITS_STORED,
    INTERCEPT,
    SLOPE,
    Frames,
    JpegUnpacker,
    Layout,
    StoredNumbers,
    read_layout,
)
from fl_planner.formats.stored.file_size_limits import Limits
from fl_planner.function.scintigram import View

FUNCTIONAL_GROUPS = (  # of all frames and of each, which an NM file usually lacks
    Attribute(0x52009229, "SharedFunctionalGroupsSequence"),
    Attribute(0x52009230, "PerFrameFunctionalGroupsSequence"),
)
PIXEL_TRANSFORM = Attribute(0x00289145, "PixelValueTransformationSequence")
BITS = (8, 16, 32)
GIVE_BOTH = "export the images from both detector heads in one file"
LEAST_COUNTS = 100  # of images compared: fewer may be equal by chance [project's choice]
MOST_UNEQUAL = 100  # times as many counts from one head as from the other [project's choice]
# of counts that were cut off below the largest number that can be stored [project's choice]
LEAST_TOP = 10  # counts; below, many pixels may share the highest
NARROW_TOPS = (255, 1023, 4095)  # largest numbers of 8, 10 and 12 bits
LEAST_SHARING, SHARING_TIMES = 20, 3  # pixels; times as many as share any of the next lower counts
WINDOW_RANGES = Attribute(0x00540013, "EnergyWindowRangeSequence")
WINDOW_LOW = Attribute(0x00540014, "EnergyWindowLowerLimit")
WINDOW_HIGH = Attribute(0x00540015, "EnergyWindowUpperLimit")

PEAK_KEV = 140.5  # of 99mTc
LEAST_SCATTER_KEV = 90.7  # of its photons scattered straight back: 140.5/(1 + 2·140.5/511)
MOST_WIDE_PERCENT = 30  # of 140.5 keV; usual are 15 and 20 [project's choice]
# from the middle of the window or of any range of it; 5 % are 7 keV [project's choice]
MOST_OFF_KEV = 10
MOST_DECIMALS = 3  # of a difference of keV: more are due to binary arithmetic
EnergyRanges = list[tuple[float, float]]  # keV
Numbers = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Scale:
    """Conversion of stored numbers to counts."""

    stored: StoredNumbers
    slope: float

    @classmethod
    def of(cls, file: DicomFile, layout: Layout) -> Scale:
        """Read the conversion from a file; refuse values that counts cannot have."""
        data = file.data
        stored = StoredNumbers.of(file, layout)
        groups = (one for of in FUNCTIONAL_GROUPS for one in data.items(of))
        by_image = [each for group in groups for each in group.items(PIXEL_TRANSFORM)]
        slope = data.decimal(SLOPE)
        if any(one.decimal(INTERCEPT) for one in (data, *by_image)):
            raise data.wrong(INTERCEPT, "is not 0, but counts begin at 0")
        if slope is not None and not slope > 0:
            raise data.wrong(SLOPE, "is not greater than 0")
        used = 1.0 if slope is None else slope
        if any(one.decimal(SLOPE) != used for one in by_image):
            what = "is not the same for all images, or is in the functional groups only"
            raise data.wrong(SLOPE, what)
        return cls(stored, used)

    @property
    def counted(self) -> bool:
        """Whether numbers are unscaled counts."""
        return self.slope == 1

    def counts(self, numbers: Numbers) -> Numbers:
        """Convert stored numbers to counts."""
        return numbers if self.counted else numbers * self.slope


@dataclass(frozen=True, slots=True, eq=False)
class NuclearPixels:
    """Stored numbers of all frames, (frames, rows, columns), and their scale."""

    layout: Layout
    numbers: Numbers
    scale: Scale


def read_pixels(file: DicomFile, limits: Limits) -> NuclearPixels:
    """Read the numbers of all frames, in the order of the file.

    Raises `InputRefused`: `header.value` if pixels have bits beyond `BitsStored`: an overlay or
    further counts, which cannot be distinguished.
    """
    layout = read_layout(file, BITS)
    with JpegUnpacker() as unpacker:
        frames = Frames(file, layout, unpacker)
        frames.require_size(layout.frames, limits)
        scale = Scale.of(file, layout)
        raw = np.stack([frames.numbers(n) for n in range(layout.frames)])
    numbers = scale.stored.cleared(raw)
    lowest = scale.stored.high + 1 - scale.stored.stored
    if (np.left_shift(numbers, lowest) != raw.view(scale.stored.dtype)).any():
        what = "is too small: pixels contain further bits, of higher counts or of an overlay"
        raise file.data.wrong(BITS_STORED, what)
    return NuclearPixels(layout, numbers, scale)


def require_counts(file: DicomFile, heads: Mapping[View, Numbers]) -> None:
    """Refuse counts below 0, the images of one head in place of both, and a head that is empty.

    A few counts of an unused head make the geometric mean almost 0, and a shunt that of chance.
    """
    if any(head.min() < 0 for head in heads.values()):
        reason = (
            "there are counts below 0: the images were filtered, or counts were too large for "
            "the pixels"
        )
        raise file.refuse("scintigram.negative", reason, EXPORT)
    totals = {view: float(head.sum(dtype=np.float64)) for view, head in heads.items()}
    most = max(totals.values())
    few = [view for view, total in totals.items() if total < most / MOST_UNEQUAL]
    if few:
        have = "hardly any" if totals[few[0]] else "no"
        reason = f"the images from the {few[0]} detector head contain {have} counts"
        raise file.refuse("scintigram.head_missing", reason, GIVE_BOTH)
    one, *others = heads.values()
    if one.sum(dtype=np.float64) < LEAST_COUNTS:
        return
    if any(np.array_equal(one, seen) for head in others for seen in (head, head[..., ::-1])):
        reason = (
            "both detector heads have the same counts in every pixel: the images from one of "
            "them are missing"
        )
        raise file.refuse("scintigram.head_missing", reason, GIVE_BOTH)


def find_odd_counts(
    file: DicomFile, heads: Mapping[View, Numbers], scale: Scale
) -> Iterator[Finding]:
    """Find lossy compression, pixels with the maximum number, and images that occur twice.

    - `heads`: stored numbers of each head, (frames, rows, columns).
    """
    yield from find_lossy(file)
    full = sum(int(np.count_nonzero(head == scale.stored.largest)) for head in heads.values())
    if full:
        yield _as_full(file.name, format_count(full, "pixel"))
    else:
        yield from _find_plateaus(file.name, heads)
    yield from _find_repeated(file, heads)


def find_lossy(file: DicomFile) -> Iterator[Finding]:
    """Find pixels that were compressed with loss."""
    if file.is_lossy:
        yield file.find("scintigram.lossy", "the compression was lossy: the counts are approximate")


def find_full_voxels(name: str, numbers: Numbers, largest: int) -> tuple[Finding, ...]:
    """Find several voxels with the largest number that can be stored, now or before.

    A single one is the maximum of a volume that was scaled to the range of its numbers. Counts that
    were cut off in a copy of 8 to 12 bits remain so when more bits are used again.
    """
    top = int(numbers.max(initial=0))
    full = int(np.count_nonzero(numbers == top))
    few = 1 if top == largest else LEAST_SHARING - 1
    found = top in (largest, *NARROW_TOPS) and full > few
    return (_as_full(name, format_count(full, "voxel")),) if found else ()


def _as_full(name: str, what: str) -> Finding:
    message = f"{name}: the maximum count is that of {what}; higher counts may have been truncated"
    return Finding("scintigram.full", Severity.WARNING, message, name)


def _find_plateaus(name: str, heads: Mapping[View, Numbers]) -> Iterator[Finding]:
    """Find a head whose counts were cut off below the largest number that can be stored.

    Counts scatter, so that fewer and fewer pixels have higher counts, and hardly any the highest.
    Where counts were cut off, all pixels that exceeded the highest have it instead.
    """
    for view, numbers in heads.items():
        top = int(numbers.max(initial=0))
        share = int(np.count_nonzero(numbers == top))
        if top < LEAST_TOP or share < LEAST_SHARING:
            continue
        below = numbers[(numbers < top) & (numbers >= top - sqrt(top))]
        often = np.unique(below, return_counts=True)[1].max(initial=0)
        if share > SHARING_TIMES * int(often):
            message = (
                f"{name}: {share} pixels of the {view} detector head have exactly its highest "
                f"count, {top}; higher counts may have been truncated"
            )
            yield Finding("scintigram.full", Severity.WARNING, message, name, share, "pixels")


def _find_repeated(file: DicomFile, heads: Mapping[View, Numbers]) -> Iterator[Finding]:
    """Find an image that is equal to another one of its head."""
    for view, frames in heads.items():
        first: dict[bytes, int] = {}
        for number, frame in enumerate(frames, start=1):
            other = first.setdefault(frame.tobytes(), number)
            if other != number and frame.sum(dtype=np.float64) >= LEAST_COUNTS:
                what = (
                    f"images {other} and {number} of the {view} detector head have the same "
                    "counts in every pixel: another image is missing"
                )
                yield file.find("scintigram.repeated", what)
                break


def choose_window(file: DicomFile, numbers: Collection[int]) -> int:
    """Select the energy window of 99mTc, which must include its photons.

    - `numbers`: of the windows of the frames, from 1.
    """
    met = sorted({*numbers})
    limits = {number: _read_limits(file, number) for number in met}
    holding = [number for number in met if len(met) == 1 or _includes_peak(limits[number])]
    if len(holding) != 1:
        reason = f"according to the header, {len(holding)} of {len(met)} energy windows include "
        reason += f"{PEAK_KEV} keV"
        if unknown := sum(not of for of in limits.values()):
            reason += f"; the limits of {unknown} are not stated"
        raise file.refuse("scintigram.windows", reason, "export only the 99mTc window")
    require_peak(file, holding[0])
    return holding[0]


def find_first_window(file: DicomFile) -> int:
    """Return the first window with the photons of 99mTc, of slices that name none; else 1.

    A reconstruction may list the windows of its projections, with those for scatter. After a window
    of another nuclide, it is not known of which of both the slices are: that window is returned.
    """
    for number in range(1, len(file.data.items(WINDOWS)) + 1):
        limits = _read_limits(file, number)
        if _includes_peak(limits):
            return number
        if not all(low < high and LEAST_SCATTER_KEV < high < PEAK_KEV for low, high in limits):
            return number
    return 1


def require_peak(file: DicomFile, window: int) -> None:
    """Refuse a window without the photons of 99mTc, if its limits are given."""
    limits = _read_limits(file, window)
    if any(low >= high for low, high in limits):
        raise file.data.wrong(WINDOW_RANGES, "ends before it begins")
    if limits and not _includes_peak(limits):
        reason = (
            f"the energy window of {_describe(limits)} keV does not include the {PEAK_KEV} keV "
            "line of 99mTc"
        )
        raise file.refuse("scintigram.windows", reason, "export the 99mTc window")


def find_window_doubts(file: DicomFile, window: int) -> Iterator[Finding]:
    """Find a window far wider than those of 99mTc, or with a range around another energy."""
    limits = _read_limits(file, window)
    joined = _join(limits)
    width = round(sum(high - low for low, high in joined), MOST_DECIMALS)
    percent = 100 * width / PEAK_KEV
    middles = [(low + high) / 2 for low, high in joined]
    off = round(max((abs(one - PEAK_KEV) for one in middles), default=0.0), MOST_DECIMALS)
    if percent > MOST_WIDE_PERCENT:
        shown = as_number(percent, [MOST_WIDE_PERCENT], 0)
        what = f"is {shown} % of {PEAK_KEV} keV wide, instead of the usual 15 or 20 % for"
        value = width
    elif off > MOST_OFF_KEV:
        shown = as_number(off, [MOST_OFF_KEV], 0)
        part = "its middle" if len(joined) == 1 else "the middle of a range"
        what, value = f"has {part} {shown} keV from the {PEAK_KEV} keV line of", off
    else:
        return
    message = (
        f"the energy window of {_describe(limits)} keV {what} 99mTc: scattered photons, or those "
        "of another nuclide, are counted as well, so shares of counts, lung shunt and clearance "
        "may be wrong"
    )
    yield file.find("scintigram.window_unusual", message, value=value, unit="keV")


def _read_limits(file: DicomFile, number: int) -> EnergyRanges:
    """Return the ranges of a window that state where they begin and end; none if not described."""
    items = file.data.items(WINDOWS)
    ranges = items[number - 1].items(WINDOW_RANGES) if number <= len(items) else ()
    ends = (_read_ends(one) for one in ranges)
    return [(low, high) for low, high in ends if low is not None and high is not None]


def _read_ends(one: DataSet) -> tuple[float | None, float | None]:
    return one.decimal(WINDOW_LOW), one.decimal(WINDOW_HIGH)


def _includes_peak(limits: EnergyRanges) -> bool:
    return any(low <= PEAK_KEV <= high for low, high in limits)


def _join(limits: EnergyRanges) -> EnergyRanges:
    """Join ranges that touch or overlap, as energies in several of them count once."""
    joined: EnergyRanges = []
    for low, high in sorted(limits):
        if joined and low <= joined[-1][1]:
            first, last = joined.pop()
            joined.append((first, max(high, last)))
        else:
            joined.append((low, high))
    return joined


def _describe(limits: EnergyRanges) -> str:
    return ", ".join(f"{low:g} to {high:g}" for low, high in limits)
