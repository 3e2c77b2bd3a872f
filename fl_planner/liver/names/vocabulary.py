"""The structures by the words that name them, as reading rooms and public data sets write them.

[conventions.md 1]; how a name is read by them is told in `liver/names.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from fl_planner.liver.names.structures import EXCLUDE

LIVER = {"liver", "hepatic"}  # which say that a part is one of the liver
_BRANCH = {
    "left", "right", "middle", "median", "anterior", "posterior", "inferior", "superior",
    "accessory", "common", "branch", "branches", "confluence", "intrahepatic", "liver", "hepatic",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kind:
    """A structure by the words that name it.

    Parameters
    ----------
    structure : str
        A name of `liver/structures.py`.
    heads : str
        What names it, separated by a bar; one of them must stand.
    more : set of str
        Words that may stand beside them, and change nothing.
    needs : set of str
        Words of which one must stand beside them, if there are any.
    placed, counted : bool
        Whether it may say where it lies, and have a number.
    """

    structure: str
    heads: str
    more: frozenset[str] | set[str] = frozenset()
    needs: frozenset[str] | set[str] = frozenset()
    placed: bool = False
    counted: bool = False

    def phrases(self) -> list[list[str]]:
        """List what names it, the longest first."""
        return sorted((one.split() for one in self.heads.split("|")), key=len, reverse=True)


_SPARED = {
    "scar": "scar|scars",
    "haematoma": "haematoma|hematoma|haematomas|hematomas",
    "biloma": "biloma|bilomas",
    "seroma": "seroma|seromas",
    "abscess": "abscess|abscesses",
    "haemangioma": "haemangioma|hemangioma|haemangiomas|hemangiomas",
    "fnh": "fnh|focal nodular hyperplasia",
    "adenoma": "adenoma|adenomas",
    "calcification": "calcification|calcifications",
    "stent": "stent|stents",
    "clip": "clip|clips",
    "coil": "coil|coils",
    "drain": "drain|drains",
}
KINDS = (
    Kind("liver", "liver|hepar", {"whole", "total", "entire", "complete"}),
    Kind(
        "tumour",
        "tumour|tumours|tumor|tumors|lesion|lesions|mass|masses|metastasis|metastases|met|mets"
        "|neoplasm|neoplasms|hcc|hccs|hepatocellular carcinoma|hepatocellular carcinomas|icc|ihcc"
        "|cholangiocarcinoma|cholangiocarcinomas|crlm|crlms|clm|clms|liver cancer",
        {*LIVER, "all", "total", "colorectal", "crc", "malignant", "target", "index"},
        placed=True,
        counted=True,
    ),
    Kind(
        "flr",
        "flr|flrv|future liver remnant|future remnant liver|future remnant|liver remnant"
        "|remnant liver|remnant",
        LIVER,
        placed=True,
    ),
    Kind(
        "resected",
        "resected|resection specimen|resection|specimen|to be resected|to be removed",
        {*LIVER, "part", "planned"},
        placed=True,
    ),
    Kind(
        "treated",
        "treated|treated territory|treatment territory|perfused liver|perfused territory"
        "|yttrium territory",
        {*LIVER, "part"},
        placed=True,
    ),
    Kind("segment_1", "caudate lobe|caudate", {"liver"}),
    Kind("hepatic_veins", "hepatic"),
    Kind(
        "hepatic_veins",
        "hepatic vein|hepatic veins|rhv|mhv|lhv|irhv|hv|hvs",
        _BRANCH,
        placed=True,
        counted=True,
    ),
    Kind("portal_veins", "portal"),
    Kind(
        "portal_veins",
        "portal vein|portal veins|portal branch|portal branches|pv|rpv|lpv|rapv|rppv",
        _BRANCH,
        placed=True,
        counted=True,
    ),
    Kind("portal_vein_trunk", "portal vein|portal veins|portal|pv", {"of"}, {"trunk", "main"}),
    Kind("portal_vein_trunk", "mpv|extrahepatic portal vein"),
    Kind(
        "portal_vein_and_splenic_vein",
        "portal vein and splenic vein|portal and splenic vein|portal splenic vein",
    ),
    Kind(
        "liver_vessels",
        "vessel|vessels|vasculature|blood vessels",
        {*LIVER, "intrahepatic", "all"},
    ),
    Kind(
        "inferior_vena_cava",
        "ivc|vci|vena cava|cava",
        {"inferior", "retrohepatic", "intrahepatic", "infrahepatic", "suprahepatic"},
    ),
    Kind("gallbladder", "gallbladder|gallbladders|gall bladder|gall bladders|gb|vesica fellea"),
    Kind(
        "cyst", "cyst|cysts", {*LIVER, "simple", "biliary"}, placed=True, counted=True
    ),
    Kind(
        "cavity", "resection cavity|resection cavities|cavity|cavities",
        {*LIVER, "surgical", "postoperative"}, placed=True, counted=True,
    ),
    Kind(
        "ablation_zone",
        "ablation zone|ablation zones|ablation area|ablation areas|ablated zone|ablated area"
        "|ablation defect|ablation site",
        {*LIVER, "thermal", "rfa", "mwa"},
        placed=True,
        counted=True,
    ),
    Kind(
        "devascularised", "devascularised|devascularized|devascularisation|devascularization",
        {*LIVER, "parenchyma", "area", "territory", "zone"}, placed=True, counted=True,
    ),
    Kind(
        "congested", "congested|congestion",
        {*LIVER, "parenchyma", "area", "territory", "zone"}, placed=True, counted=True,
    ),
    *(
        Kind(f"{EXCLUDE}{name}", heads, LIVER, placed=True, counted=True)
        for name, heads in _SPARED.items()
    ),
)  # fmt: skip
SPARED = tuple(_SPARED)
