"""Parts that stop short of the liver's end, on both sides of each limit, counted by hand."""

from dataclasses import replace

import numpy as np
import pytest

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.flat_ends_of_parts import find_lesion_ends, find_part_end, find_segment_ends
from fl_planner.space.grid import Box, Grid
from fl_planner.space.mask import Mask
from tests.cases import each_case
from tests.masks import (
    AFFINES,
    AXIAL,
    ORIENTATIONS,
    TURNS,
    Index,
    Turn,
    block,
    codes,
    cubes,
    on_each,
    turned,
)

GRID = cubes((12, 12, 22))
LIVER = block(GRID, (1, 11), (1, 11), (1, 21), name="liver", file="liver.nii")  # 20 layers of 100
PLAIN = Anatomy(LIVER)


def flr(first: int, stop: int, x: tuple[int, int] = (1, 6)) -> Mask:
    """Draw half of these layers of the liver."""
    return block(GRID, x, (1, 11), (first, stop), name="flr", file="flr.nii")


def mapped(level: int, top: int = 21, bottom: int = 1) -> Anatomy:
    """Map the liver as eight columns, each two wide; those on the right change at a level."""
    columns = {"1": (1, 2), "2": (2, 3), "3": (3, 4), "4": (4, 6)}
    segments = {
        name: block(GRID, x, (1, 11), (bottom, top), name=f"segment_{name}", file="map.nii")
        for name, x in columns.items()
    }
    for name, x, z in (
        ("5", (6, 8), (bottom, level)),
        ("8", (6, 8), (level, top)),
        ("6", (8, 11), (bottom, level)),
        ("7", (8, 11), (level, top)),
    ):
        segments[name] = block(GRID, x, (1, 11), z, name=f"segment_{name}", file="map.nii")
    return replace(PLAIN, segments=segments)


def layers(counts: list[int], name: str = "flr") -> Mask:
    """Fill so many of the 100 places of each layer, from the liver's fifth layer on."""
    voxels = np.zeros(GRID.shape, dtype=bool)
    for k, count in enumerate(counts, start=5):
        voxels[1:11, 1:11, k] = np.arange(100).reshape(10, 10) < count
    return Mask.of(name, voxels, GRID, f"{name}.nii")


def test_h06_a_remnant_without_its_top_slices_is_reported() -> None:
    (finding,) = find_part_end(flr(1, 11), PLAIN)
    says = (
        "flr.nii: the FLR ends flat (head), although the liver continues beyond this end over "
        "100 % of the area of the last layer. Unless the drawing is meant to "
        "end there, draw the FLR completely, or give the label map with segments that end "
        "there (--labelmap)"
    )
    assert finding == Finding("edge.part_end", Severity.WARNING, says, "flr.nii", 100.0, "%")
    assert "(foot)" in find_part_end(flr(11, 21), PLAIN)[0].message
    assert "(foot; head)" in find_part_end(flr(6, 15), PLAIN)[0].message
    lower = Anatomy(LIVER - block(GRID, (1, 2), (1, 11), (15, 21)))  # above 4 of 5 columns only
    (finding,) = find_part_end(flr(6, 15), lower)
    assert ("(foot; head)" in finding.message, finding.value) == (True, 100.0)


@pytest.mark.parametrize("whole", [flr(1, 21), LIVER, flr(1, 21, (3, 7))])
def test_h06_a_remnant_that_ends_where_the_liver_does_is_quiet(whole: Mask) -> None:
    # flat sides to the left, right, front and back are planes of resection
    assert find_part_end(whole, PLAIN) == ()


def test_h06_liver_next_to_a_remnant_is_not_above_it() -> None:
    lower = block(GRID, (1, 6), (1, 11), (11, 21))
    low = Anatomy(LIVER - lower)  # the left half is lower than the right
    assert find_part_end(flr(1, 11), low) == ()
    assert codes(find_part_end(flr(1, 10), low)) == ["edge.part_end"]


@pytest.mark.parametrize(("name", "words"), [("resected", "part to be removed"),
                                             ("treated", "treated area")])  # fmt: skip
def test_h06_other_parts_stop_short_too(name: str, words: str) -> None:
    (finding,) = find_part_end(replace(flr(1, 11), name=name, file=f"{name}.nii"), PLAIN)
    assert finding.message.startswith(f"{name}.nii: the {words} ends flat (head), ")


