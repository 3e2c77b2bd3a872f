"""Pieces of a remnant or of what is removed: meant, stray, or not drawn; and fills that leaked.

The small liver in voxels of 1 cm; axes run from left to right, back to front, foot to head.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from fl_planner.basis.findings import Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.leaks import find_leak, find_planned_faults, find_segment_pieces
from fl_planner.space.mask import Mask
from tests.cases import each_case
from tests.masks import TURNS, block, codes, cubes, liver_part, small_liver, small_segments, turned

LIVER = small_liver()
LATERAL = [1, 4, 1, 11, 1, 11]  # II and III, 300 mL
POSTERIOR = [[7, 12, 1, 5, 1, 11], [12, 16, 1, 11, 1, 11]]  # VI and VII, 600 mL, 3 cm away


def faults(*spans: Sequence[int], anatomy: Anatomy = LIVER) -> list[tuple[str, str]]:
    found = find_planned_faults(replace(anatomy, flr=liver_part(spans, "flr")))
    return [(finding.code, finding.severity.value) for finding in found]


def test_two_sections_that_remain_are_quiet() -> None:
    """After a central hepatectomy; with the map beside it they are named."""
    assert faults(LATERAL, *POSTERIOR) == [("parts.pieces", "info")]
    mapped = replace(LIVER, segments=small_segments())
    flr = liver_part([LATERAL, *POSTERIOR], "flr")
    (finding,) = find_planned_faults(replace(mapped, flr=flr))
    assert finding.severity is Severity.INFO
    assert finding.message == (
        "flr.nii.gz: 2 pieces, 600 mL and 300 mL (segments VI, VII; segments II, III)"
    )


def test_h06_a_remnant_layer_with_a_few_voxels_is_reported() -> None:
    lower, upper, strip = [1, 4, 1, 11, 1, 5], [1, 4, 1, 11, 6, 11], [1, 4, 1, 2, 5, 6]
    assert ("parts.gap", "warning") in faults(lower, upper, strip)
    assert faults(lower, upper, [1, 4, 1, 11, 5, 6]) == []


def test_h06_upper_slices_of_a_remnant_that_were_not_filled_are_reported() -> None:
    body, rim = [1, 16, 1, 11, 1, 8], [[1, 16, 1, 2, 8, 11], [1, 16, 10, 11, 8, 11]]
    sides = [[1, 2, 1, 11, 8, 11], [15, 16, 1, 11, 8, 11]]
    assert ("parts.outline", "warning") in faults(body, *rim, *sides)


def test_h06_layers_missing_between_two_whole_segments_are_reported() -> None:
    """Segments III and II of 20 layers each, in contact; a layer of each was not drawn."""
    grid = cubes((30, 30, 60), 5.0)
    third, second = (block(grid, (2, 28), (2, 28), (z, z + 20)) for z in (10, 30))
    anatomy = Anatomy(third | second, segments={"3": third, "2": second})
    flr = block(grid, (2, 28), (2, 28), (10, 29)) | block(grid, (2, 28), (2, 28), (31, 50))
    assert codes(find_planned_faults(replace(anatomy, flr=flr))) == ["parts.pieces", "parts.gap"]


def test_h04_a_stray_stroke_in_the_other_lobe_is_reported() -> None:
    """8 of 308 mL are 2.6 %."""
    stroke = [14, 16, 5, 7, 5, 7]
    assert faults(LATERAL, stroke) == [("parts.pieces", "warning"), ("parts.gap", "warning")]
    mapped = replace(LIVER, segments=small_segments())
    assert ("parts.pieces", "warning") in faults(LATERAL, stroke, anatomy=mapped)


def test_h04_a_stray_stroke_next_to_two_sections_is_reported_alone() -> None:
    front = [[7, 8, 7, 11, 4, 9]]  # 20 of 920 mL in V and VIII, a layer off VI and VII
    flr = liver_part([LATERAL, *POSTERIOR, *front], "flr")
    finding = find_planned_faults(replace(LIVER, flr=flr))[0]
    assert (finding.code, finding.severity, finding.value) == (
        "parts.pieces", Severity.WARNING, 20.0,
    )  # fmt: skip
    assert (
        "20.0 mL is in small disconnected pieces (1), in addition to the 2 large pieces"
        in finding.message
    )
    assert faults(LATERAL, *POSTERIOR, [7, 8, 8, 10, 4, 9]) == [("parts.pieces", "info")]  # 10 mL


@pytest.mark.parametrize(("width", "severity"), [(7, "warning"), (8, "info")])
def test_a_fifth_of_the_remnant_is_a_section(width: int, severity: str) -> None:
    """Beside 300 mL 70 are 18.9 %, and 80 are 21.1 %."""
    assert faults(LATERAL, [14, 15, 1, 1 + width, 1, 11])[0] == ("parts.pieces", severity)


def test_a_whole_segment_of_the_map_is_a_section_however_small() -> None:
    """Segment 8 of 30 mL beside II and III: 9.1 %; with 4 mL more beside it none of them."""
    small = [10, 13, 6, 11, 9, 11]
    segments = {**small_segments(), "8": liver_part([small], "segment_8")}
    mapped = replace(LIVER, segments=segments)
    assert faults(LATERAL, small)[0] == ("parts.pieces", "warning")
    assert faults(LATERAL, small, anatomy=mapped) == [("parts.pieces", "info")]
    more = [13, 15, 6, 7, 9, 11]
    assert faults(LATERAL, small, more, anatomy=mapped)[0] == ("parts.pieces", "warning")


def test_tumour_does_not_make_a_segment_another() -> None:
    """The map's segment 8 has its tumour of 8 mL, the drawing leaves it out."""
    small = [10, 13, 6, 11, 9, 11]
    segments = {**small_segments(), "8": liver_part([small], "segment_8")}
    tumour = liver_part([[11, 13, 7, 11, 10, 11]], "tumour")
    flr = liver_part([LATERAL, small], "flr") - tumour
    anatomy = replace(LIVER, segments=segments, tumour=tumour, flr=flr)
    assert codes(find_planned_faults(anatomy)) == ["parts.pieces"]
    assert find_planned_faults(anatomy)[0].severity is Severity.INFO


