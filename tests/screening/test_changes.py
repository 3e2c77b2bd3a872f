"""What two records differ in, by small records that differ in one thing."""

from typing import Any

import pytest

from fl_planner.record.over_time.log import DifferenceRecord
from fl_planner.screening.verify import (
    compare_criteria,
    compare_facts,
    compare_measured,
    compare_outcomes,
    compare_rules,
    list_ages,
)
from tests.screening.logs import PLAN

Record = dict[str, Any]
FINDERS = (compare_rules, compare_facts, compare_measured, compare_criteria, compare_outcomes)


def differ(before: Record, after: Record) -> list[DifferenceRecord]:
    """List all that differs."""
    return [change for find in FINDERS for change in find(before, after)]


def test_a_record_does_not_differ_from_itself() -> None:
    assert differ(PLAN, PLAN) == []


def test_a_trial_that_is_not_judged_now_is_a_rule_and_no_answer() -> None:
    fewer = {**PLAN, "trials": PLAN["trials"][1:], "rules": PLAN["rules"][1:]}
    (change,) = differ(PLAN, fewer)
    assert (change.kind, change.name) == ("rule", "NCT05428735")
    assert change.message.endswith("is no longer assessed")
    (change,) = differ(fewer, PLAN)
    assert change.message.endswith("was not assessed previously")


def test_a_criterion_that_is_asked_no_more() -> None:
    first, *others = PLAN["trials"]
    shorter = {**first, "criteria": first["criteria"][1:]}
    (change,) = differ(PLAN, {**PLAN, "trials": [shorter, *others]})
    assert change.name == "DRAGON 2 (NCT05428735) I1"
    assert change.after == "nothing"


def test_ages_are_no_facts_that_changed() -> None:
    before = {"facts": {"labs_age_days": 3, "ecog": 1}}
    after = {"facts": {"labs_age_days": 9, "ecog": 1}}
    assert [*compare_facts(before, after)] == []
    assert (list_ages(before), list_ages(after)) == ({"labs_age_days": 3}, {"labs_age_days": 9})


@pytest.mark.parametrize(
    ("was", "now", "message"),
    [
        (0.299960482, 0.31, "x: was 0.299960482, now 0.31"),
        (True, None, "x: was yes, now nothing"),
        (["lung"], [], "x: was lung, now none"),
        ("A", "B", "x: was A, now B"),
        (1, 2, "x: was 1, now 2"),
    ],
    ids=["fraction", "gone", "list", "code", "count"],
)
def test_a_fact_then_and_now(was: object, now: object, message: str) -> None:
    """Never rounded: 29.996 and 30 % are two answers."""
    entries = {} if now is None else {"x": now}
    (change,) = compare_facts({"facts": {"x": was}}, {"facts": entries})
    assert change.message == message


def test_numbers_of_the_masks_are_named_by_their_key() -> None:
    (change,) = compare_measured({"voxels": {"flr": 1}}, {"voxels": {"flr": 2}})
    assert (change.name, change.before) == ("voxels", None)
    (change,) = compare_measured({"flr_percent": 29.96, "flr_percent_shown": "x"}, {})
    assert (change.name, change.before, change.after) == ("flr_percent", "29.96", "nothing")
