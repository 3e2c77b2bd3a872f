"""Drugs of a record in the elements of R4 and of R5; expected values by HL7's definitions."""

import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.clinical_codes import LOINC
from fl_planner.intake.patients.rows import Listed
from fl_planner.workup.judge import JudgedFile, judge_file
from tests.cli.outside import BUNDLED, ask
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
    stated,
    statement,
    write_bundle,
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


# ---- volumes of an exported plan


PERSON: Resource = {"resourceType": "Patient", "id": "p1"}
LOCAL = "urn:uuid:7b2bacc0-2088-51f6-aaec-fb73b27872a6"
AS_OF = date(2026, 11, 20)


def measured(code: str, ml: float, **more: Any) -> Resource:
    """Write a volume as a plan is exported."""
    return observation(LOCAL, code, **{"status": "preliminary", **more}, **of_ml(ml))


def of_ml(ml: float) -> Resource:
    return {"valueQuantity": quantity(ml, "mL")}


def volumes(**more: Any) -> list[Resource]:
    of_liver = {"liver-volume": 1600, "tumour-volume": 100, "flr-volume": 390}
    return [measured(code, ml, **more) for code, ml in of_liver.items()]


def judge(path: Path, *resources: Resource) -> JudgedFile:
    return judge_file(write_bundle(path / "r.json", PERSON, *resources), as_of=AS_OF)


def found(judged: JudgedFile, code: str) -> list[str]:
    return [one.message for one in judged.findings if one.code == code]


def test_h16_preliminary_volumes_are_used_and_named(tmp_path: Path) -> None:
    """390 of 1600 - 100 mL are 26 %."""
    judged = judge(tmp_path, *volumes())
    assert judged.judged.facts["flr_fraction"] == Fraction(26, 100)
    (message,) = found(judged, "fhir.preliminary")
    assert message.endswith(": flr_volume, total_liver_volume, tumour_volume")
    assert found(judged, "fhir.not_used") == []
    final = judge(tmp_path, *volumes(status="final"))
    assert final.judged.facts["flr_fraction"] == Fraction(26, 100)
    assert found(final, "fhir.preliminary") == []


def test_h16_other_preliminary_values_are_not_used(tmp_path: Path) -> None:
    albumin = observation(
        LOINC.uri, "1751-7", status="preliminary", valueQuantity=quantity(40, "g/L")
    )
    typed = stated("flr_volume", status="preliminary", **of_ml(390))
    judged = judge(tmp_path, albumin, typed)
    assert found(judged, "fhir.not_used") == ["resources not used: 2 not final"]
    assert found(judged, "fhir.preliminary") == []
    assert "flr_volume_ml" not in judged.judged.facts
    wrong = judge(tmp_path, *volumes(status="entered-in-error"))
    assert found(wrong, "fhir.not_used") == ["resources not used: 3 not final"]


def test_a_mapping_may_use_them_or_not(tmp_path: Path) -> None:
    text = 'schema = 1\n[systems]\nours = "http://ours"\n[[observation]]\ncodes = ["ours|FLR"]\n'
    path = write_bundle(
        tmp_path / "r.json", PERSON, observation("http://ours", "FLR", status="preliminary",
        **of_ml(390))
    )  # fmt: skip
    mapping = tmp_path / "map.toml"
    for line, used in (("preliminary = true", True), ("", False)):
        mapping.write_text(f'{text}key = "flr_volume"\n{line}\n', "utf-8")
        judged = judge_file(path, as_of=AS_OF, fhir_map=mapping)
        assert ("flr_volume_ml" in judged.judged.facts) is used


def test_h04_volumes_of_different_days_are_a_finding(tmp_path: Path) -> None:
    whole, tumour, flr = volumes(effectiveDateTime="2026-10-01")
    later = {**flr, "effectiveDateTime": "2026-11-01"}
    (message,) = found(judge(tmp_path, whole, tumour, later), "fhir.days_differ")
    assert (
        message
        == "volumes recorded on different dates: total_liver_volume, tumour_volume, flr_volume"
    )
    assert found(judge(tmp_path, whole, tumour, flr), "fhir.days_differ") == []
    undated = {key: part for key, part in flr.items() if key != "effectiveDateTime"}
    assert found(judge(tmp_path, whole, tumour, undated), "fhir.days_differ") == []


