"""Records from a FHIR server: what is asked, and every answer that must not be used."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

import pytest

from fl_planner.archive import fhir, web_host
from fl_planner.basis.clinical_codes import LOINC
from fl_planner.basis.findings import InputRefused
from fl_planner.intake.patients.fhir import search
from fl_planner.intake.patients.fhir.entries import RecordServer
from fl_planner.intake.patients.fhir.resources import KINDS
from fl_planner.intake.patients.fhir.resources import SUBSETTED as SUBSETTED_TAG
from fl_planner.intake.patients.fhir.server import parse_server
from fl_planner.intake.patients.lists import PatientList, read_patients
from fl_planner.intake.patients.mapping import ColumnMapping
from fl_planner.intake.patients.rows import Listed
from tests.cases import each_case
from tests.intake.patients.fhir_records import (
    ATC,
    ICD10,
    Resource,
    concept,
    condition,
    observation,
    of_patient,
    quantity,
    stated,
)
from tests.intake.patients.fhir_servers import (
    FakeFhir,
    Reply,
    capability,
    fake_fhir,
    owned,
    page,
    patient,
    reply,
)
from tests.masks import codes
from tests.refusals import refuses

TODAY = date(2026, 11, 20)
PLATELETS = observation(LOINC.uri, "777-3", valueQuantity=quantity(214, "10*9/L"))
RECORD = owned([patient(), PLATELETS, condition(ICD10, "C22.0"), stated("ecog", valueInteger=1)])
TOKEN = "secret-of-the-server"


@pytest.fixture
def server() -> Iterator[FakeFhir]:
    with fake_fhir(*RECORD, size=1) as running:
        yield running


def read(asked: RecordServer) -> PatientList:
    return read_patients(asked, as_of=TODAY)


def facts(found: PatientList) -> list[set[str]]:
    rows = [*found.rows]
    assert all(isinstance(row, Listed) for row in rows)
    return [{source.key for source in row.sources} for row in rows if isinstance(row, Listed)]


def test_a_patient_is_read_by_searches_of_every_kind(server: FakeFhir) -> None:
    found = read(server.one())
    assert facts(found) == [{"sex", "platelets", "hcc_present", "ecog"}]
    assert codes(found.findings) == []
    assert server.asked[:2] == ["metadata", "Patient/p1"]
    kinds = [one.partition("?")[0] for one in server.asked[2:]]
    assert [*dict.fromkeys(kinds)] == [*KINDS]
    assert all("patient=Patient/p1" in one for one in server.asked[2:])
    assert kinds.count("Observation") == 2  # pages of one
    assert server.methods == {"GET"}
    assert {head["Prefer"] for head in server.heads} == {"handling=strict"}


def test_all_resources_at_once_where_the_server_offers_it(server: FakeFhir) -> None:
    by_search = read(server.one())
    server.replies["metadata"] = reply(capability(everything=True))
    server.asked.clear()
    found = read(server.one())
    assert facts(found) == facts(by_search)
    assert all(one.startswith("Patient/p1/$everything?_type=") for one in server.asked[2:])
    assert found.inputs == by_search.inputs
    assert (found.inputs[0].file, found.inputs[0].format) == ("FHIR server", "fhir")


def test_patients_of_a_search_and_of_a_group(server: FakeFhir) -> None:
    server.resources += owned([patient("p2"), stated("cirrhosis", valueBoolean=True)], "p2")
    found = read(server.several())
    assert facts(found) == [{"sex", "platelets", "hcc_present", "ecog"}, {"sex", "cirrhosis"}]
    assert [(row.row, row.id, row.file) for row in found.rows] == [
        (1, None, "Patient/p1"), (2, None, "Patient/p2")
    ]  # fmt: skip
    members = [
        {"entity": {"reference": "Patient/p2"}},
        {"entity": {"reference": f"{server.base}/Patient/p2/_history/3"}},
        {"entity": {"reference": "Patient/p1"}, "inactive": True},
    ]
    server.resources.append({"resourceType": "Group", "id": "g", "member": members})
    group = parse_server(f"{server.base}/Group/g/", None, None, private=True)
    assert facts(read(group)) == [{"sex", "cirrhosis"}]
    server.resources[-1] = {"resourceType": "Group", "id": "g", "member": []}
    with refuses("screen.no_patient"):
        read(group)
    server.resources[-1] = {"resourceType": "Group", "id": "g", "member": [{"entity": {}}]}
    with refuses("fhir.server_answer", says="a member of the group"):
        read(group)


def test_what_a_server_does_not_offer_is_a_finding(server: FakeFhir) -> None:
    for everything in (False, True):
        offered = capability(["Condition"], everything=everything)
        server.replies["metadata"] = reply(offered)
        found = read(server.one())
        assert codes(found.findings) == ["fhir.server_not_offered"]
        assert "Procedure, Observation" in found.findings[0].message
    offered = capability()
    for one in offered["rest"][0]["resource"]:
        one["searchParam"] = [{"name": "code"}]
    server.replies["metadata"] = reply(offered)
    assert codes(read(server.one()).findings) == ["fhir.server_not_offered"]
    assert facts(read(server.one())) == [{"sex"}]


DRUG: Resource = {"medicationReference": {"reference": "Medication/m1"}}
STATEMENT = {**of_patient("MedicationStatement", status="active"), **DRUG}
MEDICATION = {"resourceType": "Medication", "id": "m1", "code": concept(ATC, "B01AA03")}


@each_case("everything", [False, True])
def test_drugs_that_are_resources_are_read_once(server: FakeFhir, *, everything: bool) -> None:
    server.replies["metadata"] = reply(capability(everything=everything))
    server.asked.clear()
    server.resources = [MEDICATION]
    for who in ("p1", "p2"):
        server.resources += owned([patient(who), STATEMENT], who)
    found = read(server.several())
    assert facts(found) == [{"sex", "coumarin_use", "anticoagulant_use"}] * 2
    assert server.asked.count("Medication/m1") == 1
    server.resources.pop(0)
    found = read(server.several())
    assert codes(found.findings) == ["fhir.server_no_drug"]
    assert facts(found) == [{"sex"}] * 2


def test_a_drug_of_another_server_is_not_fetched(server: FakeFhir) -> None:
    other = {"medicationReference": {"reference": "https://other.example/Medication/m1"}}
    inner = {"medicationReference": {"reference": "#m1"}, "contained": [MEDICATION]}
    server.resources = owned([patient(), {**STATEMENT, **other}, {**STATEMENT, **inner}])
    found = read(server.one())
    assert codes(found.findings) == ["fhir.server_no_drug"]
    assert facts(found) == [{"sex", "coumarin_use", "anticoagulant_use"}]


OTHER = {"reference": "Patient/p2"}
FOREIGN: dict[str, Resource] = {
    "other": {**stated("pregnant", valueBoolean=True), "subject": OTHER},
    "of another server": {
        **stated("pregnant", valueBoolean=True),
        "subject": {"reference": "https://other.example/r4/Patient/p1"},
    },
    "no subject": {"resourceType": "Observation", "status": "final"},
    "group": {**stated("pregnant", valueBoolean=True), "subject": {"reference": "Group/p1"}},
}


@each_case("foreign", FOREIGN)
def test_h11_a_resource_of_another_patient_is_refused(foreign: Resource, server: FakeFhir) -> None:
    found = page([{**foreign, "id": "x"}])
    server.replies["metadata"] = reply(capability())
    server.replies["Observation"] = reply(found)
    with refuses("fhir.server_other_patient", "FHIR server"):
        read(server.one())
    server.replies["metadata"] = reply(capability(everything=True))
    server.replies["Patient/p1/$everything"] = reply(found)
    with refuses("fhir.server_other_patient"):
        read(server.one())


def test_h11_another_patient_is_refused(server: FakeFhir) -> None:
    server.replies["metadata"] = reply(capability(everything=True))
    server.replies["Patient/p1/$everything"] = reply(page([patient("p2")]))
    with refuses("fhir.server_other_patient"):
        read(server.one())
    server.replies["Patient/p1"] = reply(patient("p2"))
    with refuses("fhir.server_other_patient"):
        read(server.one())


def test_h11_patients_that_a_server_adds_are_refused(server: FakeFhir) -> None:
    added = {"resource": patient("p2"), "search": {"mode": "include"}}
    every = page([patient()], total=1)
    server.replies["Patient"] = reply({**every, "entry": [*every["entry"], added]})
    with refuses("fhir.server_answer", says="not requested"):
        read(server.several())


def linked(url: str, relation: str = "next") -> dict[str, Any]:
    return {"link": [{"relation": relation, "url": url}]}


def turn(server: FakeFhir, *pages: Resource) -> None:
    """Give these pages for observations, one after the other."""
    left = [*pages]
    server.replies["Observation"] = lambda _: reply(left.pop(0))


OBSERVED = [{**one, "id": f"o{number}"} for number, one in enumerate(RECORD[1:], start=1)]
OBSERVED = [one for one in OBSERVED if one["resourceType"] == "Observation"]
FIRST, SECOND = OBSERVED
PAGES: dict[str, tuple[list[Resource], str]] = {
    "loop": (
        [page([FIRST], **linked("Observation?patient=Patient/p1&_count=200"))],
        "repeated a page",
    ),
    "twice": ([page([FIRST], **linked("Observation?b")), page([FIRST])], "a resource twice"),
    "fewer": ([page([FIRST], total=2)], "returned 1 results but stated a total of 2"),
    "more": ([page([FIRST, SECOND], total=1)], "returned 2 results but stated a total of 1"),
    "no whole number": ([page([FIRST, SECOND], total=2.5)], "a total of 2.5"),
    "total changed": (
        [page([FIRST], total=2, **linked("Observation?b")), page([SECOND], total=3)],
        "different numbers",
    ),
    "other host": ([page([FIRST], **linked("http://127.0.0.1:1/r4/Observation?b"))], "leads to"),
    "other name": ([page([FIRST], **linked("//localhost/r4/Observation?b"))], "leads to"),
    "with a user": ([page([FIRST], **linked("http://u@127.0.0.1/r4/Observation"))], "leads to"),
}


@each_case("pages, says", PAGES)
def test_h16_a_list_that_may_be_incomplete_is_refused(
    pages: list[Resource], says: str, server: FakeFhir
) -> None:
    turn(server, *pages)
    with refuses("fhir.server_pages", "FHIR server", says=says):
        read(server.one())


def test_pages_end(server: FakeFhir, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = iter(range(1000))
    server.replies["Observation"] = lambda _: reply(
        page([], **linked(f"Observation?{next(numbers)}"))
    )
    monkeypatch.setattr(search, "MOST_PAGES", 3)
    with refuses("fhir.server_pages"):
        read(server.one())
    monkeypatch.setattr(search, "MOST_FOUND", 1)
    turn(server, page(OBSERVED))
    with refuses("fhir.server_size"):
        read(server.one())


def issue(severity: str) -> Resource:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": severity}]}
    return {"resource": outcome, "search": {"mode": "outcome"}}


def test_a_warning_of_the_server_is_a_finding(server: FakeFhir) -> None:
    found = page([FIRST], total=1)
    found["entry"].append(issue("warning"))
    server.replies["Observation"] = reply(found)
    assert codes(read(server.one()).findings) == ["fhir.server_warned"]
    found["entry"][-1] = issue("information")
    server.replies["Observation"] = reply(found)
    assert codes(read(server.one()).findings) == []


SUBSETTED = {"tag": [{"system": SUBSETTED_TAG[0], "code": "SUBSETTED"}]}
NONE: Resource = {"resourceType": "OperationOutcome", "issue": []}
UNUSABLE: dict[str, Reply] = {
    "error": reply({"resourceType": "OperationOutcome", "issue": [{"severity": "error"}]}),
    "error in a list": reply({**page([]), "entry": [issue("error")]}),
    "outcome without issue": reply(page([NONE])),
    "no list": reply(patient()),
    "other bundle": reply({**page([]), "type": "collection"}),
    "entries": reply({**page([]), "entry": {}}),
    "entry": reply({**page([]), "entry": [{}]}),
    "mode": reply({**page([]), "entry": [{"resource": FIRST, "search": {"mode": "x"}}]}),
    "added": reply({**page([]), "entry": [{"resource": FIRST, "search": {"mode": "include"}}]}),
    "other kind": reply(page([{**RECORD[2]}])),
    "no id": reply(page([{**FIRST, "id": "../p2"}])),
    "part": reply(page([{**FIRST, "meta": SUBSETTED}])),
    "two next": reply(page([], link=2 * linked("Observation?b")["link"])),
    "wrong next": reply(page([], **linked("http://[/"))),
    "blank in next": reply(page([], **linked("Observation?a b"))),
    "key twice": (200, {"Content-Type": "application/json"}, b'{"a": 1, "a": 2}'),
    "key twice in a list": (
        200, {"Content-Type": "application/json"},
        b'{"resourceType": "Bundle", "type": "searchset", "entry": [], "entry": []}',
    ),
    "not JSON": (200, {"Content-Type": "application/fhir+json"}, b"{"),
    "not UTF-8": (200, {"Content-Type": "application/fhir+json"}, b'{"a": "\xff"}'),
    "not FHIR": (200, {"Content-Type": "text/html"}, json.dumps(page([])).encode()),
    "packed": (200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, b"{}"),
    "too short": (200, {"Content-Type": "application/json", "Content-Length": "99"}, b"{}"),
    "redirect": (302, {"Location": "https://other.example/r4"}, b""),
    "defect": (500, {}, b""),
}  # fmt: skip


@each_case("unusable", UNUSABLE)
def test_an_answer_that_cannot_be_used_is_refused(unusable: Reply, server: FakeFhir) -> None:
    server.replies["Observation"] = unusable
    with refuses("fhir.server_answer", "FHIR server"):
        read(server.one())


STATUSES = {
    "401": (401, "fhir.server_login"), "403": (403, "fhir.server_login"),
    "404": (404, "fhir.server_not_found"), "410": (410, "fhir.server_not_found"),
    "429": (429, "fhir.server_busy"), "503": (503, "fhir.server_busy"),
}  # fmt: skip


@each_case("status, code", STATUSES)
def test_each_refusal_of_a_server_has_its_remedy(status: int, code: str, server: FakeFhir) -> None:
    server.replies["Observation"] = (status, {}, b"secret diagnosis")
    with refuses(code, "FHIR server", says=str(status)) as refused:
        read(server.one())
    assert "secret" not in str(refused.value)


OFFERS: dict[str, tuple[Resource, str]] = {
    "no statement": (patient(), "not the base URL of a FHIR server"),
    "R5": (capability(version="5.0.0"), "FHIR R4"),
    "no version": ({"resourceType": "CapabilityStatement"}, "FHIR R4"),
}


@each_case("offer, says", OFFERS)
def test_only_servers_of_r4_are_read(offer: Resource, says: str, server: FakeFhir) -> None:
    server.replies["metadata"] = reply(offer)
    with refuses("fhir.server_answer", says=says):
        read(server.one())


def test_a_server_that_ignores_a_parameter_is_refused(server: FakeFhir) -> None:
    every = page([patient()], **linked(f"{server.base}/Patient?_count=200", "self"))
    server.replies["Patient"] = reply(every)
    with refuses("fhir.server_query", says="did not apply"):
        read(server.several("Patient?_has:Condition:patient:code=C78.7&_count=9"))
    server.replies["Patient"] = reply(page([patient()]))  # states nothing
    assert len(read(server.several()).rows) == 1
    server.replies["Patient"] = reply(page([{**MEDICATION}]))
    with refuses("fhir.server_answer", says="a type that was not searched for"):
        read(server.several())
    server.replies["Patient/p1"] = reply(MEDICATION)
    with refuses("fhir.server_answer", says="different type"):
        read(server.one())


def test_h18_an_answer_has_a_bound_of_bytes(
    server: FakeFhir, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fhir, "MOST_FHIR_BYTES", 5000)
    server.replies["Observation"] = (200, {"Content-Type": "application/json"}, b" " * 5001)
    with refuses("fhir.server_size"):
        read(server.one())


@each_case("drips", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n{"])
def test_h18_an_answer_that_never_ends_is_cut(
    drips: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then is no end of waiting, in the head of an answer and in its body."""
    monkeypatch.setattr(fhir, "FHIR_ANSWER_S", 0.06)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            connection, _ = listening.accept()
            with connection, suppress(OSError):
                connection.recv(1 << 16)
                connection.sendall(drips)
                for _ in range(10):
                    connection.sendall(b" ")
                    sleep(0.02)

        sender = Thread(target=drip)
        sender.start()
        base = f"http://127.0.0.1:{listening.getsockname()[1]}/r4"
        with refuses("fhir.server_unreachable"):
            read(parse_server(f"{base}/Patient/p1", None, None, private=True))
        sender.join()


