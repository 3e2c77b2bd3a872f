"""What of the FLR keeps its supply, by one tree or by both: no output tells one as if it were both.

The liver is that of `tests.vessel_liver`. Left and right veins of each tree end at columns 19 and
21, the cut takes the right one: of the 22 columns of the remnant 18 keep it, columns 2 to 19.
"""

import csv
import json
from collections.abc import Mapping
from io import StringIO
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

from fl_planner.export.dicom.report import _format_trees, list_reported
from fl_planner.export.fhir.bundle import as_bundle, find_faults
from fl_planner.export.plan_columns import PlanTables, as_codebook, as_resection_table, as_row
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.planning.given.case import Operation
from fl_planner.planning.plan import Plan
from fl_planner.record.declaration.part import as_exact_json
from fl_planner.record.head import WithdrawnRecord
from fl_planner.record.plan import PlanRecord, as_plan_record
from fl_planner.record.resections import as_resections_record
from fl_planner.report.plan_structures import list_structures
from tests.masks import boxes
from tests.record.planned import certain, made
from tests.vessel_liver import GRID, SEGMENTS, VESSELS, VOXEL_ML, vessel_anatomy

MAP = {name: boxes(GRID, [spans], f"segment_{name}") for name, spans in SEGMENTS.items()}
COLUMN = 144
KEPT_ML = 18 * COLUMN * VOXEL_ML
KEPT_PERCENT = 100 * 18 * COLUMN / (36 * COLUMN - 27)


class Given(NamedTuple):
    """Trees that were drawn, the cut, and what outputs must say."""

    trees: tuple[str, ...]
    cut: BranchCut
    fhir: str
    sr: str
    keeps: str
    alone: str


BOTH = Given(
    ("portal", "hepatic"), BranchCut("portal", branch="right_portal_vein"),
    "flr-supplied", "SUPPLY",
    "its inflow and outflow through the drawn portal and hepatic veins", "",
)  # fmt: skip
PORTAL = Given(
    ("portal",), BranchCut("portal", branch="right_portal_vein"), "flr-inflow-kept", "INFLOW",
    "its inflow through the drawn portal veins", "from the portal veins alone: outflow is unknown",
)  # fmt: skip
HEPATIC = Given(
    ("hepatic",), BranchCut("hepatic", branch="right_hepatic_vein"), "flr-outflow-kept", "OUTFLOW",
    "its outflow through the drawn hepatic veins",
    "from the hepatic veins alone: inflow is unknown",
)  # fmt: skip
each_given = pytest.mark.parametrize("given", [BOTH, PORTAL, HEPATIC], ids=["both", "p", "h"])
DRAWN = {
    "portal": ("portal_vein_trunk", "right_portal_vein", "left_portal_vein"),
    "hepatic": ("inferior_vena_cava", "right_hepatic_vein", "left_hepatic_vein"),
}


def planned(given: Given, **others: Any) -> Plan:
    vessels = {name: VESSELS[name] for tree in given.trees for name in DRAWN[tree]}
    anatomy = vessel_anatomy(vessels=vessels, **others)
    return made(anatomy, operations=(Operation(cuts=(given.cut,)),))


def observations(record: PlanRecord) -> Mapping[str, Any]:
    told = json.loads(as_exact_json(as_bundle(record)))
    assert [*find_faults(told)] == []
    every = [entry["resource"] for entry in told["entry"]]
    seen = [one for one in every if one["resourceType"] == "Observation"]
    return {one["code"]["coding"][0]["code"]: one for one in seen}


