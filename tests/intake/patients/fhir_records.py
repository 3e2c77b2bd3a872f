"""Facts of a patient written as resources of an electronic record, for comparison with a file.

What has a public code in the default mapping is written with it, in the resource that a hospital
would use; all else as an observation with this project's code.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from fl_planner.basis.clinical_codes import LOCAL, LOINC, UCUM
from fl_planner.trials.facts.facts import FACTS
from fl_planner.trials.facts.meanings import FactKind
from fl_planner.trials.facts.quantities import DAYS, QUANTITIES, UPPER_LIMITS
from fl_planner.trials.statements import EMBOLISATION_KINDS

Resource = dict[str, Any]
WHO = "urn:uuid:7d0c1c59-1d3b-4b3a-9d0e-7d5b8f1d4f10"
SCT, ICD10 = "http://snomed.info/sct", "http://hl7.org/fhir/sid/icd-10"
ATC, PCS = "http://www.whocc.no/atc", "http://www.cms.gov/Medicare/Coding/ICD10"
LABS = {
    "haemoglobin": "718-7", "anc": "751-8", "wbc": "6690-2", "platelets": "777-3",
    "albumin": "1751-7", "bilirubin_total": "1975-2", "alt": "1742-6", "ast": "1920-8",
    "alp": "6768-6", "creatinine": "2160-0", "creatinine_clearance": "2164-2", "inr": "6301-6",
    "aptt": "14979-9", "prothrombin_time": "5902-2",
}  # fmt: skip
CONDITIONS = {  # yes of a fact -> code of an active, or past, condition
    "hcc_present": (ICD10, "C22.0", "active"),
    "cirrhosis": (SCT, "19943007", "active"),
    "hepatic_encephalopathy_history": (SCT, "13920009", "resolved"),
    "liver_transplant_history": (ICD10, "Z94.4", "active"),
    "pregnant": (SCT, "77386006", "active"),
    "coagulation_disorder": (ICD10, "D66", "active"),
    "underlying_liver_disease": (ICD10, "B18.1", "active"),
}
MENOPAUSE = {"premenopausal": "309606002", "postmenopausal": "307429007"}
MALIGNANCIES = {"thyroid": "C73", "nonmelanoma_skin": "C44.3", "other": "C50.9"}
ECOG = {0: "LA9622-7", 1: "LA9623-5", 2: "LA9624-3", 3: "LA9625-0", 4: "LA9626-8"}
VEINS = {"PVE": "06L83DZ", "HVE": "06L43DZ"}


def concept(system: str, *codes: str) -> Resource:
    return {"coding": [{"system": system, "code": code} for code in codes], "text": "in words"}


def of_patient(kind: str, who: str = WHO, **more: Any) -> Resource:
    return {"resourceType": kind, "subject": {"reference": who}, **more}


def condition(
    system: str, code: str, clinical: str = "active", verified: str = "confirmed", **more: Any
) -> Resource:
    base = "http://terminology.hl7.org/CodeSystem/condition-"
    statuses = {
        "clinicalStatus": concept(f"{base}clinical", clinical),
        "verificationStatus": concept(f"{base}ver-status", verified),
    }
    return of_patient("Condition", code=concept(system, code), **(statuses | more))


def procedure(system: str, code: str, status: str = "completed", **more: Any) -> Resource:
    return of_patient("Procedure", status=status, code=concept(system, code), **more)


def statement(code: str, status: str = "active", **more: Any) -> Resource:
    drug = {"medicationCodeableConcept": concept(ATC, code)}
    return of_patient("MedicationStatement", status=status, **(drug | more))


def observation(system: str, code: str, **more: Any) -> Resource:
    given = {"status": "final", "code": concept(system, code)}
    return of_patient("Observation", **(given | more))


def report(code: str, **more: Any) -> Resource:
    given = {"status": "final", "code": concept(LOCAL.uri, code)}
    return of_patient("DiagnosticReport", **(given | more))


def stated(key: str, **value: Any) -> Resource:
    """Write an observation with this project's code."""
    return observation(LOCAL.uri, key, **value)


def quantity(value: Any, unit: str) -> Resource:
    coded = {"system": UCUM.uri, "code": unit} if unit != "xULN" else {}
    return {"value": value, "unit": unit, **coded}


def as_resources(facts: Mapping[str, Any], as_of: date | None = None) -> list[Resource]:
    """Write facts, as in a file of facts, as the resources of one patient."""
    rest = {key: value for key, value in facts.items() if value is not None}
    person: Resource = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Somebody"}]}
    if "sex" in rest:
        person["gender"] = rest.pop("sex")
    age = rest.get("age", {})
    if as_of is not None and age.get("unit") == "a" and isinstance(age["value"], int):
        person["birthDate"] = as_of.replace(year=as_of.year - age["value"]).isoformat()
        del rest["age"]
    return [person, *_code(rest), *(state(key, value) for key, value in rest.items())]


