"""Resections by hand on the small liver, and every set of segments by plain sets of voxels."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fl_planner.liver.all_resections import measure_rims, name_of
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.lesions import measure_lesions
from fl_planner.liver.lesions.locations import are_bilobar, locate_lesions
from fl_planner.liver.names.resection_names import NAMED
from fl_planner.liver.segments.territories import map_territories
from fl_planner.space.grid import Grid
from tests.cases import sure
from tests.liver.all_resections.answers import answer
from tests.masks import (
    AFFINES,
    SEGMENT_ML,
    TURNS,
    Index,
    Turn,
    block,
    cells,
    clouds,
    indices_of,
    liver_part,
    on_each,
    small_liver,
    small_segments,
    turned,
)

SHAPE = (6, 5, 4)
VOXELS = SHAPE[0] * SHAPE[1] * SHAPE[2]


def with_tumour(*lesions: list[int], liver: Anatomy | None = None) -> Anatomy:
    tumour = liver_part(lesions, "tumour") if lesions else None
    return replace(liver or small_liver(), tumour=tumour, segments=small_segments())


def test_every_set_but_none_and_all_is_answered_once() -> None:
    _, found = answer(with_tumour())
    sets = [gone for size in range(1, 8) for gone in combinations("12345678", size)]
    assert [resection.removed for resection in found.values()] == sets
    for gone, resection in zip(sets, found.values(), strict=True):
        kept_ml = sum(ml for name, ml in SEGMENT_ML.items() if name not in gone)
        assert (resection.flr.numerator_voxels, resection.flr.denominator_voxels) == (kept_ml, 1500)
        assert (resection.cleared, resection.margin_mm) == ((), None)
        assert set(resection.kept) | set(gone) == set("12345678")


@pytest.mark.parametrize(
    ("segments", "name", "percent"),
    [  # of 1500 mL; Brisbane 2000
        ("5678", "right hepatectomy", 40.0),
        ("234", "left hepatectomy", 66.0),
        ("45678", "right trisectionectomy", 26.0),
        ("23458", "left trisectionectomy", 46.0),
        ("23", "left lateral sectionectomy", 80.0),
        ("4", "left medial sectionectomy", 86.0),
        ("58", "right anterior sectionectomy", 80.0),
        ("67", "right posterior sectionectomy", 60.0),
        ("458", "central hepatectomy", 66.0),
        ("15678", "right hepatectomy and segment 1", 34.0),
        ("25", None, 80.0),
    ],
)
def test_anatomical_resections_have_their_names(
    segments: str, name: str | None, percent: float
) -> None:
    _, found = answer(with_tumour())
    resection = found[segments]
    assert (resection.name, resection.code) == (name, f"H{segments}")
    assert resection.flr.percent == percent


def test_the_fixed_patterns_of_others_are_among_the_named_ones() -> None:
    # Right, left, extended right, extended left, right anterior, left lateral.
    patterns = ["5678", "234", "45678", "23458", "58", "23"]
    assert {tuple(pattern) for pattern in patterns} <= set(NAMED.values())


def test_a_lesion_is_cleared_cut_or_left() -> None:
    # In 8 alone; across 5 and 8; in 3.
    anatomy = with_tumour([10, 11, 8, 9, 8, 9], [8, 9, 6, 7, 4, 8], [2, 3, 2, 3, 2, 3])
    sites, found = answer(anatomy)
    largest, second, first = (site.number for site in sites)  # 4 voxels, then from the head down
    assert [site.needs for site in sites] == [("5", "8"), ("8",), ("3",)]
    assert [dict(site.voxels_in) for site in sites] == [{"5": 2, "8": 2}, {"8": 1}, {"3": 1}]
    only_8, both, left = (found[gone] for gone in ("8", "58", "23"))
    assert (only_8.cleared, only_8.cut, only_8.left) == ((second,), (largest,), (first,))
    assert (both.cleared, both.cut, both.left) == ((largest, second), (), (first,))
    assert (left.cleared, left.cut, left.left) == ((first,), (), (largest, second))
    # Tumour is out of both: 1500 - 6 mL, and segment 3 has lost one of its 150.
    assert (left.flr.numerator_voxels, left.flr.denominator_voxels) == (1494 - 150 - 149, 1494)


def test_a_margin_runs_to_the_nearest_kept_tumour_free_voxel() -> None:
    # One voxel at i = 10, j = 8, k = 8 in segment 8 (7-11, 5-10, 6-10), voxels of 10 mm.
    _, found = answer(with_tumour([10, 11, 8, 9, 8, 9]))
    assert found["8"].margin_mm == pytest.approx(20.0)  # i = 12, segment 7
    assert found["78"].margin_mm == pytest.approx(30.0)  # k = 5, segment 5
    assert found["5678"].margin_mm == pytest.approx(40.0)  # i = 6, segment 4
    assert found["45678"].margin_mm == pytest.approx(np.hypot(40.0, 50.0))  # segment 1
    assert found["145678"].margin_mm == pytest.approx(70.0)  # i = 3, segment 2
    assert found["4567"].margin_mm is None


def test_a_margin_does_not_run_to_what_the_map_holds_outside_the_liver() -> None:
    # A gallbladder at i = 12, drawn as segment 7 by the map alone, next to the lesion of above.
    liver = small_liver()
    gallbladder = block(liver.liver.grid, (12, 13), (0, 20), (0, 20))
    liver = replace(liver, liver=liver.liver - gallbladder)
    _, found = answer(with_tumour([10, 11, 8, 9, 8, 9], liver=liver))
    assert found["8"].margin_mm == pytest.approx(30.0)  # i = 13, segment 7
    assert found["58"].margin_mm == pytest.approx(30.0)
    assert found["5678"].margin_mm == pytest.approx(40.0)


def test_the_margin_is_that_of_the_closest_lesion() -> None:
    _, found = answer(with_tumour([10, 11, 8, 9, 8, 9], [7, 8, 8, 9, 8, 9]))
    assert found["5678"].margin_mm == pytest.approx(10.0)  # i = 7 beside i = 6


def test_clearing_what_stays_takes_liver_with_it() -> None:
    # A lesion of one voxel in segment 3 stays in a right hepatectomy; its six neighbours lie
    # 10 mm away, in segments 3 (five) and 2 (one).
    _, found = answer(with_tumour([2, 3, 5, 6, 5, 6]))
    right, kept = found["5678"], 1499 - 900
    assert {mm: share.numerator_voxels for mm, share in right.flr_after_clearing.items()} == {
        0: kept,
        1: kept,
        5: kept,
        10: kept - 6,
    }
    assert found["25678"].flr_after_clearing[10].numerator_voxels == kept - 150 - 5
    assert found["35678"].flr_after_clearing[10].numerator_voxels == kept - 149


def test_h03_a_cut_lesion_is_cleared_if_more_than_half_of_it_is_kept() -> None:
    # Three voxels of a bar along k, one in 3 (k = 5) and two in 2 (k = 6, 7), as a plan by segments
    # counts them: half or less is not cleared.
    _, found = answer(with_tumour([2, 3, 5, 6, 5, 8]))
    most, least = found["3"], found["2"]
    assert most.cut == least.cut == (1,)
    # Of its 14 neighbours, nine are in 2 and five in 3.
    after = most.flr_after_clearing[10]
    assert after.numerator_voxels == most.flr.numerator_voxels - 9
    assert least.flr_after_clearing[10] == least.flr
    _, found = answer(with_tumour([2, 3, 5, 6, 5, 7]))  # half in each
    for removed in "23":
        assert found[removed].cut == (1,)
        assert found[removed].flr_after_clearing[10] == found[removed].flr


def test_h03_a_cut_lesion_that_the_map_leaves_out_is_cleared() -> None:
    # The same bar of three voxels, one next to 3 and two next to 2, in a map drawn around it.
    anatomy = with_tumour([2, 3, 5, 6, 5, 8])
    around = {name: mask - sure(anatomy.tumour) for name, mask in small_segments().items()}
    _, found = answer(replace(anatomy, segments=around))
    for removed, neighbours in (("3", 9), ("2", 5)):
        one = found[removed]
        assert one.cut == (1,)
        after = one.flr_after_clearing[10]
        assert after.numerator_voxels == one.flr.numerator_voxels - neighbours


def test_h03_liver_between_two_lesions_is_taken_once() -> None:
    _, found = answer(with_tumour([2, 3, 3, 4, 3, 4], [2, 3, 5, 6, 3, 4]))
    right = found["5678"]
    # Six neighbours each, one of them shared; all in segment 3.
    assert right.flr_after_clearing[10].numerator_voxels == right.flr.numerator_voxels - 11


def test_h03_devascularised_liver_is_no_remnant() -> None:
    dead = liver_part([[1, 2, 1, 11, 1, 11]], "devascularised")  # 50 mL each of II and III
    _, found = answer(replace(with_tumour([2, 3, 5, 6, 5, 6]), excluded=(dead,)))
    right = found["5678"]
    assert (right.flr.numerator_voxels, right.flr.denominator_voxels) == (599 - 100, 1499)
    # Of the lesion's six neighbours the one at i = 1 is dead already.
    assert right.flr_after_clearing[10].numerator_voxels == 599 - 100 - 5


def test_h13_nothing_is_answered_while_a_segment_is_missing() -> None:
    segments = {name: mask for name, mask in small_segments().items() if name != "4"}
    anatomy = replace(small_liver(), segments=segments)
    assert answer(anatomy)[1] == {}
    _, found = answer(replace(anatomy, absent_segments=frozenset("4")))
    assert len(found) == 2**7 - 2
    assert found["23"].name == "left hepatectomy"  # without 4 there is no more to it


def test_h13_a_segment_stated_to_be_absent_is_named_as_removed_when_the_map_has_it() -> None:
    """V, VIII of 150 mL, VI, VII of 300 mL, of 1500 mL: the anterior sector leaves 80 %."""
    segments = small_segments()
    with_absent = replace(small_liver(), segments=segments, absent_segments=frozenset("67"))
    _, found = answer(with_absent)
    anterior, right = found["58"], found["5678"]
    assert (anterior.name, right.name) == ("right anterior sectionectomy", "right hepatectomy")
    assert (anterior.flr.numerator_voxels, right.flr.numerator_voxels) == (1200, 600)


def test_names_follow_the_segments_that_a_patient_has() -> None:
    assert name_of("678", frozenset("5")) == "right hepatectomy"
    assert name_of("678") is None


@pytest.mark.parametrize(
    ("gone", "absent", "name"),
    [
        ("4", "5678", "left medial sectionectomy"),
        ("14", "5678", "left medial sectionectomy and segment 1"),
        ("458", "67", "central hepatectomy"),
        ("458", "23", "central hepatectomy"),
        ("4", "23", "left hepatectomy"),
        ("58", "67", "right hepatectomy"),
        ("4567", "8", "right trisectionectomy"),
        ("234", "58", "left hepatectomy"),
    ],
)
def test_h15_exactly_these_segments_are_preferred_in_a_name(
    gone: str, absent: str, name: str
) -> None:
    # clinical.md 12: H4 is the medial section, also after an earlier right hepatectomy
    assert name_of(gone, frozenset(absent)) == name


@pytest.mark.parametrize("absent", ["4", "58", "67", "23", "234", "5678"])
def test_h15_the_caudate_alone_is_no_named_resection(absent: str) -> None:
    # the other segments of the name are absent, so only segment 1 would be removed
    assert name_of("1", frozenset(absent)) is None


def test_h13_a_tumour_that_the_map_leaves_out_needs_what_it_touches() -> None:
    lesion = [10, 13, 8, 9, 8, 9]  # i = 10 and 11 in segment 8, 12 in segment 7
    tumour = liver_part([lesion], "tumour")
    carved = {name: mask - tumour for name, mask in small_segments().items()}
    anatomy = replace(small_liver(), tumour=tumour, segments=carved)
    (site,), found = answer(anatomy)
    assert (dict(site.voxels_in), site.voxels_in_none) == ({}, 3)
    assert site.needs == ("7", "8")
    assert found["8"].cut == (1,)


def test_few_voxels_outside_the_map_change_nothing() -> None:
    # The lesion lies in 8 (two voxels) and one voxel of it was given to no segment, beside 7.
    tumour = liver_part([[10, 13, 8, 9, 8, 9]], "tumour")
    hole = liver_part([[12, 13, 8, 9, 8, 9]], "hole")
    segments = {name: mask - hole for name, mask in small_segments().items()}
    (site,), _ = answer(replace(small_liver(), tumour=tumour, segments=segments))
    assert (dict(site.voxels_in), site.voxels_in_none, site.needs) == ({"8": 2}, 1, ("8",))


def test_h13_a_tumour_far_from_the_map_needs_the_nearest_segments() -> None:
    segments = {
        name: mask - liver_part([[10, 16, 1, 11, 6, 11]], "gap")
        for name, mask in small_segments().items()
    }
    tumour = liver_part([[13, 14, 6, 7, 8, 9]], "tumour")  # 6 is 3 layers below, 7 and 8 farther
    (site,), _ = answer(replace(small_liver(), tumour=tumour, segments=segments))
    assert site.needs == ("6",)


@pytest.mark.parametrize(
    ("lesions", "each", "together"),
    [
        ([[10, 11, 8, 9, 8, 9]], [{"right"}], False),
        ([[6, 8, 8, 9, 8, 9]], [{"left", "right"}], True),  # across 4 and 8
        ([[5, 6, 2, 3, 8, 9]], [set()], False),  # caudate
        ([[10, 11, 8, 9, 8, 9], [2, 3, 2, 3, 2, 3]], [{"right"}, {"left"}], True),
    ],
)
def test_sides(lesions: list[list[int]], each: list[set[str]], together: bool) -> None:
    sites, _ = answer(with_tumour(*lesions))
    assert [site.sides for site in sites] == each
    assert [site.is_bilobar for site in sites] == [len(sides) == 2 for sides in each]
    assert are_bilobar(sites) is together


def test_depth_and_vessels_are_measured_centre_to_centre() -> None:
    vein = liver_part([[4, 5, 1, 11, 8, 9]], "portal_vein")
    anatomy = replace(with_tumour([10, 11, 8, 9, 8, 9]), vessels={"portal_vein": vein})
    (site,), _ = answer(anatomy)
    assert site.surface_mm == pytest.approx(30.0)  # j = 11 is the first voxel outside
    assert site.vessels_mm == {"portal_vein": pytest.approx(60.0)}
    touching = replace(anatomy, vessels={"portal_vein": anatomy.liver})
    assert answer(touching)[0][0].vessels_mm == {"portal_vein": 0.0}


def test_without_a_map_a_lesion_still_has_a_depth() -> None:
    anatomy = replace(small_liver(), tumour=liver_part([[10, 11, 8, 9, 8, 9]], "tumour"))
    assert map_territories(anatomy) is None
    lesions = sure(measure_lesions(anatomy))
    (site,) = locate_lesions(anatomy, lesions, None)
    assert (dict(site.voxels_in), site.voxels_in_none, site.needs) == ({}, None, ())
    assert not site.is_bilobar


def test_an_organ_that_fills_its_grid_has_no_surface() -> None:
    grid = Grid.upright((4, 4, 4), (10.0, 10.0, 10.0))
    whole = block(grid, (0, 4), (0, 4), (0, 4), name="liver")
    anatomy = Anatomy(whole, tumour=block(grid, (1, 2), (1, 2), (1, 2), name="tumour"))
    lesions = sure(measure_lesions(anatomy))
    assert locate_lesions(anatomy, lesions, None)[0].surface_mm is None


@pytest.mark.slow
@pytest.mark.parametrize("turn", TURNS[::5])
def test_storage_changes_no_answer(turn: Turn) -> None:
    anatomy = with_tumour([10, 11, 8, 9, 8, 9], [8, 9, 6, 7, 4, 8], [2, 3, 2, 3, 2, 3])
    (sites, found), (sites_too, found_too) = (
        answer(one) for one in (anatomy, on_each(anatomy, lambda mask: turned(mask, *turn)))
    )
    assert [site.needs for site in sites] == [site.needs for site in sites_too]
    for gone, resection in found.items():
        other = found_too[gone]
        assert resection.flr == other.flr
        assert resection.flr_after_clearing == other.flr_after_clearing
        assert resection.margin_mm == pytest.approx(other.margin_mm)


def test_h03_a_voxel_of_two_segments_is_in_each_and_once_in_both() -> None:
    """Segments 4 and 5 of 32 voxels each share 16; what remains of one, of both: 32, 48 of 64."""
    grid = Grid.upright((4, 4, 4), (10.0, 10.0, 10.0))
    liver = block(grid, (0, 4), (0, 4), (0, 4), name="liver")
    places = {"4": (0, 2), "5": (1, 3), "6": (3, 4)}
    segments = {name: block(grid, at, (0, 4), (0, 4), name=name) for name, at in places.items()}
    absent = frozenset("12345678") - segments.keys()
    anatomy = Anatomy(liver, tumour=block(grid, (3, 4), (0, 1), (0, 1), name="tumour"),
                      segments=segments, absent_segments=absent)  # fmt: skip
    _, found = answer(anatomy)
    kept = {"".join(sorted(one.kept)): one.flr.numerator_voxels for one in found.values()}
    assert (kept["4"], kept["5"], kept["45"]) == (32, 32, 48)


owners = st.lists(st.integers(0, 9), min_size=VOXELS, max_size=VOXELS)  # 0: none; 9: 4 and 5


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(owner=owners, cloud=clouds(SHAPE, most=12), kind=st.sampled_from(["upright", "oblique"]))
def test_h03_every_set_against_plain_sets_of_voxels(
    owner: list[int], cloud: set[Index], kind: str
) -> None:
    grid = Grid(SHAPE, tuple((10 * a, 10 * b, 10 * c, d) for a, b, c, d in AFFINES[kind]))
    places = [tuple(index) for index in np.ndindex(SHAPE)]
    within = {name: {p for p, o in zip(places, owner, strict=True) if o == n}
              for n, name in enumerate("12345678", start=1)}  # fmt: skip
    both = {p for p, o in zip(places, owner, strict=True) if o == 9}
    within["4"] |= both
    within["5"] |= both
    present = {name: cells(grid, voxels, name) for name, voxels in within.items() if voxels}
    liver = block(grid, *((0, n) for n in SHAPE), name="liver")
    tumour = cells(grid, cloud, "tumour")
    assume(present)
    absent = frozenset("12345678") - present.keys()
    anatomy = Anatomy(liver, tumour=tumour, segments=present, absent_segments=absent)
    sites, found = answer(anatomy)
    lesions = measure_lesions(anatomy)
    parts = {site.number: indices_of(lesion.mask) for site, lesion in
             zip(sites, sure(lesions).items, strict=True)}  # fmt: skip
    free, mapped = set(map(tuple, places)) - cloud, set().union(*within.values())
    for gone, resection in list(found.items())[::17]:
        kept = set().union(*(within[name] for name in resection.kept))
        whole = {n for n, site in zip(parts, sites, strict=True) if set(site.needs) <= set(gone)}
        assert set(resection.cleared) == whole
        assert resection.flr.numerator_voxels == len(kept & free)
        assert resection.flr.denominator_voxels == len(free)
        gaps = [mm(grid, a, b) for n in whole for a in parts[n] for b in kept & free]
        assert resection.margin_mm == (pytest.approx(min(gaps)) if gaps else None)
        held = {n: len(parts[n] & kept) + len(parts[n] - mapped) for n in parts}
        half = {n for n in parts if n not in whole and 2 * held[n] > len(parts[n])}
        left = {n for n, site in zip(parts, sites, strict=True) if not {*site.needs} & {*gone}}
        staying = {a for n in half | left for a in parts[n]}
        for reach, share in resection.flr_after_clearing.items():
            taken = {b for b in kept & free if any(mm(grid, a, b) <= reach + 1e-6 for a in staying)}
            assert share.numerator_voxels == len(kept & free) - len(taken)


def mm(grid: Grid, a: tuple[int, ...], b: tuple[int, ...]) -> float:
    return float(np.linalg.norm(grid.matrix()[:, :3] @ np.subtract(a, b)))


def test_rims_of_several_lesions_are_each_counted_by_the_lesions_near() -> None:
    """Six lesions of a voxel of 10 mm; a voxel is near those whose centre is at most 30 mm away."""
    centres = [(8, 3, 3), (10, 3, 3), (9, 5, 4), (11, 6, 4), (8, 7, 6), (10, 8, 6)]
    anatomy = with_tumour(*([i, i + 1, j, j + 1, k, k + 1] for i, j, k in centres))
    lesions, territories = sure(measure_lesions(anatomy)), sure(map_territories(anatomy))
    rims = measure_rims(anatomy.nontumorous, lesions, territories, (30.0,))[30.0]
    places = [tuple(one.mask.box.start) for one in lesions.items]
    assert sorted(places) == sorted(centres)
    expected: dict[tuple[bool, ...], int] = {}
    for voxel in indices_of(anatomy.nontumorous):
        near = tuple(
            sum((a - b) ** 2 for a, b in zip(voxel, place, strict=True)) <= 9 for place in places
        )
        if any(near):
            expected[near] = expected.get(near, 0) + 1
    found: dict[tuple[bool, ...], int] = {}
    groups = np.split(rims.owners, rims.starts[1:])
    for group, voxels in zip(groups, rims.voxels.tolist(), strict=True):
        row = tuple(n in group for n in range(len(places)))
        found[row] = found.get(row, 0) + voxels
    assert found == expected
    assert max(map(sum, found)) >= 3
