"""Patients of the book on a FHIR server of other authors: the verdicts of the files."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fl_planner.intake.patients.fhir.server import parse_server
from fl_planner.workup.judge import JudgedFile, judge_file
from tests.cases import of_many
from tests.cli.outside import told
from tests.export.node_packages import FhirServer, fhir_server, needs_node
from tests.intake.patients.fhir_records import Resource, as_resources, stated, write_bundle
from tests.intake.patients.fhir_servers import patient
from tests.patients import facts_text, patients
from tests.refusals import refuses
from tests.workup.test_judge import seen

pytestmark = [needs_node, pytest.mark.slow]
EVERY = patients()
BOOK = of_many([*EVERY][::8], EVERY)  # by day every eighth
TOGETHER = 2  # patients on the server, which searches among all resources that it has
WITHOUT_DATE = [name for name, case in patients().items() if "as_of" not in case][:4]


@pytest.fixture
def server() -> Iterator[FhirServer]:
    with fhir_server() as running:
        yield running


def put(server: FhirServer, resources: list[Resource]) -> list[str]:
    """Store the record of one patient; give the references that the server chose, hers first."""
    person, *others = resources
    made = server.post("Patient", {key: one for key, one in person.items() if key != "id"})
    names = [f"Patient/{made['id']}"]
    for one in others:
        kind, subject = one["resourceType"], {"subject": {"reference": names[0]}}
        names.append(f"{kind}/{server.post(kind, {**one, **subject})['id']}")
    return names


def day(case: dict[str, Any]) -> date | None:
    return date.fromisoformat(case["as_of"]) if "as_of" in case else None


def by_url(server: FhirServer, name: str, as_of: date | None) -> JudgedFile:
    asked = parse_server(f"{server.url}/{name}", None, None, private=True)
    return judge_file(asked, as_of=as_of)


def test_h11_every_patient_of_the_book_has_the_verdicts_of_the_file(
    server: FhirServer, tmp_path: Path
) -> None:
    """Several on the server at once, so that one could receive the facts of another."""
    for some in batched([*BOOK], TOGETHER):
        records = {
            name: as_resources(json.loads(facts_text(BOOK[name])), day(BOOK[name])) for name in some
        }
        stored = {name: put(server, record) for name, record in records.items()}
        for name, record in records.items():
            as_of = day(BOOK[name])
            by_file = judge_file(write_bundle(tmp_path / "bundle.json", *record), as_of=as_of)
            found = by_url(server, stored[name][0], as_of)
            assert seen(found) == seen(by_file), name
            assert found.unmapped == by_file.unmapped
            assert {one.key for one in found.sources} == {one.key for one in by_file.sources}
        for one in (one for names in stored.values() for one in names):
            server.delete(one)


def batched(names: list[str], size: int) -> Iterator[list[str]]:
    yield from (names[start : start + size] for start in range(0, len(names), size))


def test_a_list_of_the_server_has_the_rows_of_the_files(server: FhirServer, tmp_path: Path) -> None:
    for name in WITHOUT_DATE:
        resources = as_resources(json.loads(facts_text(patients()[name])))
        put(server, [{**resources[0], "active": True}, *resources[1:]])
    facts = "".join(facts_text(patients()[name]) + "\n" for name in WITHOUT_DATE)
    (tmp_path / "facts.jsonl").write_text(facts, "utf-8")
    by_file = told("screen", tmp_path / "facts.jsonl")
    query = ("--fhir-query", "Patient?active=true&_count=1000")
    found = told("screen", server.url, *query, "--private-addresses")
    assert found["consort"] == by_file["consort"]
    verdicts = [{row["row"]: row["verdicts"] for row in one["rows"]} for one in (found, by_file)]
    assert verdicts[0] == verdicts[1]


def test_h16_a_list_that_this_server_ends_early_is_refused(server: FhirServer) -> None:
    """It gives 200 of 201 results, without a link to the others."""
    observed = [stated("ecog", valueInteger=1) for _ in range(201)]
    name, *_ = put(server, [patient(), *observed])
    with refuses("fhir.server_pages", says="returned 200 results but stated a total of 201"):
        by_url(server, name, None)
