"""How a mask was drawn, on both sides of each limit of safety.md W1, counted by hand."""

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.mask_faults import (
    find_cavities,
    find_cut,
    find_faults,
    find_flat_ends,
    find_gaps,
    find_liver_faults,
    find_outline_layers,
    find_outlines,
    find_partial_gaps,
    find_pieces,
    find_skipped,
    find_structure_faults,
    find_tumour_faults,
)
from fl_planner.space.grid import Box, Grid, Voxels
from fl_planner.space.mask import Mask
from tests.cases import each_case
from tests.masks import (
    AFFINES,
    ORIENTATIONS,
    TURNS,
    Index,
    Turn,
    block,
    cells,
    clouds,
    codes,
    cubes,
    mirrored,
    turned,
)

ROW = cubes((200, 3, 3), 10.0)  # 1 mL a voxel


def row(*spans: tuple[int, int]) -> Mask:
    cloud = [(i, 1, 1) for start, stop in spans for i in range(start, stop)]
    return cells(ROW, cloud, "liver", "liver.nii")


@pytest.mark.parametrize(
    ("beside", "found"),
    [
        ([], []),
        ([(120, 122)], []),  # 2 of 100: exactly 2 %
        ([(120, 121), (130, 131)], []),
        ([(120, 122), (130, 131)], ["parts.pieces"]),  # 3 of 101
        ([(120, 123)], ["parts.pieces"]),
    ],
)
def test_pieces_next_to_the_largest(beside: list[tuple[int, int]], found: list[str]) -> None:
    assert codes(find_pieces(row((10, 108), *beside))) == found


def test_how_pieces_and_holes_are_reported() -> None:
    pieces = row((10, 50), (120, 138), (150, 162))  # half a millilitre a voxel
    (found,) = find_pieces(replace(pieces, grid=Grid.upright(ROW.shape, (10.0, 10.0, 5.0))))
    says = "liver.nii: 3 disconnected pieces, 15.0 mL (42.9 %) outside the largest"
    assert found == Finding("parts.pieces", Severity.WARNING, says, "liver.nii", 15.0, "mL")
    (found,) = find_cavities(tube(50, 1))
    says = "liver.nii: encloses holes, 1.0 mL (2.0 %) in total, which are not counted"
    assert found == Finding("parts.holes", Severity.WARNING, says, "liver.nii", 1.0, "mL")


def test_pieces_are_joined_by_faces_only() -> None:
    # 4 of 104 voxels hang on an edge, then on a face
    liver = row((10, 110))
    on_edge = liver | cells(ROW, [(i, 2, 2) for i in range(10, 14)])
    assert codes(find_pieces(on_edge)) == ["parts.pieces"]
    assert find_pieces(liver | cells(ROW, [(i, 2, 1) for i in range(10, 14)])) == ()


def tube(voxels: int, holes: int) -> Mask:
    length = 3 + 2 * holes
    whole = block(cubes((60, 20, 20), 10.0), (1, 1 + length), (1, 4), (1, 4))
    shell = whole - cells(whole.grid, [(2 + 2 * n, 2, 2) for n in range(holes)])
    more = np.argwhere(~whole.as_array()[1:, 5:, 5:])[: voxels - shell.voxel_count]
    rest = cells(whole.grid, [(i + 1, j + 5, k + 5) for i, j, k in more.tolist()])
    return replace(shell | rest, name="liver", file="liver.nii")


@pytest.mark.parametrize(
    ("voxels", "holes", "found"),
    [(100, 0, []), (100, 1, []), (99, 1, ["parts.holes"]), (200, 2, []), (199, 2, ["parts.holes"])],
)
def test_holes_above_one_percent(voxels: int, holes: int, found: list[str]) -> None:
    mask = tube(voxels, holes)
    assert mask.voxel_count == voxels
    assert codes(find_cavities(mask)) == found


def layered(counts: list[int], axis: int = 0, grid: Grid | None = None) -> Mask:
    """Fill so many voxels, up to 100, of each layer across an axis; air beside them."""
    planes = np.zeros((len(counts), 12, 12), dtype=bool)
    for plane, count in zip(planes, counts, strict=True):
        plane[1:11, 1:11] = np.arange(100).reshape(10, 10) < count
    voxels = np.moveaxis(planes, 0, axis)
    i, j, k = voxels.shape
    return Mask.of("liver", voxels, grid or cubes((i, j, k)), "liver.nii")


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ([0, 50, 50, 0, 0], []),
        ([50, 0, 50], ["parts.gap"]),
        ([2, 0, 98], ["parts.gap"]),
        ([1, 0, 99], []),  # exactly 1 % on one side
        ([99, 0, 1], []),
        ([98, 0, 2], ["parts.gap"]),
        ([1, 0, 97, 0, 2], ["parts.gap"]),  # the second gap only
        ([1, 0, 98, 0, 1], []),  # two islands
        ([1, 0, 1, 0, 98], ["parts.gap"]),  # 2 % below the second
    ],
)
def test_empty_layers_with_liver_on_both_sides(
    axis: int, counts: list[int], found: list[str]
) -> None:
    assert codes(find_gaps(layered(counts, axis))) == found


