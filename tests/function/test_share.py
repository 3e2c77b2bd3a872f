"""Share of counts: what leaves both sums."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.findings import InputRefused
from fl_planner.function.share import Region, measure_share
from tests.cases import sure

# MEB-07 by hand: 220 000 of 652 000 counts, 4000 of 13 000 voxels
FLR = Region("parenchyma", True, 4000, Fraction(55))
REST = Region("parenchyma", False, 9000, Fraction(48))
OTHERS = (
    Region("tumour", False, 2500, Fraction(6)),
    Region("bile", True, 120, Fraction(900)),
    Region("tumour", True, 200, Fraction(5)),
)


def test_tumour_and_bile_leave_both_sums() -> None:
    shares = measure_share([FLR, REST, *OTHERS])
    assert shares.by_counts == Fraction(220_000, 652_000)
    assert shares.by_volume == Fraction(4, 13)
    assert shares.ratio == Fraction(220, 652) / Fraction(4, 13)


def test_a_side_that_nobody_told_leaves_the_share_unknown() -> None:
    shares = measure_share([FLR, Region("parenchyma", None, 1, Fraction(1))])
    assert (shares.by_counts, shares.by_volume, shares.ratio) == (None, None, None)
    beside = Region("bile", None, 10, Fraction(100))
    assert measure_share([FLR, REST, beside]).by_counts == Fraction(220, 652)


def test_a_remnant_without_uptake_has_no_share() -> None:
    assert measure_share([REST, Region("parenchyma", True, 5, Fraction(0))]).by_counts == 0
    assert measure_share([REST]).ratio is None


@pytest.mark.parametrize("regions", [[], [*OTHERS], [Region("parenchyma", True, 9, Fraction(0))]])
def test_nothing_to_share_is_refused(regions: list[Region]) -> None:
    with pytest.raises(InputRefused, match="regions hold no count of parenchyma"):
        measure_share(regions)


@pytest.mark.parametrize(("voxels", "mean"), [(-1, 1), (1, -1)])
def test_impossible_regions_are_refused(voxels: int, mean: int) -> None:
    with pytest.raises(InputRefused, match="voxels with"):
        Region("bile", True, voxels, Fraction(mean))


@given(st.integers(1, 10**6), st.integers(1, 10**6), st.integers(1, 1000))
def test_both_sides_are_all(kept: int, gone: int, factor: int) -> None:
    one = measure_share(
        [
            Region("parenchyma", True, kept, Fraction(3)),
            Region("parenchyma", False, gone, Fraction(2)),
        ]
    )
    other = measure_share(
        [
            Region("parenchyma", False, kept, Fraction(3 * factor)),
            Region("parenchyma", True, gone, Fraction(2 * factor)),
        ]
    )
    assert sure(one.by_counts) + sure(other.by_counts) == 1
