"""Names of the structures that are used, wherever a mask comes from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches

from fl_planner.liver.anatomy import HALVES, SEGMENTS
from fl_planner.liver.numerals import parse_segment

ROLES = ("liver", "tumour", "flr", "resected", "treated")
PARTS = tuple(f"segment_{name}" for name in (*SEGMENTS, *HALVES))
VESSELS = (
    "hepatic_veins",
    "portal_veins",
    "liver_vessels",
    "hepatic_vessel",
    "portal_vein_and_splenic_vein",
    "inferior_vena_cava",
)
EXCLUDED = ("cyst", "cavity", "ablation_zone", "devascularised", "congested")  # in the liver
EXCLUDE = "exclude "  # before the name of anything else that is excluded
OF_LIVER = frozenset({"flr", "resected", "treated", *PARTS, *EXCLUDED})  # liver, if drawn out of it
USED = (*ROLES, *PARTS, *VESSELS, *EXCLUDED)


def place_of(structure: str | None) -> str | None:
    """Tell under which name a structure is kept; None where it is passed over.

    Examples
    --------
    >>> [place_of(name) for name in ("flr", "segment_4a", "congested", "exclude scar", "spleen")]
    ['flr', 'segment_4a', 'exclude congested', 'exclude scar', None]
    """
    if structure in EXCLUDED:
        return f"{EXCLUDE}{structure}"
    if structure is None or structure in USED or structure.startswith(EXCLUDE):
        return structure
    return None


def parse_structure(text: str) -> str | None:
    """Read the name of a structure that is used; None where it is that of none.

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


def parse_labels(
    table: Mapping[str, object], passed_over: Collection[str]
) -> tuple[dict[int, str], tuple[tuple[str, str], ...]]:
    """Read a user's own labels, number to structure.

    A name that is none of those used is passed over, unless it comes near one: a slip of the
    pen would take a structure out of the sum without a word.

    Parameters
    ----------
    table : mapping of str to object
        As typed.
    passed_over : collection of str
        Names of other structures that may come near, and are meant.

    Returns
    -------
    dict of int to str
        What is right in it.
    tuple of (key, what is wrong)
        Every error.
    """
    labels: dict[int, str] = {}
    errors: list[tuple[str, str]] = []
    for key, entry in table.items():
        wrong = [*_find_wrong(key, entry, passed_over)]
        errors += [(key, what) for what in wrong]
        if not wrong:
            text = str(entry)
            labels[int(key)] = parse_structure(text) or text.strip()
    return labels, tuple(errors)


def _find_wrong(key: str, entry: object, passed_over: Collection[str]) -> Iterator[str]:
    if not (key.isascii() and key.isdigit() and key == str(int(key)) and 0 < int(key) < 1 << 53):
        yield "give a label, a whole number from 1; 0 is the background"
    if not isinstance(entry, str) or not entry.strip():
        yield "give the name of a structure, in quotes"
    elif parse_structure(entry) is None and entry.strip() not in passed_over:
        near = get_close_matches(entry.strip().casefold(), USED, 1)
        if near:
            yield f"no structure is called {entry!r}, did you mean {near[0]}?"