def test_one_connection_serves_all_requests_and_is_opened_again(server: FakeFhir) -> None:
    read(server.one())
    assert (server.connections, len(server.asked)) == (1, 9)
    server.closes = True  # after each answer
    found = read(server.one())
    assert facts(found) == [{"sex", "platelets", "hcc_present", "ecog"}]
    assert server.connections == 1 + 9


def test_columns_are_of_tables(server: FakeFhir) -> None:
    with refuses("usage.wrong"):
        read_patients(server.one(), mapping=ColumnMapping(ignored=frozenset({"name"})))


ADDRESSES = {
    "user": "https://u:p@fhir.example/r4/Patient/1", "query": "https://fhir.example/r4?a=1",
    "fragment": "https://fhir.example/r4#a", "no host": "https:///r4/Patient/1",
    "port": "https://fhir.example:x/r4/Patient/1", "blank": "https://fhir.example/a b/Patient/1",
    "letter": "https://fhir.example/ä/Patient/1", "brackets": "https://[fhir/Patient/1",
    "id": "https://fhir.example/r4/Patient/a_b", "base alone": "https://fhir.example/r4",
    "other kind": "https://fhir.example/r4/Observation/1",
}  # fmt: skip


@each_case("url", ADDRESSES)
def test_an_address_that_is_not_one_is_refused(url: str) -> None:
    with refuses("fhir.server_address", "FHIR server"):
        parse_server(url, None, None, private=False)


