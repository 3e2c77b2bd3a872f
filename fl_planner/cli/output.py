"""Output of every command, on streams that may be closed, and progress of long work.

If the reader closes the pipe, as `head` does, nothing is reported and the exit status is
unchanged. Any other failure to write, such as a full disk, is reported in one line with status 2,
because the output is incomplete.

A progress bar on stderr, if that is a terminal and the work takes longer than a second, shows steps
and counts; it never contains file names or patient data. It is removed before anything else is
printed, also after a refusal or an interruption.
"""

from __future__ import annotations

import codecs
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from errno import EBADF
from io import BufferedWriter, FileIO, TextIOWrapper, UnsupportedOperation
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TextIO, TypeVar

import click

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import MOST_LINES, as_escaped_json, as_plain_text, format_count
from fl_planner.basis.run import Count, Place, listening
from fl_planner.cli.exit_status import REFUSED

if TYPE_CHECKING:
    from threading import Event

    from _typeshed import ReadableBuffer
    from rich.console import Console, RenderableType
    from rich.progress import Task

    from fl_planner.basis.run import Ledger
    from fl_planner.export.table_writing import CsvForm, FlatTable
    from fl_planner.record.declaration.part import RecordPart
    from fl_planner.record.head import FindingRecord
    from fl_planner.workup.exports import TableBook

NARROWEST, USUAL, WIDEST = 60, 80, 160  # columns; the usual width if none is stated
BLANKS_AT_END = re.compile(r" +((?:\x1b\[[\d;]*m)*)$", re.MULTILINE)
UNBROKEN = "\ufdd0"  # printed as a blank: rich also ends lines at no-break spaces; in no text
HELD_WORDS = re.compile(rf"\S*{UNBROKEN}\S*")
MOST_GATHERED = 1 << 20  # characters printed at once

Options = ParamSpec("Options")
Record = TypeVar("Record", bound="RecordPart | dict[str, Any]")


def print_result(
    record: RecordPart | dict[str, Any], lines: Iterable[str], *, as_json: bool
) -> None:
    """Print a record as one JSON object or as plain lines."""
    if as_json:
        print_record(record)
    else:
        print_lines(lines)


def print_record(record: RecordPart | dict[str, Any]) -> None:
    """Print a record to stdout, as one JSON object."""
    from fl_planner.record.declaration.part import as_json

    _print_bytes(as_json(record))


def print_table(
    table: Callable[Concatenate[Record, Options], RenderableType],
    record: Record,
    *args: Options.args,
    **kwargs: Options.kwargs,
) -> None:
    """Print a record as the table that `table` builds from it."""
    from fl_planner.record.declaration.part import printable

    _print_shown(table(printable(record), *args, **kwargs))


