"""Days between CT and scintigraphy, counted by hand on a calendar."""

from datetime import date
from typing import Any

import pytest

from fl_planner.basis.findings import Severity
from fl_planner.planning.given.case import Embolisation, Reading
from fl_planner.planning.given.study_days import count_days, find_embolised_between
from tests.record.planned import made

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
