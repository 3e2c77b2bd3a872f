"""Liver failure after hepatectomy.

Three definitions by postoperative blood tests, with different results; missing values leave the
answer unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from msgspec import Struct

from fl_planner.basis.constants import LAST_DAY_AFTER
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.formula import computes
from fl_planner.basis.standing_words import Management
from fl_planner.basis.three_valued import Truth, all_of, any_of
from fl_planner.basis.units import BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL, Plausible, between
from fl_planner.patient.scores import BILIRUBIN_MG_DL, INR, PROTHROMBIN

Grade = Literal["A", "B", "C"]

FROM_DAY = 5  # of both the ISGLS and the 50-50 criteria
DAYS_AFTER = Plausible(between("0", str(LAST_DAY_AFTER)), "days", "count days from the operation")
FIFTY_PERCENT, FIFTY_UMOL_L = Fraction(50), Fraction(50)
PEAK_MG_DL = Fraction(7)
MULLEN = "Mullen 2007, J Am Coll Surg 204:854"
GRADES: dict[Management, Grade] = {"unchanged": "A", "changed": "B", "invasive": "C"}


class PostoperativeDay(Struct, frozen=True):
    """Blood tests of one postoperative day; None if not measured.

    - `day`: 0 is the day of the operation, up to 90.
    - `prothrombin_percent`: prothrombin time in percent of normal (Quick).
    - `clotting_factors`: whether they were required to keep the INR normal; the INR then counts as
      raised.
    """

    day: int
    bilirubin_mg_dl: Fraction | None = None
    inr: Fraction | None = None
    prothrombin_percent: Fraction | None = None
    clotting_factors: bool = False

    def __post_init__(self) -> None:
        """Refuse values in other units, and days outside the range."""
        DAYS_AFTER.check(day=self.day)
        BILIRUBIN_MG_DL.check(bilirubin_mg_dl=self.bilirubin_mg_dl)
        INR.check(inr=self.inr)
        PROTHROMBIN.check(prothrombin_percent=self.prothrombin_percent)


@dataclass(frozen=True, slots=True)
class Normal:
    """Upper limits of normal of the local laboratory, and preoperative values.

    A value above its limit before surgery must rise from day to day by the ISGLS definition.
    """

    bilirubin_uln_mg_dl: Fraction
    inr_uln: Fraction
    bilirubin_before_mg_dl: Fraction | None = None
    inr_before: Fraction | None = None


Days = Sequence[PostoperativeDay]


@computes(
    "INR and bilirubin above the local upper limits of normal on the same day, "
    f"day {FROM_DAY} or later, and rising if raised before surgery",
    "Rahbari 2011, Surgery 149:713",
)
def judge_phlf(days: Days, normal: Normal) -> Truth:
    """Judge liver failure by the ISGLS: {formula} ({source}).

    The answer is unknown without such a day, or without a value that determines it. Only the
    recorded days are judged.
    """
    require_single_days(days)
    by_day = {each.day: each for each in days}
    late = [each for each in days if each.day >= FROM_DAY]
    answers = [_is_failing(each, by_day.get(each.day - 1), normal) for each in late]
    return any_of(answers) if answers else Truth.UNKNOWN


@computes(
    "grade A: management unchanged, B: changed, C: invasive treatment",
    "Rahbari 2011, Surgery 149:713",
)
def grade_phlf(management: Management) -> Grade:
    """Grade liver failure by its effect on management, {formula}.

    Examples
    --------
    >>> grade_phlf("changed")
    'B'
    """
    return GRADES[management]


@computes(
    f"prothrombin time below {FIFTY_PERCENT} % of normal and bilirubin above {FIFTY_UMOL_L} µmol/L "
    f"on day {FROM_DAY}",
    "Balzan 2005, Ann Surg 242:824",
)
def judge_fifty_fifty(days: Days) -> Truth:
    """Judge the 50-50 criteria: {formula} ({source})."""
    require_single_days(days)
    if (fifth := next((each for each in days if each.day == FROM_DAY), None)) is None:
        return Truth.UNKNOWN
    bilirubin, share = fifth.bilirubin_mg_dl, fifth.prothrombin_percent
    umol_per_l = None if bilirubin is None else bilirubin * BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
    low = Truth.UNKNOWN if share is None else _above(FIFTY_PERCENT, share)
    return all_of([low, _above(umol_per_l, FIFTY_UMOL_L)])


@computes(f"highest value on the recorded days, up to day {LAST_DAY_AFTER}", MULLEN)
def compute_peak_bilirubin(days: Days) -> Fraction | None:
    """Return the bilirubin in mg/dL, {formula}; None if there is none."""
    require_single_days(days)
    known = [each.bilirubin_mg_dl for each in days if each.bilirubin_mg_dl is not None]
    return max(known, default=None)


@computes(f"more than {PEAK_MG_DL}", MULLEN)
def judge_peak(peak_mg_dl: Fraction) -> bool:
    """Judge the peak: {formula} mg/dL ({source})."""
    return peak_mg_dl > PEAK_MG_DL


def require_single_days(days: Days) -> None:
    """Refuse a day given twice: its values may contradict each other."""
    numbers = [each.day for each in days]
    if twice := sorted({day for day in numbers if numbers.count(day) > 1}):
        reason = f"postoperative day {twice[0]} was given twice"
        raise InputRefused(
            "value.implausible", "day", reason, "give only one entry for each postoperative day"
        )


def _is_failing(on: PostoperativeDay, before: PostoperativeDay | None, normal: Normal) -> Truth:
    """Judge one day: both values raised, and rising if raised before the operation."""
    bilirubin = _is_raised(
        on.bilirubin_mg_dl,
        normal.bilirubin_uln_mg_dl,
        normal.bilirubin_before_mg_dl,
        None if before is None else before.bilirubin_mg_dl,
    )
    if on.clotting_factors:
        return bilirubin
    previous = None if before is None else before.inr
    return all_of([bilirubin, _is_raised(on.inr, normal.inr_uln, normal.inr_before, previous)])


def _is_raised(
    value: Fraction | None, limit: Fraction, before: Fraction | None, day_before: Fraction | None
) -> Truth:
    """Judge one value; if possibly raised before surgery, it must exceed that of the day before."""
    above = _above(value, limit)
    rising = Truth.UNKNOWN if day_before is None else _above(value, day_before)
    if before is None:
        return above if rising is Truth.TRUE or above is Truth.FALSE else Truth.UNKNOWN
    return above if before <= limit else all_of([above, rising])


def _above(value: Fraction | None, limit: Fraction) -> Truth:
    if value is None:
        return Truth.UNKNOWN
    return Truth.TRUE if value > limit else Truth.FALSE