@pytest.mark.parametrize(
    ("axis", "way"),
    [(0, "from left to right"), (1, "from back to front"), (2, "from foot to head")],
)
def test_how_a_gap_is_reported(axis: int, way: str) -> None:
    mask = layered([30, 0, 0, 40, 0, 30, 0, 1], axis)
    (finding,) = find_gaps(mask)
    says = f"liver.nii: 3 empty layers between filled layers ({way})"
    assert finding == Finding("parts.gap", Severity.WARNING, says, "liver.nii", 3, "layers")
    (unplaced,) = find_gaps(replace(mask, grid=replace(mask.grid, placed=False)))
    assert unplaced.message.endswith(f"(along axis {axis + 1})")


def test_a_gap_is_reported_from_foot_to_head_first() -> None:
    grid = cubes((5, 5, 5))
    both = block(grid, (0, 2), (0, 2), (0, 2)) | block(grid, (3, 5), (0, 2), (4, 5))
    (finding,) = find_gaps(both)
    assert (finding.value, finding.message[-19:]) == (2, "(from foot to head)")


def cut_out(layers: int, kept: int, axis: int = 2) -> Mask:
    """Stack nine layers of 10 x 10 voxels; from the fourth on, `layers` have `kept` rows of 10."""
    voxels = np.ones((10, 10, 9), dtype=np.bool_)
    voxels[kept:, :, 3 : 3 + layers] = False
    return Mask.of("liver", np.moveaxis(voxels, 2, axis), cubes(np.moveaxis(voxels, 2, axis).shape))


@pytest.mark.parametrize(
    ("layers", "kept", "found"),
    [
        (1, 1, ["parts.gap"]),
        (1, 6, ["parts.gap"]),
        (1, 7, []),  # 30 of 100 are missing, not more than a third
        (2, 6, ["parts.gap"]),
        (4, 6, ["parts.gap"]),
        (5, 6, []),  # a notch
        (1, 10, []),
    ],
)
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_h06_layers_of_which_part_was_not_drawn_are_reported(
    layers: int, kept: int, found: list[str], axis: int
) -> None:
    mask = cut_out(layers, kept, axis)
    assert codes(find_partial_gaps(mask)) == found
    reported = codes(find_liver_faults(mask, mask))
    assert [code for code in reported if code != "edge.cut"] == found  # it fills its file


def test_how_a_partial_gap_is_reported() -> None:
    (one,) = find_partial_gaps(cut_out(1, 1))  # voxels of 1 mm3
    assert (one.severity, one.value, one.unit) == (Severity.WARNING, 0.09, "mL")
    assert one.message == (
        "liver: 1 layer lacks 0.09 mL that the layers on both sides include (from foot to head): "
        "check whether part was not drawn"
    )
    (two,) = find_partial_gaps(cut_out(2, 6))
    assert "2 layers lack 0.08 mL that" in two.message


def test_all_places_with_a_partial_gap_are_counted_and_each_layer_once() -> None:
    """Of 100 voxels each, 40 are missing in the third layer, and 90 in the sixth and seventh.

    Of the second mask, three layers lack 40, and the middle one 40 more. A voxel has 1 mm3.
    """
    voxels, other = np.ones((2, 10, 10, 10), dtype=np.bool_)
    voxels[6:, :, 2] = voxels[1:, :, 5:7] = False
    other[6:, :, 3:6] = other[2:, :, 4] = False
    both = (find_partial_gaps(Mask.of("liver", one, cubes(one.shape))) for one in (voxels, other))
    ((apart,), (joined,)) = both
    assert apart.value == pytest.approx(0.22)  # 40 + 2 x 90
    assert apart.message.startswith(
        "liver: 3 layers, in 2 places, lack a total of 0.22 mL that the layers on both sides"
    )
    assert joined.message.startswith("liver: 3 layers lack 0.12 mL that")


def test_thin_ends_lobes_and_empty_masks_have_no_partial_gap() -> None:
    voxels = np.ones((40, 10, 9), dtype=np.bool_)
    voxels[4:, :, 6:] = False  # a tip of less than 5 % of the largest layer
    voxels[:3, :, 6:], voxels[:1, :, 7] = True, False
    voxels[:4, 5:, 6:] = False
    assert find_partial_gaps(Mask.of("liver", voxels, cubes(voxels.shape))) == ()
    lobes = np.zeros((10, 10, 3), dtype=np.bool_)  # layers of 50, 20 and 50, of other columns
    lobes[:5, :, 0] = lobes[5:, :, 2] = lobes[4:6, :, 1] = True
    assert find_partial_gaps(Mask.of("liver", lobes, cubes(lobes.shape))) == ()
    assert find_partial_gaps(block(cubes((3, 3, 3)), (0, 0), (0, 0), (0, 0), name="flr")) == ()


def unfilled(layers: int, side: int = 12) -> Voxels:
    """Stack ten square slices; the upper `layers` are outlines that shrink, open above."""
    voxels = np.zeros((30, 30, 12), dtype=np.bool_)
    voxels[2:26, 2:26, 1 : 11 - layers] = True
    for n, at in enumerate(range(11 - layers, 11)):
        low, high = 4 + n, 4 + n + side
        voxels[low:high, low:high, at] = True
        voxels[low + 1 : high - 1, low + 1 : high - 1, at] = False
    return voxels


def of_cubes(voxels: Voxels, name: str = "liver") -> Mask:
    return Mask.of(name, voxels, cubes(voxels.shape), f"{name}.nii")