@pytest.mark.slow
@each_given
def test_h16_fhir_has_a_code_words_and_a_component_for_the_trees(given: Given) -> None:
    seen = observations(certain(planned(given)))
    assert {code for code in seen if "supplied" in code or "kept" in code} == {
        f"{given.fhir}-volume", f"{given.fhir}-percent",
    }  # fmt: skip
    volume, share = (seen[f"{given.fhir}-{of}"] for of in ("volume", "percent"))
    assert volume["valueQuantity"]["value"] == pytest.approx(KEPT_ML)
    assert share["valueQuantity"]["value"] == pytest.approx(KEPT_PERCENT)
    for one in (volume, share):
        assert one["code"]["text"].partition(",")[0].endswith(f"that keeps {given.keeps}")
        notes = [note["text"] for note in one["note"]]
        assert (given.alone in notes) == bool(given.alone)
        assert not any("alone" in note for note in notes if note != given.alone)
        parts = {part["code"]["coding"][0]["code"]: part for part in one["component"]}
        assert parts["SUPPLYBY"]["valueString"] == ", ".join(given.trees)
        assert "estimated from the nearest vessel" in one["method"]["text"]
    assert share["method"]["text"].startswith("share of the non-tumorous liver")
    assert f"urn:uuid:{volume['id']}" in [one["reference"] for one in share["derivedFrom"]]


@pytest.mark.essential
@pytest.mark.slow
@each_given
def test_fhir_has_the_least_and_the_most_of_its_readings(given: Given) -> None:
    record = as_plan_record(planned(given))
    assert record.vessels is not None
    told = record.vessels.supplied
    assert told is not None
    share = observations(record)[f"{given.fhir}-percent"]
    parts = {part["code"]["coding"][0]["code"]: part for part in share["component"]}
    low, high = (parts[f"readings-{end}"]["valueQuantity"]["value"] for end in ("low", "high"))
    assert low == pytest.approx(told.flr_supplied_low_percent)
    assert high == pytest.approx(told.flr_supplied_high_percent)
    assert low < KEPT_PERCENT < high


@pytest.mark.slow
@each_given
def test_h13_an_uncertain_one_is_a_range_in_every_export(given: Given) -> None:
    """The cut of the small liver is uncertain: no estimate, but the lowest and highest reading."""
    plan = planned(given)
    record = as_plan_record(plan)
    assert record.vessels is not None
    supplied = record.vessels.supplied
    assert supplied is not None
    percents = supplied.flr_supplied_low_percent, supplied.flr_supplied_high_percent
    seen = observations(record)
    ends = {"volume": (supplied.flr_supplied_low_ml, supplied.flr_supplied_high_ml),
            "percent": percents}  # fmt: skip
    for of, (low, high) in ends.items():
        one = seen[f"{given.fhir}-{of}"]
        assert "valueQuantity" not in one
        assert one["valueRange"]["low"]["value"] == pytest.approx(low)
        assert one["valueRange"]["high"]["value"] == pytest.approx(high)
        notes = [note["text"] for note in one["note"]]
        assert (
            "no single value, because the effect of a cut is uncertain: only the range applies"
            in notes
        )
    reported = list_reported(record, list_structures(plan, GRID, "ct"))
    told = {one.code[0]: one.value for one in reported}
    assert (told[f"{given.sr}LOW"], told[f"{given.sr}HIGH"]) == pytest.approx(percents)
    assert not {f"FLR{given.sr}ML", f"FLR{given.sr}PCT"} & {*told}
    (row,) = csv.DictReader(StringIO(as_row(record)))
    assert (row["flr_supplied_ml"], row["flr_supplied_pct"]) == ("", "")
    low, high = (float(row[f"flr_supplied_pct_{end}"]) for end in ("low", "high"))
    assert (low, high) == pytest.approx(percents)
    assert low < KEPT_PERCENT < high


@pytest.mark.essential
@pytest.mark.slow
@each_given
def test_h16_a_withdrawn_one_has_no_value_in_fhir(given: Given) -> None:
    seen = WithdrawnRecord(number="flr", codes=("remnant.side",), why="it is mirrored")
    told = observations(replace(as_plan_record(planned(given)), withdrawn=(seen,)))
    for of in ("volume", "percent"):
        one = told[f"{given.fhir}-{of}"]
        assert "valueQuantity" not in one
        assert one["dataAbsentReason"]["coding"][0]["code"] == "error"
        assert [part for part in one["component"] if "valueQuantity" in part] == []


