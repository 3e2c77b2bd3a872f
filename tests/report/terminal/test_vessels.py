"""What is said of vessels at a terminal: beside the FLR, and in full; read as it is shown."""

import re

import pytest
from msgspec import structs

from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.planning.given.case import Operation
from fl_planner.planning.plan import Plan
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.record.resections import as_resections_record
from fl_planner.report.terminal.anatomy import resection_table
from fl_planner.report.terminal.plan import plan_table
from fl_planner.report.vessel_words import drained, outflow_in_all, supplied_range
from tests.cases import sure
from tests.masks import block, boxes
from tests.record.planned import certain, flat, made, shown
from tests.vessel_liver import GRID, RIGHT_PORTAL, SEGMENTS, VESSELS, vessel_anatomy

MAP = {name: boxes(GRID, [spans], f"segment_{name}") for name, spans in SEGMENTS.items()}
PLACE = BranchCut("hepatic", (117.0, 30.0, 42.0))


def plan_of(*cuts: BranchCut, **others: object) -> Plan:
    return made(vessel_anatomy(**others), operations=(Operation(cuts=cuts),))


def record_of(*cuts: BranchCut, **others: object) -> PlanRecord:
    return as_plan_record(plan_of(*cuts, **others))


def brief(record: PlanRecord) -> str:
    return flat(shown(plan_table(record)))


def whole(record: PlanRecord) -> str:
    return flat(shown(plan_table(record, verbose=True)))


def test_what_keeps_its_vessels_is_with_the_flr() -> None:
    text = brief(certain(plan_of(RIGHT_PORTAL)))
    # 18 of 22 columns of 9.2 mL; of 5157 voxels 2592
    kept = "FLR that keeps its inflow and outflow: 166 mL = 50.3 % of the non-tumorous liver"
    for said in (kept, "of the FLR loses inflow; 0 mL", "of the FLR loses outflow"):
        assert said in text
    assert "36.9 mL (" in text
    assert "estimated from the nearest vessel; trial limits apply to the FLR as drawn" in text
    # in so small a liver the readings differ by more than a tenth of it: a range, and both methods
    assert "cut 1, right portal vein: between " in text
    assert "uncertain: 164 mL by both methods" in text


def test_h13_what_keeps_its_vessels_is_a_range_if_a_cut_is_uncertain() -> None:
    text = brief(record_of(RIGHT_PORTAL))
    (low, high) = re.findall(r"keeps its inflow and outflow: between (\S+) and (\S+) % of", text)[0]
    assert float(low) < 50.3 < float(high)
    assert "range only, because the effect of a cut is uncertain; between " in text
    for one in ("50.3", "166 mL", "36.9 mL ("):
        assert one not in text


def test_a_cut_by_its_place_is_reported_by_it() -> None:
    text = brief(record_of(PLACE))
    assert "cut 1, hepatic veins at 117, 30, 42 mm (RAS), 3.0 mm from the given point: " in text


def test_one_tree_states_that_the_other_is_not_reported() -> None:
    portal = {name: mask for name, mask in VESSELS.items() if "portal" in name}
    assert "outflow unknown" in brief(record_of(vessels=portal))
    few = {"left_portal_vein": VESSELS["left_portal_vein"]}
    record = record_of(vessels=few)
    assert "keeps its inflow" not in brief(record)
    assert "no territories" in whole(record)


def test_drawn_congestion_is_distinguished() -> None:
    congested = block(GRID, (2, 4), (2, 14), (3, 15), name="congested")
    text = brief(record_of(excluded=(congested,)))
    assert "18.4 mL drawn as devascularised or congested is already excluded from the FLR" in text


@pytest.mark.essential
@pytest.mark.slow
def test_veins_contacts_and_trees_are_reported_in_full() -> None:
    text = whole(record_of())
    assert (
        "portal tree (right portal vein, left portal vein): 7.7 mL in 1 part, root as entered"
        in text
    )
    assert "right hepatic vein: needed by the FLR, nearest to 26.1 mL = 12.9 % of the FLR; " in text
    assert "cut, 3.1 of 3.8 mL removed or cut off; 12.6 mm from L1" in text
    assert (
        "left hepatic vein: needed by the FLR, nearest to 150 mL = 73.9 % of the FLR; can be "
        "preserved" in text
    )
    assert "Distance from Vessel mm within 1 mm 5 mm 10 mm" in text
    assert "L1 right portal vein 4.0 " in text
    assert "border of the resected right portal vein 0.0 16 / 446 16 / 446 24 / 700 part" in text
    assert "Vessel length in mm, then vessel wall area in mm², within each distance." in text
    assert "drawn: portal vein trunk" in text


def vein_words(*cuts: BranchCut) -> tuple[str, PlanRecord]:
    """Describe the outflow below the veins of a plan in which a vein is cut."""
    record = record_of(*cuts)
    (plan,) = sure(record.vessels).plans
    return outflow_in_all(plan), record


def test_h16_the_outflow_of_all_veins_is_a_range_if_a_cut_is_uncertain() -> None:
    uncertain, record = vein_words(PLACE)
    (plan,) = sure(record.vessels).plans
    assert plan.cuts[0].doubtful
    assert uncertain.startswith("all hepatic veins together: between ")
    assert sure(plan.lost.flr_outflow_lost).volume_ml is None
    for cuts in ((), (RIGHT_PORTAL,)):  # an uncertain cut of portal veins takes no outflow
        alone, _ = vein_words(*cuts)
        assert "all hepatic veins together: 0 mL (0.0 to " in alone


def test_h08_a_vein_just_above_the_limit_is_not_shown_at_it() -> None:
    """5.01 % of the FLR is more than 5 %, from which on a vein is needed."""
    (plan,) = sure(record_of().vessels).plans
    right = structs.replace(plan.veins[0], drained_ml=7.9, drained_percent=5.01)
    assert drained(right) == "7.9 mL = 5.01 %"
    assert drained(structs.replace(right, drained_percent=4.96)) == "7.9 mL = 4.96 %"


def test_h08_an_end_of_the_range_is_not_rounded_to_a_limit() -> None:
    kept = sure(sure(record_of().vessels).supplied)
    near = structs.replace(kept, flr_supplied_low_percent=30.02, flr_supplied_high_percent=39.97)
    assert supplied_range(near) == "30.02 to 39.97"


@pytest.mark.essential
@pytest.mark.slow
def test_resections_have_a_column_of_what_they_keep() -> None:
    plan = made(vessel_anatomy(flr=None, segments=MAP))
    text = flat(shown(resection_table(as_resections_record(plan, plan.resections))))
    assert "% kept" in text
    assert (
        "Inflow and outflow assessed from the nearest vessel only; bile ducts not assessed" in text
    )
    assert (
        "% kept: FLR without parts that lose inflow or outflow when the segments are removed"
        in text
    )
