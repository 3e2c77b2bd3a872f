"""Names of structures: segments by numeral, vessels by tree, all roles of masks, and their words.

`part_names.py` reads the names that people write by these words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Literal
from unicodedata import normalize

from msgspec import Struct

from fl_planner.basis.plain_text import join_words
from fl_planner.liver.anatomy import HALVES, SEGMENTS

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
    """Return the tree of a vessel; the vessel itself if it belongs to neither tree.

    Examples
    --------
    >>> tree_of("middle_hepatic_vein"), tree_of("right_portal_vein"), tree_of("bile_duct")
    ('hepatic_veins', 'portal_veins', 'bile_duct')
    """
    if vessel in HEPATIC:
        return WHOLE_HEPATIC
    return WHOLE_PORTAL if vessel in PORTAL else vessel


def name_branch(tree: str, words: Sequence[str]) -> str:
    """Return the branch described by words; the tree if they do not describe one of its branches.

    `words` are those of a name of the tree. An accessory or inferior right hepatic vein is not the
    right hepatic vein, and "hepatic vein S8" may be a branch of any.

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
    sides = frozenset(side for word in rest for side in _SIDES[word])
    return _BRANCHES.get(tree, {}).get(sides, tree)


ACCEPTED = "1 to 8, I to VIII, 4a or 4b"  # what a refusal lists; S4 and segment_4 are read too

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8}
_COUINAUD = re.compile(
    r"(?:(?:liver|hepatic|couinaud|couinauds) ?)*(?:segments|segmentum|segment|seg|sg|s)? ?"
    rf"(?:0?(?P<digit>[1-8])|(?P<roman>{'|'.join(sorted(_ROMAN, key=len, reverse=True))}))"
    r" ?(?P<half>[ab])?"
)

_DASH = re.compile("[-\N{EN DASH}]")
_SPACED_DASH = re.compile(r"(?<=\w) [-\N{EN DASH}] (?=\w)")
_BARE = re.compile(r"\s*\w(?:.*\w)?\s*")  # no sign before it, and none after


def plain(name: str) -> str:
    """Write a name in lower case, without signs.

    Examples
    --------
    >>> plain("Liver_Remnant "), plain("Segment-IVa")
    ('liver remnant', 'segment iva')
    """
    spaced = "".join(c if c.isalnum() else " " for c in normalize("NFKC", name).casefold())
    return " ".join(spaced.split())


def parse_segment(text: str) -> str | None:
    """Read a segment, "1" to "8", "4a" or "4b"; None for other texts.

    Only IV has halves: "6a" is not a segment, and neither is "-4".

    Examples
    --------
    >>> [parse_segment(text) for text in ("4", "viii", "IVA", "S4b", "liver_segment_4", "9")]
    ['4', '8', '4a', '4b', '4', None]
    """
    found = _COUINAUD.fullmatch(plain(text))
    if found is None or not _BARE.fullmatch(text):
        return None
    number = str(found["digit"] or _ROMAN[found["roman"]])
    name = number + (found["half"] or "")
    return name if name in (*SEGMENTS, *HALVES) else None


