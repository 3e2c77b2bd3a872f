"""Labels of a tumour: lesions, tissues of one, or vessels; and tumour that a treated area misses.

Every truth counted by hand. Labels have cubes of 1 mm: 1000 of them are 1 mL, and a lesion has 30
at least. The treated liver has 1500 voxels of 1 mL.
"""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from fl_planner.basis.findings import Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.count import (
    LesionLabels,
    UntreatedTumour,
    classify_labels,
    find_untreated_tumour,
    is_vessel_like,
    judge_labels,
    list_lesions,
    measure_untreated_tumour,
)
from fl_planner.liver.lesions.lesions import Lesions, measure_lesions
from fl_planner.space.components import count_within
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask, unite
from tests.cases import sure
from tests.masks import TURNS, block, boxes, codes, cubes, liver_part, on_each, small_liver, turned

GRID = cubes((60, 60, 60))
BODY = block(GRID, (0, 60), (0, 60), (0, 60), name="liver")


def cube(start: int, side: int, name: str) -> Mask:
    return block(GRID, *[(start, start + side)] * 3, name=name, file="t.nii")


def ball(radius: float, centre: tuple[float, float, float], name: str, grid: Grid = GRID) -> Mask:
    squares = sum((axis - at) ** 2 for axis, at in zip(np.indices(grid.shape), centre, strict=True))
    return Mask.of(name, np.asarray(squares) <= radius**2, grid, "t.nii")


def judged(*labels: Mask) -> tuple[Lesions, list[str]]:
    tumour = unite(labels).renamed("tumour")
    anatomy, findings = judge_labels(Anatomy(BODY, tumour=tumour, lesions=labels))
    lesions = sure(measure_lesions(anatomy))
    return lesions, [finding.code for finding in findings]


def sizes(lesions: Lesions) -> list[int]:
    return [one.mask.voxel_count for one in lesions.items]


def test_h13_necrosis_within_viable_tumour_is_no_lesion() -> None:
    """A cube of 20 with a core of 10: 7000 voxels and 1000, one lesion of 8000."""
    core = cube(15, 10, "label 2")
    rim = cube(10, 20, "label 1") - core
    for labels in permutations((rim, core)):
        lesions, told = judged(*labels)
        assert (sizes(lesions), lesions.origin, told) == ([8000], "components", ["lesions.tissues"])
    _, (finding,) = judge_labels(Anatomy(BODY, tumour=rim | core, lesions=(rim, core)))
    assert (finding.severity, finding.file, finding.value) == (Severity.WARNING, "t.nii", 1)
    assert "label 2 (1.0 mL) is inside label 1" in finding.message


@pytest.mark.parametrize("shift", [(9, 0, 0), (6, 6, 0), (5, 5, 5), (0, -9, 0)])
def test_h13_necrosis_that_touches_the_margin_is_no_lesion(shift: tuple[int, int, int]) -> None:
    whole = ball(15, (30, 30, 30), "label 1")
    core = ball(6, (30 + shift[0], 30 + shift[1], 30 + shift[2]), "label 2") & whole
    lesions, told = judged(whole - core, core.renamed("label 2"))
    assert (sizes(lesions), told) == ([whole.voxel_count], ["lesions.tissues"])


def test_a_ring_open_above_and_below_holds_its_core() -> None:
    """One slice of a lesion: 20 x 20 with a core of 10 x 10."""
    core = block(GRID, (15, 25), (15, 25), (30, 31), name="label 2")
    ring = block(GRID, (10, 30), (10, 30), (30, 31), name="label 1") - core
    lesions, told = judged(ring, core)
    assert (sizes(lesions), told) == ([400], ["lesions.tissues"])


def test_a_core_that_a_gap_parts_from_its_rim_is_no_lesion() -> None:
    core, rim = cube(15, 10, "label 2"), cube(10, 20, "label 1") - cube(13, 14, "gap")
    assert judged(rim, core)[1] == ["lesions.tissues"]


def test_overlapping_labels_are_mostly_inside_each_other() -> None:
    """Cubes of 20 and 18 that share 16 x 18 x 18 voxels: neither is inside the other."""
    larger, smaller = cube(10, 20, "label 1"), block(GRID, (14, 32), (11, 29), (11, 29), name="b")
    _, (finding, *_) = judge_labels(
        Anatomy(BODY, tumour=larger | smaller, lesions=(larger, smaller))
    )
    assert "label 1 (8.0 mL) is mostly inside b" in finding.message
    assert "b (5.8 mL) is mostly inside label 1" in finding.message


