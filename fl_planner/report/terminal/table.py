"""A record as a table that fits 80 columns, for a person at a terminal."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Protocol

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from fl_planner.basis.standing_words import LOOK_FIRST
from fl_planner.record.declaration.part import Sided, list_values
from fl_planner.record.head import SEE, FindingRecord, MeasuredRecord, mark
from fl_planner.record.volumes import VolumeKeys, VolumeRecord
from fl_planner.report.document.blocks import RowTable, Sentences
from fl_planner.report.findings import gather_alike
from fl_planner.report.words import bare_ml, say_excluded, spaced

NONE: Mapping[str, str] = MappingProxyType({})
_ALL_BY = ContextVar("all_by", default="-v")  # how whoever reads a short table asks for all of it
NO_FLR = (
    "FLR not calculated: no remnant was given; give its mask by --flr, the resected part by "
    "--resected, or segments by --labelmap and --remnant-segments"
)
STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}


def volume_table(record: VolumeRecord, *, verbose: bool = False) -> RenderableType:
    """Show findings, volumes and shares; findings of severity info only when asked for."""
    rows = [*volume_rows(record.volumes, record), *no_flr_row(record.volumes)]
    return result_table(record, *rows, verbose=verbose)


def volume_rows(volumes: VolumeKeys, record: MeasuredRecord) -> Iterable[RenderableType]:
    """Show what there is of mL and percentages, and which of them are not to be used."""
    yield _parts(volumes)
    if mark(record, "volumes"):
        yield Text(mark(record, "volumes"), style=STYLES["error"])
    yield from share_rows(volumes, record)


def no_flr_row(volumes: VolumeKeys) -> Iterable[RenderableType]:
    """Show why there is no FLR, where none was given, and which inputs give one."""
    if volumes.volumes_ml.flr is None:
        yield Text(NO_FLR)


def share_rows(
    volumes: VolumeKeys, record: MeasuredRecord, intervals: Mapping[str, str] = NONE
) -> Iterable[RenderableType]:
    """Show the percentages, and which of them are not to be used; an interval stands beside."""
    for name, declared, percent in list_values(volumes, "row", Sided):
        share = declared["row"].format(whole=volumes.whole)
        line = with_reason(f"{share}: {percent.shown} %", mark(record, declared["number"]))
        yield line.append(f";\n  {intervals[name]}", "not bold") if name in intervals else line


def _parts(volumes: VolumeKeys) -> Table:
    table = wide_table("Volumes", "mL", "voxels")
    in_ml = list_values(volumes.volumes_ml, "row", float)
    counts = list_values(volumes.voxels, "row", int)
    for (name, declared, ml), (_, _, voxels) in zip(in_ml, counts, strict=True):
        words = declared["row"].format(whole=volumes.whole)
        table.add_row(words, bare_ml(ml), spaced(voxels))
        if name == "liver" and (without := say_excluded(volumes.excluded_structures)):
            table.add_row(inset(without), "", "", style=STYLES["info"])
    return table


def with_reason(line: str, not_to_use: str) -> Text:
    """Show a line with a number: in bold, or with the reason not to use it."""
    if not not_to_use:
        return Text(line, style="bold")
    return Text.assemble(f"{line} - ", (not_to_use, STYLES["error"]))


@contextmanager
def asking_all_by(words: str) -> Iterator[None]:
    """Tell another reader than the terminal's how all is asked for."""
    before = _ALL_BY.set(words)
    try:
        yield
    finally:
        _ALL_BY.reset(before)


def all_by() -> str:
    """Say how whoever reads a short table asks for all of it."""
    return _ALL_BY.get()


def with_rest(words: str) -> str:
    """Say before the last words of a short table how all of it is asked for."""
    return f"{all_by()} tells all. {words[:1].upper()}{words[1:]}"


def finding_rows(
    findings: Iterable[FindingRecord], *, verbose: bool = False, most: int | None = None
) -> Iterable[RenderableType]:
    """Show what to look at before trusting the numbers; what is alike once.

    Of more than `most` all errors, and as many others as there is room for.
    """
    shown = [one for one in gather_alike(findings) if verbose or one.severity != "info"]
    if shown:
        yield Text(LOOK_FIRST, style="bold")
    hidden = [] if most is None else [one for one in shown[most:] if one.severity != "error"]
    for one in shown:
        if one in hidden:
            continue
        seen = f" (accepted by {one.accepted.by}: {one.accepted.why})" if one.accepted else ""
        words = f": {one.message}{seen} "
        line = Text.assemble((one.severity, STYLES[one.severity]), words, (f"({one.code})", "dim"))
        yield inset(line)
    if hidden:
        yield inset(f"and {len(hidden)} more: {all_by()}")
    if shown:
        yield Text("")


class _Found(Protocol):
    """A result that says what to doubt in it."""

    @property
    def findings(self) -> Iterable[FindingRecord]:
        """What to look at first."""

    @property
    def notice(self) -> str:
        """What every output says."""


def result_table(record: _Found, *rows: RenderableType, verbose: bool = False) -> RenderableType:
    """Show a result between its findings, those of severity info when asked for, and its notice."""
    return Group(*finding_rows(record.findings, verbose=verbose), *rows, notice(record.notice))


def notice(words: str) -> RenderableType:
    """Show what every output says."""
    return Text(f"\n{words[:1].upper()}{words[1:]}.", style="dim")


def inset(shown: RenderableType, style: str = "", by: int = 2) -> RenderableType:
    """Show something a little to the right, each of its lines."""
    return Padding(Text(shown, style) if isinstance(shown, str) else shown, (0, 0, 0, by))


def wide_table(words: str, *numbers: str) -> Table:
    """Begin a table as wide as the page: a column of words, then those of numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold", expand=True)
    table.add_column(words, ratio=1)
    return _with_numbers(table, numbers)


def narrow_table(numbers: Iterable[str], words: str | None = None) -> Table:
    """Begin a table no wider than what stands in it: a column of words, if any, then numbers."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    if words is not None:
        table.add_column(words)
    return _with_numbers(table, numbers)


def print_rows(
    rows: RowTable, *, heading: str | None = "", words: str | None = None
) -> Iterable[RenderableType]:
    """Print a table of a report: what marks it first, and no column of which nothing is known.

    - `heading`: stands above it.
    - `words`: the column that takes what is left of the width.
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


def print_sentences(told: Sentences, *, gap: str = "\n") -> Iterable[RenderableType]:
    """Print sentences of a report, a line below what stands above; nothing without any."""
    for number, sentence in enumerate(told.sentences):
        if number == 0:
            yield Text(f"{gap}{told.title}", style="bold")
        yield hanging("- ", Text(sentence), indent=2)


def hanging(start: str, text: Text, indent: int = 0) -> RenderableType:
    """Put text behind its start, and its further lines under its first."""
    grid = Table.grid(padding=0)
    grid.add_column(width=len(start), no_wrap=True)
    grid.add_column(ratio=1)
    grid.add_row(start, text)
    return inset(grid, by=indent)
