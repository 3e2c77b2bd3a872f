"""The elements of a DICOM data set and its identity: read, copied, or removed.

Little endian, types explicit or implicit [PS3.5 7 and A]. Values remain bytes, and sequences of
known length are not read until their items are requested, so that patient data in a file are never
decoded. Inconsistent data are refused, never ignored.

The elements copied into an output are those removed from a shareable file: one list for both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from hmac import digest
from math import isfinite
from secrets import token_bytes
from struct import Struct
from typing import TYPE_CHECKING, TypeVar

from msgspec import structs

from fl_planner.basis.findings import InputRefused
from fl_planner.formats.stored.source import NamedFile
from fl_planner.planning.given.identity import Identity

if TYPE_CHECKING:
    from pydicom.dataset import Dataset


UNDEFINED = 0xFFFFFFFF
ITEM, SEQUENCE_END = 0xFFFEE000, 0xFFFEE0DD
ITEM_GROUP = 0xFFFE
SHORT_TYPES = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split())
LONG_TYPES = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
DEEPEST = 16  # sequences within each other; a SEG has 6
MOST_ELEMENTS = 1 << 21  # of a file; 100 segments of 600 slices have 1.5 million
HEAD_BYTES, LONG_HEAD_BYTES = 8, 12
_TAG, _LENGTH, _SHORT_LENGTH = Struct("<HH"), Struct("<I"), Struct("<H")


@dataclass(frozen=True, slots=True)
class Span:
    """Position of a value; `explicit`: whether elements in it state their type."""

    start: int
    stop: int
    explicit: bool

    @property
    def is_open(self) -> bool:
        """Whether its length is undefined, so that its end is a delimiter."""
        return self.stop - self.start == UNDEFINED


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence of undefined length, which had to be read to find its end."""

    of: tuple[Elements, ...]


@dataclass(frozen=True, slots=True)
class Fragments:
    """Pixel data in fragments, the offset table first."""

    of: tuple[Span, ...]


Value = Span | Items | Fragments
Elements = dict[int, Value]


