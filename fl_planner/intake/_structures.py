"""What the name of a segment means: people write liver, Tumor_1, FLR, Segment IVa.

The names are those that reading rooms and public data sets use [conventions.md 1]; one that
is not among them means nothing here, however near it comes.
"""

from __future__ import annotations

import re

from fl_planner.liver.numerals import parse_segment, plain
from fl_planner.liver.structures import EXCLUDED, ROLES, VESSELS

_AUTOMATIC = re.compile(r"segment ?\d+")  # a name that 3D Slicer gives to what has none
_NAMED_OTHERWISE = {*ROLES, *VESSELS, *EXCLUDED}  # a segment's name may be a number only
_ENDS = re.compile(r"(?: (?:mask|segmentation|label|roi|volume))+$")
_NAMES = {
    "liver": {"liver", "whole liver", "total liver", "entire liver", "complete liver", "hepar"},
    "flr": {
        "flr", "future liver remnant", "future liver remnant flr", "flr future liver remnant",
        "future remnant", "future remnant liver", "liver remnant", "remnant liver", "remnant",
    },
    "resected": {
        "resected", "resected liver", "resected part", "resection", "liver resection",
        "resection specimen", "specimen",
    },
    "treated": {
        "treated", "treated liver", "treated part", "treated territory", "treatment territory",
        "perfused liver", "perfused territory", "y90 territory",
    },
    "segment_1": {"caudate", "caudate lobe"},
    "hepatic_veins": {"hepatic", "hepatic vein", "hepatic veins"},
    "portal_veins": {"portal", "portal vein", "portal veins"},
    "liver_vessels": {
        "liver vessel", "liver vessels", "hepatic vessel", "hepatic vessels",
        "intrahepatic vessels", "vessel", "vessels",
    },
    "devascularised": {
        f"{word}{end}" for word in ("devascularised", "devascularized", "devascularisation")
        for end in ("", " liver", " parenchyma", " area", " territory")
    },
    "congested": {
        f"{word}{end}" for word in ("congested", "congestion")
        for end in ("", " liver", " parenchyma", " area", " territory")
    },
}  # fmt: skip
_TUMOUR = re.compile(
    r"(?:all )?(?:liver |hepatic |colorectal liver |colorectal )?"
    r"(?:tumou?rs?|lesions?|mass|masses|metastasis|metastases|mets?|neoplasms?|hcc|crlm)"
    r"(?: ?\d+)?"
)
_ELSEWHERE = re.compile(
    r"\b(?:spleen|splenic|kidneys?|pancreas|stomach|gallbladder|duodenum|colon|bowel|heart|lungs?"
    r"|aorta|arter(?:y|ies)|arterial|veins?|venous|vessels?|ivc|cava|ribs?|bones?|vertebrae?"
    r"|spine|skin|body|tissue|background)\b"
)


def structure_of(name: str, *, automatic: bool = False) -> str | None:
    """Tell which structure a name means; None where it means none that is used here.

    `automatic` marks a name that a program gave: "Segment_4" is then the fourth that was
    drawn, and not Couinaud's.

    Examples
    --------
    >>> [structure_of(name) for name in ("Liver", "Tumor_1", "FLR", "S4a", "IV", "Spleen")]
    ['liver', 'tumour', 'flr', 'segment_4a', 'segment_4', None]
    >>> structure_of("Segment_4"), structure_of("Segment_4", automatic=True)
    ('segment_4', None)
    """
    words = plain(name)
    if automatic and _AUTOMATIC.fullmatch(words):
        return None
    words = _ENDS.sub("", words)
    for structure, names in _NAMES.items():
        if words in names:
            return structure
    if _TUMOUR.fullmatch(words):
        return "tumour"
    segment = parse_segment(words)
    return None if segment is None else f"segment_{segment}"


def means_other(name: str, structure: str) -> bool:
    """Whether a name is that of something other than `structure`.

    A number says nothing: "Segment_1" and "1" are what programs call what has no name.
    """
    own = structure_of(name)
    if own is None:
        return bool(_ELSEWHERE.search(plain(name)))
    return own in _NAMED_OTHERWISE and own != structure
