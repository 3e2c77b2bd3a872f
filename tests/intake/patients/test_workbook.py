"""Lists as workbooks, written by openpyxl and by hand: understood as the CSV, or refused."""

import csv
import re
import zipfile
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from importlib import import_module
from io import BytesIO, StringIO
from pathlib import Path
from struct import pack
from typing import Any
from zlib import crc32

import pytest

from fl_planner.basis import extras
from fl_planner.intake.patients.lists import read_patients
from fl_planner.intake.patients.mapping import ColumnMapping
from fl_planner.intake.patients.rows import Listed, NotRead
from fl_planner.trials.statements import Amount
from tests.cases import each_case
from tests.cli.outside import ask, refused, told
from tests.refusals import refuses

openpyxl: Any = import_module("openpyxl")
HEADER = ("id", "crlm_present", "age [a]", "ecog", "platelets [10*9/L]", "platelets.date",
          "inr [1]")  # fmt: skip
MORNING = import_module("openpyxl.utils.datetime").from_excel(46340.3125)  # 2026-11-14T07:30
FIRST = ("p1", True, 61, 1, 214.5, date(2026, 11, 14), 1.234)
SAME = """id,crlm_present,age [a],ecog,platelets [10*9/L],platelets.date,inr [1]
p1,yes,61,1,214.5,2026-11-14,1.234
"""


def book(*rows: tuple[Any, ...], change: Callable[[Any], None] | None = None) -> bytes:
    """Write a workbook of one sheet; `change` is done to the sheet."""
    made = openpyxl.Workbook()
    for row in (HEADER, *rows):
        made.active.append(row)
    if change is not None:
        change(made.active)
    content = BytesIO()
    made.save(content)
    return content.getvalue()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "patients.xlsx"


def formatting(cell: str, form: str) -> Callable[[Any], None]:
    """Give a cell a number format."""
    return lambda sheet: setattr(sheet[cell], "number_format", form)


def require_unreadable(path: Path, content: bytes, said: str) -> None:
    path.write_bytes(content)
    refusal = refused("screen", path)
    assert (refusal["code"], refusal["file"]) == ("screen.unreadable", "list of patients")
    assert said in refusal["reason"]


def rows_of(path: Path, content: bytes) -> tuple[Any, ...]:
    path.write_bytes(content)
    return tuple(read_patients(path).rows)


def reason(path: Path, content: bytes) -> str:
    (row,) = rows_of(path, content)
    assert isinstance(row, NotRead)
    return row.reason


def test_h09_a_workbook_states_what_the_csv_states(path: Path) -> None:
    """Exactly: 1.234 is no thousand, where the sheet itself holds a number."""
    rows = rows_of(path, book(FIRST, ("p2", False, *FIRST[2:])))
    other = path.with_suffix(".csv")
    other.write_text(f"{SAME}p2,no,61,1,214.5,2026-11-14,1.234\n", "utf-8")
    for row, same in zip(rows, read_patients(other).rows, strict=True):
        assert isinstance(row, Listed)
        assert isinstance(same, Listed)
        assert (row.id, row.row, row.stated) == (same.id, same.row, same.stated)


def test_screen_judges_it_as_the_csv(path: Path) -> None:
    path.write_bytes(book(FIRST))
    other = path.with_suffix(".csv")
    other.write_text(SAME, "utf-8")
    as_of = ("--as-of", "2026-11-20")
    first, second = (ask("screen", one, *as_of, "--csv") for one in (path, other))
    assert (first.status, first.out) == (0, second.out)
    (file,) = told("screen", path, *as_of)["inputs"]
    assert file["format"] == "xlsx"
    other.unlink()
    assert [row["id"] for row in told("screen", path.parent)["rows"]] == ["p1"]


@each_case(
    "text, value",
    {
        "decimal comma": ("214,5", "214.5"),
        "point": ("214.5", "214.5"),
        "blanks": (" 214 ", "214"),
        "not known": ("unknown", None),
    },
)
def test_h09_a_number_written_as_text(path: Path, text: str, value: str | None) -> None:
    (row,) = rows_of(path, book(("p1", True, 61, 1, text)))
    assert isinstance(row, Listed)
    stated = row.stated.values.get("platelets")
    assert stated == (None if value is None else Amount(Fraction(value), "10*9/L"))