def _code(rest: dict[str, Any]) -> Iterator[Resource]:
    """Write what has a public code, and take it out of the rest."""
    for key, code in LABS.items():
        if key in rest and "date" not in rest.get(f"{key}_uln", {}):
            yield _laboratory(code, rest.pop(key), rest.pop(f"{key}_uln", None))
    for key, (system, code, clinical) in CONDITIONS.items():
        if rest.get(key) is True:
            del rest[key]
            yield condition(system, code, clinical)
    if rest.get("menopausal_status") in MENOPAUSE:
        yield condition(SCT, MENOPAUSE[rest.pop("menopausal_status")])
    if (
        rest.get("other_malignancy_kind") in MALIGNANCIES
        and rest.get("other_malignancy_history") is True
    ):
        del rest["other_malignancy_history"]
        yield condition(ICD10, MALIGNANCIES[rest.pop("other_malignancy_kind")], "remission")
    if rest.get("extrahepatic_status") == "confirmed":
        del rest["extrahepatic_status"]
        yield condition(ICD10, "C78.0")
    if rest.get("coumarin_use") is True and rest.get("anticoagulant_use") is not False:
        del rest["coumarin_use"]
        rest.pop("anticoagulant_use", None)
        yield statement("B01AA03")
    if rest.get("anticoagulant_use") is True:
        del rest["anticoagulant_use"]
        yield statement("B01AF01")
    if rest.get("prior_systemic_therapy_crc") is True:
        del rest["prior_systemic_therapy_crc"]
        yield statement("L01XA03", "completed", reasonCode=[concept(ICD10, "C18.7")])
    if rest.get("prior_hepatectomy") is True:
        del rest["prior_hepatectomy"]
        yield procedure(SCT, "107963000", performedDateTime="2020-03")
    elif rest.get("prior_hepatic_local_treatment") is True:
        del rest["prior_hepatic_local_treatment"]
        yield procedure(PCS, "0F503ZZ")
    if rest.get("prior_pve_hve", False) is not False:
        yield _embolisation(rest.pop("prior_pve_hve"))
    if rest.get("prior_radioembolisation", False) is not False:
        yield procedure(
            LOCAL.uri, "prior_radioembolisation", **_on(rest["prior_radioembolisation"])
        )
        del rest["prior_radioembolisation"]
    if rest.get("staging_ct_done") is True:
        del rest["staging_ct_done"]
        on = rest.pop("staging_ct_date", None)
        more = {} if on is None else {"effectiveDateTime": f"{on}T08:15:00+02:00"}
        yield report("staging_ct_done", **more)
    if "li_rads_category" in rest:
        seen = [concept(LOCAL.uri, rest.pop("li_rads_category"))]
        yield report("li_rads_category", conclusionCode=seen)
    if rest.get("ecog") in ECOG:
        answer = {"valueCodeableConcept": concept(LOINC.uri, ECOG[rest.pop("ecog")])}
        yield observation(LOINC.uri, "89247-1", **answer)


def _laboratory(code: str, value: Resource, limit: Resource | None) -> Resource:
    made = observation(LOINC.uri, code, valueQuantity=quantity(value["value"], value["unit"]))
    if "date" in value:
        made["effectiveDateTime"] = value["date"]
    if limit is not None:
        made["referenceRange"] = [{"high": quantity(limit["value"], limit["unit"])}]
    return made


def _embolisation(given: Any) -> Resource:
    kind = given.get("kind") if isinstance(given, dict) else None
    kind = None if kind is None else EMBOLISATION_KINDS[kind]
    if kind in VEINS:
        return procedure(PCS, VEINS[kind], **_on(given))
    name = "prior_pve_hve" if kind is None else kind.replace("/", "-")
    return procedure(LOCAL.uri, name, **_on(given))


def _on(given: Any) -> Resource:
    on = given.get("date") if isinstance(given, dict) else None
    return {} if on is None else {"performedDateTime": on}


def state(key: str, value: Any) -> Resource:
    """Write one entry of a file of facts as an observation with this project's code."""
    if key in DAYS:
        return stated(key, valueDateTime=value)
    if key in QUANTITIES or key in UPPER_LIMITS:
        more: Resource = {"effectiveDateTime": value["date"]} if "date" in value else {}
        if "drug" in value:
            drug = {"valueCodeableConcept": concept(LOCAL.uri, value["drug"])}
            more["component"] = [{"code": concept(LOCAL.uri, "drug"), **drug}]
        return stated(key, valueQuantity=quantity(value["value"], value["unit"]), **more)
    if isinstance(value, bool):
        return stated(key, valueBoolean=value)
    if FACTS[key].kind is FactKind.WHOLE:
        return stated(key, valueInteger=value)
    if isinstance(value, list):
        answers = [{"valueCodeableConcept": concept(LOCAL.uri, one)} for one in value or ["none"]]
        return stated(key, component=[{"code": concept(LOCAL.uri, key), **one} for one in answers])
    return stated(key, valueCodeableConcept=concept(LOCAL.uri, value))


def as_bundle(resources: list[Resource], who: str = WHO) -> Resource:
    """Put resources into a Bundle, the patient at the address that the others name."""
    entries = [
        {"resource": one, **({"fullUrl": who} if one["resourceType"] == "Patient" else {})}
        for one in resources
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries}


def write_bundle(path: Path, *resources: Resource) -> Path:
    path.write_text(json.dumps(as_bundle([*resources])), "utf-8")
    return path


def write_lines(path: Path, resources: list[Resource]) -> Path:
    path.write_text("".join(f"{json.dumps(one)}\n" for one in resources), "utf-8")
    return path
