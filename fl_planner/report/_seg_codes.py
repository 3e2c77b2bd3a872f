"""What a segment is, as codes: SNOMED CT where there is one, else this project's own scheme.

Codes are those of pydicom's dictionary, of IVa and IVb those that Slicer-Liver writes
[conventions.md 3]. What has none is coded locally and
says so: a code that nearly fits is a wrong one.
"""

from __future__ import annotations

from collections.abc import Iterable

from fl_planner.liver.numerals import plain
from fl_planner.planning.converted import Structure

SCT, LOCAL = "SCT", "99FLRP"  # coding schemes; the second is this project's
Coded = tuple[str, str, str]  # value, scheme, meaning

ANATOMY = ("91723000", SCT, "Anatomical Structure")
ABNORMAL = ("49755003", SCT, "Morphologically Abnormal Structure")
PLANNED = ("PLANNED", LOCAL, "Part of the liver in a plan of treatment")
NOT_CODED = ("NOTCODED", LOCAL, "Structure known by its label only")
_CODES: dict[str, tuple[Coded, Coded]] = {  # meaning or plain name -> category and type
    "liver": (ANATOMY, ("10200004", SCT, "Liver")),
    "segment_1": (ANATOMY, ("71133005", SCT, "Couinaud hepatic segment I")),
    "segment_2": (ANATOMY, ("277956007", SCT, "Couinaud hepatic segment II")),
    "segment_3": (ANATOMY, ("277957003", SCT, "Couinaud hepatic segment III")),
    "segment_4": (ANATOMY, ("277958008", SCT, "Couinaud hepatic segment IV")),
    "segment_4a": (ANATOMY, ("871688003", SCT, "Couinaud hepatic segment IVa")),
    "segment_4b": (ANATOMY, ("871689006", SCT, "Couinaud hepatic segment IVb")),
    "segment_5": (ANATOMY, ("277959000", SCT, "Couinaud hepatic segment V")),
    "segment_6": (ANATOMY, ("277960005", SCT, "Couinaud hepatic segment VI")),
    "segment_7": (ANATOMY, ("277961009", SCT, "Couinaud hepatic segment VII")),
    "segment_8": (ANATOMY, ("277962002", SCT, "Couinaud hepatic segment VIII")),
    "tumour": (ABNORMAL, ("108369006", SCT, "Neoplasm")),
    "flr": (PLANNED, ("FLR", LOCAL, "Future liver remnant")),
    "resected": (PLANNED, ("RESECTED", LOCAL, "Part of the liver to be resected")),
    "treated": (PLANNED, ("TREATED", LOCAL, "Part of the liver to be radioembolised")),
    "hepatic vein": (ANATOMY, ("8993003", SCT, "Hepatic vein")),
    "portal vein": (ANATOMY, ("32764006", SCT, "Portal vein")),
    "inferior vena cava": (ANATOMY, ("64131007", SCT, "Inferior vena cava")),
    "gallbladder": (ANATOMY, ("28231008", SCT, "Gallbladder")),
    "spleen": (ANATOMY, ("78961009", SCT, "Spleen")),
}


def codes_of(name: str, meaning: str | None) -> tuple[Coded, Coded]:
    """Give the category and the type of a structure.

    Parameters
    ----------
    name : str
        What it is called.
    meaning : str or None
        What that means here, `segment_4`.

    Examples
    --------
    >>> codes_of("Tumor_1", "tumour")[1]
    ('108369006', 'SCT', 'Neoplasm')
    >>> codes_of("Portal_Vein", None)[1][0], codes_of("GREEN", None)[1][0]
    ('32764006', 'NOTCODED')
    """
    return _CODES.get(meaning or plain(name), (NOT_CODED, NOT_CODED))


def list_local(structures: Iterable[Structure]) -> list[str]:
    """List the structures whose code is this project's own."""
    types = ((one.called, codes_of(one.called, one.meaning)[1]) for one in structures)
    return [called for called, (_, scheme, _) in types if scheme == LOCAL]
