"""Quality of the registration of two livers, and the remaining error of carried masks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from math import hypot
from typing import Any, Literal

import numpy as np
from msgspec import Struct

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import as_measured, as_ml, as_number
from fl_planner.liver.agreement.second_reader import Agreement
from fl_planner.space.mask import Mask

Method = Literal["rigid", "deformable"]
Guide = Literal["surface and CT", "surface"]

# Mean distance between the surfaces; AAPM TG-132 has 2 to 3 mm for contours; the stricter one for
# rigid registration.
MOST_MEAN_MM = {"rigid": 2, "deformable": 3}
MOST_FAR_MM = 10  # 95th percentile [project's choice]
LEAST_DICE = Fraction(9, 10)  # of the livers; TG-132: about 0.80 to 0.90
INSIDE_MM = 5.0
# A rigidly registered mask is refused if it differs from the same mask deformed with the liver's
# outline by more than both [project's choice]. In the bundled liver, shifted and rotated, masks
# differ by at most 1.3 %; the remnant by 8 % after growth by a tenth, by 14 % after a fifth.
MOST_APART, MOST_APART_ML = Fraction(1, 20), 1
# Change of volume of pieces of liver: beyond the first reported, beyond the second refused. A
# remnant at most doubles; livers of two patients gave 0.03 [project's choice].
STRAINED, TORN = (Fraction(1, 3), 3), (Fraction(1, 5), 5)
TG_132 = "AAPM TG-132, Med Phys 2017;44:e43, doi 10.1002/mp.12256"
OF_INSIDE = "5.0 mm inside the liver, without a surface for registration: this project's choice"
MIDDLE_PERCENT = (1, 99)
BEND = "omit --rigid, so that the masks are deformed with the liver"


class Folding(Struct, frozen=True):
    """Local change of volume by a deformation field: Jacobian determinants at its points.

    1 means no change of volume, below 1 shrinkage from the target scan to the other; at 0 and
    below the field folds, which is impossible in tissue.

    - `least`, `most`: minimum and maximum over all points.
    - `low`, `high`: 1st and 99th percentile.
    - `share`: share of the points at which the field folds.
    """

    least: float
    most: float
    low: float
    high: float
    share: float


UNBENT = Folding(1.0, 1.0, 1.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True)
class RegistrationQuality:
    """Registration of one liver to another, and its quality.

    - `guide`: the images that guided it.
    - `shift_mm`, `turn_degrees`: rigid part: shift to the right, the front and the head at the
      liver's centre, and rotation about any axis.
    - `before`, `after`: agreement of the two livers as stored, and after registration.
    - `folding`: local change of volume.
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
        """Error of a carried surface, one standard deviation: √(5² + d²).

        5 mm is the error inside the liver, where no surface guides the registration [project's
        choice]: the outline gives little information on the inside (Rohlfing, IEEE TMI
        2012;31:153). d is the mean residual distance at the surface.

        Examples
        --------
        >>> round(hypot(INSIDE_MM, 2.0), 2)
        5.39
        """
        return hypot(INSIDE_MM, self.mean_mm)


