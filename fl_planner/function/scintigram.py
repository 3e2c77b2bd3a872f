"""Dynamic series of the liver by camera head, with its regions of interest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.plain_text import format_count
from fl_planner.basis.standing_words import DecayCorrection
from fl_planner.function.curves import LARGEST_LAST_S, LEAST_LAST_S, Activity, Counts
from fl_planner.space.planar_views import RegionShift, count_cut

Plane = npt.NDArray[np.bool_]  # (rows, columns), as the anterior head sees them
MOST_SHARED = 0.5  # of the heart in the liver: more suggests swapped regions
_STEPS = ((0, 1), (0, -1), (1, 1), (1, -1))  # axis and direction of the four neighbours


class Regions(Struct, frozen=True, eq=False):
    """Regions of interest: liver, heart, and the field.

    - `liver`, `heart` (bool array of (rows, columns)): `heart` is the blood pool: heart, or a great
      vessel.
    - `field` (bool array or None): pixels that are counted; None for all.
    """

    liver: Plane
    heart: Plane
    field: Plane | None = None

    def __post_init__(self) -> None:
        """Refuse regions that are empty, differ in matrix, or mostly overlap."""
        for name, region in {"liver": self.liver, "heart": self.heart, "field": self.field}.items():
            if region is not None and not region.any():
                reason = f"the {name} region is empty"
                raise InputRefused("region.empty", name, reason, "draw the region again")
            if region is not None and region.shape != self.liver.shape:
                reason = f"the {name} region has {_size(region)} pixels, the liver region "
                reason += _size(self.liver)
                remedy = "draw both on the same study"
                raise InputRefused("region.matrix", name, reason, remedy)
        if self.shared > MOST_SHARED * np.count_nonzero(self.heart):
            whole = np.count_nonzero(self.heart)
            reason = f"{self.shared} of {whole} pixels are also in the liver region"
            remedy = "check that the regions were not swapped"
            raise InputRefused("region.heart_is_liver", "heart", reason, remedy)

    @property
    def whole(self) -> Plane:
        """All counted pixels; regions beyond a drawn field are included."""
        if self.field is None:
            return np.ones(self.liver.shape, dtype=np.bool_)
        return self.field | self.liver | self.heart

    @property
    def outside(self) -> Plane:
        """All counted pixels except the liver; the heart is included."""
        return self.whole & ~self.liver

    @property
    def blood(self) -> Plane:
        """The heart without the pixels shared with the liver."""
        return self.heart & ~self.liver

    @property
    def shared(self) -> int:
        """Number of pixels in both liver and heart."""
        return int(np.count_nonzero(self.liver & self.heart))

    def require_matrix(self, rows: int, columns: int, source: str) -> None:
        """Refuse a study with another matrix."""
        if self.liver.shape != (rows, columns):
            reason = (
                f"the liver region has {_size(self.liver)} pixels; {source} has {rows} x {columns}"
            )
            raise InputRefused("region.matrix", "liver", reason, "draw the region on this study")

    def changed(self, pixels: int) -> Regions | None:
        """Enlarge or shrink liver and heart by this many pixels; None if one disappears.

        The heart does not extend further into the liver; the field is unchanged.
        """
        liver, heart = self.liver, self.heart
        for _ in range(abs(pixels)):
            liver, heart = (
                _grown(region) if pixels > 0 else ~_grown(~region) for region in (liver, heart)
            )
        try:
            return Regions(liver, heart & ~(liver & ~self.heart), self.field)
        except InputRefused:  # one is empty
            return None

    def moved(self, place: RegionShift) -> Regions | None:
        """Move the liver; None if that leaves it no heart.

        The heart stays, without the pixels of the moved liver; the field is unchanged.
        """
        liver = place.move(self.liver)
        try:
            return Regions(liver, self.heart & ~liver, self.field)
        except InputRefused:  # one is empty
            return None


def find_shared(regions: Regions) -> tuple[Finding, ...]:
    """Find pixels in both liver and heart: they are excluded from the heart."""
    if not regions.shared:
        return ()
    whole = int(np.count_nonzero(regions.heart))
    message = (
        f"the liver and heart regions share {regions.shared} of the {whole} heart pixels; the "
        "shared pixels are excluded from the blood curve; draw the regions without overlap"
    )
    return (Finding("region.overlap", Severity.WARNING, message),)


def _grown(region: Plane) -> Plane:
    """Add the four neighbours of every pixel, without wrapping at the edges."""
    grown = region.copy()
    for axis, way in _STEPS:
        moved = np.roll(region, way, axis)
        edge: list[slice | int] = [slice(None), slice(None)]
        edge[axis] = 0 if way > 0 else -1
        moved[tuple(edge)] = False
        grown |= moved
    return grown


def _size(region: Plane) -> str:
    return " x ".join(map(str, region.shape))


View = Literal["anterior", "posterior"]
VIEWS: tuple[View, ...] = ("anterior", "posterior")


@dataclass(frozen=True, slots=True, eq=False)
class Scintigram:
    """Counts by head, (frames, rows, columns), each in the view of its head.

    - `heads` (mapping of "anterior" and "posterior" to array): left and right are swapped in the
      posterior view; `seen` mirrors it.
    - `starts_s`, `durations_s`: start of each frame, counted from the start of the series, and its
      duration, in the order of the frames.
    - `corrected` ("NONE", "START" or "ADMIN"): decay correction already applied.
    - `counted`: whether the values are raw counts, not scaled.
    - `pixel_mm`: height and width of a pixel; None if not stated.
    - `late_s`: time from the injection to the start of the series according to the file; negative
      if the series started first, None if not stated.
    """

    heads: Mapping[View, npt.NDArray[Any]]
    starts_s: tuple[Fraction, ...]
    durations_s: tuple[Fraction, ...]
    corrected: DecayCorrection
    file: str
    counted: bool = True
    late_s: Fraction | None = None
    pixel_mm: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        """Refuse heads that differ from each other or from the times."""
        frames = {len(head) for head in self.heads.values()}
        sizes = {head.shape[1:] for head in self.heads.values()}
        if frames != {len(self.starts_s)} or len(self.starts_s) != len(self.durations_s):
            reason = (
                "the number of frames differs from the number of frame times, or between the two "
                "detector heads"
            )
        elif len(sizes) != 1:
            reason = "the two detector heads differ in matrix size"
        elif any(not duration > 0 for duration in self.durations_s):
            reason = "a frame has no duration"
        else:
            return
        raise InputRefused("scintigram.frames", self.file, reason, "export it again")

    @property
    def mid_s(self) -> tuple[Fraction, ...]:
        """Middle of each frame; its start would shift the window [clinical.md 5.1]."""
        pairs = zip(self.starts_s, self.durations_s, strict=True)
        return tuple(start + duration / 2 for start, duration in pairs)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = next(iter(self.heads.values())).shape[1:]
        return rows, columns

    def seen(self, view: View) -> npt.NDArray[Any]:
        """Return the frames of a head in the anterior view: posterior ones mirrored."""
        head = self.heads[view]
        return head[:, :, ::-1] if view == "posterior" else head

    def sum_between(self, start_s: Fraction, stop_s: Fraction) -> npt.NDArray[np.float64]:
        """Sum frames with their middle in an interval, over both heads, in the anterior view."""
        parts = [self.sum_of_head(view, start_s, stop_s) for view in self.heads]
        whole: npt.NDArray[np.float64] = np.sum(parts, axis=0, dtype=np.float64)
        return whole

    def sum_of_head(
        self, view: View, start_s: Fraction, stop_s: Fraction
    ) -> npt.NDArray[np.float64]:
        """Sum frames of one head with their middle in an interval, in the anterior view."""
        frames = np.flatnonzero([start_s <= mid <= stop_s for mid in self.mid_s])
        part: npt.NDArray[np.float64] = self.seen(view)[frames].sum(axis=0, dtype=np.float64)
        return part


def find_cut_liver(study: Scintigram, regions: Regions, stop_s: Fraction) -> tuple[Finding, ...]:
    """Find a liver that is cut off by the edge of the field, in all frames up to a time."""
    if not (cut := count_cut(study.sum_between(Fraction(0), stop_s), regions.liver)):
        return ()
    message = (
        f"{study.file}: the liver region has {format_count(cut, 'pixel')} with counts of the liver "
        "at the edge of the field: part of the liver is outside the images, so the clearance may "
        "be wrong"
    )
    return (Finding("region.cut", Severity.WARNING, message, study.file, cut, "pixels"),)


def count_regions(study: Scintigram, regions: Regions) -> Activity:
    """Count each region on each head, frame by frame.

    Raises `InputRefused`: `region.matrix` if the regions were drawn on another matrix;
    `curve.time_unit` if the frames last too short or too long to be in milliseconds.
    """
    regions.require_matrix(*study.size, study.file)
    if not LEAST_LAST_S <= study.mid_s[-1] <= LARGEST_LAST_S:
        reason = (
            f"according to the header, the last frame is at {float(study.mid_s[-1]):g} s, outside "
            f"{LEAST_LAST_S} to {LARGEST_LAST_S} s: the frame durations may not be in milliseconds"
        )
        remedy = "export the study again as the camera stored it"
        raise InputRefused("curve.time_unit", study.file, reason, remedy)
    heads = tuple(
        Counts(
            *(
                _sums(study.seen(view), region)
                for region in (regions.liver, regions.blood, regions.outside)
            )
        )
        for view in VIEWS
        if view in study.heads
    )
    return Activity(study.mid_s, study.durations_s, heads, study.corrected, study.counted)


def _sums(frames: npt.NDArray[Any], region: Plane) -> tuple[Fraction, ...]:
    sums = frames[:, region].sum(axis=1, dtype=np.float64)
    return tuple(Fraction(float(count)) for count in sums)
