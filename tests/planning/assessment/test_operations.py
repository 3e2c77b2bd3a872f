"""Several plans of one case, side by side, on the small liver."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from msgspec import structs

from fl_planner.basis.findings import Severity
from fl_planner.basis.plain_text import join_words
from fl_planner.basis.shown import Share
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.cut_plane import CutPlane
from fl_planner.liver.lesions.fates import Sliver
from fl_planner.liver.names.structures import as_roman
from fl_planner.liver.transection import Wedges
from fl_planner.planning.assessment.assess import Measured
from fl_planner.planning.assessment.operations import (
    EmbolisedPart,
    find_embolised_part,
    measure_segment_shares,
)
from fl_planner.planning.assessment.plan_measures import measure_plan
from fl_planner.planning.given.case import Case, Embolisation, Operation
from tests.cases import sure
from tests.liver.lesions.test_slivers import BOX, having
from tests.masks import LIVER_BOX, codes, liver_part, small_liver, small_segments

TUMOUR = liver_part([[12, 15, 5, 8, 5, 8], [2, 3, 2, 3, 2, 3]], "tumour")  # 27 mL, and 1 in III
LEFT = liver_part([[1, 4, 1, 11, 1, 11]], "flr")  # II and III, with the small lesion
ANATOMY = replace(small_liver(), tumour=TUMOUR, flr=LEFT, segments=small_segments())
FIRST = Operation("right trisectionectomy")


def planned(*others: Operation) -> Measured:
    return measure_plan(Case(ANATOMY, (), operations=(FIRST, *others)))


def test_h03_each_plan_has_its_own_remnant() -> None:
    drawn = liver_part([[1, 7, 1, 11, 1, 11]], "plan 3 flr")
    measured = planned(Operation("left", ("1", "5", "6", "7", "8")), Operation(flr=drawn))
    first, second, third = measured.planned
    assert [one.remnant.origin if one.remnant else None for one in measured.planned] == [
        "drawn", "segments", "drawn",
    ]  # fmt: skip
    assert [one.volumes.flr_voxels for one in measured.planned] == [299, 990 - 27, 599]
    assert (first.remnant, first.volumes) == (measured.remnant, measured.volumes)
    assert (first.cleared, first.cut, first.left) == ((1,), (), (2,))
    assert first.margin_mm == pytest.approx(90.0)  # i = 12 to i = 3
    assert (second.cleared, second.cut, second.left) == ((2,), (), (1,))
    assert second.margin_mm == pytest.approx(20.0)  # i = 2 to i = 4
    assert (third.cleared, third.left) == ((1,), (2,))


def test_each_removed_lesion_has_its_margin() -> None:
    """FLR i = 1 to 3; lesions from i = 6, 12, and one inside: 30 and 90 mm, and none."""
    tumour = TUMOUR | liver_part([[6, 8, 5, 8, 5, 8]], "tumour")
    (first,) = measure_plan(Case(replace(ANATOMY, tumour=tumour), (), operations=(FIRST,))).planned
    assert first.left == (3,)
    found = {one.lesion: one.margin_mm for one in first.margins}
    assert found == {1: pytest.approx(90.0), 2: pytest.approx(30.0)}
    assert first.margin_mm == pytest.approx(30.0)


def test_a_part_of_a_lesion_in_the_remnant_is_cut() -> None:
    through = liver_part([[1, 14, 1, 11, 1, 11]], "flr")  # i = 12 and 13 of 12, 13 and 14
    measured = planned(Operation("through", flr=through))
    assert (measured.planned[1].cleared, measured.planned[1].cut) == ((), (1,))
    assert measured.planned[1].margin_mm is None


def test_h03_a_sliver_of_a_cleared_lesion_is_named_with_its_segment() -> None:
    """In voxels of 0.125 mL: one of 217 lies in segment 3, 0.46 %, and the others in 8."""
    operation = Operation(remnant_segments=("2", "3"))
    (one,) = measure_plan(Case(having(BOX, {"3": 1}), (), operations=(operation,))).planned
    assert (one.cleared, one.cut, one.slivers) == ((1,), (), (Sliver(1, ("3",), 1, 0.125),))


def test_without_a_place_in_the_patient_no_side_is_reported() -> None:
    unplaced = replace(ANATOMY.liver.grid, placed=False)
    plain = Anatomy(replace(ANATOMY.liver, grid=unplaced))
    remnant = replace(LEFT, grid=unplaced)
    assert find_embolised_part(plain, remnant, ("2", "3")) is None
    placed = find_embolised_part(Anatomy(ANATOMY.liver), LEFT, ("2", "3"))
    assert placed == EmbolisedPart(("2", "3"), None)


def test_h03_a_lesion_around_which_a_plan_was_drawn_stays() -> None:
    """Left out of the remnant with its rim, it was cleared, two steps from what remains."""
    notch = liver_part([[1, 3, 1, 4, 1, 4]], "out")  # 18 mL at the capsule, one of them tumour
    hole = replace(LEFT, file="f") - liver_part([[2, 3, 2, 3, 2, 3]], "out")
    measured = planned(Operation("hole", flr=hole), Operation("notch", flr=LEFT - notch))
    for one in measured.planned:
        assert (one.cleared, one.left) == ((1,), (2,))
        assert sure(one.clearing).numbers == (2,)


def test_h04_a_later_plan_is_asked_for_its_pieces_and_its_tumour() -> None:
    stroke = liver_part([[14, 16, 9, 11, 9, 11]], "flr")  # 8 mL beside 300
    right = Operation("right remains", flr=liver_part([[7, 16, 1, 11, 1, 11]], "flr"))
    measured = planned(Operation("stroke", flr=LEFT | stroke), right)
    told = [one for one in measured.findings if one.message.startswith("plan ")]
    assert codes(told) == ["parts.pieces", "parts.gap", "flr.lesions_stay", "flr.holds_most_tumour"]


def test_h04_what_a_later_plan_gives_to_doubt_names_it() -> None:
    beside = liver_part([[0, 4, 1, 11, 1, 11]], "flr")  # a quarter of it outside the liver
    measured = planned(Operation("drawn too wide", flr=beside))
    (told,) = [one for one in measured.findings if one.code.startswith("stray.")]
    assert told.message.startswith("plan drawn too wide: ")


def test_h04_the_share_of_each_plan_is_plausible() -> None:
    """The left end has 100 of 1499 mL, 6.7 %; the right one too, which is no lateral sector."""
    thin = liver_part([[15, 16, 1, 11, 1, 11]], "thin")
    whole = liver_part(LIVER_BOX, "whole")
    measured = planned(Operation("thin", flr=thin), Operation("whole", flr=whole))
    odd = [one for one in measured.findings if one.code == "plausibility.flr_share"]
    assert [one.message.partition(": ")[0] for one in odd] == ["plan thin", "plan whole"]


def test_h03_segments_may_leave_nearly_all_of_the_liver_but_not_too_little() -> None:
    """Segment VI is one layer, 40 of 1500 voxels; the rest of it is added to V."""
    segments = small_segments()
    thin = segments["6"] & liver_part([[12, 16, 1, 11, 1, 2]], "thin")
    segments = {**segments, "5": segments["5"] | (segments["6"] - thin), "6": thin}
    rest = ("1", "2", "3", "4", "5", "7", "8")
    case = Case(
        replace(ANATOMY, flr=None, tumour=None, segments=segments),
        (),
        operations=(Operation("VI", rest), Operation("all but VI", ("6",))),
    )
    measured = measure_plan(case)
    told = [one.message for one in measured.findings if one.code == "plausibility.flr_share"]
    assert [one.volumes.flr_voxels for one in measured.planned] == [1460, 40]
    assert [one.partition(":")[0] for one in told] == ["plan all but VI"]


def test_h03_a_plan_that_removes_no_segment_is_reported() -> None:
    """All segments are given as the remnant, probably in place of those to be removed."""
    case = Case(
        replace(ANATOMY, flr=None, tumour=None),
        (),
        operations=(Operation("all but I", tuple("2345678")), Operation("all", tuple("12345678"))),
    )
    measured = measure_plan(case)
    told = [one.message for one in measured.findings if one.code == "plausibility.flr_share"]
    assert [one.partition(":")[0] for one in told] == ["plan all"]


def test_h03_a_plane_that_leaves_too_little_is_reported() -> None:
    """A plane turned the wrong way leaves 100 mL; a wedge, or a plane at a corner, nearly all."""
    left_out = replace(ANATOMY, flr=None)
    x, _, _ = left_out.liver.grid.places_mm(np.array([[14.5, 5.0, 5.0]]))[0].tolist()
    places = {normal: CutPlane((x, 0.0, 0.0), (normal, 0.0, 0.0), "RAS") for normal in (-1.0, 1.0)}
    found = []
    for plane in places.values():
        cut = Operation("cut", planes=(plane,))
        measured = measure_plan(
            Case(left_out, (), operations=(cut, structs.replace(cut, name="b")))
        )
        shares = [one.volumes.flr_share for one in measured.planned]
        told = [one for one in measured.findings if one.code == "plausibility.flr_share"]
        found.append((min(sure(one).percent for one in shares) < 10, len(told)))
    assert sorted(found) == [(False, 0), (True, 2)]


def test_h13_a_later_plan_may_stay_open() -> None:
    no_map = replace(ANATOMY, segments={})
    case = Case(no_map, (), operations=(FIRST, Operation(None, ("5",))))
    measured = measure_plan(case)
    assert measured.planned[1].remnant is None
    assert measured.planned[1].volumes.flr_voxels is None
    (told,) = [one for one in measured.findings if one.code == "plan.no_segments"]
    assert told.message.startswith("plan 2: ")
    without_5 = {name: mask for name, mask in small_segments().items() if name != "5"}
    case = structs.replace(case, anatomy=replace(ANATOMY, segments=without_5))
    assert "remnant.segment_missing" in codes(measure_plan(case).findings)


@pytest.mark.parametrize(("kept", "closed", "told"), [
    (("2", "3"), ("2", "3"), "are in the remnant (100 % of their volume)"),
    (("2", "3", "4"), ("3", "4"), "are in the remnant (100 % of their volume)"),
    (("2", "3"), ("5", "6", "7", "8"), None),
    (("2", "3", "4"), ("4", "5", "6", "7", "8"), None),  # one of five
    (("6", "7"), ("5", "6", "7"), "are in the remnant (80 % of their volume)"),  # 600 of 750 mL
    (("5", "8"), ("5", "6", "8"), None),  # two of three, but 300 of 600 mL
])  # fmt: skip
def test_h04_segments_to_be_embolised_that_remain_are_reported(
    kept: tuple[str, ...], closed: tuple[str, ...], told: str | None
) -> None:
    measured = planned(Operation("B", kept, embolised_segments=closed))
    found = [one for one in measured.findings if one.code == "plan.embolised_remnant"]
    assert len(found) == (told is not None)
    for one in found:
        assert one.severity is Severity.WARNING
        names = join_words(map(as_roman, closed))
        assert one.message.startswith(f"plan B: the segments to be embolised {names} {told}, ")


def test_h04_what_a_map_draws_outside_the_liver_is_not_embolised() -> None:
    """The liver ends at k = 7: 60 of the 150 voxels of II are in it, all of them remnant."""
    liver = liver_part([[1, 16, 1, 11, 1, 8]], "liver")
    anatomy = replace(ANATOMY, liver=liver, tumour=None)
    shares = measure_segment_shares(anatomy, LEFT & liver)
    assert shares == {name: float(name in "23") for name in "12345678"}
    assert find_embolised_part(anatomy, LEFT & liver, ("2",)) == EmbolisedPart(("2",), 1.0)
    only_3 = replace(ANATOMY, liver=liver_part([[1, 16, 1, 11, 1, 6]], "liver"), tumour=None)
    assert measure_segment_shares(only_3, LEFT & only_3.liver).keys() == set("13456")


def test_h04_without_a_map_the_side_of_what_was_embolised_states() -> None:
    def told(*segments: str) -> list[str]:
        case = Case(replace(ANATOMY, segments={}), (), operations=(FIRST,))
        done = Embolisation(date(2026, 3, 1), "PVE", segments)
        findings = measure_plan(structs.replace(case, embolisation=done)).findings
        return [one.message for one in findings if one.code == "plan.embolised_remnant"]

    assert told("2", "3") == [
        "the remnant is on the side of the embolised segments II and III, but hypertrophy is "
        "intended in the liver that is not embolised. Check the embolised segments and the remnant"
    ]
    assert told("5", "6", "7", "8") == told() == []


def test_without_lesions_nothing_is_cleared() -> None:
    case = Case(replace(ANATOMY, tumour=None), (), operations=(FIRST,))
    (only,) = measure_plan(case).planned
    assert (only.cleared, only.cut, only.left, only.margin_mm) == ((), (), (), None)


def test_a_remnant_that_is_all_tumour_has_no_margin_of_its_own() -> None:
    whole = liver_part(LIVER_BOX, "flr")
    measured = planned(Operation("nothing goes", flr=whole))
    assert (measured.planned[1].left, measured.planned[1].margin_mm) == ((1, 2), None)


def test_h13_each_plan_by_segments_has_two_shares_next_to_gaps() -> None:
    # 45 of 1500 mL of liver, no tumour among them, in no segment: 3 %
    gap = liver_part([[4, 7, 1, 4, 1, 6]], "gap")
    segments = {name: mask - gap for name, mask in small_segments().items()}
    anatomy = replace(small_liver(), segments=segments)
    plans = (Operation("a", ("2", "3")), Operation("b", ("1", "2", "3", "4")), Operation("c"))
    measured = measure_plan(Case(anatomy, (), operations=plans))
    told = [one.message for one in measured.findings if one.code == "segments.gaps"]
    assert [message.split(": ", 1)[0] for message in told] == ["segments.nii.gz", "plan b"]
    assert "the FLR is 20.0 % of the non-tumorous liver and 20.6 % of that in segments" in told[0]
    assert "the FLR is 37.0 % of the non-tumorous liver and 38.1 % of that in segments" in told[1]
    assert measured.planned[1].volumes.flr_voxels == 600 - 45
    shares = [one.share_of_segments for one in measured.planned]
    assert shares == [Share(300, 1455), Share(555, 1455), None]


@pytest.mark.parametrize(
    ("along", "in_map", "cleared", "cut"),
    [
        ((7, 10), False, (), (1,)),  # it touches segment 4: how much of it is in 4 is unknown
        ((8, 11), False, (1,), ()),  # a column of segments 5 and 8 is between them
        ((7, 10), True, (1,), ()),  # the map states that all of it is in 5 and 8
    ],
)
def test_h13_a_lesion_that_the_map_leaves_out_is_cut_if_what_remains_touches_it(
    along: tuple[int, int], in_map: bool, cleared: tuple[int, ...], cut: tuple[int, ...]
) -> None:
    lesion = liver_part([[*along, 6, 9, 4, 8]], "tumour")
    segments = small_segments()
    if not in_map:
        segments = {name: mask - lesion for name, mask in segments.items()}
    anatomy = replace(small_liver(), tumour=lesion, segments=segments)
    left_half = Operation("right hepatectomy", ("1", "2", "3", "4"))
    plane = CutPlane((0.0, 0.0, 40.0), (0.0, 0.0, 1.0), "RAS")  # two layers below the lesion
    for plan in (left_half, structs.replace(left_half, planes=(plane,))):
        (one, *_) = measure_plan(Case(anatomy, (), operations=(plan,))).planned
        assert (one.cleared, one.cut, one.left) == (cleared, cut, ())
    with_wedge = structs.replace(left_half, wedges=Wedges((1,), 0.0))  # it is removed as a whole
    (one, *_) = measure_plan(Case(anatomy, (), operations=(with_wedge,))).planned
    assert (one.cleared, one.cut, one.left) == ((1,), (), ())
