"""Couinaud segments by hand: a liver of 1500 voxels of 1 mL in eight blocks (tests/masks.py)."""

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fl_planner.basis.findings import Finding, Severity
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.structures import as_roman, list_segments
from fl_planner.liver.segments.segments import (
    SegmentVolume,
    check_cover,
    find_segment_doubts,
    list_fitting_schemes,
    measure_segments,
)
from fl_planner.space.grid import Grid
from fl_planner.space.labels import LabelScheme
from fl_planner.space.mask import Mask, unite
from tests.cases import each_case, how_many
from tests.masks import (
    LIVER_BOX,
    LIVER_GRID,
    SEGMENT_ML,
    TURNS,
    Index,
    Turn,
    block,
    cells,
    clouds,
    codes,
    cubes,
    liver_part,
    mirrored,
    on_each,
    small_liver,
    small_segments,
    turned,
)

SEGMENTS = small_segments()
MAPPED = replace(small_liver(), segments=SEGMENTS)


def test_the_small_liver_has_its_segments_and_no_doubt() -> None:
    assert {name: mask.voxel_count for name, mask in SEGMENTS.items()} == SEGMENT_ML
    union = unite(SEGMENTS.values())
    assert union.voxel_count == (union & MAPPED.liver).voxel_count == 1500
    assert find_segment_doubts(MAPPED) == ()


def test_segments_are_measured_in_order() -> None:
    shuffled = {name: SEGMENTS[name] for name in "84265371"}
    assert measure_segments(replace(MAPPED, segments=shuffled)) == tuple(
        SegmentVolume(name, SEGMENT_ML[name], SEGMENT_ML[name]) for name in "12345678"
    )


def test_tumour_leaves_each_segment() -> None:
    tumour = liver_part([[3, 5, 1, 2, 1, 11]], "tumour")  # 5 + 5 mL of 2 and 3, 10 of 1
    measured = measure_segments(replace(MAPPED, tumour=tumour))
    assert {s.name: s.voxels - s.nontumorous_voxels for s in measured if s.name in "1234"} == {
        "1": 10, "2": 5, "3": 5, "4": 0,
    }  # fmt: skip
    left = unite((SEGMENTS["2"], SEGMENTS["3"]))
    kept = [one.flr_voxels for one in measure_segments(replace(MAPPED, tumour=tumour), left)]
    assert kept == [0, SEGMENT_ML["2"] - 5, SEGMENT_ML["3"] - 5, 0, 0, 0, 0, 0]


def test_h03_what_a_map_draws_outside_the_liver_is_not_measured() -> None:
    # a liver mask without the slab at i = 15, a gallbladder in V, and a lesion that leaves both
    gallbladder = liver_part([[7, 9, 9, 11, 1, 3]], "gallbladder")
    tumour = liver_part([[14, 16, 1, 2, 1, 2]], "tumour")  # in VI; one of its two outside the mask
    anatomy = replace(
        MAPPED,
        liver=liver_part([[1, 15, 1, 11, 1, 11]], "liver"),
        tumour=tumour,
        excluded=(gallbladder,),
    )
    found = {one.name: (one.voxels, one.nontumorous_voxels) for one in measure_segments(anatomy)}
    assert (found["5"], found["6"], found["7"]) == ((142, 142), (251, 249), (250, 250))
    assert sum(voxels for voxels, _ in found.values()) == anatomy.organ.voxel_count == 1393
    assert sum(voxels for _, voxels in found.values()) == anatomy.nontumorous.voxel_count


