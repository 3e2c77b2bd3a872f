"""A trial by its names, the limits that it sets, and where it can be had."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from fl_planner.basis.findings import InputRefused, Severity
from fl_planner.intake.documents.protocols import read_bundled, read_bundled_trials, read_protocols
from fl_planner.trials.criterion import (
    Centre,
    Offer,
    find_by_words,
    find_centre_doubts,
    find_limits,
    find_offer,
    find_trial,
)
from fl_planner.trials.patient_steps import (
    OutcomeCounts,
    TrialStep,
    count_outcomes,
    get_required,
    require_step,
)
from tests.cases import each_case
from tests.patients import TRIALS
from tests.refusals import refuses

DRAGON, LOCAL = TRIALS[0], TRIALS[1]


@each_case("word", ["NCT05428735", "nct05428735", "DRAGON 2", "dragon2", " Dragon-2"])
def test_dragon_2_by_any_of_its_names(word: str) -> None:
    assert find_trial(word, TRIALS).id == "NCT05428735"


def test_a_short_name() -> None:
    assert find_trial("local_plus_systemic", TRIALS) is LOCAL
    assert find_trial("PUMP IT", TRIALS) is find_trial("PUMP-IT", TRIALS)
    assert find_trial("nct06449937 (Local liver treatment)", TRIALS) is LOCAL


@each_case("word", ["DRAGON", "", "-", "NCT0542873", "dragon 22"])
def test_a_part_of_a_name_is_no_trial(word: str) -> None:
    with refuses("trial.unknown", says="is not a known trial") as refused:
        find_trial(word, TRIALS)
    assert refused.value.remedy == f"give one of {', '.join(one.called for one in TRIALS)}"


def test_a_name_of_two_trials_is_nobody() -> None:
    twin = replace(DRAGON, id="OWN-1", short="own", name="dragon  2")
    with pytest.raises(InputRefused, match="matches several trials") as refused:
        find_trial("DRAGON 2", (*TRIALS, twin))
    assert refused.value.remedy == "give one of DRAGON 2 (NCT05428735), dragon  2 (OWN-1)"


def test_a_number_goes_before_a_name() -> None:
    twin = replace(DRAGON, id="OWN-1", short="own", name="NCT05428735")
    assert find_trial("NCT05428735", (*TRIALS, twin)) is DRAGON


def test_a_name_as_written_goes_before_one_without_its_punctuation() -> None:
    """Names of a centre's own trials may differ in a sign alone."""
    plus = replace(DRAGON, id="OWN-1", short="own", name="DRAGON 2+")
    minus = replace(LOCAL, id="OWN1", short="dragon-2", name="other")
    trials = (*TRIALS, plus, minus)
    names = ("DRAGON 2", "dragon2+", "dragon-2", "own-1", "OWN 1")
    assert [find_trial(name, trials) for name in names] == [DRAGON, plus, minus, plus, minus]
    with refuses("trial.unknown", says="matches several trials"):
        find_trial("dragon_2", trials)


def test_words_that_two_trials_have_are_nobody() -> None:
    twin = replace(DRAGON, id="OWN-1", short="own", name="Dragon 3")
    assert find_by_words("dragon 3", (*TRIALS, twin)) is twin
    with refuses("trial.unknown", says="matches several trials") as refused:
        find_by_words("drag", (*TRIALS, twin))
    assert refused.value.remedy == "give one of DRAGON 2 (NCT05428735), Dragon 3 (OWN-1)"


@each_case("word", ["", " ", "-", "agon", "dragon 4"])
def test_no_word_of_a_name_is_no_trial(word: str) -> None:
    with refuses("trial.unknown", says="is not a known trial"):
        find_by_words(word, TRIALS)


def test_one_that_lends_a_limit_is_meant_last() -> None:
    lending = replace(DRAGON, id="OWN-2", short="lending", name="Dragon PLC")
    assert find_by_words("dragon", TRIALS, (lending,)) is DRAGON
    assert find_by_words("plc", TRIALS, (lending,)) is lending


def test_the_limits_in_print_are_found_by_fact() -> None:
    """Shares: DRAGON 2 and RESCUE 30 and 40 %, DRAGON PLC 50 %; lungs 15 Gy; function 2.67."""
    limits = find_limits((*read_bundled_trials(), *read_protocols().each))
    assert limits["flr_fraction"] == (Fraction(3, 10), Fraction(2, 5), Fraction(1, 2))
    assert limits["untreated_nontumorous_fraction"] == (Fraction(3, 10),)
    assert limits["lung_dose_gy_at_150gy_tumour"] == (Fraction(15),)
    assert Fraction("2.67") in limits["flr_function_pct_per_min_per_m2"]
    assert "cirrhosis" not in limits  # a yes or no has no number


