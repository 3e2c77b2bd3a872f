"""Parts of a record: frozen classes, written as the keys of JSON.

A key is declared once, as a field of a part: type, description, unit, bounds and codes in its
annotation. JSON is written from here, JSON Schema by `json_form.py`; tables, CSV, FHIR and the page
read the fields, and their declarations by `keys.py`.

- A `RecordPart` is an object of JSON; the first line of its docstring describes it.
- `RecordKeys` are keys inserted in the part that contains them: `volume`, `plan` and
  `resections` contain one `VolumeKeys` each, with its keys at the top.
- A field whose default is None or () has no key if it has that value: an absent key means neither
  null nor 0. All other fields always have a key; `X | None` without a default may be written as
  null.
- Parts in one list that differ in a key have it as their `tag_field`.
- `Sided` is a number with its text: two keys, `flr_percent`, `flr_percent_shown`.

Floats are rounded only when JSON is written, so the same input gives the same bytes
on any machine.

A kind of values has a unit and bounds; `says` adds the description, which ends with the unit
unless it is a whole sentence: `Annotated[Ml, says("Tumours")]` is "Tumours, mL." in the
schema.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cache, partial
from types import UnionType
from typing import (
    Annotated,
    Any,
    Generic,
    Literal,
    TypeVar,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

from msgspec import Meta, Struct, StructMeta, field, structs
from msgspec.json import Encoder
from msgspec.json import format as format_json

from fl_planner.basis.clinical_codes import DAY, ML, MM, MM2, PERCENT, WHOLES, Term, local
from fl_planner.basis.plain_text import as_escaped_json, as_plain_text
from fl_planner.basis.shown import Share, as_ends, as_number

DIGITS = 9  # significant, of every float: above what a 32-bit header holds, below its noise
SHOWN = "_shown"  # what the key of a number's text ends in
SHOWN_SAYS = "The value with enough digits to show whether it is below, at or above each limit."
ABSENT: tuple[Any, ...] = (None, ())  # defaults that are not written

Record = TypeVar("Record")
AnyNumber = TypeVar("AnyNumber")
Part = TypeVar("Part", bound="RecordPart")


class _ByName(StructMeta):
    """Metaclass that makes fields keyword-only, so that any of them may be absent."""

    def __new__(
        cls, name: str, bases: tuple[type, ...], members: dict[str, Any], **config: Any
    ) -> Any:
        """Build a class."""
        return super().__new__(cls, name, bases, members, kw_only=True, **config)


@dataclass_transform(frozen_default=True, kw_only_default=True)
class RecordPart(Struct, frozen=True, metaclass=_ByName):
    """Part of a record: an object of JSON."""

    @property
    def in_cell(self) -> object:
        """Text in a table cell that contains a list of such parts: the first key."""
        return getattr(self, self.__struct_fields__[0])


class RecordKeys(RecordPart):
    """Keys inserted in the part that contains them."""


class Sided(RecordPart, Generic[AnyNumber]):
    """Number with its text, which is not rounded across a limit."""

    value: AnyNumber
    shown: Annotated[str, Meta(pattern="^[0-9]+[.][0-9]+$")]


def as_part(kind: type[Part], noun: object, **others: object) -> Part:
    """Create a part from the equally named attributes of an object, and from `others`.

    An exact `Fraction` becomes the float that JSON writes.

    Raises `AttributeError`: for a field that neither of them has, so that a missing key is always
    noticed.
    """
    names = (name for name in kind.__struct_fields__ if name not in others)
    taken = {name: getattr(noun, name) for name in names} | others
    return kind(**{key: float(v) if isinstance(v, Fraction) else v for key, v in taken.items()})


def as_json(record: RecordPart | Mapping[str, Any], digits: int = DIGITS) -> str:
    """Write a record as JSON: sorted keys, UTF-8, no NaN, the same bytes from run to run.

    Control and invisible characters are written as JSON escapes; so is a
    byte of a file's name that is not UTF-8, as that of a lone surrogate.
    """
    text = _format(as_plain(record, digits))
    return as_escaped_json(text)


def as_exact_json(record: Mapping[str, Any]) -> str:
    r"""Write a record as JSON in the same form, each `Decimal` with all of its digits.

    Examples
    --------
    >>> as_exact_json({"volume": Decimal("1500.00011920928955"), "share": 29.96})
    '{\n  "share": 29.96,\n  "volume": 1500.00011920928955\n}'
    """
    return as_escaped_json(format_json(_EXACT.encode(as_plain(record, DIGITS)).decode(), indent=2))


_EXACT = Encoder(order="sorted", decimal_format="number")


def _format(plain: Any) -> str:
    write = partial(json.dumps, sort_keys=True, allow_nan=False, ensure_ascii=False)
    try:
        return format_json(write(plain), indent=2)
    except UnicodeEncodeError:  # a lone surrogate; this lays out the same in five times the time
        return write(plain, indent=2)


def as_written(record: Record) -> Record:
    """Return a record with its floats as in JSON; -0.0 is 0."""

    def written(value: Any) -> Any:
        return _round(value, DIGITS) if isinstance(value, float) else value

    changed: Record = _changed(record, written)
    return changed


def _round(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}") + 0.0


def printable(record: Record) -> Record:
    """Escape control and invisible characters in all texts and keys, such as names of files.

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
    """Convert any value of a record to the types of JSON: dicts, lists, texts, numbers, null.

    - `digits`: number of significant digits of every float; None if unchanged.
    """
    match value:
        case float() if digits is not None:
            return _round(value, digits)
        case str() | int() | float() | Decimal() | None:
            return value
        case RecordPart():
            return dict(_list_keys(value, digits))
        case tuple() | list():
            return [as_plain(entry, digits) for entry in value]
        case _:  # a mapping: a record holds nothing else, and asking for one takes long
            return {key: as_plain(entry, digits) for key, entry in value.items()}


