"""Tables as workbooks, read back by openpyxl: the numbers of the CSV, and no formula."""

import csv
from importlib import import_module
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest

from fl_planner.basis import extras
from fl_planner.export.csv import FlatTable
from fl_planner.export.workbook import as_workbook
from tests.cli.outside import BUNDLED, ask, refused

openpyxl: Any = import_module("openpyxl")
CRLM, HCC = (BUNDLED / name / "case.toml" for name in ("crlm", "hcc"))


def sheet_of(content: bytes | Path) -> Any:
    book: Any = openpyxl.load_workbook(BytesIO(content) if isinstance(content, bytes) else content)
    (sheet,) = book.worksheets
    return sheet


def test_a_workbook_says_what_the_csv_says(tmp_path: Path) -> None:
    out = tmp_path / "cases.xlsx"
    ran = ask("plan", CRLM, HCC, "--csv", "--xlsx", out, "--quiet")
    assert (ran.status, ran.err) == (0, "")
    header, *rows = csv.reader(StringIO(ran.out))
    names, *cells = sheet_of(out).iter_rows(values_only=True)
    assert [*names] == header
    for row, ours in zip(rows, cells, strict=True):
        for text, value in zip(row, ours, strict=True):
            assert (value is None) if text == "" else (str(value) == text or float(text) == value)


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


def test_without_the_library_it_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    refusal = refused("plan", CRLM, "--xlsx", tmp_path / "cases.xlsx")
    assert (refusal["code"], refusal["file"]) == ("extra.missing", "excel")
    assert "pip install '.[excel]'" in refusal["remedy"]


def test_a_workbook_s_name_says_so(tmp_path: Path) -> None:
    assert refused("plan", CRLM, "--xlsx", tmp_path / "cases.xls")["file"] == "--xlsx"
