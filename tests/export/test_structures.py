"""The parts of a planned liver as segments: what was counted, or nothing."""

import csv
from dataclasses import replace
from io import StringIO

import pytest
from msgspec import structs

from fl_planner.export.dicom.report import _require_reported, list_reported
from fl_planner.export.fhir.observations import list_numbers
from fl_planner.export.plan_columns import as_row
from fl_planner.liver.agreement.second_reader import SecondMasks
from fl_planner.planning.given.case import Operation
from fl_planner.planning.plan import Plan
from fl_planner.record.plan import as_plan_record
from fl_planner.report.plan_structures import list_structures
from fl_planner.space.mask import Mask
from tests import vessel_liver as vessels
from tests.masks import liver_part, small_liver
from tests.record.planned import LEFT, NO_TUMOUR, TREATED, WHOLE, certain, made
from tests.refusals import refuses
from tests.vessel_liver import RIGHT_PORTAL, vessel_anatomy

GRID = WHOLE.liver.grid


def parts(plan: Plan) -> dict[str, float]:
    """Give each part and its mL, which are whole numbers of voxels of 1 mL."""
    found = list_structures(plan, GRID, "ct")
    assert [one.number for one in found] == [*range(1, len(found) + 1)]
    return {str(one.meaning): one.mask.volume_ml for one in found}


def test_each_part_is_what_was_counted() -> None:
    plan = made(replace(WHOLE, treated=TREATED))
    assert parts(plan) == {"liver": 1500, "tumour": 27, "flr": 300, "treated": 900}
    assert parts(made(small_liver())) == {"liver": 1500}
    assert parts(made(replace(WHOLE, tumour=NO_TUMOUR))) == {"liver": 1500, "flr": 300}


def test_the_remnant_is_without_what_works_no_more() -> None:
    congested = liver_part([[1, 2, 1, 11, 1, 11]], "congested")  # 100 of the 300 mL
    plan = made(replace(WHOLE, excluded=(congested,)))
    assert parts(plan)["flr"] == 200


def test_h12_a_part_that_was_counted_otherwise_is_not_written() -> None:
    plan = made(replace(WHOLE, treated=TREATED))
    for changed in (
        structs.replace(plan.measured.volumes, liver_voxels=1501),
        structs.replace(plan.measured.volumes, tumour_voxels=26),
        structs.replace(plan.measured.volumes, flr_voxels=299),
        structs.replace(plan.measured.volumes, untreated_voxels=601),
    ):
        other = replace(plan, measured=structs.replace(plan.measured, volumes=changed))
        with refuses("dicom.not_the_plan"):
            list_structures(other, GRID, "ct")


def test_a_report_that_reads_otherwise_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    from fl_planner.export.dicom import report as dicom_sr

    plan = made()
    told = list_reported(as_plan_record(plan), list_structures(plan, GRID, "ct"))
    assert [(one.segment, one.code[0]) for one in told] == [
        (1, "118565006"), (2, "118565006"), (3, "118565006"),
        (3, "FLRPCT"), (3, "LOW95"), (3, "HIGH95"),
    ]  # fmt: skip
    read = {(one.segment, one.code[0]): (one.value, one.unit) for one in told}
    monkeypatch.setattr(dicom_sr, "read_reported_values", lambda content: read)
    _require_reported(b"", told)
    read[3, "FLRPCT"] = (26.0, "%")
    with refuses("dicom.not_the_plan"):
        _require_reported(b"", told)


@pytest.mark.parametrize(
    ("tumour", "codes"), [(NO_TUMOUR, {"FLRPCT", "UNTREATEDPCT"}), (None, {"FLRPCT"})]
)
def test_h03_an_untreated_share_of_the_whole_liver_is_not_coded_as_non_tumorous(
    tumour: Mask | None, codes: set[str]
) -> None:
    plan = made(replace(WHOLE, tumour=tumour, treated=TREATED))
    told = list_reported(as_plan_record(plan), list_structures(plan, GRID, "ct"))
    assert {one.code[0] for one in told if one.code[0].endswith("PCT")} == codes
    assert {one.whole[0] for one in told if one.whole} == {"NONTUMOUR" if tumour else "WHOLE"}


