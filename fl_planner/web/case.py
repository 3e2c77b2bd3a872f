"""One case as its process holds it: planned once, and then told in every way that is asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from fl_planner.basis.errors import InputRefused
from fl_planner.workup import api

if TYPE_CHECKING:
    from fl_planner.record.files.check import CheckRecord
    from fl_planner.web.cuts import Viewer
    from fl_planner.web.surfaces import Surfaces
    from fl_planner.workup.python.result import PlanResult

FILES = {  # what may be taken away: its name, and its kind on the wire
    "plan.json": "application/json",
    "plan.csv": "text/csv; charset=utf-8",
    "plan.fhir.json": "application/fhir+json",
    "report.html": "text/html; charset=utf-8",
    "report.pdf": "application/pdf",
    "case.toml": "text/plain; charset=utf-8",
}


class OpenCase:
    """A case and its plan: what `fl_planner.plan` gives, and no number besides."""

    def __init__(self) -> None:
        self._result: PlanResult | None = None
        self._file: Path | None = None
        self._options: Mapping[str, Any] = {}
        self._viewer: Viewer | None = None
        self._surfaces: Surfaces | None = None
        self._checked: CheckRecord | None = None

    def open_case(self, case_file: Path | None, options: Mapping[str, Any]) -> None:
        """Plan a case file, or files by their roles: as `fl_planner.plan`.

        Raises `InputRefused`: as planning.
        """
        self._result = api.plan(case_file, **options)
        self._file, self._options = case_file, options
        self._viewer = self._surfaces = None

    def open_dropped(self, folder: Path, name: str, options: Mapping[str, Any]) -> None:
        """Plan a case file that was dropped, which may name what was dropped with it alone."""
        from fl_planner.intake.reading.case import find_files_of
        from fl_planner.web.dropped import require_inside
        from fl_planner.workup.request import read_request

        require_inside(find_files_of(read_request(folder / name)), folder)
        self.open_case(folder / name, options)

    def check(self, folder: Path) -> None:
        """Ask each dropped file what it is."""
        from fl_planner.web.dropped import list_dropped
        from fl_planner.workup.files.check import describe_files

        paths = list_dropped(folder)
        if not paths:
            raise InputRefused("page.nothing", "files", "none was dropped", "drop some")
        self._checked = describe_files(paths, none_read=True)

    def checked(self) -> dict[str, Any]:
        """Tell what `check` says of each file, and which role is proposed for it."""
        from fl_planner.formats.segments.schemes import read_bundled_schemes
        from fl_planner.record.declaration.part import as_json
        from fl_planner.web.draft import propose_roles

        if self._checked is None:
            raise InputRefused("page.not_planned", "files", "were not looked at", "drop them again")
        return {
            "told": json.loads(as_json(self._checked)),
            "proposed": propose_roles(self._checked),
            "schemes": [*read_bundled_schemes()],
        }

    def open_answers(self, folder: Path, answers: str, options: Mapping[str, Any]) -> None:
        """Plan dropped files in the roles that the user confirmed."""
        from fl_planner.web.draft import write_draft
        from fl_planner.web.dropped import list_dropped

        files = {one.name: one for path in list_dropped(folder) for one in (path, *_within(path))}
        self.open_case(write_draft(answers, folder, files), options)

    def record(self) -> bytes:
        """Give the record, byte for byte as `plan --json` prints it."""
        return f"{self._planned().as_json()}\n".encode()

    def answer(self) -> dict[str, Any]:
        """Give the answer in the words of the report, block by block."""
        from fl_planner.report.page.blocks import as_tree
        from fl_planner.report.page.pictures import Pictures
        from fl_planner.report.page.render import make_page

        pictures = Pictures({}, (), ())
        return as_tree(make_page(self._planned().record, pictures, appendix=True))

    def scan(self) -> dict[str, Any]:
        """Tell what can be seen of the case, in cuts and as surfaces."""
        return {**self._seen().describe(), "surfaces": self._solid().describe()}

    def cut(self, view: str, layer: int) -> bytes:
        """Give a layer of a view."""
        return self._seen().cut(view, layer)

    def surface(self, number: int) -> bytes:
        """Give a surface, by its number among those that `scan` tells."""
        return self._solid().make(number)

    def export(self, name: str, within: Path) -> bytes:
        """Make a file to be taken away; `within` is where files may be written for a moment.

        Raises `InputRefused`: where an output may not leave, as on the command line.
        """
        if name == "plan.json":
            return self.record()
        if name == "plan.csv":
            return self._csv()
        if name == "case.toml":
            return self._own_file(name).read_bytes()
        with TemporaryDirectory(dir=within) as folder:
            out = Path(folder) / name
            self._write(out)
            return out.read_bytes()

    def _csv(self) -> bytes:
        from fl_planner.export.csv import write_csv
        from fl_planner.export.plan_tables import PlanTables
        from fl_planner.export.release import require_trusted

        record = self._planned().record
        require_trusted(record, "CSV")
        return write_csv(PlanTables.of(record).plans).encode()

    def _write(self, out: Path) -> None:
        if out.name == "plan.fhir.json":
            api.plan(self._file, **{**self._options, "fhir": out})
            return
        from fl_planner.workup.report import Report, write_report
        from fl_planner.workup.request import read_request

        told = self._options
        asked = {key: told[key] for key in ("as_of", "centre", "size_limit") if key in told}
        wanted = {key: told[key] for key in ("trials", "profile", "size_limit") if key in told}
        case_file = self._own_file(out.name)
        write_report(read_request(case_file, **asked), Report(out, **wanted), case_file)

    def _own_file(self, wanted: str) -> Path:
        if self._file is None:
            reason = "is made of a case file, and this case was put together on the page"
            raise InputRefused("page.no_case_file", wanted, reason, "take away another file")
        return self._file

    def _planned(self) -> PlanResult:
        if self._result is None:
            raise InputRefused("page.not_planned", "case", "is not planned", "open it again")
        return self._result

    def _seen(self) -> Viewer:
        from fl_planner.report.picture.slices.plan import as_picture
        from fl_planner.web.cuts import Viewer

        if self._viewer is None:
            planned = self._planned()
            self._viewer = Viewer.of(as_picture(planned.plan, planned.record))
        return self._viewer

    def _solid(self) -> Surfaces:
        from fl_planner.web.surfaces import Surfaces

        if self._surfaces is None:
            self._surfaces = Surfaces.of(self._seen().picture)
        return self._surfaces


def _within(path: Path) -> Iterator[Path]:
    """Give the files of a folder of masks, which are told by themselves."""
    if path.is_dir():
        yield from sorted(one for one in path.rglob("*") if one.is_file())
