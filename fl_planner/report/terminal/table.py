"""Tables and lines of records in 80 columns, for the terminal."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from operator import sub
from typing import Protocol

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from fl_planner.basis.shown import HELD, NOT
from fl_planner.basis.standing_words import LOOK_FIRST
from fl_planner.record.declaration.part import Sided, list_values
from fl_planner.record.head import SEE, FindingRecord, MeasuredRecord, mark, state_reader
from fl_planner.record.volumes import VolumeKeys, VolumeRecord
from fl_planner.report.document.blocks import RowTable, Sentences
from fl_planner.report.findings import group_findings, has_errors
from fl_planner.report.words import bare_ml, describe_excluded, spaced

_ALL_BY = ContextVar("all_by", default="-v")  # how the reader of a short table gets the full one
NO_FLR = (
    "FLR not calculated: give the mask of the remnant (--flr) or of the resected part "
    "(--resected), or segments (--labelmap and --remnant-segments)."
)
NO_TUMOUR = (
    "No tumour mask was given: the share refers to the whole liver and is not compared with "
    "limits. Give the tumour mask (--tumour), or state that there is no tumour (--no-tumour)."
)
STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}


def volume_table(record: VolumeRecord, *, verbose: bool = False) -> RenderableType:
    """Print findings, volumes and shares; informational findings if `verbose`."""
    volumes = record.volumes
    first = [*in_order(record.findings, [*share_rows(volumes, record)], verbose=verbose)]
    return Group(
        *first,
        *((Text(""),) if first else ()),
        *_volume_rows(volumes, record),
        *no_flr_row(volumes),
        *_no_tumour_row(volumes),
        notice(record.notice),
    )


def volume_rows(volumes: VolumeKeys, record: MeasuredRecord) -> Iterable[RenderableType]:
    """Print volumes and percentages, and mark those not to be used."""
    yield from _volume_rows(volumes, record)
    yield from share_rows(volumes, record)


def _volume_rows(volumes: VolumeKeys, record: MeasuredRecord) -> Iterable[RenderableType]:
    yield _parts(volumes, record)
    if mark(record, "volumes"):
        yield Text(mark(record, "volumes"), style=STYLES["error"])


def no_flr_row(volumes: VolumeKeys) -> Iterable[RenderableType]:
    """Print why the FLR is missing, and the inputs that define it."""
    if volumes.volumes_ml.flr is None:
        yield Text(NO_FLR)


def _no_tumour_row(volumes: VolumeKeys) -> Iterable[RenderableType]:
    """Print the denominator of an FLR without a tumour mask."""
    if volumes.flr_percent is not None and volumes.volumes_ml.tumour is None:
        yield Text(NO_TUMOUR)


LED = ("flr_percent", "untreated_percent")  # shares that begin the answer of a plan


def share_rows(
    volumes: VolumeKeys, record: MeasuredRecord, *, led: bool = False
) -> Iterable[RenderableType]:
    """Print the percentages, and mark those not to be used; omit those in `led` above."""
    for name, declared, percent in list_values(volumes, "row", Sided):
        share = declared["row"].format(whole=volumes.whole)
        reason = mark(record, declared["number"])
        if reason or not (led and name in LED):
            yield with_reason(f"{share}: {percent.shown} %", reason)


DEPENDS_ON = {  # volume: share
    **dict.fromkeys(("flr", "flr_impaired", "resected"), "flr"),
    "untreated": "untreated",
}


def _parts(volumes: VolumeKeys, record: MeasuredRecord) -> Table:
    table = wide_table("Volumes", "mL", "voxels")
    in_ml = list_values(volumes.volumes_ml, "row", float)
    counts = list_values(volumes.voxels, "row", int)
    for (name, declared, ml), (_, _, voxels) in zip(in_ml, counts, strict=True):
        table.add_row(declared["row"].format(whole=volumes.whole), bare_ml(ml), spaced(voxels))
        if name == "liver" and (without := describe_excluded(volumes.excluded_structures)):
            table.add_row(inset(without), "", "", style=STYLES["info"])
        if name in DEPENDS_ON and (reason := mark(record, DEPENDS_ON[name])):
            table.add_row(inset(reason), "", "", style=STYLES["error"])
    for name, made in volumes.masks.shown:
        table.add_row(inset(f"{name} mask: {made}"), "", "", style=STYLES["info"])
    return table


def with_reason(line: str, not_to_use: str) -> Text:
    """Print a line with a number: in bold, or with the reason not to use it."""
    if not not_to_use:
        return Text(line, style="bold")
    return Text.assemble(f"{line} - ", (not_to_use, STYLES["error"]))


@contextmanager
def asking_all_by(words: str) -> Iterator[None]:
    """Set the way in which readers outside the terminal obtain the full table."""
    before = _ALL_BY.set(words)
    try:
        yield
    finally:
        _ALL_BY.reset(before)


def all_by() -> str:
    """Return the way to obtain the full table from a short one."""
    return _ALL_BY.get()


def with_rest(words: str) -> str:
    """Begin the last words of a short table with the way to obtain the full one."""
    return f"{all_by()} shows all. {words[:1].upper()}{words[1:]}"


def finding_rows(
    findings: Iterable[FindingRecord], *, verbose: bool = False, most: int | None = None
) -> Iterable[RenderableType]:
    """Print the findings to review before use; similar findings once.

    If there are more than `most` findings, print all errors, and others as space permits.
    """
    shown = [one for one in group_findings(findings) if verbose or one.severity != "info"]
    if shown:
        yield Text(LOOK_FIRST, style="bold")
    hidden = [] if most is None else [one for one in shown[most:] if one.severity != "error"]
    for one in shown:
        if one in hidden:
            continue
        words = f": {one.message}{state_reader(one)} "
        line = Text.assemble((one.severity, STYLES[one.severity]), words, (f"({one.code})", "dim"))
        yield inset(line)
    if hidden:
        yield inset(f"{len(hidden)} more with {all_by()}")
    if shown:
        yield Text("")


def in_order(
    findings: Sequence[FindingRecord],
    answer: Sequence[RenderableType],
    *,
    verbose: bool = False,
    most: int | None = None,
) -> Iterable[RenderableType]:
    """Print an answer and then its findings; findings with an error come before the answer."""
    found = [*finding_rows(findings, verbose=verbose, most=most)]
    if answer and has_errors(findings):
        yield from (*found, *answer)
    else:
        yield from (*answer, *found[:-1])  # what follows begins with a blank line


class _Found(Protocol):
    """A result with findings and a notice."""

    @property
    def findings(self) -> Iterable[FindingRecord]:
        """Findings to review first."""

    @property
    def notice(self) -> str:
        """The notice of every output."""


def result_table(record: _Found, *rows: RenderableType, verbose: bool = False) -> RenderableType:
    """Print a result between its findings and its notice."""
    return Group(*finding_rows(record.findings, verbose=verbose), *rows, notice(record.notice))


def notice(words: str) -> RenderableType:
    """Print the notice of every output."""
    return Text(f"\n{words[:1].upper()}{words[1:]}.", style="dim")


def inset(shown: RenderableType, style: str = "", by: int = 2) -> RenderableType:
    """Indent every line."""
    return Padding(Text(shown, style) if isinstance(shown, str) else shown, (0, 0, 0, by))


HYPHEN = re.compile(r"(?<=[a-z]-)(?=[a-z])")  # a line may end here
GAP, LEAST_GAP = 2, 1  # blanks between columns


class WordTable(Table):
    """A table without a box in which no word is cut, however narrow the terminal.

    Where its lines do not fit, each column is at least as wide as its longest word. Where these do
    not fit either, headings are broken at hyphens, columns are closer, and the longest words are
    folded: numbers last.
    """

    def __init__(self, *, expand: bool = False) -> None:
        """Start a table without columns."""
        super().__init__(
            box=None, pad_edge=False, header_style="bold", expand=expand, padding=(0, GAP, 0, 0)
        )

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Set the widths of columns that do not fit, and print."""
        most = [_measure_column(column, options.max_width) for column in self.columns]
        gaps = len(most) - 1
        if sum(most) + GAP * gaps > options.max_width:
            self._fit(most, options.max_width - GAP * gaps, gaps)
        yield from super().__rich_console__(console, options)

    def _fit(self, most: list[int], room: int, gaps: int) -> None:
        """Divide `room` between columns; `most`: the width of their longest lines."""
        least = [_measure_words(column) for column in self.columns]
        if sum(least) > room:
            for column in self.columns:
                if not column.no_wrap:
                    column.header = HYPHEN.sub("\n", str(column.header))
            least = [_measure_words(column) for column in self.columns]
        if sum(least) > room:
            self.padding = (0, LEAST_GAP, 0, 0)
            room += (GAP - LEAST_GAP) * gaps
        if sum(least) > room:
            self._fold(least, room)
        held = [_measure_words(column, (HELD, NOT)) for column in self.columns]
        for wanted in (held, most):
            lacking = [*map(sub, wanted, least)]
            for place in sorted(range(len(least)), key=lacking.__getitem__):  # few columns wrap
                least[place] += min(lacking[place], room - sum(least))
        self.expand = False
        for column, width in zip(self.columns, least, strict=True):
            column.width, column.ratio, column.overflow = width, None, "fold"

    def _fold(self, least: list[int], room: int) -> None:
        """Narrow the widest columns to `room`; those of numbers only if all names are folded."""
        figures = [_measure_figures(column) for column in self.columns]
        letters = [_measure_letter(column) for column in self.columns]
        for floor in ([*map(max, figures, letters)], letters):
            while sum(least) > room and any(spare := [*map(sub, least, floor)]):
                widest = max(range(len(least)), key=lambda place: (spare[place] > 0, least[place]))
                least[widest] -= 1


