"""Exports of plans: pictures, tables, FHIR and DICOM."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from fl_planner.basis.defaults import Profile
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.run import begin_step
from fl_planner.intake.request.request import Request
from fl_planner.planning.plan import Plan
from fl_planner.record.declaration.part import as_exact_json
from fl_planner.record.plan import PlanRecord

if TYPE_CHECKING:
    from fl_planner.export.dicom.result_set import ResultSet
    from fl_planner.export.fhir.bundle import BundleType
    from fl_planner.export.plan_columns import PlanTables
    from fl_planner.export.table_writing import CsvForm, FlatTable, WorkbookSheet
    from fl_planner.record.growth import GrowthRecord
    from fl_planner.workup.files.segment import EngineMasks

JSON = ".json"
CSV, WORKBOOK = ".csv", ".xlsx"
OPTIONS = {"plans": "--xlsx", "lesions": "--lesions-csv", "resections": "--resections-csv"}
ENDINGS = {"plans": (WORKBOOK,), "lesions": (CSV, WORKBOOK), "resections": (CSV, WORKBOOK)}
Prepared = tuple[Path, bytes | dict[str, bytes]]


class Exports(Struct, frozen=True):
    """Requested outputs; None if not requested.

    - `growth`: growth up to the scan, for reports.
    - `masks`: the masks of an engine, which are written with the plan.
    """

    picture: Path | None = None
    fhir: Path | None = None
    fhir_as: BundleType | None = None
    dicom: Path | None = None
    replaces: Path | None = None
    tables: TableFiles | None = None
    force: bool = False
    profile: Profile = "shareable"
    growth: GrowthRecord | None = None
    masks: EngineMasks | None = None

    def require_names(self) -> None:
        """Refuse invalid names of outputs.

        Raises `InputRefused`: `usage.wrong` with the option.
        """
        if self.picture is not None:
            from fl_planner.report.picture.draw.picture_files import find_print

            find_print(self.picture)
        if self.replaces is not None and self.dicom is None:
            reason = "there is no result set to be written"
            raise InputRefused("usage.wrong", "--replaces", reason, "give --dicom as well")
        if self.fhir is None:
            if self.fhir_as is not None:
                reason = "there is no FHIR bundle to be written"
                raise InputRefused("usage.wrong", "--fhir-as", reason, "give --fhir as well")
            return
        if self.fhir.suffix.lower() != JSON:
            reason = f"the name {self.fhir.name} does not end in {JSON}"
            raise InputRefused("usage.wrong", "--fhir", reason, "give --fhir plan.fhir.json")

    def check(self, request: Request) -> None:
        """Refuse outputs that cannot be written, before the work."""
        from fl_planner.export.save import check_output

        for path in (self.picture, self.fhir):
            if path is not None:
                check_output(path, force=self.force)
        if self.tables is not None:
            self.tables.check(force=self.force)
        if self.dicom is not None:
            from fl_planner.workup.files.result_set import check_result_set

            check_result_set(request, self.dicom, force=self.force)
            self._read_replaced()

    def _read_replaced(self) -> ResultSet | None:
        """Read the result set that the new one replaces.

        Raises `InputRefused`: see `read_result_set`.
        """
        if self.replaces is None:
            return None
        from fl_planner.export.dicom.result_set import read_result_set

        return read_result_set(self.replaces)

    def write(self, request: Request, plan: Plan, record: PlanRecord) -> None:
        """Create the content of every output, and save all.

        Raises `InputRefused` if the plan must not be exported, or an output is invalid.
        """
        from fl_planner.export.save import save, save_folder, saving_together

        prepared = [*self._prepare(request, plan, record)]
        with saving_together():
            if self.masks is not None:
                self.masks.save()
            for path, content in prepared:
                if isinstance(content, bytes):
                    save(path, content, force=self.force)
                else:
                    save_folder(path, content, force=self.force)

    def _prepare(self, request: Request, plan: Plan, record: PlanRecord) -> Iterator[Prepared]:
        if self.dicom is not None:
            from fl_planner.export.save import require_trusted

            require_trusted(record, self.dicom.name)
        if self.fhir is not None:
            begin_step("FHIR")
            yield self.fhir, as_fhir(record, self.fhir.name, self.fhir_as or "collection")
        if self.dicom is not None:
            from fl_planner.workup.files.result_set import make_result_set

            replaced = self._read_replaced()
            files = make_result_set(
                request, plan, record, self.profile, replaced, growth=self.growth
            )
            yield self.dicom, files
        if self.tables is not None and self.tables.named:
            from fl_planner.export.plan_columns import PlanTables
            from fl_planner.export.save import require_trusted

            for path in self.tables.named.values():
                require_trusted(record, path.name)
            yield from self.tables.prepare(PlanTables.of(record))
        if self.picture is not None:
            from fl_planner.report.picture.draw.picture_files import find_print
            from fl_planner.report.picture.slices.figure import draw_figure
            from fl_planner.report.picture.slices.plan import as_picture

            begin_step("picture")
            yield self.picture, draw_figure(as_picture(plan, record), find_print(self.picture))

    def describe(self) -> Iterator[str]:
        """List the files written, with the identifiers that they contain."""
        if self.picture is not None:
            yield f"picture: {self.picture.name}"
        if self.tables is not None:
            yield from self.tables.describe()
        if self.fhir is not None:
            yield f"FHIR bundle: {self.fhir.name}"
        if self.dicom is not None:
            clinical = self.profile == "clinical"
            bears = "the patient's name and ID" if clinical else "the identifiers (UIDs)"
            yield f"DICOM result set: {self.dicom.name}, with {bears} from the CT"


def as_fhir(record: PlanRecord, name: str, kind: BundleType = "collection") -> bytes:
    """Format a plan's record as a FHIR bundle; `name` is its name in refusals."""
    from fl_planner.export.fhir.bundle import as_bundle, require_sound

    bundle = as_bundle(record, kind)
    require_sound(bundle, name)
    return f"{as_exact_json(bundle)}\n".encode()


