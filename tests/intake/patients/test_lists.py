"""Lists of patients: CSV, JSON lines, Bundles and folders; one bad row costs nobody else."""

import json
from datetime import date
from fractions import Fraction
from pathlib import Path
from time import process_time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fl_planner.basis.findings import InputRefused
from fl_planner.intake.patients.lists import PatientList, read_patients
from fl_planner.intake.patients.rows import Listed, NotRead
from fl_planner.trials.statements import Amount
from tests.cases import how_many
from tests.refusals import refuses

NAME = "Zwetschgenmeier"


def read(path: Path, text: str) -> PatientList:
    path.write_text(text, "utf-8")
    return read_patients(path)


def reasons(found: PatientList) -> list[str]:
    return [row.reason for row in found.rows if isinstance(row, NotRead)]


def test_a_key_of_many_blanks_does_not_take_for_ever(tmp_path: Path) -> None:
    """Before a unit in brackets they are ignored, as in `age (years)`."""
    begun = process_time()
    found = read(tmp_path / "list.jsonl", f'{{"id": "p1", "{"_" * 30_000}": 1}}')
    assert reasons(found) == ["entry 1: unknown key"]
    assert process_time() - begun < 2  # five seconds if each begins the blanks anew


def test_json_lines(tmp_path: Path) -> None:
    lines = [
        '{"id": "p1", "ecog": 1}',
        "",
        '{"record_id": "p2", "haemoglobin": {"value": 13.10, "unit": "g/dL"}}',
        f'{{"id": "p3", "ecog": "{NAME}", "{NAME}": 1}}',
        "[1]",
        f'{{"ecog": 1, "{NAME}',
        '{"id": 7, "ecog": 1}',
        '{"ecog": 1, "ecog": 2, "inr": {"value": 1, "value": 2, "unit": "1"}}',
        f'{{"{NAME}": 1, "{NAME}": 2}}',
        '{"id": "p4", "record_id": "p5", "ecog": 1}',
    ]
    found = read(tmp_path / "list.jsonl", "\n".join(lines))
    assert [(row.row, row.id) for row in found.rows] == [
        (1, "p1"), (3, "p2"), (4, "p3"), (5, None), (6, None), (7, None), (8, None), (9, None),
        (10, None),
    ]  # fmt: skip
    first, second = found.rows[:2]
    assert isinstance(first, Listed)
    assert isinstance(second, Listed)
    assert first.stated.values == {"ecog": Fraction(1)}
    assert second.stated.values == {"haemoglobin": Amount(Fraction(131, 10), "g/dL")}
    assert reasons(found) == [
        "ecog: give a whole number; entry 2: unknown key",
        "not one flat JSON object",
        "not valid JSON",
        "id: give a single string in quotes",
        "ecog: given twice; inr: given twice",
        "a key: given twice; entry 1: unknown key",
        "id: give a single string in quotes",
    ]
    assert NAME not in str(found.rows)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("{", "not valid JSON"), ("[" * 100_000, "contains objects or lists nested too deeply")],
)
def test_a_file_that_is_no_json_is_a_row(tmp_path: Path, text: str, reason: str) -> None:
    assert reasons(read(tmp_path / "facts.json", text)) == [reason]


@pytest.mark.parametrize("name", ["list.tsv", "list.txt", "list"])
def test_a_table_under_another_name_is_not_read_as_json(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("id\tecog\np1\t1\n", "utf-8")
    with refuses(
        "screen.unreadable", "list of patients", says="neither JSON nor named as a table"
    ) as refused:
        read_patients(tmp_path / name)
    assert ".csv, .xlsx" in refused.value.remedy
    (tmp_path / name).write_text('{"id": "p1", "ecog": 1}', "utf-8")
    assert len([*read_patients(tmp_path / name).rows]) == 1


def test_a_bundle_that_states_a_thing_twice_is_not_read(tmp_path: Path) -> None:
    value = '"valueQuantity": {"value": 90, "value": 120}'
    text = f'{{"resourceType": "Bundle", "entry": [{{"resource": {{{value}}}}}]}}'
    assert reasons(read(tmp_path / "b.json", text)) == ["a key in the Bundle is given twice"]


def nested(words: list[str]) -> st.SearchStrategy[Any]:
    leaf = st.none() | st.booleans() | st.floats(allow_nan=False) | st.sampled_from(words)
    return st.recursive(
        leaf,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(words), inner, max_size=6)
        ),
        max_leaves=30,
    )


