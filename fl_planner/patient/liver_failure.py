"""Liver failure after a hepatectomy, fibrosis, reserve in cirrhosis, and change of a score.

Liver failure after a hepatectomy, by the blood values of the days after it.

Three definitions that do not answer the same; a day without a value answers nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt
from typing import Literal

from fl_planner.basis.constants import LAST_DAY_AFTER
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.follow_up import FollowUp, Period
from fl_planner.basis.glossary import Management, ScoreName
from fl_planner.basis.truth import Truth, all_of, any_of
from fl_planner.basis.units import BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL, Plausible, between
from fl_planner.patient.scores import (
    AGE,
    ALT_U_L,
    AST_U_L,
    AST_X_ULN,
    BILIRUBIN_MG_DL,
    ICG_R15,
    INR,
    MELD_LARGEST,
    MELD_LEAST,
    PLATELETS,
    PROTHROMBIN,
    class_child_pugh,
    grade_albi,
)

Grade = Literal["A", "B", "C"]

FROM_DAY = 5  # of both the ISGLS and the 50-50 criteria
DAYS_AFTER = Plausible(between("0", str(LAST_DAY_AFTER)), "days", "count from the operation")
FIFTY_PERCENT, FIFTY_UMOL_L = Fraction(50), Fraction(50)
PEAK_MG_DL = Fraction(7)
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


def judge_phlf(days: Days, normal: Normal) -> Truth:
    """Judge liver failure by the ISGLS: INR and bilirubin both raised on a day from 5 on.

    Unknown without such a day, and where one lacks a value on which it turns. Of the days given
    only: it may have come on another.
    """
    require_single_days(days)
    by_day = {one.day: one for one in days}
    late = [one for one in days if one.day >= FROM_DAY]
    answers = [_is_failing(one, by_day.get(one.day - 1), normal) for one in late]
    return any_of(answers) if answers else Truth.UNKNOWN


def grade_phlf(management: Management) -> Grade:
    """Grade a liver failure by what it changed: A nothing, B without, C with invasive treatment.

    Examples
    --------
    >>> grade_phlf("changed")
    'B'
    """
    return GRADES[management]


def judge_fifty_fifty(days: Days) -> Truth:
    """Judge the 50-50 criteria: prothrombin below 50 % and bilirubin above 50 umol/L on day 5."""
    require_single_days(days)
    fifth = next((one for one in days if one.day == FROM_DAY), None)
    if fifth is None:
        return Truth.UNKNOWN
    bilirubin, share = fifth.bilirubin_mg_dl, fifth.prothrombin_percent
    umol_per_l = None if bilirubin is None else bilirubin * BILIRUBIN_UMOL_PER_L_IN_MG_PER_DL
    return all_of([_below(share, FIFTY_PERCENT), _above(umol_per_l, FIFTY_UMOL_L)])


def find_peak_bilirubin(days: Days) -> Fraction | None:
    """Find the highest bilirubin in mg/dL of the days after the operation; None without any."""
    require_single_days(days)
    known = [one.bilirubin_mg_dl for one in days if one.bilirubin_mg_dl is not None]
    return max(known, default=None)


def judge_peak(peak_mg_dl: Fraction) -> bool:
    """Judge the peak: above 7 mg/dL, exactly 7 is not (Mullen 2007)."""
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
    value: Fraction | None,
    limit: Fraction,
    before: Fraction | None,
    day_before: Fraction | None,
) -> Truth:
    """Judge one value; not known to have been normal before, it must be above that day's too."""
    above, rising = _above(value, limit), _rising(value, day_before)
    if before is None:
        return above if rising is Truth.TRUE or above is Truth.FALSE else Truth.UNKNOWN
    return above if before <= limit else all_of([above, rising])


def _rising(value: Fraction | None, before: Fraction | None) -> Truth:
    return Truth.UNKNOWN if before is None else _above(value, before)


def _above(value: Fraction | None, limit: Fraction) -> Truth:
    if value is None:
        return Truth.UNKNOWN
    return Truth.TRUE if value > limit else Truth.FALSE


def _below(value: Fraction | None, limit: Fraction) -> Truth:
    return Truth.UNKNOWN if value is None else _above(-value, -limit)


def find_apri(ast_x_uln: Fraction, platelets_10e9_per_l: Fraction) -> Fraction:
    """AST to platelet ratio index, 100 (AST / ULN) / platelets in 10*9/L; exact (Wai 2003).

    Examples
    --------
    >>> float(find_apri(Fraction(90, 40), Fraction(120)))
    1.875
    """
    AST_X_ULN.check(ast_x_uln=ast_x_uln)
    PLATELETS.check(platelets_10e9_per_l=platelets_10e9_per_l)
    return 100 * ast_x_uln / platelets_10e9_per_l


def find_fib_4(
    age_years: Fraction,
    ast_u_per_l: Fraction,
    alt_u_per_l: Fraction,
    platelets_10e9_per_l: Fraction,
) -> float:
    """FIB-4, age AST / (platelets in 10*9/L root of ALT), both in U/L (Sterling 2006).

    Examples
    --------
    >>> find_fib_4(Fraction(60), Fraction(80), Fraction(64), Fraction(150))
    4.0
    """
    AGE.check(age=age_years)
    AST_U_L.check(ast_u_per_l=ast_u_per_l)
    ALT_U_L.check(alt_u_per_l=alt_u_per_l)
    PLATELETS.check(platelets_10e9_per_l=platelets_10e9_per_l)
    return float(age_years * ast_u_per_l / platelets_10e9_per_l) / sqrt(alt_u_per_l)


ModifiedGrade = Literal["1", "2a", "2b", "3"]
Ascites = Literal["none", "controlled", "uncontrolled"]

