"""Two readers of one liver of blocks, by hand: shares, overlap, distances, and a majority."""

from dataclasses import replace
from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.shown import Share
from fl_planner.liver.agreement.second_reader import (
    Agreement,
    SecondMasks,
    agree,
    compare_readers,
    compute_majority,
)
from fl_planner.liver.anatomy import Anatomy
from fl_planner.space.grid import Grid
from fl_planner.space.mask import Mask
from tests.cases import how_many
from tests.masks import (
    LIVER_BOX,
    LIVER_GRID,
    TURNS,
    Index,
    Turn,
    bar,
    block,
    cells,
    clouds,
    codes,
    cubes,
    indices_of,
    liver_part,
    small_liver,
    turned,
)

TUMOUR = liver_part([[12, 15, 5, 8, 5, 8]], "tumour")  # 27 of 1500 mL
FIRST = replace(small_liver(), tumour=TUMOUR)
LEFT = liver_part([[1, 4, 1, 11, 1, 11]], "flr")  # 300 mL
WIDER = liver_part([[1, 5, 1, 11, 1, 11]], "flr_2")  # 400 mL, the cut 10 mm farther
FLATTER = liver_part([[1, 16, 1, 11, 1, 10]], "liver_2")  # 1350 mL, the top 10 mm lower


def test_the_difference_of_two_shares_is_the_spread() -> None:
    """300 and 400 of 1473: 100/1473/√2."""
    reading, _ = compare_readers(FIRST, LEFT, SecondMasks(WIDER))
    assert (reading.first, reading.second) == (Share(300, 1473), Share(400, 1473))
    assert reading.sd == pytest.approx(100 / 1473 / sqrt(2))
    assert reading.relative_sd == pytest.approx(100 / 300 / sqrt(2))


def test_the_second_reader_has_a_liver_and_a_tumour_of_their_own() -> None:
    """1350 mL with 18 of tumour: 1332; the remnant is 4 x 10 x 9 = 360."""
    small = liver_part([[12, 14, 5, 8, 5, 8]], "tumour_2")
    reading, findings = compare_readers(FIRST, LEFT, SecondMasks(WIDER, FLATTER, small))
    assert reading.second == Share(360, 1332)
    assert findings == ()
    flr, liver, tumour = reading.structures
    assert [one.name for one in reading.structures] == ["flr", "liver", "tumour"]
    assert (flr.first_voxels, flr.second_voxels, flr.common_voxels) == (300, 360, 270)
    assert flr.dice == Fraction(540, 660)
    assert (liver.first_voxels, liver.second_voxels) == (1500, 1350)
    assert liver.dice == Fraction(2700, 2850)
    assert (tumour.first_voxels, tumour.second_voxels, tumour.common_voxels) == (27, 18, 18)
    assert flr.voxel_ml == 1


def test_h03_what_works_no_more_is_taken_out_of_both() -> None:
    """A congested slab of 3 x 10 x 2 in the first remnant, 4 x 10 x 2 in the second's."""
    congested = liver_part([[1, 6, 1, 11, 1, 3]], "congested")
    reading, _ = compare_readers(replace(FIRST, excluded=(congested,)), LEFT, SecondMasks(WIDER))
    assert (reading.first, reading.second) == (Share(240, 1473), Share(320, 1473))


def test_distances_of_a_cut_that_is_farther() -> None:
    """Bars of 3 and 5 voxels of 2 mm: the ends are 0, 4 and 4 mm apart; a bar is all surface.

    From the first: 0, 0, 0; from the second: 0, 0, 0, 2, 4. Mean 6/8; the 95th percentile of
    the second, four fifths of the way from 2 to 4, is 3.6.
    """
    grid = Grid.upright((9, 1, 1), (2.0, 5.0, 5.0))
    short, long = (block(grid, (1, stop), (0, 1), (0, 1)) for stop in (4, 6))
    for one, two in ((short, long), (long, short)):
        found = agree("flr", one, two)
        assert found.mean_mm == pytest.approx(0.75)
        assert found.far_mm == pytest.approx(3.6)
        assert found.dice == Fraction(6, 8)


