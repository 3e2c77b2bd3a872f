"""Agreement of CT masks with the counts of a SPECT, and their displacement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import hypot

import numpy as np
from msgspec import Struct

from fl_planner.basis.constants import FARTHEST_SHIFT, Z_95
from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_ends, as_measured, as_ml, as_number
from fl_planner.basis.standing_words import RegistrationBasis
from fl_planner.function.orientation import (
    LEAST_GAIN,
    MIRROR_GAIN,
    OrientationFit,
    Transform,
    Vector,
)
from fl_planner.function.spect import SpectShare, refuse_constant
from fl_planner.space.grid import Grid, Image

FAR_MM = 10  # about two SPECT voxels [project's choice]
LEAST_CONTRAST = 2  # liver over the rest of the field; far higher in any real study
MOST_LOST = 0.05  # of an organ outside the SPECT; more is refused
MOST_SPREAD_POINTS = 5  # of the share with shifted masks; more is a warning
MOST_HOT = 0.02  # of the counts in voxels with the activity of bile
MOST_RATIO = 2  # of the share by counts to that by volume, or 1 over it [project's choice]
LEAST_LIKENESS = 0.75  # of parts and counts [project's choice]
SIDES = (("patient's right", "patient's left"), ("front", "back"), ("head", "feet"))


def require_basis(
    *, same_frame: bool, transform_given: bool, stated: bool, source: str
) -> RegistrationBasis:
    """Return the reason why masks may be mapped onto a SPECT; refuse if there is none [H-17].

    Raises `InputRefused`: `function.not_registered`.
    """
    if transform_given:
        return "transform"
    if same_frame:
        return "same frame of reference"
    if stated:
        return "stated"
    reason = "registration with the CT on which the masks were drawn is not stated, the frames of "
    reason += "reference differ, and no transform was given"
    remedy = "after registering the SPECT to the CT, set registered = true, or give the transform"
    raise InputRefused("function.not_registered", source, reason, remedy)


def _warn(
    code: str, source: str, message: str, value: float | None = None, unit: str | None = None
) -> Finding:
    return Finding(code, Severity.WARNING, f"{source}: {message}", source, value, unit)


def find_registration_doubts(found: SpectShare, source: str) -> tuple[Finding, ...]:
    """Find masks that do not match the counts, and a share that depends on their position.

    Raises `InputRefused`: `function.off_the_counts` if the liver mask does not match the counts;
    `function.spect_values` if all voxels of the liver have the same value.
    """
    if found.contrast < LEAST_CONTRAST or found.lost > MOST_LOST:
        reason = "the liver mask does not match the liver counts"
        if found.lost > MOST_LOST:
            reason = f"{as_number(100 * found.lost)} % of the liver is outside the SPECT or in its "
            reason += "empty slices or margins"
        remedy = "check that CT and SPECT belong to the same patient and are registered"
        raise InputRefused("function.off_the_counts", source, reason, remedy)
    if found.constant:
        raise refuse_constant("liver", source)
    doubts = [
        *find_mirrored(found.orientation, source, "function"),
        *_unlike(found, source),
        *_shifted(found, source),
        *_unlike_volume(found, source),
        *_spread(found, source),
        *_bile(found, source),
    ]
    if found.lost > 0:
        message = f"{as_number(100 * found.lost)} % of the liver is outside the SPECT or in its "
        message += "empty slices or margins"
        doubts.append(_warn("function.spect_cut", source, message))
    return tuple(doubts)


def find_mirrored(fit: OrientationFit, source: str, topic: str) -> list[Finding]:
    """Find counts that fit the parts better when mirrored; `topic`: first part of the codes."""
    if fit.gain <= LEAST_GAIN:
        return []
    figures = f"correlation {fit.mirrored:.2f} mirrored, {fit.stored:.2f} as stored"
    if fit.gain <= MIRROR_GAIN:
        message = (
            f"the counts fit the drawn liver slightly better when mirrored {fit.words} "
            f"({figures}): view SPECT and CT together"
        )
        return [_warn(f"{topic}.orientation", source, message, fit.gain)]
    message = (
        f"{source}: the counts fit the drawn liver better when mirrored {fit.words} ({figures}): "
        f"the image is stored with the wrong orientation; export it again"
    )
    return [Finding(f"{topic}.mirrored", Severity.ERROR, message, source, fit.gain)]


def _unlike(found: SpectShare, source: str) -> list[Finding]:
    fit = found.orientation
    if max(fit.stored, fit.mirrored) >= LEAST_LIKENESS:
        return []
    message = (
        f"{source}: the counts do not resemble the drawn liver: correlation {fit.stored:.2f}, at "
        f"least {LEAST_LIKENESS:g} required; check that SPECT and CT belong to the same patient"
    )
    return [Finding("function.unlike_liver", Severity.ERROR, message, source, fit.stored)]


def _unlike_volume(found: SpectShare, source: str) -> list[Finding]:
    """Find a share of counts above twice, or below half, the share of volume."""
    ratio = found.share.ratio
    if ratio is not None and 1 <= MOST_RATIO * ratio <= MOST_RATIO**2:
        return []
    by_volume = Fraction(found.flr_voxels, found.voxels)
    message = (
        f"the remnant has {as_number(100 * found.by_counts)} % of the counts and "
        f"{as_number(100 * by_volume)} % of the volume: view the SPECT fused with the CT, and "
        "check the remnant"
    )
    value = float(found.by_counts / by_volume) if by_volume else None
    return [_warn("function.share_unlike_volume", source, message, value)]


def _shifted(found: SpectShare, source: str) -> list[Finding]:
    """Find counts displaced from the masks by 1 cm or more."""
    far = [(mm, names) for mm, names in zip(found.best_shift_mm, SIDES, strict=True)]
    moved = [
        f"{abs(mm):.0f} mm towards the {names[mm < 0]}" for mm, names in far if abs(mm) >= FAR_MM
    ]
    if not moved:
        return []
    message = (
        f"{source}: the liver counts are displaced from the liver mask by {' and '.join(moved)}: "
        "registration is poor, so the share of counts in the remnant is wrong"
    )
    most = max(abs(mm) for mm in found.best_shift_mm)
    return [Finding("function.misregistered", Severity.ERROR, message, source, most, "mm")]


def _spread(found: SpectShare, source: str) -> list[Finding]:
    low, high = found.range
    points = 100 * (high - low)
    if points <= MOST_SPREAD_POINTS:
        return []
    least, most = as_ends((100 * low, 100 * high))
    message = (
        f"with the masks shifted by up to {FARTHEST_SHIFT}, the share of counts in the remnant is "
        f"{least} to {most} %: check the fusion image"
    )
    return [_warn("function.share_by_shift", source, message, float(points), "points")]


def _bile(found: SpectShare, source: str) -> list[Finding]:
    doubts = []
    if not found.bile_given:
        message = "no gallbladder or bile duct mask was given: bile may be counted as liver"
        doubts.append(_warn("function.bile_not_given", source, message))
    if found.hot_share > MOST_HOT:
        percent = 100 * found.hot_share
        message = (
            f"{as_number(percent)} % of the counts are in voxels with more than three times the "
            "liver median: bile that was not outlined, or a vessel"
        )
        doubts.append(_warn("function.hot_voxels", source, message, percent, "%"))
    return doubts


# All are the project's choice, by the cases of `benchmarks/spect_shift.py`.
LEAST_SHIFTED_LIKENESS = Fraction(4, 5)  # correlation of the counts with the blurred mask
MOST_SD_MM = 5  # of the shift, along any axis
MOST_MM = 40  # along any axis: limit of the search
MOST_TURN_DEGREES = 10
LEAST_SHIFT_MM = 3.0  # less is within half a voxel of most SPECT
OWN_SD_MM = 1.5  # not shown by the jackknife: of the blur, and of the drawing of the liver


class SpectMove(Struct, frozen=True):
    """Displacement of the counts of a SPECT, and the transform that maps it onto the CT.

    - `shift_mm`: shift of the counts from the liver mask, at its centre, to the right, front and
      head.
    - `turn_degrees`: rotation about any axis.
    - `to_ct` (three rows of four): transform from the space of the SPECT to that of the CT, mm,
      RAS+.
    """

    shift_mm: Vector
    turn_degrees: float
    to_ct: Transform


@dataclass(frozen=True, slots=True)
class SpectShift:
    """Displacement of the counts of a SPECT from the liver on the CT, with its uncertainty.

    - `sd_mm`, `turn_sd_degrees`: one standard deviation.
    - `likeness_before`, `likeness`: correlation of counts and blurred mask, before and after
      registration.
    - `hot_ml`: extrahepatic hot regions, such as bowel, that were excluded.
    """

    move: SpectMove
    sd_mm: Vector
    turn_sd_degrees: float
    likeness_before: float
    likeness: float
    hot_ml: float

    @property
    def off_mm(self) -> float:
        """Uncertainty of the position after registration along any axis, one SD."""
        return max(self.sd_mm)

    @property
    def significant(self) -> tuple[bool, bool, bool]:
        """Axes along which the shift is at least 3 mm and greater than its uncertainty."""
        x, y, z = (
            abs(mm) >= LEAST_SHIFT_MM and abs(mm) > Z_95 * sd
            for mm, sd in zip(self.move.shift_mm, self.sd_mm, strict=True)
        )
        return x, y, z

    @property
    def words(self) -> str:
        """Describe the shift along its significant axes, the largest first.

        Examples
        --------
        >>> rows = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0))
        >>> move = SpectMove((-6.2, 1.0, 9.4), 0.0, rows)
        >>> SpectShift(move, (1.0, 1.0, 1.0), 0.5, 0.8, 0.97, 0.0).words
        "9 mm towards the head and 6 mm towards the patient's left"
        """
        moved = [
            (abs(mm), f"{abs(mm):.0f} mm towards the {sides[mm < 0]}")
            for mm, sides, off in zip(self.move.shift_mm, SIDES, self.significant, strict=True)
            if off
        ]
        return " and ".join(words for _, words in sorted(moved, reverse=True))


def spread_of(each: Sequence[SpectMove]) -> tuple[Vector, float]:
    """Compute the SD of shift and rotation by the jackknife, in which each result omits one part.

    SD² = (n - 1)/n · Σ(x - x̄)², Efron and Tibshirani 1993, chapter 11; and 1.5 mm in addition.
    """
    moves = np.array([(*move.shift_mm, move.turn_degrees) for move in each])
    n = len(moves)
    x, y, z, turn = np.sqrt((n - 1) / n * ((moves - moves.mean(axis=0)) ** 2).sum(axis=0)).tolist()
    return (hypot(x, OWN_SD_MM), hypot(y, OWN_SD_MM), hypot(z, OWN_SD_MM)), turn


def move_spect(spect: Image, to_ct: Transform) -> Image:
    """Move the grid of a SPECT; no count is changed or interpolated."""
    rows, matrix = np.array(to_ct), spect.grid.matrix()
    moved = rows[:, :3] @ matrix
    moved[:, 3] += rows[:, 3]
    affine = tuple((a, b, c, d) for a, b, c, d in moved.tolist())
    return replace(spect, grid=Grid(spect.grid.shape, affine, spect.grid.placed))


def require_clear(found: SpectShift, source: str) -> None:
    """Refuse a shift that cannot be determined from the counts.

    Raises `InputRefused`: `spect.unlike` if the correlation of counts and mask is below 0.8 at
    every position; `spect.far` beyond 40 mm along an axis, `spect.turned` beyond 10 degrees;
    `spect.unsure` if the shift's standard deviation is above 5 mm along an axis.
    """
    far = max(map(abs, found.move.shift_mm))
    if not found.likeness >= LEAST_SHIFTED_LIKENESS:
        code = "spect.unlike"
        reason = (
            "the counts do not resemble the drawn liver in any position: best correlation "
            f"{as_measured(found.likeness, (LEAST_SHIFTED_LIKENESS,), 2)}, at least "
            f"{float(LEAST_SHIFTED_LIKENESS):g} required"
        )
    elif far > MOST_MM:
        code = "spect.far"
        reason = f"the counts are {as_number(far, (MOST_MM,))} mm from the liver; at most "
        reason += f"{MOST_MM:g} mm is accepted"
    elif found.move.turn_degrees > MOST_TURN_DEGREES:
        code = "spect.turned"
        reason = (
            f"the SPECT would have to be rotated by "
            f"{as_number(found.move.turn_degrees, (MOST_TURN_DEGREES,))} degrees; at most "
            f"{MOST_TURN_DEGREES:g} is accepted"
        )
    elif found.off_mm > MOST_SD_MM:
        code = "spect.unsure"
        reason = (
            f"the shift has an uncertainty of {as_number(found.off_mm, (MOST_SD_MM,))} mm (1 SD) "
            f"along an axis; at most {MOST_SD_MM:g} mm is accepted"
        )
    else:
        return
    remedy = (
        "check that SPECT and CT belong to the same patient and that the whole liver is drawn; "
    )
    remedy += "if so, register them manually on the camera workstation"
    raise InputRefused(code, source, reason, remedy)


def find_shift_doubts(found: SpectShift, source: str) -> tuple[Finding, ...]:
    """Find a significant shift, and hot regions that were excluded."""
    doubts, far = [], max(map(abs, found.move.shift_mm))
    if found.words:
        message = (
            f"the counts are displaced from the liver on the CT by {found.words}: view SPECT and "
            "CT together; the values in the case are unchanged"
        )
        doubts.append(_warn("spect.shifted", source, message, far, "mm"))
    if found.hot_ml:
        message = (
            f"{source}: {as_ml(found.hot_ml)} of extrahepatic uptake (bowel, gallbladder, kidney) "
            "was excluded, because uptake there is higher than in liver tissue"
        )
        doubts.append(Finding("spect.hot", Severity.INFO, message, source, found.hot_ml, "mL"))
    return tuple(doubts)


def format_axis(axis: int, mm: float, sd: float) -> str:
    """Format the shift along one axis, with its 95 % interval.

    Examples
    --------
    >>> format_axis(2, -9.04, 1.1)
    '9.0 mm towards the feet (± 2.2 mm)'
    """
    return f"{as_number(abs(mm))} mm towards the {SIDES[axis][mm < 0]} (± {Z_95 * sd:.1f} mm)"
