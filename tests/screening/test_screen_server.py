"""`screen` and `trials judge` with a FHIR server: as with a file, without who the patients are."""

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fl_planner import judge, screen
from fl_planner.screening.log import read_log
from tests.archive.certificates import Authority
from tests.cases import each_case, of_many
from tests.cli.outside import Record, ask, codes, refused, told
from tests.intake.patients.fhir_records import ICD10, as_resources, condition, stated, write_bundle
from tests.intake.patients.fhir_servers import (
    FakeFhir,
    capability,
    fake_fhir,
    owned,
    patient,
    reply,
)
from tests.patients import facts_text, patients
from tests.record.schemas import require_valid
from tests.refusals import refuses
from tests.screening.test_screen_fhir import BORN, DATED, NAME, NUMBER, shown

PRIVATE = "--private-addresses"
TOKEN = "secret-of-the-server"
PERSON = patient(NUMBER, name=[{"family": NAME}], birthDate=BORN)
SEEN = stated("cirrhosis", valueBoolean=False, effectiveDateTime="2026-05-02")
RECORD = owned([PERSON, condition(ICD10, "C78.7"), SEEN], NUMBER)


@pytest.fixture
def server() -> Iterator[FakeFhir]:
    with fake_fhir(*RECORD) as running:
        yield running


def url(server: FakeFhir) -> str:
    return f"{server.base}/Patient/{NUMBER}"


def seen(record: Record) -> dict[str, Any]:
    """Give a record without its inputs, and the places of its resources."""
    keys = ("trials", "pathway", "route", "facts", "findings", "unmapped")
    return {key: record.get(key) for key in keys}


def test_a_patient_of_a_server_is_judged_as_from_a_file(server: FakeFhir, tmp_path: Path) -> None:
    path = write_bundle(tmp_path / "record.json", *RECORD)
    by_file = told("trials", "judge", path, *DATED)
    by_url = require_valid(told("trials", "judge", url(server), *DATED, PRIVATE))
    assert seen(by_url) == seen(by_file)
    assert by_url["sources"] == by_file["sources"]
    (file,) = by_url["inputs"]
    assert {**file, "sha256": ""} == {
        "file": "FHIR server", "format": "fhir", "role": "record", "sha256": ""
    }  # fmt: skip
    python = judge(url(server), as_of="2026-05-20", private_addresses=True)
    assert python.as_record() == by_url
    query = ("--fhir-query", f"Patient?_id={NUMBER}")
    assert told("trials", "judge", server.base, *query, *DATED, PRIVATE) == by_url


def test_a_list_of_a_server_is_screened_as_from_a_file(server: FakeFhir, tmp_path: Path) -> None:
    path = write_bundle(tmp_path / "record.json", *RECORD)
    by_file = told("screen", path, *DATED, "--diagnosis", "crlm")
    asked = ("screen", server.base, "--fhir-query", "Patient?gender=female", PRIVATE)
    by_url = require_valid(told(*asked, *DATED, "--diagnosis", "crlm"))
    for key in ("rows", "consort", "findings", "unmapped"):
        assert by_url[key] == by_file[key]
    options: dict[str, Any] = {"fhir_query": "Patient?gender=female", "private_addresses": True}
    python = screen(server.base, as_of="2026-05-20", diagnosis="crlm", **options)
    assert python.as_record()["rows"] == by_url["rows"]
    clinical = told(*asked, *DATED, "--profile", "clinical")
    assert clinical["rows"][0]["file"] == f"Patient/{NUMBER}"
    assert f"Patient/{NUMBER}" in ask(*asked, *DATED, "--profile", "clinical").out


def test_nothing_names_the_patient_or_the_server(server: FakeFhir) -> None:
    for command in (("screen",), ("trials", "judge")):
        for form in ((), ("--json",)):
            ran = ask(*command, url(server), *DATED, PRIVATE, *form)
            assert ran.status == 0
            for word in (NAME, NUMBER, BORN, "1964", "2026-05-02", server.host, "127.0.0.1"):
                assert word not in ran.out + ran.err
    server.replies["Observation"] = (404, {}, NAME.encode())
    refusal = refused("trials", "judge", url(server), *DATED, PRIVATE)
    for word in (NAME, NUMBER, server.host):
        assert word not in json.dumps(refusal)


def test_a_log_keeps_no_ids(server: FakeFhir, tmp_path: Path) -> None:
    log = tmp_path / "log.sqlite"
    told("trials", "judge", url(server), *DATED, PRIVATE, "--profile", "clinical", "--log", log)
    (entry,) = read_log(log)
    for word in (NUMBER, server.host, "2026-05-02"):
        assert word not in str(entry)


