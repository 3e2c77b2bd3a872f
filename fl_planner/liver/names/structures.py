"""Names of the structures that are used, wherever a mask comes from."""

from fl_planner.liver.anatomy import HALVES, SEGMENTS
from fl_planner.liver.names.numerals import parse_segment
from fl_planner.liver.names.vessel_trees import TRUNK, VESSELS

ROLES = ("liver", "tumour", "flr", "resected", "treated")
PARTS = tuple(f"segment_{name}" for name in (*SEGMENTS, *HALVES))
EXCLUDED = ("cyst", "cavity", "ablation_zone", "devascularised", "congested")  # in the liver
BESIDE = ("gallbladder", TRUNK)  # named by a map, and no part of the liver
EXCLUDE = "exclude "  # before the name of anything else that is excluded
OF_LIVER = frozenset({"flr", "resected", "treated", *PARTS, *EXCLUDED})  # liver, if drawn out of it
USED = (*ROLES, *PARTS, *VESSELS, *EXCLUDED, *BESIDE)


def place_of(structure: str | None) -> str | None:
    """Tell under which name a structure is kept; None where it is passed over.

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
