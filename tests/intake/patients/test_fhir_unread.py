"""Results of a record that cannot be read: an earlier result is not used in their place."""

import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.clinical_codes import LOCAL, LOINC, UCUM
from fl_planner.basis.exact_text import Pairs, parse_exact_json
from fl_planner.intake.patients.fhir.entries import has_failed, is_cut
from fl_planner.intake.patients.fhir.resources import SUBSETTED
from fl_planner.intake.patients.rows import Listed
from fl_planner.trials.statements import Amount
from fl_planner.workup.judge import judge_file
from tests.intake.patients.fhir_records import (
    PCS,
    Resource,
    as_bundle,
    concept,
    observation,
    procedure,
    quantity,
    stated,
)
from tests.intake.patients.test_fhir_facts import PLATELETS, one, read, unread, unused
from tests.masks import codes
from tests.refusals import refuses

EARLIER, LATER = "2026-11-03", "2026-11-10"


def platelets(day: str, **value: Any) -> Resource:
    return observation(LOINC.uri, PLATELETS, effectiveDateTime=day, **value)


def number(row: Listed, key: str) -> Fraction | None:
    found = row.stated.values[key]
    assert isinstance(found, Amount)
    return found.value


@pytest.mark.parametrize(
    "value",
    [
        {"valueQuantity": {**quantity(50, "10*9/L"), "comparator": "<"}},
        {"valueQuantity": {"value": 50}},
        {"valueString": "< 50"},
        {
            "valueQuantity": quantity(50, "10*9/L"),
            "interpretation": [
                concept("http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation", "<")
            ],
        },
        {
            "valueQuantity": quantity(50, "10*9/L"),
            "interpretation": [concept("http://hl7.org/fhir/v2/0078", "<")],
        },
    ],
    ids=["comparator", "no unit", "text", "off scale low", "off scale low, of version 2"],
)
def test_h09_a_latest_result_that_cannot_be_read_leaves_the_fact_unknown(value: Resource) -> None:
    """120 is not the platelet count of a patient in whom fewer than 50 were counted a week later.

    Read in the other order, the number is the latest result and counts.
    """
    count = {"valueQuantity": quantity(120, "10*9/L")}
    row = one(platelets(EARLIER, **count), platelets(LATER, **value))
    assert "platelets" not in row.stated.values
    assert codes(row.findings) == ["fhir.not_used", "fhir.latest_unread"]
    assert row.findings[1].message == (
        "platelets: the latest result cannot be read; counted as unknown"
    )
    other = one(platelets(EARLIER, **value), platelets(LATER, **count))
    assert number(other, "platelets") == 120
    assert codes(other.findings) == ["fhir.not_used"]


def test_h09_a_result_that_states_no_value_does_not_replace_an_earlier_one() -> None:
    """A sample that was not measured says nothing of the count."""
    count = platelets(EARLIER, valueQuantity=quantity(120, "10*9/L"))
    absent = platelets(LATER, dataAbsentReason={"text": "clotted"}, valueString="clotted")
    assert number(one(count, absent), "platelets") == 120


