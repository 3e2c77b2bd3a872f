"""Lesions by hand and by the vectors: how many, how large, and what depends on the definition."""

import re
from dataclasses import replace
from fractions import Fraction
from math import isqrt, sqrt

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fl_planner.basis.findings import Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.count import LEAST_LESION_ML, count_lesions
from fl_planner.liver.lesions.lesions import Lesions, find_lesion_doubts, measure_lesions, root
from fl_planner.space.components import Connectivity
from fl_planner.space.distance import measure_diameters
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.cases import sure
from tests.masks import TURNS, Index, Turn, block, boxes, cells, clouds, codes, cubes, turned
from tests.shared import vectors

GRID = cubes((100, 40, 120))
SIZES = [Fraction(cm) for cm in (3, 4, 8)]
COUNTS = [Fraction(4), Fraction(5)]


def test_count_and_size_by_each_definition() -> None:
    """Cubes of 20 and 10 mm that touch by a corner, one of 5 mm, and a speck of 1 mm3."""
    spans = [(0, 20, 0, 20, 0, 20), (20, 30, 20, 30, 20, 30), (50, 55, 0, 5, 0, 5),
             (70, 71, 0, 1, 0, 1)]  # fmt: skip
    found = of(boxes(GRID, spans, "tumour"))
    told = {(one.connectivity, float(one.least_ml)): one for one in found.definitions}
    assert {key: one.count for key, one in told.items()} == {
        (6, 0.03): 3, (6, 0.1): 3, (6, 0.5): 2,
        (18, 0.03): 3, (18, 0.1): 3, (18, 0.5): 2,
        (26, 0.03): 2, (26, 0.1): 2, (26, 0.5): 1,
    }  # fmt: skip
    # In one layer each cube lies by itself: the larger one's diagonal is 20 mm x root 2.
    largest = [float(one.largest_cm or 0) for one in told.values()]
    assert largest == pytest.approx([2 * sqrt(2)] * 9)
    assert of(boxes(GRID, [(70, 71, 0, 1, 0, 1)], "tumour")).definitions[0].largest_cm is None


def test_lesions_that_a_reader_distinguished_are_counted_in_one_way() -> None:
    parts = [boxes(GRID, [(0, 20, 0, 20, 0, 20)], "a"), boxes(GRID, [(20, 30, 0, 9, 0, 9)], "b")]
    assert of(parts[0] | parts[1], tuple(parts)).definitions == ()


def of(tumour: Mask, lesions: tuple[Mask, ...] = ()) -> Lesions:
    whole = block(tumour.grid, *((0, n) for n in tumour.grid.shape), name="liver")
    return sure(measure_lesions(Anatomy(whole, tumour=tumour, lesions=lesions)))


def test_the_lesion_vectors() -> None:
    rows = {row["id"]: row for row in vectors("lesions")}
    assert list(rows) == ["LES-01", "LES-02", "LES-03"]
    counted, *sized = rows.values()
    tumour = boxes(cubes((24, 24, 24)), counted["inputs"]["boxes"])
    least_ml = Fraction(counted["inputs"]["min_volume_ml"])
    near: tuple[Connectivity, ...] = (6, 18, 26)
    for connectivity in near:
        count = count_lesions(tumour, connectivity, least_ml)
        assert count == counted["expected"][f"count_conn{connectivity}"]
    measured = sure(measure_lesions(Anatomy(tumour, tumour=tumour), least_ml))
    assert (measured.count, measured.count_by_faces, measured.dropped) == (1, 3, 1)
    for row in sized:
        i, j, k = row["inputs"]["spacing_mm"]
        grid = Grid.upright((82, 12, 16), (float(i), float(j), float(k)))
        tumour = boxes(grid, row["inputs"]["boxes"])
        sizes, expected = measure_diameters(tumour), row["expected"]
        limit_cm = Fraction(row["inputs"]["threshold_cm"])
        for name, mm2 in zip(
            ("axial_outer_mm", "axial_centre_mm", "max3d_outer_mm", "max3d_centre_mm"),
            sizes.squares_mm2,
            strict=True,
        ):
            assert float(root(mm2)) == pytest.approx(expected[name], rel=1e-9, abs=1e-9)
        over = [mm2 > (10 * limit_cm) ** 2 for mm2 in sizes.squares_mm2]
        assert any(over) is expected["any_over"]
        found = find_lesion_doubts(of(tumour), [limit_cm], [])
        disagree = codes(found) == ["lesions.definitions_disagree"]
        assert disagree is (len(set(over)) > 1) is expected["definitions_disagree"]


