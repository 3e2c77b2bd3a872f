"""Resections by halves of IV: by hand on the small liver, and as a plan answers the same set."""

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from fl_planner.liver.all_resections import Resection, compute_half_resections
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.lesions.lesions import measure_lesions
from fl_planner.liver.lesions.locations import divide_sites, locate_lesions
from fl_planner.liver.remnant import determine_remnant
from fl_planner.liver.segments.segments import join_halves
from fl_planner.liver.segments.territories import map_divided_territories, map_territories
from fl_planner.liver.volumetry import measure_liver
from fl_planner.planning.assessment.choose_resections import (
    ResectionRow,
    choose_rows,
    select_resections,
    tabulate_resections,
)
from fl_planner.planning.assessment.operations import Planned, measure_operations
from fl_planner.planning.assessment.plan_measures import choose_map_spread, measure_plan
from fl_planner.planning.given.case import Case, Operation
from fl_planner.planning.plan import plan
from fl_planner.record.resections import as_named_resections
from tests.cases import sure
from tests.masks import SEGMENT_ML, liver_part, small_liver, small_segments
from tests.record.planned import PROTOCOLS, TRIALS

# IV is i 4-6, j 4-10, k 1-10: 4a its upper half, from k = 6, and 4b the lower one, 105 mL each.
HALF_ML = {"4a": 105, "4b": 105}
UPPER = liver_part([[4, 7, 4, 11, 6, 11]], "segment_4a")
LOWER = liver_part([[4, 7, 4, 11, 1, 6]], "segment_4b")
DRAWN = {**{n: m for n, m in small_segments().items() if n != "4"}, "4a": UPPER, "4b": LOWER}


def with_tumour(*lesions: list[int]) -> Anatomy:
    segments, halves = join_halves(DRAWN, frozenset())
    tumour = liver_part(lesions, "tumour") if lesions else None
    return replace(small_liver(), tumour=tumour, segments=segments, segment_parts=halves)


def answer(anatomy: Anatomy) -> dict[tuple[str, ...], Resection]:
    lesions = measure_lesions(anatomy)
    sites = () if lesions is None else locate_lesions(anatomy, lesions, map_territories(anatomy))
    return {one.removed: one for one in compute_half_resections(anatomy, lesions, sites)}


def plan_of(anatomy: Anatomy, kept: tuple[str, ...]) -> Planned:
    operation = Operation(None, kept)
    remnant, _ = determine_remnant(anatomy, kept)
    first = remnant, measure_liver(anatomy, sure(remnant).mask)
    case = Case(anatomy, (), operations=(operation,))
    (planned,), _ = measure_operations(case, first, measure_lesions(anatomy))
    return planned


def test_every_set_with_one_half_is_answered_once() -> None:
    found = answer(with_tumour())
    others = [name for name in SEGMENT_ML if name != "4"]
    sets = {
        tuple(sorted((*gone, half)))
        for size in range(len(others) + 1)
        for gone in combinations(others, size)
        for half in HALF_ML
    }
    assert len(found) == 256
    assert found.keys() == sets
    assert [len(one) for one in found] == sorted(len(one) for one in found)
    all_ml = {**SEGMENT_ML, **HALF_ML}
    for gone, one in found.items():
        assert set(one.kept) | set(gone) == all_ml.keys() - {"4"}
        kept_ml = sum(all_ml[name] for name in one.kept)
        assert (one.flr.numerator_voxels, one.flr.denominator_voxels) == (kept_ml, 1500)
        assert (one.name, one.code) == (None, "H" + "".join(gone))


def test_h15_a_resection_that_spares_iva_by_hand() -> None:
    # One voxel in 8, and one in 4b at i = 5, j = 8, k = 2.
    found = answer(with_tumour([10, 11, 8, 9, 8, 9], [5, 6, 8, 9, 2, 3]))
    spares = found[("4b", "5", "6", "7", "8")]
    assert spares.code == "H4b5678"
    assert (spares.cleared, spares.cut, spares.left) == ((1, 2), (), ())
    assert spares.flr.numerator_voxels == 90 + 150 + 150 + 105
    assert spares.margin_mm == pytest.approx(20.0)  # i = 3, segment 3
    upper = found[("4a", "5", "6", "7", "8")]
    assert len(upper.left) == 1  # what lies in 4b
    after = upper.flr_after_clearing[10].numerator_voxels
    assert after == upper.flr.numerator_voxels - 6
    assert spares.flr_after_clearing[10] == spares.flr


def test_a_lesion_across_both_halves_is_cut_by_either() -> None:
    anatomy = with_tumour([5, 6, 8, 9, 5, 7])  # k = 5 and 6
    found = answer(anatomy)
    assert all(one.cut == (1,) for one in found.values())
    lesions = sure(measure_lesions(anatomy))
    sites = locate_lesions(anatomy, lesions, map_territories(anatomy))
    (site,) = divide_sites(anatomy, lesions, sites, sure(map_divided_territories(anatomy)))
    assert (dict(site.voxels_in), site.needs) == ({"4a": 1, "4b": 1}, ("4a", "4b"))
    assert sites[0].needs == ("4",)