@pytest.mark.parametrize(
    "time",
    [
        {"effectiveDateTime": "2026-02-30"},
        {"effectiveDateTime": "10.11.2026"},
        {"effectivePeriod": {"start": "2026-11-10", "end": "2026-11-31"}},
        {"effectivePeriod": {"start": "2026-11-10", "end": "2026-11-09"}},
        {"effectiveTiming": {"event": ["2026-11-03", "soon"]}},
        {"effectiveTiming": {"repeat": {"boundsPeriod": {"start": "soon"}}}},
        {"issued": "soon"},
        {"effectivePeriod": "2026-11-10"},
        {"effectiveTiming": "2026-11-10"},
        {"effectiveTiming": {"event": "soon"}},
        {"effectiveTiming": {"repeat": {"boundsPeriod": "2026-11-10"}}},
        {"effectiveDateTime": None, "issued": "soon"},
        {"effectiveDateTime": "2026-11-10", "effectiveInstant": "2026-10-01T08:00:00Z"},
    ],
)
def test_h09_a_result_with_an_invalid_date_is_not_used_and_may_be_the_latest(
    time: Resource,
) -> None:
    """A result of 2026-02-30 may be of any day, also after the assessment date."""
    wrong = platelets(EARLIER, valueQuantity=quantity(50, "10*9/L"))
    del wrong["effectiveDateTime"]
    assert unread({**wrong, **time}) == "1 with an invalid date"
    row = one(platelets(EARLIER, valueQuantity=quantity(120, "10*9/L")), {**wrong, **time})
    assert "platelets" not in row.stated.values
    assert codes(row.findings) == ["fhir.not_used", "fhir.several_values"]


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_h18_an_instant_at_the_end_of_the_calendar_is_none(at: str) -> None:
    """In UTC it is in a year before 1 or after 9999, which no program writes."""
    late = platelets(at, valueQuantity=quantity(50, "10*9/L"))
    updated = platelets(EARLIER, valueQuantity=quantity(50, "10*9/L"), meta={"lastUpdated": at})
    assert number(one(updated), "platelets") == 50
    assert isinstance(one(late), Listed)


def test_a_time_that_is_repeated_is_one_time() -> None:
    """As a statement of its record, or in the same words."""
    same = {"effectiveInstant": LATER, "issued": "2026-11-12T08:00:00Z"}
    row = one(platelets(LATER, valueQuantity=quantity(50, "10*9/L"), **same))
    assert number(row, "platelets") == 50
    assert row.findings == ()


def test_h09_a_component_with_a_modifier_may_be_the_latest_result() -> None:
    counted = {"code": concept(LOINC.uri, PLATELETS), "valueQuantity": quantity(50, "10*9/L")}
    earlier = platelets(EARLIER, valueQuantity=quantity(120, "10*9/L"))
    panel = observation(LOINC.uri, "58410-2", effectiveDateTime=LATER, component=[counted])
    assert number(one(earlier, panel), "platelets") == 50
    panel["component"] = [{**counted, "modifierExtension": [{"url": "urn:unclear"}]}]
    row = one(earlier, panel)
    assert "platelets" not in row.stated.values
    assert "fhir.latest_unread" in codes(row.findings)


def test_h09_a_treatment_with_an_invalid_date_is_not_used() -> None:
    row = one(procedure(PCS, "06L83DZ", performedDateTime="2026-11-31"))
    assert (row.stated.values, unused(row)) == ({}, "1 with an invalid date")
    assert one(procedure(PCS, "06L83DZ", performedDateTime="2026-10")).findings == ()


@pytest.mark.parametrize(
    ("born", "why"),
    [
        ("2026-11-21", "1 with a birth date after the assessment date"),
        ("2027", "1 with a birth date after the assessment date"),
        ("1960-02-30", "1 with an invalid birth date"),
        ("01.02.1960", "1 with an invalid birth date"),
        ("1960", None),
        (None, None),
    ],
)
def test_h09_a_birth_date_that_cannot_be_true_is_reported(born: str | None, why: str) -> None:
    row = one(as_of=date(2026, 11, 20), **({"birthDate": born} if born else {}))
    assert row.stated.values == {}
    assert (unused(row) if why else row.findings) == (why or ())


def test_a_result_that_cannot_be_read_is_alone() -> None:
    row = one(platelets(LATER, valueString="< 50"))
    assert (row.stated.values, codes(row.findings)) == ({}, ["fhir.not_used"])