class Walk(NamedFile):
    """One pass over a file's bytes; every failure is an `InputRefused` that names the file."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name = name
        self.content = content
        self.zeros_follow = False  # whether zeros after the last element were passed over
        self._left = MOST_ELEMENTS

    def __repr__(self) -> str:
        """Name the file; its bytes are not shown."""
        return f"Walk({self.name!r})"

    def damaged(self, what: str) -> InputRefused:
        """Build the refusal of bytes that are not a data set."""
        return self.refuse("header.damaged", f"the DICOM file is damaged: {what}")

    def data_set(self, at: int, *, explicit: bool) -> Elements:
        """Read the elements from `at` to the end of the file; zeros after them are not data."""
        within = Span(at, len(self.content), explicit)
        found: Elements = {}
        while at < within.stop:
            left = within.stop - at
            if not any(self.content[at : at + HEAD_BYTES]) and self.content.count(0, at) == left:
                self.zeros_follow = True
                break
            at = self._element(at, within, found, 0)
        return found

    def group(self, at: int, group: int) -> tuple[Elements, int]:
        """Read the explicit elements of one group from `at`; also return their end."""
        found: Elements = {}
        within = Span(at, len(self.content), explicit=True)
        while self.content[at : at + 2] == group.to_bytes(2, "little"):
            at = self._element(at, within, found, 0)
        return found, at

    def items(self, value: Span, depth: int) -> tuple[Elements, ...]:
        """Read the items of a sequence of known length at the given nesting level."""
        return self._items(value, depth)[0]

    def _elements(
        self, within: Span, depth: int, *, open_ended: bool = False
    ) -> tuple[Elements, int]:
        """Read the elements of an item, to the end of a span or a delimiter; return their end."""
        found: Elements = {}
        at = within.start
        while at < within.stop:
            if open_ended and self.content[at : at + 4] == b"\xfe\xff\x0d\xe0":
                return found, self._head(at, within)[2].start
            at = self._element(at, within, found, depth)
        if open_ended:
            raise self._ends(within, "an item has no end")
        return found, at

    def _element(self, at: int, within: Span, found: Elements, depth: int) -> int:
        """Read one element into `found`; return the start of the next one."""
        self._left -= 1
        if self._left < 0:
            raise self.refuse(
                "limit.elements", f"there are more than {MOST_ELEMENTS} header elements"
            )
        tag, kind, value = self._head(at, within)
        if tag >> 16 == ITEM_GROUP:
            raise self.damaged("an item was found where an element was expected")
        if tag in found:
            raise self.damaged("an element occurs twice")
        if not value.is_open:
            found[tag] = self._closed(value, within)
            return value.stop
        inner = Span(value.start, within.stop, value.explicit)
        if kind in (b"OB", b"OW"):
            spans, end = self._fragments(inner)
            found[tag] = Fragments(spans)
        elif kind in (b"", b"SQ", b"UN"):
            items, end = self._items(inner, depth + 1, open_ended=True)
            found[tag] = Items(items)
        else:
            raise self.damaged("an element has no length")
        return end

    def _items(
        self, within: Span, depth: int, *, open_ended: bool = False
    ) -> tuple[tuple[Elements, ...], int]:
        """Read items that fill a span, or end at a delimiter; also return their end."""
        if depth > DEEPEST:
            raise self.damaged(f"more than {DEEPEST} nested sequences")
        items: list[Elements] = []
        at = within.start
        while at < within.stop:
            tag, _, value = self._head(at, within)
            if tag == SEQUENCE_END and open_ended:
                return tuple(items), value.start
            if tag != ITEM:
                raise self.damaged("an item is missing")
            if value.is_open:
                rest = Span(value.start, within.stop, within.explicit)
                elements, at = self._elements(rest, depth, open_ended=True)
            else:
                elements, at = self._elements(self._closed(value, within), depth)
            items.append(elements)
        if open_ended:
            raise self._ends(within, "a sequence has no end")
        return tuple(items), at

    def _fragments(self, within: Span) -> tuple[tuple[Span, ...], int]:
        """Read the fragments of pixel data up to their delimiter; also return their end."""
        spans: list[Span] = []
        at = within.start
        while at < within.stop:
            tag, _, value = self._head(at, within)
            if tag == SEQUENCE_END:
                return tuple(spans), value.start
            if tag != ITEM or value.is_open:
                raise self.damaged("the pixel data are not in fragments of known length")
            self._left -= 1
            if self._left < 0:
                raise self.refuse(
                    "limit.elements", f"there are more than {MOST_ELEMENTS} fragments"
                )
            spans.append(self._closed(value, within))
            at = value.stop
        raise self._ends(within, "the end of the pixel data is missing")

    def _head(self, at: int, within: Span) -> tuple[int, bytes, Span]:
        """Read an element's tag, type and position."""
        if within.stop - at < HEAD_BYTES:
            raise self._ends(within, "within the header of an element")
        group, number = _TAG.unpack_from(self.content, at)
        tag = group << 16 | number
        if group == ITEM_GROUP or not within.explicit:
            start, kind, explicit = at + HEAD_BYTES, b"", within.explicit
            (length,) = _LENGTH.unpack_from(self.content, at + 4)
            return tag, kind, Span(start, start + length, explicit)
        kind = self.content[at + 4 : at + 6]
        if kind in SHORT_TYPES:
            start = at + HEAD_BYTES
            (length,) = _SHORT_LENGTH.unpack_from(self.content, at + 6)
            return tag, kind, Span(start, start + length, explicit=True)
        if kind not in LONG_TYPES:
            raise self.damaged("the type of an element is unknown")
        if within.stop - at < LONG_HEAD_BYTES:
            raise self._ends(within, "within the header of an element")
        start = at + LONG_HEAD_BYTES
        (length,) = _LENGTH.unpack_from(self.content, at + 8)
        return tag, kind, Span(start, start + length, explicit=kind != b"UN")

    def _closed(self, value: Span, within: Span) -> Span:
        """Require that a value ends within its container."""
        if value.stop > within.stop:
            raise self._ends(within, "within an element")
        return value

    def _ends(self, within: Span, what: str) -> InputRefused:
        if within.stop == len(self.content):
            return self.refuse("header.cut", f"the DICOM file ends early: {what}")
        return self.damaged(f"an item ends early: {what}")


Given = TypeVar("Given")

