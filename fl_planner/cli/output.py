"""What every command prints, on streams that may be closed, and how far long work is.

A reader that closes the pipe, as `head` does, has what it wanted: nothing is said, and the exit
status is that of the answer. What cannot be written otherwise, to a full disk say, is told in
one line, and the status is 2: what stands there is not the answer.

A bar on stderr, where that is a terminal and the work takes a while, names steps in plain words
and counts; no name of a file and no word of a patient gets into it. It is gone before anything
else is printed, also where the work is refused or interrupted.
"""

from __future__ import annotations

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
from fl_planner.basis.plain_text import MOST_LINES, as_escaped_json, as_plain_text
from fl_planner.basis.run import Count, Place, listening
from fl_planner.cli.exit_status import REFUSED

if TYPE_CHECKING:
    from threading import Event

    from _typeshed import ReadableBuffer
    from rich.console import RenderableType
    from rich.progress import Task

    from fl_planner.basis.run import Ledger
    from fl_planner.export.csv import CsvForm, FlatTable
    from fl_planner.record.declaration.part import RecordPart
    from fl_planner.workup.exports import TableBook

NARROWEST, USUAL, WIDEST = 60, 80, 160  # columns; the usual ones where nobody says other
BLANKS_AT_END = re.compile(r" +((?:\x1b\[[\d;]*m)*)$", re.MULTILINE)
MOST_GATHERED = 1 << 20  # signs that are printed at once

Options = ParamSpec("Options")
Record = TypeVar("Record", bound="RecordPart | dict[str, Any]")


def say(record: RecordPart | dict[str, Any], lines: Iterable[str], *, as_json: bool) -> None:
    """Print a record as one JSON object, or what plain lines tell of it."""
    if as_json:
        say_record(record)
    else:
        format_lines(lines)


def say_record(record: RecordPart | dict[str, Any]) -> None:
    """Print a record to stdout, as one JSON object."""
    from fl_planner.record.declaration.part import as_json

    _print_bytes(as_json(record))


def say_table(
    table: Callable[Concatenate[Record, Options], RenderableType],
    record: Record,
    *args: Options.args,
    **kwargs: Options.kwargs,
) -> None:
    """Print what `table` makes of a record for a person."""
    from fl_planner.record.declaration.part import printable

    _print_shown(table(printable(record), *args, **kwargs))


def format_lines(lines: Iterable[str]) -> None:
    """Print plain lines for a person."""
    from rich.text import Text

    _print_shown(Text("\n".join(map(as_plain_text, lines))))


def _print_shown(shown: RenderableType) -> None:
    from rich.console import Console

    # Colour only on a terminal, and not where NO_COLOR is set or TERM is dumb: rich looks.
    console = Console(width=columns_of(sys.stdout), markup=False, highlight=False, emoji=False)
    with console.capture() as told:
        console.print(shown)  # no markup: square brackets may be an id's own
    console.file.write(BLANKS_AT_END.sub(r"\1", told.get()))


def say_text(text: str) -> None:
    """Print a text that another program reads, as it is."""
    _print_bytes(text.removesuffix("\n"))


def say_rows(table: FlatTable, given: Mapping[str, Any]) -> None:
    """Print a table as CSV, in the form that was asked for."""
    from fl_planner.export.csv import write_csv

    say_text(write_csv(table, find_form(given)))


def find_form(given: Mapping[str, Any]) -> CsvForm:
    """Find in which form tables are wanted."""
    from fl_planner.export.csv import CsvForm

    return CsvForm(semicolons=given["semicolons"], mark=given["bom"])


def find_book(given: Mapping[str, Any], name: str) -> TableBook | None:
    """Find the workbook that is wanted of a table, with `name` for its sheet; None for none."""
    if given["xlsx"] is None:
        return None
    from fl_planner.workup.exports import TableBook

    book = TableBook(given["xlsx"], name, given["force"])
    book.check()
    return book