class TableFiles(Struct, frozen=True):
    """Requested table files; None if not requested."""

    form: CsvForm
    plans: Path | None = None
    lesions: Path | None = None
    resections: Path | None = None

    @property
    def named(self) -> dict[str, Path]:
        """The requested tables."""
        return {name: path for name in OPTIONS if (path := getattr(self, name)) is not None}

    def check(self, *, force: bool) -> None:
        """Refuse outputs that cannot be written, before the work.

        Raises `InputRefused`: `usage.wrong` for another extension; `extra.missing` for a workbook
        without the library; see also `check_output`.
        """
        for name, path in self.named.items():
            _check(path, ENDINGS[name], OPTIONS[name], force=force)

    def prepare(self, tables: PlanTables) -> Iterator[tuple[Path, bytes]]:
        """Return the content of each."""
        for name, path in self.named.items():
            yield path, self._write(name, getattr(tables, name), path)

    def describe(self) -> Iterator[str]:
        """List the files written."""
        for name, path in self.named.items():
            yield f"table of {name}: {path.name}"

    def _write(self, name: str, table: FlatTable, path: Path) -> bytes:
        if path.suffix.lower() == WORKBOOK:
            from fl_planner.export.table_writing import as_workbook

            return as_workbook(table, name)
        from fl_planner.export.table_writing import write_csv

        return write_csv(table, self.form).encode()


class TableBook(Struct, frozen=True):
    """The table of --csv as a workbook with the sheet `name`."""

    path: Path
    name: str
    force: bool

    def check(self, rows: int = 0) -> None:
        """Refuse an invalid name, as `TableFiles.check` does, and too many `rows`.

        Raises `InputRefused`: `output.rows` too.
        """
        from fl_planner.export.table_writing import require_rows

        _check(self.path, (WORKBOOK,), OPTIONS["plans"], force=self.force)
        require_rows(self.path.name, rows)

    def write(self, table: FlatTable, before: Iterable[WorkbookSheet] = ()) -> None:
        """Write the workbook; `before`: sheets before that of the table.

        Raises `InputRefused`: `output.rows`.
        """
        from fl_planner.export.save import save
        from fl_planner.export.table_writing import WorkbookSheet, as_sheets

        save(self.path, as_sheets((*before, WorkbookSheet(self.name, table))), force=self.force)

    @property
    def description(self) -> str:
        """Description of the file written."""
        return f"table of {self.name}: {self.path.name}"


def _check(path: Path, endings: tuple[str, ...], option: str, *, force: bool) -> None:
    from fl_planner.export.save import check_output

    if path.suffix.lower() not in endings:
        expected = " or ".join(endings)
        reason = f"the name {path.name} does not end in {expected}"
        raise InputRefused("usage.wrong", option, reason, f"give a name ending in {expected}")
    if path.suffix.lower() == WORKBOOK:
        from fl_planner.basis.extras import require_excel

        require_excel()
    check_output(path, force=force)
