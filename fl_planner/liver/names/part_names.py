"""Read names of parts as people write them: Liver, Tumor_1, Metastasis S8, FLR left, MHV.

A name is read word by word, in any order. Each word must belong to the part, its location or its
number. With any other word the name means something else ("FLR after clearing", "tumour bed",
"liver without tumour") or is ambiguous, and is not read. The words are those of reading rooms and
public data sets [conventions.md 1], and the German, French and Dutch ones that have one meaning:
not "rate" (French: spleen), "rein" (French: kidney) or "long" (Dutch: lung).
"""

from __future__ import annotations

import re

from fl_planner.liver.anatomy import BESIDE_AN_ORGAN, ORGAN_OF, ORGANS
from fl_planner.liver.names.sides import HALF, HALVES, OF_LIVER, read_side, words_of
from fl_planner.liver.names.structures import (
    BESIDE,
    EXCLUDED,
    KINDS,
    LIVER,
    ROLES,
    VESSELS,
    Naming,
    name_branch,
    parse_segment,
)

_LIVER_ABROAD = {"leber", "foie", "lever"}
_LIVERS = LIVER | _LIVER_ABROAD
_SIDES = {"left", "right", "lt", "rt", "lateral", "medial", "anterior", "posterior", "central"}
_PLACES = _SIDES | {"lobe", "lobes", "section", "sector", "hemiliver", "caudate", "in", "of"}
_SEGMENT = {"segment", "segments", "segmentum", "seg", "segs", "sg", "s"}
_ROMAN = {"i", "ii", "iii", "iv", "v", "vi", "vii", "viii"}
_JOINS = {"/", "+", "&", ",", ";", "-", "and"}
_DECOR = {"mask", "segmentation", "label", "roi", "volume", "vol"}
LONGEST_NUMBER = 3  # digits: a lesion's number, not a year
_AUTOMATIC = re.compile(r"(?:segment )?\d+")
# Segments as S8, S4a/8, VIII or 2/3, sides and lobes; what is counted may have any number too.
_PLACED = re.compile(r"(?:p|s?[dr]h?)(?:[-j]?(?:p|s?[dr]h?))*")
_COUNTED = re.compile(r"(?:p|s(?=[dr])|[drnhl])(?:[-j]?(?:p|s(?=[dr])|[drnhl]))*")


