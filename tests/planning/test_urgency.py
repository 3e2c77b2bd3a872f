"""What presses: windows, results that run out, and trials that are closed here."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from fl_planner.planning.worklist_order import Pressing, Urgency, judge_urgency
from fl_planner.trials.criterion import Centre, Offer
from tests.patients import TRIALS
from tests.planning.full_route.test_route import judge

PUMP_IT, RESCUE = "NCT06857773", "NCT06178198"


def press(
    profile: str, missing: tuple[str, ...] = (), closed: tuple[str, ...] = (), **more: Any
) -> Pressing:
    """Find what presses for a profile with changes, at a centre where some trials are closed."""
    offers = {t.id: Offer("closed" if t.id in closed else "open") for t in TRIALS}
    centre = Centre("Site 7", date(2026, 11, 1), offers)
    return judge_urgency(judge({"profile": profile, "set": more, "missing": missing}, centre))


def days(value: int) -> dict[str, Any]:
    return {"value": value, "unit": "d"}


def ends(found: Pressing) -> list[tuple[str, str, int | None]]:
    return [
        (d.trial, d.criterion, None if d.days is None else int(d.days)) for d in found.deadlines
    ]


def test_the_window_of_the_pump_comes_before_its_results() -> None:
    """Blood tests hold 15 days, the CT 28: of 7 and 14 days' age 8 and 14 are left."""
    found = press("crlm_unresectable_naive")
    assert found.urgency is Urgency.WINDOW
    assert ends(found) == [(PUMP_IT, "I5", None), (PUMP_IT, "I13", 8), (PUMP_IT, "I3", 14)]
    assert PUMP_IT in found.possible


def test_a_window_that_may_be_closed_is_alone_without_a_day() -> None:
    missing = ("prior_systemic_therapy_crc", "labs_age", "staging_ct_age")
    found = press("crlm_unresectable_naive", missing)
    assert (found.urgency, ends(found)) == (Urgency.WINDOW_POSSIBLE, [(PUMP_IT, "I5", None)])


def test_a_window_that_may_be_closed_comes_after_what_has_a_day() -> None:
    found = press("crlm_unresectable_naive", ("prior_systemic_therapy_crc",))
    assert found.urgency is Urgency.DATED
    assert ends(found) == [(PUMP_IT, "I13", 8), (PUMP_IT, "I3", 14), (PUMP_IT, "I5", None)]


@pytest.mark.parametrize(("age", "left"), [(0, 30), (29, 1), (30, 0), (32, -2), (40, -10)])
def test_results_of_rescue_hold_30_days(age: int, left: int) -> None:
    found = press("hcc_large", labs_age=days(age))
    assert found.urgency is Urgency.DATED
    assert ends(found) == [(RESCUE, "I9", left)]
    assert found.possible == (RESCUE,)


def test_on_the_31st_day_a_month_has_ended_or_not() -> None:
    found = press("hcc_large", labs_age=days(31))
    assert (found.urgency, ends(found), found.possible) == (Urgency.OPEN, [], (RESCUE,))


def test_old_results_count_only_where_nothing_else_is_in_the_way() -> None:
    found = press("hcc_large", labs_age=days(40), ecog=2)
    assert (found.urgency, found.deadlines, found.possible) == (Urgency.NOTHING, (), ())


def test_a_trial_whose_design_excludes_the_patient_is_not_possible() -> None:
    """No criterion of DRAGON 2 fails after PVE; no new result changes that [trials.md 1]."""
    found = press("crlm_small_flr", prior_pve_hve=True)
    assert (found.urgency, found.possible) == (Urgency.NOTHING, ())


def test_old_results_next_to_something_else_in_one_criterion() -> None:
    """PUMP-IT I3: a CT of 29 days alone can be made again, a panel's no cannot."""
    found = press("crlm_unresectable_naive", staging_ct_age=days(29))
    assert (PUMP_IT, "I3", -1) in ends(found)
    refused = press(
        "crlm_unresectable_naive", staging_ct_age=days(29), national_liver_panel_unresectable=False
    )
    assert PUMP_IT not in refused.possible


def test_a_trial_that_is_closed_here_presses_nobody() -> None:
    found = press("hcc_large", closed=(RESCUE,))
    assert (found.urgency, found.possible) == (Urgency.NOTHING, ())


def test_another_diagnosis_is_no_possibility() -> None:
    found = press("hcc_large", ("ecog", "labs_age"))
    assert found.possible == (RESCUE,)
    assert found.urgency is Urgency.OPEN


def test_who_has_no_diagnosis_yet_is_not_called_done() -> None:
    unknown = press("crlm_unresectable_naive", ("crlm_present", "hcc_present"))
    assert unknown.urgency is Urgency.WINDOW
    assert PUMP_IT in unknown.possible
    both = press("hcc_large", ("ecog", "labs_age"), crlm_present=True, crc_histology="other_crc")
    assert both.urgency is Urgency.NOTHING  # a second cancer keeps the patient out of each
    unclear = press("hcc_large", ("labs_age",), child_pugh_class="B")
    assert (unclear.urgency, unclear.possible) == (Urgency.OPEN, (RESCUE,))


def test_the_nearer_a_patient_is_to_a_trial_the_sooner() -> None:
    stages = [
        press("hcc_large"),
        press("hcc_large", ("written_consent_for",)),
        press("hcc_large", ("ecog",)),
    ]
    assert [found.order for found in stages] == sorted(found.order for found in stages)
    assert len({found.order for found in stages}) == 3
    late = press("hcc_large", labs_age=days(32))
    assert late.order[3] == Fraction(3)


def test_what_still_runs_comes_before_what_is_past() -> None:
    """By the days that are left; then where no day is known; then what is least overdue."""
    naive = "crlm_unresectable_naive"
    found = [
        press(naive, labs_age=days(15)),  # their last day
        press(naive, labs_age=days(7)),
        press(naive, ("labs_age", "staging_ct_age")),
        press(naive, labs_age=days(16)),
        press(naive, labs_age=days(200)),
    ]
    assert [one.urgency for one in found] == [Urgency.WINDOW] * 5
    assert [one.order for one in found] == sorted(one.order for one in found)
