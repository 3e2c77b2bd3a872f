"""Case files of one patient's scans: what they state differently is reported."""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest

from fl_planner.planning.given.case import Embolisation, Reading
from fl_planner.planning.growth.case_files import find_other_cases
from fl_planner.planning.growth.change import TimePoint
from fl_planner.trials.statements import (
    EMBOLISED,
    RADIOEMBOLISED,
    Amount,
    EarlierEmbolisation,
    Stated,
    StatedValue,
)
from tests.record.planned import made

DAY = date(2026, 3, 2)
PVE = Embolisation(DAY, "PVE")


def scan(day: int, facts: Mapping[str, StatedValue] | None = None, **entries: Any) -> TimePoint:
    """Give a scan so many days from the embolisation, with facts and entries of its case file."""
    on = DAY + timedelta(days=day)
    return TimePoint(
        made(stated=Stated({**(facts or {})}), reading=Reading(scanned_on=on), **entries), on
    )


def reported(code: str, *points: TimePoint, done: Embolisation | None = PVE) -> list[str]:
    return [one.message for one in find_other_cases(points, done) if one.code == code]


@pytest.mark.parametrize(
    ("ages", "days", "differ"),
    [
        ((61, 61), 30, False),
        ((61, 62), 30, False),  # a birthday
        ((61, 61), 800, False),  # not updated
        ((61, 64), 800, False),
        ((None, 44), 30, False),
        ((61, 60), 30, True),
        ((61, 63), 30, True),
        ((61, 65), 800, True),
        ((61, 63), 366, False),  # the days of two birthdays
        ((61, 65), 1095, True),  # three years without a leap day: at most three birthdays
    ],
)
def test_h11_an_age_that_cannot_be_of_one_patient_is_reported(
    ages: tuple[int | None, int], days: int, differ: bool
) -> None:
    before, after = ({} if age is None else {"age": Amount(Fraction(age), "a")} for age in ages)
    words = "the case files differ in age: check that they belong to the same patient"
    told = reported("growth.cases_differ", scan(-10, before), scan(days - 10, after))
    assert told == [words] * differ


@pytest.mark.parametrize(("cm", "differ"), [(173, False), (183, False), (172, True), (158, True)])
def test_h11_a_height_that_changed_is_reported(cm: int, differ: bool) -> None:
    before, after = (scan(day, height_cm=Fraction(h)) for day, h in ((-10, 178), (21, cm)))
    words = "the case files differ in height: check that they belong to the same patient"
    assert reported("growth.cases_differ", before, scan(14), after) == [words] * differ


def test_h15_scans_with_different_limits_are_reported() -> None:
    """DRAGON 2: 40 % after liver injury by chemotherapy, otherwise 30 %."""
    injured, sound, unknown = (
        scan(day, {} if answer is None else {"chemo_liver_damage": answer})
        for day, answer in ((-10, True), (21, False), (14, None))
    )
    assert reported("growth.limits_differ", injured, sound) == [
        "the limit on the FLR is 40 % on scan 1 but 30 % on scan 2, by the answers in their case "
        "files: each scan is compared with its own limit"
    ]
    assert not reported("growth.limits_differ", injured, unknown)
    assert not reported("growth.limits_differ", sound, sound)
    assert not reported("growth.limits_differ", scan(-10, diagnosis=None), sound)


NO_PVE = (
    'scan 2: the case records an embolisation before the scan, but "PVE and/or HVE, or ALPPS, '
    'before this scan" is recorded as "no"'
)
APART = "scan 2: the embolisation before this scan is "


@pytest.mark.parametrize(
    ("key", "fact", "kind", "begin"),
    [
        (EMBOLISED, False, "PVE", NO_PVE),
        (EMBOLISED, EarlierEmbolisation("HVE"), "PVE", f"{APART}HVE in the facts but PVE"),
        (EMBOLISED, EarlierEmbolisation("PVE", date(2026, 2, 2)), "PVE", f"{APART}28 days earlier"),
        (RADIOEMBOLISED, False, "Y90", "scan 2: the case records a radioembolisation before"),
        (EMBOLISED, False, "Y90", None),
        (EMBOLISED, True, "PVE", None),
        (EMBOLISED, EarlierEmbolisation("PVE", DAY), "PVE", None),
    ],
)
def test_h15_an_embolisation_of_another_case_file_is_compared_with_the_facts(
    key: str, fact: StatedValue, kind: Any, begin: str | None
) -> None:
    done = Embolisation(DAY, kind)
    before, after = scan(0, {EMBOLISED: False}), scan(21, {key: fact})
    told = reported("contradiction.prior_treatment", before, after, done=done)
    assert [one.startswith(begin or "") for one in told] == [True] * (begin is not None)
    own = scan(21, {key: fact}, embolisation=done)  # its plan has found it
    assert not reported("contradiction.prior_treatment", before, own, done=done)
    assert not reported("contradiction.prior_treatment", before, after, done=None)
