"""Draft cuts of one case, in its process: what they come to, and what is taken away of one."""

from __future__ import annotations

from typing import Any

from fl_planner.basis.errors import InputRefused
from fl_planner.liver.cut_plane import require_place
from fl_planner.liver.remnant.remnant import Remnant
from fl_planner.planning.draft_cut import DraftCut, DraftCuts
from fl_planner.planning.pathway.states import find_diagnosis
from fl_planner.record.declaration.part import as_json
from fl_planner.record.draft_cut import NOT_DRAWN, as_draft_cut
from fl_planner.record.resections import as_named_resections
from fl_planner.web.cutting.draft_files import DraftFiles
from fl_planner.web.cutting.wish import BACK, CutWish, read_wish
from fl_planner.web.dossier.planned import PlannedCase

KEPT = 64  # answers by segments, of which there are 254


class Cutter:
    """Cuts the liver of a case as the page asks; `case` is the case as it stood."""

    def __init__(self, case: PlannedCase) -> None:
        """Ask whose limits the drafts are set against."""
        self.case, self._plan = case, case.plan
        protocols = case.grounds.protocols
        trials = protocols.trials_of(find_diagnosis(case.plan.judged.facts))
        self._drafts, self._files = DraftCuts(case.plan, trials), DraftFiles(case)
        self._by_segments: dict[tuple[str, ...], DraftCut] = {}

    def describe(self) -> dict[str, Any]:
        """Tell what can be chosen, where a plane begins, and why there is none."""
        anatomy = self._plan.case.anatomy
        told: dict[str, Any] = {"segments": sorted(anatomy.segments), "notes": [NOT_DRAWN]}
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
