"""Names of structures: segments by numeral, vessels by tree, and all roles of masks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal
from unicodedata import normalize

from fl_planner.basis.plain_text import join_words
from fl_planner.liver.anatomy import HALVES, SEGMENTS

TreeName = Literal["portal", "hepatic"]
TREES: tuple[TreeName, ...] = ("portal", "hepatic")
WHOLE_HEPATIC, WHOLE_PORTAL = "hepatic_veins", "portal_veins"
HEPATIC = (WHOLE_HEPATIC, "right_hepatic_vein", "middle_hepatic_vein", "left_hepatic_vein")
PORTAL = (
    WHOLE_PORTAL,
    "right_portal_vein",
    "left_portal_vein",
    "right_anterior_portal_vein",
    "right_posterior_portal_vein",
)
VEINS: Mapping[TreeName, tuple[str, ...]] = {"portal": PORTAL, "hepatic": HEPATIC}  # of each tree
UNDIVIDED = ("liver_vessels", "hepatic_vessel")  # portal and hepatic veins under one label
WITHIN_LIVER = frozenset((*HEPATIC, *PORTAL, *UNDIVIDED))  # the others lead to the liver
CAVA, TRUNK = "inferior_vena_cava", "portal_vein_trunk"
ARTERY, DUCT = "hepatic_artery", "bile_duct"
WITH_SPLENIC = "portal_vein_and_splenic_vein"
VESSELS = (*HEPATIC, *PORTAL, *UNDIVIDED, WITH_SPLENIC, CAVA, ARTERY, DUCT)
BESIDE_LIVER = (CAVA, TRUNK)  # vessels that are no part of the liver, wherever they come from
VESSEL = "vessel "  # before the name of a vessel that has a file of its own

_SIDES: Mapping[str, tuple[str, ...]] = {
    "left": ("left",), "lt": ("left",), "right": ("right",), "rt": ("right",),
    "middle": ("middle",), "median": ("middle",),
    "anterior": ("anterior",), "posterior": ("posterior",),
    "rhv": ("right",), "mhv": ("middle",), "lhv": ("left",),
    "rpv": ("right",), "lpv": ("left",),
    "rapv": ("right", "anterior"), "rppv": ("right", "posterior"),
}  # fmt: skip
_NEUTRAL = {
    "hepatic", "portal", "vein", "veins", "hv", "hvs", "pv", "branch", "branches", "liver",
    "intrahepatic", "mask", "segmentation", "label", "roi", "volume", "vol", "hepaticvein",
    "hepaticveins", "portalvein", "portalveins",
}  # fmt: skip
_BRANCHES: Mapping[str, Mapping[frozenset[str], str]] = {
    WHOLE_HEPATIC: {
        frozenset({"right"}): "right_hepatic_vein",
        frozenset({"middle"}): "middle_hepatic_vein",
        frozenset({"left"}): "left_hepatic_vein",
    },
    WHOLE_PORTAL: {  # the left portal vein has no anterior and posterior branch
        frozenset({"right"}): "right_portal_vein",
        frozenset({"left"}): "left_portal_vein",
        frozenset({"right", "anterior"}): "right_anterior_portal_vein",
        frozenset({"anterior"}): "right_anterior_portal_vein",
        frozenset({"right", "posterior"}): "right_posterior_portal_vein",
        frozenset({"posterior"}): "right_posterior_portal_vein",
    },
}


def tree_of(vessel: str) -> str:
    """Return the tree of a vessel; the vessel itself if it belongs to neither tree.

    Examples
    --------
    >>> tree_of("middle_hepatic_vein"), tree_of("right_portal_vein"), tree_of("bile_duct")
    ('hepatic_veins', 'portal_veins', 'bile_duct')
    """
    if vessel in HEPATIC:
        return WHOLE_HEPATIC
    return WHOLE_PORTAL if vessel in PORTAL else vessel


def name_branch(tree: str, words: Sequence[str]) -> str:
    """Return the branch described by words; the tree if they do not describe one of its branches.

    `words` are those of a name of the tree. An accessory or inferior right hepatic vein is not the
    right hepatic vein, and "hepatic vein S8" may be a branch of any.

    Examples
    --------
    >>> name_branch("hepatic_veins", ["hepatic", "vein", "right"])
    'right_hepatic_vein'
    >>> name_branch("portal_veins", ["rapv"]), name_branch("hepatic_veins", ["rhv", "mhv"])
    ('right_anterior_portal_vein', 'hepatic_veins')
    """
    rest = [word for word in words if word not in _NEUTRAL and not word.isdecimal()]
    if not all(word in _SIDES for word in rest):
        return tree
    sides = frozenset(side for word in rest for side in _SIDES[word])
    return _BRANCHES.get(tree, {}).get(sides, tree)


ACCEPTED = "1 to 8, I to VIII, 4a or 4b"  # what a refusal lists; S4 and segment_4 are read too

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8}
_COUINAUD = re.compile(
    r"(?:(?:liver|hepatic|couinaud|couinauds) ?)*(?:segments|segmentum|segment|seg|sg|s)? ?"
    rf"(?:0?(?P<digit>[1-8])|(?P<roman>{'|'.join(sorted(_ROMAN, key=len, reverse=True))}))"
    r" ?(?P<half>[ab])?"
)

_DASH = re.compile("[-\N{EN DASH}]")
_SPACED_DASH = re.compile(r"(?<=\w) [-\N{EN DASH}] (?=\w)")
_BARE = re.compile(r"\s*\w(?:.*\w)?\s*")  # no sign before it, and none after


def plain(name: str) -> str:
    """Write a name in lower case, without signs.

    Examples
    --------
    >>> plain("Liver_Remnant "), plain("Segment-IVa")
    ('liver remnant', 'segment iva')
    """
    spaced = "".join(c if c.isalnum() else " " for c in normalize("NFKC", name).casefold())
    return " ".join(spaced.split())


def parse_segment(text: str) -> str | None:
    """Read a segment, "1" to "8", "4a" or "4b"; None for other texts.

    Only IV has halves: "6a" is not a segment, and neither is "-4".

    Examples
    --------
    >>> [parse_segment(text) for text in ("4", "viii", "IVA", "S4b", "liver_segment_4", "9")]
    ['4', '8', '4a', '4b', '4', None]
    """
    found = _COUINAUD.fullmatch(plain(text))
    if found is None or not _BARE.fullmatch(text):
        return None
    number = str(found["digit"] or _ROMAN[found["roman"]])
    name = number + (found["half"] or "")
    return name if name in (*SEGMENTS, *HALVES) else None


def parse_segments(texts: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read several segments; return each once, in order of number, and the invalid texts.

    Examples
    --------
    >>> parse_segments(["iii", "2", "II", "9"])
    (('2', '3'), ('9',))
    """
    read = [(text, parse_segment(text)) for text in texts]
    known = {name for _, name in read if name is not None}
    return tuple(sorted(known)), tuple(text for text, name in read if name is None)


