"""A list of patients, read and judged one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import structs

from fl_planner.basis.diagnoses import Diagnosis
from fl_planner.basis.steps import each_counted
from fl_planner.intake.documents.protocols import read_grounds
from fl_planner.intake.patients.lists import read_patients
from fl_planner.planning.given.case import InputFile
from fl_planner.planning.judgement import Grounds
from fl_planner.record.over_time.worklist import ScreenRecord, SelectionRecord
from fl_planner.screening.log import read_log
from fl_planner.screening.outcome import find_outcomes
from fl_planner.screening.ranking import Ranked, Shortlist
from fl_planner.screening.worklist import By, Screening
from fl_planner.screening.worklist_record import as_worklist

if TYPE_CHECKING:  # loaded where a program holds its rows
    from fl_planner.intake.patients.held_rows import HeldRows


@dataclass(frozen=True, slots=True)
class Rules:
    """What a list is judged by, read before its patients are."""

    grounds: Grounds
    inputs: tuple[InputFile, ...]
    centre: Path | None
    trials: Path | None

    @property
    def names(self) -> list[str]:
        """The registry number of each trial, in their order."""
        return [trial.id for trial in self.grounds.trials]


def read_rules(
    *, as_of: date | None = None, centre: Path | None = None, trials: Path | None = None
) -> Rules:
    """Read what patients are judged by: as `judge_file` takes it."""
    return Rules(*read_grounds(trials, centre, as_of), centre, trials)


def screen_list(
    listed: Path | HeldRows,
    rules: Rules,
    ranked: Ranked | Shortlist,
    diagnosis: Diagnosis | None = None,
    log: Path | None = None,
) -> ScreenRecord:
    """Judge every patient into `ranked`, and tell all but the rows.

    - `listed`: the list, a bundle, or a folder of either; or rows that a program holds.
    - `rules`: what they are judged by.
    - `ranked`: takes the rows that are selected, and those who could not be read.
    - `diagnosis` ("crlm", "hcc" or "other"): of all patients of whom nothing else is said.
    - `log`: a screening log with what became of them.
    """
    grounds = rules.grounds
    outcomes = {} if log is None else find_outcomes(read_log(log), log.name)
    patients = read_patients(listed, as_of=grounds.as_of)
    screening = Screening(By(grounds, rules.centre, rules.trials, diagnosis), outcomes)
    ranked.take(screening.judge(each_counted(patients.rows, "patient")))
    every = {trial.id: trial for trial in (*grounds.trials, *grounds.protocols.each)}
    inputs = (*patients.inputs, *rules.inputs)
    record = as_worklist(screening, every.values(), inputs, clinical=ranked.clinical)
    return structs.replace(record, selection=_tell_selection(ranked, record.consort.assessed))


def _tell_selection(ranked: Ranked | Shortlist, assessed: int) -> SelectionRecord | None:
    top = ranked.selection.top
    told = ranked.taken if top is None else min(top, ranked.taken)
    return ranked.selection.as_record(told, assessed - told)