@pytest.mark.parametrize(
    ("liver", "code", "says"),
    [
        # the liver mask lacks segments II and III
        ([[4, 16, 1, 11, 1, 11]], "segments.outside_liver",
         "segments II and III have no voxels in the liver: check the label map and the liver mask"),
        # 10 of the 150 mL of segment II are in the liver mask, and all of III
        ([[4, 16, 1, 11, 1, 11], [1, 4, 1, 11, 1, 6], [3, 4, 1, 11, 6, 7]], "segments.small",
         "segment II is unusually small (10.0 mL)"),
        # 60 mL of II
        ([[4, 16, 1, 11, 1, 11], [1, 4, 1, 11, 1, 6], [1, 4, 1, 11, 6, 8]], "segments.unusual",
         "segment III (150 mL) is unusually large compared with segment II (60.0 mL)"),
    ],
)  # fmt: skip
def test_h13_segments_are_assessed_by_their_liver(
    liver: list[list[int]], code: str, says: str
) -> None:
    cut = replace(MAPPED, liver=liver_part(liver, "liver"))
    found = {one.code: one for one in find_segment_doubts(cut)}
    assert found[code].message == f"segments.nii.gz: {says}"


def test_h13_one_segment_outside_the_liver_is_no_measurement_of_0_ml() -> None:
    cut = replace(MAPPED, liver=MAPPED.liver - SEGMENTS["1"])
    (finding,) = find_segment_doubts(cut)
    assert finding.message == (
        "segments.nii.gz: segment I has no voxels in the liver: check the label map and the liver "
        "mask"
    )
    assert (finding.code, finding.value) == ("segments.outside_liver", 1)


def test_without_a_map_there_is_no_doubt_about_it() -> None:
    assert find_segment_doubts(small_liver()) == ()
    assert measure_segments(small_liver()) == ()


def leaving_out(*names: str) -> dict[str, Mask]:
    return {name: mask for name, mask in SEGMENTS.items() if name not in names}


@pytest.mark.parametrize("missing", [("1",), ("4",), ("2", "5", "6")])
def test_h13_missing_segments_are_one_question(missing: tuple[str, ...]) -> None:
    found = find_segment_doubts(replace(MAPPED, segments=leaving_out(*missing)))
    (finding,) = (finding for finding in found if finding.code == "segments.missing")
    says = (
        f"segments.nii.gz: {list_segments(missing)} {'is' if len(missing) == 1 else 'are'} "
        "missing, so resections are not compared: if absent because of anatomy or surgery, "
        "state this; otherwise correct the label map, or the meaning of its numbers"
    )
    assert finding == Finding(
        "segments.missing", Severity.WARNING, says, "segments.nii.gz", len(missing), "segments"
    )


def test_h13_a_segment_known_to_be_absent_is_not_missing() -> None:
    anatomy = replace(MAPPED, segments=leaving_out("4", "1"), absent_segments=frozenset({"1", "4"}))
    assert find_segment_doubts(anatomy) == ()
    (finding,) = find_segment_doubts(replace(anatomy, absent_segments=frozenset({"4"})))
    assert "segment I is missing" in finding.message


def test_h13_a_segment_stated_to_be_absent_that_the_map_has_is_reported() -> None:
    (finding,) = find_segment_doubts(replace(MAPPED, absent_segments=frozenset({"4", "2"})))
    assert (finding.code, finding.severity) == ("segments.not_absent", Severity.WARNING)
    assert finding.message == (
        "segments.nii.gz: segments II and IV are stated to be absent but are in the map"
    )
    assert (finding.value, finding.unit, finding.file) == (2, "segments", "segments.nii.gz")


def test_h13_overlapping_segments_are_reported_with_their_volume() -> None:
    # segment 3 takes a layer of 2, 30 mL, and a row of 4 as well, 10 mL
    wide = SEGMENTS["3"] | liver_part([[1, 4, 1, 11, 6, 7], [4, 5, 4, 11, 1, 2]], "3")
    (finding,) = find_segment_doubts(replace(MAPPED, segments={**SEGMENTS, "3": wide}))
    assert (finding.code, finding.severity) == ("segments.overlap", Severity.WARNING)
    assert (
        finding.message == "segments.nii.gz: segments overlap: 37.0 mL is in more than one segment"
    )
    assert finding.value == pytest.approx(37.0)
    assert (finding.unit, finding.file) == ("mL", "segments.nii.gz")


