"""Tables as workbooks (.xlsx), the same bytes from the same table: no clock is in them."""

import re
from importlib import import_module
from io import BytesIO
from typing import Any
from zipfile import ZipFile, ZipInfo

from fl_planner.basis.text.plain_text import as_plain_text
from fl_planner.export.csv import Cell, FlatTable
from fl_planner.formats.stored.temporary import putting_aside
from fl_planner.record.declaration.part import DIGITS

DAY = (1980, 1, 1, 0, 0, 0)  # the first that a zip archive can say
PROPERTIES = "docProps/core.xml"
_TIMES = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*")


def as_workbook(table: FlatTable, name: str) -> bytes:
    """Write a table as a workbook of one sheet; blank is not known, yes and no are 1 and 0.

    A text is a text, whatever it begins with: none is a formula.
    """
    with putting_aside():  # the library writes the sheet into a temporary file
        return _without_clock(_write(table, name))


def _write(table: FlatTable, name: str) -> BytesIO:
    openpyxl: Any = import_module("openpyxl")  # of an extra; takes 0.3 s
    cells: Any = import_module("openpyxl.cell")
    book = openpyxl.Workbook(write_only=True)
    book.properties.creator = "fl_planner"
    sheet = book.create_sheet(name)
    sheet.freeze_panes = "B2"
    for row in (table.columns, *table.rows):
        sheet.append([_cell(cells.WriteOnlyCell(sheet), entry) for entry in row])
    written = BytesIO()
    book.save(written)
    return written


def _cell(cell: Any, entry: Cell) -> Any:
    if isinstance(entry, str):
        cell.value = as_plain_text(entry)
        cell.data_type = "s"  # else = begins a formula
        cell.quotePrefix = True  # and would, once somebody edits the cell
    elif isinstance(entry, float):
        cell.value = float(f"{entry:.{DIGITS}g}")
    else:
        cell.value = None if entry is None else int(entry)
    return cell


def _without_clock(written: BytesIO) -> bytes:
    """Pack the parts anew, without the times of writing and without what a packer chooses."""
    packed = BytesIO()
    with ZipFile(written) as made, ZipFile(packed, "w") as archive:
        for part in made.infolist():
            content = made.read(part)
            if part.filename == PROPERTIES:
                content = _TIMES.sub(rb"\g<1>1980-01-01T00:00:00Z", content)
            archive.writestr(ZipInfo(part.filename, DAY), content)
    return packed.getvalue()