def split_segments(text: str) -> Iterator[str]:
    """Split a list of segments, and expand ranges of whole ones.

    Separators are comma, semicolon and blank. An invalid range is returned as entered, and is not
    a segment.

    Examples
    --------
    >>> [*split_segments("2-4,S7")], [*split_segments("2 III")], [*split_segments("segment 4, 4-2")]
    (['2', '3', '4', 'S7'], ['2', 'III'], ['segment 4', '4-2'])
    """
    for item in re.split("[,;]", text):
        if parse_segment(item) is not None or not item.strip():
            yield item
        else:
            for word in _SPACED_DASH.sub("-", item).split():
                yield from _spread(word)


def _spread(word: str) -> Iterable[str]:
    ends = [parse_segment(end) for end in _DASH.split(word)]
    first, last = ends if len(ends) == len(("from", "to")) else (None, None)
    if first in SEGMENTS and last in SEGMENTS and first < last:
        return SEGMENTS[SEGMENTS.index(first) : SEGMENTS.index(last) + 1]
    return (word,)


def as_roman(segment: str) -> str:
    """Write a segment in Roman numerals.

    Examples
    --------
    >>> as_roman("1"), as_roman("4b"), as_roman("8")
    ('I', 'IVb', 'VIII')
    """
    number, half = segment[0], segment[1:]
    return next(roman for roman, n in _ROMAN.items() if str(n) == number).upper() + half