def test_h13_what_is_in_three_segments_counts_once() -> None:
    # voxels of 0.5 mL: three boxes share 4 x 1 x 1 of them, two of the boxes 4 more
    grid = Grid.upright((9, 3, 3), (10.0, 10.0, 5.0))
    segments = {
        name: block(grid, span, (0, 1), (0, 1), name=name)
        for name, span in (("2", (0, 5)), ("3", (1, 9)), ("4", (1, 9)))
    }
    anatomy = Anatomy(segments["2"] | segments["3"], segments=segments)
    (finding,) = (f for f in find_segment_doubts(anatomy) if f.code == "segments.overlap")
    assert finding.value == pytest.approx(4.0)
    assert "4.0 mL is in more than one segment" in finding.message


@pytest.mark.parametrize("name", "12345678")
@pytest.mark.parametrize(("voxels", "told"), [(19, True), (20, False)])
def test_segments_but_the_first_have_20_ml(name: str, voxels: int, told: bool) -> None:
    # one row of voxels a segment, so that none lies out of order
    grid = cubes((20, 3, 3), 10.0)
    only = block(grid, (0, voxels), (1, 2), (1, 2), name=f"segment_{name}", file="map.nii")
    found = find_segment_doubts(Anatomy(only.renamed("liver"), segments={name: only}))
    small = [finding for finding in found if finding.code == "segments.small"]
    assert len(small) == (told and name != "1")
    if small:
        assert small[0].message == f"map.nii: segment {as_roman(name)} is unusually small (19.0 mL)"
        assert small[0].severity is Severity.WARNING
        assert small[0].value == pytest.approx(19.0)
        assert (small[0].unit, small[0].file) == ("mL", "map.nii")


@pytest.mark.parametrize(("third", "told"), [(200, False), (201, True)])
def test_segment_three_may_be_twice_segment_two(third: int, told: bool) -> None:
    grid = cubes((300, 3, 3), 10.0)
    segments = {
        "2": block(grid, (0, 100), (0, 1), (0, 1), name="segment_2", file="map.nii"),
        "3": block(grid, (0, third), (1, 2), (0, 1), name="segment_3", file="map.nii"),
    }
    found = find_segment_doubts(Anatomy(segments["2"] | segments["3"], segments=segments))
    odd = [finding for finding in found if finding.code == "segments.unusual"]
    assert len(odd) == told
    if odd:
        assert odd[0].message == (
            "map.nii: segment III (201 mL) is unusually large compared with segment II (100 mL)"
        )
        assert (odd[0].value, odd[0].unit, odd[0].file) == (2.01, "{ratio}", "map.nii")
        assert odd[0].severity is Severity.WARNING
    for lonely in "23":  # one of the two is no ratio
        alone = Anatomy(segments[lonely], segments={lonely: segments[lonely]})
        assert "segments.unusual" not in codes(find_segment_doubts(alone))


LEFT, ABOVE, BEHIND = (0, -1), (2, 1), (1, -1)  # axis of the world (RAS+) and way
PAIRS = [
    *((a, b, LEFT, "to the left of") for a in "23" for b in "45678"),
    *((a, b, LEFT, "to the left of") for a in "14" for b in "5678"),
    *(("1", b, BEHIND, "behind") for b in "234"),
    ("2", "3", ABOVE, "above or behind"),
    ("2", "3", BEHIND, "above or behind"),
    ("7", "6", ABOVE, "above"),
    ("8", "5", ABOVE, "above"),
    ("6", "5", BEHIND, "behind"),
    ("7", "8", BEHIND, "behind"),
]  # safety.md W1


def two(first: str, second: str, offset: Index, placed: bool = True) -> Anatomy:
    """Draw two segments of 27 mL, the first one so many voxels further on."""
    grid = Grid((30, 30, 30), LIVER_GRID.affine, placed)

    def cube(name: str, at: Index) -> Mask:
        spans = [(n, n + 3) for n in at]
        return block(grid, *spans, name=f"segment_{name}", file="map.nii")

    i, j, k = (10 + n for n in offset)
    segments = {first: cube(first, (i, j, k)), second: cube(second, (10, 10, 10))}
    return Anatomy(segments[first] | segments[second], segments=segments)


