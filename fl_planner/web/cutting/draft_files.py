"""A draft cut as files: its remnant as a mask, and as a plan of the case file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from fl_planner.formats.readback import read_back
from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.formats.write import as_nifti, as_nrrd, format_of, numbered_for
from fl_planner.planning.draft_cut import DRAFT_FILE
from fl_planner.space.mask import Mask
from fl_planner.web.cutting.saved_plan import add_plan
from fl_planner.web.dossier.planned import PlannedCase
from fl_planner.workup.plan_dicom import make_draft

ZIP, DCM, CASE_FILE = ".zip", ".dcm", "case.toml"
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say: the same bytes at any time


@dataclass(frozen=True, slots=True)
class DraftFiles:
    """Writes drafts of one case."""

    case: PlannedCase

    def make(self, name: str, mask: Mask, segments: tuple[str, ...]) -> bytes:
        """Write a draft as a file whose name tells its format; a zip holds case file and mask.

        - `mask`: the remnant, called `flr`.
        - `segments`: those that stay, where the draft is made of them.

        Raises `InputRefused`: `dicom.no_ct`, `convert.carried`, `page.case_file_form`.
        """
        case = self.case
        if name.endswith(DCM):
            return make_draft(case.request, case.plan, mask, name)
        if not name.endswith(ZIP):
            return self._write(name, mask)
        beside = {} if segments else {DRAFT_FILE: self._write(DRAFT_FILE, mask)}
        return _pack({CASE_FILE: add_plan(case.text, segments).content, **beside})

    def _write(self, name: str, mask: Mask) -> bytes:
        written = format_of(name)
        structures = (Structure.of(1, mask, mask.name, mask.name),)
        findings = self.case.plan.case.findings
        made = numbered_for(ConvertedFile(name, mask.grid, (), findings, structures), written)
        as_bytes = as_nifti if written == "nifti1" else as_nrrd
        content = as_bytes(made, name).content
        read_back(content, name, made, self.case.request.limits)
        return content


def _pack(files: Mapping[str, bytes]) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as packed:
        for name, each in files.items():
            packed.writestr(ZipInfo(name, ZIP_TIME), each)
    return content.getvalue()
