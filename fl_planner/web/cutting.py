"""Draft cuts of one case: requests, results and exports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from fl_planner.basis.findings import Finding, InputRefused
from fl_planner.formats.segments.content import ConvertedFile, Structure
from fl_planner.formats.write import as_nifti, as_nrrd, format_of, numbered_for, read_back
from fl_planner.given.places import write_cut
from fl_planner.given.toml import as_toml
from fl_planner.liver.anatomy import SEGMENTS
from fl_planner.liver.cut_plane import CutPlane, require_place
from fl_planner.liver.names.structures import TREES
from fl_planner.liver.remnant import Remnant
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.liver.vessels.supply.loss import SupplyLoss
from fl_planner.planning.draft_cut import CALLED, DRAFT_FILE, DraftBranches, DraftCut, DraftCuts
from fl_planner.planning.pathway.states import judge_diagnosis
from fl_planner.record.declaration.part import as_json
from fl_planner.record.plan import DRAFT_CUT, as_draft_cut
from fl_planner.record.resections import as_named_resections
from fl_planner.record.vessels import as_draft_branches
from fl_planner.report.plain_words import as_plain_words
from fl_planner.space.mask import Mask
from fl_planner.web.dossier.planned import CaseText, PlannedCase
from fl_planner.web.dossier.sign_off import FRAME, read_place, read_told, refuse_draft, void_sign
from fl_planner.workup.files.result_set import make_draft

FRONT, BACK = "front", "back"


@dataclass(frozen=True, slots=True)
class CutWish:
    """A requested draft.

    - `plane`: None for a draft by segments.
    - `keep_front`: whether the side towards which the normal points remains.
    - `segments`: segments that remain, in order.
    """

    plane: CutPlane | None = None
    keep_front: bool = False
    segments: tuple[str, ...] = ()


def read_wish(text: str) -> CutWish:
    """Parse a draft: `{"point_mm", "normal", "keeps"}` in RAS+ mm, or `{"segments"}`.

    Raises `InputRefused`: `page.draft`; `cut.no_plane`.
    """
    told = read_told(text)
    if not isinstance(told, dict):
        raise refuse_draft("the draft cannot be read")
    if told.keys() == {"segments"}:
        return CutWish(segments=_segments(told["segments"]))
    if told.keys() != {"point_mm", "normal", "keeps"}:
        raise refuse_draft("the draft is neither a plane nor a set of segments")
    if told["keeps"] not in (FRONT, BACK):
        raise refuse_draft("the side that remains is not stated")
    plane = CutPlane(read_place(told["point_mm"]), read_place(told["normal"]), FRAME)
    return CutWish(plane, told["keeps"] == FRONT)


def _segments(told: Any) -> tuple[str, ...]:
    if not isinstance(told, list) or not all(name in SEGMENTS for name in told):
        raise refuse_draft("a segment does not exist")
    return tuple(sorted({*told}))


PLAN, BRANCHES_CUT = "plan", "branches cut"
FIRST = "remnant as drawn"  # the remnant of the case, if no plan had a name
DRAWN = ("flr", "resected")
LEFT_OUT = ("name", "cuts")  # keys of the first plan that are not copied


def add_plan(text: CaseText, segments: tuple[str, ...] = ()) -> CaseText:
    """Add a draft to a case file as the last plan, by its segments or by a separate mask.

    A drawn remnant of the case is kept as the first plan. A sign-off does not include the draft,
    so that the case becomes a draft again.
    """
    told, made = text.table, void_sign(text)
    if not told.get(PLAN) and set(DRAWN) & told.get("masks", {}).keys():
        made = made.with_table(PLAN, {"name": as_toml(FIRST)})
    name = _choose_name(told, CALLED)
    if segments:
        return made.with_table(PLAN, {"name": name, "remnant_segments": json.dumps([*segments])})
    return made.with_table(PLAN, {"name": name, "flr": as_toml(DRAFT_FILE)})


def add_branches(text: CaseText, cuts: tuple[BranchCut, ...]) -> CaseText:
    """Add the cuts to a case file as a separate plan with the remnant of the first plan.

    A sign-off does not include them, so that the case becomes a draft again. The new plan is the
    last, and a remnant of `[masks]` is repeated in it.
    """
    told, made = text.table, void_sign(text)
    plans = told.get(PLAN, ())
    entries = {"name": _choose_name(told, BRANCHES_CUT)}
    if plans:
        entries |= {key: as_toml(value) for key, value in plans[0].items() if key not in LEFT_OUT}
        masks = told.get("masks", {})
        if not {*DRAWN} & entries.keys():
            entries |= {key: as_toml(masks[key]) for key in DRAWN if key in masks}
    entries["cuts"] = f"[{', '.join(map(write_cut, cuts))}]"
    return made.with_table(PLAN, entries)


def _choose_name(told: Mapping[str, Any], called: str) -> str:
    """Choose an unused name for a plan, as TOML."""
    taken = {plan.get("name") for plan in told.get(PLAN, ())}
    if called not in taken:
        return as_toml(called)
    return as_toml(next(f"{called} {n}" for n in count(2) if f"{called} {n}" not in taken))


ZIP, DCM, CASE_FILE = ".zip", ".dcm", "case.toml"
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest in a zip archive: identical bytes at any time


@dataclass(frozen=True, slots=True)
class DraftFiles:
    """Files of drafts of one case."""

    case: PlannedCase

    def make(self, name: str, mask: Mask, segments: tuple[str, ...]) -> bytes:
        """Write a draft in the format given by the file name; a zip has case file and mask.

        - `mask`: the remnant, named `flr`.
        - `segments`: the remaining segments of a draft by segments.

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