FHIR = [
    *("resourceType", "Bundle", "entry", "resource", "Patient", "Observation", "fullUrl", "id"),
    *("subject", "reference", "Patient/x", "x", "code", "coding", "system", "http://loinc.org"),
    *("777-3", "89247-1", "status", "final", "valueQuantity", "value", "unit", "valueInteger"),
    *("referenceRange", "high", "birthDate", "1961-07-23", "effectiveDateTime", "gender"),
]


PIECES = [
    *("ecog", "inr [1]", "inr.date", "id", ",", ";", "\n", "1", "1,5", '"', "{", "}", ":"),
    *("true", "unknown", "2026-11-20", "\r", " ", "[", "]"),
]
FUZZ = settings(
    max_examples=how_many(60, 200),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)


def code_of(path: Path) -> str:
    """Read a list; give the code with which it is refused, none where it is not."""
    try:
        read_patients(path, as_of=date(2026, 11, 20))
    except InputRefused as refused:
        return refused.code
    return ""


@pytest.mark.essential
@pytest.mark.slow
@FUZZ
@given(entries=st.lists(st.fixed_dictionaries({"resource": nested(FHIR)}), max_size=4))
def test_any_bundle_is_read_or_refused(tmp_path: Path, entries: list[Any]) -> None:
    path = tmp_path / "b.json"
    path.write_text(json.dumps({"resourceType": "Bundle", "entry": entries}), "utf-8")
    assert code_of(path) in ("", "screen.no_patient")


@pytest.mark.slow
@FUZZ
@given(
    name=st.sampled_from(["l.csv", "l.jsonl", "l.json"]),
    pieces=st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=20),
)
def test_any_text_is_read_or_refused(tmp_path: Path, name: str, pieces: list[str]) -> None:
    path = tmp_path / name
    path.write_bytes("".join(pieces).encode("utf-8", "surrogatepass"))
    assert code_of(path).partition(".")[0] in ("", "screen", "file")


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    found = read(tmp_path / "list.csv", "\N{ZERO WIDTH NO-BREAK SPACE}ecog\n1\n")
    assert isinstance(found.rows[0], Listed)


def test_a_whole_number_of_a_table_is_the_one_of_json(tmp_path: Path) -> None:
    cells = ("-1", "2.0", "99", "1.000", "1,0", "+1", "0.5", "1e0")
    table = "id;ecog\n" + "".join(f"p{place};{cell}\n" for place, cell in enumerate(cells))
    rows = read(tmp_path / "list.csv", table).rows
    values = [row.stated.values.get("ecog") if isinstance(row, Listed) else None for row in rows]
    assert values == [Fraction(-1), Fraction(2), Fraction(99), *[None] * 5]  # out of range: later
    lines = "".join(f'{{"ecog": {cell}}}\n' for cell in ("-1", "2.0", "99"))
    same = read(tmp_path / "list.jsonl", lines).rows
    assert [row.stated.values["ecog"] for row in same if isinstance(row, Listed)] == values[:3]


def test_h11_one_id_twice_is_nobody(tmp_path: Path) -> None:
    found = read(tmp_path / "list.csv", "id,ecog\na,1\nb,1\na,0\n,1\n,2\n")
    assert [type(row) for row in found.rows] == [NotRead, Listed, NotRead, Listed, Listed]
    assert reasons(found) == ["rows 2, 4 have the same id"] * 2


@pytest.mark.parametrize("other", ["E\u0301a", "\u00c9\u200ba", "\u00c9a\ufe0f"])
def test_h11_ids_that_look_the_same_are_one_id(other: str, tmp_path: Path) -> None:
    """An accent of its own, as macOS writes it, or a character that is not seen."""
    found = read(tmp_path / "list.csv", f"id,ecog\n\u00c9a,1\nEa,1\n{other},0\n")
    assert reasons(found) == ["rows 2, 4 have the same id"] * 2


