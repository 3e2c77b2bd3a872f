"""Names of resections: Brisbane 2000, New World codes, and older names.

The New World code is H and the segments [clinical.md 12]. The caudate lobe is removed or kept
independently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

Names = tuple[str, ...]

NAMED: Mapping[str, Names] = {
    "right hepatectomy": ("5", "6", "7", "8"),
    "left hepatectomy": ("2", "3", "4"),
    "right trisectionectomy": ("4", "5", "6", "7", "8"),
    "left trisectionectomy": ("2", "3", "4", "5", "8"),
    "left lateral sectionectomy": ("2", "3"),
    "left medial sectionectomy": ("4",),
    "right anterior sectionectomy": ("5", "8"),
    "right posterior sectionectomy": ("6", "7"),
    "central hepatectomy": ("4", "5", "8"),
}
SYNONYMS = {  # always shown as a list of segments
    "right lobectomy": "right hepatectomy",
    "right hemihepatectomy": "right hepatectomy",
    "left hemihepatectomy": "left hepatectomy",
    "right trisegmentectomy": "right trisectionectomy",
    "left trisegmentectomy": "left trisectionectomy",
    "extended right hepatectomy": "right trisectionectomy",
    "extended right hemihepatectomy": "right trisectionectomy",
    "extended left hepatectomy": "left trisectionectomy",
    "extended left hemihepatectomy": "left trisectionectomy",
    "left lateral segmentectomy": "left lateral sectionectomy",
    "mesohepatectomy": "central hepatectomy",
}
AMBIGUOUS = {"left lobectomy": "segments 2-3 in some texts and 2-4 in others"}

_LOBECTOMY = ("left lateral sectionectomy", "left hepatectomy")  # meanings of "left lobectomy"
_SPELLED = {  # further spellings in the name of a plan
    **SYNONYMS,
    "lateral sectionectomy": "left lateral sectionectomy",
    "medial sectionectomy": "left medial sectionectomy",
    "anterior sectionectomy": "right anterior sectionectomy",
    "posterior sectionectomy": "right posterior sectionectomy",
    "central bisectionectomy": "central hepatectomy",
    "extended right lobectomy": "right trisectionectomy",
    "extended left lobectomy": "left trisectionectomy",
}
_PART = {"extended right": ("4",), "extended left": ("5", "8")}  # often removed in part only
_CODE = re.compile(
    r"h ?(?P<code>[1-8]+)(?: (?!(?:and|with|plus) )[a-z]{1,4})*(?![a-z0-9])", re.ASCII
)
_BRACKET = re.compile(rf" ?\({_CODE.pattern}\)", re.ASCII)
_WAYS = re.compile(
    r"(?:(?:planned|laparoscopic|robotic|open|staged|two stage|one stage|anatomical|anatomic) )+"
)
_CAUDATE = re.compile(
    r" ?(?:and|with|plus|\+) (?:resection of )?(?:the )?(?:segment (?:1|i)|s1|caudate(?: lobe)?)"
)
_FURTHER = re.compile(r" (?:and|with|plus) | ?[+,;:(/]")


class NamedResection(Struct, frozen=True):
    """Segments that a resection removes by its name.

    - `called`: the name or code.
    - `removes`: the segments; several sets if the name has several meanings.
    - `in_part`: segments that may be removed only in part.
    - `caudate`: whether segment I is removed; None if the name does not state it.
    - `is_whole`: whether nothing else is removed.
    """

    called: str
    removes: tuple[Names, ...]
    in_part: Names = ()
    caudate: bool | None = None
    is_whole: bool = True


def parse_resections(text: str) -> tuple[NamedResection, ...]:
    """Read the name of a plan: a resection, and its code in brackets; empty if it is unknown.

    Examples
    --------
    >>> [one.removes for one in parse_resections("Right hemi-hepatectomy (H15678)")]
    [(('5', '6', '7', '8'),), (('5', '6', '7', '8'),)]
    >>> parse_resections("hepatectomy on the right")
    ()
    """
    name = _fold(text)
    code = _CODE.match(name)
    known = code.group() if code else next(filter(name.startswith, _list_known()), "")
    rest = name[len(known) :]
    if bracket := _BRACKET.match(rest):
        rest = rest[bracket.end() :]
    caudate = _CAUDATE.match(rest)
    if not known or (rest and not caudate and not _FURTHER.match(rest)):
        return ()
    found = [_of_code(code["code"]) if code else _of_name(known)]
    if bracket:
        found.append(_of_code(bracket["code"]))
    is_whole = not (rest[caudate.end() :] if caudate else rest)
    if caudate:
        found = [replace(one, caudate=True) for one in found]
    return tuple(replace(one, is_whole=is_whole) for one in found)


def _fold(text: str) -> str:
    name = " ".join(re.sub(r"[-_]", " ", text.casefold()).split())
    name = _WAYS.sub("", name, count=1) if _WAYS.match(name) else name
    name = name.replace("hemi hepatectomy", "hemihepatectomy")
    return re.sub(r"^(right|left) extended ", r"extended \1 ", name)


def _list_known() -> list[str]:
    """List all known names, the longest first."""
    return sorted({*NAMED, *_SPELLED, *AMBIGUOUS}, key=len, reverse=True)


def _of_name(known: str) -> NamedResection:
    if known in AMBIGUOUS:
        return NamedResection(known, tuple(NAMED[one] for one in _LOBECTOMY))
    in_part = next((part for words, part in _PART.items() if known.startswith(words)), ())
    return NamedResection(known, (NAMED[_SPELLED.get(known, known)],), in_part)


def _of_code(digits: str) -> NamedResection:
    segments = tuple(sorted({*digits} - {"1"}))
    return NamedResection(f"H{digits}", (segments,), caudate="1" in digits)
