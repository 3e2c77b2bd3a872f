"""Files and charts that can be exported from a case, and why others are unavailable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from fl_planner.basis.extras import OF_PAGE, OF_PAPER, OF_SURFACE, require_report
from fl_planner.basis.findings import InputRefused
from fl_planner.export.save import require_trusted
from fl_planner.formats.write import require_dicom, require_no_mark
from fl_planner.report.picture.draw.picture_files import Print
from fl_planner.report.plain_words import as_plain_words
from fl_planner.web.dossier.planned import PlannedCase
from fl_planner.web.dossier.sign_off import SignedSheet
from fl_planner.workup.exports import as_fhir
from fl_planner.workup.files.result_set import make_result_set, require_result_set, require_slices

DRAFT_DICOM = "draft-cut.dcm"  # the only file of a draft that needs more than the draft


def list_hindrances(case: PlannedCase) -> dict[str, str]:
    """List unavailable exports by file name, each with the reason."""
    found = {}
    for name, require in REQUIRED.items():
        try:
            require(case, name)
        except InputRefused as refused:
            found[name] = as_plain_words(refused.reason)
    return found


def _require_dicom(case: PlannedCase, name: str) -> None:
    _require_draft(case, name)
    require_no_mark(name, case.plan.case.findings)
    require_trusted(case.record, name)
    require_report(OF_PAPER, OF_SURFACE)


def _require_draft(case: PlannedCase, _: str) -> None:
    if find_spec("highdicom") is None or find_spec("pydicom") is None:  # faster than importing
        require_dicom()
    require_slices(case.request, case.plan)


REQUIRED: dict[str, Callable[[PlannedCase, str], None]] = {
    "dicom.zip": _require_dicom,
    DRAFT_DICOM: _require_draft,
    "plan.csv": lambda case, name: require_trusted(case.record, name),
    "report.html": lambda *_: require_report(OF_PAGE, OF_SURFACE),
    "report.pdf": lambda *_: require_report(OF_PAPER, OF_SURFACE),
}

EPOCH = (1980, 1, 1, 0, 0, 0)  # constant time of members of a zip


def _csv(case: PlannedCase, _: str) -> bytes:
    from fl_planner.export.plan_columns import PlanTables
    from fl_planner.export.table_writing import write_csv

    require_trusted(case.record, "CSV")
    return write_csv(PlanTables.of(case.record).plans).encode()


def _report(case: PlannedCase, name: str) -> bytes:
    from fl_planner.workup.report import Report, make_report

    wanted = Report(Path(name), profile=case.words["profile"])
    return make_report(case.plan, case.record, wanted, case.growth)


def _dicom(case: PlannedCase, name: str) -> bytes:
    require_result_set(case.request)
    require_trusted(case.record, name)
    profile, growth = case.words["profile"], case.growth
    return pack_files(make_result_set(case.request, case.plan, case.record, profile, growth=growth))


def _segments(case: PlannedCase, _: str) -> bytes:
    from fl_planner.workup.files.slicer import MASKS_FILE, as_slicer

    return as_slicer(case.plan.case, case.request.limits)[MASKS_FILE]


def _niftis(case: PlannedCase, _: str) -> bytes:
    from fl_planner.workup.files.slicer import as_niftis

    return pack_files(as_niftis(case.plan, case.request.limits))


def list_charts(case: PlannedCase) -> list[str]:
    """List the charts of a case: growth and function."""
    function = case.record.function is not None and case.record.function.measured is not None
    return ["growth.svg"] * (case.growth is not None) + ["function.png"] * function


def draw_chart(case: PlannedCase, name: str) -> bytes:
    """Draw a chart as in the report; refuse a chart that the case does not have."""
    if name not in list_charts(case):
        raise InputRefused("page.no_chart", name, "the chart does not exist", "reload the page")
    if case.growth is not None and name == "growth.svg":
        from fl_planner.report.picture.charts.growth import draw_growth

        return draw_growth(case.growth, Print("svg"))
    from fl_planner.report.page.render import draw_charts

    return draw_charts(case.plan, case.record, None)["function"]


def pack_files(files: Mapping[str, bytes]) -> bytes:
    """Pack files into a zip archive; the same files give the same bytes."""
    held = BytesIO()
    with ZipFile(held, "w") as archive:
        for name, content in sorted(files.items()):
            archive.writestr(ZipInfo(name, EPOCH), content, ZIP_DEFLATED)
    return held.getvalue()


MAKERS: dict[str, Callable[[PlannedCase, str], bytes]] = {  # each name of `KINDS`
    "plan.json": lambda case, _: f"{case.as_json()}\n".encode(),
    "plan.csv": _csv,
    "plan.fhir.json": lambda case, name: as_fhir(case.record, name),
    "report.html": _report,
    "report.pdf": _report,
    "contact_sheet.png": lambda case, _: SignedSheet.of(case).png,
    "dicom.zip": _dicom,
    "masks.seg.nrrd": _segments,
    "masks.zip": _niftis,
    "case.toml": lambda case, _: case.text.content,
}
