"""Every number of vessels that a person reads bears a mark where an error withdraws it.

As a class: whatever is withdrawn, each line with a number that rests on it bears the mark, at the
terminal and in the report; and where nothing is withdrawn, none does.
"""

import re
from typing import Any

import pytest
from msgspec.structs import replace

from fl_planner.planning.given.case import Operation
from fl_planner.planning.plan import Plan
from fl_planner.planning.withdrawal import Withdrawn
from fl_planner.record.head import WithdrawnRecord
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.record.resections import as_resections_record
from fl_planner.record.vessels import as_draft_branches
from fl_planner.report.document import operations
from fl_planner.report.document.blocks import Cards, RowTable, Sentences
from fl_planner.report.page.appendix import appendix_of
from fl_planner.report.page.values import value_blocks
from fl_planner.report.picture.draw.canvas import as_stamp
from fl_planner.report.picture.slices.plan import draw_lost, list_marks
from fl_planner.report.terminal.anatomy import resection_table, supplied_rows, vessel_rows
from tests.masks import block, boxes
from tests.record.planned import flat, made, shown
from tests.report.pages import find_block
from tests.vessel_liver import GRID, RIGHT_PORTAL, SEGMENTS, VESSELS, vessel_anatomy

MAP = {name: boxes(GRID, [spans], f"segment_{name}") for name, spans in SEGMENTS.items()}
MARK = "DO NOT USE"
SMALL = block(GRID, (2, 20), (2, 14), (3, 15), name="flr")
EVERY = ("volumes", "flr", "lesions", "segments", "resections", "plans")
NUMBER = re.compile(r"\d+(\.\d+)? (mL|%|mm)")


def planned(*, plans: int = 2) -> Plan:
    both = (Operation("one", cuts=(RIGHT_PORTAL,)), Operation("two", flr=SMALL))
    return made(vessel_anatomy(segments=MAP), operations=both[:plans])


@pytest.fixture(scope="module")
def plan() -> Plan:
    return planned()


@pytest.fixture(scope="module")
def whole(plan: Plan) -> PlanRecord:
    return as_plan_record(plan)


def without(record: Any, *numbers: str) -> Any:
    """Withdraw these numbers of a record."""
    told = tuple(
        WithdrawnRecord(number=one, codes=("remnant.side",), why="it is mirrored")
        for one in numbers
    )
    return replace(record, withdrawn=told)


def lines_of(record: PlanRecord) -> list[str]:
    """List the lines at a terminal, each unwrapped."""
    rows = [*supplied_rows(record), *vessel_rows(record)]
    return [flat(shown(row)) for row in rows]


def sentences_of(record: PlanRecord) -> list[str]:
    """List what the report's chapter says: sentences, and each table with all beside it."""
    (chapter,) = (one for one in appendix_of(record, ()) if one.title == "Vessels")
    told: list[str] = []
    for one in chapter.blocks:
        if isinstance(one, Sentences):
            told += one.sentences
        elif isinstance(one, RowTable):
            told.append(" ".join((*(cell for row in one.rows for cell in row), *one.beside)))
    return told


WITH: tuple[tuple[str, tuple[str, ...]], ...] = (  # what a line says, and what withdraws it
    (r"portal vein trunk [0-9.]+ mL", ("volumes",)),
    (r" tree \(", ("volumes",)),
    ("right portal vein: nearest vessel to", ("volumes", "segments")),
    (r"cut \d+, ", ("volumes", "flr")),
    ("keeps its inflow", ("flr", "plans")),
    (", nearest to", ("flr", "plans", "lesions")),
)


@pytest.mark.parametrize("number", EVERY)
def test_h15_each_line_at_a_terminal_is_marked_with_its_number(
    whole: PlanRecord, number: str
) -> None:
    lines = lines_of(without(whole, number))
    for what, numbers in WITH:
        found = [line for line in lines if re.search(what, line, re.IGNORECASE)]
        assert found, what
        of_first = "FLR that keeps its inflow and outflow"  # beside the FLR: of the first plan
        for line in found:
            rests_on = ("flr",) if line.startswith(of_first) else numbers
            assert (MARK in line) == (number in rests_on), line


@pytest.mark.parametrize("number", EVERY)
def test_h15_each_sentence_of_the_report_is_marked_with_its_number(
    whole: PlanRecord, number: str
) -> None:
    told = sentences_of(without(whole, number))
    for what, numbers in (*WITH[:4], ("A vein counts as needed", WITH[5][1])):
        found = [line for line in told if re.search(what, line, re.IGNORECASE)]
        assert found, what
        for line in found:
            assert (MARK in line) == (number in numbers), line


def test_h15_no_number_is_without_a_mark_where_all_are_withdrawn(whole: PlanRecord) -> None:
    """A line with an amount either bears the mark, or hangs on one above it that does."""
    all_gone = without(whole, *EVERY)
    of_a_line = re.compile("^(Distance from Vessel mm|Vessel length)")  # a table, marked above
    for told in (lines_of(all_gone), sentences_of(all_gone)):
        amounts = [line for line in told if NUMBER.search(line) and not of_a_line.search(line)]
        assert len(amounts) > 8
        assert [line for line in amounts if MARK not in line] == []


def test_where_nothing_is_withdrawn_no_line_is_marked(whole: PlanRecord) -> None:
    assert MARK not in " ".join((*lines_of(whole), *sentences_of(whole)))


