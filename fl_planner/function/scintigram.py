"""A dynamic series of the liver as the camera's heads counted it, and its curves."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.glossary import DecayCorrection
from fl_planner.function.activity import Activity, Counts
from fl_planner.function.regions import Plane, Regions

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
            raise InputRefused("scintigram.frames", self.file, reason, "export it again")
        if len(sizes) != 1:
            reason = "has heads of different size"
            raise InputRefused("scintigram.frames", self.file, reason, "export it again")
        if any(not duration > 0 for duration in self.durations_s):
            reason = "has a frame without a length"
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