def test_h09_an_answer_that_cannot_be_read_contradicts_others() -> None:
    """Facts without a latest value: any other answer leaves them unknown."""
    second = observation(
        LOINC.uri,
        "89247-1",
        valueCodeableConcept={"coding": [{"system": "urn:local", "code": "ECOG3"}]},
    )
    first = stated("ecog", valueInteger=1)
    row = one(first, second)
    assert "ecog" not in row.stated.values
    assert codes(row.findings) == ["fhir.not_used", "fhir.contradiction"]
    assert row.findings[1].message == (
        "ecog: an answer cannot be read (Observation 2, Observation 3); counted as unknown"
    )
    given = procedure(PCS, "06L83DZ", performedDateTime=EARLIER)
    unclear = one(given, stated("prior_pve_hve", valueString="no"))
    assert "prior_pve_hve" not in unclear.stated.values


def test_h16_a_list_of_which_a_part_cannot_be_read_is_unknown() -> None:
    """A list of the readable parts alone would say that there is no metastasis elsewhere."""
    code = {"code": {"coding": [{"system": LOCAL.uri, "code": "extrahepatic_sites"}]}}
    lung = {**code, "valueCodeableConcept": {"coding": [{"system": LOCAL.uri, "code": "lung"}]}}
    row = one(stated("extrahepatic_sites", component=[lung, {**code, "valueString": "brain"}]))
    assert row.stated.values == {}
    assert row.findings[1].message == (
        "extrahepatic_sites: an answer cannot be read (Observation 2); counted as unknown"
    )


def test_h09_a_dose_that_cannot_be_read_is_counted_despite_its_components() -> None:
    drug = {
        "code": {"coding": [{"system": LOCAL.uri, "code": "drug"}]},
        "valueCodeableConcept": {"coding": [{"system": LOCAL.uri, "code": "prednisone"}]},
    }
    row = one(stated("corticosteroid_daily_dose", valueString="low", component=[drug]))
    assert unused(row) == "1 without a number and its unit"


def haemoglobin(value: float, code: str, shown: str) -> Resource:
    amount = {"value": value, "unit": shown, "system": UCUM.uri, "code": code}
    return observation(LOINC.uri, "718-7", valueQuantity=amount)


@pytest.mark.parametrize(
    ("code", "shown"), [("g/dL", "mmol/L"), ("mmol/L", "g/dl"), ("g/L", "g/dL")]
)
def test_h09_a_result_with_two_units_is_not_used(code: str, shown: str) -> None:
    """9 mmol/L are 14.5 g/dL."""
    assert unread(haemoglobin(9, code, shown)) == "1 whose coded and displayed units differ"


@pytest.mark.parametrize("system", [{}, {"system": "urn:oid:2.16.840.1.113883.6.8"}])
def test_h09_a_code_of_an_unnamed_system_is_a_second_unit(system: Resource) -> None:
    """9 g/dL are a severe anaemia, 9 mmol/L are none; a code of the same unit does no harm."""

    def result(code: str) -> Listed:
        amount = {"value": 9, "unit": "mmol/l", "code": code, **system}
        return one(observation(LOINC.uri, "718-7", valueQuantity=amount))

    assert result("g/dL").stated.values == {}
    assert unused(result("g/dL")) == "1 whose coded and displayed units differ"
    for code in ("mmol/L", "258813002"):
        assert number(result(code), "haemoglobin") == 9


def test_h09_of_several_values_none_is_read() -> None:
    """FHIR allows one value; of two, neither is known to be meant [FHIR R4, value[x]]."""
    several: tuple[Resource, ...] = (
        {"valueInteger": 3, "valueQuantity": quantity(4, "1")},
        {"valueInteger": 3, "valueString": "four"},
    )
    for given in several:
        assert unread(stated("lesion_count", **given)) == "1 without a number"
        earlier = one(stated("lesion_count", valueInteger=3), stated("lesion_count", **given))
        assert (earlier.stated.values, codes(earlier.findings)[-1]) == ({}, "fhir.contradiction")


