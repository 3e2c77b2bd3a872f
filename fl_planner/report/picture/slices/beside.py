"""What is drawn beside the counted parts: excluded structures, and vessels by their kind."""

from collections.abc import Iterable, Mapping

from fl_planner.liver.anatomy import Anatomy
from fl_planner.liver.names.exclusions import BRANCHES
from fl_planner.liver.names.vessel_trees import (
    ARTERY,
    CAVA,
    DUCT,
    HEPATIC,
    PORTAL,
    TRUNK,
    UNDIVIDED,
    WITH_SPLENIC,
)
from fl_planner.space.mask import Mask

EXCLUDED, OTHER = "excluded", "vessels"  # parts of a picture
KINDS: Mapping[str, tuple[str, ...]] = {  # as they are drawn, the last one on top
    OTHER: UNDIVIDED,
    "cava": (CAVA, "ivc"),
    "hepatic": HEPATIC,
    "portal": (*PORTAL, WITH_SPLENIC, TRUNK, BRANCHES),
    "duct": (DUCT,),
    "artery": (ARTERY,),
}
VESSEL_PARTS = (*KINDS,)
VESSEL_NAMES: Mapping[str, str] = {
    OTHER: "vessels",
    "portal": "portal veins",
    "hepatic": "hepatic veins",
    "cava": "inferior vena cava",
    "artery": "hepatic artery",
    "duct": "bile duct",
}
_KIND_OF = {name: kind for kind, names in KINDS.items() for name in names}
MOST_NAMES = 3  # of excluded structures or vessels in the legend


def list_beside(anatomy: Anatomy) -> dict[str, tuple[Mask, ...]]:
    """List what was excluded, and vessels by kind: excluded ones are drawn as vessels too."""
    found: dict[str, list[Mask]] = {part: [] for part in (EXCLUDED, *VESSEL_PARTS)}
    for mask in (*anatomy.excluded, *anatomy.vessels.values()):
        of_kind = found[_KIND_OF.get(mask.name, EXCLUDED)]
        if mask.voxel_count and not any(mask is one for one in of_kind):
            of_kind.append(mask)
    return {part: tuple(masks) for part, masks in found.items() if masks}


def name_beside(part: str, masks: Iterable[Mask]) -> str:
    """Name a part in the legend, and the structures of which it is made; a tree by itself alone.

    Examples
    --------
    >>> name_beside("hepatic", ())
    'hepatic veins'
    """
    whole = VESSEL_NAMES.get(part, part)
    names = [*dict.fromkeys(mask.name.replace("_", " ") for mask in masks)]
    if part == OTHER or not [name for name in names if name != whole]:
        return whole
    more = len(names) - MOST_NAMES
    listed = ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
    return f"{whole}: {listed}"
