"""A cut is one place or one name."""

from __future__ import annotations

from math import inf, nan

import pytest

from fl_planner.basis.findings import InputRefused
from fl_planner.liver.vessels.branch_cut import BranchCut


def test_h16_a_cut_is_a_place_or_a_name_and_one_of_them() -> None:
    assert BranchCut("portal", (1.0, 2.0, 3.0)).branch is None
    for place, branch in ((None, None), ((1.0, 2.0, 3.0), "right_portal_vein")):
        with pytest.raises(InputRefused, match="one of them") as refused:
            BranchCut("portal", place, branch)
        assert refused.value.code == "vessels.no_cut"


@pytest.mark.parametrize("number", [nan, inf])
def test_h16_a_place_is_three_finite_numbers(number: float) -> None:
    with pytest.raises(InputRefused, match="three finite numbers") as refused:
        BranchCut("hepatic", (1.0, number, 3.0))
    assert refused.value.code == "vessels.no_cut"
