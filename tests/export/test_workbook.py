"""Tables as workbooks, read back by openpyxl: the numbers of the CSV, and no formula."""

import csv
import shutil
import subprocess
import sys
import time
from decimal import Decimal
from importlib import import_module
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis import extras
from fl_planner.export import table_writing as tables
from fl_planner.export.table_writing import CsvForm, FlatTable, as_workbook, require_rows, write_csv
from tests.cli.outside import BUNDLED, ask, refused
from tests.refusals import refuses

openpyxl: Any = import_module("openpyxl")
CRLM, HCC = (BUNDLED / name / "case.toml" for name in ("crlm", "hcc"))


def sheets_of(content: bytes | Path) -> list[Any]:
    book: Any = openpyxl.load_workbook(BytesIO(content) if isinstance(content, bytes) else content)
    return [*book.worksheets]


def sheet_of(content: bytes | Path) -> Any:
    """Return the sheet with the table of the CSV: the only one, or the one behind that in words."""
    return sheets_of(content)[-1]


@pytest.mark.essential
@pytest.mark.slow
def test_a_workbook_states_what_the_csv_states(tmp_path: Path) -> None:
    out = tmp_path / "cases.xlsx"
    ran = ask("plan", CRLM, HCC, "--csv", "--xlsx", out, "--quiet")
    assert (ran.status, ran.err) == (0, "")
    assert agree(ran.out, out)


def test_a_volume_has_all_of_its_digits() -> None:
    """A workbook has 16, all that its library writes; CSV has the whole decimal."""
    table = FlatTable(["flr_ml"], [[Decimal("450.000035762786865")], [450.000035762786865]])
    cells = [cell for (cell,) in sheet_of(as_workbook(table, "plans")).iter_rows(values_only=True)]
    assert cells == ["flr_ml", 450.0000357627869, 450.000036]
    assert write_csv(table) == "flr_ml\n450.000035762786865\n450.000036\n"
    points = CsvForm(semicolons=True)
    assert write_csv(table, points).splitlines()[1:] == ["450,000035762786865", "450,000036"]


def agree(csv_text: str, out: Path) -> bool:
    """Tell whether a workbook holds what the CSV does: texts, and numbers as numbers."""
    header, *rows = csv.reader(StringIO(csv_text))
    names, *cells = sheet_of(out).iter_rows(values_only=True)
    pairs = zip(
        (cell for row in rows for cell in row), (cell for row in cells for cell in row), strict=True
    )
    alike = (
        ours is None if text == "" else str(ours) == text or float(text) == ours
        for text, ours in pairs
    )
    return [*names] == header and all(alike)


@pytest.mark.slow
def test_each_table_of_csv_is_a_workbook_too(tmp_path: Path) -> None:
    folder, log = tmp_path / "patients", tmp_path / "log.sqlite"
    folder.mkdir()
    for name in ("crlm", "hcc"):
        shutil.copytree(BUNDLED / name, folder / name)
    (folder / "bad.json").write_text("[]", "utf-8")
    ask("plan", CRLM, "--log", log, "--quiet")
    for command, sheet in (
        (("screen", folder), "patients"),
        (("resections", CRLM), "resections"),
        (("log", log), "entries"),
    ):
        out = tmp_path / f"{sheet}.xlsx"
        plain, ran = ask(*command, "--csv"), ask(*command, "--xlsx", out)
        assert agree(plain.out, out), sheet
        assert sheet_of(out).title == sheet
        assert ran.status == plain.status
        assert f"table of {sheet}: {sheet}.xlsx" in ran.err
        again = ask(*command, "--xlsx", out)
        assert (again.status, again.out) == (2, "")
        assert f"{sheet}.xlsx: the output already exists" in again.err
        assert ask(*command, "--xlsx", out, "--force").status == plain.status
        wrong = ask(*command, "--xlsx", tmp_path / "a.csv")
        assert "a.csv does not end in .xlsx" in wrong.err


LISTED = """id,crlm_present,hcc_present,labs_age [d],platelets [10*9/L],ecog
=1+1,no,yes,8,90,1
p2,yes,no,,,x
p3,,,,,
"""