def disorder(anatomy: Anatomy) -> list[Finding]:
    found = find_segment_doubts(anatomy)
    return [finding for finding in found if finding.code in ("segments.side", "segments.order")]


@each_case("first, second", combinations("12345678", 2))
def test_h13_two_segments_whose_numbers_are_exchanged_are_reported(first: str, second: str) -> None:
    exchanged = {**SEGMENTS, first: SEGMENTS[second], second: SEGMENTS[first]}
    assert disorder(replace(MAPPED, segments=exchanged))


def test_a_left_lateral_sector_may_be_tilted() -> None:
    """II right behind III, or a little below it."""
    for below in (0, -2):
        assert disorder(two("2", "3", (0, -4, below))) == []


@pytest.mark.parametrize(("first", "second", "way", "words"), PAIRS)
def test_h02_every_pair_is_as_in_a_patient(
    first: str, second: str, way: tuple[int, int], words: str
) -> None:
    axis, sign = way
    ahead = [0, 0, 0]
    for steps, right in ((4 * sign, True), (0, False), (-4 * sign, False)):
        ahead[axis] = steps
        found = disorder(two(first, second, (ahead[0], ahead[1], ahead[2])))
        if right:
            assert found == []
            continue
        (finding,) = found
        side = axis == 0
        assert finding.code == ("segments.side" if side else "segments.order")
        assert finding.severity is (Severity.ERROR if side else Severity.WARNING)
        asked = "; check whether the map is mirrored" if side else ""
        assert finding.message == (
            "map.nii: segments are not in anatomical order: expected "
            f"{as_roman(first)} {words} {as_roman(second)}{asked}"
        )
        assert (finding.value, finding.unit, finding.file) == (1, "pairs", "map.nii")
        assert disorder(two(first, second, (ahead[0], ahead[1], ahead[2]), placed=False)) == []


@pytest.mark.parametrize(("first", "second", "way", "words"), PAIRS)
def test_h02_half_a_millimetre_is_an_order(
    first: str, second: str, way: tuple[int, int], words: str
) -> None:
    axis, sign = way
    grid = cubes((3, 3, 3), 0.5)
    index = [1, 1, 1]
    index[axis] += sign
    segments = {
        first: cells(grid, [(index[0], index[1], index[2])], first),
        second: cells(grid, [(1, 1, 1)], second),
    }
    assert disorder(Anatomy(segments[first], segments=segments)) == []


@each_case("first, second", product("12345678", "12345678"))
def test_h02_no_other_pair_has_an_order(first: str, second: str) -> None:
    ruled = {(a, b) for a, b, _, _ in PAIRS} | {(b, a) for a, b, _, _ in PAIRS}
    if first == second or (first, second) in ruled:
        return
    for offset in ((4, 0, 0), (0, 4, 0), (0, 0, 4), (-4, -4, -4)):
        assert disorder(two(first, second, offset)) == []


def test_h02_a_case_mirrored_in_its_voxels_only_is_an_error() -> None:
    wrong = disorder(on_each(MAPPED, mirrored))
    assert {finding.code for finding in wrong} == {"segments.side"}
    assert {finding.severity for finding in wrong} == {Severity.ERROR}
    assert [finding.value for finding in wrong] == [10, 8]  # II and III by five, I and IV by four
    assert "expected II to the left of IV, V, VI, VII and VIII; III to the left of IV" in (
        wrong[0].message
    )


@each_case("turn", TURNS)
def test_h02_a_case_stored_the_other_way_with_its_header_is_none(turn: Turn) -> None:
    assert find_segment_doubts(on_each(MAPPED, lambda mask: turned(mask, *turn))) == ()


