"""A plan that a FHIR R4 server stores, and a second evaluator of our FHIRPath: both from npm."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.outside import BUNDLED, told
from tests.export.node_packages import FhirServer, fhir_server, needs_node

pytestmark = needs_node
Resource = dict[str, Any]
KINDS = ("Patient", "Device", "Observation", "ResearchSubject", "Task")
# R4 value set research-subject-status: those that assert no more than a search for a study
NOT_YET_IN_A_STUDY = {"candidate", "potential-candidate", "screening"}


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with fhir_server() as running:
        yield running


def write(folder: Path) -> tuple[Resource, Resource]:
    """Plan the bundled case; give its record and its transaction."""
    to = folder / "plan.fhir.json"
    options = ("--fhir", to, "--fhir-as", "transaction", "--quiet")
    plan = told("plan", BUNDLED / "crlm" / "case.toml", *options)
    return plan, json.loads(to.read_text("utf-8"))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Resource, Resource]:
    return write(tmp_path_factory.mktemp("plan"))


def count(server: FhirServer) -> Counter[str]:
    return Counter({kind: len(server.list_all(kind)) for kind in KINDS})


def references(item: Any) -> Iterator[str]:
    """List all literal references of a resource."""
    if isinstance(item, dict):
        if "reference" in item:
            yield item["reference"]
        for inner in item.values():
            yield from references(inner)
    elif isinstance(item, list):
        for inner in item:
            yield from references(inner)


def test_a_plan_that_is_sent_twice_is_stored_once(
    server: FhirServer, written: tuple[Resource, Resource], tmp_path: Path
) -> None:
    _, bundle = written
    sent = Counter(entry["resource"]["resourceType"] for entry in bundle["entry"])
    first = server.post("", bundle)
    assert {entry["response"]["status"] for entry in first["entry"]} == {"201"}
    assert count(server) == sent
    assert set(sent) == {*KINDS}
    again = server.post("", bundle)
    assert {entry["response"]["status"] for entry in again["entry"]} == {"200"}
    _, same_plan = write(tmp_path)
    server.post("", same_plan)
    assert count(server) == sent
    locations = [entry["response"]["location"] for entry in first["entry"]]
    assert [entry["response"]["location"] for entry in again["entry"]] == locations


def test_every_reference_of_a_stored_plan_resolves(
    server: FhirServer, written: tuple[Resource, Resource]
) -> None:
    server.post("", written[1])
    stored = {f"{kind}/{one['id']}": one for kind in KINDS for one in server.list_all(kind)}
    named = Counter(name for one in stored.values() for name in references(one))
    assert {*named} <= {*stored}
    (patient,) = (name for name in stored if name.startswith("Patient/"))
    others = len(stored) - 2  # all but the patient and the program
    assert named[patient] == others


def test_what_a_server_stores_of_trials_and_of_missing_answers(
    server: FhirServer, written: tuple[Resource, Resource]
) -> None:
    plan, bundle = written
    server.post("", bundle)
    asked = [one["key"] for one in plan["route"]["questions"]]
    tasks = server.list_all("Task")
    assert sorted(one["code"]["coding"][0]["code"] for one in tasks) == sorted(asked)
    assert {(one["status"], one["intent"]) for one in tasks} == {("draft", "proposal")}
    subjects = server.list_all("ResearchSubject")
    possible = [
        one["id"] for one in plan["trials"] if one["applies"] and one["verdict"] != "not_eligible"
    ]
    assert [one["study"]["identifier"]["value"] for one in subjects] == possible
    assert {one["status"] for one in subjects} <= NOT_YET_IN_A_STUDY


def test_the_server_refuses_what_is_not_fhir(server: FhirServer) -> None:
    """Else its consent would mean nothing."""
    told = server.post("", {
        "resourceType": "Bundle", "type": "batch", "entry": [
            {"resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}}
            for resource in (
                {"resourceType": "Observation", "code": {"text": "no status"}},
                {"resourceType": "Patient", "pseudonym": "unknown element"},
            )
        ],
    })  # fmt: skip
    assert [entry["response"]["status"] for entry in told["entry"]] == ["400", "400"]