@pytest.mark.essential
@pytest.mark.slow
@each_case(
    "cells, said",
    {
        "thousands": (("p1", True, 61, 1, "1,234"), "the comma may be a thousands separator"),
        "point": (("p1", True, 61, 1, "1.234"), "the point may be a thousands separator"),
        "formula": (
            ("p1", True, 61, 1, "=200+14"),
            "column 5: the cell contains a formula; paste its value",
        ),
        "error": (("p1", True, 61, 1, "#N/A"), "column 5: the cell shows an error"),
        "a day": (("p1", True, 61, 1, date(2026, 2, 1)), "platelets: give a number"),
        "a duration": (
            ("p1", True, 61, 1, timedelta(hours=30)),
            "column 5: the cell contains a time or a duration",
        ),
        "an early day": (("p1", True, 61, 1, 200, date(1900, 2, 1)), "before March 1900"),
        "a serial": (("p1", True, 61, 1, 200, 46340), "platelets: give a valid date"),
        "yes": (("p1", True, 61, 1, True), "platelets: give a number"),
        "one and nought": (("p1", 1, 61, 1, 200), "crlm_present"),
        "too many": (("p1", True, 61, 1, 200, None, 1.1, "more"), "has 8 cells"),
    },
)
def test_h09_a_cell_that_cannot_be_sure_costs_its_row(
    path: Path, cells: tuple[Any, ...], said: str
) -> None:
    wrong, right = rows_of(path, book(cells, ("p2", *FIRST[1:])))
    assert isinstance(wrong, NotRead)
    assert said in wrong.reason
    assert isinstance(right, Listed) or said.startswith("the ")


UNSURE_ID = "the id is a number or date that may be displayed differently"


@each_case(
    "value, form",
    {
        "0012": (12, "0000"),
        "012-345": (12345, "000-000"),
        "12-345": (12345, r"##\-###"),
        "12.5": (12.5, "General"),
        "3.10": (3.1, "0.00"),
        "4012345678901234": (4012345678901230, "0"),
    },
)
def test_h11_a_number_displayed_as_another_id_is_not_an_id(
    path: Path, value: float, form: str
) -> None:
    """12 shown as 0012 is not the pseudonym in the log; 3.1 and 3.10 may be two patients.

    Of 16 digits, the last became 0: ten patients have the same number.
    """

    def show(sheet: Any) -> None:
        sheet["A2"].number_format = sheet["E2"].number_format = form

    wrong, right = rows_of(path, book((value, *FIRST[1:]), ("p2", *FIRST[1:]), change=show))
    assert isinstance(wrong, NotRead)
    said = (
        "column 1: the id is a number or date that may be displayed differently; store it as text"
    )
    assert wrong.reason == said
    assert isinstance(right, Listed)
    # the same number is read as a fact
    (row,) = rows_of(path, book(("p1", True, 61, 1, value, *FIRST[5:]), change=show))
    assert isinstance(row, Listed)


@each_case("form", ["d-m", "dd.mm.yyyy", "yyyy-mm-dd"])
def test_h11_a_date_is_not_an_id(path: Path, form: str) -> None:
    """A spreadsheet made it of an id such as 1-5: 2026-01-05 is of no log."""
    content = book((date(2026, 1, 5), *FIRST[1:]), change=formatting("A2", form))
    assert UNSURE_ID in reason(path, content)


@each_case(
    "value, form",
    {
        "7": (7, "0"),
        "7 of 7.0": (7.0, "General"),
        "1007": (1007, "0000"),
        "15 digits": (123456789012345, "0"),
    },
)
def test_a_whole_number_is_an_id_as_displayed(path: Path, value: float, form: str) -> None:
    (row,) = rows_of(path, book((value, *FIRST[1:]), change=formatting("A2", form)))
    assert (type(row), row.id) == (Listed, f"{value:.0f}")


@each_case(
    "form",
    [
        "0.0%",
        "0%",
        '0.0" mg/dL"',
        "#,##0,",
        "0.0,,",
        r"0.0\x",
        '"<"0',
        r"\>0",
        "<0",
        '"≥ "0',
        r"0\.0",
        '0"."00',
        r"0\,00",
        ";;;",
    ],
)
def test_h09_a_format_that_shows_another_number(path: Path, form: str) -> None:
    """0.35 that is shown as 35 %: which of both was meant, nobody knows."""
    content = book(FIRST, change=formatting("E2", form))
    assert "the displayed text differs from the value" in reason(path, content)