def test_h06_slices_whose_outline_was_not_filled_are_reported() -> None:
    # three rings of 44 voxels around 100 each, on seven slices of 576
    mask = of_cubes(unfilled(3))
    (finding,) = find_outline_layers(mask)
    assert (finding.code, finding.severity) == ("parts.outline", Severity.WARNING)
    assert finding.unit == "mL"
    assert finding.value == pytest.approx(0.3)
    assert finding.message == (
        "liver.nii: 3 slices are an outline around 0.30 mL (7.2 %) in total, which is not counted: "
        "check whether to fill it"
    )
    assert "parts.outline" in codes(find_liver_faults(mask, mask))
    (one,) = find_outline_layers(of_cubes(unfilled(1)))
    assert "1 slice is an outline around" in one.message


def test_no_slice_is_an_outline() -> None:
    assert find_outline_layers(of_cubes(unfilled(0))) == ()
    assert find_outline_layers(of_cubes(unfilled(1, side=4))) == ()  # 4 voxels within 12
    assert find_outline_layers(of_cubes(unfilled(1, side=9))) == ()  # 49 of 5216: 0.9 %
    hollow = unfilled(3)
    inside = ~hollow & (np.indices(hollow.shape)[2] >= 8)
    assert find_outline_layers(of_cubes(hollow), of_cubes(inside, "tumour")) == ()
    hook = unfilled(3)
    hook[:, 4:20, 8:] &= np.indices(hook.shape)[0][:, 4:20, 8:] < 10  # open on one side
    assert find_outline_layers(of_cubes(hook)) == ()


FACE_NAMES = [("left", "right"), ("back", "front"), ("foot", "head")]


@pytest.mark.parametrize("axis", range(3))
@pytest.mark.parametrize("end", range(2))
def test_h06_a_liver_cut_at_the_first_or_last_slice_is_reported(axis: int, end: int) -> None:
    counts = [80, 100, 60, 30, 0]
    (finding,) = find_cut(layered(counts[::-1] if end else counts, axis))
    says = (
        "liver.nii: the liver is cut flat at the edge of the field of view "
        f"({FACE_NAMES[axis][end]}): its volume is a lower bound, and any remnant beyond the edge "
        "is not counted"
    )
    assert finding == Finding("edge.cut", Severity.WARNING, says, "liver.nii", 1, "faces")
    mask = layered(counts[::-1] if end else counts, axis)
    (unplaced,) = find_cut(replace(mask, grid=replace(mask.grid, placed=False)))
    assert f"({'last' if end else 'first'} layer of axis {axis + 1})" in unplaced.message


@pytest.mark.parametrize("end", range(2))
@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ([0, 80, 100, 60], []),  # not at the face
        ([67, 100, 60, 0], ["edge.cut"]),  # more than two thirds of the next
        ([66, 100, 60, 0], []),
        ([60, 90, 100, 0], []),  # exactly two thirds
        ([61, 90, 100, 0], ["edge.cut"]),
        ([5, 5, 100, 0], []),  # exactly 5 % of the largest
        ([6, 6, 100, 0], ["edge.cut"]),
        ([6, 9, 100, 0], []),
        ([2, 1, 100, 0], []),  # small, though larger than the next
        ([100, 100, 100, 0], ["edge.cut"]),
    ],
)
def test_h06_flat_is_five_percent_and_two_thirds(
    end: int, counts: list[int], found: list[str]
) -> None:
    assert codes(find_cut(layered(counts[::-1] if end else counts, 2))) == found


def test_h06_two_faces_are_one_finding() -> None:
    corner = block(cubes((9, 9, 9)), (2, 7), (0, 5), (2, 9), name="liver")
    for mask, faces in ((corner, "(back, head)"), (layered([100], 2), "(foot, head)")):
        (finding,) = find_cut(mask)
        assert (finding.value, faces in finding.message) == (2, True)


def test_h06_beyond_what_its_file_covers_nothing_was_drawn() -> None:
    grid = cubes((4, 4, 10))
    covered = Box((0, 0, 3), (4, 4, 8))
    voxels = np.ones((2, 2, 3), dtype=bool)
    cut = Mask("liver", voxels, Box((1, 1, 5), (3, 3, 8)), grid, "liver.nii", covered)
    (finding,) = find_cut(cut)
    assert "(head)" in finding.message
    assert find_cut(replace(cut, field=grid.whole)) == ()
    foot = replace(cut, box=Box((1, 1, 3), (3, 3, 6)))
    assert "(foot)" in find_cut(foot)[0].message
    at_the_grid = Mask("liver", voxels, Box((1, 1, 7), (3, 3, 10)), grid, None, grid.whole)
    assert "(head)" in find_cut(at_the_grid)[0].message


