"""How well one liver lies on another after registration, and what that leaves open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import hypot
from typing import Any, Literal

import numpy as np

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_ml, as_number
from fl_planner.liver.agreement.second_reader import Agreement
from fl_planner.space.mask import Mask

Method = Literal["rigid", "deformable"]
Guide = Literal["surface and CT", "surface"]

# Between the livers' surfaces on average, of the about 2 to 3 mm that AAPM TG-132 has for contours;
# the stricter one where nothing is bent.
MOST_MEAN_MM = {"rigid": 2.0, "deformable": 3.0}
MOST_FAR_MM = 10.0  # 95th percentile [project's choice]
LEAST_DICE = Fraction(9, 10)  # of the livers; TG-132 has about 0.80 to 0.90
INSIDE_MM = 5.0
# A mask that was shifted and turned alone, beside the same mask bent with the liver's outline: by
# more than both it is refused [project's choice]. Of the bundled liver, shifted and turned, no mask
# differs by more than 1.3 %; its remnant by 8 % once it grew by a tenth, by 14 % after a fifth.
MOST_APART, MOST_APART_ML = Fraction(1, 20), 1
# Times its volume, of pieces of liver: beyond the first it is told, beyond the other refused. A
# remnant doubles at most; two patients' livers gave 0.03 [project's choice].
STRAINED, TORN = (1 / 3, 3.0), (0.2, 5.0)
TG_132 = "AAPM TG-132, Med Phys 2017;44:e43, doi 10.1002/mp.12256"
OF_INSIDE = "5.0 mm where no surface guides the registration: this project's choice"
MIDDLE_PERCENT = (1, 99)
BEND = "leave out --rigid, so that the masks are bent with the liver"


@dataclass(frozen=True, slots=True)
class Folding:
    """What a field does to small pieces of liver: Jacobian determinants, at each of its points.

    1 is no change of volume, below 1 it shrinks from the scan that is laid upon to the other; at
    0 and below the field folds, which no tissue does.

    - `least`, `most`: of all.
    - `low`, `high`: 1st and 99th percentile.
    - `share`: of the points at which the field folds.
    """

    least: float
    most: float
    low: float
    high: float
    share: float


UNBENT = Folding(1.0, 1.0, 1.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class RegistrationQuality:
    """How one liver was laid onto another, and how well it lies there.

    - `guide`: what it was found by.
    - `shift_mm`, `turn_degrees`: of what bends nothing: to the right, the front and the head at the
      liver's middle, and about any axis.
    - `before`, `after`: how the two livers agree as they were stored, and as they were laid onto
      each other.
    - `folding`: what it does to small pieces of liver.
    """

    method: Method
    guide: Guide
    shift_mm: tuple[float, float, float]
    turn_degrees: float
    before: Agreement
    after: Agreement
    folding: Folding

    @property
    def mean_mm(self) -> float:
        """Mean distance between the surfaces afterwards; the livers have voxels in common."""
        assert self.after.mean_mm is not None
        return self.after.mean_mm

    @property
    def off_mm(self) -> float:
        """How far a surface that was carried may be off, one standard deviation: √(5² + d²).

        5 mm is for the inside, where no surface guides the registration [project's choice]: a
        liver's outline says little of what lies within (Rohlfing, IEEE TMI 2012;31:153). d is what
        is left at the surface, the mean distance.

        Examples
        --------
        >>> round(hypot(INSIDE_MM, 2.0), 2)
        5.39
        """
        return hypot(INSIDE_MM, self.mean_mm)


def folding_of(determinants: np.ndarray[Any, np.dtype[Any]]) -> Folding:
    """Sum up Jacobian determinants, of which there is one at least.

    Examples
    --------
    >>> folding_of(np.array([1.0, 0.5, 0.0, -0.25])).share
    0.5
    """
    low, high = np.percentile(determinants, MIDDLE_PERCENT)
    folded = int(np.count_nonzero(determinants <= 0)) / determinants.size
    ends = float(determinants.min()), float(determinants.max())
    return Folding(*ends, float(low), float(high), folded)


def require_quality(found: RegistrationQuality, source: str) -> None:
    """Refuse a registration of which no mask is worth a look.

    Raises `InputRefused`: `carry.folded` where the field folds anywhere in the liver;
    `carry.strained` where pieces of it become less than a fifth or more than five times as large;
    `carry.poor` where the livers' surfaces lie more than 3 mm apart on average (2 mm where nothing
    is bent) or 10 mm at the 95th percentile, or share less than 0.90 (Dice).
    """
    if not found.folding.share <= 0:
        percent = as_number(100 * found.folding.share, (0,), 2)
        reason = f"the deformation folds in {percent} % of the liver, which no tissue does"
        raise InputRefused("carry.folded", source, reason, _remedy(found.method))
    low, high = found.folding.low, found.folding.high
    if not TORN[0] <= low <= high <= TORN[1]:
        reason = (
            f"pieces of liver would become {low:.2f} to {high:.2f} times as large (1st to 99th "
            f"percentile); {TORN[0]:g} to {TORN[1]:g} is what is accepted"
        )
        raise InputRefused("carry.strained", source, reason, _remedy(found.method))
    mean, far, dice = found.after.mean_mm, found.after.far_mm, found.after.dice
    if mean is None or far is None or dice is None:
        reason = "the two livers have no voxel in common"
        raise InputRefused("carry.poor", source, reason, _remedy(found.method))
    most_mm = MOST_MEAN_MM[found.method]
    if mean <= most_mm and far <= MOST_FAR_MM and dice >= LEAST_DICE:
        return
    reason = (
        f"laid onto each other, the livers' surfaces are {mean:.1f} mm apart on average and "
        f"{far:.1f} mm at the 95th percentile, Dice {float(dice):.2f}; {most_mm:g} mm, "
        f"{MOST_FAR_MM:g} mm and {float(LEAST_DICE):.2f} are asked for"
    )
    raise InputRefused("carry.poor", source, reason, _remedy(found.method))


def require_unchanged(pairs: Iterable[tuple[Mask, Mask]]) -> None:
    """Refuse masks that were shifted and turned alone, where the liver changed its form.

    - `pairs`: each mask as it was carried, and as it is bent with the liver's outline.

    Raises `InputRefused`: `carry.changed` where the volumes of both differ by more than a twentieth
    and by more than 1 mL.
    """
    for one, bent in pairs:
        if _is_apart(one, bent):
            reason = (
                f"the liver changed between the scans: shifted and turned alone, {one.name} has "
                f"{as_ml(one.exact_ml)}, and bent with the liver's outline {as_ml(bent.exact_ml)}; "
                f"both lie more than {100 * MOST_APART} % apart"
            )
            raise InputRefused("carry.changed", one.source, reason, BEND)


def find_resized(pairs: Iterable[tuple[Mask, Mask]]) -> tuple[Finding, ...]:
    """Tell tumours whose volume the registration changed: it lays livers, and measures no tumour.

    - `pairs`: each as it was drawn, and as it was carried; apart by more than a twentieth and 1 mL.
    """
    return tuple(
        Finding(
            "carry.resized",
            Severity.WARNING,
            f"the {drawn.name} has {as_ml(drawn.exact_ml)} as drawn and "
            f"{as_ml(carried.exact_ml)} as carried: a registration measures no tumour, whose "
            "volume and diameters are those of the scan it was drawn on",
            drawn.source,
        )
        for drawn, carried in pairs
        if _is_apart(carried, drawn)
    )


def _is_apart(one: Mask, other: Mask) -> bool:
    apart_ml = abs(one.exact_ml - other.exact_ml)
    return apart_ml > MOST_APART * other.exact_ml and apart_ml > MOST_APART_ML


def _remedy(method: Method) -> str:
    if method == "rigid":
        return f"{BEND}; or draw on the other scan"
    return "look whether both livers are of one patient and drawn whole, or draw on the other scan"


def find_quality_doubts(found: RegistrationQuality) -> tuple[Finding, ...]:
    """Tell what to doubt of a registration that is good enough."""
    doubts, folding = [], found.folding
    if found.guide == "surface":
        why = "there are not two that show the liver alike"
        if found.method == "rigid":
            why = "it shifts and turns by the outline alone"
        message = (
            f"the CTs did not guide it, for {why}: only the liver's outline did, which says little "
            "of where a cut or a lesion lies within"
        )
        doubts.append(Finding("carry.surface_alone", Severity.WARNING, message))
    least, most = STRAINED
    if folding.low < least or folding.high > most:
        message = (
            f"pieces of liver become {folding.low:.2f} to {folding.high:.2f} times as large (1st "
            "to 99th percentile), more than is believed of tissue: look at the carried masks"
        )
        doubts.append(Finding("carry.strained", Severity.WARNING, message))
    return tuple(doubts)
