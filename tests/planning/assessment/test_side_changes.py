"""Who changes the side of a limit by who reads: exact shares decide."""

from fractions import Fraction

from fl_planner.intake.documents.bundled_trials import read_bundled_trials
from fl_planner.planning.assessment.side_changes import find_side_changes

TRIALS = read_bundled_trials()


def test_h08_h15_a_hair_on_either_side_of_a_limit_is_a_change() -> None:
    third = Fraction(299_999, 1_000_000)
    shares = {
        "a": {"R1": third, "R2": Fraction("0.30")},  # below and at: both would be shown as 30.0
        "b": {"R1": Fraction("0.35"), "R2": Fraction("0.36")},
        "c": {"R1": Fraction("0.39"), "R2": Fraction("0.41"), "R3": Fraction("0.40")},
        "once": {"R1": Fraction("0.1")},
    }
    found = {one.name: one for one in find_side_changes(shares, TRIALS)}
    assert {"dragon2.flr_30", "dragon2.flr_40"} <= found.keys()
    assert found["dragon2.flr_30"].changed == ("a",)
    assert found["dragon2.flr_30"].sides["a"] == {"R1": "below", "R2": "at"}
    assert found["dragon2.flr_40"].changed == ("c",)
    assert [*found["dragon2.flr_40"].sides] == ["a", "b", "c"]


def test_without_a_share_that_was_read_twice_no_limit_is_told() -> None:
    assert find_side_changes({"a": {"R1": Fraction("0.3")}}, TRIALS) == ()
    assert find_side_changes({}, TRIALS) == ()
