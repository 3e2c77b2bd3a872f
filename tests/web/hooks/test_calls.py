"""Calls: the documented shapes pass, and what is missing, failed or of another patient is stated.

The shapes are those of the specification [CDS Hooks 2.0], with contents of this project.
"""

import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from fl_planner.web.hooks.call import MOST_PARTS
from tests.intake.patients.fhir_records import Resource, as_resources, quantity, stated
from tests.patients import facts_text, patients
from tests.web.hooks.hooked import AS_OF, KEYS, PERSON, Hooks, as_call, as_prefetch, searchset

CRLM = {**stated("crlm_present", valueBoolean=True), "subject": {"reference": "Patient/p1"}}
FLR = {
    **stated("flr_of_nontumorous_liver", valueQuantity=quantity(28, "%")),
    "subject": {"reference": "Patient/p1"},
}
NONE: Resource = dict.fromkeys(KEYS.values())


def prefetch(**given: Any) -> Resource:
    return {"patient": PERSON, **NONE, "observations": searchset([CRLM, FLR]), **given}


def refusal(told: Any) -> tuple[int, str]:
    outcome = told.json()
    assert outcome["resourceType"] == "OperationOutcome"
    (issue,) = outcome["issue"]
    assert issue["severity"] == "error"
    assert issue["diagnostics"]
    return told.status, issue["details"]["text"]


def test_the_list_of_services_has_the_documented_form(hooks: Hooks) -> None:
    told = hooks.get()
    assert told.status == 200
    assert told.headers["content-type"] == "application/json"
    (service,) = told.json()["services"]
    assert service["hook"] == "patient-view"
    assert service["id"] == "liver-trials"
    assert service["title"]
    assert service["description"]
    templates = service["prefetch"]
    assert templates.pop("patient") == "Patient/{{context.patientId}}"
    assert {*templates} == {*KEYS.values()}
    for kind, key in KEYS.items():
        assert templates[key].startswith(f"{kind}?patient={{{{context.patientId}}}}")
    assert "http://loinc.org|718-7" in templates["observations"]
    assert "urn:uuid:7b2bacc0-2088-51f6-aaec-fb73b27872a6|&" in templates["observations"]


def test_the_documented_call_is_answered(hooks: Hooks) -> None:
    """With an address and a token of the record's server, which are not used."""
    call = {
        "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        "fhirServer": "https://ehr.example/fhir",
        "hook": "patient-view",
        "fhirAuthorization": {
            "access_token": "not to be used",
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "user/Patient.read",
            "subject": "cds-service",
        },
        "context": {"userId": "Practitioner/example", "patientId": "p1", "encounterId": "89284"},
        "prefetch": prefetch(),
        "extension": {"org.example.anything": True},
    }
    told = hooks.post(call)
    assert told.status == 200
    assert len(told.json()["cards"]) == 5


def test_references_may_have_the_address_of_the_server(hooks: Hooks) -> None:
    base = "https://ehr.example/fhir"
    absolute = {**CRLM, "subject": {"reference": f"{base}/Patient/p1"}}
    call = as_call(prefetch(observations=searchset([absolute, FLR])), fhirServer=f"{base}/")
    assert len(hooks.post(call).json()["cards"]) == 5
    status, reason = refusal(hooks.post({**call, "fhirServer": "https://other.example"}))
    assert status == 422
    assert "belongs to no patient in the input" in reason


def test_h18_no_address_of_a_call_is_contacted(hooks: Hooks) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        listening.settimeout(1)
        base = f"http://127.0.0.1:{listening.getsockname()[1]}/fhir"
        more: Resource = {
            "fhirServer": base,
            "fhirAuthorization": {"access_token": "x", "token_type": "Bearer"},
        }
        for given in (prefetch(), {"patient": PERSON}, prefetch(conditions=paged(base))):
            hooks.post(as_call(given, **more))
        with pytest.raises(TimeoutError):
            listening.accept()


def paged(base: str) -> Resource:
    next_ = {"relation": "next", "url": f"{base}/Condition?page=2"}
    return {**searchset([]), "link": [next_]}


def test_h16_missing_failed_and_partial_searches_are_stated(hooks: Hooks) -> None:
    failed = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
    listed = {**searchset([]), "entry": [{"resource": failed, "search": {"mode": "outcome"}}]}
    given = prefetch(
        conditions=failed,
        procedures=listed,
        reports=paged("https://ehr.example"),
        statements={**searchset([]), "total": 3},
        administrations={"resourceType": "Parameters"},
    )
    summary = hooks.post(as_call(given)).json()["cards"][0]["detail"]
    assert "Not received; the facts in these resources are unknown" in summary
    for line in (
        "Condition: the search failed",
        "Procedure: the search failed",
        "DiagnosticReport: only partly received",
        "MedicationStatement: only partly received",
        "MedicationAdministration: the search failed",
    ):
        assert f"- {line}" in summary
    del given["conditions"]
    assert "- Condition: not received" in hooks.post(as_call(given)).json()["cards"][0]["detail"]


def test_h16_no_card_means_that_the_conditions_were_received(hooks: Hooks) -> None:
    """No card would be read as: this patient has no tumour of the liver."""
    failed = {"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}
    for found in (failed, {**searchset([]), "total": 60}):
        given = prefetch(observations=None, conditions=found)
        (card,) = hooks.post(as_call(given)).json()["cards"]
        assert "- Condition: " in card["detail"]
        assert card["summary"].startswith("Liver trials: 5 undecided")
    for none in (None, searchset([])):
        given = prefetch(observations=None, conditions=none)
        assert hooks.post(as_call(given)).json() == {"cards": []}


def test_h16_a_part_of_a_search_is_not_used(hooks: Hooks) -> None:
    """A later page could have a later value, or contradict the first."""
    part = {**searchset([CRLM, FLR]), "total": 40}
    assert hooks.post(as_call(prefetch(observations=part))).json() == {"cards": []}
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]}
    whole = searchset([CRLM, FLR])
    whole["entry"].append({"resource": outcome, "search": {"mode": "outcome"}})
    assert len(hooks.post(as_call(prefetch(observations=whole))).json()["cards"]) == 5


