"""An outcome that was recorded wrongly: taken back by a further entry, and counted no more."""

import csv
import json
import shutil
import sqlite3
from contextlib import closing
from fractions import Fraction
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from fl_planner.cli.log import STATUSES
from fl_planner.intake.documents.protocols import read_trials
from fl_planner.screening.log import find_changes, read_log
from fl_planner.trials.patient_steps import STATES
from tests.cases import each_case
from tests.cli.outside import BUNDLED, Record, ask, refused, told
from tests.record.schemas import require_valid
from tests.screening.logs import tamper
from tests.screening.test_screen import lines
from tests.shared import shared

RESCUE, DRAGON_2 = "NCT06178198", "NCT05428735"
LIST = "id,hcc_present,crlm_present\np1,yes,no\np2,yes,no\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "log.sqlite"
    for words in (
        ("p1", RESCUE, "declined"),
        ("p1", RESCUE, "consented"),
        ("p1", RESCUE, "screen_failure", "--criterion", "I7"),
        ("p2", RESCUE, "approached"),
    ):
        assert ask("outcome", path, *words).status == 0
    return path


def codes(record: Record) -> set[str]:
    return {one["code"] for one in record["findings"]}


def counted(log: Path) -> tuple[Record, Record]:
    """Count by the log: of the one trial, and what was last recorded by patient."""
    table = log.with_name("list.csv")
    table.write_text(LIST, "utf-8")
    record = require_valid(told("screen", table, "--outcomes", log))
    (rescue,) = (one for one in record["consort"]["trials"] if one["trial"] == RESCUE)
    steps = ("approached", "declined", "consented", "screen_failures")
    return (
        {step: rescue[step] for step in steps},
        {row["id"]: row["outcomes"][RESCUE]["became"] for row in record["rows"]
         if "outcomes" in row},
    )  # fmt: skip


def test_h12_what_was_taken_back_is_counted_no_more(log: Path) -> None:
    steps, last = counted(log)
    assert steps == {"approached": 2, "declined": 0, "consented": 1, "screen_failures": 1}
    assert last == {"p1": "screen_failure", "p2": "approached"}
    for number in (3, 2):
        assert ask("outcome", log, "p1", "--withdraw", number).status == 0
    steps, last = counted(log)  # he declined first: that holds again
    assert steps == {"approached": 2, "declined": 1, "consented": 0, "screen_failures": 0}
    assert last == {"p1": "declined", "p2": "approached"}
    assert ask("outcome", log, "p2", "--withdraw", 4).status == 0
    steps, last = counted(log)
    assert (steps["approached"], last) == (1, {"p1": "declined"})
    assert ask("outcome", log, "p2", RESCUE, "consented").status == 0
    assert counted(log)[1] == {"p1": "declined", "p2": "consented"}


