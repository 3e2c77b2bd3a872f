"""A worklist as the one dict, and as CSV."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from fl_planner.intake.listed import NotRead
from fl_planner.planning.case import InputFile
from fl_planner.planning.judged import Judged
from fl_planner.planning.questions import Question
from fl_planner.planning.urgency import Deadline
from fl_planner.report.csv_text import LONGEST_NAME, Cell, as_csv
from fl_planner.report.record import Record, as_findings, as_head, given
from fl_planner.report.trials_record import as_rules, say_verdict
from fl_planner.screening.doubts import tell_doubts
from fl_planner.screening.outcome import Outcome
from fl_planner.screening.worklist import Screened, Worklist
from fl_planner.trials.criterion import Trial

if TYPE_CHECKING:
    from fl_planner.report.plan_record import Profile

COLUMNS = {  # name and place in a row; then two for each trial
    "record_id": ("id",),
    "row": ("row",),
    "urgency": ("urgency",),
    "deadline_days": ("deadline", "days"),
    "deadline_trial": ("deadline", "trial"),
    "deadline_criterion": ("deadline", "criterion"),
    "route": ("route",),
    "route_row": ("route_row",),
    "next_question": ("next_question", "key"),
    "asked_of": ("next_question", "asked_of"),
    "settles_trials": ("next_question", "trials"),
    "questions": ("questions",),
}
LAST_COLUMNS = {
    "findings_codes": ("findings",),
    "doubts": ("doubts",),
    "refused_code": ("code",),
    "reason": ("reason",),
}


def as_worklist(
    worklist: Worklist,
    rules: Iterable[Trial],
    inputs: Iterable[InputFile],
    profile: Profile = "shareable",
) -> Record:
    """Tell a worklist; `clinical` adds the names of files, for who has to find the patient."""
    clinical = profile == "clinical"
    head = as_head(inputs)
    if not clinical:
        for one in head["inputs"]:
            del one["file"]
    return {
        "schema": "fl-planner/screen/1",
        **head,
        "rules": as_rules(rules),
        "rows": [_row(one, clinical=clinical) for one in worklist.screened],
        "refused": [_refused(one, clinical=clinical) for one in worklist.refused],
        "consort": worklist.consort,
        "findings": as_findings(worklist.findings),
    }


def as_worklist_csv(record: Record) -> str:
    """Write a worklist as a table, the refused rows at its end with their reasons."""
    trials = [trial for row in record["rows"][:1] for trial in row["verdicts"]]
    columns: dict[str, tuple[str, ...]] = {
        **COLUMNS,
        **_columns("verdict", "verdicts", trials),
        **_columns("outcome", "outcomes", trials),
        **LAST_COLUMNS,
    }
    rows = [*record["rows"], *record["refused"]]
    return as_csv([*columns], ([_cell(row, path) for path in columns.values()] for row in rows))


def _columns(word: str, key: str, trials: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Name a column for each trial, in what a column's name may hold, each its own.

    Examples
    --------
    >>> _columns("verdict", "verdicts", ["HARBOUR-1", "HARBOUR.1"])
    {'verdict_harbour_1': ('verdicts', 'HARBOUR-1'), 'verdict_2': ('verdicts', 'HARBOUR.1')}
    """
    columns: dict[str, tuple[str, ...]] = {}
    for place, trial in enumerate(trials, start=1):
        name = f"{word}_{re.sub(r'[^a-z0-9]', '_', trial.lower())}"
        taken = name in columns or len(name) > LONGEST_NAME
        columns[f"{word}_{place}" if taken else name] = (key, trial)
    return columns


def _row(one: Screened, *, clinical: bool) -> Record:
    judged, pressing = one.judged, one.pressing
    deadlines = [_deadline(deadline) for deadline in pressing.deadlines]
    questions = judged.route.questions
    doubts = tell_doubts(one.findings, of_case=one.of_case, clinical=clinical)
    return {
        "row": one.row,
        **given(id=one.id, file=one.file if clinical else None),
        "urgency": pressing.urgency.name.lower(),
        **given(deadline=deadlines[0] if deadlines else None),
        "deadlines": deadlines,
        "verdicts": {j.trial.id: j.verdict.value for j in judged.judgements},
        "verdicts_shown": _shown(judged),
        "only_human_open": [j.trial.id for j in judged.judgements if j.only_human_open],
        "possible": list(pressing.possible),
        "route": judged.route.name,
        "route_row": judged.route.row,
        **given(next_question=_question(questions[0]) if questions else None),
        "questions": len(questions),
        "findings": sorted({doubt["code"] for doubt in doubts}),
        "doubts": doubts,
        **given(outcomes=_outcomes(one.outcomes) or None),
    }


def _shown(judged: Judged) -> Record:
    return {j.trial.id: say_verdict(j.verdict, judged.facts) for j in judged.judgements}


def _question(question: Question) -> Record:
    return given(key=question.key, asked_of=question.asked_of, trials=question.trials)


def _deadline(deadline: Deadline) -> Record:
    days = None if deadline.days is None else float(deadline.days)
    return {
        "trial": deadline.trial,
        "criterion": deadline.criterion,
        "says": deadline.says,
        **given(days=days),
    }


def _outcomes(outcomes: Iterable[Outcome]) -> Record:
    """Tell the last outcome by trial; the log has them all."""
    return {one.trial: given(became=one.became, criterion=one.criterion) for one in outcomes}


def _refused(one: NotRead, *, clinical: bool) -> Record:
    return {
        "row": one.row,
        **given(id=one.id, file=one.file if clinical else None),
        "code": one.code,
        "reason": (clinical and one.full) or one.reason,
        "remedy": one.remedy,
    }


def _cell(row: Record, path: tuple[str, ...]) -> Cell:
    found: Any = row
    for key in path:
        found = found.get(key) if found else None
    if path == LAST_COLUMNS["doubts"]:
        return "; ".join(one["message"] for one in found or ()) or None
    if isinstance(found, list):
        return " ".join(found)
    if isinstance(found, dict):
        return " ".join(found.values())
    cell: Cell = found
    return cell