def test_they_are_those_of_each_trial_by_itself() -> None:
    trials = read_bundled_trials()
    for fact, limits in find_limits(trials).items():
        alone = {limit.value for trial in trials for limit in trial.limits_on(fact)}
        assert limits == tuple(sorted(alone))


def test_without_trials_there_is_none() -> None:
    assert find_limits(()) == {}


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
        "NCT06449937 (local liver treatment) is not on the trial list of Site 7; "
        "assumed to be available by referral"
    )


@each_case("days, stale", [(0, False), (90, False), (91, True), (-90, False), (-91, True)])
def test_a_list_is_old_after_ninety_days(days: int, stale: bool) -> None:
    doubts = find_centre_doubts(FULL, TRIALS, ON + timedelta(days))
    assert [doubt.code for doubt in doubts] == (["centre.stale"] if stale else [])
    for doubt in doubts:
        assert (doubt.severity, doubt.value, doubt.unit) == (Severity.WARNING, 91, "d")
        assert "by 91 days, more than 90" in doubt.message


def test_without_a_judging_date_no_list_is_old() -> None:
    assert find_centre_doubts(FULL, TRIALS, None) == ()


@each_case(
    "offer, said",
    [
        (Offer("open"), "recruiting here"),
        (Offer("referral", "trial office"), "by referral (trial office)"),
        (Offer("referral", None, "regional centre"), "by referral (regional centre)"),
        (Offer("closed", "office", "centre"), "closed here (office, centre)"),
    ],
)
def test_offers_reported_to_people(offer: Offer, said: str) -> None:
    assert str(offer) == said


# ---- what becomes of patients


DRAGON_ID, RESCUE = read_bundled("dragon2"), read_bundled("rescue")  # one randomises, one does not


@each_case(
    "behind, state, says",
    [
        (["approached", "consented"], "randomised", None),
        (["consented", "randomised"], "treated", None),
        (["consented", "randomised"], "randomised", '"randomised" is already recorded'),
        (["declined"], "randomised", '"randomised" cannot follow "declined"'),
        (["consented", "screen_failure"], "treated", '"treated" cannot follow "screen failure"'),
        (["consented"], "approached", '"approached" cannot follow "consented"'),
        (["consented", "randomised"], "screen_failure", 'cannot follow "randomised"'),
        (["approached"], "randomised", '"randomised" in DRAGON 2 requires "consented" first'),
        (["consented"], "treated", '"treated" in DRAGON 2 requires "randomised" first'),
        ([], "withdrawn", '"withdrawn" in DRAGON 2 requires "consented" first'),
        ([], "approached", None),
    ],
)
def test_a_step_follows_what_is_behind(behind: list[str], state: str, says: str | None) -> None:
    if says is None:
        require_step(DRAGON_ID, behind, state, "records")
        return
    with refuses("outcome.step", says=says):
        require_step(DRAGON_ID, behind, state, "records")


def test_a_trial_of_one_arm_does_not_randomise() -> None:
    with refuses("outcome.step", says="RESCUE is not randomised"):
        require_step(RESCUE, ["consented"], "randomised", "records")
    require_step(RESCUE, ["consented"], "treated", "records")
    assert (get_required(RESCUE, "treated"), get_required(DRAGON_ID, "treated")) == (
        "consented",
        "randomised",
    )
    assert get_required(DRAGON_ID, "approached") is None


def steps(*told: tuple[str, str] | tuple[str, str, str]) -> list[TrialStep]:
    return [TrialStep(*one) for one in told]


def test_patients_are_counted_once_a_state_by_the_last_arm() -> None:
    """Two of three randomised are resected; who declines and consents later has consented."""
    found = count_outcomes(
        DRAGON_ID,
        steps(
            *(("a", "declined"), ("b", "consented"), ("c", "approached"), ("c", "consented")),
            *(("b", "randomised", "A"), ("c", "randomised", "B"), ("b", "treated", "B")),
            *(("b", "resected"), ("c", "treated")),
        ),
    )
    assert found.patients == {
        "approached": 3,
        "declined": 1,
        "consented": 2,
        "randomised": 2,
        "treated": 2,
        "resected": 1,
    }
    assert found.arms == {"B": 2}
    assert (found.resected_of, found.resected_percent) == ("randomised", Fraction(50))


def test_a_rate_of_nobody_is_none_and_of_one_arm_it_is_of_those_treated() -> None:
    nobody = count_outcomes(RESCUE, ())
    assert (nobody.resected_of, nobody.resected_percent) == ("treated", None)
    assert isinstance(replace(nobody), OutcomeCounts)


def test_an_entry_out_of_order_is_named() -> None:
    with refuses("outcome.step", "records, entry 2"):
        count_outcomes(DRAGON_ID, steps(("a", "approached"), ("a", "treated")))
