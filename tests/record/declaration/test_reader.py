"""A record that was written as JSON, read back: the same record, or none."""

import json
from typing import Annotated, Any

import pytest
from msgspec import Meta, ValidationError

from fl_planner.record.declaration.json_form import read_record
from fl_planner.record.declaration.part import RecordKeys, RecordPart, Sided, as_json
from fl_planner.record.plan import PlanRecord, as_plan_record
from tests.record.planned import WHOLE, made


class Size(RecordPart):
    """A size."""

    largest_mm: float


class Flow(RecordPart):
    """A flow."""

    share: Sided[float]


class Growth(RecordKeys):
    """Keys of several records, which may be absent together."""

    weekly_percent: Sided[float]
    then: Size | None = None


class Told(RecordPart, tag_field="schema", tag="fl-planner/told/1"):
    """A record."""

    refusal: None
    growth: Growth | None = None
    sizes: Annotated[tuple[Size, ...], Meta(description="All.")] = ()
    by_vessel: dict[str, Flow] | None = None
    flows: tuple[Flow, ...] = ()
    places: tuple[str, ...] = ()
    distances: dict[str, float] | None = None


BARE = {"schema": "fl-planner/told/1", "refusal": None}
FULL = {
    **BARE,
    "weekly_percent": 2.5,
    "weekly_percent_shown": "2.5",
    "then": {"largest_mm": 12.0},
    "sizes": [{"largest_mm": 4.5}, {"largest_mm": 4.0}],
    "by_vessel": {"portal": {"share": 75.0, "share_shown": "75.0"}},
    "flows": [{"share": 75.0, "share_shown": "75.0"}],
    "places": ["2", "3"],
    "distances": {"portal": 3.5},
}


def test_each_key_is_read_where_its_declaration_has_it() -> None:
    assert read_record(Told, FULL) == Told(
        refusal=None,
        growth=Growth(weekly_percent=Sided(value=2.5, shown="2.5"), then=Size(largest_mm=12.0)),
        sizes=(Size(largest_mm=4.5), Size(largest_mm=4.0)),
        by_vessel={"portal": Flow(share=Sided(value=75.0, shown="75.0"))},
        flows=(Flow(share=Sided(value=75.0, shown="75.0")),),
        places=("2", "3"),
        distances={"portal": 3.5},
    )
    assert read_record(Told, BARE) == Told(refusal=None)


def test_a_plan_that_was_written_is_read_as_it_was() -> None:
    record = as_plan_record(made(WHOLE, id="a", weight_kg=70, height_cm=170))
    written = json.loads(as_json(record))
    assert json.loads(as_json(read_record(PlanRecord, written))) == written
    assert written["volumes_ml"]["flr"] == 300  # by hand


@pytest.mark.parametrize(
    "changed",
    [
        {"schema": "fl-planner/told/2"},
        {"weekly_percent_shown": None},
        {"weekly_percent": "2.5"},
        {"then": [1]},
        {"sizes": None},
        {"sizes": [None]},
        {"by_vessel": ["portal"]},
        {"flows": {"portal": 75.0}},
        {"flows": [75.0]},
        {"distances": {"portal": "near"}},
    ],
    ids=str,
)
def test_h14_what_no_such_record_has_is_not_read(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read_record(Told, FULL | changed)


@pytest.mark.parametrize("lacking", ["schema", "refusal", "weekly_percent"])
def test_h16_a_key_that_is_not_there_is_not_read_as_another(lacking: str) -> None:
    with pytest.raises(ValidationError):
        read_record(Told, {key: one for key, one in FULL.items() if key != lacking})
