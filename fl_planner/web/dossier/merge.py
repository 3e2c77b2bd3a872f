"""Merge of entries made since a case file was written into its new version.

A case file of the page is written from the roles and answers of a form; answers to questions,
accepted findings, origins of vessels and plans are entered in it afterwards. When the form is
changed, the file is written again, and these entries are kept, with their authors.
"""

from __future__ import annotations

import re
from collections import Counter

HEADER = re.compile(r"\s*(\[\[?[^\]]+\]\]?)\s*(#.*)?")
ENTRY = re.compile(r"\s*([A-Za-z0-9_.\"-]+)\s*=\s*(.*?)\s*(?:#.*)?")
Place = tuple[str, int]  # header of a table, and its number among tables of this name
Tables = dict[Place, dict[str, str]]  # of each table, the lines of its entries by key
AS_WRITTEN = ""  # key of the line of the header


def merge_entries(written: str, current: str, new: str) -> str:
    r"""Apply the changes from `written` to `current` over `new`.

    An entry that was changed in both is that of `new`; where both have the same value, the line of
    `current` is kept, which names its author.

    Examples
    --------
    >>> written, new = "schema = 1\n[facts]\n", "schema = 1\nid = 'B'\n[facts]\n"
    >>> print(merge_entries(written, f"{written}cirrhosis = false  # by R1\n", new))
    schema = 1
    id = 'B'
    <BLANKLINE>
    [facts]
    cirrhosis = false  # by R1
    <BLANKLINE>
    """
    before, now, after = (_read(text) for text in (written, current, new))
    merged: Tables = {}
    for place in dict.fromkeys((*after, *now)):
        old, mine, theirs = (one.get(place, {}) for one in (before, now, after))
        if place in before and place not in after and mine == old:
            continue  # removed with the form, and not entered by anyone
        keys = dict.fromkeys((*theirs, *mine))
        lines = {key: _choose(old.get(key), mine.get(key), theirs.get(key)) for key in keys}
        kept = {key: line for key, line in lines.items() if line is not None and key}
        header = mine.get(AS_WRITTEN) or theirs.get(AS_WRITTEN)
        if kept or (place in after and (place in now or place not in before)):
            merged[place] = kept if header is None else {AS_WRITTEN: header, **kept}
    return "\n\n".join("\n".join(lines.values()) for lines in merged.values()) + "\n"


def _choose(old: str | None, mine: str | None, theirs: str | None) -> str | None:
    """Return the line of an entry: as entered, unless the form has changed it too."""
    if mine is not None and theirs is not None and _value(mine) == _value(theirs):
        return mine
    return mine if theirs == old else theirs


def _value(line: str) -> str:
    found = ENTRY.fullmatch(line)
    return found[2] if found else line


def _read(text: str) -> Tables:
    """Read the lines of each table by key; the page writes one entry on each line."""
    place: Place = ("", 0)
    seen: Counter[str] = Counter()
    found: Tables = {place: {}}
    for line in text.splitlines():
        if header := HEADER.fullmatch(line):
            name = header[1]
            place = (name, seen[name])
            seen[name] += 1
            found[place] = {AS_WRITTEN: line}
        elif entry := ENTRY.fullmatch(line):
            found[place][entry[1]] = line
        elif line.strip():
            found[place][line] = line
    return found