_WHOLE = re.compile(rb"[+-]?\d{1,12}")
_DECIMAL = re.compile(rb"[+-]?(\d{1,32}\.?\d{0,32}|\.\d{1,32})([eE][+-]?\d{1,3})?")
_PADS = b" \0"  # only after a value


@dataclass(frozen=True, slots=True)
class Attribute:
    """An element's tag, and the keyword by which messages name it [PS3.6]."""

    tag: int
    keyword: str


class DataSet:
    """Elements by attribute; `depth` is the nesting level of the sequence.

    Its content is not shown by `repr`, and refusals name an attribute, never its value.
    """

    __slots__ = ("_depth", "_elements", "_walk")

    def __init__(self, walk: Walk, elements: Elements, depth: int = 0) -> None:
        self._walk = walk
        self._elements = elements
        self._depth = depth

    def __repr__(self) -> str:
        """Count the elements."""
        return f"DataSet({len(self._elements)} elements)"

    def __contains__(self, attribute: Attribute) -> bool:
        """Whether the element is present, empty or not."""
        return attribute.tag in self._elements

    def place(self, attribute: Attribute) -> Span | Fragments | None:
        """Return the position of an element's bytes, in one fragment or several."""
        found = self._elements.get(attribute.tag)
        if isinstance(found, Items):
            raise self.wrong(attribute, "is a sequence")
        return found

    def raw(self, attribute: Attribute) -> bytes:
        """Return the bytes of an element; empty if it is absent."""
        found = self.place(attribute)
        if isinstance(found, Fragments):
            raise self.wrong(attribute, "is fragmented")
        return b"" if found is None else self._walk.content[found.start : found.stop]

    def items(self, attribute: Attribute) -> tuple[DataSet, ...]:
        """Return the items of a sequence; empty if it is absent."""
        if (found := self._elements.get(attribute.tag)) is None:
            return ()
        if isinstance(found, Fragments):
            raise self.wrong(attribute, "is not a sequence")
        depth = self._depth + 1
        of = found.of if isinstance(found, Items) else self._walk.items(found, depth)
        return tuple(DataSet(self._walk, elements, depth) for elements in of)

    def only(self, attribute: Attribute) -> DataSet | None:
        """Return the only item of a sequence; two items are ambiguous."""
        items = self.items(attribute)
        if len(items) > 1:
            raise self.wrong(attribute, f"has {len(items)} items instead of one")
        return items[0] if items else None

    def text(self, attribute: Attribute) -> str | None:
        """Return a text without padding; None if it is absent or blank."""
        raw = self.raw(attribute).strip(_PADS)
        try:
            return raw.decode("utf-8") or None
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    def words(self, attribute: Attribute) -> tuple[str, ...]:
        """Return the code strings of a list; blanks around each mean nothing [PS3.5 6.2]."""
        return tuple(word.strip() for word in (self.text(attribute) or "").split("\\"))

    def short(self, attribute: Attribute) -> int | None:
        """Return an unsigned number of 16 bits."""
        raw = self.raw(attribute)
        if len(raw) not in (0, 2):
            raise self.wrong(attribute, "is not a single 16-bit number")
        return int.from_bytes(raw, "little") if raw else None

    def whole(self, attribute: Attribute) -> int | None:
        """Return a whole number written as digits."""
        raw = self.raw(attribute).rstrip(_PADS).lstrip(b" ")
        if raw and not _WHOLE.fullmatch(raw):
            raise self.wrong(attribute, "is not a whole number")
        return int(raw) if raw else None

    def decimals(self, attribute: Attribute, count: int) -> tuple[float, ...] | None:
        """Return `count` numbers written as digits; None if absent."""
        raw = self.raw(attribute).rstrip(_PADS)
        parts = [part.strip(b" ") for part in raw.split(b"\\")]
        if raw and (len(parts) != count or not all(map(_DECIMAL.fullmatch, parts))):
            raise self.wrong(attribute, f"is not {count} {'number' if count == 1 else 'numbers'}")
        numbers = tuple(map(float, parts)) if raw else ()
        if not all(map(isfinite, numbers)):
            raise self.wrong(attribute, "is not finite")
        return numbers or None

    def decimal(self, attribute: Attribute) -> float | None:
        """Return one number written as digits."""
        numbers = self.decimals(attribute, 1)
        return None if numbers is None else numbers[0]

    def need(self, attribute: Attribute, value: Given | None) -> Given:
        """Require that a value was given."""
        if value is None:
            raise self._walk.refuse(
                "header.missing", f"{attribute.keyword} is missing from the header"
            )
        return value

    def wrong(self, attribute: Attribute, how: str) -> InputRefused:
        """Build the refusal of a value, without showing it."""
        return self._walk.refuse("header.value", f"{attribute.keyword} in the header {how}")


