"""Two views of one patient: a chest of the tests' own, and which way up its views match."""

import numpy as np
import pytest

from fl_planner.space.planar_views import (
    DOUBTFUL_GAIN,
    SURE_GAIN,
    count_cut,
    find_best_shift,
    find_better_way,
    is_better_mirrored,
    measure_gain_upside_down,
)
from tests.cases import each_case
from tests.function.chest import LIVER, chest


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


def test_the_best_place_is_that_of_all_shifts_tried_singly() -> None:
    """36 pixels reach two pixels far; by hand, pixel by pixel, none outside the field."""
    lot = np.random.default_rng(3)
    for first in (0, 4, 10):
        counts = lot.poisson(5, (16, 20))
        region = np.zeros((16, 20), dtype=bool)
        region[first : first + 6, first : first + 6] = True
        capped = np.minimum(counts, np.median(counts[region]))
        sums = {}
        for rows in range(-2, 3):
            for columns in range(-2, 3):
                places = np.argwhere(region) + np.array([rows, columns])
                inside = [(y, x) for y, x in places.tolist() if 0 <= y < 16 and 0 <= x < 20]
                sums[rows, columns] = sum(capped[at] for at in inside)
        found = find_best_shift(counts, region)
        assert sums[found.rows, found.columns] == max(sums.values())
        assert found.counts == sums[0, 0]
        assert found.gained == pytest.approx(max(sums.values()) - sums[0, 0])


def test_a_hot_place_next_to_a_region_does_not_attract_it() -> None:
    """Three pixels of 1000 counts on the right; on the left the organ goes on."""
    counts = np.full((12, 12), 1)
    counts[4:8, 2:6] = 9
    counts[4:7, 8] = 1000
    region = np.zeros((12, 12), dtype=bool)
    region[4:8, 3:7] = True
    found = find_best_shift(counts, region)
    assert (found.rows, found.columns, round(found.gained)) == (0, -1, 32)
    assert found.describe_way(None) == "1 pixel to the left"


@each_case("end", [30, 35, 40])
def test_h10_a_liver_cut_off_by_the_field_is_found(end: int) -> None:
    """The field ends in the liver, of rows 27 to 44: at the end of the matrix, or before it."""
    study = chest(3, 0.5)
    counts = sum(study.seen(view).sum(axis=0) for view in ("anterior", "posterior"))
    masked = np.where(np.arange(64)[:, None] < end, counts, 0)
    drawn = LIVER & (np.arange(64)[:, None] < end)
    assert count_cut(counts, LIVER) == 0
    assert count_cut(masked, drawn) == count_cut(masked[:end], drawn[:end]) == drawn[end - 1].sum()
    assert count_cut(np.where(drawn, masked, 0), drawn) == 0  # an organ without body
    within = drawn & (np.arange(64)[:, None] < end - 1)  # drawn to one pixel from the edge
    for way in (np.asarray, np.flipud, np.transpose):
        assert count_cut(way(masked), way(within)) == drawn[end - 2].sum()
    assert count_cut(masked, within & (np.arange(64)[:, None] < end - 2)) == 0


def test_body_at_the_edge_of_the_field_is_no_organ() -> None:
    """A region drawn too large: of a mean of 55 counts, 27 at the edge are less than half."""
    counts = np.array([[1, 1, 1], [1, 83, 1], [1, 27, 1]])
    region = np.zeros((3, 3), dtype=bool)
    region[1:, 1] = True
    for at_edge, cut in ((27, 0), (28, 1)):
        counts[2, 1] = at_edge
        assert count_cut(counts, region) == cut
    assert count_cut(np.zeros((3, 3)), region) == 0
