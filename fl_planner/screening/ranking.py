"""The rows of a list in order of need, when all were judged: of texts all, for a person the first.

A list may hold more patients than memory does.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from heapq import nsmallest
from itertools import islice
from operator import itemgetter
from typing import Self

from fl_planner.intake.patients.rows import NotRead
from fl_planner.record.over_time.worklist import NotReadRecord, ScreenedRecord
from fl_planner.screening.selection import Selection
from fl_planner.screening.spool import Spool
from fl_planner.screening.worklist import Screened
from fl_planner.screening.worklist_record import tell_refused, tell_row

Tell = Callable[[ScreenedRecord | NotReadRecord], str]


class Shortlist:
    """The first rows, what presses most first, and the first of those that could not be read."""

    def __init__(self, most: int, *, clinical: bool, selection: Selection | None = None) -> None:
        self._most = most
        self.selection = selection or Selection()
        self.taken = 0
        self.clinical = clinical
        self.rows: tuple[ScreenedRecord, ...] = ()
        self.refused: tuple[NotReadRecord, ...] = ()

    def take(self, judged: Iterable[Screened | NotRead]) -> None:
        """Keep of a list what comes first."""
        most = self._most if self.selection.top is None else min(self._most, self.selection.top)
        first = nsmallest(most, self._sift(judged), key=itemgetter(0))
        self.rows = tuple(row for _, row in first)

    def _sift(
        self, judged: Iterable[Screened | NotRead]
    ) -> Iterator[tuple[tuple[object, ...], ScreenedRecord]]:
        for one in judged:
            if not isinstance(one, NotRead):
                if self.selection.takes(one):
                    self.taken += 1
                    yield self.selection.order(one), tell_row(one, clinical=self.clinical)
            elif len(self.refused) < self._most:
                self.refused += (tell_refused(one, clinical=self.clinical),)


class Ranked:
    """Rows as texts, what presses most first, and after them those that could not be read.

    - `tell`: writes a row, of either kind, as the text that will be wanted of it.
    - `clinical`: whether names of files are told, for who has to find the patient.
    - `head`: what stands before the rows.
    - `selection`: which rows are kept, and in what order.
    """

    def __init__(
        self, tell: Tell, *, clinical: bool, head: str = "", selection: Selection | None = None
    ) -> None:
        self._tell = tell
        self.selection = selection or Selection()
        self.head = head
        self.clinical = clinical
        self._files = ExitStack()
        self._rows = self._files.enter_context(Spool())
        self.refused = self._files.enter_context(Spool())

    def __enter__(self) -> Self:
        """Give itself; what was put aside is gone at the end."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Let go of what was put aside."""
        self._files.close()

    @property
    def taken(self) -> int:
        """How many patients were selected, with those beyond the first."""
        return len(self._rows)

    @property
    def rows(self) -> Iterator[str]:
        """The first of those that were selected, or all."""
        return islice(self._rows, self.selection.top)

    def take(self, judged: Iterable[Screened | NotRead]) -> None:
        """Put the selected rows of a list aside."""
        for one in judged:
            if isinstance(one, NotRead):
                self.refused.add(self._tell(tell_refused(one, clinical=self.clinical)))
            elif self.selection.takes(one):
                text = self._tell(tell_row(one, clinical=self.clinical))
                self._rows.add(text, self.selection.order(one))