def test_h06_whether_the_file_ends_there_is_reported() -> None:
    whole = flr(1, 11)
    cut = replace(whole, field=Box((0, 0, 0), (12, 12, 11)))
    assert "(head, where the file ends), " in find_part_end(cut, PLAIN)[0].message
    padded = replace(whole, field=Box((0, 0, 0), (12, 12, 12)))
    assert "(head), " in find_part_end(padded, PLAIN)[0].message
    low = replace(flr(5, 21), field=Box((0, 0, 5), GRID.shape))
    assert "(foot, where the file ends), " in find_part_end(low, PLAIN)[0].message


@each_case("kind, turn", [one for one in ORIENTATIONS if one[1] in TURNS[::5]])
def test_h06_the_axis_is_the_bodys_however_voxels_are_stored(kind: str, turn: Turn) -> None:
    # on each lattice the body's axis is another index axis
    shape: list[int] = [12, 12, 12]
    axial = AXIAL[kind]
    shape[axial] = 22
    grid = Grid((shape[0], shape[1], shape[2]), AFFINES[kind])
    spans = [[1, 11] for _ in range(3)]
    spans[axial] = [1, 21]
    liver = block(grid, *((a, b) for a, b in spans), name="liver")
    spans[axial] = [1, 11]
    half = turned(block(grid, *((a, b) for a, b in spans), name="flr"), *turn)
    (finding,) = find_part_end(half, on_each(Anatomy(liver), lambda m: turned(m, *turn)))
    up = AFFINES[kind][2][axial] > 0
    assert f"({'head' if up else 'foot'}), " in finding.message
    across = next(axis for axis in range(3) if axis != axial)
    spans[axial], spans[across] = [1, 21], [1, 6]
    side = turned(block(grid, *((a, b) for a, b in spans), name="flr"), *turn)
    assert find_part_end(side, on_each(Anatomy(liver), lambda m: turned(m, *turn))) == ()


@pytest.mark.parametrize(
    ("edges_mm", "axis"),
    [((0.8, 0.8, 5.0), 2), ((5.0, 0.8, 0.8), 0), ((1.0, 1.0, 1.0), 2), ((2.0, 2.0, 1.0), 1)],
)
def test_h06_without_a_place_the_axis_is_that_of_the_slices(
    edges_mm: tuple[float, float, float], axis: int
) -> None:
    grid = replace(Grid.upright((12, 12, 12), edges_mm), placed=False)
    liver = block(grid, (1, 11), (1, 11), (1, 11), name="liver")
    found = []
    for along in range(3):
        spans = [(1, 11), (1, 11), (1, 11)]
        spans[along] = (1, 6)
        found.append(find_part_end(block(grid, *spans, name="flr"), Anatomy(liver)))
    assert [len(each) for each in found] == [int(along == axis) for along in range(3)]
    assert f"(last layer of axis {axis + 1}), " in found[axis][0].message


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ([60, 90, 100, 100, 40, 10, 3], []),  # foot 60 of 90: exactly two thirds; head round
        ([61, 90, 100, 100, 40, 10, 3], ["edge.part_end"]),
        ([100, 100, 100, 100, 40, 10, 7], ["edge.part_end"]),  # foot
        ([20, 50, 100, 100, 60, 30, 21], ["edge.part_end"]),  # head, 21 of 30
        ([20, 50, 100, 100, 60, 30, 20], []),  # exactly two thirds
        ([20, 50, 100, 100, 40, 7, 5], []),  # 5 % is a spur, 7 of 40 round
        ([20, 50, 100, 100, 80, 2, 1], ["edge.part_end"]),  # beyond 80, a spur of 2 and 1
        ([20, 50, 100, 100, 80, 6, 1], []),  # 6 of 80 is an end, and round
    ],
)
def test_h06_a_flat_end_is_two_thirds_and_five_percent(counts: list[int], found: list[str]) -> None:
    assert codes(find_part_end(layers(counts), PLAIN)) == found


