"""Energy windows of a DICOM NM file: the one of 99mTc, and what else it may have counted.

Cameras count 99mTc in a window of 15 or 20 % around 140.5 keV. A wider one, or one around
another energy, also counts photons that were scattered, or those of another nuclide: liver counts
then appear in the lungs and in the blood pool.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from fl_planner.basis.findings import Finding
from fl_planner.formats.dicom.elements import Attribute, DataSet
from fl_planner.formats.dicom.file import DicomFile

WINDOWS = Attribute(0x00540012, "EnergyWindowInformationSequence")
WINDOW_RANGES = Attribute(0x00540013, "EnergyWindowRangeSequence")
WINDOW_LOW = Attribute(0x00540014, "EnergyWindowLowerLimit")
WINDOW_HIGH = Attribute(0x00540015, "EnergyWindowUpperLimit")

PEAK_KEV = 140.5  # of 99mTc
MOST_WIDE_PERCENT = 30  # of 140.5 keV; usual are 15 and 20 [project's choice]
MOST_OFF_KEV = 10  # from the middle of the window; an offset of 5 % is 7 keV [project's choice]
EXPORT = "export the study again as the camera stored it"
Limits = list[tuple[float, float]]


def choose_window(file: DicomFile, numbers: Collection[int]) -> int:
    """Select the energy window of 99mTc, which must include its photons.

    - `numbers`: of the windows of the frames, from 1.
    """
    met = sorted({*numbers})
    if len(met) == 1:
        require_peak(file, met[0])
        return met[0]
    limits = {number: _read_limits(file, number) for number in met}
    holding = [number for number in met if _includes_peak(limits[number])]
    if len(holding) != 1:
        reason = f"according to the header, {len(holding)} of {len(met)} energy windows include "
        reason += f"{PEAK_KEV} keV"
        if unknown := sum(not of for of in limits.values()):
            reason += f"; the limits of {unknown} are not stated"
        raise file.refuse("scintigram.windows", reason, "export only the 99mTc window")
    return holding[0]


def find_first_window(file: DicomFile) -> int:
    """Return the first window with the photons of 99mTc, of slices that name none; else 1.

    A reconstruction may list the windows of its projections, with those for scatter.
    """
    numbers = range(1, len(file.data.items(WINDOWS)) + 1)
    return next((n for n in numbers if _includes_peak(_read_limits(file, n))), 1)


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
    """Find a window that is far wider than those of 99mTc, or not around its photons."""
    limits = _read_limits(file, window)
    width = _measure_kev(limits)
    percent = 100 * width / PEAK_KEV
    middles = [(low + high) / 2 for low, high in limits if low <= PEAK_KEV <= high]
    off = min((abs(middle - PEAK_KEV) for middle in middles), default=0.0)
    if percent > MOST_WIDE_PERCENT:
        what = f"is {percent:.0f} % of {PEAK_KEV} keV wide, instead of the usual 15 or 20 % for"
        value = width
    elif off > MOST_OFF_KEV:
        what, value = f"has its middle {off:.0f} keV from the {PEAK_KEV} keV line of", off
    else:
        return
    message = (
        f"the energy window of {_describe(limits)} keV {what} 99mTc: scattered photons, or those "
        "of another nuclide, are counted as well, so shares of counts, lung shunt and clearance "
        "may be wrong"
    )
    yield file.find("scintigram.window_unusual", message, value=value, unit="keV")


def _read_limits(file: DicomFile, number: int) -> Limits:
    """Return the ranges of a window that state where they begin and end; none if not described."""
    items = file.data.items(WINDOWS)
    ranges = items[number - 1].items(WINDOW_RANGES) if number <= len(items) else ()
    ends = (_read_ends(one) for one in ranges)
    return [(low, high) for low, high in ends if low is not None and high is not None]


def _read_ends(one: DataSet) -> tuple[float | None, float | None]:
    return one.decimal(WINDOW_LOW), one.decimal(WINDOW_HIGH)


def _includes_peak(limits: Limits) -> bool:
    return any(low <= PEAK_KEV <= high for low, high in limits)


def _measure_kev(limits: Limits) -> float:
    """Measure the width of all ranges; energies in several of them count once."""
    width, end = 0.0, 0.0
    for low, high in sorted(limits):
        width += max(0.0, high - max(low, end))
        end = max(end, high)
    return width


def _describe(limits: Limits) -> str:
    return ", ".join(f"{low:g} to {high:g}" for low, high in limits)