def parse_segments(texts: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Read several segments; return each once, in order of number, and the invalid texts.

    Examples
    --------
    >>> parse_segments(["iii", "2", "II", "9"])
    (('2', '3'), ('9',))
    """
    read = [(text, parse_segment(text)) for text in texts]
    known = {name for _, name in read if name is not None}
    return tuple(sorted(known)), tuple(text for text, name in read if name is None)


def split_segments(text: str) -> Iterator[str]:
    """Split a list of segments, and expand ranges of whole ones.

    Separators are comma, semicolon and blank. An invalid range is returned as entered, and is not
    a segment.

    Examples
    --------
    >>> [*split_segments("2-4,S7")], [*split_segments("2 III")], [*split_segments("segment 4, 4-2")]
    (['2', '3', '4', 'S7'], ['2', 'III'], ['segment 4', '4-2'])
    """
    for item in re.split("[,;]", text):
        if parse_segment(item) is not None or not item.strip():
            yield item
        else:
            for word in _SPACED_DASH.sub("-", item).split():
                yield from _spread(word)


def _spread(word: str) -> Iterable[str]:
    ends = [parse_segment(end) for end in _DASH.split(word)]
    first, last = ends if len(ends) == len(("from", "to")) else (None, None)
    if first in SEGMENTS and last in SEGMENTS and first < last:
        return SEGMENTS[SEGMENTS.index(first) : SEGMENTS.index(last) + 1]
    return (word,)


def as_roman(segment: str) -> str:
    """Write a segment in Roman numerals.

    Examples
    --------
    >>> as_roman("1"), as_roman("4b"), as_roman("8")
    ('I', 'IVb', 'VIII')
    """
    number, half = segment[0], segment[1:]
    return next(roman for roman, n in _ROMAN.items() if str(n) == number).upper() + half


def describe_structure(name: str) -> str:
    """Write the name of a structure in words, with a segment in Roman numerals.

    Examples
    --------
    >>> describe_structure("segment_4a"), describe_structure("liver_vessels")
    ('segment IVa', 'liver vessels')
    """
    kind, _, number = name.partition("_")
    return f"segment {as_roman(number)}" if kind == "segment" else name.replace("_", " ")


def name_segments(names: Iterable[str]) -> str:
    """Name segments in a label, in Roman numerals; `list_segments` in a sentence.

    Examples
    --------
    >>> name_segments(["4"]), name_segments(("2", "3"))
    ('segment IV', 'segments II, III')
    """
    listed = [as_roman(name) for name in names]
    return f"segment{'' if len(listed) == 1 else 's'} {', '.join(listed)}"


def list_segments(names: Iterable[str]) -> str:
    """Name segments in a sentence, in Roman numerals.

    Examples
    --------
    >>> list_segments(["4"]), list_segments(("2", "3"))
    ('segment IV', 'segments II and III')
    """
    listed = [as_roman(name) for name in names]
    return f"segment{'' if len(listed) == 1 else 's'} {join_words(listed)}"


def list_remaining(resected: Iterable[str]) -> tuple[str, ...]:
    """List the segments that remain when these are removed.

    IV remains whole, with one half, or not at all.

    Examples
    --------
    >>> list_remaining(["5", "6", "7", "8"]), list_remaining(["4b", "5", "6", "7", "8"])
    (('1', '2', '3', '4'), ('1', '2', '3', '4a'))
    """
    gone = set(resected)
    halves = [half for half in HALVES if not {"4", half} & gone]
    fourth = ["4"] if len(halves) == len(HALVES) else halves
    left = {name: [name] for name in SEGMENTS if name not in gone} | {"4": fourth}
    return tuple(part for name in SEGMENTS for part in left.get(name, ()))


ROLES = ("liver", "tumour", "flr", "resected", "treated")
PARTS = tuple(f"segment_{name}" for name in (*SEGMENTS, *HALVES))
EXCLUDED = ("cyst", "cavity", "ablation_zone", "devascularised", "congested")  # in the liver
BESIDE = ("gallbladder", TRUNK)  # named by a map, and no part of the liver
EXCLUDE = "exclude "  # before the name of anything else that is excluded
OF_LIVER = frozenset({"flr", "resected", "treated", *PARTS, *EXCLUDED})  # liver, if drawn out of it
USED = (*ROLES, *PARTS, *VESSELS, *EXCLUDED, *BESIDE)


def place_of(structure: str | None) -> str | None:
    """Return the name under which a structure is stored; None if it is not used.

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
    """Read the name of a used structure; None for other names.

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


# ---- words that name a structure

LIVER = {"liver", "hepatic"}  # which say that a part is one of the liver
_BRANCH = {
    "left", "right", "middle", "median", "anterior", "posterior", "inferior", "superior",
    "accessory", "common", "branch", "branches", "confluence", "intrahepatic", "liver", "hepatic",
}  # fmt: skip


class Naming(Struct, frozen=True):
    """A structure by the words that name it.

    - `structure`: one of the names above.
    - `heads`: names separated by a bar, of which one is required.
    - `more`: additional words that do not change the meaning.
    - `needs`: words of which one is required, if any.
    - `placed`, `counted`: whether a location, and a number, may be added.
    """

    structure: str
    heads: str
    more: frozenset[str] | set[str] = frozenset()
    needs: frozenset[str] | set[str] = frozenset()
    placed: bool = False
    counted: bool = False

    def phrases(self) -> list[list[str]]:
        """List its names, longest first."""
        return _split_names(self.heads)


@cache  # of some twenty structures, for the names of a thousand files
def _split_names(heads: str) -> list[list[str]]:
    return sorted((one.split() for one in heads.split("|")), key=len, reverse=True)


_SPARED = {
    "scar": "scar|scars|narbe|narben|cicatrice|litteken",
    "haematoma": "haematoma|hematoma|haematomas|hematomas|hämatom|haematom|hématome|hematoom",
    "biloma": "biloma|bilomas",
    "seroma": "seroma|seromas",
    "abscess": "abscess|abscesses|abszess|abszesse|abcès|abces",
    "haemangioma": "haemangioma|hemangioma|haemangiomas|hemangiomas|hämangiom|hämangiome"
    "|haemangiom|haemangiome|hémangiome|hémangiomes|hemangioom",
    "fnh": "fnh|focal nodular hyperplasia",
    "adenoma": "adenoma|adenomas|adenom|adenome|adénome|adénomes|adenoom",
    "calcification": "calcification|calcifications|verkalkung|verkalkungen|verkalking",
    "stent": "stent|stents",
    "clip": "clip|clips",
    "coil": "coil|coils",
    "drain": "drain|drains",
}
KINDS = (
    Naming("liver", "liver|hepar|leber|foie|lever", {"whole", "total", "entire", "complete"}),
    Naming(
        "tumour",
        "tumour|tumours|tumor|tumors|lesion|lesions|mass|masses|metastasis|metastases|met|mets"
        "|neoplasm|neoplasms|hcc|hccs|hepatocellular carcinoma|hepatocellular carcinomas|icc|ihcc"
        "|cholangiocarcinoma|cholangiocarcinomas|crlm|crlms|clm|clms|liver cancer|gtv"
        "|tumoren|lebertumor|lebertumoren|levertumor|levertumoren|tumeur|tumeurs"
        "|herd|herde|leberherd|leberherde|läsion|läsionen|laesion|laesionen|laesie|laesies"
        "|leberläsion|leberläsionen|lésion|lésions|metastase|metastasen|lebermetastase"
        "|lebermetastasen|levermetastase|levermetastasen|métastase|métastases",
        {*LIVER, "all", "total", "colorectal", "crc", "malignant", "target", "index"},
        placed=True, counted=True,
    ),
    Naming(
        "flr",
        "flr|flrv|future liver remnant|future remnant liver|future remnant|liver remnant"
        "|remnant liver|remnant|zukünftige restleber|zukuenftige restleber|futur foie restant"
        "|toekomstige restlever|toekomstige leverrest",
        LIVER, placed=True,
    ),
    Naming(
        "resected",
        "resected|resection specimen|resection|specimen|to be resected|to be removed"
        "|removed liver|removed part",
        {*LIVER, "part", "planned"}, placed=True,
    ),
    Naming(
        "treated",
        "treated|treated territory|treatment territory|perfused liver|perfused territory"
        "|yttrium territory|behandelte leber|behandelter leberanteil|foie traité|behandelde lever",
        {*LIVER, "part"}, placed=True,
    ),
    Naming("segment_1", "caudate lobe|caudate", {"liver"}),
    Naming("hepatic_veins", "hepatic"),
    Naming(
        "hepatic_veins",
        "hepatic vein|hepatic veins|rhv|mhv|lhv|irhv|hv|hvs|hepaticvein|hepaticveins"
        "|vena hepatica|venae hepaticae|v hepatica|vv hepaticae|lebervene|lebervenen"
        "|veine hépatique|veines hépatiques|veine hepatique|veines hepatiques|leverader|leveraders"
        "|levervene|levervenen",
        _BRANCH, placed=True, counted=True,
    ),
    Naming("portal_veins", "portal"),
    Naming(
        "portal_veins",
        "portal vein|portal veins|portal branch|portal branches|pv|rpv|lpv|rapv|rppv|portalvein"
        "|portalveins|vena portae hepatis|v portae hepatis|vena portae|vena porta|v portae"
        "|v porta|pfortader|veine porte|poortader",
        _BRANCH, placed=True, counted=True,
    ),
    Naming("portal_vein_trunk", "portal vein|portal veins|portal|pv", {"of"}, {"trunk", "main"}),
    Naming("portal_vein_trunk", "mpv|extrahepatic portal vein|pfortaderstamm"),
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
        "ivc|vci|vena cava|cava|venacava|v cava|untere hohlvene|veine cave inférieure"
        "|veine cave inferieure|onderste holle ader",
        {"inferior", "inf", "retrohepatic", "intrahepatic", "infrahepatic", "suprahepatic"},
    ),
    Naming(
        "hepatic_artery",
        "hepatic artery|hepatic arteries|ha|rha|lha|mha|cha|pha|leberarterie|artère hépatique"
        "|artere hepatique|leverslagader",
        _BRANCH | {"proper", "main", "replaced"}, placed=True, counted=True,
    ),
    Naming(
        "bile_duct",
        "bile duct|bile ducts|cbd|choledochus|hepatic duct|hepatic ducts|biliary tree"
        "|biliary system|biliarysystem|gallengang|gallengänge|gallengaenge|voie biliaire"
        "|voies biliaires|galgang|galgangen",
        _BRANCH | {"main", "extrahepatic"}, placed=True, counted=True,
    ),
    Naming("gallbladder", "gallbladder|gallbladders|gall bladder|gall bladders|gb|vesica fellea"
        "|vesica biliaris|gallenblase|vésicule biliaire|vesicule biliaire|galblaas"),
    Naming(
        "cyst",
        "cyst|cysts|zyste|zysten|leberzyste|leberzysten|kyste|kystes|cyste|cysten|levercyste"
        "|levercysten",
        {*LIVER, "simple", "biliary"}, placed=True, counted=True,
    ),
    Naming(
        "cavity",
        "resection cavity|resection cavities|cavity|cavities|resektionshöhle|resektionshoehle",
        {*LIVER, "surgical", "postoperative"}, placed=True, counted=True,
    ),
    Naming(
        "ablation_zone",
        "ablation zone|ablation zones|ablation area|ablation areas|ablated zone|ablated area"
        "|ablation defect|ablation site|ablationszone|ablationszonen|zone d ablation|ablatiezone",
        {*LIVER, "thermal", "rfa", "mwa"}, placed=True, counted=True,
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
