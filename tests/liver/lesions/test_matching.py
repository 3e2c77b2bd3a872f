"""Which lesion is which at a later scan: places and distances by hand, in voxels of 1 mm."""

from itertools import product
from time import process_time

import numpy as np
from msgspec.structs import replace

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.lesions import measure_lesions
from fl_planner.liver.lesions.locations import LesionMatch, LesionScan, axial_mm, match_lesions
from fl_planner.space.grid import Box, Grid
from fl_planner.space.mask import Mask
from tests.cases import sure
from tests.masks import block, boxes, cubes

ONE, OTHER = cubes((120, 60, 60)), cubes((122, 60, 60))


def scan(*spans: list[int], grid: Grid = ONE, liver: tuple[int, int] = (0, 120)) -> LesionScan:
    """Hold lesions, boxes of [x0, x1, y0, y1, z0, z1]; larger ones come first in their numbers."""
    organ = block(grid, liver, (0, 60), (0, 60), name="liver")
    anatomy = Anatomy(organ, tumour=boxes(grid, spans, "tumour"))
    return LesionScan(sure(measure_lesions(anatomy)), organ)


def at(x: int, size: int = 10, y: int = 20) -> list[int]:
    return [x, x + size, y, y + size, 20, 20 + size]


def test_lesions_that_stay_shrink_and_grow_are_matched() -> None:
    before = scan(at(10, 12), at(50, 11), at(90, 10))
    after = scan(at(11, 8), at(50, 9), at(88, 14))  # the last is the largest now
    assert match_lesions(before, after) == LesionMatch({1: 3, 2: 2, 3: 1})


def test_a_lesion_that_is_not_there_is_gone_and_another_is_new() -> None:
    found = match_lesions(scan(at(10, 12), at(50)), scan(at(10, 12), at(90)))
    assert found == LesionMatch({1: 1}, gone=(2,), new=(2,))


def test_what_is_beyond_ten_millimetres_is_not_matched_on_one_grid() -> None:
    assert match_lesions(scan(at(10)), scan(at(20))).pairs == {1: 1}
    found = match_lesions(scan(at(10)), scan(at(21)))
    assert not found.pairs


def test_a_lesion_displaced_by_a_growing_remnant_is_not_gone_and_new_on_one_grid() -> None:
    """A lesion 15 mm to the right: two weeks of growth of the left side, or two lesions."""
    for mm in (11, 15, 20):
        found = match_lesions(scan(at(10)), scan(at(10 + mm)))
        assert found == LesionMatch({}, unclear_before=(1,), unclear_after=(1,))
    far = match_lesions(scan(at(10)), scan(at(31)))
    assert far == LesionMatch({}, gone=(1,), new=(1,))


def test_only_the_lesions_of_a_near_pair_are_unclear_on_one_grid() -> None:
    before = scan(at(10, 12), at(60, 11))
    found = match_lesions(before, scan(at(25, 12), at(95, 11)))
    assert found == LesionMatch({}, gone=(2,), new=(2,), unclear_before=(1,), unclear_after=(1,))


def test_lesions_displaced_one_to_the_place_of_the_next_are_not_gone_and_new() -> None:
    """Two lesions 15 mm apart, both displaced by 15 mm: the first takes the place of the second."""
    found = match_lesions(scan(at(10, 12), at(25, 10)), scan(at(25, 12), at(40, 10)))
    assert found == LesionMatch({}, unclear_before=(1, 2), unclear_after=(1, 2))
    three = scan(at(10, 12), at(26, 11), at(42, 10), at(100, 9))
    found = match_lesions(three, scan(at(26, 12), at(42, 11), at(58, 10), at(100, 9)))
    assert found == LesionMatch({4: 4}, unclear_before=(1, 2, 3), unclear_after=(1, 2, 3))


def test_a_chain_is_unclear_also_beside_another_lesion_that_disappears_or_is_new() -> None:
    """A lesion 14 mm from the first lesion of the chain, or 15 mm from its last."""
    before, after = [at(10, 12), at(25, 11)], [at(25, 12), at(40, 11)]
    found = match_lesions(scan(*before), scan(*after, at(10, 10, 34)))
    assert found == LesionMatch({}, unclear_before=(1, 2), unclear_after=(1, 2, 3))
    found = match_lesions(scan(*before, at(40, 10, 34)), scan(*after))
    assert found == LesionMatch({}, unclear_before=(1, 2, 3), unclear_after=(1, 2))


def test_a_lesion_may_be_displaced_from_a_site_that_its_neighbour_takes() -> None:
    """Of two lesions 11 mm apart one is displaced by 2 mm towards the other, and that by 15 mm.

    Only beyond 20 mm are they certainly two. Read backwards, none has certainly disappeared.
    """
    apart, together = scan(at(40, 10), at(51, 9)), scan(at(49, 9), at(25, 10))
    assert match_lesions(apart, together) == LesionMatch({2: 2}, (), (), (1,), (1,))
    assert match_lesions(together, apart) == LesionMatch({2: 2}, (), (), (1,), (1,))
    farther = scan(at(49, 9), at(19, 10))
    assert match_lesions(apart, farther) == LesionMatch({2: 2}, (), (1,), (1,))
    assert match_lesions(farther, apart) == LesionMatch({2: 2}, (1,), (), (), (1,))


