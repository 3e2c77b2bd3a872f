"""What each part of a record is made of: frozen nouns, written as the keys of JSON.

A key is declared once, as a field of a part: type, words, unit, bounds and codes in its
annotation (`quantity.py`). JSON is written from here, JSON Schema by `json_schema.py`; tables,
CSV, FHIR and the page read the fields, and what is declared of them by `keys.py`,
what one of them holds by `values.py`.

- A `RecordPart` is an object of JSON; the first line of its docstring describes it.
- `RecordKeys` are keys that stand among those of the part that holds them: `volume`, `plan` and
  `resections` hold one `VolumeKeys` each, and have its keys at the top.
- A field whose default is None or () has no key where it holds that: absent is not null and not
  0. Each other field has its key always; `X | None` without a default may be written as null.
- Parts that stand in one list and differ in a key have it as their `tag_field`.
- `Sided` is a number with its text for a person: two keys, `flr_percent`, `flr_percent_shown`.

Floats are rounded where JSON is written and nowhere else, so the same input gives the same bytes
on any machine.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Annotated, Any, Generic, TypeVar, dataclass_transform

from msgspec import Meta, Struct, StructMeta
from msgspec.json import format as format_json

from fl_planner.basis.text.plain_text import as_escaped_json, as_plain_text

DIGITS = 9  # significant, of every float: above what a 32-bit header holds, below its noise
SHOWN = "_shown"  # what the key of a number's text ends in
SHOWN_SAYS = "The same, on its side of every limit."
ABSENT: tuple[Any, ...] = (None, ())  # defaults that are not written

Record = TypeVar("Record")
Number = TypeVar("Number")
Part = TypeVar("Part", bound="RecordPart")


class _ByName(StructMeta):
    """Makes classes whose fields are given by name, so that any of them may be absent."""

    def __new__(
        cls, name: str, bases: tuple[type, ...], members: dict[str, Any], **config: Any
    ) -> Any:
        """Make a class."""
        return super().__new__(cls, name, bases, members, kw_only=True, **config)


@dataclass_transform(frozen_default=True, kw_only_default=True)
class RecordPart(Struct, frozen=True, metaclass=_ByName):
    """A part of a record: an object of JSON."""

    @property
    def in_cell(self) -> object:
        """What a table says of it where a list of such parts is one cell: its first key."""
        return getattr(self, self.__struct_fields__[0])


class RecordKeys(RecordPart):
    """Keys that stand among those of the part that holds them."""


class Sided(RecordPart, Generic[Number]):
    """A number, and its text on its side of every limit."""

    value: Number
    shown: Annotated[str, Meta(pattern="^[0-9]+[.][0-9]+$")]


def as_part(kind: type[Part], noun: object, **others: object) -> Part:
    """Make a part of what a noun has under the names of its fields, and of `others`.

    Raises `AttributeError`: for a field that neither has, so that no key is absent unseen.
    """
    names = (name for name in kind.__struct_fields__ if name not in others)
    return kind(**{name: getattr(noun, name) for name in names}, **others)


def as_json(record: RecordPart | Mapping[str, Any], digits: int = DIGITS) -> str:
    """Write a record as JSON: sorted keys, UTF-8, no NaN, the same bytes from run to run.

    What a terminal would obey, and what nobody sees, is written as JSON's escape of it; so is a
    byte of a file's name that is no UTF-8, as that of a lone surrogate.
    """
    text = _laid_out(as_plain(record, digits))
    return as_escaped_json(text)


def _laid_out(plain: Any) -> str:
    write = partial(json.dumps, sort_keys=True, allow_nan=False, ensure_ascii=False)
    try:
        return format_json(write(plain), indent=2)
    except UnicodeEncodeError:  # a lone surrogate; this lays out the same in five times the time
        return write(plain, indent=2)


def as_written(record: Record, digits: int = DIGITS) -> Record:
    """Give a record with its floats as JSON has them; -0.0 is 0."""

    def written(value: Any) -> Any:
        return _round(value, digits) if isinstance(value, float) else value

    changed: Record = _changed(record, written)
    return changed


def _round(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}") + 0.0


def printable(record: Record) -> Record:
    """Escape in all texts and keys what acts or is not seen: names of files hold anything.

    Examples
    --------
    >>> printable({"file": "Leber (Kopie) é.nii"}), len(printable(chr(27)))
    ({'file': 'Leber (Kopie) é.nii'}, 4)
    """

    def escaped(value: Any) -> Any:
        return as_plain_text(value) if isinstance(value, str) else value

    changed: Record = _changed(record, escaped)
    return changed


def as_dict(part: RecordPart) -> dict[str, Any]:
    """Write a part as plain dicts and lists, by the keys of its JSON.

    Examples
    --------
    >>> class RemainderRecord(RecordPart):
    ...     flr_percent: Sided[float]
    ...     left: tuple[int, ...]
    ...     margin_mm: float | None = None
    >>> as_dict(RemainderRecord(flr_percent=Sided(value=29.96, shown="29.96"), left=(2, 3)))
    {'flr_percent': 29.96, 'flr_percent_shown': '29.96', 'left': [2, 3]}
    """
    return dict(_list_keys(part))


def as_plain(value: Any, digits: int | None = None) -> Any:
    """Write anything of a record by the kinds of JSON: dicts, lists, texts, numbers, null.

    - `digits`: significant ones of every float; None: as they are.
    """
    match value:
        case float() if digits is not None:
            return _round(value, digits)
        case str() | int() | float() | None:
            return value
        case RecordPart():
            return dict(_list_keys(value, digits))
        case Mapping():
            return {key: as_plain(entry, digits) for key, entry in value.items()}
        case _:  # a list or a tuple: a record holds nothing else
            return [as_plain(entry, digits) for entry in value]


def _list_keys(part: RecordPart, digits: int | None = None) -> Iterator[tuple[str, Any]]:
    config = part.__struct_config__
    if config.tag_field is not None:
        yield config.tag_field, config.tag
    absent = find_optional(type(part))
    for name, key in zip(part.__struct_fields__, part.__struct_encode_fields__, strict=True):
        value = getattr(part, name)
        if name in absent and value == absent[name]:
            continue
        match value:
            case RecordKeys():
                yield from _list_keys(value, digits)
            case Sided():
                yield key, as_plain(value.value, digits)
                yield f"{key}{SHOWN}", value.shown
            case _:
                yield key, as_plain(value, digits)


@cache
def find_optional(of: type[RecordPart]) -> Mapping[str, Any]:
    """Find the fields that have no key where they hold their default, None or ()."""
    defaults = of.__struct_defaults__
    names = of.__struct_fields__[len(of.__struct_fields__) - len(defaults) :]
    every = zip(names, defaults, strict=True)
    return {name: default for name, default in every if default in ABSENT}


def _changed(record: Any, change: Callable[[Any], Any]) -> Any:
    """Change each text and number of a record, and the names that mappings have as keys."""
    match record:
        case str() | int() | float() | None:
            return change(record)
        case RecordPart():
            fields = record.__struct_fields__
            return type(record)(**{k: _changed(getattr(record, k), change) for k in fields})
        case Mapping():
            return {change(key): _changed(entry, change) for key, entry in record.items()}
        case _:  # a list or a tuple
            return type(record)(_changed(entry, change) for entry in record)