def test_les_02_and_03_by_hand() -> None:
    row = measure_diameters(block(cubes((80, 1, 1)), (0, 80), (0, 1), (0, 1)))
    assert [sqrt(mm2) for mm2 in row.squares_mm2] == pytest.approx(
        [80.00624975587844, 79.0, 80.01249902359005, 79.0], rel=1e-12
    )
    # 60 x 10 in one slice of 5 mm, and a column of 14 slices at its end
    corners = (60**2 + 10**2, 59**2 + 9**2, 60**2 + 10**2 + 70**2, 59**2 + 9**2 + 65**2)
    grid = Grid.upright((60, 10, 14), (1.0, 1.0, 5.0))
    both = block(grid, (0, 60), (0, 10), (0, 1)) | block(grid, (0, 10), (0, 10), (0, 14))
    sizes = measure_diameters(both)
    assert sizes.axial_outer_mm2 == corners[0]
    assert sizes.axial_centre_mm2 == corners[1]
    assert sizes.longest_outer_mm2 == corners[2]
    assert sizes.longest_centre_mm2 == corners[3]


def test_lesions_are_numbered_from_the_largest() -> None:
    # 64, 40 and 36 voxels of a cubic millimetre; 29 are too few
    tumour = boxes(GRID, [[0, 2, 0, 4, 0, 5], [10, 14, 0, 4, 0, 4], [20, 26, 0, 6, 0, 1],
                          [30, 59, 0, 1, 0, 1]], "tumour")  # fmt: skip
    lesions = of(tumour)
    assert [lesion.number for lesion in lesions.items] == [1, 2, 3]
    assert [lesion.mask.voxel_count for lesion in lesions.items] == [64, 40, 36]
    assert (lesions.count, lesions.count_by_faces, lesions.dropped) == (3, 3, 1)
    assert (lesions.origin, lesions.least_ml) == ("components", LEAST_LESION_ML)
    for lesion in lesions.items:
        assert lesion.diameters == measure_diameters(lesion.mask)


def test_the_largest_lesion_is_the_longest_in_its_layer_and_not_the_fullest() -> None:
    thick, long = [0, 10, 0, 10, 0, 10], [20, 60, 0, 1, 0, 1]
    lesions = of(boxes(GRID, [thick, long], "tumour"))
    assert lesions.largest is lesions.items[1]
    assert lesions.largest_cm == root(Fraction(1601)) / 10
    # and one lesion's, not the extent of all tumour
    assert float(lesions.largest_cm) == pytest.approx(4.00125)


@pytest.mark.parametrize(("voxels", "count"), [(29, 0), (30, 1)])
def test_a_lesion_has_three_hundredths_of_a_millilitre(voxels: int, count: int) -> None:
    lesions = of(block(GRID, (0, voxels), (0, 1), (0, 1), name="tumour"))
    assert (lesions.count, lesions.count_by_faces, lesions.dropped) == (count, count, 1 - count)
    assert Fraction("0.03") == LEAST_LESION_ML


@pytest.mark.parametrize(("voxels", "count"), [(499, 0), (500, 1)])
def test_exactly_three_hundredths_whatever_the_doubles_state(voxels: int, count: int) -> None:
    # 0.3 x 0.4 x 0.5 mm: in doubles 5.9999999999999995e-05 mL each, 0.0299... of 500
    grid = Grid.upright((500, 1, 1), (0.3, 0.4, 0.5))
    assert 500 * Fraction(str(grid.voxel_ml)) < LEAST_LESION_ML
    assert of(block(grid, (0, voxels), (0, 1), (0, 1), name="tumour")).count == count