def say_pieces(pieces: Iterable[str]) -> None:
    """Print a text that comes in pieces, and is never held whole."""
    gathered: list[str] = []
    size = 0
    for piece in pieces:
        gathered.append(piece)
        size += len(piece)
        if size > MOST_GATHERED:
            click.echo("".join(gathered).encode(), nl=False)
            gathered, size = [], 0
    click.echo("".join(gathered).encode(), nl=False)


def say_json(text: str) -> None:
    """Print JSON that was written earlier; what acts in it is written as JSON's escape."""
    _print_bytes(as_escaped_json(text))


def say_refused(refused: InputRefused, command: str, *, as_json: bool) -> int:
    """Print a refusal of `command`, for a person to stderr; return its exit status."""
    if as_json:
        from fl_planner.record.head import as_refusal

        say_record(as_refusal(refused, command))
    else:
        say_aside(f"refused: {refused}", loud=True)
    return REFUSED


def say_aside(text: str, *, loud: bool = False) -> None:
    """Print one message for a person to stderr; of a loud one, what it is stands in colour."""
    from rich.console import Console
    from rich.text import Text

    from fl_planner.record.declaration.part import printable

    console = Console(
        stderr=True, width=columns_of(sys.stderr), markup=False, highlight=False, emoji=False
    )
    told = Text(printable(text))
    if loud:
        told.stylize("bold red", 0, text.index(":"))
    lines = [*told.wrap(console, console.width)]
    if (more := len(lines) - MOST_LINES) > 0:
        lines[MOST_LINES:] = [Text(f"... ({more:,} more lines)")]
    for line in lines:
        line.rstrip()
    console.print(*lines, sep="\n")


def columns_of(stream: TextIO | None) -> int:
    """Tell how wide a stream is: as COLUMNS says, or its terminal; 80 in a file or a pipe."""
    typed = os.environ.get("COLUMNS", "")[:6]
    width = int(typed) if typed.isdecimal() else 0
    if not width and stream is not None and stream.isatty():
        with suppress(OSError):  # a terminal that tells no size
            width = os.get_terminal_size(stream.fileno()).columns
    return min(max(width or USUAL, NARROWEST), WIDEST)


def _print_bytes(text: str) -> None:
    click.echo(text.encode())  # bytes: UTF-8 whatever the locale, and no other line ends


CLOSED = "it is closed"


class OutputLostError(Exception):
    """Standard output could not be written, for another reason than that its reader left."""


class _Buffer(BufferedWriter):
    """A stream that goes on in silence after its first failure; of output that is told once.

    What is under it is Python's own file: were it one of ours, a signal between two steps of
    Python would leave what was just written in the buffer, to be written again.
    """

    def __init__(self, beneath: TextIOWrapper, *, told: bool) -> None:
        super().__init__(FileIO(beneath.fileno(), "w", closefd=False))
        self._beneath = beneath  # which would close the file if it were let go
        self._told = told

    def write(self, content: ReadableBuffer, /) -> int:
        """Take bytes, or pass over them where nothing can be written."""
        try:
            return super().write(content)
        except OSError as error:
            self._lose(error)
        return memoryview(content).nbytes

    def flush(self) -> None:
        """Write what was taken, or pass over it."""
        try:
            super().flush()
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        """Let all that is still to come go nowhere; say so, where nobody chose to leave."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)
        if self._told and not isinstance(error, BrokenPipeError):
            why = CLOSED if error.errno == EBADF else error.strerror
            raise OutputLostError(why or type(error).__name__) from error


def _open_closed() -> None:
    """Put the null device in the place of streams that the shell closed.

    Else the first file that is opened would take their number. Standard output is opened for
    reading alone: what is printed is then lost with an error, and not in silence.
    """
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is not None:
            continue
        handle = os.open(os.devnull, os.O_WRONLY if name == "stderr" else os.O_RDONLY)
        os.set_inheritable(handle, True)  # the lowest free number, so that of the stream
        mode = "r" if name == "stdin" else "w"
        setattr(sys, name, os.fdopen(handle, mode, encoding="utf-8", closefd=False))


def require_utf_8() -> None:
    """Begin again where the system has names of files in another code than UTF-8.

    Names in case files could not be opened there, and words that were typed not be written. What
    is printed stays in the code of the terminal.
    """
    if sys.platform == "win32" or sys.flags.utf8_mode:
        return
    if sys.getfilesystemencoding().lower() == "utf-8":
        return
    if (stream := sys.stdout) is not None:
        os.environ.setdefault("PYTHONIOENCODING", f"{stream.encoding}:backslashreplace")
    os.environ["PYTHONUTF8"] = "1"  # of the programs that this one begins
    os.execv(sys.executable, [sys.executable, "-X", "utf8", *sys.orig_argv[1:]])


def guard_streams() -> None:
    """Let both streams outlive readers and disks; a sign that a terminal lacks is no defect."""
    _open_closed()
    for name, told in (("stdout", True), ("stderr", False)):
        stream = getattr(sys, name)
        if isinstance(stream, TextIOWrapper) and _has_number(stream):  # None where it was closed
            setattr(sys, name, _guarded(stream, told=told))


def _has_number(stream: TextIOWrapper) -> bool:
    """Whether a stream is the system's; one that keeps what is written in memory has no number."""
    try:
        stream.fileno()
    except UnsupportedOperation:
        return False
    return True