def test_the_first_sheet_of_a_list_is_in_words(tmp_path: Path) -> None:
    """For people: with widths, a fixed header and a filter; a text never becomes a formula."""
    (tmp_path / "list.csv").write_text(LISTED, "utf-8")
    log = tmp_path / "screening.log"
    assert ask("outcome", log, "p3", "NCT05428735", "declined").status == 0
    options = ("--outcomes", log, "--xlsx", tmp_path / "a.xlsx", "--quiet")
    ran = ask("screen", tmp_path / "list.csv", *options)
    assert (ran.status, ran.err) == (3, "")
    words, codes = sheets_of(tmp_path / "a.xlsx")
    assert (words.title, codes.title) == ("patients in words", "patients")
    assert (words.auto_filter.ref, words.freeze_panes) == (words.dimensions, "B2")
    assert codes.auto_filter.ref is None
    assert words.column_dimensions["D"].width > words.column_dimensions["A"].width > 10
    header, *rows = words.iter_rows(values_only=True)
    told = [dict(zip(header, row, strict=True)) for row in rows]
    assert [one["Case"] for one in told] == [*(row[0].value for row in codes["A2:A4"])]
    of = {one["Case"]: one for one in told}
    first = of["=1+1"]
    assert (first["RESCUE"], first["DRAGON 2"]) == ("undecided", "for another diagnosis")
    assert first["What expires"] == "RESCUE: Blood tests within one month of enrolment"
    assert first["Until"] == "22 d"
    coded = [one.value for one in codes[1]]
    questions = {row[0].value: row[coded.index("questions")].value for row in codes["A2:ZZ4"]}
    assert {name: one["Missing answers"] for name, one in of.items()} == questions
    assert questions["p2"] is None
    assert first["Next question"]
    states = [of[name]["DRAGON 2: status"] for name in ("=1+1", "p2", "p3")]
    assert states == [None, None, "declined"]
    assert (of["p2"]["Row"], of["p2"]["RESCUE"]) == (3, None)
    assert of["p2"]["Why the row was not read"] == "ecog: give a whole number"
    assert of["p2"]["What to do"].startswith("correct the row")
    (cell,) = (row[1] for row in words.iter_rows(min_row=2) if row[1].value == "=1+1")
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_a_sheet_that_excel_would_cut_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    require_rows("cases.xlsx", 1_048_575)
    with refuses("output.rows", "cases.xlsx", says="1,048,576"):
        require_rows("cases.xlsx", 1_048_576)
    monkeypatch.setattr(tables, "MOST_ROWS", 3)
    assert sheet_of(as_workbook(FlatTable(["a"], [[1], [2]]), "plans")).max_row == 3
    with refuses("output.rows", "plans"):
        as_workbook(FlatTable(["a"], [[1], [2], [3]]), "plans")


def test_a_cell_that_excel_would_cut_is_marked() -> None:
    sheet = sheet_of(as_workbook(FlatTable(["a"], [["x" * 32767], ["x" * 32768]]), "plans"))
    whole, cut = sheet["A2"].value, sheet["A3"].value
    assert whole == "x" * 32767
    assert len(cut) == 32767
    assert cut.endswith("x ... (truncated; the CSV file contains the complete text)")


@pytest.mark.parametrize("other", ["--csv", "--json", "--consort"])
def test_a_list_is_reported_in_one_form(other: str, tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text("id,crlm_present\np1,yes\n", "utf-8")
    refusal = refused("screen", table, other, "--xlsx", tmp_path / "a.xlsx")
    assert refusal["code"] == "usage.wrong"


@pytest.mark.slow
def test_an_entry_of_a_log_is_no_table(tmp_path: Path) -> None:
    log = tmp_path / "log.sqlite"
    ask("plan", CRLM, "--log", log, "--quiet")
    refusal = refused("log", log, "--entry", "1", "--xlsx", tmp_path / "a.xlsx")
    assert refusal["file"] == "--xlsx"


@pytest.mark.essential
@pytest.mark.slow
def test_lesions_as_a_workbook(tmp_path: Path) -> None:
    out = tmp_path / "lesions.xlsx"
    assert ask("plan", CRLM, "--lesions-csv", out).status == 0
    sheet = sheet_of(out)
    assert (sheet.title, sheet.max_row, sheet["A2"].value) == ("lesions", 6, "crlm-demo")
    assert sheet["C2"].value == pytest.approx(38.87872)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "\t=1"])
def test_a_text_is_no_formula(text: str) -> None:
    cell = sheet_of(as_workbook(FlatTable([text], [[text]]), "plans"))["A2"]
    assert cell.data_type == "s"
    assert cell.value in (text, "\\t=1")
    assert cell.quotePrefix


def test_the_same_table_is_the_same_bytes() -> None:
    table = FlatTable(["a"], [[1.23456789012], [None], [True]])
    first, second = (as_workbook(table, "plans") for _ in range(2))
    assert first == second
    assert [cell.value for cell in sheet_of(first)["A"]] == ["a", 1.23456789, None, 1]


@pytest.mark.parametrize("year", [1970, 2100, 2110])  # a zip archive has dates of 1980 to 2107
def test_no_clock_of_the_computer_changes_a_workbook(
    year: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = FlatTable(["a"], [[1]])
    written = as_workbook(table, "plans")
    moment = time.struct_time((year, 1, 2, 0, 0, 0, 4, 2, 0))
    monkeypatch.setattr(time, "localtime", lambda _=None: moment)
    assert as_workbook(table, "plans") == written


def test_without_the_library_it_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    refusal = refused("plan", CRLM, "--xlsx", tmp_path / "cases.xlsx")
    assert (refusal["code"], refusal["file"]) == ("extra.missing", "excel")
    assert "pip install '.[excel]'" in refusal["remedy"]


def test_a_workbook_s_name_states_this(tmp_path: Path) -> None:
    assert refused("plan", CRLM, "--xlsx", tmp_path / "cases.xls")["file"] == "--xlsx"


def test_workbooks_do_not_depend_on_lxml_being_installed() -> None:
    """Bytes and errors would be others; a new process, as the library is imported only once."""
    asked = (
        "from fl_planner.formats.stored.workbooks import import_openpyxl as of; print(of().LXML)"
    )
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, check=True, text=True)
    assert ran.stdout == "False\n"
