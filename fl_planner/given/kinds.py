"""Kinds of inputs: each is read from a case file, parsed from an option, and written back.

Modules that only some kinds require (planes, cuts, scores) are imported on use.
"""

from __future__ import annotations

import datetime
import os
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from fl_planner.basis.exact_text import NUMBER
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import format_count
from fl_planner.given.table import (
    NO_TABLE,
    At,
    InputKind,
    Table,
    Words,
    WrongEntryError,
    read_each,
    read_entries,
)

if TYPE_CHECKING:
    from fl_planner.basis.units import Plausible

TEXT, EMPTY, TRUTH = "give text in quotes", "must not be empty", "give true or false"
LIST, WHOLE = "give a list in brackets", "give a whole number"
DAY = "give a date without quotes, such as 2026-05-04"
UNKNOWN = "unknown"  # overrides the answer of a file
STATES = {"yes": True, "no": False, UNKNOWN: None}
_SEGMENT = re.compile("[1-8][ab]?")
_RESECTION = re.compile(f"H(?:{_SEGMENT.pattern})+")  # New World notation [clinical.md 12]


def name_option(word: str) -> str:
    """Return the option of a keyword, such as `--remnant-segments`."""
    return f"--{word.replace('_', '-')}"


def parse_decimal(option: str, text: str, unit: str = "") -> Decimal:
    """Parse the number of an option; a refusal names the option, and its unit if it has one.

    `Decimal` would also read 2_9 as 29, and sNaN.
    """
    if NUMBER.fullmatch(plain := text.strip()):
        return Decimal(plain)
    from fl_planner.trials.statements import as_meant

    meant = as_meant(text, unit)
    wanted = f"give a number in {unit}" if unit else "give a number without a unit"
    remedy = wanted if meant is None else f"write {meant}"
    name = name_option(option) if not option.startswith("--") else option
    raise InputRefused("usage.wrong", name, f"{text!r} is not a number", remedy)


def parse_segment_list(option: str, text: str | None) -> tuple[str, ...]:
    """Parse a list of Couinaud segments; empty if the option was not given."""
    if text is None:
        return ()
    from fl_planner.liver.names.structures import ACCEPTED, parse_segments, split_segments

    names, wrong = parse_segments(split_segments(text))
    if wrong:
        reason = f"not a Couinaud segment: {', '.join(repr(name.strip()) for name in wrong)}"
        raise InputRefused("usage.wrong", option, reason, f"give segments as {ACCEPTED}")
    return names


def parse_resection(text: str) -> tuple[str, ...]:
    """Parse the segments removed by a resection: a list, or a name such as "H4b567"."""
    named = _RESECTION.fullmatch(text.strip())
    names = text if named is None else ",".join(_SEGMENT.findall(text))
    return parse_segment_list("--resect", names)


def as_toml(value: Any) -> str:
    """Write a value as TOML; the writer is imported on use."""
    from fl_planner.given import toml

    return toml.as_toml(value)


def is_number(entry: object) -> TypeGuard[int | Decimal]:
    """Whether an entry of exact TOML is a number; true and false are not."""
    return isinstance(entry, int | Decimal) and not isinstance(entry, bool)


def require_list(entry: object) -> list[Any]:
    """Return a list unchanged; raises `WrongEntryError` for anything else."""
    if not isinstance(entry, list):
        raise WrongEntryError(LIST)
    return entry


def read_refused(read: Callable[[], Any]) -> Any:
    """Convert the refusal of an entry to an error of its table, which names the key."""
    try:
        return read()
    except InputRefused as refused:
        raise WrongEntryError(f"{refused.reason}; {refused.remedy}") from refused


class Plain(InputKind):
    """A value that TOML can store directly."""

    def write(self, value: Any, folder: Path) -> str:
        return as_toml(value)


class Text(Plain):
    """A text that is not empty."""

    def read(self, entry: object, at: At) -> Any:
        if not isinstance(entry, str):
            raise WrongEntryError(TEXT)
        if not entry:
            raise WrongEntryError(EMPTY)
        return entry


class TableOfNames(InputKind):
    """Entries with free names (labels, facts), checked by another reader."""

    wants = "table with names of your choice"

    def __init__(self, nothing: Any = None) -> None:
        self.nothing = nothing

    def read(self, entry: object, at: At) -> Any:
        if not isinstance(entry, Mapping):
            raise WrongEntryError(NO_TABLE)
        return entry