@pytest.mark.parametrize("unit", ["cm", "mm", "%", "cc"])
def test_h09_a_measure_is_not_a_number_of_lesions(unit: str) -> None:
    """A lesion of 3 cm is not three lesions."""
    row = one(stated("lesion_count", valueQuantity=quantity(3, unit)))
    why = "1 with a unit of measurement instead of a number"
    assert (row.stated.values, unused(row)) == ({}, why)
    counted = one(stated("lesion_count", valueQuantity=quantity(3, "{lesions}")))
    assert counted.stated.values == {"lesion_count": Fraction(3)}


@pytest.mark.parametrize("shown", ["g/dl", "gm/dL", "grams per decilitre", "g%"])
def test_a_displayed_unit_may_be_spelt_otherwise(shown: str) -> None:
    assert number(one(haemoglobin(9, "g/dL", shown)), "haemoglobin") == 9


@pytest.mark.parametrize("limits", [(40, 50), (50, 40)])
def test_h09_equally_late_results_with_different_upper_limits(limits: tuple[int, int]) -> None:
    """The value is known, but not how many times the upper limit it is."""
    results = [
        observation(
            LOINC.uri,
            "1742-6",
            effectiveDateTime="2026-11-10",
            valueQuantity=quantity(90, "U/L"),
            referenceRange=[{"high": quantity(limit, "U/L")}],
        )
        for limit in limits
    ]
    row = one(*results)
    assert number(row, "alt") == 90
    assert "alt_uln" not in row.stated.values
    assert codes(row.findings) == ["fhir.contradiction"]
    assert number(one(results[0], results[0]), "alt_uln") == limits[0]


@pytest.mark.parametrize("part", ["code", "unit", "id", "owner"])
def test_half_of_a_surrogate_pair_is_no_text(part: str) -> None:
    """JSON can write one, Unicode has none (RFC 8259, 8.2)."""
    half = "\ud800"
    resource = haemoglobin(9, "g/dL", half if part == "unit" else "g/dL")
    if part == "code":
        resource["code"]["coding"][0]["code"] = half
    elif part == "id":
        resource["id"] = half
    elif part == "owner":
        resource["subject"] = {"reference": half}
    known = [row.stated.values.keys() for row in read(resource) if isinstance(row, Listed)]
    assert known == [{"haemoglobin"} if part in ("unit", "id") else set()]


MEANING = "http://terminology.hl7.org/CodeSystem/referencerange-meaning"
NORMAL = {"high": quantity(1.2, "mg/dL")}


def typed(ml: float, *codes: str) -> Resource:
    return {"high": quantity(ml, "mg/dL"), "type": concept(MEANING, *codes)}


@pytest.mark.parametrize(
    ("ranges", "limit"),
    [
        ([NORMAL], Fraction("1.2")),
        ([typed(1.2, "normal")], Fraction("1.2")),
        ([NORMAL, typed(15, "treatment")], Fraction("1.2")),
        ([typed(15, "treatment")], None),
        ([typed(15, "normal", "treatment")], None),
        ([{**NORMAL, "type": {"text": "critical"}}], None),
        ([{**NORMAL, "modifierExtension": [{"url": "urn:unclear"}]}], None),
        ([NORMAL, typed(1.1, "normal")], None),
        ([{"high": {**quantity(17, "mg/dL"), "unit": "umol/L"}}], None),
        (["up to 1.2"], None),
        ([{**NORMAL, "low": quantity(0.2, "mg/dL")}], Fraction("1.2")),
        ([{**NORMAL, "low": quantity(3, "umol/L")}], Fraction("1.2")),
        ([{**NORMAL, "low": quantity("0.2", "mg/dL")}], Fraction("1.2")),
        ([{**NORMAL, "low": quantity(12, "mg/dL")}], None),
    ],
)
def test_h09_only_a_normal_range_gives_the_upper_limit(
    ranges: list[Any], limit: Fraction | None
) -> None:
    """A treatment target or a critical value is not the upper limit of normal."""
    row = one(
        observation(LOINC.uri, "1975-2", valueQuantity=quantity(2, "mg/dL"), referenceRange=ranges)
    )
    assert number(row, "bilirubin_total") == 2
    assert ("bilirubin_total_uln" in row.stated.values) is (limit is not None)
    if limit is not None:
        assert number(row, "bilirubin_total_uln") == limit


