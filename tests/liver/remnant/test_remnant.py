"""Where the remnant comes from, on a liver of 1500 voxels of 1 mL and eight segments."""

from dataclasses import replace

import numpy as np
import pytest

from fl_planner.basis.findings import InputRefused, Severity
from fl_planner.basis.shown import as_ml
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.remnant import determine_remnant
from fl_planner.liver.volumetry import measure_liver
from fl_planner.space.mask import Mask
from tests.cases import sure
from tests.masks import (
    LIVER_GRID,
    SEGMENT_ML,
    block,
    codes,
    cubes,
    liver_part,
    mirrored,
    small_liver,
    small_segments,
)
from tests.refusals import refuses
from tests.shared import vectors

MAPPED = replace(small_liver(), segments=small_segments())
LEFT = liver_part([[1, 7, 1, 11, 1, 11]], "flr")  # exactly segments 1 to 4
RIGHT = liver_part([[7, 16, 1, 11, 1, 11]], "resected")
LEFT_SEGMENTS = ("1", "2", "3", "4")


def test_a_drawn_remnant_is_taken_as_drawn() -> None:
    remnant, findings = determine_remnant(replace(small_liver(), flr=LEFT), ())
    assert remnant is not None
    assert (remnant.mask, remnant.origin, remnant.segments) == (LEFT, "drawn", ())
    assert findings == ()


def test_a_drawn_resection_leaves_the_rest_of_the_organ() -> None:
    # a tumour of 30 mL beside the liver is organ, and remains if it is not resected
    tumour = liver_part([[0, 1, 5, 11, 5, 10]], "tumour")
    gallbladder = replace(liver_part([[1, 2, 1, 2, 1, 11]], "gallbladder"), name="gallbladder")
    anatomy = replace(small_liver(), resected=RIGHT, tumour=tumour, excluded=(gallbladder,))
    remnant, findings = determine_remnant(anatomy, ())
    assert remnant is not None
    assert remnant.origin == "drawn"
    assert remnant.mask.voxel_count == 600 + 30 - 10
    assert (remnant.mask.name, remnant.mask.file) == ("flr", "resected.nii.gz")
    assert findings == ()


def test_nothing_given_leaves_no_remnant() -> None:
    assert determine_remnant(MAPPED, ()) == (None, ())


@pytest.mark.parametrize("wanted", [("2", "3"), LEFT_SEGMENTS, ("5", "6", "7", "8"), ("1",)])
def test_whole_segments_are_joined(wanted: tuple[str, ...]) -> None:
    remnant, findings = determine_remnant(MAPPED, wanted)
    assert remnant is not None
    assert (remnant.origin, remnant.segments, remnant.mask.name) == ("segments", wanted, "flr")
    assert remnant.made_of == wanted
    drawn, _ = determine_remnant(replace(MAPPED, flr=LEFT), wanted)
    assert (sure(drawn).segments, sure(drawn).made_of) == (wanted, ())  # a hand drew its border
    assert remnant.mask.file == "segments.nii.gz"
    assert remnant.mask.voxel_count == sum(SEGMENT_ML[name] for name in wanted)
    assert findings == ()


def test_the_segment_vectors() -> None:
    rows = vectors("segments")
    assert rows
    for row in rows:
        given, expected = row["inputs"]["segment_nontumour_ml"], row["expected"]
        whole_ml = {**{name: int(given[name]) for name in "1235678"},
                    "4": int(given["4a"]) + int(given["4b"])}  # fmt: skip
        grid = cubes((sum(whole_ml.values()), 1, 1), 10.0)
        segments, start = {}, 0
        for name, voxels in whole_ml.items():
            segments[name] = block(grid, (start, start + voxels), (0, 1), (0, 1), name=name)
            start += voxels
        anatomy = Anatomy(block(grid, (0, start), (0, 1), (0, 1), name="liver"), segments=segments)
        remnant, findings = determine_remnant(anatomy, tuple(expected["flr_segments"]))
        assert remnant is not None
        share = measure_liver(anatomy, remnant.mask).flr_share
        assert remnant.mask.volume_ml == pytest.approx(expected["flr_ml"], rel=1e-9)
        assert anatomy.organ.volume_ml == pytest.approx(expected["total_ml"], rel=1e-9)
        assert sure(share).percent == pytest.approx(expected["flr_percent"], rel=1e-9)
        assert findings == ()


