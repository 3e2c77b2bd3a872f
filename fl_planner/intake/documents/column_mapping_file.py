"""Read a columns file (`columns.toml`), and the options that map columns; all errors together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.file import read_text
from fl_planner.given.kinds import ListOf, OneOf, Text, Version, read_by_name
from fl_planner.given.table import At, Error, InputKind, Table, TableOf, key, meant
from fl_planner.given.toml import read_tables
from fl_planner.intake.patients.cell_words_by_language import (
    DAY_FIRST,
    DAY_ORDERS,
    LANGUAGES,
    WORDS,
    CellWords,
    DayOrder,
    Language,
    Meaning,
)
from fl_planner.intake.patients.cells import UNKNOWN, parse_cell
from fl_planner.intake.patients.mapping import (
    AS_GIVEN,
    ColumnMapping,
    Encoding,
    Separator,
    clean_name,
)
from fl_planner.intake.patients.rows import DIAGNOSIS, describe_type, find_entries
from fl_planner.planning.given.case import InputFile
from fl_planner.trials.facts.quantities import INPUT_NAMES, QUANTITIES, UPPER_LIMITS

CODE = "screen.columns"
REMEDY = "correct these keys; docs/how-to/hospital-list.md shows a columns file"
OPTION = "--column"


class TextsByName(InputKind):
    """Texts by free names."""

    nothing: Any = {}  # noqa: RUF012 - no table is changed after it was made

    def read(self, entry: object, at: At) -> dict[str, Any]:
        """Read the texts; raises `WrongEntryError`."""
        return read_by_name(entry, lambda one: Text().read(one, at))


class TextsByKey(TextsByName):
    """Texts by free names, for each of several keys."""

    def read(self, entry: object, at: At) -> dict[str, Any]:
        """Read the tables; raises `WrongEntryError`."""
        return read_by_name(entry, lambda one: TextsByName().read(one, at))


class _WordTable(Table):
    yes: tuple[str, ...] = key(ListOf(Text()))
    no: tuple[str, ...] = key(ListOf(Text()))
    male: tuple[str, ...] = key(ListOf(Text()))
    female: tuple[str, ...] = key(ListOf(Text()))
    unknown: tuple[str, ...] = key(ListOf(Text()))

    @property
    def by_meaning(self) -> dict[Meaning, tuple[str, ...]]:
        """Words by their meaning."""
        return {
            "yes": self.yes, "no": self.no, "male": self.male, "female": self.female,
            "unknown": self.unknown,
        }  # fmt: skip


class _ColumnsFile(Table):
    schema: int | None = key(Version(), required=True)
    language: Language | None = key(OneOf(*LANGUAGES))
    dates: DayOrder | None = key(OneOf(*DAY_ORDERS))
    encoding: Encoding | None = key(OneOf("utf-8", "cp1252"))
    separator: Separator | None = key(OneOf(",", ";"))
    ignore: tuple[str, ...] = key(ListOf(Text()))
    columns: Mapping[str, str] = key(TextsByName())
    words: _WordTable = key(TableOf(_WordTable))
    values: Mapping[str, Mapping[str, str]] = key(TextsByKey())


def read_mapping(
    file: Path | None,
    columns: Iterable[str] = (),
    ignored: Iterable[str] = (),
    *,
    cell_unknown: bool = False,
) -> ColumnMapping:
    """Return the mapping of a columns file and of options, which take precedence.

    - `file`: the columns file.
    - `columns`: texts `NAME=COLUMN`, with the name in the list and the column name of this program.
    - `ignored`: names of columns that are not read.
    - `cell_unknown`: whether an invalid cell is read as unknown.

    Raises `InputRefused`: `screen.columns` for the file, `usage.wrong` for an option.
    """
    found = AS_GIVEN if file is None else _read_file(file)
    given: dict[str, str] = {}
    for text in columns:
        name, equals, column = text.rpartition("=")
        name, column = clean_name(name), column.strip()
        if not (name and equals and column) or name in given:
            reason = (
                f"{text!r} is not in the form NAME=COLUMN" if name not in given else "is repeated"
            )
            remedy = "write, for example, 'Thrombozyten (G/l)=platelets [10*9/L]', each name once"
            raise InputRefused("usage.wrong", OPTION, reason, remedy)
        given[name] = column
    omitted = {clean_name(name) for name in ignored}
    if both := sorted(omitted & given.keys()):
        reason = f"{both[0]} is also given with --ignore-column"
        raise InputRefused("usage.wrong", OPTION, reason, "keep only one of these entries")
    kept = {name: column for name, column in found.columns.items() if name not in omitted}
    return replace(
        found,
        columns={**kept, **given},
        ignored=(found.ignored - given.keys()) | omitted,
        cell_unknown=cell_unknown,
    )


def _read_file(path: Path) -> ColumnMapping:
    text, digest = read_text(path, CODE, "a columns file")
    read = read_tables(text, path, _ColumnsFile, CODE, REMEDY, _find_errors)
    order: DayOrder | None = "day first" if read.language in DAY_FIRST else None
    words = CellWords(_gather_words(read), _fold_values(read.values), read.dates or order)
    return ColumnMapping(
        columns={clean_name(name): column.strip() for name, column in read.columns.items()},
        ignored=frozenset(map(clean_name, read.ignore)),
        words=words,
        encoding=read.encoding,
        separator=read.separator,
        file=InputFile("columns", path.name, "toml", digest),
    )


def _gather_words(read: _ColumnsFile) -> dict[str, Meaning]:
    """Return the meanings of words; the file takes precedence over its language."""
    of_language = WORDS[read.language] if read.language is not None else {}
    return {
        word.casefold(): meaning
        for table in (of_language, read.words.by_meaning)
        for meaning, words in table.items()
        for word in words
    }


def _fold_values(values: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {
        name: {word.casefold(): value for word, value in table.items()}
        for name, table in values.items()
    }


def _find_errors(read: _ColumnsFile) -> Iterator[Error]:
    """List words with two meanings, columns mapped and ignored, and invalid values."""
    meanings = defaultdict(set)
    for meaning, words in read.words.by_meaning.items():
        for word in words:
            meanings[word.casefold()].add(meaning)
    for word, several in meanings.items():
        if len(several) > 1:
            yield ("words",), f"words: {word!r} has two meanings, {' and '.join(sorted(several))}"
    ignored = {*map(clean_name, read.ignore)}
    names: set[str] = set()
    for name in read.columns:
        if (cleaned := clean_name(name)) in ignored:
            yield ("columns", name), f"columns.{name}: is also listed in ignore"
        if cleaned in names:
            yield ("columns", name), f"columns.{name}: is given twice (extra spaces are ignored)"
        names.add(cleaned)
    for name, table in read.values.items():
        for word, value in table.items():
            if (wrong := _find_wrong_value(name, value)) is not None:
                yield ("values", name, word), f"values.{name}.{word}: {wrong}"


def _find_wrong_value(name: str, value: str) -> str | None:
    """Return why a value cannot be given for a key; None if it can."""
    if name in QUANTITIES or name in UPPER_LIMITS:
        return "a quantity is a number, so words cannot be mapped to it"
    if name not in INPUT_NAMES and name != DIAGNOSIS:
        return f"{name} is not an input key{meant(name, sorted(INPUT_NAMES))}"
    if value in UNKNOWN:
        return None
    entry = value if name == DIAGNOSIS else parse_cell(name, value)
    _, wrong = find_entries({name: entry})
    if not wrong:
        return None
    return wrong[0].partition(": ")[2] if name == DIAGNOSIS else f"give {describe_type(name)}"