class Version(InputKind):
    """The version of a file format."""

    wants = "1"

    def read(self, entry: object, at: At) -> int:
        if entry != 1 or isinstance(entry, bool | Decimal):
            raise WrongEntryError("this version of fl_planner reads schema = 1")
        return 1


class Flag(Plain):
    """A statement that is false unless given."""

    wants = "true or false"
    typed = "bool"
    nothing: bool | None = False
    is_flag = True

    def read(self, entry: object, at: At) -> bool:
        if not isinstance(entry, bool):
            raise WrongEntryError(TRUTH)
        return entry


class YesNo(Flag):
    """A statement that is true, false or not given."""

    typed = "YesNo"
    nothing = None
    is_flag = False
    choices = ("yes", "no")

    def parse(self, typed: Any, option: str, words: Words) -> Any:
        return STATES[typed]


class OneOf(Plain):
    """One of several fixed texts or numbers.

    - `fold`: whether case is ignored.
    - `spelt`: values by their other spellings.
    """

    def __init__(
        self, *values: str | int, fold: bool = False, spelt: Mapping[str, str] | None = None
    ) -> None:
        self.values = values
        self._spelt: Mapping[str, str | int] = spelt or {}
        spellings = {**{str(one): one for one in values}, **self._spelt}
        self._folded = {name.casefold(): one for name, one in spellings.items()} if fold else {}
        self.choices = tuple(map(str, values))
        named = ", ".join(f'"{one}"' for one in self.choices)
        self.typed, self.wants = f"Literal[{named}]", ", ".join(self.choices)

    def read(self, entry: object, at: At) -> Any:
        if isinstance(entry, str):
            entry = self._spelt.get(entry, self._folded.get(entry.casefold(), entry))
        if entry not in self.values or isinstance(entry, bool | Decimal):
            *others, last = map(repr, self.values)
            listed = f"{', '.join(others)} or {last}" if others else last
            raise WrongEntryError(f"give {listed}")
        return entry


class Whole(InputKind):
    """A whole number within bounds; `words` is the remedy for any other entry."""

    wants = "whole number"

    def __init__(self, least: int | None = None, most: int | None = None, words: str = "") -> None:
        self._least, self._most, self._words = least, most, words

    def read(self, entry: object, at: At) -> int:
        if not isinstance(entry, int) or isinstance(entry, bool):
            raise WrongEntryError(self._words or WHOLE)
        if self._least is not None and entry < self._least:
            raise WrongEntryError(self._words or f"give {self._least} or more")
        if self._most is not None and entry > self._most:
            raise WrongEntryError(self._words or f"give {self._most} or less")
        return entry


class Exact(InputKind):
    """A number, exactly as entered."""

    wants = "number"

    def read(self, entry: object, at: At) -> Decimal:
        if not is_number(entry):
            raise WrongEntryError("give a number")
        return Decimal(entry)


class Day(InputKind):
    """A date."""

    wants = "date"

    def read(self, entry: object, at: At) -> datetime.date:
        if not isinstance(entry, datetime.date) or isinstance(entry, datetime.datetime):
            raise WrongEntryError(DAY)
        return entry


class Moment(InputKind):
    """A date with its time."""

    wants = "date and time"
    shape = "yyyy-mm-dd hh:mm"
    _FORM = re.compile(
        r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?", re.ASCII
    )  # a date alone is not taken as midnight

    def read(self, entry: object, at: At) -> datetime.datetime:
        if not isinstance(entry, datetime.datetime):
            raise WrongEntryError(
                "give a date and time without quotes, such as 2026-05-20T12:00:00"
            )
        return entry

    def parse(self, typed: Any, option: str, words: Words) -> datetime.datetime:
        try:
            if self._FORM.fullmatch(typed):
                return datetime.datetime.fromisoformat(typed)
        except ValueError:  # not of the calendar or the clock
            pass
        reason = f"{typed!r} is not a date with its time"
        raise InputRefused("usage.wrong", option, reason, "write it as 2026-05-20 12:00")


class File(Text):
    """A single file, or a folder of DICOM slices."""

    wants = "file"
    typed = "AnyImage"
    metavar = "FILE"

    def read(self, entry: object, at: At) -> Path:
        if isinstance(entry, list):
            if len(entry) > 1:
                what = (
                    f"{len(entry)} files are given, but only one can be used; combine them in the "
                    "program that drew them"
                )
                raise WrongEntryError(what)
            entry = entry[0] if entry else ""
        if "\0" in (text := str(super().read(entry, at))):
            raise WrongEntryError("contains a null character, which no file name has")
        return at.folder / text

    def write(self, value: Any, folder: Path) -> str:
        files = value if isinstance(value, tuple) else (value,)
        paths = [as_toml(Path(os.path.relpath(path, folder)).as_posix()) for path in files]
        return paths[0] if len(paths) == 1 else f"[{', '.join(paths)}]"


