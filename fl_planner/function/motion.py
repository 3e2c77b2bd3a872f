"""Whether a patient moved within a dynamic study: where the liver is in each part of it.

Each part is laid onto the sum of all by shifting that sum (least squares, after smoothing), while
liver, heart and all else keep an amount of their own: uptake changes the amounts, motion the
place. Only what is near the liver and heart counts, so that an injected vein that empties and
bile far away draw nothing. The first minute is left out, when the tracer is not mixed yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_number
from fl_planner.function.mebrofenin import SeriesWindow
from fl_planner.function.quality import MIXED_S
from fl_planner.function.regions import Plane, Regions
from fl_planner.function.scintigram import Scintigram

Floats = npt.NDArray[np.float64]

# All are the project's choice, by the studies of `tests/function/test_motion.py`.
PART_S = 20  # of the study, that is laid as one
SMOOTH_PIXELS = 1.5  # standard deviation
NEAR_PIXELS = 4  # around liver and heart
ROUNDS, MOST_STEP, MOST_SHIFT = 4, 2.0, 6.0  # pixels
SEEN_SHARE = 0.07  # of the root of the liver's pixels: such a shift is told; 1.5 of 22
LEAST_SEEN = 1.5  # pixels
WRONG = 1.2  # times as far: the clearance is not to be used


@dataclass(frozen=True, slots=True)
class Motion:
    """How far the liver moved, in pixels, largest distance between two parts of a study.

    - `rows`, `columns`: towards the feet and to the right of the picture, later less earlier.
    - `at_s`: when most of it happened.
    """

    rows: float
    columns: float
    at_s: float

    @property
    def pixels(self) -> float:
        """Its length."""
        return float(np.hypot(self.rows, self.columns))


def measure_motion(study: Scintigram, regions: Regions, window: SeriesWindow) -> Motion | None:
    """Measure how far the liver moves up to the window's end; None where too little is there."""
    parts = _parts(study, window)
    if len(parts) < 2:
        return None
    places = _steady(_follow([counts for _, counts in parts], regions))
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    first, last = sorted(int(n) for n in np.unravel_index(int(apart.argmax()), apart.shape))
    rows, columns = (places[last] - places[first]).tolist()
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)[first:last]
    jump = first + int(steps.argmax()) if len(steps) else first
    return Motion(rows, columns, float(parts[jump][0] + parts[min(jump + 1, last)][0]) / 2)


def find_motion(study: Scintigram, regions: Regions, window: SeriesWindow) -> tuple[Finding, ...]:
    """Find a patient who moved, so that regions that stay lie off the liver for a while."""
    motion = measure_motion(study, regions, window)
    least = max(LEAST_SEEN, SEEN_SHARE * float(np.sqrt(np.count_nonzero(regions.liver))))
    if motion is None or motion.pixels < least:
        return ()
    wrong = motion.pixels >= WRONG * least
    use = "correct the motion, or do not use the clearance" if wrong else "look at the frames"
    message = (
        f"{study.file}: the patient moved within the study: the liver lies "
        f"{as_number(motion.pixels)} pixels elsewhere, mostly from about {motion.at_s:.0f} s on; "
        f"{use}"
    )
    severity = Severity.ERROR if wrong else Severity.WARNING
    return (Finding("function.moved", severity, message, study.file, motion.pixels, "pixels"),)


def _parts(study: Scintigram, window: SeriesWindow) -> list[tuple[Fraction, Floats]]:
    """Add up the frames of each part, both heads, as counts a second."""
    found: dict[int, list[int]] = {}
    for frame, mid in enumerate(study.mid_s):
        if MIXED_S <= mid <= window.stop_s:
            found.setdefault(int(mid // PART_S), []).append(frame)
    sums = []
    for frames in found.values():
        length = sum((study.durations_s[n] for n in frames), Fraction(0))
        heads = [study.seen(view)[frames].sum(axis=0, dtype=np.float64) for view in study.heads]
        middle = sum((study.mid_s[n] for n in frames), Fraction(0)) / len(frames)
        sums.append((middle, np.sum(heads, axis=0) / float(length)))
    return sums


def _follow(parts: Sequence[Floats], regions: Regions) -> Floats:
    """Find where each part lies, in rows and columns from the sum of all."""
    from scipy import ndimage

    def smooth(picture: npt.NDArray[Any]) -> Floats:
        found: Floats = ndimage.gaussian_filter(picture.astype(np.float64), SMOOTH_PIXELS)
        return found

    whole = smooth(np.sum([*parts], axis=0))
    liver, heart = smooth(regions.liver), smooth(regions.blood)
    organs = np.array([whole * liver, whole * heart, whole * np.clip(1 - liver - heart, 0, None)])
    near = ndimage.binary_dilation(regions.liver | regions.heart, iterations=NEAR_PIXELS)
    return np.array([_lay(organs, smooth(part), near) for part in parts])


def _lay(organs: Floats, part: Floats, near: Plane) -> Floats:
    """Shift the organs until they explain a part best (Gauss and Newton), each by its amount."""
    from scipy import ndimage

    place = np.zeros(2)
    for _ in range(ROUNDS):
        moved = np.array([ndimage.shift(one, place, order=1, mode="nearest") for one in organs])
        held = np.array([one[near] for one in moved])
        amounts = np.linalg.lstsq(held.T, part[near], rcond=None)[0]
        slopes = np.gradient(np.tensordot(amounts, moved, 1))
        design = np.array([*held, *(-slope[near] for slope in slopes)])
        step = np.linalg.lstsq(design.T, part[near], rcond=None)[0][-2:]
        place = np.clip(place + np.clip(step, -MOST_STEP, MOST_STEP), -MOST_SHIFT, MOST_SHIFT)
    return place


def _steady(places: Floats) -> Floats:
    """Take the median of three parts: a breath is no motion; the ends stay with their neighbour."""
    if len(places) < 3:
        return places
    inner = np.median([places[:-2], places[1:-1], places[2:]], axis=0)
    return np.concatenate([inner[:1], inner, inner[-1:]])
