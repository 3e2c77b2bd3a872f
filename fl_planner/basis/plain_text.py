"""Make text safe and short, and find the nearest valid names.

File names, ids, labels and entered texts may contain control, bidirectional or invisible
characters, and cells that a spreadsheet would run as a formula. These characters are replaced by
escapes, and such a cell is preceded by an apostrophe; only this module defines which.

A file may contain a hundred thousand wrong keys, or a key of one megabyte. Refusals and findings
are shortened here, and the number of characters left out is given.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from unicodedata import east_asian_width, normalize

_FIRST_ZEROS = re.compile(r"^0+(?=[0-9])")
# printable by category, but invisible: joiners, fillers, selectors
_UNSEEN = {
    *"\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufffc",
    *map(chr, (*range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))),
}


def is_plain(text: str) -> bool:
    r"""Whether all characters of a text are visible and harmless.

    Examples
    --------
    >>> is_plain("Leber (Kopie) é.nii"), is_plain("\x1b[31m"), is_plain("a\u202eb")
    (True, False, False)
    """
    return text.isprintable() and (text.isascii() or _UNSEEN.isdisjoint(text))


def as_plain_text(text: str) -> str:
    r"""Replace control and invisible characters with their escapes.

    These are control, bidirectional and zero-width characters, line ends, and bytes of file
    names that are not UTF-8.

    Examples
    --------
    >>> as_plain_text("Leber (Kopie) é.nii"), len(as_plain_text("\x1b")), as_plain_text("a\u202eb")
    ('Leber (Kopie) é.nii', 4, 'a\\u202eb')
    """
    if is_plain(text):
        return text
    return "".join(char if is_plain(char) else ascii(char)[1:-1] for char in text)


def as_compared(text: str) -> str:
    r"""Return an id as it is compared with others: those that look the same are the same.

    An accent may be one character with its letter or its own, as in names from macOS;
    invisible characters are not seen, a blank may be a no-break space or a tab, and letters and
    digits may have full width. Upper and lower case remain different.

    Examples
    --------
    >>> as_compared("E\u0301a") == as_compared("\u00c9\u200ba"), as_compared("\uff50\u00a01")
    (True, 'p 1')
    """
    if text.isascii() and text.isprintable():
        return text
    seen = filter(is_plain, (" " if char.isspace() else char for char in text))
    return normalize("NFC", "".join(map(_as_narrow, seen)))


def list_alike(ids: Iterable[str]) -> list[list[str]]:
    """Group ids that differ only in case, blanks or leading zeros: they may be one patient's.

    A spreadsheet removes leading zeros.

    - `ids`: different ids, each as returned by `as_compared`.

    Examples
    --------
    >>> list_alike(["p1", "q", "P 1", "007", "7", "70"])
    [['p1', 'P 1'], ['007', '7']]
    """
    first: dict[str, str] = {}  # by the id without these
    alike: dict[str, list[str]] = {}
    for id_ in ids:
        if (other := first.setdefault(_fold(id_), id_)) != id_:
            alike.setdefault(other, [other]).append(id_)
    return [*alike.values()]


def _fold(id_: str) -> str:
    return _FIRST_ZEROS.sub("", id_.casefold().replace(" ", ""))


def _as_narrow(char: str) -> str:
    """Return a character of full or half width as usual; a superscript remains one."""
    return normalize("NFKC", char) if east_asian_width(char) in ("F", "H") else char


def as_base_name(name: str) -> str:
    r"""Return the base name of a Windows path, which is one whole name on other systems.

    Its folders may name a person.

    Examples
    --------
    >>> as_base_name(r"C:\Users\Jane Doe\liver.nii.gz"), as_base_name("a\\b.nii.gz")
    ('liver.nii.gz', 'a\\b.nii.gz')
    """
    return _WINDOWS_FOLDERS.sub("", name)


def ends_in_toml(name: str) -> bool:
    """Whether a file is named as case files, trials and settings are, also in capitals.

    Examples
    --------
    >>> ends_in_toml("case.toml"), ends_in_toml("CASE.TOML"), ends_in_toml(".toml")
    (True, True, False)
    """
    return name.lower().endswith(".toml", 1)


_WINDOWS_FOLDERS = re.compile(r"^(?:[A-Za-z]:(?=[\\/])|\\\\).*[\\/](?=[^\\/])", re.DOTALL)


def as_escaped_json(text: str) -> str:
    r"""Escape the characters of `as_plain_text` in a JSON text, without changing its meaning.

    Line ends between entries are kept; those within texts are already escaped.

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