def describe_structure(name: str) -> str:
    """Write the name of a structure in words, with a segment in Roman numerals.

    Examples
    --------
    >>> describe_structure("segment_4a"), describe_structure("liver_vessels")
    ('segment IVa', 'liver vessels')
    """
    kind, _, number = name.partition("_")
    return f"segment {as_roman(number)}" if kind == "segment" else name.replace("_", " ")


def name_segments(names: Iterable[str]) -> str:
    """Name segments in a label, in Roman numerals; `list_segments` in a sentence.

    Examples
    --------
    >>> name_segments(["4"]), name_segments(("2", "3"))
    ('segment IV', 'segments II, III')
    """
    listed = [as_roman(name) for name in names]
    return f"segment{'' if len(listed) == 1 else 's'} {', '.join(listed)}"


def list_segments(names: Iterable[str]) -> str:
    """Name segments in a sentence, in Roman numerals.

    Examples
    --------
    >>> list_segments(["4"]), list_segments(("2", "3"))
    ('segment IV', 'segments II and III')
    """
    listed = [as_roman(name) for name in names]
    return f"segment{'' if len(listed) == 1 else 's'} {join_words(listed)}"


def list_remaining(resected: Iterable[str]) -> tuple[str, ...]:
    """List the segments that remain when these are removed.

    IV remains whole, with one half, or not at all.

    Examples
    --------
    >>> list_remaining(["5", "6", "7", "8"]), list_remaining(["4b", "5", "6", "7", "8"])
    (('1', '2', '3', '4'), ('1', '2', '3', '4a'))
    """
    gone = set(resected)
    halves = [half for half in HALVES if not {"4", half} & gone]
    fourth = ["4"] if len(halves) == len(HALVES) else halves
    left = {name: [name] for name in SEGMENTS if name not in gone} | {"4": fourth}
    return tuple(part for name in SEGMENTS for part in left.get(name, ()))


ROLES = ("liver", "tumour", "flr", "resected", "treated")
PARTS = tuple(f"segment_{name}" for name in (*SEGMENTS, *HALVES))
EXCLUDED = ("cyst", "cavity", "ablation_zone", "devascularised", "congested")  # in the liver
BESIDE = ("gallbladder", TRUNK)  # named by a map, and no part of the liver
EXCLUDE = "exclude "  # before the name of anything else that is excluded
OF_LIVER = frozenset({"flr", "resected", "treated", *PARTS, *EXCLUDED})  # liver, if drawn out of it
USED = (*ROLES, *PARTS, *VESSELS, *EXCLUDED, *BESIDE)


def place_of(structure: str | None) -> str | None:
    """Return the name under which a structure is stored; None if it is not used.

    Examples
    --------
    >>> [place_of(name) for name in ("flr", "segment_4a", "congested", "exclude scar", "spleen")]
    ['flr', 'segment_4a', 'exclude congested', 'exclude scar', None]
    """
    if structure in EXCLUDED or structure in BESIDE:
        return f"{EXCLUDE}{structure}"
    if structure is None or structure in USED or structure.startswith(EXCLUDE):
        return structure
    return None


def parse_structure(text: str) -> str | None:
    """Read the name of a used structure; None for other names.

    Examples
    --------
    >>> [parse_structure(text) for text in ("tumour", "IVa", "exclude scar", "Spleen")]
    ['tumour', 'segment_4a', 'exclude scar', None]
    """
    name = text.strip()
    if name in USED or (name.startswith(EXCLUDE) and name.removeprefix(EXCLUDE).strip()):
        return name
    segment = parse_segment(name)
    return None if segment is None else f"segment_{segment}"