def test_no_size_is_too_small_where_none_is_asked_for() -> None:
    tumour = cells(GRID, [(0, 0, 0), (2, 2, 2)], "tumour")
    anatomy = Anatomy(block(GRID, (0, 9), (0, 9), (0, 9)), tumour=tumour)
    measured = sure(measure_lesions(anatomy, Fraction(0)))
    assert (measured.count, measured.dropped) == (2, 0)
    assert measured.least_ml == 0
    assert count_lesions(tumour, 26, Fraction(0)) == 2


def test_lesions_that_touch_by_an_edge_are_one_and_by_faces_two() -> None:
    lesions = of(boxes(GRID, [[0, 4, 0, 4, 0, 4], [4, 8, 4, 8, 0, 4]], "tumour"))
    assert (lesions.count, lesions.count_by_faces) == (1, 2)


def test_labels_of_the_reader_override_components() -> None:
    # two lesions that share a face, the second the larger; a third label is too small
    first, second, third = (
        boxes(GRID, [spans], "tumour")
        for spans in ([0, 4, 0, 4, 0, 4], [4, 9, 0, 4, 0, 4], [50, 52, 0, 4, 0, 3])
    )
    lesions = of(first | second | third, (first, second, third))
    assert [lesion.mask.voxel_count for lesion in lesions.items] == [80, 64]
    assert (lesions.origin, lesions.count, lesions.dropped) == ("labels", 2, 1)
    assert lesions.count_by_faces == 1  # they are joined, and the third is too small here too


@pytest.mark.parametrize(("voxels", "count"), [(29, 1), (30, 2)])
def test_a_label_of_three_hundredths_is_a_lesion(voxels: int, count: int) -> None:
    large, small = boxes(GRID, [[0, 4, 0, 4, 0, 4]]), boxes(GRID, [[8, 8 + voxels, 0, 1, 0, 1]])
    lesions = of(large | small, (large, small))
    assert (lesions.count, lesions.dropped) == (count, 2 - count)


def test_equal_labels_are_numbered_by_where_they_start() -> None:
    later, earlier = (
        boxes(GRID, [spans], "tumour") for spans in ([50, 54, 0, 4, 0, 4], [0, 4, 0, 4, 0, 4])
    )
    lesions = of(later | earlier, (later, earlier))
    assert [lesion.mask.box.start[0] for lesion in lesions.items] == [0, 50]


def test_no_tumour_mask_gives_no_lesions_and_an_empty_one_none_of_them() -> None:
    liver = block(GRID, (0, 9), (0, 9), (0, 9), name="liver")
    assert measure_lesions(Anatomy(liver)) is None
    empty = of(cells(GRID, [], "tumour"))
    assert (empty.count, empty.largest, empty.largest_cm, empty.dropped) == (0, None, None, 0)
    assert find_lesion_doubts(empty, SIZES, COUNTS) == ()


def test_definitions_that_agree_state_nothing() -> None:
    assert find_lesion_doubts(of(boxes(GRID, [[0, 20, 0, 10, 0, 3]])), SIZES, COUNTS) == ()


def test_definitions_that_disagree_are_reported_with_each_limit_between_them() -> None:
    # 25 mm in a layer, 95 mm from foot to head: on two sides of 3, 4 and 8 cm
    tumour = replace(boxes(GRID, [[0, 24, 0, 7, 0, 92]], "tumour"), file="tumour.nii")
    (finding,) = find_lesion_doubts(of(tumour), [*SIZES[::-1], Fraction(3), Fraction(20)], [])
    assert (finding.code, finding.severity) == ("lesions.definitions_disagree", Severity.WARNING)
    assert finding.message == (
        "lesions: depending on the definition, the largest diameter (lesion 1) may be on either "
        "side of 3, 4 and 8 cm, trial limits: axial 2.50 cm, between voxel centres 2.38 cm; in any "
        "direction 9.53 cm, between voxel centres 9.41 cm; measure it on the images with callipers"
    )
    assert (finding.value, finding.unit, finding.file) == (2.5, "cm", "tumour.nii")