@each_case("kind, turn", ORIENTATIONS)
def test_h02_faces_are_named_in_the_world_however_voxels_are_stored(kind: str, turn: Turn) -> None:
    # cut at the first i, last j and first k of each grid: where that is, by its columns' signs
    names = {
        "upright": {"left", "front", "foot"},
        "flipped": {"right", "back", "foot"},  # i and j run to the left and to the back
        "turned": {"back", "foot", "left"},  # i to the front, j to the foot, k to the right
        "oblique": {"left", "front", "foot"},
        "sheared": {"left", "front", "foot"},
    }[kind]
    mask = block(Grid((6, 6, 6), AFFINES[kind]), (0, 4), (2, 6), (0, 4), name="liver")
    (finding,) = find_cut(turned(mask, *turn))
    told = finding.message.partition("view (")[2].partition(")")[0]
    assert {*told.split(", ")} == names
    gap = layered([30, 0, 40], 2, Grid((12, 12, 3), AFFINES[kind]))
    way = "from left to right" if kind == "turned" else "from foot to head"
    assert find_gaps(turned(gap, *turn))[0].message.endswith(f"({way})")


def test_h02_mirrored_voxels_are_cut_on_the_other_side() -> None:
    mask = block(cubes((6, 6, 6)), (0, 4), (1, 4), (1, 4), name="liver")
    assert "(left)" in find_cut(mask)[0].message
    assert "(right)" in find_cut(mirrored(mask))[0].message


@pytest.mark.parametrize("find", [find_pieces, find_cavities, find_gaps])
def test_an_empty_mask_has_nothing_to_find(find: Callable[[Mask], tuple[Finding, ...]]) -> None:
    assert find(row()) == ()


SHAPE = (5, 4, 6)


@given(clouds(SHAPE, most=100), st.sampled_from(list(AFFINES)), st.sampled_from(TURNS))
def test_nothing_depends_on_how_voxels_are_stored(cloud: set[Index], kind: str, turn: Turn) -> None:
    mask = cells(Grid(SHAPE, AFFINES[kind]), cloud, "liver")
    other = turned(mask, *turn)
    for find in (find_pieces, find_cavities, find_cut):
        ours, theirs = find(mask), find(other)
        assert [(f.code, f.value and round(f.value, 9)) for f in ours] == [
            (f.code, f.value and round(f.value, 9)) for f in theirs
        ]
    assert codes(find_gaps(mask)) == codes(find_gaps(other))


@given(clouds(SHAPE, most=60))
def test_gaps_and_cuts_are_those_of_the_rule_in_words(cloud: set[Index]) -> None:
    mask = cells(cubes(SHAPE), cloud, "liver")
    total, gap, cut = len(cloud), False, 0
    for axis in range(3):
        layers = [sum(index[axis] == n for index in cloud) for n in range(SHAPE[axis])]
        for n, count in enumerate(layers):
            below, above = sum(layers[:n]), sum(layers[n + 1 :])
            gap |= not count and below > total / 100 and above > total / 100
        for face, beside in (layers[:2], layers[:-3:-1]):
            cut += face > 0.05 * max(layers) and 3 * face > 2 * beside
    assert codes(find_gaps(mask)) == ["parts.gap"] * gap
    assert sum(int(finding.value or 0) for finding in find_cut(mask)) == cut


SLAB = cubes((40, 40, 30), 2.0)


def ball(radius: int, middle: Index = (20, 20, 15)) -> Voxels:
    apart = np.indices(SLAB.shape) - np.array(middle)[:, None, None, None]
    solid: Voxels = (apart**2).sum(axis=0) <= radius**2
    return solid


def rims(solid: Voxels, thick: int = 1) -> Voxels:
    """Keep, slice by slice, what lies within so many face steps of the slice's outside."""
    inner = solid
    for _ in range(thick):
        sides = [np.roll(inner, by, axis) for axis in (0, 1) for by in (1, -1)]
        inner = np.logical_and.reduce([inner, *sides])
    return solid & ~inner


def lesion(voxels: Voxels) -> Mask:
    return Mask.of("tumour", voxels, SLAB, "tumour.nii")


def liver_of(voxels: Voxels) -> Mask:
    return Mask.of("liver", voxels, SLAB, "liver.nii")


@pytest.mark.parametrize(("axis", "foot", "head"), [
    (0, "left", "right"), (1, "back", "front"), (2, "foot", "head"),
])  # fmt: skip
def test_h06_a_liver_that_ends_flat_within_its_scan_is_reported(
    axis: int, foot: str, head: str
) -> None:
    place = np.indices(SLAB.shape)[axis] - (20, 20, 15)[axis]
    for kept, name in ((place >= -6, foot), (place <= 6, head)):
        (finding,) = find_liver_faults(*2 * (liver_of(ball(12) & kept),))
        assert (finding.code, finding.severity) == ("edge.flat_end", Severity.WARNING)
        assert finding.message == (
            f"liver.nii: the liver has a flat end within the scan ({name}): check whether it was "
            "drawn completely"
        )
    both = find_flat_ends(liver_of(ball(12) & (abs(place) <= 6)))
    assert [finding.value for finding in both] == [2]


@pytest.mark.parametrize(("radius", "found"), [(0, True), (2, True), (3, False)])
def test_h06_stray_voxels_beyond_a_flat_end_do_not_hide_it(radius: int, found: bool) -> None:
    kept = np.indices(SLAB.shape)[2] <= 15
    stray = ball(radius, (20, 20, 21))  # 1, 13 and 29 of its largest layer of 441 are 3 and 7 %
    mask = liver_of((ball(12) & kept) | stray)
    assert codes(find_flat_ends(mask)) == ["edge.flat_end"] * found


