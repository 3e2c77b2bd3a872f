"""A draft cut as files: its remnant as a mask, and as a plan of the case file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from fl_planner.formats.readback import read_back
from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.formats.write import as_nifti, as_nrrd, format_of, numbered_for
from fl_planner.planning.draft_cut import CALLED, DRAFT_FILE
from fl_planner.space.mask import Mask
from fl_planner.web.dossier.case_text import CaseText
from fl_planner.web.dossier.planned import PlannedCase
from fl_planner.web.dossier.sign_off import void_sign
from fl_planner.workup.plan_dicom import make_draft

ZIP, DCM, CASE_FILE, PLAN = ".zip", ".dcm", "case.toml", "plan"
FIRST = "remnant as drawn"  # the case's own, where it was no plan by name
DRAWN = ("flr", "resected")
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


def add_plan(text: CaseText, segments: tuple[str, ...] = ()) -> CaseText:
    """Add a draft to a case file as its last plan, by its segments or with its mask beside it.

    A case whose remnant is drawn keeps that as its first plan. Who signed it off did not see the
    draft: it is one itself again.
    """
    told, made = text.table, void_sign(text)
    if not told.get(PLAN) and set(DRAWN) & told.get("masks", {}).keys():
        made = made.with_table(PLAN, {"name": json.dumps(FIRST)})
    name = json.dumps(_choose_name(told))
    if segments:
        return made.with_table(PLAN, {"name": name, "remnant_segments": json.dumps([*segments])})
    return made.with_table(PLAN, {"name": name, "flr": json.dumps(DRAFT_FILE)})


def _choose_name(told: Mapping[str, Any]) -> str:
    taken = {plan.get("name") for plan in told.get(PLAN, ())}
    return next(name for name in _names() if name not in taken)


def _names() -> Iterator[str]:
    yield CALLED
    number = 2
    while True:
        yield f"{CALLED} {number}"
        number += 1


def _pack(files: Mapping[str, bytes]) -> bytes:
    content = BytesIO()
    with ZipFile(content, "w", ZIP_DEFLATED) as packed:
        for name, each in files.items():
            packed.writestr(ZipInfo(name, ZIP_TIME), each)
    return content.getvalue()
