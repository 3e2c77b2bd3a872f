"""Cases of an acceptance run, with volumes counted by hand: 8000 voxels of 0.125 mL."""

from fractions import Fraction
from pathlib import Path

import pytest

from fl_planner.dossier.acceptance import AcceptanceRun, AnswersOfPlan, compare, summarise
from fl_planner.dossier.expected import ExpectedAnswer, ExpectedCase, list_bundled, read_cases
from fl_planner.record.files.dossier import AcceptedCaseRecord
from tests.cases import each_case
from tests.cli.outside import SMALL, Cube, case_toml, truth
from tests.refusals import refuses

MASKS = '[masks]\nliver = "liver.nii"\nflr = "flr.nii"\nno_tumour = true\n'
HEAD = "id,case,flr_ml,tolerance_ml,flr_percent,tolerance_percent,pathway,route\n"


def write_case(
    folder: Path, text: str = 'id = "p1"\n', voxels: int = 2400, cube: Cube = SMALL
) -> Path:
    folder.mkdir(exist_ok=True)
    cube.write(folder, flr=(0, voxels))
    return case_toml(folder, f"{text}{MASKS}")


def accept(path: Path, *expected: ExpectedAnswer, id_: str | None = None) -> AcceptedCaseRecord:
    run = AcceptanceRun(as_of=None, size_limit=1)
    return run.accept(ExpectedCase(id_, path, expected, 2), "own")


def number(name: str, value: str, tolerance: str) -> ExpectedAnswer:
    return ExpectedAnswer(name, Fraction(value), Fraction(tolerance))


def table(folder: Path, rows: str, head: str = HEAD) -> Path:
    path = folder / "cases.csv"
    path.write_text(head + rows, "utf-8")
    return path


def test_h16_a_case_passes_up_to_its_tolerance_and_differs_beyond(tmp_path: Path) -> None:
    """2400 of 8000 voxels are 300 mL and 30 %."""
    case = write_case(tmp_path / "p1")
    outcomes = {
        tolerance: accept(case, number("flr_ml", "300.5", tolerance)).outcome
        for tolerance in ("0.5", "0.4999999", "0")
    }
    assert outcomes == {"0.5": "passed", "0.4999999": "differs", "0": "differs"}
    both = accept(case, number("flr_ml", "300", "0"), number("flr_percent", "29", "0.9"))
    assert [one.outcome for one in both.compared] == ["passed", "differs"]
    assert (both.outcome, both.answers["flr_percent"], both.answers["flr_ml"]) == (
        "differs",
        "30",
        "300",
    )


def test_h16_a_number_that_was_not_measured_is_refused_not_passed(tmp_path: Path) -> None:
    case = write_case(tmp_path / "p1")
    found = accept(case, number("liver_ml", "1000", "0"), number("untreated_ml", "0", "2000"))
    assert [one.outcome for one in found.compared] == ["passed", "refused"]
    assert (found.outcome, found.compared[1].answer) == ("refused", None)


def test_h16_a_share_that_was_entered_is_not_compared_with_itself(tmp_path: Path) -> None:
    folder = tmp_path / "p1"
    folder.mkdir()
    SMALL.write(folder)
    facts = '[facts]\nflr_of_nontumorous_liver = { value = 28, unit = "%" }\n'
    text = f'id = "p1"\n[masks]\nliver = "liver.nii"\nno_tumour = true\n{facts}'
    found = accept(case_toml(folder, text), number("flr_percent", "28", "1"))
    assert (found.outcome, found.compared[0].answer) == ("refused", None)


def test_h16_a_refused_case_is_refused_with_each_of_its_values(tmp_path: Path) -> None:
    case = write_case(tmp_path / "p1")
    (tmp_path / "p1" / "flr.nii").unlink()
    found = accept(case, number("flr_ml", "300", "1000"), ExpectedAnswer("route", "needs_data"))
    assert (found.outcome, found.code) == ("refused", "file.missing")
    assert {one.outcome for one in found.compared} == {"refused"}
    assert found.remedy
    assert found.id == "p1"  # of its case file, so that a later record is compared with it


def test_h16_a_number_with_an_error_is_refused(tmp_path: Path) -> None:
    """The mask is not the one that was verified."""
    case = write_case(tmp_path / "p1")
    changed = f'[imaging]\nstatus = "verified"\n[imaging.sha256]\nflr = "{"0" * 64}"\n'
    case.write_text(case.read_text("utf-8") + changed, "utf-8")
    found = accept(case, number("flr_ml", "300", "0"))
    assert (found.outcome, found.code) == ("refused", "output.doubtful")


def test_h11_values_of_one_case_are_not_compared_with_another(tmp_path: Path) -> None:
    case = write_case(tmp_path / "p1")
    found = accept(case, number("flr_ml", "300", "0"), id_="p2")
    assert (found.outcome, found.code, found.id) == ("refused", "dossier.other_case", "p2")
    assert accept(case, number("flr_ml", "300", "0"), id_="p1").outcome == "passed"


def test_a_case_without_an_id_is_refused_and_one_given_twice(tmp_path: Path) -> None:
    case = write_case(tmp_path / "p1", text="")
    nameless = accept(case, number("flr_ml", "300", "0"))
    assert (nameless.code, nameless.id) == ("dossier.no_id", "row 2")
    run = AcceptanceRun(as_of=None, size_limit=1)
    again = [
        run.accept(ExpectedCase("p1", case, (number("flr_ml", "300", "0"),), row), "own")
        for row in (2, 3)
    ]
    assert [one.code for one in again] == [None, "dossier.case_twice"]