def test_h06_a_tumour_beyond_a_flat_end_does_not_hide_it() -> None:
    liver = liver_of(ball(12) & (np.indices(SLAB.shape)[2] <= 15))
    tumour = lesion(ball(2, (20, 20, 20)))
    found = codes(find_liver_faults(liver, liver | tumour))
    assert found == ["edge.flat_end"]


def test_a_thin_tip_a_round_end_and_a_box_are_no_flat_end() -> None:
    tip = block(SLAB, (20, 23), (20, 23), (15, 30), name="liver")
    boxes = (block(SLAB, (5, 20), (5, 20), (5, stop)) for stop in (8, 20))  # flat all around
    round_ends = (liver_of(ball(radius)) for radius in range(2, 14))
    for mask in (liver_of(ball(12)) | tip, *boxes, *round_ends):
        assert find_flat_ends(mask) == ()


@pytest.mark.parametrize(
    ("face", "after", "found"), [(40, 50, 0), (41, 50, 1), (50, 75, 0), (51, 75, 1)]
)
def test_a_flat_end_is_more_than_two_fifths_of_the_largest_layer_and_two_thirds_of_the_next(
    face: int, after: int, found: int
) -> None:
    sizes = (face, after, 75, 100, 75, 50, 25)  # voxels of each layer
    ranked = sorted(np.ndindex(20, 20), key=lambda at: (abs(at[0] - 10) + abs(at[1] - 10), at))
    layers = [  # rhombi: the other ends are edges, not faces
        (10 + i, 10 + j, at + 5) for at, size in enumerate(sizes) for i, j in ranked[:size]
    ]
    mask = cells(SLAB, layers, "liver")
    assert codes(find_flat_ends(mask)) == ["edge.flat_end"] * found


FINE = cubes((72, 72, 80), 2.0)
CAP = re.compile(r"of (\d+) cm², beyond which a rounded end would contain about ([\d.]+) mL")
CAP_SHARE = re.compile(r"mL, ([\d.]+) % of the liver")


def sphere(
    radius_mm: float, below: float, above: float, grid: Grid = FINE, shift: float = 0.0
) -> Mask:
    """Draw a sphere without what is farther from its middle, along z, than these heights in mm."""
    steps = grid.spacing_mm
    middle = [n / 2 * step for n, step in zip(grid.shape, steps, strict=True)]
    x, y, z = (
        (np.arange(n) + 0.5) * step - at
        for n, step, at in zip(grid.shape, steps, middle, strict=True)
    )
    z = (z + shift)[None, None]
    voxels = (x[:, None, None] ** 2 + y[None, :, None] ** 2 + z**2 <= radius_mm**2) & (
        (z >= -below) & (z <= above)
    )
    return Mask.of("liver", voxels, grid, "liver.nii")


@pytest.mark.parametrize("lost_mm", [8.0, 10.0, 12.0, 14.0])
def test_h06_a_dome_that_was_not_drawn_is_reported_with_the_volume_of_its_cap(
    lost_mm: float,
) -> None:
    # the cap of a sphere: π h² (3R - h) / 3; its base: π (2Rh - h²), up to 40 % of the largest
    radius = 68.0
    cap_ml = np.pi * lost_mm**2 * (3 * radius - lost_mm) / 3000
    middle_mm = lost_mm + 1  # of the last layer
    base_cm2 = np.pi * (2 * radius * middle_mm - middle_mm**2) / 100
    kept = radius - lost_mm
    for below, above, face in ((kept, 99, "foot"), (99, kept, "head")):
        (finding,) = find_flat_ends(sphere(radius, below, above))
        assert (finding.code, finding.severity) == ("edge.flat_end", Severity.WARNING)
        assert f"within the scan ({face}: a layer of " in finding.message
        size, volume = map(float, CAP.findall(finding.message)[0])
        assert size == pytest.approx(base_cm2, rel=0.03)
        assert volume == pytest.approx(cap_ml, rel=0.15)
    (both,) = find_flat_ends(sphere(radius, kept, kept))
    assert both.value == 2
    share = CAP_SHARE.findall(both.message)
    assert re.search(r"\(foot: a layer of [^;()]+; head: a layer of [^;()]+\)", both.message)
    kept_ml = 4 / 3 * np.pi * radius**3 / 1000 - 2 * cap_ml
    assert [*map(float, share)] == pytest.approx(2 * [100 * cap_ml / kept_ml], rel=0.15)


def test_the_area_of_a_smaller_flat_end_is_not_read_as_that_of_a_larger_one() -> None:
    # π (68² - 55²) is 50.2 cm², below 40 % of the largest layer; π (68² - 49²) is above
    (finding,) = find_flat_ends(sphere(68.0, 56.0, 50.0))
    (size,) = re.findall(r"\(head; foot: a layer of (\d+) cm²", finding.message)
    assert float(size) == pytest.approx(50.2, rel=0.03)


def test_h06_a_cap_of_less_than_half_a_point_of_an_flr_of_30_percent_is_not_reported() -> None:
    # of a ball of 68 mm, the cap of 8 mm is 1.0 % and that of 6 mm 0.56 %
    whole_ml = 4 / 3 * np.pi * 68**3 / 1000
    shares = [np.pi * h**2 * (204 - h) / 30 / whole_ml for h in (8, 6)]
    assert shares == pytest.approx([1.0, 0.57], abs=0.05)
    assert codes(find_flat_ends(sphere(68.0, 99, 60.0))) == ["edge.flat_end"]
    assert find_flat_ends(sphere(68.0, 99, 62.0)) == ()