def _guarded(stream: TextIOWrapper, *, told: bool) -> TextIOWrapper:
    stream.flush()
    return TextIOWrapper(
        _Buffer(stream, told=told),
        stream.encoding,
        "backslashreplace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def note_stdout(ledger: Ledger) -> None:
    """Note the file that the shell leads stdout into: it may be no input of the command."""
    stream = sys.stdout
    if isinstance(stream, TextIOWrapper) and _has_number(stream):
        with suppress(OSError):  # its number was closed
            seen = os.fstat(stream.fileno())
            if stat.S_ISREG(seen.st_mode):
                ledger.write(Place("stdout", "", (seen.st_dev, seen.st_ino)))


DELAY_S = 1.0  # quicker work shows nothing: neither a flicker, nor the price of loading a bar
DRAWN_PER_S = 8


@dataclass(slots=True)
class Progress:
    """How far the work is: the step that was begun, and what is counted.

    `counted` are the kind of things, the number of the one at hand, and how many there are.
    """

    step: str
    counted: Count | None = None

    def begin(self, step: str) -> None:
        """Take the name of the step that begins."""
        self.step = step

    def count(self, count: Count | None) -> None:
        """Take which of several things is at hand; a step inside of it is named anew."""
        self.counted = count
        if count is not None:
            self.step = ""

    def say(self) -> str:
        """Say it in words.

        Examples
        --------
        >>> Progress("lesions", ("patient", 12, 50)).say()
        'patient 12 of 50: lesions'
        """
        count = "{} {} of {}".format(*self.counted) if self.counted else ""
        return ": ".join(part for part in (count, self.step) if part)


@contextmanager
def showing(first: str, *, quiet: bool) -> Iterator[Progress]:
    """Show how far the work inside is, from its first step on; nothing where nobody would see it.

    The bar is drawn by a thread of its own, so that also one long step shows that it goes on.
    """
    progress = Progress(first)
    stream: TextIO | None = sys.stderr  # None where it was closed
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
        drawing.join()  # what is printed next finds the terminal as it was


def _draw(progress: Progress, over: Event) -> None:
    """Draw a bar until the work is over, unless that comes soon."""
    if over.wait(DELAY_S):
        return
    from rich import progress as bars
    from rich.console import Console

    console = Console(stderr=True, highlight=False, emoji=False)
    if not console.is_interactive:  # a dumb terminal cannot take a line back
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
    """Set the bar to where the work is; it only moves where nobody knows how much is left."""
    _, number, total = progress.counted or ("", 1, None)
    task.description, task.total, task.completed = progress.say(), total, number - 1
