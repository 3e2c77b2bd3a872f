"""What a DICOM data set says, by attribute; its values are decoded when they are asked for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isfinite
from typing import TypeVar

from fl_planner.basis.errors import InputRefused
from fl_planner.formats.dicom.elements import Elements, Fragments, Items, Span, Walk

Given = TypeVar("Given")

_WHOLE = re.compile(rb"[+-]?\d{1,12}")
_DECIMAL = re.compile(rb"[+-]?(\d{1,32}\.?\d{0,32}|\.\d{1,32})([eE][+-]?\d{1,3})?")
_PADS = b" \0"  # behind a value; what stands before it or within it is none


@dataclass(frozen=True, slots=True)
class Attribute:
    """An element's tag, and the keyword by which messages name it [PS3.6]."""

    tag: int
    keyword: str


class DataSet:
    """Elements by attribute; `depth` is how many sequences down it lies.

    What it holds is not shown by `repr`, and refusals name an attribute, never its value.
    """

    __slots__ = ("_depth", "_elements", "_walk")

    def __init__(self, walk: Walk, elements: Elements, depth: int = 0) -> None:
        self._walk = walk
        self._elements = elements
        self._depth = depth

    def __repr__(self) -> str:
        """Say how many elements there are."""
        return f"DataSet({len(self._elements)} elements)"

    def __contains__(self, attribute: Attribute) -> bool:
        """Whether the element is there, empty or not."""
        return attribute.tag in self._elements

    def place(self, attribute: Attribute) -> Span | Fragments | None:
        """Give where the bytes of an element lie, in one piece or in several."""
        found = self._elements.get(attribute.tag)
        if isinstance(found, Items):
            raise self.wrong(attribute, "is a sequence")
        return found

    def raw(self, attribute: Attribute) -> bytes:
        """Give the bytes of an element; none where it is absent."""
        found = self.place(attribute)
        if isinstance(found, Fragments):
            raise self.wrong(attribute, "is in pieces")
        return b"" if found is None else self._walk.content[found.start : found.stop]

    def items(self, attribute: Attribute) -> tuple[DataSet, ...]:
        """Give the items of a sequence; none where it is absent."""
        found = self._elements.get(attribute.tag)
        if found is None:
            return ()
        if isinstance(found, Fragments):
            raise self.wrong(attribute, "is not a sequence")
        depth = self._depth + 1
        of = found.of if isinstance(found, Items) else self._walk.items(found, depth)
        return tuple(DataSet(self._walk, elements, depth) for elements in of)

    def only(self, attribute: Attribute) -> DataSet | None:
        """Give the one item of a sequence; of two nobody knows which one holds."""
        items = self.items(attribute)
        if len(items) > 1:
            raise self.wrong(attribute, f"has {len(items)} items, where one may stand")
        return items[0] if items else None

    def text(self, attribute: Attribute) -> str | None:
        """Give a text without padding; None where it is absent or blank."""
        raw = self.raw(attribute).strip(_PADS)
        try:
            return raw.decode("utf-8") or None
        except UnicodeDecodeError:
            return raw.decode("latin-1")

    def short(self, attribute: Attribute) -> int | None:
        """Give an unsigned number of 16 bits."""
        raw = self.raw(attribute)
        if len(raw) not in (0, 2):
            raise self.wrong(attribute, "is not one number of 16 bits")
        return int.from_bytes(raw, "little") if raw else None

    def whole(self, attribute: Attribute) -> int | None:
        """Give a whole number that is written in digits."""
        raw = self.raw(attribute).rstrip(_PADS).lstrip(b" ")
        if raw and not _WHOLE.fullmatch(raw):
            raise self.wrong(attribute, "is not a whole number")
        return int(raw) if raw else None

    def decimals(self, attribute: Attribute, count: int) -> tuple[float, ...] | None:
        """Give `count` numbers that are written in digits; None where there are none."""
        raw = self.raw(attribute).rstrip(_PADS)
        parts = [part.strip(b" ") for part in raw.split(b"\\")]
        if raw and (len(parts) != count or not all(map(_DECIMAL.fullmatch, parts))):
            raise self.wrong(attribute, f"is not {count} {'number' if count == 1 else 'numbers'}")
        numbers = tuple(map(float, parts)) if raw else ()
        if not all(map(isfinite, numbers)):
            raise self.wrong(attribute, "is not finite")
        return numbers or None

    def decimal(self, attribute: Attribute) -> float | None:
        """Give one number that is written in digits."""
        numbers = self.decimals(attribute, 1)
        return None if numbers is None else numbers[0]

    def need(self, attribute: Attribute, value: Given | None) -> Given:
        """Demand that a value was given."""
        if value is None:
            raise self._walk.refuse("header.missing", f"has no {attribute.keyword} in its header")
        return value

    def wrong(self, attribute: Attribute, how: str) -> InputRefused:
        """Build the refusal of a value, which it does not show."""
        return self._walk.refuse("header.value", f"has a header whose {attribute.keyword} {how}")
