"""Plans of a case file: drafts and branch cuts as further plans, or a draft as the first plan."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import count
from typing import Any

from fl_planner.given.case import DRAWN
from fl_planner.given.places import write_cut
from fl_planner.given.toml import as_toml, table_in
from fl_planner.liver.vessels.branch_cut import BranchCut
from fl_planner.planning.draft_cut import CALLED
from fl_planner.planning.given.case import role_of
from fl_planner.planning.withdrawal import TOUCHES
from fl_planner.trials.statements import FACTS_OF_REMNANT
from fl_planner.web.dossier.planned import CaseText
from fl_planner.web.dossier.sign_off import ACCEPTED, HASHES, IMAGING, refuse_draft, void_sign

PLAN, BRANCHES_CUT = "plan", "branches cut"
FIRST = "remnant as drawn"  # the remnant of the case, if no plan had a name
MASKS, ORIGIN = "masks", "origin"
LEFT_OUT = ("name", "cuts")  # keys of the first plan that are not copied


def add_plan(text: CaseText, entries: Mapping[str, str]) -> CaseText:
    """Add a draft to a case file as the last plan; `entries` define its remnant, as TOML.

    A drawn remnant of the case is kept as the first plan. A sign-off does not include the draft,
    so that the case becomes a draft again.
    """
    case_table, made = text.table, void_sign(text)
    if not case_table.get(PLAN) and set(DRAWN) & case_table.get(MASKS, {}).keys():
        made = made.with_table(PLAN, {"name": as_toml(FIRST)})
    return made.with_table(PLAN, {"name": _choose_name(case_table, CALLED), **entries})


STAYS = ("embolised_segments", "stages", "clearing_margin_mm")  # of the plan that is replaced
SECOND = "second_reader"  # its remnant is compared with that of the first plan


def put_first(text: CaseText, entries: Mapping[str, str]) -> CaseText:
    """Insert a draft as the first plan of a case file; the previous plans follow it.

    Embolised segments, stages and the clearing margin are kept. A drawn remnant is assigned to the
    previous plan, and the stated hashes of drawn masks to their new roles. A sign-off does not
    include the draft. Facts of the previous remnant, such as its function, and acceptances of
    warnings are removed.

    Raises `InputRefused`: `page.draft` if a second reader's drawing belongs to the replaced
    remnant; `page.case_file_form`.
    """
    case_table, made = text.table, _shift_hashes(void_sign(text))
    if {*DRAWN} & case_table.get(SECOND, {}).keys():
        reason = "a second reader's remnant belongs to the plan that would be replaced"
        raise refuse_draft(reason, "open a separate case without that remnant")
    plans, moved = case_table.get(PLAN, []), _drawn(case_table)
    if moved:
        made = _without_drawn(made)
    if moved and not plans:
        made = made.with_table(PLAN, {"name": as_toml(FIRST), **moved})
    elif moved:
        made = made.with_changed_table(PLAN, 0, moved | _entries(plans[0]))
    if moved or plans:
        made = without_accepted(without_facts(made, FACTS_OF_REMNANT), kept=TOUCHES)
    kept = {key: one for plan in plans[:1] for key, one in plan.items() if key in STAYS}
    named = {"name": _choose_name(case_table, CALLED)}
    return made.with_first_table(PLAN, {**named, **_entries(kept), **entries})


def without_accepted(text: CaseText, kept: Collection[str] = ()) -> CaseText:
    """Remove findings accepted for images, and warnings for a plan or facts, as they were [H-02].

    An error, whose code is in `kept`, concerns an image, but not the plan.
    """
    for number, one in reversed([*enumerate(text.table.get(ACCEPTED, ()))]):
        if one.get("code") not in kept:
            text = text.without_table(ACCEPTED, number)
    return text


def without_facts(text: CaseText, keys: Iterable[str]) -> CaseText:
    """Remove facts from a case file."""
    for key in keys:
        text = text.without_entry("facts", key)
    return text


def add_branches(text: CaseText, cuts: tuple[BranchCut, ...]) -> CaseText:
    """Add branch cuts to a case file as a separate plan with the remnant of the first plan.

    A sign-off does not include them, so that the case becomes a draft again. The new plan is the
    last plan and repeats a remnant of `[masks]`.
    """
    case_table, made = text.table, void_sign(text)
    plans = case_table.get(PLAN, ())
    entries = {"name": _choose_name(case_table, BRANCHES_CUT)}
    if plans:
        entries |= {key: as_toml(value) for key, value in plans[0].items() if key not in LEFT_OUT}
        if not {*DRAWN} & entries.keys():
            entries |= _drawn(case_table)
    entries["cuts"] = f"[{', '.join(map(write_cut, cuts))}]"
    return made.with_table(PLAN, entries)


def _entries(plan: Mapping[str, Any]) -> dict[str, str]:
    return {key: as_toml(value) for key, value in plan.items()}


def _drawn(case_table: Mapping[str, Any]) -> dict[str, str]:
    """Return a remnant drawn in the masks, with its stated origin, as entries of a plan."""
    masks = case_table.get(MASKS, {})
    found = {key: as_toml(masks[key]) for key in DRAWN if key in masks}
    for key in {*found} & _origins(masks).keys():
        found[ORIGIN] = as_toml(masks[ORIGIN][key])
    return found


def _origins(masks: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the stated origins by structure; a common origin also applies to masks of plans."""
    stated = masks.get(ORIGIN, {})
    return stated if isinstance(stated, Mapping) else {}


def _without_drawn(text: CaseText) -> CaseText:
    """Remove a drawn remnant and its stated origin from the masks."""
    masks = text.table.get(MASKS, {})
    for key in DRAWN:
        if key in masks:
            text = text.without_entry(MASKS, key)
    if not {*DRAWN} & _origins(masks).keys():
        return text
    if not (left := {key: one for key, one in masks[ORIGIN].items() if key not in DRAWN}):
        return text.without_entry(MASKS, ORIGIN)
    return text.with_entry(MASKS, ORIGIN, as_toml(left))


def _shift_hashes(text: CaseText) -> CaseText:
    """Assign the stated hashes of drawn masks to the roles that a further first plan gives them."""
    table = text.table
    stated: Mapping[str, Any] = table_in(table, IMAGING, HASHES)
    numbers = range(max(len(table.get(PLAN, ())), 1))
    later = {role_of(n, drawn): role_of(n + 1, drawn) for n in numbers for drawn in DRAWN}
    if not stated.keys() & later.keys():
        return text
    hashes = {later.get(role, role): found for role, found in stated.items()}
    return text.with_entry(IMAGING, HASHES, as_toml(hashes))


def _choose_name(case_table: Mapping[str, Any], called: str) -> str:
    """Choose an unused name for a plan, as TOML."""
    taken = {plan.get("name") for plan in case_table.get(PLAN, ())}
    if called not in taken:
        return as_toml(called)
    return as_toml(next(f"{called} {n}" for n in count(2) if f"{called} {n}" not in taken))