_NAMED_OTHERWISE = {*ROLES, *VESSELS, *EXCLUDED, *BESIDE}  # a segment's name may be a number only
_NO_NUMERALS = str.maketrans("", "", "pjh-")
_NEGATIONS = {
    "no", "not", "non", "without", "wo", "minus", "excluding", "excl", "except", "!", "~",
    "kein", "keine", "ohne", "nicht", "exkl", "exklusive", "abzüglich", "sans", "hors", "moins",
    "geen", "zonder", "niet", "exclusief",
}  # fmt: skip
_FREE = {"free", "frei", "vrij"}  # after what is absent
_OF_WHOLE = ("flr", "resected", "treated")
_WITHOUT = {"flr": "resected", "resected": "flr", "treated": "flr"}  # "liver minus FLR": resected
# next to "liver", "portal" may be the phase of the CT
_PHASES = ("portal_veins", "portal_vein_trunk", "hepatic_veins")
_WITH = {"with", "and", "incl", "including", "+", "&", "mit", "und", "inkl", "avec", "et", "en"}
_NO_ORGAN = {"tissue", "background", "arterial"}  # next to a part: "tumour, arterial phase"
_NO_SIDE = {"rt", "lt"}  # also radiotherapy, and transplantation, except next to these:
_PART_OF_LIVER = {
    "lobe", "lobes", "section", "sector", "lappen", "leberlappen", "kwab", "leverkwab", *HALVES,
}  # fmt: skip
_VERSION = {  # of a mask
    "v", "version", "final", "draft", "new", "copy", "corrected", "edited", "checked", "manual",
}  # fmt: skip
# FLR, liver after an earlier resection, or liver without its tumour: no whole liver
_REMNANT = {"restleber", "leberrest", "restlever", "leverrest"}
_REST = {
    "rest", "remaining", "restant", "verbleibend", "verbleibende", "verbleibender", "kvarvarande",
    *_REMNANT,
}  # fmt: skip
# of a liver only next to it: not "residual tumour"
_KEPT = {"residual", "preserved", "spared", "résiduel", "residuel"}
_LEFT_OVER = {*_REST, *_KEPT, "future"}
_BEFORE = {"before", "pre", "vor", "avant", "voor"}
_LEFT_BY = {("left", "after"), ("left", "over")}
# the time of the scan, after the name of a part: "left liver pre PVE", not "liver post PVE left"
_WHEN = {
    *_BEFORE, "post", "after", "preop", "postop", "baseline", "day", "days", "week", "weeks",
    "month", "months", "arterial", "portal", "venous", "phase", "nach", "après", "na",
}  # fmt: skip
_NO_TIME = {  # of a part: immediately after, left over, and vessels
    ("right", "after"), ("right", "before"), ("left", "after"), ("hepatic", "arterial"),
    ("hepatic", "portal"),
}  # fmt: skip
# the scan, before the name of a part: "arterial phase left liver"
_SCANNED = re.compile(
    rf"^(?:(?:{'|'.join(sorted(_BEFORE))}) resection|(?:arterial|portal|portal venous) phase) "
)
_OPERATION = {"resektion", "résection", "resection", "resectie"}  # no part: "nach Resektion"
_EMBOLISED = {"embolised", "embolized"}
_TREATED = {
    *_EMBOLISED, "embolisiert", "embolisé", "geëmboliseerd", "behandelt", "traité", "behandeld",
}  # fmt: skip
_NOT_TREATED = {
    "untreated", "unembolised", "unembolized", "nonembolised", "nonembolized", "unbehandelt",
    "onbehandeld",
}  # fmt: skip
_DIAGNOSES = {  # of a patient, as well as names of a tumour
    "hcc", "hccs", "hepatocellular", "icc", "ihcc", "cholangiocarcinoma", "cholangiocarcinomas",
    "crlm", "crlms", "clm", "clms", "cancer",
}  # fmt: skip
_ADJECTIVES = {  # alone, of a patient's primary tumour and not of the organ
    "splenic", "renal", "pancreatic", "gastric", "duodenal", "pulmonary", "vertebral", "spinal",
    "atrial", "iliac", "great",
}  # fmt: skip
_REMOVED = re.compile(
    r"(?P<not>un|non)?(?:resektat|resektion(?:sp.*)?|resezier.*|r[ée]s[ée](?:ction|qu.*)|resect.*|reseceren"
    r"|gereseceerde?)"
)


# most of some hundred names do not begin with a word of the name that is looked up
_FIRST_WORDS = [(one.split()[0], kind) for kind in KINDS for one in kind.heads.split("|")]


def structure_of(name: str, *, automatic: bool = False) -> str | None:
    """Return the structure of a name; None if unknown or ambiguous.

    `automatic` marks a name given by a program: "Segment_4" is then the fourth structure drawn,
    not Couinaud segment 4.

    Examples
    --------
    >>> [structure_of(name) for name in ("Liver", "Tumor_1", "FLR left", "S4a", "IV", "Spleen")]
    ['liver', 'tumour', 'flr', 'segment_4a', 'segment_4', None]
    >>> [structure_of(name) for name in ("Metastasis S8", "seg8_tumor", "tumour bed", "no tumour")]
    ['tumour', 'tumour', None, None]
    >>> structure_of("Segment_4"), structure_of("Segment_4", automatic=True)
    ('segment_4', None)
    """
    words = words_of(name)
    if automatic and is_numbered(name):
        return None
    begun = [kind for word, kind in _FIRST_WORDS if word in words]
    found = {kind.structure for kind in begun if _names(kind, words)}
    if len(found) == 1:
        return name_branch(found.pop(), words)
    return None if found else _segment_of(words)


def is_numbered(name: str) -> bool:
    """Whether a name is a number, or "segment" and a number, as assigned by programs.

    Examples
    --------
    >>> [is_numbered(name) for name in ("Segment_4", "4", "S4", "Segment IV")]
    [True, True, False, False]
    """
    return bool(_AUTOMATIC.fullmatch(" ".join(words_of(name))))


def adjacent_organ(name: str) -> str | None:
    """Return the adjacent organ described by all words of a name; None if there is none.

    Examples
    --------
    >>> [adjacent_organ(name) for name in ("left kidney", "Aorta", "kidney tumour", "remnant")]
    ['kidney', 'aorta', None, None]
    """
    words = [word for word in words_of(name) if not word.isdecimal()]
    organs = [ORGAN_OF[word] for word in words if word in ORGAN_OF]
    if "superior" in words and "cava" in words:
        organs.append("great_vein")
    rest = {word for word in words if word not in ORGAN_OF} - BESIDE_AN_ORGAN - {"cava"}
    return organs[0] if organs and not rest else None


