"""What resources of a record state, and what they do not: status, day, reason, contradiction."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from fl_planner.basis.clinical_codes import LOCAL, LOINC
from fl_planner.basis.findings import Severity
from fl_planner.intake.patients.rows import Listed, NotRead
from fl_planner.trials.statements import Amount, EarlierEmbolisation
from tests.intake.patients.fhir_records import (
    ATC,
    ICD10,
    PCS,
    SCT,
    WHO,
    Resource,
    as_bundle,
    concept,
    condition,
    observation,
    of_patient,
    procedure,
    quantity,
    report,
    stated,
    statement,
)
from tests.intake.patients.test_fhir_bundle import TODAY, read_entries

PLATELETS = "777-3"
REPLACED = "another record replaces this record"
VER = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def read(*resources: Resource, as_of: date | None = TODAY, **of_person: Any) -> Any:
    person = {"resourceType": "Patient", "id": "p1", **of_person}
    return read_entries(as_bundle([person, *resources])["entry"], as_of)


def one(*resources: Resource, as_of: date | None = TODAY, **of_person: Any) -> Listed:
    (row,) = read(*resources, as_of=as_of, **of_person)
    assert isinstance(row, Listed), row
    return row


def unused(row: Listed) -> str:
    """Tell what was not used, and why."""
    (finding,) = (one for one in row.findings if one.code == "fhir.not_used")
    return finding.message.removeprefix("resources not used: ")


def unread(*resources: Resource, as_of: date | None = TODAY) -> str:
    """Tell why resources that state nothing were not used."""
    row = one(*resources, as_of=as_of)
    assert row.stated.values == {}
    return unused(row)


def test_a_condition_counts_while_it_is_active() -> None:
    assert one(condition(ICD10, "C22.0")).stated.values == {"hcc_present": True}
    past = one(condition(ICD10, "C22.0", "remission"))
    assert (past.stated.values, past.findings) == ({}, ())
    ended = one(condition(ICD10, "C22.0", abatementDateTime="2026-01"))
    assert (ended.stated.values, unused(ended)) == ({}, "1 not stated to be present")
    silent = condition(ICD10, "C22.0")
    del silent["clinicalStatus"]
    assert unused(one(silent)) == "1 not stated to be present"
    history = one(condition(SCT, "13920009", "resolved"))
    assert history.stated.values == {"hepatic_encephalopathy_history": True}


@pytest.mark.parametrize(
    ("code", "verified", "why"),
    [
        ("C22.0", ["refuted"], "refuted or entered in error"),
        ("C22.0", ["entered-in-error"], "refuted or entered in error"),
        ("C22.0", ["differential"], "not confirmed"),
        ("C22.0", ["provisional"], "not confirmed"),
        ("C22.0", ["unconfirmed"], "not confirmed"),
        ("C22.0", ["sure"], "not confirmed"),
        ("C22.0", ["confirmed", "refuted"], "not confirmed"),
        # letters of certainty at the end of a code
        ("K74.6A", ["confirmed"], "refuted or entered in error"),
        ("K74.60AR", ["confirmed"], "refuted or entered in error"),
        ("K74.6V", ["confirmed"], "not confirmed"),
        ("B18.1V", ["confirmed"], "not confirmed"),
        ("K74.6Z", ["confirmed"], "not stated to be present"),
    ],
)
def test_h15_a_condition_that_is_not_confirmed_states_nothing(
    code: str, verified: list[str], why: str
) -> None:
    given = condition(ICD10, code, verificationStatus=concept(VER, *verified))
    assert unread(given) == f"1 {why}"


def certainty(**value: Any) -> Resource:
    """Return a letter of certainty of a diagnosis, as in German records."""
    url = "http://fhir.de/StructureDefinition/icd-10-gm-diagnosesicherheit"
    return {"url": url, **value}


@pytest.mark.parametrize(
    ("letter", "why"),
    [
        ("A", "refuted or entered in error"),
        ("V", "not confirmed"),
        ("?", "not confirmed"),
        ("Z", "not stated to be present"),
    ],
)
@pytest.mark.parametrize("place", ["coding", "condition"])
def test_h15_a_german_letter_denies_a_diagnosis_that_is_called_confirmed(
    place: str, letter: str, why: str
) -> None:
    given = condition(ICD10, "C22.0")
    coding = given["code"]["coding"][0]
    if place == "coding":
        coding["extension"] = [certainty(valueCoding={"code": letter})]
    else:
        given["extension"] = [certainty(valueCode=letter)]
    assert unread(given) == f"1 {why}"


def test_a_german_letter_of_a_certain_or_a_former_diagnosis() -> None:
    certain = condition(ICD10, "C22.0")
    certain["code"]["coding"][0]["extension"] = [certainty(valueCoding={"code": "G"})]
    row = one(certain)
    assert (row.stated.values, row.findings) == ({"hcc_present": True}, ())
    former = condition(SCT, "13920009", extension=[certainty(valueCoding={"code": "Z"})])
    assert one(former).stated.values == {"hepatic_encephalopathy_history": True}


@pytest.mark.parametrize("code", ["K74.6", "K74.60", "K74.6G", "K74.6-", "K74.6*", "K74.60GR"])
def test_a_code_with_a_mark_or_a_letter_of_a_certain_diagnosis(code: str) -> None:
    row = one(condition(ICD10, code))
    assert (row.stated.values, row.findings) == ({"cirrhosis": True}, ())


@pytest.mark.parametrize("code", ["K74.6 (ausgeschlossen)", "K74.6 A", "K70.3, V", "K74.6 ?"])
def test_h15_a_code_with_a_remark_is_not_one_below_its_category(code: str) -> None:
    assert one(condition(ICD10, code)).stated.values == {}


def test_a_verification_that_is_missing_or_not_readable() -> None:
    silent = condition(ICD10, "C22.0")
    del silent["verificationStatus"]
    assert unread(silent) == "1 without a verification status"
    odd = condition(ICD10, "C22.0", verificationStatus=concept("http://local", "confirmed"))
    assert unread(odd) == "1 not confirmed"


def test_a_letter_of_the_american_edition_belongs_to_the_code() -> None:
    american = "http://hl7.org/fhir/sid/icd-10-cm"
    assert one(condition(american, "K74.6A")).stated.values == {"cirrhosis": True}


@pytest.mark.parametrize(
    ("status", "resource"),
    [
        (status, kind)
        for kind, statuses in {
            "procedure": ("not-done", "entered-in-error", "in-progress", "stopped", "on-hold"),
            "statement": ("not-taken", "entered-in-error", "intended", "stopped", "unknown"),
            "report": ("preliminary", "entered-in-error", "cancelled", "registered"),
            "observation": ("preliminary", "entered-in-error", "cancelled", "unknown"),
        }.items()
        for status in statuses
    ],
)
def test_h15_what_was_not_done_states_nothing(status: str, resource: str) -> None:
    made = {
        "procedure": procedure(PCS, "06L83DZ", status),
        "statement": statement("B01AA03", status),
        "report": report("staging_ct_done", status=status),
        "observation": stated("cirrhosis", status=status, valueBoolean=True),
    }[resource]
    row = one(made)
    assert row.stated.values == {}
    assert unused(row).startswith(("1 not ", "1 neither "))


def test_what_is_not_understood_is_not_used() -> None:
    for more in ({"modifierExtension": [{"url": "x"}]}, {"implicitRules": "http://x"}):
        row = one(stated("cirrhosis", valueBoolean=False, **more))
        assert unused(row) == "1 with an unsupported modifier"
    focus = stated("cirrhosis", valueBoolean=False, focus=[{"reference": "Patient/child"}])
    assert unused(one(focus)) == "1 with a focus other than the patient"


def test_a_value_that_is_stated_to_be_absent_is_not_used() -> None:
    reason = {"coding": [{"code": "error"}]}
    for value in (True, False):
        row = one(stated("cirrhosis", valueBoolean=value, dataAbsentReason=reason))
        assert "cirrhosis" not in row.stated.values
    assert "cirrhosis" in one(stated("cirrhosis", valueBoolean=True)).stated.values


def test_an_absent_resource_is_unknown_and_never_no() -> None:
    assert one().stated.values == {}
    row = one(procedure(PCS, "06L83DZ", "not-done"))
    assert "prior_pve_hve" not in row.stated.values


def test_h09_a_unit_that_is_not_known_stays_with_its_value() -> None:
    """It is then unknown, as from any other list; no unit is never a usual one."""
    row = one(observation(LOINC.uri, PLATELETS, valueQuantity=quantity(214, "g/L")))
    assert row.stated.values["platelets"] == Amount(Fraction(214), "g/L")
    bare = one(observation(LOINC.uri, PLATELETS, valueQuantity={"value": 214}))
    assert unused(bare) == "1 without a number and its unit"
    other = {"value": 214, "code": "10*9/L", "system": "http://local"}
    assert unused(one(observation(LOINC.uri, PLATELETS, valueQuantity=other)))


def platelets(value: float, on: str | None = None, **more: Any) -> Resource:
    dated = {} if on is None else {"effectiveDateTime": on}
    given = {"valueQuantity": quantity(value, "10*9/L"), **dated}
    return observation(LOINC.uri, PLATELETS, **(given | more))


def test_h15_two_laboratory_values_of_a_day_are_unknown() -> None:
    row = one(platelets(40, "2026-11-12"), platelets(214, "2026-11-12"))
    assert row.stated.values == {}
    assert [finding.code for finding in row.findings] == ["fhir.several_values"]
    assert row.sources == ()


@pytest.mark.parametrize(
    ("first", "second", "known"),
    [
        ("2026-11-10T23:30:00Z", "2026-11-11T00:15:00+02:00", 214),  # 22:15 UTC
        ("2026-11-10T23:30:00Z", "2026-11-11T00:15:00-02:00", 49),  # 02:15 UTC on 11 November
        ("2026-11-10T18:00:00+01:00", "2026-11-10T16:59:59.9Z", 214),  # 17:00 UTC
        ("2026-11-10T08:00+01:00", "2026-11-10T18:00:00+01:00", 49),
        ("2026-11-10T23:30:00Z", "2026-11-11T00:30:00+01:00", None),  # one instant
        ("2026-11-10T23:30:00", "2026-11-11T00:15:00+02:00", 49),  # no zone: by the day
        ("2026-11-10T23:30:00Z", "2026-11-10", None),
        ("2026-11-10T23:30:00+00:00", "2026-11-11", None),
        ("2026-11-10T23:30:00Z", "2026-11-11", None),  # 07:30 on the 11th in the zone +8
        ("2026-11-10T03:30:00Z", "2026-11-09", None),  # 19:30 on the 9th in the zone -8
        ("2026-11-10T23:30:00Z", "2026-11-12", 49),
        ("2026-11-10T23:30:00Z", "2026-11-09", 214),
        ("2026-11-10T03:30:00Z", "2026-11-11", 49),
        ("2026-11-10T11:30:00Z", "2026-11-11", 49),
        ("2026-11-10T23:30:00+01:00", "2026-11-11", 49),
        ("2026-11-10T23:30:00", "2026-11-10T08:00:00", None),
        ("2026-11-10T00:00:00Z", "2026-11-10T08:00:00Z", None),  # a date stored without a time
        ("2026-11-10T00:00:00Z", "2026-11-10", None),
        ("2026-11-10T00:00:00.000+02:00", "2026-11-10T08:00:00+02:00", None),
        ("2026-11-10T23:30:00Z", "2026-11-11T00:00:00Z", None),
        ("2026-11-10T18:00:00+02:00", "2026-11-11T00:00:00Z", 49),
        ("2026-11-10T24:30:00Z", "2026-11-10T08:00:00Z", None),  # no such hour
        ("2026-11-10T23:30:00Z", "2026-11-10T08:00:00+99:00", None),  # no such zone
    ],
)
def test_h15_the_latest_value_is_that_of_the_latest_instant(
    first: str, second: str, known: int | None
) -> None:
    two = (platelets(214, first), platelets(49, second))
    for given in (two, two[::-1]):
        row = one(*given)
        value = row.stated.values.get("platelets")
        assert (value.value if isinstance(value, Amount) else None) == known
        wrong = [] if known is not None else ["fhir.several_values"]
        found = [finding.code for finding in row.findings if finding.severity is not Severity.INFO]
        assert found == wrong


def test_h15_values_without_a_latest_one_are_unknown() -> None:
    """00:10 in the zone +14 is 10:10 UTC of the day before, 23:30 in -12 is 11:30 UTC of the next.

    By their instants the first is the latest, by its day the third follows it and precedes the
    second: none is the latest.
    """
    circle = ("2026-11-10T23:30:00-12:00", "2026-11-12T00:10:00+14:00", "2026-11-11")
    values = [platelets(number, on) for number, on in zip((214, 49, 90), circle, strict=True)]
    row = one(*values)
    assert row.stated.values == {}
    assert [finding.code for finding in row.findings] == ["fhir.several_values"]
    again = one(*values[:2])
    assert again.stated.values["platelets"] == Amount(Fraction(214), "10*9/L", date(2026, 11, 10))


def test_a_year_only_is_no_day() -> None:
    row = one(platelets(214, "2026"))
    assert row.stated.values["platelets"] == Amount(Fraction(214), "10*9/L")
    two = one(platelets(214, "2026"), platelets(90, "2026-11-01"))
    assert "platelets" not in two.stated.values
    later = one(platelets(214, "2027"))
    assert unused(later) == "1 after the assessment date"


def test_h15_facts_without_a_latest_value_are_not_settled_by_a_date() -> None:
    """The response at the latest assessment is; the performance status is not."""
    scores = [stated("ecog", valueInteger=n, effectiveDateTime=f"2026-0{n + 1}-01") for n in (0, 1)]
    row = one(*scores)
    assert "ecog" not in row.stated.values
    (finding,) = row.findings
    assert finding.code == "fhir.contradiction"
    assert finding.message == (
        "ecog: resources differ (Observation 2, Observation 3); counted as unknown"
    )
    responses = [
        stated(
            "recist_response_after_chemo",
            valueCodeableConcept=concept(LOCAL.uri, answer),
            effectiveDateTime=on,
        )
        for answer, on in (("stable_disease", "2026-03-01"), ("partial_response", "2026-01-01"))
    ]
    assert one(*responses).stated.values == {"recist_response_after_chemo": "stable_disease"}


def test_h15_a_condition_against_an_answer() -> None:
    row = one(condition(SCT, "19943007"), stated("cirrhosis", valueBoolean=False))
    assert row.stated.values == {}
    assert "Condition 2, Observation 3" in row.findings[0].message
    agreed = one(condition(SCT, "19943007"), stated("cirrhosis", valueBoolean=True))
    assert agreed.stated.values == {"cirrhosis": True}
    assert [source.resource for source in agreed.sources] == ["Condition", "Observation"]


def test_sources_have_resource_id_and_age() -> None:
    row = one(platelets(214, "2026-11-12", id="lab-7"))
    (source,) = row.sources
    assert (source.key, source.resource, source.place) == ("platelets", "Observation", 2)
    assert (source.id, source.date, source.age_days) == ("lab-7", date(2026, 11, 12), 8)


def test_an_embolisation_has_the_day_of_its_procedure() -> None:
    portal = procedure(PCS, "06L83DZ", performedDateTime="2026-10-01")
    hepatic = procedure(
        PCS, "06L43DZ", performedPeriod={"start": "2026-10-01", "end": "2026-10-01"}
    )
    day = date(2026, 10, 1)
    assert one(portal).stated.values == {"prior_pve_hve": EarlierEmbolisation("PVE", day)}
    both = one(portal, hepatic)
    assert both.stated.values == {"prior_pve_hve": EarlierEmbolisation("PVE/HVE", day)}
    assert both.findings == ()
    year = one(procedure(PCS, "06L83DZ", performedDateTime="2026"))
    assert year.stated.values == {"prior_pve_hve": EarlierEmbolisation("PVE")}


def test_h15_several_embolisations_leave_only_the_yes() -> None:
    first = procedure(PCS, "06L83DZ", performedDateTime="2026-10-01")
    second = procedure(PCS, "06L43DZ", performedDateTime="2026-10-20")
    row = one(first, second)
    assert row.stated.values == {"prior_pve_hve": True}
    assert "counted as 'yes'; kind and day are not used" in row.findings[0].message
    scan = stated("scan_date", valueDateTime="2026-10-10")
    assert one(first, second, scan).stated.values == {"scan_date": date(2026, 10, 10)}
    denied = one(first, stated("prior_pve_hve", valueBoolean=False))
    assert denied.stated.values == {}


def test_a_period_of_use_that_is_over_is_no_use() -> None:
    def used(**more: Any) -> Listed:
        return one(statement("B01AF01", **more))

    assert used().stated.values == {"anticoagulant_use": True}
    over = used(effectivePeriod={"start": "2026-01-01", "end": "2026-06-01"})
    assert (over.stated.values, unused(over)) == ({}, "1 with an end date")
    running = used(effectivePeriod={"start": "2026-01-01", "end": "2026-12-01"})
    assert running.stated.values == {"anticoagulant_use": True}
    past = used(status="completed")
    assert (past.stated.values, past.findings) == ({}, ())
    dose = of_patient(
        "MedicationAdministration",
        status="completed",
        medicationCodeableConcept=concept(ATC, "B01AB05"),
        effectiveDateTime="2026-11-19",
    )
    assert one(dose).stated.values == {}


@pytest.mark.parametrize("kind", ["MedicationStatement", "MedicationAdministration"])
def test_chemotherapy_counts_by_its_reason(kind: str) -> None:
    def given(verified: str = "confirmed", **more: Any) -> Listed:
        drug = concept(ATC, "L01XA03")
        made = of_patient(kind, status="completed", medicationCodeableConcept=drug, **more)
        cancer = {**condition(ICD10, "C20", "remission", verified), "id": "c1"}
        return one(made, cancer)

    known = {"prior_systemic_therapy_crc": True}
    assert given(reasonCode=[concept(ICD10, "C18.7")]).stated.values == known
    assert given(reasonReference=[{"reference": "Condition/c1"}]).stated.values == known
    refuted = given("refuted", reasonReference=[{"reference": "Condition/c1"}])
    assert refuted.stated.values == {}
    other = given(reasonCode=[concept(ICD10, "C16.9")])
    assert other.stated.values == {}
    silent = given()
    assert (silent.stated.values, unused(silent)) == ({}, "1 without a coded reason")


def test_drugs_of_other_resources() -> None:
    by_name = statement("", medicationReference={"reference": "Medication/m1"})
    del by_name["medicationCodeableConcept"]
    drug = {"resourceType": "Medication", "id": "m1", "code": concept(ATC, "B01AA03")}
    known = {"anticoagulant_use": True, "coumarin_use": True}
    assert one(by_name, drug).stated.values == known
    assert one(by_name).stated.values == {}
    assert one(by_name, drug, {**drug, "code": concept(ATC, "B01AF01")}).stated.values == {}
    within = {
        **by_name,
        "medicationReference": {"reference": "#m"},
        "contained": [{**drug, "id": "m"}],
    }
    assert one(within).stated.values == known


def test_an_event_of_the_last_weeks_needs_its_day() -> None:
    def infarct(as_of: date | None = TODAY, **more: Any) -> Listed:
        return one(condition(ICD10, "I21.4", "resolved", **more), as_of=as_of)

    known = {"acute_cardio_cerebrovascular_event_last_month": True}
    assert infarct(onsetDateTime="2026-10-23").stated.values == known
    assert infarct(onsetDateTime="2026-10-22").stated.values == {}
    old = infarct(onsetDateTime="2025")
    assert (old.stated.values, old.findings) == ({}, ())
    for vague in (infarct(), infarct(onsetDateTime="2026-11"), infarct(recordedDate="2026-11-19")):
        assert vague.stated.values == {}
        why = "whose age cannot be determined (exact date or assessment date missing)"
        assert unused(vague) == f"1 {why}"
    assert infarct(as_of=None, onsetDateTime="2026-10-23").stated.values == {}


def test_a_report_states_its_facts_and_its_conclusion() -> None:
    row = one(report("staging_ct_done", effectiveDateTime="2026-11-02T10:00:00Z"))
    assert row.stated.values == {"staging_ct_done": True, "staging_ct_date": date(2026, 11, 2)}
    graded = report("li_rads_category", conclusionCode=[concept(LOCAL.uri, "LR-5")])
    assert one(graded).stated.values == {"li_rads_category": "LR-5"}
    two = report("li_rads_category", conclusionCode=[concept(LOCAL.uri, "LR-5", "LR-4")])
    assert unused(one(two)) == "1 with several answers"
    assert unused(one(report("li_rads_category"))) == "1 without an answer listed in the mapping"


def test_answers_of_this_projects_codes() -> None:
    sites = stated("extrahepatic_sites", component=[site("lung"), site("bone")])
    assert one(sites).stated.values == {"extrahepatic_sites": ("lung", "bone")}
    none = stated("extrahepatic_sites", component=[site("none")])
    assert one(none).stated.values == {"extrahepatic_sites": ()}
    dated = stated("scan_date", valueDateTime="2026")
    assert unused(one(dated)) == "1 without an exact date"
    odd = stated("sex", valueCodeableConcept=concept(LOCAL.uri, "female", "male"))
    assert unused(one(odd)) == "1 without an answer listed in the mapping"
    (wrong,) = read(stated("sex", valueCodeableConcept=concept(LOCAL.uri, "Zwetschge")))
    assert isinstance(wrong, NotRead)
    assert wrong.reason == "sex: give female or male"
    hidden = {**site("brain"), "modifierExtension": []}
    for seen in ([], [site("lung")]):  # which may not be the only one
        listed = stated("extrahepatic_sites", component=[*seen, hidden])
        assert one(listed).stated.values == {}


def site(name: str) -> Resource:
    code, answer = concept(LOCAL.uri, "extrahepatic_sites"), concept(LOCAL.uri, name)
    return {"code": code, "valueCodeableConcept": answer}


def test_the_dose_of_a_steroid_has_its_drug() -> None:
    drug = {
        "code": concept(LOCAL.uri, "drug"),
        "valueCodeableConcept": concept(LOCAL.uri, "prednisone"),
    }
    dose = stated("corticosteroid_daily_dose", valueQuantity=quantity(10, "mg/d"), component=[drug])
    assert one(dose).stated.values == {
        "corticosteroid_daily_dose": Amount(Fraction(10), "mg/d", None, "prednisone")
    }
    two = {**dose, "component": [drug, drug]}
    assert one(two).stated.values == {"corticosteroid_daily_dose": Amount(Fraction(10), "mg/d")}


def test_a_patient_who_died_or_whose_record_was_replaced_is_not_judged() -> None:
    on_the_day = {"deceasedDateTime": TODAY.isoformat()}
    for died in ({"deceasedBoolean": True}, {"deceasedDateTime": "2026-11-01"}, on_the_day):
        (row,) = read(**died)
        assert isinstance(row, NotRead)
        assert row.code == "fhir.deceased"
    assert one(deceasedDateTime="2026-12-01", gender="male").stated.values == {"sex": "male"}
    (row,) = read(deceasedBoolean="true")  # a text instead of true
    assert isinstance(row, NotRead)
    assert row.code == "fhir.deceased"
    assert one(deceasedBoolean=False).stated.values == {}
    for modifier in ({"modifierExtension": [{"url": "urn:unclear"}]}, {"implicitRules": "urn:x"}):
        (row,) = read(**modifier)
        assert isinstance(row, NotRead)
        assert row.reason == "the Patient has a modifier that is not supported"
    (row,) = read(link=[{"type": "replaced-by", "other": {"reference": "Patient/p2"}}])
    assert isinstance(row, NotRead)
    assert row.reason == REPLACED


@pytest.mark.parametrize("by", ["replaced-by", "replaces"])
def test_h11_results_of_a_record_that_was_merged_are_counted_as_not_used(by: str) -> None:
    """The second record replaces the first, and the third the second; either may state it.

    The records that are replaced are no patients of their own.
    """
    step = 1 if by == "replaced-by" else -1
    people = [
        {
            "resourceType": "Patient",
            "id": f"m{number}",
            "link": [{"type": by, "other": {"reference": f"Patient/m{number + step}"}}],
        }
        for number in (1, 2, 3)
    ]
    del people[2 if step > 0 else 0]["link"]

    def of(number: int, value: int) -> Resource:
        return {**platelets(value), "subject": {"reference": f"Patient/m{number}"}}

    def read_last(*resources: Resource) -> Listed:
        *old, last = read_entries([{"resource": each} for each in (*people, *resources)])
        assert [getattr(row, "reason", "") for row in old] == [REPLACED] * 2
        assert isinstance(last, Listed)
        return last

    last = read_last(of(1, 90), of(2, 95), of(3, 300))
    assert last.stated.values.keys() == {"platelets"}
    assert unused(last) == "2 of another record that this record replaces"
    assert read_last(of(3, 300)).findings == ()


@pytest.mark.parametrize("other", ["Patient/m2", "https://hospital.example/fhir/Patient/m2"])
def test_h11_a_chain_of_merged_records_is_followed_where_one_is_missing(other: str) -> None:
    """The first is replaced by the second, which is not in the input, and the third replaces it."""
    links = {"m1": ("replaced-by", other), "m3": ("replaces", other)}
    people = [
        {"resourceType": "Patient", "id": id_, "link": [{"type": by, "other": {"reference": to}}]}
        for id_, (by, to) in links.items()
    ]
    results = [
        {**platelets(value), "subject": {"reference": f"Patient/{id_}"}}
        for id_, value in (("m1", 90), ("m3", 300))
    ]
    old, last = read_entries([{"resource": each} for each in (*people, *results)])
    assert getattr(old, "reason", "") == REPLACED
    assert isinstance(last, Listed)
    assert unused(last) == "1 of another record that this record replaces"


def test_h11_an_absolute_reference_replaces_a_record_of_an_export_without_addresses() -> None:
    link = [{"type": "replaces", "other": {"reference": "https://h.example/fhir/Patient/m1"}}]
    people = [
        {"resourceType": "Patient", "id": "m1"},
        {"resourceType": "Patient", "id": "m2", "link": link},
    ]
    old, _ = read_entries([{"resource": each} for each in people])
    assert getattr(old, "reason", "") == REPLACED


@pytest.mark.parametrize(("server", "replaced"), [("own", True), ("other", False)])
def test_h11_a_record_of_another_server_with_the_same_id_is_not_replaced(
    server: str, replaced: bool
) -> None:
    link = [{"type": "replaces", "other": {"reference": f"https://{server}.example/Patient/m1"}}]
    linked = {"m1": [], "m2": link}
    people = [{"resourceType": "Patient", "id": id_, "link": by} for id_, by in linked.items()]
    stored = [{"fullUrl": f"https://own.example/Patient/{n}"} for n in linked]
    first, _ = read_entries(
        [{**at, "resource": each} for at, each in zip(stored, people, strict=True)]
    )
    assert (getattr(first, "reason", "") == REPLACED) is replaced


def test_h11_an_inactive_record_is_reported() -> None:
    assert [one().findings, one(active=True).findings] == [(), ()]
    (finding,) = one(platelets(214), active=False).findings
    assert (finding.code, finding.severity) == ("fhir.inactive", Severity.WARNING)


@pytest.mark.parametrize(
    ("time", "unsure"),
    [
        ("2026-11-12T23:30:00Z", True),
        ("2026-11-12T03:00:00.5Z", True),
        ("2026-11-12T23:30:00+00:00", True),  # of a server, or of a hospital in London
        ("2026-11-12T00:30:00-00:00", True),
        ("2026-11-12T11:00:00+00:00", False),
        ("2026-11-12T00:00:00+00:00", False),
        ("2026-11-12T11:00:00Z", False),
        ("2026-11-12T00:00:00Z", False),  # of a date
        ("2026-11-12T23:30:00+01:00", False),
        ("2026-11-12", False),
    ],
)
def test_h15_a_time_in_utc_on_another_day_elsewhere_is_reported(time: str, unsure: bool) -> None:
    row = one(platelets(214, time))
    assert [each.code for each in row.findings] == ["fhir.utc_day"] * unsure
    assert [each.key for each in row.sources] == ["platelets"]


def test_what_has_no_rule_is_listed_by_code() -> None:
    row = one(
        condition(ICD10, "C78.7"),
        condition("http://hospital.example/codes", "S1"),
        condition(ICD10, "Somebody"),
        procedure(SCT, "80146002"),
        of_patient("Observation", status="final"),
    )
    assert row.stated.values == {}
    (finding,) = row.findings
    assert (finding.code, finding.value) == ("fhir.not_mapped", 5)
    assert finding.message == (
        "5 codes in the record have no rule in the mapping: icd10 C78.7, sct 80146002"
    )
    assert "Somebody" not in str(row)


def test_versions_of_a_patient_are_the_same_patient() -> None:
    seen = {**platelets(214), "subject": {"reference": f"{WHO}/_history/3"}}
    assert "platelets" in one(seen).stated.values


def test_h16_an_embolisation_without_success_states_nothing() -> None:
    """Codes of the outcome: FHIR R4, procedure-outcome, in the order no, partly, yes."""
    of_day = {"performedDateTime": "2026-10-01"}
    kept = []
    for outcome in ("385671000", "385670003", "385669000"):
        row = one(procedure(PCS, "06L83DZ", outcome=concept(SCT, outcome), **of_day))
        kept.append("prior_pve_hve" in row.stated.values)
        if not kept[-1]:
            assert unused(row) == "1 with an unsuccessful outcome"
    assert kept == [False, True, True]
