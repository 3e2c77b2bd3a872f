"""Text for people: made safe, short, and near to the right name.

Names of files, ids, labels and what people typed may hold signs that a terminal obeys, that turn
the reading order, or that nobody sees; and cells that a spreadsheet runs. Each is shown as what it
is instead: an escape for a sign, an apostrophe before a cell. Nowhere else are such signs told.

A file may hold a hundred thousand wrong keys, or one of a megabyte. Refusals and findings come
through here, whatever made them: what is too long of a message is left out, and counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
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


MOST_LINES = 50  # of a message at a terminal, and of errors told in one
MOST_VALUE = 200  # characters that are repeated of a value
LONGEST_NAME = 255  # of a file [POSIX, NAME_MAX]: a value up to here may be one, and is told whole
MOST_CHARACTERS = 2500  # of a message: with what to do, some forty lines [project's choice]
_VALUE = re.compile(rf"\S{{{LONGEST_NAME + 1},}}")


def shorten_value(text: str) -> str:
    """Cut one value of an input, and count what is left out.

    Examples
    --------
    >>> shorten_value("liver.nii.gz"), len(shorten_value("k" * 255))
    ('liver.nii.gz', 255)
    >>> shorten_value("k" * 1_000_000)[-33:]
    'kkkk... (999,800 more characters)'
    """
    if len(text) <= LONGEST_NAME:
        return text
    return f"{text[:MOST_VALUE]}... ({len(text) - MOST_VALUE:,} more characters)"


def shorten(message: str, most: int = MOST_CHARACTERS) -> str:
    r"""Cut a message: each value in it, and what comes after `most` characters or 50 lines.

    Examples
    --------
    >>> shorten("holds two labels")
    'holds two labels'
    >>> shorten("a b " * 100, 8)
    'a b a b ... (392 more characters)'
    >>> shorten("x\n" * 60)[-19:]
    '... (10 more lines)'
    """
    message = _VALUE.sub(lambda value: shorten_value(value[0]), message)
    lines = message.removesuffix("\n").split("\n")
    if len(lines) > MOST_LINES:
        kept = "\n".join(lines[:MOST_LINES])
        message = f"{kept}\n... ({len(lines) - MOST_LINES:,} more lines)"
    if len(message) <= most + LONGEST_NAME:  # what was cut is not cut again
        return message
    return f"{message[:most]}... ({len(message) - most:,} more characters)"


def list_first(names: Sequence[str], most: int) -> str:
    """List the first `most` of some names, and count the rest.

    Examples
    --------
    >>> list_first(["liver", "flr"], 2), list_first(["liver", "flr", "cyst"], 1)
    ('liver, flr', 'liver and 2 more')
    """
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left} more" if left > 0 else "")


def join_words(words: Sequence[str]) -> str:
    """Join words as in a sentence.

    Examples
    --------
    >>> join_words(["platelets", "ecog", "age"])
    'platelets, ecog and age'
    """
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def join_told(parts: Sequence[str], between: str = "; ") -> str:
    """Join what is to be told to one text, as much as a message holds, and count the rest.

    Examples
    --------
    >>> join_told(["line 1: no such key", "line 2: is missing"])
    'line 1: no such key; line 2: is missing'
    >>> join_told([str(n) for n in range(90_000)])[-23:]
    '48; 49; and 89,950 more'
    """
    told: list[str] = []
    room = MOST_CHARACTERS
    for part in parts[:MOST_LINES]:
        short = shorten(part)
        room -= len(short) + len(between)
        if told and room < 0:
            break
        told.append(short)
    left = len(parts) - len(told)
    return between.join([*told, *([f"and {left:,} more"] if left else [])])


LONGEST = 100  # characters; no name here has half of them, and comparing grows with the length


def find_nearest(wrong: str, names: Iterable[str], most: int = 1) -> list[str]:
    """Find the names nearest to a wrong one, the nearest first; none where none is near.

    Each wrong name is compared once, however often it comes: a thousand rows of a list may have it.

    Examples
    --------
    >>> find_nearest("tumor", ["liver", "tumour"]), find_nearest("spleen", ["liver"])
    (['tumour'], [])
    """
    return [] if len(wrong) > LONGEST else [*_compared(wrong, tuple(names), most)]


@lru_cache(maxsize=4096)
def _compared(wrong: str, names: tuple[str, ...], most: int) -> tuple[str, ...]:
    from difflib import get_close_matches  # for wrong names alone

    return tuple(get_close_matches(wrong, names, most))
