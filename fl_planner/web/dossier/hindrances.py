"""Exports that are unavailable for a case, each with the reason, listed before any request."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec

from fl_planner.basis.extras import OF_PAGE, OF_PAPER, OF_SURFACE, require_report
from fl_planner.basis.findings import InputRefused
from fl_planner.export.save import require_trusted
from fl_planner.formats.write import require_dicom, require_no_mark
from fl_planner.report.plain_words import as_plain_words
from fl_planner.web.dossier.planned import PlannedCase
from fl_planner.workup.files.result_set import require_slices

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


def _dicom(case: PlannedCase, name: str) -> None:
    _draft(case, name)
    require_no_mark(name, case.plan.case.findings)
    require_trusted(case.record, name)
    require_report(OF_PAPER, OF_SURFACE)


def _draft(case: PlannedCase, _: str) -> None:
    if find_spec("highdicom") is None or find_spec("pydicom") is None:  # faster than importing
        require_dicom()
    require_slices(case.request, case.plan)


def _trusted(case: PlannedCase, name: str) -> None:
    require_trusted(case.record, name)


REQUIRED: dict[str, Callable[[PlannedCase, str], None]] = {
    "dicom.zip": _dicom,
    DRAFT_DICOM: _draft,
    "plan.csv": _trusted,
    "report.html": lambda *_: require_report(OF_PAGE, OF_SURFACE),
    "report.pdf": lambda *_: require_report(OF_PAPER, OF_SURFACE),
}
