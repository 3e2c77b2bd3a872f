"""Read a list of patients from a workbook (.xlsx) with one sheet, as texts of a table.

Content that differs from its display, such as formulas, percentages and hidden rows, is interpreted
or refused. Links to other files are not followed.
"""

from __future__ import annotations

import re
import warnings
import zlib
from collections.abc import Iterator
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile, ZipInfo

from fl_planner.basis.extras import require_excel
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import join_first
from fl_planner.formats.stored.file import PlainBytes
from fl_planner.formats.stored.file_size_limits import BOUNDED, MOST_MEMBERS, MOST_RATIO, Limits
from fl_planner.formats.stored.workbooks import import_openpyxl
from fl_planner.intake.patients.list_text import of_list
from fl_planner.intake.patients.rows import CODE, SOURCE

MOST_BYTES = 32 << 20  # of the file [project's choice]
MOST_UNPACKED = 64 << 20  # of all parts: some 5,000 patients with every fact [project's choice]
KEPT_DIGITS = 15  # of a number: further ones become 0 [Excel specifications and limits]
MOST_CELLS = 1_000_000  # including blanks [project's choice]
MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384  # of a sheet [Excel specifications and limits]
LONGEST_FORMAT = 1_000  # of a number; Excel allows 255 characters [project's choice]
STYLES = "xl/styles.xml"
MOST_SHEETS = 1_000  # of which only one may have content [project's choice]
FORMULA, ERROR = "f", "e"  # types of openpyxl
AS_CSV = "save the list as CSV UTF-8"
ID_AS_NUMBER = "the id is a number or date that may be displayed differently; store it as text"
NOT_A_WORKBOOK = "the file is not a valid workbook (.xlsx)"
TOO_MANY_CELLS = f"a sheet has more than {MOST_CELLS:,} cells"
TOO_MANY_JOINED = f"merged areas and areas with a link have more than {MOST_CELLS:,} cells"
TOO_LONG_FORMAT = f"a number format has more than {LONGEST_FORMAT:,} characters"
FIRST_SURE_DAY = date(1900, 3, 1)
_FORBIDDEN = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
STRICT = b"http://purl.oclc.org/ooxml/spreadsheetml/main"  # [ECMA-376-1 A]
# displays another number, also <30 for 30 and 6.1 for 61, or nothing
_OTHERWISE = re.compile(
    r'[%<>≤≥≈~]|"[^"]*\w[^"]*"|\\\w|[0#?],+(?![0#?,])|^;|[0#?](?:\\[.,]|"[^"]*[.,][^"]*")[0#?]'
)
_NOT_LETTERS = re.compile(r'"[^"]*"|[\\_*].')  # of a format: texts, and blanks of a given width
_IS_DAY = re.compile(r"[dmyhs]", re.IGNORECASE)
_PARTS_OF_DAY = {  # dddd is the day of the week; e and b are years of other calendars
    "day": re.compile(r"(?<!d)dd?(?!d)", re.IGNORECASE),
    "month": re.compile(r"m", re.IGNORECASE),
    "year": re.compile(r"[yeb]", re.IGNORECASE),
}
_NOTHING = re.compile(r'(?:[_*\\].|"\s*"|[#,.\s])*')  # displayed for 0
_LINE_END = re.compile(r"_x000[AaDd]_")  # escaped in exports of databases [ECMA-376-1 22.9.2.19]
_HYPHENATED = re.compile(r"[0#?]\\?-[0#?]")
_IN_BRACKETS = re.compile(r"\[[^]]*\]")  # a colour, a condition, a currency
_DAMAGED = (
    BadZipFile, zlib.error, EOFError, KeyError, ValueError, TypeError, AttributeError,
    IndexError, SyntaxError, OverflowError, NotImplementedError, OSError, expat.ExpatError,
)  # fmt: skip  # raised by readers of archives and XML for an invalid file


