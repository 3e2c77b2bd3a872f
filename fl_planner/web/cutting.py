"""Draft cuts of one case: what is asked of one, what it comes to, and what is taken away."""

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
from fl_planner.space.mask import Mask
from fl_planner.web.dossier.planned import CaseText, PlannedCase
from fl_planner.web.dossier.sign_off import FRAME, read_place, read_told, refuse_draft, void_sign
from fl_planner.workup.exports import make_draft

FRONT, BACK = "front", "back"


@dataclass(frozen=True, slots=True)
class CutWish:
    """A draft that is asked for.

    - `plane`: None where segments stay.
    - `keep_front`: whether the side that the plane points to stays.
    - `segments`: those that stay, in order.
    """

    plane: CutPlane | None = None
    keep_front: bool = False
    segments: tuple[str, ...] = ()


def read_wish(text: str) -> CutWish:
    """Read a draft: `{"point_mm", "normal", "keeps"}` in RAS+ mm, or `{"segments"}`.

    Raises `InputRefused`: `page.draft`; `cut.no_plane`.
    """
    told = read_told(text)
    if not isinstance(told, dict):
        raise refuse_draft("cannot be read")
    if told.keys() == {"segments"}:
        return CutWish(segments=_segments(told["segments"]))
    if told.keys() != {"point_mm", "normal", "keeps"}:
        raise refuse_draft("is neither a plane nor a set of segments")
    if told["keeps"] not in (FRONT, BACK):
        raise refuse_draft("does not say which side stays")
    plane = CutPlane(read_place(told["point_mm"]), read_place(told["normal"]), FRAME)
    return CutWish(plane, told["keeps"] == FRONT)


def _segments(told: Any) -> tuple[str, ...]:
    if not isinstance(told, list) or not all(one in SEGMENTS for one in told):
        raise refuse_draft("names a segment that there is not")
    return tuple(sorted({*told}))


PLAN, BRANCHES_CUT = "plan", "branches cut"
FIRST = "remnant as drawn"  # the case's own, where it was no plan by name
DRAWN = ("flr", "resected")
LEFT_OUT = ("name", "cuts")  # of the first plan, which is otherwise kept


def add_plan(text: CaseText, segments: tuple[str, ...] = ()) -> CaseText:
    """Add a draft to a case file as its last plan, by its segments or with its mask beside it.

    A case whose remnant is drawn keeps that as its first plan. Who signed it off did not see the
    draft: it is one itself again.
    """
    told, made = text.table, void_sign(text)
    if not told.get(PLAN) and set(DRAWN) & told.get("masks", {}).keys():
        made = made.with_table(PLAN, {"name": as_toml(FIRST)})
    name = _choose_name(told, CALLED)
    if segments:
        return made.with_table(PLAN, {"name": name, "remnant_segments": json.dumps([*segments])})
    return made.with_table(PLAN, {"name": name, "flr": as_toml(DRAFT_FILE)})


def add_branches(text: CaseText, cuts: tuple[BranchCut, ...]) -> CaseText:
    """Add the cuts to a case file as a plan of their own, of the first plan's remnant.

    Who signed the case off did not see it: it is a draft again. A case without plans gets its
    first; else the new one is the last, and a remnant of `[masks]` is named in it again.
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
    """Choose a name that no plan of the file has yet, as TOML."""
    taken = {plan.get("name") for plan in told.get(PLAN, ())}
    if called not in taken:
        return as_toml(called)
    return as_toml(next(f"{called} {n}" for n in count(2) if f"{called} {n}" not in taken))


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


KEPT = 64  # answers by segments, of which there are 254


class Cutter:
    """Cuts the liver of a case as the page asks; `case` is the case as it stood."""

    def __init__(self, case: PlannedCase) -> None:
        """Ask whose limits the drafts are set against."""
        self.case, self._plan = case, case.plan
        protocols = case.grounds.protocols
        trials = protocols.trials_of(judge_diagnosis(case.plan.judged.facts))
        self._drafts, self._files = DraftCuts(case.plan, trials), DraftFiles(case)
        self._by_segments: dict[tuple[str, ...], DraftCut] = {}

    def describe(self) -> dict[str, Any]:
        """Tell what can be chosen, where a plane begins, and why there is none."""
        anatomy = self._plan.case.anatomy
        told: dict[str, Any] = {"segments": sorted(anatomy.segments), "notes": [DRAFT_CUT]}
        told["rows"] = [*self._rows()]
        try:
            require_place(anatomy)
        except InputRefused as refused:
            told["no_plane"] = f"{refused.source} {refused.reason}; {refused.remedy}"
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
        """Tell what a draft comes to.

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
        """Draw what a draft leaves: a plane's as the mask that is saved of it.

        Raises `InputRefused`: as `answer`.
        """
        wish = read_wish(text)
        if wish.plane is not None:
            return Remnant(self._drafts.draw(wish.plane, keep_front=wish.keep_front), "drawn")
        remnant = self._cut(wish).planned.remnant
        assert remnant is not None  # else it is refused
        return remnant

    def _cut(self, wish: CutWish) -> DraftCut:
        if wish.plane is not None:
            return self._drafts.cut(wish.plane, keep_front=wish.keep_front)
        if wish.segments not in self._by_segments:
            made = self._drafts.keep(wish.segments)
            self._by_segments = dict([*self._by_segments.items(), (wish.segments, made)][-KEPT:])
        return self._by_segments[wish.segments]

    def _rows(self) -> Any:
        """List the resections by whole segments, those that a person sees first."""
        if not self._plan.resections:
            return
        for one in as_named_resections(self._plan).resections:
            if one.name is None:  # it keeps half of IV, and the page lets whole segments stay
                continue
            yield {
                "code": one.code,
                "name": one.name,
                "kept": one.kept,
                "percent": one.share.flr_percent.shown,
                "shown": one.shown,
            }


