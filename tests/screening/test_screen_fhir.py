"""Electronic records from outside: lists and one patient, without who the patients are."""

import json
from pathlib import Path
from typing import Any

import pytest

from fl_planner import judge
from tests.cases import of_many
from tests.cli.outside import Record, ask, codes, refused, told
from tests.intake.patients.fhir_records import (
    ICD10,
    Resource,
    as_resources,
    condition,
    of_patient,
    stated,
    write_bundle,
    write_lines,
)
from tests.patients import facts_text, patients
from tests.record.schemas import require_valid

DATED = ("--as-of", "2026-05-20")
NAME, NUMBER, BORN = "Zwetschgenmeier", "4711-0815", "1964-05-12"
PERSON: Resource = {
    "resourceType": "Patient",
    "id": NUMBER,
    "name": [{"family": NAME}],
    "identifier": [{"value": NUMBER}],
    "birthDate": BORN,
    "gender": "female",
    "address": [{"text": NAME}],
}


def record(path: Path, *more: Resource) -> Path:
    seen = stated("cirrhosis", valueBoolean=False, id=f"o-{NUMBER}", effectiveDateTime="2026-05-02")
    noted = {**condition(ICD10, "C78.7"), "note": [{"text": NAME}], "id": NAME}
    return write_bundle(
        path, PERSON, {**seen, "code": {**seen["code"], "text": NAME}}, noted, *more
    )


def texts(*args: object) -> str:
    ran = ask(*args)
    assert ran.status == 0
    return ran.out + ran.err


def test_nothing_names_the_patient(tmp_path: Path) -> None:
    path = record(tmp_path / "record.json")
    lines = tmp_path / "lines.ndjson"
    write_lines(lines, [PERSON, {**stated("cirrhosis", valueBoolean=True), "subject": {
        "reference": f"Patient/{NUMBER}"}}])  # fmt: skip
    shown = [
        texts(*command, *DATED, *form)
        for command in (
            ("screen", path), ("screen", lines), ("trials", "judge", path),
            ("trials", "judge", lines),
        )
        for form in ((), ("--json",))
    ]  # fmt: skip
    shown.append(texts("screen", path, *DATED, "--csv"))
    for text in shown:
        for word in (NAME, NUMBER, BORN, "1964", "2026-05-02"):
            assert word not in text


def test_each_fact_has_its_resource(tmp_path: Path) -> None:
    path = record(tmp_path / "record.json")
    judged = require_valid(told("trials", "judge", path, *DATED))
    assert judged["sources"] == [
        {"key": "sex", "place": 1, "resource": "Patient"},
        {"key": "age", "place": 1, "resource": "Patient"},
        {"age_days": 18, "key": "cirrhosis", "place": 2, "resource": "Observation"},
    ]
    assert judged["unmapped"] == [
        {"code": "C78.7", "count": 1, "resource": "Condition", "system": "icd10"}
    ]
    assert judged["facts"]["age_years"] == 62
    clinical = require_valid(told("trials", "judge", path, *DATED, "--profile", "clinical"))
    assert clinical["sources"][2] == {
        **judged["sources"][2], "date": "2026-05-02", "id": f"o-{NUMBER}"
    }  # fmt: skip
    assert clinical["trials"] == judged["trials"]
    python = judge(path, as_of=DATED[1], profile="clinical").as_record()
    assert python["sources"] == clinical["sources"]
    listed = require_valid(told("screen", path, *DATED))
    assert listed["rows"][0]["sources"] == judged["sources"]
    assert listed["unmapped"] == judged["unmapped"]


def test_codes_without_a_rule_are_printed(tmp_path: Path) -> None:
    odd = condition("http://hospital.example", "S1")
    path = record(tmp_path / "record.json", odd)
    text = " ".join(texts("screen", path, *DATED).split())
    assert "Codes without a rule in the mapping: 2" in text
    assert "other system not shown (1), icd10 C78.7 (1)" in text
    assert "icd10 C78.7" in texts("trials", "judge", path, *DATED, "-v")


def test_h11_another_patients_resource_is_refused_in_one_record(tmp_path: Path) -> None:
    other = {**stated("pregnant", valueBoolean=True), "subject": {"reference": "Patient/p2"}}
    path = record(tmp_path / "record.json", other)
    refusal = refused("trials", "judge", path, *DATED)
    assert refusal["code"] == "screen.unreadable"
    assert refusal["reason"] == "1 resource belongs to no patient in the input"
    ran = ask("screen", path, *DATED, "--json")
    assert ran.status == 3
    (row,) = ran.record["rows"]
    assert {source["key"] for source in row["sources"]} == {"sex", "age", "cirrhosis"}


def test_h11_two_patients_are_for_screen(tmp_path: Path) -> None:
    second = {"resourceType": "Patient", "id": "p2"}
    path = tmp_path / "empty.json"
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": []}), "utf-8")
    assert refused("trials", "judge", path)["code"] == "screen.no_patient"
    lines = write_lines(tmp_path / "two.ndjson", [PERSON, second])
    refusal = refused("trials", "judge", lines)
    assert refusal["code"] == "fhir.several_patients"
    assert "screen" in refusal["remedy"]


