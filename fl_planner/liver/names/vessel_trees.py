"""Vessels of the liver by name: which tree each belongs to, and which branch words mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

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
    """Name the whole tree that a vessel belongs to; itself where it is of neither.

    Examples
    --------
    >>> tree_of("middle_hepatic_vein"), tree_of("right_portal_vein"), tree_of("bile_duct")
    ('hepatic_veins', 'portal_veins', 'bile_duct')
    """
    if vessel in HEPATIC:
        return WHOLE_HEPATIC
    return WHOLE_PORTAL if vessel in PORTAL else vessel


def name_branch(tree: str, words: Sequence[str]) -> str:
    """Name the branch that words mean; the tree where they say none, two, or something else.

    `words` are those of a name that means the tree. An accessory or inferior right hepatic vein is
    not the right hepatic vein, and "hepatic vein S8" may be a branch of any.

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
    said = frozenset(side for word in rest for side in _SIDES[word])
    return _BRANCHES.get(tree, {}).get(said, tree)