@pytest.mark.parametrize(
    "halves",
    [
        ([1, 7, 1, 11, 1, 5], [1, 7, 1, 11, 8, 11]),  # 3 cm between foot and head
        ([1, 4, 1, 11, 1, 11], [5, 8, 1, 11, 1, 11]),  # 1 cm between left and right
        ([1, 7, 1, 5, 1, 11], [1, 7, 6, 11, 1, 11]),  # 1 cm between back and front
    ],
)
def test_h06_slices_that_were_not_drawn_are_reported(halves: tuple[list[int], list[int]]) -> None:
    assert faults(*halves) == [("parts.pieces", "warning"), ("parts.gap", "warning")]


def test_h06_segments_of_the_map_are_apart_as_they_do() -> None:
    """Segments that lie above each other, 3 cm apart."""
    halves = [1, 7, 1, 11, 1, 5], [1, 7, 1, 11, 8, 11]
    parts = {name: liver_part([span], name) for name, span in zip("32", halves, strict=True)}
    assert faults(*halves, anatomy=replace(LIVER, segments=parts)) == [("parts.pieces", "info")]


def test_h06_without_a_place_no_gap_is_known_to_be_meant() -> None:
    grid = replace(LIVER.liver.grid, placed=False)
    flr = liver_part([LATERAL, *POSTERIOR], "flr", grid)
    anatomy = replace(small_liver(grid), flr=flr)
    assert codes(find_planned_faults(anatomy)) == ["parts.pieces", "parts.gap"]