def test_a_structure_that_one_reader_did_not_find_has_no_distance() -> None:
    none = TUMOUR - TUMOUR
    found = agree("tumour", TUMOUR, none)
    assert found == Agreement("tumour", 27, 0, 0, 1.0, None, None)
    assert found.dice == 0
    assert agree("tumour", none, none) == Agreement("tumour", 0, 0, 0, 1.0, None, None)
    assert agree("tumour", none, none).dice is None


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        (FIRST, SecondMasks(WIDER), "the liver and the tumour"),
        (FIRST, SecondMasks(WIDER, small_liver().liver), "the tumour"),
        (FIRST, SecondMasks(WIDER, tumour=TUMOUR), "the liver"),
        (FIRST, SecondMasks(WIDER, small_liver().liver, TUMOUR), None),
        (small_liver(), SecondMasks(WIDER, small_liver().liver), None),
        (replace(FIRST, tumour=TUMOUR - TUMOUR), SecondMasks(WIDER), "the liver"),
    ],
)
def test_a_liver_or_tumour_that_was_drawn_once_is_named(
    first: Anatomy, second: SecondMasks, named: str | None
) -> None:
    _, findings = compare_readers(first, LEFT, second)
    assert codes(findings) == ["second_reader.liver_once"] * (named is not None)
    assert all(one.file == "flr_2.nii.gz" for one in findings)
    assert all(one.message.endswith(f"the outline of {named}") for one in findings)


def test_h04_remnants_that_share_little_may_be_of_two_plans() -> None:
    right = liver_part([[3, 8, 1, 11, 1, 11]], "flr_2")
    reading, findings = compare_readers(
        FIRST, LEFT, SecondMasks(right, small_liver().liver, TUMOUR)
    )
    assert reading.structures[0].dice == Fraction(200, 800)
    assert codes(findings) == ["second_reader.apart"]
    assert "Dice 0.25" in findings[0].message


@pytest.mark.parametrize(("stop", "told"), [(6, []), (5, ["second_reader.apart"])])
def test_little_is_less_than_seven_tenths(stop: int, told: list[str]) -> None:
    """Bars of 13 and 7 share 7: Dice 14/20, which is not below 0.7; of 12 and 6, 12/18, it is."""
    grid = cubes((20, 1, 1))
    liver = block(grid, (0, 20), (0, 1), (0, 1), name="liver")
    first = block(grid, (0, 13 if stop == 6 else 12), (0, 1), (0, 1), name="flr")
    second = block(grid, (0, 7 if stop == 6 else 6), (0, 1), (0, 1), name="flr")
    _, findings = compare_readers(Anatomy(liver), first, SecondMasks(second, liver))
    assert codes(findings) == told


@pytest.mark.parametrize(("wide", "found"), [(4, []), (0, ["plausibility.flr_share"])])
def test_h03_two_readers_of_a_small_wedge_leave_as_much_but_not_all(
    wide: int, found: list[str]
) -> None:
    """Of 1473 mL, wedges of 50 and 40 mL leave 96.6 and 97.3 %; the whole liver is no remnant."""
    liver = FIRST.organ
    first = liver - liver_part([[1, 6, 1, 6, 1, 3]], "resected")
    second = liver - liver_part([[1, 1 + wide, 1, 6, 1, 3]], "resected") if wide else liver
    _, findings = compare_readers(FIRST, first, SecondMasks(second))
    assert [one for one in codes(findings) if one.startswith("plausibility")] == found


def refused(anatomy: Anatomy, second: SecondMasks) -> InputRefused:
    with pytest.raises(InputRefused) as refusal:
        compare_readers(anatomy, LEFT, second)
    return refusal.value


def test_h16_a_copy_is_no_second_reading() -> None:
    refusal = refused(FIRST, SecondMasks(replace(LEFT, file="copy.nii.gz")))
    assert (refusal.code, refusal.source) == ("second_reader.same", "copy.nii.gz")
    spilling = liver_part([[0, 4, 0, 11, 1, 11]], "flr_2")  # differs outside the liver only
    assert refused(FIRST, SecondMasks(spilling)).code == "second_reader.same"


def test_h16_a_second_remnant_without_free_liver_is_refused() -> None:
    refusal = refused(FIRST, SecondMasks(liver_part([[12, 14, 5, 8, 5, 8]], "flr_2")))
    assert (refusal.code, refusal.source) == ("volume.no_remnant", "flr_2.nii.gz")


