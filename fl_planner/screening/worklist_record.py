"""A worklist, row by row: JSON in pieces, and cells of a table."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from fl_planner.basis.findings import Finding
from fl_planner.export.columns_from_keys import BETWEEN
from fl_planner.export.table_writing import (
    LONGEST_NAME,
    PLAIN,
    Cell,
    CsvForm,
    FlatTable,
    as_csv_row,
    write_csv,
)
from fl_planner.intake.patients.rows import NotRead
from fl_planner.planning.assessment.near_limits import read_entered_share
from fl_planner.planning.full_route.route import Question
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.only_just_eligible import show_verdict
from fl_planner.planning.plan import Plan
from fl_planner.planning.withdrawal import find_withdrawn
from fl_planner.record.declaration.part import as_float, as_json, as_part
from fl_planner.record.files.chart import as_sources
from fl_planner.record.head import Record, as_findings, state_level
from fl_planner.record.judgement import NextQuestionRecord, as_computed
from fl_planner.record.over_time.log import LastOutcomeRecord, OutcomeRecord
from fl_planner.record.over_time.worklist import (
    DeadlineRecord,
    ListedFileRecord,
    MeasuredPartsRecord,
    NotReadRecord,
    OfferedRecord,
    ScreenedRecord,
    ScreenRecord,
)
from fl_planner.record.trials import as_rules
from fl_planner.record.volumes import as_volumes
from fl_planner.screening.worklist import Screened, Screening, list_doubts
from fl_planner.trials.criterion import Trial

COLUMNS = (  # then three for each trial
    "record_id", "row", "urgency", "deadline_days", "deadline_says", "deadline_trial",
    "deadline_criterion", "route", "route_row", "next_question",
    "asked_of", "settles_trials", "questions", "computed",
    "liver_ml", "tumour_ml", "nontumour_ml", "flr_ml", "flr_pct", "denominator",
    "flr_typed_pct",
)  # fmt: skip
LAST_COLUMNS = ("findings_codes", "doubts", "refused_code", "reason")


class WorklistTable:
    """A worklist as CSV, row by row; `trials`: those judged, in order."""

    def __init__(self, trials: Sequence[str], form: CsvForm = PLAIN) -> None:
        self._form = form
        self._verdicts = _name_columns("verdict", trials)
        self._shown = _name_columns("shown", trials)
        self._outcomes = _name_columns("outcome", trials)
        of_trials = (*self._verdicts, *self._shown, *self._outcomes)
        self.columns = (*COLUMNS, *of_trials, *LAST_COLUMNS)

    def as_text(self, row: ScreenedRecord | NotReadRecord) -> str:
        """Format a row, readable or not; missing values are blank."""
        return as_csv_row(self.list_cells(row), self._form)

    def list_cells(self, row: ScreenedRecord | NotReadRecord) -> list[Cell]:
        """List the cells of a row that could not be read."""
        cells: dict[str, Cell] = {"record_id": row.id, "row": row.row}
        if isinstance(row, NotReadRecord):
            cells |= {"refused_code": row.code, "reason": row.reason}
        else:
            cells |= _cells(row)
            cells |= {name: row.verdicts.get(trial) for name, trial in self._verdicts.items()}
            cells |= {name: row.verdicts_shown.get(trial) for name, trial in self._shown.items()}
            for name, trial in self._outcomes.items():
                if last := (row.outcomes or {}).get(trial):
                    cells[name] = " ".join(filter(None, (last.became, last.criterion)))
        return [cells.get(name) for name in self.columns]

    @property
    def header(self) -> str:
        """Header with the names of the columns."""
        return write_csv(FlatTable(self.columns, ()), self._form)


def as_worklist(
    screening: Screening,
    rules: Iterable[Trial],
    inputs: Iterable[InputFile],
    findings: Iterable[Finding],
    *,
    clinical: bool,
) -> ScreenRecord:
    """Format a worklist without its rows, after every row has been judged.

    `findings`: findings on the list as a whole.
    """
    return ScreenRecord(
        refusal=None,
        inputs=tuple(
            as_part(ListedFileRecord, file, file=file.file if clinical else None) for file in inputs
        ),
        rules=as_rules(rules),
        rows=(),
        refused=(),
        faults=screening.faults.as_records(),
        consort=screening.consort.as_record(),
        findings=as_findings((*findings, *screening.findings)),
    )


def write_worklist_json(head: Record, rows: Iterable[str], refused: Iterable[str]) -> Iterator[str]:
    """Write a worklist piece by piece, in the form of `as_json`; each row is JSON."""
    parts: dict[str, Iterable[str]] = {"rows": rows, "refused": refused}
    before = "{\n"
    for key in sorted({*head, *parts}):
        yield f'{before}  "{key}": '
        if key in parts:
            yield from _list(parts[key])
        else:
            yield _indented(as_json(head[key]), 2)
        before = ",\n"
    yield "\n}\n"


def _list(texts: Iterable[str]) -> Iterator[str]:
    before = "[\n"
    for text in texts:
        yield f"{before}    {_indented(text, 4)}"
        before = ",\n"
    yield "[]" if before == "[\n" else "\n  ]"


def _indented(text: str, blanks: int) -> str:
    return text.replace("\n", "\n" + " " * blanks)  # a line end within a text is escaped


def _cells(row: ScreenedRecord) -> dict[str, Cell]:
    """Return the cells of a patient in the columns common to all trials."""
    cells: dict[str, Cell] = {
        "urgency": row.urgency,
        "route": row.route,
        "route_row": row.route_row,
        "questions": row.questions,
        "computed": BETWEEN.join(f"{value.key} {value.says}" for value in row.computed or ()),
        "findings_codes": " ".join(row.findings),
        "doubts": BETWEEN.join(state_level(one.severity, one.message) for one in row.doubts),
    }
    if (ml := row.volumes_ml) is not None:
        cells |= {"liver_ml": ml.liver, "tumour_ml": ml.tumour, "flr_ml": ml.flr}
        cells["nontumour_ml"] = ml.nontumorous_liver
    if row.flr_percent is not None:
        cells |= {"flr_pct": row.flr_percent.value, "denominator": row.denominator}
    cells["flr_typed_pct"] = row.flr_typed_percent
    if (ends := row.deadline) is not None:
        cells |= {"deadline_days": ends.days, "deadline_trial": ends.trial}
        cells |= {"deadline_criterion": ends.criterion, "deadline_says": ends.says}
    if (asked := row.next_question) is not None:
        cells |= {"next_question": asked.key, "asked_of": asked.asked_of}
        cells |= {"settles_trials": asked.trials}
    return cells


def _name_columns(word: str, trials: Sequence[str]) -> dict[str, str]:
    """Return a unique, valid column name for each trial.

    Examples
    --------
    >>> _name_columns("verdict", ["HARBOUR-1", "HARBOUR.1"])
    {'verdict_harbour_1': 'HARBOUR-1', 'verdict_2': 'HARBOUR.1'}
    """
    columns: dict[str, str] = {}
    for place, trial in enumerate(trials, start=1):
        name = f"{word}_{re.sub(r'[^a-z0-9]', '_', trial.lower())}"
        taken = name in columns or len(name) > LONGEST_NAME
        columns[f"{word}_{place}" if taken else name] = trial
    return columns


def _measured(plan: Plan | None) -> dict[str, Any]:
    """Return the volumes and the FLR of a plan, without those withdrawn by an error."""
    if plan is None:
        return {}
    case, measured = plan.case, plan.measured
    withdrawn = {output.number for output in find_withdrawn(case, measured)}
    if "volumes" in withdrawn:
        return {}
    volumes, no_flr = as_volumes(case, measured, plan.share_limits), "flr" in withdrawn
    ml = volumes.volumes_ml
    found = {"volumes_ml": as_part(MeasuredPartsRecord, ml, flr=None if no_flr else ml.flr)}
    if no_flr or volumes.flr_percent is None:
        return found
    return {**found, "flr_percent": volumes.flr_percent, "denominator": volumes.denominator}


def as_screened_record(one: Screened, *, clinical: bool) -> ScreenedRecord:
    """Return the record of a patient; `clinical`: whether to include the name of the file."""
    judged, pressing = one.judged, one.pressing
    deadlines = tuple(
        as_part(DeadlineRecord, deadline, days=as_float(deadline.days))
        for deadline in pressing.deadlines
    )
    questions = judged.route.questions
    doubts = list_doubts(one.findings, of_case=one.of_case, clinical=clinical)
    typed = read_entered_share(judged.facts)
    return ScreenedRecord(
        row=one.row,
        id=one.id,
        file=one.file if clinical else None,
        **_measured(one.plan),
        flr_typed_percent=None if typed is None else float(100 * typed),
        urgency=pressing.urgency.name.lower(),
        deadline=deadlines[0] if deadlines else None,
        deadlines=deadlines,
        verdicts={j.trial.id: j.verdict.value for j in judged.judgements},
        verdicts_shown={
            j.trial.id: show_verdict(j, judged.facts, judged.limited) for j in judged.judgements
        },
        only_human_open=tuple(j.trial.id for j in judged.judgements if j.only_human_open),
        possible=pressing.possible,
        route=judged.route.name,
        route_row=judged.route.row,
        next_question=as_part(NextQuestionRecord, questions[0]) if questions else None,
        questions=len(questions),
        computed=tuple(_offered(questions)) or None,
        findings=tuple(sorted({doubt.code for doubt in doubts})),
        doubts=doubts,
        outcomes=_outcomes(one.outcomes) or None,
        sources=as_sources(one.sources, "clinical" if clinical else "shareable"),
    )


def _offered(questions: Iterable[Question]) -> Iterator[OfferedRecord]:
    """Yield computed values offered for confirmation, with their questions."""
    for question in questions:
        if question.key is not None and question.computed is not None:
            value = as_computed(question.computed)
            yield OfferedRecord(key=question.key, value=value.value, says=value.says)


def _outcomes(outcomes: Iterable[OutcomeRecord]) -> dict[str, LastOutcomeRecord]:
    """Return the last outcome by trial; the log contains all."""
    return {outcome.trial: as_part(LastOutcomeRecord, outcome) for outcome in outcomes}


def as_not_read_record(one: NotRead, *, clinical: bool) -> NotReadRecord:
    """Return the record of a row that could not be read."""
    reason = (clinical and one.full) or one.reason
    return as_part(NotReadRecord, one, file=one.file if clinical else None, reason=reason)