def test_three_tissues_are_within_each_other() -> None:
    """Cubes of 30, 20 and 10, each in the next: one lesion of 27000."""
    nested = [cube(10, 30, "label 1"), cube(15, 20, "label 2"), cube(20, 10, "label 3")]
    labels = (nested[0] - nested[1], nested[1] - nested[2], nested[2])
    for order in permutations(labels):
        lesions, told = judged(*order)
        assert (sizes(lesions), told) == ([27000], ["lesions.tissues"])


def test_tissues_of_two_lesions_are_two_lesions() -> None:
    """Viable tumour of both under one label, necrosis of one under another."""
    viable = boxes(GRID, [(0, 20, 0, 20, 0, 20), (40, 50, 40, 50, 40, 50)], "label 1")
    core = cube(5, 10, "label 2")
    lesions, told = judged(viable - core, core)
    assert (sizes(lesions), told) == ([8000, 1000], ["lesions.tissues"])


def test_h13_two_halves_of_one_label_are_two_lesions() -> None:
    """None lies within another; the first label is two pieces."""
    split = boxes(GRID, [(0, 10, 0, 10, 0, 10), (20, 30, 0, 10, 0, 10)], "label 1")
    other = boxes(GRID, [(30, 40, 0, 10, 0, 10)], "label 2")  # touches the second piece
    lesions, told = judged(split, other)
    assert (sizes(lesions), told) == ([2000, 1000], ["lesions.tissues"])
    (finding,) = classify_labels((split, other)).findings
    assert "label 1 (2.0 mL) has 2 pieces. Lesions are the" in finding.message
    lesions, told = judged(split)  # the label of the tumour alone
    assert (sizes(lesions), told) == ([1000, 1000], [])


@pytest.mark.parametrize(
    "apart",
    [
        [(10, 20, 10, 20, 10, 20), (20, 25, 12, 17, 12, 17)],  # a whole face of the smaller
        [(10, 20, 10, 20, 10, 20), (20, 30, 10, 20, 10, 20)],  # halves of one block
        [(10, 20, 10, 20, 10, 20), (20, 25, 20, 25, 20, 25)],  # a corner
        [(10, 20, 10, 20, 10, 20), (40, 45, 40, 45, 40, 45)],
    ],
)
def test_lesions_with_a_label_each_stay_apart(apart: list[tuple[int, ...]]) -> None:
    labels = [boxes(GRID, [span], f"label {n}") for n, span in enumerate(apart, 1)]
    lesions, told = judged(*labels)
    assert (sizes(lesions), lesions.origin) == ([m.voxel_count for m in labels], "labels")
    assert (told, lesions.dropped) == ([], 0)


def test_touching_balls_stay_apart() -> None:
    """The smaller one lies in a dent of the larger one, as where two lesions grow together."""
    large = ball(15, (20, 30, 30), "label 1")
    small = ball(8, (36, 30, 30), "label 2") - large
    lesions, told = judged(large, small.renamed("label 2"))
    assert (lesions.count, lesions.origin, told) == (2, "labels", [])


def test_a_diagonal_voxel_splits_no_lesion() -> None:
    """Two cubes of 5 that touch by one corner are one piece of 250."""
    label = boxes(GRID, [(10, 15, 10, 15, 10, 15), (15, 20, 15, 20, 15, 20)], "label 1")
    lesions, told = judged(label, cube(40, 5, "label 2"))
    assert (sizes(lesions), told) == ([250, 125], [])


def test_h13_a_speck_decides_nothing() -> None:
    """Two voxels far off: neither a second piece, nor part of the lesion's diameter."""
    large = cube(10, 10, "label 1") | boxes(GRID, [(50, 52, 50, 51, 50, 51)], "label 1")
    beside = boxes(GRID, [(20, 25, 10, 15, 10, 15)], "label 2")
    inside = boxes(GRID, [(14, 16, 14, 15, 14, 15)], "label 3")  # two voxels, a label of their own
    lesions, told = judged(large - inside, beside, inside)
    assert (sizes(lesions), told, lesions.dropped) == ([998, 125], [], 2)
    assert lesions.items[0].diameters.axial_outer_mm2 == 200  # the cube's diagonal


def test_a_piece_as_large_as_a_lesion_is_one() -> None:
    """30 voxels are 0.03 mL: the least lesion; 29 are a speck."""
    for side, count in ((30, 3), (29, 2)):
        far = boxes(GRID, [(50, 51, 50, 51, 10, 10 + side)], "label 1")
        lesions, told = judged(cube(10, 10, "label 1") | far, cube(30, 5, "label 2"))
        assert (lesions.count, bool(told)) == (count, count == 3)


