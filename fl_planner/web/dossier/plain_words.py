"""Texts of the program in the words of the page: roles and fields, not options, keys and codes.

The program names what is missing by the options of its command line and the keys of its case file.
On the page they are the roles of files and the fields of a form, by the register of inputs. What
was written stays available as a detail.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from functools import cache
from typing import Any

from fl_planner.given.facts import YES_NO_FACTS, list_asked
from fl_planner.trials.facts.facts import FACTS
from fl_planner.web.dossier.roles import ROLES

FIELDS = {  # options that are fields of the page
    "--no-tumour": "No tumour",
    "--remnant-segments": "Segments that remain",
    "--scheme": "Label scheme of the label map",
    "--diagnosis": "Diagnosis",
    "--as-of": "Assessment date",
}
TABLES = "masks|imaging|patient|function|dose|embolisation|facts|second_reader"
OPTION = re.compile(r"--[a-z][a-z-]*(?:=| [A-Z]+=?[A-Z]*\b)?")
KEY = re.compile(
    rf"\b(?:(?:{TABLES})\.)?([a-z]+(?:_[a-z0-9]+)+)\b(?!\.\w)|\b(?:{TABLES})\.([a-z]+)\b"
)
NAMED = rf"(?:{OPTION.pattern}|{KEY.pattern}|\[\[?[a-z_]+\]\]?(?: in the case file)?)"
BRACKETS = re.compile(rf"\s*\((?:{NAMED})(?:(?:, | or | and |/)(?:{NAMED}))*\)")
BRACKETED = re.compile(r"\(([a-z0-9_]+\.[a-z0-9_]+)\)")  # a code, as of a finding
CLAUSES = re.compile(r"(; or |, or |; |, and |: )")
ELSEWHERE = "see the details"  # where every way out needs the command line


def as_plain_words(text: str, codes: Collection[str] = (), *, remedy: bool = False) -> str:
    """Write a text without options, keys and codes.

    - `codes`: those that may be in brackets; other words in brackets, such as files, are kept.
    - `remedy`: a clause that only the command line can follow is left out.

    Examples
    --------
    >>> as_plain_words("tumour not given: give its mask (--tumour), or state --no-tumour")
    'tumour not given: give its mask, or state “No tumour”'
    >>> as_plain_words("crop the image, or raise --size-limit", remedy=True)
    'crop the image'
    >>> as_plain_words("no assessment date (--as-of): age unknown of inr (a.b)", ["a.b"])
    'no assessment date: age unknown of inr'
    """
    plain = text
    for code in codes:
        plain = plain.replace(f" ({code})", "")
    plain = BRACKETS.sub("", plain)
    plain = OPTION.sub(lambda found: _say_option(found[0]), plain)
    plain = KEY.sub(lambda found: _say_key(found[0], found[1] or found[2]), plain)
    if remedy and OPTION.search(plain):
        plain = _leave_out(plain)
    return plain


def plain_tree(tree: Any, codes: Collection[str]) -> Any:
    """Write each text of a tree of blocks without options, keys and codes."""
    if isinstance(tree, str):
        return as_plain_words(tree, codes)
    if isinstance(tree, dict):
        return {name: plain_tree(one, codes) for name, one in tree.items()}
    if isinstance(tree, list | tuple):
        return [plain_tree(one, codes) for one in tree]
    return tree


def plain_refusal(told: dict[str, str]) -> dict[str, str]:
    """Write a refusal for the page: its reason and remedy, and as `detail` what was written."""
    reason, remedy = as_plain_words(told["reason"]), as_plain_words(told["remedy"], remedy=True)
    file = "" if told["file"].startswith("--") else as_plain_words(told["file"])
    whole = f"{told['code']}: {told['file']}: {told['reason']}; {told['remedy']}"
    return {"code": told["code"], "file": file, "reason": reason, "remedy": remedy, "detail": whole}


def plain_rows(told: dict[str, Any]) -> list[dict[str, Any]]:
    """Write the texts of the rows of checked files for the page, in order: refusal and findings."""
    asked = (told.get("assessment") or {}).get("findings") or []
    rows = []
    for one in told["files"]:
        found = [*(one.get("findings") or []), *(f for f in asked if f.get("file") == one["file"])]
        row = {
            "refusal": plain_refusal(one["refusal"]) if one.get("refusal") else None,
            "findings": [
                {**each, "message": as_plain_words(each["message"])}
                for each in found
                if each["severity"] != "info"
            ],
        }
        rows.append(row)
    return rows


def plain_misfits(told: dict[str, Any]) -> list[str]:
    """Write why files do not match, in order."""
    return [as_plain_words(one["reason"]) for one in told["misfits"]]


def plain_draft(answer: bytes) -> bytes:
    """Write the notes on a draft without options, keys and codes; its numbers are unchanged."""
    told = json.loads(answer)
    codes = BRACKETED.findall(" ".join(told.get("notes", ())))
    told["notes"] = [as_plain_words(note, codes) for note in told.get("notes", ())]
    return json.dumps(told, ensure_ascii=False).encode()


def _leave_out(text: str) -> str:
    first, *rest = CLAUSES.split(text)
    if OPTION.search(first):
        return ELSEWHERE
    kept = first
    for joined, clause in zip(rest[::2], rest[1::2], strict=True):
        if not OPTION.search(clause):
            kept += joined + clause
    return kept


def _say_option(typed: str) -> str:
    name = re.split("[= ]", typed)[0]
    return f"“{_labels()[name]}”" if name in _labels() else typed


def _say_key(typed: str, key: str) -> str:
    """Replace a key by its meaning; the name of a file, or another word, is kept."""
    if key in FACTS:
        return FACTS[key].meaning.partition(" (")[0]
    by_key = {one.key: one.words for one in ROLES.values()}
    return f"“{by_key[key]}”" if "." in typed and key in by_key else typed


@cache
def _labels() -> dict[str, str]:
    """Give the label on the page of each option: a role, a field or a question."""
    roles = {f"--{role.replace('_', '-')}": one.words for role, one in ROLES.items()}
    asked = dict(list_asked())
    facts = {f"--{name.replace('_', '-')}": asked[name] for name in YES_NO_FACTS if name in asked}
    return {**roles, **facts, **FIELDS}