def test_h03_a_tumour_of_the_second_reader_alone_is_refused() -> None:
    refusal = refused(small_liver(), SecondMasks(WIDER, tumour=TUMOUR))
    assert (refusal.code, refusal.source) == ("second_reader.tumour", "tumour.nii.gz")


def test_masks_of_another_grid_are_refused() -> None:
    elsewhere = Grid(LIVER_GRID.shape, tuple((*row[:3], row[3] + 5) for row in LIVER_GRID.affine))
    other = Mask("flr", WIDER.voxels, WIDER.box, elsewhere, "flr_2.nii.gz")
    assert refused(FIRST, SecondMasks(other)).code == "geometry.grids_differ"


def test_a_drawn_resection_gives_way_to_the_second_remnant() -> None:
    right = liver_part([[4, 16, 1, 11, 1, 11]], "resected")
    resected = replace(FIRST, resected=right)
    reading, _ = compare_readers(resected, resected.organ - right, SecondMasks(WIDER))
    assert (reading.first, reading.second) == (Share(300, 1473), Share(400, 1473))


@pytest.mark.slow
@settings(max_examples=how_many(40, 100))
@given(clouds((5, 4, 6), least=2), clouds((5, 4, 6), least=2), st.sampled_from(TURNS))
def test_agreement_by_all_pairs_and_however_stored(
    ours: set[Index], theirs: set[Index], turn: Turn
) -> None:
    grid = Grid.upright((5, 4, 6), (1.0, 2.0, 5.0))
    one, two = cells(grid, ours), cells(grid, theirs)
    found = agree("flr", one, two)
    assert found.common_voxels == len(ours & theirs)
    rims = [np.array(sorted(rim_of(cloud))) * (1.0, 2.0, 5.0) for cloud in (ours, theirs)]
    pairs = np.linalg.norm(rims[0][:, None] - rims[1][None], axis=2)
    there, back = pairs.min(axis=1), pairs.min(axis=0)
    assert found.mean_mm == pytest.approx(np.concatenate([there, back]).mean())
    assert found.far_mm == pytest.approx(max(np.percentile(there, 95), np.percentile(back, 95)))
    again = agree("flr", turned(one, *turn), turned(two, *turn))
    assert again.dice == found.dice
    assert again.mean_mm == pytest.approx(found.mean_mm)


def rim_of(cloud: set[Index]) -> list[Index]:
    steps = [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]
    return [
        (i, j, k)
        for i, j, k in cloud
        if any((i + a, j + b, k + c) not in cloud for a, b, c in steps)
    ]


def test_what_only_the_first_reader_drew_means_both() -> None:
    whole = replace(FIRST, liver=liver_part(LIVER_BOX, "liver"))
    other = SecondMasks(WIDER).read_over(whole)
    assert (other.liver, other.tumour, other.flr) == (whole.liver, TUMOUR, WIDER)


def test_a_majority_is_more_than_half() -> None:
    """Bars 0-6, 2-8, 4-10: two of three in 2-8; of two, both; of four, three."""
    one, two, three = bar("flr", 0, 6), bar("flr", 2, 8), bar("flr", 4, 10)
    found = compute_majority([one, two, three])
    assert sorted(i for i, _, _ in indices_of(found.mask)) == [*range(2, 8)]
    assert sorted(i for i, _, _ in indices_of(compute_majority([one, two]).mask)) == [2, 3, 4, 5]
    four = compute_majority([one, two, three, bar("flr", 5, 12)])
    assert sorted(i for i, _, _ in indices_of(four.mask)) == [4, 5, 6, 7]


def test_its_spread_is_reported_by_voxels() -> None:
    """All three have 4 and 5; some have 0-10: 2 and 8 voxels of 0.001 mL."""
    found = compute_majority([bar("flr", 0, 6), bar("flr", 2, 8), bar("flr", 4, 10)])
    assert found.undisputed_ml == pytest.approx(0.002)
    assert found.disputed_ml == pytest.approx(0.008)
    assert found.sd_ml == 0
    assert [one.common_voxels for one in found.compare()] == [4, 6, 4]
    assert (found.vote, found.mask.file, found.sensitivity) == ("majority", None, ())


def test_readers_that_share_nothing_have_no_majority() -> None:
    assert compute_majority([bar("flr", 0, 3), bar("flr", 5, 8)]).mask.voxel_count == 0