KEPT = 64  # results by segments that are cached, of 254 possible


class Cutter:
    """Draft cuts of the liver of a case; `case` is the case at its creation."""

    def __init__(self, case: PlannedCase) -> None:
        """Determine the trials whose limits apply to the drafts."""
        self.case, self._plan = case, case.plan
        protocols = case.grounds.protocols
        trials = protocols.trials_of(judge_diagnosis(case.plan.judged.facts))
        self._drafts, self._files = DraftCuts(case.plan, trials), DraftFiles(case)
        self._by_segments: dict[tuple[str, ...], DraftCut] = {}

    def describe(self) -> dict[str, Any]:
        """Describe segments, resections and the initial plane, or why none can be used."""
        anatomy = self._plan.case.anatomy
        told: dict[str, Any] = {"segments": sorted(anatomy.segments), "notes": [DRAFT_CUT]}
        told["rows"] = [*self._rows()]
        try:
            require_place(anatomy)
        except InputRefused as refused:
            told["no_plane"] = as_plain_words(f"{refused.reason}; {refused.remedy}")
            return told
        organ = anatomy.organ
        part = organ.grid.part(organ.box)
        corners = part.places_mm(part.corners())
        low, high = corners.min(axis=0), corners.max(axis=0)
        told["plane"] = {"point_mm": ((low + high) / 2).tolist(), "normal": [1.0, 0.0, 0.0]}
        told["plane"]["keeps"] = BACK
        told["reach_mm"] = float(max(high - low)) / 2
        return told

    def answer(self, text: str) -> bytes:
        """Return the results of a draft.

        Raises `InputRefused`: as `read_wish`, `DraftCuts.cut` and `DraftCuts.keep`.
        """
        draft = self._cut(read_wish(text))
        return as_json(as_draft_cut(draft, self._plan.share_limits)).encode()

    def export(self, name: str, text: str) -> bytes:
        """Make a file of a draft.

        Raises `InputRefused`: as `answer`, and as `DraftFiles`.
        """
        remnant = self.draw(text)
        return self._files.make(name, remnant.mask, remnant.made_of)

    def draw(self, text: str) -> Remnant:
        """Draw the remnant of a draft, for a plane as the mask that is saved.

        Raises `InputRefused`: as `answer`.
        """
        wish = read_wish(text)
        if wish.plane is not None:
            return Remnant(self._drafts.draw(wish.plane, keep_front=wish.keep_front), "drawn")
        remnant = self._cut(wish).planned.remnant
        assert remnant is not None  # otherwise refused
        return remnant

    def _cut(self, wish: CutWish) -> DraftCut:
        if wish.plane is not None:
            return self._drafts.cut(wish.plane, keep_front=wish.keep_front)
        if wish.segments not in self._by_segments:
            made = self._drafts.keep(wish.segments)
            self._by_segments = dict([*self._by_segments.items(), (wish.segments, made)][-KEPT:])
        return self._by_segments[wish.segments]

    def _rows(self) -> Any:
        """List the resections by whole segments."""
        if not self._plan.resections:
            return
        for resection in as_named_resections(self._plan).resections:
            if resection.name is None:  # it keeps half of IV; the page has whole segments only
                continue
            yield {
                "code": resection.code,
                "name": resection.name,
                "kept": resection.kept,
                "percent": resection.share.flr_percent.shown,
                "shown": resection.shown,
            }


