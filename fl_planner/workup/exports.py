"""What is written of plans: a picture, files for other systems, and tables as CSV or workbooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fl_planner.basis.errors import InputRefused
from fl_planner.basis.steps import begin_step

if TYPE_CHECKING:
    from fl_planner.export.csv import CsvForm, FlatTable
    from fl_planner.export.plan_tables import PlanTables
    from fl_planner.intake.request.request import Request
    from fl_planner.planning.plan import Plan
    from fl_planner.record.head import Profile
    from fl_planner.record.plan import PlanRecord

JSON = ".json"
CSV, WORKBOOK = ".csv", ".xlsx"
OPTIONS = {"plans": "--xlsx", "lesions": "--lesions-csv", "resections": "--resections-csv"}
ENDINGS = {"plans": (WORKBOOK,), "lesions": (CSV, WORKBOOK), "resections": (CSV, WORKBOOK)}
Prepared = tuple[Path, bytes | dict[str, bytes]]


@dataclass(frozen=True, slots=True)
class Exports:
    """Outputs that were asked for; None is not asked for."""

    picture: Path | None = None
    fhir: Path | None = None
    dicom: Path | None = None
    tables: TableFiles | None = None
    force: bool = False
    profile: Profile = "shareable"

    def require_names(self) -> None:
        """Refuse names that no output can have.

        Raises `InputRefused`: `usage.wrong`, naming the option.
        """
        if self.picture is not None:
            from fl_planner.report.picture.draw.picture_files import find_print

            find_print(self.picture)
        if self.fhir is None:
            return
        if self.fhir.suffix.lower() != JSON:
            reason = f"{self.fhir.name} does not end in {JSON}"
            raise InputRefused("usage.wrong", "--fhir", reason, "write --fhir plan.fhir.json")

    def check(self, request: Request) -> None:
        """Refuse what cannot be written, before the work and not after it."""
        from fl_planner.export.save import check_output

        for path in (self.picture, self.fhir):
            if path is not None:
                check_output(path, force=self.force)
        if self.tables is not None:
            self.tables.check(force=self.force)
        if self.dicom is not None:
            from fl_planner.export.folder import check_folder
            from fl_planner.formats.write import require_dicom
            from fl_planner.workup.plan_dicom import NAMES, require_ct

            require_dicom()
            require_ct(request)
            check_folder(self.dicom, NAMES, force=self.force)

    def write(self, request: Request, plan: Plan, record: PlanRecord) -> None:
        """Make the content of every output, and put all in their places.

        Raises `InputRefused`: where the plan may not leave the program, or an output is not what it
        must be.
        """
        from fl_planner.export.folder import save_folder
        from fl_planner.export.save import save

        prepared = [*self._prepare(request, plan, record)]
        for path, content in prepared:
            if isinstance(content, bytes):
                save(path, content, force=self.force)
            else:
                save_folder(path, content, force=self.force)

    def _prepare(self, request: Request, plan: Plan, record: PlanRecord) -> Iterator[Prepared]:
        if self.dicom is not None:
            from fl_planner.export.release import require_trusted

            require_trusted(record, self.dicom.name)
        if self.fhir is not None:
            begin_step("FHIR")
            yield self.fhir, as_fhir(record, self.fhir.name)
        if self.dicom is not None:
            from fl_planner.workup.plan_dicom import make_dicom

            begin_step("DICOM")
            yield self.dicom, make_dicom(request, plan, record, self.profile)
        if self.tables is not None and self.tables.named:
            from fl_planner.export.plan_tables import PlanTables
            from fl_planner.export.release import require_trusted

            for path in self.tables.named.values():
                require_trusted(record, path.name)
            yield from self.tables.prepare(PlanTables.of(record))
        if self.picture is not None:
            from fl_planner.report.picture.draw.picture_files import find_print
            from fl_planner.report.picture.slices.figure import draw_figure
            from fl_planner.report.picture.slices.plan import as_picture

            begin_step("picture")
            yield self.picture, draw_figure(as_picture(plan, record), find_print(self.picture))

    def told(self) -> Iterator[str]:
        """Tell a person what was written, and what it bears."""
        if self.picture is not None:
            yield f"picture: {self.picture.name}"
        if self.tables is not None:
            yield from self.tables.told()
        if self.fhir is not None:
            yield f"FHIR bundle: {self.fhir.name}"
        if self.dicom is not None:
            clinical = self.profile == "clinical"
            bears = "the patient's name and number" if clinical else "the identifiers (UIDs)"
            yield f"DICOM SEG and SR: {self.dicom.name}, with {bears} of the CT"


def as_fhir(record: PlanRecord, name: str) -> bytes:
    """Write a plan's record as a FHIR bundle; `name` is what refusals call it."""
    from fl_planner.export.fhir.bundle import as_bundle
    from fl_planner.export.fhir.check import require_sound
    from fl_planner.record.declaration.part import as_json

    bundle = as_bundle(record)
    require_sound(bundle, name)
    return f"{as_json(bundle)}\n".encode()


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