QUERIES = {
    "other": "Observation?code=1", "none": "Patient?", "blank": "Patient?name=a b",
    "summary": "Patient?_summary=true", "elements": "Patient?%5felements=id",
    "include": "Patient?_revinclude:iterate=Observation:patient", "hash": "Patient?a=1#b ",
}  # fmt: skip


@each_case("query", QUERIES)
def test_a_search_that_does_not_select_patients_is_refused(query: str) -> None:
    with refuses("fhir.server_query", "--fhir-query"):
        parse_server("https://fhir.example/r4", query, None, private=False)


def test_patients_are_stated_once() -> None:
    with refuses(
        "fhir.server_address", says="neither the URL nor a search selects patients, or both do"
    ):
        parse_server("https://fhir.example/r4/Group/1", "Patient?a=1", None, private=False)
    asked = parse_server("https://fhir.example/r4/", "Patient?a=b|c", None, private=False)
    assert (asked.address.base, asked.query) == ("https://fhir.example/r4", "a=b%7Cc")


@pytest.fixture
def unasked(server: FakeFhir) -> Iterator[FakeFhir]:
    """Demand that the server was not contacted."""
    yield server
    assert server.asked == []


def test_h18_a_private_server_is_read_only_where_it_was_allowed(unasked: FakeFhir) -> None:
    port = unasked.host.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"):
        with refuses("fhir.server_private", "FHIR server"):
            read(parse_server(f"http://{host}:{port}/r4/Patient/p1", None, None, private=False))
    with refuses("fhir.server_unreachable", says="cannot be resolved"):
        read(parse_server("https://fhir.invalid/r4/Patient/p1", None, None, private=True))


