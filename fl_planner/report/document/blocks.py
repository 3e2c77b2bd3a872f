"""A report in reading order: words and pictures, without layout.

Terminal, HTML and PDF are printed from these blocks, with the same contents in the same order.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, ClassVar

from fl_planner.report.words import NOT_GIVEN, UNKNOWN

NUMERIC = re.compile(r"-|[<>-]? ?[\d.]+(?: of \d+)?(?: %| mm| cm| mL)?(?: \*)?")


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A name and its value; `beside` is an addition in small print."""

    name: str
    value: str = NOT_GIVEN
    beside: str = ""
    strong: bool = False

    @property
    def is_known(self) -> bool:
        """Whether there is a value, or a reason for its absence."""
        return self.value not in UNKNOWN or bool(self.beside)


@dataclass(frozen=True, slots=True)
class Bar:
    """A share and its interval on the axis of a lead.

    - `value`: the share, "29.96 %"; or why there is none.
    - `beside`: its volume and its denominator.
    - `interval`: its interval in words; "" if there is none.
    - `at`: position of the share in percent of the axis; None if only its interval is known.
    - `low`, `high`: ends of the interval, in percent of the axis.
    """

    name: str
    value: str
    beside: str
    interval: str = ""
    at: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class LimitMark:
    """A limit on the axis of a lead.

    - `at`: its position in percent of the axis.
    - `label`: "30 %".
    - `name`: its source and the share to which it applies.
    - `side`: side on which the share is, and the distance.
    - `chance`: the chance that another reading crosses it; "" if unknown.
    - `near`: whether the limit is borderline.
    - `row`: row of its label, from the axis upwards; labels close to each other are in separate
      rows.
    """

    at: float
    label: str
    name: str
    side: str
    chance: str = ""
    near: bool = False
    row: int = 0


@dataclass(frozen=True, slots=True)
class Lead:
    """The number in use, in large type: shares with intervals on one axis, with the limits.

    - `bars`: shares, of which the first is the number; empty if it is not answered.
    - `ticks`: position and text of each number of the axis.
    - `reason`: reason why the number is not answered.
    """

    kind: ClassVar[str] = "lead"
    title: str
    bars: tuple[Bar, ...]
    limits: tuple[LimitMark, ...] = ()
    ticks: tuple[tuple[float, str], ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PlanAnswer:
    """The answer in one sentence, printed large, with sentences below it.

    - `accepted`: statement that the answer is given despite an error accepted by readers; "" if
      there is none.
    """

    kind: ClassVar[str] = "answer"
    title: str
    headline: str
    accepted: str = ""
    beside: tuple[NamedValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """Named values under a heading."""

    kind: ClassVar[str] = "card"
    title: str
    lines: tuple[NamedValue, ...]


@dataclass(frozen=True, slots=True)
class Cards:
    """Cards in reading order, printed side by side."""

    kind: ClassVar[str] = "cards"
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class RowTable:
    """A table whose first column names the row; `beside` is printed below in small print.

    - `near`: rows, from 0, with a number near a limit; not marked when printed.
    - `always`: rows, from 0, that are kept when others are omitted.
    """

    kind: ClassVar[str] = "rows"
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    beside: tuple[str, ...] = ()
    near: tuple[int, ...] = ()
    always: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a row that is shorter or longer than the head."""
        if any(len(row) != len(self.head) for row in self.rows):
            raise ValueError(f"{self.title}: one row does not have {len(self.head)} entries")

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Whether each column contains only numbers, which are printed right-aligned."""
        columns = zip(*self.rows, strict=True)
        return tuple(all(NUMERIC.fullmatch(entry) for entry in one) for one in columns)

    def first(self, most: int, rest: str) -> "RowTable":
        """Keep the first rows and those always kept; state the number of omitted rows below."""
        others = (number for number in range(len(self.rows)) if number not in self.always)
        first = [*self.always, *others][: max(most, len(self.always))]
        kept = {old: new for new, old in enumerate(sorted(first))}
        more = len(self.rows) - len(kept)
        return replace(
            self,
            rows=tuple(self.rows[number] for number in kept),
            beside=(rest.format(more), *self.beside) if more else self.beside,
            near=tuple(kept[number] for number in self.near if number in kept),
            always=tuple(kept[number] for number in self.always),
        )

    def without(self, *names: str, unknown: str | None = None) -> "RowTable":
        """Omit columns by name, or if all entries are unknown."""
        kept = [
            number
            for number, name in enumerate(self.head)
            if name not in names and any(row[number] != unknown for row in self.rows)
        ]
        head, *rows = (tuple(row[number] for number in kept) for row in (self.head, *self.rows))
        return replace(self, head=head, rows=tuple(rows))


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences under a heading; `loud` if to be read first, `grave` if they concern an error."""

    kind: ClassVar[str] = "sentences"
    title: str
    sentences: tuple[str, ...]
    loud: bool = False
    grave: bool = False


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture by its file name, with its description and the notes below it."""

    kind: ClassVar[str] = "shown"
    file: str
    says: str
    beside: tuple[str, ...] = ()
    loud: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Pictures of one height in a row.

    - `wide`: width of each picture at this height.
    """

    kind: ClassVar[str] = "beside"
    shown: tuple[Shown, ...]
    wide: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Columns:
    """Two columns of blocks, read one after the other."""

    kind: ClassVar[str] = "columns"
    columns: tuple[tuple["Block", ...], ...]


Block = PlanAnswer | Card | Cards | Columns | Lead | RowTable | Sentences | Shown | SideBySide


@dataclass(frozen=True, slots=True)
class Chapter:
    """Blocks under a main heading."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A report.

    - `case`: known details of the scan and its reader; `status`: status of the masks.
    - `summary`: page 1, for the tumour board.
    - `trials`: page 2, with method and sources.
    - `values`: page 3, all known values of the plan.
    - `measured`: growth between scans and related measurements.
    - `chapters`: the appendix.
    """

    title: str
    subtitle: str
    notice: str
    case: str
    status: str
    summary: tuple[Block, ...]
    trials: tuple[Block, ...]
    values: tuple[Block, ...]
    measured: tuple[Block, ...] = ()
    chapters: tuple[Chapter, ...] = ()


def as_tree(part: Any) -> Any:
    """Convert a page, or blocks of it, to plain dicts and lists; each block has its kind."""
    if isinstance(part, tuple):
        return [as_tree(one) for one in part]
    if not is_dataclass(part):
        return part
    names = (one.name for one in fields(part))
    marks = ("near",) if isinstance(part, RowTable) else ()  # of the terminal alone
    tree = {name: as_tree(getattr(part, name)) for name in names if name not in marks}
    if isinstance(part, RowTable):
        tree["numeric"] = as_tree(part.numeric)
    return {"kind": part.kind, **tree} if hasattr(part, "kind") else tree


def filled(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Omit empty tables, lists and cards."""
    return tuple(block for block in blocks if not _empty(block))


def _empty(block: Block) -> bool:
    match block:
        case RowTable():
            return not block.rows
        case Sentences():
            return not block.sentences
        case Card():
            return not block.lines
        case Columns():
            return not any(block.columns)
    return False
