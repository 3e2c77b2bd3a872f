"""Plans that differ in `stages` alone say so in their rows, and which stage an FLR belongs to."""

from __future__ import annotations

from dataclasses import replace

from fl_planner.planning.assessment.operations import find_stage_twins
from fl_planner.planning.given.case import Operation
from fl_planner.record.plan import as_plan_record
from fl_planner.report.document.operations import plan_table
from fl_planner.report.page.values import value_blocks
from fl_planner.report.terminal.plan import plan_table as terminal_table
from tests.masks import liver_part, small_segments
from tests.record.planned import WHOLE, flat, made, shown

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
