"""An embolisation that a case dates: before the scan it was an arm already given."""

from datetime import date
from fractions import Fraction

import pytest

from fl_planner.liver.kinetic_growth import EmbolisationKind
from fl_planner.planning.given.case import Embolisation
from fl_planner.planning.given.prior_embolisation import lay_embolisation
from fl_planner.trials.derive import derive_facts
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.statements import EarlierEmbolisation, Stated, StatedValue
from tests.masks import codes

DAY, AS_OF = date(2026, 4, 20), date(2026, 5, 11)
BEFORE, AFTER = date(2026, 4, 19), date(2026, 4, 21)  # scans of the day before, and after


def facts_of(
    kind: EmbolisationKind, scanned_on: date | None, said: dict[str, StatedValue] | None = None
) -> tuple[Facts, list[str]]:
    laid = lay_embolisation(Stated(said or {}), Embolisation(DAY, kind), scanned_on)
    stated, seen, odd = laid
    facts, doubts = derive_facts(stated, (), as_of=AS_OF, measured=seen)
    return facts, codes((*doubts, *odd))


@pytest.mark.parametrize("kind", ["PVE", "HVE", "PVE/HVE"])
@pytest.mark.parametrize("scanned_on", [DAY, AFTER])
def test_h04_an_embolisation_on_or_before_the_scan_s_day_was_given(
    kind: EmbolisationKind, scanned_on: date
) -> None:
    facts, told = facts_of(kind, scanned_on)
    assert facts["prior_pve_hve"] is True
    assert (facts["prior_pve_hve_kind"], facts["prior_pve_hve_age_days"]) == (kind, Fraction(21))
    assert told == []


def test_h04_one_after_the_scan_has_it_as_baseline() -> None:
    facts, told = facts_of("PVE", BEFORE)
    assert (facts.get("prior_pve_hve"), told) == (None, [])
    denied, told = facts_of("PVE", BEFORE, {"prior_pve_hve": False})
    assert (denied["prior_pve_hve"], told) == (False, [])


def test_h04_a_radioembolisation_is_a_treatment_of_the_hcc() -> None:
    facts, told = facts_of("Y90", DAY)
    assert (facts["prior_hcc_treatment"], facts.get("prior_pve_hve"), told) == (True, None, [])


@pytest.mark.parametrize(
    ("kind", "key"), [("PVE/HVE", "prior_pve_hve"), ("Y90", "prior_hcc_treatment")]
)
def test_h15_facts_that_deny_it_contradict_the_case(kind: EmbolisationKind, key: str) -> None:
    facts, told = facts_of(kind, AFTER, {key: False})
    assert (facts[key], told) == (None, ["contradiction.prior_treatment"])


@pytest.mark.parametrize("said", [None, False])
def test_h16_without_the_scan_s_day_it_is_not_known(said: bool | None) -> None:
    facts, told = facts_of("PVE", None, {} if said is None else {"prior_pve_hve": said})
    assert (facts.get("prior_pve_hve"), told) == (None, ["date.scan_missing"])


def test_what_facts_affirm_holds_without_the_scan_s_day() -> None:
    facts, told = facts_of("PVE", None, {"prior_pve_hve": True})
    assert (facts["prior_pve_hve"], told) == (True, ["date.scan_missing"])


@pytest.mark.parametrize(
    ("said", "kind", "days"),
    [
        (True, "PVE", 21),
        (EarlierEmbolisation("HVE"), "HVE", 21),
        (EarlierEmbolisation(None, date(2026, 5, 1)), "PVE", 10),
    ],
)
def test_the_case_tells_what_facts_leave_out(said: StatedValue, kind: str, days: int) -> None:
    facts, told = facts_of("PVE", AFTER, {"prior_pve_hve": said})
    assert (facts["prior_pve_hve_kind"], facts["prior_pve_hve_age_days"]) == (kind, days)
    assert told == []


def test_without_an_embolisation_nothing_is_said() -> None:
    stated = Stated({"ecog": Fraction(1)})
    assert lay_embolisation(stated, None, DAY) == (stated, {}, ())
