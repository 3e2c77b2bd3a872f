"""Tumour in a remnant, by hand: the small liver of 1500 voxels of 1 mL, the left 600 remain."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.remnant import (
    Remnant,
    determine_remnant,
    find_remnant_tumour,
    list_staying_lesions,
    measure_clearing,
)
from fl_planner.liver.transection import Transection
from fl_planner.liver.volumetry import measure_liver
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.cases import sure
from tests.masks import (
    TURNS,
    block,
    codes,
    cubes,
    liver_part,
    on_each,
    small_liver,
    small_segments,
    turned,
)

LEFT = liver_part([[1, 7, 1, 11, 1, 11]], "flr")
RIGHT = liver_part([[7, 16, 1, 11, 1, 11]], "resected")
LARGE = [9, 12, 5, 8, 5, 8]  # 27 mL on the right
DEEP = [3, 5, 4, 6, 4, 6]  # 8 mL on the left, with liver all around
PLAIN = replace(small_liver(), flr=LEFT)


def tumours(*spans: Sequence[int]) -> Mask:
    return liver_part(spans, "tumour")


def remnant_of(anatomy: Anatomy, wanted: str = "") -> Remnant:
    """Find the remnant, which is there."""
    remnant, _ = determine_remnant(anatomy, tuple(wanted))
    return sure(remnant)


def told(anatomy: Anatomy, wanted: str = "") -> tuple[Finding, ...]:
    return find_remnant_tumour(remnant_of(anatomy, wanted), anatomy)


@pytest.mark.parametrize("left_out", [[], [DEEP], [[2, 6, 3, 7, 3, 7]]])
def test_h03_a_lesion_that_stays_is_reported_and_no_fault(
    left_out: Sequence[Sequence[int]],
) -> None:
    """Painted over, left out, or left out with a rim: lesion 2 of 8 mL stays."""
    flr = LEFT - liver_part(left_out, "out")
    anatomy = replace(PLAIN, tumour=tumours(LARGE, DEEP), flr=flr)
    (finding,) = told(anatomy)
    assert (finding.code, finding.severity) == ("flr.lesions_stay", Severity.INFO)
    assert finding.message == (
        "flr.nii.gz: lesion 2 (8.0 mL) is in the remnant and is not counted as remnant"
    )
    assert (finding.value, finding.unit) == (8.0, "mL")
    assert [*list_staying_lesions(remnant_of(anatomy), anatomy)] == [2]


def test_h03_a_lesion_half_in_the_remnant_does_not_stay() -> None:
    """Of 16 voxels 8 in the remnant, and then 12."""
    across = replace(PLAIN, tumour=tumours(LARGE, [5, 9, 4, 6, 4, 6]))
    assert list_staying_lesions(remnant_of(across), across) == {}
    (overlap,) = told(across)
    assert (overlap.code, overlap.severity) == ("overlap.flr_tumour", Severity.WARNING)
    assert overlap.value == 8.0
    more = replace(PLAIN, tumour=tumours(LARGE, [4, 8, 4, 6, 4, 6]))
    assert codes(told(more)) == ["flr.lesions_stay"]


def test_h03_a_lesion_that_stays_hides_no_other_overlap() -> None:
    anatomy = replace(PLAIN, tumour=tumours([8, 14, 5, 8, 5, 8], DEEP, [6, 9, 9, 10, 9, 10]))
    stays, overlap = told(anatomy)  # the third has 1 of 3 voxels in the remnant
    assert (stays.code, overlap.code, overlap.value) == (
        "flr.lesions_stay", "overlap.flr_tumour", 1.0,
    )  # fmt: skip


def test_several_lesions_that_stay_are_reported_at_once() -> None:
    two = replace(PLAIN, tumour=tumours(LARGE, [2, 3, 2, 3, 3, 4], [4, 5, 2, 3, 3, 4]))
    assert "lesions 2 (1.0 mL), 3 (1.0 mL) are in the remnant (2.0 mL in" in told(two)[0].message
    places = [[x, x + 1, y, y + 1, 3, 4] for x in (2, 4) for y in (2, 4, 6, 8)]
    anatomy = replace(PLAIN, tumour=tumours(LARGE, *places))
    (finding,) = told(anatomy)
    assert "lesions 2 (1.0 mL), 3 (1.0 mL), " in finding.message
    assert "9 (1.0 mL) are in the remnant (8.0 mL in total)" in finding.message
    anatomy = replace(PLAIN, tumour=tumours(LARGE, *places, [2, 3, 2, 3, 8, 9]))
    assert "9 (1.0 mL) and 1 more are in the remnant" in told(anatomy)[0].message


@pytest.mark.parametrize("around", [False, True])
def test_h03_the_part_to_be_removed_given_as_remnant_is_asked(around: bool) -> None:
    """The remnant holds 27 of 35 mL, or was drawn around them."""
    lesion = liver_part([LARGE], "out")
    flr = RIGHT - lesion if around else RIGHT
    anatomy = replace(PLAIN, flr=replace(flr, file="f.nii"), tumour=tumours(LARGE, DEEP))
    (finding,) = told(anatomy)
    assert (finding.code, finding.severity) == ("flr.holds_most_tumour", Severity.WARNING)
    assert finding.message == (
        "f.nii: the remnant mask contains or encloses 27.0 mL of the 35.0 mL of tumour: if this is "
        "the part to be removed, give it as --resected"
    )
    assert finding.value == 27.0


def test_h03_half_of_the_tumour_is_not_most_of_it() -> None:
    anatomy = replace(PLAIN, tumour=tumours([9, 11, 4, 6, 4, 6], DEEP))
    assert codes(told(anatomy)) == ["flr.lesions_stay"]


def test_h03_the_remnant_given_as_the_part_to_be_removed_is_asked() -> None:
    resected = replace(LEFT, name="resected", file="r.nii")
    anatomy = replace(small_liver(), resected=resected, tumour=tumours(LARGE))
    (finding,) = told(anatomy)
    assert finding.message.startswith(
        "r.nii: the liver outside this part contains or encloses 27.0 mL of"
    )
    assert finding.message.endswith("if this is the remnant, give it as --flr")


def test_h03_the_segments_to_be_removed_given_as_those_that_remain_are_asked() -> None:
    anatomy = replace(small_liver(), segments=small_segments(), tumour=tumours(LARGE))
    (finding,) = told(anatomy, "5678")
    said = "the remnant of segments V, VI, VII and VIII contains or encloses 27.0 mL"
    assert said in finding.message
    assert finding.message.endswith("give the segments that remain")
    assert told(anatomy, "1234") == ()


def test_h03_what_is_removed_takes_the_tumour_in_its_hole_along() -> None:
    """Drawn around its tumour, 873 voxels: the specimen is 900, and 600 of 1473 remain."""
    resected = RIGHT - liver_part([LARGE], "out")
    anatomy = replace(small_liver(), resected=resected, tumour=tumours(LARGE))
    remnant = remnant_of(anatomy)
    assert told(anatomy) == ()
    assert list_staying_lesions(remnant, anatomy) == {}
    volumes = measure_liver(anatomy, remnant.mask)
    assert (volumes.resected_voxels, volumes.flr_share) == (900, Share(600, 1473))


def test_h03_a_lesion_cut_out_by_itself_does_not_stay() -> None:
    """The part to be removed is the lesion at the capsule, and nothing around it."""
    lesion = [1, 3, 4, 6, 4, 6]
    resected = liver_part([lesion], "resected")
    anatomy = replace(small_liver(), resected=resected, tumour=tumours(lesion))
    assert told(anatomy) == ()
    assert list_staying_lesions(remnant_of(anatomy), anatomy) == {}


def test_h03_after_clearing_by_hand() -> None:
    """One voxel of 10 mm: its six neighbours lie within 10 mm of it, the others farther."""
    anatomy = replace(PLAIN, tumour=tumours(LARGE, [3, 4, 5, 6, 5, 6]))
    clearing = measure_clearing(remnant_of(anatomy), anatomy)
    assert (clearing.numbers, clearing.volume_ml) == ((2,), 1.0)
    assert clearing.after == Share(599 - 6, 1500 - 28)
    congested = replace(liver_part([[2, 3, 1, 11, 1, 11]], "congested"), name="congested")
    less = replace(anatomy, excluded=(congested,))  # 100 voxels, of which one is a neighbour
    assert measure_clearing(remnant_of(less), less).after == Share(599 - 100 - 5, 1500 - 28)


@pytest.mark.parametrize(
    ("margin_mm", "lost"), [(0, 0), (1, 0), (9.99, 0), (10, 6), (14.1, 6), (14.2, 18), (17.4, 26)]
)
def test_h03_the_margin_of_clearing_runs_from_centre_to_centre(margin_mm: float, lost: int) -> None:
    """Around a voxel of 10 mm lie 6 at 10 mm, 12 at 14.14 mm and 8 at 17.32 mm."""
    anatomy = replace(PLAIN, tumour=tumours(LARGE, [3, 4, 5, 6, 5, 6]))
    clearing = measure_clearing(remnant_of(anatomy), anatomy, margin_mm)
    assert (clearing.after, clearing.margin_mm) == (Share(599 - lost, 1500 - 28), margin_mm)
    # 1 mm is less than a voxel of 10 mm; of a smaller margin it is not reported
    assert clearing.after_1mm == (Share(599, 1500 - 28) if margin_mm > 1 else None)


def test_h03_a_margin_of_1_mm_is_counted_with_the_wider_one() -> None:
    """Steps of 1, 6 and 6 mm around one voxel of 0.036 mL: 16 along x and 4 x 11 next to them.

    Of these, only the two next along x are within 1 mm.
    """
    grid = Grid.upright((60, 7, 7), (1.0, 6.0, 6.0))
    liver = block(grid, (0, 60), (0, 7), (0, 7), name="liver")
    lesion = block(grid, (40, 41), (3, 4), (3, 4), name="tumour")
    larger = block(grid, (0, 4), (0, 7), (0, 7), name="tumour")  # to be removed
    flr = block(grid, (10, 60), (0, 7), (0, 7), name="flr") - lesion
    anatomy = Anatomy(liver, tumour=lesion | larger, flr=flr)
    clearing = measure_clearing(remnant_of(anatomy), anatomy, 8.0)
    left, whole = 50 * 49 - 1, 56 * 49 - 1
    assert clearing.after == Share(left - 60, whole)
    assert clearing.after_1mm == Share(left - 2, whole)


@pytest.mark.parametrize(("axes", "flips"), TURNS)
def test_h08_clearing_is_the_same_however_the_masks_are_stored(
    axes: tuple[int, ...], flips: tuple[int, ...]
) -> None:
    anatomy = replace(PLAIN, tumour=tumours(LARGE, [3, 4, 5, 6, 5, 6], [2, 4, 2, 4, 8, 9]))
    stored = on_each(anatomy, lambda mask: turned(mask, axes, flips))
    here, there = (measure_clearing(remnant_of(one), one, 12) for one in (anatomy, stored))
    assert (there.numbers, there.after) == (here.numbers, here.after)


def test_h03_at_the_cut_clearing_takes_what_remains_alone() -> None:
    """Its neighbour beyond the cut is no remnant."""
    anatomy = replace(PLAIN, tumour=tumours(LARGE, [6, 7, 5, 6, 5, 6]))
    clearing = measure_clearing(remnant_of(anatomy), anatomy)
    assert clearing.after == Share(599 - 5, 1500 - 28)


def test_where_nothing_stays_there_is_nothing_to_clear() -> None:
    anatomy = replace(PLAIN, tumour=tumours(LARGE))
    clearing = measure_clearing(remnant_of(anatomy), anatomy)
    assert (clearing.numbers, clearing.volume_ml) == ((), 0)
    assert clearing.after == Share(600, 1500 - 27)  # all that remains
    assert told(anatomy) == ()
    assert told(PLAIN) == ()


GRID = cubes((100, 4, 1))
TUMOUR = block(GRID, (50, 100), (0, 4), (0, 1), name="tumour", file="tumour.nii")


def drawn_over(remnant: Mask, tumour: Mask) -> tuple[Finding, ...]:
    liver = block(remnant.grid, *((0, n) for n in remnant.grid.shape), name="liver")
    return find_remnant_tumour(
        Remnant(remnant, "drawn"), Anatomy(liver, tumour=tumour, flr=remnant)
    )


@pytest.mark.parametrize(
    ("spans", "severity"),
    [
        (((0, 50), (0, 4)), None),
        (((0, 51), (0, 1)), "info"),
        (((0, 79), (0, 1)), "info"),  # 29 voxels of a cubic millimetre
        (((0, 80), (0, 1)), "warning"),  # 0.03 mL, a lesion
        (((0, 75), (0, 4)), "warning"),  # half of it
    ],
)
def test_h03_a_remnant_drawn_over_tumour_is_reported(
    spans: tuple[tuple[int, int], tuple[int, int]], severity: str | None
) -> None:
    remnant = block(GRID, *spans, (0, 1), name="flr", file="flr.nii")
    findings = drawn_over(remnant, TUMOUR)
    assert [finding.severity.value for finding in findings] == ([severity] if severity else [])
    assert codes(findings) == ["overlap.flr_tumour"] * bool(severity)


def test_how_tumour_in_the_remnant_is_reported() -> None:
    remnant = block(GRID, (0, 60), (0, 4), (0, 1), name="flr", file="flr.nii")
    (finding,) = drawn_over(remnant, TUMOUR)
    assert finding.message == (
        "flr.nii: the remnant mask includes 0.04 mL of 0.20 mL of tumour (part of lesion 1); this "
        "part is not counted as remnant, but is not removed either"
    )
    assert finding.value == pytest.approx(0.04)
    assert (finding.unit, finding.file) == ("mL", "flr.nii")


def test_only_lesions_that_the_remnant_overlaps_are_named() -> None:
    second, first = (block(GRID, x, (0, 4), (0, 1)) for x in ((20, 50), (60, 95)))
    left, right = (block(GRID, x, (0, 4), (0, 1), name="flr") for x in ((10, 24), (93, 100)))
    for flr, words in ((left, "lesion 2"), (left | right, "lesions 1, 2")):
        (finding,) = drawn_over(flr, second | first)
        assert f" of tumour (part of {words}); " in finding.message


def test_tumour_in_segments_that_remain_is_reported_with_their_names() -> None:
    remnant = block(GRID, (0, 60), (0, 4), (0, 1), name="flr", file="map.nii")
    made_of = Remnant(remnant, "segments", ("2", "3"))
    liver = block(GRID, *((0, n) for n in GRID.shape), name="liver")
    (finding,) = find_remnant_tumour(made_of, Anatomy(liver, tumour=TUMOUR))
    assert finding.message.startswith("map.nii: the remnant of segments II and III includes 0.04")


def test_tumour_outside_a_cut_or_a_part_to_be_removed_is_reported_with_what_was_drawn() -> None:
    remnant = block(GRID, (0, 60), (0, 4), (0, 1), name="flr", file="part.nii")
    liver = block(GRID, *((0, n) for n in GRID.shape), name="liver")
    anatomy = Anatomy(liver, tumour=TUMOUR)
    plane = CutPlane((0, 0, 0), (1, 0, 0), "RAS")
    cut = Remnant(remnant, "drawn", transection=Transection((plane,)))
    (finding,) = find_remnant_tumour(cut, anatomy)
    assert finding.message.startswith("part.nii: the liver that remains after the cut includes 0.")
    rest = replace(anatomy, resected=liver - remnant)
    (finding,) = find_remnant_tumour(Remnant(remnant, "drawn"), rest)
    assert finding.message.startswith("part.nii: the liver outside this part includes 0.04 mL")


@pytest.mark.parametrize(("voxels", "severity"), [(499, "info"), (500, "warning")])
def test_three_hundredths_of_a_millilitre_are_a_lesion(voxels: int, severity: str) -> None:
    # 0.3 x 0.4 x 0.5 mm: 0.06 mm3, five hundred of which are 0.03 mL
    grid = Grid.upright((2000, 1, 1), (0.3, 0.4, 0.5))
    tumour = block(grid, (0, 1500), (0, 1), (0, 1), name="tumour")
    part = block(grid, (0, voxels), (0, 1), (0, 1), name="flr")
    assert drawn_over(part, tumour)[0].severity.value == severity
