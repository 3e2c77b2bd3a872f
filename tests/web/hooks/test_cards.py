"""Cards: the verdicts of the file, in the words of a card, without an arm or an action."""

import json
import os
import re
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.intake.documents.protocols import read_bundled_trials
from fl_planner.web.hooks import feedback
from fl_planner.web.hooks.cards import LONGEST_SUMMARY, _shorten
from fl_planner.web.hooks.feedback import FeedbackLog
from fl_planner.web.hooks.service import prepare
from fl_planner.workup.judge import RecordJudge, judge_file
from tests.cases import each_case, of_many
from tests.intake.patients.fhir_records import (
    ICD10,
    SCT,
    Resource,
    as_resources,
    condition,
    observation,
    quantity,
    stated,
)
from tests.patients import facts_text, limits, patients
from tests.web.hooks.hooked import ADDRESS, AS_OF, Hooks, as_call, as_prefetch, hooking

BOOK = {**patients(), **limits()}
CRLM = stated("crlm_present", valueBoolean=True)


def volume(key: str, ml: float, day: str | None, **more: Any) -> Resource:
    dated = {} if day is None else {"effectiveDateTime": day}
    return stated(key, valueQuantity=quantity(ml, "mL"), **dated, **more)


def volumes(day: str | None = "2026-11-10", flr: float = 390) -> list[Resource]:
    """State a liver of 1600 mL with 100 mL of tumours; 390 of 1500 mL are 26 %."""
    of_liver = {"total_liver_volume": 1600, "tumour_volume": 100, "flr_volume": flr}
    return [volume(key, ml, day) for key, ml in of_liver.items()]


def of_trial(cards: list[dict[str, Any]], trial: str) -> dict[str, Any]:
    (card,) = (one for one in cards if one["extension"]["fl_planner"].get("trial") == trial)
    return card


@pytest.mark.slow
@each_case("name", of_many([*BOOK][::6], [*BOOK]))
def test_h11_every_patient_of_the_book_has_the_verdicts_of_the_file(
    name: str, hooks_at: Callable[[date], Hooks], tmp_path: Path
) -> None:
    """All on the same services, one after the other: the verdicts are those of each file alone."""
    case = BOOK[name]
    as_of = date.fromisoformat(case["as_of"]) if "as_of" in case else AS_OF
    path = tmp_path / "facts.json"
    path.write_text(facts_text(case), "utf-8")
    wanted = judge_file(path, as_of=as_of).judged
    present = {
        one.trial.id: one
        for one in wanted.judgements
        if wanted.facts.get(f"{one.trial.diagnosis}_present") is True
    }
    prefetch = as_prefetch(as_resources(json.loads(facts_text(case)), as_of))
    told = hooks_at(as_of).post(as_call(prefetch)).json()["cards"]
    if not told:
        assert not present
        return
    summary, *cards = (one["extension"]["fl_planner"] for one in told)
    assert summary["verdicts"] == {one.trial.id: one.verdict.value for one in wanted.judgements}
    assert {one["trial"] for one in cards} == {*present}
    for card in cards:
        one = present[card["trial"]]
        assert card["verdict"] == one.verdict.value
        assert card["failed"] == [*one.failed]
        assert card["unknown"] == [*one.unknown]
        assert card["only_human_open"] == one.only_human_open


def test_a_card_has_the_form_of_the_specification(hooks: Hooks) -> None:
    cards = hooks.cards(CRLM, *volumes())
    assert len(cards) == 5  # a summary, and the trials for colorectal liver metastases
    for card in cards:
        assert set(card) <= {
            "uuid", "summary", "detail", "indicator", "source", "links", "overrideReasons",
            "extension",
        }  # fmt: skip
        assert UUID(card["uuid"]).version == 4
        assert 0 < len(card["summary"]) < 140
        assert "\n" not in card["summary"]
        assert card["indicator"] == "info"
        assert card["source"]["label"]
        assert set(card["source"]["topic"]) == {"system", "code", "display"}
        assert all(one["display"] and one["code"] for one in card["overrideReasons"])
        assert all(one["type"] == "absolute" for one in card.get("links", ()))
        assert "research use, not a cleared device" in card["detail"]
        assert "2026-11-20" in card["detail"]
    assert len({card["uuid"] for card in cards}) == len(cards)
    dragon = of_trial(cards, "NCT05428735")
    assert dragon["source"]["url"] == "https://clinicaltrials.gov/study/NCT05428735"


