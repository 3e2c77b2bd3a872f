"""What becomes of patients in a trial: the order of steps, and how many came how far."""

from dataclasses import replace
from fractions import Fraction

from fl_planner.intake.documents.protocols import read_bundled
from fl_planner.trials.patient_steps import (
    OutcomeCounts,
    TrialStep,
    count_outcomes,
    get_required,
    require_step,
)
from tests.cases import each_case
from tests.refusals import refuses

DRAGON, RESCUE = read_bundled("dragon2"), read_bundled("rescue")  # one randomises, one does not


@each_case(
    "behind, state, says",
    [
        (["approached", "consented"], "randomised", None),
        (["consented", "randomised"], "treated", None),
        (["consented", "randomised"], "randomised", '"randomised" is already recorded'),
        (["declined"], "randomised", '"randomised" cannot follow "declined"'),
        (["consented", "screen_failure"], "treated", '"treated" cannot follow "screen failure"'),
        (["consented"], "approached", '"approached" cannot follow "consented"'),
        (["consented", "randomised"], "screen_failure", 'cannot follow "randomised"'),
        (["approached"], "randomised", '"randomised" in DRAGON 2 requires "consented" first'),
        (["consented"], "treated", '"treated" in DRAGON 2 requires "randomised" first'),
        ([], "withdrawn", '"withdrawn" in DRAGON 2 requires "consented" first'),
        ([], "approached", None),
    ],
)
def test_a_step_follows_what_is_behind(behind: list[str], state: str, says: str | None) -> None:
    if says is None:
        require_step(DRAGON, behind, state, "records")
        return
    with refuses("outcome.step", says=says):
        require_step(DRAGON, behind, state, "records")


def test_a_trial_of_one_arm_does_not_randomise() -> None:
    with refuses("outcome.step", says="RESCUE is not randomised"):
        require_step(RESCUE, ["consented"], "randomised", "records")
    require_step(RESCUE, ["consented"], "treated", "records")
    assert (get_required(RESCUE, "treated"), get_required(DRAGON, "treated")) == (
        "consented",
        "randomised",
    )
    assert get_required(DRAGON, "approached") is None


def steps(*told: tuple[str, str] | tuple[str, str, str]) -> list[TrialStep]:
    return [TrialStep(*one) for one in told]


def test_patients_are_counted_once_a_state_by_the_last_arm() -> None:
    """Two of three randomised are resected; who declines and consents later has consented."""
    found = count_outcomes(
        DRAGON,
        steps(
            *(("a", "declined"), ("b", "consented"), ("c", "approached"), ("c", "consented")),
            *(("b", "randomised", "A"), ("c", "randomised", "B"), ("b", "treated", "B")),
            *(("b", "resected"), ("c", "treated")),
        ),
    )
    assert found.patients == {
        "approached": 3,
        "declined": 1,
        "consented": 2,
        "randomised": 2,
        "treated": 2,
        "resected": 1,
    }
    assert found.arms == {"B": 2}
    assert (found.resected_of, found.resected_percent) == ("randomised", Fraction(50))


def test_a_rate_of_nobody_is_none_and_of_one_arm_it_is_of_those_treated() -> None:
    nobody = count_outcomes(RESCUE, ())
    assert (nobody.resected_of, nobody.resected_percent) == ("treated", None)
    assert isinstance(replace(nobody), OutcomeCounts)


def test_an_entry_out_of_order_is_named() -> None:
    with refuses("outcome.step", "records, entry 2"):
        count_outcomes(DRAGON, steps(("a", "approached"), ("a", "treated")))