MOST = 20  # cuts at a time
BESIDE, CLICK = "vessels.cut_beside", "click into the vessel, and cut again"


class BranchCutter:
    """Tries cuts of branches; `case` is the case as it stood."""

    def __init__(self, case: PlannedCase) -> None:
        """Find which trees there are."""
        self.case, self._drafts = case, DraftBranches(case.plan)

    def describe(self) -> list[str]:
        """Tell which trees can be cut."""
        return [*self._drafts.names]

    def answer(self, text: str) -> bytes:
        """Tell what cuts take together and each by itself.

        Raises `InputRefused`: as `read_branches` and `VesselTrees.lose`.
        """
        return self._tell(*self._lose(read_branches(text)))

    def leave(self, remnant: Remnant) -> bytes:
        """Tell what a draft's remnant loses with the branches in what is resected.

        Raises `InputRefused`: `vessels.no_tree` where no tree tells territories.
        """
        if not self._drafts.names:
            reason = "no vessels were drawn that tell which liver lives on them"
            raise InputRefused("vessels.no_tree", "draft cut", reason, "give masks of the veins")
        return self._tell(*self._drafts.leave(remnant))

    def _tell(self, loss: SupplyLoss, findings: tuple[Finding, ...]) -> bytes:
        plan = self.case.plan
        voxel_ml = plan.case.anatomy.liver.grid.voxel_ml
        percents = [100 * limit for limit in plan.share_limits]
        told = as_draft_branches(loss, findings, plan.withdrawn, voxel_ml, percents)
        return as_json(told).encode()

    def export(self, text: str) -> bytes:
        """Write the case file with these cuts as one more plan.

        Raises `InputRefused`: as `answer`; `page.case_file_form`.
        """
        cuts = read_branches(text)
        self._lose(cuts)  # one that lies beside its vessel is refused before it is saved
        return add_branches(self.case.text, cuts).content

    def _lose(self, cuts: tuple[BranchCut, ...]) -> tuple[SupplyLoss, tuple[Finding, ...]]:
        try:
            return self._drafts.lose(cuts)
        except InputRefused as refused:
            if refused.code != BESIDE:
                raise
            raise InputRefused(BESIDE, refused.source, refused.reason, CLICK) from None


def read_branches(text: str) -> tuple[BranchCut, ...]:
    """Read cuts, `[{"tree", "at_mm"}]` in RAS+ mm.

    Raises `InputRefused`: `page.draft`.
    """
    told = read_told(text)
    if not isinstance(told, list) or not told:
        raise _refuse("is no list of cuts")
    if len(told) > MOST:
        raise _refuse(f"{len(told)} cuts are more than {MOST}", "take one back first")
    return tuple(map(_read_cut, told))


def _read_cut(told: Any) -> BranchCut:
    if not isinstance(told, dict) or told.keys() != {"tree", "at_mm"}:
        raise _refuse("does not say a tree and a place")
    tree = next((name for name in TREES if name == told["tree"]), None)
    if tree is None:
        raise _refuse("names a tree that there is not")
    return BranchCut(tree, read_place(told["at_mm"]))


def _refuse(reason: str, remedy: str = "reload the page, and cut again") -> InputRefused:
    return InputRefused("page.draft", "draft cut", reason, remedy)
