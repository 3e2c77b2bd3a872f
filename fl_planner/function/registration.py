"""Whether masks of a CT lie on the counts of a SPECT, and how far off they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import hypot

import numpy as np

from fl_planner.basis.constants import Z_95
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.basis.standing_words import RegistrationBasis
from fl_planner.function.orientation import (
    LEAST_GAIN,
    MIRROR_GAIN,
    OrientationFit,
    Transform,
    Vector,
)
from fl_planner.function.spect import SpectShare
from fl_planner.space.grid import Grid, Image

FAR_MM = 10  # a centimetre; a SPECT voxel has about half of it [project's choice]
LEAST_CONTRAST = 2  # liver over the rest of the field; on any real study it is far more
MOST_LOST = 0.05  # of an organ beyond the SPECT, from which on nothing of it is told
MOST_SPREAD_POINTS = 5  # of the share under shifts, above which it is told as a warning
MOST_HOT = 0.02  # of the counts in voxels as hot as bile
MOST_RATIO = 2  # of the share by counts to that by volume, or 1 over it [project's choice]
LEAST_LIKENESS = 0.75  # of parts and counts [project's choice]
AXES = (("to the right", "to the left"), ("forwards", "backwards"), ("upwards", "downwards"))


def require_basis(
    *, same_frame: bool, transform_given: bool, stated: bool, source: str
) -> RegistrationBasis:
    """Tell why masks may be laid on a SPECT; refuse where nothing says that they may [H-17].

    Raises `InputRefused`: `function.not_registered`.
    """
    if transform_given:
        return "transform"
    if same_frame:
        return "same frame of reference"
    if stated:
        return "stated"
    reason = "nothing says that it is registered with the CT of the masks: their frames of "
    reason += "reference are not the same, and no transform was given"
    remedy = "register them, and say registered = true; or give the transform"
    raise InputRefused("function.not_registered", source, reason, remedy)


def find_registration_doubts(found: SpectShare, source: str) -> tuple[Finding, ...]:
    """Find masks that do not lie on the counts, and a share that hangs on where they lie.

    Raises `InputRefused`: `function.off_the_counts` where liver and counts have little to do with
    each other.
    """
    if found.contrast < LEAST_CONTRAST or found.lost > MOST_LOST:
        reason = "the liver mask does not lie on the counts of the liver"
        if found.lost > MOST_LOST:
            reason = f"{as_number(100 * found.lost)} % of the liver lies beyond the SPECT"
        remedy = "check that both are of one patient and registered"
        raise InputRefused("function.off_the_counts", source, reason, remedy)
    doubts = [
        *find_mirrored(found.orientation, source, "function"),
        *_unlike(found, source),
        *_shifted(found, source),
        *_unlike_volume(found, source),
        *_spread(found, source),
        *_bile(found, source),
    ]
    if found.lost > 0:
        message = f"{source}: {as_number(100 * found.lost)} % of the liver lies beyond it"
        doubts.append(Finding("function.spect_cut", Severity.WARNING, message, source))
    return tuple(doubts)


def find_mirrored(fit: OrientationFit, source: str, topic: str) -> list[Finding]:
    """Find counts that fit the parts better when mirrored; `topic` is what the codes begin with."""
    if fit.gain <= LEAST_GAIN:
        return []
    figures = f"correlation {fit.mirrored:.2f} mirrored, {fit.stored:.2f} as stored"
    if fit.gain <= MIRROR_GAIN:
        message = (
            f"{source}: mirrored {fit.words}, its counts fit the drawn liver as well as they do "
            f"now ({figures}): look at both together"
        )
        return [Finding(f"{topic}.orientation", Severity.WARNING, message, source, fit.gain)]
    message = (
        f"{source}: its counts fit the drawn liver better when mirrored {fit.words} ({figures}): "
        "the image is stored the wrong way round; export it again"
    )
    return [Finding(f"{topic}.mirrored", Severity.ERROR, message, source, fit.gain)]


def _unlike(found: SpectShare, source: str) -> list[Finding]:
    fit = found.orientation
    if max(fit.stored, fit.mirrored) >= LEAST_LIKENESS:
        return []
    message = (
        f"{source}: its counts do not look like the drawn liver: they correlate by "
        f"{fit.stored:.2f}, and {LEAST_LIKENESS:g} is asked for; check that both are of one patient"
    )
    return [Finding("function.unlike_liver", Severity.ERROR, message, source, fit.stored)]


def _unlike_volume(found: SpectShare, source: str) -> list[Finding]:
    """Find a remnant that works twice as well as its volume, or half as well."""
    ratio = found.share.ratio
    if ratio is not None and 1 <= MOST_RATIO * ratio <= MOST_RATIO**2:
        return []
    by_volume = Fraction(found.flr_voxels, found.voxels)
    message = (
        f"{source}: the remnant holds {as_number(100 * found.by_counts)} % of the counts and "
        f"{as_number(100 * by_volume)} % of the volume: look at the SPECT on the CT, and check "
        "that the remnant is the right one"
    )
    value = float(found.by_counts / by_volume) if by_volume else None
    return [Finding("function.share_unlike_volume", Severity.WARNING, message, source, value)]


def _shifted(found: SpectShare, source: str) -> list[Finding]:
    """Find counts that lie a centimetre or more from the masks."""
    far = [(mm, names) for mm, names in zip(found.best_shift_mm, AXES, strict=True)]
    told = [f"{abs(mm):.0f} mm {names[mm < 0]}" for mm, names in far if abs(mm) >= FAR_MM]
    if not told:
        return []
    message = (
        f"{source}: the counts of the liver lie {' and '.join(told)} of its mask: not registered "
        "well, so that the share is wrong"
    )
    most = max(abs(mm) for mm in found.best_shift_mm)
    return [Finding("function.misregistered", Severity.ERROR, message, source, most, "mm")]


def _spread(found: SpectShare, source: str) -> list[Finding]:
    low, high = found.range
    points = 100 * (high - low)
    if points <= MOST_SPREAD_POINTS:
        return []
    message = (
        f"{source}: with the masks moved by up to 2 cm the share is {as_number(100 * low)} to "
        f"{as_number(100 * high)} %: look at the fusion picture"
    )
    return [
        Finding(
            "function.share_by_shift", Severity.WARNING, message, source, float(points), "points"
        )
    ]


def _bile(found: SpectShare, source: str) -> list[Finding]:
    doubts = []
    if not found.bile_given:
        message = f"{source}: no gallbladder or duct was given: bile may be counted as liver tissue"
        doubts.append(Finding("function.bile_not_given", Severity.WARNING, message, source))
    if found.hot_share > MOST_HOT:
        percent = 100 * found.hot_share
        message = (
            f"{source}: {as_number(percent)} % of the counts are in voxels three times as hot as "
            "the liver: bile that is not drawn, or a vessel"
        )
        doubts.append(
            Finding("function.hot_voxels", Severity.WARNING, message, source, percent, "%")
        )
    return doubts


# All are the project's choice, by the cases of `benchmarks/spect_shift.py`.
LEAST_SHIFTED_LIKENESS = 0.8  # correlation of the counts with the blurred mask
MOST_SD_MM = 5.0  # of the shift, along any axis
MOST_MM = 40.0  # along any axis: as far as is looked
MOST_TURN_DEGREES = 10.0
LEAST_TOLD_MM = 3.0  # less is within half a voxel of most SPECT
OWN_SD_MM = 1.5  # that no leaving out shows: of the blur, and of whoever drew the liver
SIDES = (("right", "left"), ("front", "back"), ("head", "feet"))


@dataclass(frozen=True, slots=True)
class SpectMove:
    """Where the counts of a SPECT lie, and how it is laid onto the CT.

    - `shift_mm`: of the counts from the liver's mask, at its middle; to the right, front and head.
    - `turn_degrees`: about any axis.
    - `to_ct` (three rows of four): from places of the SPECT to those of the CT, mm, RAS+.
    """

    shift_mm: Vector
    turn_degrees: float
    to_ct: Transform


@dataclass(frozen=True, slots=True)
class SpectShift:
    """How far the counts of a SPECT lie off the liver drawn on the CT.

    - `sd_mm`, `turn_sd_degrees`: how sure that is, one standard deviation.
    - `likeness_before`, `likeness`: correlation of counts and blurred mask, as the SPECT was given
      and as it is laid.
    - `hot_ml`: hot pieces outside the liver, as gut, that were left out.
    """

    move: SpectMove
    sd_mm: Vector
    turn_sd_degrees: float
    likeness_before: float
    likeness: float
    hot_ml: float

    @property
    def off_mm(self) -> float:
        """How far a place in the liver may be off once the SPECT is moved, one SD, any axis."""
        return max(self.sd_mm)

    @property
    def lies_off(self) -> tuple[bool, bool, bool]:
        """Tell along which axes the shift is more than 3 mm, and than its uncertainty."""
        x, y, z = (
            abs(mm) >= LEAST_TOLD_MM and abs(mm) > Z_95 * sd
            for mm, sd in zip(self.move.shift_mm, self.sd_mm, strict=True)
        )
        return x, y, z

    @property
    def words(self) -> str:
        """Say the shift, the largest first, by the axes along which it is told.

        Examples
        --------
        >>> rows = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0))
        >>> move = SpectMove((-6.2, 1.0, 9.4), 0.0, rows)
        >>> SpectShift(move, (1.0, 1.0, 1.0), 0.5, 0.8, 0.97, 0.0).words
        '9 mm towards the head and 6 mm towards the left'
        """
        told = [
            (abs(mm), f"{abs(mm):.0f} mm towards the {sides[mm < 0]}")
            for mm, sides, off in zip(self.move.shift_mm, SIDES, self.lies_off, strict=True)
            if off
        ]
        return " and ".join(words for _, words in sorted(told, reverse=True))


def spread_of(each: Sequence[SpectMove]) -> tuple[Vector, float]:
    """Give the SD of shift and turn from what was found with a part left out in turn (jackknife).

    SD² = (n - 1)/n · Σ(x - x̄)², Efron and Tibshirani 1993, chapter 11; 1.5 mm of its own on top.
    """
    told = np.array([(*one.shift_mm, one.turn_degrees) for one in each])
    n = len(told)
    x, y, z, turn = np.sqrt((n - 1) / n * ((told - told.mean(axis=0)) ** 2).sum(axis=0)).tolist()
    return (hypot(x, OWN_SD_MM), hypot(y, OWN_SD_MM), hypot(z, OWN_SD_MM)), turn


def move_spect(spect: Image, to_ct: Transform) -> Image:
    """Lay a SPECT elsewhere: its grid moves, and no count is changed or interpolated."""
    rows, matrix = np.array(to_ct), spect.grid.matrix()
    moved = rows[:, :3] @ matrix
    moved[:, 3] += rows[:, 3]
    affine = tuple((a, b, c, d) for a, b, c, d in moved.tolist())
    return replace(spect, grid=Grid(spect.grid.shape, affine, spect.grid.placed))


def require_clear(found: SpectShift, source: str) -> None:
    """Refuse a shift that is not to be told, for the counts do not show it.

    Raises `InputRefused`: `spect.unlike` where counts and mask correlate by less than 0.8 wherever
    it is laid; `spect.far` beyond 40 mm along an axis, `spect.turned` beyond 10 degrees;
    `spect.unsure` where the shift's standard deviation is above 5 mm along an axis.
    """
    far = max(map(abs, found.move.shift_mm))
    if not found.likeness >= LEAST_SHIFTED_LIKENESS:
        code = "spect.unlike"
        reason = (
            "nowhere do its counts look like the liver that was drawn: they correlate by "
            f"{found.likeness:.2f} at best, and {LEAST_SHIFTED_LIKENESS:g} is asked for"
        )
    elif far > MOST_MM:
        code = "spect.far"
        reason = f"its counts lie {far:.0f} mm off the liver; {MOST_MM:g} mm is the maximum"
    elif found.move.turn_degrees > MOST_TURN_DEGREES:
        code = "spect.turned"
        reason = (
            f"it has to be turned by {found.move.turn_degrees:.0f} degrees; "
            f"{MOST_TURN_DEGREES:g} is the maximum"
        )
    elif found.off_mm > MOST_SD_MM:
        code = "spect.unsure"
        reason = (
            f"its counts tell the shift to {found.off_mm:.0f} mm (1 SD) along an axis; "
            f"{MOST_SD_MM:g} mm is asked for"
        )
    else:
        return
    remedy = "check that both are of one patient and that the liver is drawn whole; register them "
    remedy += "by hand in the program of the camera"
    raise InputRefused(code, source, reason, remedy)


def find_shift_doubts(found: SpectShift, source: str) -> tuple[Finding, ...]:
    """Tell a shift, and what was left out to find it."""
    doubts, far = [], max(map(abs, found.move.shift_mm))
    if found.words:
        message = (
            f"{source}: seen from the liver drawn on the CT, its counts lie {found.words}: look at "
            "both together; no other number was changed by it"
        )
        doubts.append(Finding("spect.shifted", Severity.WARNING, message, source, far, "mm"))
    if found.hot_ml:
        message = (
            f"{source}: {as_ml(found.hot_ml)} outside the liver are hotter than its tissue (gut, "
            "gallbladder, kidney) and were left out"
        )
        doubts.append(Finding("spect.hot", Severity.INFO, message, source, found.hot_ml, "mL"))
    return tuple(doubts)


def say_axis(axis: int, mm: float, sd: float) -> str:
    """Say the shift along one axis, with its 95 % interval.

    Examples
    --------
    >>> say_axis(2, -9.04, 1.1)
    '9.0 mm towards the feet (± 2.2 mm)'
    """
    return f"{as_number(abs(mm))} mm towards the {SIDES[axis][mm < 0]} (± {Z_95 * sd:.1f} mm)"