def test_h13_a_map_without_both_halves_has_none() -> None:
    whole = replace(small_liver(), segments=small_segments())
    assert answer(whole) == {}
    segments, halves = join_halves({**DRAWN, "4": UPPER | LOWER}, frozenset())
    one = replace(small_liver(), segments=segments, segment_parts={"4a": halves["4a"]})
    assert answer(one) == {}


def test_h13_nothing_is_answered_by_halves_while_a_segment_is_missing() -> None:
    drawn = {name: mask for name, mask in DRAWN.items() if name != "7"}
    segments, halves = join_halves(drawn, frozenset())
    anatomy = replace(small_liver(), segments=segments, segment_parts=halves)
    assert answer(anatomy) == {}
    assert len(answer(replace(anatomy, absent_segments=frozenset("7")))) == 128


def test_a_divided_map_has_nine_bits_and_another_one_eight() -> None:
    anatomy = with_tumour()
    divided, whole = sure(map_divided_territories(anatomy)), sure(map_territories(anatomy))
    assert (divided.bits.itemsize, divided.sets, len(divided.names)) == (2, 512, 9)
    assert (whole.bits.itemsize, whole.sets, len(whole.names)) == (1, 256, 8)
    assert int(divided.count(anatomy.liver)[divided.bit_of(("8",))]) == SEGMENT_ML["8"]
    assert map_divided_territories(anatomy) is divided  # laid once, for all that ask
    assert map_territories(anatomy) is whole


spans = st.tuples(st.integers(1, 13), st.integers(1, 8), st.integers(1, 8))


@pytest.mark.essential
@pytest.mark.slow
@settings(max_examples=20)
@given(
    places=st.lists(spans, min_size=1, max_size=3),
    gone=st.sets(st.sampled_from([*"1235678"]), max_size=6),
    half=st.sampled_from(["4a", "4b"]),
)
def test_a_set_is_answered_as_the_plan_of_what_it_keeps(
    places: list[tuple[int, int, int]], gone: set[str], half: str
) -> None:
    anatomy = with_tumour(*([i, i + 2, j, j + 2, k, k + 2] for i, j, k in places))
    one = answer(anatomy)[tuple(sorted((*gone, half)))]
    planned = plan_of(anatomy, one.kept)
    assert planned.volumes.flr_share == one.flr
    assert planned.cleared == one.cleared
    assert planned.margin_mm == pytest.approx(one.margin_mm)
    assert sure(planned.clearing).after == one.flr_after_clearing[10]


def rows_of(*lesions: list[int]) -> tuple[ResectionRow, ...]:
    case = Case(with_tumour(*lesions), ())
    measured = measure_plan(case)
    spread = choose_map_spread(case, measured, {})
    return tabulate_resections(sure(measured.resections), measured.volumes, (), spread, None)


def codes_of(rows: tuple[ResectionRow, ...]) -> list[str]:
    return [row.resection.code for row in rows]


def test_what_spares_a_half_is_behind_what_takes_all_of_iv() -> None:
    rows = rows_of([12, 13, 8, 9, 8, 9], [5, 6, 8, 9, 2, 3])  # in 7, and in 4b
    assert len(rows) == 254 + 256
    assert codes_of(choose_rows(rows)) == [
        *("H45678", "H4b5678", "H145678", "H14b5678"),
        *("H234", "H5678"),  # left and right hepatectomy are shown whatever they clear
    ]
    across = rows_of([12, 13, 8, 9, 8, 9], [5, 6, 8, 9, 5, 7])
    assert codes_of(choose_rows(across)) == ["H45678", "H145678", "H234", "H5678"]


def test_a_set_with_a_half_may_be_asked_for_and_both_halves_are_iv() -> None:
    rows = rows_of()
    asked = select_resections(rows, [("8", "4b", "5"), ("4a", "4b"), ("4b",)])
    assert codes_of(asked) == ["H4b58", "H4", "H4b"]


def test_the_table_of_a_divided_map_states_halves() -> None:
    case = Case(with_tumour([12, 13, 8, 9, 8, 9], [5, 6, 8, 9, 2, 3]), ())
    made = plan(case, TRIALS, PROTOCOLS)
    told = as_named_resections(made)
    assert told.title == "Resections by segments and halves of IV"
    halved = next(row for row in told.resections if row.code == "H4b5678")
    assert (halved.name, halved.shown) == (None, True)
    assert (halved.removed, halved.kept) == (("4b", "5", "6", "7", "8"), ("1", "2", "3", "4a"))
    whole = structs.replace(case, anatomy=replace(case.anatomy, segment_parts={}))
    assert as_named_resections(plan(whole, TRIALS, PROTOCOLS)).title.endswith("whole segments")