@pytest.mark.parametrize("wanted", [("2", "9"), ("4c",), ("IV",), ("0",), ("",)])
def test_h13_an_unknown_segment_is_refused_by_name(wanted: tuple[str, ...]) -> None:
    with pytest.raises(InputRefused, match=rf"there is no segment {wanted[-1]};") as refusal:
        determine_remnant(MAPPED, wanted)
    assert refusal.value.code == "remnant.segment_unknown"
    assert str(refusal.value) == (
        f"remnant segments: there is no segment {wanted[-1]}; "
        "give segments as 1 to 8, I to VIII, 4a or 4b"
    )


def test_h13_all_unknown_segments_are_named_at_once() -> None:
    with pytest.raises(InputRefused, match="there is no segment 9 or IV;"):
        determine_remnant(MAPPED, ("9", "2", "IV"))


def test_segments_without_a_label_map_are_refused() -> None:
    with refuses("remnant.no_segments", says="no label map with segments was given") as refusal:
        determine_remnant(small_liver(), ("2", "3"))
    assert str(refusal.value) == (
        "remnant segments: the remnant is defined by segments, but no label map with segments was "
        "given; add --labelmap with Couinaud segments, or give --flr without segments"
    )


def test_segments_of_a_map_that_has_none_are_refused_by_its_file() -> None:
    reason = "the label map has no voxels in segments I to VIII"
    with refuses("remnant.no_segments", "map.nii", says=reason):
        determine_remnant(replace(small_liver(), map_file="map.nii"), ("2", "3"))


def without(*names: str) -> Anatomy:
    segments = {name: mask for name, mask in MAPPED.segments.items() if name not in names}
    return replace(MAPPED, segments=segments)


def test_h13_a_missing_segment_leaves_the_remnant_undetermined() -> None:
    remnant, (finding,) = determine_remnant(without("1", "4"), LEFT_SEGMENTS)
    assert remnant is None
    assert (finding.code, finding.severity) == ("remnant.segment_missing", Severity.WARNING)
    assert finding.message == (
        "segments I and IV of the planned remnant have no voxels in the label map: the remnant is "
        "undetermined. Correct the map, draw the remnant, or use --absent-segment for a segment "
        "that the patient does not have"
    )


def test_h13_a_segment_that_is_missing_elsewhere_does_not_matter_here() -> None:
    remnant, findings = determine_remnant(without("7"), LEFT_SEGMENTS)
    assert remnant is not None
    assert findings == ()


def test_a_segment_that_the_patient_does_not_have_is_left_out() -> None:
    anatomy = replace(without("4"), absent_segments=frozenset({"4"}))
    remnant, findings = determine_remnant(anatomy, LEFT_SEGMENTS)
    assert remnant is not None
    assert remnant.segments == ("1", "2", "3")
    assert remnant.mask.voxel_count == 390
    assert findings == ()


def test_h13_a_segment_stated_to_be_absent_is_not_dropped_when_the_map_has_it() -> None:
    anatomy = replace(MAPPED, absent_segments=frozenset({"4"}))
    remnant, _ = determine_remnant(anatomy, LEFT_SEGMENTS)
    assert sure(remnant).mask.voxel_count == 600


def test_a_remnant_of_absent_segments_is_undetermined() -> None:
    anatomy = replace(without("2", "3"), absent_segments=frozenset({"2", "3"}))
    remnant, (finding,) = determine_remnant(anatomy, ("2", "3"))
    assert remnant is None
    assert finding.code == "remnant.segment_missing"
    assert finding.message.startswith("segments II and III of the planned remnant have no voxel")


def drawn_with(voxels: int) -> Mask:
    cloud = np.zeros(LIVER_GRID.shape, dtype=bool)
    where = np.argwhere(MAPPED.liver.as_array())[:voxels]
    cloud[tuple(where.T)] = True
    return Mask.of("flr", cloud, LIVER_GRID, "flr.nii.gz")


@pytest.mark.parametrize(
    ("voxels", "found"),
    [(600, []), (675, []), (676, ["remnant.drawn_differs"]),
     (525, []), (524, ["remnant.drawn_differs"])],
)  # fmt: skip
def test_a_drawing_more_than_five_points_from_its_segments_is_reported(
    voxels: int, found: list[str]
) -> None:
    # segments 1 to 4 are 600 of 1500, 40 %; five points are 75 voxels
    remnant, findings = determine_remnant(replace(MAPPED, flr=drawn_with(voxels)), LEFT_SEGMENTS)
    assert remnant is not None
    assert (remnant.origin, remnant.mask.voxel_count) == ("drawn", voxels)
    assert remnant.segments == LEFT_SEGMENTS
    assert codes(findings) == found


