"""What a DICOM segment is by its code, and whether that is what it is called.

Codes of SNOMED CT, and of SNOMED RT before it, as the dictionary of DICOM pairs them; of the
same organ they are one. A code that is not among them says nothing here [conventions.md 3].
"""

from __future__ import annotations

from fl_planner.intake._dicom_data import Attribute, DataSet
from fl_planner.liver.structures import OF_LIVER, VESSELS

CODE, SCHEME = Attribute(0x00080100, "CodeValue"), Attribute(0x00080102, "CodingSchemeDesignator")
SNOMED_CT, SNOMED_RT = "SCT", ("SRT", "SNM3", "99SDM")  # designators, those of before too

_USED = {  # code -> the structure that it is here
    "10200004": "liver",
    "71133005": "segment_1",
    "277956007": "segment_2",
    "277957003": "segment_3",
    "277958008": "segment_4",
    "871688003": "segment_4a",
    "871689006": "segment_4b",
    "277959000": "segment_5",
    "277960005": "segment_6",
    "277961009": "segment_7",
    "277962002": "segment_8",
}
_OTHERS = {  # code -> what it is called; for what is not used, or not by its code
    "108369006": "tumour", "372087000": "tumour", "14799000": "tumour", "128462008": "tumour",
    "4147007": "tumour", "52988006": "tumour",
    "8993003": "hepatic vein", "272998002": "hepatic vein", "273099000": "hepatic vein",
    "273202007": "hepatic vein", "32764006": "portal vein", "64131007": "inferior vena cava",
    "76015000": "hepatic artery", "15825003": "aorta", "28273000": "bile duct",
    "28231008": "gallbladder", "78961009": "spleen", "64033007": "kidney",
    "15776009": "pancreas", "69695003": "stomach", "38848004": "duodenum", "71854001": "colon",
    "30315005": "small intestine", "32849002": "oesophagus", "23451007": "adrenal gland",
    "89837001": "bladder", "41216001": "prostate", "35039007": "uterus", "39607008": "lung",
    "80891009": "heart", "12738006": "brain", "69748006": "thyroid", "272673000": "bone",
    "421060004": "spine", "127954009": "muscle", "39937001": "skin",
}  # fmt: skip
_BEFORE = {  # code of SNOMED RT -> that of SNOMED CT
    "T-62000": "10200004", "M-8FFFF": "108369006", "M-80006": "14799000",
    "DF-00436": "128462008", "M-03000": "4147007", "M-01100": "52988006", "T-48720": "8993003",
    "T-48725": "272998002", "T-48726": "273099000", "T-48727": "273202007",
    "T-48810": "32764006", "T-48710": "64131007", "T-46420": "76015000", "T-42000": "15825003",
    "T-60610": "28273000", "T-63000": "28231008", "T-C3000": "78961009", "T-71000": "64033007",
    "T-65000": "15776009", "T-57000": "69695003", "T-58200": "38848004", "T-59300": "71854001",
    "T-58000": "30315005", "T-56000": "32849002", "T-B3000": "23451007", "T-74000": "89837001",
    "T-92000": "41216001", "T-83000": "35039007", "T-28000": "39607008", "T-32000": "80891009",
    "T-A0100": "12738006", "T-B6000": "69748006", "T-D016E": "272673000",
    "T-D04FF": "421060004", "T-D0684": "127954009", "T-01000": "39937001",
}  # fmt: skip
_VESSELS = {"hepatic vein", "portal vein", "inferior vena cava", "hepatic artery"}


def coded_as(item: DataSet | None) -> str | None:
    """Tell what a code means: a structure that is used here, or the name of something else."""
    if item is None:
        return None
    scheme, code = item.text(SCHEME) or "", item.text(CODE) or ""
    if scheme in SNOMED_RT:
        code = _BEFORE.get(code, "")
    elif scheme != SNOMED_CT:
        return None
    return _USED.get(code) or _OTHERS.get(code)


def is_used(coded: str | None) -> bool:
    """Whether a code alone says which structure a segment is."""
    return coded in _USED.values()


def contradicts(coded: str | None, structure: str | None) -> bool:
    """Whether what is coded cannot be the structure that it is called.

    All that lies in a liver may be coded as liver; a remnant may be coded as segments of it.

    Examples
    --------
    >>> contradicts("spleen", "liver"), contradicts("segment_5", "segment_4")
    (True, True)
    >>> contradicts("liver", "tumour"), contradicts("segment_2", "flr"), contradicts(None, "flr")
    (False, False, False)
    """
    if coded is None or structure is None or coded in (structure, "liver"):
        return False
    if structure.startswith("segment_"):
        return not coded.startswith(structure) and not structure.startswith(coded)
    if structure in OF_LIVER:
        return not coded.startswith("segment_")
    if structure in VESSELS:
        return coded not in _VESSELS
    return structure in ("liver", "tumour")