def test_h18_no_data_without_encryption(unasked: FakeFhir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FL_PLANNER_FHIR_TOKEN", TOKEN)
    url = f"{unasked.base}/Patient/p1"
    with refuses("fhir.server_unencrypted", says="a token is never sent") as refused:
        read(parse_server(url, None, "environment", private=True))
    assert TOKEN not in str(refused.value)
    monkeypatch.setattr(web_host, "_look_up", lambda *_: ["10.0.0.1"])
    with refuses("fhir.server_unencrypted"):
        read(parse_server("http://fhir.hospital.example/r4/Patient/1", None, None, private=True))


def test_an_unreachable_server(unasked: FakeFhir) -> None:
    with refuses("fhir.server_unreachable", "FHIR server"):
        read(parse_server("http://127.0.0.1:9/r4/Patient/p1", None, None, private=True))


def test_a_server_without_tls_receives_no_token(
    unasked: FakeFhir, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"https://{unasked.host}/r4/Patient/p1"
    for secret, says in (
        (None, "not found"),
        ("a b", "invalid characters"),
        (TOKEN, "support TLS"),
    ):
        if secret is not None:
            monkeypatch.setenv("FL_PLANNER_FHIR_TOKEN", secret)
        with pytest.raises(InputRefused) as caught:
            read(parse_server(url, None, "environment", private=True))
        assert says in caught.value.reason
        assert TOKEN not in str(caught.value)


def test_a_token_may_be_in_a_keyring(unasked: FakeFhir, monkeypatch: pytest.MonkeyPatch) -> None:
    import keyring

    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(keyring, "get_password", lambda *names: asked.append(names))
    with refuses("fhir.server_secret") as refused:
        read(parse_server(f"https://{unasked.host}/r4/Patient/p1", None, "keyring", private=True))
    assert asked == [("fl-planner fhir", "token")]
    assert refused.value.remedy == "store it in the keyring: keyring set 'fl-planner fhir' token"


def test_a_mapping_decides_what_is_fetched(server: FakeFhir, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'schema = 1\n[systems]\nicd10 = "http://hl7.org/fhir/sid/icd-10"\n'
        '[[condition]]\ncodes = ["icd10|C22.0"]\ncourse = "present"\n'
        "facts = { hcc_present = true }\n",
        "utf-8",
    )
    found = read_patients(server.one(), as_of=TODAY, fhir_map=own)
    assert facts(found) == [{"sex", "hcc_present", "ecog"}]
    kinds = {one.partition("?")[0] for one in server.asked[2:]}
    assert kinds == {"Condition", "Observation"}
