"""Fills that leaked, by hand: a liver of 20 cubes a side, and a remnant that is its left 6."""

import numpy as np

from fl_planner.liver.leaks import find_leak
from fl_planner.space.mask import Mask
from tests.cases import each_case
from tests.masks import block, cubes

GRID = cubes((24, 24, 24), 5.0)
LIVER = block(GRID, (2, 22), (2, 22), (2, 22), name="liver")
LEFT = block(GRID, (2, 8), (2, 22), (2, 22), name="flr", file="flr.nii")


def layers(axis: int, first: int, stop: int) -> Mask:
    spans = [(2, 22), (2, 22), (2, 22)]
    spans[axis] = (first, stop)
    return block(GRID, spans[0], spans[1], spans[2])


SPANS = [(2, 10, 11), (2, 10, 12), (2, 10, 15), (1, 9, 10), (1, 9, 11), (2, 2, 5), (2, 19, 22)]


@each_case("axis, first, stop", SPANS)
def test_h06_a_fill_that_leaked_over_layers_is_found(axis: int, first: int, stop: int) -> None:
    """20 x 14 cubes of 0.125 mL a layer are not of the remnant: 35 mL."""
    (finding,) = find_leak(LEFT | layers(axis, first, stop), LIVER)
    assert finding.code == "parts.leak"
    assert finding.value == 35.0 * (stop - first)


def test_a_leak_far_from_a_part_is_found() -> None:
    tumour = block(GRID, (12, 15), (12, 15), (4, 7), name="tumour") | layers(2, 15, 16)
    (finding,) = find_leak(tumour.renamed("tumour"), LIVER)
    assert finding.value == 50.0  # 400 cubes


def test_honest_parts_have_no_leak() -> None:
    right_low = block(GRID, (8, 22), (2, 22), (2, 12))
    section = block(GRID, (8, 12), (2, 22), (2, 22), name="flr")
    wedge = block(GRID, (12, 18), (2, 8), (9, 14))
    hollow = block(GRID, (9, 19), (6, 18), (8, 12))
    step = LEFT | right_low
    for part in (LEFT, step, section, LIVER - wedge, LIVER - hollow, LIVER, step - wedge):
        assert find_leak(part, LIVER) == ()
    assert find_leak(LEFT - LEFT, LIVER) == ()


def test_a_rounded_part_has_no_leak() -> None:
    places = np.indices(GRID.shape) - 12
    ball = Mask.of("liver", np.einsum("aijk,aijk->ijk", places, places) < 100, GRID)
    for normal in ((1, 0, 0), (1, 1, 0), (1, 2, 1), (0, 1, 2)):
        half = Mask.of("flr", np.tensordot(normal, places, 1) < 1, GRID) & ball
        assert find_leak(half, ball) == ()