def test_the_flr_has_its_shortfall_and_its_day(hooks: Hooks) -> None:
    """390 of 1500 mL are 26 %; 450 mL would be 30 %, and 600 mL 40 %."""
    cards = hooks.cards(CRLM, *volumes())
    dragon = of_trial(cards, "NCT05428735")
    assert dragon["summary"].endswith("FLR 60.0 mL below 30 %")
    assert "60.0 mL below 30 %" in dragon["detail"]
    assert "210 mL below 40 %" in dragon["detail"]
    day = "recorded on 2026-11-10, 10 days before the assessment date"
    volumes_ml = "(FLR 390 mL, liver 1600 mL, of which tumours 100 mL), from volumes in the record"
    assert f"FLR 26 % of the non-tumorous liver {volumes_ml}; {day}." in dragon["detail"]
    assert cards[0]["summary"].endswith("; FLR 26 %")


def test_h08_no_share_is_rounded_across_its_limit(hooks: Hooks) -> None:
    """449.9 of 1500 mL are 29.993 %: neither 30 nor 30.0 %."""
    cards = hooks.cards(CRLM, *volumes(flr=449.9))
    assert "FLR 29.99 %" in cards[0]["summary"]
    at = hooks.cards(CRLM, *volumes(flr=450))
    assert "exactly at 30 %" in of_trial(at, "NCT05428735")["detail"]


def test_an_entered_flr_is_marked_as_such(hooks: Hooks) -> None:
    typed = stated(
        "flr_of_nontumorous_liver", valueQuantity=quantity(28, "%"), effectiveDateTime="2026-11-01"
    )
    summary, *_ = hooks.cards(CRLM, typed)
    assert "as entered, not measured by this program; recorded on 2026-11-01" in summary["detail"]


def test_h04_volumes_of_different_days_are_named(hooks: Hooks) -> None:
    whole, tumour, flr = volumes()
    summary, *_ = hooks.cards(CRLM, whole, tumour, {**flr, "effectiveDateTime": "2026-11-19"})
    assert "fhir.days\\_differ" in summary["detail"]
    assert "volumes recorded on different dates" in summary["detail"]
    assert "2026-11-19" in summary["detail"]
    undated, *_ = hooks.cards(CRLM, *volumes(None))
    assert "date of recording not known" in undated["detail"]


def test_without_a_flr_none_is_stated(hooks: Hooks) -> None:
    for card in hooks.cards(CRLM):
        assert "The record does not contain the FLR." in card["detail"]
        assert "mL" not in card["summary"]


def test_each_verdict_has_its_reason(hooks: Hooks) -> None:
    resources = as_resources(json.loads(facts_text(BOOK["P01"])), AS_OF)
    told = hooks.post(as_call(as_prefetch(resources))).json()["cards"]
    dragon = of_trial(told, "NCT05428735")
    assert dragon["summary"].startswith("DRAGON 2: meets all criteria")
    local = of_trial(told, "NCT06449937")
    assert "not eligible; excluded by I4, I6, E1" in local["summary"]
    assert "Liver as the only metastatic site on CT or MRI (E1)" in local["detail"]
    told = hooks.cards(CRLM, *volumes())
    open_ = of_trial(told, "NCT05428735")
    assert "undecided; missing: " in open_["summary"]
    assert (
        "Resectability of the liver tumours (surgeon's judgement) (tumour board)" in open_["detail"]
    )


@pytest.mark.slow
@each_case("name", of_many([*patients()][::6], [*patients()]))
def test_no_card_names_an_arm_or_suggests_an_action(name: str, hooks: Hooks) -> None:
    """An arm is in no card, except in the words of a criterion."""
    trials = read_bundled_trials()
    arms = {arm for trial in trials for arm in trial.arms}
    assert len(arms) > 5
    criteria = {one.says.casefold() for trial in trials for one in trial.criteria}
    resources = as_resources(json.loads(facts_text(patients()[name])), AS_OF)
    told = hooks.post(as_call(as_prefetch(resources))).json()
    assert set(told) == {"cards"}  # no systemActions
    for card in told["cards"]:
        assert "suggestions" not in card
        text = f"{card['summary']} {card['detail']}".casefold()
        for says in criteria:
            text = text.replace(says, "")
        assert not [arm for arm in arms if arm.casefold() in text]
        assert not re.search(r"\b(recommend|should|advise|allocat|randomis)", text)


