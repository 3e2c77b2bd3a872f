"""The CV that `plan` may use as a centre's own reading error."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from fl_planner.liver.agreement.over_cases import CaseAgreement, QuantityAgreement
from fl_planner.liver.agreement.reading import FLR_PERCENT
from fl_planner.liver.agreement.repeatability import measure_repeatability
from fl_planner.liver.scatter.reading_error import MOST_CV, ReadingError

DECIMALS = 6


def find_reading_error(
    cases: Sequence[CaseAgreement], told: Sequence[QuantityAgreement], readers: Sequence[str]
) -> ReadingError | None:
    """Find the CV of the FLR; None where too few cases tell it, or remnants are of two kinds.

    A remnant that is the same to the voxel counts once: a copied file makes no interval narrower.
    """
    found = next((one for one in told if one.quantity == FLR_PERCENT), None)
    if found is None:
        return None
    apart = {one.case: one.kept_apart(FLR_PERCENT) for one in cases if one.case in found.amounts}
    read = [[*each.values()] for each in apart.values() if len(each) > 1]
    repeatability = measure_repeatability(read)
    if not repeatability.is_enough:
        return None
    cv = repeatability.cv
    origins = {
        reading.origin
        for case in cases
        for reading in case.readings
        if reading.reader in found.amounts.get(case.case, {})
    }
    origin = origins.pop() if len(origins) == 1 else None
    if cv is None or origin is None or not cv.value <= MOST_CV:
        return None
    many = repeatability.cases
    source = f"{len(readers)} readers, {many} cases of this centre (fl-planner agree)"
    rounded = Fraction(f"{cv.value:.{DECIMALS}f}")
    return ReadingError(rounded, many, repeatability.df, origin, source)