@pytest.mark.parametrize("slice_mm", [1.0, 2.0, 3.0, 5.0, 7.5, 10.0])
def test_no_whole_round_end_is_reported_wherever_its_slices_are(slice_mm: float) -> None:
    grid = Grid.upright((48, 48, int(170 / slice_mm)), (3.4, 3.4, slice_mm))
    for radius in (45.0, 60.0, 75.0):
        for part in range(8):
            assert find_flat_ends(sphere(radius, 99, 99, grid, part * slice_mm / 8)) == ()


@pytest.mark.parametrize("times", [2, 6])
def test_copies_of_thick_slices_are_as_thick_as_the_slices(times: int) -> None:
    thick = Grid.upright((48, 48, 26), (3.4, 3.4, 6.0))
    thin = Grid.upright((48, 48, 26 * times), (3.4, 3.4, 6.0 / times))
    for shift in (2.0, 3.0, 4.0):  # the last slice kept is 53 to 55 mm from the middle
        whole, cut = (
            Mask.of("liver", np.repeat(one.as_array(), times, axis=2), thin, "liver.nii")
            for one in (sphere(68.0, 99, above, thick, shift) for above in (99, 56.0))
        )
        assert find_flat_ends(whole) == ()
        assert "head: a layer of" in find_flat_ends(cut)[0].message


def test_what_is_drawn_beyond_a_flat_end_is_not_missing() -> None:
    cut = sphere(68.0, 99, 56.0)
    assert codes(find_flat_ends(cut)) == ["edge.flat_end"]
    i, j, _ = np.indices(FINE.shape)
    first = cut.box.stop[2]
    disc = (i - 36) ** 2 + (j - 36) ** 2 <= 9**2  # 254 voxels: less than 5 % of the largest layer
    horn = np.where(np.arange(80) >= first, disc[..., 0][..., None], False)
    assert find_flat_ends(Mask.of("liver", cut.as_array() | horn, FINE, "liver.nii")) == ()


def test_a_body_of_few_layers_or_flat_along_another_axis_has_no_cap() -> None:
    few = Grid.upright((72, 72, 8), (2.0, 2.0, 20.0))
    assert find_flat_ends(sphere(68.0, 20.0, 30.0, few)) == ()
    cut = sphere(68.0, 99, 58.0)
    sliced = cut.as_array() & (np.indices(FINE.shape)[0] >= 20)
    (finding,) = find_flat_ends(Mask.of("liver", sliced, FINE, "liver.nii"))
    assert "(left)" in finding.message


def test_h06_the_missing_dome_is_along_the_body_however_voxels_are_stored() -> None:
    cut = sphere(68.0, 99, 56.0)
    for axes, flips in (((2, 0, 1), (1, 1, -1)), ((1, 2, 0), (-1, -1, 1))):
        other = turned(cut, axes, flips)
        assert find_flat_ends(other)[0].message == find_flat_ends(cut)[0].message
    sideways = Mask.of("liver", cut.as_array().transpose(2, 0, 1), cubes((80, 72, 72), 2.0))
    assert find_flat_ends(sideways) == ()  # a resection plane may be flat


def test_a_liver_cut_by_its_scan_is_reported_once() -> None:
    voxels = ball(12, (20, 20, 4))  # down to the scan's first layer
    assert codes(find_liver_faults(*2 * (liver_of(voxels),))) == ["edge.cut"]


@pytest.mark.parametrize("axis", [0, 1, 2])
@pytest.mark.parametrize("every", [2, 3, 4, 7])
def test_h06_layers_of_a_lesion_that_were_not_drawn_are_reported(axis: int, every: int) -> None:
    voxels = ball(9) & (np.indices(SLAB.shape)[axis] % every == 0)
    (finding,) = find_tumour_faults(lesion(voxels))
    assert (finding.code, finding.severity) == ("parts.gap", Severity.WARNING)
    along = ("left to right", "back to front", "foot to head")[axis]
    assert finding.message.endswith(f"between its layers was not drawn (from {along})")


def test_h06_every_third_layer_of_two_lesions_in_different_layers_is_reported() -> None:
    """The layers of one are between those of the other, so that no more than one is empty."""
    layers = np.indices(SLAB.shape)[2]
    first = ball(7, (10, 10, 15)) & (layers % 3 == 0)
    second = ball(7, (28, 28, 15)) & (layers % 3 == 1)
    assert codes(find_tumour_faults(lesion(first | second))) == ["parts.gap"]


@pytest.mark.parametrize(
    ("sheets", "found"),
    [
        (((5, 14, 2), (5, 14, 8), (5, 14, 14)), ["parts.gap"]),  # three sheets, one above the other
        (((5, 14, 2), (9, 18, 8), (13, 22, 14)), ["parts.gap"]),  # 45 of 81 voxels in common
        (((5, 14, 2), (10, 19, 8), (15, 24, 14)), []),  # 36 of 81: three flat lesions
        (((5, 14, 2), (9, 18, 8)), []),  # two lesions
    ],
)
def test_h06_few_sheets_far_apart_are_layers_of_one_lesion_if_they_overlap(
    sheets: tuple[tuple[int, int, int], ...], found: list[str]
) -> None:
    voxels = np.zeros(SLAB.shape, dtype=bool)
    for first, stop, layer in sheets:
        voxels[first:stop, 5:14, layer] = True
    assert codes(find_tumour_faults(lesion(voxels))) == found