def test_contacts_are_marked_with_lesions_and_plans(whole: PlanRecord) -> None:
    for number in ("lesions", "flr", "plans"):
        lines = lines_of(without(whole, number))
        (at,) = (n for n, line in enumerate(lines) if line.startswith("Distance from Vessel mm"))
        assert lines[at - 1].startswith(MARK)
        (contacts,) = (
            one for one in sentences_of(without(whole, number)) if "Vessel length" in one
        )
        assert MARK in contacts
    volumes = lines_of(without(whole, "volumes"))
    assert not any(line.startswith(MARK) for line in volumes)


def test_a_withdrawn_plan_marks_what_it_keeps_next_to_the_others(whole: PlanRecord) -> None:
    """The case that was found: another plan's drawing lies on the wrong side."""
    lines = lines_of(without(whole, "flr", "plans"))
    (two,) = (line for line in lines if line.startswith("two: FLR that keeps its"))
    assert two.endswith(f"% for variants of the vessel drawing - {MARK}: see the findings")
    veins = [line for line in lines if ", nearest to " in line]
    assert veins
    assert all(MARK in line for line in veins)


def test_the_first_page_and_pictures_are_marked_with_the_flr(plan: Plan, whole: PlanRecord) -> None:
    gone = without(whole, "flr")
    (cards,) = (one for one in value_blocks(gone, None) if isinstance(one, Cards))
    lines = [line for card in cards.cards for line in card.lines]
    lines = [line for line in lines if "keeps its" in line.name or "loses inflow" in line.value]
    assert [line.name for line in lines][1:] == ["one: C1"]
    assert [line.beside.startswith(MARK) for line in lines] == [True, True]
    assert MARK in as_stamp(gone).flr
    said = [part.says for part in draw_lost(plan, gone).values()]
    said += [one.says for one in list_marks(plan, gone) if one.says]
    assert len(said) >= 2
    assert all(MARK in one for one in said)
    of_volumes = [one.says for one in list_marks(plan, without(whole, "volumes")) if one.says]
    assert all(MARK in one for one in of_volumes)


@pytest.mark.essential
@pytest.mark.slow
def test_what_resections_keep_is_marked_with_them(plan: Plan, whole: PlanRecord) -> None:
    record = without(as_resections_record(plan, plan.resections), "resections")
    assert MARK in flat(shown(resection_table(record)))
    told = without(whole, "resections")
    assert any(MARK in line for line in operations.resection_table(told).beside)


@pytest.mark.parametrize("numbers", [("flr",), ("volumes",), ("volumes", "flr")])
def test_a_draft_of_cuts_states_once_that_it_is_not_to_be_used(
    plan: Plan, numbers: tuple[str, ...]
) -> None:
    """Of a liver without a remnant, too: its mL are of the liver's volume."""
    assert plan.measured.vessels is not None
    loss = plan.measured.vessels.plans[0].loss
    gone = [Withdrawn(one, ("remnant.side",), "it is mirrored") for one in numbers]
    notes = as_draft_branches(loss, (), gone, 0.064, ()).notes
    assert [one for one in notes if "mirrored" in one] == ["Must not be used: it is mirrored."]
    of_others = [Withdrawn("dose", ("ct.elsewhere",), "it is elsewhere")]
    assert len(as_draft_branches(loss, (), of_others, 0.064, ()).notes) == 1


@pytest.mark.slow
@pytest.mark.parametrize("tree", ["portal", "hepatic"])
def test_one_tree_is_not_reported_as_both(tree: str) -> None:
    names = {"portal": ("inflow", "outflow"), "hepatic": ("outflow", "inflow")}
    keeps, unknown = names[tree]
    vessels = {
        name: one for name, one in VESSELS.items() if ("portal" in name) == (tree == "portal")
    }
    told = made(vessel_anatomy(vessels=vessels, segments=MAP))
    record = as_plan_record(told)
    table = find_block(RowTable, appendix_of(record, ()), "FLR without", "Vessels")
    assert table.head[3] == f"keeps {keeps} mL"
    assert table.rows[0][2 if tree == "portal" else 1] == "unknown"
    said = f"keeps {keeps} (nearest vessel), {unknown} unknown"
    assert as_stamp(record).flr.count(said) == 1
    kept = (
        f"% kept: FLR without parts that lose {keeps} when the segments are removed, "
        f"estimated from "
    )
    kept += "the nearest vessel; "
    of_rows = operations.resection_table(record)
    assert f"{kept}{unknown} unknown." in of_rows.beside
    text = flat(shown(resection_table(as_resections_record(told, told.resections))))
    assert f"{kept}{unknown} unknown" in text
    assessed = f"{keeps.capitalize()} assessed from the nearest vessel only"
    assert f"{assessed}; {unknown} and bile ducts not assessed" in text


def test_both_trees_are_reported_as_both(whole: PlanRecord) -> None:
    table = find_block(RowTable, appendix_of(whole, ()), "FLR without", "Vessels")
    assert table.head[3] == "keeps inflow and outflow mL"


def test_a_root_between_left_and_right_branch_is_taken_from_the_mask() -> None:
    """No trunk was drawn: it is where both meet, which is not the thickest place."""
    sides = {name: VESSELS[name] for name in ("right_portal_vein", "left_portal_vein")}
    record = as_plan_record(made(vessel_anatomy(vessels=sides)))
    assert record.vessels is not None
    (tree,) = record.vessels.trees
    assert not tree.root_told
    assert {x for x, _, _ in tree.roots_mm} == {18 * 4.0, 21 * 4.0}
    told = " ".join((*lines_of(record), *sentences_of(record)))
    assert "root estimated from the mask" in told
    assert "thickest" not in told
