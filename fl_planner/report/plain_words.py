"""Texts of the program in the words of a page or report: no options, keys and codes.

The program names what is missing by the options of its command line and the keys of its case file.
For readers these are the roles of files and the fields of a form, by the register of inputs. A key
is named only if no field asks for it: a case file is then the only way to give it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import cache
from typing import Any

from fl_planner.given.facts import YES_NO_FACTS, list_asked
from fl_planner.given.file_roles import LABELS_BY_OPTION, OPTION_KEYS, ROLES
from fl_planner.trials.facts.facts import FACTS

FIELDS = {  # options that are fields of the page
    **LABELS_BY_OPTION,
    "--no-tumour": "No tumour",
    "--remnant-segments": "Remaining segments",
    "--scheme": "Label scheme of the label map",
    "--diagnosis": "Diagnosis",
    "--as-of": "Assessment date",
    "--registered": "The SPECT is registered to the CT",
    "--decay-corrected": "Decay correction",
    "--validated-locally": "Validated against the site's workstation",
}
TABLES = "masks|imaging|patient|function|dose|embolisation|facts|second_reader"
OPTION = re.compile(r"--[a-z][a-z-]*(?:=| [A-Z]+=?[A-Z]*\b)?")
KEY = re.compile(
    rf"\b(?:(?:{TABLES})\.)?([a-z]+(?:_[a-z0-9]+)+)\b(?!\.\w)|\b(?:{TABLES})\.([a-z]+)\b"
)
PLACES = {f"{one.table}.{one.key}": one.words for one in ROLES.values()}  # keys of files
PLACE = re.compile(rf"(?<![\w.])(?:{'|'.join(map(re.escape, PLACES))})(?!\.?\w)")
NAMED = (
    rf"(?:{PLACE.pattern}|{OPTION.pattern}|{KEY.pattern}|\[\[?[a-z_]+\]\]?(?: in the case file)?)"
)
BRACKETS = re.compile(rf"\s*\((?:{NAMED})(?:(?:, | or | and |/)(?:{NAMED}))*\)")
COMMAND = re.compile(r"\s*\(fl-planner [^()]*\)")
IN_A_CASE_FILE = re.compile(
    r"; in a case file [a-z_]+ = \{[^}]*\}(?:, or \{[^}]*\} for your own labels)?"
)
CLAUSES = re.compile(r"(; or |, or |; |, and |: )")
POINT = re.compile(r"(-?[\d.]+),(-?[\d.]+),(-?[\d.]+) \(RAS\)")
SIDES = "RL", "AP", "HF"
ELSEWHERE = "see the details"  # where every way out needs the command line


def as_plain_words(text: str, codes: Collection[str] = (), *, remedy: bool = False) -> str:
    """Write a text without options, keys and codes.

    - `codes`: codes that may be in brackets; other words in brackets, such as files, are kept.
    - `remedy`: a clause that only the command line can follow is left out.

    Examples
    --------
    >>> as_plain_words("tumour not given: give its mask (--tumour), or state --no-tumour")
    'tumour not given: give its mask, or state “No tumour”'
    >>> as_plain_words("crop the image, or raise --size-limit", remedy=True)
    'crop the image'
    >>> as_plain_words("no assessment date (--as-of), so the age is unknown: inr (a.b)", ["a.b"])
    'no assessment date, so the age is unknown: inr'
    >>> as_plain_words("no such file: masks.liver, second_reader.liver, dose.regions.liver")
    "no such file: “liver”, “second reader's liver mask”, “MAA region: liver”"
    >>> own = "labelmap = { file, scheme }, or { file, labels } for your own labels"
    >>> as_plain_words(f"name the scheme; in a case file {own}")
    'name the scheme'

    A point has the sides at which the sections show it:

    >>> as_plain_words("the largest of these parts near the liver is at -154.7,-166.4,170 (RAS)")
    'the largest of these parts near the liver is at L 154.7 mm, P 166.4 mm, H 170.0 mm'

    An input that the page does not ask for is named as in the case file, which the page reads:

    >>> as_plain_words("--gaps-to-nearest assigns each gap to the nearest segment")
    '“gaps_to_nearest” in [masks] of a case file assigns each gap to the nearest segment'
    """
    plain = text
    for code in codes:
        plain = plain.replace(f" ({code})", "")
    plain = POINT.sub(lambda found: _describe_point(found.groups()), plain)
    plain = BRACKETS.sub("", COMMAND.sub("", IN_A_CASE_FILE.sub("", plain)))
    plain = OPTION.sub(lambda found: _describe_option(found[0]), plain)
    plain = PLACE.sub(lambda found: f"“{PLACES[found[0]]}”", plain)
    plain = KEY.sub(lambda found: _replace_key(found[0], found[1] or found[2]), plain)
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


def as_plain_blocks(part: Any, codes: Collection[str]) -> Any:
    """Write each text of a page, or of its blocks, without options, keys and codes."""
    if isinstance(part, str):
        return as_plain_words(part, codes)
    if isinstance(part, tuple):
        return tuple(as_plain_blocks(one, codes) for one in part)
    if is_dataclass(part) and not isinstance(part, type):
        texts = {one.name: getattr(part, one.name) for one in fields(part)}
        return replace(part, **{name: as_plain_blocks(one, codes) for name, one in texts.items()})
    return part


def _leave_out(text: str) -> str:
    first, *rest = CLAUSES.split(text)
    if OPTION.search(first):
        return ELSEWHERE
    kept = first
    for joined, clause in zip(rest[::2], rest[1::2], strict=True):
        if not OPTION.search(clause):
            kept += joined + clause
    return kept


def _describe_point(typed: Sequence[str]) -> str:
    placed = zip(map(float, typed), SIDES, strict=True)
    return ", ".join(f"{sides[mm < 0]} {abs(mm):.1f} mm" for mm, sides in placed)


def _describe_option(typed: str) -> str:
    name = re.split("[= ]", typed)[0]
    if name in _labels():
        return f"“{_labels()[name]}”"
    if name not in OPTION_KEYS:
        return typed
    table, _, key = OPTION_KEYS[name].rpartition(".")
    return f"“{key}”{f' in [{table}]' if table else ''} of a case file"


def _replace_key(typed: str, key: str) -> str:
    """Replace the key of a fact by its meaning; the name of a file, or another word, is kept."""
    return FACTS[key].meaning.partition(" (")[0] if key in FACTS else typed


@cache
def _labels() -> dict[str, str]:
    """Return the label on the page of each option: a role, a field or a question."""
    roles = {f"--{role.replace('_', '-')}": one.words for role, one in ROLES.items()}
    asked = dict(list_asked())
    facts = {f"--{name.replace('_', '-')}": asked[name] for name in YES_NO_FACTS if name in asked}
    return {**roles, **facts, **FIELDS}