def test_h11_copies_of_one_patient_are_counted_once(tmp_path: Path) -> None:
    """Three cases have the same liver, the fourth another one."""
    run = AcceptanceRun(as_of=None, size_limit=1)
    for name, voxels, cube in (("a", 2400, SMALL), ("b", 2400, SMALL), ("c", 2000, SMALL),
                               ("d", 2000, Cube(21))):  # fmt: skip
        case = write_case(tmp_path / name, f'id = "{name}"\n', voxels, cube)
        expected = (number("flr_ml", f"{voxels / 8}", "0"),)
        assert run.accept(ExpectedCase(None, case, expected, 2), "own").outcome == "passed"
    assert run.different == 2


def test_h16_nothing_compared_is_not_passed() -> None:
    assert summarise([]) == "refused"
    assert summarise(["passed", "refused", "differs"]) == "differs"
    none = compare(ExpectedAnswer("route", "needs_data"), AnswersOfPlan({}, {}))
    assert (none.outcome, none.answer) == ("refused", None)


def test_the_true_values_of_the_bundled_cases_are_those_counted_without_the_program() -> None:
    crlm, hcc = list_bundled()
    values = {one.name: one.expected for one in crlm.expected}
    assert values["flr_voxels"] == truth()["crlm"]["voxels"]["flr"] == 349_738
    assert values["nontumorous_voxels"] == 1_167_331
    assert values["lesions"] == 5
    assert abs(Fraction(349_738, 1_167_331) * 100 - Fraction(values["flr_percent"])) < Fraction(
        1, 10**6
    )
    assert {one.name: one.expected for one in hcc.expected}["untreated_voxels"] == 507_682


def test_a_table_is_read_with_its_tolerances(tmp_path: Path) -> None:
    path = table(tmp_path, "p1,a/case.toml,412,8,27.9,0.5,,needs_data\n,b/case.toml,,,43.1,1,,\n\n")
    (first, second), file = read_cases(path)
    assert (first.id, second.id, file.role) == ("p1", None, "cases")
    assert first.case_file == tmp_path / "a" / "case.toml"
    assert first.expected == (
        number("flr_ml", "412", "8"),
        number("flr_percent", "27.9", "0.5"),
        ExpectedAnswer("route", "needs_data"),
    )
    assert second.expected == (number("flr_percent", "43.1", "1"),)


def test_h09_decimal_commas_are_read_only_with_semicolons(tmp_path: Path) -> None:
    head = "case;flr_ml;tolerance_ml\n"
    (case,), _ = read_cases(table(tmp_path, "a.toml;412,25;0,5\n", head))
    assert case.expected == (number("flr_ml", "412.25", "0.5"),)
    (case,), _ = read_cases(table(tmp_path, "a.toml;412.25;0.5\n", head))
    assert case.expected == (number("flr_ml", "412.25", "0.5"),)
    (case,), _ = read_cases(table(tmp_path, "left, drawn again.toml;412.25;0.5\n", head))
    assert case.expected == (number("flr_ml", "412.25", "0.5"),)  # no comma in a number
    with refuses("dossier.cases", says="0.5 is not a number"):  # one sign in a table
        read_cases(table(tmp_path, "a.toml;412,25;0.5\n", head))
    for cell in ("1.234", "1,234"):
        with refuses("dossier.cases", says="may mark thousands or decimals"):
            read_cases(table(tmp_path, f"a.toml;{cell};1\n", head))


@each_case(
    "rows, says",
    {
        "no tolerance": ("p1,a.toml,412,,,,,\n", "row 2: flr_ml: give tolerance_ml"),
        "tolerance of another unit": ("p1,a.toml,,8,27.9,,,\n", "give tolerance_percent"),
        "nothing expected": ("p1,a.toml,,8,,,,\n", "row 2: has no expected value"),
        "no case": ("p1,,412,8,,,,\n", "row 2: case: give the path"),
        "no number": ("p1,a.toml,about 400,8,,,,\n", "about 400 is not a number"),
        "below zero": ("p1,a.toml,412,-8,,,,\n", "-8 is not a number of 0 or more"),
        "ten thousand digits": ("p1,a.toml,1E9999,8,,,,\n", "1E9999 is not a number of 0 or more"),
        "an endless tolerance": (
            "p1,a.toml,412,1E9999,,,,\n",
            "1E9999 is not a number of 0 or more",
        ),
        "cells": ("p1,a.toml,412\n", "has 3 cells, but the table has 8 columns"),
        "id twice": ("p1,a.toml,4,8,,,,\np1,b.toml,4,8,,,,\n", "the id p1 is given 2 times"),
        "quotation mark": ('"p1,a.toml,412,8,,,,\np2,a.toml,412,8,,,,\n', "mark is missing"),
        "a long cell": (f"p1,a.toml,412,8,,,,{'x' * 200_000}\n", "a cell is too long"),
        "no rows": ("", "requires 1 to 1000 rows, but has 0"),
    },
)
def test_a_row_that_cannot_be_compared_is_refused(tmp_path: Path, rows: str, says: str) -> None:
    with refuses("dossier.cases", "cases.csv", says=says):
        read_cases(table(tmp_path, rows))


@pytest.mark.parametrize(
    ("head", "says"),
    [
        ("case,flr_mL,tolerance_ml\n", "flr_mL (did you mean flr_ml?)"),
        ("case,flr_ml,flr_ml\n", "flr_ml (given twice)"),
        ("id,flr_ml,tolerance_ml\n", "case is absent"),
        ("case,anything else\n", "anything else"),
    ],
)
def test_h16_a_column_that_would_not_be_compared_is_refused(
    tmp_path: Path, head: str, says: str
) -> None:
    with refuses("dossier.cases", says=says):
        read_cases(table(tmp_path, "a.toml,1,1\n", head))