def test_a_lesion_31_mm_from_its_old_site_is_new_if_no_lesion_is_between_them() -> None:
    """A lesion elsewhere that stayed does not change this, and neither does one that is new."""
    before = scan(at(10, 12), at(80, 11))
    found = match_lesions(before, scan(at(41, 12), at(80, 11)))
    assert found == LesionMatch({2: 2}, gone=(1,), new=(1,))
    found = match_lesions(before, scan(at(25, 12), at(80, 11), at(46, 10)))
    assert found == LesionMatch({2: 2}, new=(3,), unclear_before=(1,), unclear_after=(1,))


def test_half_a_large_lesion_s_diameter_is_near() -> None:
    large = scan(at(10, 40, 10))  # half of its diagonal is 28 mm
    assert match_lesions(large, scan(at(46, 10, 25))).pairs == {1: 1}


def test_one_lesion_that_two_could_be_is_not_clear() -> None:
    found = match_lesions(scan(at(20)), scan(at(14, 5), at(30, 5)))
    assert found == LesionMatch({}, unclear_before=(1,), unclear_after=(1, 2))


def test_two_lesions_that_merged_are_not_called_gone() -> None:
    before = scan(at(20, 10), at(31, 9))
    found = match_lesions(before, scan([20, 40, 20, 30, 20, 30]))
    assert found.gone == ()
    assert found.unclear_before
    assert not found.new


def test_a_small_lesion_merged_into_a_large_one_is_not_gone() -> None:
    """The large one is 3 mm from the merged one, and the small one 7 mm."""
    before = scan([20, 34, 20, 30, 20, 30], [35, 39, 23, 27, 23, 27])
    found = match_lesions(before, scan([20, 40, 20, 30, 20, 30]))
    assert found == LesionMatch({1: 1}, unclear_before=(2,))


def test_a_clear_pair_leaves_its_neighbour_clear() -> None:
    before = scan(at(20, 10), at(38, 9))
    found = match_lesions(before, scan(at(20, 10), at(39, 9)))
    assert found.pairs == {1: 1, 2: 2}


def test_scans_of_two_grids_meet_at_the_centre_of_the_liver() -> None:
    """The liver lies 2 mm farther, and the lesion with it; 12 mm more are near enough there."""
    before = scan(at(10, 12), at(80))
    after = scan(at(24, 12), at(80, 10), grid=OTHER, liver=(2, 122))
    assert match_lesions(before, after).pairs == {1: 1, 2: 2}


def test_gone_and_new_at_once_are_not_clear_between_two_grids() -> None:
    before = scan(at(10, 12), at(50))
    after = scan(at(12, 12), at(92), grid=OTHER, liver=(2, 122))
    found = match_lesions(before, after)
    assert found == LesionMatch({1: 1}, unclear_before=(2,), unclear_after=(2,))
    alone = scan(at(12, 12), grid=OTHER, liver=(2, 122))
    assert match_lesions(before, alone) == LesionMatch({1: 1}, gone=(2,))
    more = scan(at(12, 12), at(52), at(92), grid=OTHER, liver=(2, 122))
    assert match_lesions(before, more).new == (3,)


def crowd(side: int, step: int, grid: Grid) -> LesionScan:
    """Hold side x side x side lesions of 4 mm, `step` mm apart."""
    lesions = scan(at(10, 4)).lesions
    solid, masks = np.ones((4, 4, 4), dtype=bool), []
    for start in product(range(0, side * step, step), repeat=3):
        box = Box.of(start, [place + 4 for place in start])
        masks.append(Mask("tumour", solid, box, grid))
    (one,) = lesions.items
    items = tuple(replace(one, number=n, mask=mask) for n, mask in enumerate(masks, start=1))
    return LesionScan(replace(lesions, items=items), masks[0])


def test_five_hundred_lesions_do_not_take_for_ever() -> None:
    """Lesions of 4 mm with gaps of 2 mm between them, as drawn by a program on a poor CT."""
    many = crowd(8, 6, ONE)
    begun = process_time()
    assert match_lesions(many, many) == LesionMatch({n: n for n in range(1, 513)})
    assert process_time() - begun < 3  # eight seconds if each pair is compared with all others


def test_a_thousand_lesions_on_two_grids_are_compared_with_those_near_them() -> None:
    before, after = (crowd(10, 45, cubes((large, 450, 450))) for large in (450, 451))
    begun = process_time()
    assert match_lesions(before, after) == LesionMatch({n: n for n in range(1, 1001)})
    assert process_time() - begun < 1  # two seconds and a million pairs if all are kept


def test_the_axial_diameter_is_exact() -> None:
    one = scan([10, 13, 20, 24, 20, 30]).lesions.items[0]
    assert axial_mm(one) == 5  # a layer of 3 by 4 mm