def test_what_the_server_does_not_offer_is_said(server: FakeFhir) -> None:
    server.replies["metadata"] = reply(capability(["Condition"]))
    judged = told("trials", "judge", url(server), *DATED, PRIVATE)
    assert "fhir.server_not_offered" in codes(judged)
    assert "cirrhosis" not in judged["facts"]
    assert "fhir.server_not_offered" in codes(told("screen", url(server), *DATED, PRIVATE))


def test_several_patients_are_for_screen(server: FakeFhir) -> None:
    server.resources.append(patient("p2"))
    asked = (server.base, "--fhir-query", "Patient?gender=female", PRIVATE)
    assert refused("trials", "judge", *asked)["code"] == "fhir.several_patients"
    assert ask("screen", *asked, "--json").status == 0


OF_SERVER = {
    "query": ("--fhir-query", "Patient?a=1"), "token": ("--fhir-token", "environment"),
    "private": (PRIVATE,),
}  # fmt: skip


@each_case("options", OF_SERVER)
def test_options_of_a_server_require_one(options: tuple[str, ...], tmp_path: Path) -> None:
    path = write_bundle(tmp_path / "record.json", *RECORD)
    for command in (("screen", path), ("trials", "judge", path)):
        refusal = refused(*command, *options)
        assert (refusal["code"], refusal["file"]) == ("usage.wrong", options[0])


def test_python_requires_a_server_for_its_options() -> None:
    with refuses("usage.wrong", "--private-addresses"):
        judge({"ecog": 1}, private_addresses=True)
    with refuses("usage.wrong", "--private-addresses"):
        screen([{"id": "a"}], private_addresses=True)


def test_h18_a_private_server_is_allowed_by_the_option_alone(server: FakeFhir) -> None:
    for command in (("screen",), ("trials", "judge")):
        assert refused(*command, url(server), *DATED)["code"] == "fhir.server_private"
    assert server.asked == []


def test_an_output_of_a_server_is_not_verified_without_it(server: FakeFhir, tmp_path: Path) -> None:
    out = tmp_path / "trials.json"
    out.write_text(ask("trials", "judge", url(server), *DATED, PRIVATE, "--json").out, "utf-8")
    assert refused("verify", out, *DATED)["code"] == "verify.files_missing"


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[FakeFhir, Path]]:
    """Serve with TLS; give the certificate of the issuer."""
    authority = Authority(tmp_path, "hospital")
    files = authority.issue("server")
    assert files.own is not None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.own, files.key)
    monkeypatch.setenv("FL_PLANNER_FHIR_TOKEN", TOKEN)
    with fake_fhir(*RECORD, secure=context) as running:
        yield running, authority.file


def test_a_token_is_sent_to_a_trusted_server_only(
    trusted: tuple[FakeFhir, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server, issuer = trusted
    asked = ("trials", "judge", url(server), *DATED, PRIVATE, "--fhir-token", "environment")
    monkeypatch.setenv("SSL_CERT_FILE", str(Authority(tmp_path, "other").file))
    assert refused(*asked)["code"] == "fhir.server_tls"
    assert server.heads == []
    monkeypatch.setenv("SSL_CERT_FILE", str(issuer))
    assert TOKEN not in json.dumps(told(*asked))
    assert {head["Authorization"] for head in server.heads} == {f"Bearer {TOKEN}"}
    named = url(server).replace("127.0.0.1", "localhost")
    assert refused(*asked[:2], named, *asked[3:])["code"] == "fhir.server_tls"
    with fake_fhir() as other:
        server.replies["Observation"] = (302, {"Location": f"{other.base}/Observation"}, b"")
        assert refused(*asked)["code"] == "fhir.server_answer"
        assert other.asked == []
    monkeypatch.delenv("FL_PLANNER_FHIR_TOKEN")
    assert refused(*asked)["code"] == "fhir.server_secret"


@pytest.mark.slow
def test_h11_the_whole_book_on_one_server(tmp_path: Path) -> None:
    """Patients of the book on one server, every eighth by day: the rows of the files."""
    every = [name for name, case in patients().items() if "as_of" not in case]
    names = of_many(every[::8], every)
    resources = [
        one
        for name in names
        for one in owned(as_resources(json.loads(facts_text(patients()[name]))), name)
    ]
    facts = "".join(facts_text(patients()[name]) + "\n" for name in names)
    (tmp_path / "facts.jsonl").write_text(facts, "utf-8")
    by_file = told("screen", tmp_path / "facts.jsonl")
    for everything in (False, True):
        with fake_fhir(*resources, size=7) as server:
            server.replies["metadata"] = reply(capability(everything=everything))
            by_url = told("screen", server.base, "--fhir-query", "Patient?a=1", PRIVATE)
        assert by_url["consort"] == by_file["consort"]
        assert shown(by_url) == shown(by_file)
        assert len(by_url["rows"]) == len(names)
