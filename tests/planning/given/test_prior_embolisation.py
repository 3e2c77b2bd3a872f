"""An embolisation that a case dates: before the scan it was an arm already given."""

from datetime import date
from fractions import Fraction

import pytest

from fl_planner.basis.glossary import EmbolisationKind
from fl_planner.planning.given.case import Embolisation
from fl_planner.planning.given.study_days import lay_embolisation
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
        (EarlierEmbolisation("PVE"), "PVE", 21),
        (EarlierEmbolisation(None, DAY), "PVE", 21),
        (EarlierEmbolisation("PVE", DAY), "PVE", 21),
    ],
)
def test_the_case_tells_what_facts_leave_out(said: StatedValue, kind: str, days: int) -> None:
    facts, told = facts_of("PVE", AFTER, {"prior_pve_hve": said})
    assert (facts["prior_pve_hve_kind"], facts["prior_pve_hve_age_days"]) == (kind, days)
    assert told == []


@pytest.mark.parametrize(
    ("said", "kind", "days", "told"),
    [
        (
            EarlierEmbolisation("HVE"), None, 21,
            "HVE by the facts and PVE by the case: its kind counts",
        ),
        (
            EarlierEmbolisation(None, date(2026, 4, 21)), "PVE", None,
            "1 day later by the facts than by the case: its day counts",
        ),
        (
            EarlierEmbolisation(None, date(2026, 4, 10)), "PVE", None,
            "10 days earlier by the facts than by the case: its day counts",
        ),
        (
            EarlierEmbolisation("PVE/HVE", date(2026, 4, 22)), None, None,
            "PVE/HVE by the facts and PVE by the case, and 2 days later by the facts than by the "
            "case: its kind and its day count",
        ),
    ],
)  # fmt: skip
def test_h15_a_kind_or_day_that_the_case_tells_otherwise_is_not_known(
    said: StatedValue, kind: str | None, days: int | None, told: str
) -> None:
    """That there was one stays: both tell it, and after one nobody is asked for another."""
    case = Stated({"prior_pve_hve": said}, {"prior_pve_hve": "case.toml"})
    stated, seen, (found,) = lay_embolisation(case, Embolisation(DAY, "PVE"), AFTER)
    assert (found.code, found.file) == ("contradiction.prior_treatment", "case.toml")
    assert found.message == (
        f"the embolisation before this scan was {told} as unknown until a person settles it"
    )
    facts, _ = derive_facts(stated, (), as_of=AS_OF, measured=seen)
    assert facts["prior_pve_hve"] is True
    known = [facts.get(f"prior_pve_hve_{what}") for what in ("kind", "age_days")]
    assert known == [kind, days]


def test_h15_without_the_scan_s_day_they_contradict_each_other_too() -> None:
    facts, told = facts_of("PVE", None, {"prior_pve_hve": EarlierEmbolisation("HVE", DAY)})
    assert told == ["contradiction.prior_treatment", "date.scan_missing"]
    assert (facts["prior_pve_hve"], facts.get("prior_pve_hve_kind")) == (True, None)
    assert facts["prior_pve_hve_age_days"] == 21


@pytest.mark.parametrize(
    ("done", "said_on", "told"),
    [
        (None, DAY, "tell of an embolisation before this scan, and date it after the scan"),
        ("PVE", DAY, "tell of an embolisation before this scan, and date it after the scan"),
        ("Y90", DAY, "tell of an embolisation before this scan, and date it after the scan"),
        ("PVE", BEFORE, "before this scan by the facts, and after it by the case"),
        ("PVE", date(2026, 4, 1), "before this scan by the facts, and after it by the case"),
        (None, BEFORE, ""),
        ("Y90", BEFORE, ""),
    ],
)
def test_h15_one_dated_before_and_after_the_scan_is_not_known(
    done: EmbolisationKind | None, said_on: date, told: str
) -> None:
    """The scan of the 19th is the baseline of what was done on the 20th."""
    case = Stated({"prior_pve_hve": EarlierEmbolisation("PVE", said_on)})
    embolisation = None if done is None else Embolisation(DAY, done)
    stated, seen, odd = lay_embolisation(case, embolisation, BEFORE)
    facts, _ = derive_facts(stated, (), as_of=AS_OF, measured=seen)
    assert facts.get("prior_pve_hve") is (None if told else True)
    assert codes(odd) == (["contradiction.prior_treatment"] if told else [])
    for one in odd:
        assert told in one.message
        assert "whether there was one before it counts as unknown" in one.message


def test_without_an_embolisation_nothing_is_said() -> None:
    stated = Stated({"ecog": Fraction(1)})
    assert lay_embolisation(stated, None, DAY) == (stated, {}, ())