def test_a_folder_in_the_order_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"id": "p1", "ecog": 1}', "utf-8")
    (tmp_path / "a.toml").write_text("schema = 1\n", "utf-8")
    (tmp_path / "b.csv").write_text("name\nx\n", "utf-8")
    (tmp_path / "d.jsonl").write_text('{"ecog": 1}\n{"ecog": 2}\n', "utf-8")
    bundle = {
        "resourceType": "Bundle",
        "entry": [{"resource": {"resourceType": "Patient", "birthDate": "1961-07-23"}}],
    }
    (tmp_path / "e.JSON").write_text(json.dumps(bundle), "utf-8")
    (tmp_path / "f.txt").write_text("no list", "utf-8")
    (tmp_path / "g.json").write_bytes(b"\xff")
    found = read_patients(tmp_path, as_of=date(2026, 11, 20))
    assert [(row.row, row.file) for row in found.rows] == [
        (1, "a.toml"), (2, "b.csv"), (3, "c.json"), (4, "d.jsonl"), (5, "d.jsonl"), (6, "e.JSON"),
        (7, "g.json"),
    ]  # fmt: skip
    case, table, *_, born, bytes_ = found.rows
    assert isinstance(case, Listed)
    assert case.case == tmp_path / "a.toml"
    assert isinstance(table, NotRead)
    assert table.code == "screen.header"
    assert isinstance(born, Listed)
    assert born.stated.values == {"age": Amount(Fraction(65), "a")}
    assert isinstance(bytes_, NotRead)
    assert bytes_.code == "screen.unreadable"
    assert [file.file for file in found.inputs] == ["a.toml", "c.json", "d.jsonl", "e.JSON"]


def test_a_folder_of_cases_each_in_its_own(tmp_path: Path) -> None:
    for name in ("b", "a", "empty"):
        (tmp_path / name).mkdir()
    for name in ("a", "b"):
        (tmp_path / name / "case.toml").write_text("schema = 1\n", "utf-8")
    (tmp_path / "a" / "other.toml").write_text("schema = 1\n", "utf-8")
    found = read_patients(tmp_path)
    assert [(row.row, row.file) for row in found.rows] == [(1, "a"), (2, "b")]


def test_a_folder_that_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_access(_: Path) -> None:
        raise PermissionError(13, "Permission denied", NAME)

    monkeypatch.setattr(Path, "iterdir", no_access)
    with refuses("file.unreadable", "list of patients") as refused:
        read_patients(tmp_path)
    assert refused.value.reason == "the folder cannot be listed: Permission denied"


@pytest.mark.parametrize(
    ("name", "text"), [("list.csv", "ecog\n"), ("list.jsonl", "\n\n"), ("x", None)]
)
def test_a_list_of_nobody(tmp_path: Path, name: str, text: str | None) -> None:
    path = tmp_path / name
    if text is None:
        path.mkdir()
    else:
        path.write_text(text)
    with refuses("screen.no_patient", "list of patients"):
        read_patients(path)


@pytest.mark.parametrize("name", [f"{NAME}.csv", f"{NAME}.pdf"])
def test_a_list_that_is_not_there_is_not_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputRefused) as refused:
        read_patients(tmp_path / name)
    assert refused.value.source == "list of patients"
    assert NAME not in str(refused.value)


@pytest.mark.parametrize("name", ["plan.json", "truth.json"])
def test_a_file_of_other_things_is_reported_once(tmp_path: Path, name: str) -> None:
    """A result has dozens of keys, none of them a fact's: that is said once, not of each."""
    keys = ("schema", "version", "status", "inputs", "findings", "voxels", "trials", "seed")
    (tmp_path / name).write_text(json.dumps(dict.fromkeys(keys, 1)), "utf-8")
    (tmp_path / "q.json").write_text('{"id": "p1", "ecog": 1}', "utf-8")
    found = read_patients(tmp_path)
    (told,) = (one for one in found.rows if isinstance(one, NotRead))
    assert told.reason == "the file contains neither a list of patients nor facts about a patient"
    assert "keep results and other files in another folder" in told.remedy
    assert told.code == "screen.unreadable"


def test_a_resource_outside_a_bundle_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "patient.json").write_text('{"resourceType": "Patient", "id": "1"}', "utf-8")
    (told,) = read_patients(tmp_path / "patient.json").rows
    assert isinstance(told, NotRead)
    assert told.reason == "the file is a single FHIR resource, not a Bundle"
    assert "one Bundle" in told.remedy


