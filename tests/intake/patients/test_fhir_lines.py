"""Bulk exports: resources of many patients in any order, in lines and in several files."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis.clinical_codes import LOINC
from fl_planner.intake.patients import list_text, lists
from fl_planner.intake.patients.fhir import charts
from fl_planner.intake.patients.lists import PatientList, read_patients
from fl_planner.intake.patients.rows import Listed, NotRead
from fl_planner.planning.given.chart import UnmappedCode
from tests.cases import how_many
from tests.intake.patients.fhir_records import ICD10, Resource, condition, observation, quantity
from tests.memory import peak_bytes
from tests.refusals import refuses

TODAY = date(2026, 11, 20)
NAME = "Zwetschgenmeier"


def person(number: int, **more: Any) -> Resource:
    named = {"name": [{"family": NAME}], "identifier": [{"value": "4711-0815"}]}
    return {"resourceType": "Patient", "id": f"p{number}", **named, **more}


def platelets(number: int, value: int, **more: Any) -> Resource:
    of = {"subject": {"reference": f"Patient/p{number}"}}
    amount = {"valueQuantity": quantity(value, "10*9/L")}
    return observation(LOINC.uri, "777-3", **(of | amount | more))


def write(path: Path, *resources: Resource | str) -> Path:
    texts = (one if isinstance(one, str) else json.dumps(one) for one in resources)
    path.write_text("".join(f"{text}\n" for text in texts), "utf-8")
    return path


def values(found: PatientList) -> list[object]:
    """Tell the platelets of each patient, or why the row is not read."""
    return [
        row.reason if isinstance(row, NotRead) else int(row.stated.values["platelets"].value)  # type: ignore[union-attr]
        for row in found.rows
    ]


def test_h11_resources_in_any_order_go_to_their_patient(tmp_path: Path) -> None:
    lines: list[Resource | str] = [platelets(2, 120), person(1), "", platelets(1, 90), person(2)]
    found = read_patients(write(tmp_path / "list.ndjson", *lines), as_of=TODAY)
    assert values(found) == values(found) == [90, 120]
    assert [row.row for row in found.rows] == [1, 2]
    assert len(found.rows) == 2
    (first, _) = found.rows
    assert isinstance(first, Listed)
    assert [source.place for source in first.sources] == [4]
    assert NAME not in str([*found.rows])


def test_h11_a_folder_of_files_of_one_export(tmp_path: Path) -> None:
    """The export is read as one; other files of the folder come before it."""
    write(tmp_path / "Observation.ndjson", platelets(2, 120), platelets(1, 90))
    write(tmp_path / "Patient.ndjson", person(1), person(2))
    write(tmp_path / "own.jsonl", {"id": "a", "platelets": {"value": 80, "unit": "10*9/L"}})
    found = read_patients(tmp_path, as_of=TODAY)
    assert values(found) == [80, 90, 120]
    assert [row.row for row in found.rows] == [1, 2, 3]
    names = [file.file for file in found.inputs]
    assert names == ["own.jsonl", "Observation.ndjson", "Patient.ndjson"]
    assert all(file.sha256 for file in found.inputs)


def test_h11_resources_of_nobody_and_lines_that_are_no_resource(tmp_path: Path) -> None:
    lines: list[Resource | str] = [
        person(1),
        platelets(1, 90),
        platelets(7, 10),
        "{",
        '{"resourceType": "Patient", "resourceType": "Patient"}',
        '{"ecog": 1}',
    ]
    found = read_patients(write(tmp_path / "list.ndjson", *lines), as_of=TODAY)
    assert values(found) == [
        90,
        "1 resource belongs to no patient in the input",
        "3 entries are not single resources: 4, 5, 6",
    ]
    assert [row.row for row in found.rows] == [1, 2, 3]
    assert len(found.rows) == 3
    one = read_patients(write(tmp_path / "list.ndjson", *lines[:4]), as_of=TODAY)
    assert values(one)[-1] == "1 entry is not a single resource: 4"
    inner = {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": person(2)}]}
    nested = read_patients(write(tmp_path / "list.ndjson", *lines[:2], inner), as_of=TODAY)
    assert values(nested)[-1] == "1 entry is not a single resource: 3"
    five = read_patients(write(tmp_path / "list.ndjson", person(1), *["{"] * 5), as_of=TODAY)
    assert [*five.rows][-1].reason == "5 entries are not single resources: 2, 3, 4, 5, 6"
    many: list[Resource | str] = [person(1), platelets(1, 90), *["{"] * 9]
    found = read_patients(write(tmp_path / "list.ndjson", *many), as_of=TODAY)
    assert values(found)[1] == "9 entries are not single resources: 3, 4, 5, 6, 7 and others"
    assert len(found.rows) == 2


def test_codes_without_a_rule_are_counted_once(tmp_path: Path) -> None:
    of = {"subject": {"reference": "Patient/p1"}}
    lines: list[Resource | str] = [person(1), *[{**condition(ICD10, "C78.7"), **of}] * 2]
    lines += [{**condition("http://own.example", NAME), **of}]
    found = read_patients(write(tmp_path / "list.ndjson", *lines), as_of=TODAY)
    assert not found.unmapped
    assert [*found.rows] == [*found.rows]
    assert found.unmapped == {
        UnmappedCode("Condition", "icd10", "C78.7"): 2,
        UnmappedCode("Condition"): 1,
    }


def test_codes_without_a_rule_stay_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "MOST_UNMAPPED", 2)
    of = {"subject": {"reference": "Patient/p1"}}
    odd = [{**condition(ICD10, f"C78.{number}"), **of} for number in (7, 8, 7, 1, 2)]
    found = read_patients(write(tmp_path / "list.ndjson", person(1), *odd), as_of=TODAY)
    assert len([*found.rows]) == 1
    assert sorted(found.unmapped.values()) == [1, 2, 2]
    assert found.unmapped[UnmappedCode("Condition")] == 2


def test_a_mapping_of_a_hospital(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(
        'schema = 1\n[systems]\nours = "http://own.example"\n'
        '[[condition]]\ncodes = ["ours|CRLM"]\ncourse = "present"\n'
        "facts = { crlm_present = true }\n"
    )
    of = {"subject": {"reference": "Patient/p1"}}
    lines: list[Resource | str] = [
        person(1),
        {**condition("http://own.example", "CRLM"), **of},
        platelets(1, 90),
    ]
    path = write(tmp_path / "list.ndjson", *lines)
    found = read_patients(path, as_of=TODAY, fhir_map=own)
    (row,) = found.rows
    assert isinstance(row, Listed)
    assert row.stated.values == {"crlm_present": True}
    assert [file.role for file in found.inputs] == ["patients", "fhir_map"]
    own.write_text("schema = 1\n")
    with refuses("fhir.map_unreadable"):
        read_patients(path, as_of=TODAY, fhir_map=own)


def test_a_long_line_of_an_export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report may contain its document; a line without an end is refused."""
    monkeypatch.setattr(list_text, "LONGEST_LINE", 100)
    path = write(tmp_path / "list.ndjson", person(1), platelets(1, 90, note="x" * 200))
    assert values(read_patients(path, as_of=TODAY)) == [90]
    monkeypatch.setattr(lists, "LONGEST_RESOURCE", 300)
    with refuses("screen.unreadable"):
        read_patients(path, as_of=TODAY)