def _list_keys(part: RecordPart, digits: int | None = None) -> Iterator[tuple[str, Any]]:
    config = part.__struct_config__
    if config.tag_field is not None:
        yield config.tag_field, config.tag
    absent = list_optional_fields(type(part))
    for name, key in zip(part.__struct_fields__, part.__struct_encode_fields__, strict=True):
        value = getattr(part, name)
        if name in absent and value == absent[name]:
            continue
        match value:
            case str() | bool() | None:  # most of them
                yield key, value
            case RecordKeys():
                yield from _list_keys(value, digits)
            case Sided():
                yield key, as_plain(value.value, digits)
                yield f"{key}{SHOWN}", value.shown
            case _:
                yield key, as_plain(value, digits)


@cache
def list_optional_fields(of: type[RecordPart]) -> Mapping[str, Any]:
    """List the fields without a key if they have their default, None or ()."""
    defaults = of.__struct_defaults__
    names = of.__struct_fields__[len(of.__struct_fields__) - len(defaults) :]
    every = zip(names, defaults, strict=True)
    return {name: default for name, default in every if default in ABSENT}


def _changed(record: Any, change: Callable[[Any], Any]) -> Any:
    """Change each text and number of a record, and the keys of mappings."""
    match record:
        case str() | int() | float() | Decimal() | None:
            return change(record)
        case RecordPart():
            fields = record.__struct_fields__
            return type(record)(**{k: _changed(getattr(record, k), change) for k in fields})
        case Mapping():
            return {change(key): _changed(entry, change) for key, entry in record.items()}
        case _:  # a list or a tuple
            return type(record)(_changed(entry, change) for entry in record)


class Unit(Struct, frozen=True):
    """Unit as text, and its UCUM term or None."""

    says: str
    term: Term | None = None

    @property
    def sign(self) -> str:
        """Mark next to a number."""
        return self.says if self.term is None else self.term.code


def measured_in(unit: Unit, least: float | None = None, most: float | None = None) -> Meta:
    """Declare unit and bounds of a kind of numbers."""
    return Meta(ge=least, le=most, extra={"unit": unit})


def says(words: str, **more: str | int | Term) -> Meta:
    """Describe a key; `more` are words for single outputs, and its term in a code system."""
    return Meta(description=words, extra=dict(more) or None)


def column(name: str, meaning: str, **more: str) -> Meta:
    """Declare its column in a study row; `more` gives its type, if it has another type.

    `{}` is replaced by the parent key, "flr", or the entry of a list; `{end}` by that of a range.
    """
    return Meta(extra={"column": name, "meaning": meaning, **more})


def one_of(words: str, choices: Iterable[str]) -> Meta:
    """Describe a text and its allowed values."""
    return Meta(description=words, extra_json_schema={"enum": [*choices]})


