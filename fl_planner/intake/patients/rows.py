"""One patient of a list: what was said of the patient, or why the row cannot be read."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import overload

from fl_planner.basis.findings import Finding
from fl_planner.basis.text.brevity import join_told, list_first
from fl_planner.trials.statements import ALL_KEYS, Stated

CODE = "screen.unreadable"
SOURCE = "INPUT"  # a list's own name may be that of a patient
ROW_REMEDY = f"correct the row; {ALL_KEYS}"
ID_KEYS = ("id", "record_id")
TWIN_REMEDY = "give each patient one row, with the newest values"
MOST_TWINS = 20  # rows of one id that are named


@dataclass(frozen=True, slots=True)
class Listed:
    """One patient of a list.

    - `row`: where in the list: the row as a spreadsheet counts, the line, or in a folder the
      patient.
    - `id`: the user's pseudonym.
    - `stated`: what was said of the patient; empty where `case` says it.
    - `case`: a case file, which is judged with its masks.
    - `findings`: what was doubtful in the reading.
    - `file`: base name of the patient's own file, for who may see it.
    """

    row: int
    id: str | None = None
    stated: Stated = field(default_factory=Stated)
    case: Path | None = None
    findings: tuple[Finding, ...] = ()
    file: str | None = None


@dataclass(frozen=True, slots=True)
class NotRead:
    """One patient of a list of whom nothing is said, because the row cannot be read.

    `reason` repeats nothing of the patient's file; `full` is what who may see it is told.
    """

    row: int
    id: str | None
    code: str
    reason: str
    remedy: str = ROW_REMEDY
    file: str | None = None
    full: str | None = None


Row = Listed | NotRead


class Rows(Sequence[Row]):
    """The rows of a list, each read anew whenever they are gone through.

    Every row whose id another has is refused: nobody knows which of them is the patient.
    """

    def __init__(self, read: Iterable[Row], ids: Iterable[tuple[int, str | None]]) -> None:
        self._read = read
        self._count = 0
        first: dict[str, int] = {}
        several: dict[str, list[int]] = {}
        for number, id_ in ids:
            self._count += 1
            if id_ is not None and first.setdefault(id_, number) != number:
                several.setdefault(id_, [first[id_]]).append(number)
        told = {id_: list_first([*map(str, same)], MOST_TWINS) for id_, same in several.items()}
        self._twins = {number: told[id_] for id_, same in several.items() for number in same}

    def __len__(self) -> int:
        """Count the rows."""
        return self._count

    def __iter__(self) -> Iterator[Row]:
        """Read row after row."""
        for row in self._read:
            same = self._twins.get(row.row)
            if same is None:
                yield row
                continue
            reason = f"rows {same} have one id"
            yield NotRead(row.row, row.id, "screen.id_twice", reason, TWIN_REMEDY, row.file)

    @overload
    def __getitem__(self, place: int) -> Row: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Row, ...]: ...

    def __getitem__(self, place: int | slice) -> Row | tuple[Row, ...]:
        """Give one row, or several; reads all of them."""
        return tuple(self)[place]


def as_row(number: int, id_: str | None, stated: Stated, errors: tuple[str, ...]) -> Row:
    """Make a row of what was read; of one with errors nothing else is kept."""
    if errors:
        return NotRead(number, id_, CODE, join_told(errors))
    return Listed(number, id_, stated)
