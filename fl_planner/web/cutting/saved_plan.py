"""What was tried on the page as one more plan of the case file: a draft cut, or branches cut."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import count
from typing import Any

from fl_planner.intake.documents.new_case import as_toml, as_toml_cut
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.planning.draft_cut import CALLED, DRAFT_FILE
from fl_planner.web.dossier.case_text import CaseText
from fl_planner.web.dossier.sign_off import void_sign

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
    entries["cuts"] = f"[{', '.join(map(as_toml_cut, cuts))}]"
    return made.with_table(PLAN, entries)


def _choose_name(told: Mapping[str, Any], called: str) -> str:
    """Choose a name that no plan of the file has yet, as TOML."""
    taken = {plan.get("name") for plan in told.get(PLAN, ())}
    if called not in taken:
        return as_toml(called)
    return as_toml(next(f"{called} {n}" for n in count(2) if f"{called} {n}" not in taken))