@each_case(
    "form, hidden",
    {
        "0;-0;;@": True,
        "0.0;;": True,
        "#": True,
        "#,###": True,
        '0;-0;""': True,
        '[=0]"";0.0': True,
        "General": False,
        "#,##0": False,
        "0.0;[Red]-0.0": False,
        '_-* #,##0.00_-;-* #,##0.00_-;_-* "-"??_-;_-@_-': False,
        '0;-0;"-"': False,
    }.items(),
)
def test_h09_a_zero_that_is_not_displayed_is_not_read(form: str, hidden: bool, path: Path) -> None:
    """The author of the list sees a blank cell, which is unknown [ECMA-376 18.8.31, numFmts]."""
    zero = book((*FIRST[:4], 0, *FIRST[5:]), change=formatting("E2", form))
    (row,) = rows_of(path, zero)
    shown = "the displayed text differs from the value"
    assert (isinstance(row, NotRead) and shown in row.reason) is hidden
    other = book(FIRST, change=formatting("E2", form))
    assert isinstance(rows_of(path, other)[0], Listed)


@each_case("raised, said", {"footnote": ("superscript", "is superscript"), "bold": (None, "")})
def test_h09_a_raised_digit_is_no_digit_of_a_number(
    raised: str | None, said: str, path: Path
) -> None:
    """21 with the mark of footnote 4 would be 214."""
    text = import_module("openpyxl.cell.rich_text")
    font = import_module("openpyxl.cell.text").InlineFont(vertAlign=raised, b=True)
    cell = text.CellRichText("21", text.TextBlock(font, "4"))
    (row,) = rows_of(path, book(("p1", True, 61, 1, cell)))
    if said:
        assert isinstance(row, NotRead)
        assert said in row.reason
    else:
        assert isinstance(row, Listed)
        assert row.stated.values["platelets"] == Amount(Fraction(214), "10*9/L")

    def name(sheet: Any) -> None:
        sheet["H1"] = text.CellRichText("Thrombozyten (10", text.TextBlock(font, "9"), "/l)")

    path.write_bytes(book(FIRST, change=name))
    how = ColumnMapping(ignored=frozenset({"Thrombozyten (109/l)"}))
    (row,) = read_patients(path, mapping=how).rows
    assert isinstance(row, Listed)


def test_h09_a_value_that_is_struck_through_is_not_read(path: Path) -> None:
    """Neither the whole cell, nor a part of its text; an empty cell has nothing to strike."""
    fonts, text = import_module("openpyxl.styles"), import_module("openpyxl.cell.rich_text")
    struck = text.TextBlock(import_module("openpyxl.cell.text").InlineFont(strike=True), "214")

    def strike(*cells: str) -> Any:
        def change(sheet: Any) -> None:
            for one in cells:
                sheet[one].font = fonts.Font(strike=True)

        return change

    for content in (
        book(FIRST, change=strike("E2")),
        book(("p1", True, 61, 1, text.CellRichText(struck, " 90"))),
    ):
        (row,) = rows_of(path, content)
        assert isinstance(row, NotRead)
        assert row.reason.startswith("column 5: the cell is struck through")
    (row,) = rows_of(path, book((*FIRST[:4], None, None, *FIRST[6:]), change=strike("E2")))
    assert isinstance(row, Listed)
    with refuses("screen.unreadable", says="a column name is struck through"):
        rows_of(path, book(FIRST, change=strike("E1")))


@pytest.mark.parametrize("strike", [True, False])
def test_h09_cells_struck_through_by_a_conditional_format_are_not_read(
    path: Path, *, strike: bool
) -> None:
    """Other conditional formats, such as colours, are of no concern."""
    rules, styles = (import_module(f"openpyxl.{one}") for one in ("formatting.rule", "styles"))
    font = styles.Font(strike=strike or None, color="FF0000")
    rule = rules.FormulaRule(formula=["$B2=TRUE"], font=font)
    content = book(FIRST, change=lambda sheet: sheet.conditional_formatting.add("A2:G9", rule))
    if not strike:
        (row,) = rows_of(path, content)
        assert isinstance(row, Listed)
        return
    with refuses("screen.unreadable", says="a conditional format strikes cells through"):
        rows_of(path, content)


