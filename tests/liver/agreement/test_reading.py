"""Two readings of a liver of blocks: what they share, and what is to be doubted of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from fl_planner.basis.findings import Severity
from fl_planner.liver.agreement.bland_altman import (
    CaseAgreement,
    Differences,
    QuantityAgreement,
    find_few,
    measure_repeatability,
    summarise,
)
from fl_planner.liver.agreement.reading import (
    FLR_PERCENT,
    CaseReading,
    ReadPair,
    find_pair_doubts,
    list_quantities,
    pair_readings,
)
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.remnant import determine_remnant
from fl_planner.liver.volumetry import measure_liver
from fl_planner.space.common_grid.same_grid import bring_together
from tests.cases import each_case, sure
from tests.masks import LIVER_BOX, codes, liver_part, small_liver, small_segments

TUMOUR = liver_part([[13, 15, 2, 4, 2, 4]], "tumour")  # 8 mL
NO_TUMOUR = TUMOUR - TUMOUR
READERS = ("R1", "R2", "R3")


def drawn(stop: int, **more: Any) -> Anatomy:
    """Leave the first so many layers of the small liver: 100 mL each."""
    flr = liver_part([[1, stop, 1, 11, 1, 11]], "flr")
    return replace(small_liver(), **{"tumour": NO_TUMOUR, "flr": flr, **more})


def reading(anatomy: Anatomy, reader: str, case: str = "a") -> CaseReading:
    remnant, _ = determine_remnant(anatomy, ())
    counts = measure_liver(anatomy, remnant.mask if remnant else None)
    return CaseReading.of((case, reader), anatomy, remnant, counts)


def pair(one: Anatomy, other: Anatomy) -> ReadPair:
    (found,), _ = pair_readings([reading(one, "R1"), reading(other, "R2")], bring_together)
    return found


def doubts(one: Anatomy, other: Anatomy) -> list[str]:
    return codes(find_pair_doubts(pair(one, other), bring_together))


def agreed(*anatomies: Anatomy, case: str = "a") -> CaseAgreement:
    each = [reading(one, f"R{n}", case) for n, one in enumerate(anatomies, 1)]
    pairs, _ = pair_readings(each, bring_together)
    found = [one for two in pairs for one in find_pair_doubts(two, bring_together)]
    return CaseAgreement.of(each, pairs, found)


def test_each_structure_that_both_have_is_compared() -> None:
    """400 and 500 mL of 1500, the one within the other: Dice 800/900."""
    found = pair(drawn(5, segments=small_segments()), drawn(6))
    assert [one.name for one in found.structures] == ["liver", "tumour", "flr"]
    assert found.dice("flr") == Fraction(8, 9)
    assert [(one.first_voxels, one.second_voxels) for one in found.structures[::2]] == [
        (1500, 1500),
        (400, 500),
    ]
    assert found.dice("tumour") is None
    assert found.dice("segment_1") is None
    assert found.same == {"liver"}
    with_map = reading(drawn(5, segments=small_segments()), "R1")
    assert list_quantities([with_map])[-2:] == ("segment_8_ml", FLR_PERCENT)
    assert with_map.amount("segment_3_ml") == 150
    assert with_map.amount(FLR_PERCENT) == pytest.approx(400 / 15)
    assert with_map.amount("flr_ml") == 400
    assert reading(small_liver(), "R1").amount(FLR_PERCENT) is None
    assert reading(small_liver(), "R1").amount("flr_ml") is None
    assert list_quantities([reading(small_liver(), "R1")]) == ("liver_ml",)


def test_h04_readings_of_scans_of_two_days_are_excluded() -> None:
    """From 4 to 18 May are 14 days; a day that one file does not state is not compared."""
    days = (date(2026, 5, 4), date(2026, 5, 18))
    one, other = (
        structs.replace(reading(drawn(5), reader), scanned_on=day)
        for reader, day in zip(READERS, days, strict=False)
    )
    (found,), _ = pair_readings([other, one], bring_together)
    doubt, *_ = find_pair_doubts(found, bring_together)
    assert (doubt.code, doubt.severity, doubt.value) == ("agree.other_day", Severity.ERROR, 14)
    assert "14 days apart" in doubt.message
    assert "2026" not in doubt.message
    next_day = structs.replace(one, scanned_on=date(2026, 5, 5))
    (found,), _ = pair_readings([one, next_day], bring_together)
    assert "1 day apart" in find_pair_doubts(found, bring_together)[0].message
    for same in (one, structs.replace(one, scanned_on=None)):
        (found,), _ = pair_readings([one, same], bring_together)
        assert codes(find_pair_doubts(found, bring_together)) == ["agree.same"]


def test_h04_h11_swapped_cases_have_next_to_nothing_in_common() -> None:
    one, other = drawn(3), drawn(3)
    far = liver_part([[13, 16, 1, 11, 1, 11]], "flr")
    assert doubts(one, other) == ["agree.same"]
    swapped = agreed(one, replace(other, flr=far, liver=liver_part([[2, 16, 1, 11, 1, 11]], "l")))
    assert codes(swapped.findings) == ["agree.nothing_common"]
    assert not swapped.counts
    assert "a, R1 and R2" in swapped.findings[0].message
    assert summarise([swapped], READERS) == ()


def test_h04_remnants_that_share_little_are_warned_of() -> None:
    """200 and 500 mL: Dice 4/7."""
    assert doubts(drawn(3), drawn(6, liver=liver_part([[2, 16, 1, 11, 1, 11]], "l"))) == [
        "agree.apart"
    ]


def test_h02_h07_a_reader_whose_file_is_mirrored_is_found() -> None:
    """A liver on the right of its grid; the other file has the same voxels turned over."""
    box = [[1, 8, 1, 11, 1, 11], [8, 10, 1, 11, 1, 6]]
    one = Anatomy(liver_part(box, "liver"), NO_TUMOUR)
    other = Anatomy(
        replace(one.liver, voxels=np.flip(one.liver.as_array(), 0), box=one.liver.grid.whole),
        NO_TUMOUR,
    )
    (found,) = find_pair_doubts(pair(one, other), bring_together)
    assert (found.code, found.severity) == ("agree.mirrored", Severity.ERROR)


@each_case(
    "one, other, code",
    {
        "front and back halves": (
            [[1, 16, 1, 6, 1, 11]], [[1, 16, 6, 11, 1, 11]], "agree.nothing_common",
        ),
        "a tenth in common, mirrored or not": (
            [[1, 16, 1, 6, 1, 11]], [[1, 16, 6, 11, 1, 10], [1, 16, 5, 6, 1, 6]], "agree.apart",
        ),
        "four of five layers mirrored": (
            [[1, 6, 1, 11, 1, 11]], [[10, 15, 1, 11, 1, 11]], "agree.mirrored",
        ),
        "three of five layers mirrored": (
            [[1, 6, 1, 11, 1, 11]], [[9, 14, 1, 11, 1, 11]], "agree.nothing_common",
        ),
    },
)  # fmt: skip
def test_h02_h04_livers_apart_are_mirrored_only_if_they_then_fit(
    one: list[list[int]], other: list[list[int]], code: str
) -> None:
    """The grid has 17 layers from right to left: mirrored, layers 10 to 14 are layers 2 to 6."""
    livers = (Anatomy(liver_part(drawn, "liver"), NO_TUMOUR) for drawn in (one, other))
    assert doubts(*livers) == [code]


def test_h03_a_tumour_that_one_liver_leaves_out_is_found() -> None:
    whole = liver_part(LIVER_BOX, "liver")
    with_it, without = Anatomy(whole, TUMOUR), Anatomy(whole - TUMOUR)
    assert doubts(with_it, without) == ["agree.tumour_left_out"]
    assert doubts(without, with_it) == ["agree.tumour_left_out"]
    assert doubts(with_it, Anatomy(whole)) == ["agree.same"]
    half = liver_part([[13, 14, 2, 4, 2, 4]], "half")
    assert doubts(with_it, Anatomy(whole - half)) == []
    assert doubts(with_it, replace(without, tumour=TUMOUR)) == ["agree.same"]


def test_h03_shares_of_two_denominators_are_not_compared() -> None:
    told = agreed(drawn(5), drawn(6, tumour=None))
    assert codes(told.findings) == ["agree.same", "agree.denominators"]
    assert told.kept(FLR_PERCENT) == {}
    assert told.kept("flr_ml") == {"R1": 400, "R2": 500}
    assert told.shares == {}
    once = agreed(drawn(5, tumour=TUMOUR), drawn(6, tumour=None))
    assert once.kept("tumour_ml") == {"R1": 8}
    assert [one.quantity for one in summarise([once], READERS)] == ["liver_ml", "flr_ml"]


def test_h16_readers_who_agree_to_the_voxel_count_and_no_tumour_is_no_agreement() -> None:
    told = agreed(drawn(5), drawn(5), drawn(6))
    assert told.kept("flr_ml") == {"R1": 400, "R2": 400, "R3": 500}
    assert told.kept_apart("flr_ml") == {"R1": 400, "R3": 500}
    assert told.kept("tumour_ml") == told.kept_apart("tumour_ml") == {}
    four = Fraction(4, 15)
    assert told.shares == {"R1": four, "R2": four, "R3": Fraction(5, 15)}
    assert "full agreement (liver, flr); omit any copy" in told.findings[0].message
    assert agreed(drawn(5, tumour=None), drawn(6, tumour=None)).shares == {}


def test_over_cases_each_pair_of_readers_is_reported() -> None:
    """FLR of 400 and 500, 500 and 500, 600 and 500 mL of 1500; the liver is one for all.

    By hand: differences 100, 0 and -100 mL, squares within cases 5000, 0 and 5000 over 3 pairs;
    relative to the means of 450, 500 and 550 mL, 5000/450² and 5000/550².
    """
    cases = [
        agreed(drawn(one), drawn(other), case=str(n))
        for n, (one, other) in enumerate([(5, 6), (6, 6), (7, 6)])
    ]
    told = {one.quantity: one for one in summarise(cases, READERS)}
    assert [*told] == ["liver_ml", "flr_ml", FLR_PERCENT]
    assert told["liver_ml"].repeatability.sd is None
    assert told["liver_ml"].pairs[0].differences == Differences(3, 0.0, sd=0.0)
    flr = told["flr_ml"]
    assert flr.amounts["1"] == {"R1": 500, "R2": 500}
    assert (flr.repeatability.cases, flr.repeatability.df) == (3, 3)
    assert sure(flr.repeatability.sd).value == pytest.approx((10_000 / 3) ** 0.5)
    relative = (5000 / 450**2 + 5000 / 550**2) / 3
    assert sure(flr.repeatability.cv).value == pytest.approx(relative**0.5)
    (pair_,) = flr.pairs
    assert (pair_.differences.cases, pair_.differences.sd) == (3, 100.0)
    assert pair_.differences.high == pytest.approx(196.0)
    assert (pair_.first, pair_.second, pair_.differences.bias) == ("R1", "R2", 0.0)
    assert codes(find_few(summarise(cases, READERS))) == ["agree.too_few"]
    assert find_few(()) == ()


def test_readers_without_a_case_in_common_have_no_difference() -> None:
    cases = [one_of(("R1", "R2"), "a", (5, 6)), one_of(("R1", "R3"), "b", (5, 7))]
    (_, flr, _) = summarise(cases, READERS)
    assert [(one.first, one.second) for one in flr.pairs] == [("R1", "R2"), ("R1", "R3")]
    assert "2 cases read at least twice" in find_few((flr,))[0].message
    (alone,) = find_few(summarise(cases[:1], READERS)[:1])
    assert "only 1 case read at least twice, with 1 degree of freedom" in alone.message
    assert "an interval cannot be calculated from a single case" in alone.message


def test_one_case_read_by_eleven_lacks_a_case_not_degrees_of_freedom() -> None:
    eleven = measure_repeatability([range(100, 111)])
    ten = QuantityAgreement("liver_ml", {}, measure_repeatability([(90, 100)] * 10), ())
    assert find_few((ten,)) == ()
    (few,) = find_few((ten, QuantityAgreement("flr_percent", {}, eleven, ())))  # that of the FLR
    assert "only 1 case read at least twice, with 10 degrees of freedom" in few.message
    assert "(at least 2 cases and 10 degrees of freedom required)" in few.message


def one_of(readers: Sequence[str], case: str, stops: Sequence[int]) -> CaseAgreement:
    each = [reading(drawn(n), name, case) for n, name in zip(stops, readers, strict=True)]
    pairs, _ = pair_readings(each, bring_together)
    return CaseAgreement.of(each, pairs, ())


def test_ten_pairs_are_not_too_few() -> None:
    cases = [one_of(("R1", "R2"), str(n), (5, 6)) for n in range(10)]
    assert find_few(summarise(cases, READERS)) == ()