def _list_cells(column: Column) -> list[RenderableType]:
    return [column.header, *column.cells]


def _measure_column(column: Column, most: int) -> int:
    """Measure the longest line of a column, or its largest width if that is set."""
    return min(_measure_lines(column), most if column.max_width is None else column.max_width)


def _measure_words(column: Column, joined: Sequence[re.Pattern[str]] = (HELD,)) -> int:
    """Measure the longest word of a column; a number and its unit are one word."""
    if column.no_wrap:
        return _measure_lines(column)
    words = (word for cell in _list_cells(column) for word in _list_words(cell, joined))
    return max(map(cell_len, words), default=1)


def _measure_lines(column: Column) -> int:
    """Measure the longest line of a column; by the texts of Rich, 10,000 rows take 0.4 s more."""
    return max(cell_len(line) for cell in _list_cells(column) for line in _list_lines(cell))


def _measure_figures(column: Column) -> int:
    """Measure the longest word of a column of numbers without its heading; 1 for words."""
    if column.justify != "right":
        return 1
    return max((cell_len(word) for cell in column.cells for word in _list_words(cell)), default=1)


def _measure_letter(column: Column) -> int:
    """Measure the narrowest column in which an indented text is not lost: one letter after it."""
    if column.no_wrap:
        return _measure_lines(column)
    words = (word for cell in column.cells for word in _list_words(cell))
    return 1 + max((len(word) - len(word.lstrip()) for word in words), default=0)