MOST_LINES = 50  # of a message at a terminal, and of errors in one
MOST_VALUE = 200  # characters shown of a long value
LONGEST_NAME = 255  # of a file [POSIX, NAME_MAX]; values up to this length are shown in full
MOST_CHARACTERS = 2500  # of a message: with its remedy, some forty lines [project's choice]
_VALUE = re.compile(rf"\S{{{LONGEST_NAME + 1},}}")


def shorten_value(text: str) -> str:
    """Shorten one value of an input, and give the number of characters left out.

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
    r"""Shorten a message: each value in it, and everything after `most` characters or 50 lines.

    Examples
    --------
    >>> shorten("contains two labels")
    'contains two labels'
    >>> shorten("a b " * 100, 8)
    'a b a b ... (392 more characters)'
    >>> shorten("x\n" * 60)[-19:]
    '... (10 more lines)'
    """
    message = _VALUE.sub(lambda value: shorten_value(value[0]), message)
    lines = message.removesuffix("\n").split("\n")
    if len(lines) > MOST_LINES:
        kept = "\n".join(lines[:MOST_LINES])
        message = f"{kept}\n... ({format_count(len(lines) - MOST_LINES, 'more line')})"
    if len(message) <= most + LONGEST_NAME:  # not shortened twice
        return message
    return f"{message[:most]}... ({len(message) - most:,} more characters)"


def format_count(count: int, noun: str, nouns: str = "") -> str:
    """Format a number of things, with the noun in the singular for one.

    - `nouns`: the plural, unless it is the noun with an s.

    Examples
    --------
    >>> format_count(1, "voxel"), format_count(0, "voxel"), format_count(12_500, "axis", "axes")
    ('1 voxel', '0 voxels', '12,500 axes')
    """
    return f"{count:,} {noun if count == 1 else nouns or f'{noun}s'}"


def list_first(names: Sequence[str], most: int) -> str:
    """List the first `most` names, and give the number of others.

    Examples
    --------
    >>> list_first(["liver", "flr"], 2), list_first(["liver", "flr", "cyst"], 1)
    ('liver, flr', 'liver and 2 more')
    """
    left = len(names) - most
    return ", ".join(names[:most]) + (f" and {left:,} more" if left > 0 else "")


def join_words(words: Iterable[str], last: str = "and") -> str:
    """Join words as a list in a sentence, with `last` before the last one.

    Examples
    --------
    >>> join_words(["platelets", "ecog", "age"]), join_words(["II", "III"], "or")
    ('platelets, ecog and age', 'II or III')
    """
    *first, final = words
    return f"{', '.join(first)} {last} {final}" if first else final


def join_first(parts: Sequence[str], between: str = "; ") -> str:
    """Join parts of a message up to its maximum length, and give the number of others.

    Examples
    --------
    >>> join_first(["line 1: unknown key", "line 2: is missing"])
    'line 1: unknown key; line 2: is missing'
    >>> join_first([str(n) for n in range(90_000)])[-23:]
    '48; 49; and 89,950 more'
    """
    shown: list[str] = []
    room = MOST_CHARACTERS
    for part in parts[:MOST_LINES]:
        short = shorten(part)
        room -= len(short) + len(between)
        if shown and room < 0:
            break
        shown.append(short)
    left = len(parts) - len(shown)
    return between.join([*shown, *([f"and {left:,} more"] if left else [])])


ALIKE = 0.68  # at 0.6, `bmi` would be near to `albumin`, and `plt` to `alt` [project's choice]
ABBREVIATION = 3  # letters: `alter`, German for age, is no slip in `alt` [project's choice]
ALIKE_WORDS = 0.6  # of their letters: `total` is 0.36 alike to `direct` [project's choice]
LONGEST = 100  # characters of a name to compare, twice the longest valid one; longer takes long
# Inputs by words that are not like their names, as other programs call them [project's choice]
OTHER_WORDS: Mapping[str, str] = {
    "couinaud": "labelmap", "segments": "labelmap", "segmentation": "labelmap",
    "label_map": "labelmap", "labels": "labelmap",
    "lesion": "tumour", "lesions": "tumour", "metastasis": "tumour", "metastases": "tumour",
    "remnant": "flr", "future_liver_remnant": "flr", "image": "ct", "scan": "ct",
}  # fmt: skip


def find_nearest(
    wrong: str, names: Iterable[str], most: int = 1, alike: float = ALIKE
) -> list[str]:
    """Return the names nearest to an invalid one, nearest first; empty if none is near.

    If none is near as written, capital letters are ignored, and hyphens and spaces are read as
    underscores. An abbreviation is near only with at most one letter more or fewer. A name in which
    a word is replaced by another is not near: `liver_volume` is not `flr_volume`. Each invalid name
    is compared once: a thousand rows of a list may contain it.

    - `alike`: least similarity, 0 to 1.

    Examples
    --------
    >>> find_nearest("tumor", ["liver", "tumour"]), find_nearest("spleen", ["liver"])
    (['tumour'], [])
    >>> find_nearest("ECOG", ["age", "ecog"]), find_nearest("Child-Pugh", ["child_pugh_score"])
    (['ecog'], ['child_pugh_score'])
    >>> find_nearest("couinaud", ["liver", "labelmap"])
    ['labelmap']
    >>> find_nearest("Alter", ["age", "alt"]), find_nearest("alat", ["age", "alt"])
    ([], ['alt'])
    """
    return [] if len(wrong) > LONGEST else [*_compared(wrong, tuple(names), most, alike)]


@lru_cache(maxsize=4096)
def _compared(wrong: str, names: tuple[str, ...], most: int, alike: float) -> tuple[str, ...]:
    from difflib import get_close_matches  # for invalid names only

    if known := find_by_other_word(wrong, names):
        return (known,)
    letters = sum(map(str.isalpha, wrong))  # of `inr_1`, three
    names = tuple(one for one in names if len(one) > ABBREVIATION or letters <= len(one) + 1)
    for fold in (str, _bare):
        folded = {fold(name): name for name in names}
        found = get_close_matches(fold(wrong), folded, len(folded) or 1, alike)
        near = [folded[one] for one in found if not _replaces_word(wrong, folded[one])]
        if near:
            return tuple(near[:most])
    return ()


def find_by_other_word(word: str, names: Collection[str]) -> str | None:
    """Return the input that is also called by this word, if it is one of the names.

    Examples
    --------
    >>> find_by_other_word("Lesions", ["ct", "tumour"]), find_by_other_word("lesions", ["ct"])
    ('tumour', None)
    """
    name = OTHER_WORDS.get(_bare(word))
    return name if name in names else None


def _replaces_word(wrong: str, name: str) -> bool:
    """Check whether each of two names has a word that is not in the other, nor like any there."""
    return _has_another(wrong, name) and _has_another(name, wrong)


def _has_another(name: str, other: str) -> bool:
    from difflib import get_close_matches

    words, others = (_bare(one).split("_") for one in (name, other))
    absent = (one for one in words if len(one) >= ABBREVIATION and one not in _bare(other))
    return any(not get_close_matches(one, others, 1, ALIKE_WORDS) for one in absent)


def _bare(name: str) -> str:
    return re.sub(r"[\s-]", "_", name.lower())