@each_case(
    "form", ["General", "0.00", "#,##0.00", "[Red]0.0", "0.00E+00", "_-* #,##0.00_-", "[>99]0;0.0"]
)
def test_a_format_that_only_rounds(path: Path, form: str) -> None:
    (row,) = rows_of(path, book(FIRST, change=formatting("E2", form)))
    assert isinstance(row, Listed)


def test_an_invalid_cell_of_an_ignored_column_costs_nothing(path: Path) -> None:
    def note(sheet: Any) -> None:
        sheet["H1"], sheet["H2"] = "Notiz", "=1+1"

    content = book(FIRST, change=note)
    path.write_bytes(content)
    without = ColumnMapping(ignored=frozenset({"Notiz"}))
    (row,) = read_patients(path, mapping=without).rows
    assert isinstance(row, Listed)
    assert row.id == "p1"

    def hide(sheet: Any) -> None:
        note(sheet)
        sheet.row_dimensions[2].hidden = True

    path.write_bytes(book(FIRST, change=hide))
    (row,) = read_patients(path, mapping=without).rows
    assert isinstance(row, NotRead)
    assert row.reason == "the row is hidden; unhide or delete it"
    other = ColumnMapping(columns={"Notiz": "bilirubin_total [mg/dL]"})
    path.write_bytes(content)
    (row,) = read_patients(path, mapping=other).rows
    assert isinstance(row, NotRead)
    assert row.reason == "column 8: the cell contains a formula; paste its value"


def test_days_are_counted_as_the_workbook_counts_them(path: Path) -> None:
    """From 1904, as workbooks of old Macs do; and with a time of day."""
    made = openpyxl.Workbook()
    made.epoch = import_module("openpyxl.utils.datetime").CALENDAR_MAC_1904
    made.active.append(HEADER)
    made.active.append((*FIRST[:5], MORNING, 1.1))
    made.save(path)
    (row,) = read_patients(path).rows
    assert isinstance(row, Listed)
    stated = row.stated.values["platelets"]
    assert stated == Amount(Fraction("214.5"), "10*9/L", date(2026, 11, 14))


@each_case(
    "form, absent",
    {
        "mmm-yy": "the day of the date is not displayed",
        '[$-407]mmmm" "yyyy;@': "the day of the date is not displayed",
        "dddd, mmmm yyyy": "the day of the date is not displayed",
        r"dd\.mm\.": "the year of the date is not displayed",
        "d-mmm": "the year of the date is not displayed",
        "yyyy": "the day and month of the date are not displayed",
        "h:mm": "the day and year of the date are not displayed",
        '[$-411]ggge"年"m"月"d"日"': None,
        "[$-F800]dddd, mmmm dd, yyyy": None,
        r"dd\.mm\.yyyy;@": None,
        "mm-dd-yy": None,
        "m/d/yy h:mm": None,
        "[$-107041E]d/mm/bbbb": None,
        "D/MM/YYYY": None,
        r"[$-40C]dddd\ d\ mmmm\ yyyy;@": None,
        r"[$-413]ddd\ d/mm/yyyy": None,
        'dddd", "d. mmmm yyyy': None,
    }.items(),
)
def test_h09_a_date_of_which_a_part_is_not_displayed_is_not_read(
    form: str, absent: str | None, path: Path
) -> None:
    """Of 11/2026, a spreadsheet makes 2026-11-01, and of 14.11. a day of this year."""
    (row,) = rows_of(path, book(FIRST, change=formatting("F2", form)))
    assert (row.reason if isinstance(row, NotRead) else None) == (
        absent and f"column 6: {absent}; enter and display the whole date"
    )


def hide_row(sheet: Any) -> None:
    sheet.row_dimensions[2].hidden = True


def join_rows(sheet: Any) -> None:
    sheet.merge_cells("C2:C3")


@each_case("change, said", {"hidden": (hide_row, "is hidden"), "merged": (join_rows, "merged")})
def test_h16_what_is_not_seen_is_not_read_in_silence(
    path: Path, change: Callable[[Any], None], said: str
) -> None:
    rows = rows_of(path, book(FIRST, ("p2", *FIRST[1:]), change=change))
    assert isinstance(rows[0], NotRead)
    assert said in rows[0].reason
    assert isinstance(rows[1], NotRead if said == "merged" else Listed)