PATIENT, ISSUER = Attribute(0x00100020, "PatientID"), Attribute(0x00100021, "IssuerOfPatientID")
STUDY = Attribute(0x0020000D, "StudyInstanceUID")
SERIES = Attribute(0x0020000E, "SeriesInstanceUID")
STUDY_DATE = Attribute(0x00080020, "StudyDate")
BIRTH_DATE = Attribute(0x00100030, "PatientBirthDate")
FRAME = Attribute(0x00200052, "FrameOfReferenceUID")
_KEY = token_bytes(sha256().digest_size)  # of this run: a mark cannot be found by trying


def mark(attribute: Attribute, raw: bytes) -> bytes | None:
    """Mark a value; None if it is missing."""
    plain = raw.strip(_PADS)
    return digest(_KEY, attribute.keyword.encode() + b"=" + plain, sha256) if plain else None


def identify(data: DataSet, frame: bytes = b"") -> Identity:
    """Return the identity of patient, study and frame of reference."""
    return Identity(
        patient=mark(PATIENT, data.raw(PATIENT)),
        issuer=mark(ISSUER, data.raw(ISSUER)),
        frame=mark(FRAME, frame or data.raw(FRAME)),
        study=mark(STUDY, data.raw(STUDY)),
    )


def identify_dated(data: DataSet, frame: bytes = b"") -> Identity:
    """Return the identity, with the dates of birth and examination.

    Old files write dates with dots, and some archives with hyphens, as in FHIR.
    """
    born, day = (mark(on, data.raw(on).translate(None, b".-")) for on in (BIRTH_DATE, STUDY_DATE))
    return structs.replace(identify(data, frame), born=born, day=day)


def mark_days(entered: date | None) -> tuple[bytes, ...]:
    """Mark the dates that an examination may have, of which images were acquired on this date.

    An examination that continues past midnight keeps the date of its beginning.
    """
    days = [] if entered is None else [entered]
    days += [day - timedelta(1) for day in days if day > date.min]
    marks = (mark(STUDY_DATE, f"{day:%Y%m%d}".encode()) for day in days)
    return tuple(one for one in marks if one is not None)


NAME = Attribute(0x00100010, "PatientName")
TEXTS = {  # -> the most letters
    NAME: 64,
    PATIENT: 64,
    ISSUER: 64,
    Attribute(0x00200010, "StudyID"): 16,
    Attribute(0x00080050, "AccessionNumber"): 16,
}
DATES = (BIRTH_DATE, STUDY_DATE)
TIME = Attribute(0x00080030, "StudyTime")
SEX = Attribute(0x00100040, "PatientSex")
ALL = tuple(one.keyword for one in (*TEXTS, *DATES, TIME, SEX))
# Of patient and study, if only empty [PS3.3 C.7.1.1, C.7.2.1]. The issuer stands only where it is
# known: without it two hospitals' number 17 are one patient.
MUST_STAND = tuple(one for one in ALL if one != ISSUER.keyword)


def without_patient(header: Dataset) -> Dataset:
    """Copy a header without the elements on patient and date."""
    from pydicom.dataset import Dataset

    # elements are shared: those that are emptied must be its own
    bare = Dataset({one.tag: one for one in header if one.keyword not in ALL})
    empty_patient(bare)
    return bare


def empty_patient(data: Dataset) -> None:
    """Empty the elements on patient and date."""
    for keyword in MUST_STAND:
        setattr(data, keyword, "")
    if ISSUER.keyword in data:
        delattr(data, ISSUER.keyword)


def name_patient(made: Dataset, whose: Dataset) -> None:
    """Add the patient and study of a header to an output, except missing elements."""
    for keyword in ALL:
        if keyword in whose:
            made[keyword] = whose[keyword]