def test_a_dead_patient_is_not_judged(tmp_path: Path) -> None:
    path = write_bundle(tmp_path / "record.json", {**PERSON, "deceasedBoolean": True})
    assert refused("trials", "judge", path)["code"] == "fhir.deceased"
    assert ask("screen", path, "--json").record["refused"][0]["code"] == "fhir.deceased"


@pytest.mark.parametrize("value", [-214, 214000])
def test_h09_a_value_out_of_range_is_unknown(value: int, tmp_path: Path) -> None:
    low = stated("platelets", valueQuantity={"value": value, "unit": "10*9/L"})
    judged = told("trials", "judge", record(tmp_path / "record.json", low), *DATED)
    assert "implausible.platelets_10e9_per_l" in codes(judged)
    assert "platelets_10e9_per_l" not in judged["facts"]


def test_h09_an_unknown_unit_is_unknown_by_name(tmp_path: Path) -> None:
    odd = stated("platelets", valueQuantity={"value": 214, "unit": "furlong"})
    path = record(tmp_path / "record.json", odd)
    judged = told("trials", "judge", path, *DATED)
    assert "unknown_unit.platelets_10e9_per_l" in codes(judged)
    assert "furlong" not in json.dumps(told("screen", path, *DATED))


def test_an_output_from_a_record_can_be_verified(tmp_path: Path) -> None:
    path, own = record(tmp_path / "record.json"), tmp_path / "own.toml"
    own.write_text(texts("schema", "fhir-map").replace("K74.4", "K74.0"), "utf-8")
    for options in ((), ("--fhir-map", own)):
        out = tmp_path / "trials.json"
        out.write_text(texts("trials", "judge", path, *DATED, *options, "--json"), "utf-8")
        for named in ((), (path,)):
            verified = told("verify", out, *named, *DATED)
            assert (verified["holds"], verified["recomputed"]) == (True, True)
    own.write_text(own.read_text("utf-8").replace("K74.5", "K74.1"), "utf-8")
    changed = told("verify", out, *DATED)
    assert not changed["holds"]
    assert [one["name"] for one in changed["changes"]] == ["fhir_map"]


def of_book(name: str) -> list[Resource]:
    """Write a patient of the book, with references to it in a bulk export."""
    person, *others = as_resources(json.loads(facts_text(patients()[name])))
    found = [{**one, "subject": {"reference": f"Patient/{name}"}} for one in others]
    return [{**person, "id": name}, *found]


@pytest.mark.essential
@pytest.mark.slow
def test_h11_an_export_of_the_whole_book(tmp_path: Path) -> None:
    """Patients of the book in one export, resources in reverse: the rows of the files."""
    every = [name for name, case in patients().items() if "as_of" not in case]
    names = of_many(every[::6], every)
    lines = [one for name in names for one in of_book(name)]
    order = [one for one in reversed(lines) if one["resourceType"] != "Patient"]
    people = [one for one in lines if one["resourceType"] == "Patient"]
    path = write_lines(tmp_path / "export.ndjson", [*order, *people])
    facts = "".join(facts_text(patients()[name]) + "\n" for name in names)
    (tmp_path / "facts.jsonl").write_text(facts, "utf-8")
    by_record, by_file = told("screen", path), told("screen", tmp_path / "facts.jsonl")
    assert by_record["consort"] == by_file["consort"]
    assert shown(by_record) == shown(by_file)
    assert len(by_record["rows"]) == len(names)


def shown(listed: Record) -> dict[int, Any]:
    """Tell the verdicts and the route of each row."""
    keys = ("verdicts", "verdicts_shown", "route", "route_row", "next_question", "urgency")
    return {row["row"]: {key: row.get(key) for key in keys} for row in listed["rows"]}


def test_a_mapping_is_printed_and_read_again(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(texts("schema", "fhir-map"), "utf-8")
    path = record(tmp_path / "record.json")
    default, ours = told("trials", "judge", path), told("trials", "judge", path, "--fhir-map", own)
    assert default["trials"] == ours["trials"]
    assert [one["role"] for one in ours["inputs"]] == ["record", "fhir_map"]
    own.write_text("schema = 2\n", "utf-8")
    for command in (("screen",), ("trials", "judge")):
        refusal = refused(*command, path, "--fhir-map", own)
        assert (refusal["code"], refusal["file"]) == ("fhir.map_unreadable", "own.toml")


def test_a_group_of_resources_without_a_bundle_is_no_record(tmp_path: Path) -> None:
    path = tmp_path / "one.json"
    path.write_text(json.dumps(of_patient("Observation")), "utf-8")
    assert refused("trials", "judge", path)["code"] == "screen.unreadable"


def test_lines_of_facts_are_no_record(tmp_path: Path) -> None:
    path = tmp_path / "list.jsonl"
    path.write_text('{"id": "a", "ecog": 1}\n{"id": "b", "ecog": 2}\n', "utf-8")
    assert refused("trials", "judge", path)["code"] == "facts.unreadable"
