"""Observations contained in a report, which have no entry themselves [FHIR R4, contained]."""

from typing import Any

import pytest

from fl_planner.basis.clinical_codes import LOINC
from tests.intake.patients.fhir_records import Resource, observation, quantity, report
from tests.intake.patients.test_fhir_facts import PLATELETS, one, unused
from tests.intake.patients.test_fhir_unread import number
from tests.masks import codes

LATE = "2026-11-12"


def count(value: float, on: str | None = LATE, **more: Any) -> Resource:
    dated = {} if on is None else {"effectiveDateTime": on}
    amount = {"valueQuantity": quantity(value, "10*9/L")}
    return observation(LOINC.uri, PLATELETS, **(amount | dated | more))


def within(inner: Resource, **more: Any) -> Resource:
    inner = {**inner, "id": "a"}
    del inner["subject"]
    contained = [inner, {"resourceType": "Organization", "id": "b"}, "c"]
    return report("staging_ct_done", contained=contained, result=[{"reference": "#a"}], **more)


def test_h15_a_contained_result_may_be_the_latest() -> None:
    """80 on 12 November, in a report; 214 on the 2nd, as an entry."""
    row = one(count(214, "2026-11-02"), within(count(80)))
    assert number(row, "platelets") == 80
    (source,) = (each for each in row.sources if each.key == "platelets")
    assert (source.resource, source.place, source.id) == ("Observation", 3, None)


def test_h15_a_contained_result_without_a_date_leaves_the_fact_unknown() -> None:
    row = one(count(214, "2026-11-02"), within(count(80, None)))
    assert "platelets" not in row.stated.values
    assert codes(row.findings) == ["fhir.several_values"]


def test_the_same_result_as_an_entry_is_no_contradiction() -> None:
    assert number(one(count(80), within(count(80))), "platelets") == 80


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (within(count(80), status="entered-in-error"), "2 not final"),
        (within(count(80, status="cancelled")), "1 not final"),
        (within(count(80), effectiveDateTime="12.11.2026"), "2 with an invalid date"),
    ],
)
def test_h15_a_denied_report_denies_its_results(made: Resource, why: str) -> None:
    row = one(made)
    assert "platelets" not in row.stated.values
    assert unused(row) == why


def test_h11_a_contained_result_of_another_subject_is_not_used() -> None:
    other = within(count(80))
    other["contained"][0]["subject"] = {"reference": "#donor"}
    row = one(other)
    assert "platelets" not in row.stated.values
    assert unused(row) == "1 with a focus other than the patient"
    own = within(count(80))
    own["contained"][0]["subject"] = own["subject"]
    assert number(one(own), "platelets") == 80


def test_h15_only_the_latest_version_of_a_report_gives_its_results() -> None:
    def version(value: float, day: int) -> Resource:
        return {
            **within(count(value)),
            "id": "r",
            "meta": {"lastUpdated": f"2026-11-{day}T08:00:00Z"},
        }

    assert number(one(version(80, 12), version(214, 13)), "platelets") == 214
    unclear = one({**within(count(80)), "id": "r"}, {**within(count(214)), "id": "r"})
    assert "platelets" not in unclear.stated.values
