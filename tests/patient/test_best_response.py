"""Best response over several time points [clinical.md 16]: the best category before progression."""

import pytest

from fl_planner.basis.standing_words import ResponseCategory as Category
from fl_planner.patient.response import judge_best_response

CR: Category = "complete_response"
PR: Category = "partial_response"
SD: Category = "stable_disease"
PD: Category = "progressive_disease"


@pytest.mark.parametrize(
    ("found", "best"),
    [
        ([], None),
        ([SD], SD),
        ([SD, PR, SD], PR),
        ([SD, PR, PD, CR], PR),  # what follows progression does not count
        ([PD, CR], PD),
        ([CR, None], CR),  # nothing is better
        ([CR, None, PD], CR),
        ([None], None),
        ([SD, None], None),
        ([SD, None, PD], None),
        ([None, CR], None),  # it may have progressed before
        ([None, PD], None),
        ([PD, None], PD),
    ],
)
def test_the_best_category_before_progression(
    found: list[Category | None], best: Category | None
) -> None:
    assert judge_best_response(found) == best