def test_h04_a_normalisation_of_another_day_is_a_finding(tmp_path: Path) -> None:
    """The software of one study may not be that of another."""
    normalised = {"coding": [{"system": LOCAL, "code": "extrahepatic"}]}
    function = stated("flr_function", valueQuantity=quantity(2.9, "%/min/m2"))
    function |= {"effectiveDateTime": "2026-10-01"}
    for day, named in (("2026-10-01", []), ("2025-01-01", ["function and its normalisation"])):
        code = "flr_function_normalisation"
        other = stated(code, valueCodeableConcept=normalised, effectiveDateTime=day)
        messages = found(judge(tmp_path, function, other), "fhir.days_differ")
        assert [one.partition(" recorded")[0] for one in messages] == named


@pytest.mark.parametrize(
    ("value", "doubt"),
    [
        ({"valueString": "total_field"}, "function.not_comparable"),
        ({"valueCodeableConcept": {"text": "total_field"}}, "function.not_comparable"),
        ({"valueString": "extrahepatic"}, None),
        ({"valueCodeableConcept": {"text": "extrahepatic"}}, None),
        ({"valueString": "whole field"}, "function.normalisation_unknown"),  # not the exact word
        (
            {"valueCodeableConcept": {"coding": [{"code": "x"}], "text": "extrahepatic"}},
            "function.normalisation_unknown",  # the code may differ from the text
        ),
    ],
)
def test_h09_a_normalisation_without_a_code_is_read_by_its_exact_word(
    value: dict[str, Any], doubt: str | None, tmp_path: Path
) -> None:
    function = stated("flr_function", valueQuantity=quantity(2.9, "%/min/m2"))
    judged = judge(tmp_path, function, stated("flr_function_normalisation", **value))
    for code in ("function.not_comparable", "function.normalisation_unknown"):
        assert bool(found(judged, code)) is (code == doubt), code
    assert bool(found(judged, "fhir.not_used")) is (doubt == "function.normalisation_unknown")


@pytest.mark.essential
@pytest.mark.slow
def test_h08_an_exported_plan_has_the_flr_of_the_plan(tmp_path: Path) -> None:
    """Exported by the command, put into a record, and judged as a record."""
    case, out = BUNDLED / "crlm" / "case.toml", tmp_path / "plan.fhir.json"
    plan = ask("plan", case, "--fhir", out, "--json").record
    bundle = json.loads(out.read_text("utf-8"))
    kinds = ("Patient", "Observation")
    kept = [one for one in bundle["entry"] if one["resource"]["resourceType"] in kinds]
    path = tmp_path / "record.json"
    path.write_text(json.dumps({**bundle, "entry": kept}), "utf-8")
    judged = judge_file(path, as_of=AS_OF)
    share = judged.judged.facts["flr_fraction"]
    assert isinstance(share, Fraction)
    assert 100 * float(share) == pytest.approx(plan["flr_percent"], abs=1e-6)
    assert 29.96 < plan["flr_percent"] < 29.97  # 447.66 of 1494.18 mL
    assert found(judged, "fhir.preliminary")


def test_h04_a_function_in_a_record_has_the_date_of_its_resource(tmp_path: Path) -> None:
    """PVE on 20 October; a function of 5 November is after it, one of 5 October before."""
    pve = procedure("http://www.cms.gov/Medicare/Coding/ICD10", "06L83DZ")
    pve |= {"performedDateTime": "2026-10-20"}
    value = {"valueQuantity": quantity(2.9, "%/min/m2")}

    def doubts(on: str | None, scan: str | None = None, **dated: str) -> list[str]:
        given = {} if on is None else {"effectiveDateTime": on}
        more = () if scan is None else (stated("scan_date", valueDateTime=scan),)
        patient = ({**pve, **dated}, stated("flr_function", **value, **given), *more)
        return found(judge(tmp_path, *patient), "function.embolised_between")

    unknown = "the FLR function may have been measured before PVE"
    assert doubts("2026-11-05") == doubts("2026-11-05", "2026-11-06") == []
    assert doubts("2026-10-05") == ["the FLR function was measured before PVE"]
    assert doubts("2026-10-05", "2026-11-06") == ["the FLR function was measured before PVE"]
    same = "the scintigraphy has the same date as PVE"
    assert doubts("2026-10-20") == [f"{same}: {unknown}"]
    assert doubts(None) == [f"the date of the scintigraphy is not given: {unknown}"]
    assert doubts("2026-11-05", performedDateTime="2026") == [
        f"the date of PVE is not given: {unknown}"
    ]