MOST = 20  # cuts at a time
BESIDE, CLICK = "vessels.cut_beside", "click on the vessel, and cut again"


class BranchCutter:
    """Draft cuts of branches; `case` is the case at its creation."""

    def __init__(self, case: PlannedCase) -> None:
        """Determine the trees of the case."""
        self.case, self._drafts = case, DraftBranches(case.plan)

    def describe(self) -> list[str]:
        """List the trees that can be cut."""
        return [*self._drafts.names]

    def answer(self, text: str) -> bytes:
        """Return the losses by all cuts and by each cut.

        Raises `InputRefused`: as `read_branches` and `VesselTrees.lose`.
        """
        return self._as_json(*self._lose(read_branches(text)))

    def leave(self, remnant: Remnant) -> bytes:
        """Return what the remnant of a draft loses with branches in the resected part.

        Raises `InputRefused`: `vessels.no_tree` if no tree defines territories.
        """
        if not self._drafts.names:
            reason = "no drawn vessels define the territories of the liver"
            raise InputRefused("vessels.no_tree", "draft cut", reason, "add masks of veins")
        return self._as_json(*self._drafts.leave(remnant))

    def _as_json(self, loss: SupplyLoss, findings: tuple[Finding, ...]) -> bytes:
        plan = self.case.plan
        voxel_ml = plan.case.anatomy.liver.grid.voxel_ml
        percents = [100 * limit for limit in plan.share_limits]
        told = as_draft_branches(loss, findings, plan.withdrawn, voxel_ml, percents)
        return as_json(told).encode()

    def export(self, text: str) -> bytes:
        """Write the case file with these cuts as a further plan.

        Raises `InputRefused`: as `answer`; `page.case_file_form`.
        """
        cuts = read_branches(text)
        self._lose(cuts)  # a cut outside its vessel is refused before saving
        return add_branches(self.case.text, cuts).content

    def _lose(self, cuts: tuple[BranchCut, ...]) -> tuple[SupplyLoss, tuple[Finding, ...]]:
        try:
            return self._drafts.lose(cuts)
        except InputRefused as refused:
            if refused.code != BESIDE:
                raise
            raise InputRefused(BESIDE, refused.source, refused.reason, CLICK) from None


def read_branches(text: str) -> tuple[BranchCut, ...]:
    """Parse cuts, `[{"tree", "at_mm"}]` in RAS+ mm.

    Raises `InputRefused`: `page.draft`.
    """
    told = read_told(text)
    if not isinstance(told, list) or not told:
        raise _refuse("the cuts are not a list")
    if len(told) > MOST:
        raise _refuse(f"{len(told)} cuts exceed the maximum of {MOST}", "undo a cut first")
    return tuple(map(_read_cut, told))


def _read_cut(told: Any) -> BranchCut:
    if not isinstance(told, dict) or told.keys() != {"tree", "at_mm"}:
        raise _refuse("tree or position is missing")
    tree = next((name for name in TREES if name == told["tree"]), None)
    if tree is None:
        raise _refuse("the tree does not exist")
    return BranchCut(tree, read_place(told["at_mm"]))


def _refuse(reason: str, remedy: str = "reload the page, and cut again") -> InputRefused:
    return InputRefused("page.draft", "draft cut", reason, remedy)
