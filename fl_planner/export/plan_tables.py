"""Plans as tables: a row a plan, and beside it a row a lesion and a row a resection."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from fl_planner.export.csv import Cell, FlatTable
from fl_planner.export.lesions_row import LESION_COLUMNS, list_lesion_rows
from fl_planner.export.plan_row import find_own, list_limits, list_plan_columns
from fl_planner.export.resections_row import list_resection_rows, name_columns
from fl_planner.record.plan import PlanRecord

Rows = list[Sequence[Cell]]


@dataclass(slots=True)
class PlanTables:
    """Three tables that grow by a plan; of a record only its rows are kept.

    `own` are the ids of a hospital's trials.
    """

    own: Sequence[str] = ()
    _plans: Rows = field(default_factory=list)
    _lesions: Rows = field(default_factory=list)
    _resections: Rows = field(default_factory=list)

    @classmethod
    def of(cls, record: PlanRecord) -> PlanTables:
        """Give the tables of one plan, with the columns of its trials."""
        tables = cls(find_own(one.trial.id for one in record.judged.trials))
        tables.add([record])
        return tables

    def add(self, records: Iterable[PlanRecord]) -> None:
        """Add plans to all three."""
        columns, limits = list_plan_columns(self.own), [*list_limits()]
        for record in records:
            self._plans.append([one.of(record) for one in columns])
            self._lesions += list_lesion_rows(record)
            if (told := record.by_segments) is not None:
                rows = list_resection_rows(record.case.id, record.volumes, told, limits)
                self._resections += rows

    @property
    def plans(self) -> FlatTable:
        """A row a plan."""
        return FlatTable([one.name for one in list_plan_columns(self.own)], self._plans)

    @property
    def lesions(self) -> FlatTable:
        """A row a lesion."""
        return FlatTable(LESION_COLUMNS, self._lesions)

    @property
    def resections(self) -> FlatTable:
        """A row a resection that has a name, where segments were given."""
        return FlatTable(name_columns([*list_limits()]), self._resections)
