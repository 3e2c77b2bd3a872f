"""Liver failure after a hepatectomy.

It has three definitions by the blood values of the days after, which do not answer the
same; a day without a value answers nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from fl_planner.basis.constants import LAST_DAY_AFTER
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.formula import computes
from fl_planner.basis.standing_words import Management
from fl_planner.basis.truth import Truth, all_of, any_of
from fl_planner.basis.units import BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL, Plausible, between
from fl_planner.patient.scores import (
    BILIRUBIN_MG_DL,
    INR,
    PROTHROMBIN,
)

Grade = Literal["A", "B", "C"]

FROM_DAY = 5  # of both the ISGLS and the 50-50 criteria
DAYS_AFTER = Plausible(between("0", str(LAST_DAY_AFTER)), "days", "count from the operation")
FIFTY_PERCENT, FIFTY_UMOL_L = Fraction(50), Fraction(50)
PEAK_MG_DL = Fraction(7)
MULLEN = "Mullen 2007, J Am Coll Surg 204:854"
GRADES: dict[Management, Grade] = {"unchanged": "A", "changed": "B", "invasive": "C"}


@dataclass(frozen=True, slots=True)
class PostoperativeDay:
    """Blood values of one day after the hepatectomy; None: not measured.

    - `day`: 0 is that of the operation, up to 90.
    - `prothrombin_percent`: prothrombin time as a share of normal (Quick).
    - `clotting_factors`: were needed to keep the INR normal: it counts as raised.
    """

    day: int
    bilirubin_mg_dl: Fraction | None = None
    inr: Fraction | None = None
    prothrombin_percent: Fraction | None = None
    clotting_factors: bool = False

    def __post_init__(self) -> None:
        """Refuse values in other units, and days beyond those that are looked at."""
        DAYS_AFTER.check(day=self.day)
        BILIRUBIN_MG_DL.check(bilirubin_mg_dl=self.bilirubin_mg_dl)
        INR.check(inr=self.inr)
        PROTHROMBIN.check(prothrombin_percent=self.prothrombin_percent)


@dataclass(frozen=True, slots=True)
class Normal:
    """Upper limits of the local laboratory, and the values before the operation.

    Where one was above its limit before, the ISGLS asks that it rises from day to day.
    """

    bilirubin_uln_mg_dl: Fraction
    inr_uln: Fraction
    bilirubin_before_mg_dl: Fraction | None = None
    inr_before: Fraction | None = None


Days = Sequence[PostoperativeDay]


@computes(
    f"INR and bilirubin above the local limits on one day from day {FROM_DAY} on, rising where "
    "they were raised before",
    "Rahbari 2011, Surgery 149:713",
)
def judge_phlf(days: Days, normal: Normal) -> Truth:
    """Judge liver failure by the ISGLS: {formula} ({source}).

    Unknown without such a day, and where one lacks a value on which it turns. Of the days given
    only: it may have come on another.
    """
    require_single_days(days)
    by_day = {one.day: one for one in days}
    late = [one for one in days if one.day >= FROM_DAY]
    answers = [_is_failing(one, by_day.get(one.day - 1), normal) for one in late]
    return any_of(answers) if answers else Truth.UNKNOWN


@computes(
    "grade A: management unchanged, B: changed, C: with invasive treatment",
    "Rahbari 2011, Surgery 149:713",
)
def grade_phlf(management: Management) -> Grade:
    """Grade a liver failure by what it changed, {formula}.

    Examples
    --------
    >>> grade_phlf("changed")
    'B'
    """
    return GRADES[management]


@computes(
    f"prothrombin time below {FIFTY_PERCENT} % of normal and bilirubin above {FIFTY_UMOL_L} umol/L "
    f"on day {FROM_DAY}",
    "Balzan 2005, Ann Surg 242:824",
)
def judge_fifty_fifty(days: Days) -> Truth:
    """Judge the 50-50 criteria: {formula} ({source})."""
    require_single_days(days)
    fifth = next((one for one in days if one.day == FROM_DAY), None)
    if fifth is None:
        return Truth.UNKNOWN
    bilirubin, share = fifth.bilirubin_mg_dl, fifth.prothrombin_percent
    umol_per_l = None if bilirubin is None else bilirubin * BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
    low = Truth.UNKNOWN if share is None else _above(FIFTY_PERCENT, share)
    return all_of([low, _above(umol_per_l, FIFTY_UMOL_L)])


@computes(f"highest of the days given, to day {LAST_DAY_AFTER}", MULLEN)
def find_peak_bilirubin(days: Days) -> Fraction | None:
    """Find the bilirubin in mg/dL, {formula}; None without any."""
    require_single_days(days)
    known = [one.bilirubin_mg_dl for one in days if one.bilirubin_mg_dl is not None]
    return max(known, default=None)


@computes(f"more than {PEAK_MG_DL}", MULLEN)
def judge_peak(peak_mg_dl: Fraction) -> bool:
    """Judge the peak: {formula} mg/dL; exactly so much is not ({source})."""
    return peak_mg_dl > PEAK_MG_DL


def require_single_days(days: Days) -> None:
    """Refuse a day that stands twice: its values may contradict each other."""
    numbers = [one.day for one in days]
    twice = sorted({day for day in numbers if numbers.count(day) > 1})
    if twice:
        reason = f"day {twice[0]} after the operation was given twice"
        raise InputRefused("value.implausible", "day", reason, "give each day once")


def _is_failing(one: PostoperativeDay, before: PostoperativeDay | None, normal: Normal) -> Truth:
    """Judge one day: both raised, and rising where they were raised before the operation."""
    bilirubin = _is_raised(
        one.bilirubin_mg_dl,
        normal.bilirubin_uln_mg_dl,
        normal.bilirubin_before_mg_dl,
        None if before is None else before.bilirubin_mg_dl,
    )
    if one.clotting_factors:
        return bilirubin
    earlier = None if before is None else before.inr
    return all_of([bilirubin, _is_raised(one.inr, normal.inr_uln, normal.inr_before, earlier)])


def _is_raised(
    value: Fraction | None, limit: Fraction, before: Fraction | None, day_before: Fraction | None
) -> Truth:
    """Judge one value; not known to have been normal before, it must be above that day's too."""
    above = _above(value, limit)
    rising = Truth.UNKNOWN if day_before is None else _above(value, day_before)
    if before is None:
        return above if rising is Truth.TRUE or above is Truth.FALSE else Truth.UNKNOWN
    return above if before <= limit else all_of([above, rising])


def _above(value: Fraction | None, limit: Fraction) -> Truth:
    if value is None:
        return Truth.UNKNOWN
    return Truth.TRUE if value > limit else Truth.FALSE