def removed(*spans: Sequence[int], tumour: Mask | None = None) -> list[str]:
    part = liver_part(spans, "resected")
    found = find_planned_faults(replace(LIVER, resected=part, tumour=tumour))
    return [finding.severity.value for finding in found if finding.code == "parts.pieces"]


def test_a_wedge_with_tumour_is_meant_to_be_removed() -> None:
    """27 mL on the left beside 600 on the right: 4.3 %."""
    wedge = [1, 4, 4, 7, 4, 7]
    assert removed(*POSTERIOR, wedge) == ["warning"]
    tumour = liver_part([[2, 3, 5, 6, 5, 6], [13, 14, 5, 6, 5, 6]], "tumour")
    assert removed(*POSTERIOR, wedge, tumour=tumour) == ["info"]


def test_h03_holes_that_are_tumour_are_none() -> None:
    """27 mL in a remnant of 573, and the same hole without tumour."""
    hole = [3, 6, 4, 7, 4, 7]
    flr = liver_part([[1, 7, 1, 11, 1, 11]], "flr") - liver_part([hole], "out")
    assert codes(find_planned_faults(replace(LIVER, flr=flr))) == ["parts.holes"]
    tumour = liver_part([hole], "tumour")
    assert find_planned_faults(replace(LIVER, flr=flr, tumour=tumour)) == ()
    part = liver_part([[3, 5, 4, 7, 4, 7]], "tumour")  # 9 of 573 mL are left: 1.6 %
    (finding,) = find_planned_faults(replace(LIVER, flr=flr, tumour=part))
    assert (finding.code, finding.value) == ("parts.holes", 9.0)


def test_nothing_planned_has_no_faults() -> None:
    assert find_planned_faults(LIVER) == ()
    assert faults(LATERAL) == []


GRID = cubes((24, 24, 24), 5.0)
BLOCK = block(GRID, (2, 22), (2, 22), (2, 22), name="liver")
LEFT = block(GRID, (2, 8), (2, 22), (2, 22), name="flr", file="flr.nii")


def layers(axis: int, first: int, stop: int) -> Mask:
    spans = [(2, 22), (2, 22), (2, 22)]
    spans[axis] = (first, stop)
    return block(GRID, spans[0], spans[1], spans[2])


SPANS = [(2, 10, 11), (2, 10, 12), (2, 10, 15), (1, 9, 10), (1, 9, 11), (2, 2, 5), (2, 19, 22)]


@each_case("axis, first, stop", SPANS)
def test_h06_a_fill_that_leaked_over_layers_is_found(axis: int, first: int, stop: int) -> None:
    """20 x 14 cubes of 0.125 mL a layer are not of the remnant: 35 mL."""
    (finding,) = find_leak(LEFT | layers(axis, first, stop), BLOCK)
    assert finding.code == "parts.leak"
    assert finding.value == 35.0 * (stop - first)


@pytest.mark.parametrize(("axes", "flips"), TURNS)
def test_a_leak_is_where_viewers_show_it_however_a_file_is_stored(
    axes: tuple[int, ...], flips: tuple[int, ...]
) -> None:
    leaked = turned(LEFT | layers(2, 10, 12), axes, flips)  # layers of 5 mm from 0 at the foot
    (finding,) = find_leak(leaked, turned(BLOCK, axes, flips))
    assert "in 2 consecutive layers (H 50.0 mm to H 55.0 mm), 70.0 mL more" in finding.message
    (finding,) = find_leak(LEFT | layers(1, 9, 10), BLOCK)
    assert "in one layer (A 45.0 mm), 35.0 mL more" in finding.message


def test_without_a_position_a_leak_is_named_by_its_layers() -> None:
    grid = replace(GRID, placed=False)
    leaked, organ = (replace(one, grid=grid) for one in (LEFT | layers(2, 10, 12), BLOCK))
    (finding,) = find_leak(leaked, organ)
    assert "(11 to 12 along axis 3)" in finding.message