@pytest.mark.parametrize(("bare", "found"), [(50, []), (51, ["edge.part_end"])])
def test_h06_more_than_half_of_the_last_layer_has_liver_beyond(bare: int, found: list[str]) -> None:
    # above the fourth layer of a remnant, so much of the liver goes on
    part = layers([20, 60, 100, 100], "flr")
    above = block(GRID, (1, 11), (1, 11), (9, 21)) - layers([0, 0, 0, 0] + 12 * [bare], "rest")
    assert codes(find_part_end(part, Anatomy(LIVER - above))) == found


def test_h06_an_axial_border_of_segments_is_an_end() -> None:
    low = flr(1, 11, (6, 11))  # V and VI
    assert codes(find_part_end(low, PLAIN)) == ["edge.part_end"]
    assert find_part_end(low, mapped(11)) == ()
    for level in (10, 12):  # the border lies elsewhere
        (finding,) = find_part_end(low, mapped(level))
        assert finding.message.endswith(
            "Unless the drawing is meant to end there, draw the FLR completely"
        )


def test_h06_where_the_map_ends_too_there_is_no_border() -> None:
    # the map ends with the remnant: beyond it there is liver in no segment
    short = mapped(6, top=11)
    assert codes(find_part_end(flr(1, 11, (6, 11)), short)) == ["edge.part_end"]
    (finding,) = find_segment_ends(short)
    says = (
        "map.nii: segments I, II, III, IV, VII and VIII end flat (head), although the liver "
        "continues beyond these ends over 100 % of the area of the last layer; the liver beyond is "
        "not assigned to any segment. Check whether the map was cut off, and export the whole map"
    )
    assert finding == Finding("edge.segment_end", Severity.WARNING, says, "map.nii", 6, "segments")


def test_h06_a_border_for_half_of_the_layer_leaves_the_other_half() -> None:
    # V ends at VIII, VI does not end at VII: two columns of five, so 60 % go on
    anatomy = mapped(11)
    sixth = block(GRID, (8, 11), (1, 11), (1, 12), name="segment_6", file="map.nii")
    segments = {**anatomy.segments, "6": sixth, "7": anatomy.segments["7"] - sixth}
    (finding,) = find_part_end(flr(1, 11, (6, 11)), replace(anatomy, segments=segments))
    assert finding.value == pytest.approx(60.0)


def test_h06_segments_that_end_at_others_or_with_the_liver_are_quiet() -> None:
    assert find_segment_ends(mapped(11)) == ()
    assert find_segment_ends(PLAIN) == ()
    (finding,) = find_segment_ends(mapped(11, bottom=3))
    assert finding.value == 6  # all but VII and VIII
    assert "(foot)" in finding.message


def test_h06_liver_of_a_missing_segment_is_no_cut() -> None:
    anatomy = mapped(11)
    without = {name: mask for name, mask in anatomy.segments.items() if name != "8"}
    assert find_segment_ends(replace(anatomy, segments=without)) == ()
    absent = replace(anatomy, segments=without, absent_segments=frozenset("8"))
    assert find_segment_ends(absent)[0].message.startswith("map.nii: segment V ends flat (head)")


def test_h06_halves_of_the_fourth_are_asked_where_the_whole_is_not_known() -> None:
    anatomy = mapped(11, top=19)
    segments = {name: mask for name, mask in anatomy.segments.items() if name != "4"}
    halves = {
        "4a": block(GRID, (4, 6), (1, 11), (10, 19), file="map.nii"),
        "4b": block(GRID, (4, 6), (1, 11), (1, 10), file="map.nii"),
    }
    (finding,) = find_segment_ends(replace(anatomy, segments=segments, segment_parts=halves))
    assert finding.message.startswith("map.nii: segments I, II, III, IVa, VII and VIII end flat")
    (finding,) = find_segment_ends(replace(anatomy, segment_parts=halves))
    assert finding.message.startswith("map.nii: segments I, II, III, IV, VII and VIII end flat")


def test_h06_a_remnant_may_end_at_a_tumour() -> None:
    # and a part to be removed may not: the tumour is its own
    tumour = block(GRID, (1, 11), (1, 11), (11, 21), name="tumour")
    anatomy = replace(PLAIN, tumour=tumour)
    assert find_part_end(flr(1, 11), anatomy) == ()
    removed = replace(flr(1, 11), name="resected")
    assert codes(find_part_end(removed, anatomy)) == ["edge.part_end"]


