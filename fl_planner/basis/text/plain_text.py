"""Text from outside, made safe for every output: the one place where signs that act are told.

Names of files, ids, labels and what people typed may hold signs that a terminal obeys, that turn
the reading order, or that nobody sees; and cells that a spreadsheet runs. Each is shown as what it
is instead: an escape for a sign, an apostrophe before a cell.
"""

import re
from functools import lru_cache

# printable by their category, and yet nothing is seen of them: joiners, fillers, selectors
_UNSEEN = {
    *"\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc",
    *map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))),
}
# what a spreadsheet begins a formula with, in each width of the sign
_FORMULA = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\N{MINUS SIGN}"
_QUOTES = "'\""
# a table of commas that is opened with semicolons begins a cell after each of them
_INNER = re.compile(rf"(?<=[;|])(?=\s*[{re.escape(_FORMULA)}])")


def is_plain(text: str) -> bool:
    r"""Tell whether a text is nothing but what a reader sees of it.

    Examples
    --------
    >>> is_plain("Leber (Kopie) é.nii"), is_plain("\x1b[31m"), is_plain("a\u202eb")
    (True, False, False)
    """
    return text.isprintable() and (text.isascii() or _UNSEEN.isdisjoint(text))


def as_plain_text(text: str) -> str:
    r"""Write each sign that acts, or that nobody sees, as its escape.

    Control characters, those that turn the reading order, zero-width ones, other line ends and
    bytes of a file's name that are no UTF-8.

    Examples
    --------
    >>> as_plain_text("Leber (Kopie) é.nii"), len(as_plain_text("\x1b")), as_plain_text("a\u202eb")
    ('Leber (Kopie) é.nii', 4, 'a\\u202eb')
    """
    if is_plain(text):
        return text
    return "".join(char if is_plain(char) else ascii(char)[1:-1] for char in text)


@lru_cache(maxsize=4096)  # tables say the same of many: a quarter of their time is saved
def as_cell_text(text: str) -> str:
    r"""Write a text as a cell that no spreadsheet runs, by an apostrophe before it.

    So begins every cell that could be a formula, in any width of its sign and behind blanks, a
    quotation mark or a line break; and one that begins with an apostrophe itself, so that the one
    put before it can be taken off again.

    Examples
    --------
    >>> as_cell_text("=A1"), as_cell_text("left, lateral")
    ("'=A1", 'left, lateral')
    >>> as_cell_text("\t+1"), as_cell_text("a;=1")
    ("'\\t+1", "a;'=1")
    """
    plain = _INNER.sub("'", as_plain_text(text))
    start = text.lstrip(" ")[:1]
    acts = start and (start in _FORMULA or start in _QUOTES or not is_plain(start))
    return f"'{plain}" if acts else plain


def as_escaped_json(text: str) -> str:
    r"""Escape within a JSON text what `as_plain_text` does: what it means stays the same.

    Line ends between its entries stay; within a text JSON has escaped them already.

    Examples
    --------
    >>> as_escaped_json('{"id": "a\u202eb"}'), as_escaped_json('"\U000e0100"')
    ('{"id": "a\\u202eb"}', '"\\udb40\\udd00"')
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    acting = {char for char in set(text) if char != "\n" and not is_plain(char)}
    return text.translate({ord(char): _as_json_escape(char) for char in acting}) if acting else text


def _as_json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
