"""A report in reading order: words and pictures, without layout.

Terminal, HTML and PDF are printed from these blocks, with the same contents in the same order.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

from fl_planner.report.words import NOT_GIVEN


@dataclass(frozen=True, slots=True)
class NamedValue:
    """A name and its value; `beside` is an addition in small print."""

    name: str
    value: str = NOT_GIVEN
    beside: str = ""
    strong: bool = False


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
            raise ValueError(f"{self.title}: a row does not have {len(self.head)} entries")

    def first(self, most: int, rest: str) -> "RowTable":
        """Keep the first rows and those always kept; state below how many are omitted."""
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
    """Sentences under a heading; `loud` if they are to be read first."""

    kind: ClassVar[str] = "sentences"
    title: str
    sentences: tuple[str, ...]
    loud: bool = False


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
    """Small pictures in a column, with a large one to their right."""

    kind: ClassVar[str] = "beside"
    small: tuple[Shown, ...]
    large: Shown


Block = Card | Cards | RowTable | Sentences | Shown | SideBySide


@dataclass(frozen=True, slots=True)
class Chapter:
    """Blocks under a main heading."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A report: two pages, a third if growth was measured, and an appendix."""

    title: str
    subtitle: str
    notice: str
    first: tuple[Block, ...]
    second: tuple[Block, ...]
    measured: tuple[Block, ...] = ()
    chapters: tuple[Chapter, ...] = ()


def as_tree(page: Page) -> dict[str, Any]:
    """Convert a page to plain dicts; each block has its kind."""
    return {
        "title": page.title,
        "subtitle": page.subtitle,
        "notice": page.notice,
        "first": _blocks(page.first),
        "second": _blocks(page.second),
        "measured": _blocks(page.measured),
        "chapters": [
            {"title": chapter.title, "blocks": _blocks(chapter.blocks)} for chapter in page.chapters
        ],
    }


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
    return False


def _blocks(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    trees = [{"kind": block.kind, **asdict(block)} for block in blocks]
    for tree in trees:
        tree.pop("near", None)
    return trees