def hide_column(sheet: Any) -> None:
    sheet.column_dimensions["D"].hidden = True


def hide_header(sheet: Any) -> None:
    sheet.row_dimensions[1].hidden = True


def join_header(sheet: Any) -> None:
    sheet.merge_cells("C1:D1")


def second_sheet(sheet: Any) -> None:
    sheet.parent.create_sheet("codes")["A1"] = "x"


def hidden_sheet(sheet: Any) -> None:
    sheet.parent.create_sheet("empty")
    sheet.sheet_state = "hidden"


@pytest.mark.essential
@pytest.mark.slow
@each_case(
    "change, said",
    {
        "column": (hide_column, "hidden columns"),
        "header": (hide_header, "the first row, with the column names, is hidden"),
        "merged": (join_header, "the first row, with the column names, has merged cells"),
        "sheets": (second_sheet, "2 sheets"),
        "hidden sheet": (hidden_sheet, "hidden sheet"),
    },
)
def test_h16_a_sheet_of_which_a_part_is_not_seen_is_refused(
    path: Path, change: Callable[[Any], None], said: str
) -> None:
    require_unreadable(path, book(FIRST, change=change), said)


def test_h14_a_cell_far_away_does_not_take_for_ever(path: Path) -> None:
    def add(sheet: Any) -> None:
        sheet["XFD1048576"] = 1

    require_unreadable(path, book(FIRST, change=add), "a sheet has more than 1,000,000 cells")


def spread(area: str, tag: str = "mergeCell") -> Callable[[str, bytes], bytes]:
    """Return the change of a sheet that merges an area of cells, or links it."""
    joined = f'<{tag}s><{tag} ref="{area}"/></{tag}s></worksheet>'.encode()
    return lambda name, part: (
        part.replace(b"</worksheet>", joined) if name.endswith("sheet1.xml") else part
    )


JOINED = "merged areas and areas with a link have more than 1,000,000 cells"


def more_sheets(count: int) -> Callable[[str, bytes], bytes]:
    """Return the change of a workbook that names its only sheet `count` times."""

    def named(name: str, part: bytes) -> bytes:
        if not name.endswith("/workbook.xml"):
            return part
        (sheet,) = re.findall(rb"<sheet [^>]*>", part)
        names = (sheet.replace(b'"Sheet"', b'"S%d"' % n) for n in range(count))
        return part.replace(sheet, b"".join(names))

    return named


def number_format(signs: int) -> Callable[[str, bytes], bytes]:
    """Return the change of styles that adds a number format of brackets without an end."""
    added = f'<numFmt numFmtId="200" formatCode="{"[" * signs}"/></numFmts>'.encode()
    return lambda name, part: part.replace(b"</numFmts>", added)


@each_case(
    "change, said",
    {
        "format": (number_format(1_001), "a number format has more than 1,000 characters"),
        "merged": (spread("A3:XFD70"), JOINED),
        "rows": (spread("3:70", "hyperlink"), JOINED),
        "linked": (spread("A3:XFD70", "hyperlink"), JOINED),
        "character reference": (spread("&#65;3:XFD70"), JOINED),
        "sheets": (more_sheets(1_100), "the workbook has 1,100 sheets; the limit is 1,000"),
        "one part twice": (more_sheets(2), "not a valid workbook"),
        "no area": (spread("?"), "not a valid workbook"),
        "not XML": (lambda name, part: part[:-3] if name.endswith("sheet1.xml") else part,
                    "not a valid workbook"),
    },
)  # fmt: skip
def test_h14_a_small_workbook_of_many_cells_or_sheets_does_not_take_for_ever(
    path: Path, change: Callable[[str, bytes], bytes], said: str
) -> None:
    """A file of 2 kB may merge 17 thousand million cells."""
    require_unreadable(path, packed(book(FIRST), change), said)


