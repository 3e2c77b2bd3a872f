"""Results of single use cases in Python: the types of their keys, and their tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fl_planner.workup.python.result import Result, ResultRows, Row

if TYPE_CHECKING:
    from fl_planner.planning.plan import Plan
    from fl_planner.workup.python.typed_records import (
        KeyedDose,
        KeyedFunction,
        KeyedGrowth,
        KeyedPlan,
        KeyedVolumes,
    )
else:  # a type checker reads the type of each key
    KeyedDose = KeyedFunction = KeyedGrowth = KeyedPlan = KeyedVolumes = Result


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

    def row(self) -> Row:
        """Return the study row, with the columns of `plan --csv`; None if there is no value.

        `fl_planner.frame` returns rows of several plans as a table.
        """
        from fl_planner.export.rows import list_local_trials, list_plan_columns, read_cells

        record = self.record
        own = list_local_trials(trial.trial.id for trial in record.judged.trials)
        columns = list_plan_columns(own)
        cells = read_cells(columns, record)
        return {column.name: cell for column, cell in zip(columns, cells, strict=True)}

    @property
    def lesions(self) -> ResultRows:
        """A row for each lesion."""
        return self.rows("lesions")

    @property
    def segments(self) -> ResultRows:
        """A row for each segment."""
        return self.rows("segments")

    @property
    def resections(self) -> ResultRows:
        """A row for each named resection by whole segments."""
        return self.rows("resections")

    @property
    def criteria(self) -> ResultRows:
        """A row for each criterion of each trial."""
        return list_criteria(self.as_record())


@dataclass(frozen=True, slots=True, repr=False, eq=False, kw_only=True)
class PlanResult(PlanOutcome):
    """A plan: its record, and `plan`, the object from which it was made."""

    plan: Plan


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ResectionsResult(Result[Any]):
    """A table of resections."""

    @property
    def resections(self) -> ResultRows:
        """A row for each resection."""
        return self.rows("resections")


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class JudgeResult(Result[Any]):
    """The answers of all trials."""

    @property
    def criteria(self) -> ResultRows:
        """A row for each criterion of each trial."""
        return list_criteria(self.as_record())


def list_criteria(record: Mapping[str, Any]) -> ResultRows:
    """List the criteria of all trials, each with its trial."""
    return ResultRows.of(
        "criteria",
        (
            {"trial": trial["id"], "trial_name": trial["name"], **criterion}
            for trial in record.get("trials", ())
            for criterion in trial["criteria"]
        ),
    )