def test_a_wrong_key_next_to_a_right_one_is_reported_by_its_place(tmp_path: Path) -> None:
    found = read(tmp_path / "p.json", '{"ecog": 1, "eccog": 2}')
    assert reasons(found) == ["entry 2: unknown key; did you mean ecog?"]


def test_h11_each_patient_of_a_folder_has_a_row_of_their_own(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.csv").write_text("id,ecog\n" + f"{name}1,1\n{name}2,2\n", "utf-8")
    found = read_patients(tmp_path)
    assert [(one.row, one.id) for one in found.rows] == [(1, "a1"), (2, "a2"), (3, "b1"), (4, "b2")]


@pytest.mark.parametrize(
    ("separator", "cell", "value"),
    [(",", ".5", "0.5"), (";", ",5", "0.5"), (",", "-.5", "-0.5"), (";", ",12e1", "1.2")],
)
def test_a_number_without_a_zero_before_its_sign_is_read(
    tmp_path: Path, separator: str, cell: str, value: str
) -> None:
    """SPSS writes .5, which options and formulas read too."""
    found = read(tmp_path / "list.csv", separator.join(("id", "inr [1]\na", cell)))
    (row,) = found.rows
    assert isinstance(row, Listed)
    assert row.stated.values["inr"] == Amount(Fraction(value), "1")


@pytest.mark.parametrize(("name", "mib"), [("l.csv", 513), ("l.jsonl", 513), ("l.xlsx", 33)])
def test_a_list_above_its_limit_names_a_remedy_that_a_list_has(
    tmp_path: Path, name: str, mib: int
) -> None:
    """No option raises this limit: a list is text, and `--size-limit` is of images."""
    path = tmp_path / name
    with path.open("wb") as file:
        file.truncate(mib << 20)  # has no blocks on the disk
    with refuses("limit.file_size") as told:
        [*read_patients(path).rows]
    assert told.value.remedy == "divide the list into several files"
    assert name not in str(told.value)


def test_h11_ids_that_differ_only_in_blanks_or_leading_zeros_have_a_finding(tmp_path: Path) -> None:
    """A spreadsheet makes 7 of 007; 70 and 1.07 are other ids."""
    ids = ["007", "7", "P 1", "P1", "70", "1.07", "1.7", "0", "00a"]
    found = read(tmp_path / "list.csv", "\n".join(["id,ecog", *(f"{one},0" for one in ids)]))
    seen = [row.id for row in found.rows if isinstance(row, Listed) and row.findings]
    assert seen == ["007", "7", "P 1", "P1"]


DAMAGED_IDS = ["1.23457E+11", '"1,23457E+12"', "########", "#NAME?", "#BEZUG!", "#N/A", "#NV"]
OTHER_IDS = ["1E5", "E+1", "12e5", "#1", "#12", "2026-01-05", "A#!", "1.5", "Jan-05"]


def test_h11_an_id_that_a_spreadsheet_has_changed_is_not_read(tmp_path: Path) -> None:
    """Excel writes 123456789012 as 1.23457E+11 in CSV: the id of every patient near to it."""
    ids = [*DAMAGED_IDS, *OTHER_IDS]
    found = read(tmp_path / "list.csv", "\n".join(["id,ecog", *(f"{one},0" for one in ids)]))
    rows = [*found.rows]
    assert [row.row for row in rows if isinstance(row, NotRead)] == [2, 3, 4, 5, 6, 7, 8]
    assert [row.id for row in rows if isinstance(row, Listed)] == OTHER_IDS


def test_h11_ids_that_differ_only_in_case_are_two_patients_with_a_finding(tmp_path: Path) -> None:
    text = (
        "id,ecog\np1,0\nP1,1\nq,1\n\uff30\uff12,0\nP2,1\n"  # the last two: one id, wide and narrow
    )
    found = read(tmp_path / "list.csv", text)
    seen = [
        [one.message for one in row.findings] if isinstance(row, Listed) else row.code
        for row in found.rows
    ]
    alike = ["the ids of rows 2, 3 differ only in upper and lower case, blanks or leading zeros"]
    assert seen == [alike, alike, [], "screen.id_twice", "screen.id_twice"]
