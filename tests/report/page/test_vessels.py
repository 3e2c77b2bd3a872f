"""What a report says of vessels: beside the FLR on its first page, and in a chapter of its own."""

import pytest
from msgspec.structs import replace

from fl_planner.planning.given.case import Operation
from fl_planner.record.head import WithdrawnRecord
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.record.vessel_territory import LiverRangeRecord, NearPartRecord, VesselContactRecord
from fl_planner.record.vessels import CutRecord
from fl_planner.report.document.blocks import Card, Cards, RowTable, Sentences
from fl_planner.report.document.operations import plan_table, resection_table
from fl_planner.report.page.appendix import appendix_of
from fl_planner.report.page.values import value_blocks
from fl_planner.report.page.vessels import CUTS, touched_line
from fl_planner.report.picture.draw.canvas import as_stamp
from tests.masks import block
from tests.record.planned import certain, made
from tests.report.pages import find_block
from tests.report.terminal.test_vessels import MAP, PLACE, brief, plan_of, record_of, whole
from tests.vessel_liver import GRID, RIGHT_PORTAL, VESSELS, vessel_anatomy

CUT = CutRecord(
    number=1, tree="hepatic", at_mm=(1.0, 2.0, -3.0), snapped_mm=1.5,
    lost=LiverRangeRecord(low_ml=8.0, high_ml=12.0), course_ml=10.0, other_ml=99.0, doubtful=True,
)  # fmt: skip
TOUCHES = tuple(
    NearPartRecord(within_mm=mm, length_mm=8.0, area_mm2=9.0) for mm in (1.0, 5.0, 10.0)
)
SUPPLIED = "FLR that keeps its inflow and outflow"


def titles_of(record: PlanRecord) -> list[str]:
    """Name the blocks of the chapter of vessels."""
    found = [one for one in appendix_of(record, ()) if one.title == "Vessels"]
    return [str(getattr(block, "title", "")) for one in found for block in one.blocks]


def table_of(record: PlanRecord, title: str) -> RowTable:
    return find_block(RowTable, appendix_of(record, ()), title, "Vessels")


def sentences_of(record: PlanRecord, title: str, within: str = "Vessels") -> tuple[str, ...]:
    return find_block(Sentences, appendix_of(record, ()), title, within).sentences


def cards_of(record: PlanRecord) -> dict[str, Card]:
    (cards,) = [one for one in value_blocks(record, None) if isinstance(one, Cards)]
    return {one.title: one for one in cards.cards}


def contacts(*vessels: str) -> tuple[VesselContactRecord, ...]:
    """Give contacts with vessels that a lesion touches."""
    return tuple(VesselContactRecord(vessel=one, least_mm=0.0, near=TOUCHES) for one in vessels)


def with_cuts(record: PlanRecord, *cuts: CutRecord) -> PlanRecord:
    """Give the first plan other cuts."""
    assert record.vessels is not None
    first, *others = record.vessels.plans
    plans = (replace(first, cuts=cuts), *others)
    return replace(record, vessels=replace(record.vessels, plans=plans))


@pytest.mark.essential
@pytest.mark.slow
def test_the_first_page_names_the_branches_that_are_cut() -> None:
    """As C1 of the pictures: 18 columns of 9.2 mL beyond the right portal vein, and its range."""
    (line,) = cards_of(record_of(RIGHT_PORTAL))[CUTS].lines
    assert line.name == "C1"
    assert line.value.startswith("between ")  # so small a liver has no certain cut
    assert line.value.endswith(" mL of the liver loses inflow")
    assert line.beside.startswith("uncertain: 164 mL by both methods")
    assert line.beside.endswith("; right portal vein")
    assert line.strong
    assert CUTS not in cards_of(record_of())
    assert CUTS not in cards_of(record_of(vessels={}))


@pytest.mark.essential
@pytest.mark.slow
def test_a_doubtful_cut_is_reported_as_doubtful_on_the_first_page() -> None:
    record = with_cuts(record_of(RIGHT_PORTAL), CUT)
    (line,) = cards_of(record)[CUTS].lines
    assert line.value == "between 8.0 and 12.0 mL of the liver loses outflow"
    assert line.strong
    assert line.beside == (
        "uncertain: 10.0 mL from the course of the branch, 99.0 mL from the cross-section at the "
        "cut; hepatic veins at 1, 2, -3 mm (RAS), 1.5 mm from the given point"
    )
    seen = WithdrawnRecord(number="flr", codes=("remnant.side",), why="it is mirrored")
    (line,) = cards_of(replace(record, withdrawn=(seen,)))[CUTS].lines
    assert line.beside.startswith("DO NOT USE")
    assert "uncertain" in line.beside


