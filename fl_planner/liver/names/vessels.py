"""Names of vessels that have files of their own, folded: one name for every spelling."""

import re

from fl_planner.liver.names.part_names import structure_of
from fl_planner.liver.names.vessel_trees import (
    TRUNK,
    UNDIVIDED,
    VESSEL,
    VESSELS,
    WHOLE_HEPATIC,
    WHOLE_PORTAL,
    tree_of,
)

NAMES = (*VESSELS, TRUNK)
LISTED = ", ".join(NAMES)
OF_LABEL = "#"  # between the name of a vessel and the label that is meant
NO_LABEL = f"what stands behind {OF_LABEL} is no label: give a whole number from 1"
_LABEL = re.compile("[1-9][0-9]{0,8}", re.ASCII)


def read_vessel(name: str) -> str | None:
    """Read the name of a vessel; None where it means none that is known.

    Examples
    --------
    >>> [read_vessel(name) for name in ("RHV", "hepatic vein middle", "PV", "MPV", "VCI", "CBD")]
    ... # doctest: +NORMALIZE_WHITESPACE
    ['right_hepatic_vein', 'middle_hepatic_vein', 'portal_veins', 'portal_vein_trunk',
     'inferior_vena_cava', 'bile_duct']
    >>> [read_vessel(name) for name in ("liver_vessels", "hepatic_vessel", "aorta", "tumour")]
    ['liver_vessels', 'hepatic_vessel', None, None]
    """
    own = "_".join(name.casefold().split())
    structure = own if own in NAMES else structure_of(name)
    return structure if structure in NAMES else None


def parse_vessel(entry: str) -> tuple[str, int | None] | None:
    """Read a vessel that is given: its name, and the label of a file behind a number sign.

    Examples
    --------
    >>> parse_vessel("PV#2"), parse_vessel("RHV")
    (('portal_veins', 2), ('right_hepatic_vein', None))
    >>> parse_vessel("aorta#2"), parse_vessel("PV#x"), parse_vessel("PV#1#2")
    (None, None, None)
    """
    name, sign, number = entry.partition(OF_LABEL)
    label = _LABEL.fullmatch(number) if sign else None
    if sign and label is None:
        return None
    known = read_vessel(name)
    return None if known is None else (known, int(number) if label else None)


def lacks_label(entry: str) -> bool:
    """Whether a known vessel has something behind its number sign that is no label.

    Examples
    --------
    >>> lacks_label("RPV#x"), lacks_label("RPV#2"), lacks_label("aorta#x"), lacks_label("RPV")
    (True, False, False, False)
    """
    name, sign, _ = entry.partition(OF_LABEL)
    return bool(sign) and parse_vessel(entry) is None and read_vessel(name) is not None


def fold_vessel(role: str) -> str:
    """Give a role its one name where it is that of a vessel.

    Examples
    --------
    >>> fold_vessel("vessel RHV"), fold_vessel("liver"), fold_vessel("vessel aorta")
    ('vessel right_hepatic_vein', 'liver', 'vessel aorta')
    """
    name = role.removeprefix(VESSEL)
    if name == role:
        return role
    parsed = parse_vessel(name)
    return f"{VESSEL}{name if parsed is None else parsed[0]}"


def is_meant(structure: str | None, vessel: str) -> bool:
    """Whether a segment's structure is what is asked for as a vessel: a tree takes its branches.

    Examples
    --------
    >>> is_meant("right_hepatic_vein", "hepatic_veins"), is_meant("portal_veins", "hepatic_veins")
    (True, False)
    >>> is_meant("hepatic_veins", "right_hepatic_vein"), is_meant("portal_veins", "liver_vessels")
    (False, True)
    """
    if structure is None or structure == vessel:
        return structure is not None
    tree = tree_of(structure)
    return tree == vessel or (vessel in UNDIVIDED and tree in (WHOLE_HEPATIC, WHOLE_PORTAL))