def by_name(words: str, kinds: Mapping[str, object]) -> Meta:
    """Describe a mapping: values by these optional names, each with a kind."""
    return Meta(description=words, extra={"kinds": kinds})


def at_least(entries: int, most: int | None = None) -> Meta:
    """Declare the number of entries of a list."""
    return Meta(min_length=entries, max_length=most)


def like(pattern: str) -> Meta:
    """Declare the pattern of a text."""
    return Meta(pattern=pattern)


USUAL_LIMITS_PERCENT = (Fraction(20), Fraction(30), Fraction(40))  # in print, of any remnant

Voxels = Annotated[int, measured_in(Unit("voxels"), 0)]
SomeVoxels = Annotated[int, measured_in(Unit("voxels"), 1)]
Ml = Annotated[float, measured_in(Unit("mL", ML), 0)]
PERCENTAGE = Unit("%", PERCENT)
Percent = Annotated[float, measured_in(PERCENTAGE, 0, 100)]
PercentOfAnother = Annotated[float, measured_in(PERCENTAGE, 0)]  # may pass 100
Points = Annotated[float, measured_in(Unit("percentage points", PERCENT))]
Days = Annotated[int, measured_in(Unit("days", DAY))]
Mm = Annotated[float, measured_in(Unit("mm", MM), 0)]
Mm2 = Annotated[float, measured_in(Unit("mm2", MM2), 0)]
Amount = Annotated[float, Meta(ge=0)]
Count = Annotated[int, Meta(ge=0)]
Number = Annotated[int, Meta(ge=1)]  # of one among its like, the first one 1

