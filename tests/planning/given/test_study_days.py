"""Days between studies, counted by hand on a calendar, and an embolisation that a case dates."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from fl_planner.basis.findings import Severity
from fl_planner.basis.standing_words import EmbolisationKind
from fl_planner.planning.given.case import Embolisation, Reading
from fl_planner.planning.given.study_days import (
    add_embolisation,
    count_days,
    date_reading,
    find_embolised_between,
    find_rigid_doubts,
    find_studied_later,
)
from fl_planner.trials.derive import derive_facts
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.statements import EarlierEmbolisation, Stated, StatedValue
from tests.cases import each_case
from tests.masks import codes
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


def test_h04_an_embolisation_between_ct_and_scintigraphy_is_reported() -> None:
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


def test_h16_a_scintigraphy_after_the_assessment_date_is_reported() -> None:
    (found,) = find_studied_later(STUDY, CT)
    assert (found.code, found.severity) == ("function.date_after_assessment", Severity.WARNING)
    assert (found.value, found.unit) == (4, "d")
    assert "4 days after the assessment date" in found.message
    for on, as_of in ((CT, CT), (CT, STUDY), (None, CT), (STUDY, None)):
        assert not [*find_studied_later(on, as_of)], (on, as_of)


def test_h16_a_plan_checks_the_date_of_the_scintigraphy() -> None:
    code = "function.date_after_assessment"
    assert code in {one.code for one in made(studied_on=STUDY, as_of=CT).findings}
    assert code not in {one.code for one in made(studied_on=STUDY, as_of=STUDY).findings}


BEFORE, ON, AFTER = date(2026, 2, 27), date(2026, 3, 1), date(2026, 3, 29)
NAMES = ("flr", "segments")


@each_case(
    "days", {"forth": (BEFORE, AFTER), "back": (AFTER, BEFORE), "from the day itself": (ON, AFTER)}
)
def test_h04_nothing_is_shifted_and_turned_over_an_embolisation(days: tuple[date, date]) -> None:
    with refuses("carry.embolised_between", "--rigid") as told:
        [*find_rigid_doubts(days, [ON], NAMES)]
    assert "omit --rigid" in told.value.remedy


def test_h04_masks_that_are_shifted_and_turned_after_an_embolisation_are_named() -> None:
    (found,) = find_rigid_doubts((date(2026, 3, 15), AFTER), [ON], NAMES)
    assert (found.code, found.severity) == ("carry.embolised", Severity.WARNING)
    assert found.message.startswith("flr, segments: ")
    assert "28 days after" in found.message
    assert "14 days after the scan on which they were drawn" in found.message


@each_case("days", {"before": (None, AFTER), "after": (BEFORE, None), "neither": (None, None)})
def test_h04_an_embolisation_may_be_between_scans_that_are_not_dated(
    days: tuple[date | None, date | None],
) -> None:
    (found,) = find_rigid_doubts(days, [ON], NAMES)
    assert (found.code, found.severity) == ("carry.embolised", Severity.WARNING)
    assert "flr, segments" in found.message
    assert "at least one scan has no date" in found.message
    assert not [*find_rigid_doubts(days, [], NAMES)]


@each_case("days", {"both before": (BEFORE, ON), "one day after it": (AFTER, AFTER)})
def test_one_state_of_a_liver_is_not_doubted(days: tuple[date, date]) -> None:
    assert not [*find_rigid_doubts(days, [ON], NAMES)]


DAY, AS_OF = date(2026, 4, 20), date(2026, 5, 11)
DAY_BEFORE, DAY_AFTER = date(2026, 4, 19), date(2026, 4, 21)  # scans of the day before, and after


def facts_of(
    kind: EmbolisationKind, scanned_on: date | None, said: dict[str, StatedValue] | None = None
) -> tuple[Facts, list[str]]:
    laid = add_embolisation(Stated(said or {}), Embolisation(DAY, kind), scanned_on)
    stated, seen, odd = laid
    facts, doubts = derive_facts(stated, (), as_of=AS_OF, measured=seen)
    return facts, codes((*doubts, *odd))


@pytest.mark.parametrize("kind", ["PVE", "HVE", "PVE/HVE", "ALPPS"])
@pytest.mark.parametrize("scanned_on", [DAY, DAY_AFTER])
def test_h04_an_embolisation_on_or_before_the_scan_s_day_was_given(
    kind: EmbolisationKind, scanned_on: date
) -> None:
    facts, told = facts_of(kind, scanned_on)
    assert facts["prior_pve_hve"] is True
    assert (facts["prior_pve_hve_kind"], facts["prior_pve_hve_age_days"]) == (kind, Fraction(21))
    assert told == []


def test_h04_one_after_the_scan_has_it_as_baseline() -> None:
    later = ["date.embolised_later"]
    facts, told = facts_of("PVE", DAY_BEFORE)
    assert (facts.get("prior_pve_hve"), told) == (None, later)
    denied, told = facts_of("PVE", DAY_BEFORE, {"prior_pve_hve": False})
    assert (denied["prior_pve_hve"], told) == (False, later)


@pytest.mark.parametrize(
    ("scanned_on", "said"),
    [
        (DAY_BEFORE, "PVE was performed 1 day after"),
        (date(2026, 4, 1), "PVE was performed 19 days"),
    ],
)
def test_h04_a_baseline_states_that_it_is_from_before(scanned_on: date, said: str) -> None:
    _, _, (found,) = add_embolisation(Stated(), Embolisation(DAY, "PVE"), scanned_on)
    assert (found.code, found.severity) == ("date.embolised_later", Severity.WARNING)
    assert found.message.startswith(said)
    assert found.value == (DAY - scanned_on).days
    assert found.message.endswith("trial verdicts refer to the liver before this treatment")


@pytest.mark.parametrize(("year", "doubted"), [(1926, True), (2015, True), (2017, False)])
def test_h12_a_baseline_ten_years_before_the_treatment_may_have_a_mistyped_year(
    year: int, doubted: bool
) -> None:
    """A scan of 2026 dated 1926 is after the embolisation, and would be read as before it."""
    scanned_on = DAY.replace(year=year, month=5)
    _, _, (found,) = add_embolisation(Stated(), Embolisation(DAY, "PVE"), scanned_on)
    assert found.message.endswith("if the year of both dates is correct") is doubted


@pytest.mark.parametrize(("as_of", "performed"), [(DAY_BEFORE, False), (DAY, True)])
def test_an_embolisation_after_the_assessment_date_is_not_called_performed(
    as_of: date, performed: bool
) -> None:
    _, _, (found,) = add_embolisation(Stated(), Embolisation(DAY, "PVE"), DAY_BEFORE, as_of)
    assert ("was performed" in found.message) is performed
    assert ("is dated 1 day after this scan, and after the assessment" in found.message) is not (
        performed
    )


def test_h04_a_radioembolisation_is_no_arm_of_dragon_2() -> None:
    facts, told = facts_of("Y90", DAY_AFTER)
    days = [facts[f"prior_radioembolisation_{of}"] for of in ("day", "age_days")]
    assert (facts["prior_radioembolisation"], days, told) == (True, [1, 21], [])
    assert facts.get("prior_pve_hve") is None


@pytest.mark.parametrize(
    ("kind", "key"), [("PVE/HVE", "prior_pve_hve"), ("Y90", "prior_radioembolisation")]
)
def test_h15_facts_that_deny_it_contradict_the_case(kind: EmbolisationKind, key: str) -> None:
    facts, told = facts_of(kind, DAY_AFTER, {key: False})
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
def test_the_case_states_what_facts_leave_out(said: StatedValue, kind: str, days: int) -> None:
    facts, told = facts_of("PVE", DAY_AFTER, {"prior_pve_hve": said})
    assert (facts["prior_pve_hve_kind"], facts["prior_pve_hve_age_days"]) == (kind, days)
    assert told == []


@pytest.mark.parametrize(
    ("said", "kind", "days", "told"),
    [
        (
            EarlierEmbolisation("HVE"), None, 21,
            "HVE in the facts but PVE in the case: the kind is treated",
        ),
        (
            EarlierEmbolisation(None, date(2026, 4, 21)), "PVE", None,
            "1 day later in the facts than in the case: the day is treated",
        ),
        (
            EarlierEmbolisation(None, date(2026, 4, 10)), "PVE", None,
            "10 days earlier in the facts than in the case: the day is treated",
        ),
        (
            EarlierEmbolisation("PVE/HVE", date(2026, 4, 22)), None, None,
            "PVE/HVE in the facts but PVE in the case, and 2 days later in the facts than in the "
            "case: kind and day are treated",
        ),
    ],
)  # fmt: skip
def test_h15_a_kind_or_day_that_the_case_states_otherwise_is_not_known(
    said: StatedValue, kind: str | None, days: int | None, told: str
) -> None:
    """That there was one stays: both tell it, and after one nobody is asked for another."""
    case = Stated({"prior_pve_hve": said}, {"prior_pve_hve": "case.toml"})
    stated, seen, (found,) = add_embolisation(case, Embolisation(DAY, "PVE"), DAY_AFTER)
    assert (found.code, found.file) == ("contradiction.prior_treatment", "case.toml")
    assert found.message == (
        f"the embolisation before this scan is {told} as unknown until this is resolved"
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
        ("PVE", DAY_BEFORE, "before this scan in the facts, and after it in the case"),
        ("PVE", date(2026, 4, 1), "before this scan in the facts, and after it in the case"),
        (None, DAY_BEFORE, ""),
        ("Y90", DAY_BEFORE, ""),
    ],
)
def test_h15_one_dated_before_and_after_the_scan_is_not_known(
    done: EmbolisationKind | None, said_on: date, told: str
) -> None:
    """The scan of the 19th is the baseline of what was done on the 20th."""
    case = Stated({"prior_pve_hve": EarlierEmbolisation("PVE", said_on)})
    embolisation = None if done is None else Embolisation(DAY, done)
    stated, seen, odd = add_embolisation(case, embolisation, DAY_BEFORE)
    facts, _ = derive_facts(stated, (), as_of=AS_OF, measured=seen)
    assert facts.get("prior_pve_hve") is (None if told else True)
    against = [one for one in odd if one.code != "date.embolised_later"]
    assert (len(odd) - len(against)) == (done is not None)  # the case dates it after the scan
    assert codes(against) == (["contradiction.prior_treatment"] if told else [])
    for one in against:
        assert told in one.message
        assert "an embolisation before this scan is treated as unknown" in one.message


UNDATED = EarlierEmbolisation("PVE", None)


@pytest.mark.parametrize(
    ("stated", "done", "told"),
    [
        (True, "PVE", "is recorded before this scan in the facts, and after it in the case"),
        (UNDATED, "PVE", "is recorded before this scan in the facts, and after it in the case"),
        (UNDATED, "HVE", ""),  # PVE, the scan, then HVE
        (EarlierEmbolisation("PVE", DAY_BEFORE), "HVE", ""),
        (EarlierEmbolisation(None, DAY_BEFORE), "HVE", "is dated before this scan in the facts"),
        (True, "Y90", ""),  # another fact
    ],
)
def test_h15_facts_with_the_embolisation_that_the_case_dates_after_the_scan_contradict_it(
    stated: StatedValue, done: EmbolisationKind, told: str
) -> None:
    """`trials.md` 7.0: dated after the scan by the case, the scan is a baseline."""
    facts, found = facts_of(done, DAY_BEFORE, {"prior_pve_hve": stated})
    assert facts.get("prior_pve_hve") is (None if told else True)
    assert found == [*(["contradiction.prior_treatment"] if told else []), "date.embolised_later"]
    _, _, odd = add_embolisation(
        Stated({"prior_pve_hve": stated}), Embolisation(DAY, done), DAY_BEFORE
    )
    assert told in odd[0].message


@pytest.mark.parametrize("stated", [True, EarlierEmbolisation(None, DAY_BEFORE)])
def test_h15_a_radioembolisation_that_the_case_dates_after_the_scan_contradicts_the_facts(
    stated: StatedValue,
) -> None:
    facts, found = facts_of("Y90", DAY_BEFORE, {"prior_radioembolisation": stated})
    assert facts.get("prior_radioembolisation") is None
    assert found == ["contradiction.prior_treatment", "date.embolised_later"]


@pytest.mark.parametrize(
    ("key", "done"),
    [
        ("prior_pve_hve", None),
        ("prior_pve_hve", "PVE"),
        ("prior_pve_hve", "Y90"),
        ("prior_radioembolisation", "Y90"),
        ("prior_radioembolisation", "PVE"),
        ("prior_radioembolisation", None),
    ],
)
def test_h15_a_treatment_that_facts_date_after_the_scan_is_not_known(
    key: str, done: EmbolisationKind | None
) -> None:
    """Whatever the case dates after the scan, the facts contradict the scan."""
    case = Stated({key: EarlierEmbolisation(None, DAY)})
    embolisation = None if done is None else Embolisation(DAY, done)
    stated, seen, odd = add_embolisation(case, embolisation, DAY_BEFORE)
    facts, doubts = derive_facts(stated, (), as_of=AS_OF, measured=seen)
    assert facts.get(key) is None
    (told,) = (one for one in (*odd, *doubts) if one.code != "date.embolised_later")
    assert told.code == "contradiction.prior_treatment"
    assert "after this scan" in told.message


@pytest.mark.parametrize("key", ["prior_pve_hve", "prior_radioembolisation"])
def test_h12_a_treatment_to_come_is_implausible_in_a_case_as_in_facts_alone(key: str) -> None:
    """`trials.md` 8: its date after the judging date, wherever the date of the scan is given."""
    case = Stated({key: EarlierEmbolisation(None, date(2027, 4, 20))})
    stated, seen, odd = add_embolisation(case, None, DAY, AS_OF)
    by_case = derive_facts(stated, (), as_of=AS_OF, measured=seen)
    alone = Stated({**case.values, "scan_date": DAY})
    assert (by_case, odd) == (derive_facts(alone, (), as_of=AS_OF), ())
    assert codes(by_case[1]) == [f"implausible.{key}"]


def test_without_an_embolisation_nothing_is_stated() -> None:
    stated = Stated({"ecog": Fraction(1)})
    laid, seen, odd = add_embolisation(stated, None, DAY)
    assert (laid.values, seen, odd) == ({**stated.values, "scan_date": DAY}, {}, ())
    assert add_embolisation(stated, None, None) == (stated, {}, ())


@pytest.mark.parametrize(
    ("of_case", "by_facts", "on"),
    [(None, None, None), (None, DAY, DAY), (DAY, None, DAY), (DAY, DAY, DAY)],
)
def test_h04_the_scan_is_dated_by_the_case_or_by_the_facts(
    of_case: date | None, by_facts: date | None, on: date | None
) -> None:
    """`trials.md` 7.0: `scan_date` is the day of the scan, which `[imaging] date` fills."""
    stated = Stated({} if by_facts is None else {"scan_date": by_facts})
    reading = Reading(phase="portal venous", scanned_on=of_case)
    assert date_reading(reading, stated) == (Reading(phase="portal venous", scanned_on=on), ())


@pytest.mark.parametrize(
    ("by_facts", "told"),
    [(DAY_AFTER, "1 day later"), (DAY_BEFORE, "1 day earlier"), (AS_OF, "21 days later")],
)
def test_h15_a_scan_that_facts_date_otherwise_is_reported(by_facts: date, told: str) -> None:
    stated = Stated({"scan_date": by_facts}, {"scan_date": "case.toml"})
    reading, (found,) = date_reading(Reading(scanned_on=DAY), stated)
    assert (reading.scanned_on, found.code, found.file) == (DAY, "date.scan_apart", "case.toml")
    assert told in found.message
    assert found.value == (by_facts - DAY).days