def version(value: float, day: int | None, status: str = "final", **more: Any) -> Resource:
    """Write a version of one platelet count; without a day, its order is unknown."""
    meta = {} if day is None else {"meta": {"lastUpdated": f"2026-11-{day:02}T10:00:00Z"}}
    amount = {"valueQuantity": quantity(value, "10*9/L")}
    return {**platelets(LATER, **amount), "id": "o1", "status": status, **meta, **more}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_h15_only_the_latest_version_of_a_resource_counts(order: tuple[int, int]) -> None:
    """FHIR R4, bundle.html: entries with the same fullUrl are versions of one resource."""
    corrected = (version(214, 11), version(90, 12, "corrected"))
    row = one(*(corrected[n] for n in order))
    assert number(row, "platelets") == 90
    assert row.findings == ()
    denied = (version(214, 11), version(214, 12, "entered-in-error"))
    assert unread(*(denied[n] for n in order)) == "1 not final"


def test_h15_versions_without_a_known_order_leave_the_fact_unknown() -> None:
    """An earlier result is not used in their place; equal versions are one."""
    earlier = platelets(EARLIER, valueQuantity=quantity(120, "10*9/L"))
    denied = version(214, None, "entered-in-error")
    for day in (None, 12):
        row = one(earlier, version(214, day), denied)
        assert row.stated.values == {}
        assert unused(row) == "2 in several versions whose order is unknown"
    same = one(earlier, version(214, None), version(214, 12), version(214, None))
    assert number(same, "platelets") == 214
    assert same.findings == ()


def test_h16_a_result_of_which_elements_were_omitted_is_not_used() -> None:
    """Nor an earlier one in its place: the omitted value may be the latest."""
    earlier = platelets(EARLIER, valueQuantity=quantity(120, "10*9/L"))
    later = version(214, 12)
    later["meta"]["tag"] = [{"system": SUBSETTED[0], "code": SUBSETTED[1]}]
    assert unread(earlier, later) == "1 without some of its elements"


def test_h15_a_resource_moved_to_another_patient_is_not_that_of_the_first() -> None:
    """The later version names another patient, who is not in the input."""
    wrong = version(214, 11)
    right = version(214, 12, subject={"reference": "Patient/other"})
    row, lost = read(wrong, right)
    assert row.stated.values == {}
    assert lost.reason == "1 resource belongs to no patient in the input"


MATCHED: Resource = {"resource": {"resourceType": "Patient"}, "search": {"mode": "match"}}
INCLUDED: Resource = {"resource": {"resourceType": "Observation"}, "search": {"mode": "include"}}


def parse(text: str) -> Pairs:
    found = parse_exact_json(text, 100)
    assert isinstance(found, Pairs)
    return found


@pytest.mark.parametrize(
    ("entries", "total", "cut"),
    [
        ([MATCHED], 1, False),
        ([MATCHED, INCLUDED], 2, True),
        ([MATCHED, {"resource": {"resourceType": "OperationOutcome"}}], 2, True),
        ([MATCHED, {"resource": {"resourceType": "Observation"}}], 2, False),
        ([MATCHED], "many", True),
        ([MATCHED], None, False),
    ],
)
def test_h16_a_bundle_of_fewer_matches_than_its_total_is_cut(
    entries: list[Resource], total: object, cut: bool
) -> None:
    """What was included, or reports on the search, is no match [FHIR R4, Bundle]."""
    assert is_cut(parse(json.dumps({"entry": entries, "total": total}))) is cut


