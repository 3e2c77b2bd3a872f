"""The table of cases in words: columns for human readers, with units; blank means unknown.

Rows follow the worklist: cases without an FLR answer, then the others by urgency, then cases
without a plan. `cases.csv` contains all keys of the same cases, in the order of the source.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from msgspec import json

from fl_planner.cohort.result import LISTED, CaseResult, KeptPatient, unreadable
from fl_planner.export.columns_from_keys import Column, Read, list_key_columns
from fl_planner.intake.documents.protocols import find_trial_name
from fl_planner.record.declaration.json_form import read_record
from fl_planner.record.head import state_level, state_reader
from fl_planner.record.over_time.worklist import ScreenedRecord
from fl_planner.record.plan import PlanRecord, state_pathway
from fl_planner.report import words as phrases
from fl_planner.screening.in_words import (
    CASE,
    ENTERED_FLR,
    LONG,
    REMEDY,
    list_widths,
    list_word_columns,
    word_column,
)

STATES = {"planned": "planned", "refused": "refused", "failed": "not completed"}
NO_RESULT, PATHWAY, CUT_BY = "Why there is no answer", "Pathway", "Cuts"
NO_FLR = "no FLR result"


@dataclass(frozen=True, slots=True)
class CaseInWords:
    """A case with its worklist row, if any, and the reason for a missing FLR answer."""

    result: CaseResult
    listed: ScreenedRecord | None = None
    unanswered: str | None = None
    part: None = None  # no key of a plan


def read_in_words(result: CaseResult) -> CaseInWords:
    """Read the row of the worklist of a case.

    Raises `InputRefused`: `cohort.unreadable`.
    """
    path = result.folder / LISTED
    if result.plan is None or not path.exists():
        return CaseInWords(result)
    try:
        kept = json.decode(path.read_bytes(), type=KeptPatient)
        listed = read_record(ScreenedRecord, {**kept.row, "row": 1})
    except (OSError, ValueError) as error:
        raise unreadable(path) from error
    return CaseInWords(result, listed, kept.unanswered)


def list_case_columns(trials: Sequence[str]) -> tuple[Column, ...]:
    """List the columns of the table; `trials`: those of the run, in order."""
    names = {trial: find_trial_name(trial) for trial in trials}
    keys = {one.name: one.read for one in list_key_columns(PlanRecord, {})}
    return (
        word_column(CASE, "pseudonym of the case, as given by the user", lambda one: one.result.id),
        word_column("Status", "whether the case has a plan", lambda one: STATES[one.result.status]),
        _of_plan("Diagnosis", "diagnosis", _name_diagnosis),
        _of_plan(PATHWAY, "pathway for discussion", state_pathway),
        *map(_of_listed, (*list_word_columns(names), ENTERED_FLR)),
        _of_plan("FLR interval (%)", "FLR interval", _format_interval),
        _of_plan(
            "Near a limit",
            "whether an interval of FLR or untreated liver includes a limit",
            _is_near,
        ),
        _of_plan("Operation", "name of the plan", keys["case.plan.name"]),
        _of_plan(CUT_BY, "planes, surfaces and wedges", keys["case.plan.cut_by"]),
        _of_plan(
            "FLR that keeps its supply (%)",
            "part of the FLR that keeps its supply, with the same denominator as the FLR; blank if "
            "only a range applies because the effect of a cut is uncertain",
            partial(_as_number, keys["vessels.flr_supplied_percent_shown"]),
            "number",
        ),
        word_column("Warnings", "error-level and warning-level findings", _list_warnings),
        word_column(NO_RESULT, "why there is no plan or no FLR result", _describe_missing),
        word_column(
            REMEDY, "what to do", lambda one: one.result.refusal and one.result.refusal.remedy
        ),
    )


def list_case_widths(columns: Sequence[Column]) -> list[int]:
    """List the widths of the columns in a workbook."""
    return list_widths(columns, (*LONG, NO_RESULT, PATHWAY, CUT_BY))


def _of_plan(
    name: str, meaning: str, read: Callable[[PlanRecord], Any], kind: str = "text"
) -> Column:
    return word_column(name, meaning, lambda one: one.result.plan and read(one.result.plan), kind)


def _of_listed(column: Column) -> Column:
    return replace(column, read=lambda one: one.listed and column.read(one.listed))


def _name_diagnosis(plan: PlanRecord) -> str | None:
    named = phrases.diagnosis(plan)
    return None if named == phrases.NOT_GIVEN else named


def _format_interval(plan: PlanRecord) -> str | None:
    if plan.volumes.find_share("flr") is None:
        return None
    return phrases.interval_ends(plan, "flr").removesuffix(" %") or None


def _is_near(plan: PlanRecord) -> str | None:
    """State whether the case is in the chapter of the same name on the page of the cohort."""
    near = [one.may_be_crossed for one in plan.thresholds]
    return phrases.YES_NO[any(near)] if near else None


def _as_number(read: Read, plan: PlanRecord) -> float | None:
    shown = read(plan)
    return None if shown is None else float(shown)


def _list_warnings(one: CaseInWords) -> str | None:
    found = [each for each in one.result.findings if each.severity != "info"]
    stated = (f"{state_level(each.severity, each.message)}{state_reader(each)}" for each in found)
    return "; ".join(stated) or None


def _describe_missing(one: CaseInWords) -> str | None:
    result, why = one.result, one.result.refusal
    if why is not None:
        return f"{why.source}: {why.reason}"
    if one.unanswered is not None:
        return f"{NO_FLR}: {one.unanswered}"
    return result.failure
