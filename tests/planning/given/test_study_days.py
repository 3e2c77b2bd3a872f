"""Days between two studies, counted by hand on a calendar."""

from datetime import date
from typing import Any

import pytest

from fl_planner.basis.findings import Severity
from fl_planner.planning.given.case import Embolisation, Reading
from fl_planner.planning.given.study_days import (
    count_days,
    find_embolised_between,
    find_rigid_doubts,
)
from tests.cases import each_case
from tests.record.planned import made
from tests.refusals import refuses

CT, STUDY = date(2028, 2, 27), date(2028, 3, 2)  # 28, 29 February, 1, 2 March


def test_days_are_counted_through_a_leap_day() -> None:
    assert count_days(CT, STUDY) == 4
    assert count_days(STUDY, CT) == -4
    assert count_days(CT, CT) == 0
    assert count_days(date(2026, 12, 31), date(2027, 1, 1)) == 1


@pytest.mark.parametrize(
    "days", [(None, STUDY), (CT, None), (None, None)], ids=["ct", "study", "-"]
)
def test_h16_a_day_that_was_not_given_is_not_counted(days: tuple[date | None, date | None]) -> None:
    assert count_days(*days) is None
    assert not [*find_embolised_between(*days, CT)]


def test_h04_an_embolisation_between_ct_and_scintigraphy_is_told() -> None:
    between = date(2028, 2, 29)
    (found,) = find_embolised_between(CT, STUDY, between)
    assert (found.code, found.severity) == ("function.embolised_between", Severity.WARNING)
    assert (found.value, found.unit) == (4, "d")
    assert [*find_embolised_between(STUDY, CT, between)]  # the other way round too
    assert [*find_embolised_between(CT, STUDY, CT)]  # of the CT's day: the CT was before it
    for beside in (date(2028, 2, 26), STUDY, date(2028, 3, 3), None):
        assert not [*find_embolised_between(CT, STUDY, beside)], beside


def test_h04_a_plan_asks_for_it() -> None:
    told: dict[str, Any] = {"reading": Reading(scanned_on=CT), "studied_on": STUDY}
    split = made(**told, embolisation=Embolisation(date(2028, 2, 29), "PVE"))
    assert "function.embolised_between" in {one.code for one in split.findings}
    assert "function.embolised_between" not in {one.code for one in made(**told).findings}


BEFORE, ON, AFTER = date(2026, 2, 27), date(2026, 3, 1), date(2026, 3, 29)
NAMES = ("flr", "segments")


@each_case(
    "days",
    {"forth": (BEFORE, AFTER), "back": (AFTER, BEFORE), "from the day itself": (ON, AFTER)},
)
def test_h04_nothing_is_shifted_and_turned_over_an_embolisation(days: tuple[date, date]) -> None:
    with refuses("carry.embolised_between", "--rigid") as told:
        [*find_rigid_doubts(days, [ON], NAMES)]
    assert "leave out --rigid" in told.value.remedy


def test_h04_masks_that_are_shifted_and_turned_after_an_embolisation_are_named() -> None:
    (found,) = find_rigid_doubts((date(2026, 3, 15), AFTER), [ON], NAMES)
    assert (found.code, found.severity) == ("carry.embolised", Severity.WARNING)
    assert found.message.startswith("flr, segments: ")
    assert "28 days after" in found.message
    assert "14 days from" in found.message


@each_case("days", {"before": (None, AFTER), "after": (BEFORE, None), "neither": (None, None)})
def test_h04_an_embolisation_may_lie_between_scans_that_are_not_dated(
    days: tuple[date | None, date | None],
) -> None:
    (found,) = find_rigid_doubts(days, [ON], NAMES)
    assert (found.code, found.severity) == ("carry.embolised", Severity.WARNING)
    assert "flr, segments" in found.message
    assert "not both are dated" in found.message
    assert not [*find_rigid_doubts(days, [], NAMES)]


@each_case("days", {"both before": (BEFORE, ON), "one day after it": (AFTER, AFTER)})
def test_one_state_of_a_liver_is_not_doubted(days: tuple[date, date]) -> None:
    assert not [*find_rigid_doubts(days, [ON], NAMES)]