def test_many_cuts_end_with_how_many_more_there_are() -> None:
    cuts = (replace(CUT, number=n) for n in range(1, 12))
    lines = cards_of(with_cuts(record_of(RIGHT_PORTAL), *cuts))[CUTS].lines
    assert [line.name for line in lines[6:]] == ["C7", "C8", "Further cuts"]
    assert lines[-1].value == "3; listed in the appendix, if it was requested"


def test_lesions_touch_trees_and_next_to_them_branches() -> None:
    """The newcomer's case: sixteen names in one run."""
    record = record_of()
    assert record.tumour.lesions is not None
    one = record.tumour.lesions[0]
    touched = contacts("portal_veins", "right_portal_vein", "inferior_vena_cava")
    lesions = [replace(one, number=n, vessel_contacts=touched) for n in range(1, 9)]
    near = replace(TOUCHES[0], length_mm=0.0, area_mm2=0.0), TOUCHES[1]  # within 5 mm alone
    beside = VesselContactRecord(vessel="portal_veins", least_mm=3.0, near=near)
    lesions[1] = replace(lesions[1], vessel_contacts=(*contacts("left_hepatic_vein"), beside))
    (line,) = touched_line(lesions)
    assert line.name == "Vessels touched by lesions or within 1 mm"
    assert line.value == (
        "portal veins: L1, L3, L4, L5, L6, L7 and 1 more; "
        "inferior vena cava: L1, L3, L4, L5, L6, L7 and 1 more; hepatic veins: L2"
    )
    assert line.beside == (
        "right portal vein: L1, L3, L4, L5, L6, L7 and 1 more; left hepatic vein: L2"
    )
    (line,) = touched_line([replace(one, vessel_contacts=(beside,))])
    assert (line.value, line.beside) == ("none of the drawn vessels", "")
    assert not [*touched_line([replace(one, vessel_contacts=())])]


def test_a_lesion_whose_voxels_lie_next_to_those_of_a_vessel_touches_it() -> None:
    """Rows 4 to 6 of the lesion, 7 and 8 of the vein: their centres are 4 mm apart."""
    (line,) = touched_line(record_of().tumour.lesions or ())
    assert (line.value, line.beside) == ("portal veins: L1", "right portal vein: L1")


@pytest.mark.essential
@pytest.mark.slow
def test_plans_side_by_side_state_what_of_each_keeps_its_supply() -> None:
    """18 of 36 columns are 50.3 %; of the smaller remnant, 18 columns of which 4 go, 39.1 %."""
    small = block(GRID, (6, 24), (2, 14), (3, 15), name="flr")
    operations = (
        Operation(cuts=(RIGHT_PORTAL,)),
        Operation("small", flr=small, cuts=(RIGHT_PORTAL,)),
    )
    plan = made(vessel_anatomy(), operations=operations)
    record = as_plan_record(plan)
    at = plan_table(record).head.index("% kept")
    assert [row[at].partition(" (")[0] for row in plan_table(record).rows] == ["uncertain"] * 2
    assert "small: cut 1, right portal vein: between " in brief(record)
    record = certain(plan)
    table = plan_table(record)
    at = table.head.index("% kept")
    assert [row[at].partition(" (")[0] for row in table.rows] == ["50.3", "39.1"]
    assert all(row[at].endswith(")") for row in table.rows)
    told = (
        "% kept: FLR without parts that lose inflow or outflow, estimated from the nearest vessel"
    )
    assert f"{told}; in brackets: range for variants of the vessel drawing." in table.beside
    assert told in brief(record)
    assert "39.1" in brief(record)
    assert "small: FLR that keeps its inflow and outflow: 129 mL = 39.1 %" in whole(record)
    assert record.vessels is not None
    first, second = record.vessels.plans
    plans = (first, replace(second, supplied=None))
    record = replace(record, vessels=replace(record.vessels, plans=plans))
    table = plan_table(record)
    assert [row[at] for row in table.rows][1] == "-"
    bare = as_plan_record(
        made(vessel_anatomy(vessels={}), operations=(Operation(), Operation("b", flr=small)))
    )
    table = plan_table(bare)
    assert "% kept" not in table.head


def test_the_first_page_states_it_behind_the_flr() -> None:
    lines = cards_of(certain(plan_of(RIGHT_PORTAL)))["Volumes"].lines
    names = [line.name for line in lines]
    assert names[names.index("FLR") + 1] == SUPPLIED
    (line,) = [one for one in lines if one.name == SUPPLIED]
    assert line.value == "166 mL = 50.3 % of the non-tumorous liver"
    assert "of the FLR loses inflow" in line.beside
    assert "trial limits apply to the FLR as drawn" in line.beside
    assert SUPPLIED not in [one.name for one in cards_of(record_of(vessels={}))["Volumes"].lines]