MALBI_2B = -2.27  # least of grade 2b (Hiraoka 2019)
NO_HEPATECTOMY = "no hepatectomy"
# (bilirubin in mg/dL, from there on, what the tree goes up to); between two printed bands,
# 1.0 and 1.1 or 1.5 and 1.6, the stricter one [project's choice]
BY_BILIRUBIN = (
    (Fraction("1.0"), "limited resection"),
    (Fraction("1.5"), "enucleation"),
)
BILIRUBIN_LIMIT = Fraction(2)  # mg/dL, from which the tree has no hepatectomy
# (ICG-R15 in %, below which the tree goes up to it)
BY_RETENTION = (
    (10, "right hepatectomy or trisectionectomy"),
    (20, "left hepatectomy or sectionectomy"),
    (30, "segmentectomy"),
    (40, "limited resection"),
)


def grade_malbi(albi: float) -> ModifiedGrade:
    """Divide ALBI grade 2 at -2.27: 2a below it, 2b from there on (Hiraoka 2019).

    Examples
    --------
    >>> [grade_malbi(albi) for albi in (-2.60, -2.59, -2.28, -2.27, -1.39, -1.38)]
    ['1', '2a', '2a', '2b', '2b', '3']
    """
    match grade_albi(albi):
        case 1:
            return "1"
        case 2:
            return "2a" if albi < MALBI_2B else "2b"
    return "3"


def find_makuuchi_limit(
    ascites: Ascites, bilirubin_mg_dl: Fraction, icg_r15_percent: Fraction
) -> str:
    """Find the largest resection in Makuuchi's tree: ascites, then bilirubin, then ICG-R15.

    Examples
    --------
    >>> find_makuuchi_limit("none", Fraction("0.9"), Fraction(20))
    'segmentectomy'
    >>> find_makuuchi_limit("none", Fraction("1.2"), Fraction(5))
    'limited resection'
    """
    BILIRUBIN_MG_DL.check(bilirubin_mg_dl=bilirubin_mg_dl)
    ICG_R15.check(icg_r15_percent=icg_r15_percent)
    if ascites == "uncontrolled" or bilirubin_mg_dl >= BILIRUBIN_LIMIT:
        return NO_HEPATECTOMY
    for above, largest in reversed(BY_BILIRUBIN):
        if bilirubin_mg_dl > above:
            return largest
    return next((up_to for end, up_to in BY_RETENTION if icg_r15_percent < end), "enucleation")


Grade_of_score_change = int | str  # of ALBI 1 to 3, of Child-Pugh A to C

# of each score, what it can be; of ALBI what bilirubin and albumin in their bounds give
SCALES: dict[ScoreName, Plausible] = {
    "albi": Plausible(between("-6.9", "1.2"), "", "another score was perhaps meant"),
    "child_pugh": Plausible(between("5", "15"), "", "it is the points that are wanted"),
    "meld": Plausible(
        between(str(MELD_LEAST), str(MELD_LARGEST)), "", "another score was perhaps meant"
    ),
    "ecog": Plausible(between("0", "5"), "", "a Karnofsky index was perhaps meant"),
}
_GRADES: Mapping[str, tuple[Callable[[Fraction], Grade_of_score_change], str]] = {
    "albi": (grade_albi, "123"),
    "child_pugh": (lambda points: class_child_pugh(int(points)), "ABC"),
}


@dataclass(frozen=True, slots=True)
class ScoreValue:
    """A score on one day, counted from the treatment."""

    day: int
    value: Fraction


@dataclass(frozen=True, slots=True)
class ScoreChange:
    """A score from the baseline to the last and the worst value of the days that count.

    Of each of them None: there was none.
    """

    score: ScoreName
    follow_up: FollowUp[ScoreValue]

    @property
    def baseline(self) -> ScoreValue:
        """The last value that is not after the treatment."""
        return self.follow_up.before[-1]

    @property
    def last(self) -> ScoreValue | None:
        """The last value that counts."""
        return self.follow_up.last

    @property
    def worst(self) -> ScoreValue | None:
        """The highest value after the treatment, the first of equal ones."""
        return max(self.follow_up.after, key=lambda one: one.value, default=None)

    def change_to(self, other: ScoreValue | None) -> Fraction | None:
        """Subtract the baseline: what is more is worse."""
        return None if other is None else other.value - self.baseline.value

    def grade(self, one: ScoreValue | None) -> Grade_of_score_change | None:
        """Grade of ALBI, class of Child-Pugh; None of scores that have none."""
        if one is None or self.score not in _GRADES:
            return None
        return _GRADES[self.score][0](one.value)

    @property
    def grade_change(self) -> int | None:
        """Steps from the baseline's grade to the last one's."""
        before, after = self.grade(self.baseline), self.grade(self.last)
        if before is None or after is None:
            return None
        steps = _GRADES[self.score][1]
        return steps.index(str(after)) - steps.index(str(before))


def find_score_change(
    score: ScoreName, values: Sequence[ScoreValue], period: Period
) -> ScoreChange:
    """Find how a score changed.

    Raises `InputRefused`: `value.implausible` for what is not on the scale, `endpoint.not_whole`,
    `endpoint.days`, `endpoint.no_baseline`.
    """
    for one in values:
        SCALES[score].check(value=one.value)
        if score != "albi" and one.value.denominator != 1:
            reason = f"{float(one.value):g} on day {one.day}: {score} has whole points"
            raise InputRefused("endpoint.not_whole", "value", reason, "give whole points")
    follow_up = period.split(values, "values")
    if follow_up.baseline is None:
        reason = "no value lies on or before day 0"
        raise InputRefused("endpoint.no_baseline", "values", reason, "give one from before")
    return ScoreChange(score, follow_up)