def test_h06_each_piece_of_some_size_has_its_own_ends() -> None:
    # the second piece is 20 layers high, or cut off at 8; one of 4 layers is a remnant of a brush
    left = flr(1, 21, (1, 4))
    for stop, found in ((21, []), (9, ["edge.part_end"]), (6, ["edge.part_end"]), (5, [])):
        assert codes(find_part_end(left | flr(1, stop, (7, 9)), PLAIN)) == found


def test_h06_a_gap_between_pieces_is_reported_as_a_gap_only() -> None:
    assert find_part_end(flr(1, 9) | flr(10, 21), PLAIN) == ()
    assert find_part_end(flr(1, 9) | flr(14, 21), PLAIN) == ()
    short = find_part_end(flr(1, 9) | flr(10, 19), PLAIN)
    assert "(head)" in short[0].message


def lesion(first: int, stop: int, x: tuple[int, int] = (3, 9)) -> Mask:
    return block(GRID, x, (3, 9), (first, stop), name="tumour", file="tumour.nii")


def test_h06_a_lesion_that_stops_short_is_reported() -> None:
    # 36 voxels of a microlitre in each of 8 layers, rounded at the foot
    round_ = lesion(9, 17) - block(GRID, (3, 9), (3, 7), (9, 10))
    (finding,) = find_lesion_ends(round_, LIVER)
    says = (
        "tumour.nii: a lesion (0.26 mL) ends flat (head), although the liver continues "
        "beyond this end over 100 % of the area of the last layer. If a lesion is incomplete, its "
        "size and volume are lower bounds"
    )
    assert finding == Finding("edge.lesion_end", Severity.WARNING, says, "tumour.nii", 1, "lesions")
    assert find_lesion_ends(round_ - round_, LIVER) == ()


@pytest.mark.parametrize(("stop", "found"), [(9, []), (10, ["edge.lesion_end"])])
def test_h06_lesions_of_four_layers_are_flat_by_nature(stop: int, found: list[str]) -> None:
    assert codes(find_lesion_ends(lesion(5, stop), LIVER)) == found


def test_h06_a_lesion_at_the_livers_end_or_at_another_lesion_is_whole() -> None:
    capped = lesion(13, 21) - block(GRID, (3, 9), (3, 7), (13, 14))
    assert find_lesion_ends(capped, LIVER) == ()
    upper = replace(lesion(9, 21), name="lesion 2") - block(GRID, (1, 11), (1, 11), (1, 9))
    lower = lesion(1, 9)
    assert find_lesion_ends(lower | upper, LIVER, (lower, upper)) == ()
    (finding,) = find_lesion_ends(lesion(1, 9), LIVER, (lower,))
    assert "(head)" in finding.message


def test_h06_a_small_lesion_that_hangs_on_a_large_one_is_no_cut() -> None:
    # 100 a layer, and 3 voxels below it
    small = block(GRID, (1, 4), (1, 2), (4, 5))
    both = small | layers([60, 60, 90, 100, 100, 60, 30, 10], "tumour")
    assert find_lesion_ends(both, LIVER) == ()
    assert codes(find_part_end(replace(both, name="flr"), PLAIN)) == ["edge.part_end"]


def test_h06_each_lesion_is_asked_by_itself() -> None:
    two = lesion(5, 15, (1, 5)) | lesion(5, 13, (7, 11))
    (finding,) = find_lesion_ends(two, LIVER)
    assert finding.value == 2
    assert "2 lesions (0.24 mL, 0.19 mL) end flat (foot; head)" in finding.message


def test_h06_a_part_beyond_its_grid_has_nothing_beyond() -> None:
    full: Index = (4, 4, 6)
    grid = cubes(full)
    whole = block(grid, (0, 4), (0, 4), (0, 6), name="liver")
    assert find_part_end(replace(whole, name="flr"), Anatomy(whole)) == ()


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ([21, 29, 37, 37, 37, 29, 21], []),  # discs of a sampled ball: 21 is 72 % of 29
        ([37, 37, 37, 29, 21], ["edge.lesion_end"]),  # its upper part alone
        ([21, 25, 29, 25, 21], []),  # another: 84 %
        ([10, 30, 60, 42, 35], ["edge.lesion_end"]),  # 3 x (35 - root of 35) is 87.3, above 2 x 42
        ([10, 30, 60, 42, 33], []),  # and of 33 it is 81.8, below 84
    ],
)
def test_h06_discs_of_a_small_round_lesion_are_not_flat(
    counts: list[int], found: list[str]
) -> None:
    assert codes(find_lesion_ends(layers(counts, "tumour"), LIVER)) == found


