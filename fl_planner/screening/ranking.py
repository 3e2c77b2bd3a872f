"""The rows of a list in order of need, when all were judged: of texts all, for a person the first.

A list may hold more patients than memory does.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from heapq import nsmallest
from operator import itemgetter
from typing import Self

from fl_planner.intake.patients.rows import NotRead
from fl_planner.record.over_time.worklist import NotReadRecord, ScreenedRecord
from fl_planner.screening.spool import Spool
from fl_planner.screening.worklist import Screened
from fl_planner.screening.worklist_record import tell_refused, tell_row

Tell = Callable[[ScreenedRecord | NotReadRecord], str]


class Shortlist:
    """The first rows, what presses most first, and the first of those that could not be read."""

    def __init__(self, most: int, *, clinical: bool) -> None:
        self._most = most
        self.clinical = clinical
        self.rows: tuple[ScreenedRecord, ...] = ()
        self.refused: tuple[NotReadRecord, ...] = ()

    def take(self, judged: Iterable[Screened | NotRead]) -> None:
        """Keep of a list what comes first."""
        first = nsmallest(self._most, self._sift(judged), key=itemgetter(0))
        self.rows = tuple(row for _, row in first)

    def _sift(
        self, judged: Iterable[Screened | NotRead]
    ) -> Iterator[tuple[tuple[object, ...], ScreenedRecord]]:
        for one in judged:
            if not isinstance(one, NotRead):
                yield one.order, tell_row(one, clinical=self.clinical)
            elif len(self.refused) < self._most:
                self.refused += (tell_refused(one, clinical=self.clinical),)


class Ranked:
    """Rows as texts, what presses most first, and after them those that could not be read.

    - `tell`: writes a row, of either kind, as the text that will be wanted of it.
    - `clinical`: whether names of files are told, for who has to find the patient.
    - `head`: what stands before the rows.
    """

    def __init__(self, tell: Tell, *, clinical: bool, head: str = "") -> None:
        self._tell = tell
        self.head = head
        self.clinical = clinical
        self._files = ExitStack()
        self.rows = self._files.enter_context(Spool())
        self.refused = self._files.enter_context(Spool())

    def __enter__(self) -> Self:
        """Give itself; what was put aside is gone at the end."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Let go of what was put aside."""
        self._files.close()

    def take(self, judged: Iterable[Screened | NotRead]) -> None:
        """Put all rows of a list aside."""
        for one in judged:
            if isinstance(one, NotRead):
                self.refused.add(self._tell(tell_refused(one, clinical=self.clinical)))
            else:
                self.rows.add(self._tell(tell_row(one, clinical=self.clinical)), one.order)
