"""Two views of one patient: a chest of the tests' own, and which way up its views match."""

import numpy as np
import pytest

from fl_planner.space.planar_views import (
    DOUBTFUL_GAIN,
    SURE_GAIN,
    find_better_way,
    is_better_mirrored,
    measure_gain_upside_down,
)
from tests.cases import each_case
from tests.function.chest import chest


@each_case("counts", [0.02, 0.5, 10.0])
def test_views_the_same_way_up_never_match_better_upside_down(counts: float) -> None:
    """36 frames of so many counts a pixel of the body; also with one view mirrored."""
    for seed in range(8):
        study = chest(seed, counts)
        front, back = (study.seen(view).sum(axis=0) for view in ("anterior", "posterior"))
        for other in (back, back[:, ::-1]):
            assert measure_gain_upside_down(front, other) < 0
            assert measure_gain_upside_down(front, other[::-1]) > SURE_GAIN


def test_the_gain_is_that_of_the_correlation() -> None:
    """Four pixels: roots 3, 2, 1, 0 against 3, 2, 1, 1; upside down 1, 1, 3, 2."""
    front, back = np.array([[9, 4], [1, 0]]), np.array([[9, 4], [1, 1]])
    as_is = max(np.corrcoef([3, 2, 1, 0], one)[0, 1] for one in ([3, 2, 1, 1], [2, 3, 1, 1]))
    turned = max(np.corrcoef([3, 2, 1, 0], one)[0, 1] for one in ([1, 1, 3, 2], [1, 1, 2, 3]))
    assert measure_gain_upside_down(front, back) == pytest.approx(turned - as_is)


def test_uniform_views_are_not_judged() -> None:
    flat, odd = np.full((65, 40), 3), np.zeros((65, 40))
    odd[3, 3] = 9
    for other in (flat, odd):
        assert abs(measure_gain_upside_down(flat, other)) < DOUBTFUL_GAIN


def test_another_way_must_have_clearly_more_counts() -> None:
    """Exactly 1.1 times as many are not more."""
    region = np.array([[True, False], [False, False]])
    for count, is_better in ((110, False), (111, True)):
        counts = np.array([[100, count], [0, 0]])
        assert is_better_mirrored(counts, region) is is_better
        assert find_better_way(counts, region) == ("mirrored left to right" if is_better else None)
    for place, way in (((1, 0), "flipped upside down"), ((1, 1), "rotated by 180 degrees")):
        counts = np.array([[1, 2], [3, 4]])
        counts[place] = 50
        assert find_better_way(counts, region) == way
