"""Which frame of an NM file is which, and whether all that it says of them adds up.

Numbers of windows, heads, phases and slices stand in vectors, in sequences and as counts of their
own; where two of them contradict each other, frames were lost or mixed [PS3.3 C.8.4.8].
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fl_planner.formats.dicom.dataset import Attribute, DataSet
from fl_planner.formats.dicom.file import DicomFile
from fl_planner.formats.dicom.pixels.frames import FRAMES, Layout

POINTER = Attribute(0x00280009, "FrameIncrementPointer")
WINDOW_VECTOR = Attribute(0x00540010, "EnergyWindowVector")
WINDOW_COUNT = Attribute(0x00540011, "NumberOfEnergyWindows")
WINDOWS = Attribute(0x00540012, "EnergyWindowInformationSequence")
WINDOW_RANGES = Attribute(0x00540013, "EnergyWindowRangeSequence")
WINDOW_LOW = Attribute(0x00540014, "EnergyWindowLowerLimit")
WINDOW_HIGH = Attribute(0x00540015, "EnergyWindowUpperLimit")
HEAD_VECTOR = Attribute(0x00540020, "DetectorVector")
HEAD_COUNT = Attribute(0x00540021, "NumberOfDetectors")
HEADS = Attribute(0x00540022, "DetectorInformationSequence")
PHASE_VECTOR = Attribute(0x00540030, "PhaseVector")
PHASE_COUNT = Attribute(0x00540031, "NumberOfPhases")
PHASES = Attribute(0x00540032, "PhaseInformationSequence")
TIME_VECTOR = Attribute(0x00540100, "TimeSliceVector")
SLICE_VECTOR = Attribute(0x00540080, "SliceVector")
SLICE_COUNT = Attribute(0x00540081, "NumberOfSlices")

COUNTED = (  # vector, what describes each and how many there are, code of what does not fit
    (WINDOW_VECTOR, (WINDOWS, WINDOW_COUNT), "scintigram.windows"),
    (HEAD_VECTOR, (HEADS, HEAD_COUNT), "scintigram.views"),
    (PHASE_VECTOR, (PHASES, PHASE_COUNT), "scintigram.times"),
)
OF_DYNAMIC = (WINDOW_VECTOR, HEAD_VECTOR, PHASE_VECTOR, TIME_VECTOR)
OF_STATIC = (WINDOW_VECTOR, HEAD_VECTOR)
PEAK_KEV = 140.5  # of 99mTc
EXPORT = "export the study again as the camera stored it"
Vector = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class FrameNumbers:
    """Which frame it is: numbers of its energy window, head, phase and time, from 1."""

    window: int
    head: int
    phase: int
    time: int


def read_frames(file: DicomFile, layout: Layout) -> list[FrameNumbers]:
    """Read which frame is which.

    Raises `InputRefused`: `scintigram.frames` where vectors, counts and descriptions contradict
    each other.
    """
    vectors = _read_vectors(file, layout, OF_DYNAMIC)
    return [FrameNumbers(*numbers) for numbers in zip(*(v.tolist() for v in vectors), strict=True)]


def read_static_frames(file: DicomFile, layout: Layout) -> list[FrameNumbers]:
    """Read which frame is which, of a study without times: window and head."""
    windows, heads = (one.tolist() for one in _read_vectors(file, layout, OF_STATIC))
    return [FrameNumbers(window, head, 1, 1) for window, head in zip(windows, heads, strict=True)]


def require_slices(file: DicomFile, layout: Layout) -> None:
    """Demand that frames are the slices of one reconstruction, from its first to its last."""
    data, n = file.data, layout.frames
    if data.short(SLICE_COUNT) not in (None, n):
        raise _refuse(file, f"says {data.short(SLICE_COUNT)} slices, and has {n} frames")
    if data.raw(SLICE_VECTOR) and not (_vector(data, SLICE_VECTOR, n) == np.arange(1, n + 1)).all():
        raise _refuse(file, f"does not name its slices 1 to {n}, in their order")
    window = 1
    if data.raw(WINDOW_VECTOR):
        windows = _vector(data, WINDOW_VECTOR, n)
        _require_counted(file, windows, *COUNTED[0])
        window = int(windows[0])
        if (windows != window).any():
            raise _refuse(file, "stacks slices of several energy windows")
    _require_peak(file, window)


def choose_window(file: DicomFile, frames: list[FrameNumbers]) -> int:
    """Choose the energy window of 99mTc, and demand that it holds its photons."""
    met = sorted({frame.window for frame in frames})
    if len(met) == 1:
        _require_peak(file, met[0])
        return met[0]
    items = file.data.items(WINDOWS)
    holding = [n for n in met if n <= len(items) and _holds_peak(_limits(items[n - 1]))]
    if len(holding) != 1:
        reason = f"has {len(met)} energy windows, and {len(holding)} of them hold {PEAK_KEV} keV"
        raise file.refuse("scintigram.windows", reason, "export the window of 99mTc alone")
    return holding[0]


def _read_vectors(file: DicomFile, layout: Layout, read: tuple[Attribute, ...]) -> list[Vector]:
    """Read vectors; refuse frames that are ordered by more, such as the beats of a heart."""
    raw = file.data.raw(POINTER)
    pairs = np.frombuffer(raw[: len(raw) // 4 * 4], "<u2").reshape(-1, 2).tolist()
    if {group << 16 | number for group, number in pairs} - {one.tag for one in read}:
        raise _refuse(file, f"orders its frames by more ({POINTER.keyword}) than is read here")
    vectors = {one: _vector(file.data, one, layout.frames) for one in read}
    for named, of, code in COUNTED:
        if named in vectors:
            _require_counted(file, vectors[named], named, of, code)
    return [*vectors.values()]


def _require_counted(
    file: DicomFile, vector: Vector, named: Attribute, of: tuple[Attribute, Attribute], code: str
) -> None:
    """Refuse frames of what is not described or not counted."""
    described, count = of
    named_most = int(vector.max())
    for known, where in (
        (len(file.data.items(described)) or None, described),
        (file.data.short(count), count),
    ):
        if known is not None and named_most > known:
            reason = f"{named.keyword} names {named_most}, {where.keyword} has {known}"
            raise file.refuse(code, f"contradicts itself: {reason}", EXPORT)


def _require_peak(file: DicomFile, window: int) -> None:
    """Refuse a window without the photons of 99mTc, where its limits are told."""
    items = file.data.items(WINDOWS)
    limits = _limits(items[window - 1]) if window <= len(items) else []
    if any(low >= high for low, high in limits):
        raise file.data.wrong(WINDOW_RANGES, "ends before it begins")
    if limits and not _holds_peak(limits):
        told = ", ".join(f"{low:g} to {high:g}" for low, high in limits)
        reason = f"was counted from {told} keV, which does not hold {PEAK_KEV} keV of 99mTc"
        raise file.refuse("scintigram.windows", reason, "export the window of 99mTc")


def _limits(item: DataSet) -> list[tuple[float, float]]:
    """Give the ranges of a window that say where they begin and end."""
    ends = (
        (one.decimal(WINDOW_LOW), one.decimal(WINDOW_HIGH)) for one in item.items(WINDOW_RANGES)
    )
    return [(low, high) for low, high in ends if low is not None and high is not None]


def _holds_peak(limits: list[tuple[float, float]]) -> bool:
    return any(low <= PEAK_KEV <= high for low, high in limits)


def _vector(data: DataSet, attribute: Attribute, frames: int) -> Vector:
    raw = data.raw(attribute)
    numbers = np.frombuffer(raw[: len(raw) // 2 * 2], "<u2")
    if len(raw) != 2 * frames or not numbers.all():
        raise data.wrong(attribute, f"does not name each of {FRAMES.keyword} frames")
    return numbers


def _refuse(file: DicomFile, reason: str) -> Exception:
    return file.refuse("scintigram.frames", reason, EXPORT)