def test_h15_the_remnant_states_what_clearing_leaves_of_it() -> None:
    """One lesion of 1 mL in the 300 mL that stay: six neighbours go with it, of 1472 mL."""
    tumour = liver_part([[12, 15, 5, 8, 5, 8], [2, 3, 5, 6, 5, 6]], "tumour")
    plan = made(replace(WHOLE, tumour=tumour))
    record = as_plan_record(plan)
    told = list_reported(record, list_structures(plan, GRID, "ct"))
    of_flr = {one.code[0]: one for one in told if one.segment == 3}
    known = {"CLEARMARGIN": 10, "FLRCLEARML": 293, "FLRCLEARPCT": 100 * 293 / 1472}
    assert {code: of_flr[code].value for code in known} == pytest.approx(known)
    assert [of_flr[code].unit for code in known] == ["mm", "cm3", "%"]
    assert of_flr["FLRCLEARPCT"].whole == ("NONTUMOUR", "99FLRP", "non-tumorous liver")
    low, high = of_flr["CLEARLOW95"].value, of_flr["CLEARHIGH95"].value
    assert low < 100 * 293 / 1472 < high
    assert all(len(one.code[0]) <= 16 and len(one.code[2]) <= 64 for one in told)


def test_the_spread_of_two_readings_is_not_reported_as_a_95_percent_interval() -> None:
    """One difference gives no distribution [clinical.md 13]."""
    tumour = liver_part([[12, 15, 5, 8, 5, 8], [2, 3, 5, 6, 5, 6]], "tumour")
    second = SecondMasks(liver_part([[1, 5, 1, 11, 1, 11]], "flr"))
    plan = made(replace(WHOLE, tumour=tumour), second=second)
    told = list_reported(as_plan_record(plan), list_structures(plan, GRID, "ct"))
    codes = {one.code[0] for one in told if one.segment == 3}
    assert codes == {"118565006", "FLRPCT", "CLEARMARGIN", "FLRCLEARML", "FLRCLEARPCT"}


def test_the_whole_that_a_share_is_of_is_reported() -> None:
    for anatomy, code in ((WHOLE, "NONTUMOUR"), (replace(small_liver(), flr=LEFT), "WHOLE")):
        plan = made(anatomy)
        told = list_reported(as_plan_record(plan), list_structures(plan, GRID, "ct"))
        assert {one.whole[0] for one in told if one.whole} == {code}


@pytest.mark.essential
@pytest.mark.slow
def test_what_keeps_its_vessels_is_on_the_flr() -> None:
    """18 of 22 columns of 144 voxels keep the right portal vein's blood; one cut takes the rest."""
    operations = (Operation(cuts=(RIGHT_PORTAL,)),)
    plan = made(vessel_anatomy(), operations=operations)
    record = certain(plan)
    told = list_reported(record, list_structures(plan, vessels.GRID, "ct"))
    values = {one.code[0]: one.value for one in told if one.code[0].startswith(("FLRS", "SUPPLY"))}
    kept, liver = 18 * 144, 36 * 144 - 27
    assert values["FLRSUPPLYML"] == pytest.approx(kept * vessels.VOXEL_ML)
    assert values["FLRSUPPLYPCT"] == pytest.approx(100 * kept / liver)
    assert all(len(one.code[0]) <= 16 and len(one.code[2]) <= 64 for one in told)
    assert values["SUPPLYLOW"] <= values["FLRSUPPLYPCT"] <= values["SUPPLYHIGH"]
    numbers = {one.observation.term.code: one.value for one in list_numbers(record)}
    supplied_ml = float(str(numbers["flr-supplied-volume"]))
    assert supplied_ml == pytest.approx(kept * vessels.VOXEL_ML)
    assert numbers["flr-supplied-percent"] == pytest.approx(100 * kept / liver)
    (row,) = csv.DictReader(StringIO(as_row(record)))
    assert float(row["flr_supplied_ml"]) == pytest.approx(kept * vessels.VOXEL_ML)
    assert float(row["flr_supplied_pct"]) == pytest.approx(100 * kept / liver)