@pytest.mark.parametrize(
    ("first", "second", "layers", "found"),
    [
        ((9, 9), (9, 9), (2, 8), ["parts.gap"]),  # 20 mm wide, 2 mm thick, 10 mm between them
        ((9, 9), (8, 8), (2, 8), ["parts.gap"]),  # 64 of 81 voxels in common
        ((9, 9), (7, 8), (2, 8), []),  # 56 of 81
        ((9, 9), (9, 9), (2, 12), ["parts.gap"]),  # 18 mm between them
        ((9, 9), (9, 9), (2, 14), []),  # 22 mm
        ((4, 4), (4, 4), (2, 6), []),  # 9 mm wide: small lesions may be of one layer
        ((9, 9), (9, 9), (2, 3), []),  # adjacent
    ],
)
def test_h06_two_sheets_of_one_outline_are_of_one_lesion(
    first: tuple[int, int], second: tuple[int, int], layers: tuple[int, int], found: list[str]
) -> None:
    """Layers of 2 mm; no metastasis is 20 mm wide and 2 mm thick, let alone two."""
    for axis in range(3):
        voxels = np.zeros(SLAB.shape, dtype=bool)
        along = np.moveaxis(voxels, axis, 0)
        for (rows, columns), layer in zip((first, second), layers, strict=True):
            along[layer, 5 : 5 + rows, 5 : 5 + columns] = True
        assert codes(find_tumour_faults(lesion(voxels))) == found
        cyst = Mask.of("cyst", voxels, SLAB, "cyst.nii")
        assert codes(find_structure_faults(cyst)) == found


@pytest.mark.parametrize(("thick", "found"), [(2, ["parts.gap"]), (3, [])])
def test_lesions_of_more_than_two_layers_are_no_sheets(thick: int, found: list[str]) -> None:
    voxels = np.zeros(SLAB.shape, dtype=bool)
    for first in (1, 10, 19):
        voxels[5:14, 5:14, first : first + thick] = True
    assert codes(find_tumour_faults(lesion(voxels))) == found


def test_a_flat_hole_in_a_lesion_is_reported_once() -> None:
    # a hole of 8 x 8 x 2 in a cube of 10 voxels is also two layers that were not drawn
    cube = block(SLAB, (5, 15), (5, 15), (5, 15), name="tumour")
    assert codes(find_tumour_faults(cube - block(SLAB, (6, 14), (6, 14), (9, 11)))) == ["parts.gap"]


def test_what_is_between_the_layers_of_a_lesion_is_counted() -> None:
    # ten layers of 9 x 9, the fourth one missing: 81 of 729 voxels of 8 mm3
    whole = block(SLAB, (5, 14), (5, 14), (5, 15), name="tumour", file="tumour.nii")
    (finding,) = find_tumour_faults(whole - block(SLAB, (0, 40), (0, 40), (8, 9)))
    assert finding.message.startswith("tumour.nii: 0.65 mL (11.1 %) between its layers")
    assert finding.value == pytest.approx(0.648)
    # 9 x 9 and 3 x 3 voxels in three layers, with four empty ones between them: 8 gaps, 720 voxels
    voxels = np.zeros(SLAB.shape, dtype=bool)
    voxels[5:14, 5:14, 3:14:5] = voxels[20:23, 5:8, 3:14:5] = True
    (finding,) = find_tumour_faults(lesion(voxels))
    assert "5.8 mL (266.7 %) between its layers was not drawn" in finding.message


@pytest.mark.parametrize(("side", "found"), [(20, []), (19, ["parts.gap"])])
def test_up_to_a_twentieth_between_layers_is_nothing(side: int, found: list[str]) -> None:
    # one voxel missing in a rod of so many others
    rod = block(SLAB, (1, side + 2), (5, 6), (5, 6)) - block(SLAB, (8, 9), (5, 6), (5, 6))
    assert rod.voxel_count == side
    assert codes(find_skipped(rod)) == found


def test_lesions_next_to_each_other_and_none_have_no_gap() -> None:
    assert find_tumour_faults(lesion(ball(5, (10, 10, 8)) | ball(5, (24, 24, 20)))) == ()
    assert find_tumour_faults(lesion(ball(5, (10, 10, 8)) | ball(5, (10, 10, 22)))) == ()
    assert find_tumour_faults(lesion(np.zeros(SLAB.shape, bool))) == ()


@pytest.mark.parametrize(("thick", "found"), [(2, ["parts.holes"]), (1, [])])
def test_h03_the_centre_of_a_lesion_that_was_not_drawn_is_reported(
    thick: int, found: list[str]
) -> None:
    # a cube of 10 voxels with a hole of 3 x 4 x 6: 72 of 928, or of 3 x 4 x 3: 36 of 964
    cube = block(SLAB, (5, 15), (5, 15), (5, 15), name="tumour", file="tumour.nii")
    centre = block(SLAB, (8, 11), (8, 12), (7, 7 + 3 * thick), name="cyst")
    holed = cube - centre
    findings = find_tumour_faults(holed)
    assert codes(findings) == found
    assert find_tumour_faults(holed, centre) == ()  # given as a cyst
    assert find_tumour_faults(cube) == ()
    if found:
        assert findings[0].value == pytest.approx(0.576)  # 72 voxels of 8 mm3
        # the liver mask includes the centre, so its volume is counted, but as liver
        assert "in total, which are not counted as tumour" in findings[0].message