class PathFile(File):
    """A file that cannot be in memory, such as a table."""

    typed = "AnyPath"


class Files(File):
    """A file, or a list of files for one structure."""

    wants = "file, or a list of files"
    typed = "Images"
    multiple = True

    def read(self, entry: object, at: At) -> Any:
        if isinstance(entry, str):
            entry = [entry]
        if not isinstance(entry, list):
            raise WrongEntryError(TEXT)
        if not entry:
            raise WrongEntryError("name at least one file")
        alone = File()
        paths = tuple(read_each(entry, lambda one: alone.read(Text().read(one, at), at)))
        return paths if len(paths) > 1 else paths[0]


def read_by_name(entry: object, read: Callable[[object], Any]) -> dict[str, Any]:
    """Read a table whose keys are free names; raises `WrongEntryError`."""
    if not isinstance(entry, Mapping):
        raise WrongEntryError(NO_TABLE)
    errors, found = [], {}
    for name, one in entry.items():
        if not name:
            errors += WrongEntryError(EMPTY).below("[key]")
        try:
            found[name] = read(one)
        except WrongEntryError as wrong:
            errors += wrong.below(name)
    if errors:
        raise WrongEntryError(errors=errors)
    return found


class TablesByName(InputKind):
    """Tables of one kind by free names."""

    nothing: Any = {}  # noqa: RUF012 - no table is changed after it was made

    def __init__(self, table: type[Table]) -> None:
        self._table = table

    def read(self, entry: object, at: At) -> dict[str, Any]:
        return read_by_name(entry, lambda one: read_entries(self._table, one, at))


class FilesByName(InputKind):
    """Files of structures named by the user; files under the same name are combined.

    - `example`: an entry as written for the option.
    """

    wants = "table of files by name"
    typed = "ImagesByName"
    nothing: Any = {}  # noqa: RUF012 - no table is changed after it was made
    metavar = "NAME=FILE"
    multiple = True

    def __init__(self, example: str) -> None:
        self._example = example

    def read(self, entry: object, at: At) -> dict[str, Any]:
        return read_by_name(entry, lambda one: Files().read(one, at))

    def parse(self, typed: Any, option: str, words: Words) -> Any:
        if isinstance(typed, Mapping):
            return typed
        files: dict[str, tuple[Path, ...]] = {}
        for entry in typed:
            name, equals, path = entry.partition("=")
            if not (name and equals and path):
                reason = f"{entry!r} is not NAME=FILE"
                raise InputRefused("usage.wrong", option, reason, f"write {option} {self._example}")
            files[name] = (*files.get(name, ()), Path(path))
        return {name: paths if len(paths) > 1 else paths[0] for name, paths in files.items()}

    def write(self, value: Any, folder: Path) -> str:
        named = (f"{as_toml(name)} = {File().write(one, folder)}" for name, one in value.items())
        return f"{{ {', '.join(named)} }}"


class Segments(InputKind):
    """Couinaud segments, each once."""

    wants = "list of segments"
    typed = "Segments"
    nothing = ()
    metavar = "LIST"

    def read(self, entry: object, at: At) -> tuple[str, ...]:
        return tuple(dict.fromkeys(read_each(require_list(entry), read_segment)))

    def parse(self, typed: Any, option: str, words: Words) -> tuple[str, ...]:
        lists = typed if isinstance(typed, tuple) else (typed,)
        named = (name for one in lists for name in parse_segment_list(option, one))
        return tuple(dict.fromkeys(named))

    def write(self, value: Any, folder: Path) -> str:
        return f"[{', '.join(one if one.isdigit() else as_toml(one) for one in value)}]"


class SegmentsOneByOne(Segments):
    """Couinaud segments, given by repeating the option."""

    metavar = "N"
    multiple = True

    def write(self, value: Any, folder: Path) -> str:
        return super().write(sorted(value), folder)


def read_segment(entry: object) -> str:
    """Read a segment of TOML; raises `WrongEntryError`."""
    from fl_planner.liver.names.structures import ACCEPTED, parse_segment

    whole = isinstance(entry, int) and not isinstance(entry, bool)
    name = parse_segment(str(entry)) if whole or isinstance(entry, str) else None
    if name is None:
        raise WrongEntryError(f"give a segment: {ACCEPTED}")
    return name