def print_lines(lines: Iterable[str]) -> None:
    """Print plain lines; the rest of a long line is indented as its beginning."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    plain = [(line, line.lstrip(" ")) for line in map(as_plain_text, lines)]
    _print_shown(
        Group(*(Padding.indent(Text(text), len(line) - len(text)) for line, text in plain))
    )


def _print_shown(shown: RenderableType) -> None:
    # rich prints colour only on a terminal, unless NO_COLOR is set or TERM is dumb.
    console = _build_console(columns_of(sys.stdout))
    with console.capture() as captured:
        console.print(shown)  # without markup: an id may contain square brackets
    console.file.write(BLANKS_AT_END.sub(r"\1", captured.get().replace(UNBROKEN, " ")))


def _build_console(width: int) -> Console:
    """Build a console on which no line of a text or of a cell ends between a number and its unit.

    Nor does a line end after "not". In a column narrower than both together the line ends there,
    never within the number. The rest of a long line is indented as its beginning.
    """
    from rich.console import Console, ConsoleOptions
    from rich.padding import Padding
    from rich.segment import Segment
    from rich.text import Text

    class HeldConsole(Console):
        def render(
            self, renderable: RenderableType, options: ConsoleOptions | None = None
        ) -> Iterable[Segment]:
            if isinstance(renderable, str):  # a cell of a table
                renderable = self.render_str(renderable)
            if isinstance(renderable, Text):
                renderable = renderable.copy()
                room = (options or self.options).max_width
                renderable.plain = _hold_units(renderable.plain, room)
                indent = len(renderable.plain) - len(renderable.plain.lstrip(" "))
                if renderable.cell_len > room > indent > 0:
                    return super().render(Padding.indent(renderable[indent:], indent), options)
            return super().render(renderable, options)

    return HeldConsole(width=width, markup=False, highlight=False, emoji=False)


def _hold_units(text: str, room: int) -> str:
    """Join what belongs together where it fits in a line of `room` columns."""
    from rich.cells import cell_len

    def hold(found: re.Match[str]) -> str:
        return found[0] if cell_len(found[0]) <= room else found[0].replace(UNBROKEN, " ")

    return HELD_WORDS.sub(hold, _join_held(text))


def _join_held(text: str) -> str:
    """Join each number with its unit, "not" with the next word, and "DO NOT USE"."""
    from fl_planner.basis.shown import HELD, NOT

    return NOT.sub(UNBROKEN, HELD.sub(UNBROKEN, text))


def print_text(text: str) -> None:
    """Print a text for another program, unchanged."""
    _print_bytes(text.removesuffix("\n"))


def print_rows(table: FlatTable, given: Mapping[str, Any]) -> None:
    """Print a table as CSV in the form given."""
    from fl_planner.export.table_writing import write_csv

    print_text(write_csv(table, as_csv_form(given)))


def as_csv_form(given: Mapping[str, Any]) -> CsvForm:
    """Return the form of CSV tables given by options."""
    from fl_planner.export.table_writing import CsvForm

    return CsvForm(semicolons=given["semicolons"], mark=given["bom"])


def open_workbook(given: Mapping[str, Any], name: str) -> TableBook | None:
    """Return the workbook to write, with the sheet `name`; None if none was requested."""
    if given["xlsx"] is None:
        return None
    from fl_planner.workup.exports import TableBook

    book = TableBook(given["xlsx"], name, given["force"])
    book.check()
    return book


def print_pieces(pieces: Iterable[str]) -> None:
    """Print a text in pieces, never kept in memory as a whole."""
    gathered: list[str] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size > MOST_GATHERED:
            click.echo("".join(gathered).encode(), nl=False)
            gathered, size = [], 0
    click.echo("".join(gathered).encode(), nl=False)


def print_json(text: str) -> None:
    """Print stored JSON, with control characters escaped."""
    _print_bytes(as_escaped_json(text))


def print_refused(refused: InputRefused, command: str, *, as_json: bool) -> int:
    """Print a refusal of `command` and return its exit status; text goes to stderr."""
    if as_json:
        from fl_planner.record.head import as_refusal

        print_record(as_refusal(refused, command))
    else:
        print_aside(f"refused: {refused}", loud=True)
    return REFUSED


def print_aside(text: str, *, loud: bool = False) -> None:
    """Print one message to stderr; if `loud`, its kind is coloured."""
    from rich.console import Console
    from rich.text import Text

    from fl_planner.record.declaration.part import printable

    console = Console(
        stderr=True, width=columns_of(sys.stderr), markup=False, highlight=False, emoji=False
    )
    message = Text(_join_held(printable(text)))
    if loud:
        message.stylize("bold red", 0, text.index(":"))
    lines = [*message.wrap(console, console.width)]
    if (more := len(lines) - MOST_LINES) > 0:
        lines[MOST_LINES:] = [Text(f"... ({format_count(more, 'more line')})")]
    for line in lines:
        line.rstrip()
        line.plain = line.plain.replace(UNBROKEN, " ")
    console.print(*lines, sep="\n")


def print_findings(findings: Iterable[FindingRecord]) -> None:
    """Print to stderr the findings on a whole table, as CSV and workbooks have no place for them.

    `--quiet` does not omit them.
    """
    for one in findings:
        if one.severity != "info":
            print_aside(f"{one.severity}: {one.message} ({one.code})")


def columns_of(stream: TextIO | None) -> int:
    """Return the width of a stream: from COLUMNS or its terminal; 80 for a file or a pipe."""
    columns = os.environ.get("COLUMNS", "")[:6]
    width = int(columns) if columns.isdecimal() else 0
    if not width and stream is not None and stream.isatty():
        with suppress(OSError):  # a terminal of unknown size
            width = os.get_terminal_size(stream.fileno()).columns
    return min(max(width or USUAL, NARROWEST), WIDEST)


def _print_bytes(text: str) -> None:
    click.echo(text.encode())  # bytes: UTF-8 in any locale, and unchanged line ends


CLOSED = "stdout is closed"


class OutputLostError(Exception):
    """Raised if standard output cannot be written although its reader has not closed it."""


class _Buffer(BufferedWriter):
    """A stream that discards output after its first failure, reported once if `loud`.

    The underlying raw file is Python's `FileIO`. With a class written in Python, a signal could
    leave data in the buffer after it was written, so that it would be written twice.
    """

    def __init__(self, beneath: TextIOWrapper, *, loud: bool) -> None:
        super().__init__(FileIO(beneath.fileno(), "w", closefd=False))
        self._beneath = beneath  # keeps the file open
        self._loud = loud

    def write(self, content: ReadableBuffer, /) -> int:
        """Write bytes, or discard them after a failure."""
        try:
            return super().write(content)
        except OSError as error:
            self._lose(error)
        return memoryview(content).nbytes

    def flush(self) -> None:
        """Write the buffer, or discard it after a failure."""
        try:
            super().flush()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        """Discard all further output; raise unless the reader closed the pipe."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        if self._loud and not isinstance(error, BrokenPipeError):
            why = CLOSED if error.errno == EBADF else error.strerror
            raise OutputLostError(why or type(error).__name__) from error