@pytest.mark.parametrize("thick", [1, 2])
def test_h16_outlines_that_were_not_filled_are_reported(thick: int) -> None:
    voxels = rims(ball(11), thick)
    assert not codes(find_cavities(lesion(voxels)))  # open above and below: no hole
    (finding,) = find_tumour_faults(lesion(voxels))
    assert (finding.code, finding.file) == ("parts.outline", "tumour.nii")
    assert "the tumour is an outline around" in finding.message
    part = Mask.of("flr", voxels, SLAB, "flr.nii")
    assert "parts.outline" in codes(find_faults(part))


def test_a_part_around_a_large_tumour_that_it_omits_is_no_outline() -> None:
    """A rim of 2 mm around a tumour of 20 mm in radius, of which all or one half was drawn."""
    whole, tumour = ball(11), ball(10)
    part = Mask.of("treated", whole & ~tumour, SLAB, "treated.nii")
    spared = lesion(tumour)
    assert codes(find_faults(part)) == ["parts.holes", "parts.outline"]
    assert find_faults(part, spared) == ()
    (hole, outline) = find_faults(part, spared - block(SLAB, (0, 20), (0, 40), (0, 30)))
    assert (hole.code, outline.code) == ("parts.holes", "parts.outline")
    assert outline.message.startswith("treated.nii: the treated area is an outline around")


@pytest.mark.parametrize(("side", "wall", "found"), [
    (64, 6, ["parts.outline"]),  # 64 x 64 - 52 x 52 is 34 %, and 64 cubed not large yet
    (66, 6, []),  # 33 % of a large box
    (66, 4, ["parts.outline"]),  # 23 %
])  # fmt: skip
def test_a_large_box_is_looked_into_only_where_little_of_it_is_filled(
    side: int, wall: int, found: list[str]
) -> None:
    whole = (0, side)
    within = (wall, side - wall)
    grid = cubes((side, side, side))
    tube = block(grid, whole, whole, whole) - block(grid, within, within, whole)
    assert codes(find_outlines(tube)) == found


def test_each_of_several_lesions_may_be_an_outline() -> None:
    voxels = rims(ball(6, (10, 10, 10)) | ball(6, (28, 28, 20)))
    assert codes(find_tumour_faults(lesion(voxels))) == ["parts.outline"]


@pytest.mark.parametrize(("inner", "found"), [(4, []), (5, ["parts.outline"])])
def test_half_of_a_lesion_within_its_rim_is_what_it_takes(inner: int, found: list[str]) -> None:
    # a ring of 7 x 7 in one layer: 16 within 33, or 20 within 29; 2 more lie elsewhere
    disc = block(SLAB, (3, 10), (3, 10), (4, 5), name="tumour")
    ring = disc - block(SLAB, (4, 8), (4, 4 + inner), (4, 5))
    far = cells(SLAB, [(30, 30, 20), (31, 31, 25)])  # so that the box is no body's
    assert codes(find_outlines(ring | far)) == found


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_cysts_around_a_part_of_the_liver_are_an_outline_only_if_they_enclose_it(axis: int) -> None:
    # four cysts of 12 x 2 around 12 x 12 in each of 6 layers; closed by corners of 4 x 4
    voxels = np.zeros((20, 20, 6), dtype=bool)
    voxels[:2, 4:16] = voxels[-2:, 4:16] = voxels[4:16, :2] = voxels[4:16, -2:] = True
    corners = np.zeros_like(voxels)
    for x, y in ((0, 0), (0, 16), (16, 0), (16, 16)):
        corners[x : x + 4, y : y + 4] = True
    apart, closed = (np.moveaxis(one, 2, axis) for one in (voxels, voxels | corners))
    grid = cubes((apart.shape[0], apart.shape[1], apart.shape[2]))
    assert codes(find_outlines(Mask.of("cyst", apart, grid))) == ["parts.outline"]
    assert find_structure_faults(Mask.of("cyst", apart, grid)) == ()
    assert codes(find_structure_faults(Mask.of("cyst", closed, grid))) == ["parts.outline"]


@given(turn=st.sampled_from(TURNS))
def test_outlines_and_gaps_do_not_depend_on_how_voxels_are_stored(turn: Turn) -> None:
    every = np.indices(SLAB.shape)[2] % 2 == 0
    for voxels, code in ((rims(ball(11)), "parts.outline"), (ball(9) & every, "parts.gap")):
        assert codes(find_tumour_faults(turned(lesion(voxels), *turn))) == [code]


def test_h06_a_liver_that_its_scan_cuts_off_within_a_padded_file_is_told_of_the_scan() -> None:
    padded = layered([0, 80, 100, 60, 30, 0])
    scan = Box((1, 0, 0), (6, 12, 12))
    (of_scan,) = find_cut(padded, scan)
    assert "is cut flat at the edge of the field of view (left)" in of_scan.message
    assert find_cut(padded) == ()  # the file goes on