class WorkbookRows:
    """The rows of the only sheet of a workbook, with the row numbers of the sheet.

    - `path`: the file.
    - `refused`: errors by row; `invalid`: errors of cells, by row and position; `unsure_ids`: those
      of numbers and dates that are displayed differently if they are ids.

    Raises `InputRefused`: `extra.missing` without the library; `screen.unreadable` for an invalid
    workbook, several sheets, hidden columns, a header that is hidden, merged or struck through, or
    a conditional format that strikes cells through.
    """

    semicolons = True  # a text may be a number with a decimal comma

    def __init__(self, path: Path) -> None:
        require_excel()
        content, self.sha256 = _read_bytes(path)
        _require_sound(content)
        self.refused: dict[int, str] = {}
        self.invalid: dict[int, dict[int, str]] = {}
        self.unsure_ids: dict[int, dict[int, str]] = {}
        self._rows: list[list[str]] = []
        sheet = _find_sheet(_load(content))
        _require_plain_header(sheet)
        _require_no_struck_by_rule(sheet)
        areas = sheet.merged_cells.ranges
        joined = {row for one in areas for row in range(one.min_row, one.max_row + 1)}
        for number, cells in enumerate(sheet.iter_rows(), start=1):
            texts = [*self._read(cells)]
            if _is_hidden_row(sheet, number) and any(texts):
                self._refuse(number, "the row is hidden; unhide or delete it")
            if any(texts) and number in joined:
                self._refuse(number, "the row has merged cells; unmerge them")
            self._rows.append(texts)
        width = max((n for n, one in enumerate(self._rows[0], 1) if one), default=0)
        self._rows = [[*row[:width], *_trimmed(row[width:])] for row in self._rows]

    def __iter__(self) -> Iterator[list[str]]:
        """Yield each row."""
        yield from self._rows

    def _read(self, cells: tuple[Any, ...]) -> Iterator[str]:
        for cell in cells:
            if _is_unsure_id(cell):
                message = f"column {cell.column}: {ID_AS_NUMBER}"
                self.unsure_ids.setdefault(cell.row, {})[cell.column - 1] = message
            try:
                _require_not_struck(cell)
                yield _read_cell(cell)
            except ValueError as wrong:
                message = f"column {cell.column}: {wrong}"
                self.invalid.setdefault(cell.row, {})[cell.column - 1] = message
                yield "?"

    def _refuse(self, number: int, what: str) -> None:
        before = self.refused.get(number)
        self.refused[number] = what if before is None else join_first([before, what])


def _trimmed(cells: list[str]) -> list[str]:
    """Omit blanks after the last cell with content."""
    last = max((n for n, one in enumerate(cells, 1) if one.strip()), default=0)
    return cells[:last]


def _read_bytes(path: Path) -> tuple[bytes, str]:
    """Read the file; refusals do not include its name."""
    try:
        with PlainBytes(path, Limits(stored_bytes=MOST_BYTES)) as source:
            content = source.take(MOST_BYTES + 1)
            source.finish()
            return content, source.sha256
    except InputRefused as wrong:
        raise of_list(wrong) from None