def test_a_log_that_another_process_creates_meanwhile_gets_the_outcome_too(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = tmp_path / "new.sqlite"

    def create(folder: Path | None) -> Any:
        shutil.copy(log, new)
        return read_trials(folder)

    monkeypatch.setattr("fl_planner.screening.listing.read_trials", create)
    assert ask("outcome", new, "p9", RESCUE, "approached").status == 0
    assert len(read_log(new)) == len(read_log(log)) + 1


def test_h11_outcomes_of_ids_that_differ_only_in_case_are_counted_apart_with_a_finding(
    log: Path,
) -> None:
    assert "screen.ids_alike" not in codes(told("log", log))
    assert ask("outcome", log, "P1", RESCUE, "approached").status == 0
    (alike,) = [one for one in told("log", log)["findings"] if one["code"] == "screen.ids_alike"]
    assert (
        alike["message"]
        == "the ids of entries 1, 5 differ only in upper and lower case, blanks or leading zeros"
    )
    assert "screen.ids_alike" in codes(told("log", log, "--case", "p1"))
    assert "screen.ids_alike" not in codes(told("log", log, "--case", "p2"))
    assert "differ only in upper and lower case" in ask("log", log).out
    assert ask("outcome", log, "P1", "--withdraw", 5).status == 0
    assert "screen.ids_alike" not in codes(told("log", log))


@pytest.mark.parametrize("other", ["P1", " p1", "p 1"])
def test_h11_an_outcome_of_an_id_like_a_recorded_one_has_a_finding(other: str, log: Path) -> None:
    says = "the ids of this outcome and entry 1 differ only in upper and lower case, blanks or "
    says += "leading zeros"
    ran = ask("outcome", log, other, RESCUE, "approached")
    assert ran.status == 0
    assert " ".join(ran.err.split()) == f"warning: {says} (screen.ids_alike)"
    record = require_valid(told("outcome", log, other, RESCUE, "approached"))
    (alike,) = record["findings"]
    assert (alike["code"], alike["severity"]) == ("screen.ids_alike", "warning")
    assert alike["message"] == says
    assert told("log", log)["entries"][-1]["findings"] == ["screen.ids_alike"]


def test_h11_all_entries_with_ids_like_that_of_an_outcome_are_named(log: Path) -> None:
    assert ask("outcome", log, "P1", RESCUE, "approached").status == 0
    (alike,) = told("outcome", log, "P 1", RESCUE, "approached")["findings"]
    assert alike["message"].startswith("the ids of this outcome and entries 1, 5 differ only in ")
    assert ask("outcome", log, "7", RESCUE, "approached").err == ""
    assert "outcome and entry 7 differ" in ask("outcome", log, "007", RESCUE, "approached").err


def test_an_outcome_of_another_or_the_same_id_has_no_finding(log: Path) -> None:
    for id_ in ("p1", "p2", "p11", "q1", "1p"):
        ran = ask("outcome", log, id_, RESCUE, "approached")
        assert (ran.status, ran.err) == (0, ""), id_
    assert "findings" not in told("outcome", log, "p3", RESCUE, "approached")


def test_an_outcome_withdrawn_from_a_wrong_id_is_no_longer_compared(log: Path) -> None:
    assert ask("outcome", log, "P9", RESCUE, "approached").err == ""
    assert ask("outcome", log, "P9", "--withdraw", 5).status == 0
    assert ask("outcome", log, "p9", RESCUE, "approached").err == ""


def test_h12_a_log_that_an_outcome_creates_is_named(log: Path) -> None:
    ran = ask("outcome", log.with_name("lgo.sqlite"), "p1", RESCUE, "approached")
    recorded = "recorded: p1, RESCUE: approached\n"
    assert (ran.out, ran.err) == (f"{recorded}a new log was created: lgo.sqlite\n", "")
    assert ask("outcome", log, "p1", RESCUE, "approached").out == recorded


def test_h12_nothing_is_deleted_and_the_chain_holds(log: Path) -> None:
    before = read_log(log)
    assert ask("outcome", log, "p1", "--withdraw", 2).status == 0
    after = read_log(log)
    assert after[:4] == before
    assert not find_changes(after)
    assert (after[4].previous, after[4].case_id) == (before[3].chain, "p1")


def test_it_states_what_was_taken_back(log: Path) -> None:
    said = ask("outcome", log, "p1", "--withdraw", 3)
    assert said.out == "withdrawn: entry 3, p1, RESCUE: screen failure on I7\n"
    record = require_valid(told("outcome", log, "p1", "--withdraw", 2))
    assert record["schema"] == "fl-planner/withdrawal/1"
    assert record["withdraws"] == {"entry": 2, "trial": RESCUE, "became": "consented"}


def test_the_list_marks_both_entries(log: Path) -> None:
    assert ask("outcome", log, "p1", "--withdraw", 3).status == 0
    record = require_valid(told("log", log, "--case", "p1"))
    first, _, third, last = record["entries"]
    assert "withdrawn_by" not in first
    assert third["withdrawn_by"] == last["sequence"] == 5
    assert last["withdraws"] == {
        "entry": 3, "trial": RESCUE, "became": "screen_failure", "criterion": "I7",
    }  # fmt: skip
    shown = " ".join(ask("log", log).out.split())
    assert "(withdrawn by entry 5)" in shown
    assert "withdraws entry 3" in shown
    rows = [*csv.DictReader(StringIO(ask("log", log, "--csv").out))]
    assert [row["withdrawn_by"] for row in rows] == ["", "", "5", "", ""]
    assert [row["withdraws"] for row in rows] == ["", "", "", "", "3"]
    assert [row["outcome_criterion"] for row in rows][:4] == ["", "", "I7", ""]


def test_h11_a_wrong_number_takes_back_nobody_elses_word(log: Path) -> None:
    assert refused("outcome", log, "p2", "--withdraw", 3)["code"] == "outcome.other_case"
    assert len(read_log(log)) == 4


@pytest.mark.slow
def test_what_cannot_be_taken_back(log: Path) -> None:
    assert ask("plan", BUNDLED / "crlm" / "case.toml", "--log", log).status == 0
    plan = refused("outcome", log, "crlm", "--withdraw", 5)
    assert plan["code"] == "outcome.no_outcome"
    assert "by the command plan" in plan["reason"]
    assert refused("outcome", log, "p1", "--withdraw", 9)["code"] == "log.no_entry"
    assert ask("outcome", log, "p1", "--withdraw", 1).status == 0
    twice = refused("outcome", log, "p1", "--withdraw", 1)
    assert (twice["code"], "by entry 6" in twice["reason"]) == ("outcome.withdrawn_already", True)
    assert refused("outcome", log, "p1", "--withdraw", 6)["code"] == "outcome.no_outcome"
    missing = log.with_name("none.sqlite")
    assert refused("outcome", missing, "p1", "--withdraw", 1)["code"] == "log.missing"


@pytest.mark.parametrize(
    "words",
    [
        ("p1",), ("p1", RESCUE), ("p1", RESCUE, "declined", "--withdraw", "1"),
        ("p1", "--withdraw", "1", "--criterion", "I7"), ("--withdraw", "1"),
        ("p1", "--withdraw", "x"),
    ],
    ids=range(6),
)  # fmt: skip
def test_words_that_do_not_fit_together(log: Path, words: tuple[str, ...]) -> None:
    assert refused("outcome", log, *words)["code"] == "usage.wrong"
    assert len(read_log(log)) == 4


def test_h12_nothing_is_taken_back_in_a_log_that_was_changed(log: Path) -> None:
    tamper(log, "UPDATE entry SET case_id = 'p1' WHERE sequence = 4")
    assert refused("outcome", log, "p1", "--withdraw", 4)["code"] == "log.entry_changed"


def test_h12_a_version_that_would_count_it_cannot_read_it(log: Path) -> None:
    def layout() -> int:
        with closing(sqlite3.connect(log)) as base:
            (number,) = base.execute("PRAGMA user_version").fetchone()
            return int(number)

    assert layout() == 1
    assert ask("outcome", log, "p1", "--withdraw", 1).status == 0
    assert layout() == 2
    assert ask("outcome", log, "p2", DRAGON_2, "approached").status == 0
    assert layout() == 2


def test_command_and_record_know_the_same_outcomes() -> None:
    assert STATUSES == STATES


# ---- each step rests on those before it


DRAGON, RESCUE_ID = "NCT05428735", "NCT06178198"


def keep(recorded: Path, case: str, trial: str, states: str, *more: str) -> None:
    for state in states.split():
        ran = ask("outcome", recorded, case, trial, state, *more)
        assert ran.status == 0, ran.err


@pytest.fixture
def recorded(tmp_path: Path) -> Path:
    """Record END-15 in a log."""
    path = tmp_path / "log.sqlite"
    book = json.loads(shared("endpoints.json").read_text("utf-8"))["vectors"]
    (example,) = (one for one in book if one["id"] == "END-15")
    for one in example["inputs"]["records"]:
        why = ["--criterion", "E3"] if one["became"] == "screen_failure" else []
        keep(path, one["id"], DRAGON, one["became"], *why)
    return path


COUNTS = {
    "approached": 6, "declined": 1, "consented": 5, "screen_failure": 1,
    "randomised": 4, "treated": 2, "resected": 1, "withdrawn": 1,
}  # fmt: skip


def test_the_log_counts_as_the_worked_example(recorded: Path) -> None:
    record = require_valid(told("log", recorded))
    (counts,) = record["outcomes"]
    of = {"trial": DRAGON, "resected_of": "randomised", "resected_percent": 25.0}
    assert counts == {**COUNTS, **of}
    shown = " ".join(ask("log", recorded).out.split())
    assert "6 approached, 1 declined, 5 consented, 1 failed screening, 4 randomised" in shown
    assert "2 treated, 1 resected, 1 withdrawn" in shown


def test_the_flow_diagram_counts_as_the_worked_example(recorded: Path, tmp_path: Path) -> None:
    path = lines(tmp_path / "list.jsonl", **{one: {"ecog": 1} for one in "abcdef"})
    record = require_valid(told("screen", path, "--outcomes", recorded))
    (counts,) = (one for one in record["consort"]["trials"] if one["trial"] == DRAGON)
    of_screen = {"screen_failures" if n == "screen_failure" else n: c for n, c in COUNTS.items()}
    assert {name: counts[name] for name in of_screen} == of_screen
    rows = csv.DictReader(StringIO(ask("screen", path, "--outcomes", recorded, "--consort").out))
    found = {row["step"]: row["patients"] for row in rows if row["trial"] == DRAGON}
    assert {name: int(found[name]) for name in of_screen} == of_screen
    assert "4 randomised" in " ".join(ask("screen", path, "--outcomes", recorded).out.split())


def test_a_log_of_one_case_counts_that_case(recorded: Path) -> None:
    (counts,) = told("log", recorded, "--case", "b")["outcomes"]
    assert (counts["randomised"], counts["withdrawn"], counts["treated"]) == (1, 1, 0)


def refusal(recorded: Path, *words: object) -> Record:
    return refused("outcome", recorded, *words)


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
    keep(path, "p", DRAGON, behind)
    wrong = refusal(path, "p", DRAGON, state)
    assert (wrong["code"], why in wrong["reason"]) == ("outcome.step", True), wrong
    assert len(told("log", path)["entries"]) == len(behind.split())


def test_a_single_arm_trial_randomises_nobody(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    keep(path, "p", RESCUE_ID, "consented")
    assert refusal(path, "p", RESCUE_ID, "randomised")["reason"] == "RESCUE is not randomised"
    keep(path, "p", RESCUE_ID, "treated resected")
    (counts,) = told("log", path)["outcomes"]
    assert (counts["resected_of"], counts["resected_percent"]) == ("treated", 100)


def test_who_declined_may_consent_and_be_randomised(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    keep(path, "p", DRAGON, "declined consented randomised")
    (counts,) = told("log", path)["outcomes"]
    assert (counts["declined"], counts["consented"], counts["randomised"]) == (0, 1, 1)


def test_another_trials_steps_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    keep(path, "p", RESCUE_ID, "consented")
    assert refusal(path, "p", DRAGON, "randomised")["code"] == "outcome.step"
    keep(path, "q", DRAGON, "consented")
    assert refusal(path, "p", DRAGON, "randomised")["code"] == "outcome.step"


def test_the_arm_is_kept_as_reported(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    keep(path, "p", DRAGON, "consented")
    wrong = refusal(path, "p", DRAGON, "approached", "--arm", "PVE")
    assert wrong["code"] == "outcome.arm"
    for empty in ("", " "):
        wrong = refusal(path, "p", DRAGON, "randomised", "--arm", empty)
        assert (wrong["code"], wrong["reason"]) == ("outcome.arm", "the arm is empty")
        assert wrong["remedy"] == "give the name of the arm, or omit --arm"
    said = ask("outcome", path, "p", DRAGON, "randomised", "--arm", "PVE/HVE")
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
    keep(path, "p", DRAGON, "approached consented randomised")
    keep(path, "q", DRAGON, "consented")
    keep(path, "p", RESCUE_ID, "consented treated")
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
    keep(path, one, DRAGON, "consented")
    keep(path, two, DRAGON, "randomised")
    keep(path, "Ea", DRAGON, "approached")
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
    assert row["outcomes"][DRAGON]["became"] == "randomised"
    assert refusal(path, two, "--withdraw", 1)["code"] == "outcome.rests_on_it"
    assert ask("outcome", path, one, "--withdraw", 2).status == 0