def means_other(name: str, structure: str) -> bool:
    """Whether a name is that of something other than `structure`.

    A number is ignored: programs give "Segment_1" and "1" to unnamed structures.

    Examples
    --------
    >>> [means_other(name, "tumour") for name in ("Spleen", "healthy liver", "no tumour", "x 7")]
    [True, True, True, False]
    """
    if (own := structure_of(name)) is not None:
        return own in _NAMED_OTHERWISE and own != structure
    words = words_of(name)
    named = _find_named(_omit_later(words))
    if _names_organ(words, named):
        return True
    if structure in _OF_WHOLE and _names_side(name):
        is_rest = "flr" in named or bool(_LEFT_OVER.intersection(words)) or _names_rest(words)
        is_rest = is_rest or _is_embolised(words) is False
        if structure != "flr":
            return is_rest
        return _names_removed(words) or (not is_rest and bool(_TREATED.intersection(words)))
    denied = _find_denied(words, named)
    if _WITHOUT.get(structure) == "flr" and _REMNANT.intersection(words) and "flr" not in denied:
        return True
    if named <= {"liver"} and structure in _OF_WHOLE:
        embolised = _is_embolised(words)
        if embolised is not None and not (structure == "flr" and _names_removed(words)):
            return embolised == (structure == "flr")
    others = named - denied - {"liver", structure}
    if _WITHOUT.get(structure) in denied and structure not in denied and not others:
        return False
    if structure == "liver" and (names_other_than_liver(name) or _names_side(name)):
        return True
    if structure == "flr" and structure not in named:
        is_removed = any(map(_REMOVED.fullmatch, words))
        if is_removed or not others:
            is_rest = _names_rest(words) and structure not in denied
            is_rest = is_rest and not others - {"resected", *_PHASES}  # "tumour left after"
            return not is_rest and (is_removed or bool(named))
    return bool(named) and (structure not in named or structure in denied)


def mentions(name: str, structure: str) -> bool:
    """Whether a name contains a name of `structure` that it does not negate.

    With other words, `structure_of` does not read it; it may still be that of the structure.

    Examples
    --------
    >>> [mentions(name, "tumour") for name in ("viable tumour", "HCC, ablated?", "no tumour")]
    [True, True, False]
    """
    words = words_of(name)
    return structure in _find_named(words) and not _is_denied(structure, words)


def names_other_than_liver(name: str) -> bool:
    """Whether a name contains that of a part of the liver, or of a different structure.

    `structure_of` does not read it if it has other words, too; the mask may still be a part.

    Examples
    --------
    >>> [names_other_than_liver(name) for name in ("FLR final", "liver minus FLR", "Restleber")]
    [True, True, True]
    >>> [names_other_than_liver(name) for name in ("liver", "liver with tumour", "series 7")]
    [False, False, False]
    """
    words, own = words_of(name), structure_of(name)
    if own is not None or _names_rest(words):
        return own != "liver"
    named = _find_named(_omit_later(words))
    if "liver" in named:  # "liver before resection" is whole, "liver without FLR" is not
        if named.intersection(_OF_WHOLE):
            return True
        if (_WITH | _NEGATIONS).intersection(words):
            return False
        others = named - {"liver", *_PHASES}
        return any(not _is_denied(other, words) for other in others)
    return bool(named) or any(word in ORGAN_OF for word in words)


def names_one_side(name: str) -> bool:
    """Whether a name is that of one side or half of the liver, in words and not as segments.

    Examples
    --------
    >>> [names_one_side(name) for name in ("left_liver_v2", "right lobe pre PVE", "half liver")]
    [True, True, True]
    >>> [names_one_side(name) for name in ("liver after left PVE", "S2-3", "liver_s23", "liver")]
    [False, False, False, False]
    >>> names_one_side("left")  # such as an arm of a study
    False
    """
    words = {*words_of(name)}
    return not words & _SEGMENT and bool(words & OF_LIVER) and _names_side(name)