def tree() -> Mask:
    """Draw a stem of 50 x 3 x 3 with four branches of 3 x 20 x 3: 450 + 720 voxels."""
    spans = [(5, 55, 30, 33, 30, 33)]
    spans += [(x, x + 3, *side, 30, 33) for x in (10, 40) for side in ((10, 30), (33, 53))]
    return boxes(GRID, spans, "label 1")


def test_h13_a_vessel_label_is_no_lesion() -> None:
    lesion = boxes(GRID, [(20, 30, 20, 30, 20, 30)], "label 2")  # lies between two branches
    lesions, told = judged(tree(), lesion)
    assert (sizes(lesions), told) == ([1000], ["tumour.vessel_like"])
    anatomy, (finding,) = judge_labels(
        Anatomy(BODY, tumour=tree() | lesion, lesions=(tree(), lesion))
    )
    assert finding.severity is Severity.ERROR
    assert finding.value == pytest.approx(1.17)
    assert "label 1 (1.2 mL) is long and thin like a vessel" in finding.message
    assert [mask.voxel_count for mask in anatomy.tumour_vessels] == [1170]


def test_h13_a_tumour_of_vessels_alone_is_reported_and_not_zero_lesions() -> None:
    anatomy, (finding,) = judge_labels(Anatomy(BODY, tumour=tree().renamed("tumour")))
    assert (finding.code, anatomy.tumour_vessels) == ("tumour.vessel_like", ())
    assert "the tumour (1.2 mL)" in finding.message
    assert len(list_lesions(anatomy)) == 1


@pytest.mark.parametrize(
    "lesion",
    [
        ball(15, (30, 30, 30), "ball"),
        ball(15, (30, 30, 30), "shell") - ball(14, (30, 30, 30), "inside"),
        boxes(GRID, [(5, 55, 25, 35, 25, 35)], "a bar of five to one"),
        boxes(GRID, [(5, 55, 5, 55, 30, 38)], "a slab"),
        boxes(GRID, [(5, 25, 30, 31, 30, 31)], "a speck of 20 voxels in a row"),
    ],
    ids=lambda mask: mask.name,
)
def test_what_is_round_flat_or_small_is_no_vessel(lesion: Mask) -> None:
    assert not is_vessel_like(lesion)


def test_what_has_another_mask_on_two_sides() -> None:
    """Of a bar through a ring the one voxel in it; of one beside a block none."""
    ring = boxes(GRID, [(10, 13, 10, 13, 10, 11)], "ring") - block(
        GRID, (11, 12), (11, 12), (10, 11)
    )
    assert count_within(block(GRID, (11, 12), (11, 12), (5, 20)), ring) == 1
    assert count_within(block(GRID, (13, 20), (10, 13), (10, 11)), ring) == 0
    assert count_within(block(GRID, (40, 41), (40, 41), (40, 41)), ring) == 0


def test_without_a_tumour_nothing_is_judged() -> None:
    anatomy = Anatomy(BODY)
    assert judge_labels(anatomy) == (anatomy, ())
    assert list_lesions(anatomy) == ()
    empty = Anatomy(BODY, tumour=BODY - BODY)
    assert judge_labels(empty)[1] == ()


WHOLE = replace(small_liver(), tumour=liver_part([[7, 11, 1, 6, 1, 11]], "tumour"))  # 200 mL
AROUND = liver_part([[6, 12, 1, 7, 1, 11]], "treated")


def untreated(*left_out: list[int], tumour: Mask | None = None) -> UntreatedTumour:
    treated = AROUND - liver_part(left_out, "out") if left_out else AROUND
    anatomy = replace(WHOLE, treated=treated, tumour=tumour or WHOLE.tumour)
    return sure(measure_untreated_tumour(anatomy))


@pytest.mark.parametrize(("voxels", "covered"), [(0, True), (1, True), (2, True), (3, False)])
def test_h15_one_percent_of_the_tumour_may_be_outside(voxels: int, covered: bool) -> None:
    """2 of 200 mL are 1 % exactly."""
    found = untreated(*([[7, 8, 1, 2, 1, 1 + voxels]] if voxels else []))
    assert (found.outside_ml, found.tumour_ml, found.covered) == (voxels, 200, covered)
    assert bool(find_untreated_tumour(found)) is not covered