@pytest.mark.slow
@each_given
def test_h16_dicom_has_codes_of_the_trees_and_names_them(given: Given) -> None:
    plan = planned(given)
    record, structures = certain(plan), list_structures(plan, GRID, "ct")
    told = {one.code[0]: one for one in list_reported(record, structures)}
    codes = {f"FLR{given.sr}ML", f"FLR{given.sr}PCT", f"{given.sr}LOW", f"{given.sr}HIGH"}
    others = ("SUPPLY", "INFLOW", "OUTFLOW")
    assert {code for code in told if any(one in code for one in others)} == codes
    assert told[f"FLR{given.sr}ML"].value == pytest.approx(KEPT_ML)
    assert told[f"FLR{given.sr}PCT"].value == pytest.approx(KEPT_PERCENT)
    # DCM 121427 and 125315: Estimated, Calculated
    assert {told[code].derivation[:2] for code in codes} == {("121427", "DCM")}
    assert {told[code].derivation[:2] for code in {*told} - codes} == {("125315", "DCM")}
    assert all(len(told[code].code[0]) <= 16 and len(told[code].code[2]) <= 64 for code in codes)
    by = {str(one.meaning): [*_format_trees(record, one)] for one in structures}
    assert {part for part, said in by.items() if said} == {"flr"}
    (said,) = by["flr"]
    assert (said.name.value, said.value.value) == ("SUPPLYBY", given.sr)
    alone = {"SUPPLY": "Portal and hepatic veins as drawn",
             "INFLOW": "Portal veins only: outflow unknown",
             "OUTFLOW": "Hepatic veins only: inflow unknown"}  # fmt: skip
    assert said.value.meaning == alone[given.sr]


def test_without_vessels_dicom_names_no_tree() -> None:
    plan = made(vessel_anatomy(vessels={}))
    structures = list_structures(plan, GRID, "ct")
    assert [said for one in structures for said in _format_trees(as_plan_record(plan), one)] == []


@pytest.mark.slow
@each_given
def test_h16_a_row_of_a_plan_states_by_which_trees(given: Given) -> None:
    (row,) = csv.DictReader(StringIO(as_row(certain(planned(given)))))
    assert row["flr_supplied_by"] == " ".join(given.trees)
    assert float(row["flr_supplied_pct"]) == pytest.approx(KEPT_PERCENT)
    (bare,) = csv.DictReader(StringIO(as_row(as_plan_record(made(vessel_anatomy(vessels={}))))))
    assert (bare["flr_supplied_by"], bare["flr_supplied_pct"]) == ("", "")


def test_the_codebook_states_what_it_is() -> None:
    told = {row["column"]: row for row in csv.DictReader(StringIO(as_codebook()))}
    assert told["flr_supplied_by"]["type"] == "text"
    assert "flr_supplied_by" in told["flr_supplied_pct"]["meaning"]


@pytest.mark.slow
@each_given
def test_h16_rows_of_resections_and_of_cohorts_state_by_which_trees(given: Given) -> None:
    plan = planned(given, segments=MAP, flr=None)
    rows = as_resections_record(plan, plan.resections)
    record = as_plan_record(plan)
    for table in (as_resection_table(rows), PlanTables.of(record).resections):
        told = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
        assert told
        assert {row["flr_supplied_by"] for row in told} == {" ".join(given.trees)}
        assert all(row["flr_supplied_pct"] is not None for row in told)
    supplies = [one.supply for one in rows.by_segments.resections]
    assert {one.flr_supplied_by for one in supplies if one is not None} == {given.trees}
    bare = made(vessel_anatomy(vessels={}, segments=MAP, flr=None))
    table = as_resection_table(as_resections_record(bare, bare.resections))
    (at,) = [n for n, name in enumerate(table.columns) if name == "flr_supplied_by"]
    assert {row[at] for row in table.rows} == {None}