def test_h16_a_bundle_that_is_not_the_current_record_is_not_used(hooks: Hooks) -> None:
    """A history has superseded resources, and a transaction may delete what was received."""
    deleted = {"request": {"method": "DELETE", "url": "Observation/1"}}
    for key, kind, found in (
        ("conditions", "Condition", {**searchset([]), "type": "history"}),
        ("reports", "DiagnosticReport", {**searchset([]), "total": 0, "entry": [deleted]}),
    ):
        summary = hooks.post(as_call(prefetch(**{key: found}))).json()["cards"][0]["detail"]
        assert f"- {kind}: not a search result" in summary
    broken = prefetch(reports={**searchset([]), "entry": {}})
    summary = hooks.post(as_call(broken)).json()["cards"][0]["detail"]
    assert "- DiagnosticReport: the search failed" in summary
    for found in ({"type": "history"}, {"link": [{"relation": "previous", "url": "?page=1"}]}):
        past = prefetch(observations={**searchset([CRLM, FLR]), **found})
        assert hooks.post(as_call(past)).json() == {"cards": []}


def test_a_call_without_its_resources_is_412(hooks: Hooks) -> None:
    """The status that the specification requires."""
    without = prefetch()
    del without["patient"]
    for given in (
        None, {}, without, {**without, "patient": None}, {"patient": PERSON},
        {**without, "patient": {"resourceType": "OperationOutcome"}},
    ):  # fmt: skip
        status, reason = refusal(hooks.post(as_call(given)))
        assert status == 412
        assert reason.startswith("hooks.prefetch: ")


def test_h11_resources_of_another_patient_are_refused(hooks: Hooks) -> None:
    status, reason = refusal(hooks.post(as_call(prefetch(), patient="p2")))
    assert (status, reason.split(":")[0]) == (422, "hooks.other_patient")
    other = {**CRLM, "subject": {"reference": "Patient/p2"}}
    status, reason = refusal(hooks.post(as_call(prefetch(observations=searchset([CRLM, other])))))
    assert status == 422
    assert "p2" not in reason


def test_a_resource_sent_twice_counts_once(hooks: Hooks) -> None:
    one = {**FLR, "id": "o1"}
    given = prefetch(observations=searchset([CRLM, one, one]), reports=searchset([PERSON]))
    cards = hooks.post(as_call(given)).json()["cards"]
    assert "contradiction" not in cards[0]["detail"]
    assert "FLR 28 %" in cards[0]["summary"]


def test_calls_of_another_form_are_400(hooks: Hooks) -> None:
    call = as_call(prefetch())
    wrong: list[object] = [
        b"", b"{", b"[]", b"\xff", b'{"hook": "patient-view", "hook": "patient-view"}',
        b"[" * 5000, b"[" + b"," * (MOST_PARTS + 1) + b"]", {},
        {**call, "hook": "order-sign"}, {**call, "hookInstance": ""}, {**call, "context": {}},
        {**call, "context": {"patientId": "../p1"}}, {**call, "context": {"patientId": 1}},
    ]  # fmt: skip
    for body in wrong:
        status, reason = refusal(hooks.post(body))
        assert (status, reason.split(":")[0]) == (400, "hooks.request"), body


def test_other_addresses_are_404(hooks: Hooks) -> None:
    for address in ("/", "/cds-services/other", "/cds-services/liver-trials/x"):
        assert refusal(hooks.post({}, address))[0] == 404
    assert refusal(hooks.get("/cds-services/liver-trials"))[0] == 405
    assert refusal(hooks.get("/cds-services/.."))[0] == 404


@pytest.mark.essential
@pytest.mark.slow
def test_h11_page_11_no_call_has_data_of_another(hooks: Hooks) -> None:
    """Patients with different FLR and diagnosis, sixteen calls at once: each has its answer."""
    calls = {}
    for name in ("P01", "P02", "P05", "P20"):
        resources = as_resources(json.loads(facts_text(patients()[name])), AS_OF)
        calls[name] = as_call(as_prefetch(resources, patient=name), patient=name)
    for percent in range(11, 90, 11):
        flr = stated("flr_of_nontumorous_liver", valueQuantity=quantity(percent, "%"))
        name = f"q{percent}"
        calls[name] = as_call(as_prefetch([PERSON, CRLM, flr], name), name)
    alone = {name: without_ids(hooks.post(call).json()) for name, call in calls.items()}
    assert len({json.dumps(one) for one in alone.values()}) == len(calls)
    names = [*calls] * 6
    with ThreadPoolExecutor(16) as pool:
        told = pool.map(lambda name: hooks.post(calls[name]), names)
        for name, answer in zip(names, told, strict=True):
            assert answer.status == 200
            assert without_ids(answer.json()) == alone[name]
            text = answer.body.decode()
            assert not [other for other in calls if other[0] == "q" and f'"{other}"' in text]


def without_ids(answer: Resource) -> Resource:
    cards = [{key: part for key, part in one.items() if key != "uuid"} for one in answer["cards"]]
    return {"cards": cards}
