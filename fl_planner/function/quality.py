"""Quality of a dynamic study: drift, injection, hot spots, regions, and motion.

For motion, each part of the study is registered to the sum of all parts (shift by least squares,
after smoothing), while liver, heart and the rest are scaled separately: uptake changes the scale,
motion the position. Only pixels near liver and heart are used, so that the injected vein and
distant bile have no effect. The first minute is omitted, as the tracer is not mixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_number
from fl_planner.function.curves import Activity, compute_relative_variance
from fl_planner.function.mebrofenin import SeriesWindow
from fl_planner.function.scintigram import Plane, Regions, Scintigram
from fl_planner.space.planar_views import find_better_way, find_upside_down, is_better_mirrored

Floats = npt.NDArray[np.float64]

MOST_DRIFT_PERCENT = 2  # of the whole field within the window [project's choice]
SURE_SD = 3  # of counting error, from which a drift is significant [project's choice]
MOST_JUMP_PERCENT = 10  # of one frame relative to its neighbours [project's choice]
JUMP_SD = 5  # of counting error, as many frames are tested [project's choice]
LONGEST_STEP_S = 60  # at 0.25/min trapezoids are 0.5 % too high: (b·h)²/12 [project's choice]
LATEST_PEAK_S = 60  # of the blood pool after the injection [project's choice]
SPOT_PIXELS = 5  # edge of the square used to detect a hot spot [project's choice]
AWAY_PIXELS = 3  # from liver and heart: nearer pixels are affected by blur [project's choice]
HOTTER = 1.6  # times the counts of the heart region; great vessels are below [project's choice]
HALF_PIXEL = 0.5
STEP_FRAMES = 4  # on each side, for a linear fit [project's choice]
LINE_S = 80  # at most on each side, for a linear fit [project's choice]
MIXED_S = 60  # the tracer is not mixed before [project's choice]
LEAST_STEP, WRONG_STEP = 0.05, 0.1  # abrupt change of liver counts [project's choice]
MUCH_AT_ONCE = 0.3  # of the field in the first frame: injected before [project's choice]
LEAST_LATE_S = 120  # by the header, whose injection time is often rounded [project's choice]
ARRIVED = 0.5  # of the largest count of the field in the first frame [project's choice]
FASTING_H = 4  # a meal raises the uptake by 20 % [clinical.md 5.1]; hours: project's choice
MOST_BILIRUBIN = 50  # umol/L; above, it competes for the same transporters [clinical.md 5.1]


def find_curve_doubts(
    activity: Activity, window: SeriesWindow, late_s: Fraction | None = None
) -> tuple[Finding, ...]:
    """List all findings on curves, in the order of this module."""
    return (
        *find_drift(activity, window),
        *find_jumps(activity, window),
        *find_coarse(activity, window),
        *find_late_peak(activity),
        *find_unseen_injection(activity, late_s),
    )


def find_drift(activity: Activity, window: SeriesWindow) -> tuple[Finding, ...]:
    """Find a whole field that is not constant within the window, once decay is corrected.

    No tracer leaves the field in these minutes. A loss suggests motion or extravasation; a gain
    suggests late arrival of tracer, or decay corrected twice.
    """
    total = activity.total
    middle = (window.start_s + window.stop_s) / 2
    halves = ((window.start_s, middle), (middle, window.stop_s))
    first, second = (total.integral(*half) for half in halves)
    if not first > 0:
        return ()
    # the middles of both halves are half a window apart; no more than all counts can be lost
    percent = max(-100.0, 100 * float(second / first - 1) * 2)
    inside = [n for n, t in enumerate(total.times_s) if window.start_s <= t <= window.stop_s]
    variance = sum(_variance(activity, n) for n in inside) / max(1, len(inside)) ** 2
    chance = 100 * SURE_SD * 4 * sqrt(variance) if activity.counted else 0.0
    if abs(percent) <= max(MOST_DRIFT_PERCENT, chance):
        return ()
    message = (
        f"total counts change by {as_number(percent)} % within the window: motion, extravasation, "
        "late arrival of tracer, or incorrect decay correction"
    )
    return (Finding("function.field_drifts", Severity.WARNING, message, None, percent, "%"),)


def find_jumps(activity: Activity, window: SeriesWindow) -> tuple[Finding, ...]:
    """Find a frame within the window whose total counts differ from those of its neighbours.

    An incomplete frame or motion changes the blood curve or the liver curve. A frame at an end of
    the window is included, as the curve is interpolated between it and the next.
    """
    total, worst = activity.total, (0.0, Fraction(0))
    for n in _used(total.times_s, window):
        if not 0 < n < len(total.times_s) - 1:
            continue
        before, here, after = total.times_s[n - 1 : n + 2]
        first, count, last = total.counts[n - 1 : n + 2]
        meant = first + (last - first) * (here - before) / (after - before)
        if not meant > 0:
            continue
        jump = 100 * float(count / meant - 1)
        scatter = sum(_variance(activity, frame) for frame in (n - 1, n + 1))
        chance = 100 * JUMP_SD * sqrt(0.75 * scatter) if activity.counted else 0.0
        if abs(jump) > max(MOST_JUMP_PERCENT, chance, abs(worst[0])):
            worst = (jump, here)
    jump, at = worst
    if not jump:
        return ()
    message = (
        f"the frame at {float(at):g} s has {as_number(100 + jump)} % of the counts of the "
        "neighbouring frames: the frame is incomplete, or the patient moved"
    )
    return (Finding("function.frame_jumps", Severity.WARNING, message, None, jump, "%"),)


def find_coarse(activity: Activity, window: SeriesWindow) -> tuple[Finding, ...]:
    """Find frames too far apart for linear interpolation."""
    times = activity.times_s
    used = _used(times, window)
    step = max(times[n + 1] - times[n] for n in used[:-1])
    if step <= LONGEST_STEP_S:
        return ()
    value = float(step)
    message = (
        f"frames are up to {value:g} s apart within the window, so linear interpolation "
        "overestimates the blood curve; give a series with shorter frames"
    )
    return (Finding("function.coarse_frames", Severity.WARNING, message, None, value, "s"),)


def find_late_peak(activity: Activity) -> tuple[Finding, ...]:
    """Find a late peak of blood-pool activity: the series began before the injection."""
    blood = activity.blood
    peak = max(range(len(blood.times_s)), key=lambda n: blood.counts[n])
    late = blood.times_s[peak]
    if late <= LATEST_PEAK_S or peak == 0:  # not assessable if the series starts late
        return ()
    message = (
        f"blood-pool activity peaks at {float(late):g} s: the series began before the injection, "
        "but the window is timed from the start of the series"
    )
    return (Finding("function.late_injection", Severity.WARNING, message, None, float(late), "s"),)


def find_unseen_injection(
    activity: Activity, late_s: Fraction | None = None
) -> tuple[Finding, ...]:
    """Find a tracer that was injected before the series.

    It is found by high liver counts in the first frame, or by the header if the frames do not show
    the tracer arriving. This cannot be assessed if the times start late, as they may be counted
    from the injection.

    - `late_s`: time from the injection to the start of the series according to the header.
    """
    liver, total = activity.liver.counts[0], activity.total.counts
    if activity.times_s[0] > activity.durations_s[0] or not total[0]:
        return ()
    there = total[0] >= ARRIVED * max(total)
    if late_s is not None and late_s >= LEAST_LATE_S and there:
        value, unit = float(late_s), "s"
        what = f"according to the header, the tracer was injected {value:.0f} s before the "
        what += "recording began"
    elif liver > MUCH_AT_ONCE * total[0]:
        value, unit = 100 * float(liver / total[0]), "%"
        what = f"the liver contains {as_number(value)} % of the counts in the first frame: the "
        what += "recording began after the injection"
    else:
        return ()
    message = f"{what}, so the time window is not counted from the injection"
    return (Finding("function.injection_unseen", Severity.WARNING, message, None, value, unit),)


def find_liver_steps(activity: Activity, window: SeriesWindow) -> tuple[Finding, ...]:
    """Find an abrupt change of liver counts between two frames, as caused by motion.

    Linear fits to the frames before and after are compared midway between both.
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
        # four frames fitted and extrapolated by half a frame: 1.05 times a frame's variance
        chance = JUMP_SD * sqrt(2.1 * compute_relative_variance(heads)) if activity.counted else 0.0
        step = after / before - 1
        if abs(step) > max(LEAST_STEP, chance, abs(worst[0])):
            worst = (step, at)
    step, at = worst
    if not step:
        return ()
    message = (
        f"liver counts change abruptly by {as_number(100 * step)} % at about {at:.0f} s: the "
        "patient moved, or frames are missing; check the frames"
    )
    severity = Severity.ERROR if abs(step) >= WRONG_STEP else Severity.WARNING
    return (Finding("function.liver_steps", severity, message, None, 100 * step, "%"),)


