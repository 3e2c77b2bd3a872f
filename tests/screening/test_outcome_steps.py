"""What became of patients after consent: each step rests on those before it [trials.md 11]."""

import csv
import json
from fractions import Fraction
from io import StringIO
from pathlib import Path

import pytest

from tests.cases import each_case
from tests.cli.outside import Record, ask, refused, told
from tests.record.schemas import require_valid
from tests.screening.test_screen import lines
from tests.shared import shared

DRAGON_2, RESCUE = "NCT05428735", "NCT06178198"


def keep(log: Path, case: str, trial: str, states: str, *more: str) -> None:
    for state in states.split():
        ran = ask("outcome", log, case, trial, state, *more)
        assert ran.status == 0, ran.err


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Record END-15 in a log."""
    path = tmp_path / "log.sqlite"
    book = json.loads(shared("endpoints.json").read_text("utf-8"))["vectors"]
    (example,) = (one for one in book if one["id"] == "END-15")
    for one in example["inputs"]["records"]:
        why = ["--criterion", "E3"] if one["became"] == "screen_failure" else []
        keep(path, one["id"], DRAGON_2, one["became"], *why)
    return path


COUNTS = {
    "approached": 6, "declined": 1, "consented": 5, "screen_failure": 1,
    "randomised": 4, "treated": 2, "resected": 1, "withdrawn": 1,
}  # fmt: skip


def test_the_log_counts_as_the_worked_example(log: Path) -> None:
    record = require_valid(told("log", log))
    (counts,) = record["outcomes"]
    of = {"trial": DRAGON_2, "resected_of": "randomised", "resected_percent": 25.0}
    assert counts == {**COUNTS, **of}
    shown = " ".join(ask("log", log).out.split())
    assert "6 approached, 1 declined, 5 consented, 1 failed screening, 4 randomised" in shown
    assert "2 treated, 1 resected, 1 withdrawn" in shown


def test_the_flow_diagram_counts_as_the_worked_example(log: Path, tmp_path: Path) -> None:
    path = lines(tmp_path / "list.jsonl", **{one: {"ecog": 1} for one in "abcdef"})
    record = require_valid(told("screen", path, "--outcomes", log))
    (counts,) = (one for one in record["consort"]["trials"] if one["trial"] == DRAGON_2)
    of_screen = {"screen_failures" if n == "screen_failure" else n: c for n, c in COUNTS.items()}
    assert {name: counts[name] for name in of_screen} == of_screen
    rows = csv.DictReader(StringIO(ask("screen", path, "--outcomes", log, "--consort").out))
    found = {row["step"]: row["patients"] for row in rows if row["trial"] == DRAGON_2}
    assert {name: int(found[name]) for name in of_screen} == of_screen
    assert "4 randomised" in " ".join(ask("screen", path, "--outcomes", log).out.split())


def test_a_log_of_one_case_counts_that_case(log: Path) -> None:
    (counts,) = told("log", log, "--case", "b")["outcomes"]
    assert (counts["randomised"], counts["withdrawn"], counts["treated"]) == (1, 1, 0)


def refusal(log: Path, *words: object) -> Record:
    return refused("outcome", log, *words)


@pytest.mark.slow
@each_case(
    "behind, state, why",
    [
        ("approached", "randomised", 'requires "consented" first'),
        ("consented", "treated", 'requires "randomised" first'),
        ("consented randomised", "resected", 'requires "treated" first'),
        ("declined", "withdrawn", 'cannot follow "declined"'),
        ("consented randomised", "declined", '"declined" cannot follow "consented"'),
        ("consented randomised", "randomised", "is already recorded"),
        ("consented withdrawn", "randomised", 'cannot follow "withdrawn"'),
    ],
)
def test_h12_a_step_without_what_it_rests_on_is_not_recorded(
    behind: str, state: str, why: str, tmp_path: Path
) -> None:
    path = tmp_path / f"{'-'.join([*behind.split(), state])}.sqlite"
    keep(path, "p", DRAGON_2, behind)
    wrong = refusal(path, "p", DRAGON_2, state)
    assert (wrong["code"], why in wrong["reason"]) == ("outcome.step", True), wrong
    assert len(told("log", path)["entries"]) == len(behind.split())


def test_a_single_arm_trial_randomises_nobody(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    keep(path, "p", RESCUE, "consented")
    assert refusal(path, "p", RESCUE, "randomised")["reason"] == "RESCUE is not randomised"
    keep(path, "p", RESCUE, "treated resected")
    (counts,) = told("log", path)["outcomes"]
    assert (counts["resected_of"], counts["resected_percent"]) == ("treated", 100)


def test_who_declined_may_consent_and_be_randomised(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    keep(path, "p", DRAGON_2, "declined consented randomised")
    (counts,) = told("log", path)["outcomes"]
    assert (counts["declined"], counts["consented"], counts["randomised"]) == (0, 1, 1)


def test_another_trials_steps_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    keep(path, "p", RESCUE, "consented")
    assert refusal(path, "p", DRAGON_2, "randomised")["code"] == "outcome.step"
    keep(path, "q", DRAGON_2, "consented")
    assert refusal(path, "p", DRAGON_2, "randomised")["code"] == "outcome.step"


def test_the_arm_is_kept_as_reported(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    keep(path, "p", DRAGON_2, "consented")
    wrong = refusal(path, "p", DRAGON_2, "approached", "--arm", "PVE")
    assert wrong["code"] == "outcome.arm"
    for empty in ("", " "):
        wrong = refusal(path, "p", DRAGON_2, "randomised", "--arm", empty)
        assert (wrong["code"], wrong["reason"]) == ("outcome.arm", "the arm is empty")
        assert wrong["remedy"] == "give the name of the arm, or omit --arm"
    said = ask("outcome", path, "p", DRAGON_2, "randomised", "--arm", "PVE/HVE")
    assert said.out == "recorded: p, DRAGON 2: randomised, PVE/HVE\n"
    record = require_valid(told("log", path))
    assert record["entries"][1]["outcome"]["arm"] == "PVE/HVE"
    assert record["outcomes"][0]["arms"] == {"PVE/HVE": 1}
    rows = [*csv.DictReader(StringIO(ask("log", path, "--csv").out))]
    assert [row["outcome_arm"] for row in rows] == ["", "PVE/HVE"]
    record = told("outcome", path, "p", "--withdraw", 2)
    assert record["withdraws"]["arm"] == "PVE/HVE"


def test_h12_what_a_later_step_rests_on_is_not_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    keep(path, "p", DRAGON_2, "approached consented randomised")
    keep(path, "q", DRAGON_2, "consented")
    keep(path, "p", RESCUE, "consented treated")
    wrong = refusal(path, "p", "--withdraw", 2)
    assert wrong["code"] == "outcome.rests_on_it"
    assert "entry 3 (randomised)" in wrong["reason"]
    for number in (1, 3, 2):
        assert ask("outcome", path, "p", "--withdraw", number).status == 0
    assert ask("outcome", path, "q", "--withdraw", 4).status == 0


def test_a_hospitals_own_trial_is_counted_as_one_that_may_randomise() -> None:
    from fl_planner.record.over_time.log import OutcomeRecord
    from fl_planner.screening.listing import count_by_trial

    told = [OutcomeRecord(trial="HARBOUR-1", became=one) for one in ("consented", "treated")]
    ((trial, counts),) = count_by_trial([told])
    assert (trial, counts.resected_of, counts.resected_percent) == (
        "HARBOUR-1",
        "treated",
        Fraction(0),
    )


def test_h11_outcomes_of_ids_that_look_the_same_are_of_one_patient(tmp_path: Path) -> None:
    """E with an acute accent as one character, and as two, as in a list from macOS."""
    path, one, two = tmp_path / "log.sqlite", "\u00c9a", "E\u0301a"
    keep(path, one, DRAGON_2, "consented")
    keep(path, two, DRAGON_2, "randomised")
    keep(path, "Ea", DRAGON_2, "approached")
    (counts,) = told("log", path)["outcomes"]
    assert (counts["approached"], counts["randomised"], counts["consented"]) == (2, 1, 1)
    for case in (one, two):
        listed = told("log", path, "--case", case)
        assert len(listed["entries"]) == 2
        assert listed["outcomes"][0]["approached"] == 1
    of_two = lines(tmp_path / "list.jsonl", **{two: {"ecog": 1}})
    record = told("screen", of_two, "--outcomes", path)
    (lost,) = (one for one in record["findings"] if one["code"] == "outcome.not_listed")
    assert lost["value"] == 1  # Ea
    (row,) = record["rows"]
    assert row["outcomes"][DRAGON_2]["became"] == "randomised"
    assert refusal(path, two, "--withdraw", 1)["code"] == "outcome.rests_on_it"
    assert ask("outcome", path, one, "--withdraw", 2).status == 0