def names_no_whole_liver(name: str) -> str | None:
    """Return what a name means that no whole liver has: a role, or an organ; None in doubt.

    A time or version after it is ignored; "resection pre" is a time only. Next to "liver", a tumour
    or a resection may describe the liver, and so may a number, which may be that of a case.

    Examples
    --------
    >>> [names_no_whole_liver(name) for name in ("FLR pre PVE", "liver_FLR", "spleen")]
    ['flr', 'flr', 'spleen']
    >>> [names_no_whole_liver(name) for name in ("FLR liver", "liver tumour", "HCC", "spleen_12")]
    [None, None, None, None]
    """
    words = words_of(name)
    later = _WHEN | _VERSION
    until = next((n for n, word in enumerate(words) if n and word in later), len(words))
    part = words[:until]
    if any(word.isdecimal() for word in part) or "arterial" in part:
        return None
    structure = structure_of(" ".join(part))
    if structure == "flr":
        of_study = part[-1] in _LIVERS and part[0] not in _LIVERS | _LEFT_OVER | {"remnant"}
        return None if of_study else structure
    if structure in ("tumour", "resected"):
        is_time = part == ["resection"] and bool(_WHEN.intersection(words))
        return None if is_time or (_LIVERS | _DIAGNOSES).intersection(part) else structure
    if {*part} <= _REST | _LIVERS | _DECOR and _REST.intersection(part):
        return "flr" if (_REMNANT | _LIVERS).intersection(part) else None
    if {*part} <= _ADJECTIVES | _DECOR:
        return None
    organ = adjacent_organ(" ".join(part))
    return organ if organ in ORGANS else None


def _names_organ(words: list[str], named: set[str]) -> bool:
    """Whether words name an adjacent organ; "liver tissue" and "background liver" name none."""
    organs = {word for word in words if word in ORGAN_OF}
    return bool(organs - _NO_ORGAN if named else organs)


def _omit_later(words: list[str]) -> list[str]:
    """Omit a resection that is later than the scan: "liver before resection"."""
    return [
        word for last, word in _with_last(words) if not (last in _BEFORE and word == "resection")
    ]


def _names_rest(words: list[str]) -> bool:
    """Whether words name what remains: "rest", "left over", or "preserved" next to the liver."""
    if _REST.intersection(words):
        return True
    pairs = _with_last(words)
    last, word = pairs[-1] if pairs else ("", "")  # "liver preserved", not "preserved veins"
    return (last in _LIVERS and word in _KEPT) or any(
        (before in _KEPT and after in _LIVERS) or (before, after) in _LEFT_BY
        for before, after in pairs
    )


def _names_removed(words: list[str]) -> bool:
    """Whether a word is that of the removed part, as "Resektat", and is not negated."""
    return any(
        _REMOVED.fullmatch(word) and word not in _OPERATION for word in words
    ) and "resected" not in _find_denied(words, set())


def _is_embolised(words: list[str]) -> bool | None:
    """Whether a part was embolised or spared; None without such words, or with others before."""
    if words[:1] and words[0] in _EMBOLISED:
        return True
    denied = any(last in _NEGATIONS and word in _TREATED for last, word in _with_last(words))
    denied = denied or "resected" in _find_denied(words, set())
    return False if denied or _NOT_TREATED.intersection(words) else None


def _names_side(name: str) -> bool:
    """Whether a name is that of one side or half of the liver: "left liver v2", "half liver"."""
    words = words_of(name)
    if is_numbered(name) or (_NO_SIDE.intersection(words) and _PART_OF_LIVER.isdisjoint(words)):
        return False
    segments = not _SEGMENT.isdisjoint(words)
    named = [
        word
        for last, word in _with_last(words)
        if word not in _VERSION
        and not (word.isdecimal() and (last in _VERSION or not segments))  # of a version
    ]
    named = _SCANNED.sub("", " ".join(named)).split()
    pairs = _with_last(named)
    ends = _WHEN | _NEGATIONS
    until = next(
        (n for n, pair in enumerate(pairs) if n > 1 and pair[1] in ends and pair not in _NO_TIME),
        len(named),
    )
    part, after = named[:until], _omit_later(named[until:])
    others = _find_named(after) - {*_PHASES}
    if others.intersection(_OF_WHOLE) or others - _find_denied(after, others):
        return False  # the name of another part
    if _REMNANT.intersection(after):
        return False  # or what is without the remnant
    if _PART_OF_LIVER.intersection(after) and not _NEGATIONS.intersection(after):
        return False  # or of both sides; "left liver without right lobe" is one
    first, second = [*part, "", ""][:2]
    is_half = first in HALVES or (first in HALF and second in _LIVERS)
    if is_half and {*part} <= HALF | HALVES | _LIVERS | _DECOR:
        return True
    return read_side(" ".join(part), fewest=2) is not None