def find_hot_spot(study: Scintigram, regions: Regions, window: SeriesWindow) -> tuple[Finding, ...]:
    """Find a focus away from liver and heart with higher counts than the liver at the end.

    It may be the injected vein, or bile in bowel or gallbladder.
    """
    from scipy import ndimage

    near = ndimage.binary_dilation(regions.liver | regions.heart, iterations=AWAY_PIXELS)
    away = regions.whole & ~near
    late = study.sum_between((window.start_s + window.stop_s) / 2, window.stop_s)
    spots = ndimage.uniform_filter(late, SPOT_PIXELS, mode="constant")
    if not away.any() or not spots[away].max() > late[regions.liver].mean():
        return ()
    message = (
        "a focus outside the liver and heart has higher counts than the liver: extravasation, "
        "tracer in bowel or gallbladder, or a misplaced liver region"
    )
    return (Finding("function.hot_spot", Severity.WARNING, message, study.file),)


def find_heart_elsewhere(
    study: Scintigram, regions: Regions, window: SeriesWindow
) -> tuple[Finding, ...]:
    """Find a place outside the liver with many more counts than the heart region.

    Between mixing and the window, the tracer is in the blood, so that the heart has more counts
    than the lungs. Only places up to the width of the liver away are compared: an injected arm is
    further away.
    """
    early = study.sum_between(Fraction(MIXED_S), window.start_s)
    here, most = float(early[regions.blood].sum()), _find_most_elsewhere(early, regions)
    chance = JUMP_SD * sqrt(most) if study.counted else 0.0
    if not here or most - chance <= HOTTER * here:
        return ()
    value = most / here
    message = (
        f"a region of the same shape, away from the liver, contains {as_number(value)} times the "
        "early counts of the heart region: the heart region may be on the lung or on a vessel"
    )
    return (Finding("region.heart_elsewhere", Severity.WARNING, message, None, value, "{ratio}"),)