class Margin(InputKind):
    """A margin of liver in mm; at most `transection.MOST_MARGIN_MM`."""

    wants = "number"
    typed = "Amount"
    metavar = "MM"

    def read(self, entry: object, at: At) -> float:
        if not is_number(entry):
            raise WrongEntryError("give a number")
        if (wrong := _describe_outside(Decimal(entry))) is not None:
            raise WrongEntryError(f"{wrong}; give the margin in mm")
        return float(entry)

    def parse(self, typed: Any, option: str, words: Words) -> float:
        wrong = _describe_outside(margin_mm := parse_decimal(option, typed, "mm"))
        if wrong is not None:
            raise InputRefused("usage.wrong", option, wrong, "give the margin in mm")
        return float(margin_mm)

    def write(self, value: Any, folder: Path) -> str:
        return as_toml(Fraction(str(value)))


def _describe_outside(margin_mm: Decimal) -> str | None:
    from fl_planner.liver.transection import MOST_MARGIN_MM

    if margin_mm.is_finite() and 0 <= margin_mm <= MOST_MARGIN_MM:
        return None
    return f"a margin of {margin_mm:.12g} mm is outside the range of 0 to {MOST_MARGIN_MM:g} mm"


class Size(Plain):
    """Height or weight; `parse_size` of `patient/body_size.py` checks the bounds."""

    wants = "number"
    typed = "Amount"

    def __init__(self, metavar: str, parse_size: str) -> None:
        self.metavar, self._parse = metavar, parse_size

    def _of(self, number: Decimal) -> Any:
        from fl_planner.patient import body_size  # not required by `volume`

        return getattr(body_size, self._parse)(number)

    def read(self, entry: object, at: At) -> Any:
        if not is_number(entry):
            raise WrongEntryError("give a number")
        return read_refused(lambda: self._of(Decimal(entry)))

    def parse(self, typed: Any, option: str, words: Words) -> Any:
        return self._of(parse_decimal(option, typed, (self.metavar or "").lower()))


class QuantityEntry(InputKind):
    """A plausible number of a quantity.

    - `of`: the quantity, as `module:name`, loaded on use.
    - `word`: a text accepted instead of a number.
    """

    wants = "number"
    typed = "Amount"
    metavar = "N"

    def __init__(self, of: str, word: str | None = None, metavar: str = "N") -> None:
        self._of, self.word, self.metavar = of, word, metavar
        self.shape = "" if word is None else f"{metavar.lower()} or {word}"

    def _check(self, number: object) -> Fraction:
        from fl_planner.trials.statements import is_exact

        if not is_number(number) or not is_exact(number):
            raise WrongEntryError("give a number")
        wrong = load_plausible(self._of).describe_implausible(Fraction(number))
        if wrong is not None:
            raise WrongEntryError(wrong)
        return Fraction(number)

    def read(self, entry: object, at: At) -> Any:
        return entry if self.word is not None and entry == self.word else self._check(entry)

    def parse(self, typed: Any, option: str, words: Words) -> Any:
        try:
            return self._check(parse_decimal(option, typed, load_plausible(self._of).unit))
        except WrongEntryError as wrong:
            reason, remedy = str(wrong), "check its unit"
            raise InputRefused("value.implausible", option, reason, remedy) from wrong


def load_plausible(of: str) -> Plausible:
    """Load the quantity named `module:name`."""
    from importlib import import_module

    module, _, name = of.partition(":")
    plausible: Plausible = getattr(import_module(module), name)
    return plausible


class AmountEntry(InputKind):
    """A number with its unit, in any accepted spelling.

    - `example`: an entry as it should be written.
    - `of`: the possible quantities, as `module:name`, each with its unit.
    - `dated`: whether it may have a date.
    """

    wants = "value and unit"

    def __init__(self, example: str, *of: str, dated: bool = False) -> None:
        self._example, self._of, self._dated = example, of, dated

    def read(self, entry: object, at: At) -> tuple[Fraction, str, datetime.date | None]:
        from fl_planner.basis.units import as_ucum
        from fl_planner.trials.statements import is_exact

        keys = {"value", "unit", "date"} if self._dated else {"value", "unit"}
        if not isinstance(entry, dict) or not {"value", "unit"} <= entry.keys() <= keys:
            raise WrongEntryError(f"write {self._example}")
        value, unit, on = entry["value"], entry["unit"], entry.get("date")
        kinds = [load_plausible(one) for one in self._of]
        by_unit = {as_ucum(kind.unit): kind for kind in kinds}
        kind = by_unit.get(as_ucum(unit)) if isinstance(unit, str) else None
        if not is_number(value) or not is_exact(value) or kind is None:
            units = " or ".join(each.unit for each in kinds)
            raise WrongEntryError(f"give a number in {units}")
        if (wrong := kind.describe_implausible(Fraction(value))) is not None:
            raise WrongEntryError(wrong)
        if on is not None:
            try:
                Day().read(on, At(Path()))
            except WrongEntryError:
                raise WrongEntryError(DAY.replace("a date", "its date")) from None
        return Fraction(value), kind.unit, on