def test_h18_a_total_of_many_digits_is_a_longer_list() -> None:
    """Python does not convert a number of more than 4300 digits."""
    text = json.dumps({"entry": [MATCHED], "total": 1}).replace("1}", f"{'1' * 5000}}}")
    assert is_cut(parse(text))


def test_only_an_outcome_reports_an_error_of_the_search() -> None:
    issue = {"issue": [{"severity": "error"}]}
    for kind, failed in (("OperationOutcome", True), ("DetectedIssue", False)):
        bundle = {"entry": [{"resource": {"resourceType": kind, **issue}}, 1]}
        assert has_failed(parse(json.dumps(bundle))) is failed


def test_the_day_of_a_procedure_may_have_its_name_in_r5() -> None:
    given = procedure(PCS, "06L83DZ", occurrenceDateTime="2026-11-21")
    assert unused(one(given)) == "1 after the assessment date"


def outcome(severity: str | None) -> Resource:
    issue = {} if severity is None else {"issue": [{"severity": severity}]}
    return {"entry": [{"resource": {"resourceType": "OperationOutcome", **issue}}]}


@pytest.mark.parametrize(
    ("bundle", "why"),
    [
        ({"type": "history"}, "history"),
        ({"type": "searchset", "link": [{"relation": "next", "url": "?page=2"}]}, "one page"),
        ({"type": "searchset", "total": 2}, "one page"),
        (outcome("error"), "an error of the server"),
        (outcome("fatal"), "an error of the server"),
        ({"link": [{"relation": "previous", "url": "?page=1"}]}, "one page"),
        ({"link": [{"relation": "prev", "url": "?page=1"}]}, "one page"),
        ({"entry": {}}, "an error of the server"),
        ({"entry": [{"response": {"status": "403 Forbidden"}}]}, "an error of the server"),
        ({"entry": [{"request": {"method": "DELETE", "url": "Observation/1"}}]}, "deletes"),
        ({"entry": [{"request": {"method": "PATCH", "url": "Observation/1"}}]}, "changes"),
    ],
)
def test_h16_a_bundle_that_is_not_the_current_record_is_refused(
    bundle: Resource, why: str, tmp_path: Path
) -> None:
    path = tmp_path / "record.json"
    record = as_bundle([{"resourceType": "Patient", "id": "p1"}])
    path.write_text(json.dumps(record | bundle), "utf-8")
    with refuses("screen.unreadable") as refused:
        judge_file(path)
    assert why in refused.value.reason
    whole: Resource = {
        "type": "searchset",
        "total": 1,
        "link": [{"relation": "self", "url": "?"}, 1],
    }
    done = {"response": {"status": "201 Created"}, "request": {"method": "POST", "url": "Patient"}}
    stored = [{**entry, **done} for entry in record["entry"]]
    whole["entry"] = [*stored, *outcome("information")["entry"], *outcome(None)["entry"]]
    path.write_text(json.dumps(record | whole), "utf-8")
    assert judge_file(path).findings == ()


def test_h09_a_result_with_the_codes_of_two_tests_is_not_used() -> None:
    """1751-7 is albumin, 777-3 are platelets, 6690-2 leukocytes; any order of the codes.

    Codes of one test, and codes without a rule, do not matter.
    """
    value = {"valueQuantity": quantity(40, "g/L")}

    def coded(*codes: str, **more: Any) -> Resource:
        return observation(LOINC.uri, "x", **value, **more) | {"code": concept(LOINC.uri, *codes)}

    for codes_given in (("1751-7", "777-3"), ("777-3", "1751-7"), ("1751-7", "6690-2", "777-3")):
        assert unread(coded(*codes_given)) == "1 with the codes of different tests"
    row = one(
        coded("1751-7", effectiveDateTime=EARLIER),
        coded("777-3", "1751-7", effectiveDateTime=LATER),
    )
    assert row.stated.values == {}
    assert codes(row.findings) == ["fhir.not_used", "fhir.latest_unread"]
    assert number(one(coded("1751-7", "9999-9")), "albumin") == 40