def folding_of(determinants: np.ndarray[Any, np.dtype[Any]]) -> Folding:
    """Summarise Jacobian determinants, at least one.

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
    """Refuse a registration of insufficient quality.

    Raises `InputRefused`: `carry.folded` if the field folds anywhere in the liver;
    `carry.strained` if pieces become less than a fifth or more than five times as large;
    `carry.poor` if the surfaces are more than 3 mm apart on average (2 mm if rigid) or 10 mm at the
    95th percentile, or the Dice coefficient is below 0.90.
    """
    if not found.folding.share <= 0:
        percent = as_number(100 * found.folding.share, (0,), 2)
        reason = (
            f"the deformation contains folds in {percent} % of the liver, which is impossible "
            "in tissue"
        )
        raise InputRefused("carry.folded", source, reason, _remedy(found.method))
    low, high = found.folding.low, found.folding.high
    if not TORN[0] <= low <= high <= TORN[1]:
        reason = (
            f"pieces of liver would become {as_measured(low, TORN, 2)} to "
            f"{as_measured(high, TORN, 2)} times as large (1st to 99th percentile); "
            f"{float(TORN[0]):g} to {TORN[1]} times is accepted"
        )
        raise InputRefused("carry.strained", source, reason, _remedy(found.method))
    mean, far, dice = found.after.mean_mm, found.after.far_mm, found.after.dice
    if mean is None or far is None or dice is None:
        reason = "the livers on the two scans have no voxels in common"
        raise InputRefused("carry.poor", source, reason, _remedy(found.method))
    most_mm = MOST_MEAN_MM[found.method]
    if mean <= most_mm and far <= MOST_FAR_MM and dice >= LEAST_DICE:
        return
    reason = (
        f"after registration, the liver surfaces are {as_measured(mean, (most_mm,))} mm apart on "
        f"average and {as_measured(far, (MOST_FAR_MM,))} mm at the 95th percentile, with a Dice of "
        f"{as_number(dice, (LEAST_DICE,), 2)}. At most {most_mm} mm and {MOST_FAR_MM} mm, "
        f"respectively, and a Dice of at least {float(LEAST_DICE):.2f}, are required"
    )
    raise InputRefused("carry.poor", source, reason, _remedy(found.method))


def require_unchanged(pairs: Iterable[tuple[Mask, Mask]]) -> None:
    """Refuse rigidly registered masks if the liver changed its shape.

    - `pairs`: each mask as carried, and as deformed with the liver's outline.

    Raises `InputRefused`: `carry.changed` if the two volumes differ by more than a twentieth
    and by more than 1 mL.
    """
    for rigid, bent in pairs:
        if _is_apart(rigid, bent):
            reason = (
                f"the liver changed between the scans: {rigid.name} measures "
                f"{as_ml(rigid.exact_ml)} after shift and rotation alone, and "
                f"{as_ml(bent.exact_ml)} after deformation with the liver's outline; these volumes "
                f"differ by more than {100 * MOST_APART} %"
            )
            raise InputRefused("carry.changed", rigid.source, reason, BEND)


def find_resized(pairs: Iterable[tuple[Mask, Mask]]) -> tuple[Finding, ...]:
    """Find tumours whose volume the registration changed by more than a twentieth and 1 mL.

    - `pairs`: each tumour as drawn, and as carried.
    """
    return tuple(
        Finding(
            "carry.resized",
            Severity.WARNING,
            f"the {drawn.name} measures {as_ml(drawn.exact_ml)} as drawn and "
            f"{as_ml(carried.exact_ml)} as carried over: registration does not measure tumours; "
            "use the volume and diameters from the scan on which the tumour was drawn",
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
        return f"{BEND}; or draw the masks on the other scan"
    return (
        "check that both scans belong to the same patient, and that the liver is drawn completely "
        "on each; or draw the masks on the other scan"
    )


def find_quality_doubts(found: RegistrationQuality) -> tuple[Finding, ...]:
    """Find doubts about a registration of sufficient quality."""
    doubts, folding = [], found.folding
    if found.guide == "surface":
        why = "a CT is missing, or the liver does not look similar on the two CTs"
        if found.method == "rigid":
            why = "rigid registration uses the outline only"
        message = (
            f"the registration used only the outline of the liver, not the CTs, because {why}; "
            "the outline gives little information about cuts or lesions inside the liver"
        )
        doubts.append(Finding("carry.surface_alone", Severity.WARNING, message))
    least, most = STRAINED
    if folding.low < least or folding.high > most:
        message = (
            f"pieces of liver become {as_measured(folding.low, STRAINED, 2)} to "
            f"{as_measured(folding.high, STRAINED, 2)} times as large (1st to 99th percentile), "
            "which is implausible for tissue: check the resulting masks"
        )
        doubts.append(Finding("carry.strained", Severity.WARNING, message))
    return tuple(doubts)
