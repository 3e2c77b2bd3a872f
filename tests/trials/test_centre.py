"""A centre's list of trials: how each is reached, what it leaves out, and when it is old."""

from datetime import date, timedelta

import pytest

from fl_planner.basis.findings import Severity
from fl_planner.trials.criterion import Centre, Offer, find_centre_doubts, find_offer
from tests.patients import TRIALS

ON = date(2026, 11, 1)
FULL = Centre("Site 7", ON, {trial.id: Offer("open") for trial in TRIALS})


def test_without_a_list_every_trial_counts_as_open() -> None:
    assert {find_offer(None, trial).status for trial in TRIALS} == {"open"}
    assert find_centre_doubts(None, TRIALS, ON) == ()


def test_a_trial_that_the_list_leaves_out_is_by_referral() -> None:
    centre = Centre("Site 7", ON, {TRIALS[0].id: Offer("closed")})
    assert [find_offer(centre, trial).status for trial in TRIALS] == ["closed", *["referral"] * 4]
    doubts = find_centre_doubts(centre, TRIALS, None)
    assert [doubt.code for doubt in doubts] == ["centre.trial_not_listed"] * 4
    assert doubts[0].message == (
        "Local plus systemic (NCT06449937) is not on the list of Site 7: by referral"
    )


@pytest.mark.parametrize(
    ("days", "stale"), [(0, False), (90, False), (91, True), (-90, False), (-91, True)]
)
def test_a_list_is_old_after_ninety_days(days: int, stale: bool) -> None:
    doubts = find_centre_doubts(FULL, TRIALS, ON + timedelta(days))
    assert [doubt.code for doubt in doubts] == (["centre.stale"] if stale else [])
    for doubt in doubts:
        assert (doubt.severity, doubt.value, doubt.unit) == (Severity.WARNING, 91, "d")
        assert "91 days apart" in doubt.message


def test_without_a_judging_date_no_list_is_old() -> None:
    assert find_centre_doubts(FULL, TRIALS, None) == ()


@pytest.mark.parametrize(
    ("offer", "said"),
    [
        (Offer("open"), "recruiting here"),
        (Offer("referral", "trial office"), "by referral (trial office)"),
        (Offer("referral", None, "regional centre"), "by referral (regional centre)"),
        (Offer("closed", "office", "centre"), "closed here (office, centre)"),
    ],
)
def test_offers_told_to_people(offer: Offer, said: str) -> None:
    assert str(offer) == said
