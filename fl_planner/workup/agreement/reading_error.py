"""The CV that `plan` may use as a centre's own reading error."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from fl_planner.liver.agreement.over_cases import CaseAgreement, QuantityAgreement
from fl_planner.liver.agreement.reading import FLR_PERCENT
from fl_planner.liver.scatter.reading_error import MOST_CV, ReadingError

DECIMALS = 6


def find_reading_error(
    cases: Sequence[CaseAgreement], told: Sequence[QuantityAgreement], readers: Sequence[str]
) -> ReadingError | None:
    """Find the CV of the FLR; None where too few cases tell it, or remnants are of two kinds."""
    found = next((one for one in told if one.quantity == FLR_PERCENT), None)
    if found is None or not found.repeatability.is_enough:
        return None
    cv = found.repeatability.cv
    origins = {
        reading.origin
        for case in cases
        for reading in case.readings
        if reading.reader in found.amounts.get(case.case, {})
    }
    origin = origins.pop() if len(origins) == 1 else None
    if cv is None or origin is None or not cv.value <= MOST_CV:
        return None
    many = found.repeatability.cases
    source = f"{len(readers)} readers, {many} cases of this centre (fl-planner agree)"
    rounded = Fraction(f"{cv.value:.{DECIMALS}f}")
    return ReadingError(rounded, many, found.repeatability.df, origin, source)