def test_a_leak_far_from_a_part_is_found() -> None:
    tumour = block(GRID, (12, 15), (12, 15), (4, 7), name="tumour") | layers(2, 15, 16)
    (finding,) = find_leak(tumour.renamed("tumour"), BLOCK)
    assert finding.value == 50.0  # 400 cubes


def test_honest_parts_have_no_leak() -> None:
    right_low = block(GRID, (8, 22), (2, 22), (2, 12))
    section = block(GRID, (8, 12), (2, 22), (2, 22), name="flr")
    wedge = block(GRID, (12, 18), (2, 8), (9, 14))
    hollow = block(GRID, (9, 19), (6, 18), (8, 12))
    step = LEFT | right_low
    for part in (LEFT, step, section, BLOCK - wedge, BLOCK - hollow, BLOCK, step - wedge):
        assert find_leak(part, BLOCK) == ()
    assert find_leak(LEFT - LEFT, BLOCK) == ()


def test_a_rounded_part_has_no_leak() -> None:
    places = np.indices(GRID.shape) - 12
    ball = Mask.of("liver", np.einsum("aijk,aijk->ijk", places, places) < 100, GRID)
    for normal in ((1, 0, 0), (1, 1, 0), (1, 2, 1), (0, 1, 2)):
        half = Mask.of("flr", np.tensordot(normal, places, 1) < 1, GRID) & ball
        assert find_leak(half, ball) == ()


def relabelled(to: str, span: Sequence[int]) -> Anatomy:
    """Give a box of the small liver the label of another segment."""
    box = liver_part([span], "box")
    segments = {name: mask - box for name, mask in small_segments().items()}
    segments[to] |= replace(box, name=segments[to].name, file=segments[to].file)
    return replace(LIVER, segments=segments)


def test_h13_a_piece_of_a_segment_within_another_is_reported() -> None:
    """18 mL of VI have the label of II, on the other side of the liver."""
    (finding,) = find_segment_pieces(relabelled("2", [13, 16, 1, 3, 1, 4]))
    assert (finding.code, finding.severity) == ("parts.pieces", Severity.WARNING)
    assert finding.value == pytest.approx(18.0)
    assert "18.0 mL of segment II; check" in finding.message


@pytest.mark.parametrize(
    ("to", "span"),
    [
        ("2", [14, 15, 1, 6, 1, 2]),  # 5 mL of 155
        ("7", [1, 2, 1, 7, 1, 2]),  # 6 mL of 306: 1.96 %
        ("2", [4, 7, 4, 6, 6, 9]),  # 18 mL of IV, next to II
    ],
)
def test_small_pieces_and_other_borders_of_segments_are_quiet(to: str, span: list[int]) -> None:
    assert [*find_segment_pieces(relabelled(to, span))] == []
    assert [*find_segment_pieces(LIVER)] == []
    assert [*find_segment_pieces(replace(LIVER, segments=small_segments()))] == []


def test_a_lesion_or_missing_layers_of_the_map_divide_a_segment() -> None:
    across = liver_part([[7, 12, 5, 11, 7, 9]], "tumour")  # 60 mL between two parts of VIII
    segments = small_segments()
    segments["8"] -= across
    tumour = replace(LIVER, segments=segments, tumour=across)
    assert [*find_segment_pieces(tumour)] == []
    (finding,) = find_segment_pieces(replace(tumour, tumour=None))
    assert finding.value == pytest.approx(30.0)
    elsewhere = replace(tumour, tumour=liver_part([[13, 15, 3, 5, 3, 5]], "tumour"))
    assert [one.value for one in find_segment_pieces(elsewhere)] == [finding.value]
    layer = liver_part([[1, 16, 1, 11, 7, 9]], "layer")  # of II, IV, I, VII and VIII
    lacking = {name: mask - layer for name, mask in small_segments().items()}
    assert [*find_segment_pieces(replace(LIVER, segments=lacking))] == []
