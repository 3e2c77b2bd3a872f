"""Screening of a list of patients, in order of urgency.

A list may be larger than memory, so rows are kept in a temporary file until all are judged. The
file has no name, is readable only by this process, and is removed when the process ends.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from heapq import nsmallest
from itertools import islice
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, Literal, Self

from msgspec import structs

from fl_planner.basis.constants import Diagnosis
from fl_planner.basis.run import each_counted
from fl_planner.formats.stored.temporary import putting_aside, refuse_temporary
from fl_planner.given.table import Words
from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.intake.patients.lists import read_patients
from fl_planner.intake.patients.mapping import AS_GIVEN, ColumnMapping
from fl_planner.intake.patients.rows import NotRead
from fl_planner.record.files.chart import as_unmapped
from fl_planner.record.over_time.worklist import (
    NotReadRecord,
    ScreenedRecord,
    ScreenRecord,
    SelectionRecord,
)
from fl_planner.screening.listing import read_outcomes
from fl_planner.screening.log import read_log
from fl_planner.screening.worklist import Rules, Screened, Screening
from fl_planner.screening.worklist_record import as_not_read_record, as_screened_record, as_worklist
from fl_planner.trials.criterion import Trial, find_trial
from fl_planner.trials.judge import Judgement, Verdict

if TYPE_CHECKING:
    from fl_planner.intake.patients.fhir.entries import RecordServer
    from fl_planner.intake.patients.worksheet import HeldRows

Only = Literal["eligible", "undecided", "not-eligible"]
Sort = Literal["need", "deadline", "row", "id"]
VERDICTS: dict[Only, Verdict] = {
    "eligible": Verdict.ELIGIBLE,
    "undecided": Verdict.INDETERMINATE,
    "not-eligible": Verdict.NOT_ELIGIBLE,
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Selection of patients of a list.

    - `trial`: one trial; any if None.
    - `only`: its verdict; any except not eligible if None.
    - `sort`, `top`: order, and number of patients.
    """

    trial: Trial | None = None
    only: Only | None = None
    sort: Sort = "need"
    top: int | None = None

    @property
    def asks(self) -> bool:
        """Whether the selection differs from the whole list in order of urgency."""
        return self != Selection()

    def takes(self, patient: Screened) -> bool:
        """Whether a patient is selected; trials for another diagnosis are ignored."""
        if self.trial is None and self.only is None:
            return True
        return any(map(self._fits, patient.judged.judgements))

    def _fits(self, judgement: Judgement) -> bool:
        if not judgement.applies or self.trial not in (None, judgement.trial):
            return False
        if self.only is None:
            return judgement.verdict is not Verdict.NOT_ELIGIBLE
        return judgement.verdict is VERDICTS[self.only]

    def order(self, patient: Screened) -> tuple[object, ...]:
        """Sort key of a patient; patients with equal keys keep their order."""
        if self.sort == "deadline":
            return self._by_deadline(patient)
        return {
            "need": patient.order,
            "row": (patient.row,),
            "id": (patient.id is None, patient.id or ""),
        }[self.sort]

    def _by_deadline(self, patient: Screened) -> tuple[object, ...]:
        """Sort by deadline: future deadlines, soonest first; past deadlines; no deadline."""
        days: list[Fraction] = [
            deadline.days
            for deadline in patient.pressing.deadlines
            if deadline.days is not None and (self.trial is None or deadline.trial == self.trial.id)
        ]
        if (least := min(days, default=None)) is None:
            return (2, Fraction(0), *patient.order)
        return (int(least < 0), abs(least), *patient.order)

    def as_record(self, shown: int, left_out: int) -> SelectionRecord | None:
        """Return the record of the selection; None for the whole list."""
        if not self.asks:
            return None
        return SelectionRecord(
            trial=None if self.trial is None else self.trial.id,
            only=None if self.only is None else VERDICTS[self.only].value,
            sort=self.sort,
            top=self.top,
            told=shown,
            left_out=left_out,
        )


def parse_selection(
    trials: Sequence[Trial], trial: str | None, only: Only | None, sort: Sort, top: int | None
) -> Selection:
    """Return a selection; `trial`: registry number, name or short name.

    Raises `InputRefused`: `trial.unknown`.
    """
    return Selection(None if trial is None else find_trial(trial, trials), only, sort, top)


Order = tuple[Any, ...]


