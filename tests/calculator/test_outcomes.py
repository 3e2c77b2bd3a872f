"""What became of the patients of a trial [clinical.md 16, trials.md 11]."""

from typing import Any

import pytest

from tests.calculator.asking import refusal, results
from tests.cases import each_case

RANDOMISING, UNCLEAR, BY_WISH, SINGLE = "DRAGON 2", "NCT04562727", "NCT06449937", "RESCUE"


def records(**states: str) -> list[dict[str, str]]:
    """One patient's states after another's."""
    return [{"id": id_, "became": one} for id_, told in states.items() for one in told.split()]


def count(trial: str, **states: str) -> dict[str, Any]:
    return results("outcome_counts", trial=trial, records=records(**states))


def refused(trial: str, states: str) -> str:
    wrong = refusal("outcome_counts", trial=trial, records=records(a=states))
    assert wrong.code == "outcome.step"
    return wrong.reason


def test_resected_of_the_randomised_or_of_the_treated() -> None:
    found = count(RANDOMISING, a="consented randomised treated resected", b="consented randomised")
    assert (found["resected_of"], found["resected_pct"]) == ("randomised", 50)
    found = count(SINGLE, a="consented treated resected", b="consented treated", c="consented")
    assert (found["resected_of"], found["resected_pct"]) == ("treated", 50)


def test_of_nobody_there_is_no_percentage() -> None:
    assert count(RANDOMISING, a="consented")["resected_pct"] is None
    assert count(BY_WISH, a="approached declined")["resected_pct"] is None


def test_whoever_has_a_record_was_approached() -> None:
    assert count(RANDOMISING, a="declined", b="consented", c="screen_failure")["approached"] == 3


def test_only_trials_that_randomise_may_be_randomised_in() -> None:
    assert count(UNCLEAR, a="consented randomised treated")["randomised"] == 1
    assert count(UNCLEAR, a="consented treated")["treated"] == 1
    assert count("PUMP-IT", a="consented randomised treated")["treated"] == 1
    for trial in (BY_WISH, SINGLE):
        assert refused(trial, "consented randomised").endswith("is not randomised")
    for trial in (RANDOMISING, "PUMP-IT"):
        assert refused(trial, "consented treated").endswith('requires "randomised" first')


@each_case(
    "states, why",
    [
        ("randomised", 'requires "consented" first'),
        ("consented resected", 'requires "treated" first'),
        ("approached withdrawn", 'requires "consented" first'),
        ("consented declined", '"declined" cannot follow "consented"'),
        ("consented approached", '"approached" cannot follow "consented"'),
        ("consented randomised screen_failure", '"screen failure" cannot follow "randomised"'),
        ("consented treated randomised", '"randomised" cannot follow "treated"'),
        ("approached approached", '"approached" is already recorded'),
        ("consented treated treated", '"treated" is already recorded'),
        ("declined consented", '"consented" cannot follow "declined"'),
        ("consented screen_failure treated", '"treated" cannot follow "screen failure"'),
        ("consented withdrawn treated", '"treated" cannot follow "withdrawn"'),
    ],
)
def test_a_step_out_of_order_is_refused(states: str, why: str) -> None:
    assert why in refused(UNCLEAR, states)


def test_withdrawal_may_follow_a_resection() -> None:
    assert count(SINGLE, a="consented treated resected withdrawn")["withdrawn"] == 1


def test_patients_by_arm_as_reported() -> None:
    told = records(
        a="consented treated", b="consented treated", c="consented treated", d="declined"
    )
    for one, group in zip(told[1:6:2], ("I", "II", "I"), strict=True):
        one["arm"] = group
    found = results("outcome_counts", trial=BY_WISH, records=told)
    assert found["by_arm"] == {"I": 2, "II": 1}
    assert count(BY_WISH, a="consented")["by_arm"] is None


@pytest.mark.parametrize("trial", ["NCT00000000", "dragon"])
def test_an_unknown_trial_is_refused(trial: str) -> None:
    wrong = refusal("outcome_counts", trial=trial, records=records(a="consented"))
    assert wrong.code == "trial.unknown"
