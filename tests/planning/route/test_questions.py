"""What to find out next: each thing once, of one person, what settles most verdicts first."""

from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.planning.route.route import Question, ask_besides, find_questions
from fl_planner.trials.facts.facts import Facts
from fl_planner.trials.facts.quantities import INPUT_NAMES
from fl_planner.trials.judge import Judgement, Verdict, judge_trial
from tests.patients import TRIALS, book, know

LOCAL = next(trial for trial in TRIALS if trial.short == "local_plus_systemic")
RESCUE = next(trial for trial in TRIALS if trial.short == "rescue")
PUMP_IT = next(trial for trial in TRIALS if trial.short == "pump_it")


def facts(profile: str, missing: tuple[str, ...] = (), **more: Any) -> Facts:
    return know({"profile": profile, "set": more, "missing": missing})


def ask(known: Facts, *trials: Any) -> tuple[Question, ...]:
    return find_questions([judge_trial(trial, known) for trial in trials], known)


def test_a_missing_value_is_asked_of_the_chart() -> None:
    known = facts("crlm_extrahepatic", ("platelets",))
    assert ask(known, LOCAL) == (Question("platelets", "chart", (("NCT06449937", "I10b"),)),)


def test_of_a_ratio_only_what_is_not_on_file_is_asked() -> None:
    without_limit = facts("crlm_extrahepatic", ("alt_uln",))
    assert [question.key for question in ask(without_limit, LOCAL)] == ["alt_uln"]
    without_value = facts("crlm_extrahepatic", ("alt",))
    assert [question.key for question in ask(without_value, LOCAL)] == ["alt"]
    without_both = facts("crlm_extrahepatic", ("alt", "alt_uln"))
    assert [question.key for question in ask(without_both, LOCAL)] == ["alt", "alt_uln"]


def test_what_settles_most_verdicts_comes_first() -> None:
    known = facts("crlm_extrahepatic", ("platelets", "ecog", "dpd_deficiency"))
    asked = ask(known, LOCAL, PUMP_IT)
    assert [(question.key, question.trials) for question in asked][:2] == [
        ("ecog", 2),
        ("platelets", 2),
    ]
    dpd = next(question for question in asked if question.key == "dpd_deficiency")
    assert (dpd.trials, dpd.criteria) == (1, (("NCT06857773", "E6"),))


def test_what_cannot_matter_any_more_is_not_asked() -> None:
    known = facts("crlm_extrahepatic", ("creatinine_clearance",))
    assert ask(known, LOCAL) == ()  # the creatinine is good enough


def test_what_is_on_file_and_unclear_is_asked_again() -> None:
    unclear = facts("crlm_extrahepatic", extrahepatic_status="indeterminate")
    (question,) = ask(unclear, LOCAL)
    assert (question.key, question.asked_of) == ("extrahepatic_status", "tumour board")
    assert question.criteria == (("NCT06449937", "I4"), ("NCT06449937", "E1"))
    class_b = {**facts("crlm_extrahepatic", ("child_pugh_score",)), "child_pugh_class": "B"}
    assert [question.key for question in ask(class_b, LOCAL)] == ["child_pugh_score"]


def test_what_must_be_done_first_is_asked_again_where_it_is_answered_no() -> None:
    """P90 and P76: a staging CT that was not done, a treated area that misses tumour."""
    unstaged = facts("hcc_large", staging_ct_done=False)
    assert ask(unstaged, RESCUE) == (
        Question("staging_ct_done", "radiologist", (("NCT06178198", "I5"),)),
    )
    missed = facts("hcc_large", treated_covers_tumour=False)
    assert [question.key for question in ask(missed, RESCUE)] == ["treated_covers_tumour"]


def test_two_readings_are_for_a_person() -> None:
    open_reading = {**facts("crlm_extrahepatic"), "inr": Fraction("1.6")}
    (question,) = ask(open_reading, LOCAL)
    assert (question.key, question.asked_of) == (None, "chart")


def test_what_the_route_asks_besides() -> None:
    asked = (Question("ecog", "chart"),)
    assert ask_besides(["ecog", "cirrhosis", "flr_volume"], asked) == (
        Question("cirrhosis", "chart"),
        Question("flr_volume", "radiologist"),
    )


KEYS = sorted({key for profile in book()["profiles"].values() for key in profile})


@settings(max_examples=40)
@given(st.sampled_from(sorted(book()["profiles"])), st.sets(st.sampled_from(KEYS), max_size=8))
def test_every_undecided_trial_has_a_question_and_every_question_a_key(
    profile: str, missing: set[str]
) -> None:
    known = facts(profile, tuple(sorted(missing)))
    judged: list[Judgement] = [judge_trial(trial, known) for trial in TRIALS]
    undecided = [one for one in judged if one.verdict is Verdict.INDETERMINATE]
    asked = find_questions(undecided, known)
    about = {of for question in asked for of in question.criteria}
    assert about == {(one.trial.id, id_) for one in undecided for id_ in one.unknown}
    keys = [question.key for question in asked if question.key is not None]
    assert len(set(keys)) == len(keys)
    assert set(keys) <= INPUT_NAMES
    counts = [question.trials for question in asked]
    assert counts == sorted(counts, reverse=True)
