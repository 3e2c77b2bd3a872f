"""What most of several readers drew, by hand counts; how far they lie from it."""

import pytest

from fl_planner.liver.agreement.second_reader import find_majority
from tests.masks import bar, indices_of


def test_a_majority_is_more_than_half() -> None:
    """Bars 0-6, 2-8, 4-10: two of three in 2-8; of two, both; of four, three."""
    one, two, three = bar("flr", 0, 6), bar("flr", 2, 8), bar("flr", 4, 10)
    found = find_majority([one, two, three])
    assert sorted(i for i, _, _ in indices_of(found.mask)) == [*range(2, 8)]
    assert sorted(i for i, _, _ in indices_of(find_majority([one, two]).mask)) == [2, 3, 4, 5]
    four = find_majority([one, two, three, bar("flr", 5, 12)])
    assert sorted(i for i, _, _ in indices_of(four.mask)) == [4, 5, 6, 7]


def test_its_spread_is_told_by_voxels() -> None:
    """All three have 4 and 5; some have 0-10: 2 and 8 voxels of 0.001 mL."""
    found = find_majority([bar("flr", 0, 6), bar("flr", 2, 8), bar("flr", 4, 10)])
    assert found.undisputed_ml == pytest.approx(0.002)
    assert found.disputed_ml == pytest.approx(0.008)
    assert found.sd_ml == 0
    assert [one.common_voxels for one in found.compare()] == [4, 6, 4]
    assert (found.vote, found.mask.file, found.sensitivity) == ("majority", None, ())


def test_readers_that_share_nothing_have_no_majority() -> None:
    assert find_majority([bar("flr", 0, 3), bar("flr", 5, 8)]).mask.voxel_count == 0