def test_a_full_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charts, "SCHEMA", f"PRAGMA max_page_count = 8; {charts.SCHEMA}")
    lines: list[Resource | str] = [person(1), *(platelets(1, number) for number in range(2000))]
    with refuses("output.temporary"):
        read_patients(write(tmp_path / "list.ndjson", *lines), as_of=TODAY)


@pytest.mark.slow
def test_a_hundred_thousand_resources_in_bounded_memory(tmp_path: Path) -> None:
    """Twenty times the resources need no more memory; four times by day."""
    path = tmp_path / "list.ndjson"

    def read(patients: int) -> int:
        with path.open("w", encoding="utf-8") as file:
            for number in range(patients):
                for one in (*[platelets(number, 90)] * 19, person(number)):
                    file.write(f"{json.dumps(one)}\n")
        counted = []

        def work() -> None:
            found = read_patients(path, as_of=TODAY)
            counted.append(sum(isinstance(row, Listed) for row in found.rows))

        peak = peak_bytes(work)
        assert counted == [patients]
        return peak

    read(10)  # imports
    few, many = read(250), read(how_many(1000, 5000))
    assert many < few + (2 << 20)
    assert many < 16 << 20


def test_h16_an_export_without_one_of_its_files_is_refused(tmp_path: Path) -> None:
    """The file that cannot be read may have a later value: 90 is then not the latest."""
    write(tmp_path / "1.ndjson", person(1), platelets(1, 90, effectiveDateTime="2026-11-01"))
    assert values(read_patients(tmp_path, as_of=TODAY)) == [90]
    (tmp_path / "2.ndjson").write_bytes(b"\xff\xfe\xfa" * 9)
    with refuses("screen.unreadable") as refused:
        read_patients(tmp_path, as_of=TODAY)
    assert refused.value.reason.startswith("a file of the bulk export cannot be read: ")


def test_an_empty_file_of_an_export_is_a_row(tmp_path: Path) -> None:
    """Servers write one for a type without resources, or without errors."""
    write(tmp_path / "1.ndjson", person(1), platelets(1, 90))
    (tmp_path / "2.ndjson").touch()
    found = read_patients(tmp_path, as_of=TODAY)
    assert values(found) == ["the file is empty (0 bytes)", 90]


def test_h16_an_error_of_the_server_in_an_export_is_a_row(tmp_path: Path) -> None:
    """A bulk export lists its errors in files of OperationOutcome [FHIR Bulk Data Access 2.0]."""
    for severity, rows in (("information", 1), ("warning", 1), ("error", 2), ("fatal", 2)):
        outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": severity}]}
        path = write(tmp_path / "list.ndjson", person(1), platelets(1, 90), outcome)
        found = read_patients(path, as_of=TODAY)
        assert (
            values(found)
            == [90, "the export states an error of the server, so resources may be missing"][:rows]
        )
        assert len(found.rows) == rows
