"""What stands beneath the picture of a plan is what its record says."""

from dataclasses import replace
from typing import Any

import pytest
from msgspec import structs

from fl_planner.planning.given.case import Operation
from fl_planner.record.function import RemnantFunctionRecord
from fl_planner.record.plan import as_plan_record
from fl_planner.report.picture.slices.plan import as_picture
from fl_planner.report.picture.slices.sections import Picture
from tests.masks import liver_part, small_liver
from tests.record.planned import NO_TUMOUR, TREATED, TUMOUR, WHOLE, made, read_part


def picture(*args: Any, **entries: Any) -> Picture:
    """Choose what the picture of a plan shows."""
    plan = made(*args, **entries)
    return as_picture(plan, as_plan_record(plan))


def test_the_parts_of_the_plan_are_drawn() -> None:
    plan = made(replace(WHOLE, treated=TREATED))
    drawn = as_picture(plan, as_plan_record(plan))
    assert drawn.anatomy is plan.case.anatomy
    assert drawn.remnant is plan.measured.remnant
    assert drawn.image is None
    assert {one.code for one in drawn.findings} == {one.code for one in plan.findings}
    assert drawn.not_to_use == ""


def test_the_cuts_go_through_the_largest_lesion() -> None:
    small = liver_part([[8, 9, 2, 3, 2, 3]], "tumour")
    lesion = picture(replace(WHOLE, tumour=TUMOUR | small)).lesion
    assert lesion is not None
    assert lesion.voxel_count == 27
    assert picture(replace(WHOLE, tumour=NO_TUMOUR)).lesion is None
    assert picture(replace(WHOLE, tumour=NO_TUMOUR)).calliper is None
    assert picture(replace(WHOLE, tumour=None)).lesion is None


def test_the_calliper_is_that_of_the_largest_lesion() -> None:
    """A cube of 3 cm: its diagonal is 4.24 cm, of the record."""
    line = picture(WHOLE).calliper
    assert line is not None
    assert line.says == "diameter of L1 on the mask: 4.2 cm"
    assert line.length_mm == pytest.approx(30 * 2**0.5)


NAMELESS = "case without an id · plan without a name"


@pytest.mark.parametrize(
    ("entries", "named"),
    [
        ({}, NAMELESS),
        ({"id": "case-001"}, "case-001 · plan without a name"),
        ({"operations": (Operation("left hepatectomy"),)}, "case without an id · left hepatectomy"),
        ({"id": "a", "operations": (Operation("b"), Operation("c"))}, "a · b"),
        ({"label": "Bed 12"}, NAMELESS),  # of the clinical profile, and in no picture
    ],
)
def test_h11_a_picture_bears_the_users_own_names(entries: dict[str, Any], named: str) -> None:
    stamp = picture(**entries).stamp
    assert stamp is not None
    assert stamp.case == named


def test_the_numbers_by_hand() -> None:
    assert picture(replace(WHOLE, treated=TREATED)).numbers == (
        (
            "Volume-based pathway",
            "FLR 20.4 %, 142 mL below 30 % (DRAGON 2); < 1 % chance of crossing: FLR "
            "augmentation for discussion (PVE, or randomisation between PVE and PVE/HVE in "
            "DRAGON 2); remnant as drawn",
        ),
        ("Whole liver (TLV)", "1500 mL"),
        ("Tumour", "27.0 mL"),
        ("Non-tumorous liver", "1473 mL"),
        (
            "FLR",
            "300 mL, 20.4 % of the non-tumorous liver (95 % inter-reader interval: 17.3 to 23.5 %)",
        ),
        (
            "Untreated liver",
            "600 mL, 40.7 % of the non-tumorous liver (95 % inter-reader interval: 34.6 to 46.9 %)",
        ),
        ("Lesions", "1, largest 4.2 cm (axial)"),
    )


def test_what_was_not_given_has_no_line() -> None:
    names = [name for name, _ in picture(small_liver()).numbers]
    assert names == ["Volume-based pathway", "Whole liver (TLV)"]
    numbers = dict(picture(replace(WHOLE, tumour=NO_TUMOUR)).numbers)
    assert (numbers["Tumour"], numbers["Lesions"]) == ("0 mL", "0")


def test_h03_the_percentage_shows_its_denominator() -> None:
    numbers = dict(picture(replace(WHOLE, tumour=None)).numbers)
    assert "20.0 % of the whole liver (no tumour mask)" in numbers["FLR"]
    assert not any("on-tumorous" in name + text for name, text in numbers.items())


MEASURED = {
    "flr_shown": "2.97", "usable": True,
    "clearance": {"shown": "7.88"}, "share": {"percent_shown": "37.7"},
}  # fmt: skip
UNUSABLE = {**MEASURED, "usable": False}
WARNED = "; DO NOT USE: see the findings"
FUNCTIONS: list[tuple[dict[str, Any], str | None, str | None]] = [
    (
        {"shown": "2.97", "origin": "measured", "measured": MEASURED, "ct_to_scintigraphy_days": 2},
        "2.97 %/min/m\u00b2",
        "whole liver 7.88 %/min/m\u00b2; FLR 37.7 % of the counts; "
        "CT and scintigraphy 2 days apart, CT first",
    ),
    ({"shown": "2.7", "origin": "given"}, "2.7 %/min/m\u00b2, as entered", None),
    (
        {"shown": "2.7", "origin": "given", "measured": {**UNUSABLE, "share": None}},
        "2.7 %/min/m\u00b2, as entered",
        "whole liver 7.88 %/min/m\u00b2" + WARNED,
    ),
    (
        {"measured": {**UNUSABLE, "clearance": {"pct_per_min": 15.0}}},
        "2.97 %/min/m\u00b2" + WARNED,
        "FLR 37.7 % of the counts" + WARNED,
    ),
    ({"measured": {"usable": True, "clearance": {"pct_per_min": 15.0}}}, None, None),
    ({}, None, None),
]


@pytest.mark.parametrize(
    ("told", "value", "study"), FUNCTIONS, ids=[str(n) for n in range(len(FUNCTIONS))]
)
def test_h16_function_is_reported_where_it_is_known(
    told: dict[str, Any], value: str | None, study: str | None
) -> None:
    plan = made()
    function = read_part(RemnantFunctionRecord, told)
    record = structs.replace(as_plan_record(plan), function=function)
    numbers = dict(as_picture(plan, record).numbers)
    assert numbers.get("FLR function") == value
    assert numbers.get("Scintigraphy") == study