# Brought onto a finer grid: each layer that was drawn stands there more than once.


@pytest.mark.parametrize("steps", [(1, 1, 2), (2, 2, 1), (2, 2, 3), (1, 1, 1)])
@pytest.mark.parametrize("whole", [True, False])
def test_h06_a_lesion_on_a_finer_grid_ends_as_it_was_drawn(
    steps: tuple[int, int, int], whole: bool
) -> None:
    # squares of 16, 36, 64, 64, 64, 36 and 16 voxels; or cut off below its last two
    half = [2, 3, 4, 4, 4, 3, 2] if whole else [2, 3, 4, 4, 4]
    drawn = np.zeros((20, 20, 20), dtype=np.bool_)
    for layer, edge in enumerate(half):
        drawn[10 - edge : 10 + edge, 10 - edge : 10 + edge, 5 + layer] = True
    coarse = Grid.upright((20, 20, 20), (2.0, 2.0, 6.0))
    x, y, z = (mm / n for mm, n in zip((2.0, 2.0, 6.0), steps, strict=True))
    fine = Grid.upright((20 * steps[0], 20 * steps[1], 20 * steps[2]), (x, y, z))
    for axis, times in enumerate(steps):
        drawn = drawn.repeat(times, axis)
    tumour = Mask.of("tumour", drawn, fine, "tumour.nii")
    organ = Mask.of("liver", np.ones(fine.shape, dtype=np.bool_), fine, "liver.nii")
    expected = [] if whole else ["edge.lesion_end"]
    assert codes(find_lesion_ends(tumour, organ, drawn_on=coarse)) == expected
    if steps[:2] == (1, 1):  # another program may have resampled the file
        assert codes(find_lesion_ends(tumour, organ)) == expected


@pytest.mark.parametrize(
    ("drawn", "times", "found"),
    [
        ([16, 36, 64, 64, 36, 16], [2, 1] * 3, []),  # from 1.5 mm to 1 mm
        ([4, 9, 16, 36, 64, 64, 60], [2, 1, 2, 1, 2, 1, 2], ["edge.lesion_end"]),  # 82 %
        ([16, 36, 64, 62], [3] * 4, []),  # four drawn layers are flat by nature
        ([4, 16, 36, 64, 62], [3] * 5, ["edge.lesion_end"]),  # 62 - 7.9 is 85 % of 64
    ],
)
def test_h06_a_lesion_resampled_by_another_program_ends_as_it_was_drawn(
    drawn: list[int], times: list[int], found: list[str]
) -> None:
    copied = layers([n for n, k in zip(drawn, times, strict=True) for _ in range(k)], "tumour")
    assert codes(find_lesion_ends(copied, LIVER)) == found


@pytest.mark.parametrize(("edges", "told"), [((2, 4, 6, 8), []), ((7, 7, 8, 8), ["edge.part_end"])])
def test_h06_a_remnant_on_a_finer_grid_ends_as_it_was_drawn(
    edges: tuple[int, ...], told: list[str]
) -> None:
    # squares of 2, 4, 6 and 8 voxels, the smallest 4 of 64, then 16 of 36; or 49 of 49
    drawn = np.zeros((10, 10, 8), dtype=np.bool_)
    for layer, edge in enumerate(edges):
        drawn[1 : 1 + edge, 1 : 1 + edge, 7 - layer] = True
    drawn[1:9, 1:9, :4] = True
    coarse, fine = (Grid.upright((10, 10, 8 * n), (2.0, 2.0, 6.0 / n)) for n in (1, 2))
    whole = np.ones((10, 10, 20), dtype=np.bool_)
    longer = Grid.upright((10, 10, 20), (2.0, 2.0, fine.spacing_mm[2]))
    long = np.concatenate([drawn.repeat(2, 2), np.zeros((10, 10, 4), np.bool_)], axis=2)
    part = Mask.of("flr", long, longer, "flr.nii")
    anatomy = Anatomy(Mask.of("liver", whole, longer, "liver.nii"), flr=part)
    assert codes(find_part_end(part, anatomy, coarse)) == told
