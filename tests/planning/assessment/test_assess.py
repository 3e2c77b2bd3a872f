"""What is asked of which mask, and what is computed: a liver of 1500 mL in voxels of 5 mm."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from fl_planner.basis.findings import Finding, InputRefused, Severity
from fl_planner.basis.shown import Share
from fl_planner.liver.agreement.second_reader import SecondMasks
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.earlier_scan import Baseline
from fl_planner.liver.witness.witness import check_on_ct
from fl_planner.planning.assessment.assess import Measured, measure_volumes
from fl_planner.planning.assessment.plan_measures import measure_plan
from fl_planner.planning.given.case import Case, InputFile, Operation
from fl_planner.planning.given.identity import Identity
from fl_planner.space.grid import Box, Grid, Image
from fl_planner.space.mask import Mask, unite
from tests.cases import sure
from tests.masks import (
    LIVER_BOX,
    LIVER_GRID,
    SEGMENT_BOXES,
    block,
    codes,
    liver_part,
    mirrored,
    on_each,
)

FINE = Grid((34, 24, 24), tuple((a / 2, b / 2, c / 2, d) for a, b, c, d in LIVER_GRID.affine))
EIGHTH_ML = 8  # voxels in a millilitre


def part(spans: Iterable[Sequence[int]], name: str) -> Mask:
    """Draw boxes of centimetres on the fine grid."""
    return liver_part([[2 * n for n in span] for span in spans], name, FINE)


LIVER = part(LIVER_BOX, "liver")
PLAIN = Anatomy(LIVER)
MAPPED = replace(
    PLAIN, segments={name: part(spans, "segments") for name, spans in SEGMENT_BOXES.items()}
)
LEFT = part([[1, 7, 1, 11, 1, 11]], "flr")  # 600 of 1500 mL, segments 1 to 4
TUMOUR = part([[9, 12, 1, 10, 5, 6]], "tumour")  # 27 mL on the right, too low to end flat


def case_of(anatomy: Anatomy, remnant: str = "") -> Case:
    return Case(anatomy, (), operations=(Operation(None, tuple(remnant)), Operation("other")))


def of(anatomy: Anatomy, remnant: str = "") -> Measured:
    return measure_plan(case_of(anatomy, remnant))


def having(role: str, mask: Mask) -> Anatomy:
    given: dict[str, Any] = {role: mask}
    return replace(PLAIN, **given)


def told(anatomy: Anatomy, remnant: str = "") -> list[str]:
    """List what is found, but that there is no tumour mask, and what is excluded."""
    return [code for code in codes(measure_volumes(case_of(anatomy, remnant)).findings)
            if code not in ("tumour.not_given", "exclude.counted")]  # fmt: skip


def test_a_clean_liver_is_reported_to_have_no_tumour_mask_and_nothing_else() -> None:
    (finding,) = of(PLAIN).findings
    assert finding == Finding(
        "tumour.not_given",
        Severity.INFO,
        "no tumour mask: the denominator is the whole liver, including any tumour",
    )
    for anatomy in (
        MAPPED,
        replace(PLAIN, flr=LEFT),
        replace(MAPPED, flr=LEFT),
        replace(PLAIN, resected=part([[7, 16, 1, 11, 1, 11]], "resected")),
        replace(PLAIN, treated=part([[7, 16, 1, 11, 1, 11]], "treated")),
        replace(PLAIN, excluded=(part([[2, 4, 2, 4, 2, 4]], "cyst"),)),
        replace(MAPPED, mapped=LIVER),
    ):
        assert told(anatomy) == []


def test_with_a_tumour_mask_nothing_is_stated() -> None:
    measured = of(replace(PLAIN, tumour=TUMOUR, flr=LEFT))
    assert measured.findings == ()
    assert measured.volumes.flr_share == Share(600 * EIGHTH_ML, 1473 * EIGHTH_ML)


def test_h16_an_empty_tumour_mask_states_that_there_is_no_tumour() -> None:
    empty = TUMOUR - TUMOUR
    measured = of(replace(PLAIN, tumour=empty))
    assert measured.findings == (
        Finding(
            "tumour.empty",
            Severity.INFO,
            "tumour.nii.gz: the tumour mask is empty, which means that there is no tumour",
            "tumour.nii.gz",
        ),
    )
    assert measured.volumes.denominator == "measured_nontumour"
    assert sure(measured.lesions).count == 0
    assert of(replace(PLAIN, tumour=replace(empty, file=None))).findings == ()  # said, not drawn


def test_a_tumour_next_to_the_liver_only_is_not_an_empty_mask() -> None:
    bile = replace(part([[8, 13, 1, 10, 4, 9]], "gallbladder"), name="gallbladder")
    measured = of(replace(PLAIN, tumour=TUMOUR, excluded=(bile,)))
    assert measured.volumes.tumour_voxels == 0
    assert "tumour.empty" not in codes(measured.findings)


def test_h01_lost_spacing_is_reported() -> None:
    # the same voxels of 1 mm: 12 mL of liver
    lost = on_each(PLAIN, lambda m: replace(m, grid=Grid.upright(FINE.shape, (1.0, 1.0, 1.0))))
    assert told(lost) == ["plausibility.liver_volume"]
    thick = on_each(PLAIN, lambda m: replace(m, grid=Grid.upright(FINE.shape, (4.0, 4.0, 7.5))))
    assert told(thick) == ["plausibility.thick_slices"]


def test_h02_a_mirrored_remnant_in_the_liver_needs_its_segments() -> None:
    flr = mirrored(LEFT)  # the small liver is its own mirror image, so it lies in it
    assert told(replace(MAPPED, flr=flr)) == []
    assert told(replace(MAPPED, flr=flr), "1234") == ["remnant.side"]
    assert told(replace(MAPPED, flr=LEFT), "1234") == []


@pytest.mark.parametrize("origin", ["drawn", "resected", "segments"])
def test_h03_tumour_in_the_remnant_is_reported_wherever_the_remnant_comes_from(origin: str) -> None:
    tumour = part([[5, 9, 1, 10, 5, 6]], "tumour")  # 36 mL, 18 in the remnant
    anatomy = {
        "drawn": replace(MAPPED, flr=LEFT, tumour=tumour),
        "resected": replace(
            PLAIN, resected=part([[7, 16, 1, 11, 1, 11]], "resected"), tumour=tumour
        ),
        "segments": replace(MAPPED, tumour=tumour),
    }[origin]
    measured = of(anatomy, remnant="1234" if origin == "segments" else "")
    (finding,) = measured.findings
    assert (finding.code, finding.severity) == ("overlap.flr_tumour", Severity.WARNING)
    assert finding.value == pytest.approx(18.0)
    assert measured.volumes.flr_share == Share(582 * EIGHTH_ML, 1464 * EIGHTH_ML)


@pytest.mark.parametrize("role", ["flr", "resected", "treated"])
def test_h04_a_part_outside_the_liver_is_reported_and_next_to_it_refused(role: str) -> None:
    far = part([[4, 7, 5, 8, 5, 12]], role)  # 9 of 63 mL, one centimetre beyond the top
    assert "stray.outside_liver" in told(having(role, far))
    near = part([[4, 7, 5, 8, 5, 11]], role) | liver_part([[8, 14, 10, 16, 22, 23]], role, FINE)
    (finding,) = [f for f in of(having(role, near)).findings if f.code.startswith("stray")]
    assert (finding.code, finding.severity) == ("stray.at_surface", Severity.INFO)
    beside = part([[0, 1, 1, 11, 1, 11]], role)
    with pytest.raises(InputRefused, match=rf"{role}\.nii\.gz: .* is outside the liver"):
        of(having(role, beside))


def test_h04_a_cyst_outside_the_liver_is_reported_and_a_gallbladder_is_not() -> None:
    outside = part([[14, 17, 5, 8, 5, 8]], "cyst")
    assert told(replace(PLAIN, excluded=(outside,))) == ["stray.outside_liver"]
    bile = replace(part([[16, 17, 5, 8, 5, 8]], "gallbladder"), name="gallbladder")
    assert told(replace(PLAIN, excluded=(bile,))) == []


def test_h16_a_tumour_that_is_an_outline_is_reported() -> None:
    # 5 cm wide in voxels of 5 mm, a voxel thick, open above and below: 36 of 100 in a layer
    spans = [[16, 26, 8, 18, 8, 12]]
    rim = liver_part(spans, "tumour", FINE) - liver_part([[17, 25, 9, 17, 8, 12]], "tumour", FINE)
    assert "parts.outline" in told(replace(PLAIN, tumour=rim))
    assert told(replace(PLAIN, tumour=liver_part(spans, "tumour", FINE))) == []


@pytest.mark.parametrize(("every", "found"), [(2, ["parts.gap"]), (1, [])])
def test_h06_slices_of_an_excluded_structure_that_were_not_drawn_are_reported(
    every: int, found: list[str]
) -> None:
    # a cyst of 4 x 4 voxels in layers 6 to 14, or in every second one; also as a vein, once
    layers = range(6, 15, every)
    cyst = liver_part([[16, 20, 8, 12, at, at + 1] for at in layers], "cyst", FINE)
    assert told(replace(PLAIN, excluded=(cyst,))) == found
    assert told(replace(PLAIN, vessels={"IVC": cyst})) == found
    assert told(replace(PLAIN, excluded=(cyst,), vessels={"IVC": cyst})) == found


def test_one_slice_of_ten_that_an_excluded_structure_lacks_is_not_reported() -> None:
    cyst = liver_part([[16, 20, 8, 12, 5, 9], [16, 20, 8, 12, 10, 15]], "cyst", FINE)
    assert told(replace(PLAIN, excluded=(cyst,))) == []


def test_h16_an_excluded_structure_that_is_an_outline_is_reported() -> None:
    rim = liver_part([[16, 26, 8, 18, 6, 12]], "cyst", FINE)
    rim -= liver_part([[17, 25, 9, 17, 6, 12]], "cyst", FINE)
    assert told(replace(PLAIN, excluded=(rim,))) == ["parts.outline"]


def test_h03_a_hole_in_a_tumour_is_reported_unless_it_is_an_excluded_structure() -> None:
    # 10 x 10 x 5 voxels, with smaller ends, around a centre of 4 x 4 x 3: 48 of 484
    centre = liver_part([[20, 24, 11, 15, 9, 12]], "cyst", FINE)
    lesion = liver_part([[16, 26, 8, 18, 8, 13], [20, 24, 11, 15, 7, 14]], "tumour", FINE)
    holed = lesion - centre
    assert told(replace(PLAIN, tumour=holed)) == ["parts.holes"]
    assert told(replace(PLAIN, tumour=holed, excluded=(centre,))) == []


def test_h04_a_tumour_is_judged_by_its_own_rule_against_the_liver_as_delivered() -> None:
    bulging = part([[14, 17, 5, 8, 5, 7]], "tumour")
    assert told(replace(PLAIN, tumour=bulging)) == ["stray.outside_liver"]
    carved = replace(PLAIN, liver=LIVER - TUMOUR, tumour=TUMOUR)
    assert told(carved) == ["stray.tumour_left_out"]
    assert told(replace(PLAIN, tumour=TUMOUR - TUMOUR)) == ["tumour.empty"]


def test_h04_the_organ_of_the_stray_rule_is_liver_with_tumour() -> None:
    # a remnant over a tumour that the liver mask leaves out lies in the organ
    tumour = part([[7, 10, 5, 8, 5, 7]], "tumour")
    anatomy = replace(PLAIN, liver=LIVER - tumour, tumour=tumour, flr=LEFT | tumour)
    assert told(anatomy) == ["stray.tumour_left_out", "flr.holds_most_tumour"]


def test_h06_a_liver_cut_at_slice_0_is_reported() -> None:
    voxels = LIVER.as_array()[:, :, 10:]
    cut = Mask.of("liver", voxels, FINE.part(Box((0, 0, 10), FINE.shape)), "liver.nii.gz")
    (finding,) = (f for f in of(Anatomy(cut)).findings if f.severity is not Severity.INFO)
    assert finding.code == "edge.cut"
    assert finding.message.startswith("liver.nii.gz: the liver is cut flat")


def test_h06_slices_missing_inside_are_reported() -> None:
    # 50 mL of remnant between the gap and the bottom: more than 1 %
    gap = part([[0, 17, 0, 12, 5, 6]], "gap")
    assert told(Anatomy(LIVER - gap)) == ["parts.pieces", "parts.gap"]
    assert told(replace(PLAIN, flr=LEFT - gap)) == ["parts.pieces", "parts.gap"]


def test_h04_a_rim_of_liver_outside_a_drawn_remnant_is_reported() -> None:
    # 10 mm of liver in front: 60 of 540 mL
    behind = [[1, 7, 1, 10, 1, 11]]
    assert told(having("flr", part(behind, "flr")))[-1] == "parts.rim"
    assert "parts.rim" not in told(having("resected", part(behind, "resected")))


HOLE = part([[3, 5, 5, 10, 4, 8]], "hole")  # 40 mL
ISLAND = part([[1, 2, 1, 5, 1, 11], [5, 7, 1, 11, 1, 11]], "flr")  # 40 mL beside 200


@pytest.mark.parametrize("role", ["flr", "resected", "treated"])
def test_each_drawn_part_is_asked_for_pieces_holes_and_gaps(role: str) -> None:
    assert told(having(role, replace(LEFT - HOLE, file="f"))) == ["parts.holes"]
    found = of(having(role, replace(ISLAND, file="f"))).findings
    assert [(f.code, f.file) for f in found[:2]] == [("parts.pieces", "f"), ("parts.gap", "f")]


def test_the_organ_is_asked_for_pieces_and_holes_and_the_liver_for_gaps_and_cuts() -> None:
    # a tumour fills the hole that the liver leaves, and joins its two halves
    assert told(Anatomy(LIVER - HOLE)) == ["parts.holes"]
    assert told(Anatomy(LIVER - HOLE, tumour=replace(HOLE, file="t"))) == [
        "stray.tumour_left_out",
        "edge.lesion_end",  # of a box
    ]
    middle = part([[0, 17, 0, 12, 5, 7]], "middle")
    bridge = replace(LIVER & middle, name="tumour", file="t")
    joined = Anatomy(LIVER - middle, tumour=bridge)
    # which takes two whole layers of the organ, as a fill does that leaked
    assert told(joined) == ["stray.tumour_left_out", "parts.gap", "parts.leak"]


def test_a_liver_of_odd_size_is_the_organ() -> None:
    # 400 mL of liver and 200 of tumour are 600
    small, tumour = part([[1, 5, 1, 11, 1, 11]], "liver"), part([[5, 7, 1, 11, 1, 11]], "tumour")
    assert "plausibility.liver_volume" in told(Anatomy(small))
    assert "plausibility.liver_volume" not in told(Anatomy(small, tumour=tumour))


def test_an_odd_share_is_reported_for_any_remnant() -> None:
    assert told(replace(PLAIN, flr=part([[15, 16, 1, 11, 1, 11]], "flr"))) == [
        "plausibility.flr_share"
    ]
    assert told(MAPPED, "1") == ["plausibility.flr_share"]  # 90 of 1500 mL


def test_h13_doubts_about_the_map_are_reported() -> None:
    missing = {name: mask for name, mask in MAPPED.segments.items() if name != "4"}
    assert told(replace(MAPPED, segments=missing)) == ["segments.missing"]
    measured = of(replace(MAPPED, segments=missing), remnant="1234")
    assert codes(measured.findings[:2]) == ["segments.missing", "remnant.segment_missing"]
    assert measured.remnant is None
    assert measured.volumes.flr_share is None
    half = replace(MAPPED, mapped=part([[1, 8, 1, 11, 1, 11]], "liver"))
    assert told(half) == ["segments.cover"]


def test_h13_liver_in_no_segment_is_reported_once() -> None:
    # 120 of 1500 mL in no segment, 8 %: by the map's cover, or by a remnant's two shares
    gap = part([[4, 7, 2, 6, 1, 11]], "gap")
    segments = {name: mask - gap for name, mask in MAPPED.segments.items()}
    mapped = unite(segments.values()).renamed("segments")
    gaps = replace(MAPPED, segments=segments, mapped=mapped)
    assert told(gaps) == ["segments.cover"]
    assert told(gaps, "1234") == ["segments.gaps"]
    # and 90 mL of the map beyond the liver, 6 %: another doubt
    segments["5"] |= part([[7, 16, 11, 12, 1, 11]], "beyond")
    beyond = replace(gaps, segments=segments, mapped=unite(segments.values()).renamed("segments"))
    assert told(beyond, "1234") == ["segments.cover", "segments.gaps"]
    # a map with a liver of its own that is another than the mask is told as such
    other = replace(gaps, mapped=LIVER - part([[4, 7, 2, 5, 1, 11]], "out"))
    assert told(other, "1234") == ["segments.cover", "segments.gaps"]


def test_h01_a_liver_that_lost_its_spacing_is_reported_by_its_shape() -> None:
    # 512 rows and columns of 1 mm; and a liter that is 400 mm wide
    grid = Grid.upright((512, 512, 120), (1.0, 1.0, 1.0))
    voxels = np.ones((100, 100, 100), dtype=bool)
    lost = Mask("liver", voxels, Box((9, 9, 9), (109, 109, 109)), grid, "liver.nii.gz")
    assert told(Anatomy(lost)) == ["plausibility.spacing_lost"]


def test_h01_an_exchanged_spacing_is_reported_instead_of_the_extent() -> None:
    """A liver of 1200 mL, 200 x 150 x 40 mm by a header that was 0.8 x 0.8 x 5 mm."""
    grid = Grid.upright((256, 256, 60), (5.0, 0.8, 0.8))
    wrong = block(grid, (10, 50), (10, 197), (5, 55), name="liver", file="liver.nii")
    assert told(Anatomy(wrong)) == ["plausibility.spacing_exchanged"]
    right = replace(wrong, grid=Grid.upright(grid.shape, (0.8, 0.8, 5.0)))
    assert "plausibility.spacing_exchanged" not in told(Anatomy(right))
    wide = Grid.upright((84, 14, 14), (5.0, 5.0, 5.0))
    assert told(Anatomy(block(wide, (2, 82), (2, 12), (2, 12), name="liver"))) == [
        "plausibility.extent"
    ]


@pytest.mark.parametrize("role", ["flr", "resected", "treated", "tumour"])
def test_h06_one_layer_of_a_part_is_reported(role: str) -> None:
    layer = liver_part([[4, 24, 4, 20, 8, 9]], role, FINE)
    assert "plausibility.single_layer" in told(having(role, layer))
    two = liver_part([[4, 24, 4, 20, 8, 10]], role, FINE)
    assert "plausibility.single_layer" not in told(having(role, two))


def test_h06_one_layer_of_liver_is_reported() -> None:
    layer = liver_part([[4, 24, 4, 20, 8, 9]], "liver", FINE)
    assert "plausibility.single_layer" in told(Anatomy(layer))


def test_h13_a_tumour_as_large_as_the_liver_and_a_swap_are_reported() -> None:
    # 1250 of 1500 mL are tumour, above 80 %; a remnant of 300 mL lies in it but for 50 mL
    tumour = part([[3, 16, 1, 11, 1, 11]], "tumour")
    small = part([[2, 5, 1, 11, 1, 11]], "flr")
    found = told(replace(PLAIN, tumour=tumour, flr=small))
    assert {"plausibility.swapped", "plausibility.tumour_share"} <= {*found}
    assert "plausibility.tumour_share" in told(replace(PLAIN, tumour=tumour))
    assert not {"plausibility.swapped", "plausibility.tumour_share"} & {
        *told(replace(PLAIN, tumour=TUMOUR, flr=LEFT))
    }


def test_h13_one_file_in_two_roles_is_reported() -> None:
    inputs = tuple(InputFile(role, f"{role}.nii.gz", "nifti1", "aa") for role in ("liver", "flr"))
    case = Case(replace(PLAIN, flr=LIVER.renamed("flr")), inputs)
    finding = measure_volumes(case).findings[0]
    assert (finding.code, finding.severity) == ("input.same_file", Severity.WARNING)


def test_findings_come_in_the_order_of_the_parts() -> None:
    # one of each part: a mask's, the map's, the remnant's, the counts'
    missing = {name: mask for name, mask in MAPPED.segments.items() if name != "6"}
    anatomy = replace(MAPPED, segments=missing, flr=part([[3, 7, 8, 12, 1, 8]], "flr"))
    assert codes(of(anatomy, remnant="1234").findings) == [
        "stray.outside_liver",
        "edge.part_end",
        "segments.missing",
        "remnant.drawn_differs",
        "tumour.not_given",
        "plausibility.flr_share",
    ]


def test_the_first_operation_is_the_headline() -> None:
    case = Case(MAPPED, (), operations=(Operation("a", ("2", "3")), Operation("b", ("1",))))
    measured = measure_plan(case)
    assert sure(measured.remnant).segments == ("2", "3")
    assert measured.volumes.flr_share == Share(300 * EIGHTH_ML, 1500 * EIGHTH_ML)


def test_what_was_not_given_is_not_measured() -> None:
    bare = of(PLAIN)
    assert (bare.segments, bare.lesions, bare.resections, bare.remnant) == (None, None, (), None)


def test_a_ct_is_asked_where_there_is_one() -> None:
    flat = Image(np.zeros(FINE.shape, dtype=np.int16), 1.0, 0.0, FINE, "ct.nii.gz")
    doubts = check_on_ct(PLAIN, flat)
    assert doubts
    without = measure_volumes(Case(PLAIN, ())).findings
    assert measure_volumes(Case(PLAIN, (), ct=flat)).findings == (*without, *doubts)


@pytest.mark.parametrize(
    ("file", "series", "told"),
    [("liver.dcm", b"s", True), ("liver.dcm", b"t", False), ("flr.dcm", b"s", False)],
)
def test_h01_slices_are_compared_with_those_of_the_series_drawn_on(
    file: str, series: bytes, told: bool
) -> None:
    grid = Grid.upright((40, 40, 24), (5.0, 5.0, 5.0))
    liver = block(grid, (5, 35), (5, 35), (4, 20), name="liver", file="liver.dcm")
    thick = Grid.upright((40, 40, 20), (5.0, 5.0, 6.0))
    ct = Image(np.zeros(thick.shape, dtype=np.int16), 1.0, 0.0, thick, "ct")
    inputs = (
        InputFile("ct", "ct", "dicom-ct", "aa", Identity(series=b"s")),
        InputFile("liver", file, "dicom-seg", "bb", Identity(drawn_on=(series,))),
        InputFile("tumour", "tumour.nii", "nifti1", "cc"),
    )
    found = measure_volumes(Case(Anatomy(liver), inputs, ct=ct)).findings
    values = [one.value for one in found if one.code == "ct.voxel_size"]
    assert values == pytest.approx([20.0] * told)


LOW = part([[1, 7, 1, 11, 1, 7]], "flr")  # the left half without its upper four centimetres
HIGH = part([[9, 12, 5, 8, 5, 8]], "tumour")  # a box of six layers


def test_h06_every_part_that_stops_short_is_reported() -> None:
    assert told(replace(PLAIN, flr=LOW)) == ["edge.part_end"]
    for role in ("resected", "treated"):
        assert "edge.part_end" in told(having(role, LOW.renamed(role)))
    by_segments = replace(PLAIN, treated=LOW.renamed("treated"), treated_by_segments=True)
    assert told(by_segments) == []
    assert told(replace(PLAIN, tumour=HIGH)) == ["edge.lesion_end"]
    as_labels = replace(PLAIN, tumour=HIGH, lesions=(HIGH,))
    assert told(as_labels) == ["edge.lesion_end"]
    ceiling = part([[0, 17, 0, 12, 9, 12]], "ceiling")
    cut = {name: mask - ceiling for name, mask in MAPPED.segments.items()}
    assert "edge.segment_end" in told(replace(MAPPED, segments=cut))


def test_h06_masks_of_further_plans_and_readers_are_asked_too() -> None:
    operations = (Operation("a", ("2", "3")), Operation("b", flr=LOW))
    found = measure_plan(Case(replace(PLAIN, tumour=TUMOUR), (), operations=operations[1:] * 2))
    assert "edge.part_end" in codes(found.findings)
    (finding,) = (f for f in found.findings if f.code == "edge.part_end")
    assert finding.message.startswith("plan b: flr.nii.gz: the FLR ends flat (head)")
    second = Case(replace(PLAIN, flr=LEFT), (), second=SecondMasks(LOW))
    assert "edge.part_end" in codes(measure_plan(second).findings)
    baseline = Case(replace(PLAIN, tumour=TUMOUR), (), baseline=Baseline(HIGH))
    assert "edge.lesion_end" in codes(measure_plan(baseline).findings)
    assert "edge.lesion_end" not in codes(measure_volumes(baseline).findings)