def _open_closed() -> None:
    """Replace streams closed by the shell with the null device.

    Otherwise the next opened file would take their number. Standard output is opened read-only,
    so that printing to it raises an error.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is not None:
            continue
        handle = os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)
        os.set_inheritable(handle, True)  # the lowest free number is that of the stream
        mode = "r" if name == "stdin" else "w"
        setattr(sys, name, os.fdopen(handle, mode, encoding="utf-8", closefd=False))


def require_utf_8() -> None:
    """Restart in UTF-8 mode if file names of the system have another encoding.

    Otherwise names in case files could not be opened, and arguments could not be written. Output
    keeps the encoding of the terminal.
    """
    if sys.platform == "win32" or sys.flags.utf8_mode:
        return
    if sys.getfilesystemencoding().lower() == "utf-8":
        return
    if (stream := sys.stdout) is not None:
        os.environ.setdefault("PYTHONIOENCODING", f"{stream.encoding}:backslashreplace")
    os.environ["PYTHONUTF8"] = "1"  # for child processes
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def guard_streams() -> None:
    """Make both streams tolerate closed pipes, full disks and unencodable characters."""
    _open_closed()
    codecs.register_error(READABLE, _replace_unencodable)
    for name, loud in (("stdout", True), ("stderr", False)):
        stream = getattr(sys, name)
        if isinstance(stream, TextIOWrapper) and _has_number(stream):
            setattr(sys, name, _guarded(stream, loud=loud))


def _has_number(stream: TextIOWrapper) -> bool:
    """Return whether a stream has a file descriptor; a stream in memory has none."""
    try:
        stream.fileno()
    except UnsupportedOperation:
        return False
    return True


READABLE = "fl_planner.readable"
# signs of units, numbers and quotations, in plain letters, where this program writes them; not in
# the name of a file: the plain name may be that of another file
OF_FILE = r"\S{0,255}\.[A-Za-z]"
WRITTEN = (
    r"(?:(?<=m)[²³]|(?<=\b10)⁹|(?<![^\W\d_])µ(?=[Lmg])|(?<=\d)\u2013(?=\d)|(?<=\s)±|[≤≥])"
    rf"(?!{OF_FILE})|(?<=\s)[\u00d7·](?=\s)(?!\s+{OF_FILE})|(?<!\w)“|”(?!\w)"
)
PLAINLY = {
    "²": "2", "³": "3", "⁹": "^9", "µ": "u", "\u00d7": "x", "·": "-", "\u2013": "-", "±": "+/-",
    "≤": "<=", "≥": ">=", "“": '"', "”": '"',
}  # fmt: skip


def _replace_unencodable(error: UnicodeError) -> tuple[str | bytes, int]:
    """Write a sign of a unit or number plainly, others as escapes: names may differ by them."""
    assert isinstance(error, UnicodeEncodeError)  # a stream that is only written
    place = error.start
    if sign := re.compile(WRITTEN).match(error.object, place):
        return PLAINLY[sign[0]], place + 1
    error.end = place + 1
    return codecs.backslashreplace_errors(error)


def _guarded(stream: TextIOWrapper, *, loud: bool) -> TextIOWrapper:
    stream.flush()
    return TextIOWrapper(
        _Buffer(stream, loud=loud),
        stream.encoding,
        READABLE,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def note_stdout(ledger: Ledger) -> None:
    """Record the file to which stdout is redirected: it must not be an input of the command."""
    stream = sys.stdout
    if isinstance(stream, TextIOWrapper) and _has_number(stream):
        with suppress(OSError):  # its descriptor is closed
            seen = os.fstat(stream.fileno())
            if stat.S_ISREG(seen.st_mode):
                ledger.write(Place("stdout", "", (seen.st_dev, seen.st_ino)))


DELAY_S = 1.0  # shorter work shows no bar
DRAWN_PER_S = 8


@dataclass(slots=True)
class Progress:
    """Progress of the work: the current step, and a count.

    `counted` is the kind of item, the number of the current item, and the total.
    """

    step: str
    counted: Count | None = None

    def begin(self, step: str) -> None:
        """Set the step that begins."""
        self.step = step

    def count(self, count: Count | None) -> None:
        """Set the current item of several; its steps follow."""
        self.counted = count
        if count is not None:
            self.step = ""

    def describe(self) -> str:
        """Describe the progress in words.

        Examples
        --------
        >>> Progress("lesions", ("patient", 12, 50)).describe()
        'patient 12 of 50: lesions'
        """
        count = "{} {} of {}".format(*self.counted) if self.counted else ""
        return ": ".join(part for part in (count, self.step) if part)


@contextmanager
def showing(first: str, *, quiet: bool) -> Iterator[Progress]:
    """Show the progress of the enclosed work on a terminal, from the step `first` on.

    A separate thread draws the bar, so that its clock also advances during a long step.
    """
    progress = Progress(first)
    stream: TextIO | None = sys.stderr
    if quiet or stream is None or not stream.isatty():
        yield progress
        return
    from threading import Event, Thread

    over = Event()
    drawing = Thread(target=_draw, args=(progress, over))
    try:
        drawing.start()
        with listening(progress):
            yield progress
    finally:
        over.set()
        drawing.join()  # the terminal is restored before further output


def _draw(progress: Progress, over: Event) -> None:
    """Draw a bar until the work is complete, unless it ends within `DELAY_S`."""
    if over.wait(DELAY_S):
        return
    from rich import progress as bars
    from rich.console import Console

    console = Console(stderr=True, highlight=False, emoji=False)
    if not console.is_interactive:  # a dumb terminal cannot erase a line
        return
    columns = (
        bars.BarColumn(bar_width=20),
        bars.TimeElapsedColumn(),
        bars.TextColumn("{task.description}", markup=False),
    )
    bar = bars.Progress(
        *columns,
        console=console,
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    bar.add_task("")
    (task,) = bar.tasks
    _update(task, progress)
    with bar:
        while not over.wait(1 / DRAWN_PER_S):
            _update(task, progress)
            bar.refresh()


def _update(task: Task, progress: Progress) -> None:
    """Set the bar to the progress; without a total it only shows activity."""
    _, number, total = progress.counted or ("", 1, None)
    task.description, task.total, task.completed = progress.describe(), total, number - 1