def test_h16_contradictions_and_codes_without_a_rule_are_stated(hooks: Hooks) -> None:
    (summary,) = hooks.cards(condition(ICD10, "C22.0"), stated("hcc_present", valueBoolean=False))
    assert "Condition 2, Observation 3" in summary["detail"]
    assert "counted as unknown" in summary["detail"]
    assert summary["extension"]["fl_planner"]["verdicts"]["NCT06178198"] == "indeterminate"
    (summary,) = hooks.cards(condition(ICD10, "C78.7"))
    assert "Condition: icd10 C78.7" in summary["detail"]
    assert "5 undecided" in summary["summary"]


def test_a_record_that_does_not_concern_the_liver_has_no_card(hooks: Hooks) -> None:
    assert hooks.cards() == []
    assert hooks.cards(condition(ICD10, "J06.9"), observation("http://loinc.org", "718-7",
        valueQuantity=quantity(12, "g/dL"))) == []  # fmt: skip
    absent = [stated(key, valueBoolean=False) for key in ("crlm_present", "hcc_present")]
    assert hooks.cards(*absent) == []
    (summary,) = hooks.cards(stated("lesion_count", valueInteger=3))
    assert "is not recorded" in summary["detail"]


@each_case("code", [(ICD10, "C22.0"), (SCT, "109841003"), (ICD10, "C78.7")])
def test_h16_a_liver_tumour_that_is_not_confirmed_has_a_card(
    code: tuple[str, str], hooks: Hooks
) -> None:
    """Many records state no verification status; refuted and past tumours are none."""
    unverified = condition(*code)
    del unverified["verificationStatus"]
    for one in (unverified, condition(*code, verified="provisional")):
        (summary,) = hooks.cards(one)
        assert "is not recorded" in summary["detail"]
    for one in (condition(*code, verified="refuted"), condition(*code, "resolved")):
        assert hooks.cards(one) == []
    assert hooks.cards(condition("urn:local", code[1], verified="provisional")) == []


def test_a_patient_who_has_died_has_no_card(hooks: Hooks) -> None:
    prefetch = as_prefetch([{"resourceType": "Patient", "deceasedBoolean": True}, CRLM])
    assert hooks.post(as_call(prefetch)).json() == {"cards": []}


def test_h18_a_text_of_the_record_is_no_markdown(hooks: Hooks) -> None:
    """A unit is quoted nowhere; what is quoted cannot become a link or an element."""
    evil = "<img src=x onerror=alert(1)>[a](javascript:alert(1))"
    odd = stated("albumin", valueQuantity={"value": 40, "unit": evil})
    coded = condition(ICD10, f"C22.9{evil}")
    for card in hooks.cards(CRLM, odd, coded):
        assert "javascript" not in json.dumps(card)
        assert not re.search(r"(?<!\\)<", card["detail"])
    summary, *_ = hooks.cards(CRLM, odd)
    assert "unknown\\_unit" in summary["detail"]


def test_recruitment_is_that_of_the_centre(tmp_path: Path) -> None:
    centre = tmp_path / "centre.toml"
    centre.write_text(
        'schema = 1\nname = "Centre"\nas_of = 2026-11-01\n'
        '[trials.NCT05428735]\nstatus = "referral"\n',
        "utf-8",
    )
    serving = prepare(RecordJudge.of(centre, None, None), as_of=AS_OF)
    with hooking(serving) as hooks:
        card = of_trial(hooks.cards(CRLM), "NCT05428735")
        assert "By referral" in card["detail"]


def test_the_summary_is_shortened_at_a_word() -> None:
    text = " ".join(["remnant"] * 40)
    short = _shorten(text)
    assert len(short) <= LONGEST_SUMMARY
    assert short.endswith("remnant …")
    assert _shorten("remnant") == "remnant"


# ---- what was done with a card


FEEDBACK = f"{ADDRESS}/feedback"
CARD = "4e0a3a1e-3283-4575-ab82-028d55fe2719"


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
