"""The case file of files that were dropped: their roles as the user confirmed them, and answers.

What the page puts together is a case file like any other: it is planned as one, it can be taken
away, and `fl-planner plan` answers it with the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from fl_planner.basis.diagnoses import DIAGNOSES
from fl_planner.basis.errors import InputRefused
from fl_planner.basis.text.plain_text import as_plain_text
from fl_planner.record.files.check import CheckRecord, ReadFileRecord
from fl_planner.workup.request import YES_NO_FACTS

MASKS = ("liver", "tumour", "flr", "resected", "treated", "spleen")
MANY = "tumour"  # a role that several files may have
MAP, CT = "labelmap", "ct"
ROLES = (*MASKS, MAP, CT)
LEAST_LIVER_ML = 500.0  # a mask below it is proposed as no liver [safety.md W1]
MOST_TEXT = 200
YES_NO = {"yes": True, "no": False}


def propose_roles(told: CheckRecord) -> dict[str, dict[str, str]]:
    """Propose what each file is, with the reason: the user decides.

    A name or a label tells a role; else the largest mask, where it has the size of a liver and no
    file is called one.
    """
    named = told.assessment.read_as if told.assessment else ()
    found = {one.file: {"role": one.role, "why": "by its name or its labels"} for one in named}
    for one in told.files:
        if isinstance(one, ReadFileRecord) and one.file in found and one.kind == "image":
            found[one.file]["why"] = "by its values"
    sizes = {
        one.file: sum(float(label.volume_ml) for label in one.labels or ())
        for one in told.files
        if isinstance(one, ReadFileRecord) and one.kind == "mask" and one.file not in found
    }
    if sizes and not {"liver", MAP} & {one["role"] for one in found.values()}:
        largest = max(sizes, key=lambda file: sizes[file])
        if sizes[largest] >= LEAST_LIVER_ML:
            found[largest] = {"role": "liver", "why": "by its size"}
    return found


def write_draft(answers: str, folder: Path, files: Mapping[str, Path]) -> Path:
    """Write the case file of confirmed roles and answers.

    - `answers`: JSON with `roles` (list of `file` and `role`), `scheme`, `diagnosis`, `id`, `plan`,
      `remnant_segments`, `no_tumour` and `facts` (yes or no by option).
    - `files`: what was dropped, by the name that it was told with.

    Raises `InputRefused`: `page.answers`.
    """
    try:
        told = json.loads(answers)
    except ValueError:
        raise _refuse("cannot be read") from None
    if not isinstance(told, dict):
        raise _refuse("cannot be read")
    path = folder / "case.toml"
    path.write_text("\n".join(_lines(told, folder, files)) + "\n", "utf-8")
    return path


def _lines(told: dict[str, Any], folder: Path, files: Mapping[str, Path]) -> Iterator[str]:
    yield "schema = 1"
    for key in ("id", "diagnosis"):
        if told.get(key):
            yield f"{key} = {_text(told[key])}"
    if told.get("diagnosis") not in (None, "", *DIAGNOSES):
        raise _refuse("name no diagnosis")
    roles = _roles(told, folder, files)
    yield "\n[masks]"
    yield from _masks(told, roles)
    yield from _plan(told)
    if CT in roles:
        yield f"\n[imaging]\nct = {_text(roles[CT][0])}"
    yield "\n[facts]"
    facts = told.get("facts") or {}
    for option, key in YES_NO_FACTS.items():
        if facts.get(option) in YES_NO:
            yield f"{key} = {_yes(YES_NO[facts[option]])}"


def _masks(told: dict[str, Any], roles: Mapping[str, list[str]]) -> Iterator[str]:
    for role in MASKS:
        names = roles.get(role, [])
        if len(names) > 1:
            yield f"{role} = [{', '.join(map(_text, names))}]"
        elif names:
            yield f"{role} = {_text(names[0])}"
    if MAP in roles:
        scheme = told.get("scheme") or "couinaud"
        yield f"labelmap = {{ file = {_text(roles[MAP][0])}, scheme = {_text(scheme)} }}"
    if told.get("no_tumour") is True and MANY not in roles:
        yield "no_tumour = true"


def _plan(told: dict[str, Any]) -> Iterator[str]:
    from fl_planner.workup.request import parse_segment_list

    segments = parse_segment_list("--remnant-segments", told.get("remnant_segments") or None)
    if told.get("plan") or segments:
        yield "\n[[plan]]"
    if told.get("plan"):
        yield f"name = {_text(told['plan'])}"
    if segments:
        yield f"remnant_segments = [{', '.join(map(_text, segments))}]"


def _roles(told: dict[str, Any], folder: Path, files: Mapping[str, Path]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in told.get("roles") or ():
        file, role = one.get("file"), one.get("role")
        if role not in ROLES or file not in files:
            raise _refuse("name a file or a role that there is not")
        found.setdefault(role, []).append(files[file].relative_to(folder).as_posix())
    for role, names in found.items():
        if len(names) > 1 and role != MANY:
            reason = f"was given to {len(names)} files, and one can have it"
            raise InputRefused("page.answers", role, reason, "choose the file that counts")
    if not found:
        raise InputRefused("page.answers", "roles", "none was chosen", "say what each file is")
    return found


def _text(told: object) -> str:
    text = as_plain_text(str(told))
    if len(text) > MOST_TEXT:
        raise _refuse("hold a text that is too long")
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "")


def _yes(told: bool) -> str:
    return "true" if told else "false"


def _refuse(reason: str) -> InputRefused:
    return InputRefused("page.answers", "answers", reason, "reload the page, and answer again")