def _list_lines(cell: RenderableType) -> list[str]:
    if isinstance(cell, Padding):
        return [" " * cell.left + line for line in _list_lines(cell.renderable)]
    return str(cell).split("\n")


def _list_words(cell: RenderableType, joined: Sequence[re.Pattern[str]] = (HELD,)) -> list[str]:
    if isinstance(cell, Padding):
        return [" " * cell.left + word for word in _list_words(cell.renderable, joined)]
    text = str(cell)
    for blank in joined:
        text = blank.sub("\0", text)
    return [word.replace("\0", " ") for word in text.split()]


def wide_table(words: str, *numbers: str) -> Table:
    """Start a full-width table: a column of words, then columns of numbers."""
    table = WordTable(expand=True)
    table.add_column(words, ratio=1)
    return _with_numbers(table, numbers)


def narrow_table(numbers: Iterable[str], words: str | None = None) -> Table:
    """Start a table as wide as its contents: a column of words, if any, then numbers."""
    table = WordTable()
    if words is not None:
        table.add_column(words)
    return _with_numbers(table, numbers)


def print_rows(
    rows: RowTable, *, heading: str | None = "", words: str | None = None
) -> Iterable[RenderableType]:
    """Print a table of a report without empty columns, its warning first.

    - `heading`: printed above.
    - `words`: the column that gets the remaining width.
    """
    if not rows.rows:
        return
    known = rows.without(unknown="-")
    if heading is not None:
        yield Text(heading, style="bold")
    if SEE in rows.beside:
        yield inset(SEE, STYLES["error"])
    first, *numbers = known.head
    table = narrow_table(numbers, first)
    for column in table.columns:
        if column.header == words:
            column.ratio, column.justify = 1, "left"
    for number, row in enumerate(known.rows):
        table.add_row(*row, style="yellow" if number in rows.near else "")
    yield table
    yield from (inset(line, "dim") for line in rows.beside if line != SEE)


def _with_numbers(table: Table, headings: Iterable[str]) -> Table:
    for heading in headings:
        table.add_column(heading, justify="right")
    return table


def print_sentences(block: Sentences, *, gap: str = "\n") -> Iterable[RenderableType]:
    """Print sentences of a report below a heading; nothing if there are none."""
    for number, sentence in enumerate(block.sentences):
        if number == 0:
            yield Text(f"{gap}{block.title}", style="bold")
        yield hanging("- ", Text(sentence), indent=2)


def hanging(start: str, text: Text, indent: int = 0) -> RenderableType:
    """Print text after a prefix, with a hanging indent."""
    grid = Table.grid(padding=0)
    grid.add_column(width=len(start), no_wrap=True)
    grid.add_column(ratio=1)
    grid.add_row(start, text)
    return inset(grid, by=indent)
