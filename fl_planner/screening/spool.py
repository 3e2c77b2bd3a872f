"""Texts that are put aside until all of them are there, and are then taken back in their order.

A list may hold more patients than memory does. The file has no name, is nobody else's to read, and
is gone with the process.
"""

from array import array
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from tempfile import TemporaryFile
from typing import Any, Self

from fl_planner.formats.stored.temporary import putting_aside, refuse_temporary

Order = tuple[Any, ...]


class Spool:
    """Texts in a file, each with its place in an order; equal ones stay as they came."""

    def __init__(self) -> None:
        with putting_aside(), ExitStack() as files:
            self._file = files.enter_context(TemporaryFile())
            self._close = files.pop_all().close
        self._starts = array("Q")
        self._kinds = array("L")  # of each text, its order among those that there are
        self._orders: dict[Order, int] = {}
        self._end = 0
        self._moved = False  # whether the file was read since

    def __enter__(self) -> Self:
        """Give itself; the file is gone at the end."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Leave the file, which nobody can open any more."""
        with suppress(OSError):  # what did not fit any more is for nobody
            self._close()

    def __len__(self) -> int:
        """Count the texts."""
        return len(self._starts)

    def add(self, text: str, order: Order = ()) -> None:
        """Put a text aside.

        Raises `InputRefused`: `output.temporary` where no more fits.
        """
        content = text.encode()
        try:
            if self._moved:  # a seek empties the buffer
                self._file.seek(self._end)
                self._moved = False
            self._file.write(content)
        except OSError as error:
            raise refuse_temporary(error) from error
        self._starts.append(self._end)
        self._kinds.append(self._orders.setdefault(order, len(self._orders)))
        self._end += len(content)

    def __iter__(self) -> Iterator[str]:
        """Give the texts in their order.

        Raises `InputRefused`: as `add`.
        """
        try:
            self._file.flush()  # what does not fit is refused here
        except OSError as error:
            raise refuse_temporary(error) from error
        ranks = {self._orders[order]: rank for rank, order in enumerate(sorted(self._orders))}
        ends = array("Q", [*self._starts[1:], self._end]) if self._starts else array("Q")
        for place in sorted(range(len(self)), key=lambda one: ranks[self._kinds[one]]):
            self._moved = True
            self._file.seek(self._starts[place])
            yield self._file.read(ends[place] - self._starts[place]).decode()