@pytest.mark.parametrize("axis", [1, 2])
def test_h02_upside_down_and_back_to_front_are_out_of_order(axis: int) -> None:
    def flipped(mask: Mask) -> Mask:
        return Mask.of(mask.name, np.flip(mask.as_array(), axis), mask.grid, mask.file)

    found = disorder(on_each(MAPPED, flipped))
    assert codes(found) == ["segments.order"] * 3


def test_h13_a_swapped_scheme_is_out_of_order() -> None:
    swapped = {name: SEGMENTS[str(9 - int(name))] for name in "12345678"}
    assert "segments.side" in codes(find_segment_doubts(replace(MAPPED, segments=swapped)))
    five_eight = {**SEGMENTS, "5": SEGMENTS["8"], "8": SEGMENTS["5"]}
    assert codes(disorder(replace(MAPPED, segments=five_eight))) == ["segments.order"]


def covering(inside: int, outside: int) -> Anatomy:
    """Take 1000 mL of liver, of which a map has so many, and so many others."""
    grid = cubes((1200, 1, 1), 10.0)
    liver = block(grid, (0, 1000), (0, 1), (0, 1), name="liver", file="liver.nii")
    mapped = block(grid, (1000 - inside, 1000 + outside), (0, 1), (0, 1), name="liver")
    return Anatomy(liver, mapped=replace(mapped, file="map.nii"))


@pytest.mark.parametrize(
    ("inside", "outside", "found"),
    [
        (1000, 0, []),
        (950, 0, []),  # 95 % of the liver
        (949, 0, ["94.9 % of the liver is in the label map's liver"]),
        (950, 50, []),  # 95 % of the map
        (1000, 53, ["94.97 % of the label map's liver is in the liver"]),  # not "only 95.0 %"
        (950, 51, ["94.9 % of the label map's liver is in the liver"]),
        (900, 100, ["90.0 % of the liver is in the label map's liver",
                    "90.0 % of the label map's liver is in the liver"]),
    ],
)  # fmt: skip
def test_liver_and_map_cover_95_percent_of_each_other(
    inside: int, outside: int, found: list[str]
) -> None:
    findings = check_cover(covering(inside, outside))
    assert [finding.message for finding in findings] == [f"map.nii: only {w}" for w in found]
    for finding in findings:
        assert (finding.code, finding.severity) == ("segments.cover", Severity.WARNING)
        assert (finding.file, finding.unit) == ("map.nii", "%")
        assert finding.value == pytest.approx(float(finding.message.split()[2]), abs=0.05)


def test_nothing_to_compare_covers() -> None:
    assert check_cover(MAPPED) == ()


def test_gaps_that_were_reported_are_not_repeated_of_a_map_of_segments_alone() -> None:
    half = liver_part([[1, 9, 1, 11, 1, 11]], "2")  # 800 of 1500 mL
    rest = liver_part([[9, 11, 1, 11, 1, 11]], "other")
    liver = liver_part(LIVER_BOX, "liver")
    for mapped, reported, told in (
        (half, True, False), (half, False, True), (half | rest, True, True),
    ):  # fmt: skip
        anatomy = Anatomy(liver, segments={"2": half}, mapped=mapped)
        assert bool(check_cover(anatomy, reported_as_gaps=reported)) is told


def test_tumour_may_be_left_out_of_the_map_or_of_the_liver() -> None:
    # 600 of 1500 mL are tumour
    tumour = liver_part([[1, 7, 1, 11, 1, 11]], "tumour")
    liver = liver_part(LIVER_BOX, "liver")
    carved = liver - tumour
    for mask, mapped in ((liver, carved), (carved, liver), (liver, liver), (carved, carved)):
        assert check_cover(Anatomy(mask, tumour=tumour, mapped=mapped)) == ()
    (finding,) = check_cover(Anatomy(liver, mapped=carved))  # but not where nobody drew it
    assert finding.value == pytest.approx(60.0)


