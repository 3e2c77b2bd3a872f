"""The bundled trials against every invented patient, and each limit by itself."""

from typing import Any

import pytest

from fl_planner.intake.documents.bundled_trials import read_bundled_trials
from fl_planner.intake.documents.facts_file import parse_facts
from fl_planner.trials.judge import judge_criterion, judge_trial
from tests.cases import each_case
from tests.patients import facts_text, know, limits, patients, rows
from tests.refusals import refuses

TRIALS = {trial.id: trial for trial in read_bundled_trials()}
STRICT = ("contradiction.", "implausible.", "unknown_unit.")  # no other of these may appear


@each_case("case", patients())
def test_verdicts(case: dict[str, Any]) -> None:
    known = know(case)
    for id_, trial in TRIALS.items():
        judged, expected = judge_trial(trial, known.facts), known.expected["trials"][id_]
        found = {
            "verdict": judged.verdict.value,
            "failed": [*judged.failed],
            "unknown": [*judged.unknown],
            "only_human_open": judged.only_human_open,
        }
        assert {key: found[key] for key in expected} == expected


@each_case("case", patients())
def test_findings_on_facts(case: dict[str, Any]) -> None:
    known = know(case)
    said = [f for trial in TRIALS.values() for f in judge_trial(trial, known.facts).findings]
    codes = {finding.code for finding in (*known.findings, *said)}
    expected = {
        code
        for code in known.expected["findings"]
        if not code.startswith(("discordance.", "centre."))
    }
    assert expected <= codes
    assert {code for code in codes if code.startswith(STRICT)} <= expected


@each_case("row", limits())
def test_limits(row: dict[str, Any]) -> None:
    criterion = TRIALS[row["trial"]].criterion(row["criterion"])
    answer = judge_criterion(criterion, know(row).facts)
    assert answer.truth.value == row["answer"]
    assert answer.changes == row.get("changes", answer.changes)


@pytest.mark.parametrize("case", rows("refused"), ids=lambda case: str(case["id"]))
def test_refused_with_every_name(case: dict[str, Any]) -> None:
    with refuses("facts.unreadable") as refusal:
        parse_facts(facts_text(case), "facts.json")
    for name in case["names"]:
        assert f"{name}: " in str(refusal.value)
