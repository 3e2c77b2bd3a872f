"""Invalid cells of a table of cases: those of facts can be unknown, all others refuse the row."""

import csv
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest

from fl_planner.basis.constants import PRESENT
from fl_planner.cohort.case import Asked, CohortCase, begin_key, make_shared_key
from fl_planner.cohort.source.case_table import CohortSource
from fl_planner.intake.documents.column_mapping_file import read_mapping
from fl_planner.intake.patients.lists import read_patients
from fl_planner.intake.patients.rows import Listed
from fl_planner.trials.statements import Stated
from fl_planner.workup.many import ForAll
from tests.cases import each_case
from tests.cli.outside import SMALL
from tests.cohort.cohorts import run
from tests.cohort.test_source import request_of
from tests.screening.hospitals import (
    BAD,
    BAD_ROWS,
    COUNT,
    HOSPITALS,
    Hospital,
    write_columns,
    write_list,
)

FOLLOWING = frozenset(PRESENT.values())  # facts that follow from the column of the diagnosis


def read(
    folder: Path, hospital: Hospital, *, bad: bool = True, cell_unknown: bool = False
) -> tuple[CohortCase, ...]:
    """Read the list of a hospital as a table of cases, each with the same mask."""
    folder.mkdir(exist_ok=True)
    text = write_list(hospital, bad=bad).decode(hospital.encoding)
    rows = [*csv.reader(StringIO(text, newline=""), delimiter=hospital.separator)]
    table = StringIO(newline="")
    writer = csv.writer(table, delimiter=hospital.separator)
    writer.writerow([*rows[0], "liver"])
    writer.writerows([*row, "liver.nii"] for row in rows[1:])
    (folder / "list.csv").write_bytes(table.getvalue().encode(hospital.encoding))
    (folder / "columns.toml").write_text(write_columns(hospital), "utf-8")
    mapping = read_mapping(folder / "columns.toml", cell_unknown=cell_unknown)
    return CohortSource((folder / "list.csv",), mapping=mapping).read()[1]


def facts(cases: tuple[CohortCase, ...]) -> dict[str, Stated]:
    return {one.id: request_of(one).stated for one in cases if one.refusal is None}


@pytest.mark.slow
@each_case("name", [*HOSPITALS])
def test_h09_a_table_of_cases_has_the_facts_of_a_list_of_patients(
    name: str, tmp_path: Path
) -> None:
    """In each language; verdicts of these lists are the same, as tested with `screen`."""
    cases = read(tmp_path / name, HOSPITALS[name], bad=False)
    (tmp_path / "list.csv").write_bytes(write_list(HOSPITALS[name], bad=False))
    mapping = read_mapping(tmp_path / name / "columns.toml")
    listed = [*read_patients(tmp_path / "list.csv", mapping=mapping).rows]
    assert len(cases) == len(listed) == COUNT
    for case, patient in zip(cases, listed, strict=True):
        assert isinstance(patient, Listed)
        own = {key: one for key, one in patient.stated.values.items() if key not in FOLLOWING}
        assert request_of(case).stated.values == own


@pytest.mark.slow
@each_case("name", [*HOSPITALS])
def test_h09_invalid_cells_refuse_their_rows_or_are_unknown(name: str, tmp_path: Path) -> None:
    valid = facts(read(tmp_path / "valid", HOSPITALS[name], bad=False))
    bad = {f"p{number}" for number in BAD_ROWS}
    refused = read(tmp_path / "bad", HOSPITALS[name])
    assert {one.id for one in refused if one.refusal is not None} == bad
    cases = read(tmp_path / "unknown", HOSPITALS[name], cell_unknown=True)
    assert not [one for one in cases if one.refusal is not None]
    found = facts(cases)
    lost = {one.id: {*valid[one.id].values} - {*found[one.id].values} for one in cases}
    for number in range(1, COUNT + 1):
        keys = {key.split(" ")[0] for key, cells in BAD.items() if number in cells}
        case = cases[number - 1]
        assert {one.code for one in case.findings} == ({"screen.cell_unknown"} if keys else set())
        assert len(case.findings) == len(keys)
        if "labs_date" not in keys:  # the day of every laboratory value
            assert lost[case.id] == keys
        rest = {key: one for key, one in valid[case.id].values.items() if key not in lost[case.id]}
        assert "labs_date" in keys or found[case.id].values == rest