def test_h15_a_whole_lesion_outside_is_not_covered_however_small() -> None:
    """1 of 201 mL is less than 1 %; with half of a second voxel inside it is no whole lesion."""
    tumour = liver_part([[7, 11, 1, 6, 1, 11], [14, 15, 9, 10, 9, 10]], "tumour")
    found = untreated(tumour=tumour)
    assert (found.outside_ml, found.covered, found.lesions) == (1, False, (2,))
    half = liver_part([[7, 11, 1, 6, 1, 11], [11, 13, 8, 9, 9, 10]], "tumour")
    treated = AROUND | liver_part([[11, 12, 8, 9, 9, 10]], "treated")
    within = sure(measure_untreated_tumour(replace(WHOLE, tumour=half, treated=treated)))
    assert (within.outside_ml, within.covered, within.lesions) == (1, True, ())


def test_h15_tumour_outside_is_reported_in_ml() -> None:
    tumour = liver_part([[7, 11, 1, 6, 1, 11], [14, 15, 9, 10, 9, 10]], "tumour")
    (told,) = find_untreated_tumour(untreated([7, 8, 1, 2, 1, 5], tumour=tumour))
    assert (told.code, told.severity) == ("treated.tumour_outside", Severity.ERROR)
    assert (told.value, told.unit, told.file) == (5, "mL", "treated.nii.gz")
    assert told.message == (
        "5.0 mL of 201 mL of tumour is outside the treated area, including all of lesion 2: the "
        "untreated liver is not compared with limits"
    )


def test_without_an_area_or_a_tumour_mask_nothing_is_asked() -> None:
    assert measure_untreated_tumour(WHOLE) is None
    assert measure_untreated_tumour(replace(WHOLE, tumour=None, treated=AROUND)) is None
    none = replace(WHOLE, tumour=AROUND - AROUND, treated=AROUND)
    assert sure(measure_untreated_tumour(none)).covered


@pytest.mark.parametrize(("axes", "flips"), TURNS)
def test_h08_it_is_the_same_however_the_masks_are_stored(
    axes: tuple[int, ...], flips: tuple[int, ...]
) -> None:
    tumour = liver_part([[7, 11, 1, 6, 1, 11], [14, 15, 9, 10, 9, 10]], "tumour")
    anatomy = replace(WHOLE, tumour=tumour, treated=AROUND)
    stored = on_each(anatomy, lambda mask: turned(mask, axes, flips))
    assert measure_untreated_tumour(stored) == measure_untreated_tumour(anatomy)


def test_lesions_that_overlap_are_named_with_the_volume_they_share() -> None:
    """Cubes of 10 from 0 and from 6 share one of 4: 64 voxels of 1 mm; a third is apart."""
    labels = cube(0, 10, "segment a"), cube(6, 10, "segment b"), cube(40, 5, "segment c")
    (finding,) = classify_labels(labels).findings
    assert (finding.code, finding.severity.value) == ("segments.overlap", "info")
    assert finding.value == pytest.approx(0.064)
    assert finding.file == "t.nii"
    assert "t.nii: lesions overlap (segment a and segment b): 0.06 mL is part" in finding.message
    first, *others = labels
    (finding,) = classify_labels((replace(first, file="a.nii"), *others)).findings
    assert (finding.message.split(":")[0], finding.file) == ("tumour", None)
    assert classify_labels(others).findings == ()
    angle = boxes(GRID, [(0, 20, 18, 20, 0, 5), (18, 20, 0, 20, 0, 5)], "segment d")
    (finding,) = classify_labels((*labels, angle)).findings  # around both, in neither
    assert "overlap (segment a and segment b): 0.06 mL" in finding.message


def test_files_of_several_lesions_each_are_lesions_as_they_are() -> None:
    """Two pieces in each of two files: four lesions, and no tissues of one."""
    spans = [[(0, 10), (20, 30)], [(40, 45), (50, 55)]]
    labels = [
        replace(boxes(GRID, [(a, b, 0, 5, 0, 5) for a, b in one], f"file {n}"), file=f"{n}.nii")
        for n, one in enumerate(spans)
    ]
    assert classify_labels(labels) == LesionLabels((), (), ())
    lesions, told = judged(*labels)
    assert (sizes(lesions), told) == ([250, 250, 125, 125], [])
    touching = [labels[0], replace(boxes(GRID, [(10, 15, 0, 5, 0, 5)], "x"), file="x.nii")]
    assert codes(classify_labels(touching).findings) == ["lesions.tissues"]
    gap, core = cube(3, 14, "gap"), replace(cube(5, 10, "core"), file="core.nii")
    two = boxes(GRID, [(0, 20, 0, 20, 0, 20), (40, 50, 40, 50, 40, 50)], "two")
    hollow = replace(two - gap, file="two.nii")  # a core that does not touch its rim
    assert codes(classify_labels((hollow, core)).findings) == ["lesions.tissues"]
