"""The case file of files that were dropped: their roles as the user confirmed them, and answers.

What the page puts together is a case file like any other: it is planned as one, it can be taken
away, and `fl-planner plan` answers it with the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from fl_planner.basis.constants import DIAGNOSES
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import as_plain_text
from fl_planner.formats.stored.temporary import putting_aside
from fl_planner.given.facts import YES_NO_FACTS
from fl_planner.given.kinds import parse_decimal, parse_segment_list
from fl_planner.web.dossier.roles import CT, EXCLUDE, MAP, ROLES, VESSEL, RoleChoice
from fl_planner.web.dossier.sign_off import read_told

MOST_TEXT = 200
YES_NO = {"yes": "true", "no": "false", "": ""}
SIZES = ("height_cm", "weight_kg")
FASTING = "fasting_hours"
STUDY_FACTS = ("decay_corrected", "validated_locally")  # yes or no, of a study's counts
SPECTS = {"spect": "function", "maa_spect": "dose"}
BY_NAME = {  # role -> its key, and what to say where its name lacks
    EXCLUDE: ("exclude", "is excluded without a name", "say what it is: cyst, gallbladder"),
    VESSEL: ("vessels", "is a vessel without a name", "say which: portal veins, IVC"),
}
Roles = Mapping[str, list[RoleChoice]]


def write_draft(answers: str, folder: Path, files: Iterable[Path]) -> Path:
    """Write the case file of confirmed roles and answers.

    - `answers`: JSON with `roles` (list of `file`, `role` and, of what is excluded, a vessel or a
      plan, `name`), `scheme`, `diagnosis`, `id`, `plan`, `remnant_segments`, `no_tumour`,
      `registered`, `height_cm`, `weight_kg`, `date` (of the scan), `closed` and `closed_kind` (an
      embolisation's day and kind), `decay_corrected`, `validated_locally` and `fasting_hours` (of a
      scintigraphy) and `facts` (yes or no by option).
    - `files`: what was dropped; it was told by its names.

    Raises `InputRefused`: `page.answers`.
    """
    told = read_told(answers)
    if not isinstance(told, dict):
        raise _refuse("cannot be read")
    named: dict[str, list[Path]] = {}
    for file in files:
        named.setdefault(file.name, []).append(file)
    text = "\n".join(_lines(told, _roles(told, folder, named))) + "\n"
    path = folder / "case.toml"
    with putting_aside():
        path.unlink(missing_ok=True)  # it may be a link into the user's own folder
        with path.open("x", encoding="utf-8") as written:
            written.write(text)
    return path


def _lines(told: dict[str, Any], roles: Roles) -> Iterator[str]:
    yield "schema = 1"
    for key in ("id", "diagnosis"):
        if told.get(key):
            yield f"{key} = {_text(told[key])}"
    if told.get("diagnosis") not in (None, "", *DIAGNOSES):
        raise _refuse("name no diagnosis")
    yield "\n[masks]"
    yield from _masks(told, roles)
    yield from _plans(told, roles)
    if second := [*_say_files("second_reader", roles)]:
        yield from ("\n[second_reader]", *second)
    yield from _patient(told)
    yield from _imaging(told, roles)
    yield from _study("function", told, roles)
    yield from _study("dose", told, roles)
    yield "\n[facts]"
    facts = told.get("facts") or {}
    yield from (f"{key} = {said}" for o, key in YES_NO_FACTS.items() if (said := _yes_no(facts, o)))


def _masks(told: dict[str, Any], roles: Roles) -> Iterator[str]:
    yield from _say_files("masks", roles)
    if MAP in roles:
        scheme = f", scheme = {_text(told['scheme'])}" if told.get("scheme") else ""
        yield f"labelmap = {{ file = {_files(roles[MAP])}{scheme} }}"
    if told.get("no_tumour") is True:
        yield "no_tumour = true"
    for role, (key, reason, remedy) in BY_NAME.items():
        by_name: dict[str, list[RoleChoice]] = {}
        for one in roles.get(role, ()):
            if not one.name.strip():
                raise InputRefused("page.answers", one.file, reason, remedy)
            by_name.setdefault(one.name.strip(), []).append(one)
        if by_name:
            named = (f"{_text(name)} = {_files(of)}" for name, of in by_name.items())
            yield f"{key} = {{ {', '.join(named)} }}"


def _plans(told: dict[str, Any], roles: Roles) -> Iterator[str]:
    """Write the first plan, whose remnant is among the masks or of segments, then further ones."""
    segments = parse_segment_list("--remnant-segments", told.get("remnant_segments") or None)
    plans = ((role, one.key) for role, one in ROLES.items() if one.table == "plan")
    further = [(drawn, one) for role, drawn in plans for one in roles.get(role, ())]
    if told.get("plan") or segments or further:
        yield "\n[[plan]]"
    if told.get("plan"):
        yield f"name = {_text(told['plan'])}"
    if segments:
        yield f"remnant_segments = [{', '.join(map(_text, segments))}]"
    for drawn, one in further:
        yield "\n[[plan]]"
        if one.name.strip():
            yield f"name = {_text(one.name.strip())}"
        yield f"{drawn} = {_text(one.file)}"


def _patient(told: dict[str, Any]) -> Iterator[str]:
    given = {key: str(told[key]).strip() for key in SIZES if str(told.get(key) or "").strip()}
    if given:
        yield "\n[patient]"
    for key, typed in given.items():
        yield f"{key} = {parse_decimal(key, typed)}"


def _imaging(told: dict[str, Any], roles: Roles) -> Iterator[str]:
    """Write the CT, the day of the scan, and the embolisation that growth is counted from."""
    scanned, closed, kind = (_day(told, "date"), _day(told, "closed"), told.get("closed_kind"))
    if CT in roles or scanned:
        yield "\n[imaging]"
    if CT in roles:
        yield f"ct = {_files(roles[CT])}"
    if scanned:
        yield f"date = {scanned}"
    if closed or kind:
        yield "\n[embolisation]"
    if closed:
        yield f"date = {closed}"
    if kind:
        yield f"kind = {_text(kind)}"


def _day(told: dict[str, Any], key: str) -> str:
    typed = str(told.get(key) or "")
    try:
        return date.fromisoformat(typed).isoformat() if typed else ""
    except ValueError:
        raise _refuse("name no day") from None


def _study(table: str, told: dict[str, Any], roles: Roles) -> Iterator[str]:
    """Write a table of counts: its files, its regions, and that its SPECT lies on the CT."""
    drawn, named = [*_say_files(f"{table}.regions", roles)], [*_say_files(table, roles)]
    if not drawn and not named:
        return
    yield f"\n[{table}]"
    yield from named
    if drawn:
        yield f"regions = {{ {', '.join(drawn)} }}"
    if told.get("registered") is True and any(SPECTS.get(role) == table for role in roles):
        yield "registered = true"
    if table == "function":
        yield from _said_of_study(told)


def _said_of_study(told: dict[str, Any]) -> Iterator[str]:
    yield from (f"{key} = {said}" for key in STUDY_FACTS if (said := _yes_no(told, key)))
    if typed := str(told.get(FASTING) or "").strip():
        yield f"{FASTING} = {parse_decimal(FASTING, typed)}"


def _roles(told: dict[str, Any], folder: Path, named: Mapping[str, list[Path]]) -> Roles:
    found: dict[str, list[RoleChoice]] = {}
    for one in told.get("roles") or ():
        file, role = one.get("file"), one.get("role")
        if role not in ROLES or file not in named:
            raise _refuse("name a file or a role that there is not")
        if len(named[file]) > 1:  # in folders of the user: what is dropped has a name of its own
            reason = f"is the name of {len(named[file])} files in different folders"
            raise InputRefused("page.answers", file, reason, "give each file a name of its own")
        place = named[file][0].relative_to(folder).as_posix()
        found.setdefault(role, []).append(RoleChoice(place, role, str(one.get("name") or "")))
    for role, each in found.items():
        if len(each) > 1 and not ROLES[role].many:
            reason = f"was given to {len(each)} files, and one can have it"
            raise InputRefused("page.answers", role, reason, "choose the file that counts")
    if not found:
        raise InputRefused("page.answers", "roles", "none was chosen", "say what each file is")
    return found


def _say_files(table: str, roles: Roles) -> Iterator[str]:
    """Write the files of a table that have no names of their own, each at its key."""
    for role, one in ROLES.items():
        if one.table == table and role in roles and not one.named:
            yield f"{one.key} = {_files(roles[role])}"


def _files(chosen: list[RoleChoice]) -> str:
    names = [_text(one.file) for one in chosen]
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def _text(told: object) -> str:
    text = as_plain_text(str(told))
    if len(text) > MOST_TEXT:
        raise _refuse("hold a text that is too long")
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "")


def _yes_no(told: Mapping[str, Any], key: str) -> str:
    """Give what was said as TOML; empty where nothing was."""
    said = str(told.get(key) or "")
    if said not in YES_NO:
        raise _refuse("hold something else than yes or no")
    return YES_NO[said]


def _refuse(reason: str) -> InputRefused:
    return InputRefused("page.answers", "answers", reason, "reload the page, and answer again")