def test_a_map_of_tumour_only_states_nothing_of_the_liver() -> None:
    tumour = liver_part([[4, 6, 4, 6, 4, 6]], "tumour")
    mapped = tumour.renamed("liver")
    assert check_cover(Anatomy(MAPPED.liver, tumour=tumour, mapped=mapped)) == ()
    more = mapped | liver_part([[8, 9, 8, 9, 8, 9]], "liver")
    found = check_cover(Anatomy(MAPPED.liver, tumour=tumour, mapped=more))
    assert codes(found) == ["segments.cover"]


SHAPE = (5, 4, 6)


@pytest.mark.slow
@settings(max_examples=how_many(40, 100))
@given(
    st.dictionaries(st.sampled_from("12345678"), clouds(SHAPE), min_size=1),
    st.sampled_from(TURNS), st.permutations("12345678"),
)  # fmt: skip
def test_doubts_do_not_depend_on_storage_nor_on_the_order_of_labels(
    drawn: dict[str, set[Index]], turn: Turn, order: list[str]
) -> None:
    grid = cubes(SHAPE, 10.0)
    segments = {name: cells(grid, cloud, f"segment_{name}") for name, cloud in drawn.items()}
    anatomy = Anatomy(block(grid, (0, 5), (0, 4), (0, 6), name="liver"), segments=segments)
    reordered = {name: segments[name] for name in order if name in segments}
    other = on_each(replace(anatomy, segments=reordered), lambda mask: turned(mask, *turn))
    ours, theirs = find_segment_doubts(anatomy), find_segment_doubts(other)
    assert sorted(f.code for f in ours) == sorted(f.code for f in theirs)
    assert measure_segments(anatomy) == measure_segments(other)


def test_a_scheme_without_a_liver_fits_small_structures_that_are_all_there() -> None:
    vessels = LabelScheme("v", "Vessels", "a paper", {1: "portal_vein", 2: "ivc"}, complete=False)
    for second_ml, fits in ((40.0, True), (None, False), (900.0, False)):
        volumes_ml = {1: 20.0} | ({} if second_ml is None else {2: second_ml})
        assert list_fitting_schemes({"v": vessels}, volumes_ml) == (("v",) if fits else ())


@pytest.mark.parametrize(
    ("volumes_ml", "fits"),
    [
        ({1: 1500.0, 3: 200.0, 6: 60.0, 9: 30.0}, True),
        ({1: 1500.0, 3: 200.0, 6: 60.0}, True),  # after cholecystectomy
        ({1: 1500.0, 3: 150.0}, False),  # a single other of its structures
        ({1: 520.0, 3: 700.0, 6: 60.0}, False),  # a structure larger than the liver
    ],
)
def test_h13_a_scheme_of_organs_fits_without_one_that_was_removed(
    volumes_ml: dict[int, float], *, fits: bool
) -> None:
    names = {1: "liver", 3: "spleen", 6: "inferior_vena_cava", 9: "gallbladder"}
    scheme = LabelScheme("organs", "", "", names, complete=False)
    assert list_fitting_schemes({"organs": scheme}, volumes_ml) == (("organs",) if fits else ())


def test_a_complete_scheme_does_not_fit_a_label_that_it_does_not_have() -> None:
    one = LabelScheme("one", "", "", {1: "liver", 2: "tumour"}, complete=True)
    assert list_fitting_schemes({"one": one}, {1: 1500.0, 2: 20.0}) == ("one",)
    assert list_fitting_schemes({"one": one}, {1: 1500.0, 2: 20.0, 3: 20.0}) == ()


@pytest.mark.parametrize(("present", "fits"), [(8, True), (6, True), (5, False)])
def test_a_scheme_of_segments_fits_a_map_that_lacks_at_most_two(present: int, fits: bool) -> None:
    names = {number: f"segment_{number}" for number in range(1, 9)}
    scheme = LabelScheme("eight", "", "", names, complete=True)
    volumes_ml = dict.fromkeys(range(1, present + 1), 150.0)
    assert list_fitting_schemes({"eight": scheme}, volumes_ml) == (("eight",) if fits else ())
