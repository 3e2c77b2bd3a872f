"""Sentences on vessels that cases seldom need: cuts in doubt, veins of which little is known."""

from msgspec.structs import replace

from fl_planner.export.columns_from_keys import list_key_columns
from fl_planner.planning.given.case import Operation
from fl_planner.record.declaration.part import Sided, as_dict
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.record.vessel_territory import LiverRangeRecord
from fl_planner.record.vessels import CutRecord, PlannedVesselsRecord, SupplyKeys, VeinRecord
from fl_planner.report import vessel_words as phrases
from tests.masks import block
from tests.record.planned import certain, made
from tests.vessel_liver import GRID, LIVER, RIGHT_PORTAL, TUMOUR, vessel_anatomy

LOST = LiverRangeRecord(voxels=10, volume_ml=10.0, low_ml=10.0, high_ml=10.0)
WIDE = LiverRangeRecord(low_ml=8.0, high_ml=99.0)
VEIN = VeinRecord(vessel="middle_hepatic_vein", in_liver_ml=4.0, removed_ml=0.0, margin_mm=10.0)


def test_h16_what_keeps_its_supply_is_a_number_only_where_no_cut_is_uncertain() -> None:
    plan = made(vessel_anatomy(), operations=(Operation(cuts=(RIGHT_PORTAL,)),))
    vessels = certain(plan).vessels
    assert vessels is not None
    kept = vessels.supplied
    assert kept is not None
    share = Sided(value=50.3, shown="50.3")
    sure = replace(
        kept, flr_supplied_ml=167.0, flr_supplied_percent=share, flr_supplied_uncertain=False
    )
    cells = phrases.supplied_ml, phrases.supplied_percent
    assert [cell(sure) for cell in cells] == ["167", "50.3"]
    doubted = replace(sure, flr_supplied_uncertain=True)
    assert [cell(doubted) for cell in cells] == ["uncertain", "uncertain"]


def test_a_doubtful_cut_states_its_other_reading() -> None:
    cut = CutRecord(
        number=2, tree="portal", at_mm=(1.0, 2.0, -3.0), snapped_mm=0.0, lost=WIDE, course_ml=10.0,
        other_ml=99.0, doubtful=True,
    )  # fmt: skip
    assert phrases.cut(cut) == (
        "cut 2, portal veins at 1, 2, -3 mm (RAS): between 8.0 and 99.0 mL of the liver "
        "loses inflow; uncertain: 10.0 mL from the course of the branch, 99.0 mL from the "
        "cross-section at the cut"
    )


def test_an_uncertain_cut_whose_methods_agree_states_one_number_for_both() -> None:
    cut = CutRecord(
        number=1, tree="portal", branch="left_portal_vein", snapped_mm=0.0, lost=WIDE,
        course_ml=10.0, other_ml=10.04, doubtful=True,
    )  # fmt: skip
    said = "uncertain: 10.0 mL by both methods"
    assert phrases.cut_doubt(cut) == said


def test_a_tree_too_large_for_a_vessel_gives_no_more_than_that() -> None:
    """The portal veins are all of the liver: 5184 voxels of 0.064 mL."""
    large = LIVER.renamed("portal_veins")
    plan = made(vessel_anatomy(vessels={"portal_veins": large}))
    record = as_plan_record(plan)
    assert record.vessels is not None
    (tree,) = record.vessels.trees
    assert phrases.tree(tree) == (
        "portal tree (portal veins): 332 mL, too large for a vessel or identical to another; no "
        "territories"
    )
    told = as_dict(record)["vessels"]["trees"][0]
    assert not {"pieces", "bridged_ml", "lost_ml", "reached_percent"} & told.keys()


def test_a_vein_of_which_little_is_known_states_this() -> None:
    assert phrases.vein(replace(VEIN, in_liver_ml=0.0)) == (
        "middle hepatic vein: unknown whether the FLR needs it; not drawn inside the liver"
    )
    untold = "unknown whether it can be preserved, because the effect of the cuts is unknown"
    assert phrases.vein_fate(VEIN) == untold
    assert phrases.vein_fate(replace(VEIN, fate="stays")) == "can be preserved"
    near = replace(VEIN, fate="within_margin", lesion=2, lesion_mm=6.0)
    assert phrases.vein_fate(near) == "cannot be preserved with a margin of 10 mm; 6.0 mm from L2"
    short = replace(near, lesion_mm=9.97)
    assert phrases.vein_fate(short).endswith("with a margin of 10 mm; 9.97 mm from L2")
    at = replace(near, lesion_mm=12.0, touches=True)  # on thick slices
    assert phrases.vein_fate(at) == "cannot be preserved with a margin of 10 mm; touches L2"


def test_a_cut_vein_is_followed_by_what_loses_outflow_in_all() -> None:
    """The newcomer's case: 425 mL lie nearest to a vein of which 0.39 of 5.5 mL go."""
    plan = PlannedVesselsRecord(
        plan=1, veins=(replace(VEIN, fate="cut"),), lost=SupplyKeys(flr_outflow_lost=LOST)
    )
    told = "all hepatic veins together: 10.0 mL of the FLR loses outflow after the resection"
    assert phrases.outflow_in_all(plan) == told
    assert phrases.outflow_in_all(replace(plan, veins=(replace(VEIN, fate="stays"),))) == ""
    assert phrases.outflow_in_all(replace(plan, lost=SupplyKeys())) == ""


def test_a_cell_of_limits_states_the_answer_of_each() -> None:
    """18 of 22 columns are 50.3 %: above 30 and 40."""
    operations = (Operation(cuts=(RIGHT_PORTAL,)),)
    record = as_plan_record(made(vessel_anatomy(), operations=operations))
    (cell,) = (
        column.of(record)
        for column in list_key_columns(PlanRecord, {})
        if column.name == "vessels.flr_supplied_limits"
    )
    assert cell == "dragon2.flr_30: above | dragon2.flr_40: above"


def test_limits_on_what_clearing_leaves_are_not_held_against_it() -> None:
    """A second lesion stays: the FLR after clearing has limits too, which are of it alone."""
    both = TUMOUR | block(GRID, (4, 7), (3, 6), (3, 6))
    operations = (Operation(cuts=(RIGHT_PORTAL,)),)
    record = as_plan_record(made(vessel_anatomy(tumour=both), operations=operations))
    assert any(one.name.startswith("dragon2.clear_") for one in record.thresholds)
    assert record.vessels is not None
    assert [one.name for one in record.vessels.flr_supplied_limits] == [
        "dragon2.flr_30", "dragon2.flr_40",
    ]  # fmt: skip
