"""Colours of structures in files, distinguishable with colour blindness.

A viewer shows all structures of a file at once, so segments differ from the remnant and the tumour
too; pictures colour segments by `report/picture/draw/colours.py`. Vessels have the same colours in
both.
"""

from collections.abc import Mapping

from fl_planner.liver.names.exclusions import BRANCHES
from fl_planner.liver.names.structures import (
    ARTERY,
    CAVA,
    DUCT,
    HEPATIC,
    PORTAL,
    TRUNK,
    UNDIVIDED,
    WITH_SPLENIC,
)

Colour = tuple[float, float, float]  # red, green and blue of 0 to 1

VESSEL_COLOURS: Mapping[str, Colour] = {  # by the kind that pictures draw
    "vessels": (0.55, 0.66, 0.63),
    "cava": (0.08, 0.16, 0.48),
    "hepatic": (0.0, 0.50, 0.38),
    "portal": (0.56, 0.34, 0.88),
    "duct": (0.62, 0.68, 0.10),
    "artery": (0.85, 0.05, 0.22),
}
VESSEL_KINDS: Mapping[str, tuple[str, ...]] = {  # as pictures draw them, the last one on top
    "vessels": UNDIVIDED,
    "cava": (CAVA, "ivc"),
    "hepatic": HEPATIC,
    "portal": (*PORTAL, WITH_SPLENIC, TRUNK, BRANCHES),
    "duct": (DUCT,),
    "artery": (ARTERY,),
}
_COLOURS: Mapping[str, Colour] = {
    "liver": (0.93, 0.84, 0.76), "tumour": (0.84, 0.37, 0.0), "flr": (0.34, 0.71, 0.91),
    "resected": (0.6, 0.6, 0.6), "treated": (0.8, 0.47, 0.65), "segment_1": (0.94, 0.89, 0.26),
    "segment_2": (0.0, 0.45, 0.7), "segment_3": (0.55, 0.83, 0.95), "segment_4": (0.0, 0.62, 0.45),
    "segment_4a": (0.0, 0.62, 0.45), "segment_4b": (0.45, 0.8, 0.62), "segment_5": (0.9, 0.62, 0.0),
    "segment_6": (0.52, 0.24, 0.0), "segment_7": (0.7, 0.4, 0.6), "segment_8": (0.98, 0.8, 0.6),
    **{name: VESSEL_COLOURS[kind] for kind, names in VESSEL_KINDS.items() for name in names},
}  # fmt: skip
_OTHER: Colour = (0.85, 0.78, 0.15)


def colour_of(name: str) -> Colour:
    """Return the colour of a structure by its name in `liver/names/structures.py`.

    Examples
    --------
    >>> colour_of("flr"), colour_of("vena cava filter")
    ((0.34, 0.71, 0.91), (0.85, 0.78, 0.15))
    """
    return _COLOURS.get(name, _OTHER)