class Spool:
    """Texts in a temporary file, each with a sort key; texts with equal keys keep their order."""

    def __init__(self) -> None:
        with putting_aside(), ExitStack() as files:
            self._file = files.enter_context(TemporaryFile())
            self._close = files.pop_all().close
        self._starts = array("Q")
        self._kinds = array("L")  # of each text, the number of its sort key
        self._orders: dict[Order, int] = {}
        self._end = 0
        self._moved = False  # whether the file was read since

    def __enter__(self) -> Self:
        """Return this object; the file is removed at the end."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Close the file, which removes it."""
        with suppress(OSError):  # a full disk no longer matters
            self._close()

    def __len__(self) -> int:
        """Count the texts."""
        return len(self._starts)

    def add(self, text: str, order: Order = ()) -> None:
        """Add a text.

        Raises `InputRefused`: `output.temporary` if the disk is full.
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
        """Yield the texts in order.

        Raises `InputRefused`: see `add`.
        """
        try:
            self._file.flush()  # a full disk is refused here
        except OSError as error:
            raise refuse_temporary(error) from error
        ranks = {self._orders[order]: rank for rank, order in enumerate(sorted(self._orders))}
        ends = self._starts[1:] + array("Q", [self._end])
        for place in sorted(range(len(self)), key=lambda at: ranks[self._kinds[at]]):
            self._moved = True
            self._file.seek(self._starts[place])
            yield self._file.read(ends[place] - self._starts[place]).decode()


RULES = ("as_of", "centre", "trials", "size_limit")  # options of `read_rules`
FormatRow = Callable[[ScreenedRecord | NotReadRecord], str]


class Shortlist:
    """The first rows in order of urgency, and the first rows that could not be read."""

    def __init__(self, most: int, *, clinical: bool, selection: Selection | None = None) -> None:
        self._most = most
        self.selection = selection or Selection()
        self.taken = 0
        self.clinical = clinical
        self.rows: tuple[ScreenedRecord, ...] = ()
        self.refused: list[NotReadRecord] = []

    def take(self, judged: Iterable[Screened | NotRead]) -> None:
        """Keep the first rows of a list."""
        most = self._most if self.selection.top is None else min(self._most, self.selection.top)
        first = nsmallest(most, self._sift(judged), key=itemgetter(0))
        self.rows = tuple(row for _, row in first)

    def _sift(
        self, judged: Iterable[Screened | NotRead]
    ) -> Iterator[tuple[tuple[object, ...], ScreenedRecord]]:
        for patient in judged:
            if not isinstance(patient, NotRead):
                if self.selection.takes(patient):
                    self.taken += 1
                    yield (
                        self.selection.order(patient),
                        as_screened_record(patient, clinical=self.clinical),
                    )
            elif len(self.refused) < self._most:
                self.refused.append(as_not_read_record(patient, clinical=self.clinical))


class Ranked:
    """Rows as texts, in order of urgency, followed by those that could not be read.

    - `format_row`: formats a row of either kind.
    - `clinical`: whether names of files are given.
    - `head`: text before the rows.
    - `selection`: rows to keep, and their order.
    """

    def __init__(
        self,
        format_row: FormatRow,
        *,
        clinical: bool,
        head: str = "",
        selection: Selection | None = None,
    ) -> None:
        self._format = format_row
        self.selection = selection or Selection()
        self.head = head
        self.clinical = clinical
        self._files = ExitStack()
        self._rows = self._files.enter_context(Spool())
        self.refused = self._files.enter_context(Spool())

    def __enter__(self) -> Self:
        """Return this object; the temporary files are removed at the end."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Remove the temporary files."""
        self._files.close()

    @property
    def taken(self) -> int:
        """Number of selected patients, including those beyond `top`."""
        return len(self._rows)

    @property
    def rows(self) -> Iterator[str]:
        """The selected rows, up to `top`."""
        return islice(self._rows, self.selection.top)

    def take(self, judged: Iterable[Screened | NotRead]) -> None:
        """Add the selected rows of a list."""
        for patient in judged:
            if isinstance(patient, NotRead):
                self.refused.add(self._format(as_not_read_record(patient, clinical=self.clinical)))
            elif self.selection.takes(patient):
                text = self._format(as_screened_record(patient, clinical=self.clinical))
                self._rows.add(text, self.selection.order(patient))


def read_rules(
    *,
    as_of: date | None = None,
    centre: Path | None = None,
    trials: Path | None = None,
    size_limit: int = 1,
) -> Rules:
    """Read trials and centre, as for `judge_file`."""
    return Rules(*read_grounds(trials, centre, as_of), centre, trials, size_limit)


def map_columns(words: Words) -> ColumnMapping:
    """Return the mapping of the options `--columns`, `--column` and `--ignore-column`.

    Raises `InputRefused`: see `read_mapping`.
    """
    names = ("columns", "column", "ignore_column", "cell_unknown")
    file, columns, ignored, cell_unknown = (words.get(name) for name in names)
    clinical = words["profile"] == "clinical"
    if not (file or columns or ignored or cell_unknown):
        return replace(AS_GIVEN, clinical=clinical)
    from fl_planner.intake.documents.column_mapping_file import read_mapping  # for few lists

    found = read_mapping(file, columns or (), ignored or (), cell_unknown=bool(cell_unknown))
    return replace(found, clinical=clinical)


def screen_list(
    listed: Path | HeldRows | RecordServer,
    rules: Rules,
    ranked: Ranked | Shortlist,
    diagnosis: Diagnosis | None = None,
    log: Path | None = None,
    fhir_map: Path | None = None,
    mapping: ColumnMapping = AS_GIVEN,
) -> ScreenRecord:
    """Judge every patient into `ranked`; return the record without the rows.

    - `listed`: the list, a bundle, or a folder of either; rows passed by a program; or patients of
      a FHIR server.
    - `rules`: rules from `read_rules`.
    - `ranked`: receives the selected rows and those that could not be read.
    - `diagnosis` ("crlm", "hcc" or "other"): diagnosis of patients without a separate diagnosis.
    - `log`: a screening log with their outcomes.
    - `fhir_map`: a mapping of FHIR codes to facts; None for the default.
    - `mapping`: mapping of the columns and cells of a table.
    """
    grounds = rules.grounds
    outcomes = {} if log is None else read_outcomes(read_log(log), log.name)
    patients = read_patients(listed, as_of=grounds.as_of, fhir_map=fhir_map, mapping=mapping)
    screening = Screening(rules, diagnosis, outcomes)
    ranked.take(screening.judge(each_counted(patients.rows, "patient")))
    every = {trial.id: trial for trial in (*grounds.trials, *grounds.protocols.each)}
    inputs = (*patients.inputs, *rules.inputs)
    findings, clinical = patients.findings, ranked.clinical
    record = as_worklist(screening, every.values(), inputs, findings, clinical=clinical)
    top = ranked.selection.top
    shown = ranked.taken if top is None else min(top, ranked.taken)
    selection = ranked.selection.as_record(shown, record.consort.assessed - shown)
    return structs.replace(record, selection=selection, unmapped=as_unmapped(patients.unmapped))
