"""The structures by the words that name them, as reading rooms and public data sets write them.

[conventions.md 1]; how a name is read by them is told in `part_names.py`.
"""

from dataclasses import dataclass

from fl_planner.liver.names.structures import EXCLUDE

LIVER = {"liver", "hepatic"}  # which say that a part is one of the liver
_BRANCH = {
    "left", "right", "middle", "median", "anterior", "posterior", "inferior", "superior",
    "accessory", "common", "branch", "branches", "confluence", "intrahepatic", "liver", "hepatic",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Naming:
    """A structure by the words that name it.

    - `structure`: a name of `structures.py`.
    - `heads`: what names it, separated by a bar; one of them must stand.
    - `more`: words that may stand beside them, and change nothing.
    - `needs`: words of which one must stand beside them, if there are any.
    - `placed`, `counted`: whether it may say where it lies, and have a number.
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
    Naming("liver", "liver|hepar", {"whole", "total", "entire", "complete"}),
    Naming(
        "tumour",
        "tumour|tumours|tumor|tumors|lesion|lesions|mass|masses|metastasis|metastases|met|mets"
        "|neoplasm|neoplasms|hcc|hccs|hepatocellular carcinoma|hepatocellular carcinomas|icc|ihcc"
        "|cholangiocarcinoma|cholangiocarcinomas|crlm|crlms|clm|clms|liver cancer",
        {*LIVER, "all", "total", "colorectal", "crc", "malignant", "target", "index"},
        placed=True,
        counted=True,
    ),
    Naming(
        "flr",
        "flr|flrv|future liver remnant|future remnant liver|future remnant|liver remnant"
        "|remnant liver|remnant",
        LIVER,
        placed=True,
    ),
    Naming(
        "resected",
        "resected|resection specimen|resection|specimen|to be resected|to be removed",
        {*LIVER, "part", "planned"},
        placed=True,
    ),
    Naming(
        "treated",
        "treated|treated territory|treatment territory|perfused liver|perfused territory"
        "|yttrium territory",
        {*LIVER, "part"},
        placed=True,
    ),
    Naming("segment_1", "caudate lobe|caudate", {"liver"}),
    Naming("hepatic_veins", "hepatic"),
    Naming(
        "hepatic_veins",
        "hepatic vein|hepatic veins|rhv|mhv|lhv|irhv|hv|hvs|hepaticvein|hepaticveins",
        _BRANCH,
        placed=True,
        counted=True,
    ),
    Naming("portal_veins", "portal"),
    Naming(
        "portal_veins",
        "portal vein|portal veins|portal branch|portal branches|pv|rpv|lpv|rapv|rppv|portalvein"
        "|portalveins",
        _BRANCH,
        placed=True,
        counted=True,
    ),
    Naming("portal_vein_trunk", "portal vein|portal veins|portal|pv", {"of"}, {"trunk", "main"}),
    Naming("portal_vein_trunk", "mpv|extrahepatic portal vein"),
    Naming(
        "portal_vein_and_splenic_vein",
        "portal vein and splenic vein|portal and splenic vein|portal splenic vein",
    ),
    Naming(
        "liver_vessels",
        "vessel|vessels|vasculature|blood vessels",
        {*LIVER, "intrahepatic", "all"},
    ),
    Naming(
        "inferior_vena_cava",
        "ivc|vci|vena cava|cava|venacava",
        {"inferior", "retrohepatic", "intrahepatic", "infrahepatic", "suprahepatic"},
    ),
    Naming(
        "hepatic_artery",
        "hepatic artery|hepatic arteries|ha|rha|lha|mha|cha|pha",
        _BRANCH | {"proper", "main", "replaced"},
        placed=True,
        counted=True,
    ),
    Naming(
        "bile_duct",
        "bile duct|bile ducts|cbd|choledochus|hepatic duct|hepatic ducts|biliary tree"
        "|biliary system|biliarysystem",
        _BRANCH | {"main", "extrahepatic"},
        placed=True,
        counted=True,
    ),
    Naming("gallbladder", "gallbladder|gallbladders|gall bladder|gall bladders|gb|vesica fellea"),
    Naming(
        "cyst", "cyst|cysts", {*LIVER, "simple", "biliary"}, placed=True, counted=True
    ),
    Naming(
        "cavity", "resection cavity|resection cavities|cavity|cavities",
        {*LIVER, "surgical", "postoperative"}, placed=True, counted=True,
    ),
    Naming(
        "ablation_zone",
        "ablation zone|ablation zones|ablation area|ablation areas|ablated zone|ablated area"
        "|ablation defect|ablation site",
        {*LIVER, "thermal", "rfa", "mwa"},
        placed=True,
        counted=True,
    ),
    Naming(
        "devascularised", "devascularised|devascularized|devascularisation|devascularization",
        {*LIVER, "parenchyma", "area", "territory", "zone"}, placed=True, counted=True,
    ),
    Naming(
        "congested", "congested|congestion",
        {*LIVER, "parenchyma", "area", "territory", "zone"}, placed=True, counted=True,
    ),
    *(
        Naming(f"{EXCLUDE}{name}", heads, LIVER, placed=True, counted=True)
        for name, heads in _SPARED.items()
    ),
)  # fmt: skip
SPARED = tuple(_SPARED)