def _require_sound(content: bytes) -> None:
    """Refuse an archive that is damaged, too large when unpacked, or defines entities."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
            if wrong := _find_wrong(parts):
                raise _refuse(wrong)
            for part in parts:
                _require_readable(_read_part(archive, part))
    except _DAMAGED as error:
        if isinstance(error, InputRefused):
            raise
        raise _refuse(NOT_A_WORKBOOK) from error


def _require_readable(part: bytes) -> None:
    """Refuse a part that defines entities, or has names that the library does not know."""
    if _FORBIDDEN.search(part):
        raise _refuse("the workbook defines XML entities, which is not allowed")
    if STRICT in part:
        reason = "the workbook is stored as Strict Open XML, which is not supported"
        raise _refuse(reason, "save it as Excel Workbook (.xlsx), not as Strict Open XML")


def _read_part(archive: ZipFile, part: ZipInfo) -> bytes:
    """Unpack a part; one that is larger than stated would otherwise be unpacked whole."""
    longer = copy(part)
    longer.file_size += 1
    with archive.open(longer) as opened:
        content = opened.read(longer.file_size)
    if len(content) > part.file_size:
        raise BadZipFile
    return content


def _find_wrong(parts: list[ZipInfo]) -> str | None:
    """Return the reason not to unpack an archive with these parts; None if there is none."""
    names = [part.filename for part in parts]
    if len(parts) > MOST_MEMBERS:
        return f"the workbook has {len(parts):,} parts; the limit is {MOST_MEMBERS:,}"
    if any(part.flag_bits & 1 for part in parts):
        return "the workbook is protected by a password"
    if any(part.compress_type not in BOUNDED for part in parts):
        return "the compression method of the workbook is not supported"
    if len({*names}) < len(names) or any(".." in name or name.startswith("/") for name in names):
        return "the workbook has parts with invalid names"
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        return f"the workbook is larger than {MOST_UNPACKED >> 20} MiB when unpacked"
    if any(part.file_size > MOST_RATIO * max(part.compress_size, 1024) for part in parts):
        return f"the workbook is compressed by a factor of more than {MOST_RATIO}"
    return None


def _load(content: bytes) -> Any:
    """Load a workbook without its links to other files."""
    openpyxl = import_openpyxl()
    odd: type[Exception] = import_module("openpyxl.utils.exceptions").InvalidFileException
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if (wrong := _find_too_many(content)) is None:
                return openpyxl.load_workbook(BytesIO(content), keep_links=False, rich_text=True)
    except (*_DAMAGED, odd) as error:
        raise _refuse(NOT_A_WORKBOOK) from error
    raise _refuse(wrong)


def _find_too_many(content: bytes) -> str | None:
    """Return the reason not to load a workbook: too many sheets or joined cells, a long format.

    The library creates each cell of an area that is merged or has a link: of a whole sheet, 17
    thousand million. It compares the name of a sheet with those of all others, and reads a part
    again for each sheet that refers to it, and a number format from each bracket in it.
    """
    reader = import_module("openpyxl.reader.excel").ExcelReader(BytesIO(content), keep_links=False)
    reader.read_manifest()
    reader.read_workbook()
    count = len(reader.parser.sheets)
    if count > MOST_SHEETS:
        return f"the workbook has {count:,} sheets; the limit is {MOST_SHEETS:,}"
    parts = [link.target for _, link in reader.parser.find_sheets()]
    if len({*parts}) < len(parts):
        return NOT_A_WORKBOOK
    stored = [part for part in parts if part in reader.valid_files]
    if sum(_count_joined(reader.archive.read(part)) for part in stored) > MOST_CELLS:
        return TOO_MANY_JOINED
    styles = reader.archive.read(STYLES) if STYLES in reader.valid_files else b"<none/>"
    longest = max(map(len, _find_values(styles, {"numFmt"}, "formatCode")), default=0)
    return TOO_LONG_FORMAT if longest > LONGEST_FORMAT else None


def _count_joined(sheet: bytes) -> int:
    """Count the cells of the merged and linked areas of a sheet."""
    bounds_of = import_module("openpyxl.utils.cell").range_boundaries
    areas = _find_values(sheet, {"mergeCell", "hyperlink"}, "ref")
    count = 0
    for left, head, right, foot in map(bounds_of, areas):  # None: whole rows or columns
        wide = (right or MOST_COLUMNS) - (left or 1) + 1
        count += wide * ((foot or MOST_ROWS) - (head or 1) + 1)
    return count


def _find_values(part: bytes, elements: set[str], attribute: str) -> list[str]:
    """Find the values of an attribute; the library judges an element without it, if it reads it."""
    values: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(" ")[2] in elements and (value := attributes.get(attribute)):
            values.append(value)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    parser.Parse(part, True)
    return values


def _find_sheet(book: Any) -> Any:
    """Return the only sheet with content."""
    if any(one.max_row * one.max_column > MOST_CELLS for one in book.worksheets):
        raise _refuse(TOO_MANY_CELLS)
    filled = [
        one
        for one in book.worksheets
        if any(cell is not None for row in one.iter_rows(values_only=True) for cell in row)
    ]
    if len(filled) > 1:
        reason = f"{len(filled)} sheets in the workbook have content"
        raise _refuse(reason, "keep only the sheet with the list")
    if not filled:
        raise _refuse("no sheet in the workbook has content", "give a workbook with the list")
    (sheet,) = filled
    if sheet.sheet_state != "visible":
        raise _refuse("the list is on a hidden sheet", "unhide the sheet")
    return sheet


def _require_plain_header(sheet: Any) -> None:
    """Refuse hidden columns, and a first row that is hidden or has merged cells."""
    hidden = [one for one in sheet.column_dimensions.values() if one.hidden or one.width == 0]
    if any((one.min or 1) <= sheet.max_column for one in hidden):
        raise _refuse("the sheet has hidden columns", "unhide or delete them")
    if _is_hidden_row(sheet, 1):
        raise _refuse("the first row, with the column names, is hidden", "unhide it")
    if any(one.min_row == 1 for one in sheet.merged_cells.ranges):
        raise _refuse("the first row, with the column names, has merged cells", "unmerge them")
    if any(map(_is_struck, sheet[1])):
        remedy = "delete the column, or remove the strikethrough"
        raise _refuse("a column name is struck through", remedy)


def _is_hidden_row(sheet: Any, number: int) -> bool:
    """Whether a row is hidden, or has no height."""
    row = sheet.row_dimensions[number]
    return bool(row.hidden or row.height == 0)


def _require_no_struck_by_rule(sheet: Any) -> None:
    """Refuse conditional formats that strike cells through: which cells is not evaluated."""
    styles = (rule.dxf for one in sheet.conditional_formatting for rule in one.rules)
    if any(style is not None and style.font and style.font.strike for style in styles):
        reason = "a conditional format strikes cells through; this cannot be evaluated"
        raise _refuse(reason, "delete the rows that are struck through, and the conditional format")


def _is_struck(cell: Any) -> bool:
    """Whether a cell, or part of its text, is struck through as no longer valid."""
    if cell.value is None:
        return False
    parts = cell.value if isinstance(cell.value, list) else ()
    fonts = (cell.font, *(getattr(part, "font", None) for part in parts))
    return any(font is not None and font.strike for font in fonts)


def _require_not_struck(cell: Any) -> None:
    """Raise `ValueError` for a cell that is struck through."""
    if _is_struck(cell):
        raise ValueError(
            "the cell is struck through; delete its content, or remove the strikethrough"
        )


def _read_cell(cell: Any) -> str:
    """Read a cell as text; raises `ValueError` if its display differs from its value.

    A number with decimals is written with an exponent, to avoid confusion with thousands.
    """
    if (value := cell.value) is None:
        return ""
    if cell.data_type == FORMULA:
        raise ValueError("the cell contains a formula; paste its value")
    if cell.data_type == ERROR:
        raise ValueError("the cell shows an error")
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date):
        _require_whole_day(cell.number_format or "General")
        return _read_day(value)
    if isinstance(value, int | float):
        form = _IN_BRACKETS.sub("", cell.number_format or "General")
        of_zero = form.split(";")[2 if form.count(";") > 1 else 0]
        if _OTHERWISE.search(form) or (value == 0 and _NOTHING.fullmatch(of_zero)):
            raise ValueError(
                "the displayed text differs from the value; format the cell as General"
            )
        return _read_number(value)
    if isinstance(value, str):
        return _LINE_END.sub("\n", value)
    if isinstance(value, list):  # a text in several fonts
        fonts = (getattr(part, "font", None) for part in value)
        if cell.row > 1 and any(font and font.vertAlign for font in fonts):  # not of `[10⁹/L]`
            raise ValueError("part of the text is superscript or subscript; write it without")
        return _LINE_END.sub("\n", str(value))
    raise ValueError("the cell contains a time or a duration, which is not a valid value")


def _require_whole_day(form: str) -> None:
    """Raise `ValueError` for a date of which a part is not displayed.

    A spreadsheet adds it: the first day of the month to 11/2026, and this year to 14.11.
    """
    letters = _NOT_LETTERS.sub(" ", _IN_BRACKETS.sub("", form)).partition(";")[0]  # not dddd d
    if _IS_DAY.search(letters) is None:  # a date stored as text has no format
        return
    absent = [part for part, sign in _PARTS_OF_DAY.items() if sign.search(letters) is None]
    if absent:
        raise ValueError(
            f"the {' and '.join(absent)} of the date {'is' if len(absent) == 1 else 'are'} not "
            "displayed; enter and display the whole date"
        )


def _is_unsure_id(cell: Any) -> bool:
    """Whether an id is not displayed as it was entered, as far as this can be known.

    A date never is: spreadsheets make 2026-01-05 of an id such as 1-5. A number is not if it has
    decimals (3.1 or 3.10), more digits than a workbook keeps, or a format with leading zeros or
    hyphens.
    """
    value = cell.value
    if isinstance(value, bool) or not isinstance(value, int | float):
        return isinstance(value, date)
    form = _IN_BRACKETS.sub("", cell.number_format or "").partition(";")[0]
    zeros = form.partition(".")[0].count("0")
    digits = len(f"{abs(value):.0f}")
    inexact = value % 1 != 0 or digits > KEPT_DIGITS
    return inexact or zeros > digits or bool(_HYPHENATED.search(form))


def _read_day(value: datetime | date) -> str:
    day = value.date() if isinstance(value, datetime) else value
    if day < FIRST_SURE_DAY:
        raise ValueError("dates before March 1900 are ambiguous in workbooks")
    return day.isoformat()


def _read_number(value: float) -> str:
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    number = f"{'-' * sign}{''.join(map(str, digits))}"
    if not isinstance(exponent, int) or exponent < 0:
        return f"{number}e{exponent}"
    return f"{number}{'0' * exponent}" if exponent < 16 else f"{number}e{exponent}"


def _refuse(reason: str, remedy: str = AS_CSV) -> InputRefused:
    return InputRefused(CODE, SOURCE, reason, remedy)
