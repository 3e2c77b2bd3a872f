"""An FLR that was typed, against limits: its side, and whether it is near.

Near is a crossing chance of a fifth or more by the scatter of segment labels [clinical.md 13]:
0.8416 times √(0.12² + 0.03²) of the share, so between 27.17 and 33.49 % for 30 %, and between
36.23 and 44.65 % for 40 %.
"""

from fractions import Fraction

import pytest

from fl_planner.intake.documents.protocols import read_protocols
from fl_planner.planning.assessment.thresholds import TypedLimit, find_typed_limits
from fl_planner.planning.judgement import Grounds, judge_facts
from fl_planner.trials.facts.facts import Facts

PROTOCOLS = read_protocols()


def limits(percent: str) -> tuple[TypedLimit, ...]:
    facts: Facts = {"flr_fraction": Fraction(percent) / 100, "flr_share_typed": True}
    return find_typed_limits(facts, (PROTOCOLS.crlm,))


@pytest.mark.parametrize(
    ("percent", "answers", "near"),
    [
        ("27.1", ("below", "below"), (False, False)),
        ("27.2", ("below", "below"), (True, False)),
        ("30", ("at", "below"), (True, False)),
        ("33.4", ("above", "below"), (True, False)),
        ("33.5", ("above", "below"), (False, False)),
        ("36.2", ("above", "below"), (False, False)),
        ("36.3", ("above", "below"), (False, True)),
        ("40", ("above", "at"), (False, True)),
        ("44.6", ("above", "above"), (False, True)),
        ("44.7", ("above", "above"), (False, False)),
    ],
)
def test_h15_a_side_of_each_limit_and_whether_it_is_near(
    percent: str, answers: tuple[str, str], near: tuple[bool, bool]
) -> None:
    found = limits(percent)
    assert [one.name for one in found] == ["dragon2.flr_30", "dragon2.flr_40"]
    assert tuple(one.answer for one in found) == answers
    assert tuple(one.is_borderline for one in found) == near
    assert {one.finding.code for one in found} == {"flr.typed_near_limit"}


@pytest.mark.parametrize(
    ("percent", "said"),
    [("31", "1 point above 30 %"), ("28.5", "1.5 points below 30 %"), ("30", "exactly 30 %")],
)
def test_the_distance_is_in_points(percent: str, said: str) -> None:
    assert limits(percent)[0].distance == said


def test_h15_only_the_limits_that_are_near_are_told() -> None:
    facts: Facts = {
        "crlm_present": True,
        "flr_fraction": Fraction(31, 100),
        "flr_share_typed": True,
    }
    judged = judge_facts(facts, Grounds((), PROTOCOLS))
    near = [one.message for one in judged.findings if one.code == "flr.typed_near_limit"]
    (told,) = near
    assert "FLR, typed, not measured here, is 1 point above 30 %" in told
    assert [one.name for one in judged.typed] == ["dragon2.flr_30", "dragon2.flr_40"]


def test_a_measured_share_has_none() -> None:
    assert find_typed_limits({"flr_fraction": Fraction(3, 10)}, (PROTOCOLS.crlm,)) == ()
    assert find_typed_limits({"flr_share_typed": True}, (PROTOCOLS.crlm,)) == ()
