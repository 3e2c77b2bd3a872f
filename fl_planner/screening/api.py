"""Python interface to screening: a worklist, and the screening log."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, Unpack

from msgspec import structs

from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import format_count
from fl_planner.basis.run import one_run
from fl_planner.export.table_writing import write_csv
from fl_planner.record.declaration.part import as_written
from fl_planner.record.plan import as_plan_record
from fl_planner.screening.log import append, check_log
from fl_planner.screening.screen import (
    RULES,
    Only,
    Shortlist,
    Sort,
    map_columns,
    parse_selection,
    read_rules,
    screen_list,
)
from fl_planner.screening.worklist import as_consort_table
from fl_planner.workup.judge import choose_input, require_no_server
from fl_planner.workup.python.answers import JudgeResult, PlanResult
from fl_planner.workup.python.options import RecordOptions
from fl_planner.workup.python.result import NotebookView, Result, ResultRows
from fl_planner.workup.python.types import AnyPath
from fl_planner.workup.python.words import as_words, taking

if TYPE_CHECKING:
    from pandas import DataFrame

    from fl_planner.given.table import Words
    from fl_planner.intake.patients.fhir.entries import RecordServer
    from fl_planner.intake.patients.worksheet import HeldRows
    from fl_planner.workup.python.typed_records import (
        KeyedScreening,
        NotReadRecordDict,
        ScreenedRecordDict,
    )

    Rows: TypeAlias = DataFrame | Iterable[Mapping[str, object]]
else:  # a type checker reads the type of each key
    KeyedScreening = Result


class ScreenOptions(RecordOptions, total=False):
    """Options of `screen`."""

    diagnosis: Literal["crlm", "hcc", "other"]
    outcomes: AnyPath
    columns: AnyPath
    column: Iterable[str]
    ignore_column: Iterable[str]
    cell_unknown: bool
    trial: str
    only: Only
    sort: Sort
    top: int


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ScreenResult(KeyedScreening):
    """A worklist in order of urgency."""

    @property
    def patients(self) -> ResultRows[ScreenedRecordDict]:
        """Rows of patients, in order of urgency."""
        return self.rows("rows")

    @property
    def refused(self) -> ResultRows[NotReadRecordDict]:
        """Rows that could not be read, with reasons."""
        return self.rows("refused")

    def __repr__(self) -> str:
        """Summarise the result in one line."""
        counts = self.record.consort
        patients = format_count(counts.assessed, "patient")
        rows = f"{format_count(counts.not_read, 'row')} not read"
        return f"<fl_planner.screen: {patients}, {rows}>"

    def consort_csv(self) -> str:
        """Return the CONSORT counts as CSV, as with `--consort`."""
        return write_csv(as_consort_table(self.record.consort))


@taking(ScreenOptions)
def screen(listed: AnyPath | Rows, **options: Unpack[ScreenOptions]) -> ScreenResult:
    """Judge many patients: verdicts, route, next question and deadline, most urgent first.

    All rows are kept in memory; for many thousands of rows use the command line.

    Parameters
    ----------
    listed : path, frame of pandas, or list of dicts
        PATIENTS.csv, .xlsx, .jsonl, a FHIR bundle or bulk export, a case file, or a folder of
        such files; the address of a FHIR server; or the rows of such a table, with the same column
        names: `id`, `age [a]`, `platelets [10*9/L]`.
    options
        As for `fl-planner screen`.

    Raises
    ------
    InputRefused
        If the list as a whole cannot be read.

    Examples
    --------
    >>> screen([{"id": "p1", "crlm_present": True, "age [a]": 61}])
    <fl_planner.screen: 1 patient, 0 rows not read>
    """
    from fl_planner.report.terminal.worklist import worklist_table

    words = as_words("screen", ScreenOptions, options)
    mapping = map_columns(words)
    rules = read_rules(**{name: words[name] for name in RULES})
    chosen = (words[name] for name in ("trial", "only", "sort", "top"))
    selection = parse_selection(rules.grounds.trials, *chosen)
    clinical = words["profile"] == "clinical"
    ranked = Shortlist(sys.maxsize, clinical=clinical, selection=selection)
    basis = (words["diagnosis"], words["outcomes"], words["fhir_map"], mapping)
    head = screen_list(_listed(listed, words), rules, ranked, *basis)
    record = structs.replace(head, rows=as_written(ranked.rows), refused=tuple(ranked.refused))
    return ScreenResult("screen", record, NotebookView(worklist_table))


def _listed(given: object, words: Words) -> Path | HeldRows | RecordServer:
    if isinstance(given, str | PathLike):
        return choose_input(given, words)
    from fl_planner.intake.patients.worksheet import HeldRows

    require_no_server(words)
    return HeldRows.of(given)


@one_run()
def add_to_log(result: PlanResult | JudgeResult, log: AnyPath) -> None:
    """Add a plan or a judgement to a screening log, with the current time, as with `--log`.

    Parameters
    ----------
    result : result of `plan` or `judge`
        Stored without identifying data, regardless of its profile.
    log : path
        The log; created if it does not exist.

    Raises
    ------
    InputRefused
        If no entry can be added; and for a result that was read from a file.
    """
    if not isinstance(result, PlanResult | JudgeResult):
        raise InputRefused(
            "usage.wrong",
            "result",
            f"{type(result).__name__} is not a result of plan or judge",
            "run plan or judge for the patient, and add that result",
        )
    file = Path(log)
    check_log(file)
    if isinstance(result, PlanResult):
        append(file, as_plan_record(result.plan), "plan", datetime.now(UTC))
    else:
        append(file, result.record, "trials judge", datetime.now(UTC))
