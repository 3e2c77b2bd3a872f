"""What a report says of vessels: beside the FLR on its first page, and in a chapter of its own."""

from fl_planner.planning.given.case import Operation
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.record.withdrawal import WithdrawnRecord
from fl_planner.report.page.blocks import Block, Card, Cards, RowTable, Sentences
from fl_planner.report.page.chapters import appendix_of
from fl_planner.report.page.first_page import first_page
from fl_planner.report.page.operations import resection_tables
from fl_planner.report.picture.stamp import as_stamp
from tests.masks import block
from tests.record.planned import made
from tests.report.terminal.test_vessels import MAP, PLACE, record_of
from tests.vessel_liver import GRID, RIGHT_PORTAL, VESSELS, vessel_anatomy

SUPPLIED = "FLR that keeps its inflow and outflow"


def volumes_of(record: PlanRecord) -> Card:
    blocks = first_page(record, ())
    (cards,) = [one for one in blocks if isinstance(one, Cards)]
    (volumes,) = [one for one in cards.cards if one.title == "Volumes"]
    return volumes


def chapter_of(record: PlanRecord) -> dict[str, Block]:
    found = [one for one in appendix_of(record, ()) if one.title == "Vessels"]
    return {block.title: block for one in found for block in one.blocks if hasattr(block, "title")}


def test_the_first_page_tells_it_behind_the_flr() -> None:
    lines = volumes_of(record_of(RIGHT_PORTAL)).lines
    names = [line.name for line in lines]
    assert names[names.index("FLR") + 1] == SUPPLIED
    (line,) = [one for one in lines if one.name == SUPPLIED]
    assert line.value == "166 mL = 50.3 % of the non-tumorous liver"
    assert "of it lose inflow" in line.beside
    assert "trials and their limits take the FLR as drawn" in line.beside
    assert SUPPLIED not in [one.name for one in volumes_of(record_of(vessels={})).lines]


def test_it_is_withdrawn_with_the_flr() -> None:
    seen = WithdrawnRecord(number="flr", codes=("remnant.side",), why="it is mirrored")
    record = record_of(RIGHT_PORTAL)
    told = type(record)(
        **{name: getattr(record, name) for name in record.__struct_fields__}
        | {"withdrawn": (seen,)}
    )
    (line,) = [one for one in volumes_of(told).lines if one.name == SUPPLIED]
    assert line.beside.startswith("DO NOT USE")
    table = chapter_of(told)["What the FLR of each plan loses"]
    assert isinstance(table, RowTable)
    assert table.beside[0].startswith("DO NOT USE")


def test_the_chapter_has_a_table_of_each_thing() -> None:
    chapter = chapter_of(record_of(RIGHT_PORTAL, segments=MAP))
    assert [*chapter] == [
        "Vessels that were drawn", "Liver by branch", "What the FLR of each plan loses",
        "Branches that are cut, each by itself", "Hepatic veins", "Vessels within 10 mm",
    ]  # fmt: skip
    loses = chapter["What the FLR of each plan loses"]
    assert isinstance(loses, RowTable)
    assert loses.rows[0][3:5] == ("166", "50.3")
    veins = chapter["Hepatic veins"]
    assert isinstance(veins, RowTable)
    assert veins.rows[0][1:4] == ("right hepatic vein", "26.1 mL = 12.9 %", "must stay")
    branches = chapter["Liver by branch"]
    assert isinstance(branches, Sentences)
    assert "segments 5, 6, 7, 8 of the map hold" in branches.sentences[0]
    assert chapter_of(record_of(vessels={})) == {}


def test_few_vessels_leave_out_what_they_do_not_tell() -> None:
    few = {name: VESSELS[name] for name in ("left_portal_vein", "left_hepatic_vein")}
    chapter = chapter_of(record_of(vessels=few))
    veins = chapter["Hepatic veins"]
    assert isinstance(veins, RowTable)
    assert veins.rows[0][2:4] == ("not told", "whether it must stay is not told")
    assert "What the FLR of each plan loses" not in chapter


def test_several_plans_are_told_by_name() -> None:
    half = block(GRID, (2, 20), (2, 14), (3, 15), name="flr")
    operations = (Operation(cuts=(RIGHT_PORTAL,)), Operation("small", flr=half, cuts=(PLACE,)))
    chapter = chapter_of(as_plan_record(made(vessel_anatomy(), operations=operations)))
    cuts, contacts = (
        chapter[name] for name in ("Branches that are cut, each by itself", "Vessels within 10 mm")
    )
    assert isinstance(cuts, Sentences)
    assert cuts.sentences[1].startswith("small: cut 1 of the hepatic veins at 117, 30, 42 mm (RAS)")
    assert isinstance(contacts, RowTable)
    assert "border of what goes, small" in {row[0] for row in contacts.rows}


def test_resections_have_a_column_of_what_they_keep() -> None:
    record = as_plan_record(made(vessel_anatomy(flr=None, segments=MAP)))
    (table,) = [one for one in resection_tables(record) if one.title.startswith("Resections")]
    assert "% kept" in table.head
    assert any(line.startswith("% kept: without what loses") for line in table.beside)


def test_limits_of_the_report_say_what_was_estimated() -> None:
    def limits(record: PlanRecord) -> str:
        blocks = [one for chapter in appendix_of(record, ()) for one in chapter.blocks]
        (told,) = [one for one in blocks if getattr(one, "title", "") == "Limits of this report"]
        assert isinstance(told, Sentences)
        return " ".join(told.sentences)

    assert "Inflow and outflow of a remnant: by the nearest vessel" in limits(record_of())
    portal = {name: mask for name, mask in VESSELS.items() if "portal" in name}
    assert "Outflow, bile ducts and the hepatic artery" in limits(record_of(vessels=portal))
    assert "Inflow, outflow and bile ducts of a remnant are not" in limits(record_of(vessels={}))


def test_pictures_bear_it_behind_the_flr() -> None:
    stamp = as_stamp(record_of(RIGHT_PORTAL))
    assert "of it 166 mL = 50.3 % keep inflow and outflow by the nearest vessel" in stamp.flr
    assert "keep inflow" not in as_stamp(record_of(vessels={})).flr
