"""The case file of dropped files, with confirmed roles and answers.

It is an ordinary case file and can be exported; `fl-planner plan` gives identical results.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from fl_planner.basis.constants import DIAGNOSES
from fl_planner.basis.findings import InputRefused
from fl_planner.basis.plain_text import as_plain_text
from fl_planner.formats.stored.temporary import putting_aside
from fl_planner.given.facts import YES_NO_FACTS
from fl_planner.given.file_roles import MAP, PAGE_FIELDS, ROLES, VESSEL, list_dose_fields
from fl_planner.given.kinds import Moment, QuantityEntry, parse_decimal, parse_segment_list
from fl_planner.given.toml import as_toml
from fl_planner.liver.names.structures import EXCLUDE as OF_EXCLUDED
from fl_planner.liver.names.structures import VESSEL as OF_VESSEL
from fl_planner.planning.given.origin import parse_origin
from fl_planner.web.dossier.roles import CT, EXCLUDE, OF_MASKS, RoleChoice
from fl_planner.web.dossier.sign_off import read_json

MOST_TEXT = 200
YES_NO = {"yes": "true", "no": "false", "": ""}
SIZES = ("height_cm", "weight_kg")
FASTING = "fasting_hours"
STUDY_FACTS = ("decay_corrected", "validated_locally")  # yes or no, for the counts of a study
SPECTS = {"spect": "function", "maa_spect": "dose"}
BY_NAME = {  # role -> its key, and reason and remedy if its name is missing
    EXCLUDE: (
        "exclude",
        "the excluded structure has no name",
        "name it, for example cyst or gallbladder",
    ),
    VESSEL: ("vessels", "the vessel has no name", "name it, for example portal veins or IVC"),
}
FIELDS = {  # entries of the case file that are fields of the form
    "id": "Case pseudonym",
    "diagnosis": "Diagnosis",
    **{where: one.label for where, one in PAGE_FIELDS.items()},
    "imaging.date": "Scan date",
    "embolisation.date": "Embolisation date",
    "embolisation.kind": "Embolisation",
    "masks.labelmap.scheme": "Label scheme of the label map",
    "masks.labelmap.labels": "Labels of the label map",
}
OF_DOSE = {  # refused entry of [dose] -> its field, and what can be done in the form
    "method": ("dose.method", "select a lung shunt that is given, or give only one"),
    "lung_mass_kg": ("dose.lung_mass_kg", "enter a mass, or give the lungs and their CT"),
}
DAYS = {"date": "Scan date", "as_of": "Assessment date", "closed": "Embolisation date"}  # fields
MOST_DAY = 20  # characters of what is not a date that are repeated
_VESSEL = "masks.vessels."
_LINE = re.compile(r"\bline \d+: ")
Roles = Mapping[str, list[RoleChoice]]
Places = Mapping[str, list[str]]


def write_draft(answers: str, folder: Path, files: Iterable[Path]) -> Path:
    """Write the case file of confirmed roles and answers.

    - `answers`: JSON with `roles` (list of `file`, `role`, `name` (of an excluded structure, a
      vessel or a plan), and for a mask `origin` with `method`, `program`, `version` and
      `error_mm`), `scheme` or `labels` (structure by label), `diagnosis`, `id`, `plan`,
      `remnant_segments`, `no_tumour`, `registered`, `height_cm`, `weight_kg`, `date` (of the
      scan), `closed` and `closed_kind` (an embolisation's day and kind), `decay_corrected`,
      `validated_locally` and `fasting_hours` (of a scintigraphy), `dose` (numbers, moments and
      choices of a dose by key) and `facts` (yes or no by option).
    - `files`: the dropped files, identified by their names.

    Raises `InputRefused`: `page.answers`, `file.missing`, and `option.repeated` for a role that
    takes one file.
    """
    text = compose_case(answers, place_files(folder, files))
    path = folder / "case.toml"
    with putting_aside():
        path.unlink(missing_ok=True)  # it may be a link into the user's folder
        with path.open("x", encoding="utf-8") as written:
            written.write(text)
    return path


def word_for_form(refused: InputRefused) -> InputRefused:
    """Return the refusal of a case file that the page wrote, without its name and lines.

    The user entered a form and no file: its entries are named as those of the form.
    """
    if refused.code.startswith("dose.") and refused.source in OF_DOSE:
        where, remedy = OF_DOSE[refused.source]
        return InputRefused(refused.code, FIELDS[where], refused.reason, remedy)
    if refused.code != "case.unreadable":
        return refused
    reason, remedy = _LINE.sub("", refused.reason), "correct these entries of the form"
    entry, _, why = reason.partition(": ")
    vessel = entry.removeprefix(_VESSEL)
    field = FIELDS.get(entry) if vessel == entry else f"vessel {vessel}"
    if field is None:  # another entry, or several
        return InputRefused("case.unreadable", "entries", reason, remedy)
    return InputRefused("case.unreadable", field, why, "correct this entry of the form")


def place_files(folder: Path, files: Iterable[Path]) -> dict[str, list[str]]:
    """Return the paths of files in the folder of their case, by file name."""
    places: dict[str, list[str]] = {}
    for file in files:
        places.setdefault(file.name, []).append(file.relative_to(folder).as_posix())
    return places


def compose_case(answers: str, places: Places) -> str:
    """Return the text of the case file of roles and answers, as for `write_draft`.

    - `places`: paths of the files, as written in the case file, by their names.

    Raises `InputRefused`: see `write_draft`.
    """
    parsed = read_json(answers)
    if not isinstance(parsed, dict):
        raise _refuse("the answers cannot be read")
    return "\n".join(_lines(parsed, _roles(parsed, places))) + "\n"


def _lines(parsed: dict[str, Any], roles: Roles) -> Iterator[str]:
    yield "schema = 1"
    for key in ("id", "diagnosis"):
        if parsed.get(key):
            yield f"{key} = {_text(parsed[key])}"
    if parsed.get("diagnosis") not in (None, "", *DIAGNOSES):
        raise _refuse("the diagnosis is not one of the choices")
    yield "\n[masks]"
    yield from _masks(parsed, roles)
    yield from _plans(parsed, roles)
    if second := [*_format_files("second_reader", roles)]:
        yield from ("\n[second_reader]", *second)
    yield from _patient(parsed)
    yield from _imaging(parsed, roles)
    yield from _study("function", parsed, roles)
    yield from _study("dose", parsed, roles)
    yield "\n[facts]"
    facts = parsed.get("facts") or {}
    yield from (
        f"{key} = {value}" for o, key in YES_NO_FACTS.items() if (value := _yes_no(facts, o))
    )


def _masks(parsed: dict[str, Any], roles: Roles) -> Iterator[str]:
    yield from _format_files("masks", roles)
    if MAP in roles:
        scheme = f", scheme = {_text(parsed['scheme'])}" if parsed.get("scheme") else ""
        own = _labels(parsed)
        labels = f", labels = {as_toml(own)}" if own else ""
        yield f"labelmap = {{ file = {_files(roles[MAP])}{scheme}{labels} }}"
    if parsed.get("no_tumour") is True:
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
    if origins := _origins(roles):
        yield f"origin = {as_toml(origins)}"


def _labels(parsed: dict[str, Any]) -> dict[str, str]:
    """Return the structure of each label; whether it is one is checked as in any case file."""
    named = parsed.get("labels") or {}
    if not isinstance(named, dict) or not all(isinstance(one, str) for one in named.values()):
        raise _refuse("the labels cannot be read")
    if any(len(text) > MOST_TEXT for pair in named.items() for text in pair):
        raise _refuse("an entry is too long")
    return {as_plain_text(label): as_plain_text(name) for label, name in named.items() if name}


def _origins(roles: Roles) -> dict[str, str]:
    """Return the stated origin of each structure, which all its files must share.

    Raises `InputRefused`: `page.answers`.
    """
    found: dict[str, str] = {}
    before = {EXCLUDE: OF_EXCLUDED, VESSEL: OF_VESSEL}
    for role in (one for one in roles if one in ROLES and ROLES[one].table.startswith("masks")):
        for one in roles[role]:
            name = f"{before[role]}{one.name.strip()}" if role in before else role
            if found.setdefault(name, one.origin) != one.origin:
                reason = f"the files of {name} have different origins"
                raise InputRefused(
                    "page.answers", one.file, reason, "state the same origin for all files"
                )
    return {name: origin for name, origin in found.items() if origin}


def _plans(parsed: dict[str, Any], roles: Roles) -> Iterator[str]:
    """Format the first plan, with a drawn remnant or segments, then further plans."""
    segments = parse_segment_list("--remnant-segments", parsed.get("remnant_segments") or None)
    plans = ((role, one.key) for role, one in ROLES.items() if one.table == "plan")
    further = [(drawn, one) for role, drawn in plans for one in roles.get(role, ())]
    if parsed.get("plan") or segments or further:
        yield "\n[[plan]]"
    if parsed.get("plan"):
        yield f"name = {_text(parsed['plan'])}"
    if segments:
        yield f"remnant_segments = [{', '.join(map(_text, segments))}]"
    for drawn, one in further:
        yield "\n[[plan]]"
        if one.name.strip():
            yield f"name = {_text(one.name.strip())}"
        yield f"{drawn} = {_text(one.file)}"
        if one.origin:
            yield f"origin = {_text(one.origin)}"


def _patient(parsed: dict[str, Any]) -> Iterator[str]:
    given = {key: str(parsed[key]).strip() for key in SIZES if str(parsed.get(key) or "").strip()}
    if given:
        yield "\n[patient]"
    for key, typed in given.items():
        yield f"{key} = {parse_decimal(key, typed)}"


def _imaging(parsed: dict[str, Any], roles: Roles) -> Iterator[str]:
    """Format the CT, the scan date, and the embolisation from which growth is measured."""
    scanned, closed, kind = (
        _day(parsed, "date"),
        _day(parsed, "closed"),
        parsed.get("closed_kind"),
    )
    if CT in roles or scanned:
        yield "\n[imaging]"
    if CT in roles:
        yield f"ct = {_files(roles[CT])}"
    if scanned:
        yield f"date = {scanned}"
    if not (closed or kind):
        return
    if not (closed and kind):
        lacking = "date" if kind else "kind"
        reason = f"the {lacking} of the embolisation is missing"
        remedy = "enter its date and its kind, or neither"
        raise InputRefused("page.answers", "embolisation", reason, remedy)
    yield "\n[embolisation]"
    yield f"date = {closed}"
    yield f"kind = {_text(kind)}"


def _day(parsed: dict[str, Any], key: str) -> str:
    typed = str(parsed.get(key) or "")
    try:
        return date.fromisoformat(typed).isoformat() if typed else ""
    except ValueError:
        reason = f"{as_plain_text(typed)[:MOST_DAY]} is not a date of the calendar"
        raise InputRefused("page.answers", DAYS[key], reason, "enter it as yyyy-mm-dd") from None


def read_as_of(answers: str) -> date | None:
    """Read the assessment date of confirmed answers, which no case file contains.

    Raises `InputRefused`: `page.answers`.
    """
    parsed = read_json(answers)
    day = _day(parsed, "as_of") if isinstance(parsed, dict) else ""
    return date.fromisoformat(day) if day else None


def _study(table: str, parsed: dict[str, Any], roles: Roles) -> Iterator[str]:
    """Format a table of counts: files, regions, and registration of the SPECT to the CT."""
    drawn, named = [*_format_files(f"{table}.regions", roles)], [*_format_files(table, roles)]
    if table == "dose":
        named += _dose_entries(parsed)
    if not drawn and not named:
        return
    yield f"\n[{table}]"
    yield from named
    if drawn:
        yield f"regions = {{ {', '.join(drawn)} }}"
    if parsed.get("registered") is True and any(SPECTS.get(role) == table for role in roles):
        yield "registered = true"
    if table != "function":
        return
    yield from (f"{key} = {value}" for key in STUDY_FACTS if (value := _yes_no(parsed, key)))
    if typed := str(parsed.get(FASTING) or "").strip():
        yield f"{FASTING} = {parse_decimal(FASTING, typed)}"


def _dose_entries(parsed: dict[str, Any]) -> Iterator[str]:
    """Format what was entered for a dose; each number is parsed as its option is."""
    entered = parsed.get("dose") or {}
    if not isinstance(entered, dict):
        raise _refuse("the entries of a dose cannot be read")
    for name, *_ in list_dose_fields():
        one = PAGE_FIELDS[f"dose.{name}"]
        if not (typed := str(entered.get(name) or "").strip()):
            continue
        if isinstance(one.kind, QuantityEntry) and typed != one.kind.word and one.option:
            one.kind.parse(typed, one.option.name, {})  # refused as at the command line
            yield f"{name} = {parse_decimal(name, typed)}"
        elif isinstance(one.kind, Moment):
            yield f"{name} = {as_toml(one.kind.parse(typed, one.label, {}))}"
        else:  # a word, checked as in any case file
            yield f"{name} = {_text(typed)}"


def _roles(parsed: dict[str, Any], places: Places) -> Roles:
    found: dict[str, list[RoleChoice]] = {}
    for one in parsed.get("roles") or ():
        file, role = one.get("file"), one.get("role")
        if role not in ROLES or not isinstance(file, str):
            raise _refuse("a file or a role does not exist")
        if file not in places:
            reason, remedy = "the file was not added", "drop this file onto the page as well"
            raise InputRefused("file.missing", file, reason, remedy)
        if len(places[file]) > 1:  # only in the user's folders: dropped files have unique names
            reason = f"{len(places[file])} files in different folders have this name"
            raise InputRefused("page.answers", file, reason, "give each file a different name")
        origin = _origin(one, file) if role in OF_MASKS else ""
        choice = RoleChoice(places[file][0], role, str(one.get("name") or ""), origin)
        found.setdefault(role, []).append(choice)
    for role, each in found.items():
        if len(each) > 1 and not ROLES[role].many:
            reason = f"{len(each)} files have this role, which allows only one"
            raise InputRefused("option.repeated", ROLES[role].words, reason, "choose one file")
    if not found:
        raise InputRefused(
            "page.answers", "roles", "no roles were chosen", "choose the role of each file"
        )
    return found


def _origin(parsed: Mapping[str, Any], file: str) -> str:
    """Return the origin of a mask as in a case file; empty if it is not stated.

    Raises `InputRefused`: `page.answers` with the file.
    """
    given = parsed.get("origin") or {}
    if not isinstance(given, dict):
        raise _refuse("an origin cannot be read")
    parts = ("method", "program", "version", "error_mm")
    method, *others = (str(given.get(part) or "").strip() for part in parts)
    program, version, error_mm = others
    if not method:
        return ""
    try:
        if any(":" in one for one in (method, *others)):
            raise _refuse("the program, its version or the surface error contains a colon")
        if version and not program:
            raise _refuse("a version was given without its program")
        return parse_origin(":".join(filter(None, (method, program, version, error_mm)))).text
    except InputRefused as refused:
        remedy = "correct the origin of this mask"
        raise InputRefused("page.answers", file, refused.reason, remedy) from None


def _format_files(table: str, roles: Roles) -> Iterator[str]:
    """Format the files of a table by key, except named structures."""
    for role, one in ROLES.items():
        if one.table == table and role in roles and not one.named:
            yield f"{one.key} = {_files(roles[role])}"


def _files(chosen: list[RoleChoice]) -> str:
    names = [_text(one.file) for one in chosen]
    return names[0] if len(names) == 1 else f"[{', '.join(names)}]"


def _text(parsed: object) -> str:
    text = as_plain_text(str(parsed))
    if len(text) > MOST_TEXT:
        raise _refuse("an entry is too long")
    return as_toml(text)


def _yes_no(parsed: Mapping[str, Any], key: str) -> str:
    """Format yes or no as TOML; empty if not stated."""
    value = str(parsed.get(key) or "")
    if value not in YES_NO:
        raise _refuse("an answer is neither yes nor no")
    return YES_NO[value]


def _refuse(reason: str) -> InputRefused:
    return InputRefused("page.answers", "answers", reason, "reload the page, and answer again")