def test_another_lesion_may_be_the_longest_by_another_definition() -> None:
    # one is broad, 70 x 10 mm in its layer and 73 in any direction; the other stands 90 mm high
    broad, high = [0, 70, 0, 10, 0, 20], [80, 90, 0, 10, 0, 90]
    lesions = of(boxes(GRID, [broad, high], "tumour"))
    assert sure(lesions.largest_cm) < 8
    assert find_lesion_doubts(of(boxes(GRID, [broad], "tumour")), SIZES, []) == ()
    (finding,) = find_lesion_doubts(lesions, SIZES, [])
    assert "axial 7.07 cm (lesion 1), between voxel centres 6.96 cm (lesion 1); " in finding.message
    assert "in any direction 9.11 cm (lesion 2), between voxel centres 8.99" in finding.message


def test_h08_the_definitions_on_both_sides_of_a_limit_are_named() -> None:
    # 10 x 8 voxels: corners 164 mm2, in any direction 165; centres 9 x 7, 130 mm2
    lesions = of(boxes(GRID, [[0, 10, 0, 8, 0, 1]], "tumour"))
    (finding,) = find_lesion_doubts(lesions, [Fraction("1.2")], [])
    assert "on either side of 1.2 cm, a trial limit: axial" in finding.message
    assert re.findall(r"[0-9.]+ cm", finding.message) == [
        *("1.2 cm", "1.28 cm", "1.14 cm", "1.28 cm", "1.14 cm")
    ]
    # corners sqrt(6401) mm, slightly more than 8 cm: not shown as 8.00; centres 79 mm
    row = of(boxes(cubes((80, 1, 1)), [[0, 80, 0, 1, 0, 1]], "tumour"))
    (finding,) = find_lesion_doubts(row, [Fraction(8)], [])
    assert "axial 8.001 cm, between voxel centres 7.90 cm" in finding.message


@pytest.mark.parametrize(
    ("spans", "disagree"),
    [
        ([0, 64, 0, 48, 0, 1], True),  # corners 80, centres 78.6, in any direction 80.006
        ([0, 63, 0, 48, 0, 1], False),  # corners 79.2
        ([0, 82, 0, 1, 0, 1], False),  # centres 81
        ([0, 81, 0, 1, 0, 1], True),  # centres exactly 80, which is not above
    ],
)
def test_sides_of_eight_centimetres(spans: list[int], disagree: bool) -> None:
    tumour = boxes(cubes((90, 50, 2)), [spans], "tumour")
    found = find_lesion_doubts(of(tumour), [Fraction(8)], [])
    assert codes(found) == ["lesions.definitions_disagree"] * disagree


def test_exactly_at_a_limit_by_one_definition_is_another_side() -> None:
    # 2 x 10 x 11 mm and no more: the space diagonal of the corners is 15 mm exactly
    tumour = boxes(GRID, [[0, 2, 0, 10, 0, 11]], "tumour")
    assert measure_diameters(tumour).longest_outer_mm2 == 15**2
    assert codes(find_lesion_doubts(of(tumour), [Fraction("1.5")], []))
    assert find_lesion_doubts(of(tumour), [Fraction("1.51")], []) == ()


def cubes_of(apart: int, by_edge: int) -> Lesions:
    """Draw so many lesions apart, and so many more that hang on the last one by an edge."""
    spans = [[10 * n, 10 * n + 4, 0, 4, 0, 4] for n in range(apart)]
    last = spans[-1][0]
    spans += [
        [last + 4 * n, last + 4 * n + 4, 4 * n, 4 * n + 4, 0, 4] for n in range(1, by_edge + 1)
    ]
    return of(boxes(cubes((120, 40, 4)), spans, "tumour"))


