"""Drugs of a record in the elements of R4 and of R5; expected values by HL7's definitions."""

from datetime import date
from typing import Any

import pytest

from fl_planner.intake.patients.rows import Listed
from tests.intake.patients.fhir_records import (
    ATC,
    ICD10,
    PCS,
    Resource,
    concept,
    condition,
    observation,
    of_patient,
    procedure,
    quantity,
    statement,
)
from tests.intake.patients.test_fhir_bundle import TODAY
from tests.intake.patients.test_fhir_facts import one, unread, unused

ADHERENCE = "http://hl7.org/fhir/CodeSystem/medication-statement-adherence"
FACTOR_XA, OXALIPLATIN = "B01AF01", "L01XA03"
TAKEN, TREATED = {"anticoagulant_use": True}, {"prior_systemic_therapy_crc": True}
PAST, LATER = {"start": "2026-01-01", "end": "2026-06-01"}, "2026-11-21"


def recorded(code: str, adherence: str | None = None, **more: Any) -> Resource:
    """Write a statement of R5: its medication and reasons are codes or references."""
    drug: Resource = {"medication": {"concept": concept(ATC, code)}}
    if adherence is not None:
        drug["adherence"] = {"code": concept(ADHERENCE, adherence)}
    return of_patient("MedicationStatement", **({"status": "recorded"} | drug | more))


def dose(**more: Any) -> Resource:
    """Write an administration of R5, for colorectal cancer."""
    given = {
        "status": "completed",
        "medication": {"concept": concept(ATC, OXALIPLATIN)},
        "reason": [{"concept": concept(ICD10, "C18.7")}],
    }
    return of_patient("MedicationAdministration", **(given | more))


def facts(row: Listed) -> dict[str, object]:
    return {**row.stated.values}


@pytest.mark.parametrize("adherence", ["taking", "taking-as-directed"])
def test_a_statement_of_r5_is_a_use_if_it_is_taken(adherence: str) -> None:
    row = one(recorded(FACTOR_XA, adherence))
    assert (facts(row), row.findings) == (TAKEN, ())
    assert unread(recorded(FACTOR_XA, adherence, effectivePeriod=PAST)) == "1 with an end date"
    planned = one(recorded(FACTOR_XA, adherence, effectivePeriod={"start": LATER}))
    assert (facts(planned), unused(planned)) == ({}, "1 after the assessment date")


@pytest.mark.parametrize(
    "adherence",
    [
        *("taking-not-as-directed", "not-taking", "on-hold", "on-hold-as-directed"),
        *("on-hold-not-as-directed", "stopped", "stopped-as-directed"),
        *("stopped-not-as-directed", "unknown", "else"),
    ],
)
@pytest.mark.parametrize("status", ["recorded", "active"])
def test_any_other_adherence_is_no_use(adherence: str, status: str) -> None:
    row = one(recorded(FACTOR_XA, adherence, status=status, effectiveDateTime="2026-11-01"))
    assert (facts(row), unused(row)) == ({}, "1 not stated to be taken")


@pytest.mark.parametrize("status", ["draft", "entered-in-error"])
def test_a_statement_of_r5_without_content(status: str) -> None:
    assert unread(recorded(FACTOR_XA, "taking", status=status)) == "1 neither active nor completed"


def test_a_statement_of_r5_without_adherence_states_past_use_only() -> None:
    reason: dict[str, Any] = {"reason": [{"concept": concept(ICD10, "C20")}]}
    current = one(recorded(FACTOR_XA, effectivePeriod={"start": "2026-01-01"}))
    assert (facts(current), unused(current)) == ({}, "1 not stated to be present")
    assert facts(one(recorded(OXALIPLATIN, **reason, effectivePeriod=PAST))) == TREATED
    untimed = recorded(OXALIPLATIN, **reason, dateAsserted="2026-11-01")
    for made, as_of in (
        (untimed, TODAY),
        (recorded(OXALIPLATIN, **reason, effectivePeriod=PAST), None),  # may be planned
        (recorded(OXALIPLATIN, **reason, effectivePeriod={"end": LATER}), TODAY),
    ):
        assert unread(made, as_of=as_of) == "1 not stated to be taken"


def test_medication_and_reason_of_r5_by_reference() -> None:
    drug = {"resourceType": "Medication", "id": "m1", "code": concept(ATC, FACTOR_XA)}
    link = {"reference": {"reference": "Medication/m1"}}
    by_name = recorded("", "taking", medication=link)
    assert facts(one(by_name, drug)) == TAKEN
    assert facts(one(by_name, {**drug, "status": "entered-in-error"})) == {}
    both = recorded("", "taking", medication={"concept": concept(ATC, "N02BE01"), **link})
    assert facts(one(both, drug)) == {}
    cancer = {**condition(ICD10, "C18.2"), "id": "c1"}
    of = {"reason": [{"reference": {"reference": "Condition/c1"}}]}
    assert facts(one(dose(**of), cancer)) == TREATED
    assert unread(dose(reason=[{}])) == "1 without a coded reason"
    other = one(dose(reason=[{"concept": concept(ICD10, "C16.9")}]))
    assert (facts(other), other.findings) == ({}, ())


