"""Standard output and error where nobody reads them any more, or where no more fits.

A reader that closes the pipe, as `head` does, has what it wanted: nothing is said, and the exit
status is that of the answer. What cannot be written otherwise, to a full disk say, is told in
one line, and the status is 2: what stands there is not the answer.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress
from errno import EBADF
from io import BufferedWriter, FileIO, TextIOWrapper, UnsupportedOperation
from typing import TYPE_CHECKING

from fl_planner.basis.run.ledger import Place

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from fl_planner.basis.run.ledger import Ledger


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