@pytest.mark.parametrize(
    ("apart", "by_edge", "limits"),
    [(1, 1, None), (4, 0, None), (3, 1, None), (4, 1, "a limit of 4 is"), (5, 1, "a limit of 5 is"),
     (4, 2, "limits of 4 and 5 are"), (6, 1, None), (1, 8, "limits of 4 and 5 are")],
)  # fmt: skip
def test_counts_on_different_sides_of_a_limit(apart: int, by_edge: int, limits: str | None) -> None:
    # at most 4 and at most 5 lesions: 4 by corners and 5 by faces differ about 4
    lesions = cubes_of(apart, by_edge)
    assert (lesions.count, lesions.count_by_faces) == (apart, apart + by_edge)
    found = find_lesion_doubts(lesions, [], [*COUNTS[::-1], Fraction(4)])
    if limits is None:
        assert found == ()
        return
    (finding,) = found
    assert (finding.code, finding.severity) == ("lesions.count_depends", Severity.WARNING)
    assert finding.message == (
        f"lesions: {apart} or {apart + by_edge}, depending on how touching lesions are separated; "
        f"{limits} between the two counts: count the lesions on the images"
    )
    assert (finding.value, finding.unit) == (apart, "1")


def test_labels_that_touch_differ_from_parts_the_other_way() -> None:
    # five labels in one piece: 5 by the reader, 1 by faces
    parts = tuple(boxes(GRID, [[4 * n, 4 * n + 4, 0, 4, 0, 4]], "tumour") for n in range(5))
    whole = boxes(GRID, [[0, 20, 0, 4, 0, 4]], "tumour")
    (finding,) = find_lesion_doubts(of(whole, parts), [], COUNTS)
    assert finding.message.startswith(
        "lesions: 5 or 1, depending on how touching lesions are separated"
    )
    assert "a limit of 4 is between the two counts:" in finding.message


@given(clouds((6, 5, 5), most=90), st.sampled_from(TURNS), st.fractions(0, Fraction("0.005")))
def test_lesions_do_not_depend_on_how_voxels_are_stored(
    cloud: set[Index], turn: Turn, least_ml: Fraction
) -> None:
    tumour = cells(cubes((6, 5, 5)), cloud, "tumour")
    ours = sure(measure_lesions(Anatomy(tumour, tumour=tumour), least_ml))
    other = turned(tumour, *turn)
    theirs = sure(measure_lesions(Anatomy(other, tumour=other), least_ml))
    for measured in (ours, theirs):
        assert all(lesion.mask.voxel_count >= 1000 * least_ml for lesion in measured.items)
    assert (ours.count, ours.count_by_faces, ours.dropped, ours.largest_cm) == (
        theirs.count, theirs.count_by_faces, theirs.dropped, theirs.largest_cm,
    )  # fmt: skip


@example(Fraction(1, 2))  # as 50/100 of squares in mm: one of the two is a whole square
@example(Fraction(3, 4))
@given(st.fractions(0, 10**6))
def test_a_root_is_exact_or_next_to_it(number: Fraction) -> None:
    assert root(number**2) == number
    found = root(number)
    if found**2 != number:
        assert abs(float(found) - sqrt(number)) <= 1e-9 * sqrt(number) + 1e-12
        floor = isqrt(int(number * 10**24))
        assert Fraction(floor, 10**12) < found < Fraction(floor + 1, 10**12)


@pytest.mark.parametrize("limit", [30, 40, 80])
def test_h08_an_inexact_root_is_never_a_limit(limit: int) -> None:
    # a hair beside the limit's square stays beside the limit
    for hair in (Fraction(1, 10**30), Fraction(1, 10**9)):
        assert root(limit**2 + hair) > limit
        assert root(limit**2 - hair) < limit
    assert root(Fraction(limit**2)) == limit