ROLES = """\
id,liver,flr,labelmap,scheme,remnant_segments,height_cm,date,diagnosis,crlm_present,ecog
p1,liver.nii,,,,9x,,,crlm,,x
p2,liver.nii,,,,,tall,,crlm,,x
p3,liver.nii,,,,,,May,crlm,,x
p4,liver.nii,,,,,,,crlm,perhaps,x
p5,liver.nii,,,,,,,crlm,,x
p5,liver.nii,,,,,,,crlm,,x
p6,liver.nii,,,,,,,crlm,,x
"""


def test_h09_only_cells_of_facts_are_unknown(tmp_path: Path) -> None:
    """A segment, a size, a day of the scan or a diagnosis is never guessed."""
    (tmp_path / "cases.csv").write_text(ROLES, "utf-8")
    source = CohortSource((tmp_path / "cases.csv",), mapping=read_mapping(None, cell_unknown=True))
    cases = source.read()[1]
    reasons = {one.id: one.refusal.reason for one in cases if one.refusal is not None}
    assert [*reasons] == ["p1", "p2", "p3", "p4", "p5#1", "p5#2"]
    for id_, key in (("p1", "remnant_segments"), ("p2", "height_cm"), ("p3", "date")):
        assert f"{key}: " in reasons[id_]
    assert "crlm_present: " in reasons["p4"]
    assert "same id" in reasons["p5#1"]
    assert [one.id for one in cases if one.findings] == ["p6"]
    assert "ecog" not in request_of(cases[-1]).stated.values


def test_an_invalid_scheme_or_path_refuses_its_case_later(tmp_path: Path) -> None:
    """They are texts, which are compared with the schemes and the files when the case is read."""
    text = "id,liver,labelmap,scheme,ecog\np1,none.nii,seg.nii,x,?\n"
    (tmp_path / "cases.csv").write_text(text, "utf-8")
    (case,) = CohortSource(
        (tmp_path / "cases.csv",), mapping=read_mapping(None, cell_unknown=True)
    ).read()[1]
    assert 'liver = "none.nii"' in case.text
    assert '"scheme" = "x"' in case.text


def test_h09_an_unknown_cell_belongs_to_the_key_of_a_result(tmp_path: Path) -> None:
    (tmp_path / "cases.csv").write_text("id,liver,ecog\np1,liver.nii,x\n", "utf-8")
    mapping = read_mapping(None, cell_unknown=True)
    (case,) = CohortSource((tmp_path / "cases.csv",), mapping=mapping).read()[1]
    said = ForAll()
    asked = Asked(said, make_shared_key(said, report=False, pictures=False))
    without = replace(case, row=None)
    assert case.text == without.text
    assert begin_key(case, asked)["facts"] != begin_key(without, asked)["facts"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # of libraries that are not ours
def test_h09_an_unknown_cell_is_a_finding_of_its_case(tmp_path: Path, scheduler: str) -> None:
    SMALL.write(tmp_path, flr=(0, 2400))
    table = tmp_path / "cases.csv"
    table.write_text("id,liver,flr,no_tumour,ecog\np1,liver.nii,flr.nii,yes,0-1\n", "utf-8")
    refused = run([table], tmp_path / "out", scheduler)
    assert refused.status == 3
    assert "ecog: give a whole number: row 2 (p1)" in refused.out
    assert "p1: refused" not in refused.out  # not listed by itself as well
    ran = run([table], tmp_path / "out", scheduler, "--cell-unknown")
    assert ran.status == 0
    assert "Invalid cells, treated as unknown" in ran.out
    with (tmp_path / "out" / "findings.csv").open(encoding="utf-8", newline="") as file:
        found = [row for row in csv.DictReader(file) if row["code"] == "screen.cell_unknown"]
    assert [(one["id"], one["severity"], one["message"]) for one in found] == [
        ("p1", "warning", "ecog: give a whole number; treated as unknown")
    ]
    assert "screen.cell_unknown" in (tmp_path / "out" / "worklist.csv").read_text("utf-8")
    record = run([table], tmp_path / "out", scheduler, "--cell-unknown", "--json").record
    assert record["counts"]["held"] == 1
    assert [one["judged"] for one in record["faults"]] == [True]