class Triple(InputKind):
    """A list of three finite numbers, such as a point in mm."""

    wants = "list of three numbers"
    typed = "PlaceMm"
    metavar = "X,Y,Z"

    def __init__(self, what: str) -> None:
        self._what = what

    def read(self, entry: object, at: At) -> tuple[float, ...]:
        numbers = read_each(require_list(entry), _read_finite)
        if len(numbers) != 3:
            raise WrongEntryError(f"give {self._what}, not {format_count(len(numbers), 'number')}")
        return tuple(numbers)

    def parse(self, typed: Any, option: str, words: Words) -> Any:
        from fl_planner.given.places import parse_place

        return parse_place(option, typed, words["place_frame"])

    def write(self, value: Any, folder: Path) -> str:
        from fl_planner.given.places import write_place

        return write_place(value)


def _read_finite(entry: object) -> float:
    if not is_number(entry):
        raise WrongEntryError("give a number")
    if not isfinite(entry):
        raise WrongEntryError("give a finite number")
    return float(entry)


PLACE = "x, y, z in mm"


class ListOf(InputKind):
    """A list of values of one kind.

    - `number`, `what`: the required length and its description; None for any length.
    """

    wants = "list"

    def __init__(self, each: InputKind, number: int | None = None, what: str = "") -> None:
        self._each, self._number, self._what = each, number, what
        self.nothing = () if number is None else None

    def read(self, entry: object, at: At) -> tuple[Any, ...]:
        found = tuple(read_each(require_list(entry), lambda one: self._each.read(one, at)))
        if self._number is not None and len(found) != self._number:
            raise WrongEntryError(f"give {self._what}, not {len(found)}")
        return found


class Points(ListOf):
    """Points in mm, each given by repeating the option."""

    wants = "list of points"
    typed = "Iterable[str]"
    metavar = "X,Y,Z"
    multiple = True

    def __init__(self) -> None:
        super().__init__(Triple(PLACE))

    def parse(self, typed: Any, option: str, words: Words) -> Any:
        from fl_planner.given.places import parse_place

        return tuple(parse_place(option, one, words["place_frame"]) for one in typed)

    def write(self, value: Any, folder: Path) -> str:
        from fl_planner.given.places import write_place

        return f"[{', '.join(map(write_place, value))}]"


class LesionNumbers(InputKind):
    """Lesions by their numbers; empty for all."""

    wants = 'list of numbers, or "all"'
    typed = "Lesions"
    metavar = "LIST"

    def read(self, entry: object, at: At) -> tuple[int, ...]:
        from fl_planner.given.places import ALL

        if entry == ALL:
            return ()
        if not isinstance(entry, list) or not entry:
            raise WrongEntryError('give lesion numbers, or "all"')
        return tuple(read_each(entry, lambda one: Whole(1).read(one, at)))

    def parse(self, typed: Any, option: str, words: Words) -> tuple[int, ...]:
        from fl_planner.given.places import parse_lesions

        return parse_lesions(typed)

    def write(self, value: Any, folder: Path) -> str:
        return as_toml("all") if not value else f"[{', '.join(map(str, value))}]"


class Hashes(InputKind):
    """SHA-256 of files by role; a header with a separate image file has two."""

    wants = "table of hashes by role"
    nothing: Any = {}  # noqa: RUF012 - no table is changed after it was made

    def read(self, entry: object, at: At) -> dict[str, tuple[str, ...]]:
        return read_by_name(entry, _read_hashes)


def _read_hashes(entry: object) -> tuple[str, ...]:
    return tuple(read_each(entry if isinstance(entry, list) else [entry], _read_hash))


def _read_hash(entry: object) -> str:
    if not isinstance(entry, str):
        raise WrongEntryError(TEXT)
    if not re.fullmatch("[0-9a-f]{64}", entry):
        raise WrongEntryError("give a SHA-256, 64 digits of 0-9 and a-f")
    return entry
