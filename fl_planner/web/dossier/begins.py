"""Where the vessel trees of a case begin, as it is told on the page, in its case file."""

from __future__ import annotations

from typing import Any

from fl_planner.basis.errors import InputRefused
from fl_planner.intake.documents.new_case import as_toml
from fl_planner.intake.documents.toml import table_in
from fl_planner.intake.request.vessel_words import as_ras
from fl_planner.liver.names.vessel_trees import TREES, TreeName
from fl_planner.liver.vessels.divide import list_drawn
from fl_planner.space.grid import Frame, Place
from fl_planner.web.dossier.case_text import CaseText
from fl_planner.web.dossier.entries import FRAME, read_place, read_told
from fl_planner.web.dossier.planned import PlannedCase
from fl_planner.web.dossier.sign_off import void_sign

VESSELS = "vessels"


def list_begins(case: PlannedCase) -> list[dict[str, Any]]:
    """List the trees that were drawn, and where each begins as far as that is known.

    - `at_mm`: places in RAS+ mm; empty where one label of all veins was not told apart,
      and where it is too large for a vessel.
    - `told`: whether somebody or a drawn vessel says so; else it was taken from the mask.
    - `tells`: whether it tells which liver lives on it; if not, a finding of the plan says why.
    """
    vessels = case.plan.measured.vessels
    known = {one.tree: one for one in (() if vessels is None else vessels.quality)}
    told = case.plan.case.vessel_roots_mm
    listed = []
    for tree in list_drawn(case.plan.case.anatomy):
        places = [told[tree]] if tree in told else []
        if tree in known and not places:
            places = [*known[tree].roots_mm]
        is_told = tree in told or (tree in known and bool(known[tree].root_told))
        tells = tree in known and known[tree].refused is None
        at_mm = [[*one] for one in places]
        listed.append({"tree": tree, "at_mm": at_mm, "told": is_told, "tells": tells})
    return listed


def read_begin(tree: str, at_mm: str) -> tuple[TreeName, Place]:
    """Read where a tree begins: its name, and a place as JSON in RAS+ mm.

    Raises `InputRefused`: `page.entry`; `page.draft` where that is no place.
    """
    name = next((one for one in TREES if one == tree), None)
    if name is None:
        raise InputRefused("page.entry", "tree", "is none", "reload the page")
    return name, read_place(read_told(at_mm))


def add_begin(text: CaseText, tree: TreeName, place: Place, said: str) -> CaseText:
    """Write where a tree begins, in the frame in which the file tells the other one.

    Who signed the case off did not see it: it is a draft again.
    """
    written = table_in(text.table, VESSELS).get("frame")
    frame: Frame = "LPS" if written == "LPS" else FRAME
    made = void_sign(text)
    if written is None:
        made = made.with_entry(VESSELS, "frame", as_toml(frame))
    x, y, z = as_ras(place, frame)  # and back alike: two signs turn
    return made.with_entry(VESSELS, f"{tree}_root_mm", f"[{x:.3f}, {y:.3f}, {z:.3f}]", said)
