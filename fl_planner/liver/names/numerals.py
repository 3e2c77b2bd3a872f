"""How people write a Couinaud segment: 4, IV, S4, Segment IVa, liver_segment_4."""

import re
from collections.abc import Iterable, Iterator
from unicodedata import normalize

from fl_planner.liver.anatomy import HALVES, SEGMENTS

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
    """Write a name without its case and signs.

    Examples
    --------
    >>> plain("Liver_Remnant "), plain("Segment-IVa")
    ('liver remnant', 'segment iva')
    """
    spaced = "".join(c if c.isalnum() else " " for c in normalize("NFKC", name).casefold())
    return " ".join(spaced.split())


def parse_segment(text: str) -> str | None:
    """Tell which segment a text means, "1" to "8", "4a" or "4b"; None where it means none.

    Only IV has halves: "6a" is no segment, and neither is "-4".

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
    """Read several; gives the segments, each once and in the order given, and what is none.

    Examples
    --------
    >>> parse_segments(["II", "2", "iii", "9"])
    (('2', '3'), ('9',))
    """
    read = [(text, parse_segment(text)) for text in texts]
    known = dict.fromkeys(name for _, name in read if name is not None)
    return tuple(known), tuple(text for text, name in read if name is None)


def split_segments(text: str) -> Iterator[str]:
    """Split a typed list of segments, and write out its ranges of whole ones.

    Between two stands a comma, a semicolon or a blank. What is no range from a lower to a higher
    segment is given as it was typed, and is no segment.

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
    """Write a segment as people read it.

    Examples
    --------
    >>> as_roman("1"), as_roman("4b"), as_roman("8")
    ('I', 'IVb', 'VIII')
    """
    number, half = segment[0], segment[1:]
    return next(roman for roman, n in _ROMAN.items() if str(n) == number).upper() + half


def say_segments(names: Iterable[str]) -> str:
    """Name segments in a sentence.

    Examples
    --------
    >>> say_segments(["4"]), say_segments(("2", "3"))
    ('segment 4', 'segments 2, 3')
    """
    listed = [*names]
    return f"segment{'' if len(listed) == 1 else 's'} {', '.join(listed)}"


def find_rest(resected: Iterable[str]) -> tuple[str, ...]:
    """List the segments that remain when these are taken out.

    IV is left whole, in one half, or not at all.

    Examples
    --------
    >>> find_rest(["5", "6", "7", "8"]), find_rest(["4b", "5", "6", "7", "8"])
    (('1', '2', '3', '4'), ('1', '2', '3', '4a'))
    """
    gone = set(resected)
    halves = [half for half in HALVES if not {"4", half} & gone]
    fourth = ["4"] if len(halves) == len(HALVES) else halves
    left = {name: [name] for name in SEGMENTS if name not in gone} | {"4": fourth}
    return tuple(part for name in SEGMENTS for part in left.get(name, ()))