Code = Annotated[
    str,
    says("Stable code of the form topic.detail; docs/codes.md lists all codes."),
    like(r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$"),
]
FileName = Annotated[str, says("Base name of a file, without its path.")]
ClinicalDate = Annotated[
    Annotated[str, like("^[0-9-]{10}$")] | None, says("Only in the clinical profile.")
]
Sha256 = Annotated[str, says("SHA-256 of the file."), like("^[0-9a-f]{64}$")]
Segments = Annotated[tuple[str, ...], says('Couinaud segments, "1" to "8", "4a", "4b".')]
CaseId = Annotated[str, says("Pseudonym as given by the user.")]
CaseLabel = Annotated[str, says("Label given in the case file; only in the clinical profile.")]
TrialId = Annotated[str, says("Registry number of the trial."), like("^[A-Za-z0-9._-]+$")]
CriterionId = Annotated[str, says("Identifier of the criterion.")]


def as_float(value: Fraction | float | None) -> float | None:
    """Return a number as written in JSON; None if unknown."""
    return None if value is None else float(value)


def as_percent(percent: float, limits: Iterable[Fraction]) -> str:
    """Format a percentage without rounding it across a limit, from the float written in JSON."""
    return as_number(Fraction(str(percent)), limits)


@overload
def as_sided(share: Share | Fraction, limits_percent: Iterable[Fraction]) -> Sided[float]: ...
@overload
def as_sided(
    share: Share | Fraction | None, limits_percent: Iterable[Fraction]
) -> Sided[float] | None: ...
def as_sided(
    share: Share | Fraction | None, limits_percent: Iterable[Fraction]
) -> Sided[float] | None:
    """Return a share in percent, with its text not rounded across a limit; None if unknown."""
    if share is None:
        return None
    if isinstance(share, Fraction):
        return Sided(value=float(100 * share), shown=as_number(100 * share, limits_percent))
    return Sided(value=share.percent, shown=as_number(100 * share.fraction, limits_percent))


def show_ends(ends: tuple[float, float] | None, limits: Iterable[Fraction]) -> str | None:
    """Format a range without rounding its ends across a limit; None if there is none."""
    if ends is None:
        return None
    low, high = as_ends(ends, limits, 2)
    return f"{low} to {high}"


GIVEN = "as entered, not calculated"


class Observation(Struct, frozen=True):
    """Number of a record as an observation, in the order of the keys.

    - `term`: its code; a code of this project if no public one fits.
    - `method`: its method, or the denominator of a share; `{whole}` is that of all shares.
    - `origin`: "masks" if it has the day of the scan and the findings of the plan; "given" if it
      has only those of `doubts`; None if `origin` of its part states whether it was given.
    - `of`: codes of the observations from which it was computed.
    - `number`: the number of the record together with which it is withdrawn, or "".
    - `always`: whether an unknown value is stated as unknown.
    - `limited`: the share whose interval and trial limits apply, or "".
    - `entry`: the entry of values by name.
    - `last`: whether it follows all others.
    - `by`: path of fields to the names of its sources; () if there is only one.
    - `words`: replacements of `{...}` in `term` and `of` by these names: a different source makes a
      different observation.
    - `readings`: keys next to `by` with the smallest and largest of its readings.
    - `doubts`: beginnings of the codes of the findings that apply to it even if it was entered.
    - `ends`: the key next to it with both ends of its interval, or "".
    - `qualified`: the key next to it with a word that is part of it, and the code of this word.
    - `of_one_scan`: whether a volume from masks consists of voxels of this scan alone.
    """

    term: Term
    method: str = GIVEN
    origin: Literal["masks", "given"] | None = None
    of: tuple[str, ...] = ()
    number: str = ""
    always: bool = False
    limited: str = ""
    entry: str | None = None
    last: bool = False
    by: tuple[str, ...] = ()
    words: Mapping[tuple[str, ...], Mapping[str, str]] = field(default_factory=dict)
    readings: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    ends: str = ""
    qualified: tuple[str, Term] | None = None
    of_one_scan: bool = True

    def derived_from(self, names: tuple[str, ...]) -> Observation:
        """Return its observation for these sources."""
        words = self.words[names]
        code, display = (one.format(**words) for one in (self.term.code, self.term.display))
        term = structs.replace(self.term, code=code, display=display)
        return structs.replace(self, term=term, of=tuple(one.format(**words) for one in self.of))


def observed(term: Term, method: str = GIVEN, **more: Any) -> Meta:
    """Declare the observation of a key; `more` are fields of `Observation`."""
    return Meta(extra={"observed": Observation(term, method, **more)})


def observed_as(code: str, display: str, method: str, **more: Any) -> Meta:
    """Declare the observation of a key without a public code."""
    return observed(local(code, display), method, **more)


def observed_in_last() -> Meta:
    """Declare that the observations of a list of parts are those of the last part."""
    return Meta(extra={"observed_in_last": True})


Value = TypeVar("Value")
Declared = Mapping[str, Any]


def list_values(
    part: RecordPart, output: str, of: type[Value]
) -> Iterator[tuple[str, Declared, Value]]:
    """List the values of a type in a part that declare words for an output.

    Each has the name of its field and its declaration, in the order of the fields.

    Examples
    --------
    >>> from fl_planner.record.volumes import LiverParts
    >>> parts = LiverParts(liver=1500.0, nontumorous_liver=1500.0)
    >>> [(declared["row"], ml) for _, declared, ml in list_values(parts, "row", float)]
    [('whole liver, with tumour (TLV)', 1500.0), ('{whole}: the denominator', 1500.0)]
    """
    for name, declared in _read_words(type(part)).items():
        value = getattr(part, name)
        if output in declared and isinstance(value, of):
            yield name, declared, value


def follow(part: Any, fields: Iterable[str]) -> Any:
    """Return the value at a path of fields from a part; None if a field is missing.

    A field of a list of parts is that of the last.
    """
    for name in fields:
        if isinstance(part, tuple):
            part = part[-1]
        part = None if part is None else getattr(part, name)
    return part


@cache
def _read_words(part: type[RecordPart]) -> Mapping[str, Declared]:
    """Read the declarations of a part other than its types, without nested parts."""
    hints = get_type_hints(part, include_extras=True)
    return {name: dict(_list_words(hints[name])) for name in part.__struct_fields__}


def _list_words(hint: Any) -> Iterator[tuple[str, Any]]:
    """List the words of an annotation; the words of the type inside it are first."""
    for inner in get_args(hint):
        if isinstance(inner, Meta):
            yield from (inner.extra or {}).items()
        elif get_origin(inner) in (Annotated, Union, UnionType):
            yield from _list_words(inner)


DENOMINATORS = {name: whole.display for name, whole in WHOLES.items()}  # of shares, by code
WHOLE_LIVER = "measured_liver"  # the denominator without a tumour mask
Denominator = Annotated[str, one_of("Denominator of the shares.", DENOMINATORS)]
FlrDenominator = Annotated[
    str | None, one_of("Denominator of the FLR; absent without a measured FLR.", DENOMINATORS)
]
