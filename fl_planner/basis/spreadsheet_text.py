"""Text in cells of a spreadsheet: nothing in it is calculated as a formula."""

from __future__ import annotations

import re
from functools import lru_cache

from fl_planner.basis.plain_text import as_plain_text, is_plain

# signs that begin a formula in a spreadsheet, in each width
_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\N{MINUS SIGN}"
_QUOTES = "'\""
# a table with commas, opened as one with semicolons, begins a cell after each semicolon; a text
# with apostrophes there is given one more, so that it can be restored
_FOLLOWED = rf"(?='*\s*[{re.escape(_FORMULA)}])"
_INNER = re.compile(rf"(?<=[;|]){_FOLLOWED}")
_AFTER_COMMA = re.compile(rf"(?<=,){_FOLLOWED}")  # conversely
_ESCAPED_INNER = re.compile(rf"(?<=[;|])'{_FOLLOWED}")


@lru_cache(maxsize=4096)  # tables repeat texts: a quarter of their time is saved
def as_cell_text(text: str, *, semicolons: bool = False) -> str:
    r"""Return a text as a cell that no spreadsheet runs, preceded by an apostrophe if needed.

    - `semicolons`: whether semicolons separate the cells; such a text is not restored.

    The apostrophe is needed if the text could be a formula, with a sign of any width, also after
    blanks, a quotation mark or a line break; and if the text begins with an apostrophe, so that it
    can be restored.

    Examples
    --------
    >>> as_cell_text("=A1"), as_cell_text("left, lateral")
    ("'=A1", 'left, lateral')
    >>> as_cell_text("\t+1"), as_cell_text("a;=1"), as_cell_text("a,=1", semicolons=True)
    ("'\\t+1", "a;'=1", "a,'=1")
    """
    plain = _INNER.sub("'", as_plain_text(text))
    if semicolons:
        plain = _AFTER_COMMA.sub("'", plain)
    start = text.lstrip(" ")[:1]
    acts = start and (start in _FORMULA or start in _QUOTES or not is_plain(start))
    return f"'{plain}" if acts else plain


def undo_cell_text(cell: str) -> str:
    """Return the text of a cell without the apostrophes of `as_cell_text`.

    Examples
    --------
    >>> undo_cell_text("'=A1"), undo_cell_text("left, lateral"), undo_cell_text("''a'")
    ('=A1', 'left, lateral', "'a'")
    >>> undo_cell_text("a;'=1"), undo_cell_text("a;''=1")
    ('a;=1', "a;'=1")
    """
    return _ESCAPED_INNER.sub("", cell.removeprefix("'"))
