"""FHIR Bundles: laboratory values by LOINC and UCUM, and nothing that tells who somebody is."""

import json
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from fl_planner.basis.clinical_codes import LOINC, UCUM
from fl_planner.basis.exact_text import Pairs, parse_exact_json
from fl_planner.intake.patients.fhir.entries import Records
from fl_planner.intake.patients.rows import Listed, NotRead, Row
from fl_planner.trials.statements import Amount

Resource = dict[str, Any]
TODAY = date(2026, 11, 20)


def quantity(value: object, code: str, **more: Any) -> Resource:
    return {"value": value, "code": code, "system": UCUM.uri, **more}


def observed(code: str, value: object = None, who: str = "Patient/1", **more: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {
            "coding": [{"system": "http://local", "code": "x"}, {"system": LOINC.uri, "code": code}]
        },
        "subject": {"reference": who},
        **({} if value is None else {"valueQuantity": value}),
        **more,
    }


def patient(id_: str = "1", **more: Any) -> Resource:
    return {"resourceType": "Patient", "id": id_, **more}


def read(*resources: Resource, as_of: date | None = TODAY) -> tuple[Row, ...]:
    return read_entries([{"resource": one} for one in resources], as_of)


def read_entries(entries: object, as_of: date | None = TODAY) -> tuple[Row, ...]:
    text = json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries})
    table = parse_exact_json(text)
    assert isinstance(table, Pairs)
    return tuple(Records(as_of).read_bundle(table))


def one(*observations: Resource, **of_patient: Any) -> Listed:
    (row,) = read(patient(**of_patient), *observations)
    assert isinstance(row, Listed), row
    assert row.id is None
    return row


@pytest.mark.parametrize(
    ("code", "value", "key", "amount"),
    [
        ("718-7", quantity(13.1, "g/dL"), "haemoglobin", Amount(Fraction(131, 10), "g/dL")),
        ("59260-0", quantity(8.1, "mmol/L"), "haemoglobin", Amount(Fraction(81, 10), "mmol/L")),
        ("777-3", quantity(214, "10*3/uL"), "platelets", Amount(Fraction(214), "10*3/uL")),
        ("1975-2", quantity(1.2, "mg/dL"), "bilirubin_total", Amount(Fraction(6, 5), "mg/dL")),
        ("14631-6", quantity(20, "umol/L"), "bilirubin_total", Amount(Fraction(20), "umol/L")),
        ("1751-7", quantity(40, "g/L"), "albumin", Amount(Fraction(40), "g/L")),
        ("6301-6", quantity(1.1, "{INR}"), "inr", Amount(Fraction(11, 10), "1")),
        ("6301-6", {"value": 1.1, "unit": "1"}, "inr", Amount(Fraction(11, 10), "1")),
    ],
)
def test_h09_values_by_code_and_unit(code: str, value: Resource, key: str, amount: Amount) -> None:
    assert one(observed(code, value)).stated.values == {key: amount}


def test_a_value_keeps_its_day_and_the_laboratorys_limit() -> None:
    limit = [{"high": quantity(45, "U/L"), "low": quantity(5, "U/L")}]
    row = one(
        observed(
            "1742-6",
            quantity(60, "U/L"),
            effectiveDateTime="2026-11-12T23:30:00+01:00",
            referenceRange=limit,
        ),
        observed("718-7", quantity(13, "g/dL"), referenceRange=[{"high": quantity(17, "g/dL")}]),
        observed("6301-6", quantity(1, "{INR}"), referenceRange=[{"high": quantity(1.2, "{INR}")}]),
        observed("1920-8", quantity(60, "U/L"), referenceRange=limit * 2),
    )
    assert row.stated.values == {
        "alt": Amount(Fraction(60), "U/L", date(2026, 11, 12)),
        "alt_uln": Amount(Fraction(45), "U/L"),
        "haemoglobin": Amount(Fraction(13), "g/dL"),  # no trial asks for its limit
        "inr": Amount(Fraction(1), "1"),
        "inr_uln": Amount(Fraction(6, 5), "1"),
        "ast": Amount(Fraction(60), "U/L"),  # of two ranges nobody knows whose
    }


def test_the_newest_of_several_values() -> None:
    def on(day: str, value: object) -> Resource:
        return observed("777-3", quantity(value, "10*9/L"), effectiveDateTime=day)

    row = one(on("2026-11-01", 90), on("2026-11-10", 120), on("2026-10-10", 80))
    assert row.stated.values["platelets"] == Amount(Fraction(120), "10*9/L", date(2026, 11, 10))
    same = one(on("2026-11-01", 90), observed("777-3", quantity(90, "10*9/L")))
    assert same.stated.values["platelets"] == Amount(Fraction(90), "10*9/L", date(2026, 11, 1))
    for two in (
        [on("2026-11-01", 90), on("2026-11-01", 120)],
        [on("2026-11-01", 90), on("2026-11", 120)],
    ):
        unclear = one(*two)
        assert "platelets" not in unclear.stated.values
        assert [f.code for f in unclear.findings] == ["fhir.several_values"]
    twice = one(on("2026-11-01", 90), on("2026-11-10", 120), on("2026-11-10", 120))
    assert "platelets" in twice.stated.values