@each_case(
    "extra, is_read",
    {
        "of another program": (
            '<extLst><ext uri="{A}"><x:hyperlink xmlns:x="urn:x"/></ext></extLst>',
            True,
        ),
        "empty": ('<hyperlinks><hyperlink ref="" location="A1"/></hyperlinks>', False),
    },
)
def test_a_link_without_an_area_counts_no_cells(path: Path, extra: str, is_read: bool) -> None:
    """An extension of another program is ignored by the library; an empty area is invalid."""
    end = b"</worksheet>"
    content = packed(book(FIRST), lambda _, part: part.replace(end, extra.encode() + end))
    if is_read:
        (row,) = rows_of(path, content)
        assert isinstance(row, Listed)
    else:
        require_unreadable(path, content, "not a valid workbook")


@each_case(
    "change",
    {
        "title": spread("A4:XFD4"),
        "a link": spread("A1:B2", "hyperlink"),
        "a format": number_format(1_000),
    },
)
def test_joined_cells_links_and_formats_of_usual_size_are_no_bar(
    path: Path, change: Callable[[str, bytes], bytes]
) -> None:
    (row,) = rows_of(path, packed(book(FIRST), change))
    assert isinstance(row, Listed)
    assert row.id == "p1"


def test_an_empty_second_sheet_is_none(path: Path) -> None:
    def add(sheet: Any) -> None:
        sheet.parent.create_sheet("Sheet2")

    (row,) = rows_of(path, book(FIRST, change=add))
    assert isinstance(row, Listed)


def packed(content: bytes, change: Callable[[str, bytes], bytes], more: Any = ()) -> bytes:
    """Pack a workbook anew, its parts changed."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            new.writestr(part.filename, change(part.filename, old.read(part)), 8)
        for name, text in more:
            new.writestr(name, text, 8)
    return out.getvalue()


def test_a_sheet_as_libreoffice_writes_it(path: Path) -> None:
    """A long column of styles, an inline text, the rows and cells without their places."""

    def written(name: str, text: bytes) -> bytes:
        if not name.endswith("sheet1.xml"):
            return text
        text = re.sub(rb'(<(?:row|c))((?: (?!r=)[^>]*?)?) r="[A-Z]*\d+"', rb"\1\2", text)
        cols = b'<cols><col min="1" max="1024" width="11.53" customWidth="0" style="0"/></cols>'
        return text.replace(b"<sheetData>", cols + b"<sheetData>")

    (row,) = rows_of(path, packed(book(FIRST), written))
    assert isinstance(row, Listed)
    assert row.id == "p1"


def test_h16_a_row_without_height_and_a_column_without_width_are_hidden(path: Path) -> None:
    def flat(_: str, text: bytes) -> bytes:
        return text.replace(b'<row r="2"', b'<row r="2" ht="0" customHeight="1"')

    first, second = rows_of(path, packed(book(FIRST, ("p2", *FIRST[1:])), flat))
    assert isinstance(first, NotRead)
    assert first.reason == "the row is hidden; unhide or delete it"
    assert isinstance(second, Listed)

    def narrow(_: str, text: bytes) -> bytes:
        cols = b'<cols><col min="5" max="5" width="0" customWidth="1"/></cols>'
        return text.replace(b"<sheetData>", cols + b"<sheetData>")

    require_unreadable(path, packed(book(FIRST), narrow), "hidden columns")


def test_a_date_that_is_stored_as_text(path: Path) -> None:
    """Type d [ECMA-376-1 18.18.11]: the day is complete without a format."""

    def written(_: str, text: bytes) -> bytes:
        day = b'<c r="F2" t="d"><v>2026-11-14</v></c>'
        return re.sub(rb'<c r="F2"[^>]*>.*?</c>', day, text)

    (row,) = rows_of(path, packed(book(FIRST), written))
    assert isinstance(row, Listed)
    assert row.stated.values["platelets"] == Amount(Fraction("214.5"), "10*9/L", date(2026, 11, 14))


@each_case(
    "stored",
    {
        "end of line": "p1_x000D_\n",
        "in two fonts": import_module("openpyxl.cell.rich_text").CellRichText("p1", "_x000D_"),
    },
)
def test_h11_an_id_is_read_without_escaped_ends_of_lines(stored: object, path: Path) -> None:
    """An id with _x000D_, as exports of databases contain, is not the id in the log."""
    (row,) = rows_of(path, book((stored, *FIRST[1:])))
    assert (type(row), row.id) == (Listed, "p1")


def understated(content: bytes, name: bytes, size: int) -> bytes:
    """Return an archive that states a smaller size of a part, with the checksum of its start."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        start = archive.read(name.decode())[:size]
    place = content.index(name, content.index(b"PK\x01\x02")) - 46  # in the central directory
    stated = pack("<I", crc32(start)) + content[place + 20 : place + 24] + pack("<I", size)
    return content[: place + 16] + stated + content[place + 28 :]


