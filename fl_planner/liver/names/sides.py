"""Split names into words, and read the side of the liver that they state: right lobe, S2+S3."""

from __future__ import annotations

import re
from typing import Literal
from unicodedata import normalize

from fl_planner.liver.names.structures import parse_segment

Side = Literal["left", "right"]

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_TOKEN = re.compile(r"[^\W\d_]+|\d+|(?<!\w)-|-(?!\w)|[^\w\s_.:()\[\]{}#'\"-]")
_A_PART = (  # that follows
    r"(?=(?:all[-\s_]*)?\d*(?:tumou?r|lesion|mass|met|neoplasm"
    r"|cancer|cholangio|ih?cc|hcc|crlm|clm|i?gtv|flr))"
)
_SPELLED = (  # before a name is cut into words
    (re.compile(r"\bw/o\b"), "without"),
    (re.compile(r"(?<![^\W_])free[-_\s]+of(?![^\W_])"), "without"),
    (re.compile(r"\by90\b"), "yttrium"),
    (re.compile(r"\bi[-_. ]gtv"), "internal gtv"),  # with its motion; not in segment I
    (re.compile(r"(?<=\w)[\s_]+(?:no|nr|number)[\s_.]+(?=\d)"), " "),
    (re.compile(r"(?<![^\W_])([lr])hl(?![^\W_])"), r"\1t hepatic lobe"),
    (re.compile(r"(?<![^\W_])lls(?![^\W_])"), "left lateral section"),
    # "Liver-GTV" is the liver without it in the names of radiotherapy (TG-263), which have no
    # blanks; "Liver - HCC" may as well be the HCC, but "Liver - FLR" the part to be removed
    (re.compile(rf"(?<![^\W_])liver(?:-{_A_PART}|[\s_]*-[\s_]*(?=flr))"), "liver minus "),
    (re.compile(rf"(?<![^\W_])liver[\s_]*-[\s_]*{_A_PART}"), "liver ? "),
)
# in the names of radiotherapy (TG-263) a capital letter at the end; "liver_r" may be registered,
# and "Liver_R_2" be of the second reader
_LATERAL = re.compile(r"(?<![^\W_])((?i:liver))[-_ ](?:(L)|R)(?![^\W_]|[-_ ]\d)")
LONGEST_NAME = 128  # letters; what is longer is a text, and no name
_RIGHT = {
    "right", "rt", "rechts", "rechter", "rechte", "rechtes", "rechten", "droit", "droite", "dexter",
    "derecho", "derecha", "destro", "destra", "右", "右葉", "右叶",
}  # fmt: skip
_LEFT = {
    "left", "lt", "links", "linker", "linke", "linkes", "linken", "gauche", "sinister", "izquierdo",
    "izquierda", "sinistro", "sinistra", "左", "左葉", "左叶",
}  # fmt: skip
_SEGMENT = {"segment", "segments", "segmente", "segmenten", "seg", "segs", "sg", "s", "couinaud"}
HALF = {"half", "halbe", "demi", "halve"}  # before "liver"; after it, of the resolution
HALVES = {"hemiliver", "leberhälfte", "leberhaelfte", "leverhelft", "hémifoie", "hemifoie"}
OF_LIVER = {  # nouns without which a side may be that of a trial's arm, or of the patient
    "liver", "hepatic", "hepar", "hepatis", "lobus", "lobe", "lobes", "section", "sections",
    "sector", "leber", "lappen", "leberlappen", "leberrest", "foie", "hépatique", "hepatique",
    "lever", "kwab", "leverkwab", "hígado", "higado", "lóbulo", "lobulo", "fegato", "lobo", "肝",
    "右葉", "右叶", "左葉", "左叶", *HALVES,
}  # fmt: skip
# words that do not change the side; with any other word ("after right hepatectomy") none is read
_NEUTRAL = {
    "flr", "remnant", "future", "rest", "part", "lateral", "medial", "anterior", "posterior",
    "residual", "preserved", "tissue", "parenchyma", "mask", "segmentation", "label", "roi",
    "volume", "vol", "of", "the", "der", "du", "de", "and", "und", "et", "en", "y", "e",
    "+", "/", "&", ",", ";", "-", *OF_LIVER, *HALF,
}  # fmt: skip
RIGHT_SEGMENTS, LEFT_SEGMENTS = frozenset("5678"), frozenset("234")
LATERAL = frozenset("23")  # without them, IV alone may be near the middle


def words_of(name: str) -> list[str]:
    """Split a name into words, numbers and signs that join or negate; others separate words."""
    if len(name) > LONGEST_NAME:
        return []
    text = _LATERAL.sub(_spell_side, normalize("NFKC", name))
    text = _CAMEL.sub(" ", text).casefold()
    for pattern, spelled in _SPELLED:
        text = pattern.sub(spelled, text)
    return _TOKEN.findall(text)


def _spell_side(found: re.Match[str]) -> str:
    return f"{found[1]} {'left' if found[2] else 'right'}"


def read_side(name: str, fewest: int = 1) -> Side | None:
    """Return the side of the liver that a name promises; None if it names none, or both.

    - `fewest`: segments of such a part; with fewer, `seg_2` may be its second segmentation.

    Examples
    --------
    >>> [read_side(one) for one in ("right lobe", "S2+S3", "Segment VIII", "linker Leberlappen")]
    ['right', 'left', 'right', 'left']
    >>> [read_side(one) for one in ("FLR", "FLR after right hepatectomy", "S4-8", "FLR 2")]
    [None, None, None, None]
    """
    words = words_of(name)
    sides: set[Side] = set()
    segments: set[str] = set()
    named = not _SEGMENT.isdisjoint(words)
    for word in words:
        if word in _RIGHT or word in _LEFT:
            sides.add("right" if word in _RIGHT else "left")
        elif word not in _NEUTRAL | _SEGMENT and word not in ("a", "b"):
            read = _read_segments(word)
            if read is None or not named:
                return None
            segments |= read
    if 0 < len(segments) < fewest:
        return None
    if segments and segments <= RIGHT_SEGMENTS:
        sides.add("right")
    elif segments:
        sides |= {"left"} if segments <= LEFT_SEGMENTS and segments & LATERAL else {"left", "right"}
    return sides.pop() if len(sides) == 1 else None


def _read_segments(word: str) -> set[str] | None:
    """Read Roman numerals or digits of segments; None for any other word."""
    if word.isascii() and word.isdecimal():
        return {*word} if {*word} <= {*"12345678"} else None
    segment = parse_segment(word) if word.isalpha() else None
    return None if segment is None else {segment[0]}
