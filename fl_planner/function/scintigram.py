"""A dynamic series of the liver as the camera's heads counted it, with its regions of interest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.standing_words import DecayCorrection
from fl_planner.function.curves import Activity, Counts

Plane = npt.NDArray[np.bool_]  # (rows, columns), as the anterior head sees them
MOST_SHARED = 0.5  # of the heart in the liver: more, and one was taken for the other
_STEPS = ((0, 1), (0, -1), (1, 1), (1, -1))  # axis and way of the four neighbours


@dataclass(frozen=True, slots=True, eq=False)
class Regions:
    """Pixels of liver and heart, and of the field that counts as the whole; None: all of it.

    - `liver`, `heart` (bool array of (rows, columns)): `heart` is the blood pool: heart, or a great
      vessel.
    - `field` (bool array or None): pixels that count at all.
    """

    liver: Plane
    heart: Plane
    field: Plane | None = None

    def __post_init__(self) -> None:
        """Refuse regions that are empty, of several matrices, or mostly one another."""
        given = {"liver": self.liver, "heart": self.heart, "field": self.field}
        for name, region in given.items():
            if region is not None and not region.any():
                reason = f"the {name} region is empty"
                raise InputRefused("region.empty", name, reason, "draw it again")
            if region is not None and region.shape != self.liver.shape:
                reason = f"the {name} region has {_size(region)} pixels, that of the liver "
                reason += _size(self.liver)
                raise InputRefused("region.matrix", name, reason, "draw both on one study")
        if self.shared > MOST_SHARED * np.count_nonzero(self.heart):
            reason = f"{self.shared} of {np.count_nonzero(self.heart)} pixels are in the liver too"
            raise InputRefused("region.heart_is_liver", "heart", reason, "check which is which")

    @property
    def whole(self) -> Plane:
        """All pixels that count; regions beyond a drawn field belong to it."""
        if self.field is None:
            return np.ones(self.liver.shape, dtype=np.bool_)
        return self.field | self.liver | self.heart

    @property
    def outside(self) -> Plane:
        """All that counts but the liver; the heart is in it."""
        return self.whole & ~self.liver

    @property
    def blood(self) -> Plane:
        """The heart, without what it shares with the liver."""
        return self.heart & ~self.liver

    @property
    def shared(self) -> int:
        """Pixels that are in liver and heart."""
        return int(np.count_nonzero(self.liver & self.heart))

    def require_matrix(self, rows: int, columns: int, source: str) -> None:
        """Refuse a study of another matrix."""
        if self.liver.shape != (rows, columns):
            reason = f"the liver region has {_size(self.liver)} pixels, {source} {rows} x {columns}"
            raise InputRefused("region.matrix", "liver", reason, "draw it on this study")

    def changed(self, pixels: int) -> Regions | None:
        """Make liver and heart larger by so many pixels, or smaller; None where one is lost.

        A heart that grows into the liver stays out of it, as before; the field stays.
        """
        liver, heart = self.liver, self.heart
        for _ in range(abs(pixels)):
            liver, heart = (
                _grown(region) if pixels > 0 else ~_grown(~region) for region in (liver, heart)
            )
        try:
            return Regions(liver, heart & ~(liver & ~self.heart), self.field)
        except InputRefused:  # one is empty: there is no such pair
            return None


def find_shared(regions: Regions) -> tuple[Finding, ...]:
    """Find pixels that were drawn as liver and as heart: the heart loses them."""
    if not regions.shared:
        return ()
    whole = int(np.count_nonzero(regions.heart))
    message = (
        f"liver and heart share {regions.shared} of the heart's {whole} pixels: left out of the "
        "blood curve; draw them apart"
    )
    return (Finding("region.overlap", Severity.WARNING, message),)


def _grown(region: Plane) -> Plane:
    """Add the four neighbours of every pixel; nothing comes round from the other side."""
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
    """Counts by head, (frames, rows, columns), each as its head saw the patient.

    - `heads` (mapping of "anterior" and "posterior" to array): the posterior head sees left and
      right the other way round; `seen` turns it.
    - `starts_s`, `durations_s`: of each frame, from the begin of the series, in the order of the
      frames.
    - `corrected` ("NONE", "START" or "ADMIN"): whether the counts were corrected for decay already.
    - `file`: base name of its file.
    - `counted`: whether the numbers are counts as they came, not scaled.
    """

    heads: Mapping[View, npt.NDArray[Any]]
    starts_s: tuple[Fraction, ...]
    durations_s: tuple[Fraction, ...]
    corrected: DecayCorrection
    file: str
    counted: bool = True

    def __post_init__(self) -> None:
        """Refuse heads that do not fit each other or the times."""
        frames = {len(head) for head in self.heads.values()}
        sizes = {head.shape[1:] for head in self.heads.values()}
        if frames != {len(self.starts_s)} or len(self.starts_s) != len(self.durations_s):
            reason = "has another number of frames than of times, or heads of different length"
        elif len(sizes) != 1:
            reason = "has heads of different size"
        elif any(not duration > 0 for duration in self.durations_s):
            reason = "has a frame without a length"
        else:
            return
        raise InputRefused("scintigram.frames", self.file, reason, "export it again")

    @property
    def mid_s(self) -> tuple[Fraction, ...]:
        """Middle of each frame; the begin would shift the window [clinical.md 5.1]."""
        pairs = zip(self.starts_s, self.durations_s, strict=True)
        return tuple(start + duration / 2 for start, duration in pairs)

    @property
    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns = next(iter(self.heads.values())).shape[1:]
        return rows, columns

    def seen(self, view: View) -> npt.NDArray[Any]:
        """Give the frames of a head from the front: the posterior ones mirrored."""
        head = self.heads[view]
        return head[:, :, ::-1] if view == "posterior" else head

    def sum_between(self, start_s: Fraction, stop_s: Fraction) -> npt.NDArray[np.float64]:
        """Add up the frames whose middle lies in a time, both heads, from the front."""
        inside = [start_s <= mid <= stop_s for mid in self.mid_s]
        frames = np.flatnonzero(inside)
        parts = [self.seen(view)[frames].sum(axis=0, dtype=np.float64) for view in self.heads]
        whole: npt.NDArray[np.float64] = np.sum(parts, axis=0, dtype=np.float64)
        return whole


def count_regions(study: Scintigram, regions: Regions) -> Activity:
    """Count each region on each head, frame by frame.

    Raises `InputRefused`: `region.matrix` where the regions were drawn on another matrix.
    """
    regions.require_matrix(*study.size, study.file)
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
