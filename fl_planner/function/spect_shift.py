"""How far the counts of a SPECT lie off the liver drawn on the CT, and whether that can be told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import hypot

import numpy as np

from fl_planner.basis.constants import Z_95
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.function.mask_on_spect import Transform, Vector
from fl_planner.space.grid import Grid
from fl_planner.space.image import Image

# All are the project's choice, by the cases of `benchmarks/spect_shift.py`.
LEAST_LIKENESS = 0.8  # correlation of the counts with the blurred mask
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
    if not found.likeness >= LEAST_LIKENESS:
        code = "spect.unlike"
        reason = (
            "nowhere do its counts look like the liver that was drawn: they correlate by "
            f"{found.likeness:.2f} at best, and {LEAST_LIKENESS:g} is asked for"
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