def test_how_a_difference_is_reported() -> None:
    _, (finding,) = determine_remnant(replace(MAPPED, flr=drawn_with(450)), LEFT_SEGMENTS)
    assert finding.message == (
        "flr.nii.gz: the FLR as drawn differs by -10.0 percentage points from that of "
        "segments I, II, III and IV; the drawing is used"
    )
    assert (finding.value, finding.unit, finding.file) == (-10.0, "points", "flr.nii.gz")
    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(("common", "reported"), [(0, True), (74, True), (75, False), (150, False)])
def test_h04_a_drawing_in_other_segments_of_the_same_size_is_reported(
    common: int, reported: bool
) -> None:
    """V and VIII have 150 voxels of 1 mL each, both on the right: neither size nor side differs."""
    cloud = np.zeros(LIVER_GRID.shape, dtype=bool)
    for number, voxels in (("8", common), ("5", 150 - common)):
        cloud[tuple(np.argwhere(MAPPED.segments[number].as_array())[:voxels].T)] = True
    flr = Mask.of("flr", cloud, LIVER_GRID, "flr.nii.gz")
    _, findings = determine_remnant(replace(MAPPED, flr=flr), ("8",))
    assert codes(findings) == ["remnant.drawn_differs"] * reported
    for finding in findings:
        assert finding.message == (
            f"flr.nii.gz: {as_ml(common)} of the FLR as drawn (150 mL) is in segment VIII; the "
            "drawing is used"
        )
        assert (finding.value, finding.unit) == (common, "mL")


def test_exactly_five_points_are_five_points_whatever_the_doubles_state() -> None:
    # 3199 and 3699 of 10000: in doubles 36.99 - 31.99 is 5.0000000000000036
    assert 100 * 3699 / 10_000 - 100 * 3199 / 10_000 > 5
    grid = cubes((10_000, 1, 1))
    liver = block(grid, (0, 10_000), (0, 1), (0, 1), name="liver")
    segments = {"2": block(grid, (0, 3199), (0, 1), (0, 1), name="segment_2")}
    drawn = block(grid, (0, 3699), (0, 1), (0, 1), name="flr")
    _, findings = determine_remnant(Anatomy(liver, flr=drawn, segments=segments), ("2",))
    assert findings == ()


def test_points_are_those_of_tumour_free_liver() -> None:
    # 75 mL of tumour in the drawing only: 600 of 1425 by both, though 675 were drawn
    tumour = drawn_with(675) - drawn_with(600)
    anatomy = replace(MAPPED, flr=drawn_with(675), tumour=tumour.renamed("tumour"))
    assert determine_remnant(anatomy, LEFT_SEGMENTS)[1] == ()


def test_a_drawn_resection_is_compared_likewise() -> None:
    remnant, findings = determine_remnant(replace(MAPPED, resected=RIGHT), LEFT_SEGMENTS)
    assert (sure(remnant).mask.voxel_count, findings) == (600, ())
    _, findings = determine_remnant(replace(MAPPED, resected=RIGHT), ("2", "3"))
    assert codes(findings) == ["remnant.drawn_differs"]


def test_a_drawing_is_where_its_segments_cannot_be_compared() -> None:
    # the map's missing segment is told beside the map; the drawn remnant is not undetermined
    remnant, findings = determine_remnant(replace(without("4"), flr=LEFT), LEFT_SEGMENTS)
    assert (sure(remnant).mask, findings) == (LEFT, ())


def test_h02_a_drawing_mirrored_in_the_liver_is_an_error() -> None:
    # as many voxels as the segments have, all in the liver, on the other side of it
    flr = mirrored(liver_part([[1, 4, 1, 11, 1, 11]], "flr"))
    assert not (flr - MAPPED.liver).voxel_count
    _, (finding,) = determine_remnant(replace(MAPPED, flr=flr), ("2", "3"))
    assert (finding.code, finding.severity) == ("remnant.side", Severity.ERROR)
    assert finding.message == (
        "flr.nii.gz: the drawn remnant is on the opposite side of the liver from "
        "segments II and III: check whether one of them is mirrored"
    )
    # their middles: x of 2.5 and 14.5 voxels
    assert finding.value == pytest.approx(120.0)
    assert (finding.unit, finding.file) == ("mm", "flr.nii.gz")


def test_h02_a_drawing_on_the_left_of_right_segments_is_an_error() -> None:
    # their middles: VI and VII at 12.2 voxels, the drawing of 300 mL at 2, the liver at 8
    flr = liver_part([[1, 4, 1, 11, 1, 11]], "flr")
    _, findings = determine_remnant(replace(MAPPED, flr=flr), ("6", "7"))
    assert codes(findings) == ["remnant.drawn_differs", "remnant.side"]
    right = (5 * 4 * 10 * 9 + 4 * 10 * 10 * 13.5) / 600
    assert findings[1].value == pytest.approx(10 * (right - 2))


