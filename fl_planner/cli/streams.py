"""Standard output and error where nobody reads them any more, or where no more fits.

A reader that closes the pipe, as `head` does, has what it wanted: nothing is said, and the exit
status is that of the answer. What cannot be written otherwise, to a full disk say, is told in
one line, and the status is 2: what stands there is not the answer.
"""

from __future__ import annotations

import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper, UnsupportedOperation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


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
            raise OutputLostError(error.strerror or type(error).__name__) from error


def guard_streams() -> None:
    """Let both streams outlive readers and disks; a sign that a terminal lacks is no defect."""
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