def test_what_is_not_used_is_counted() -> None:
    value = quantity(90, "10*9/L")
    row = one(
        observed("777-3", value, status="preliminary"),
        observed("777-3", value, status="entered-in-error"),
        observed("777-3", {"value": 90}),
        observed("777-3", {"unit": "10*9/L"}),
        observed("777-3", quantity(5, "10*9/L", comparator="<")),
        observed("777-3"),
        observed("777-3", value, effectiveDateTime="2026-11-21"),
        observed("89247-1"),
        observed("33914-3", quantity(60, "mL/min/{1.73_m2}")),  # of no kind that is read
    )
    assert row.stated.values == {}
    finding, unmapped = row.findings
    assert (finding.code, unmapped.code, unmapped.value) == ("fhir.not_used", "fhir.not_mapped", 2)
    assert finding.message == (
        "resources not used: 1 after the assessment date, 2 not final, 1 without a number, "
        "4 without a number and its unit"
    )


def test_ecog_as_a_number_or_a_quantity() -> None:
    assert one(observed("89247-1", valueInteger=1)).stated.values == {"ecog": Fraction(1)}
    assert one(observed("89247-1", quantity(2, "{score}"))).stated.values == {"ecog": Fraction(2)}


@pytest.mark.parametrize(
    ("born", "as_of", "years"),
    [
        ("1961-11-20", TODAY, 65),
        ("1961-11-21", TODAY, 64),
        ("1960-02-29", date(2026, 2, 28), 65),
        ("1960-02-29", date(2026, 3, 1), 66),
        ("1961-11", TODAY, None),
        ("1961-02-30", TODAY, None),
        ("2027-01-01", TODAY, None),
        ("1961-11-20", None, None),
        (1961, TODAY, None),
    ],
)
def test_completed_years(born: object, as_of: date | None, years: int | None) -> None:
    (row,) = read(patient(birthDate=born, gender="other"), as_of=as_of)
    assert isinstance(row, Listed)
    wanted = {} if years is None else {"age": Amount(Fraction(years), "a")}
    assert row.stated.values == wanted


def test_sex() -> None:
    assert one(gender="female").stated.values == {"sex": "female"}


def test_h11_values_go_to_their_own_patient() -> None:
    first, second = quantity(90, "10*9/L"), quantity(120, "10*9/L")
    rows = read(
        observed("777-3", second, "Patient/2"),
        patient("1"),
        patient("2"),
        observed("777-3", first, "Patient/1"),
    )
    assert [row.row for row in rows] == [1, 2]
    values = [row.stated.values["platelets"] for row in rows if isinstance(row, Listed)]
    assert values == [Amount(Fraction(90), "10*9/L"), Amount(Fraction(120), "10*9/L")]


def test_h11_values_of_nobody_are_a_row_that_is_not_read() -> None:
    value = quantity(90, "10*9/L")
    nobody = observed("777-3", value)
    del nobody["subject"]
    rows = read(patient("1"), observed("777-3", value, "Patient/9"), nobody)
    assert isinstance(rows[1], NotRead)
    assert (rows[1].row, rows[1].reason) == (2, "2 resources belong to no patient in the input")
    assert isinstance(rows[0], Listed)


def test_h11_two_patients_of_one_id_are_not_read() -> None:
    rows = read(patient("1"), patient("1"), patient("2"))
    assert [type(row) for row in rows] == [NotRead, NotRead, Listed]


def test_a_patient_by_address() -> None:
    url = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    found = read_entries(
        [
            {"fullUrl": url, "resource": patient()},
            {"resource": observed("777-3", quantity(90, "10*9/L"), url)},
            {"fullUrl": url},
            {"resource": "none"},
            "none",
        ]
    )
    row, wrong = found
    assert isinstance(row, Listed)
    assert "platelets" in row.stated.values
    assert isinstance(wrong, NotRead)
    assert wrong.reason == "3 entries are not single resources: 3, 4, 5"


def test_h16_a_bundle_in_a_bundle_is_a_row_that_is_not_read() -> None:
    """It may have a later value, as the replies to several searches are in one Bundle each."""
    value = observed("777-3", quantity(214, "10*9/L"), effectiveDateTime="2026-11-10")
    later = observed("777-3", quantity(80, "10*9/L"), effectiveDateTime="2026-11-15")
    inner = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": later}]}
    found, wrong = read(patient(), value, inner)
    assert isinstance(found, Listed)
    assert isinstance(wrong, NotRead)
    assert wrong.reason == "1 entry is not a single resource: 3"


def test_h16_an_entry_whose_resource_is_absent_is_a_row_that_is_not_read() -> None:
    """An entry with an address only may be a later value; requests and replies may have none."""
    value = {"resource": observed("777-3", quantity(214, "10*9/L"))}
    bare = {"fullUrl": "https://ehr.example/Observation/2"}
    found, wrong = read_entries([{"resource": patient()}, value, bare])
    assert isinstance(found, Listed)
    assert isinstance(wrong, NotRead)
    assert wrong.reason == "1 entry is not a single resource: 3"
    others = [{"request": {"method": "GET", "url": "Patient"}}, {"response": {"status": "200"}}]
    (whole,) = read_entries([{"resource": patient()}, value, *others])
    assert isinstance(whole, Listed)


@pytest.mark.parametrize("entry", [None, "x", {}])
def test_a_bundle_of_nothing(entry: object) -> None:
    assert read_entries(entry) == ()


def test_a_value_that_is_no_number_costs_the_row() -> None:
    (row,) = read(patient(), observed("777-3", {"value": "Zwetschgenmeier", "unit": "10*9/L"}))
    assert isinstance(row, NotRead)
    assert row.reason.startswith("platelets: give a number")
    assert "Zwetschgenmeier" not in f"{row}"