def test_h02_without_a_place_in_the_patient_there_is_no_side() -> None:
    grid = replace(LIVER_GRID, placed=False)
    flr = mirrored(liver_part([[1, 4, 1, 11, 1, 11]], "flr", grid))
    anatomy = replace(small_liver(grid), segments=small_segments(grid), flr=flr)
    _, (finding,) = determine_remnant(anatomy, ("2", "3"))
    assert finding.code == "remnant.drawn_differs"
    assert "0 mL of the FLR as drawn (300 mL) is in segments II and III;" in finding.message


ELSEWHERE = ["remnant.drawn_differs"]  # 300 voxels outside segments II and III


@pytest.mark.parametrize(
    ("start", "here_mm", "found"),
    [(8, 20.0, ["remnant.side"]), (7, 10.0, ELSEWHERE), (6, 0.0, ELSEWHERE), (5, -10.0, ELSEWHERE)],
)
def test_h02_a_remnant_around_the_middle_has_no_side(
    start: int, here_mm: float, found: list[str]
) -> None:
    # the liver's middle is voxel 8; a centimetre is no more than borders of segments are off
    flr = liver_part([[start, start + 5, 1, 11, 1, 7]], "flr")
    assert (start + 2 - 8) * 10.0 == here_mm
    _, findings = determine_remnant(replace(MAPPED, flr=flr), ("2", "3"))
    assert codes(findings) == found


def test_h02_a_centimetre_beyond_the_middle_is_exact() -> None:
    # 300 voxels a centimetre right of it; one voxel more makes it 10.1 mm, or 9.9
    flr = liver_part([[7, 12, 1, 11, 1, 7]], "flr")
    for where, found in (
        ([[12, 13, 1, 2, 1, 2]], ["remnant.side"]),
        ([[5, 6, 1, 2, 1, 2]], ELSEWHERE),
    ):
        one = liver_part(where, "flr")
        _, findings = determine_remnant(replace(MAPPED, flr=flr | one), ("2", "3"))
        assert codes(findings) == found


def test_a_resection_of_everything_is_left_to_the_counts() -> None:
    whole = liver_part([[1, 16, 1, 11, 1, 11]], "resected")
    anatomy = replace(MAPPED, resected=whole)
    remnant, _ = determine_remnant(anatomy, ("2", "3"))
    with pytest.raises(
        InputRefused, match=r"resected\.nii\.gz: the remnant has no voxels in the non-tumorous"
    ):
        measure_liver(anatomy, sure(remnant).mask)


def test_a_devascularised_part_of_the_remnant_is_reported_with_both_shares() -> None:
    # 600 of 1500 mL remain; 10 x 10 of them, one slice of segments 1 to 4, are congested
    lost = replace(liver_part([[6, 7, 1, 11, 1, 11]], "congested"), file="congested.nii")
    anatomy = replace(small_liver(), flr=LEFT, excluded=(lost,))
    remnant, (finding,) = determine_remnant(anatomy, ())
    assert sure(remnant).mask is LEFT
    assert (finding.code, finding.severity) == ("remnant.impaired", Severity.WARNING)
    assert finding.value == pytest.approx(100.0)
    assert finding.unit == "mL"
    assert finding.message == (
        "flr.nii.gz: 100 mL of the remnant is congested: the FLR is 33.3 % without this part "
        "and 40.0 % with it; the value without it is used"
    )


def test_h08_a_share_with_its_devascularised_part_does_not_change_sides() -> None:
    # 449 999 of 1 500 000 voxels would be told as 30.0 %
    grid = cubes((1500, 100, 10))
    liver = block(grid, (0, 1500), (0, 100), (0, 10), name="liver")
    flr = block(grid, (0, 450), (0, 100), (0, 10), name="flr")
    lost = block(grid, (0, 1), (0, 1), (0, 1), name="devascularised")
    _, (finding,) = determine_remnant(Anatomy(liver, flr=flr, excluded=(lost,)), ())
    assert (
        "the FLR is 29.9999 % without this part and 30.0 % with it; the value without it is used"
        in finding.message
    )


def test_a_devascularised_part_elsewhere_is_not_reported() -> None:
    lost = liver_part([[10, 12, 1, 11, 1, 11]], "devascularised")
    assert determine_remnant(replace(small_liver(), flr=LEFT, excluded=(lost,)), ())[1] == ()
    assert determine_remnant(replace(small_liver(), excluded=(lost,)), ()) == (None, ())
    assert determine_remnant(replace(MAPPED, excluded=(lost,)), LEFT_SEGMENTS)[1] == ()
