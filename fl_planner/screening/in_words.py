"""A worklist in words: columns for people, with units in their names; blank is unknown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from fl_planner.basis.shown import as_ml
from fl_planner.export.columns_from_keys import BETWEEN, Column
from fl_planner.record.declaration.part import DENOMINATORS
from fl_planner.record.head import state_level
from fl_planner.record.over_time.worklist import NotReadRecord, ScreenedRecord
from fl_planner.report import words as phrases
from fl_planner.report.questions import name_route
from fl_planner.report.terminal.worklist import describe_deadline, describe_ending
from fl_planner.trials.criterion import name_with_id
from fl_planner.trials.facts.quantities import describe_fact
from fl_planner.trials.patient_steps import name_state

OF_ROW = ""  # source of a column that is not a key of a plan
CASE, ROW, REASON, REMEDY = "Case", "Row", "Why the row was not read", "What to do"


def list_word_columns(names: Mapping[str, str]) -> Iterator[Column]:
    """List the columns that describe a judged patient, read from its row of the worklist.

    - `names`: names of the trials, by their ids.
    """
    yield word_column("Until", "time left until the first deadline", _describe_until)
    yield word_column(
        "What expires",
        "what expires at the first deadline",
        lambda row: describe_ending(row.deadlines) or None,
    )
    yield word_column("Route", "route for discussion", lambda row: name_route(row.route))
    yield word_column("Next question", "missing answer, and who can supply it", _describe_question)
    yield word_column(
        "Missing answers", "number of missing answers", lambda row: row.questions, "integer"
    )
    yield word_column(
        "FLR (%)",
        "FLR as % of the denominator, rounded, but not across a limit",
        _read_flr,
        "number",
    )
    yield word_column("Denominator of the FLR", "denominator of the FLR", _name_denominator)
    for part, of_part in VOLUMES.items():
        yield word_column(
            f"{of_part} (mL)",
            f"{of_part}, rounded{UNKNOWN_WITHOUT.get(part, '')}",
            partial(_read_ml, part),
            "number",
        )
    for id_, name in name_trials(names).items():
        yield word_column(name, f"verdict for {name}", partial(_read_verdict, id_))


VOLUMES = {
    "flr": "FLR",
    "nontumorous_liver": "Non-tumorous liver",
    "liver": "Whole liver",
    "tumour": "Tumour",
}
UNKNOWN_WITHOUT = {"nontumorous_liver": "; blank without a tumour mask"}


def list_screen_columns(names: Mapping[str, str]) -> tuple[Column, ...]:
    """List the columns of a list of patients, whose rows may be of either kind."""
    others = (
        ENTERED_FLR,
        *(
            word_column(
                f"{name}: status", f"last recorded status in the trial {name}", partial(_state, id_)
            )
            for id_, name in name_trials(names).items()
        ),
        word_column("Values to confirm", "values computed from recorded data", _list_computed),
        word_column("Warnings", "warning-level and error-level findings", _list_doubts),
    )
    unread = (
        word_column(REASON, "why the row was not read", lambda row: row.reason),
        word_column(REMEDY, "what to do", lambda row: row.remedy),
    )
    return (
        word_column(ROW, "number of the row in the list", lambda row: row.row),
        word_column(CASE, "pseudonym of the patient", lambda row: row.id),
        *(_only_of(ScreenedRecord, one) for one in (*list_word_columns(names), *others)),
        *(_only_of(NotReadRecord, one) for one in unread),
    )


WIDTHS = {"number": 12, "integer": 12}
LONG = ("What expires", "Route", "Next question", "Values to confirm", "Warnings", REASON, REMEDY)


def list_widths(columns: Iterable[Column], long: Container[str] = LONG) -> list[int]:
    """List the widths of the columns in a workbook; `long`: names of columns with long texts."""
    return [45 if one.name in long else WIDTHS.get(one.kind, 18) for one in columns]


def name_trials(names: Mapping[str, str]) -> dict[str, str]:
    """Name each trial for a column; two of the same name with their ids."""
    times = Counter(names.values())
    return {
        id_: name if times[name] == 1 else name_with_id(name, id_) for id_, name in names.items()
    }


def word_column(name: str, meaning: str, read: Callable[[Any], Any], kind: str = "text") -> Column:
    """Return a column in words."""
    return Column(name, meaning, OF_ROW, read, kind=kind)


ENTERED_FLR = word_column(
    "FLR as entered (%)", "FLR as entered", lambda row: row.flr_typed_percent, "number"
)


def _only_of(kind: type, column: Column) -> Column:
    return replace(column, read=partial(_read_of, kind, column.read))


def _read_of(kind: type, read: Callable[[Any], Any], row: object) -> Any:
    return read(row) if isinstance(row, kind) else None


def _describe_until(row: ScreenedRecord) -> str | None:
    days = [one.days for one in row.deadlines if one.days is not None]
    return describe_deadline(row.urgency, days) or None


def _describe_question(row: ScreenedRecord) -> str | None:
    return None if row.next_question is None else phrases.question(row.next_question)


def _read_flr(row: ScreenedRecord) -> float | None:
    return None if row.flr_percent is None else float(row.flr_percent.shown)


def _name_denominator(row: ScreenedRecord) -> str | None:
    return None if row.denominator is None else DENOMINATORS[row.denominator]


def _read_ml(part: str, row: ScreenedRecord) -> float | None:
    volumes = row.volumes_ml
    if volumes is None or (part in UNKNOWN_WITHOUT and volumes.tumour is None):
        return None
    ml = getattr(volumes, part)
    return None if ml is None else float(as_ml(ml).removesuffix(" mL"))


def _read_verdict(trial: str, row: ScreenedRecord) -> str | None:
    return row.verdicts_shown.get(trial)


def _state(trial: str, row: ScreenedRecord) -> str | None:
    if (last := (row.outcomes or {}).get(trial)) is None:
        return None
    return " ".join(filter(None, (name_state(last.became), last.criterion)))


def _list_computed(row: ScreenedRecord) -> str | None:
    found = (f"{describe_fact(each.key)}: {each.says}" for each in row.computed or ())
    return BETWEEN.join(found) or None


def _list_doubts(row: ScreenedRecord) -> str | None:
    return BETWEEN.join(state_level(one.severity, one.message) for one in row.doubts) or None