def test_it_is_withdrawn_with_the_flr() -> None:
    seen = WithdrawnRecord(number="flr", codes=("remnant.side",), why="it is mirrored")
    told = replace(record_of(RIGHT_PORTAL), withdrawn=(seen,))
    (line,) = [one for one in cards_of(told)["Volumes"].lines if one.name == SUPPLIED]
    assert line.beside.startswith("DO NOT USE")
    assert (
        table_of(told, "FLR without inflow or outflow, by plan").beside[0].startswith("DO NOT USE")
    )


@pytest.mark.essential
@pytest.mark.slow
def test_the_chapter_has_a_table_of_each_thing() -> None:
    plan = plan_of(RIGHT_PORTAL, segments=MAP)
    record = as_plan_record(plan)
    assert titles_of(record) == [
        "Vessels drawn", "Liver territory of each branch", "FLR without inflow or outflow, by plan",
        "Cut branches, each considered separately", "Hepatic veins",
        "Vessels within 10 mm of lesions and resection borders",
    ]  # fmt: skip
    supply = "FLR without inflow or outflow, by plan"
    assert table_of(record, supply).rows[0][3:5] == ("uncertain", "uncertain")
    assert table_of(certain(plan), supply).rows[0][3:5] == ("166", "50.3")
    veins = table_of(record, "Hepatic veins")
    assert veins.rows[0][1:4] == ("right hepatic vein", "26.1 mL = 12.9 %", "needed by the FLR")
    assert any(line.startswith("Plan 1: all hepatic veins together: ") for line in veins.beside)
    branches = sentences_of(record, "Liver territory of each branch")
    assert (
        "segments V, VI, VII, VIII of the label map: 164 mL, 164 mL in common (Dice 1.00)"
        in branches[0]
    )
    assert len(branches) == 6  # of five veins
    assert branches[-1].startswith("Territories can overlap: ")
    assert titles_of(record_of(vessels={})) == []


def test_few_vessels_leave_out_what_they_do_not_state() -> None:
    few = {name: VESSELS[name] for name in ("left_portal_vein", "left_hepatic_vein")}
    record = record_of(vessels=few)
    veins = table_of(record, "Hepatic veins")
    assert veins.rows[0][2:4] == ("unknown", "unknown whether the FLR needs it")
    assert "FLR without inflow or outflow, by plan" not in titles_of(record)


def test_several_plans_are_reported_by_name() -> None:
    half = block(GRID, (2, 20), (2, 14), (3, 15), name="flr")
    operations = (Operation(cuts=(RIGHT_PORTAL,)), Operation("small", flr=half, cuts=(PLACE,)))
    record = as_plan_record(made(vessel_anatomy(), operations=operations))
    cuts, contacts = (
        sentences_of(record, CUTS),
        table_of(record, "Vessels within 10 mm of lesions and resection borders"),
    )
    assert cuts[1].startswith("small: cut 1, hepatic veins at 117, 30, 42 mm (RAS)")
    assert "border of the resected part, small" in {row[0] for row in contacts.rows}


def test_resections_have_a_column_of_what_they_keep() -> None:
    record = as_plan_record(made(vessel_anatomy(flr=None, segments=MAP)))
    table = resection_table(record)
    assert "% kept" in table.head
    assert any(line.startswith("% kept: FLR without parts that lose") for line in table.beside)


@pytest.mark.essential
@pytest.mark.slow
def test_limits_of_the_report_state_what_was_estimated() -> None:
    def limits(record: PlanRecord) -> str:
        return " ".join(sentences_of(record, "Limitations of this report", "Sources"))

    by_nearest = "Inflow and outflow of the remnant are estimated from the nearest drawn vessel."
    assert by_nearest in limits(record_of())
    portal = {name: mask for name, mask in VESSELS.items() if "portal" in name}
    assert "Outflow, bile ducts and the hepatic artery are not assessed." in limits(
        record_of(vessels=portal)
    )
    none = "Inflow, outflow and bile ducts of the remnant are not assessed."
    assert none in limits(record_of(vessels={}))


def test_pictures_bear_it_behind_the_flr() -> None:
    stamp = as_stamp(certain(plan_of(RIGHT_PORTAL)))
    assert "of which 166 mL = 50.3 % keeps inflow and outflow (nearest vessel)" in stamp.flr
    assert "keeps inflow" not in as_stamp(record_of(vessels={})).flr
