"""A number keeps its side of the limits of all trials, not only of the one that is told of.

29.96 % is below 30 %: a trial of one's own with 20 % must not show it as 30.0 %, nor as 10.0
points above 20 %.
"""

from fractions import Fraction
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.truth import Truth
from fl_planner.intake.documents.protocols import read_protocols, read_trials
from fl_planner.planning.assessment.thresholds import FLR
from fl_planner.planning.judgement import Grounds, Judged, judge_facts
from fl_planner.planning.pathway.pathway import tell_distance, tell_evidence
from fl_planner.planning.pathway.situation import FUNCTION, PathwaySituation
from fl_planner.planning.pathway.states import find_states
from fl_planner.planning.pathway.table import BY_NAME
from fl_planner.record.judgement import as_judgement
from fl_planner.trials.condition import Compared
from fl_planner.trials.facts.facts import Facts

OWN = """
schema = 1
id = "OWN-1"
short = "own"
name = "Own"
diagnosis = "crlm"
source = "a trial of ours"

[[criterion]]
id = "I1"
kind = "inclusion"
says = "Remnant of {percent} % or more"
source = "section 1"
asked_of = "radiologist"
by = ["imaging"]
changes = "can_change"
when = {{ flr_fraction = {{ at_least = {share} }} }}
"""
TWENTY = Fraction(1, 5)
EVERY = {FLR: (TWENTY, Fraction(3, 10), Fraction(2, 5))}
HAIR_BELOW_30 = Fraction(29_961_234, 10**8)  # no typed number: more than three decimals


def of_own(share: Fraction) -> list[Compared]:
    return [Compared(FLR, share, "at_least", TWENTY, Truth.TRUE)]


def judge(folder: Path, facts: Facts, percent: str) -> Judged:
    """Judge by the bundled trials and one that asks for so many percent."""
    text = OWN.format(percent=percent, share=f"0.{percent.replace('.', '')}")
    (folder / "own.toml").write_text(text, "utf-8")
    trials, _ = read_trials(folder)
    return judge_facts(facts, Grounds(trials, read_protocols()))


def test_h08_evidence_keeps_its_side_of_other_trials_limits() -> None:
    told = tell_evidence(of_own(HAIR_BELOW_30), (), EVERY)
    assert told == "FLR 29.96 % (criterion: at least 20 %)"


def test_h08_a_distance_does_not_add_up_to_another_limit() -> None:
    told = tell_distance(of_own(HAIR_BELOW_30), (), EVERY)
    assert told == "9.96 points above the minimum of 20 %"


def test_h08_the_answer_of_an_own_trial_shows_the_number_of_the_plan(tmp_path: Path) -> None:
    judged = judge(tmp_path, {FLR: HAIR_BELOW_30}, "20")
    (own,) = (one for one in as_judgement(judged).trials if one.trial.id == "OWN-1")
    (answer,) = own.criteria
    assert answer.evidence == "FLR 29.96 % (criterion: at least 20 %)"
    assert answer.distance == "9.96 points above the minimum of 20 %"


def test_h08_a_sentence_keeps_its_side_of_an_own_trials_limit(tmp_path: Path) -> None:
    """24.96 % would be 25.0 % by the limits of the bundled trials alone."""
    share = Fraction(24_961_234, 10**8)
    facts: Facts = {FLR: share, "crlm_present": True, "hcc_present": False}
    judged = judge(tmp_path, facts, "25")
    said = " ".join((*judged.pathway.reasons, *judged.route.reasons))
    assert "24.96 %" in said
    assert "25.0 %" not in said
    assert judged.limits[FLR][0] == Fraction(1, 4)


def test_the_limit_of_function_stays_that_of_the_protocols() -> None:
    """A trial of one's own with 2.5 changes what is shown, and not what the pathway asks."""
    protocols, facts = read_protocols(), {FUNCTION: Fraction("2.4999")}
    states = find_states(facts, protocols)
    own = {FUNCTION: (Fraction("2.5"), Fraction("2.67"))}
    told = PathwaySituation(facts, protocols, states, BY_NAME["V9"], limits=own)
    assert told.function_limit == "2.67"
    assert told.say_function() == "2.4999 %/min/m²"
    assert (
        PathwaySituation(facts, protocols, states, BY_NAME["V9"]).say_function() == "2.50 %/min/m²"
    )


@given(st.integers(0, 10**6), st.sampled_from(["20", "25", "28.6", "35"]))
def test_h08_no_limit_is_crossed_by_any_share(part: int, own: str) -> None:
    share, limit = Fraction(part, 10**6), Fraction(own) / 100
    every = {FLR: (Fraction(3, 10), Fraction(2, 5))}
    asked = [Compared(FLR, share, "at_least", limit, Truth.UNKNOWN)]
    shown = Fraction(tell_evidence(asked, (), every).split()[1])
    apart = tell_distance(asked, (), every)
    assert apart is not None
    for one in (*every[FLR], limit):
        assert (shown > 100 * one, shown < 100 * one) == (share > one, share < one)
        if not apart.startswith("exactly"):
            sign = 1 if " above " in apart else -1
            summed = 100 * limit + sign * Fraction(apart.split()[0])
            assert (summed > 100 * one, summed < 100 * one) == (share > one, share < one)


def test_without_other_limits_that_of_the_criterion_holds() -> None:
    told = tell_evidence(of_own(Fraction(199_996_789, 10**9)))
    assert told == "FLR 19.9997 % (criterion: at least 20 %)"