LONG = [("xl/x.xml", bytes(range(1, 256)) * 40_000)]
ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'


@each_case(
    "content, said",
    {
        "text": (b"id,ecog\np1,1\n", "not a valid workbook"),
        "cut": (book(FIRST)[:-400], "not a valid workbook"),
        "damaged": (book(FIRST).replace(b"\x00", b"\x01", 40), ""),
        "another archive": (packed(book(FIRST), lambda name, text: b"" if "book" in name else text),
                            "not a valid workbook"),
        "entities": (packed(book(FIRST), lambda _, text: text, [("xl/x.xml", ENTITY)]), "entities"),
        "bomb": (packed(book(FIRST), lambda _, text: text, [("xl/x.xml", bytes(30 << 20))]),
                 "compressed by a factor of more than 200"),
        "larger than stated": (
            understated(packed(book(FIRST), lambda _, text: text, LONG), b"xl/x.xml", 100_000),
            "not a valid workbook"),
        "no workbook in it": (packed(book(FIRST), lambda _, text: text.replace(b"sheet.main", b"")),
                              "not a valid workbook"),
        "large": (packed(book(FIRST), lambda _, text: text,
                         [(f"xl/{n}.xml", bytes(20 << 20)) for n in range(4)]), "64 MiB"),
        "climbing": (packed(book(FIRST), lambda _, text: text, [("../x.xml", b"x")]), "names"),
        "strict": (packed(book(FIRST), lambda _, text: text.replace(
            b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
            b"http://purl.oclc.org/ooxml/spreadsheetml/main")), "stored as Strict Open XML"),
        "crowd": (packed(book(FIRST), lambda _, text: text,
                         [(f"x{n}", b"") for n in range(5000)]), "parts; the limit is"),
    },
)  # fmt: skip
def test_h14_what_is_no_whole_workbook_is_refused(path: Path, content: bytes, said: str) -> None:
    require_unreadable(path, content, said)


@pytest.mark.slow
def test_h14_every_flipped_byte_changes_nothing_or_is_refused(path: Path) -> None:
    """Of every hundredth byte: the patient is the same, or nothing is said."""
    content = bytearray(book(FIRST))
    (right,) = rows_of(path, bytes(content))
    for place in range(0, len(content), 97):
        spoilt = bytearray(content)
        spoilt[place] ^= 0x10
        path.write_bytes(spoilt)
        ran = ask("screen", path, "--json")
        assert ran.status in (0, 2, 3)
        if ran.status == 0:
            (row,) = read_patients(path).rows
            assert isinstance(row, Listed)
            assert (row.id, row.stated) == (right.id, right.stated)


def test_links_to_other_files_are_left_alone(path: Path) -> None:
    (row,) = rows_of(path, book((*FIRST[:4], "=[1]Sheet1!A1")))
    assert isinstance(row, NotRead)
    assert "a formula" in row.reason


@pytest.mark.parametrize("ending", [".xls", ".xlsm", ".ods"])
def test_other_workbooks_are_refused_by_name(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"patients{ending}"
    path.write_bytes(book(FIRST))
    refusal = refused("screen", path)
    assert (refusal["code"], "save the list as .xlsx" in refusal["remedy"]) == (
        "screen.unreadable",
        True,
    )


def test_without_the_library_it_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(book(FIRST))
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    refusal = refused("screen", path)
    assert (refusal["code"], "CSV" in refusal["remedy"]) == ("extra.missing", True)


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    """An id that a spreadsheet would run comes back as it was."""
    path = tmp_path / "patients.xlsx"
    made = openpyxl.Workbook()
    made.active.append(("id", "ecog"))
    made.active.append(("x", 1))
    made.active["A2"].value, made.active["A2"].data_type = "=1+1", "s"
    made.save(path)
    (row,) = csv.DictReader(StringIO(ask("screen", path, "--csv").out))
    assert row["record_id"] == "'=1+1"
