"""Feedback: what was done with a card, in a log that names no patient."""

import json
import os
import stat
from pathlib import Path

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.web.hooks import feedback
from fl_planner.web.hooks.feedback import FeedbackLog
from tests.intake.patients.fhir_records import Resource, stated
from tests.web.hooks.hooked import ADDRESS, Hooks, hooking

FEEDBACK = f"{ADDRESS}/feedback"
CARD = "4e0a3a1e-3283-4575-ab82-028d55fe2719"
CRLM = stated("crlm_present", valueBoolean=True)


def entry(**more: object) -> Resource:
    given = {"card": CARD, "outcome": "overridden", "outcomeTimestamp": "2026-11-20T10:05:31.5Z"}
    return {key: part for key, part in {**given, **more}.items() if part is not None}


def read(path: Path) -> list[Resource]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_documented_feedback_is_kept(tmp_path: Path) -> None:
    log = tmp_path / "feedback.jsonl"
    with hooking(feedback=log) as hooks:
        cards = hooks.cards(CRLM)
        card = next(one for one in cards if "DRAGON 2" in one["summary"])
        reason = {key: part for key, part in card["overrideReasons"][2].items() if key != "display"}
        told = hooks.post(
            {
                "feedback": [
                    entry(card=card["uuid"], overrideReason={"reason": reason}),
                    entry(outcome="accepted", acceptedSuggestions=[{"id": CARD}]),
                ]
            },
            FEEDBACK,
        )
        assert told.status == 200
        assert hooks.post({"feedback": [entry()]}, FEEDBACK).status == 200
    first, second, third = read(log)
    assert first == {
        "card": card["uuid"],
        "trial": "NCT05428735",
        "verdict": "indeterminate",
        "on": "2026-11-20",
        "outcome": "overridden",
        "reason": "declined",
        "commented": False,
    }
    assert second == {
        "card": CARD, "trial": None, "verdict": None, "on": "2026-11-20", "outcome": "accepted"
    }  # fmt: skip
    assert third["outcome"] == "overridden"
    if os.name == "posix":
        assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_h18_the_log_names_no_patient(tmp_path: Path) -> None:
    log, name = tmp_path / "feedback.jsonl", "Zwetschgenmeier"
    with hooking(feedback=log) as hooks:
        hooks.cards(CRLM)
        why = {"reason": {"code": name, "system": name}, "userComment": f"is {name}"}
        more = {"patient": name, "extension": {"org.example": name}}
        told = hooks.post({"feedback": [entry(overrideReason=why, **more)]}, FEEDBACK)
        assert told.status == 200
        assert not any(word in line for line in hooks.lines for word in (name, "p1", "DRAGON"))
    assert name not in log.read_text("utf-8")
    (line,) = read(log)
    assert (line["reason"], line["commented"]) == ("unlisted", True)


def test_wrong_feedback_is_refused_as_a_whole(tmp_path: Path) -> None:
    log = tmp_path / "feedback.jsonl"
    wrong: list[object] = [
        {}, {"feedback": []}, {"feedback": "x"}, {"feedback": [entry()] * 1001},
        *(
            {"feedback": [entry(), entry(**{key: value})]}
            for key, value in (
                ("card", None), ("card", "Zwetschgenmeier"), ("outcome", "ignored"),
                ("outcomeTimestamp", None), ("outcomeTimestamp", "2026-11-20"),
                ("outcomeTimestamp", "2026-13-40T10:00:00Z"), ("outcomeTimestamp", "yesterday"),
            )
        ),
        {"feedback": ["x"]}, b"{",
    ]  # fmt: skip
    with hooking(feedback=log) as hooks:
        for body in wrong:
            told = hooks.post(body, FEEDBACK)
            assert told.status == 400, body
            assert "hooks.feedback" in told.json()["issue"][0]["details"]["text"]
    assert log.read_text("utf-8") == ""


def test_without_a_log_there_is_no_such_address(hooks: Hooks) -> None:
    assert hooks.post({"feedback": [entry()]}, FEEDBACK).status == 404


def test_a_log_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="cannot be written") as refused:
        FeedbackLog(tmp_path / "none" / "feedback.jsonl")
    assert refused.value.code == "output.unwritable"


def test_no_line_is_added_to_another_file(tmp_path: Path) -> None:
    path = tmp_path / "centre.toml"
    path.write_text("schema = 1\n", "utf-8")
    with pytest.raises(InputRefused, match="not a feedback log") as refused:
        FeedbackLog(path)
    assert refused.value.code == "output.exists"
    assert path.read_text("utf-8") == "schema = 1\n"


def test_only_the_latest_cards_are_remembered(
    hooks: Hooks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feedback, "MOST_CARDS", 5)
    log = tmp_path / "feedback.jsonl"
    with hooking(feedback=log) as few:
        first, second = few.cards(CRLM), few.cards(CRLM)
        sent = [entry(card=one[1]["uuid"]) for one in (first, second)]
        assert few.post({"feedback": sent}, FEEDBACK).status == 200
    assert [one["trial"] is None for one in read(log)] == [True, False]
