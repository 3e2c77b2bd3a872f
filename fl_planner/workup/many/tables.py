"""Tables of plans as files: each as CSV or as a workbook, by how its name ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.errors import InputRefused

if TYPE_CHECKING:
    from fl_planner.export.csv import CsvForm, FlatTable
    from fl_planner.export.plan_tables import PlanTables

CSV, WORKBOOK = ".csv", ".xlsx"
OPTIONS = {"plans": "--xlsx", "lesions": "--lesions-csv", "resections": "--resections-csv"}
ENDINGS = {"plans": (WORKBOOK,), "lesions": (CSV, WORKBOOK), "resections": (CSV, WORKBOOK)}


@dataclass(frozen=True, slots=True)
class TableFiles:
    """Tables that are wanted as files; None is not asked for."""

    form: CsvForm
    plans: Path | None = None
    lesions: Path | None = None
    resections: Path | None = None

    @property
    def named(self) -> dict[str, Path]:
        """Those that were asked for."""
        return {name: path for name in OPTIONS if (path := getattr(self, name)) is not None}

    def check(self, *, force: bool) -> None:
        """Refuse what cannot be written, before the work and not after it.

        Raises `InputRefused`: `usage.wrong` for a name that ends otherwise;
        `extra.missing` for a workbook without the library; as `check_output`.
        """
        for name, path in self.named.items():
            _check(path, ENDINGS[name], OPTIONS[name], force=force)

    def prepare(self, tables: PlanTables) -> Iterator[tuple[Path, bytes]]:
        """Give the content of each."""
        for name, path in self.named.items():
            yield path, self._write(name, getattr(tables, name), path)

    def told(self) -> Iterator[str]:
        """Tell a person what was written."""
        for name, path in self.named.items():
            yield f"table of {name}: {path.name}"

    def _write(self, name: str, table: FlatTable, path: Path) -> bytes:
        if path.suffix.lower() == WORKBOOK:
            from fl_planner.export.workbook import as_workbook

            return as_workbook(table, name)
        from fl_planner.export.csv import write_csv

        return write_csv(table, self.form).encode()


@dataclass(frozen=True, slots=True)
class TableBook:
    """The table of --csv as a workbook, with `name` for its sheet."""

    path: Path
    name: str
    force: bool

    def check(self) -> None:
        """Refuse a name that cannot be written, as `TableFiles.check` does."""
        _check(self.path, (WORKBOOK,), OPTIONS["plans"], force=self.force)

    def write(self, table: FlatTable) -> None:
        """Write it."""
        from fl_planner.export.save import save
        from fl_planner.export.workbook import as_workbook

        save(self.path, as_workbook(table, self.name), force=self.force)

    @property
    def told(self) -> str:
        """What was written, for a person."""
        return f"table of {self.name}: {self.path.name}"


def _check(path: Path, endings: tuple[str, ...], option: str, *, force: bool) -> None:
    from fl_planner.export.save import check_output

    if path.suffix.lower() not in endings:
        reason = f"{path.name} does not end in {' or '.join(endings)}"
        raise InputRefused("usage.wrong", option, reason, "name it so")
    if path.suffix.lower() == WORKBOOK:
        from fl_planner.basis.extras import require_excel

        require_excel()
    check_output(path, force=force)
