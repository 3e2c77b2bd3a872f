"""The form of a case's files: filled from the case file; changes are written back to it.

Only entries changed in the form are changed in the case file. All other entries remain unchanged,
including later entries with their authors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import PurePath
from typing import Any

from fl_planner.basis.findings import InputRefused
from fl_planner.given.case import CUT_BY, DRAWN
from fl_planner.given.facts import YES_NO_FACTS
from fl_planner.given.file_roles import MAP, ROLES, VESSEL, list_dose_fields
from fl_planner.given.toml import as_toml, table_in
from fl_planner.liver.names.exclusions import fold_role, fold_vessel
from fl_planner.liver.names.structures import EXCLUDE as OF_EXCLUDED
from fl_planner.liver.names.structures import VESSEL as OF_VESSEL
from fl_planner.planning.given.case import role_of
from fl_planner.planning.given.origin import StatedOrigin, parse_origin
from fl_planner.planning.withdrawal import TOUCHES
from fl_planner.trials.facts.quantities import describe_fact
from fl_planner.trials.statements import FACTS_OF_REMNANT, FACTS_OF_TREATED_AREA
from fl_planner.web.dossier.planned import CaseText, PlannedCase, TableOfFile
from fl_planner.web.dossier.plans import (
    MASKS,
    ORIGIN,
    PLAN,
    _entries,
    without_accepted,
    without_facts,
)
from fl_planner.web.dossier.roles import EXCLUDE
from fl_planner.web.dossier.sign_off import ACCEPTED, HASHES, IMAGING, list_accepted, void_sign

CT, TREATED = "ct", "treated"
YES_NO = ("yes", "no")
STUDY = ("decay_corrected", "validated_locally", "fasting_hours")
EDIT = "change it in the case file, and open the case file again"


def list_places(table: TableOfFile) -> dict[str, str]:
    """Return the path of each file as written in the case file, by file name."""
    return {_name(place): place for place, *_ in _list_files(table)}


def fill_form(case: PlannedCase) -> dict[str, Any]:
    """Describe the form with the contents of the case file, as the page sends it.

    A file with several roles is shown with its first role; the other roles remain in the case file.
    So does a remnant that is cut: the form states only that there is one (`cut`).
    """
    table, request = case.text.table, case.request
    roles: dict[str, dict[str, Any]] = {}
    for place, role, name, origin in _list_files(table):
        stated = origin or request.files.origins.get(_as_role(role, name))
        one = {"file": _name(place), "role": role, "name": name}
        roles.setdefault(one["file"], one | ({} if stated is None else {ORIGIN: _parts(stated)}))
    plan, facts = (table.get(PLAN) or [{}])[0], table_in(table, "facts")
    label_map, study = table_in(table, MASKS, MAP), table_in(table, "function")
    embolised, patient = table_in(table, "embolisation"), table_in(table, "patient")
    return {
        "files": [*roles],
        "roles": [*roles.values()],
        "facts": {
            option: YES_NO[not facts[key]]
            for option, key in YES_NO_FACTS.items()
            if isinstance(facts.get(key), bool)
        },
        "diagnosis": _shown(table.get("diagnosis")),
        "id": _shown(table.get("id")),
        "no_tumour": table_in(table, MASKS).get("no_tumour") is True,
        "remnant_segments": _shown(plan.get("remnant_segments")),
        "cut": any(plan.get(key) for key in CUT_BY),
        "plan": _shown(plan.get("name")),
        "scheme": _shown(label_map.get("scheme")),
        "labels": {label: _shown(named) for label, named in table_in(label_map, "labels").items()},
        "date": _shown(table_in(table, "imaging").get("date")),
        "as_of": _shown(request.as_of),
        "closed": _shown(embolised.get("date")),
        "closed_kind": _shown(embolised.get("kind")),
        "registered": any(table_in(table, of).get("registered") is True for of in STUDIES),
        **{key: _shown(study.get(key)) for key in STUDY},
        **{key: _shown(patient.get(key)) for key in ("height_cm", "weight_kg")},
        "dose": {
            name: _shown(table_in(table, "dose").get(name)) for name, *_ in list_dose_fields()
        },
    }


STUDIES = ("function", "dose")
ListedFile = tuple[str, str, str, StatedOrigin | None]  # path, role, name, origin in its plan


def _list_files(table: TableOfFile) -> Iterator[ListedFile]:
    """List the files of a case file with their roles, in the order of the roles."""
    for role, one in ROLES.items():
        if one.table == PLAN:
            for plan in table.get(PLAN, ()):
                stated = plan.get(ORIGIN)
                origin = parse_origin(stated) if isinstance(stated, str) else None
                for place in _texts(plan.get(one.key)):
                    yield place, role, _shown(plan.get("name")), origin
            continue
        found = table_in(table, *one.table.split(".")).get(one.key)
        if role == MAP and found is None:
            found = table_in(table, MASKS).get(MAP)  # its file alone
        named = found if one.named and isinstance(found, Mapping) else {"": found}
        for name, places in named.items():
            for place in _texts(places):
                yield place, role, name, None


def _name(place: str) -> str:
    """Return the name of a file or folder in a case file."""
    return PurePath(place).name


def _texts(found: object) -> list[str]:
    listed = found if isinstance(found, list | tuple) else [found]
    return [one for one in listed if isinstance(one, str)]


def _as_role(role: str, name: str) -> str:
    before = {EXCLUDE: OF_EXCLUDED, VESSEL: OF_VESSEL}.get(role)
    return role if before is None else fold_vessel(fold_role(f"{before}{name}"))


def _parts(origin: StatedOrigin) -> dict[str, str]:
    """Return an origin as the fields of the form."""
    parts = {
        "method": origin.method,
        "program": origin.engine,
        "version": origin.version,
        "error_mm": None if origin.error_mm is None else f"{origin.error_mm:g}",
    }
    return {key: one for key, one in parts.items() if one is not None}


def _shown(value: object) -> str:
    """Return an entry of a case file as the text of a field."""
    match value:
        case None:
            return ""
        case bool():
            return YES_NO[not value]
        case date():
            return value.isoformat()
        case list() | tuple():
            return ",".join(str(one) for one in value)
    return str(value)


def change_case(case: PlannedCase, before: TableOfFile, after: TableOfFile) -> CaseText:
    """Write the changes of a form into the case file, which becomes a draft again.

    - `before`, `after`: the contents of the form as shown, and as sent.

    Raises `InputRefused`: `page.entry` if an entry was changed since, or is written in a form that
    the page cannot write; `page.case_file_form`.
    """
    text, now = void_sign(case.text), case.text.table
    text = text.without_entry(IMAGING, HASHES)
    if any(before.get(key) != after.get(key) for key in (MASKS, PLAN)):
        text = _state_by_structure(text, case)  # one origin for all is not that of a mask added
    for key in _changed_keys(before, after):
        old, new = before.get(key), after.get(key)
        if key == PLAN:
            text = _change_plans(text, old or [], new or [])
        elif isinstance(old if new is None else new, Mapping):
            text = _change_table(text, case, key, old or {}, new or {})
        else:
            value = _merge(now.get(key), old, new, key)
            text = text.with_top_entry(key, None if value is None else as_toml(value))
    text = _without_outdated(text, before, after)
    if _replaces_image(before, after):
        _refuse_numbered(text, before, after)
        return without_accepted(text)
    entries = {key: one for key, one in before.items() if key not in (MASKS, IMAGING)}
    return text if _are_kept(entries, after) else without_accepted(text, kept=TOUCHES)


def _are_kept(old: Mapping[str, object], new: Mapping[str, object]) -> bool:
    """Whether a form keeps all entries as they were; it may have further ones."""
    return all(
        _are_kept(one, table_in(new, key)) if isinstance(one, Mapping) else new.get(key) == one
        for key, one in old.items()
    )


REGIONS, SPECT = "regions", {"spect", "maa_spect"}
OF_STUDY = {  # by files of a study: entries that are not in the form, nor true of another study
    ("function", "dynamic", "curves"): ("date", "bilirubin", "heads", "one_head", "tracer"),
    ("function", "spect"): ("date", "bilirubin", "transform"),
    ("dose", "maa_planar"): ("heads", "one_head", "tracer"),
    ("dose", "maa_spect"): ("transform", "tracer"),
}


def _without_outdated(text: CaseText, before: TableOfFile, after: TableOfFile) -> CaseText:
    """Remove entries of a scintigraphy, and facts of a part, that are replaced by another."""
    for (study, *files), entries in OF_STUDY.items():
        old, new = table_in(before, study), table_in(after, study)
        if any(file in old and new.get(file) != old[file] for file in files):
            for entry in entries:
                text = text.without_entry(study, entry)
            if "labels" in table_in(text.table, study, REGIONS) and SPECT.isdisjoint(files):
                text = text.without_entry(study, REGIONS)  # numbers in an image; not in the form
                drawn: Mapping[str, Any] = table_in(new, REGIONS)
                text = text.with_entry(study, REGIONS, as_toml(drawn)) if drawn else text
    remnant, other = _list_remnant(before), _list_remnant(after)
    if remnant != other and (remnant or PLAN in text.table):  # or it is by planes
        text = without_facts(text, FACTS_OF_REMNANT)
    area = table_in(before, MASKS).get(TREATED)
    if area and area != table_in(after, MASKS).get(TREATED):
        text = without_facts(text, FACTS_OF_TREATED_AREA)
    return text


def describe_kept_of_ct(text: CaseText, before: TableOfFile, after: TableOfFile) -> Iterator[str]:
    """Describe the entries of a replaced CT that remain in the changed text, as for `--ct`."""
    was, now = (table_in(each, IMAGING) for each in (before, after))
    if CT not in was or CT not in now or was[CT] == now[CT]:
        return
    kept = table_in(text.table, IMAGING)
    studies = [table_in(text.table, study) for study in STUDIES]
    of_ct = {
        "date": "date" in kept and was.get("date") == now.get("date"),
        "phase": "phase" in kept,
        "registration of a SPECT": any({"registered", "transform"} & one.keys() for one in studies),
        "registration of a previous scan": "baseline" in text.table,
    }
    if listed := ", ".join(name for name, is_kept in of_ct.items() if is_kept):
        yield f"check that these entries, of the replaced CT, apply to the new one: {listed}"


def describe_removed(case: PlannedCase, after: CaseText, says: str) -> Iterator[str]:
    """Describe facts, accepted findings and study entries of a case that a changed text lacks.

    - `says`: the entry in words; a withdrawn acceptance is named in it.
    """
    was, now = case.text.table, after.table
    gone = table_in(was, "facts").keys() - table_in(now, "facts").keys()
    entries = {
        f"{study}: {entry}"
        for (study, *_), names in OF_STUDY.items()
        for entry in names
        if entry in table_in(was, study) and entry not in table_in(now, study)
    }
    left = {one.get("code") for one in now.get(ACCEPTED, ())}
    accepted = (one for one in list_accepted(case) if one["code"] not in left)
    messages = (
        f"acceptance of: {one['message']}" for one in accepted if one["message"] not in says
    )
    if listed := "; ".join((*sorted(map(describe_fact, gone)), *sorted(entries), *messages)):
        yield f"removed: {listed}"


def _list_remnant(table: TableOfFile) -> list[object]:
    """List what defines the remnant of the first plan in the form; empty if nothing does."""
    plan, keys = (table.get(PLAN) or [{}])[0], (*DRAWN, "remnant_segments")
    return [part[key] for part in (table_in(table, MASKS), plan) for key in keys if key in part]


def _replaces_image(before: TableOfFile, after: TableOfFile) -> bool:
    """Whether an image, the scheme of a label map or the treated area is replaced or removed."""
    drawn = [_list_drawn(table) for table in (before, after)]
    return drawn[0] != drawn[1][: len(drawn[0])] or any(
        table_in(after, name).get(key) != value
        for name in (MASKS, IMAGING, TREATED)
        for key, value in table_in(before, name).items()
        if key != ORIGIN and (name != IMAGING or key == CT)
    )


def _refuse_numbered(text: CaseText, before: TableOfFile, after: TableOfFile) -> None:
    """Refuse other tumours for wedges around numbered lesions: the numbers are of the mask."""
    old, new = ({key: table_in(table, MASKS).get(key) for key in (MAP, "tumour")}
                for table in (before, after))  # fmt: skip
    if old != new and any(
        isinstance(table_in(plan, "wedges").get("lesions"), list)
        for plan in text.table.get(PLAN, ())
    ):
        reason = "wedges of the case file name lesions by their numbers in the replaced mask"
        raise InputRefused("page.entry", "wedges", reason, f"if the tumours are replaced, {EDIT}")


def _list_drawn(table: TableOfFile) -> list[list[object]]:
    return [[plan.get(key) for key in DRAWN] for plan in table.get(PLAN) or ()]


def _changed_keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    return [key for key in {**old, **new} if old.get(key) != new.get(key)]


def _change_table(
    text: CaseText, case: PlannedCase, name: str, old: TableOfFile, new: TableOfFile
) -> CaseText:
    now = text.table.get(name, {})
    for key in _changed_keys(old, new):
        if (name, key) == (MASKS, ORIGIN):
            text = _change_origins(text, case, old.get(key, {}), new.get(key, {}))
            continue
        value = _merge(now.get(key), old.get(key), new.get(key), f"{name}.{key}")
        if value is None or value == {}:
            text = text.without_entry(name, key)
        else:
            text = text.with_entry(name, key, as_toml(value))
    return text.without_empty(name) if not new else text


def _merge(now: Any, old: Any, new: Any, where: str) -> Any:
    """Return an entry with the changes from `old` to `new`; keep other entries of its table."""
    if any(isinstance(one, Mapping) for one in (old, new)):
        table, ours, theirs = (_as_table(one) for one in (now, old, new))
        made = dict(table)
        for key in _changed_keys(ours, theirs):
            made[key] = _merge(table.get(key), ours.get(key), theirs.get(key), f"{where}.{key}")
        return {key: one for key, one in made.items() if one is not None}
    if _plain(now) not in (_plain(old), _plain(new)):
        reason = f"entry {where} differs between the case file and the form"
        raise InputRefused("page.entry", where, reason, EDIT)
    return new


def _as_table(value: Any) -> Mapping[str, Any]:
    """Return a table; a label map may be given as its file alone."""
    if value is None or isinstance(value, Mapping):
        return value or {}
    return {"file": value}


def _plain(value: Any) -> Any:
    """Normalise a value: a list of one becomes its item, and segment numbers become text."""
    if not isinstance(value, list | tuple):
        return value
    items = [str(one) if isinstance(one, int) else one for one in value]
    return items[0] if len(items) == 1 else items


def _state_by_structure(text: CaseText, case: PlannedCase) -> CaseText:
    """Replace a common origin with one origin per mask."""
    if not isinstance(table_in(case.text.table, MASKS).get(ORIGIN), str):
        return text
    return _change_origins(text, case, {}, {})


def _change_origins(
    text: CaseText, case: PlannedCase, old: Mapping[str, str], new: Mapping[str, str]
) -> CaseText:
    """List the origin of each mask by structure."""
    table = case.text.table
    of_plans = {
        role_of(number, key)
        for number, plan in enumerate(table.get(PLAN, []))
        for key in DRAWN
        if key in plan and ORIGIN in plan
    }
    stated = {
        role: one.text for role, one in case.request.files.origins.items() if role not in of_plans
    }
    if not isinstance(table_in(table, MASKS).get(ORIGIN), str):  # which masks of plans have too
        stated = {role: one for role, one in stated.items() if not role.startswith("plan ")}
    before, after = (
        {fold_vessel(fold_role(role)): one for role, one in each.items()} for each in (old, new)
    )
    if not (merged := _merge(stated, before, after, f"{MASKS}.{ORIGIN}")):
        return text.without_entry(MASKS, ORIGIN)
    return text.with_entry(MASKS, ORIGIN, as_toml(merged))


def _change_plans(text: CaseText, old: list[TableOfFile], new: list[TableOfFile]) -> CaseText:
    """Change name and segments of the first plan; remove and add further plans with a mask."""
    first, second = (each[0] if each else {} for each in (old, new))
    if not (now := text.table.get(PLAN, [])):
        text = text.with_table(PLAN, _entries(second)) if new else text
    elif first != second:
        made = _merge(now[0], first, second, PLAN)
        text = text.with_changed_table(PLAN, 0, _entries(made))
        if not made:
            text = text.without_table(PLAN, 0)
    for plan in old[1:]:
        if plan in new[1:]:
            continue
        now = text.table.get(PLAN, [])
        plain = [{key: _plain(value) for key, value in one.items()} for one in now]
        if plan not in plain:
            reason = "a further plan differs between the case file and the form"
            raise InputRefused("page.entry", PLAN, reason, EDIT)
        text = text.without_table(PLAN, plain.index(plan))
    for plan in new[1:]:
        if plan not in old[1:]:
            text = text.with_table(PLAN, _entries(plan))
    return text
