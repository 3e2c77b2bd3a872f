"""Results of single use cases in Python: the types of their keys, and their tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from fl_planner.workup.python.result import Result, ResultRows

if TYPE_CHECKING:
    from fl_planner.planning.plan import Plan
    from fl_planner.workup.python.typed_records import (
        CriterionAnswerRecordDict,
        KeyedDose,
        KeyedFunction,
        KeyedGrowth,
        KeyedPlan,
        KeyedResections,
        KeyedTrials,
        KeyedVolumes,
        LesionRecordDict,
        PlanRow,
        ResectionRecordDict,
        SegmentRecordDict,
    )

    class CriterionRow(CriterionAnswerRecordDict):
        """A criterion, with its trial."""

        trial: str
        trial_name: str

else:  # a type checker reads the type of each key
    KeyedDose = KeyedFunction = KeyedGrowth = KeyedPlan = KeyedVolumes = Result
    KeyedResections = KeyedTrials = Result


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class VolumesResult(KeyedVolumes):
    """Volumes and shares of a liver."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class FunctionResult(KeyedFunction):
    """Liver function."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class DoseResult(KeyedDose):
    """Doses of a radioembolisation."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class GrowthResult(KeyedGrowth):
    """Growth of the FLR between scans."""


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class PlanOutcome(KeyedPlan):
    """A plan, made here or read from a file."""

    def row(self) -> PlanRow:
        """Return the study row, with the columns of `plan --csv`; None if there is no value.

        `fl_planner.frame` returns rows of several plans as a table.
        """
        from fl_planner.export.plan_columns import list_local_trials, list_plan_columns, read_cells

        record = self.record
        own = list_local_trials(trial.trial.id for trial in record.judged.trials)
        columns = list_plan_columns(own)
        cells = read_cells(columns, record)
        named = {column.name: cell for column, cell in zip(columns, cells, strict=True)}
        return cast("PlanRow", named)

    @property
    def lesions(self) -> ResultRows[LesionRecordDict]:
        """A row for each lesion."""
        return self.rows("lesions")

    @property
    def segments(self) -> ResultRows[SegmentRecordDict]:
        """A row for each segment."""
        return self.rows("segments")

    @property
    def resections(self) -> ResultRows[ResectionRecordDict]:
        """A row for each named resection by whole segments."""
        return self.rows("resections")

    @property
    def criteria(self) -> ResultRows[CriterionRow]:
        """A row for each criterion of each trial."""
        return list_criteria(self.as_record())


@dataclass(frozen=True, slots=True, repr=False, eq=False, kw_only=True)
class PlanResult(PlanOutcome):
    """A plan: its record, and `plan`, the object from which it was made."""

    plan: Plan


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ResectionsResult(KeyedResections):
    """A table of resections."""

    @property
    def resections(self) -> ResultRows[ResectionRecordDict]:
        """A row for each resection."""
        return self.rows("resections")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class JudgeResult(KeyedTrials):
    """The answers of all trials."""

    @property
    def criteria(self) -> ResultRows[CriterionRow]:
        """A row for each criterion of each trial."""
        return list_criteria(self.as_record())


def list_criteria(record: Mapping[str, Any]) -> ResultRows[CriterionRow]:
    """List the criteria of all trials, each with its trial."""
    rows: Iterator[Any] = (
        {"trial": trial["id"], "trial_name": trial["name"], **criterion}
        for trial in record.get("trials", ())
        for criterion in trial["criteria"]
    )
    return ResultRows.of("criteria", rows)