def _find_most_elsewhere(counts: Floats, regions: Regions) -> float:
    """Find the most counts of a region with the shape of the heart, away from the liver."""
    from scipy import ndimage

    rows, columns = np.nonzero(regions.blood)
    first = int(rows.min()), int(columns.min())
    shape = regions.blood[first[0] : rows.max() + 1, first[1] : columns.max() + 1].astype(float)
    near = ndimage.binary_dilation(regions.liver, iterations=AWAY_PIXELS)
    free = (regions.whole & ~near).astype(float)
    sums, held = (ndimage.correlate(of, shape, mode="constant") for of in (counts * free, free))
    reach = int(np.ptp(np.nonzero(regions.liver)[1])) + 1
    middle = [start + size // 2 for start, size in zip(first, shape.shape, strict=True)]
    within = tuple(slice(max(0, at - reach), at + reach + 1) for at in middle)
    whole = held[within] > shape.sum() - HALF_PIXEL
    return float(sums[within][whole].max(initial=0.0))


def find_misplaced(
    study: Scintigram, regions: Regions, window: SeriesWindow
) -> tuple[Finding, ...]:
    """Find a liver region that contains more counts when mirrored or rotated."""
    late = study.sum_between((window.start_s + window.stop_s) / 2, window.stop_s)
    if (way := find_better_way(late, regions.liver)) is None:
        return ()
    message = (
        f"the liver region contains more counts when {way}: the orientation of the region is "
        "wrong, or the header exchanges the detector heads"
    )
    return (Finding("region.turned", Severity.ERROR, message),)


def find_turned_head(
    study: Scintigram, regions: Regions, window: SeriesWindow
) -> tuple[Finding, ...]:
    """Find a view upside down, or a posterior view that was already mirrored.

    If the liver is on the wrong side of both views, the region is wrong: `find_misplaced`. A view
    that is only doubtfully upside down may be mirrored all the same.
    """
    if len(study.heads) < 2:
        return ()
    found = []
    seen = {view: study.sum_of_head(view, window.start_s, window.stop_s) for view in study.heads}
    turned = find_upside_down(study.file, seen["anterior"], seen["posterior"])
    if turned is not None:
        severity = Severity.ERROR if turned.is_sure else Severity.WARNING
        found.append(Finding("function.view_upside_down", severity, *turned, "1"))
        if turned.is_sure:
            return (*found,)
    wrong = [view for view, counts in seen.items() if is_better_mirrored(counts, regions.liver)]
    if wrong == ["posterior"]:
        message = (
            f"{study.file}: the liver is on the wrong side of the posterior view, which had "
            "already been mirrored"
        )
        found.append(Finding("function.posterior_mirrored", Severity.ERROR, message, study.file))
    return (*found,)


def find_patient_doubts(
    fasting_h: Fraction | None, bilirubin_umol_per_l: Fraction | None
) -> tuple[Finding, ...]:
    """Find conditions of the patient that change the uptake; unknown ones become questions."""
    found = []
    if fasting_h is not None and fasting_h < FASTING_H:
        message = f"fasted for only {float(fasting_h):g} h: a meal increases uptake by about 20 %"
        found.append(
            Finding("function.not_fasting", Severity.WARNING, message, None, float(fasting_h), "h")
        )
    if bilirubin_umol_per_l is not None and bilirubin_umol_per_l > MOST_BILIRUBIN:
        value = float(bilirubin_umol_per_l)
        message = (
            f"bilirubin is {value:.3g} µmol/L: it competes with mebrofenin, so function is "
            "underestimated"
        )
        found.append(
            Finding("function.bilirubin", Severity.WARNING, message, None, value, "umol/L")
        )
    return tuple(found)


def _used(times_s: tuple[Fraction, ...], window: SeriesWindow) -> range:
    """Return the samples used by a window: those within, and the next ones at its ends."""
    first = max(n for n, time in enumerate(times_s) if time <= window.start_s)
    return range(first, min(n for n, time in enumerate(times_s) if time >= window.stop_s) + 1)


def _variance(activity: Activity, frame: int) -> float:
    """Relative variance of the total counts of a frame, by counting error."""
    fields = (head.outside[frame] + head.liver[frame] for head in activity.heads)
    return compute_relative_variance(tuple(fields))


# All are the project's choice, by the studies of `tests/function/test_quality.py`.
PART_S = 20  # duration of a part
SMOOTH_PIXELS = 1.5  # standard deviation
NEAR_PIXELS = 4  # around liver and heart
ROUNDS, MOST_STEP, MOST_SHIFT = 4, 2.0, 6.0  # pixels
SEEN_SHARE = 0.07  # of the square root of the liver's pixels, from which a shift is reported
LEAST_SEEN = 1.5  # pixels
WRONG = 1.2  # times as far: the clearance must not be used


class Motion(Struct, frozen=True):
    """Motion of the liver in pixels: largest distance between two parts of a study.

    - `rows`, `columns`: motion towards the feet and to the right of the image, later minus earlier.
    - `at_s`: time at which most of the motion occurs.
    """

    rows: float
    columns: float
    at_s: float

    @property
    def pixels(self) -> float:
        """Distance moved, in pixels."""
        return float(np.hypot(self.rows, self.columns))


def measure_motion(study: Scintigram, regions: Regions, window: SeriesWindow) -> Motion | None:
    """Measure liver motion up to the end of the window; None with fewer than two parts."""
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
    """Find motion of the patient that displaces the liver from its fixed regions."""
    motion = measure_motion(study, regions, window)
    least = max(LEAST_SEEN, SEEN_SHARE * float(np.sqrt(np.count_nonzero(regions.liver))))
    if motion is None or motion.pixels < least:
        return ()
    wrong = motion.pixels >= WRONG * least
    use = "correct the motion, or do not use the clearance" if wrong else "check the frames"
    message = (
        f"{study.file}: the patient moved during the study: the liver is displaced by "
        f"{as_number(motion.pixels)} pixels; most of this movement occurred at about "
        f"{motion.at_s:.0f} s; {use}"
    )
    severity = Severity.ERROR if wrong else Severity.WARNING
    return (Finding("function.moved", severity, message, study.file, motion.pixels, "pixels"),)


def _parts(study: Scintigram, window: SeriesWindow) -> list[tuple[Fraction, Floats]]:
    """Sum the frames of each part over both heads, as counts per second."""
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
    """Measure the position of each part, in rows and columns relative to the sum of all."""
    from scipy import ndimage

    def smooth(picture: npt.NDArray[Any]) -> Floats:
        found: Floats = ndimage.gaussian_filter(picture.astype(np.float64), SMOOTH_PIXELS)
        return found

    whole = smooth(np.sum([*parts], axis=0))
    liver, heart = smooth(regions.liver), smooth(regions.blood)
    organs = np.array([whole * liver, whole * heart, whole * np.clip(1 - liver - heart, 0, None)])
    near = ndimage.binary_dilation(regions.liver | regions.heart, iterations=NEAR_PIXELS)
    return np.array([_register(organs, smooth(part), near) for part in parts])


def _register(organs: Floats, part: Floats, near: Plane) -> Floats:
    """Shift and scale the organs to fit a part by least squares (Gauss and Newton)."""
    from scipy import ndimage

    place = np.zeros(2)
    for _ in range(ROUNDS):
        moved = np.array([ndimage.shift(x, place, order=1, mode="nearest") for x in organs])
        held = np.array([organ[near] for organ in moved])
        amounts = np.linalg.lstsq(held.T, part[near], rcond=None)[0]
        slopes = np.gradient(np.tensordot(amounts, moved, 1))
        design = np.array([*held, *(-slope[near] for slope in slopes)])
        step = np.linalg.lstsq(design.T, part[near], rcond=None)[0][-2:]
        place = np.clip(place + np.clip(step, -MOST_STEP, MOST_STEP), -MOST_SHIFT, MOST_SHIFT)
    return place


def _steady(places: Floats) -> Floats:
    """Apply a median over three parts, to remove respiration; ends use their neighbour."""
    if len(places) < 3:
        return places
    inner = np.median([places[:-2], places[1:-1], places[2:]], axis=0)
    return np.concatenate([inner[:1], inner, inner[-1:]])