def _with_last(words: list[str]) -> list[tuple[str, str]]:
    """List each word after the word before it, "" before the first."""
    return [*zip(["", *words], words, strict=False)]


def _find_named(words: list[str]) -> set[str]:
    return {kind.structure for kind in KINDS if _find_heads(kind, words)} if words else set()


def _find_denied(words: list[str], named: set[str]) -> set[str]:
    """Return the named structures that a name negates, also by "Leber ohne Restleber"."""
    denied = {one for one in named if _is_denied(one, words)}
    for last, word in _with_last(words):
        removed = _REMOVED.fullmatch(word)
        if removed and (removed["not"] or last in _NEGATIONS):
            denied.add("resected")
        if word in _REMNANT and last in _NEGATIONS:
            denied.add("flr")
    return denied


def _is_denied(structure: str, words: list[str]) -> bool:
    """Whether a name negates its words: "no tumour", "tumour-free"."""
    for kind in KINDS:
        for start, stop in _find_heads(kind, words) if kind.structure == structure else ():
            if _NEGATIONS.intersection(words[max(start - 1, 0) : start]):
                return True
            if _FREE.intersection(words[stop : stop + 1]):
                return True
    return False


def _find_heads(kind: Naming, words: list[str]) -> list[tuple[int, int]]:
    """Return the spans of words that name a kind; no span is within another."""
    found: list[tuple[int, int]] = []
    for phrase in kind.phrases():
        if phrase[0] not in words:
            continue
        for start in range(len(words) - len(phrase) + 1):
            stop = start + len(phrase)
            apart = all(stop <= first or last <= start for first, last in found)
            if words[start:stop] == phrase and apart:
                found.append((start, stop))
    return found


def _names(kind: Naming, words: list[str]) -> bool:
    if not (heads := _find_heads(kind, words)):
        return False
    inside = {n for start, stop in heads for n in range(start, stop)}
    rest = [word for n, word in enumerate(words) if n not in inside]
    if kind.needs and not kind.needs & {*rest}:
        return False
    rest = [word for word in rest if word not in kind.more | kind.needs | _DECOR]
    if rest[-1:] == ["seg"]:  # short for a segmentation, where no number follows
        rest.pop()
    return not rest or (kind.placed and _states_position(rest, counted=kind.counted))


def _states_position(words: list[str], *, counted: bool) -> bool:
    """Whether words give a location, or a number."""
    signs = "".join(map(_sign_of, words)).strip("-")
    if counted:
        return bool(_COUNTED.fullmatch(signs))
    alone = signs.translate(_NO_NUMERALS) == "d"  # a digit that may be a number as well
    return bool(_PLACED.fullmatch(signs)) and not alone


def _sign_of(word: str) -> str:
    """Encode a word as one letter: its role in a location or a number."""
    if word in _PLACES:
        return "p"
    if word in _SEGMENT:
        return "s"
    if word in _ROMAN:
        return "r"
    if word.isascii() and word.isdecimal() and len(word) <= LONGEST_NUMBER:
        return "d" if word in "12345678" else "n"
    if len(word) == 1 and "a" <= word <= "h":
        return "h" if word in "ab" else "l"
    if word in ("-", ",", ";"):
        return "-"
    return "j" if word in _JOINS else "x"


def _segment_of(words: list[str]) -> str | None:
    """Read the name of a Couinaud segment; a number after "liver" alone is not one."""
    words = [word for word in words if word not in _DECOR]
    if words[-1:] == ["seg"] and len(words) > 1:
        words = ["seg", *words[:-1]]
    words = ["liver" if word in _LIVER_ABROAD else word for word in words]
    if not all(word.isalnum() for word in words):  # a sign that joins, denies or doubts
        return None
    first = [word for word in words if word in LIVER | _SEGMENT | {"couinaud", "couinauds"}]
    rest = [word for word in words if word not in first]
    if first and {*first} <= LIVER:
        return None
    segment = parse_segment(" ".join((*first, *rest)))
    return None if segment is None else f"segment_{segment}"
