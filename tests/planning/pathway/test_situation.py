"""Numbers in sentences: on the side of every limit, and honest where they are not known."""

from fractions import Fraction

import pytest

from fl_planner.intake.documents.protocols import read_protocols
from fl_planner.planning.assessment.thresholds import FLR
from fl_planner.planning.pathway.situation import FUNCTION, PathwaySituation, say_shunt
from fl_planner.planning.pathway.states import find_states
from fl_planner.planning.pathway.table import BY_NAME
from fl_planner.trials.facts.facts import Facts

PROTOCOLS = read_protocols()


def told(facts: Facts) -> PathwaySituation:
    return PathwaySituation(facts, PROTOCOLS, find_states(facts, PROTOCOLS), BY_NAME["V9"])


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (Fraction(1, 4), "25.0 %"),
        (Fraction(2996, 10_000), "29.96 %"),
        (Fraction(999_999, 3_333_333), "just under 30 %"),
        (Fraction("0.400001"), "just over 40 %"),
    ],
)
def test_share(share: Fraction, said: str) -> None:
    assert told({FLR: share}).say_share(FLR) == said


def test_what_is_not_known_is_said_so() -> None:
    nothing = told({})
    assert nothing.say_share(FLR) == nothing.say_number("largest_lesion_cm") == "not known"
    assert nothing.say_function() == "not measured"
    assert say_shunt(nothing) == "not known"


@pytest.mark.parametrize(
    ("value", "said"), [("11", "11 cm"), ("8.1", "8.1 cm"), ("8.04", "8.04 cm"), ("8", "8 cm")]
)
def test_number(value: str, said: str) -> None:
    fact = "largest_lesion_cm"
    assert told({fact: Fraction(value)}).say_number(fact) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [("3.4", "3.4"), ("2.75", "2.75"), ("3.4123", "3.41"), ("2.68", "2.68"), ("2.6701", "2.6701")],
)
def test_function(value: str, said: str) -> None:
    assert told({FUNCTION: Fraction(value)}).say_function() == f"{said} %/min/m²"


def test_the_limit_of_function_is_the_protocols() -> None:
    assert told({}).function_limit == "2.67"
