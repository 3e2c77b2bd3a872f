"""Parts of records: readers, stages, resections, and scans over time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from msgspec import structs

from fl_planner.liver.agreement.second_reader import SecondMasks
from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.scatter.spread import Decides
from fl_planner.planning.assessment.operations import find_stage_twins
from fl_planner.planning.given.case import Operation
from fl_planner.planning.growth.change import TimePoint
from fl_planner.planning.growth.story import measure_growth
from fl_planner.record.anatomy import find_voxel_edges
from fl_planner.record.growth import as_growth
from fl_planner.record.operations import LesionFateKeys, OperationRecord, SliverRecord
from fl_planner.record.plan import as_plan_record
from fl_planner.record.ratios import CentreErrorRecord, SpreadRecord
from fl_planner.record.resections import as_resections_record, list_row_notes
from fl_planner.report.document.operations import plan_table
from fl_planner.report.page.values import value_blocks
from fl_planner.report.terminal.plan import plan_table as terminal_table
from fl_planner.trials.statements import Stated
from tests.cases import each_case
from tests.liver.lesions.test_slivers import BOX, having, part
from tests.masks import TURNS, Turn, liver_part, moved, small_segments, turned
from tests.record.planned import WHOLE, flat, made, shown
from tests.report.phantoms import LIVER, block

OWN = CentreErrorRecord(cv=0.2, cases=20, df=19, relative_sd=0.21, source="two readers")


def test_a_centre_s_own_readers_are_stated_with_how_many_cases_they_read() -> None:
    assert OWN.words == "two readers: CV 20.0 %, 20 cases, df 19"


@each_case(
    "second, centre, of_two",
    {
        "no second reader": (None, OWN, False),
        "nothing else": (0.1, None, True),
        "less than the centre's": (0.2, OWN, False),
        "as much as the centre's": (0.21, OWN, True),
    },
)
def test_two_readings_alone_decide_where_they_differ_as_much_as_the_centre_s(
    second: float | None, centre: CentreErrorRecord | None, of_two: bool
) -> None:
    spread = SpreadRecord(
        remnant=0.07, liver=0.03, rho=0.5, readers_sd=0.06, geometry_sd=0.01,
        second_reader_sd=second, centre=centre, decided_by="readers", relative_sd=0.06, source="x",
    )  # fmt: skip
    assert spread.is_of_two is of_two


@pytest.mark.parametrize(
    ("decided_by", "told"),
    [
        ("readers", "printed"),
        ("centre", "two readers: CV 20.0 %, 20 cases, df 19"),
        ("second_reader", "two readings of this case"),
        ("geometry", "voxel size of the masks"),
    ],
)
def test_the_basis_of_an_interval_is_what_decides_it(decided_by: Decides, told: str) -> None:
    """With an error of the centre, a second reading or coarse voxels may still decide."""
    spread = SpreadRecord(
        remnant=0.07, liver=0.03, rho=0.5, readers_sd=0.06, geometry_sd=0.3, second_reader_sd=0.4,
        centre=None if decided_by == "readers" else OWN, decided_by=decided_by, relative_sd=0.4,
        source="printed",
    )  # fmt: skip
    assert spread.rests_on == told


def test_the_spread_of_two_readings_has_no_ends_of_a_95_percent_interval() -> None:
    """One difference between two readings gives no distribution [clinical.md 13]."""
    second = SecondMasks(liver_part([[1, 5, 1, 11, 1, 11]], "flr"))
    alone, twice = (
        as_plan_record(plan).ratios.by_part["flr"] for plan in (made(), made(second=second))
    )
    assert alone.ends_95_percent == alone.ends_percent
    for ends, within in ((0.5, 99.5), (0.5, 99.5)), ((-0.5, 100.5), (0.0, 100.0)):
        assert structs.replace(alone, interval_percent=ends).ends_percent == within
    assert twice.ends_95_percent is None


@pytest.mark.parametrize(
    ("segments", "cut_by", "said"),
    [
        (("2", "3"), None, "II, III"),
        (("2", "3"), "a plane", "II, III, cut by a plane"),
        (None, "a plane", "cut by a plane"),
        (None, None, "none"),
    ],
)
def test_what_stays_is_stated_with_what_cuts_it(
    segments: tuple[str, ...] | None, cut_by: str | None, said: str
) -> None:
    assert OperationRecord(remnant_segments=segments, cut_by=cut_by).format_kept("none") == said


def test_a_limit_is_on_the_share_that_its_name_states() -> None:
    limits = as_plan_record(made()).thresholds
    assert limits
    for one in limits:
        assert one.is_on("flr") is ("flr" in one.name)
        assert not one.is_on("untreated")


# ---- plans that differ in their stages


MAPPED = replace(WHOLE, flr=None, segments=small_segments())
ONE = Operation("right hepatectomy", ("2", "3", "4"), stages=1)
TWO = Operation("two stages", ("2", "3", "4"), stages=2)


def test_twins_differ_in_stages_alone() -> None:
    """`clinical.md` 12: two plans that differ in `stages` alone."""
    unsaid = Operation("unsaid", ("4", "3", "2"))  # read as one operation
    larger = Operation("larger", ("2", "3"), stages=2)
    embolised = Operation("embolised", ("2", "3", "4"), embolised_segments=("5",), stages=2)
    drawn = liver_part([[1, 4, 1, 11, 1, 11]], "flr")
    by_mask = Operation("drawn", ("2", "3", "4"), stages=2, flr=drawn)
    assert find_stage_twins([ONE, TWO]) == ((1,), (0,))
    assert find_stage_twins([TWO, unsaid, ONE]) == ((1, 2), (0,), (0,))
    for other in (larger, embolised, by_mask):
        assert find_stage_twins([ONE, other]) == ((), ())
    assert find_stage_twins([ONE, ONE, unsaid]) == ((), (), ())


def test_rows_state_the_stage_of_the_flr_and_that_only_stages_differ() -> None:
    """`clinical.md` 12: ... say so in their rows, and which stage an FLR belongs to."""
    record = as_plan_record(made(MAPPED, operations=(ONE, TWO)))
    assert record.case.plan.differs_in_stages_from == ("two stages",)
    assert record.case.other_plans[0].differs_in_stages_from == ("right hepatectomy",)
    table = plan_table(record, every=True)
    assert [row[0] for row in table.rows] == [
        "right hepatectomy (stage 1 of 1; differs from two stages only in the number of stages)",
        "two stages (stage 2 of 2; differs from right hepatectomy only in the number of stages)",
    ]
    assert "between the stages" in " ".join(table.beside)


def test_a_single_plan_in_two_stages_states_this_and_others_state_nothing() -> None:
    staged = as_plan_record(made(MAPPED, operations=(TWO,)))
    assert "FLR after stage 2 of 2" in flat(shown(terminal_table(staged)))
    assert "FLR after stage 2 of 2" in str(value_blocks(staged, None))
    single = as_plan_record(made(MAPPED, operations=(ONE,)))
    assert "stage 1" not in flat(shown(terminal_table(single)))
    assert "FLR after stage" not in str(value_blocks(single, None))
    apart = as_plan_record(made(MAPPED, operations=(ONE, Operation("less", ("2", "3")))))
    table = plan_table(apart, every=True)
    assert [row[0] for row in table.rows] == ["right hepatectomy", "less"]
    assert "stage" not in str(table.beside)


# ---- resections in words


STAYS = "0.13 mL of lesion 1 in segment IV would remain"  # one of 217 voxels, 0.125 mL


def test_h03_resections_that_leave_the_same_sliver_are_named_together() -> None:
    """One voxel of 217 in segment 4: what takes 8 and leaves 4 leaves it."""
    plan = made(replace(having(BOX, {"4": 1}), flr=part([[1, 7, 1, 11, 1, 11]], "flr")))
    rows = as_resections_record(plan, plan.resections).by_segments.resections
    leaving = [row for row in rows if "8" in row.removed and "4" in row.kept]
    assert len(leaving) > 12
    (said,) = list_row_notes(rows)
    assert said.endswith(
        f"and {len(leaving) - 12} more: 0.13 mL of lesion 1 in segment IV would remain"
    )
    few = [row for row in rows if row.code in ("H58", "H5678", "H45678")]
    assert list_row_notes(few) == [f"* H58, H5678: {STAYS}"]


def test_slivers_are_stated_each_with_where_it_stays() -> None:
    drawn = SliverRecord(lesion=2, segments=(), voxels=1, volume_ml=0.998)
    named = SliverRecord(lesion=3, segments=("4", "5"), voxels=1, volume_ml=0.0812)
    said = LesionFateKeys(slivers=(drawn, named)).format_slivers()
    assert said == "0.998 mL of lesion 2, 0.08 mL of lesion 3 in segments IV, V"
    assert LesionFateKeys().format_slivers() == ""


def test_a_lesion_that_the_cut_crosses_is_counted_beside_those_removed() -> None:
    """6 of 222 voxels in 4 are 2.7 %, no sliver: 5 to 8 alone cut through the lesion."""
    plan = made(replace(having(BOX, {"4": 6}), flr=part([[1, 7, 1, 11, 1, 11]], "flr")))
    rows = as_resections_record(plan, plan.resections).by_segments.resections
    right, extended = (
        next(row for row in rows if row.code == code) for code in ("H5678", "H45678")
    )
    assert right.fates.format_cleared(1) == "0 of 1, 1 cut"
    assert extended.fates.format_cleared(1) == "1 of 1"
    (said,) = list_row_notes([right, extended])
    assert said.startswith("Cut: ")
    assert list_row_notes([extended]) == []


# ---- a scan of a story


def test_half_of_the_interval_is_two_standard_deviations_of_readings() -> None:
    points = [
        TimePoint(made(moved(WHOLE, mm)), day)
        for mm, day in ((0, date(2026, 2, 20)), (1, date(2026, 3, 23)))
    ]
    for scan in as_growth(measure_growth(points)).story.time_points:
        low, high = scan.flr_interval_ml
        assert (high - low) / 2 == pytest.approx(1.96 * scan.flr_sd_ml, rel=0.01)


def test_h03_without_tumour_masks_the_denominator_is_the_whole_liver() -> None:
    """1473 mL without 27 mL of tumour, and 1500 mL if no tumour was drawn."""
    for anatomy, fixed, ml, whole in (
        (WHOLE, "baseline_nontumour", 1473, "non-tumorous liver"),
        (replace(WHOLE, tumour=None), "baseline_liver", 1500, "whole liver (no tumour mask)"),
    ):
        points = [
            TimePoint(made(moved(anatomy, mm)), day)
            for mm, day in ((0, date(2026, 2, 20)), (1, date(2026, 3, 23)))
        ]
        told = as_growth(measure_growth(points)).story.denominator
        assert (told.fixed, told.ml, told.whole) == (fixed, ml, whole)


@pytest.mark.parametrize(("injury", "limits"), [(None, (30, 40)), (True, (40,)), (False, (30,))])
def test_h08_growth_is_compared_with_the_limit_of_this_liver(
    injury: bool | None, limits: tuple[int, ...]
) -> None:
    """30 %, or 40 % with chemotherapy-associated liver injury [trials.md 9.1]."""
    stated = Stated({} if injury is None else {"chemo_liver_damage": injury})
    points = [
        TimePoint(made(moved(WHOLE, mm), stated=stated), day)
        for mm, day in ((0, date(2026, 2, 20)), (1, date(2026, 3, 23)))
    ]
    shown = as_growth(measure_growth(points)).story.limits
    assert shown is not None
    assert shown.flr_percent == limits


@pytest.mark.slow
@each_case("way", TURNS)
def test_the_last_edge_is_the_spacing_of_axial_slices(way: Turn) -> None:
    plan = made(Anatomy(turned(block("liver", LIVER), *way)))
    assert find_voxel_edges(plan) == (3.0, 4.0, 5.0)  # right, front, head
