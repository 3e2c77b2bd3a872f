"""Whether a dynamic study can be believed: drift, injection, hot spots, regions, and motion.

For motion each part is laid onto the sum of all by shifting that sum (least squares, after
smoothing), while liver, heart and all else keep an amount of their own: uptake changes the amounts,
motion the place. Only what is near the liver and heart counts, so that an injected vein that
empties and bile far away draw nothing. The first minute is left out, when the tracer is not mixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_number
from fl_planner.function.curves import Activity, find_relative_variance
from fl_planner.function.mebrofenin import T1_S, T2_S, SeriesWindow
from fl_planner.function.scintigram import Plane, Regions, Scintigram

Floats = npt.NDArray[np.float64]

MOST_DRIFT_PERCENT = 2  # of the whole field within the window [project's choice]
SURE_SD = 3  # of counting, from which on a drift is none of chance [project's choice]
MOST_JUMP_PERCENT = 10  # of one frame to its neighbours [project's choice]
JUMP_SD = 5  # of counting, as so many frames are looked at [project's choice]
LONGEST_STEP_S = 60  # at 0.25/min trapezoids are then 0.5 % high: (b·h)²/12 [project's choice]
LATEST_PEAK_S = 60  # of the blood pool after the injection [project's choice]
SPOT_PIXELS = 5  # edge of the square that a hot spot is looked for with [project's choice]
AWAY_PIXELS = 3  # from liver and heart: nearer, it is their own blur [project's choice]
CLEARLY = 1.1  # times as many counts, to call another place the better one [project's choice]
STEP_FRAMES = 4  # on each side, that a line is laid through [project's choice]
LINE_S = 80  # at most on each side: more is no line [project's choice]
MIXED_S = 60  # the tracer is not mixed before [project's choice]
LEAST_STEP, WRONG_STEP = 0.05, 0.1  # of the liver's counts at once [project's choice]
MUCH_AT_ONCE = 0.3  # of the field in the first frame: injected minutes before [project's choice]
FASTING_H = 4  # a meal raises the uptake by 20 % [clinical.md 5.1]; hours: project's choice
MOST_BILIRUBIN = 50  # umol/L; above, it competes for the same transporters [clinical.md 5.1]


def find_curve_doubts(activity: Activity, window: SeriesWindow) -> tuple[Finding, ...]:
    """Find all that curves alone give to doubt, in the order of this module."""
    return (
        *find_drift(activity, window),
        *find_jumps(activity, window),
        *find_coarse(activity, window),
        *find_late_peak(activity),
        *find_unseen_injection(activity),
    )


def find_drift(activity: Activity, window: SeriesWindow) -> tuple[Finding, ...]:
    """Find a whole field that is not constant within the window, once decay is corrected.

    No tracer leaves the field in these minutes: a loss is a patient who moved or an injection
    beside the vein, a gain is tracer that still arrives, or decay that was corrected twice.
    """
    total = activity.total
    middle = (window.start_s + window.stop_s) / 2
    halves = ((window.start_s, middle), (middle, window.stop_s))
    first, second = (total.integral(*half) for half in halves)
    if not first > 0:
        return ()
    percent = 100 * float(second / first - 1) * 2  # between the middles is half of the window
    inside = [n for n, t in enumerate(total.times_s) if window.start_s <= t <= window.stop_s]
    variance = sum(_variance(activity, n) for n in inside) / max(1, len(inside)) ** 2
    chance = 100 * SURE_SD * 4 * sqrt(variance) if activity.counted else 0.0
    if abs(percent) <= max(MOST_DRIFT_PERCENT, chance):
        return ()
    message = (
        f"the whole field changes by {as_number(percent)} % within the window: motion, "
        "extravasation, tracer that still arrives, or decay corrected wrongly"
    )
    return (Finding("function.field_drifts", Severity.WARNING, message, None, percent, "%"),)


def find_jumps(activity: Activity, window: SeriesWindow) -> tuple[Finding, ...]:
    """Find a frame within the window whose whole field is not that of its neighbours.

    A frame that was lost or cut short, or a patient who moved: it takes its part out of the blood
    curve or out of the liver. A frame at an end of the window counts, for the curve is
    interpolated between it and the next.
    """
    total, worst = activity.total, (0.0, Fraction(0))
    used = _used(total.times_s, window)
    for n in used:
        if not 0 < n < len(total.times_s) - 1:
            continue
        before, here, after = total.times_s[n - 1 : n + 2]
        first, count, last = total.counts[n - 1 : n + 2]
        meant = first + (last - first) * (here - before) / (after - before)
        if not meant > 0:
            continue
        jump = 100 * float(count / meant - 1)
        scatter = sum(_variance(activity, one) for one in (n - 1, n + 1))
        chance = 100 * JUMP_SD * sqrt(0.75 * scatter) if activity.counted else 0.0
        if abs(jump) > max(MOST_JUMP_PERCENT, chance, abs(worst[0])):
            worst = (jump, here)
    jump, at = worst
    if not jump:
        return ()
    message = (
        f"the frame at {float(at):g} s holds {as_number(100 + jump)} % of what its neighbours do: "
        "it was lost or cut short, or the patient moved"
    )
    return (Finding("function.frame_jumps", Severity.WARNING, message, None, jump, "%"),)


def find_coarse(activity: Activity, window: SeriesWindow) -> tuple[Finding, ...]:
    """Find frames so far apart that straight lines between them are no curve."""
    times = activity.times_s
    used = _used(times, window)
    step = max(times[n + 1] - times[n] for n in used[:-1])
    if step <= LONGEST_STEP_S:
        return ()
    value = float(step)
    message = (
        f"frames lie up to {value:g} s apart within the window: straight lines between them make "
        "the blood curve too high; give the series in short frames"
    )
    return (Finding("function.coarse_frames", Severity.WARNING, message, None, value, "s"),)


def find_late_peak(activity: Activity) -> tuple[Finding, ...]:
    """Find a blood pool that is fullest late: the series began before the injection."""
    blood = activity.blood
    peak = max(range(len(blood.times_s)), key=lambda n: blood.counts[n])
    late = blood.times_s[peak]
    if late <= LATEST_PEAK_S or peak == 0:  # a record that begins late does not tell
        return ()
    message = (
        f"blood-pool activity peaks at {float(late):g} s: the series began before the injection, "
        "and the window is counted from its begin"
    )
    return (Finding("function.late_injection", Severity.WARNING, message, None, float(late), "s"),)


def find_unseen_injection(activity: Activity) -> tuple[Finding, ...]:
    """Find a liver that holds much of the field in the first frame: it was injected before.

    A record whose times begin late does not tell: they may be counted from the injection.
    """
    liver, total = activity.liver.counts[0], activity.total.counts[0]
    if activity.times_s[0] > activity.durations_s[0] or liver <= MUCH_AT_ONCE * total:
        return ()
    percent = 100 * float(liver / total)
    message = (
        f"the liver holds {as_number(percent)} % of the field in the first frame: the injection is "
        f"not in the record, and the window is not {T1_S} to {T2_S} s after it"
    )
    return (Finding("function.injection_unseen", Severity.WARNING, message, None, percent, "%"),)


def find_liver_steps(activity: Activity, window: SeriesWindow) -> tuple[Finding, ...]:
    """Find a step of the liver's curve between two frames: uptake makes none, motion does.

    Lines through the frames before and after are compared in the middle between both.
    """
    times = np.array([float(t) for t in activity.times_s])
    counts = np.array([float(n) for n in activity.liver.counts])
    used, worst = _used(activity.times_s, window), (0.0, 0.0)
    for n in range(max(used.start, STEP_FRAMES), min(used.stop, len(times) - STEP_FRAMES + 1)):
        at = (times[n - 1] + times[n]) / 2
        if times[n - STEP_FRAMES] < MIXED_S or times[n + STEP_FRAMES - 1] - at > LINE_S:
            continue
        sides = (slice(n - STEP_FRAMES, n), slice(n, n + STEP_FRAMES))
        lines = (np.polyfit(times[side] - at, counts[side], 1) for side in sides)
        before, after = (float(line[1]) for line in lines)
        if not before > 0:
            continue
        heads = tuple(head.liver[n] for head in activity.heads)
        # a line through four frames that ends half a frame on has 1.05 times a frame's variance
        chance = JUMP_SD * sqrt(2.1 * find_relative_variance(heads)) if activity.counted else 0.0
        step = after / before - 1
        if abs(step) > max(LEAST_STEP, chance, abs(worst[0])):
            worst = (step, at)
    step, at = worst
    if not step:
        return ()
    message = (
        f"the liver's counts change by {as_number(100 * step)} % at once at about {at:.0f} s: the "
        "patient moved, or frames are missing; look at the frames"
    )
    severity = Severity.ERROR if abs(step) >= WRONG_STEP else Severity.WARNING
    return (Finding("function.liver_steps", severity, message, None, 100 * step, "%"),)


def find_hot_spot(study: Scintigram, regions: Regions, window: SeriesWindow) -> tuple[Finding, ...]:
    """Find a spot away from liver and heart that is hotter than the liver is at the end.

    The injection's own vein, or bile in gut or gallbladder.
    """
    from scipy import ndimage

    near = ndimage.binary_dilation(regions.liver | regions.heart, iterations=AWAY_PIXELS)
    away = regions.whole & ~near
    late = study.sum_between((window.start_s + window.stop_s) / 2, window.stop_s)
    spots = ndimage.uniform_filter(late, SPOT_PIXELS, mode="constant")
    if not away.any() or not spots[away].max() > late[regions.liver].mean():
        return ()
    message = (
        "a spot away from liver and heart is hotter than the liver: extravasated tracer, "
        "tracer in gut or gallbladder, or a region that misses the liver"
    )
    return (Finding("function.hot_spot", Severity.WARNING, message, study.file),)


def find_misplaced(
    study: Scintigram, regions: Regions, window: SeriesWindow
) -> tuple[Finding, ...]:
    """Find a liver region that holds more counts when it is mirrored or turned over."""
    late = study.sum_between((window.start_s + window.stop_s) / 2, window.stop_s)
    here = float(late[regions.liver].sum())
    ways = {
        "mirrored left to right": regions.liver[:, ::-1],
        "turned upside down": regions.liver[::-1],
        "turned by 180 degrees": regions.liver[::-1, ::-1],
    }
    best = max(ways, key=lambda way: float(late[ways[way]].sum()))
    if float(late[ways[best]].sum()) <= CLEARLY * here:
        return ()
    message = f"the liver region holds more counts {best}: it was saved the other way round"
    return (Finding("region.turned", Severity.ERROR, message),)


def find_mirrored_head(
    study: Scintigram, regions: Regions, window: SeriesWindow
) -> tuple[Finding, ...]:
    """Find a posterior head that was mirrored already, so that it was mirrored twice."""
    if len(study.heads) < 2:
        return ()
    inside = [window.start_s <= mid <= window.stop_s for mid in study.mid_s]
    posterior = study.seen("posterior")[np.flatnonzero(inside)].sum(axis=0, dtype=np.float64)
    here, other = (float(one[regions.liver].sum()) for one in (posterior, posterior[:, ::-1]))
    if other <= CLEARLY * here:
        return ()
    message = (
        f"{study.file}: the liver lies on the wrong side of the posterior view: it was mirrored "
        "already"
    )
    return (Finding("function.posterior_mirrored", Severity.ERROR, message, study.file),)


def find_patient_doubts(
    fasting_h: Fraction | None, bilirubin_umol_per_l: Fraction | None
) -> tuple[Finding, ...]:
    """Find what in the patient changes the uptake; what was not told is for the questions."""
    found = []
    if fasting_h is not None and fasting_h < FASTING_H:
        message = f"fasting for {float(fasting_h):g} h: a meal raises the uptake by about 20 %"
        found.append(
            Finding("function.not_fasting", Severity.WARNING, message, None, float(fasting_h), "h")
        )
    if bilirubin_umol_per_l is not None and bilirubin_umol_per_l > MOST_BILIRUBIN:
        value = float(bilirubin_umol_per_l)
        message = (
            f"bilirubin is {value:.3g} umol/L: it competes with mebrofenin, and the function is "
            "underestimated"
        )
        found.append(
            Finding("function.bilirubin", Severity.WARNING, message, None, value, "umol/L")
        )
    return tuple(found)


def _used(times_s: tuple[Fraction, ...], window: SeriesWindow) -> range:
    """Tell which samples a window uses: those within, and the next ones beyond its ends."""
    first = max(n for n, time in enumerate(times_s) if time <= window.start_s)
    last = min(n for n, time in enumerate(times_s) if time >= window.stop_s)
    return range(first, last + 1)


def _variance(activity: Activity, frame: int) -> float:
    """Relative variance of the whole field of a frame, by counting."""
    fields = (head.outside[frame] + head.liver[frame] for head in activity.heads)
    return find_relative_variance(tuple(fields))


# All are the project's choice, by the studies of `tests/function/test_quality.py`.
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