@pytest.mark.parametrize(
    ("time", "is_past"),
    [
        ({"occurenceDateTime": "2026-11-01"}, True),
        ({"occurenceDateTime": LATER}, False),
        ({"occurencePeriod": {"start": LATER}}, False),
        ({"occurenceTiming": {"event": ["2026-12-01", "2026-11-19"]}}, True),
        ({"occurenceTiming": {"event": [LATER]}}, False),
        ({"occurenceTiming": {"repeat": {"boundsPeriod": {"start": LATER}}}}, False),
        ({"occurenceTiming": {}}, True),
        ({"recorded": LATER}, False),
    ],
)
def test_an_administration_of_r5_has_its_time(time: Resource, is_past: bool) -> None:
    row = one(dose(**time))
    assert facts(row) == (TREATED if is_past else {})
    assert is_past or unused(row) == "1 after the assessment date"


@pytest.mark.parametrize(
    "status", ["in-progress", "not-done", "on-hold", "entered-in-error", "stopped", "unknown"]
)
def test_an_administration_of_r5_by_its_status(status: str) -> None:
    assert facts(one(dose(status=status))) == (TREATED if status == "in-progress" else {})


def test_a_record_made_after_the_assessment_date_is_not_used() -> None:
    level = {"valueQuantity": quantity(214, "10*9/L")}
    for made in (
        statement(FACTOR_XA, dateAsserted=LATER),
        observation("http://loinc.org", "777-3", issued=f"{LATER}T08:00:00Z", **level),
        procedure(PCS, "0FB00ZZ", recorded=LATER),
    ):
        assert unread(made) == "1 after the assessment date"
        assert facts(one(made, as_of=date(2026, 11, 21)))
    first = statement(FACTOR_XA, effectivePeriod={"start": "2026-11-01"}, dateAsserted=LATER)
    assert facts(one(first)) == TAKEN


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (statement(FACTOR_XA, taken="n"), "not stated to be taken"),
        (statement(FACTOR_XA, taken="unk"), "not stated to be taken"),
        (statement(FACTOR_XA, wasNotTaken=True), "with an unsupported modifier"),
        (dose(notGiven=True), "with an unsupported modifier"),
        (dose(wasNotGiven=True), "with an unsupported modifier"),
        (procedure(PCS, "0FB00ZZ", notDone=True), "with an unsupported modifier"),
        (procedure(PCS, "0FB00ZZ", notPerformed=True), "with an unsupported modifier"),
    ],
)
def test_negations_of_earlier_versions_deny(made: Resource, why: str) -> None:
    assert unread(made) == f"1 {why}"
    no = {name: False for name in made if isinstance(made[name], bool)}
    assert facts(one({**made, "taken": "y", **no}))


def test_an_order_is_no_use() -> None:
    def order(code: str, **more: Any) -> Resource:
        drug = {"medicationCodeableConcept": concept(ATC, code)}
        return of_patient("MedicationRequest", **({"status": "active"} | drug | more))

    row = one(order(FACTOR_XA), order("N02BE01"), order(FACTOR_XA, status="cancelled"))
    assert (facts(row), unused(row)) == ({}, "1 only ordered (MedicationRequest)")
    new = recorded(FACTOR_XA, status="active", resourceType="MedicationRequest")
    assert unused(one(new)) == "1 only ordered (MedicationRequest)"
    assert not one(order(FACTOR_XA, doNotPerform=True)).findings  # forbidden, not ordered
    later = one(order(FACTOR_XA, authoredOn=LATER))
    known = one(order(FACTOR_XA), statement(FACTOR_XA))
    assert (later.findings, known.findings, facts(known)) == ((), (), TAKEN)


@pytest.mark.parametrize(
    ("code", "is_anticoagulant", "is_coumarin"),
    [  # the WHO's ATC index, B01A
        ("B01AA02", True, False),  # phenindione
        ("B01AA03", True, True),  # warfarin
        ("B01AA11", True, True),  # tioclomarol
        ("B01AA12", True, False),  # fluindione
        ("B01AB01", True, False),  # heparin
        ("B01AB02", False, False),  # antithrombin III, which is a substitution
        ("B01AB05", True, False),  # enoxaparin
        ("B01AC06", False, False),  # acetylsalicylic acid
        ("B01AE07", True, False),  # dabigatran
    ],
)
def test_anticoagulants_by_code(code: str, is_anticoagulant: bool, is_coumarin: bool) -> None:
    found = facts(one(statement(code)))
    assert found.get("anticoagulant_use", False) is is_anticoagulant
    assert found.get("coumarin_use", False) is is_coumarin
